//! A journal that is gone with its process: for tests, simulations, and `--store memory:`.

use crate::{AppendError, BlobId, BlobInfo, Entry, EntryId, Journal, Snapshot, Unavailable};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::watch;

/// A journal in memory. Handles to one journal are clones of one [`Arc`](std::sync::Arc).
///
/// It uses no clock, thread or random number, and nothing in it fails; [`Faulty`](crate::faulty::Faulty) adds failures.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    content: Mutex<Content>,
    bell: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Content {
    /// How many entries were forgotten: the number before the first that is there.
    forgotten: u64,
    entries: VecDeque<Entry>,
    blobs: BTreeMap<BlobId, Bytes>,
    snapshot: Option<Snapshot>,
}

impl MemoryJournal {
    /// Makes an empty journal.
    pub fn new() -> MemoryJournal {
        MemoryJournal::default()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().expect("nothing panics while it holds the content of a memory journal")
    }
}

impl Content {
    fn last(&self) -> u64 {
        self.forgotten + self.entries.len() as u64
    }

    fn append(&mut self, entry: &Entry) -> Result<(), AppendError> {
        let last_id = self.entries.back().map_or(EntryId::NONE, |last| last.id);
        if entry.number != self.last() + 1 || entry.prev != last_id {
            return Err(AppendError::Conflict);
        }
        self.entries.push_back(entry.clone());
        Ok(())
    }

    fn read(&self, after: u64, limit: usize) -> Vec<Entry> {
        let skipped = usize::try_from(after.saturating_sub(self.forgotten)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skipped).take(limit).cloned().collect()
    }

    fn forget(&mut self, through: u64) -> Result<(), &'static str> {
        if through <= self.forgotten {
            return Ok(());
        }
        let Some(snapshot) = self.snapshot.as_ref().filter(|snapshot| snapshot.number >= through) else {
            return Err("there is no snapshot that holds what follows from them");
        };
        let entries = self.read(snapshot.number - 1, 1);
        if entries.first().is_none_or(|entry| entry.id != snapshot.id) {
            return Err("the snapshot is of another history");
        }
        while self.forgotten < through && self.entries.len() > 1 {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        Ok(())
    }

    fn begin(&mut self, entry: &Entry) -> Result<(), AppendError> {
        if !self.entries.is_empty() || entry.number == 0 {
            return Err(AppendError::Conflict);
        }
        self.forgotten = entry.number - 1;
        self.entries.push_back(entry.clone());
        Ok(())
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> Vec<BlobInfo> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let listed = self.blobs.range((after, Bound::Unbounded)).take(limit);
        listed.map(|(id, content)| BlobInfo { id: *id, size: content.len() as u64 }).collect()
    }
}

impl Journal for MemoryJournal {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            self.content().append(entry)?;
            self.bell.send_modify(|last| *last = entry.number.max(*last));
            Ok(())
        })
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        Box::pin(async move { Ok(self.content().read(after, limit)) })
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move { Ok(self.content().last()) })
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut bell = self.bell.subscribe();
            bell.wait_for(|&last| last > after).await.expect("the bell hangs in the journal that is borrowed here");
        })
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        Box::pin(async move {
            let blob_id = BlobId::of(content);
            self.content().blobs.insert(blob_id, content.clone());
            Ok(blob_id)
        })
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        Box::pin(async move { Ok(self.content().blobs.get(&id).cloned()) })
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let kept = &mut self.content().snapshot;
            if kept.as_ref().is_none_or(|kept| kept.number < snapshot.number) {
                *kept = Some(snapshot.clone());
            }
            Ok(())
        })
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        Box::pin(async move { Ok(self.content().snapshot.clone()) })
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move { Ok(self.content().forgotten + 1) })
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let forgotten = self.content().forget(through);
            forgotten.map_err(|cause| Unavailable::new(format!("forget the entries up to {through}"), cause))
        })
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            self.content().begin(entry)?;
            self.bell.send_modify(|last| *last = entry.number.max(*last));
            Ok(())
        })
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        Box::pin(async move { Ok(self.content().list_blobs(after, limit)) })
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            self.content().blobs.remove(&id);
            Ok(())
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
crate::journal_suite!(async {
    let journal = std::sync::Arc::new(MemoryJournal::new());
    crate::suite::Fixture::new(move || std::future::ready(std::sync::Arc::clone(&journal)))
});
