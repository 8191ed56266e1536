//! Any bytes as an authoring document of feature flags.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidegate_flags::fuzz::document(data));
