//! The seal on each record: where it stands in the chain, and the SHA-256 of its own bytes.
//!
//! A line ends in `,"tidegate":{"sequence":N,"previousHash":"…","hash":"…"}}` and a newline. The hash is that of all
//! bytes of the line before `,"hash":`, so that `sha256sum` can check it; it covers the sequence and the previous hash.

use std::fmt::{self, Write};

use aws_lc_rs::digest::{SHA256, digest};
use serde::Serialize;

const SEAL: &str = ",\"tidegate\":{\"sequence\":";
const PREVIOUS: &str = ",\"previousHash\":\"";
const OWN: &str = "\",\"hash\":\"";
const END: &str = "\"}}";
const HASH_DIGITS: usize = 64;

/// The last record of a chain, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number, from 1; 0 before the first.
    pub sequence: u64,
    /// Its hash, in 64 lower-case hexadecimal digits; zeros before the first.
    pub hash: String,
}

impl Head {
    /// What stands before the first record.
    pub fn genesis() -> Self {
        Self { sequence: 0, hash: "0".repeat(HASH_DIGITS) }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sequence, self.hash)
    }
}

impl std::str::FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').filter(|(_, hash)| is_hash(hash));
        let head =
            parts.and_then(|(sequence, hash)| Some(Self { sequence: sequence.parse().ok()?, hash: hash.into() }));
        head.ok_or("expected SEQUENCE:HASH, as `tidegate audit verify` and the server's log print it")
    }
}

/// Writes a record, which has at least one member, as the line that follows a head; and the head that it is.
pub(super) fn seal(head: &Head, record: &impl Serialize) -> (String, Head) {
    let mut line = serde_json::to_string(record).expect("a record can be written as JSON");
    line.pop();
    let sequence = head.sequence + 1;
    let _ = write!(line, "{SEAL}{sequence}{PREVIOUS}{}", head.hash);
    // The quotation mark that ends the previous hash is part of what is hashed.
    let hash = hash(format!("{line}\"").as_bytes());
    let _ = writeln!(line, "{OWN}{hash}{END}");
    (line, Head { sequence, hash })
}

/// A line's seal, whose own hash is right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) head: Head,
    pub(super) previous: String,
}

/// Reads the seal of a line without its newline; says what is wrong with it if it is not whole.
pub(super) fn open(line: &[u8]) -> Result<Seal, &'static str> {
    let not_sealed = "it is not a record of an audit log";
    let text = std::str::from_utf8(line).map_err(|_| not_sealed)?;
    let (content, seal) = text.rsplit_once(SEAL).ok_or(not_sealed)?;
    let (sequence, hashes) = seal.split_once(PREVIOUS).ok_or(not_sealed)?;
    let (previous, own) = hashes.split_once(OWN).ok_or(not_sealed)?;
    let own = own.strip_suffix(END).ok_or(not_sealed)?;
    if !is_hash(previous) || !is_hash(own) {
        return Err(not_sealed);
    }
    let number: u64 = sequence.parse().map_err(|_| not_sealed)?;
    let hashed = content.len() + SEAL.len() + sequence.len() + PREVIOUS.len() + HASH_DIGITS + 1;
    if hash(&line[..hashed]) != own {
        return Err("its content is not the one that its hash was made of");
    }
    Ok(Seal { head: Head { sequence: number, hash: own.into() }, previous: previous.into() })
}

pub(super) fn hash(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn is_hash(text: &str) -> bool {
    text.len() == HASH_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sealed_line_opens_to_its_place_and_is_one_json_object() {
        let (first, head) = seal(&Head::genesis(), &json!({"eventName": "quote \",\"tidegate\":{\"sequence\":9"}));
        let (second, last) = seal(&head, &json!({"eventName": "b\nc"}));
        let opened = open(second.trim_end().as_bytes()).unwrap();
        assert_eq!(opened, Seal { head: last.clone(), previous: head.hash.clone() });
        assert_eq!(open(first.trim_end().as_bytes()).unwrap().previous, Head::genesis().hash);
        let value: serde_json::Value = serde_json::from_str(&second).unwrap();
        assert_eq!(value["tidegate"], json!({"sequence": 2, "previousHash": head.hash, "hash": last.hash}));
        assert_eq!(last.to_string().parse(), Ok(last));
        assert_eq!(second.matches('\n').count(), 1);
    }

    #[test]
    fn no_bit_of_a_line_can_be_changed() {
        let (line, _) = seal(&Head::genesis(), &json!({"eventName": "CreateApplication", "n": 1}));
        let line = line.trim_end().as_bytes();
        for place in 0..line.len() {
            for bit in 0..8 {
                let mut changed = line.to_vec();
                changed[place] ^= 1 << bit;
                assert!(open(&changed).is_err(), "byte {place}, bit {bit}");
            }
        }
    }
}
