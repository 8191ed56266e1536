//! A node: HTTP, the operations, configuration sessions, and the conductor that lets deployments grow.
//!
//! The node introduces the others to each other: `wire` reads a request, `domain` judges it, `journal` keeps what was
//! decided, and what follows is published as one immutable [`Published`](node::Published) that every poll reads
//! without a lock.

pub mod access;
pub mod actions;
pub mod alarms;
mod answer;
mod apart;
pub mod audit;
pub mod cache;
pub mod clock;
pub mod conductor;
mod contents;
mod data_rates;
mod extras;
mod follower;
mod head;
mod housekeeping;
pub mod http;
mod keeper;
pub mod metrics;
pub mod node;
pub mod operations;
mod paced;
mod peers;
mod random;
mod rates;
pub mod relay;
mod serving;
pub mod session;
mod settings;
mod store;
mod stream;
pub mod tls;
mod validators;

pub use data_rates::DataRateLimits;
pub use head::NewerEntry;
pub use peers::TrustedProxies;
pub use random::Randomness;
pub use settings::{Credentials, RequestRates, Settings, TokenReuse};
