//! What an AppConfig is: a log of decisions, and the state that follows from it.
//!
//! [`decide`] judges a [`Command`] against a [`State`] and answers with [`Event`]s or a [`Refusal`];
//! [`State::apply`] takes a [`Decision`] and cannot fail. [`growth`] says how a deployment grows, [`rollout`] who sees
//! which version of what is deployed.
//!
//! Deliberately absent: clocks, sockets, files, random numbers and everything of the wire. The time, the caller and a
//! seed for fresh ids come in with the [`Context`]; what a refusal looks like in HTTP is not known here.

mod command;
mod decide;
mod event;
mod evolve;
pub mod growth;
mod id;
mod record;
mod refusal;
pub mod rollout;
mod state;
mod table;

pub use command::{
    Command, CreateEnvironment, CreateHostedVersion, CreateProfile, CreateStrategy, StartDeployment, Tags,
    UpdateEnvironment, UpdateProfile, UpdateStrategy,
};
pub use decide::strategy::{PREDEFINED, Predefined, predefined};
pub use decide::{Context, Limits, decide};
pub use event::{Actor, Decision, Event};
pub use id::{Account, ContentHash, Id, IdSource, Realm, Secret};
pub use record::{
    Application, DeployedContent, Deployment, DeploymentKind, DeploymentState, Environment, EnvironmentState,
    GrowthType, HostedVersion, LogEntry, LogEntryType, Monitor, Plan, Profile, ProfileType, ReplicateTo, Resource,
    Strategy, TokenKey, TriggeredBy, Validator, ValidatorType,
};
pub use refusal::{Kind, Refusal};
pub use state::{Channel, ChannelNumber, Page, RealmState, State};
