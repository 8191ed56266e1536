//! Any bytes as a configuration token, and any changes to a sealed one: only the sealed one opens.
//!
//! Input: a token or a query with one; read again, the 56 bytes of a session and pairs of a place and a letter.

#![no_main]

use libfuzzer_sys::fuzz_target;

// These files by themselves, for the node's crate would bring a web server, a web client and a database along.
#[allow(dead_code)]
#[path = "../../../crates/server/src/session/fuzz.rs"]
mod fuzz;
#[allow(dead_code)]
#[path = "../../../crates/server/src/session/keyring.rs"]
mod keyring;
#[allow(dead_code)]
#[path = "../../../crates/server/src/session/token.rs"]
mod token;

fuzz_target!(|data: &[u8]| fuzz::open_any(data));
