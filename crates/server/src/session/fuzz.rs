//! Entry point for fuzzers: any bytes in as a token, no panic out, and nothing opens that was not sealed here.
//!
//! Compiled into the tests, and with its neighbours into the fuzz target of `fuzz/src/bin/token.rs`.

use std::sync::LazyLock;

use tidegate_domain::{Secret, TokenKey};
use tidegate_wire::read_configuration_token;

use super::keyring::{Keyring, Purpose};
use super::token::{Problem, Session, open, seal};

const NOW_MS: i64 = 1_800_000_000_000;

static KEYRING: LazyLock<Keyring> =
    LazyLock::new(|| Keyring::new([TokenKey { number: 1, secret: Secret([9; 32]), created_at_ms: 0 }].into()));

/// Opens arbitrary bytes as a token and as a poll's query; then seals an arbitrary session, and alters the token.
///
/// The same bytes are read twice: as the text of a token or a query; and as what a session holds, followed by pairs of a
/// place in its token and the letter to put there.
pub fn open_any(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    assert_is_refused(&text, NOW_MS);
    if let Ok(token) = read_configuration_token(&text) {
        assert_is_refused(&token, NOW_MS);
    }

    let mut rest = data;
    let session = Session {
        id: u128::from_be_bytes(take(&mut rest)),
        channel: u64::from_be_bytes(take(&mut rest)),
        held: u64::from_be_bytes(take(&mut rest)),
        seen: u64::from_be_bytes(take(&mut rest)),
        issued_at_ms: i64::from_be_bytes(take(&mut rest)),
        poll_interval_s: u32::from_be_bytes(take(&mut rest)),
        answers: u32::from_be_bytes(take(&mut rest)),
    };
    let sealed = seal(&KEYRING, &session).expect("there is a key");
    assert_eq!(open(&KEYRING, &sealed, session.issued_at_ms, false), Ok(session));
    // Whatever the clocks say, what is judged is this session's age.
    let _ = open(&KEYRING, &sealed, NOW_MS, true);

    let mut letters = sealed.clone().into_bytes();
    for change in rest.chunks_exact(2) {
        match letters.get_mut(usize::from(change[0])) {
            Some(letter) => *letter = change[1],
            None if change[0].is_multiple_of(2) => letters.push(change[1]),
            None => letters.truncate(usize::from(change[1])),
        }
    }
    let altered = String::from_utf8_lossy(&letters);
    if altered != sealed {
        assert_is_refused(&altered, session.issued_at_ms);
    }
}

#[track_caller]
fn assert_is_refused(token: &str, now_ms: i64) {
    for enforces in [false, true] {
        assert_eq!(open(&KEYRING, token, now_ms, enforces), Err(Problem::Corrupted), "{token:?}");
    }
    assert_eq!(KEYRING.open::<16>(Purpose::Page, token, now_ms), None, "{token:?}");
}

/// Takes the next bytes, and zeroes for those that are missing.
fn take<const N: usize>(data: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    let (head, rest) = data.split_at(N.min(data.len()));
    taken[..head.len()].copy_from_slice(head);
    *data = rest;
    taken
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::open_any;

    proptest! {
        #[test]
        fn no_bytes_open_but_the_sealed_ones(data in prop::collection::vec(any::<u8>(), 0..200)) {
            open_any(&data);
        }
    }
}
