//! What stands in etcd: the names of keys, and the form of their values.
//!
//! Everything but contents is a line of text, so that `etcdctl get --prefix /tidegate/` shows an operator what is there:
//!
//! | key, after the prefix | value |
//! |---|---|
//! | `/format` | which form all this has |
//! | `/last` | number and id of the last entry; whoever appends moves it |
//! | `/entry/NUMBER` | a line about the entry, then its body if it is short |
//! | `/blob/SHA256` | a line about the content, which lies in parts |
//! | `/snapshot` | a line about the snapshot, which lies in parts |
//! | `/part/entry/NUMBER/TOKEN/INDEX`, `/part/blob/SHA256/…`, `/part/snapshot/NUMBER/…` | parts of 1 MiB |
//! | `/probe` | the last probe |
//!
//! Parts mean nothing until a line names their token.

use crate::{BlobId, Entry, EntryId};
use bytes::Bytes;

/// The longest part. etcd takes requests of 1.5 MiB unless it is told otherwise.
pub(super) const PART: usize = 1 << 20;
/// As many parts as one transaction can name: etcd takes 128 operations in one unless it is told otherwise.
pub(super) const PARTS_LIMIT: usize = 120;
/// A body up to this length stands in its entry's value, so that one request appends it.
pub(super) const INLINE: usize = 64 << 10;

/// The keys of one journal.
#[derive(Debug)]
pub(super) struct Keys {
    prefix: String,
}

/// What parts belong to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Entry(u64),
    Blob(BlobId),
    Snapshot(u64),
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Keys {
        Keys { prefix: prefix.to_owned() }
    }

    fn key(&self, rest: &str) -> Bytes {
        format!("{}/{rest}", self.prefix).into()
    }

    pub(super) fn everything(&self) -> (Bytes, Bytes) {
        range(self.key(""))
    }

    pub(super) fn format(&self) -> Bytes {
        self.key("format")
    }

    pub(super) fn last(&self) -> Bytes {
        self.key("last")
    }

    pub(super) fn probe(&self) -> Bytes {
        self.key("probe")
    }

    pub(super) fn snapshot(&self) -> Bytes {
        self.key("snapshot")
    }

    pub(super) fn entry(&self, number: u64) -> Bytes {
        self.key(&format!("entry/{number:020}"))
    }

    /// Spans the entries with these numbers, both ends included.
    pub(super) fn entries(&self, from: u64, to: u64) -> (Bytes, Bytes) {
        (self.entry(from), after(self.entry(to)))
    }

    /// Spans the parts of the entries with these numbers, both ends included.
    pub(super) fn parts_of_entries(&self, from: u64, to: u64) -> (Bytes, Bytes) {
        (self.item(Item::Entry(from)), range(self.item(Item::Entry(to))).1)
    }

    pub(super) fn blob(&self, id: BlobId) -> Bytes {
        self.key(&format!("blob/{id}"))
    }

    /// Spans the blobs after this one, or all.
    pub(super) fn blobs(&self, after_id: Option<BlobId>) -> (Bytes, Bytes) {
        let (first, end) = range(self.key("blob/"));
        (after_id.map_or(first, |id| after(self.blob(id))), end)
    }

    /// Reads the number in an entry's key.
    pub(super) fn number_in(&self, key: &[u8]) -> Option<u64> {
        std::str::from_utf8(self.rest(key, "/entry/")?).ok()?.parse().ok()
    }

    /// Reads the name in a blob's key.
    pub(super) fn blob_in(&self, key: &[u8]) -> Option<BlobId> {
        std::str::from_utf8(self.rest(key, "/blob/")?).ok()?.parse().ok()
    }

    fn rest<'a>(&self, key: &'a [u8], kind: &str) -> Option<&'a [u8]> {
        key.strip_prefix(self.prefix.as_bytes())?.strip_prefix(kind.as_bytes())
    }

    fn item(&self, item: Item) -> Bytes {
        self.key(&match item {
            Item::Entry(number) => format!("part/entry/{number:020}/"),
            Item::Blob(blob_id) => format!("part/blob/{blob_id}/"),
            Item::Snapshot(number) => format!("part/snapshot/{number:020}/"),
        })
    }

    pub(super) fn part(&self, item: Item, token: u64, index: usize) -> Bytes {
        [&*self.item(item), format!("{token:016x}/{index:06}").as_bytes()].concat().into()
    }

    /// Spans all parts of this, whoever made them.
    pub(super) fn all_parts(&self, item: Item) -> (Bytes, Bytes) {
        range(self.item(item))
    }

    /// Spans the parts that one upload has made.
    pub(super) fn parts(&self, item: Item, token: u64) -> (Bytes, Bytes) {
        range([&*self.item(item), format!("{token:016x}/").as_bytes()].concat().into())
    }
}

/// Spans all keys that begin with this one. Keys here end in ASCII, so that the last byte has a next.
fn range(first: Bytes) -> (Bytes, Bytes) {
    let mut end = first.to_vec();
    if let Some(byte) = end.last_mut() {
        *byte += 1;
    }
    (first, end.into())
}

/// The key right after this one.
pub(super) fn after(key: Bytes) -> Bytes {
    [&*key, &[0]].concat().into()
}

/// What is said of bytes that lie in parts, or beside the line that says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub bytes: u64,
    pub hash: BlobId,
    /// Which upload made the parts. Each upload has a token of its own.
    pub token: u64,
    pub parts: usize,
}

impl Content {
    pub(super) fn inline(bytes: &[u8]) -> Content {
        Content { bytes: bytes.len() as u64, hash: BlobId::of(bytes), token: 0, parts: 0 }
    }

    fn line(&self) -> String {
        let Content { bytes, hash, token, parts } = self;
        format!("{bytes} {hash} {token:016x} {parts}")
    }

    fn read<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Content> {
        let (bytes, hash) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let token = u64::from_str_radix(words.next()?, 16).ok()?;
        let parts: usize = words.next()?.parse().ok()?;
        let is_possible = parts <= PARTS_LIMIT && (parts == 0 || bytes <= (parts * PART) as u64);
        is_possible.then_some(Content { bytes, hash, token, parts })
    }

    /// Whether these are the bytes that it speaks of.
    pub(super) fn is_of(&self, bytes: &[u8]) -> bool {
        self.bytes == bytes.len() as u64 && self.hash == BlobId::of(bytes)
    }
}

/// Who is last, as the value of `last`.
pub(super) fn last_line(number: u64, id: EntryId) -> String {
    format!("{number} {id}")
}

/// Reads the number in the value of `last`.
pub(super) fn last_number(value: &[u8]) -> Option<u64> {
    let (number, id) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    id.parse::<EntryId>().ok()?;
    number.parse().ok()
}

/// An entry's value: the line about it, and the body unless that lies in parts.
pub(super) fn entry_value(entry: &Entry, content: &Content) -> Bytes {
    let Entry { id, prev, at_ms, body, .. } = entry;
    let body = if content.parts == 0 { body.as_str() } else { "" };
    format!("{id} {prev} {at_ms} {}\n{body}", content.line()).into()
}

/// Reads an entry's value. The body is whole unless it lies in parts.
pub(super) fn read_entry(number: u64, value: &[u8]) -> Option<(Entry, Content)> {
    let (line, body) = std::str::from_utf8(value).ok()?.split_once('\n')?;
    let mut words = line.split(' ');
    let (id, prev) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let at_ms = words.next()?.parse().ok()?;
    let content = Content::read(&mut words)?;
    let is_whole = words.next().is_none() && (content.parts > 0 || content.is_of(body.as_bytes()));
    is_whole.then(|| (Entry { number, id, prev, at_ms, body: body.to_owned() }, content))
}

/// A blob's value.
pub(super) fn blob_value(content: &Content) -> String {
    content.line()
}

/// Reads a blob's value.
pub(super) fn read_blob(value: &[u8]) -> Option<Content> {
    Content::read(&mut std::str::from_utf8(value).ok()?.split(' '))
}

/// A snapshot's value.
pub(super) fn snapshot_value(number: u64, id: EntryId, content: &Content) -> String {
    format!("{number} {id} {}", content.line())
}

/// Reads a snapshot's value.
pub(super) fn read_snapshot(value: &[u8]) -> Option<(u64, EntryId, Content)> {
    let mut words = std::str::from_utf8(value).ok()?.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?, Content::read(&mut words)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_entry_survives_its_value(number: u64, id: u128, prev: u128, at_ms: i64, body in "\\PC{0,40}|[\n ]{0,5}") {
            let entry = Entry { number, id: EntryId(id), prev: EntryId(prev), at_ms, body };
            let content = Content::inline(entry.body.as_bytes());
            let value = entry_value(&entry, &content);
            prop_assert_eq!(read_entry(number, &value), Some((entry.clone(), content)));
            let content = Content { token: 7, parts: 2, ..content };
            let value = entry_value(&entry, &content);
            prop_assert_eq!(read_entry(number, &value), Some((Entry { body: String::new(), ..entry }, content)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(number: u64, value: Vec<u8>) {
            let _ = (read_entry(number, &value), read_blob(&value), read_snapshot(&value), last_number(&value));
        }

        #[test]
        fn keys_sort_as_their_numbers(one: u64, other: u64) {
            let keys = Keys::new("/p");
            prop_assert_eq!(keys.entry(one).cmp(&keys.entry(other)), one.cmp(&other));
            prop_assert_eq!(keys.number_in(&keys.entry(one)), Some(one));
            let (first, end) = keys.entries(one.min(other), one.max(other));
            prop_assert!((&first..&end).contains(&&keys.entry(one)) && (&first..&end).contains(&&keys.entry(other)));
        }
    }

    #[test]
    fn a_range_holds_what_begins_with_its_key_and_nothing_else() {
        let keys = Keys::new("/tidegate");
        assert_eq!(keys.everything(), ("/tidegate/".into(), "/tidegate0".into()));
        let (first, end) = keys.parts(Item::Snapshot(3), 0xab);
        assert_eq!(first, "/tidegate/part/snapshot/00000000000000000003/00000000000000ab/");
        assert!((&first..&end).contains(&&keys.part(Item::Snapshot(3), 0xab, 119)));
        assert!(!(&first..&end).contains(&&keys.part(Item::Snapshot(3), 0xac, 0)));
        let (first, end) = keys.parts_of_entries(0, 3);
        assert!((&first..&end).contains(&&keys.part(Item::Entry(3), u64::MAX, 0)));
        assert!(!(&first..&end).contains(&&keys.part(Item::Entry(4), 0, 0)));
    }

    #[test]
    fn a_damaged_value_is_noticed() {
        let entry = Entry { number: 1, id: EntryId(2), prev: EntryId(1), at_ms: 3, body: "body".into() };
        let value = entry_value(&entry, &Content::inline(b"body"));
        for place in 0..value.len() {
            let mut damaged = value.to_vec();
            damaged[place] ^= 1;
            // A digit of an id, a time or a token is as good as another; anything else is not.
            if let Some((read, content)) = read_entry(1, &damaged) {
                assert!(place < value.len() - 5, "{place}: {read:?}");
                assert_eq!((read.body, content.hash), (entry.body.clone(), BlobId::of(b"body")));
            }
        }
        assert_eq!(
            read_blob(format!("{} {} 0 121", 1, BlobId::of(b"")).as_bytes()),
            None,
            "more parts than there can be"
        );
    }
}
