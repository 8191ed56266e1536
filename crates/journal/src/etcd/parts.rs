//! Bytes that are too many for one request: sent in parts that nobody sees until they are committed.
//!
//! Parts hang on a lease. The transaction that commits them takes them off it; if that never comes, because its writer
//! lost a race, died or was cut off, etcd removes them when the lease ends. No collector, and no clock of ours.

use super::client::Client;
use super::explain::Failure;
use super::proto::{Op, PutRequest, RangeRequest, TxnRequest, is_absent, ops};
use super::record::{Content, Item, Keys, PART, PARTS_LIMIT};
use bytes::Bytes;

/// How many parts one request reads.
const PAGE: i64 = 8;

/// Bytes on their way: what to say of them, and what commits them.
pub(super) struct Upload {
    pub content: Content,
    lease: Option<i64>,
    commit: Vec<Op>,
}

/// Sends the bytes. What fits into one part goes into the committing transaction itself.
pub(super) async fn upload(client: &Client, keys: &Keys, item: Item, bytes: &Bytes) -> Result<Upload, Failure> {
    let parts = bytes.len().div_ceil(PART);
    let content = Content { parts, ..Content::inline(bytes) };
    if parts <= 1 {
        let commit = (0..parts).map(|index| super::proto::put(keys.part(item, 0, index), bytes.clone())).collect();
        return Ok(Upload { content, lease: None, commit });
    }
    if parts > PARTS_LIMIT {
        let (length, most) = (bytes.len(), PARTS_LIMIT * PART);
        return Err(Failure::wrong(format!("{length} bytes are more than the {most} that go into one transaction")));
    }
    let lease = client.grant_lease(client.limits().upload).await?;
    let token = lease.cast_unsigned();
    let mut commit = Vec::with_capacity(parts);
    for index in 0..parts {
        let key = keys.part(item, token, index);
        let value = bytes.slice(index * PART..bytes.len().min((index + 1) * PART));
        let part = PutRequest { key: key.clone(), value, lease, ignore_value: false };
        // Only once: a copy of this request that arrives late must not hang a committed part on the lease again.
        let request = TxnRequest { compare: vec![is_absent(&key)], success: ops([Op::Put(part)]), failure: Vec::new() };
        client.txn(request).await.map_err(|failure| expired(failure, client))?;
        commit.push(Op::Put(PutRequest { key, value: Bytes::new(), lease: 0, ignore_value: true }));
    }
    Ok(Upload { content: Content { token, ..content }, lease: Some(lease), commit })
}

impl Upload {
    /// What a transaction does to take the parts off their lease; it fails as a whole if one is no longer there.
    pub(super) fn commit(&self) -> impl Iterator<Item = Op> + '_ {
        self.commit.iter().cloned()
    }

    /// Removes the parts unless they are committed, of which the caller knows by now whether it has happened.
    pub(super) async fn finish(self, client: &Client) {
        if let Some(lease) = self.lease {
            client.revoke_lease(lease).await;
        }
    }
}

/// Says in words of ours that parts were gone before they were committed.
pub(super) fn expired(failure: Failure, client: &Client) -> Failure {
    if !failure.is_expired_upload() {
        return failure;
    }
    let limit = client.limits().upload.as_secs();
    Failure::wrong(format!("sending it in parts took longer than {limit} s, and etcd has removed them"))
}

/// Reads what lies in parts; `None` if it is not all there, or is not what was stored. Parts are never changed, so that this
/// says that they are damaged, or that they have been replaced or deleted since the line was read that led here.
pub(super) async fn fetch(
    client: &Client,
    keys: &Keys,
    item: Item,
    content: &Content,
) -> Result<Option<Bytes>, Failure> {
    let (mut key, range_end) = keys.parts(item, content.token);
    let mut parts: Vec<Bytes> = Vec::with_capacity(content.parts);
    while parts.len() < content.parts {
        let request = RangeRequest { key, range_end: range_end.clone(), limit: PAGE, ..RangeRequest::default() };
        let page = client.range(request).await?.kvs;
        let Some(last) = page.last() else { break };
        key = super::record::after(last.key.clone());
        parts.extend(page.into_iter().map(|part| part.value));
    }
    let bytes = match parts.len() {
        1 => parts.remove(0),
        _ => parts.concat().into(),
    };
    Ok(content.is_of(&bytes).then_some(bytes))
}

/// What is said of something whose parts are not what was stored.
pub(super) fn damaged(what: &str) -> Failure {
    Failure::damaged(format!("{what} is no longer what was stored"))
}
