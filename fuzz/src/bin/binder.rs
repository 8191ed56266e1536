//! Any bytes as a request of any operation: it is bound, or refused as the client's fault.
//!
//! Input: a byte that picks the operation, then labels and headers, the query and the body, with zero bytes between.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidegate_wire::fuzz::bind_any(data));
