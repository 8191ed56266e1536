//! What an AppConfig is: a log of decisions, and the state that follows from it.
//!
//! [`decide`] judges a [`Command`] against a [`State`] and answers with [`Event`]s or a [`Refusal`];
//! [`State::apply`] takes a [`Decision`] and cannot fail. [`growth`] says how a deployment grows, [`rollout`] who sees
//! which version of what is deployed.
//!
//! Deliberately absent: clocks, sockets, files, random numbers and everything of the wire. The time, the caller and a
//! seed for fresh ids come in with the [`Context`]; what a refusal looks like in HTTP is not known here.

pub mod aws_extensions;
mod command;
mod contents;
mod decide;
mod event;
mod evolve;
pub mod experiment;
pub mod growth;
mod id;
pub mod identity;
mod record;
mod refusal;
pub mod rollout;
mod snapshot;
mod state;
mod table;

pub use command::{
    AlarmReport, Command, CreateAssociation, CreateDefinition, CreateEnvironment, CreateExtension, CreateHostedVersion,
    CreateProfile, CreateStrategy, Protection, ProtectionCheck, RunDeployment, StartDeployment, StartRun, Tags,
    TreatmentInput, UpdateDefinition, UpdateEnvironment, UpdateExtension, UpdateProfile, UpdateRun, UpdateStrategy,
};
pub use decide::protection::DEFAULT_PERIOD_IN_MINUTES;
pub use decide::strategy::{PREDEFINED, Predefined, predefined};
pub use decide::{Context, Limits, decide};
pub use event::{Actor, Decision, Event};
pub use id::{Account, ContentHash, Id, IdSource, Realm, Secret};
pub use record::{
    AccountSettings, Action, ActionPoint, Alarm, AlarmValue, Application, AppliedExtension, Association,
    DeployedContent, Deployment, DeploymentKind, DeploymentState, Environment, EnvironmentState, Extension, GrowthType,
    HostedVersion, Invocation, LogEntry, LogEntryType, Monitor, Parameter, Plan, Profile, ProfileType, ReplicateTo,
    Resource, Strategy, TokenKey, TriggeredBy, Validator, ValidatorType, Work,
};
pub use refusal::{Kind, Refusal};
pub use snapshot::{NewerSnapshot, Snapshot};
pub use state::{AnyExtension, Channel, ChannelNumber, Page, RealmState, State};
