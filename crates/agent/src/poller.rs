//! What keeps one configuration fresh: a session with upstream, asked at its interval.
//!
//! There is one such task for each configuration, so that no two requests ever fetch the same thing. Whatever goes
//! wrong, what is served stays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;
use tidegate_flags::Context;

use crate::agent::{Agent, Source, now_ms};
use crate::backup;
use crate::entry::Entry;
use crate::failure::Failure;
use crate::manifest::Options;
use crate::rollout::Served;
use crate::upstream::Upstream;
use crate::version::{Told, Version};

/// How long a failure is remembered, so that many requests for something that is not there are one upstream.
const REMEMBERED: Duration = Duration::from_secs(1);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// Keeps a configuration until the agent stops, or until it turns out that it cannot be had.
pub(crate) async fn keep(agent: Arc<Agent>, entry: Arc<Entry>) {
    let Source::Upstream(upstream) = &agent.source else { return };
    let keeper = Keeper { agent: &agent, entry: &entry, upstream, session: None, written: None, begun: Instant::now() };
    keeper.run().await;
}

struct Keeper<'a> {
    agent: &'a Arc<Agent>,
    entry: &'a Arc<Entry>,
    upstream: &'a Upstream,
    session: Option<String>,
    /// What was written where the manifest says: the path and the content's hash.
    written: Option<(std::path::PathBuf, [u8; 32])>,
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
            let pause = match self.poll(&known).await {
                Ok(interval) => {
                    failures = 0;
                    self.agent.metrics.count_fetch("good");
                    self.write_copy(&known).await;
                    let own = known.poll_interval.unwrap_or(self.agent.settings.poll_interval);
                    // Never before its time: that is refused.
                    own.max(interval).mul_f64(1.0 + 0.1 * rand::random::<f64>())
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
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                changed = options.changed() => if changed.is_err() { return },
            }
            let wanted = options.borrow_and_update().clone();
            if wanted.role != known.role {
                self.session = None;
            } else if wanted != known {
                self.write_copy(&wanted).await;
            }
            known = wanted;
        }
    }

    /// Asks upstream once; says how long it wants to be left alone then.
    async fn poll(&mut self, options: &Options) -> Result<Duration, Failure> {
        let role = options.role.as_ref();
        let interval = options.poll_interval.unwrap_or(self.agent.settings.poll_interval);
        let is_old = self.session.is_some();
        let token = match self.session.take() {
            Some(token) => token,
            None => self.upstream.start(role, &self.entry.name, interval).await?,
        };
        let polled = match self.upstream.poll(role, &token).await {
            Ok(polled) => polled,
            // The token has expired, or was lost with an answer: a new session is as good.
            Err(failure) if is_old && failure.status == StatusCode::BAD_REQUEST => {
                tracing::debug!(%failure, configuration = %self.entry.name, "a session has ended; another is begun");
                let token = self.upstream.start(role, &self.entry.name, interval).await?;
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
            self.accept(told, content).await?;
        } else if self.entry.current().is_none() {
            self.entry.publish(Served::default());
        }
        self.session = Some(polled.token);
        self.entry.confirm(now_ms());
        Ok(polled.interval)
    }

    /// Serves what has come, if it is fit to be served.
    async fn accept(&self, told: Told, content: Bytes) -> Result<(), Failure> {
        let before = self.entry.current();
        let host = before.as_ref().and_then(|served| served.host.clone());
        let is_same = host.as_ref().is_some_and(|host| host.told == told && host.content == content);
        if is_same {
            return Ok(());
        }
        let checked = tokio::task::spawn_blocking(move || Version::check(told, content, host.as_deref())).await;
        let version = match checked {
            Ok(Ok(version)) => version,
            Ok(Err(rejected)) => {
                self.agent.metrics.rejected.inc();
                return Err(Failure::bad_gateway(format!("What upstream sent is not served: {rejected}")));
            }
            Err(_) => return Err(Failure::internal("A fault while a configuration was read; please report it")),
        };
        self.publish(Served { host: Some(Arc::new(version)), rollout: None }).await;
        Ok(())
    }

    async fn publish(&self, served: Served) {
        let (name, is_first) = (&self.entry.name, self.entry.current().is_none());
        if is_first {
            let ms = self.begun.elapsed().as_secs_f64() * 1_000.0;
            tracing::info!("retrieved initial data for '{name}' in {ms:.1}ms");
        } else {
            tracing::info!("retrieved new data for '{name}'");
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

/// The pause before the next try: it doubles, up to the poll interval, and no two agents keep step.
fn retry_pause(failures: u32, poll_interval: Duration) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << (failures - 1).min(10));
    doubled.min(poll_interval.clamp(FIRST_RETRY, LONGEST_RETRY)).mul_f64(0.5 + rand::random::<f64>())
}
