//! Why a command is refused, in AWS's words where they are known.

use crate::experiment::DefinitionStatus;
use crate::id::{Account, Id};
use crate::identity::IdentityRefusal;
use crate::record::Resource;

/// What kind of refusal it is. What HTTP makes of it is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request does not make sense, or not now.
    BadRequest,
    /// There is no such thing.
    NotFound,
    /// It collides with what is, or with what somebody else just did.
    Conflict,
    /// The content is too large.
    TooLarge,
    /// A quota is used up.
    QuotaExceeded,
    /// There is nothing to do any more: another node was quicker.
    Superseded,
}

/// A command that is not carried out, and why. The variants say what is the matter, [`Refusal::message`] says it in words.
#[allow(missing_docs, reason = "each variant is explained by its message")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    ApplicationNotFound { application: String },
    ApplicationNameTaken { name: String, id: Id },
    ApplicationHasEnvironments { application: Id },
    ApplicationHasProfiles { application: Id },
    EnvironmentNotFound { application: Id, environment: String },
    EnvironmentNameTaken { name: String, id: Id, application: Id },
    EnvironmentBusy { environment: Id },
    ProfileNotFound { application: Id, profile: String },
    ProfileNameTaken { name: String, id: Id, application: Id },
    ProfileHasVersions { profile: Id },
    ProfileBusy { profile: Id },
    ProfileTypeUnknown,
    LocationUnsupported { uri: String },
    LocationIncomplete { uri: String },
    FlagsOutsideHostedStore,
    KeyOutsideHostedStore,
    RoleMissing { uri: String },
    RoleForHosted { arn: String },
    FunctionArnInvalid { arn: String },
    VersionNotFound { application: Id, profile: Id, number: i64 },
    VersionLabelTaken { label: String, number: u32 },
    VersionOutdated { expected: i64, actual: u32 },
    ContentTooLarge { size: u64, limit: u64 },
    ConfigurationNotFound { profile_name: String, version: String },
    SourceNotServed { location_uri: String },
    StrategyNotFound { strategy: String },
    StrategyIsPredefined { strategy: String, verb: &'static str },
    DeploymentNotFound { application: Id, environment: Id, number: i64 },
    DeploymentInProgress { environment: Id, number: u32 },
    DeploymentNumberOutdated { expected: i64, actual: u32 },
    DeploymentIsComplete { number: u32 },
    DeploymentIsTerminal { number: u32, state: &'static str },
    DeploymentIsNotCurrent { number: u32 },
    DeploymentTooOldToRevert { number: u32 },
    ApplicationHasDefinitions { application: Id },
    EnvironmentHasDefinitions { environment: Id },
    ProfileHasDefinitions { profile: Id },
    ExperimentOutsideFlags { profile: Id },
    DefinitionNotFound { application: Id, definition: String },
    DefinitionNameTaken { name: String, id: Id, application: Id },
    DefinitionNotUpdatable { definition: Id, status: DefinitionStatus },
    DefinitionNotStartable { definition: Id, status: DefinitionStatus },
    DefinitionActive { definition: Id },
    FlagNotDeployed { flag: String, environment: Id },
    FlagInExperiment { flag: String, definition: Id },
    RunNotFound { definition: Id, run: i64 },
    RunTerminal { definition: Id, run: u32 },
    RunNotRunning { definition: Id, run: u32 },
    RunUpdatesTwoAttributes { exposure: String },
    ExposureShrinks { current: String, requested: String },
    TreatmentUnknown { key: String, definition: Id },
    EnvironmentInUse { name: String },
    ProfileInUse { name: String },
    ResourceHasAssociations { resource: Resource, region: String },
    ExtensionNotFound,
    ExtensionExists { name: String },
    ExtensionOutdated { expected: i64, actual: u32 },
    ExtensionVersionMismatch { arn: String, version: i64 },
    ExtensionHasAssociations { extension: Id, version: u32, associations: usize },
    ExtensionIsOfAws { extension: String },
    ActionUriUnsupported { uri: String },
    ParameterRequiredAndDynamic,
    ParametersMissing { name: String, version: u32 },
    ParameterMissing { name: String, extension: String, version: u32 },
    ParameterUnknown { name: String, extension: String, version: u32 },
    AssociationNotFound { association: String },
    ResourceNotFound { arn: String },
    TagKeyReserved { key: String },
    TooManyTags { limit: usize },
    QuotaExceeded { what: &'static str, limit: usize },
    Identity(IdentityRefusal),
    ContentCondemned,
    Superseded,
}

impl Refusal {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::ApplicationNotFound { .. }
            | Self::EnvironmentNotFound { .. }
            | Self::ProfileNotFound { .. }
            | Self::ProfileTypeUnknown
            | Self::VersionNotFound { .. }
            | Self::ConfigurationNotFound { .. }
            | Self::StrategyNotFound { .. }
            | Self::DeploymentNotFound { .. }
            | Self::DefinitionNotFound { .. }
            | Self::RunNotFound { .. }
            | Self::ExtensionNotFound
            | Self::AssociationNotFound { .. }
            | Self::ResourceNotFound { .. } => Kind::NotFound,
            Self::EnvironmentBusy { .. }
            | Self::ProfileBusy { .. }
            | Self::VersionOutdated { .. }
            | Self::DeploymentInProgress { .. }
            | Self::DefinitionNameTaken { .. }
            | Self::DefinitionNotUpdatable { .. }
            | Self::DefinitionNotStartable { .. }
            | Self::FlagInExperiment { .. }
            | Self::ExtensionOutdated { .. }
            | Self::DeploymentNumberOutdated { .. } => Kind::Conflict,
            Self::ContentTooLarge { .. } => Kind::TooLarge,
            Self::QuotaExceeded { .. } => Kind::QuotaExceeded,
            Self::Superseded | Self::ContentCondemned => Kind::Superseded,
            Self::ApplicationNameTaken { .. }
            | Self::ApplicationHasEnvironments { .. }
            | Self::ApplicationHasProfiles { .. }
            | Self::EnvironmentNameTaken { .. }
            | Self::ProfileNameTaken { .. }
            | Self::ProfileHasVersions { .. }
            | Self::LocationUnsupported { .. }
            | Self::LocationIncomplete { .. }
            | Self::FlagsOutsideHostedStore
            | Self::KeyOutsideHostedStore
            | Self::RoleMissing { .. }
            | Self::RoleForHosted { .. }
            | Self::FunctionArnInvalid { .. }
            | Self::VersionLabelTaken { .. }
            | Self::SourceNotServed { .. }
            | Self::StrategyIsPredefined { .. }
            | Self::DeploymentIsComplete { .. }
            | Self::DeploymentIsTerminal { .. }
            | Self::DeploymentIsNotCurrent { .. }
            | Self::DeploymentTooOldToRevert { .. }
            | Self::ApplicationHasDefinitions { .. }
            | Self::EnvironmentHasDefinitions { .. }
            | Self::ProfileHasDefinitions { .. }
            | Self::ExperimentOutsideFlags { .. }
            | Self::DefinitionActive { .. }
            | Self::FlagNotDeployed { .. }
            | Self::RunTerminal { .. }
            | Self::RunNotRunning { .. }
            | Self::RunUpdatesTwoAttributes { .. }
            | Self::ExposureShrinks { .. }
            | Self::TreatmentUnknown { .. }
            | Self::EnvironmentInUse { .. }
            | Self::ProfileInUse { .. }
            | Self::ResourceHasAssociations { .. }
            | Self::ExtensionExists { .. }
            | Self::ExtensionVersionMismatch { .. }
            | Self::ExtensionHasAssociations { .. }
            | Self::ExtensionIsOfAws { .. }
            | Self::ActionUriUnsupported { .. }
            | Self::ParameterRequiredAndDynamic
            | Self::ParametersMissing { .. }
            | Self::ParameterMissing { .. }
            | Self::ParameterUnknown { .. }
            | Self::Identity(_)
            | Self::TagKeyReserved { .. }
            | Self::TooManyTags { .. } => Kind::BadRequest,
        }
    }

    /// What to tell the caller. Final dots and double words are AWS's own; texts that nobody has recorded from AWS are
    /// listed in docs/behaviour.md.
    pub fn message(&self, account: &Account) -> String {
        match self {
            Self::ApplicationNotFound { application } => {
                format!("Application with Id {application} could not be found for account {account}.")
            }
            Self::ApplicationNameTaken { name, id } => {
                format!("Application with name {name} already exists with id {id} in account {account}")
            }
            Self::ApplicationHasEnvironments { application } => format!(
                "Cannot delete application {application}, because there are still environments existing under it."
            ),
            Self::ApplicationHasProfiles { application } => format!(
                "Cannot delete application {application}, because there are still configuration profiles existing \
                 under it."
            ),
            Self::EnvironmentNotFound { application, environment } => format!(
                "Environment with Application Id {application} and Environment Id {environment} could not be found \
                 for account {account}."
            ),
            Self::EnvironmentNameTaken { name, id, application } => format!(
                "Environment with name {name} already exists with id {id} in application {application} and account \
                 {account}"
            ),
            Self::EnvironmentBusy { environment } => {
                format!("Cannot delete environment {environment} because a deployment is in progress in it.")
            }
            Self::ProfileNotFound { application, profile } => format!(
                "Configuration Profile with Application Id {application} and Configuration Profile Id {profile} could \
                 not be found for account {account}."
            ),
            Self::ProfileNameTaken { name, id, application } => format!(
                "ConfigurationProfile with name {name} already exists with id {id} in application {application} \
                 account {account}"
            ),
            Self::ProfileHasVersions { profile } => format!(
                "Cannot delete configuration profile {profile} because there are still hosted configuration versions \
                 existing under it."
            ),
            Self::ProfileBusy { profile } => {
                format!("Cannot delete configuration profile {profile} because a deployment of it is in progress.")
            }
            Self::ProfileTypeUnknown => "Invalid type, must be one of: AWS.Freeform, AWS.AppConfig.FeatureFlags".into(),
            Self::LocationUnsupported { uri } => format!("The Uri: {uri} is of an unsupported type"),
            Self::LocationIncomplete { uri } => format!("Invalid locationUri {uri}"),
            Self::FlagsOutsideHostedStore => {
                "ConfigurationProfiles of type 'AWS.AppConfig.FeatureFlags' can only have a locationUri of 'hosted'"
                    .into()
            }
            Self::KeyOutsideHostedStore => "KmsKeyIdentifier applies only to AppConfig hosted configuration data. For \
                 non-hosted configuration sources, configure encryption in the corresponding service."
                .into(),
            Self::RoleMissing { uri } => format!(
                "1 validation error detected: Value null at 'retrievalRoleArn' failed to satisfy constraint: Member \
                 must not be null if the request has the following uri: {uri}"
            ),
            Self::RoleForHosted { arn } => format!(
                "1 validation error detected: Value {arn} at 'retrievalRoleArn' failed to satisfy constraint: Member \
                 must be null if the request has the following uri: hosted"
            ),
            Self::FunctionArnInvalid { arn } => {
                format!("ARN {arn} is invalid due to not containing an account ID.")
            }
            Self::VersionNotFound { application, profile, number } => format!(
                "Hosted Configuration Version with Application Id {application}, Configuration Profile Id {profile}, \
                 and Version {number} could not be found for account {account}"
            ),
            Self::VersionLabelTaken { label, number } => format!(
                "The version label '{label}' has already been assigned to hosted configuration version {number}. \
                 Please provide a different version label to create your hosted configuration version."
            ),
            Self::VersionOutdated { expected, actual } => {
                format!("Expected latest version {expected} does not match actual latest version {actual}")
            }
            Self::ContentTooLarge { .. } => "Content size limit exceeded.".into(),
            Self::ConfigurationNotFound { profile_name, version } => {
                format!("Could not find configuration {profile_name} with version number {version}")
            }
            Self::SourceNotServed { location_uri } => format!(
                "Cannot retrieve the configuration at {location_uri}: this server deploys hosted configurations only."
            ),
            Self::StrategyNotFound { strategy } => {
                format!("DeploymentStrategy with Id {strategy} could not be found.")
            }
            Self::StrategyIsPredefined { strategy, verb: "delete" } => {
                format!("Cannot delete predefined Deployment Strategy {strategy}.")
            }
            Self::StrategyIsPredefined { strategy, verb } => {
                format!("Cannot {verb} predefined Deployment Strategy {strategy}")
            }
            Self::DeploymentNotFound { application, environment, number } => format!(
                "Deployment with Application Id {application}, Environment Id {environment}, and Deployment Number \
                 {number} could not be found for account {account}."
            ),
            Self::DeploymentInProgress { environment, number } => format!(
                "Deployment {number} is already in progress in environment {environment}. An environment takes one \
                 deployment at a time."
            ),
            Self::DeploymentNumberOutdated { expected, actual } => {
                format!("Expected latest deployment number {expected} does not match actual latest number {actual}")
            }
            Self::DeploymentIsComplete { number } => format!(
                "Deployment {number} is complete and cannot be stopped. Set AllowRevert to revert to the previous \
                 configuration."
            ),
            Self::DeploymentIsTerminal { number, state } => {
                format!("Deployment {number} cannot be stopped because its state is {state}.")
            }
            Self::DeploymentIsNotCurrent { number } => format!(
                "Deployment {number} cannot be reverted because a later deployment of its configuration profile has \
                 started."
            ),
            Self::DeploymentTooOldToRevert { number } => {
                format!("Deployment {number} cannot be reverted because it completed more than 72 hours ago.")
            }
            Self::ApplicationHasDefinitions { application } => format!(
                "Cannot delete application {application}, because there are still experiment definitions existing \
                 under it."
            ),
            Self::EnvironmentHasDefinitions { environment } => format!(
                "Cannot delete environment {environment}, because there are non-archived experiment definitions \
                 associated with it."
            ),
            Self::ProfileHasDefinitions { profile } => format!(
                "Cannot delete configuration profile {profile}, because there are non-archived experiment definitions \
                 associated with it."
            ),
            Self::ExperimentOutsideFlags { profile } => format!(
                "Configuration profile {profile} is not of type AWS.AppConfig.FeatureFlags, and cannot be used in an \
                 experiment."
            ),
            Self::DefinitionNotFound { application, definition } => format!(
                "Experiment definition with Application Id {application} and Experiment Definition Id {definition} \
                 could not be found for account {account}."
            ),
            Self::DefinitionNameTaken { name, id, application } => format!(
                "Experiment definition with name {name} already exists with id {id} in application {application} and \
                 account {account}"
            ),
            Self::DefinitionNotUpdatable { definition, status: DefinitionStatus::Active } => format!(
                "Cannot update experiment definition {definition} with status ACTIVE. Stop the current experiment run \
                 before updating the experiment definition."
            ),
            Self::DefinitionNotUpdatable { definition, status } => {
                format!("Cannot update experiment definition {definition} with status {}.", status.as_str())
            }
            Self::DefinitionNotStartable { definition, status } => {
                format!("Cannot start experiment definition {definition} with status {}.", status.as_str())
            }
            Self::DefinitionActive { definition } => {
                format!("Experiment definition {definition} cannot be deleted while an experiment is running.")
            }
            Self::FlagNotDeployed { flag, environment } => {
                format!("Flag '{flag}' is not deployed to environment '{environment}'.")
            }
            Self::FlagInExperiment { flag, definition } => {
                format!("Flag '{flag}' is already in the running experiment of definition {definition}.")
            }
            Self::RunNotFound { definition, run } => format!(
                "Experiment run {run} for experiment definition {definition} could not be found for account {account}."
            ),
            Self::RunTerminal { definition, run } => format!(
                "Cannot update experiment run {run} for experiment definition {definition} because it is already \
                 terminal."
            ),
            Self::RunNotRunning { definition, run } => {
                format!("Experiment run {run} for experiment definition {definition} is not running.")
            }
            Self::RunUpdatesTwoAttributes { exposure } => format!(
                "1 validation error detected: Value {exposure} at 'exposurePercentage' failed to satisfy constraint: \
                 Only one deployment attribute can be updated per request"
            ),
            Self::ExposureShrinks { current, requested } => {
                format!("Exposure percentage can only be increased. Current: {current}%, Requested: {requested}%.")
            }
            Self::TreatmentUnknown { key, definition } => {
                format!("Experiment definition {definition} has no treatment with key {key}.")
            }
            Self::EnvironmentInUse { name } => {
                format!("Environment {name} is actively being used in your application and cannot be deleted.")
            }
            Self::ProfileInUse { name } => format!(
                "Configuration Profile {name} is actively being used in your application and cannot be deleted."
            ),
            Self::ResourceHasAssociations { resource, region } => {
                let kind = match resource {
                    Resource::Application(_) => "application",
                    Resource::Environment(..) => "environment",
                    _ => "configuration profile",
                };
                let arn = resource.arn(region, account);
                format!(
                    "Cannot delete {kind} {arn} because there are extensions associated with it. Please remove the \
                     extension associations to this {kind} first."
                )
            }
            Self::ExtensionNotFound => format!("Extension could not be found for account {account}."),
            Self::ExtensionExists { name } => {
                format!("LatestVersionNumber not populated and an extension with name {name} already exists.")
            }
            Self::ExtensionOutdated { expected, actual } => {
                format!("LatestVersionNumber supplied in request {expected} does not match latest version {actual}.")
            }
            Self::ExtensionVersionMismatch { arn, version } => format!(
                "Version number in ExtensionIdentifier ARN {arn} does not match request ExtensionVersionNumber \
                 {version}."
            ),
            Self::ExtensionHasAssociations { extension, version, associations } => format!(
                "Cannot delete extension {extension}, version {version}, for account {account}, as there are \
                 {associations} associations of the extension still existing."
            ),
            Self::ExtensionIsOfAws { extension } => {
                format!("Extension {extension} is authored by AWS and cannot be changed.")
            }
            Self::ActionUriUnsupported { uri } => format!("The action Uri: {uri} is of an unsupported type"),
            Self::ParameterRequiredAndDynamic => {
                "Extension parameters invalid can not be both required and dynamic".into()
            }
            Self::ParametersMissing { name, version } => format!(
                "Extension {name} version {version} has required parameters, but no parameters have been supplied"
            ),
            // The two spaces are AWS's.
            Self::ParameterMissing { name, extension, version } => format!(
                "Parameter {name}  is required for extension {extension} version {version}, but a value has not been \
                 supplied."
            ),
            Self::ParameterUnknown { name, extension, version } => {
                format!("Parameter {name} is not a parameter of extension {extension} version {version}.")
            }
            Self::AssociationNotFound { association } => {
                format!("Extension association {association} could not be found for account {account}.")
            }
            Self::ResourceNotFound { arn } => {
                format!("Resource {arn} could not be found for account {account}.")
            }
            Self::TagKeyReserved { key } => format!("Tag key {key} is not valid: keys must not begin with aws:"),
            Self::TooManyTags { limit } => format!("A resource cannot have more than {limit} tags."),
            Self::QuotaExceeded { what, limit } => format!("The limit of {limit} {what} is reached."),
            Self::Identity(refusal) => refusal.to_string(),
            Self::ContentCondemned => "The configuration has to be stored again.".into(),
            Self::Superseded => "This has already been done.".into(),
        }
    }
}
