//! A journal whose store is not there yet: for a node that starts without it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::{AppendError, BlobId, BlobInfo, Entry, Journal, Snapshot, Unavailable};

const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Opens a store.
pub type Open = Box<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Journal>, Unavailable>> + Send + Sync>;

/// See the module. Everything that it is asked for tries to open the store first, as long as it is not open.
pub struct Late {
    open: Open,
    opened: OnceCell<Arc<dyn Journal>>,
}

impl Late {
    /// A journal that is opened when it is used.
    pub fn new(open: Open) -> Late {
        Late { open, opened: OnceCell::new() }
    }

    async fn journal(&self) -> Result<&Arc<dyn Journal>, Unavailable> {
        self.opened.get_or_try_init(|| (self.open)()).await
    }
}

macro_rules! pass_on {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty, $error:ty;)*) => {
        $(fn $name<'a>(&'a self, $($argument: $kind),*) -> BoxFuture<'a, Result<$answer, $error>> {
            Box::pin(async move { self.journal().await?.$name($($argument),*).await })
        })*
    };
}

impl Journal for Late {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move { self.journal().await?.append(entry).await })
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move { self.journal().await?.begin(entry).await })
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        Box::pin(async move { self.journal().await?.put_blob(content).await })
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move { self.journal().await?.save_snapshot(snapshot).await })
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            loop {
                match self.journal().await {
                    Ok(journal) => return journal.wait(after).await,
                    Err(_) => tokio::time::sleep(RETRY_AFTER).await,
                }
            }
        })
    }

    pass_on! {
        read(after: u64, limit: usize) -> Vec<Entry>, Unavailable;
        last() -> u64, Unavailable;
        get_blob(id: BlobId) -> Option<Bytes>, Unavailable;
        load_snapshot() -> Option<Snapshot>, Unavailable;
        first() -> u64, Unavailable;
        forget(through: u64) -> (), Unavailable;
        list_blobs(after: Option<BlobId>, limit: usize) -> Vec<BlobInfo>, Unavailable;
        delete_blob(id: BlobId) -> (), Unavailable;
        probe() -> (), Unavailable;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryJournal;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn it_is_there_when_the_store_is() {
        let (is_there, journal) = (Arc::new(AtomicBool::new(false)), Arc::new(MemoryJournal::new()));
        let of_late = is_there.clone();
        let late = Late::new(Box::new(move || {
            let (is_there, journal) = (of_late.load(Ordering::Relaxed), journal.clone());
            Box::pin(async move {
                let opened: Arc<dyn Journal> = journal;
                if is_there { Ok(opened) } else { Err(Unavailable::new("connect", "nobody is there")) }
            })
        }));
        assert_eq!(late.last().await.unwrap_err().to_string(), "cannot connect: nobody is there");
        is_there.store(true, Ordering::Relaxed);
        assert_eq!(late.last().await.unwrap(), 0);
    }
}

#[cfg(test)]
crate::journal_suite!(async {
    let journal = Arc::new(crate::memory::MemoryJournal::new());
    crate::suite::Fixture::new(move || {
        let journal = journal.clone();
        std::future::ready(Late::new(Box::new(move || {
            let journal: Arc<dyn Journal> = journal.clone();
            Box::pin(std::future::ready(Ok(journal)))
        })))
    })
});
