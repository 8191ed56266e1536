//! Any bytes as a signed request: refused, since nobody has signed it; signed, it is verified.
//!
//! Input: the method, the path, the query, the body and headers as `name:value`, with zero bytes between.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidegate_wire::fuzz::signature_any(data));
