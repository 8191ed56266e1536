//! Keys and hashes.
//!
//! `sha2` and `hmac` rather than the C library that the tokens use: a canonical request is many short pieces, and each
//! would be a call across the border (`cargo run --release -p tidegate-wire --example sigv4_cost` compares them).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::TERMINATOR;

pub(super) type HmacSha256 = Hmac<Sha256>;

/// What one secret signs with on one day in one region. Deriving it is dearer than verifying with it: keep it.
#[derive(Clone)]
pub struct SigningKey(HmacSha256);

impl SigningKey {
    /// Derives the key. `date` is the day of the credential scope, as `20260131`.
    pub fn derive(secret: &str, date: &str, region: &str, service: &str) -> Self {
        let first = [b"AWS4", secret.as_bytes()].concat();
        let day = mac(&first, date);
        let region = mac(&day, region);
        let service = mac(&region, service);
        Self(keyed(&mac(&service, TERMINATOR)))
    }

    /// A MAC under the key; what depends on the key alone is computed already.
    pub(super) fn mac(&self) -> HmacSha256 {
        self.0.clone()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

fn keyed(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("a MAC takes keys of every length")
}

fn mac(key: &[u8], message: &str) -> [u8; 32] {
    let mut mac = keyed(key);
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The SHA-256 of a request's body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PayloadHash(pub [u8; 32]);

impl PayloadHash {
    /// That of a request without a body, such as a poll.
    pub const EMPTY: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
        0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// Hashes a body.
    pub fn of(body: &[u8]) -> Self {
        if body.is_empty() { Self::EMPTY } else { Self(Sha256::digest(body).into()) }
    }
}

impl fmt::Debug for PayloadHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&hex(&self.0)).expect("hexadecimal digits are ASCII"))
    }
}

/// Writes a hash as lower-case hexadecimal digits.
pub(super) fn hex(hash: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(hash) {
        *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    }
    text
}

/// Reads 64 lower-case hexadecimal digits, the only way in which SDKs write hashes and signatures.
pub(super) fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.try_into().ok()?;
    let mut hash = [0; 32];
    let mut seen = 0;
    for (byte, pair) in hash.iter_mut().zip(digits.as_chunks::<2>().0) {
        let [high, low] = pair.map(|digit| DIGIT[usize::from(digit)]);
        *byte = high << 4 | low;
        seen |= high | low;
    }
    (seen <= 15).then_some(hash)
}

/// What each byte is as a digit; 255 for none.
const DIGIT: [u8; 256] = {
    let mut table = [255; 256];
    let mut digit = 0;
    while digit < 16 {
        table[if digit < 10 { b'0' + digit } else { b'a' + digit - 10 } as usize] = digit;
        digit += 1;
    }
    table
};

/// A hash that takes many short pieces, and calls the real one for few long ones.
pub(super) struct PiecewiseHash {
    hash: Sha256,
    line: Line<512>,
}

impl PiecewiseHash {
    pub(super) fn new() -> Self {
        Self { hash: Sha256::new(), line: Line::default() }
    }

    pub(super) fn push(&mut self, piece: &[u8]) {
        if piece.len() > self.line.room() {
            self.hash.update(self.line.as_slice());
            self.line = Line::default();
            if piece.len() > self.line.room() {
                self.hash.update(piece);
                return;
            }
        }
        self.line.push(piece);
    }

    pub(super) fn finish(mut self) -> [u8; 32] {
        self.hash.update(self.line.as_slice());
        self.hash.finalize().into()
    }
}

/// A few bytes on the stack.
pub(super) struct Line<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Default for Line<N> {
    fn default() -> Self {
        Self { bytes: [0; N], len: 0 }
    }
}

impl<const N: usize> Line<N> {
    fn room(&self) -> usize {
        N - self.len
    }

    /// Appends a piece that there is room for.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.bytes[self.len..][..piece.len()].copy_from_slice(piece);
        self.len += piece.len();
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_hash_is_that_of_nothing() {
        assert_eq!(PayloadHash::EMPTY.0, <[u8; 32]>::from(Sha256::digest(b"")));
        assert_eq!(from_hex(&hex(&PayloadHash::EMPTY.0)), Some(PayloadHash::EMPTY.0));
    }

    #[test]
    fn only_lower_case_digits_are_a_hash() {
        for text in ["", "00", &"0".repeat(63), &"0".repeat(65), &"A".repeat(64), &"g".repeat(64)] {
            assert_eq!(from_hex(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn pieces_hash_as_the_whole() {
        let whole: Vec<u8> = (0..5000u32).map(|number| (number * 7) as u8).collect();
        for size in [1, 3, 511, 512, 513, 1024, 5000] {
            let mut hash = PiecewiseHash::new();
            whole.chunks(size).for_each(|piece| hash.push(piece));
            assert_eq!(hash.finish(), <[u8; 32]>::from(Sha256::digest(&whole)), "{size}");
        }
    }

    #[test]
    fn keys_show_nothing() {
        assert_eq!(format!("{:?}", SigningKey::derive("hush", "20260101", "eu-west-1", "appconfig")), "SigningKey(…)");
    }
}
