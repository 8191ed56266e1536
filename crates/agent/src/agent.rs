//! The agent: the configurations that it keeps, and the tasks that keep them fresh.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::{ArcSwap, ArcSwapOption};
use tidegate_flags::Evaluation;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::assignment::Assignments;
use crate::backup::Backups;
use crate::entry::Entry;
use crate::failure::Failure;
use crate::local::Local;
use crate::manifest::{self, Manifest, Options};
use crate::metrics::Metrics;
use crate::name::Name;
use crate::poller;
use crate::rollout::Served;
use crate::settings::{ManifestSource, Settings};
use crate::upstream::Upstream;
use crate::version::Version;

/// How long open tasks may take to end.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A running agent.
pub struct Agent {
    pub(crate) settings: Settings,
    pub(crate) source: Source,
    entries: ArcSwap<HashMap<Name, Arc<Entry>>>,
    /// Held while entries come and go.
    changing: Mutex<()>,
    pub(crate) backups: Option<Backups>,
    assignments: ArcSwapOption<Assignments>,
    manifest: Mutex<Manifest>,
    pub(crate) metrics: Arc<Metrics>,
    changes: watch::Sender<u64>,
    pub(crate) closing: watch::Sender<bool>,
    tasks: Mutex<JoinSet<()>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Where configurations come from.
pub(crate) enum Source {
    Upstream(Box<Upstream>),
    Local(Arc<Local>),
}

/// What a caller finds of a configuration.
#[derive(Clone, Debug)]
pub struct Found {
    /// What there is to get.
    pub served: Arc<Served>,
    /// For how many seconds upstream has not confirmed it; none while it answers.
    pub stale_s: Option<i64>,
}

impl Agent {
    /// Starts: opens what it was told to, and carries out the manifest and the prefetch list.
    ///
    /// # Errors
    /// What it was told cannot be done.
    pub async fn start(settings: Settings) -> Result<Arc<Self>, String> {
        let metrics = Arc::new(Metrics::new());
        let source = match &settings.local_directory {
            Some(directory) => {
                let local = Local::open(directory)
                    .map_err(|problem| format!("cannot read the local development directory {problem}"))?;
                Source::Local(Arc::new(local))
            }
            None => Source::Upstream(Box::new(Upstream::new(&settings).await?)),
        };
        let backups = match &settings.backup_directory {
            Some(directory) => Some(
                Backups::open(directory)
                    .map_err(|error| format!("cannot make the backup directory {}: {error}", directory.display()))?,
            ),
            None => None,
        };
        let (assignments, writer) = match settings.assignment_log.clone() {
            Some(log) => {
                let opened = Assignments::open(log, settings.assignment_log_rotate_bytes, metrics.clone());
                let (assignments, writer) =
                    opened.map_err(|error| format!("cannot open the assignment log: {error}"))?;
                (Some(Arc::new(assignments)), Some(tokio::spawn(writer.run())))
            }
            None => (None, None),
        };
        let manifest = initial_manifest(&settings)?;
        let agent = Arc::new(Self {
            source,
            entries: ArcSwap::default(),
            changing: Mutex::default(),
            backups,
            assignments: ArcSwapOption::from(assignments),
            manifest: Mutex::default(),
            metrics,
            changes: watch::Sender::new(0),
            closing: watch::Sender::new(false),
            tasks: Mutex::default(),
            writer: Mutex::new(writer),
            settings,
        });
        match &agent.source {
            Source::Local(local) => agent.clone().follow_files(local.clone()),
            Source::Upstream(_) => agent.fetch_listed(manifest).await?,
        }
        Ok(agent)
    }

    /// What there is of a configuration; fetches it if it is not kept yet.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn find(self: &Arc<Self>, name: &Name) -> Result<Found, Failure> {
        if let Source::Local(local) = &self.source {
            return local.get(name).map(|served| Found { served, stale_s: None });
        }
        let known = self.entries.load().get(name).cloned();
        let entry = match known {
            Some(entry) => entry,
            None => self.keep(name, None)?,
        };
        let served = entry.served(self.settings.request_timeout).await?;
        Ok(Found { served, stale_s: entry.stale_s(now_ms()) })
    }

    /// A number that is another one whenever anything that is served has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Notes that a flag was evaluated for an entity: if that made it part of an experiment, it is recorded.
    pub fn note_evaluation(&self, version: &Version, flag: &str, evaluation: &Evaluation<'_>, entity: Option<&str>) {
        let (Some(entity), Some(variant)) = (entity, evaluation.variant) else { return };
        if version.experiments.is_empty() {
            return;
        }
        let Some((experiment, treatment)) = version.experiments.treatment(flag, variant) else { return };
        if let Some(assignments) = &*self.assignments.load() {
            assignments.record(experiment, treatment, entity);
        }
    }

    /// Ends all tasks, and writes what is still to be written.
    pub async fn stop(&self) {
        self.closing.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        self.assignments.store(None);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ended = async {
            while tasks.join_next().await.is_some() {}
            if let Some(writer) = writer {
                let _ = writer.await;
            }
        };
        if tokio::time::timeout(STOP_PATIENCE, ended).await.is_err() {
            tracing::warn!("some tasks did not end in time");
        }
    }

    /// All metrics as text.
    pub(crate) fn metrics_text(&self) -> Vec<u8> {
        let entries = self.entries.load();
        let now_ms = now_ms();
        self.metrics.configurations.set(i64::try_from(self.count()).unwrap_or(i64::MAX));
        self.metrics.render(entries.iter().map(|(name, entry)| {
            let stale_s = entry.stale_s(now_ms).filter(|_| entry.current().is_some()).unwrap_or(0);
            (name.to_string(), stale_s as f64)
        }))
    }

    /// How many configurations are kept, and the stalest one's age.
    pub(crate) fn health(&self) -> (usize, Option<i64>) {
        let now_ms = now_ms();
        let entries = self.entries.load();
        let stale_s =
            entries.values().filter(|entry| entry.current().is_some()).filter_map(|entry| entry.stale_s(now_ms));
        (self.count(), stale_s.max())
    }

    fn count(&self) -> usize {
        match &self.source {
            Source::Local(local) => local.len(),
            Source::Upstream(_) => self.entries.load().len(),
        }
    }

    /// Says that something that is served has changed.
    pub(crate) fn changed(&self) {
        self.metrics.changes.inc();
        self.changes.send_modify(|number| *number += 1);
    }

    /// Keeps a configuration from now on; `options` replace those that it has.
    pub(crate) fn keep(self: &Arc<Self>, name: &Name, options: Option<Options>) -> Result<Arc<Entry>, Failure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = self.entries.load();
        if let Some(entry) = entries.get(name) {
            if let Some(options) = options {
                entry.options.send_if_modified(|known| std::mem::replace(known, options.clone()) != options);
            }
            return Ok(entry.clone());
        }
        let most = self.settings.max_configurations;
        if entries.len() >= most {
            return Err(Failure::bad_request(format!("This agent keeps {most} configurations, and no more")));
        }
        let entry = Arc::new(Entry::new(name.clone(), options.unwrap_or_default()));
        let mut more = HashMap::clone(&entries);
        more.insert(name.clone(), entry.clone());
        self.entries.store(Arc::new(more));
        self.spawn(poller::keep(self.clone(), entry.clone()));
        Ok(entry)
    }

    /// Forgets a configuration that could not be had, unless the manifest has asked for it in the meantime.
    pub(crate) fn forget(&self, entry: &Entry) -> bool {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if entry.options.borrow().is_pinned {
            return false;
        }
        let mut fewer = HashMap::clone(&self.entries.load());
        fewer.remove(&entry.name);
        self.entries.store(Arc::new(fewer));
        true
    }

    /// Runs a task until it ends, or the agent does.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut closing = self.closing.subscribe();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            tokio::select! {
                _ = closing.wait_for(|is_closing| *is_closing) => {}
                () = task => {}
            }
        });
    }

    fn follow_files(self: Arc<Self>, local: Arc<Local>) {
        let agent = self.clone();
        let every = self.settings.poll_interval;
        self.spawn(async move { local.follow(every, || agent.changed()).await });
    }

    /// Carries out the manifest and the prefetch list.
    async fn fetch_listed(self: &Arc<Self>, manifest: Option<Manifest>) -> Result<(), String> {
        let mut listed = Vec::new();
        if let Some(manifest) = manifest {
            listed.extend(self.apply(manifest));
        }
        if let Some(ManifestSource::Configuration(name)) = &self.settings.manifest {
            let pinned = Options { is_pinned: true, ..Options::default() };
            let entry = self.keep(name, Some(pinned)).map_err(|failure| failure.message)?;
            let (agent, of_manifest) = (self.clone(), entry.clone());
            self.spawn(async move { agent.follow_manifest(of_manifest).await });
            if self.settings.wait_on_manifest {
                if let Some(failure) = entry.settled().await {
                    tracing::error!(%failure, "the manifest {name} cannot be had yet");
                } else if let Some(manifest) = self.manifest_of(&entry) {
                    listed.extend(self.apply(manifest));
                }
            }
        }
        for name in &self.settings.prefetch {
            let pinned = Options { is_pinned: true, ..Options::default() };
            let known = self.entries.load().get(name).cloned();
            let entry = match known {
                Some(entry) => entry,
                None => self.keep(name, Some(pinned)).map_err(|failure| failure.message)?,
            };
            listed.push(entry);
        }
        if self.settings.wait_on_manifest || !self.settings.prefetch.is_empty() {
            for entry in listed {
                let _ = entry.settled().await;
            }
        }
        Ok(())
    }

    /// Makes a manifest hold; gives the configurations that it lists.
    fn apply(self: &Arc<Self>, manifest: Manifest) -> Vec<Arc<Entry>> {
        let mut current = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        for name in current.keys().filter(|name| !manifest.contains_key(*name)) {
            if let Some(entry) = self.entries.load().get(name) {
                entry.options.send_replace(Options::default());
            }
        }
        let mut entries = Vec::new();
        for (name, options) in &manifest {
            match self.keep(name, Some(options.clone())) {
                Ok(entry) => entries.push(entry),
                Err(failure) => tracing::error!(%failure, "{name} stands in the manifest and is not kept"),
            }
        }
        *current = manifest;
        entries
    }

    /// Carries out a manifest that is a configuration, whenever it changes.
    async fn follow_manifest(self: Arc<Self>, entry: Arc<Entry>) {
        let mut changes = self.changes();
        let mut last = None;
        loop {
            let version = entry.current().and_then(|served| served.host.clone());
            let hash = version.map(|version| version.hash);
            if hash.is_some() && hash != last {
                last = hash;
                if let Some(manifest) = self.manifest_of(&entry) {
                    self.apply(manifest);
                }
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn manifest_of(&self, entry: &Entry) -> Option<Manifest> {
        let version = entry.current()?.host.clone()?;
        let mut manifest = match manifest::read(&version.content) {
            Ok(manifest) => manifest,
            Err(problem) => {
                tracing::error!("the manifest {} cannot be read, and the one before it holds: {problem}", entry.name);
                return None;
            }
        };
        // It must not let go of itself.
        manifest.entry(entry.name.clone()).or_default().is_pinned = true;
        Some(manifest)
    }
}

/// The manifest that stands in the settings or in a file.
fn initial_manifest(settings: &Settings) -> Result<Option<Manifest>, String> {
    match &settings.manifest {
        None | Some(ManifestSource::Configuration(_)) => Ok(None),
        Some(ManifestSource::Inline(text)) => manifest::read(text.as_bytes())
            .map(Some)
            .map_err(|problem| format!("the manifest cannot be read: {problem}")),
        Some(ManifestSource::File(path)) => {
            let describe = |problem: String| format!("the manifest {} cannot be read: {problem}", path.display());
            let text = std::fs::read(path).map_err(|error| describe(error.to_string()))?;
            manifest::read(&text).map(Some).map_err(describe)
        }
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
