//! The local agent: applications ask it on localhost for configurations and flags, and it handles everything else.
//!
//! It takes the place of AWS's agent: the same paths, headers and environment variables. It follows AWS AppConfig, or a
//! Tidegate node, keeps what it was served last, evaluates feature flags for whoever asks, and goes on doing so when
//! upstream is gone.
//!
//! What is served is a [`Version`], received whole and checked. [`Settings`] are read from a table that documents and
//! the command line follow. [`http::Mount`] lets something else answer on the same port.
//!
//! Deliberately absent: the journal, and all that a server knows of versions and deployments. To the agent a Tidegate
//! node is a service at the other end of a connection.

mod agent;
mod answer;
mod assignment;
mod backup;
mod entry;
mod experiment;
mod failure;
pub mod http;
mod local;
mod manifest;
mod metrics;
mod name;
mod ofrep;
mod poller;
mod request;
mod rollout;
pub mod settings;
mod upstream;
mod version;

pub use agent::{Agent, Found};
pub use experiment::{Experiment, Experiments};
pub use failure::Failure;
pub use name::Name;
pub use ofrep::Ofrep;
pub use rollout::{Rollout, Served};
pub use settings::{SETTINGS, Setting, Settings};
pub use version::{Rejected, Told, Version};
