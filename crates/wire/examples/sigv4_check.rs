//! Holds the verifier against signatures that botocore made.
//!
//! `cargo run -p tidegate-wire --example sigv4_check FILE`, where the file is what
//! `tests/clients/python/make_sigv4_vectors.py` writes. Names every line that comes out otherwise than it says, and then
//! fails.

#![allow(missing_docs)]

use std::process::ExitCode;

#[path = "../tests/sigv4/vector.rs"]
mod vector;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("error: no file of vectors is named\nhint: cargo run -p tidegate-wire --example sigv4_check FILE");
        return ExitCode::FAILURE;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("error: cannot read {path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (mut accepted, mut refused, mut wrong) = (0, 0, 0);
    for (index, line) in text.lines().enumerate() {
        let vector: vector::Vector = match serde_json::from_str(line) {
            Ok(vector) => vector,
            Err(error) => {
                eprintln!("error: line {} of {path} is not a vector: {error}", index + 1);
                return ExitCode::FAILURE;
            }
        };
        let mut check = |vector: &vector::Vector, expected: &str, what: &str| {
            let verdict = vector.verdict();
            if verdict != expected {
                wrong += 1;
                println!("line {}{what}: expected {expected}, got {verdict}", index + 1);
            }
        };
        check(&vector, &vector.expect, "");
        if vector.expect == "ok" {
            accepted += 1;
            let secret = format!("{}x", vector.secret);
            check(&vector::Vector { secret, ..vector.clone() }, "InvalidSignatureException", " with another secret");
            let path = format!("{}x", vector.path);
            check(&vector::Vector { path, ..vector.clone() }, "InvalidSignatureException", " with another path");
        } else {
            refused += 1;
        }
    }
    println!("{accepted} accepted, {refused} refused, {wrong} wrong");
    if wrong == 0 && accepted > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
