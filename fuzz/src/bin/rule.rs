//! Any bytes as the rule of a flag's variant.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidegate_flags::fuzz::rule(data));
