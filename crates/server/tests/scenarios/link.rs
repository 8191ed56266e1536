//! A node's line to the store, which can be made to fail, and on which everything that is written is seen.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tidegate_journal::faulty::{Fault, Faulty};
use tidegate_journal::memory::MemoryJournal;
use tidegate_journal::{AppendError, BlobId, BlobInfo, BoxFuture, Entry, Journal, Snapshot, Unavailable};

/// What happened at the store's end of some line.
pub struct Seen {
    /// The true time, in milliseconds since the story began.
    pub at_ms: i64,
    pub node: String,
    /// What was written; none if somebody else had been quicker.
    pub entry: Option<Entry>,
}

/// Everything that reached the store, in order.
#[derive(Default)]
pub struct Witness {
    pub now_ms: AtomicI64,
    seen: Mutex<Vec<Seen>>,
}

impl Witness {
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    fn note(&self, node: &str, entry: Option<Entry>) {
        let at_ms = self.now_ms.load(Ordering::Relaxed);
        self.seen.lock().unwrap().push(Seen { at_ms, node: node.into(), entry });
    }
}

/// The store's end of a node's line. The line that breaks does so behind an append, before anybody can ask about it.
pub struct StoreEnd {
    node: String,
    journal: Arc<MemoryJournal>,
    witness: Arc<Witness>,
    breaks_at_next_append: AtomicBool,
    is_broken: AtomicBool,
    /// Contents cannot be read; everything else can.
    is_blind: AtomicBool,
}

/// See the module.
pub struct Link {
    pub faulty: Arc<Faulty<StoreEnd>>,
    is_cut: AtomicBool,
}

impl Link {
    pub fn new(node: &str, journal: Arc<MemoryJournal>, witness: Arc<Witness>) -> Self {
        let store_end = StoreEnd {
            node: node.into(),
            journal,
            witness,
            breaks_at_next_append: AtomicBool::new(false),
            is_broken: AtomicBool::new(false),
            is_blind: AtomicBool::new(false),
        };
        Self { faulty: Arc::new(Faulty::new(store_end)), is_cut: AtomicBool::new(false) }
    }

    pub fn cut(&self) {
        self.faulty.cut();
        self.is_cut.store(true, Ordering::Relaxed);
    }

    pub fn mend(&self) {
        self.faulty.mend();
        self.is_cut.store(false, Ordering::Relaxed);
        self.faulty.inner().is_broken.store(false, Ordering::Relaxed);
        self.faulty.inner().is_blind.store(false, Ordering::Relaxed);
    }

    pub fn is_up(&self) -> bool {
        !self.is_cut.load(Ordering::Relaxed) && !self.faulty.inner().is_broken.load(Ordering::Relaxed)
    }

    /// The next write happens, and the answer to it is lost.
    pub fn lose_next_answer(&self) {
        self.faulty.script([Fault::LoseAnswer]);
    }

    /// The next write arrives after everybody else's.
    pub fn slow_next_write(&self) {
        self.faulty.script([Fault::Slow { turns: 100 }]);
    }

    /// From here on contents cannot be read.
    pub fn blind(&self) {
        self.faulty.inner().is_blind.store(true, Ordering::Relaxed);
    }

    /// The next append happens, and neither its answer nor anything after it comes through.
    pub fn break_at_next_append(&self) {
        self.faulty.inner().breaks_at_next_append.store(true, Ordering::Relaxed);
    }
}

impl StoreEnd {
    fn check(&self, doing: &str) -> Result<(), Unavailable> {
        let is_broken = self.is_broken.load(Ordering::Relaxed);
        if is_broken { Err(Unavailable::new(doing, "the line is broken")) } else { Ok(()) }
    }
}

impl Journal for StoreEnd {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            self.check("append")?;
            match self.journal.append(entry).await {
                Ok(()) => self.witness.note(&self.node, Some(entry.clone())),
                Err(AppendError::Conflict) => {
                    self.witness.note(&self.node, None);
                    return Err(AppendError::Conflict);
                }
                Err(error) => return Err(error),
            }
            let breaks = self.breaks_at_next_append.swap(false, Ordering::Relaxed);
            self.is_broken.store(breaks, Ordering::Relaxed);
            Ok(self.check("append")?)
        })
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        Box::pin(async move {
            self.check("read")?;
            self.journal.read(after, limit).await
        })
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            self.check("read the last number")?;
            self.journal.last().await
        })
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        self.journal.wait(after)
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        Box::pin(async move {
            self.check("store a blob")?;
            self.journal.put_blob(content).await
        })
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        Box::pin(async move {
            self.check("read a blob")?;
            if self.is_blind.load(Ordering::Relaxed) {
                return Err(Unavailable::new("read a blob", "the disk says no"));
            }
            self.journal.get_blob(id).await
        })
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            self.check("save a snapshot")?;
            self.journal.save_snapshot(snapshot).await
        })
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        Box::pin(async move {
            self.check("load the snapshot")?;
            self.journal.load_snapshot().await
        })
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            self.check("read the first number")?;
            self.journal.first().await
        })
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            self.check("forget")?;
            self.journal.forget(through).await
        })
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            self.check("begin")?;
            self.journal.begin(entry).await
        })
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        Box::pin(async move {
            self.check("list the blobs")?;
            self.journal.list_blobs(after, limit).await
        })
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            self.check("delete a blob")?;
            self.journal.delete_blob(id).await
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            self.check("probe")?;
            self.journal.probe().await
        })
    }
}
