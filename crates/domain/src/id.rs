//! Names for things: ids as the service makes them, accounts, regions, hashes of contents.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// An id as the service generates it: seven characters of `[a-z0-9]`.
///
/// The service's model allows four to seven; every id seen in a real response had seven.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 7]);

impl Id {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an id holds ASCII letters and digits only")
    }
}

/// The text is not seven characters of `[a-z0-9]`.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("an id is seven lower-case letters and digits")]
pub struct NotAnId;

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes: [u8; 7] = text.as_bytes().try_into().map_err(|_| NotAnId)?;
        if bytes.iter().all(|byte| ALPHABET.contains(byte)) { Ok(Self(bytes)) } else { Err(NotAnId) }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Fresh ids out of a seed: the same seed gives the same ids, so that deciding stays a pure function.
///
/// The generator is SplitMix64 (Steele, Lea, Flood 2014); ids are names, not secrets.
#[derive(Clone, Debug)]
pub struct IdSource(u64);

impl IdSource {
    /// Starts from a seed, which the caller draws at random.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next id for which `is_taken` says no.
    pub fn fresh(&mut self, is_taken: impl Fn(Id) -> bool) -> Id {
        loop {
            let mut random = self.next_random();
            let id = Id(std::array::from_fn(|_| {
                let letter = ALPHABET[(random % 36) as usize];
                random /= 36;
                letter
            }));
            if !is_taken(id) {
                return id;
            }
        }
    }

    fn next_random(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }
}

/// The finalizer of SplitMix64: every bit of the input moves every bit of the output.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// An AWS account: twelve digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Account(Arc<str>);

impl Account {
    /// The account that callers without one of their own act in.
    pub const DEFAULT: &str = "000000000000";

    /// The account as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Account {
    fn default() -> Self {
        Self(Self::DEFAULT.into())
    }
}

/// The text is not twelve digits.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("an account is twelve digits")]
pub struct NotAnAccount;

impl FromStr for Account {
    type Err = NotAnAccount;

    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_account { Ok(Self(text.into())) } else { Err(NotAnAccount) }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account in a region: the space in which names are unique and ids are found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Realm {
    /// Whose.
    pub account: Account,
    /// Where, for example `us-east-1`.
    pub region: Arc<str>,
}

/// The SHA-256 of a configuration's content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        hex(&text).map(Self).ok_or_else(|| de::Error::custom("a content hash is 64 hexadecimal digits"))
    }
}

/// Thirty-two bytes that make tokens; hexadecimal in the journal, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&ContentHash(self.0))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ContentHash::deserialize(deserializer).map(|ContentHash(bytes)| Self(bytes))
    }
}

fn hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_ids_look_like_the_services_and_skip_those_taken() {
        let first = IdSource::new(7).fresh(|_| false);
        assert!(first.as_str().parse::<Id>().is_ok());
        assert_eq!(first, IdSource::new(7).fresh(|_| false), "the seed decides");
        assert_ne!(first, IdSource::new(7).fresh(|id| id == first));
    }

    #[test]
    fn other_texts_are_not_ids() {
        for text in ["", "abc", "ABCDEFG", "abcdefgh", "abc-efg", "äbcdef"] {
            assert!(text.parse::<Id>().is_err(), "{text}");
        }
    }

    #[test]
    fn hashes_survive_json() {
        let hash = ContentHash(std::array::from_fn(|index| index as u8 * 7));
        let text = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<ContentHash>(&text).unwrap(), hash);
        assert!(serde_json::from_str::<ContentHash>("\"0g\"").is_err());
        assert_eq!(format!("{:?}", Secret([1; 32])), "Secret(…)");
    }
}
