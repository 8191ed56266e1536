//! What somebody wants done. Identifiers are as the caller gave them: ids or names.

use std::collections::BTreeMap;

use crate::id::{ContentHash, Id, Secret};
use crate::record::{GrowthType, Monitor, Plan, ReplicateTo, Resource, Validator};

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
    DeleteEnvironment { application: String, environment: String },
    /// `CreateConfigurationProfile`
    CreateProfile(CreateProfile),
    /// `UpdateConfigurationProfile`
    UpdateProfile(UpdateProfile),
    /// `DeleteConfigurationProfile`
    DeleteProfile { application: String, profile: String },
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
    TakeStep { environment: Id, number: u32, steps: u32 },
    /// `TagResource`
    Tag { resource: Resource, arn: String, tags: Tags },
    /// `UntagResource`
    Untag { resource: Resource, arn: String, keys: Vec<String> },
    /// Makes this the key that seals tokens, unless the present one is younger than so much.
    RotateTokenKey { secret: Secret, max_age_ms: i64 },
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
            Self::Tag { .. } => "TagResource",
            Self::Untag { .. } => "UntagResource",
            Self::RotateTokenKey { .. } => "RotateTokenKey",
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
}
