//! The assignment log: who got which treatment of an experiment, once for each.
//!
//! Requests put records into a bounded queue; a task of its own writes them, so that no request waits for a disk.
//! A record that finds the queue full is lost, and counted.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::experiment::Experiment;
use crate::metrics::Metrics;
use crate::settings::AssignmentLog;

/// Records that wait at most.
const QUEUE: usize = 4_096;
/// Records that are remembered at most, in each of two generations, 8 bytes each.
const REMEMBERED: usize = 64 * 1_024;
/// Files that are open at most.
const OPEN_FILES: usize = 16;
/// Records that are written before they are flushed.
const BATCH: usize = 256;

/// Takes records.
pub(crate) struct Assignments {
    queue: mpsc::Sender<Record>,
    seen: Mutex<Seen>,
    hasher: RandomState,
    metrics: Arc<Metrics>,
}

struct Record {
    at: Timestamp,
    region: Box<str>,
    account: Box<str>,
    application: Box<str>,
    definition: Box<str>,
    run: Box<str>,
    treatment: Box<str>,
    entity: Box<str>,
}

/// What has been recorded lately: two generations, of which the older is dropped when the younger is full.
#[derive(Default)]
struct Seen {
    young: HashSet<u64>,
    old: HashSet<u64>,
}

impl Seen {
    /// Notes a record; whether it is new.
    fn note(&mut self, record: u64) -> bool {
        if self.young.contains(&record) {
            return false;
        }
        let is_new = !self.old.contains(&record);
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(record);
        is_new
    }

    fn forget(&mut self, record: u64) {
        self.young.remove(&record);
        self.old.remove(&record);
    }
}

impl Assignments {
    /// Opens the log. The writer is to be run, and ends when this is dropped.
    pub(crate) fn open(log: AssignmentLog, rotate_bytes: u64, metrics: Arc<Metrics>) -> io::Result<(Self, Writer)> {
        if let AssignmentLog::Files(directory) = &log {
            fs::create_dir_all(directory)?;
        }
        let (queue, records) = mpsc::channel(QUEUE);
        let writer = Writer { records, log, rotate_bytes, files: HashMap::new(), metrics: metrics.clone() };
        Ok((Self { queue, seen: Mutex::default(), hasher: RandomState::new(), metrics }, writer))
    }

    /// Records that an entity got a treatment, unless that has been recorded lately.
    pub(crate) fn record(&self, experiment: &Experiment, treatment: &str, entity: &str) {
        let identity = self.hasher.hash_one((
            &*experiment.account,
            &*experiment.application,
            &*experiment.definition,
            &*experiment.run,
            treatment,
            entity,
        ));
        if !self.seen.lock().unwrap_or_else(PoisonError::into_inner).note(identity) {
            return;
        }
        let record = Record {
            at: Timestamp::now(),
            region: experiment.region.clone(),
            account: experiment.account.clone(),
            application: experiment.application.clone(),
            definition: experiment.definition.clone(),
            run: experiment.run.clone(),
            treatment: treatment.into(),
            entity: entity.into(),
        };
        if self.queue.try_send(record).is_err() {
            self.metrics.assignments_lost.inc();
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).forget(identity);
        }
    }
}

/// Writes records.
pub(crate) struct Writer {
    records: mpsc::Receiver<Record>,
    log: AssignmentLog,
    rotate_bytes: u64,
    files: HashMap<PathBuf, LogFile>,
    metrics: Arc<Metrics>,
}

struct LogFile {
    file: BufWriter<File>,
    bytes: u64,
}

impl Writer {
    /// Writes until nobody records any more, and what waits by then.
    pub(crate) async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.records.recv_many(&mut batch, BATCH).await > 0 {
            let written = tokio::task::spawn_blocking(move || {
                self.write(&batch);
                batch.clear();
                (self, batch)
            });
            match written.await {
                Ok(back) => (self, batch) = back,
                Err(error) => return tracing::error!(%error, "a fault in the assignment log; nothing more is recorded"),
            }
        }
    }

    fn write(&mut self, records: &[Record]) {
        let written = match self.log.clone() {
            AssignmentLog::Stderr => write_to_stderr(records),
            AssignmentLog::Files(directory) => self.write_to_files(&directory, records),
        };
        match written {
            Ok(()) => self.metrics.assignments.inc_by(records.len() as u64),
            Err(error) => {
                self.files.clear();
                self.metrics.assignments_lost.inc_by(records.len() as u64);
                tracing::error!(%error, lost = records.len(), "cannot write the assignment log");
            }
        }
    }

    fn write_to_files(&mut self, directory: &Path, records: &[Record]) -> io::Result<()> {
        for record in records {
            let folder = [&record.region, &record.account, &record.application, &record.definition];
            let folder = folder.iter().fold(directory.to_owned(), |path, part| path.join(&***part));
            // A run's files differ by what follows its number.
            let run = folder.join(&*record.run);
            if self.files.get(&run).is_some_and(|file| file.bytes >= self.rotate_bytes) {
                self.files.remove(&run).map_or(Ok(()), |mut file| file.file.flush())?;
            }
            if !self.files.contains_key(&run) {
                if self.files.len() >= OPEN_FILES {
                    for (_, mut file) in self.files.drain() {
                        file.file.flush()?;
                    }
                }
                fs::create_dir_all(&folder)?;
                let name = format!("{}_{:08x}.jsonl", record.run, rand::random::<u32>());
                let file = OpenOptions::new().append(true).create_new(true).open(folder.join(name))?;
                self.files.insert(run.clone(), LogFile { file: BufWriter::new(file), bytes: 0 });
            }
            let line = line(&FileLine {
                timestamp: timestamp(record.at),
                treatment_key: &record.treatment,
                entity_id: &record.entity,
            })?;
            if let Some(file) = self.files.get_mut(&run) {
                file.file.write_all(&line)?;
                file.bytes += line.len() as u64;
            }
        }
        self.files.values_mut().try_for_each(|file| file.file.flush())
    }
}

fn write_to_stderr(records: &[Record]) -> io::Result<()> {
    let mut text = Vec::new();
    for record in records {
        text.append(&mut line(&StderrLine {
            kind: "AWS.AppConfig.TreatmentAssignment",
            timestamp: timestamp(record.at),
            region: &record.region,
            account_id: &record.account,
            application_id: &record.application,
            experiment_definition_id: &record.definition,
            experiment_run_number: &record.run,
            treatment_key: &record.treatment,
            entity_id: &record.entity,
        })?);
    }
    io::stderr().lock().write_all(&text)
}

fn timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn line(line: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(text)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileLine<'a> {
    timestamp: String,
    treatment_key: &'a str,
    entity_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StderrLine<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    region: &'a str,
    account_id: &'a str,
    application_id: &'a str,
    experiment_definition_id: &'a str,
    experiment_run_number: &'a str,
    treatment_key: &'a str,
    entity_id: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiments;

    fn experiments() -> Experiments {
        let arn =
            "arn:aws:appconfig:us-east-1:111122223333:application/app1234/experimentdefinition/exp1234/experimentrun/1";
        Experiments::of_header(&format!("checkout={arn}|t1=__t1__,c=__c__")).0
    }

    /// Records, closes the log, and gives the lines of each file.
    fn logged(rotate_bytes: u64, entities: &[&str]) -> (tempfile::TempDir, Vec<Vec<String>>) {
        let directory = tempfile::tempdir().unwrap();
        let log = AssignmentLog::Files(directory.path().into());
        let (assignments, writer) = Assignments::open(log, rotate_bytes, Arc::new(Metrics::new())).unwrap();
        let experiments = experiments();
        let (run, treatment) = experiments.treatment("checkout", "__t1__").unwrap();
        entities.iter().for_each(|entity| assignments.record(run, treatment, entity));
        drop(assignments);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(writer.run());
        let folder = directory.path().join("us-east-1/111122223333/app1234/exp1234");
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(name.starts_with("1_") && name.ends_with(".jsonl"), "{name}");
            files.push(fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect());
        }
        (directory, files)
    }

    #[test]
    fn an_entity_is_recorded_once() {
        let (_directory, files) = logged(1 << 20, &["user123", "user123", "user\"124"]);
        let [lines] = &files[..] else { panic!("{files:?}") };
        assert_eq!(lines.len(), 2);
        let first: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((first["treatmentKey"].as_str(), first["entityId"].as_str()), (Some("t1"), Some("user123")));
        assert_eq!(first["timestamp"].as_str().map(str::len), Some("2026-01-01T12:00:00Z".len()));
        assert!(lines[0].starts_with(r#"{"timestamp":""#));
    }

    #[test]
    fn a_full_file_is_followed_by_another() {
        let (_directory, files) = logged(1, &["a", "b", "c"]);
        assert_eq!(files.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
    }

    #[test]
    fn memory_of_what_was_recorded_is_bounded() {
        let mut seen = Seen::default();
        assert!((0..3 * REMEMBERED as u64).all(|record| seen.note(record)));
        assert!(seen.young.len() <= REMEMBERED && seen.old.len() <= REMEMBERED);
        assert!(!seen.note(3 * REMEMBERED as u64 - 1), "what is recent is remembered");
    }
}
