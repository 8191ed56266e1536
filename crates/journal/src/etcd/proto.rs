//! The part of etcd's version 3 interface that a journal needs, as prost messages written by hand.
//!
//! Names and numbers are those of etcd's `rpc.proto` and `kv.proto`, which never change a number. Members that are
//! never read or written here are left out: protobuf passes over them.

use bytes::Bytes;
use prost::{Enumeration, Message, Oneof};

/// The longest answer that is read, in bytes: more than any page that is asked for.
pub(super) const ANSWER_LIMIT: usize = 64 << 20;

pub(super) const RANGE: &str = "/etcdserverpb.KV/Range";
pub(super) const TXN: &str = "/etcdserverpb.KV/Txn";
pub(super) const WATCH: &str = "/etcdserverpb.Watch/Watch";
pub(super) const LEASE_GRANT: &str = "/etcdserverpb.Lease/LeaseGrant";
pub(super) const LEASE_REVOKE: &str = "/etcdserverpb.Lease/LeaseRevoke";
pub(super) const AUTHENTICATE: &str = "/etcdserverpb.Auth/Authenticate";

#[derive(Clone, PartialEq, Message)]
pub(super) struct KeyValue {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    #[prost(int64, tag = "3")]
    pub mod_revision: i64,
    #[prost(bytes = "bytes", tag = "5")]
    pub value: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RangeRequest {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub range_end: Bytes,
    #[prost(int64, tag = "3")]
    pub limit: i64,
    #[prost(bool, tag = "8")]
    pub keys_only: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RangeResponse {
    #[prost(message, repeated, tag = "2")]
    pub kvs: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PutRequest {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
    #[prost(int64, tag = "3")]
    pub lease: i64,
    /// Keeps the value that is there, and fails if there is none.
    #[prost(bool, tag = "5")]
    pub ignore_value: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DeleteRangeRequest {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub range_end: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Nothing {}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Op {
    #[prost(message, tag = "1")]
    Range(RangeRequest),
    #[prost(message, tag = "2")]
    Put(PutRequest),
    #[prost(message, tag = "3")]
    DeleteRange(DeleteRangeRequest),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RequestOp {
    #[prost(oneof = "Op", tags = "1, 2, 3")]
    pub op: Option<Op>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum OpAnswer {
    #[prost(message, tag = "1")]
    Range(RangeResponse),
    #[prost(message, tag = "2")]
    Put(Nothing),
    #[prost(message, tag = "3")]
    DeleteRange(Nothing),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ResponseOp {
    #[prost(oneof = "OpAnswer", tags = "1, 2, 3")]
    pub answer: Option<OpAnswer>,
}

/// How a key compares; only equality is used here, which is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub(super) enum Target {
    Version = 0,
    Create = 1,
    Mod = 2,
    Value = 3,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Than {
    #[prost(int64, tag = "5")]
    CreateRevision(i64),
    #[prost(int64, tag = "6")]
    ModRevision(i64),
    #[prost(bytes = "bytes", tag = "7")]
    Value(Bytes),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Compare {
    #[prost(enumeration = "Target", tag = "2")]
    pub target: i32,
    #[prost(bytes = "bytes", tag = "3")]
    pub key: Bytes,
    #[prost(oneof = "Than", tags = "5, 6, 7")]
    pub than: Option<Than>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TxnRequest {
    #[prost(message, repeated, tag = "1")]
    pub compare: Vec<Compare>,
    #[prost(message, repeated, tag = "2")]
    pub success: Vec<RequestOp>,
    #[prost(message, repeated, tag = "3")]
    pub failure: Vec<RequestOp>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TxnResponse {
    #[prost(bool, tag = "2")]
    pub succeeded: bool,
    #[prost(message, repeated, tag = "3")]
    pub responses: Vec<ResponseOp>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LeaseGrantRequest {
    /// In seconds.
    #[prost(int64, tag = "1")]
    pub ttl: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LeaseGrantResponse {
    #[prost(int64, tag = "2")]
    pub id: i64,
    #[prost(string, tag = "4")]
    pub error: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LeaseRevokeRequest {
    #[prost(int64, tag = "1")]
    pub id: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AuthenticateRequest {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub password: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AuthenticateResponse {
    #[prost(string, tag = "2")]
    pub token: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct WatchCreateRequest {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum WatchOp {
    #[prost(message, tag = "1")]
    Create(WatchCreateRequest),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct WatchRequest {
    #[prost(oneof = "WatchOp", tags = "1")]
    pub op: Option<WatchOp>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Event {
    #[prost(message, optional, tag = "2")]
    pub kv: Option<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct WatchResponse {
    #[prost(bool, tag = "3")]
    pub created: bool,
    #[prost(bool, tag = "4")]
    pub canceled: bool,
    #[prost(message, repeated, tag = "11")]
    pub events: Vec<Event>,
}

// How requests read where they are made.

pub(super) fn get(key: &Bytes) -> RangeRequest {
    RangeRequest { key: key.clone(), ..RangeRequest::default() }
}

pub(super) fn put(key: Bytes, value: impl Into<Bytes>) -> Op {
    Op::Put(PutRequest { key, value: value.into(), ..PutRequest::default() })
}

pub(super) fn delete((key, range_end): (Bytes, Bytes)) -> Op {
    Op::DeleteRange(DeleteRangeRequest { key, range_end })
}

pub(super) fn is_absent(key: &Bytes) -> Compare {
    Compare { target: Target::Create as i32, key: key.clone(), than: Some(Than::CreateRevision(0)) }
}

/// Holds as long as nobody writes the key; 0 is the revision of a key that is not there.
pub(super) fn is_unchanged(key: &Bytes, mod_revision: i64) -> Compare {
    Compare { target: Target::Mod as i32, key: key.clone(), than: Some(Than::ModRevision(mod_revision)) }
}

pub(super) fn has_value(key: &Bytes, value: impl Into<Bytes>) -> Compare {
    Compare { target: Target::Value as i32, key: key.clone(), than: Some(Than::Value(value.into())) }
}

pub(super) fn ops(ops: impl IntoIterator<Item = Op>) -> Vec<RequestOp> {
    ops.into_iter().map(|op| RequestOp { op: Some(op) }).collect()
}

impl TxnResponse {
    /// Returns what the range at this place of the branch that ran has found.
    pub(super) fn found(&self, place: usize) -> &[KeyValue] {
        match self.responses.get(place).and_then(|response| response.answer.as_ref()) {
            Some(OpAnswer::Range(range)) => &range.kvs,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_encoded_as_etcd_reads_them() {
        let key = Bytes::from_static(b"k");
        assert_eq!(is_absent(&key).encode_to_vec(), [0x10, 1, 0x1a, 1, b'k', 0x28, 0], "a oneof of 0 is written");
        assert_eq!(has_value(&key, "v").encode_to_vec(), [0x10, 3, 0x1a, 1, b'k', 0x3a, 1, b'v']);
        let put = PutRequest { key: key.clone(), value: Bytes::new(), lease: 7, ignore_value: true };
        assert_eq!(put.encode_to_vec(), [0x0a, 1, b'k', 0x18, 7, 0x28, 1]);
        let request = RequestOp { op: Some(delete((key.clone(), key))) };
        assert_eq!(request.encode_to_vec(), [0x1a, 6, 0x0a, 1, b'k', 0x12, 1, b'k']);
    }

    #[test]
    fn members_that_are_not_known_here_are_passed_over() {
        let kv = [0x0a, 1, b'k', 0x10, 5, 0x18, 6, 0x20, 2, 0x2a, 1, b'v', 0x30, 9];
        let kv = KeyValue::decode(&kv[..]).unwrap();
        assert_eq!((&*kv.key, kv.mod_revision, &*kv.value), (&b"k"[..], 6, &b"v"[..]));
    }
}
