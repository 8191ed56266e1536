//! Entry points for fuzzers: any bytes in, no panic out.

use crate::{Compiled, Draft};

/// Checks one half of the data against the other, under a draft that the first byte picks.
///
/// The halves are split at the first byte of value zero. Asserts that every text is bounded and begins as AWS's do, and
/// that a compiled schema gives the same answer twice.
pub fn schema_and_document(data: &[u8]) {
    const DRAFTS: [Draft; 5] = [Draft::Draft4, Draft::Draft6, Draft::Draft7, Draft::Draft201909, Draft::Draft202012];
    let [pick, data @ ..] = data else { return };
    let draft = DRAFTS[usize::from(*pick) % DRAFTS.len()];
    let mut halves = data.splitn(2, |byte| *byte == 0);
    let schema = String::from_utf8_lossy(halves.next().unwrap_or_default());
    let document = halves.next().unwrap_or_default();
    match Compiled::new(&schema, draft) {
        Ok(compiled) => {
            let answer = compiled.check(document);
            assert_eq!(answer, compiled.check(document), "the answer is the same twice");
            answer.unwrap_or_else(|text| check_text(&text));
        }
        Err(text) => check_text(&text),
    }
}

fn check_text(text: &str) {
    assert!(text.starts_with("Could not build JSON schema from invalid input:\n "), "{text}");
    assert!(text.contains(".\n Original error message:\n"), "{text}");
    assert!(text.len() < 8 * 1024, "a text of {} bytes", text.len());
}
