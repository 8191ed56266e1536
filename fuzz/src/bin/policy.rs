//! Any bytes as a policy document, and a request to decide about.
//!
//! Input: a document, an action, a resource and a tag's value, with zero bytes between.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidegate_policy::fuzz::policy_and_request(data));
