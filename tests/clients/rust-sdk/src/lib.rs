//! Holds nothing: this package exists for its tests, which drive a Tidegate binary with AWS's own Rust SDK.
