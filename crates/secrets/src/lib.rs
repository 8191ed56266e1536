//! The master key, which is never in the store, and what is sealed under it.
//!
//! What is kept in a store and would let somebody in is sealed with AES-256-GCM-SIV under a key that HKDF-SHA256 makes
//! of the master key for one [`Purpose`]. What was sealed says which master key it needs, so that a wrong one is told
//! from damage. A keyring file may hold several master keys: the first seals, and all open.
//!
//! Deliberately absent: stores, access keys, contents. This crate knows bytes and what they are for.

mod file;

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt;

pub use file::{FileProblem, make_if_absent, read};

/// The bytes of a master key.
pub const KEY_BYTES: usize = 32;

/// The most master keys that one file may hold.
pub const MAX_KEYS: usize = 16;

const FORMAT: u8 = 1;
const ID_BYTES: usize = 8;
const TAG_BYTES: usize = 16;
/// Format and the master key's id: in the clear, and authenticated.
const HEAD_BYTES: usize = 1 + ID_BYTES;

/// What something is sealed or derived for. What was sealed for one purpose does not open for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The secrets of access keys, as they lie in the store.
    AccessKey,
    /// The tokens of temporary credentials, which callers carry.
    SessionToken,
    /// Contents, as they lie in the store.
    Content,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::AccessKey => b"tidegate access key",
            Self::SessionToken => b"tidegate session token",
            Self::Content => b"tidegate content",
        }
    }
}

/// Names a master key without revealing it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; ID_BYTES]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why something does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// It was sealed under a master key that is not here.
    OtherKey(KeyId),
    /// It was never sealed here, or was changed, or is for something else.
    Broken,
}

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherKey(id) => write!(f, "it is sealed under the master key {id}, which is not the one at hand"),
            Self::Broken => f.write_str("it is damaged, or was never sealed under this master key"),
        }
    }
}

impl std::error::Error for NotOpened {}

/// One master key.
struct MasterKey {
    id: KeyId,
    root: Prk,
}

/// Master keys: the first one seals, all of them open.
pub struct MasterKeys {
    keys: Vec<MasterKey>,
}

impl MasterKeys {
    /// Keys of these bytes; the first one seals.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn new(keys: &[[u8; KEY_BYTES]]) -> Self {
        assert!(!keys.is_empty(), "there has to be a key to seal with");
        Self { keys: keys.iter().map(MasterKey::new).collect() }
    }

    /// A fresh key that nobody else has.
    pub fn fresh() -> Self {
        Self::new(&[fresh_key()])
    }

    /// Reads keys of 64 hexadecimal digits, one on a line; empty lines and those that begin with `#` are skipped.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut keys = Vec::new();
        for (index, line) in lines.enumerate() {
            let key = from_hex(line);
            let key = key.ok_or_else(|| format!("key {} is not {} hexadecimal digits", index + 1, 2 * KEY_BYTES))?;
            if index == MAX_KEYS {
                return Err(format!("there are more than {MAX_KEYS} keys"));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err("there is no key".into());
        }
        Ok(Self::new(&keys))
    }

    /// The key that seals.
    pub fn id(&self) -> KeyId {
        self.keys[0].id
    }

    /// Seals bytes. `context` says what they belong to: they open with the same context only.
    pub fn seal(&self, purpose: Purpose, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let master = &self.keys[0];
        let nonce: [u8; NONCE_LEN] = rand::rng().random();
        let mut sealed = Vec::with_capacity(HEAD_BYTES + NONCE_LEN + plain.len() + TAG_BYTES);
        sealed.push(FORMAT);
        sealed.extend(master.id.0);
        let aad = [&sealed[..], context].concat();
        sealed.extend(nonce);
        let mut body = plain.to_vec();
        let sealing = master.cipher(purpose).seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            &mut body,
        );
        sealing.expect("GCM-SIV seals everything that fits into memory");
        sealed.extend(body);
        sealed
    }

    /// Opens what [`MasterKeys::seal`] made for the same purpose and context.
    pub fn open(&self, purpose: Purpose, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let (head, rest) = sealed.split_at_checked(HEAD_BYTES).ok_or(NotOpened::Broken)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(NotOpened::Broken)?;
        if head[0] != FORMAT {
            return Err(NotOpened::Broken);
        }
        let id = KeyId(head[1..].try_into().expect("the rest of the head is an id"));
        let master = self.keys.iter().find(|master| master.id == id).ok_or(NotOpened::OtherKey(id))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotOpened::Broken)?;
        let mut body = body.to_vec();
        let opened = master.cipher(purpose).open_in_place(nonce, Aad::from([head, context].concat()), &mut body);
        let length = opened.map_err(|_| NotOpened::Broken)?.len();
        body.truncate(length);
        Ok(body)
    }

    /// Seals a text as URL-safe text.
    pub fn seal_text(&self, purpose: Purpose, context: &str, plain: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.seal(purpose, context.as_bytes(), plain))
    }

    /// Opens what [`MasterKeys::seal_text`] made.
    pub fn open_text(&self, purpose: Purpose, context: &str, sealed: &str) -> Result<Vec<u8>, NotOpened> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| NotOpened::Broken)?;
        self.open(purpose, context.as_bytes(), &sealed)
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| key.id)).finish()
    }
}

impl MasterKey {
    fn new(key: &[u8; KEY_BYTES]) -> Self {
        let root = Salt::new(HKDF_SHA256, b"tidegate master key").extract(key);
        let mut id = [0; ID_BYTES];
        expand(&root, &[b"id"], &mut id);
        Self { id: KeyId(id), root }
    }

    fn cipher(&self, purpose: Purpose) -> LessSafeKey {
        let info = [purpose.label()];
        let key = self.root.expand(&info, &AES_256_GCM_SIV).map(UnboundKey::from);
        LessSafeKey::new(key.expect("HKDF makes a key of this length"))
    }
}

/// A fresh key, from the operating system's generator by way of the thread's.
pub(crate) fn fresh_key() -> [u8; KEY_BYTES] {
    rand::rng().random()
}

fn expand(root: &Prk, info: &[&[u8]], out: &mut [u8]) {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let expanded = root.expand(info, Length(out.len())).and_then(|okm| okm.fill(out));
    expanded.expect("HKDF makes as many bytes as this");
}

fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; KEY_BYTES];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(numbers: &[u8]) -> MasterKeys {
        let keys: Vec<_> = numbers.iter().map(|number| [*number; KEY_BYTES]).collect();
        MasterKeys::new(&keys)
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_purpose_and_context_only() {
        let sealed = keys(&[1]).seal(Purpose::AccessKey, b"AKIA1", b"hush");
        assert_eq!(keys(&[1]).open(Purpose::AccessKey, b"AKIA1", &sealed), Ok(b"hush".to_vec()));
        assert_eq!(keys(&[1]).open(Purpose::AccessKey, b"AKIA2", &sealed), Err(NotOpened::Broken));
        assert_eq!(keys(&[1]).open(Purpose::Content, b"AKIA1", &sealed), Err(NotOpened::Broken));
        assert_eq!(keys(&[2]).open(Purpose::AccessKey, b"AKIA1", &sealed), Err(NotOpened::OtherKey(keys(&[1]).id())));
        assert_eq!(keys(&[2, 1]).open(Purpose::AccessKey, b"AKIA1", &sealed), Ok(b"hush".to_vec()), "an older key");
        assert_ne!(sealed, keys(&[1]).seal(Purpose::AccessKey, b"AKIA1", b"hush"), "no two alike");
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let keys = keys(&[1]);
        let sealed = keys.seal(Purpose::AccessKey, b"", b"hush");
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert!(keys.open(Purpose::AccessKey, b"", &altered).is_err(), "{place}");
            assert!(keys.open(Purpose::AccessKey, b"", &sealed[..place]).is_err(), "{place}");
        }
    }

    #[test]
    fn keys_are_read_line_by_line() {
        let text = format!("# the new one\n{}\n\n{}\n", "AB".repeat(32), "cd".repeat(32));
        let both = MasterKeys::parse(&text).unwrap();
        assert_eq!(both.id(), MasterKeys::new(&[[0xab; 32]]).id());
        assert_eq!(both.keys.len(), 2);
        assert_eq!(MasterKeys::parse("").unwrap_err(), "there is no key");
        assert_eq!(MasterKeys::parse("ab").unwrap_err(), "key 1 is not 64 hexadecimal digits");
        assert!(MasterKeys::parse(&"g".repeat(64)).is_err());
        assert!(MasterKeys::parse(&format!("{}\n", "ab".repeat(32)).repeat(MAX_KEYS + 1)).is_err());
    }

    #[test]
    fn keys_show_their_ids_and_nothing_else() {
        let shown = format!("{:?}", keys(&[7]));
        assert!(!shown.contains("0707") && shown.contains(&keys(&[7]).id().to_string()), "{shown}");
    }

    proptest! {
        #[test]
        fn no_bytes_open_that_were_not_sealed(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(keys(&[1]).open(Purpose::AccessKey, b"", &bytes).is_err());
        }
    }
}
