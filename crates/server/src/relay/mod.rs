//! Relays: nodes whose journal is another node.
//!
//! What a relay follows is the journal itself, read over HTTP from any node, or relay, that has the same relay secret.
//! So everything that follows from the journal works on a relay as it does on a node: names, tokens and their keys,
//! polls, streams, sessions that come from elsewhere. Only nothing can be written. Whoever has the secret can read
//! everything that is stored.

mod feed;
mod secret;
mod upstream;

pub(crate) use feed::answer;
pub use secret::RelaySecret;
pub use upstream::{Upstream, UpstreamSettings};
