//! Ids and secrets as IAM makes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt;

/// The letters of ids.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The bytes of a secret access key: 40 letters of base64.
pub(crate) const SECRET_BYTES: usize = 30;

/// An id of an access key that lasts, `AKIA…`, of 20 letters.
pub fn key_id() -> String {
    fresh("AKIA", 16)
}

/// An id of a temporary access key, `ASIA…`, of 20 letters.
pub(crate) fn temporary_key_id() -> String {
    fresh("ASIA", 16)
}

/// The id of a user that is never given to another, `AIDA…`, of 21 letters.
pub fn user_id() -> String {
    fresh("AIDA", 17)
}

/// The id of a role that is never given to another, `AROA…`, of 21 letters.
pub fn role_id() -> String {
    fresh("AROA", 17)
}

/// A secret access key of 40 letters.
pub fn secret() -> String {
    secret_of(rand::rng().random())
}

/// Writes a secret as SDKs expect it.
pub(crate) fn secret_of(bytes: [u8; SECRET_BYTES]) -> String {
    STANDARD.encode(bytes)
}

fn fresh(prefix: &str, letters: usize) -> String {
    let mut random = rand::rng();
    let letters = (0..letters).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())]));
    prefix.chars().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_secrets_look_like_iams() {
        for (id, prefix, length) in [(key_id(), "AKIA", 20), (temporary_key_id(), "ASIA", 20), (user_id(), "AIDA", 21)]
        {
            assert!(id.starts_with(prefix) && id.len() == length, "{id}");
            assert!(id.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte)), "{id}");
        }
        assert_eq!(secret().len(), 40);
        assert_ne!(secret(), secret());
    }
}
