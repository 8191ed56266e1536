//! The thread that writes: takes what waits, writes it at once, makes it last, and then says so.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use serde_json::json;
use tidegate_domain::Realm;
use tokio::sync::{mpsc, oneshot};

use super::chain::{Head, seal};
use super::files::{Newest, Opened, newest_of};
use super::record::{self, Record};
use super::{AuditSettings, NotWritten, Poll, Shared};
use crate::clock::system_now_ms;

/// How many records are made to last together.
const BATCH: usize = 512;
/// How many lost records a gap names.
const NAMED: usize = 100;

pub(super) enum Message {
    Record(Box<Record>, Option<Done>),
    Poll(Box<Poll>),
    Probe(Done),
    Stop,
}

pub(super) type Done = oneshot::Sender<Result<(), NotWritten>>;

pub(super) struct Writer {
    settings: AuditSettings,
    shared: Arc<Shared>,
    home: Realm,
    newest: Newest,
    head: Head,
    /// The day of the newest file's records.
    day: String,
    lost: u64,
    lost_request_ids: Vec<String>,
}

impl Writer {
    pub(super) fn open(settings: AuditSettings, shared: Arc<Shared>, home: Realm, now_ms: i64) -> Result<Self, String> {
        let path = newest_of(&settings.path);
        let opened = Newest::open(&path);
        let Opened { newest, head, day, torn } = opened.map_err(|error| format!("{}: {error}", path.display()))?;
        let mut first = Vec::new();
        if let Some(torn) = torn {
            let kept_in = torn.kept_in.display().to_string();
            tracing::warn!(kept_in, bytes = torn.bytes, "the audit log ended in the middle of a line");
            let data = json!({"bytes": torn.bytes, "sha256": torn.sha256, "keptIn": kept_in});
            first.push(record::of_log("AuditMended", &home, now_ms, data));
        }
        let data = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "reads": settings.reads,
            "required": settings.is_required,
        });
        first.push(record::of_log("AuditStarted", &home, now_ms, data));
        tracing::info!(path = %path.display(), %head, "the audit log is taken up");
        let mut writer = Self { settings, shared, home, newest, head, day, lost: 0, lost_request_ids: Vec::new() };
        if let Err(error) = writer.write(first.iter()) {
            writer.fail(&error, &first);
        }
        if writer.settings.is_required
            && let Err(error) = writer.newest.fill_reserve()
        {
            writer.fail(&error, &[]);
        }
        Ok(writer)
    }

    pub(super) fn run(mut self, mut receiver: mpsc::Receiver<Message>) {
        while let Some(first) = receiver.blocking_recv() {
            let (mut records, mut waiting, mut probes, mut is_last) = (Vec::new(), Vec::new(), Vec::new(), false);
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Record(record, done) => {
                        records.push(*record);
                        waiting.extend(done);
                    }
                    Message::Poll(poll) => records.push(record::of_poll(*poll)),
                    Message::Probe(done) => probes.push(done),
                    Message::Stop => {
                        is_last = true;
                        receiver.close();
                    }
                }
                next = if records.len() < BATCH { receiver.try_recv().ok() } else { None };
            }
            let outcome = if records.is_empty() { Ok(()) } else { self.take(&records) };
            waiting.into_iter().for_each(|done| drop(done.send(outcome.clone())));
            if !probes.is_empty() {
                let outcome = self.recover();
                probes.into_iter().for_each(|done| drop(done.send(outcome.clone())));
            }
            if is_last && receiver.is_empty() {
                return;
            }
        }
    }

    /// Writes records, or counts them as lost.
    fn take(&mut self, records: &[Record]) -> Result<(), NotWritten> {
        let mut written = self.write_after_gap(records);
        let mut has_room = true;
        if written.is_err() && self.settings.is_required && self.newest.free_reserve() {
            has_room = false;
            written = self.write_after_gap(records);
        }
        match written {
            Ok(()) if has_room && self.is_failing() && !self.settings.is_required => self.succeed(),
            Ok(()) if has_room => {}
            // This was written, but the next one may not be: no more changes until there is room again.
            Ok(()) => self.fail(&io::Error::other("the disk is full, and the reserve for records is in use"), &[]),
            Err(error) => {
                self.fail(&error, records);
                return Err(NotWritten);
            }
        }
        Ok(())
    }

    /// Finds out whether records can be written again.
    fn recover(&mut self) -> Result<(), NotWritten> {
        if !self.is_failing() {
            return Ok(());
        }
        let written = self.write_after_gap(&[]);
        let reserved = written.and_then(|()| match self.settings.is_required {
            true => self.newest.fill_reserve(),
            false => Ok(()),
        });
        match reserved {
            Ok(()) => {
                self.succeed();
                Ok(())
            }
            Err(error) => {
                self.fail(&error, &[]);
                Err(NotWritten)
            }
        }
    }

    /// Writes records, and before them how many were lost.
    fn write_after_gap(&mut self, records: &[Record]) -> io::Result<()> {
        if self.lost == 0 {
            return self.write(records.iter());
        }
        let data = json!({"lost": self.lost, "requestIDs": self.lost_request_ids});
        let gap = record::of_log("AuditGap", &self.home, system_now_ms(), data);
        self.write([&gap].into_iter().chain(records))?;
        self.lost = 0;
        self.lost_request_ids.clear();
        Ok(())
    }

    /// Writes all records, into one file, or none.
    fn write<'a>(&mut self, records: impl Iterator<Item = &'a Record>) -> io::Result<()> {
        let mut records = records.peekable();
        let Some(first) = records.peek() else { return Ok(()) };
        let (day, length) = (day_of(first), self.newest.length());
        let is_new_day = self.settings.rotate_daily && day > self.day;
        if length > 0 && (length >= self.settings.rotate_bytes || is_new_day) {
            self.rotate();
        }
        self.day = day.max(std::mem::take(&mut self.day));
        let (mut lines, mut head, mut count) = (String::new(), self.head.clone(), 0);
        for record in records {
            let (line, next) = seal(&head, record);
            lines.push_str(&line);
            head = next;
            count += 1;
        }
        self.newest.append(lines.as_bytes())?;
        self.head = head;
        self.shared.metrics.records.inc_by(count);
        Ok(())
    }

    /// A file that cannot be put aside grows on.
    fn rotate(&mut self) {
        match self.newest.rotate() {
            Ok(()) => tracing::info!(head = %self.head, "the audit log goes on in a new file"),
            Err(error) => {
                tracing::error!(%error, path = %self.newest.path().display(), "cannot begin a new file of the audit log");
            }
        }
    }

    fn is_failing(&self) -> bool {
        self.shared.is_failing.load(Ordering::Acquire)
    }

    fn fail(&mut self, error: &io::Error, lost: &[Record]) {
        self.lost += lost.len() as u64;
        self.shared.metrics.lost.inc_by(lost.len() as u64);
        let room = NAMED.saturating_sub(self.lost_request_ids.len());
        let named = lost.iter().map(|record| record.request_id.clone()).filter(|id| !id.is_empty());
        self.lost_request_ids.extend(named.take(room));
        let what = match error.kind() {
            io::ErrorKind::StorageFull => "the disk is full".into(),
            _ => error.to_string(),
        };
        let path = self.newest.path().display().to_string();
        let problem = format!("cannot write the audit log: {what}");
        *self.shared.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
        self.shared.metrics.failing.set(1);
        if !self.shared.is_failing.swap(true, Ordering::AcqRel) {
            let is_required = self.settings.is_required;
            let effect = if is_required { "changes are refused" } else { "calls are answered WITHOUT a record" };
            tracing::error!(problem = what, path, effect, hint = "make room on the disk", "cannot write the audit log");
        }
    }

    fn succeed(&mut self) {
        self.shared.metrics.failing.set(0);
        self.shared.is_failing.store(false, Ordering::Release);
        tracing::warn!(head = %self.head, "the audit log can be written again");
    }
}

fn day_of(record: &Record) -> String {
    record.event_time.get(..10).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
