//! The journal as a node uses it: no wait goes on for ever, and what fails is counted.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prometheus::IntCounter;
use tidegate_journal::{AppendError, BlobId, BlobInfo, BoxFuture, Entry, Journal, Snapshot, Unavailable};

/// How many times longer than for an entry one waits for contents and snapshots.
const LARGE: u32 = 5;

/// See the module.
pub(crate) struct Store {
    journal: Arc<dyn Journal>,
    /// How long the store may take for one thing.
    timeout: Duration,
    errors: IntCounter,
}

impl Store {
    pub(crate) fn new(journal: Arc<dyn Journal>, timeout: Duration, errors: IntCounter) -> Self {
        Self { journal, timeout, errors }
    }

    async fn in_time<T>(
        &self,
        timeout: Duration,
        doing: impl FnOnce() -> String,
        work: BoxFuture<'_, Result<T, Unavailable>>,
    ) -> Result<T, Unavailable> {
        let outcome = tokio::time::timeout(timeout, work).await.unwrap_or_else(|_| Err(silent(doing(), timeout)));
        if outcome.is_err() {
            self.errors.inc();
        }
        outcome
    }
}

/// A store that said nothing. What was to be written may be written yet.
fn silent(doing: String, timeout: Duration) -> Unavailable {
    Unavailable::new(doing, format!("no answer within {timeout:?}"))
}

impl Journal for Store {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            let append = tokio::time::timeout(self.timeout, self.journal.append(entry)).await;
            let outcome =
                append.unwrap_or_else(|_| Err(silent(format!("append entry {}", entry.number), self.timeout).into()));
            if matches!(outcome, Err(AppendError::Unavailable(_))) {
                self.errors.inc();
            }
            outcome
        })
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        let read = self.journal.read(after, limit);
        Box::pin(self.in_time(self.timeout, move || format!("read the entries after {after}"), read))
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(self.in_time(self.timeout, || "read the last number".into(), self.journal.last()))
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        self.journal.wait(after)
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        let put = self.journal.put_blob(content);
        Box::pin(self.in_time(self.timeout * LARGE, || "store a content".into(), put))
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        let get = self.journal.get_blob(id);
        Box::pin(self.in_time(self.timeout * LARGE, move || format!("read content {id}"), get))
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        let save = self.journal.save_snapshot(snapshot);
        Box::pin(self.in_time(self.timeout * LARGE, || "save a snapshot".into(), save))
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        let load = self.journal.load_snapshot();
        Box::pin(self.in_time(self.timeout * LARGE, || "load the snapshot".into(), load))
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(self.in_time(self.timeout, || "read the first number".into(), self.journal.first()))
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        let forget = self.journal.forget(through);
        Box::pin(self.in_time(self.timeout * LARGE, move || format!("forget the entries up to {through}"), forget))
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        self.journal.begin(entry)
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        let list = self.journal.list_blobs(after, limit);
        Box::pin(self.in_time(self.timeout * LARGE, || "list the contents".into(), list))
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        let delete = self.journal.delete_blob(id);
        Box::pin(self.in_time(self.timeout, move || format!("delete content {id}"), delete))
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(self.in_time(self.timeout, || "write to the store".into(), self.journal.probe()))
    }
}
