//! Any bytes as a feature flags document in its Ion retrieval form, binary or text.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidegate_flags::fuzz::ion(data));
