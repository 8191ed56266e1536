//! The trait, and the one thing to do with it that is easy to get wrong.

use crate::{AppendError, BlobId, BlobInfo, Entry, Snapshot, Unavailable};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// A journal and the blobs beside it.
///
/// Nothing acknowledged is ever lost: an `Ok` from [`append`](Journal::append) or [`put_blob`](Journal::put_blob) means
/// that it is on stable storage. A future that is dropped before it is ready is a lost answer: the entry or blob may or
/// may not be there.
pub trait Journal: Send + Sync + 'static {
    /// Appends the entry if its number is the last number + 1 and its `prev` is the last id; otherwise refuses with
    /// [`AppendError::Conflict`] and writes nothing. Call it through [`commit`].
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>>;

    /// Reads the entries after number `after`, in order: fewer than `limit` only if there are no more.
    ///
    /// If the next one was forgotten, they begin with the oldest that is there: a reader notices by its number.
    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>>;

    /// Says the number of the last entry, 0 if there is none. Cheap: fit to be asked before each answer.
    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>>;

    /// Resolves when an entry after number `after` may exist, at once if one does.
    ///
    /// May be dropped and called again at any time without missing anything. While the store is unreachable it waits
    /// on, and does not tell.
    fn wait(&self, after: u64) -> BoxFuture<'_, ()>;

    /// Stores the content under its name. Storing it again does nothing.
    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>>;

    /// Reads the content of this name, `None` if there is none; a content that no longer has its name is an error.
    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>>;

    /// Keeps the snapshot, unless one of a later entry is there. At most one is kept.
    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Reads the latest snapshot, `None` if there is none.
    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>>;

    /// Says the number of the oldest entry that is still there; 1 if nothing was forgotten, or if there is none.
    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>>;

    /// Forgets the entries up to and including `through`, but never the last one. Forgetting again does nothing.
    ///
    /// Refused unless the kept snapshot is of `through` or a later entry, and of an entry that is in this journal: what
    /// follows from what is forgotten must be known from somewhere.
    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Puts an entry of any number from 1 into an *empty* journal, as the beginning of one whose older entries were
    /// forgotten; [`AppendError::Conflict`] if there is any entry. For restoring; its `prev` is not looked at.
    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>>;

    /// Lists blobs by ascending id, those after `after`: fewer than `limit` only if there are no more.
    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>>;

    /// Deletes a blob. Deleting one that is not there does nothing.
    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Proves that the store can be read and written, by committing a small row of its own; entries stay untouched.
    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>>;
}

impl<J: Journal + ?Sized> Journal for Arc<J> {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        (**self).append(entry)
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        (**self).read(after, limit)
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        (**self).last()
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        (**self).wait(after)
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        (**self).put_blob(content)
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        (**self).get_blob(id)
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        (**self).save_snapshot(snapshot)
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        (**self).load_snapshot()
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        (**self).first()
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        (**self).forget(through)
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        (**self).begin(entry)
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        (**self).list_blobs(after, limit)
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        (**self).delete_blob(id)
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        (**self).probe()
    }
}

/// Appends the entry, and if the answer was lost, finds out whether it is there.
///
/// A lost answer is not a failure: whoever holds the number says who won, and an entry that holds its own number is
/// committed, so that the same entry may be committed again after an error and still counts once. An `Unavailable` from
/// here means that nothing is known *yet*: a store that fell silent may still write the entry later. Whoever gets one
/// decides nothing more until it has caught up.
pub async fn commit(journal: &dyn Journal, entry: &Entry) -> Result<(), AppendError> {
    let Err(error) = journal.append(entry).await else {
        return Ok(());
    };
    let holder = match journal.read(entry.number.saturating_sub(1), 1).await {
        Ok(entries) => Ok(entries.into_iter().next()),
        Err(unavailable) => Err(unavailable),
    };
    match (holder, error) {
        (Ok(Some(holder)), _) if holder.number == entry.number && holder.id == entry.id => Ok(()),
        // Not `Conflict`: the one that was forgotten may have been this one.
        (Ok(Some(holder)), _) if holder.number > entry.number => {
            let doing = format!("find out whose entry {} is", entry.number);
            Err(Unavailable::new(doing, "the journal has forgotten it").into())
        }
        (Ok(Some(_)), _) | (Ok(None), AppendError::Conflict) => Err(AppendError::Conflict),
        // The first error says more than the second: it is the one about the entry.
        (Ok(None) | Err(_), AppendError::Unavailable(unavailable)) => Err(unavailable.into()),
        // Not `Conflict`: if this was a second try, the entry that stands there may be this one.
        (Err(unavailable), AppendError::Conflict) => Err(unavailable.into()),
    }
}
