//! The things that an account holds, as they are kept and as they stand in the journal.
//!
//! Names and units are AWS's. Members added later take a default, since old entries are read for ever.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{ContentHash, Id, Secret};

/// A container for environments and configuration profiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: Id,
    /// Unique within the realm.
    pub name: String,
    /// Never empty: an empty description is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Where an environment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnvironmentState {
    /// Nothing runs, and the last deployment, if any, completed.
    ReadyForDeployment,
    /// A deployment runs.
    Deploying,
    /// A deployment is being taken back.
    RollingBack,
    /// The last deployment was taken back while it ran.
    RolledBack,
    /// The last deployment was taken back after it had completed.
    Reverted,
}

/// An alarm that a deployment listens to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Monitor {
    /// The alarm.
    pub alarm_arn: String,
    /// The role that may read it. The model calls it optional; the service insists on it.
    pub alarm_role_arn: String,
}

/// A deployment group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Its application.
    pub application: Id,
    /// Its id.
    pub id: Id,
    /// Unique within the application.
    pub name: String,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it stands.
    pub state: EnvironmentState,
    /// At most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub monitors: Vec<Monitor>,
    /// The number of the latest deployment ever started here; 0 before the first.
    #[serde(default)]
    pub latest_deployment: u32,
    /// The deployment that runs now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<u32>,
}

/// What a configuration profile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProfileType {
    /// `AWS.Freeform`: any bytes.
    Freeform,
    /// `AWS.AppConfig.FeatureFlags`: a document of flags.
    FeatureFlags,
}

impl ProfileType {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Freeform => "AWS.Freeform",
            Self::FeatureFlags => "AWS.AppConfig.FeatureFlags",
        }
    }
}

/// What kind of check a validator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValidatorType {
    /// A JSON Schema, draft 4.
    JsonSchema,
    /// A function's ARN.
    Lambda,
}

/// A check that content has to pass before it is deployed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validator {
    /// Its kind.
    pub kind: ValidatorType,
    /// The schema, or the ARN.
    pub content: String,
}

/// Where a configuration comes from and how it is checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Its application.
    pub application: Id,
    /// Its id.
    pub id: Id,
    /// Unique within the application.
    pub name: String,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `hosted`, or the address of another source.
    pub location_uri: String,
    /// The role that may read the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieval_role_arn: Option<String>,
    /// At most two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validators: Vec<Validator>,
    /// What it holds.
    pub kind: ProfileType,
    /// The key that hosted content is encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_identifier: Option<String>,
    /// The highest version number ever given; numbers are not used twice.
    #[serde(default)]
    pub latest_version: u32,
}

/// A version in the hosted store. Its content lies in the blob of that hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostedVersion {
    /// Its profile.
    pub profile: Id,
    /// From 1.
    pub number: u32,
    /// Unique within the profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// As the author gave it.
    pub content_type: String,
    /// The content.
    pub content: ContentHash,
    /// In bytes.
    pub size: u64,
}

/// How a deployment's share grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrowthType {
    /// By the growth factor at every step.
    Linear,
    /// The growth factor, doubled at every step.
    Exponential,
}

/// Where a strategy is copied to. Stored and shown; there is nothing to copy to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplicateTo {
    /// `NONE`.
    None,
    /// `SSM_DOCUMENT`.
    SsmDocument,
}

/// How fast a deployment goes. A deployment copies its strategy's plan when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// 0 to 1440.
    pub duration_in_minutes: u32,
    /// 0 to 1440.
    pub final_bake_time_in_minutes: u32,
    /// Percent, 1.0 to 100.0.
    pub growth_factor: f64,
    /// Its growth.
    pub growth_type: GrowthType,
}

/// A deployment strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strategy {
    /// Its id.
    pub id: Id,
    /// Not unique.
    pub name: String,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its plan.
    pub plan: Plan,
    /// Stored only.
    pub replicate_to: ReplicateTo,
}

/// Where a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeploymentState {
    /// Its share grows.
    Deploying,
    /// Everybody has it, and it is watched.
    Baking,
    /// It stands.
    Complete,
    /// It is being taken back.
    RollingBack,
    /// It was taken back while it ran.
    RolledBack,
    /// It was taken back after it had completed.
    Reverted,
}

/// Who started a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeploymentKind {
    /// A caller of StartDeployment.
    User,
    /// The service, for an experiment.
    Managed,
}

/// The content that a deployment delivers, fixed at its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeployedContent {
    /// The configuration's version, as the source spells it.
    pub version: String,
    /// The label of the hosted version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The content's type.
    pub content_type: String,
    /// The content.
    pub hash: ContentHash,
    /// In bytes.
    pub size: u64,
}

/// A deployment, running or past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its application.
    pub application: Id,
    /// Its environment.
    pub environment: Id,
    /// From 1, counted per environment across all profiles.
    pub number: u32,
    /// Its profile.
    pub profile: Id,
    /// The profile's name at the start.
    pub configuration_name: String,
    /// The profile's location at the start.
    pub location_uri: String,
    /// What it delivers.
    pub content: DeployedContent,
    /// The strategy's id; predefined ones have dotted names.
    pub strategy: String,
    /// The strategy's plan at the start.
    pub plan: Plan,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The key named by the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_identifier: Option<String>,
    /// Who started it.
    pub kind: DeploymentKind,
    /// Where it stands.
    pub state: DeploymentState,
    /// Percent, 0.0 to 100.0.
    pub percentage: f64,
    /// How many steps were taken so far: each growth, the start of the bake, the completion.
    pub steps: u32,
    /// Milliseconds since 1970.
    pub started_at_ms: i64,
    /// When the last step was taken; the start before the first.
    pub last_step_at_ms: i64,
    /// Set when it completes, and kept when it is reverted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at_ms: Option<i64>,
    /// What happened, oldest first.
    #[serde(default)]
    pub log: Vec<LogEntry>,
}

impl Deployment {
    /// Whether it still grows or bakes.
    pub fn is_running(&self) -> bool {
        matches!(self.state, DeploymentState::Deploying | DeploymentState::Baking)
    }
}

/// What happened to a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogEntryType {
    /// It started.
    DeploymentStarted,
    /// Its share grew.
    PercentageUpdated,
    /// Everybody has it.
    BakeTimeStarted,
    /// It stands.
    DeploymentCompleted,
    /// It is being taken back.
    RollbackStarted,
    /// It was taken back while it ran.
    RollbackCompleted,
    /// It was taken back after it had completed.
    RevertCompleted,
}

/// Who made something happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TriggeredBy {
    /// A caller.
    User,
    /// The service itself.
    Appconfig,
    /// An alarm.
    CloudwatchAlarm,
    /// A fault of the service.
    InternalError,
}

/// A line of a deployment's event log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// What.
    pub kind: LogEntryType,
    /// By whom.
    pub triggered_by: TriggeredBy,
    /// In words, as AWS writes them where they are known.
    pub description: String,
    /// Milliseconds since 1970.
    pub occurred_at_ms: i64,
}

/// A master key, from which the keys that seal tokens are derived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenKey {
    /// From 1; names the key in a token's first bytes.
    pub number: u16,
    /// The key.
    pub secret: Secret,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
}

/// A thing that can carry tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Resource {
    /// `application/{a}`
    Application(Id),
    /// `application/{a}/environment/{e}`
    Environment(Id, Id),
    /// `application/{a}/configurationprofile/{p}`
    Profile(Id, Id),
    /// `application/{a}/environment/{e}/deployment/{n}`
    Deployment(Id, Id, u32),
    /// `deploymentstrategy/{s}`
    Strategy(Id),
}

/// Tags, sorted by key.
pub(crate) type TagMap = BTreeMap<String, String>;
