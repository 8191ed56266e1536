//! The things that an account holds, as they are kept and as they stand in the journal.
//!
//! Names and units are AWS's. Members added later take a default, since old entries are read for ever.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{Account, ContentHash, Id, Secret};

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

/// What an alarm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmValue {
    /// All is well.
    Ok,
    /// It is not.
    Alarm,
    /// Nobody can tell.
    InsufficientData,
}

/// An alarm whose source reports by itself, as it was last reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The last part of the ARN by which monitors name it.
    pub name: String,
    /// What it says.
    pub value: AlarmValue,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The alerts that fire, of those that are reported one by one; the alarm is raised while there are any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub firing: BTreeSet<String>,
    /// When it changed last, in milliseconds since 1970.
    pub changed_at_ms: i64,
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
    /// Milliseconds since 1970.
    #[serde(default)]
    pub created_at_ms: i64,
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
    /// Milliseconds since 1970.
    #[serde(default)]
    pub created_at_ms: i64,
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
    /// The extensions at work, in the order in which they are called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applied: Vec<AppliedExtension>,
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
    /// The actions that were called for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invocations: Vec<Invocation>,
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

/// A moment at which an extension's action is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionPoint {
    /// Before a hosted version is created; may change the content or refuse it.
    PreCreateHostedConfigurationVersion,
    /// Before a deployment starts; may change the content or refuse it.
    PreStartDeployment,
    /// Before every step of a deployment; may have it rolled back.
    AtDeploymentTick,
    /// After a deployment started.
    OnDeploymentStart,
    /// After a deployment's share grew.
    OnDeploymentStep,
    /// After a deployment began to bake.
    OnDeploymentBaking,
    /// After a deployment completed.
    OnDeploymentComplete,
    /// After a deployment was rolled back or reverted.
    OnDeploymentRolledBack,
}

impl ActionPoint {
    /// The point that comes after what happened.
    pub fn after(kind: LogEntryType) -> Option<Self> {
        match kind {
            LogEntryType::DeploymentStarted => Some(Self::OnDeploymentStart),
            LogEntryType::PercentageUpdated => Some(Self::OnDeploymentStep),
            LogEntryType::BakeTimeStarted => Some(Self::OnDeploymentBaking),
            LogEntryType::DeploymentCompleted => Some(Self::OnDeploymentComplete),
            LogEntryType::RollbackStarted => None,
            LogEntryType::RollbackCompleted | LogEntryType::RevertCompleted => Some(Self::OnDeploymentRolledBack),
        }
    }
}

/// What an extension does at a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whom to call: an ARN, or an `https://` or `http://` address.
    pub uri: String,
    /// The role to call it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}

/// A value that an association or a deployment gives to an extension.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether an association has to give it.
    #[serde(default)]
    pub required: bool,
    /// Whether it is given when a deployment starts.
    #[serde(default)]
    pub dynamic: bool,
}

/// A version of an extension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    /// The id, the same for all versions.
    pub id: Id,
    /// Unique within the realm.
    pub name: String,
    /// From 1.
    pub version: u32,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// One action at each of one to five points.
    pub actions: BTreeMap<ActionPoint, Vec<Action>>,
    /// By name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Parameter>,
}

/// An extension at work on a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Association {
    /// Its id.
    pub id: Id,
    /// The extension's id; those that AWS wrote have dotted names.
    pub extension: String,
    /// The extension's version.
    pub version: u32,
    /// An application, an environment or a profile.
    pub resource: Resource,
    /// The values of parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// An extension as it was when a deployment started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedExtension {
    /// The extension's id.
    pub extension: String,
    /// The extension's name.
    pub name: String,
    /// The extension's version.
    pub version: u32,
    /// The association.
    pub association: String,
    /// The values of parameters, those given at the start included.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<ActionPoint, Vec<Action>>,
}

impl AppliedExtension {
    /// What it does at a point.
    pub fn actions_at(&self, point: ActionPoint) -> impl Iterator<Item = &Action> {
        self.actions.get(&point).into_iter().flatten()
    }
}

/// That an action was called, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    /// The extension's id.
    pub extension: String,
    /// The action's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Who was called.
    pub uri: String,
    /// In what role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// What went wrong, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// What went wrong, as a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The id that the call carried.
    pub id: String,
}

/// Work that one node does for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Work {
    /// Asking before the step of a deployment that follows the first so many.
    Step {
        /// The deployment's environment.
        environment: Id,
        /// The deployment.
        number: u32,
        /// The steps before.
        steps: u32,
    },
    /// Calling the actions that come after an entry of a deployment's event log.
    Actions {
        /// The deployment's environment.
        environment: Id,
        /// The deployment.
        number: u32,
        /// The entry's index, the oldest being 0.
        entry: u32,
    },
}

/// What an account has chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSettings {
    /// Whether what is in use is protected from deletion; protected if nobody chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// For how long after its last use, 15 to 1440 minutes; 60 if nobody chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection_period_in_minutes: Option<u32>,
    /// Whether metrics are to be published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vended_metrics: Option<bool>,
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
    /// `extension/{id}/{version}`
    Extension(Id, u32),
    /// `extensionassociation/{id}`
    Association(Id),
    /// `application/{a}/experimentdefinition/{d}`
    Definition(Id, Id),
    /// `application/{a}/experimentdefinition/{d}/experimentrun/{n}`
    Run(Id, Id, u32),
}

impl Resource {
    /// The ARN in this region and account.
    pub fn arn(&self, region: &str, account: &Account) -> String {
        format!("arn:aws:appconfig:{region}:{account}:{}", self.path())
    }

    /// What stands in the ARN behind the account.
    fn path(&self) -> String {
        match self {
            Self::Application(application) => format!("application/{application}"),
            Self::Environment(application, environment) => {
                format!("application/{application}/environment/{environment}")
            }
            Self::Profile(application, profile) => format!("application/{application}/configurationprofile/{profile}"),
            Self::Deployment(application, environment, number) => {
                format!("application/{application}/environment/{environment}/deployment/{number}")
            }
            Self::Strategy(strategy) => format!("deploymentstrategy/{strategy}"),
            Self::Extension(extension, version) => format!("extension/{extension}/{version}"),
            Self::Association(association) => format!("extensionassociation/{association}"),
            Self::Definition(application, definition) => {
                format!("application/{application}/experimentdefinition/{definition}")
            }
            Self::Run(application, definition, run) => {
                format!("application/{application}/experimentdefinition/{definition}/experimentrun/{run}")
            }
        }
    }

    /// What an ARN's last part, behind the account, names. Only in the form in which it is written: `deployment/01` is none.
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        let found = match parts[..] {
            ["application", application] => Self::Application(application.parse().ok()?),
            ["application", application, "environment", environment] => {
                Self::Environment(application.parse().ok()?, environment.parse().ok()?)
            }
            ["application", application, "environment", environment, "deployment", number] => {
                Self::Deployment(application.parse().ok()?, environment.parse().ok()?, number.parse().ok()?)
            }
            ["application", application, "configurationprofile", profile] => {
                Self::Profile(application.parse().ok()?, profile.parse().ok()?)
            }
            ["deploymentstrategy", strategy] => Self::Strategy(strategy.parse().ok()?),
            ["extension", extension, version] => Self::Extension(extension.parse().ok()?, version.parse().ok()?),
            ["application", application, "experimentdefinition", definition] => {
                Self::Definition(application.parse().ok()?, definition.parse().ok()?)
            }
            ["application", application, "experimentdefinition", definition, "experimentrun", run] => {
                Self::Run(application.parse().ok()?, definition.parse().ok()?, run.parse().ok()?)
            }
            ["extensionassociation", association] => Self::Association(association.parse().ok()?),
            _ => return None,
        };
        (found.path() == path).then_some(found)
    }
}

/// Tags, sorted by key.
pub(crate) type TagMap = BTreeMap<String, String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_named_in_one_way_only() {
        for path in [
            "application/abcdefg",
            "application/abcdefg/environment/bcdefgh/deployment/1",
            "extension/abcdefg/12",
            "application/abcdefg/experimentdefinition/bcdefgh/experimentrun/3",
        ] {
            assert!(Resource::parse(path).is_some_and(|found| found.path() == path), "{path}");
        }
        for path in [
            "application/abcdefg/environment/bcdefgh/deployment/01",
            "application/abcdefg/environment/bcdefgh/deployment/+1",
            "extension/abcdefg/012",
            "application/abcdefg/experimentdefinition/bcdefgh/experimentrun/03",
            "application/abcdefg/",
        ] {
            assert_eq!(Resource::parse(path), None, "{path}");
        }
    }
}
