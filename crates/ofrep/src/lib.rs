//! OFREP 0.3.0 over feature flags: what a request asks, and what it is answered. Bytes to values and back.
//!
//! A [`Page`] is what a path names, [`Asker`] is who asks and in which context, [`single`] and [`bulk`] are the answers and
//! [`Refusal`] is why there is none. [`etag`] names an answer. Providers insist on more than the protocol does: every answer
//! has `key`, `reason`, `variant` and `metadata`, and every refusal `errorCode` and `errorDetails`, whatever its status.
//!
//! A request names no type. A flag `k` is its switch; `k.*` is all of it as an object; `k.name` is one of its attributes.
//! Neither a dot nor an asterisk can stand in a flag's key, so that no two things have one name.
//!
//! Deliberately absent: HTTP, sockets, and where flags come from.

mod answer;
mod asker;
mod page;
mod refusal;

pub use answer::{EventStream, bulk, etag, matches, refetch, single};
pub use asker::{Asker, MAX_BODY_BYTES, MAX_TARGETING_KEY_BYTES, MAX_VALUES};
pub use page::{Page, flag_of};
pub use refusal::{Code, Refusal};
