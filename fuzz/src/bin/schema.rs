//! Any bytes as a JSON Schema, and others as a document to check against it.
//!
//! Input: a byte that picks the draft, a schema, a zero byte, a document.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidegate_validate::fuzz::schema_and_document(data));
