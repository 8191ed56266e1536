//! Streams: whoever holds tokens is told at once of what changes for them. `docs/stream.md` is the protocol.
//!
//! A stream is the body of an answer that does not end. It keeps no queue: each event is a configuration's whole state,
//! made when the connection has room for it, out of what is published then. A reader that is slow gets the last state,
//! and costs no more than one that is quick. What all streams of a channel are told alike is written once.

mod announced;
mod body;
mod contents;
mod open;
mod streams;

pub(crate) use announced::Announced;
pub(crate) use body::StreamBody;
pub(crate) use contents::content;
pub(crate) use open::open;
pub(crate) use streams::Streams;
