//! Storage as a journal: append entry number N, read from number N, wait for number N; plus blobs named by SHA-256.
//!
//! This crate never knows what an AppConfig is. The body of an entry is opaque text, the content of a blob opaque bytes,
//! and the only rule that an implementation enforces is the one that everything else rests on: entry N + 1 is stored
//! only if N is the last one and is the one that the writer has seen. From that follow one total order without holes,
//! and optimistic concurrency for every rule of the domain at once.
//!
//! An implementation is about a page, and passes the one `suite` (behind the feature of that name).

mod blob;
mod entry;
mod error;
pub mod etcd;
pub mod faulty;
mod hex;
mod journal;
pub mod late;
pub mod memory;
pub mod postgres;
pub mod s3;
pub mod sqlite;
#[cfg(any(test, feature = "suite"))]
pub mod suite;

pub use blob::{BlobId, BlobInfo};
pub use entry::{Entry, EntryId, Snapshot};
pub use error::{AppendError, Unavailable};
pub use futures_util::future::BoxFuture;
pub use hex::NotHex;
pub use journal::{Journal, commit};
