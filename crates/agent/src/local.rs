//! Local development: configurations are files in a directory, and nothing is fetched.
//!
//! A file is named `application:environment:profile`, perhaps with a type behind a dot. The directory is watched, and
//! looked at in any case as often as upstream would be asked.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use bytes::Bytes;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::name::Name;
use crate::rollout::Served;
use crate::version::{LARGEST, Told, Version};

/// Files that are kept at most.
const MOST_FILES: usize = 10_000;
/// How long a directory has to be still before it is read: editors write in several steps.
const STILL: Duration = Duration::from_millis(20);

/// The files of a directory.
pub(crate) struct Local {
    directory: PathBuf,
    files: ArcSwap<HashMap<Name, Arc<Found>>>,
}

/// A file, as it was last good.
struct Found {
    stamp: Stamp,
    served: Result<Arc<Served>, Failure>,
}

type Stamp = (PathBuf, Option<SystemTime>, u64, u64);

impl Local {
    /// Reads the directory.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn open(directory: &Path) -> Result<Self, String> {
        let local = Self { directory: directory.into(), files: ArcSwap::default() };
        local.reread().map_err(|error| format!("{}: {error}", directory.display()))?;
        Ok(local)
    }

    /// A configuration's file.
    pub(crate) fn get(&self, name: &Name) -> Result<Arc<Served>, Failure> {
        match self.files.load().get(name) {
            Some(found) => found.served.clone(),
            None => Err(Failure::not_found(
                "ConfigurationProfile",
                format!("There is no file {name} in the local development directory"),
            )),
        }
    }

    /// How many configurations there are.
    pub(crate) fn len(&self) -> usize {
        self.files.load().len()
    }

    /// Reads what has changed, and says whether anything has.
    pub(crate) fn reread(&self) -> std::io::Result<bool> {
        let before = self.files.load_full();
        let mut after = HashMap::new();
        let mut is_changed = false;
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let Some((names, content_type)) = entry.file_name().to_str().and_then(names_of) else { continue };
            let Ok(meta) = fs::metadata(entry.path()) else { continue };
            if !meta.is_file() || after.len() >= MOST_FILES {
                continue;
            }
            let inode = std::os::unix::fs::MetadataExt::ino(&meta);
            let stamp = (entry.path(), meta.modified().ok(), meta.len(), inode);
            let known = before.get(&names[0]).filter(|found| found.stamp == stamp);
            let found = match known {
                Some(found) => found.clone(),
                None => {
                    is_changed = true;
                    let last = before.get(&names[0]).and_then(|found| found.served.as_ref().ok());
                    Arc::new(Found { served: read(&entry.path(), &content_type, last), stamp })
                }
            };
            for (index, name) in names.into_iter().enumerate() {
                // The name with a type is there for those who ask for it; a file of just that name is meant first.
                if index == 0 {
                    after.insert(name, found.clone()).map(drop)
                } else {
                    after.entry(name).or_insert_with(|| found.clone());
                    Some(())
                };
            }
        }
        is_changed |= before.len() != after.len() || before.keys().any(|name| !after.contains_key(name));
        self.files.store(Arc::new(after));
        Ok(is_changed)
    }

    /// Follows the directory for ever; `changed` is called after each change.
    pub(crate) async fn follow(self: Arc<Self>, at_least_every: Duration, changed: impl Fn()) {
        let (events, mut event) = mpsc::channel(1);
        let mut watcher: Option<RecommendedWatcher> = None;
        loop {
            if watcher.is_none() {
                watcher = watch(&self.directory, events.clone());
            }
            tokio::select! {
                _ = event.recv() => while tokio::time::timeout(STILL, event.recv()).await.is_ok() {},
                () = tokio::time::sleep(at_least_every) => {}
            }
            let this = self.clone();
            match tokio::task::spawn_blocking(move || this.reread()).await {
                Ok(Ok(true)) => changed(),
                Ok(Ok(false)) => {}
                Ok(Err(error)) => {
                    // It may have been moved away, and another one put there: that one has to be watched.
                    watcher = None;
                    tracing::error!(%error, "cannot read the local development directory; it is served as it was");
                }
                Err(error) => tracing::error!(%error, "a fault while the local development directory was read"),
            }
        }
    }
}

fn watch(directory: &Path, events: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let on_event = move |event: notify::Result<notify::Event>| {
        if event.map_or(true, |event| !event.kind.is_access()) {
            // One that waits stands for all.
            let _ = events.try_send(());
        }
    };
    let watcher = notify::recommended_watcher(on_event).and_then(|mut watcher| {
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    watcher
        .inspect_err(
            |error| tracing::warn!(%error, "cannot watch the local development directory; it is read now and then"),
        )
        .ok()
}

/// The names that a file answers to, best first, and its content's type.
fn names_of(file: &str) -> Option<(Vec<Name>, String)> {
    let mut parts = file.splitn(3, ':');
    let (application, environment, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let encoded = rest.find('%').unwrap_or(rest.len());
    let dot = rest[..encoded].rfind('.').filter(|dot| *dot > 0);
    let name = |configuration: &str| Name::new(application, environment, configuration);
    let Some(dot) = dot else {
        return Some((vec![name(rest)?], "application/octet-stream".to_owned()));
    };
    let names = [&rest[..dot], rest].into_iter().filter_map(name).collect::<Vec<_>>();
    (!names.is_empty()).then(|| (names, type_of(&rest[dot + 1..])))
}

fn type_of(extension: &str) -> String {
    match extension {
        "json" => "application/json".to_owned(),
        "yaml" | "yml" => "application/x-yaml".to_owned(),
        "txt" => "text/plain".to_owned(),
        _ => match extension.split_once('%') {
            Some((kind, rest)) => format!("{kind}/{}", rest.replace('%', "; ")),
            None => "application/octet-stream".to_owned(),
        },
    }
}

/// Reads a file. If it is no good, what was good before stays.
fn read(path: &Path, content_type: &str, last: Option<&Arc<Served>>) -> Result<Arc<Served>, Failure> {
    let problem = match try_read(path, content_type) {
        Ok(served) => return Ok(Arc::new(served)),
        Err(problem) => problem,
    };
    let file = path.display();
    if let Some(last) = last {
        tracing::error!("{file} is not served, what it was before stays: {problem}");
        return Ok(last.clone());
    }
    tracing::error!("{file} is not served: {problem}");
    Err(Failure::internal(format!(
        "The file {} is not served: {problem}",
        path.file_name().unwrap_or_default().display()
    )))
}

fn try_read(path: &Path, content_type: &str) -> Result<Served, String> {
    let mut content = Vec::new();
    let most = LARGEST as u64 + 1;
    File::open(path).and_then(|file| file.take(most).read_to_end(&mut content)).map_err(|error| error.to_string())?;
    if content_type == "application/json" {
        serde_json::from_slice::<serde::de::IgnoredAny>(&content)
            .map_err(|error| format!("it is not JSON: {error}"))?;
    }
    let told = Told { content_type: content_type.to_owned(), ..Told::default() };
    let mut version = Version::check(told, Bytes::from(content), None).map_err(|rejected| rejected.to_string())?;
    if version.flags.is_none() {
        // A file without a type may hold flags all the same.
        version.flags = tidegate_flags::FlagSet::from_retrieval_json(&version.content).ok();
    }
    Ok(Served { host: Some(Arc::new(version)), rollout: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, configuration: &str, content_type: &str) {
        let (names, found) = names_of(file).unwrap();
        assert_eq!((names[0].configuration(), &*found), (configuration, content_type), "{file}");
    }

    #[test]
    fn a_files_name_says_what_it_is() {
        check("a:e:p", "p", "application/octet-stream");
        check("a:e:p.json", "p", "application/json");
        check("a:e:my.config.json", "my.config", "application/json");
        check("a:e:p.text%html", "p", "text/html");
        let ion = "a:e:p.application%ion%type=AWS.AppConfig.FeatureFlags";
        check(ion, "p", "application/ion; type=AWS.AppConfig.FeatureFlags");
        check("a:e:.hidden", ".hidden", "application/octet-stream");
        for file in ["p.json", "a:e", "a::p", ":e:p.json", "README.md"] {
            assert!(names_of(file).is_none(), "{file}");
        }
    }

    #[test]
    fn a_broken_file_leaves_what_was_good() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a:e:p.json");
        let name = Name::new("a", "e", "p").unwrap();
        fs::write(&file, r#"{"f":{"enabled":true}}"#).unwrap();
        let local = Local::open(directory.path()).unwrap();
        let content = || local.get(&name).map(|served| served.host.clone().unwrap().content.clone());
        assert_eq!(content().unwrap(), r#"{"f":{"enabled":true}}"#);
        fs::write(&file, r#"{"f":{"enabled":"#).unwrap();
        assert!(local.reread().unwrap());
        assert_eq!(content().unwrap(), r#"{"f":{"enabled":true}}"#);
        fs::write(&file, "{}").unwrap();
        assert!(local.reread().unwrap());
        assert_eq!(content().unwrap(), "{}");
        assert!(!local.reread().unwrap(), "nothing has changed since");
        fs::remove_file(&file).unwrap();
        assert!(local.reread().unwrap());
        assert_eq!(content().unwrap_err().status, 404);
    }

    #[test]
    fn a_file_that_was_never_good_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a:e:p.application%ion%type=AWS.AppConfig.FeatureFlags");
        fs::write(file, "promo::[").unwrap();
        let local = Local::open(directory.path()).unwrap();
        let failure = local.get(&Name::new("a", "e", "p").unwrap()).unwrap_err();
        assert!(failure.status == 500 && failure.message.contains("feature flags cannot be read"), "{failure}");
    }
}
