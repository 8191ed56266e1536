//! What keeps one configuration fresh: a session with upstream, that a stream tells of or that is polled.
//!
//! There is one such task for each configuration, so that no two requests ever fetch the same thing. Whatever goes
//! wrong, what is served stays.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tidegate_flags::Context;
use tidegate_follow::{Standing, State};
use tokio::time::Instant;

use crate::agent::{Agent, Source, now_ms};
use crate::backup;
use crate::entry::Entry;
use crate::failure::Failure;
use crate::manifest::Options;
use crate::rollout::{Rollout, Served};
use crate::upstream::{Upstream, Watched};
use crate::version::{Told, Version};

/// How long a failure is remembered, so that many requests for something that is not there are one upstream.
const REMEMBERED: Duration = Duration::from_secs(1);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// How long a new session waits for a stream before it polls.
const STREAM_PATIENCE: Duration = Duration::from_millis(300);

/// Keeps a configuration until the agent stops, or until it turns out that it cannot be had.
pub(crate) async fn keep(agent: Arc<Agent>, entry: Arc<Entry>) {
    let Source::Upstream(upstream) = &agent.source else { return };
    let keeper = Keeper {
        agent: &agent,
        entry: &entry,
        upstream,
        session: None,
        watched: None,
        is_streaming: false,
        written: None,
        begun: Instant::now(),
    };
    keeper.run().await;
}

struct Keeper<'a> {
    agent: &'a Arc<Agent>,
    entry: &'a Arc<Entry>,
    upstream: &'a Upstream,
    /// The session's next token.
    session: Option<String>,
    /// The same session on a stream.
    watched: Option<Watched>,
    /// Whether the stream is there, so that nothing needs to be polled.
    is_streaming: bool,
    /// What was written where the manifest says: the path and the content's hash.
    written: Option<(PathBuf, [u8; 32])>,
    begun: Instant,
}

impl Keeper<'_> {
    async fn run(mut self) {
        let mut options = self.entry.options.subscribe();
        let mut known = options.borrow_and_update().clone();
        if self.agent.settings.preload_backups {
            self.serve_backup().await;
            self.write_copy(&known).await;
        }
        let mut failures = 0u32;
        loop {
            let pause = match self.ask(&known).await {
                Ok(interval) => {
                    failures = 0;
                    self.agent.metrics.count_fetch("good");
                    self.write_copy(&known).await;
                    // Never before its time: that is refused.
                    self.interval(&known).max(interval).mul_f64(1.0 + 0.1 * rand::random::<f64>())
                }
                Err(failure) => {
                    self.agent.metrics.count_fetch("failed");
                    if self.entry.current().is_none() && !self.agent.settings.preload_backups {
                        self.serve_backup().await;
                    }
                    self.report(&failure, failures);
                    self.entry.fail(failure);
                    if self.entry.current().is_none() && !known.is_pinned {
                        tokio::time::sleep(REMEMBERED).await;
                        if self.agent.forget(self.entry) {
                            return;
                        }
                    }
                    failures = failures.saturating_add(1);
                    retry_pause(failures, self.agent.settings.poll_interval)
                }
            };
            let mut until = Instant::now() + pause;
            loop {
                tokio::select! {
                    () = tokio::time::sleep_until(until), if !self.is_streaming => break,
                    is_told = changed(&mut self.watched) => {
                        if !is_told {
                            (self.watched, self.is_streaming) = (None, false);
                            continue;
                        }
                        let was_streaming = self.is_streaming;
                        self.hear().await;
                        self.write_copy(&known).await;
                        if was_streaming && !self.is_streaming {
                            // The token is as old as what was last heard; so that not all agents ask at once, some wait.
                            let some = self.interval(&known).mul_f64(0.25 * rand::random::<f64>());
                            until = until.max(Instant::now() + some);
                        }
                        if self.session.is_none() {
                            break;
                        }
                    }
                    changed = options.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        let wanted = options.borrow_and_update().clone();
                        let is_other_role = wanted.role != known.role;
                        known = wanted;
                        self.write_copy(&known).await;
                        if is_other_role {
                            (self.session, self.watched, self.is_streaming) = (None, None, false);
                            break;
                        }
                    }
                }
            }
        }
    }

    fn interval(&self, options: &Options) -> Duration {
        options.poll_interval.unwrap_or(self.agent.settings.poll_interval)
    }

    /// Asks upstream once; says how long it wants to be left alone then.
    async fn ask(&mut self, options: &Options) -> Result<Duration, Failure> {
        let is_old = self.session.is_some();
        let token = match self.session.take() {
            Some(token) => token,
            None => {
                let token = self.start(options).await?;
                if self.is_told(&token).await {
                    return Ok(Duration::ZERO);
                }
                token
            }
        };
        let role = options.role.as_ref();
        let polled = match self.upstream.poll(role, &token).await {
            Ok(polled) => polled,
            // The token has expired, or was lost with an answer: a new session is as good.
            Err(failure) if is_old && failure.status == StatusCode::BAD_REQUEST => {
                tracing::debug!(%failure, configuration = %self.entry.name, "a session has ended; another is begun");
                let token = self.start(options).await?;
                self.upstream.poll(role, &token).await?
            }
            Err(failure) => {
                // It may be that only the answer was lost.
                self.session = Some(token);
                return Err(failure);
            }
        };
        if let Some((told, content)) = polled.news {
            // What is not fit to be served has to be offered again, and that is what a new session does.
            let before = self.entry.current();
            let version = self.version(told, content, before.as_deref()).await?;
            let is_same =
                before.as_ref().and_then(|served| served.host.as_ref()).is_some_and(|it| Arc::ptr_eq(it, &version));
            if !is_same {
                self.publish(Served { host: Some(version), rollout: None }).await;
            }
        } else if self.entry.current().is_none() {
            self.entry.publish(Served::default());
        }
        self.entry.confirm(now_ms());
        self.follow(&polled.token);
        self.session = Some(polled.token);
        Ok(polled.interval)
    }

    async fn start(&self, options: &Options) -> Result<String, Failure> {
        self.upstream.start(options.role.as_ref(), &self.entry.name, self.interval(options)).await
    }

    /// Lets a stream follow the session, if there are streams.
    fn follow(&mut self, token: &str) {
        let Some(followers) = &self.upstream.followers else { return };
        match &self.watched {
            Some(watched) => watched.session.renew(token.to_owned()),
            None => {
                let agent = self.agent;
                self.watched = followers.watch(token.to_owned(), |driver| agent.spawn(driver.run()));
            }
        }
    }

    /// Follows a new session, and waits a moment for what a stream says of it.
    async fn is_told(&mut self, token: &str) -> bool {
        self.follow(token);
        let deadline = Instant::now() + STREAM_PATIENCE;
        while self.watched.is_some() && !self.is_streaming {
            match tokio::time::timeout_at(deadline, changed(&mut self.watched)).await {
                Ok(true) => self.hear().await,
                Ok(false) => self.watched = None,
                Err(_) => break,
            }
        }
        self.is_streaming && self.session.is_some()
    }

    /// Takes in what a stream says.
    async fn hear(&mut self) {
        let Some(watched) = &mut self.watched else { return };
        let told = watched.session.told();
        self.is_streaming = matches!(told.standing, Standing::Streaming | Standing::Gone);
        match told.standing {
            Standing::Waiting => {}
            Standing::Refused(_) => self.session = None,
            Standing::Gone => {
                let gone = Failure::not_found("Configuration", "The configuration has been deleted");
                self.report(&gone, 0);
                self.entry.fail(gone);
            }
            Standing::Streaming => {
                let Some(state) = told.state else { return };
                match self.accept(&state).await {
                    Ok(()) => {
                        self.session = Some(told.token);
                        self.entry.confirm(now_ms());
                        if told.is_degraded {
                            self.entry.date_back(now_ms());
                        }
                    }
                    Err(failure) => {
                        self.report(&failure, 0);
                        self.entry.fail(failure);
                    }
                }
            }
        }
    }

    /// Serves what a stream says that there is.
    async fn accept(&self, state: &State) -> Result<(), Failure> {
        let before = self.entry.current();
        let before = before.as_deref();
        let mut base = None;
        if let Some(told) = &state.base {
            base = Some(self.version(told_of(told), told.content.clone(), before).await?);
        }
        let mut next = None;
        if let Some((share, told)) = &state.next {
            next = Some((*share, self.version(told_of(told), told.content.clone(), before).await?));
        }
        let host = match state.side {
            Some(tidegate_follow::Side::Base) => base.clone(),
            Some(tidegate_follow::Side::Next) => next.as_ref().map(|(_, next)| next.clone()),
            // Nothing is deployed to this session; what it had before is the best there is.
            None => before.and_then(|served| served.host.clone()),
        };
        let rollout = next.map(|(share, next)| Rollout {
            seed: state.seed.as_deref().unwrap_or_default().into(),
            share,
            previous: base,
            next,
        });
        let served = Served { host, rollout };
        if before.is_none_or(|before| !before.is_same(&served)) {
            self.publish(served).await;
        }
        Ok(())
    }

    /// A version that is fit to be served: one that is served already, or what has come, checked.
    async fn version(&self, told: Told, content: Bytes, before: Option<&Served>) -> Result<Arc<Version>, Failure> {
        let is_it = |version: &&Arc<Version>| version.told == told && version.content == content;
        if let Some(known) = before.and_then(|served| served.versions().find(is_it)) {
            return Ok(known.clone());
        }
        let host = before.and_then(|served| served.host.clone());
        match tokio::task::spawn_blocking(move || Version::check(told, content, host.as_deref())).await {
            Ok(Ok(version)) => Ok(Arc::new(version)),
            Ok(Err(rejected)) => {
                self.agent.metrics.rejected.inc();
                Err(Failure::bad_gateway(format!("What upstream sent is not served: {rejected}")))
            }
            Err(_) => Err(Failure::internal("A fault while a configuration was read; please report it")),
        }
    }

    async fn publish(&self, served: Served) {
        let (name, before) = (&self.entry.name, self.entry.current());
        let hosts = |served: &Served| served.host.as_ref().map(|host| host.hash);
        match before {
            None => {
                let ms = self.begun.elapsed().as_secs_f64() * 1_000.0;
                tracing::info!("retrieved initial data for '{name}' in {ms:.1}ms");
            }
            Some(before) if hosts(&before) != hosts(&served) => tracing::info!("retrieved new data for '{name}'"),
            Some(_) => tracing::debug!("the deployment of '{name}' goes on"),
        }
        self.entry.publish(served.clone());
        self.agent.changed();
        let Some(backups) = self.agent.backups.clone() else { return };
        let of_task = name.clone();
        let saved = tokio::task::spawn_blocking(move || backups.save(&of_task, &served, now_ms())).await;
        if let Ok(Err(error)) = saved {
            self.agent.metrics.backups_failed.inc();
            tracing::error!(%error, "cannot write the backup of '{name}'");
        }
    }

    async fn serve_backup(&self) {
        let Some(backups) = self.agent.backups.clone() else { return };
        let name = self.entry.name.clone();
        match tokio::task::spawn_blocking(move || backups.load(&name)).await {
            Ok(Ok(Some(kept))) => {
                self.entry.date_back(kept.at_ms);
                self.entry.publish(kept.served);
                self.agent.changed();
                tracing::info!("serving '{}' from its backup", self.entry.name);
            }
            Ok(Ok(None)) => {}
            Ok(Err(problem)) => {
                self.agent.metrics.backups_unusable.inc();
                tracing::warn!("a backup is not used: {problem}");
            }
            Err(error) => tracing::error!(%error, "a fault while a backup was read"),
        }
    }

    /// Writes the copy that the manifest wants, if it is not there yet.
    async fn write_copy(&mut self, options: &Options) {
        let Some(path) = options.write_to.clone() else { return };
        let Some(version) = self.entry.current().and_then(|served| served.host.clone()) else { return };
        let wanted = (path.clone(), version.hash);
        if self.written.as_ref() == Some(&wanted) {
            return;
        }
        let content = match (&version.fixed, &version.flags) {
            (Some(fixed), _) => fixed.clone(),
            (None, Some(flags)) => flags.evaluate_many(&[], &Context::new()).map(Bytes::from).unwrap_or_default(),
            (None, None) => version.content.clone(),
        };
        let of_task = path.clone();
        let name = &self.entry.name;
        match tokio::task::spawn_blocking(move || backup::write_whole(&of_task, &content, 0o644)).await {
            Ok(Ok(())) => {
                tracing::info!("wrote configuration '{name}' to {}", path.display());
                self.written = Some(wanted);
            }
            Ok(Err(error)) => tracing::error!(%error, "cannot write configuration '{name}' to {}", path.display()),
            Err(error) => tracing::error!(%error, "a fault while configuration '{name}' was written"),
        }
    }

    /// The first failure is told as it is; the following ones only to who wants to know more.
    fn report(&self, failure: &Failure, failures: u32) {
        let name = &self.entry.name;
        match (failures, self.entry.current().is_some()) {
            (0, true) => tracing::error!(%failure, "'{name}' cannot be refreshed; what was good is served on"),
            (0, false) => tracing::error!(%failure, "'{name}' cannot be retrieved"),
            _ => tracing::debug!(%failure, failures, "'{name}' still cannot be refreshed"),
        }
    }
}

/// Waits for a stream to say something; for ever if there is none. False if it never will again.
async fn changed(watched: &mut Option<Watched>) -> bool {
    match watched {
        Some(watched) => watched.session.changed().await,
        None => std::future::pending().await,
    }
}

fn told_of(version: &tidegate_follow::Version) -> Told {
    Told {
        content_type: version.content_type.clone(),
        number: Some(version.version.clone()),
        label: version.label.clone(),
        experiment_flags: version.experiment_flags.clone(),
    }
}

/// The pause before the next try: it doubles, up to the poll interval, and no two agents keep step.
fn retry_pause(failures: u32, poll_interval: Duration) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << (failures - 1).min(10));
    doubled.min(poll_interval.clamp(FIRST_RETRY, LONGEST_RETRY)).mul_f64(0.5 + rand::random::<f64>())
}
