//! A node: HTTP, the operations, configuration sessions, and the conductor that lets deployments grow.
//!
//! The node introduces the others to each other: `wire` reads a request, `domain` judges it, `journal` keeps what was
//! decided, and what follows is published as one immutable [`Published`](node::Published) that every poll reads
//! without a lock.

pub mod actions;
pub mod audit;
pub mod clock;
pub mod conductor;
mod contents;
mod extras;
pub mod http;
pub mod metrics;
pub mod node;
pub mod operations;
mod paced;
mod rates;
mod serving;
pub mod session;
mod settings;
mod validators;

pub use settings::{RequestRates, Settings, TokenReuse};
