//! What somebody wants done. Identifiers are as the caller gave them: ids or names.

use std::collections::BTreeMap;

use crate::experiment::{AttributeValue, RunResult};
use crate::id::{ContentHash, Id, Secret};
use crate::identity::IdentityCommand;
use crate::record::{
    AccountSettings, Action, ActionPoint, AlarmValue, AppliedExtension, GrowthType, Invocation, Monitor, Parameter,
    Plan, ReplicateTo, Resource, TriggeredBy, Validator, Work,
};

/// Tags given at creation.
pub type Tags = BTreeMap<String, String>;

/// Something to be judged by [`decide`](crate::decide()). In updates, an absent member leaves things as they are, and
/// an empty description clears it.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub enum Command {
    /// `CreateApplication`
    CreateApplication { name: String, description: Option<String>, tags: Tags },
    /// `UpdateApplication`
    UpdateApplication { application: String, name: Option<String>, description: Option<String> },
    /// `DeleteApplication`
    DeleteApplication { application: String },
    /// `CreateEnvironment`
    CreateEnvironment(CreateEnvironment),
    /// `UpdateEnvironment`
    UpdateEnvironment(UpdateEnvironment),
    /// `DeleteEnvironment`
    DeleteEnvironment { application: String, environment: String, protection: Protection },
    /// `CreateConfigurationProfile`
    CreateProfile(CreateProfile),
    /// `UpdateConfigurationProfile`
    UpdateProfile(UpdateProfile),
    /// `DeleteConfigurationProfile`
    DeleteProfile { application: String, profile: String, protection: Protection },
    /// `CreateHostedConfigurationVersion`
    CreateHostedVersion(CreateHostedVersion),
    /// `DeleteHostedConfigurationVersion`
    DeleteHostedVersion { application: String, profile: String, number: i64 },
    /// `CreateDeploymentStrategy`
    CreateStrategy(CreateStrategy),
    /// `UpdateDeploymentStrategy`
    UpdateStrategy(UpdateStrategy),
    /// `DeleteDeploymentStrategy`
    DeleteStrategy { strategy: String },
    /// `StartDeployment`
    StartDeployment(StartDeployment),
    /// `StopDeployment`
    StopDeployment { application: String, environment: String, number: i64, allow_revert: bool },
    /// Takes the step of a running deployment that follows the first `steps`.
    TakeStep { environment: Id, number: u32, steps: u32, invocations: Vec<Invocation> },
    /// Takes a running deployment back, instead of the step that follows the first `steps`.
    RollBack { environment: Id, number: u32, steps: u32, by: TriggeredBy, reason: String, invocations: Vec<Invocation> },
    /// Takes work on; of several nodes one gets it. Work taken on by the node named `instead_of` may be taken over.
    Claim { work: Work, node: u64, instead_of: Option<u64> },
    /// Notes that the actions after an entry of a deployment's event log were called.
    NoteActions { environment: Id, number: u32, entry: u32, invocations: Vec<Invocation> },
    /// `CreateExtension`
    CreateExtension(CreateExtension),
    /// `UpdateExtension`
    UpdateExtension(UpdateExtension),
    /// `DeleteExtension`
    DeleteExtension { extension: String, version: Option<i64> },
    /// `CreateExtensionAssociation`
    CreateAssociation(CreateAssociation),
    /// `UpdateExtensionAssociation`
    UpdateAssociation { association: String, parameters: Option<BTreeMap<String, String>> },
    /// `DeleteExtensionAssociation`
    DeleteAssociation { association: String },
    /// `UpdateAccountSettings`: absent members stay as they are.
    UpdateAccountSettings(AccountSettings),
    /// Takes in what an alarm's source says of it.
    ReportAlarm { name: String, report: AlarmReport },
    /// Forgets an alarm; monitors of that name find none.
    ForgetAlarm { name: String },
    /// `CreateExperimentDefinition`
    CreateDefinition(Box<CreateDefinition>),
    /// `UpdateExperimentDefinition`
    UpdateDefinition(Box<UpdateDefinition>),
    /// `DeleteExperimentDefinition`: destroys it, or puts it away.
    DeleteDefinition { application: String, definition: String, is_destroyed: bool },
    /// `StartExperimentRun`
    StartRun(Box<StartRun>),
    /// `UpdateExperimentRun`
    UpdateRun(Box<UpdateRun>),
    /// `StopExperimentRun`
    StopRun { application: String, definition: String, run: i64, result: Option<RunResult>, deployment: RunDeployment },
    /// Notes when channels were polled last.
    NotePolls { channels: Vec<(u64, i64)> },
    /// Gives up those of these contents that nobody needs any more, so that they can be deleted.
    Condemn { contents: Vec<ContentHash> },
    /// `TagResource`
    Tag { resource: Resource, arn: String, tags: Tags },
    /// `UntagResource`
    Untag { resource: Resource, arn: String, keys: Vec<String> },
    /// Makes this the key that seals tokens, unless the present one is younger than so much.
    RotateTokenKey { secret: Secret, max_age_ms: i64 },
    /// Something about users, keys, groups, policies, roles or issuers.
    Identity(IdentityCommand),
}

/// What a source says of an alarm.
#[derive(Clone, Debug)]
pub enum AlarmReport {
    /// Its value as a whole.
    Value {
        /// What it says.
        value: AlarmValue,
        /// Why, in words.
        reason: Option<String>,
    },
    /// Which of its alerts fire and which no longer do, by their fingerprints; others stay as they are.
    Alerts {
        /// These fire.
        firing: Vec<String>,
        /// These do not.
        resolved: Vec<String>,
        /// What the firing ones say.
        reason: Option<String>,
    },
}

impl Command {
    /// The operation's name as AWS writes it; for what AWS has no operation for, ours.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateApplication { .. } => "CreateApplication",
            Self::UpdateApplication { .. } => "UpdateApplication",
            Self::DeleteApplication { .. } => "DeleteApplication",
            Self::CreateEnvironment(_) => "CreateEnvironment",
            Self::UpdateEnvironment(_) => "UpdateEnvironment",
            Self::DeleteEnvironment { .. } => "DeleteEnvironment",
            Self::CreateProfile(_) => "CreateConfigurationProfile",
            Self::UpdateProfile(_) => "UpdateConfigurationProfile",
            Self::DeleteProfile { .. } => "DeleteConfigurationProfile",
            Self::CreateHostedVersion(_) => "CreateHostedConfigurationVersion",
            Self::DeleteHostedVersion { .. } => "DeleteHostedConfigurationVersion",
            Self::CreateStrategy(_) => "CreateDeploymentStrategy",
            Self::UpdateStrategy(_) => "UpdateDeploymentStrategy",
            Self::DeleteStrategy { .. } => "DeleteDeploymentStrategy",
            Self::StartDeployment(_) => "StartDeployment",
            Self::StopDeployment { .. } => "StopDeployment",
            Self::TakeStep { .. } => "TakeStep",
            Self::RollBack { .. } => "RollBack",
            Self::Claim { .. } => "Claim",
            Self::NoteActions { .. } => "NoteActions",
            Self::CreateExtension(_) => "CreateExtension",
            Self::UpdateExtension(_) => "UpdateExtension",
            Self::DeleteExtension { .. } => "DeleteExtension",
            Self::CreateAssociation(_) => "CreateExtensionAssociation",
            Self::UpdateAssociation { .. } => "UpdateExtensionAssociation",
            Self::DeleteAssociation { .. } => "DeleteExtensionAssociation",
            Self::UpdateAccountSettings(_) => "UpdateAccountSettings",
            Self::ReportAlarm { .. } => "ReportAlarm",
            Self::ForgetAlarm { .. } => "ForgetAlarm",
            Self::CreateDefinition(_) => "CreateExperimentDefinition",
            Self::UpdateDefinition(_) => "UpdateExperimentDefinition",
            Self::DeleteDefinition { .. } => "DeleteExperimentDefinition",
            Self::StartRun(_) => "StartExperimentRun",
            Self::UpdateRun(_) => "UpdateExperimentRun",
            Self::StopRun { .. } => "StopExperimentRun",
            Self::NotePolls { .. } => "NotePolls",
            Self::Condemn { .. } => "CondemnContents",
            Self::Tag { .. } => "TagResource",
            Self::Untag { .. } => "UntagResource",
            Self::RotateTokenKey { .. } => "RotateTokenKey",
            Self::Identity(command) => command.operation(),
        }
    }
}

/// `CreateEnvironment`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct CreateEnvironment {
    pub application: String,
    pub name: String,
    pub description: Option<String>,
    pub monitors: Vec<Monitor>,
    pub tags: Tags,
}

/// `UpdateEnvironment`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct UpdateEnvironment {
    pub application: String,
    pub environment: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub monitors: Option<Vec<Monitor>>,
}

/// `CreateConfigurationProfile`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct CreateProfile {
    pub application: String,
    pub name: String,
    pub description: Option<String>,
    pub location_uri: String,
    pub retrieval_role_arn: Option<String>,
    pub validators: Vec<Validator>,
    /// AWS's name of the type; free form if absent.
    pub kind: Option<String>,
    pub kms_key_identifier: Option<String>,
    pub tags: Tags,
}

/// `UpdateConfigurationProfile`; an empty key identifier removes the key.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct UpdateProfile {
    pub application: String,
    pub profile: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub retrieval_role_arn: Option<String>,
    pub validators: Option<Vec<Validator>>,
    pub kms_key_identifier: Option<String>,
}

/// `CreateHostedConfigurationVersion`. The content is stored as a blob before it is decided upon.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct CreateHostedVersion {
    pub application: String,
    pub profile: String,
    pub description: Option<String>,
    pub content_type: String,
    pub content: ContentHash,
    pub size: u64,
    pub label: Option<String>,
    pub latest_version: Option<i64>,
}

/// `CreateDeploymentStrategy`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct CreateStrategy {
    pub name: String,
    pub description: Option<String>,
    pub plan: Plan,
    pub replicate_to: ReplicateTo,
    pub tags: Tags,
}

/// `UpdateDeploymentStrategy`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct UpdateStrategy {
    pub strategy: String,
    pub description: Option<String>,
    pub duration_in_minutes: Option<u32>,
    pub final_bake_time_in_minutes: Option<u32>,
    pub growth_factor: Option<f64>,
    pub growth_type: Option<GrowthType>,
}

/// `StartDeployment`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct StartDeployment {
    pub application: String,
    pub environment: String,
    pub strategy: String,
    pub profile: String,
    pub version: String,
    pub description: Option<String>,
    pub kms_key_identifier: Option<String>,
    pub latest_deployment: Option<i64>,
    pub tags: Tags,
    /// What to deliver instead of the version's own content, in bytes.
    pub content: Option<(ContentHash, u64)>,
    /// The extensions at work.
    pub applied: Vec<AppliedExtension>,
    /// What came of calling their actions.
    pub invocations: Vec<Invocation>,
}

/// Whether a deletion heeds that a resource is in use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Protection {
    /// What the caller said.
    pub check: ProtectionCheck,
    /// When this node saw the resource polled last, in milliseconds since 1970. Others' polls stand in the state.
    pub last_polled_ms: Option<i64>,
}

/// What the caller of a deletion says about the protection of resources in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProtectionCheck {
    /// As the account has chosen, and only for resources older than an hour.
    #[default]
    AccountDefault,
    /// In any case.
    Apply,
    /// Not at all.
    Bypass,
}

/// `CreateExtension`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct CreateExtension {
    pub name: String,
    pub description: Option<String>,
    pub actions: BTreeMap<ActionPoint, Vec<Action>>,
    pub parameters: BTreeMap<String, Parameter>,
    pub tags: Tags,
    pub latest_version: Option<i64>,
}

/// `UpdateExtension`: edits a version in place, the latest if none is named.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct UpdateExtension {
    pub extension: String,
    pub version: Option<i64>,
    pub description: Option<String>,
    pub actions: Option<BTreeMap<ActionPoint, Vec<Action>>>,
    pub parameters: Option<BTreeMap<String, Parameter>>,
}

/// `CreateExtensionAssociation`. What the resource's ARN means is found out before.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct CreateAssociation {
    pub extension: String,
    pub version: Option<i64>,
    pub resource: Resource,
    pub arn: String,
    pub parameters: BTreeMap<String, String>,
    pub tags: Tags,
}

/// A treatment as it is given; its key follows from its place.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct TreatmentInput {
    pub weight: f64,
    pub description: Option<String>,
    pub enabled: bool,
    pub attributes: BTreeMap<String, AttributeValue>,
}

/// `CreateExperimentDefinition`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct CreateDefinition {
    pub application: String,
    pub name: String,
    pub profile: String,
    pub environment: String,
    pub flag_key: String,
    pub treatments: Vec<TreatmentInput>,
    pub control: TreatmentInput,
    pub audience_rule: String,
    pub audience_description: Option<String>,
    pub hypothesis: Option<String>,
    pub launch_criteria: Option<String>,
    pub tags: Tags,
}

/// `UpdateExperimentDefinition`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct UpdateDefinition {
    pub application: String,
    pub definition: String,
    pub treatments: Option<Vec<TreatmentInput>>,
    pub control: Option<TreatmentInput>,
    pub audience_rule: Option<String>,
    pub audience_description: Option<String>,
    pub hypothesis: Option<String>,
    pub launch_criteria: Option<String>,
}

/// What goes along with the deployment that a change of a run makes.
#[derive(Clone, Debug, Default)]
pub struct RunDeployment {
    /// Its tags.
    pub tags: Tags,
    /// The extensions at work.
    pub applied: Vec<AppliedExtension>,
    /// The environment's latest deployment, if it must still be the latest: what was looked at before.
    pub latest_deployment: Option<u32>,
}

/// `StartExperimentRun`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct StartRun {
    pub application: String,
    pub definition: String,
    pub description: Option<String>,
    pub exposure_percentage: Option<f64>,
    pub overrides: BTreeMap<String, String>,
    pub tags: Tags,
    pub deployment: RunDeployment,
}

/// `UpdateExperimentRun`
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are the request's, under AWS's names")]
pub struct UpdateRun {
    pub application: String,
    pub definition: String,
    pub run: i64,
    pub description: Option<String>,
    pub exposure_percentage: Option<f64>,
    pub overrides: Option<BTreeMap<String, String>>,
    pub deployment: RunDeployment,
}
