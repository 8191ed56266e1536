//! What the journal is a list of.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The writer's nonce for one entry: how a writer recognises its own entry, and how an entry names its predecessor.
///
/// Its text form is 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u128);

impl EntryId {
    /// What stands before the first entry; no entry has this id.
    pub const NONE: EntryId = EntryId(0);
}

crate::hex::text_form!(EntryId, |id: EntryId| id.0.to_be_bytes(), |bytes| EntryId(u128::from_be_bytes(bytes)));

/// One decision, stored whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The place in the journal, from 1, without holes.
    pub number: u64,
    /// The writer's nonce, never used for a second entry.
    pub id: EntryId,
    /// The id of entry `number - 1`, [`EntryId::NONE`] for the first.
    pub prev: EntryId,
    /// When it was decided, in milliseconds since 1970-01-01T00:00:00Z, by the writer's clock.
    pub at_ms: i64,
    /// Opaque text, up to several MiB.
    pub body: String,
}

/// What follows from all entries up to one, as some node has folded them: a shortcut for those that start.
///
/// It adds nothing to the entries and may be lost with no more harm than a slow start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of the last entry that went in.
    pub number: u64,
    /// The id of that entry.
    pub id: EntryId,
    /// Opaque.
    pub body: Bytes,
}
