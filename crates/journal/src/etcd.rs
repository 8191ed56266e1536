//! The journal in etcd (version 3): for several machines, where Kubernetes or another cluster has one already.
//!
//! An append is one transaction: if `last` names the entry before, and there is none of this number, put the entry and
//! move `last`. Raft orders the transactions, so one writer wins. Reads are linearizable. What is longer than a request
//! may be goes in parts that hang on a lease until they are committed ([`parts`]). Whoever waits is told by a watch,
//! which is a hint; the truth is a look at `last` several times a second, so that a watch that was lost, or was asked of
//! a member that fell behind, costs a moment and never an entry. Nothing here asks for an old revision: compaction and
//! defragmentation may happen at any time.

mod address;
mod client;
mod explain;
mod parts;
mod proto;
mod record;

pub use address::{EtcdAddress, Login, Password, Tls, WrongAddress};
pub use client::Limits;

use crate::{AppendError, BlobId, BlobInfo, Entry, EntryId, Journal, Snapshot, Unavailable};
use bytes::Bytes;
use client::Client;
use explain::{Failure, Remedy};
use futures_util::future::BoxFuture;
use parts::{Upload, damaged, expired, fetch, upload};
use proto::{
    Compare, KeyValue, Op, RangeRequest, TxnRequest, delete, get, has_value, is_absent, is_unchanged, ops, put,
};
use record::{
    Content, INLINE, Item, Keys, blob_value, entry_value, last_line, last_number, read_blob, read_entry, read_snapshot,
    snapshot_value,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often a waiting process looks for entries that no watch has told it of.
pub const POLL: Duration = Duration::from_millis(200);

/// What stands under `format`: which form the keys and values have.
const FORMAT: &str = "tidegate journal 1";
/// How many entries one request reads at first, and at most: with [`INLINE`] bodies these are 32 MiB.
const PAGES: (usize, usize) = (32, 512);
/// A page with less than this may be followed by a larger one.
const SMALL_PAGE: usize = 256 << 10;
/// How many entries one transaction forgets.
const FORGET: u64 = 1_000;
/// How many blobs one request lists.
const LIST: usize = 1_000;
/// How often something is read anew, or a condition is looked at again, when others change it all the time.
const TRIES: usize = 8;

/// A journal in etcd. Dropping it closes its connections.
pub struct EtcdJournal {
    client: Arc<Client>,
    keys: Keys,
    /// Where it is, without the password.
    store: String,
    bell: Arc<watch::Sender<u64>>,
    poll: Duration,
    follower: JoinHandle<()>,
}

impl EtcdJournal {
    /// Opens the journal at this address, and makes an empty one if there is none.
    pub async fn open(address: &EtcdAddress) -> Result<EtcdJournal, Unavailable> {
        EtcdJournal::open_with(address, Limits::default(), POLL).await
    }

    /// Opens the journal at this address, and says so if there is none.
    pub async fn open_existing(address: &EtcdAddress) -> Result<EtcdJournal, Unavailable> {
        EtcdJournal::open_or(address, Limits::default(), POLL, Absent::Refuse).await
    }

    /// Opens the journal with other limits, and another time between two looks for entries that no watch told of.
    pub async fn open_with(address: &EtcdAddress, limits: Limits, poll: Duration) -> Result<EtcdJournal, Unavailable> {
        EtcdJournal::open_or(address, limits, poll, Absent::Make).await
    }

    async fn open_or(
        address: &EtcdAddress,
        limits: Limits,
        poll: Duration,
        absent: Absent,
    ) -> Result<EtcdJournal, Unavailable> {
        let store = format!("etcd at {}{}", address.members.join(","), address.prefix);
        let keys = Keys::new(&address.prefix);
        let opened = async {
            let client = Arc::new(Client::new(address, limits)?);
            settle(&client, &keys, absent).await?;
            Ok(client)
        };
        let client = opened.await.map_err(|failure: Failure| failure.while_doing("open the journal in", &store))?;
        let bell = Arc::new(watch::Sender::new(0));
        let follower = tokio::spawn(follow(Arc::clone(&client), keys.last(), Arc::clone(&bell)));
        Ok(EtcdJournal { client, keys, store, bell, poll, follower })
    }

    fn explained<T>(&self, doing: impl AsRef<str>, answer: Result<T, Failure>) -> Result<T, Unavailable> {
        answer.map_err(|failure| failure.while_doing(doing, &self.store))
    }

    fn holds_or_conflicts(&self, doing: &str, entry: &Entry, answer: Result<bool, Failure>) -> Result<(), AppendError> {
        if !self.explained(doing, answer)? {
            return Err(AppendError::Conflict);
        }
        self.bell.send_replace(entry.number);
        Ok(())
    }

    /// Says whether the entry was written: whether what it expects did hold.
    async fn write_entry(&self, entry: &Entry, condition: Vec<Compare>) -> Result<bool, Failure> {
        let Entry { number, id, .. } = *entry;
        let upload = match entry.body.len() {
            ..=INLINE => None,
            _ => {
                let look = TxnRequest { compare: condition.clone(), ..TxnRequest::default() };
                if !self.client.txn(look).await?.value.succeeded {
                    return Ok(false);
                }
                let body = Bytes::copy_from_slice(entry.body.as_bytes());
                Some(upload(&self.client, &self.keys, Item::Entry(number), &body).await?)
            }
        };
        let content = upload.as_ref().map_or_else(|| Content::inline(entry.body.as_bytes()), |upload| upload.content);
        let key = self.keys.entry(number);
        let mut success =
            vec![put(key.clone(), entry_value(entry, &content)), put(self.keys.last(), last_line(number, id))];
        success.extend(upload.iter().flat_map(Upload::commit));
        let request = TxnRequest { compare: condition, success: ops(success), failure: ops([Op::Range(get(&key))]) };
        let answer = self.client.txn(request).await.map_err(|failure| expired(failure, &self.client))?;
        if let Some(upload) = upload {
            upload.finish(&self.client).await;
        }
        // A request that was sent again may find what it did the first time.
        let holder = answer.value.found(0).first().and_then(|holder| read_entry(number, &holder.value));
        let is_own = holder.is_some_and(|(holder, held)| holder.id == id && held == content);
        Ok(answer.value.succeeded || answer.is_repeated && is_own)
    }

    fn next_to(&self, entry: &Entry) -> Option<Vec<Compare>> {
        let last = self.keys.last();
        let before = match entry.number.checked_sub(1)? {
            0 if entry.prev == EntryId::NONE => is_absent(&last),
            0 => return None,
            before => has_value(&last, last_line(before, entry.prev)),
        };
        Some(vec![before, is_absent(&self.keys.entry(entry.number))])
    }

    async fn read_after(&self, after: u64, limit: usize) -> Result<Vec<Entry>, Failure> {
        let Some(first) = after.checked_add(1).filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let mut first = first;
        loop {
            match self.read_from(&mut first, limit).await {
                // A hole is none if it was made by forgetting meanwhile.
                Err(failure) if failure.is_damage() && self.oldest().await?.is_some_and(|oldest| oldest > first) => {}
                answer => return answer,
            }
        }
    }

    /// Reads entries from a number on, or from the oldest, which then is the number.
    async fn read_from(&self, first: &mut u64, limit: usize) -> Result<Vec<Entry>, Failure> {
        let mut page = PAGES.0.min(limit);
        let mut next = *first;
        let request = [Op::Range(get(&self.keys.last())), Op::Range(self.page(next, page))];
        let head = self.client.txn(TxnRequest { success: ops(request), ..TxnRequest::default() }).await?.value;
        let last = number_of_last(head.found(0))?;
        if last < next {
            return Ok(Vec::new());
        }
        let mut found = head.found(1).to_vec();
        let begins_with = found.first().and_then(|entry| self.keys.number_in(&entry.key));
        if begins_with != Some(next) {
            let oldest = self.oldest().await?.unwrap_or(0);
            if oldest < next {
                return Err(missing(next));
            }
            (*first, next) = (oldest, oldest);
            found = self.client.range(self.page(next, page)).await?.kvs;
        }
        let mut entries = Vec::new();
        loop {
            let bytes: usize = found.iter().map(|entry| entry.value.len()).sum();
            if found.is_empty() {
                return Err(missing(next));
            }
            for found in found {
                if self.keys.number_in(&found.key) != Some(next) {
                    return Err(missing(next));
                }
                entries.push(self.entry_of(next, &found.value).await?);
                if entries.len() == limit || next >= last {
                    return Ok(entries);
                }
                next += 1;
            }
            if bytes < SMALL_PAGE {
                page = (2 * page).min(PAGES.1);
            }
            page = page.min(limit - entries.len());
            found = self.client.range(self.page(next, page)).await?.kvs;
        }
    }

    /// Asks for the entries from a number on. A range with a near end: etcd counts all keys in a range, asked or not.
    fn page(&self, from: u64, entries: usize) -> RangeRequest {
        let (key, range_end) = self.keys.entries(from, from.saturating_add(entries as u64 - 1));
        RangeRequest { key, range_end, ..RangeRequest::default() }
    }

    async fn entry_of(&self, number: u64, value: &[u8]) -> Result<Entry, Failure> {
        let Some((entry, content)) = read_entry(number, value) else {
            return Err(Failure::damaged(format!("what stands for entry {number} is none")));
        };
        if content.parts == 0 {
            return Ok(entry);
        }
        let body = fetch(&self.client, &self.keys, Item::Entry(number), &content).await?;
        let body = body.and_then(|body| String::from_utf8(body.into()).ok());
        let body = body.ok_or_else(|| damaged(&format!("the body of entry {number}")))?;
        Ok(Entry { body, ..entry })
    }

    /// The number of the oldest entry that is there.
    async fn oldest(&self) -> Result<Option<u64>, Failure> {
        let (key, range_end) = self.keys.entries(0, u64::MAX);
        let request = RangeRequest { key, range_end, limit: 1, keys_only: true };
        let found = self.client.range(request).await?.kvs;
        let Some(oldest) = found.first() else { return Ok(None) };
        match self.keys.number_in(&oldest.key) {
            Some(number) => Ok(Some(number)),
            None => Err(Failure::damaged("a key among the entries is none of an entry")),
        }
    }

    async fn put_blob_at(&self, id: BlobId, content: &Bytes) -> Result<(), Failure> {
        let key = self.keys.blob(id);
        let found = self.client.range(get(&key)).await?;
        let mut old = found.kvs.first().map(|blob| (blob.mod_revision, read_blob(&blob.value)));
        if old.as_ref().is_some_and(|(_, stored)| stored.is_none()) {
            // Nobody can say where its parts are.
            self.delete_blob_of(id).await?;
            old = None;
        }
        // One that is damaged is stored again, and then is as it was.
        if let Some((_, Some(stored))) = &old
            && fetch(&self.client, &self.keys, Item::Blob(id), stored).await?.is_some()
        {
            return Ok(());
        }
        let upload = upload(&self.client, &self.keys, Item::Blob(id), content).await?;
        let mut success = vec![put(key.clone(), blob_value(&upload.content))];
        success.extend(upload.commit());
        if let Some((_, Some(stored))) = old
            && stored.token != upload.content.token
        {
            success.push(delete(self.keys.parts(Item::Blob(id), stored.token)));
        }
        let revision = old.map_or(0, |(revision, _)| revision);
        let request =
            TxnRequest { compare: vec![is_unchanged(&key, revision)], success: ops(success), failure: Vec::new() };
        // If the condition does not hold, somebody else has stored it in the meantime, or this very request has.
        self.client.txn(request).await.map_err(|failure| expired(failure, &self.client))?;
        upload.finish(&self.client).await;
        Ok(())
    }

    async fn get_blob_of(&self, id: BlobId) -> Result<Option<Bytes>, Failure> {
        let mut seen = None;
        loop {
            let found = self.client.range(get(&self.keys.blob(id))).await?.kvs;
            let Some(blob) = found.first() else { return Ok(None) };
            let stored = read_blob(&blob.value).filter(|stored| stored.hash == id);
            let stored = stored.ok_or_else(|| Failure::damaged("what stands for it is no blob"))?;
            if let Some(content) = fetch(&self.client, &self.keys, Item::Blob(id), &stored).await? {
                return Ok(Some(content));
            }
            // It may have been deleted, and perhaps stored again, since the line was read.
            if seen.replace(blob.mod_revision) == Some(blob.mod_revision) {
                return Err(damaged("its content"));
            }
        }
    }

    async fn save_snapshot_of(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        let key = self.keys.snapshot();
        let mut sent = None;
        for _ in 0..TRIES {
            let kept = self.client.range(get(&key)).await?.kvs.into_iter().next();
            let revision = kept.as_ref().map_or(0, |kept| kept.mod_revision);
            // One that cannot be read is worth nothing.
            let kept = kept.and_then(|kept| read_snapshot(&kept.value));
            if kept.as_ref().is_some_and(|(number, ..)| *number >= snapshot.number) {
                break;
            }
            let upload = match &mut sent {
                Some(upload) => upload,
                sent => {
                    let item = Item::Snapshot(snapshot.number);
                    sent.insert(upload(&self.client, &self.keys, item, &snapshot.body).await?)
                }
            };
            let mut success = vec![put(key.clone(), snapshot_value(snapshot.number, snapshot.id, &upload.content))];
            success.extend(upload.commit());
            success.extend(
                kept.map(|(number, _, content)| delete(self.keys.parts(Item::Snapshot(number), content.token))),
            );
            let request =
                TxnRequest { compare: vec![is_unchanged(&key, revision)], success: ops(success), failure: Vec::new() };
            let answer = self.client.txn(request).await.map_err(|failure| expired(failure, &self.client))?;
            if answer.value.succeeded {
                break;
            }
        }
        if let Some(upload) = sent {
            upload.finish(&self.client).await;
        }
        Ok(())
    }

    async fn load_the_snapshot(&self) -> Result<Option<Snapshot>, Failure> {
        let mut seen = None;
        loop {
            let found = self.client.range(get(&self.keys.snapshot())).await?.kvs;
            let Some(kept) = found.first() else { return Ok(None) };
            let Some((number, id, content)) = read_snapshot(&kept.value) else {
                return Err(Failure::damaged("what stands for the snapshot is none"));
            };
            if let Some(body) = fetch(&self.client, &self.keys, Item::Snapshot(number), &content).await? {
                return Ok(Some(Snapshot { number, id, body }));
            }
            // A later one may have replaced it since the line was read.
            if seen.replace(kept.mod_revision) == Some(kept.mod_revision) {
                return Err(damaged("the snapshot"));
            }
        }
    }

    async fn forget_through(&self, through: u64) -> Result<(), Failure> {
        let Some(oldest) = self.oldest().await?.or((through > 0).then_some(1)).filter(|oldest| through >= *oldest)
        else {
            return Ok(());
        };
        let request = [Op::Range(get(&self.keys.last())), Op::Range(get(&self.keys.snapshot()))];
        let head = self.client.txn(TxnRequest { success: ops(request), ..TxnRequest::default() }).await?.value;
        let last = number_of_last(head.found(0))?;
        let snapshot = head.found(1).first().and_then(|kept| read_snapshot(&kept.value));
        let Some((number, id, _)) = snapshot.filter(|(number, ..)| *number >= through) else {
            return Err(Failure::wrong("there is no snapshot that holds what follows from them"));
        };
        let entry = self.client.range(get(&self.keys.entry(number))).await?.kvs;
        let entry = entry.first().and_then(|entry| read_entry(number, &entry.value));
        if entry.is_none_or(|(entry, _)| entry.id != id) {
            return Err(Failure::wrong("the snapshot is of another history"));
        }
        // `last` and the snapshot's number only grow: what may be forgotten now may be forgotten for ever.
        let through = through.min(last.saturating_sub(1));
        let mut from = oldest;
        while from <= through {
            let to = through.min(from.saturating_add(FORGET - 1));
            let gone = [delete(self.keys.entries(from, to)), delete(self.keys.parts_of_entries(from, to))];
            self.client.txn(TxnRequest { success: ops(gone), ..TxnRequest::default() }).await?;
            from = to + 1;
        }
        Ok(())
    }

    async fn list_blobs_after(&self, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobInfo>, Failure> {
        let mut listed: Vec<BlobInfo> = Vec::new();
        while listed.len() < limit {
            let page = LIST.min(limit - listed.len());
            let (key, range_end) = self.keys.blobs(listed.last().map(|last| last.id).or(after));
            let request = RangeRequest { key, range_end, limit: page as i64, ..RangeRequest::default() };
            let found = self.client.range(request).await?.kvs;
            let is_last = found.len() < page;
            for blob in found {
                let (Some(id), Some(content)) = (self.keys.blob_in(&blob.key), read_blob(&blob.value)) else {
                    return Err(Failure::damaged(format!("{} is no blob", String::from_utf8_lossy(&blob.key))));
                };
                listed.push(BlobInfo { id, size: content.bytes });
            }
            if is_last {
                break;
            }
        }
        Ok(listed)
    }

    async fn delete_blob_of(&self, id: BlobId) -> Result<(), Failure> {
        let key = self.keys.blob(id);
        for _ in 0..TRIES {
            let found = self.client.range(get(&key)).await?.kvs;
            let Some(blob) = found.first() else { return Ok(()) };
            let mut gone = vec![delete((key.clone(), Bytes::new()))];
            let item = Item::Blob(id);
            let parts = read_blob(&blob.value).map(|stored| self.keys.parts(item, stored.token));
            gone.push(delete(parts.unwrap_or_else(|| self.keys.all_parts(item))));
            let compare = vec![is_unchanged(&key, blob.mod_revision)];
            let request = TxnRequest { compare, success: ops(gone), failure: Vec::new() };
            if self.client.txn(request).await?.value.succeeded {
                return Ok(());
            }
        }
        Err(Failure::wrong("others store and delete it all the time"))
    }

    async fn write_probe(&self) -> Result<(), Failure> {
        let request = [put(self.keys.probe(), "probe"), Op::Range(get(&self.keys.last()))];
        let answer = self.client.txn(TxnRequest { success: ops(request), ..TxnRequest::default() }).await?.value;
        number_of_last(answer.found(1)).map(|_| ())
    }
}

impl Journal for EtcdJournal {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            let condition = self.next_to(entry).ok_or(AppendError::Conflict)?;
            let answer = self.write_entry(entry, condition).await;
            self.holds_or_conflicts(&format!("append entry {} to", entry.number), entry, answer)
        })
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        Box::pin(async move {
            let answer = self.read_after(after, limit).await;
            self.explained(format!("read the entries after {after} from"), answer)
        })
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let answer = self.client.range(get(&self.keys.last())).await;
            self.explained("read the last number from", answer.and_then(|found| number_of_last(&found.kvs)))
        })
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut bell = self.bell.subscribe();
            loop {
                if *bell.borrow_and_update() > after {
                    return;
                }
                // Whoever reads next meets the error and says so; here it only means that there is no news.
                if self.last().await.is_ok_and(|last| last > after) {
                    return;
                }
                tokio::select! {
                    _ = bell.changed() => {}
                    () = tokio::time::sleep(self.poll) => {}
                }
            }
        })
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        Box::pin(async move {
            let id = BlobId::of(content);
            let answer = self.put_blob_at(id, content).await;
            self.explained("store a blob in", answer.map(|()| id))
        })
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        Box::pin(async move {
            let answer = self.get_blob_of(id).await;
            self.explained(format!("read blob {id} from"), answer)
        })
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move { self.explained("save a snapshot in", self.save_snapshot_of(snapshot).await) })
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        Box::pin(async move {
            let answer = self.load_the_snapshot().await;
            self.explained("read the snapshot from", answer)
        })
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let answer = self.oldest().await.map(|oldest| oldest.unwrap_or(1));
            self.explained("read the first number from", answer)
        })
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let answer = self.forget_through(through).await;
            self.explained(format!("forget the entries up to {through} of"), answer)
        })
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            if entry.number == 0 {
                return Err(AppendError::Conflict);
            }
            let answer = self.write_entry(entry, vec![is_absent(&self.keys.last())]).await;
            self.holds_or_conflicts(&format!("begin with entry {} in", entry.number), entry, answer)
        })
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        Box::pin(async move { self.explained("list the blobs in", self.list_blobs_after(after, limit).await) })
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move { self.explained(format!("delete blob {id} from"), self.delete_blob_of(id).await) })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move { self.explained("write a probe to", self.write_probe().await) })
    }
}

impl Drop for EtcdJournal {
    fn drop(&mut self) {
        // It holds nothing that would have to be tidied up.
        self.follower.abort();
    }
}

fn missing(number: u64) -> Failure {
    Failure::damaged(format!("entry {number} is missing, and later ones are there"))
}

/// Reads the number in what was found under `last`, which is not there before the first entry.
fn number_of_last(found: &[KeyValue]) -> Result<u64, Failure> {
    let Some(last) = found.first() else { return Ok(0) };
    last_number(&last.value).ok_or_else(|| Failure::damaged("what stands for the last entry is none"))
}

/// What to do where there is no journal yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    Make,
    Refuse,
}

/// Finds a journal of this format, or makes an empty one where nothing is yet.
async fn settle(client: &Client, keys: &Keys, absent: Absent) -> Result<(), Failure> {
    let key = keys.format();
    for _ in 0..TRIES {
        if let Some(found) = client.range(get(&key)).await?.kvs.first() {
            return if found.value == FORMAT { Ok(()) } else { Err(other_format(&found.value)) };
        }
        if absent == Absent::Refuse {
            let hint = Some("name the store of `tidegate serve`, with its prefix: etcd://host:port/PREFIX");
            return Err(Failure::Wrong { cause: "there is none below the prefix".to_owned(), hint });
        }
        let (first, range_end) = keys.everything();
        let anything = RangeRequest { key: first, range_end, limit: 1, keys_only: true };
        if client.range(anything).await?.kvs.first().is_some_and(|found| found.key != key) {
            let cause = "something else has keys below the prefix";
            let hint = "choose another prefix: etcd://host:port/PREFIX";
            return Err(Failure::Wrong { cause: cause.to_owned(), hint: Some(hint) });
        }
        let make = TxnRequest {
            compare: vec![is_absent(&key)],
            success: ops([put(key.clone(), FORMAT)]),
            ..Default::default()
        };
        client.txn(make).await?;
    }
    Err(Failure::wrong("its format was written and is not there"))
}

fn other_format(found: &[u8]) -> Failure {
    let found: String = String::from_utf8_lossy(found).chars().take(60).collect();
    let version = env!("CARGO_PKG_VERSION");
    let cause = format!("its format is {found:?}, and this binary (Tidegate {version}) understands {FORMAT:?}");
    let hint = "run the version of Tidegate that wrote it, or a later one; or choose another prefix";
    Failure::Wrong { cause, hint: Some(hint) }
}

/// Rings the bell when somebody appends, for as long as it is let.
async fn follow(client: Arc<Client>, key: Bytes, bell: Arc<watch::Sender<u64>>) {
    let mut preferred = client.preferred();
    loop {
        let index = *preferred.borrow_and_update();
        let failure = tokio::select! {
            failure = follow_at_preferred(&client, &key, &bell) => failure,
            // Requests had to go elsewhere, and so has the watch.
            _ = preferred.changed() => continue,
        };
        tracing::debug!(%failure, "a watch in etcd ended, and another one begins");
        match failure.remedy() {
            Remedy::LogIn => client.log_out(),
            _ => client.pass_over(index),
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn follow_at_preferred(client: &Client, key: &Bytes, bell: &watch::Sender<u64>) -> Failure {
    let ended = async {
        let mut told = client.watch(key.clone()).await?;
        while let Some(news) = told.message().await.map_err(|status| Failure::refused("the watch", status))? {
            if news.canceled {
                break;
            }
            let mut news_of_last: Vec<KeyValue> = news.events.into_iter().filter_map(|event| event.kv).collect();
            if news.created {
                // What happened before the watch began is not told, at whatever revision that was.
                news_of_last = client.range(get(key)).await?.kvs;
            }
            if let Some(number) = news_of_last.last().and_then(|last| last_number(&last.value)) {
                bell.send_replace(number);
            }
        }
        Ok::<_, Failure>(())
    };
    ended.await.err().unwrap_or_else(|| Failure::wrong("the member ended the watch"))
}

#[cfg(test)]
mod force;
#[cfg(test)]
mod tests;

#[cfg(test)]
crate::journal_suite!(async {
    let address = tests::fresh_address();
    crate::suite::Fixture::new(move || {
        let address = address.clone();
        async move { EtcdJournal::open(&address).await.unwrap() }
    })
});
