//! `appconfig` 2019-10-09: requests, responses and errors, and after them the table that describes them.
//!
//! Written by `cargo xtask model` from the service model inside botocore; do not edit.

#![allow(missing_docs, reason = "a name here is AWS's, and AWS documents it")]

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::shape::{
    ErrorShape, Input, Location, Member, Method, Operation, Output, Segment, Service, Shape, ShapeKind, Structure,
};

/// `CreateApplication`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateApplicationRequest {
    pub name: String,
    pub description: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}

/// `CreateApplication`, `GetApplication`, `UpdateApplication`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Application {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Input for CreateApplicationRequest {
    type Output = Application;
    const OPERATION: &'static Operation = &CREATE_APPLICATION;
}

impl Output for Application {}

/// `CreateConfigurationProfile`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateConfigurationProfileRequest {
    pub application_id: String,
    pub name: String,
    pub description: Option<String>,
    pub location_uri: String,
    pub retrieval_role_arn: Option<String>,
    pub validators: Option<Vec<Validator>>,
    pub tags: Option<BTreeMap<String, String>>,
    pub r#type: Option<String>,
    pub kms_key_identifier: Option<String>,
}

/// `CreateConfigurationProfile`, `GetConfigurationProfile`, `UpdateConfigurationProfile`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConfigurationProfile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrieval_role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validators: Option<Vec<Validator>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_identifier: Option<String>,
}

impl Input for CreateConfigurationProfileRequest {
    type Output = ConfigurationProfile;
    const OPERATION: &'static Operation = &CREATE_CONFIGURATION_PROFILE;
}

impl Output for ConfigurationProfile {}

/// `CreateDeploymentStrategy`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateDeploymentStrategyRequest {
    pub name: String,
    pub description: Option<String>,
    pub deployment_duration_in_minutes: i32,
    pub final_bake_time_in_minutes: Option<i32>,
    pub growth_factor: f64,
    pub growth_type: Option<GrowthType>,
    pub replicate_to: Option<ReplicateTo>,
    pub tags: Option<BTreeMap<String, String>>,
}

/// `CreateDeploymentStrategy`, `GetDeploymentStrategy`, `UpdateDeploymentStrategy`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentStrategy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_duration_in_minutes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth_type: Option<GrowthType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth_factor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_bake_time_in_minutes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicate_to: Option<ReplicateTo>,
}

impl Input for CreateDeploymentStrategyRequest {
    type Output = DeploymentStrategy;
    const OPERATION: &'static Operation = &CREATE_DEPLOYMENT_STRATEGY;
}

impl Output for DeploymentStrategy {}

/// `CreateEnvironment`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateEnvironmentRequest {
    pub application_id: String,
    pub name: String,
    pub description: Option<String>,
    pub monitors: Option<Vec<Monitor>>,
    pub tags: Option<BTreeMap<String, String>>,
}

/// `CreateEnvironment`, `GetEnvironment`, `UpdateEnvironment`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Environment {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<EnvironmentState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitors: Option<Vec<Monitor>>,
}

impl Input for CreateEnvironmentRequest {
    type Output = Environment;
    const OPERATION: &'static Operation = &CREATE_ENVIRONMENT;
}

impl Output for Environment {}

/// `CreateExperimentDefinition`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateExperimentDefinitionRequest {
    pub application_identifier: String,
    pub name: String,
    pub configuration_profile_identifier: String,
    pub environment_identifier: String,
    pub flag_key: String,
    pub treatments: Vec<TreatmentInput>,
    pub control: TreatmentInput,
    pub audience_rule: String,
    pub hypothesis: Option<String>,
    pub audience_description: Option<String>,
    pub launch_criteria: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}

/// `CreateExperimentDefinition`, `GetExperimentDefinition`, `UpdateExperimentDefinition`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentDefinition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypothesis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ExperimentDefinitionStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience_rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_criteria: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treatments: Option<Vec<Treatment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Treatment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_identifier: Option<String>,
}

impl Input for CreateExperimentDefinitionRequest {
    type Output = ExperimentDefinition;
    const OPERATION: &'static Operation = &CREATE_EXPERIMENT_DEFINITION;
}

impl Output for ExperimentDefinition {}

/// `CreateExtension`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateExtensionRequest {
    pub name: String,
    pub description: Option<String>,
    pub actions: BTreeMap<ActionPoint, Vec<Action>>,
    pub parameters: Option<BTreeMap<String, Parameter>>,
    pub tags: Option<BTreeMap<String, String>>,
    pub latest_version_number: Option<i32>,
}

/// `CreateExtension`, `GetExtension`, `UpdateExtension`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Extension {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_number: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<BTreeMap<ActionPoint, Vec<Action>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Parameter>>,
}

impl Input for CreateExtensionRequest {
    type Output = Extension;
    const OPERATION: &'static Operation = &CREATE_EXTENSION;
}

impl Output for Extension {}

/// `CreateExtensionAssociation`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateExtensionAssociationRequest {
    pub extension_identifier: String,
    pub extension_version_number: Option<i32>,
    pub resource_identifier: String,
    pub parameters: Option<BTreeMap<String, String>>,
    pub tags: Option<BTreeMap<String, String>>,
}

/// `CreateExtensionAssociation`, `GetExtensionAssociation`, `UpdateExtensionAssociation`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExtensionAssociation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_version_number: Option<i32>,
}

impl Input for CreateExtensionAssociationRequest {
    type Output = ExtensionAssociation;
    const OPERATION: &'static Operation = &CREATE_EXTENSION_ASSOCIATION;
}

impl Output for ExtensionAssociation {}

/// `CreateHostedConfigurationVersion`: request.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateHostedConfigurationVersionRequest {
    pub application_id: String,
    pub configuration_profile_id: String,
    pub description: Option<String>,
    /// Travels beside the JSON, as the whole body.
    #[serde(skip)]
    pub content: Bytes,
    pub content_type: String,
    pub latest_version_number: Option<i32>,
    pub version_label: Option<String>,
}

impl fmt::Debug for CreateHostedConfigurationVersionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateHostedConfigurationVersionRequest")
            .field("application_id", &self.application_id)
            .field("configuration_profile_id", &self.configuration_profile_id)
            .field("description", &self.description)
            .field("content", &format_args!("(sensitive)"))
            .field("content_type", &self.content_type)
            .field("latest_version_number", &self.latest_version_number)
            .field("version_label", &self.version_label)
            .finish()
    }
}

/// `CreateHostedConfigurationVersion`, `GetHostedConfigurationVersion`: response.
#[derive(Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HostedConfigurationVersion {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_number: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Travels beside the JSON, as the whole body.
    #[serde(skip)]
    pub content: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<String>,
}

impl fmt::Debug for HostedConfigurationVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostedConfigurationVersion")
            .field("application_id", &self.application_id)
            .field("configuration_profile_id", &self.configuration_profile_id)
            .field("version_number", &self.version_number)
            .field("description", &self.description)
            .field("content", &format_args!("(sensitive)"))
            .field("content_type", &self.content_type)
            .field("version_label", &self.version_label)
            .field("kms_key_arn", &self.kms_key_arn)
            .finish()
    }
}

impl Input for CreateHostedConfigurationVersionRequest {
    type Output = HostedConfigurationVersion;
    const OPERATION: &'static Operation = &CREATE_HOSTED_CONFIGURATION_VERSION;

    fn set_payload(&mut self, payload: Bytes) {
        self.content = payload;
    }
}

impl Output for HostedConfigurationVersion {
    fn take_payload(&mut self) -> Option<Bytes> {
        self.content.take()
    }
}

/// `DeleteApplication`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteApplicationRequest {
    pub application_id: String,
}

/// `DeleteApplication`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeleteApplicationResponse {}

impl Output for DeleteApplicationResponse {}

impl Input for DeleteApplicationRequest {
    type Output = DeleteApplicationResponse;
    const OPERATION: &'static Operation = &DELETE_APPLICATION;
}

/// `DeleteConfigurationProfile`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteConfigurationProfileRequest {
    pub application_id: String,
    pub configuration_profile_id: String,
    pub deletion_protection_check: Option<DeletionProtectionCheck>,
}

/// `DeleteConfigurationProfile`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeleteConfigurationProfileResponse {}

impl Output for DeleteConfigurationProfileResponse {}

impl Input for DeleteConfigurationProfileRequest {
    type Output = DeleteConfigurationProfileResponse;
    const OPERATION: &'static Operation = &DELETE_CONFIGURATION_PROFILE;
}

/// `DeleteDeploymentStrategy`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteDeploymentStrategyRequest {
    pub deployment_strategy_id: String,
}

/// `DeleteDeploymentStrategy`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeleteDeploymentStrategyResponse {}

impl Output for DeleteDeploymentStrategyResponse {}

impl Input for DeleteDeploymentStrategyRequest {
    type Output = DeleteDeploymentStrategyResponse;
    const OPERATION: &'static Operation = &DELETE_DEPLOYMENT_STRATEGY;
}

/// `DeleteEnvironment`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteEnvironmentRequest {
    pub environment_id: String,
    pub application_id: String,
    pub deletion_protection_check: Option<DeletionProtectionCheck>,
}

/// `DeleteEnvironment`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeleteEnvironmentResponse {}

impl Output for DeleteEnvironmentResponse {}

impl Input for DeleteEnvironmentRequest {
    type Output = DeleteEnvironmentResponse;
    const OPERATION: &'static Operation = &DELETE_ENVIRONMENT;
}

/// `DeleteExperimentDefinition`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteExperimentDefinitionRequest {
    pub application_identifier: String,
    pub experiment_definition_identifier: String,
    pub delete_type: Option<DeleteType>,
}

/// `DeleteExperimentDefinition`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeleteExperimentDefinitionResponse {}

impl Output for DeleteExperimentDefinitionResponse {}

impl Input for DeleteExperimentDefinitionRequest {
    type Output = DeleteExperimentDefinitionResponse;
    const OPERATION: &'static Operation = &DELETE_EXPERIMENT_DEFINITION;
}

/// `DeleteExtension`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteExtensionRequest {
    pub extension_identifier: String,
    pub version_number: Option<i32>,
}

/// `DeleteExtension`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeleteExtensionResponse {}

impl Output for DeleteExtensionResponse {}

impl Input for DeleteExtensionRequest {
    type Output = DeleteExtensionResponse;
    const OPERATION: &'static Operation = &DELETE_EXTENSION;
}

/// `DeleteExtensionAssociation`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteExtensionAssociationRequest {
    pub extension_association_id: String,
}

/// `DeleteExtensionAssociation`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeleteExtensionAssociationResponse {}

impl Output for DeleteExtensionAssociationResponse {}

impl Input for DeleteExtensionAssociationRequest {
    type Output = DeleteExtensionAssociationResponse;
    const OPERATION: &'static Operation = &DELETE_EXTENSION_ASSOCIATION;
}

/// `DeleteHostedConfigurationVersion`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteHostedConfigurationVersionRequest {
    pub application_id: String,
    pub configuration_profile_id: String,
    pub version_number: i32,
}

/// `DeleteHostedConfigurationVersion`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeleteHostedConfigurationVersionResponse {}

impl Output for DeleteHostedConfigurationVersionResponse {}

impl Input for DeleteHostedConfigurationVersionRequest {
    type Output = DeleteHostedConfigurationVersionResponse;
    const OPERATION: &'static Operation = &DELETE_HOSTED_CONFIGURATION_VERSION;
}

/// `GetAccountSettings`: request, empty.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct GetAccountSettingsRequest {}

/// `GetAccountSettings`, `UpdateAccountSettings`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<DeletionProtectionSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vended_metrics: Option<VendedMetricsSettings>,
}

impl Input for GetAccountSettingsRequest {
    type Output = AccountSettings;
    const OPERATION: &'static Operation = &GET_ACCOUNT_SETTINGS;
}

impl Output for AccountSettings {}

/// `GetApplication`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetApplicationRequest {
    pub application_id: String,
}

impl Input for GetApplicationRequest {
    type Output = Application;
    const OPERATION: &'static Operation = &GET_APPLICATION;
}

/// `GetConfiguration`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetConfigurationRequest {
    pub application: String,
    pub environment: String,
    pub configuration: String,
    pub client_id: String,
    pub client_configuration_version: Option<String>,
}

/// `GetConfiguration`: response.
#[derive(Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Configuration {
    /// Travels beside the JSON, as the whole body.
    #[serde(skip)]
    pub content: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configuration")
            .field("content", &format_args!("(sensitive)"))
            .field("configuration_version", &self.configuration_version)
            .field("content_type", &self.content_type)
            .finish()
    }
}

impl Input for GetConfigurationRequest {
    type Output = Configuration;
    const OPERATION: &'static Operation = &GET_CONFIGURATION;
}

impl Output for Configuration {
    fn take_payload(&mut self) -> Option<Bytes> {
        self.content.take()
    }
}

/// `GetConfigurationProfile`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetConfigurationProfileRequest {
    pub application_id: String,
    pub configuration_profile_id: String,
}

impl Input for GetConfigurationProfileRequest {
    type Output = ConfigurationProfile;
    const OPERATION: &'static Operation = &GET_CONFIGURATION_PROFILE;
}

/// `GetDeployment`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetDeploymentRequest {
    pub application_id: String,
    pub environment_id: String,
    pub deployment_number: i32,
}

/// `GetDeployment`, `StartDeployment`, `StopDeployment`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Deployment {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_strategy_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_number: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_location_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_duration_in_minutes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth_type: Option<GrowthType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth_factor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_bake_time_in_minutes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DeploymentState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_log: Option<Vec<DeploymentEvent>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage_complete: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_extensions: Option<Vec<AppliedExtension>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_label: Option<String>,
}

impl Input for GetDeploymentRequest {
    type Output = Deployment;
    const OPERATION: &'static Operation = &GET_DEPLOYMENT;
}

impl Output for Deployment {}

/// `GetDeploymentStrategy`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetDeploymentStrategyRequest {
    pub deployment_strategy_id: String,
}

impl Input for GetDeploymentStrategyRequest {
    type Output = DeploymentStrategy;
    const OPERATION: &'static Operation = &GET_DEPLOYMENT_STRATEGY;
}

/// `GetEnvironment`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetEnvironmentRequest {
    pub application_id: String,
    pub environment_id: String,
}

impl Input for GetEnvironmentRequest {
    type Output = Environment;
    const OPERATION: &'static Operation = &GET_ENVIRONMENT;
}

/// `GetExperimentDefinition`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetExperimentDefinitionRequest {
    pub application_identifier: String,
    pub experiment_definition_identifier: String,
}

impl Input for GetExperimentDefinitionRequest {
    type Output = ExperimentDefinition;
    const OPERATION: &'static Operation = &GET_EXPERIMENT_DEFINITION;
}

/// `GetExperimentRun`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetExperimentRunRequest {
    pub application_identifier: String,
    pub experiment_definition_identifier: String,
    pub run: i32,
}

/// `GetExperimentRun`, `StartExperimentRun`, `StopExperimentRun`, `UpdateExperimentRun`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentRun {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment_definition_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ExperimentRunStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure_percentage: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treatment_overrides: Option<TreatmentOverrides>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ExperimentRunResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment_definition_snapshot: Option<ExperimentDefinitionSnapshot>,
}

impl Input for GetExperimentRunRequest {
    type Output = ExperimentRun;
    const OPERATION: &'static Operation = &GET_EXPERIMENT_RUN;
}

impl Output for ExperimentRun {}

/// `GetExtension`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetExtensionRequest {
    pub extension_identifier: String,
    pub version_number: Option<i32>,
}

impl Input for GetExtensionRequest {
    type Output = Extension;
    const OPERATION: &'static Operation = &GET_EXTENSION;
}

/// `GetExtensionAssociation`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetExtensionAssociationRequest {
    pub extension_association_id: String,
}

impl Input for GetExtensionAssociationRequest {
    type Output = ExtensionAssociation;
    const OPERATION: &'static Operation = &GET_EXTENSION_ASSOCIATION;
}

/// `GetHostedConfigurationVersion`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetHostedConfigurationVersionRequest {
    pub application_id: String,
    pub configuration_profile_id: String,
    pub version_number: i32,
}

impl Input for GetHostedConfigurationVersionRequest {
    type Output = HostedConfigurationVersion;
    const OPERATION: &'static Operation = &GET_HOSTED_CONFIGURATION_VERSION;
}

/// `ListApplications`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListApplicationsRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

/// `ListApplications`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Applications {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Application>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListApplicationsRequest {
    type Output = Applications;
    const OPERATION: &'static Operation = &LIST_APPLICATIONS;
}

impl Output for Applications {}

/// `ListConfigurationProfiles`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListConfigurationProfilesRequest {
    pub application_id: String,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub r#type: Option<String>,
}

/// `ListConfigurationProfiles`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConfigurationProfiles {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ConfigurationProfileSummary>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListConfigurationProfilesRequest {
    type Output = ConfigurationProfiles;
    const OPERATION: &'static Operation = &LIST_CONFIGURATION_PROFILES;
}

impl Output for ConfigurationProfiles {}

/// `ListDeploymentStrategies`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListDeploymentStrategiesRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

/// `ListDeploymentStrategies`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentStrategies {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<DeploymentStrategy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListDeploymentStrategiesRequest {
    type Output = DeploymentStrategies;
    const OPERATION: &'static Operation = &LIST_DEPLOYMENT_STRATEGIES;
}

impl Output for DeploymentStrategies {}

/// `ListDeployments`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListDeploymentsRequest {
    pub application_id: String,
    pub environment_id: String,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

/// `ListDeployments`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Deployments {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<DeploymentSummary>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListDeploymentsRequest {
    type Output = Deployments;
    const OPERATION: &'static Operation = &LIST_DEPLOYMENTS;
}

impl Output for Deployments {}

/// `ListEnvironments`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListEnvironmentsRequest {
    pub application_id: String,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

/// `ListEnvironments`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Environments {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Environment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListEnvironmentsRequest {
    type Output = Environments;
    const OPERATION: &'static Operation = &LIST_ENVIRONMENTS;
}

impl Output for Environments {}

/// `ListExperimentDefinitions`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListExperimentDefinitionsRequest {
    pub application_identifier: Option<String>,
    pub configuration_profile_identifier: Option<String>,
    pub environment_identifier: Option<String>,
    pub status: Option<ExperimentDefinitionStatus>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

/// `ListExperimentDefinitions`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentDefinitions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ExperimentDefinitionSummary>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListExperimentDefinitionsRequest {
    type Output = ExperimentDefinitions;
    const OPERATION: &'static Operation = &LIST_EXPERIMENT_DEFINITIONS;
}

impl Output for ExperimentDefinitions {}

/// `ListExperimentRunEvents`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListExperimentRunEventsRequest {
    pub application_identifier: String,
    pub experiment_definition_identifier: String,
    pub run: i32,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

/// `ListExperimentRunEvents`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentRunEvents {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ExperimentRunEvent>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListExperimentRunEventsRequest {
    type Output = ExperimentRunEvents;
    const OPERATION: &'static Operation = &LIST_EXPERIMENT_RUN_EVENTS;
}

impl Output for ExperimentRunEvents {}

/// `ListExperimentRuns`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListExperimentRunsRequest {
    pub application_identifier: String,
    pub experiment_definition_identifier: String,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub status: Option<ExperimentRunStatus>,
}

/// `ListExperimentRuns`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentRuns {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ExperimentRunSummary>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListExperimentRunsRequest {
    type Output = ExperimentRuns;
    const OPERATION: &'static Operation = &LIST_EXPERIMENT_RUNS;
}

impl Output for ExperimentRuns {}

/// `ListExtensionAssociations`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListExtensionAssociationsRequest {
    pub resource_identifier: Option<String>,
    pub extension_identifier: Option<String>,
    pub extension_version_number: Option<i32>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

/// `ListExtensionAssociations`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExtensionAssociations {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ExtensionAssociationSummary>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListExtensionAssociationsRequest {
    type Output = ExtensionAssociations;
    const OPERATION: &'static Operation = &LIST_EXTENSION_ASSOCIATIONS;
}

impl Output for ExtensionAssociations {}

/// `ListExtensions`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListExtensionsRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub name: Option<String>,
}

/// `ListExtensions`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Extensions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ExtensionSummary>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListExtensionsRequest {
    type Output = Extensions;
    const OPERATION: &'static Operation = &LIST_EXTENSIONS;
}

impl Output for Extensions {}

/// `ListHostedConfigurationVersions`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListHostedConfigurationVersionsRequest {
    pub application_id: String,
    pub configuration_profile_id: String,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub version_label: Option<String>,
}

/// `ListHostedConfigurationVersions`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HostedConfigurationVersions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<HostedConfigurationVersionSummary>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Input for ListHostedConfigurationVersionsRequest {
    type Output = HostedConfigurationVersions;
    const OPERATION: &'static Operation = &LIST_HOSTED_CONFIGURATION_VERSIONS;
}

impl Output for HostedConfigurationVersions {}

/// `ListTagsForResource`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResourceRequest {
    pub resource_arn: String,
}

/// `ListTagsForResource`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceTags {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

impl Input for ListTagsForResourceRequest {
    type Output = ResourceTags;
    const OPERATION: &'static Operation = &LIST_TAGS_FOR_RESOURCE;
}

impl Output for ResourceTags {}

/// `StartDeployment`: request.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StartDeploymentRequest {
    pub application_id: String,
    pub environment_id: String,
    pub deployment_strategy_id: String,
    pub configuration_profile_id: String,
    pub configuration_version: String,
    pub description: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub kms_key_identifier: Option<String>,
    pub dynamic_extension_parameters: Option<BTreeMap<String, String>>,
    pub latest_deployment_number: Option<i32>,
}

impl fmt::Debug for StartDeploymentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartDeploymentRequest")
            .field("application_id", &self.application_id)
            .field("environment_id", &self.environment_id)
            .field("deployment_strategy_id", &self.deployment_strategy_id)
            .field("configuration_profile_id", &self.configuration_profile_id)
            .field("configuration_version", &self.configuration_version)
            .field("description", &self.description)
            .field("tags", &self.tags)
            .field("kms_key_identifier", &self.kms_key_identifier)
            .field("dynamic_extension_parameters", &format_args!("(sensitive)"))
            .field("latest_deployment_number", &self.latest_deployment_number)
            .finish()
    }
}

impl Input for StartDeploymentRequest {
    type Output = Deployment;
    const OPERATION: &'static Operation = &START_DEPLOYMENT;
}

/// `StartExperimentRun`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StartExperimentRunRequest {
    pub application_identifier: String,
    pub experiment_definition_identifier: String,
    pub description: Option<String>,
    pub exposure_percentage: Option<f64>,
    pub treatment_overrides: Option<TreatmentOverrides>,
    pub tags: Option<BTreeMap<String, String>>,
    pub deployment_parameters: Option<DeploymentParameters>,
}

impl Input for StartExperimentRunRequest {
    type Output = ExperimentRun;
    const OPERATION: &'static Operation = &START_EXPERIMENT_RUN;
}

/// `StopDeployment`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StopDeploymentRequest {
    pub application_id: String,
    pub environment_id: String,
    pub deployment_number: i32,
    pub allow_revert: Option<bool>,
}

impl Input for StopDeploymentRequest {
    type Output = Deployment;
    const OPERATION: &'static Operation = &STOP_DEPLOYMENT;
}

/// `StopExperimentRun`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StopExperimentRunRequest {
    pub application_identifier: String,
    pub experiment_definition_identifier: String,
    pub run: i32,
    pub result: Option<ExperimentRunResult>,
    pub deployment_parameters: Option<DeploymentParameters>,
}

impl Input for StopExperimentRunRequest {
    type Output = ExperimentRun;
    const OPERATION: &'static Operation = &STOP_EXPERIMENT_RUN;
}

/// `TagResource`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagResourceRequest {
    pub resource_arn: String,
    pub tags: BTreeMap<String, String>,
}

/// `TagResource`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TagResourceResponse {}

impl Output for TagResourceResponse {}

impl Input for TagResourceRequest {
    type Output = TagResourceResponse;
    const OPERATION: &'static Operation = &TAG_RESOURCE;
}

/// `UntagResource`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UntagResourceRequest {
    pub resource_arn: String,
    pub tag_keys: Vec<String>,
}

/// `UntagResource`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UntagResourceResponse {}

impl Output for UntagResourceResponse {}

impl Input for UntagResourceRequest {
    type Output = UntagResourceResponse;
    const OPERATION: &'static Operation = &UNTAG_RESOURCE;
}

/// `UpdateAccountSettings`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateAccountSettingsRequest {
    pub deletion_protection: Option<DeletionProtectionSettings>,
    pub vended_metrics: Option<VendedMetricsSettings>,
}

impl Input for UpdateAccountSettingsRequest {
    type Output = AccountSettings;
    const OPERATION: &'static Operation = &UPDATE_ACCOUNT_SETTINGS;
}

/// `UpdateApplication`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateApplicationRequest {
    pub application_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
}

impl Input for UpdateApplicationRequest {
    type Output = Application;
    const OPERATION: &'static Operation = &UPDATE_APPLICATION;
}

/// `UpdateConfigurationProfile`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateConfigurationProfileRequest {
    pub application_id: String,
    pub configuration_profile_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub retrieval_role_arn: Option<String>,
    pub validators: Option<Vec<Validator>>,
    pub kms_key_identifier: Option<String>,
}

impl Input for UpdateConfigurationProfileRequest {
    type Output = ConfigurationProfile;
    const OPERATION: &'static Operation = &UPDATE_CONFIGURATION_PROFILE;
}

/// `UpdateDeploymentStrategy`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateDeploymentStrategyRequest {
    pub deployment_strategy_id: String,
    pub description: Option<String>,
    pub deployment_duration_in_minutes: Option<i32>,
    pub final_bake_time_in_minutes: Option<i32>,
    pub growth_factor: Option<f64>,
    pub growth_type: Option<GrowthType>,
}

impl Input for UpdateDeploymentStrategyRequest {
    type Output = DeploymentStrategy;
    const OPERATION: &'static Operation = &UPDATE_DEPLOYMENT_STRATEGY;
}

/// `UpdateEnvironment`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateEnvironmentRequest {
    pub application_id: String,
    pub environment_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub monitors: Option<Vec<Monitor>>,
}

impl Input for UpdateEnvironmentRequest {
    type Output = Environment;
    const OPERATION: &'static Operation = &UPDATE_ENVIRONMENT;
}

/// `UpdateExperimentDefinition`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateExperimentDefinitionRequest {
    pub application_identifier: String,
    pub experiment_definition_identifier: String,
    pub treatments: Option<Vec<TreatmentInput>>,
    pub control: Option<TreatmentInput>,
    pub hypothesis: Option<String>,
    pub audience_rule: Option<String>,
    pub audience_description: Option<String>,
    pub launch_criteria: Option<String>,
}

impl Input for UpdateExperimentDefinitionRequest {
    type Output = ExperimentDefinition;
    const OPERATION: &'static Operation = &UPDATE_EXPERIMENT_DEFINITION;
}

/// `UpdateExperimentRun`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateExperimentRunRequest {
    pub application_identifier: String,
    pub experiment_definition_identifier: String,
    pub run: i32,
    pub description: Option<String>,
    pub exposure_percentage: Option<f64>,
    pub treatment_overrides: Option<TreatmentOverrides>,
    pub deployment_parameters: Option<DeploymentParameters>,
}

impl Input for UpdateExperimentRunRequest {
    type Output = ExperimentRun;
    const OPERATION: &'static Operation = &UPDATE_EXPERIMENT_RUN;
}

/// `UpdateExtension`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateExtensionRequest {
    pub extension_identifier: String,
    pub description: Option<String>,
    pub actions: Option<BTreeMap<ActionPoint, Vec<Action>>>,
    pub parameters: Option<BTreeMap<String, Parameter>>,
    pub version_number: Option<i32>,
}

impl Input for UpdateExtensionRequest {
    type Output = Extension;
    const OPERATION: &'static Operation = &UPDATE_EXTENSION;
}

/// `UpdateExtensionAssociation`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateExtensionAssociationRequest {
    pub extension_association_id: String,
    pub parameters: Option<BTreeMap<String, String>>,
}

impl Input for UpdateExtensionAssociationRequest {
    type Output = ExtensionAssociation;
    const OPERATION: &'static Operation = &UPDATE_EXTENSION_ASSOCIATION;
}

/// `ValidateConfiguration`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValidateConfigurationRequest {
    pub application_id: String,
    pub configuration_profile_id: String,
    pub configuration_version: String,
}

/// `ValidateConfiguration`: response, empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ValidateConfigurationResponse {}

impl Output for ValidateConfigurationResponse {}

impl Input for ValidateConfigurationRequest {
    type Output = ValidateConfigurationResponse;
    const OPERATION: &'static Operation = &VALIDATE_CONFIGURATION;
}

/// `Action`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Action {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}

/// `ActionInvocation`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ActionInvocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
}

/// `ActionPoint`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ActionPoint {
    #[serde(rename = "PRE_CREATE_HOSTED_CONFIGURATION_VERSION")]
    PreCreateHostedConfigurationVersion,
    #[serde(rename = "PRE_START_DEPLOYMENT")]
    PreStartDeployment,
    #[serde(rename = "AT_DEPLOYMENT_TICK")]
    AtDeploymentTick,
    #[serde(rename = "ON_DEPLOYMENT_START")]
    OnDeploymentStart,
    #[serde(rename = "ON_DEPLOYMENT_STEP")]
    OnDeploymentStep,
    #[serde(rename = "ON_DEPLOYMENT_BAKING")]
    OnDeploymentBaking,
    #[serde(rename = "ON_DEPLOYMENT_COMPLETE")]
    OnDeploymentComplete,
    #[serde(rename = "ON_DEPLOYMENT_ROLLED_BACK")]
    OnDeploymentRolledBack,
}

impl ActionPoint {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[
        Self::PreCreateHostedConfigurationVersion,
        Self::PreStartDeployment,
        Self::AtDeploymentTick,
        Self::OnDeploymentStart,
        Self::OnDeploymentStep,
        Self::OnDeploymentBaking,
        Self::OnDeploymentComplete,
        Self::OnDeploymentRolledBack,
    ];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreCreateHostedConfigurationVersion => "PRE_CREATE_HOSTED_CONFIGURATION_VERSION",
            Self::PreStartDeployment => "PRE_START_DEPLOYMENT",
            Self::AtDeploymentTick => "AT_DEPLOYMENT_TICK",
            Self::OnDeploymentStart => "ON_DEPLOYMENT_START",
            Self::OnDeploymentStep => "ON_DEPLOYMENT_STEP",
            Self::OnDeploymentBaking => "ON_DEPLOYMENT_BAKING",
            Self::OnDeploymentComplete => "ON_DEPLOYMENT_COMPLETE",
            Self::OnDeploymentRolledBack => "ON_DEPLOYMENT_ROLLED_BACK",
        }
    }
}

impl fmt::Display for ActionPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `AppliedExtension`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AppliedExtension {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_association_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_number: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, String>>,
}

/// `AttributeValue`: exactly one of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AttributeValue {
    StringValue(String),
    NumberValue(f64),
    BooleanValue(bool),
    StringArray(Vec<String>),
    NumberArray(Vec<f64>),
}

/// `BadRequestDetails`: exactly one of these.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum BadRequestDetails {
    InvalidConfiguration(Vec<InvalidConfigurationDetail>),
}

/// `BadRequestException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BadRequestException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<BadRequestReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<BadRequestDetails>,
}

/// `BadRequestReason`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BadRequestReason {
    InvalidConfiguration,
}

impl BadRequestReason {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::InvalidConfiguration];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidConfiguration => "InvalidConfiguration",
        }
    }
}

impl fmt::Display for BadRequestReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `BytesMeasure`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BytesMeasure {
    #[serde(rename = "KILOBYTES")]
    Kilobytes,
}

impl BytesMeasure {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::Kilobytes];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kilobytes => "KILOBYTES",
        }
    }
}

impl fmt::Display for BytesMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `ConfigurationProfileSummary`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConfigurationProfileSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator_types: Option<Vec<ValidatorType>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// `ConflictException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConflictException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `DeleteType`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DeleteType {
    #[serde(rename = "ARCHIVE")]
    Archive,
    #[serde(rename = "DESTROY")]
    Destroy,
}

impl DeleteType {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::Archive, Self::Destroy];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Archive => "ARCHIVE",
            Self::Destroy => "DESTROY",
        }
    }
}

impl fmt::Display for DeleteType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `DeletionProtectionCheck`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DeletionProtectionCheck {
    #[serde(rename = "ACCOUNT_DEFAULT")]
    AccountDefault,
    #[serde(rename = "APPLY")]
    Apply,
    #[serde(rename = "BYPASS")]
    Bypass,
}

impl DeletionProtectionCheck {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::AccountDefault, Self::Apply, Self::Bypass];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountDefault => "ACCOUNT_DEFAULT",
            Self::Apply => "APPLY",
            Self::Bypass => "BYPASS",
        }
    }
}

impl fmt::Display for DeletionProtectionCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `DeletionProtectionSettings`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeletionProtectionSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection_period_in_minutes: Option<i32>,
}

/// `DeploymentEvent`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentEvent {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<DeploymentEventType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triggered_by: Option<TriggeredBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_invocations: Option<Vec<ActionInvocation>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
}

/// `DeploymentEventType`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DeploymentEventType {
    #[serde(rename = "PERCENTAGE_UPDATED")]
    PercentageUpdated,
    #[serde(rename = "ROLLBACK_STARTED")]
    RollbackStarted,
    #[serde(rename = "ROLLBACK_COMPLETED")]
    RollbackCompleted,
    #[serde(rename = "BAKE_TIME_STARTED")]
    BakeTimeStarted,
    #[serde(rename = "DEPLOYMENT_STARTED")]
    DeploymentStarted,
    #[serde(rename = "DEPLOYMENT_COMPLETED")]
    DeploymentCompleted,
    #[serde(rename = "REVERT_COMPLETED")]
    RevertCompleted,
}

impl DeploymentEventType {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[
        Self::PercentageUpdated,
        Self::RollbackStarted,
        Self::RollbackCompleted,
        Self::BakeTimeStarted,
        Self::DeploymentStarted,
        Self::DeploymentCompleted,
        Self::RevertCompleted,
    ];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PercentageUpdated => "PERCENTAGE_UPDATED",
            Self::RollbackStarted => "ROLLBACK_STARTED",
            Self::RollbackCompleted => "ROLLBACK_COMPLETED",
            Self::BakeTimeStarted => "BAKE_TIME_STARTED",
            Self::DeploymentStarted => "DEPLOYMENT_STARTED",
            Self::DeploymentCompleted => "DEPLOYMENT_COMPLETED",
            Self::RevertCompleted => "REVERT_COMPLETED",
        }
    }
}

impl fmt::Display for DeploymentEventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `DeploymentParameters`: part of others.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentParameters {
    pub dynamic_extension_parameters: Option<BTreeMap<String, String>>,
    pub tags: Option<BTreeMap<String, String>>,
}

impl fmt::Debug for DeploymentParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeploymentParameters")
            .field("dynamic_extension_parameters", &format_args!("(sensitive)"))
            .field("tags", &self.tags)
            .finish()
    }
}

/// `DeploymentState`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DeploymentState {
    #[serde(rename = "BAKING")]
    Baking,
    #[serde(rename = "VALIDATING")]
    Validating,
    #[serde(rename = "DEPLOYING")]
    Deploying,
    #[serde(rename = "COMPLETE")]
    Complete,
    #[serde(rename = "ROLLING_BACK")]
    RollingBack,
    #[serde(rename = "ROLLED_BACK")]
    RolledBack,
    #[serde(rename = "REVERTED")]
    Reverted,
}

impl DeploymentState {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[
        Self::Baking,
        Self::Validating,
        Self::Deploying,
        Self::Complete,
        Self::RollingBack,
        Self::RolledBack,
        Self::Reverted,
    ];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baking => "BAKING",
            Self::Validating => "VALIDATING",
            Self::Deploying => "DEPLOYING",
            Self::Complete => "COMPLETE",
            Self::RollingBack => "ROLLING_BACK",
            Self::RolledBack => "ROLLED_BACK",
            Self::Reverted => "REVERTED",
        }
    }
}

impl fmt::Display for DeploymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `DeploymentSummary`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_number: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_duration_in_minutes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth_type: Option<GrowthType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth_factor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_bake_time_in_minutes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DeploymentState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage_complete: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<DeploymentType>,
}

/// `DeploymentType`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DeploymentType {
    #[serde(rename = "USER")]
    User,
    #[serde(rename = "MANAGED")]
    Managed,
}

impl DeploymentType {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::User, Self::Managed];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Managed => "MANAGED",
        }
    }
}

impl fmt::Display for DeploymentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `EnvironmentState`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EnvironmentState {
    ReadyForDeployment,
    Deploying,
    RollingBack,
    RolledBack,
    Reverted,
}

impl EnvironmentState {
    /// Every one, in the model's order.
    pub const ALL: &[Self] =
        &[Self::ReadyForDeployment, Self::Deploying, Self::RollingBack, Self::RolledBack, Self::Reverted];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadyForDeployment => "ReadyForDeployment",
            Self::Deploying => "Deploying",
            Self::RollingBack => "RollingBack",
            Self::RolledBack => "RolledBack",
            Self::Reverted => "Reverted",
        }
    }
}

impl fmt::Display for EnvironmentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `ExperimentDefinitionSnapshot`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentDefinitionSnapshot {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypothesis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience_rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_criteria: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treatments: Option<Vec<Treatment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Treatment>,
}

/// `ExperimentDefinitionStatus`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ExperimentDefinitionStatus {
    #[serde(rename = "ACTIVE")]
    Active,
    #[serde(rename = "IDLE")]
    Idle,
    #[serde(rename = "ARCHIVED")]
    Archived,
}

impl ExperimentDefinitionStatus {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::Active, Self::Idle, Self::Archived];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Idle => "IDLE",
            Self::Archived => "ARCHIVED",
        }
    }
}

impl fmt::Display for ExperimentDefinitionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `ExperimentDefinitionSummary`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentDefinitionSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypothesis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ExperimentDefinitionStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// `ExperimentRunEvent`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentRunEvent {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_deployment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<ExperimentRunEventType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triggered_by: Option<TriggeredBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure_percentage: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treatment_overrides: Option<TreatmentOverrides>,
}

/// `ExperimentRunEventType`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ExperimentRunEventType {
    #[serde(rename = "RUN_STARTED")]
    RunStarted,
    #[serde(rename = "EXPOSURE_UPDATED")]
    ExposureUpdated,
    #[serde(rename = "OVERRIDES_UPDATED")]
    OverridesUpdated,
    #[serde(rename = "RUN_STOPPED")]
    RunStopped,
}

impl ExperimentRunEventType {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::RunStarted, Self::ExposureUpdated, Self::OverridesUpdated, Self::RunStopped];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RunStarted => "RUN_STARTED",
            Self::ExposureUpdated => "EXPOSURE_UPDATED",
            Self::OverridesUpdated => "OVERRIDES_UPDATED",
            Self::RunStopped => "RUN_STOPPED",
        }
    }
}

impl fmt::Display for ExperimentRunEventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `ExperimentRunResult`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentRunResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executive_summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons_to_launch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons_not_to_launch: Option<String>,
}

/// `ExperimentRunStatus`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ExperimentRunStatus {
    #[serde(rename = "RUNNING")]
    Running,
    #[serde(rename = "DONE")]
    Done,
}

impl ExperimentRunStatus {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::Running, Self::Done];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Done => "DONE",
        }
    }
}

impl fmt::Display for ExperimentRunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `ExperimentRunSummary`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExperimentRunSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment_definition_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ExperimentRunStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// `ExtensionAssociationSummary`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExtensionAssociationSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
}

/// `ExtensionSummary`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExtensionSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_number: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `FlagValue`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FlagValue {
    pub enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_values: Option<BTreeMap<String, AttributeValue>>,
}

/// `GrowthType`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GrowthType {
    #[serde(rename = "LINEAR")]
    Linear,
    #[serde(rename = "EXPONENTIAL")]
    Exponential,
}

impl GrowthType {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::Linear, Self::Exponential];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linear => "LINEAR",
            Self::Exponential => "EXPONENTIAL",
        }
    }
}

impl fmt::Display for GrowthType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `HostedConfigurationVersionSummary`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HostedConfigurationVersionSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_number: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<String>,
}

/// `InternalServerException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InternalServerException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `InvalidConfigurationDetail`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InvalidConfigurationDetail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// `Monitor`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Monitor {
    pub alarm_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm_role_arn: Option<String>,
}

/// `Parameter`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic: Option<bool>,
}

/// `PayloadTooLargeException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PayloadTooLargeException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<BytesMeasure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<f64>,
}

/// `ReplicateTo`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReplicateTo {
    #[serde(rename = "NONE")]
    None,
    #[serde(rename = "SSM_DOCUMENT")]
    SsmDocument,
}

impl ReplicateTo {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::None, Self::SsmDocument];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::SsmDocument => "SSM_DOCUMENT",
        }
    }
}

impl fmt::Display for ReplicateTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `ResourceNotFoundException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceNotFoundException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
}

/// `ServiceQuotaExceededException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceQuotaExceededException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `Treatment`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Treatment {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub weight: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub flag_value: FlagValue,
}

/// `TreatmentInput`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TreatmentInput {
    pub weight: f64,
    pub description: Option<String>,
    pub flag_value: FlagValue,
}

/// `TreatmentOverrides`: exactly one of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TreatmentOverrides {
    Inline(BTreeMap<String, String>),
}

/// `TriggeredBy`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TriggeredBy {
    #[serde(rename = "USER")]
    User,
    #[serde(rename = "APPCONFIG")]
    Appconfig,
    #[serde(rename = "CLOUDWATCH_ALARM")]
    CloudwatchAlarm,
    #[serde(rename = "INTERNAL_ERROR")]
    InternalError,
}

impl TriggeredBy {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::User, Self::Appconfig, Self::CloudwatchAlarm, Self::InternalError];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Appconfig => "APPCONFIG",
            Self::CloudwatchAlarm => "CLOUDWATCH_ALARM",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }
}

impl fmt::Display for TriggeredBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `Validator`: part of others.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Validator {
    pub r#type: ValidatorType,
    pub content: String,
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator").field("type", &self.r#type).field("content", &format_args!("(sensitive)")).finish()
    }
}

/// `ValidatorType`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ValidatorType {
    #[serde(rename = "JSON_SCHEMA")]
    JsonSchema,
    #[serde(rename = "LAMBDA")]
    Lambda,
}

impl ValidatorType {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::JsonSchema, Self::Lambda];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsonSchema => "JSON_SCHEMA",
            Self::Lambda => "LAMBDA",
        }
    }
}

impl fmt::Display for ValidatorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `VendedMetricsSettings`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VendedMetricsSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Any error that the model of `appconfig` lists; serialises as the body of the one that it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Error {
    BadRequest(BadRequestException),
    Conflict(ConflictException),
    InternalServer(InternalServerException),
    PayloadTooLarge(PayloadTooLargeException),
    ResourceNotFound(ResourceNotFoundException),
    ServiceQuotaExceeded(ServiceQuotaExceededException),
}

impl Error {
    /// Returns the error's name, status and members.
    pub const fn shape(&self) -> &'static ErrorShape {
        match self {
            Self::BadRequest(_) => &BAD_REQUEST_EXCEPTION,
            Self::Conflict(_) => &CONFLICT_EXCEPTION,
            Self::InternalServer(_) => &INTERNAL_SERVER_EXCEPTION,
            Self::PayloadTooLarge(_) => &PAYLOAD_TOO_LARGE_EXCEPTION,
            Self::ResourceNotFound(_) => &RESOURCE_NOT_FOUND_EXCEPTION,
            Self::ServiceQuotaExceeded(_) => &SERVICE_QUOTA_EXCEEDED_EXCEPTION,
        }
    }

    /// Returns the text for a person, if there is one.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::BadRequest(it) => it.message.as_deref(),
            Self::Conflict(it) => it.message.as_deref(),
            Self::InternalServer(it) => it.message.as_deref(),
            Self::PayloadTooLarge(it) => it.message.as_deref(),
            Self::ResourceNotFound(it) => it.message.as_deref(),
            Self::ServiceQuotaExceeded(it) => it.message.as_deref(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shape().name)?;
        self.message().map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

impl std::error::Error for Error {}

impl From<BadRequestException> for Error {
    fn from(it: BadRequestException) -> Self {
        Self::BadRequest(it)
    }
}

impl From<ConflictException> for Error {
    fn from(it: ConflictException) -> Self {
        Self::Conflict(it)
    }
}

impl From<InternalServerException> for Error {
    fn from(it: InternalServerException) -> Self {
        Self::InternalServer(it)
    }
}

impl From<PayloadTooLargeException> for Error {
    fn from(it: PayloadTooLargeException) -> Self {
        Self::PayloadTooLarge(it)
    }
}

impl From<ResourceNotFoundException> for Error {
    fn from(it: ResourceNotFoundException) -> Self {
        Self::ResourceNotFound(it)
    }
}

impl From<ServiceQuotaExceededException> for Error {
    fn from(it: ServiceQuotaExceededException) -> Self {
        Self::ServiceQuotaExceeded(it)
    }
}

/// Every operation, by name.
pub static OPERATIONS: &[&Operation] = &[
    &CREATE_APPLICATION,
    &CREATE_CONFIGURATION_PROFILE,
    &CREATE_DEPLOYMENT_STRATEGY,
    &CREATE_ENVIRONMENT,
    &CREATE_EXPERIMENT_DEFINITION,
    &CREATE_EXTENSION,
    &CREATE_EXTENSION_ASSOCIATION,
    &CREATE_HOSTED_CONFIGURATION_VERSION,
    &DELETE_APPLICATION,
    &DELETE_CONFIGURATION_PROFILE,
    &DELETE_DEPLOYMENT_STRATEGY,
    &DELETE_ENVIRONMENT,
    &DELETE_EXPERIMENT_DEFINITION,
    &DELETE_EXTENSION,
    &DELETE_EXTENSION_ASSOCIATION,
    &DELETE_HOSTED_CONFIGURATION_VERSION,
    &GET_ACCOUNT_SETTINGS,
    &GET_APPLICATION,
    &GET_CONFIGURATION,
    &GET_CONFIGURATION_PROFILE,
    &GET_DEPLOYMENT,
    &GET_DEPLOYMENT_STRATEGY,
    &GET_ENVIRONMENT,
    &GET_EXPERIMENT_DEFINITION,
    &GET_EXPERIMENT_RUN,
    &GET_EXTENSION,
    &GET_EXTENSION_ASSOCIATION,
    &GET_HOSTED_CONFIGURATION_VERSION,
    &LIST_APPLICATIONS,
    &LIST_CONFIGURATION_PROFILES,
    &LIST_DEPLOYMENT_STRATEGIES,
    &LIST_DEPLOYMENTS,
    &LIST_ENVIRONMENTS,
    &LIST_EXPERIMENT_DEFINITIONS,
    &LIST_EXPERIMENT_RUN_EVENTS,
    &LIST_EXPERIMENT_RUNS,
    &LIST_EXTENSION_ASSOCIATIONS,
    &LIST_EXTENSIONS,
    &LIST_HOSTED_CONFIGURATION_VERSIONS,
    &LIST_TAGS_FOR_RESOURCE,
    &START_DEPLOYMENT,
    &START_EXPERIMENT_RUN,
    &STOP_DEPLOYMENT,
    &STOP_EXPERIMENT_RUN,
    &TAG_RESOURCE,
    &UNTAG_RESOURCE,
    &UPDATE_ACCOUNT_SETTINGS,
    &UPDATE_APPLICATION,
    &UPDATE_CONFIGURATION_PROFILE,
    &UPDATE_DEPLOYMENT_STRATEGY,
    &UPDATE_ENVIRONMENT,
    &UPDATE_EXPERIMENT_DEFINITION,
    &UPDATE_EXPERIMENT_RUN,
    &UPDATE_EXTENSION,
    &UPDATE_EXTENSION_ASSOCIATION,
    &VALIDATE_CONFIGURATION,
];

pub static CREATE_APPLICATION: Operation = Operation {
    name: "CreateApplication",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[Segment::Literal("applications")],
    status: 201,
    input: &CREATE_APPLICATION_REQUEST_STRUCTURE,
    output: &APPLICATION_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &SERVICE_QUOTA_EXCEEDED_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static CREATE_CONFIGURATION_PROFILE: Operation = Operation {
    name: "CreateConfigurationProfile",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
    ],
    status: 201,
    input: &CREATE_CONFIGURATION_PROFILE_REQUEST_STRUCTURE,
    output: &CONFIGURATION_PROFILE_STRUCTURE,
    errors: &[
        &BAD_REQUEST_EXCEPTION,
        &RESOURCE_NOT_FOUND_EXCEPTION,
        &INTERNAL_SERVER_EXCEPTION,
        &SERVICE_QUOTA_EXCEEDED_EXCEPTION,
    ],
};

pub static CREATE_DEPLOYMENT_STRATEGY: Operation = Operation {
    name: "CreateDeploymentStrategy",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[Segment::Literal("deploymentstrategies")],
    status: 201,
    input: &CREATE_DEPLOYMENT_STRATEGY_REQUEST_STRUCTURE,
    output: &DEPLOYMENT_STRATEGY_STRUCTURE,
    errors: &[&INTERNAL_SERVER_EXCEPTION, &SERVICE_QUOTA_EXCEEDED_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static CREATE_ENVIRONMENT: Operation = Operation {
    name: "CreateEnvironment",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[Segment::Literal("applications"), Segment::Label("ApplicationId"), Segment::Literal("environments")],
    status: 201,
    input: &CREATE_ENVIRONMENT_REQUEST_STRUCTURE,
    output: &ENVIRONMENT_STRUCTURE,
    errors: &[
        &INTERNAL_SERVER_EXCEPTION,
        &RESOURCE_NOT_FOUND_EXCEPTION,
        &BAD_REQUEST_EXCEPTION,
        &SERVICE_QUOTA_EXCEEDED_EXCEPTION,
    ],
};

pub static CREATE_EXPERIMENT_DEFINITION: Operation = Operation {
    name: "CreateExperimentDefinition",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
    ],
    status: 201,
    input: &CREATE_EXPERIMENT_DEFINITION_REQUEST_STRUCTURE,
    output: &EXPERIMENT_DEFINITION_STRUCTURE,
    errors: &[
        &BAD_REQUEST_EXCEPTION,
        &SERVICE_QUOTA_EXCEEDED_EXCEPTION,
        &RESOURCE_NOT_FOUND_EXCEPTION,
        &CONFLICT_EXCEPTION,
        &INTERNAL_SERVER_EXCEPTION,
    ],
};

pub static CREATE_EXTENSION: Operation = Operation {
    name: "CreateExtension",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[Segment::Literal("extensions")],
    status: 201,
    input: &CREATE_EXTENSION_REQUEST_STRUCTURE,
    output: &EXTENSION_STRUCTURE,
    errors: &[
        &BAD_REQUEST_EXCEPTION,
        &CONFLICT_EXCEPTION,
        &SERVICE_QUOTA_EXCEEDED_EXCEPTION,
        &INTERNAL_SERVER_EXCEPTION,
    ],
};

pub static CREATE_EXTENSION_ASSOCIATION: Operation = Operation {
    name: "CreateExtensionAssociation",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[Segment::Literal("extensionassociations")],
    status: 201,
    input: &CREATE_EXTENSION_ASSOCIATION_REQUEST_STRUCTURE,
    output: &EXTENSION_ASSOCIATION_STRUCTURE,
    errors: &[
        &BAD_REQUEST_EXCEPTION,
        &RESOURCE_NOT_FOUND_EXCEPTION,
        &INTERNAL_SERVER_EXCEPTION,
        &SERVICE_QUOTA_EXCEEDED_EXCEPTION,
    ],
};

pub static CREATE_HOSTED_CONFIGURATION_VERSION: Operation = Operation {
    name: "CreateHostedConfigurationVersion",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
        Segment::Label("ConfigurationProfileId"),
        Segment::Literal("hostedconfigurationversions"),
    ],
    status: 201,
    input: &CREATE_HOSTED_CONFIGURATION_VERSION_REQUEST_STRUCTURE,
    output: &HOSTED_CONFIGURATION_VERSION_STRUCTURE,
    errors: &[
        &BAD_REQUEST_EXCEPTION,
        &SERVICE_QUOTA_EXCEEDED_EXCEPTION,
        &RESOURCE_NOT_FOUND_EXCEPTION,
        &CONFLICT_EXCEPTION,
        &PAYLOAD_TOO_LARGE_EXCEPTION,
        &INTERNAL_SERVER_EXCEPTION,
    ],
};

pub static DELETE_APPLICATION: Operation = Operation {
    name: "DeleteApplication",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[Segment::Literal("applications"), Segment::Label("ApplicationId")],
    status: 204,
    input: &DELETE_APPLICATION_REQUEST_STRUCTURE,
    output: &DELETE_APPLICATION_RESPONSE_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static DELETE_APPLICATION_RESPONSE_STRUCTURE: Structure =
    Structure { name: "DeleteApplicationResponse", members: &[], payload: None, is_union: false };

pub static DELETE_CONFIGURATION_PROFILE: Operation = Operation {
    name: "DeleteConfigurationProfile",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
        Segment::Label("ConfigurationProfileId"),
    ],
    status: 204,
    input: &DELETE_CONFIGURATION_PROFILE_REQUEST_STRUCTURE,
    output: &DELETE_CONFIGURATION_PROFILE_RESPONSE_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &CONFLICT_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static DELETE_CONFIGURATION_PROFILE_RESPONSE_STRUCTURE: Structure =
    Structure { name: "DeleteConfigurationProfileResponse", members: &[], payload: None, is_union: false };

pub static DELETE_DEPLOYMENT_STRATEGY: Operation = Operation {
    name: "DeleteDeploymentStrategy",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[Segment::Literal("deployementstrategies"), Segment::Label("DeploymentStrategyId")],
    status: 204,
    input: &DELETE_DEPLOYMENT_STRATEGY_REQUEST_STRUCTURE,
    output: &DELETE_DEPLOYMENT_STRATEGY_RESPONSE_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static DELETE_DEPLOYMENT_STRATEGY_RESPONSE_STRUCTURE: Structure =
    Structure { name: "DeleteDeploymentStrategyResponse", members: &[], payload: None, is_union: false };

pub static DELETE_ENVIRONMENT: Operation = Operation {
    name: "DeleteEnvironment",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("environments"),
        Segment::Label("EnvironmentId"),
    ],
    status: 204,
    input: &DELETE_ENVIRONMENT_REQUEST_STRUCTURE,
    output: &DELETE_ENVIRONMENT_RESPONSE_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &CONFLICT_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static DELETE_ENVIRONMENT_RESPONSE_STRUCTURE: Structure =
    Structure { name: "DeleteEnvironmentResponse", members: &[], payload: None, is_union: false };

pub static DELETE_EXPERIMENT_DEFINITION: Operation = Operation {
    name: "DeleteExperimentDefinition",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
        Segment::Label("ExperimentDefinitionIdentifier"),
    ],
    status: 204,
    input: &DELETE_EXPERIMENT_DEFINITION_REQUEST_STRUCTURE,
    output: &DELETE_EXPERIMENT_DEFINITION_RESPONSE_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &CONFLICT_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static DELETE_EXPERIMENT_DEFINITION_RESPONSE_STRUCTURE: Structure =
    Structure { name: "DeleteExperimentDefinitionResponse", members: &[], payload: None, is_union: false };

pub static DELETE_EXTENSION: Operation = Operation {
    name: "DeleteExtension",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[Segment::Literal("extensions"), Segment::Label("ExtensionIdentifier")],
    status: 204,
    input: &DELETE_EXTENSION_REQUEST_STRUCTURE,
    output: &DELETE_EXTENSION_RESPONSE_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static DELETE_EXTENSION_RESPONSE_STRUCTURE: Structure =
    Structure { name: "DeleteExtensionResponse", members: &[], payload: None, is_union: false };

pub static DELETE_EXTENSION_ASSOCIATION: Operation = Operation {
    name: "DeleteExtensionAssociation",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[Segment::Literal("extensionassociations"), Segment::Label("ExtensionAssociationId")],
    status: 204,
    input: &DELETE_EXTENSION_ASSOCIATION_REQUEST_STRUCTURE,
    output: &DELETE_EXTENSION_ASSOCIATION_RESPONSE_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static DELETE_EXTENSION_ASSOCIATION_RESPONSE_STRUCTURE: Structure =
    Structure { name: "DeleteExtensionAssociationResponse", members: &[], payload: None, is_union: false };

pub static DELETE_HOSTED_CONFIGURATION_VERSION: Operation = Operation {
    name: "DeleteHostedConfigurationVersion",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
        Segment::Label("ConfigurationProfileId"),
        Segment::Literal("hostedconfigurationversions"),
        Segment::Label("VersionNumber"),
    ],
    status: 204,
    input: &DELETE_HOSTED_CONFIGURATION_VERSION_REQUEST_STRUCTURE,
    output: &DELETE_HOSTED_CONFIGURATION_VERSION_RESPONSE_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static DELETE_HOSTED_CONFIGURATION_VERSION_RESPONSE_STRUCTURE: Structure =
    Structure { name: "DeleteHostedConfigurationVersionResponse", members: &[], payload: None, is_union: false };

pub static GET_ACCOUNT_SETTINGS: Operation = Operation {
    name: "GetAccountSettings",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("settings")],
    status: 200,
    input: &GET_ACCOUNT_SETTINGS_REQUEST_STRUCTURE,
    output: &ACCOUNT_SETTINGS_STRUCTURE,
    errors: &[&INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static GET_ACCOUNT_SETTINGS_REQUEST_STRUCTURE: Structure =
    Structure { name: "GetAccountSettingsRequest", members: &[], payload: None, is_union: false };

pub static GET_APPLICATION: Operation = Operation {
    name: "GetApplication",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("applications"), Segment::Label("ApplicationId")],
    status: 200,
    input: &GET_APPLICATION_REQUEST_STRUCTURE,
    output: &APPLICATION_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static GET_CONFIGURATION: Operation = Operation {
    name: "GetConfiguration",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("Application"),
        Segment::Literal("environments"),
        Segment::Label("Environment"),
        Segment::Literal("configurations"),
        Segment::Label("Configuration"),
    ],
    status: 200,
    input: &GET_CONFIGURATION_REQUEST_STRUCTURE,
    output: &CONFIGURATION_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static GET_CONFIGURATION_PROFILE: Operation = Operation {
    name: "GetConfigurationProfile",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
        Segment::Label("ConfigurationProfileId"),
    ],
    status: 200,
    input: &GET_CONFIGURATION_PROFILE_REQUEST_STRUCTURE,
    output: &CONFIGURATION_PROFILE_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static GET_DEPLOYMENT: Operation = Operation {
    name: "GetDeployment",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("environments"),
        Segment::Label("EnvironmentId"),
        Segment::Literal("deployments"),
        Segment::Label("DeploymentNumber"),
    ],
    status: 200,
    input: &GET_DEPLOYMENT_REQUEST_STRUCTURE,
    output: &DEPLOYMENT_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static GET_DEPLOYMENT_STRATEGY: Operation = Operation {
    name: "GetDeploymentStrategy",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("deploymentstrategies"), Segment::Label("DeploymentStrategyId")],
    status: 200,
    input: &GET_DEPLOYMENT_STRATEGY_REQUEST_STRUCTURE,
    output: &DEPLOYMENT_STRATEGY_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static GET_ENVIRONMENT: Operation = Operation {
    name: "GetEnvironment",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("environments"),
        Segment::Label("EnvironmentId"),
    ],
    status: 200,
    input: &GET_ENVIRONMENT_REQUEST_STRUCTURE,
    output: &ENVIRONMENT_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static GET_EXPERIMENT_DEFINITION: Operation = Operation {
    name: "GetExperimentDefinition",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
        Segment::Label("ExperimentDefinitionIdentifier"),
    ],
    status: 200,
    input: &GET_EXPERIMENT_DEFINITION_REQUEST_STRUCTURE,
    output: &EXPERIMENT_DEFINITION_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static GET_EXPERIMENT_RUN: Operation = Operation {
    name: "GetExperimentRun",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
        Segment::Label("ExperimentDefinitionIdentifier"),
        Segment::Literal("experimentruns"),
        Segment::Label("Run"),
    ],
    status: 200,
    input: &GET_EXPERIMENT_RUN_REQUEST_STRUCTURE,
    output: &EXPERIMENT_RUN_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static GET_EXTENSION: Operation = Operation {
    name: "GetExtension",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("extensions"), Segment::Label("ExtensionIdentifier")],
    status: 200,
    input: &GET_EXTENSION_REQUEST_STRUCTURE,
    output: &EXTENSION_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static GET_EXTENSION_ASSOCIATION: Operation = Operation {
    name: "GetExtensionAssociation",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("extensionassociations"), Segment::Label("ExtensionAssociationId")],
    status: 200,
    input: &GET_EXTENSION_ASSOCIATION_REQUEST_STRUCTURE,
    output: &EXTENSION_ASSOCIATION_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static GET_HOSTED_CONFIGURATION_VERSION: Operation = Operation {
    name: "GetHostedConfigurationVersion",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
        Segment::Label("ConfigurationProfileId"),
        Segment::Literal("hostedconfigurationversions"),
        Segment::Label("VersionNumber"),
    ],
    status: 200,
    input: &GET_HOSTED_CONFIGURATION_VERSION_REQUEST_STRUCTURE,
    output: &HOSTED_CONFIGURATION_VERSION_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static LIST_APPLICATIONS: Operation = Operation {
    name: "ListApplications",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("applications")],
    status: 200,
    input: &LIST_APPLICATIONS_REQUEST_STRUCTURE,
    output: &APPLICATIONS_STRUCTURE,
    errors: &[&INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static LIST_CONFIGURATION_PROFILES: Operation = Operation {
    name: "ListConfigurationProfiles",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
    ],
    status: 200,
    input: &LIST_CONFIGURATION_PROFILES_REQUEST_STRUCTURE,
    output: &CONFIGURATION_PROFILES_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static LIST_DEPLOYMENT_STRATEGIES: Operation = Operation {
    name: "ListDeploymentStrategies",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("deploymentstrategies")],
    status: 200,
    input: &LIST_DEPLOYMENT_STRATEGIES_REQUEST_STRUCTURE,
    output: &DEPLOYMENT_STRATEGIES_STRUCTURE,
    errors: &[&INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static LIST_DEPLOYMENTS: Operation = Operation {
    name: "ListDeployments",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("environments"),
        Segment::Label("EnvironmentId"),
        Segment::Literal("deployments"),
    ],
    status: 200,
    input: &LIST_DEPLOYMENTS_REQUEST_STRUCTURE,
    output: &DEPLOYMENTS_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static LIST_ENVIRONMENTS: Operation = Operation {
    name: "ListEnvironments",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("applications"), Segment::Label("ApplicationId"), Segment::Literal("environments")],
    status: 200,
    input: &LIST_ENVIRONMENTS_REQUEST_STRUCTURE,
    output: &ENVIRONMENTS_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static LIST_EXPERIMENT_DEFINITIONS: Operation = Operation {
    name: "ListExperimentDefinitions",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("experimentdefinitions")],
    status: 200,
    input: &LIST_EXPERIMENT_DEFINITIONS_REQUEST_STRUCTURE,
    output: &EXPERIMENT_DEFINITIONS_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &BAD_REQUEST_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static LIST_EXPERIMENT_RUN_EVENTS: Operation = Operation {
    name: "ListExperimentRunEvents",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
        Segment::Label("ExperimentDefinitionIdentifier"),
        Segment::Literal("experimentruns"),
        Segment::Label("Run"),
        Segment::Literal("events"),
    ],
    status: 200,
    input: &LIST_EXPERIMENT_RUN_EVENTS_REQUEST_STRUCTURE,
    output: &EXPERIMENT_RUN_EVENTS_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static LIST_EXPERIMENT_RUNS: Operation = Operation {
    name: "ListExperimentRuns",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
        Segment::Label("ExperimentDefinitionIdentifier"),
        Segment::Literal("experimentruns"),
    ],
    status: 200,
    input: &LIST_EXPERIMENT_RUNS_REQUEST_STRUCTURE,
    output: &EXPERIMENT_RUNS_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static LIST_EXTENSION_ASSOCIATIONS: Operation = Operation {
    name: "ListExtensionAssociations",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("extensionassociations")],
    status: 200,
    input: &LIST_EXTENSION_ASSOCIATIONS_REQUEST_STRUCTURE,
    output: &EXTENSION_ASSOCIATIONS_STRUCTURE,
    errors: &[&INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static LIST_EXTENSIONS: Operation = Operation {
    name: "ListExtensions",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("extensions")],
    status: 200,
    input: &LIST_EXTENSIONS_REQUEST_STRUCTURE,
    output: &EXTENSIONS_STRUCTURE,
    errors: &[&INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static LIST_HOSTED_CONFIGURATION_VERSIONS: Operation = Operation {
    name: "ListHostedConfigurationVersions",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
        Segment::Label("ConfigurationProfileId"),
        Segment::Literal("hostedconfigurationversions"),
    ],
    status: 200,
    input: &LIST_HOSTED_CONFIGURATION_VERSIONS_REQUEST_STRUCTURE,
    output: &HOSTED_CONFIGURATION_VERSIONS_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static LIST_TAGS_FOR_RESOURCE: Operation = Operation {
    name: "ListTagsForResource",
    service: Service::AppConfig,
    method: Method::Get,
    path: &[Segment::Literal("tags"), Segment::Label("ResourceArn")],
    status: 200,
    input: &LIST_TAGS_FOR_RESOURCE_REQUEST_STRUCTURE,
    output: &RESOURCE_TAGS_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &BAD_REQUEST_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static START_DEPLOYMENT: Operation = Operation {
    name: "StartDeployment",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("environments"),
        Segment::Label("EnvironmentId"),
        Segment::Literal("deployments"),
    ],
    status: 201,
    input: &START_DEPLOYMENT_REQUEST_STRUCTURE,
    output: &DEPLOYMENT_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &CONFLICT_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static START_EXPERIMENT_RUN: Operation = Operation {
    name: "StartExperimentRun",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
        Segment::Label("ExperimentDefinitionIdentifier"),
        Segment::Literal("experimentruns"),
    ],
    status: 201,
    input: &START_EXPERIMENT_RUN_REQUEST_STRUCTURE,
    output: &EXPERIMENT_RUN_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &CONFLICT_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static STOP_DEPLOYMENT: Operation = Operation {
    name: "StopDeployment",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("environments"),
        Segment::Label("EnvironmentId"),
        Segment::Literal("deployments"),
        Segment::Label("DeploymentNumber"),
    ],
    status: 202,
    input: &STOP_DEPLOYMENT_REQUEST_STRUCTURE,
    output: &DEPLOYMENT_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static STOP_EXPERIMENT_RUN: Operation = Operation {
    name: "StopExperimentRun",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
        Segment::Label("ExperimentDefinitionIdentifier"),
        Segment::Literal("experimentruns"),
        Segment::Label("Run"),
        Segment::Literal("stop"),
    ],
    status: 200,
    input: &STOP_EXPERIMENT_RUN_REQUEST_STRUCTURE,
    output: &EXPERIMENT_RUN_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION, &CONFLICT_EXCEPTION, &BAD_REQUEST_EXCEPTION],
};

pub static TAG_RESOURCE: Operation = Operation {
    name: "TagResource",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[Segment::Literal("tags"), Segment::Label("ResourceArn")],
    status: 204,
    input: &TAG_RESOURCE_REQUEST_STRUCTURE,
    output: &TAG_RESOURCE_RESPONSE_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &BAD_REQUEST_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static TAG_RESOURCE_RESPONSE_STRUCTURE: Structure =
    Structure { name: "TagResourceResponse", members: &[], payload: None, is_union: false };

pub static UNTAG_RESOURCE: Operation = Operation {
    name: "UntagResource",
    service: Service::AppConfig,
    method: Method::Delete,
    path: &[Segment::Literal("tags"), Segment::Label("ResourceArn")],
    status: 204,
    input: &UNTAG_RESOURCE_REQUEST_STRUCTURE,
    output: &UNTAG_RESOURCE_RESPONSE_STRUCTURE,
    errors: &[&RESOURCE_NOT_FOUND_EXCEPTION, &BAD_REQUEST_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static UNTAG_RESOURCE_RESPONSE_STRUCTURE: Structure =
    Structure { name: "UntagResourceResponse", members: &[], payload: None, is_union: false };

pub static UPDATE_ACCOUNT_SETTINGS: Operation = Operation {
    name: "UpdateAccountSettings",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[Segment::Literal("settings")],
    status: 200,
    input: &UPDATE_ACCOUNT_SETTINGS_REQUEST_STRUCTURE,
    output: &ACCOUNT_SETTINGS_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static UPDATE_APPLICATION: Operation = Operation {
    name: "UpdateApplication",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[Segment::Literal("applications"), Segment::Label("ApplicationId")],
    status: 200,
    input: &UPDATE_APPLICATION_REQUEST_STRUCTURE,
    output: &APPLICATION_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static UPDATE_CONFIGURATION_PROFILE: Operation = Operation {
    name: "UpdateConfigurationProfile",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
        Segment::Label("ConfigurationProfileId"),
    ],
    status: 200,
    input: &UPDATE_CONFIGURATION_PROFILE_REQUEST_STRUCTURE,
    output: &CONFIGURATION_PROFILE_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static UPDATE_DEPLOYMENT_STRATEGY: Operation = Operation {
    name: "UpdateDeploymentStrategy",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[Segment::Literal("deploymentstrategies"), Segment::Label("DeploymentStrategyId")],
    status: 200,
    input: &UPDATE_DEPLOYMENT_STRATEGY_REQUEST_STRUCTURE,
    output: &DEPLOYMENT_STRATEGY_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static UPDATE_ENVIRONMENT: Operation = Operation {
    name: "UpdateEnvironment",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("environments"),
        Segment::Label("EnvironmentId"),
    ],
    status: 200,
    input: &UPDATE_ENVIRONMENT_REQUEST_STRUCTURE,
    output: &ENVIRONMENT_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static UPDATE_EXPERIMENT_DEFINITION: Operation = Operation {
    name: "UpdateExperimentDefinition",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
        Segment::Label("ExperimentDefinitionIdentifier"),
    ],
    status: 200,
    input: &UPDATE_EXPERIMENT_DEFINITION_REQUEST_STRUCTURE,
    output: &EXPERIMENT_DEFINITION_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &CONFLICT_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static UPDATE_EXPERIMENT_RUN: Operation = Operation {
    name: "UpdateExperimentRun",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationIdentifier"),
        Segment::Literal("experimentdefinitions"),
        Segment::Label("ExperimentDefinitionIdentifier"),
        Segment::Literal("experimentruns"),
        Segment::Label("Run"),
        Segment::Literal("update"),
    ],
    status: 200,
    input: &UPDATE_EXPERIMENT_RUN_REQUEST_STRUCTURE,
    output: &EXPERIMENT_RUN_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &CONFLICT_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static UPDATE_EXTENSION: Operation = Operation {
    name: "UpdateExtension",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[Segment::Literal("extensions"), Segment::Label("ExtensionIdentifier")],
    status: 200,
    input: &UPDATE_EXTENSION_REQUEST_STRUCTURE,
    output: &EXTENSION_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &CONFLICT_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static UPDATE_EXTENSION_ASSOCIATION: Operation = Operation {
    name: "UpdateExtensionAssociation",
    service: Service::AppConfig,
    method: Method::Patch,
    path: &[Segment::Literal("extensionassociations"), Segment::Label("ExtensionAssociationId")],
    status: 200,
    input: &UPDATE_EXTENSION_ASSOCIATION_REQUEST_STRUCTURE,
    output: &EXTENSION_ASSOCIATION_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static VALIDATE_CONFIGURATION: Operation = Operation {
    name: "ValidateConfiguration",
    service: Service::AppConfig,
    method: Method::Post,
    path: &[
        Segment::Literal("applications"),
        Segment::Label("ApplicationId"),
        Segment::Literal("configurationprofiles"),
        Segment::Label("ConfigurationProfileId"),
        Segment::Literal("validators"),
    ],
    status: 204,
    input: &VALIDATE_CONFIGURATION_REQUEST_STRUCTURE,
    output: &VALIDATE_CONFIGURATION_RESPONSE_STRUCTURE,
    errors: &[&BAD_REQUEST_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static VALIDATE_CONFIGURATION_RESPONSE_STRUCTURE: Structure =
    Structure { name: "ValidateConfigurationResponse", members: &[], payload: None, is_union: false };

pub static BAD_REQUEST_EXCEPTION: ErrorShape =
    ErrorShape { name: "BadRequestException", status: 400, structure: &BAD_REQUEST_EXCEPTION_STRUCTURE };

pub static CONFLICT_EXCEPTION: ErrorShape =
    ErrorShape { name: "ConflictException", status: 409, structure: &CONFLICT_EXCEPTION_STRUCTURE };

pub static INTERNAL_SERVER_EXCEPTION: ErrorShape =
    ErrorShape { name: "InternalServerException", status: 500, structure: &INTERNAL_SERVER_EXCEPTION_STRUCTURE };

pub static PAYLOAD_TOO_LARGE_EXCEPTION: ErrorShape =
    ErrorShape { name: "PayloadTooLargeException", status: 413, structure: &PAYLOAD_TOO_LARGE_EXCEPTION_STRUCTURE };

pub static RESOURCE_NOT_FOUND_EXCEPTION: ErrorShape =
    ErrorShape { name: "ResourceNotFoundException", status: 404, structure: &RESOURCE_NOT_FOUND_EXCEPTION_STRUCTURE };

pub static SERVICE_QUOTA_EXCEEDED_EXCEPTION: ErrorShape = ErrorShape {
    name: "ServiceQuotaExceededException",
    status: 402,
    structure: &SERVICE_QUOTA_EXCEEDED_EXCEPTION_STRUCTURE,
};

pub static ACCOUNT_SETTINGS_STRUCTURE: Structure = Structure {
    name: "AccountSettings",
    members: &[
        Member::optional("DeletionProtection", Location::Body, &DELETION_PROTECTION_SETTINGS_SHAPE),
        Member::optional("VendedMetrics", Location::Body, &VENDED_METRICS_SETTINGS_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static ACTION_STRUCTURE: Structure = Structure {
    name: "Action",
    members: &[
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Uri", Location::Body, &URI_SHAPE),
        Member::optional("RoleArn", Location::Body, &ARN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static ACTION_INVOCATION_STRUCTURE: Structure = Structure {
    name: "ActionInvocation",
    members: &[
        Member::optional("ExtensionIdentifier", Location::Body, &IDENTIFIER_SHAPE),
        Member::optional("ActionName", Location::Body, &NAME_SHAPE),
        Member::optional("Uri", Location::Body, &URI_SHAPE),
        Member::optional("RoleArn", Location::Body, &ARN_SHAPE),
        Member::optional("ErrorMessage", Location::Body, &STRING_SHAPE),
        Member::optional("ErrorCode", Location::Body, &STRING_SHAPE),
        Member::optional("InvocationId", Location::Body, &ID_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static APPLICATION_STRUCTURE: Structure = Structure {
    name: "Application",
    members: &[
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static APPLICATIONS_STRUCTURE: Structure = Structure {
    name: "Applications",
    members: &[
        Member::optional("Items", Location::Body, &APPLICATION_LIST_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static APPLIED_EXTENSION_STRUCTURE: Structure = Structure {
    name: "AppliedExtension",
    members: &[
        Member::optional("ExtensionId", Location::Body, &ID_SHAPE),
        Member::optional("ExtensionAssociationId", Location::Body, &ID_SHAPE),
        Member::optional("VersionNumber", Location::Body, &INTEGER_SHAPE),
        Member::optional("Parameters", Location::Body, &PARAMETER_VALUE_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static ATTRIBUTE_VALUE_STRUCTURE: Structure = Structure {
    name: "AttributeValue",
    members: &[
        Member::optional("StringValue", Location::Body, &ATTRIBUTE_STRING_SHAPE),
        Member::optional("NumberValue", Location::Body, &DOUBLE_SHAPE),
        Member::optional("BooleanValue", Location::Body, &BOOLEAN_SHAPE),
        Member::optional("StringArray", Location::Body, &STRING_LIST_SHAPE),
        Member::optional("NumberArray", Location::Body, &NUMBER_LIST_SHAPE),
    ],
    payload: None,
    is_union: true,
};

pub static BAD_REQUEST_DETAILS_STRUCTURE: Structure = Structure {
    name: "BadRequestDetails",
    members: &[Member::optional("InvalidConfiguration", Location::Body, &INVALID_CONFIGURATION_DETAIL_LIST_SHAPE)],
    payload: None,
    is_union: true,
};

pub static BAD_REQUEST_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "BadRequestException",
    members: &[
        Member::optional("Message", Location::Body, &STRING_SHAPE),
        Member::optional("Reason", Location::Body, &BAD_REQUEST_REASON_SHAPE),
        Member::optional("Details", Location::Body, &BAD_REQUEST_DETAILS_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CONFIGURATION_STRUCTURE: Structure = Structure {
    name: "Configuration",
    members: &[
        Member::optional("Content", Location::Body, &BLOB_SHAPE),
        Member::optional("ConfigurationVersion", Location::Header("Configuration-Version"), &VERSION_SHAPE),
        Member::optional("ContentType", Location::Header("Content-Type"), &STRING_SHAPE),
    ],
    payload: Some("Content"),
    is_union: false,
};

pub static CONFIGURATION_PROFILE_STRUCTURE: Structure = Structure {
    name: "ConfigurationProfile",
    members: &[
        Member::optional("ApplicationId", Location::Body, &ID_SHAPE),
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &LONG_NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("LocationUri", Location::Body, &URI_SHAPE),
        Member::optional("RetrievalRoleArn", Location::Body, &ROLE_ARN_SHAPE),
        Member::optional("Validators", Location::Body, &VALIDATOR_LIST_SHAPE),
        Member::optional("Type", Location::Body, &CONFIGURATION_PROFILE_TYPE_SHAPE),
        Member::optional("KmsKeyArn", Location::Body, &ARN_SHAPE),
        Member::optional("KmsKeyIdentifier", Location::Body, &KMS_KEY_IDENTIFIER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CONFIGURATION_PROFILE_SUMMARY_STRUCTURE: Structure = Structure {
    name: "ConfigurationProfileSummary",
    members: &[
        Member::optional("ApplicationId", Location::Body, &ID_SHAPE),
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &LONG_NAME_SHAPE),
        Member::optional("LocationUri", Location::Body, &URI_SHAPE),
        Member::optional("ValidatorTypes", Location::Body, &VALIDATOR_TYPE_LIST_SHAPE),
        Member::optional("Type", Location::Body, &CONFIGURATION_PROFILE_TYPE_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CONFIGURATION_PROFILES_STRUCTURE: Structure = Structure {
    name: "ConfigurationProfiles",
    members: &[
        Member::optional("Items", Location::Body, &CONFIGURATION_PROFILE_SUMMARY_LIST_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CONFLICT_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "ConflictException",
    members: &[Member::optional("Message", Location::Body, &STRING_SHAPE)],
    payload: None,
    is_union: false,
};

pub static CREATE_APPLICATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "CreateApplicationRequest",
    members: &[
        Member::required("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CREATE_CONFIGURATION_PROFILE_REQUEST_STRUCTURE: Structure = Structure {
    name: "CreateConfigurationProfileRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("Name", Location::Body, &LONG_NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::required("LocationUri", Location::Body, &URI_SHAPE),
        Member::optional("RetrievalRoleArn", Location::Body, &ROLE_ARN_SHAPE),
        Member::optional("Validators", Location::Body, &VALIDATOR_LIST_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
        Member::optional("Type", Location::Body, &CONFIGURATION_PROFILE_TYPE_SHAPE),
        Member::optional("KmsKeyIdentifier", Location::Body, &KMS_KEY_IDENTIFIER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CREATE_DEPLOYMENT_STRATEGY_REQUEST_STRUCTURE: Structure = Structure {
    name: "CreateDeploymentStrategyRequest",
    members: &[
        Member::required("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::required("DeploymentDurationInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::optional("FinalBakeTimeInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::required("GrowthFactor", Location::Body, &GROWTH_FACTOR_SHAPE),
        Member::optional("GrowthType", Location::Body, &GROWTH_TYPE_SHAPE),
        Member::optional("ReplicateTo", Location::Body, &REPLICATE_TO_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CREATE_ENVIRONMENT_REQUEST_STRUCTURE: Structure = Structure {
    name: "CreateEnvironmentRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Monitors", Location::Body, &MONITOR_LIST_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CREATE_EXPERIMENT_DEFINITION_REQUEST_STRUCTURE: Structure = Structure {
    name: "CreateExperimentDefinitionRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required("Name", Location::Body, &NAME_WITH_RESERVED_AWS_PREFIX_SHAPE),
        Member::required("ConfigurationProfileIdentifier", Location::Body, &IDENTIFIER_SHAPE),
        Member::required("EnvironmentIdentifier", Location::Body, &IDENTIFIER_SHAPE),
        Member::required("FlagKey", Location::Body, &FLAG_KEY_SHAPE),
        Member::required("Treatments", Location::Body, &TREATMENT_INPUT_LIST_SHAPE),
        Member::required("Control", Location::Body, &TREATMENT_INPUT_SHAPE),
        Member::required("AudienceRule", Location::Body, &RULE_SHAPE),
        Member::optional("Hypothesis", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("AudienceDescription", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("LaunchCriteria", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CREATE_EXTENSION_ASSOCIATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "CreateExtensionAssociationRequest",
    members: &[
        Member::required("ExtensionIdentifier", Location::Body, &IDENTIFIER_SHAPE),
        Member::optional("ExtensionVersionNumber", Location::Body, &INTEGER_SHAPE),
        Member::required("ResourceIdentifier", Location::Body, &IDENTIFIER_SHAPE),
        Member::optional("Parameters", Location::Body, &PARAMETER_VALUE_MAP_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CREATE_EXTENSION_REQUEST_STRUCTURE: Structure = Structure {
    name: "CreateExtensionRequest",
    members: &[
        Member::required("Name", Location::Body, &EXTENSION_OR_PARAMETER_NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::required("Actions", Location::Body, &ACTIONS_MAP_SHAPE),
        Member::optional("Parameters", Location::Body, &PARAMETER_MAP_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
        Member::optional("LatestVersionNumber", Location::Header("Latest-Version-Number"), &INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static CREATE_HOSTED_CONFIGURATION_VERSION_REQUEST_STRUCTURE: Structure = Structure {
    name: "CreateHostedConfigurationVersionRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("ConfigurationProfileId", Location::Path("ConfigurationProfileId"), &LONG_NAME_SHAPE),
        Member::optional("Description", Location::Header("Description"), &DESCRIPTION_SHAPE),
        Member::required("Content", Location::Body, &BLOB_SHAPE),
        Member::required("ContentType", Location::Header("Content-Type"), &STRING_WITH_LENGTH_BETWEEN1_AND255_SHAPE),
        Member::optional("LatestVersionNumber", Location::Header("Latest-Version-Number"), &INTEGER_SHAPE),
        Member::optional("VersionLabel", Location::Header("VersionLabel"), &VERSION_LABEL_SHAPE),
    ],
    payload: Some("Content"),
    is_union: false,
};

pub static DELETE_APPLICATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "DeleteApplicationRequest",
    members: &[Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE)],
    payload: None,
    is_union: false,
};

pub static DELETE_CONFIGURATION_PROFILE_REQUEST_STRUCTURE: Structure = Structure {
    name: "DeleteConfigurationProfileRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("ConfigurationProfileId", Location::Path("ConfigurationProfileId"), &LONG_NAME_SHAPE),
        Member::optional(
            "DeletionProtectionCheck",
            Location::Header("x-amzn-deletion-protection-check"),
            &DELETION_PROTECTION_CHECK_SHAPE,
        ),
    ],
    payload: None,
    is_union: false,
};

pub static DELETE_DEPLOYMENT_STRATEGY_REQUEST_STRUCTURE: Structure = Structure {
    name: "DeleteDeploymentStrategyRequest",
    members: &[Member::required(
        "DeploymentStrategyId",
        Location::Path("DeploymentStrategyId"),
        &DEPLOYMENT_STRATEGY_ID_SHAPE,
    )],
    payload: None,
    is_union: false,
};

pub static DELETE_ENVIRONMENT_REQUEST_STRUCTURE: Structure = Structure {
    name: "DeleteEnvironmentRequest",
    members: &[
        Member::required("EnvironmentId", Location::Path("EnvironmentId"), &NAME_SHAPE),
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::optional(
            "DeletionProtectionCheck",
            Location::Header("x-amzn-deletion-protection-check"),
            &DELETION_PROTECTION_CHECK_SHAPE,
        ),
    ],
    payload: None,
    is_union: false,
};

pub static DELETE_EXPERIMENT_DEFINITION_REQUEST_STRUCTURE: Structure = Structure {
    name: "DeleteExperimentDefinitionRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required(
            "ExperimentDefinitionIdentifier",
            Location::Path("ExperimentDefinitionIdentifier"),
            &IDENTIFIER_SHAPE,
        ),
        Member::optional("DeleteType", Location::Query("delete_type"), &DELETE_TYPE_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DELETE_EXTENSION_ASSOCIATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "DeleteExtensionAssociationRequest",
    members: &[Member::required("ExtensionAssociationId", Location::Path("ExtensionAssociationId"), &ID_SHAPE)],
    payload: None,
    is_union: false,
};

pub static DELETE_EXTENSION_REQUEST_STRUCTURE: Structure = Structure {
    name: "DeleteExtensionRequest",
    members: &[
        Member::required("ExtensionIdentifier", Location::Path("ExtensionIdentifier"), &IDENTIFIER_SHAPE),
        Member::optional("VersionNumber", Location::Query("version"), &INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DELETE_HOSTED_CONFIGURATION_VERSION_REQUEST_STRUCTURE: Structure = Structure {
    name: "DeleteHostedConfigurationVersionRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("ConfigurationProfileId", Location::Path("ConfigurationProfileId"), &LONG_NAME_SHAPE),
        Member::required("VersionNumber", Location::Path("VersionNumber"), &INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DELETION_PROTECTION_SETTINGS_STRUCTURE: Structure = Structure {
    name: "DeletionProtectionSettings",
    members: &[
        Member::optional("Enabled", Location::Body, &BOOLEAN_SHAPE),
        Member::optional("ProtectionPeriodInMinutes", Location::Body, &DELETION_PROTECTION_DURATION_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DEPLOYMENT_STRUCTURE: Structure = Structure {
    name: "Deployment",
    members: &[
        Member::optional("ApplicationId", Location::Body, &ID_SHAPE),
        Member::optional("EnvironmentId", Location::Body, &ID_SHAPE),
        Member::optional("DeploymentStrategyId", Location::Body, &ID_SHAPE),
        Member::optional("ConfigurationProfileId", Location::Body, &ID_SHAPE),
        Member::optional("DeploymentNumber", Location::Body, &INTEGER_SHAPE),
        Member::optional("ConfigurationName", Location::Body, &NAME_SHAPE),
        Member::optional("ConfigurationLocationUri", Location::Body, &URI_SHAPE),
        Member::optional("ConfigurationVersion", Location::Body, &VERSION_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("DeploymentDurationInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::optional("GrowthType", Location::Body, &GROWTH_TYPE_SHAPE),
        Member::optional("GrowthFactor", Location::Body, &PERCENTAGE_SHAPE),
        Member::optional("FinalBakeTimeInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::optional("State", Location::Body, &DEPLOYMENT_STATE_SHAPE),
        Member::optional("EventLog", Location::Body, &DEPLOYMENT_EVENTS_SHAPE),
        Member::optional("PercentageComplete", Location::Body, &PERCENTAGE_SHAPE),
        Member::optional("StartedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("CompletedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("AppliedExtensions", Location::Body, &APPLIED_EXTENSIONS_SHAPE),
        Member::optional("KmsKeyArn", Location::Body, &ARN_SHAPE),
        Member::optional("KmsKeyIdentifier", Location::Body, &KMS_KEY_IDENTIFIER_SHAPE),
        Member::optional("VersionLabel", Location::Body, &VERSION_LABEL_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DEPLOYMENT_EVENT_STRUCTURE: Structure = Structure {
    name: "DeploymentEvent",
    members: &[
        Member::optional("EventType", Location::Body, &DEPLOYMENT_EVENT_TYPE_SHAPE),
        Member::optional("TriggeredBy", Location::Body, &TRIGGERED_BY_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("ActionInvocations", Location::Body, &ACTION_INVOCATIONS_SHAPE),
        Member::optional("OccurredAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DEPLOYMENT_PARAMETERS_STRUCTURE: Structure = Structure {
    name: "DeploymentParameters",
    members: &[
        Member::optional("DynamicExtensionParameters", Location::Body, &DYNAMIC_PARAMETER_MAP_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DEPLOYMENT_STRATEGIES_STRUCTURE: Structure = Structure {
    name: "DeploymentStrategies",
    members: &[
        Member::optional("Items", Location::Body, &DEPLOYMENT_STRATEGY_LIST_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DEPLOYMENT_STRATEGY_STRUCTURE: Structure = Structure {
    name: "DeploymentStrategy",
    members: &[
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("DeploymentDurationInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::optional("GrowthType", Location::Body, &GROWTH_TYPE_SHAPE),
        Member::optional("GrowthFactor", Location::Body, &PERCENTAGE_SHAPE),
        Member::optional("FinalBakeTimeInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::optional("ReplicateTo", Location::Body, &REPLICATE_TO_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DEPLOYMENT_SUMMARY_STRUCTURE: Structure = Structure {
    name: "DeploymentSummary",
    members: &[
        Member::optional("DeploymentNumber", Location::Body, &INTEGER_SHAPE),
        Member::optional("ConfigurationProfileId", Location::Body, &ID_SHAPE),
        Member::optional("ConfigurationName", Location::Body, &NAME_SHAPE),
        Member::optional("ConfigurationVersion", Location::Body, &VERSION_SHAPE),
        Member::optional("DeploymentDurationInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::optional("GrowthType", Location::Body, &GROWTH_TYPE_SHAPE),
        Member::optional("GrowthFactor", Location::Body, &PERCENTAGE_SHAPE),
        Member::optional("FinalBakeTimeInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::optional("State", Location::Body, &DEPLOYMENT_STATE_SHAPE),
        Member::optional("PercentageComplete", Location::Body, &PERCENTAGE_SHAPE),
        Member::optional("StartedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("CompletedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("VersionLabel", Location::Body, &VERSION_LABEL_SHAPE),
        Member::optional("Type", Location::Body, &DEPLOYMENT_TYPE_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static DEPLOYMENTS_STRUCTURE: Structure = Structure {
    name: "Deployments",
    members: &[
        Member::optional("Items", Location::Body, &DEPLOYMENT_LIST_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static ENVIRONMENT_STRUCTURE: Structure = Structure {
    name: "Environment",
    members: &[
        Member::optional("ApplicationId", Location::Body, &ID_SHAPE),
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("State", Location::Body, &ENVIRONMENT_STATE_SHAPE),
        Member::optional("Monitors", Location::Body, &MONITOR_LIST_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static ENVIRONMENTS_STRUCTURE: Structure = Structure {
    name: "Environments",
    members: &[
        Member::optional("Items", Location::Body, &ENVIRONMENT_LIST_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_DEFINITION_STRUCTURE: Structure = Structure {
    name: "ExperimentDefinition",
    members: &[
        Member::optional("ApplicationId", Location::Body, &ID_SHAPE),
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Hypothesis", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Status", Location::Body, &EXPERIMENT_DEFINITION_STATUS_SHAPE),
        Member::optional("ConfigurationProfileId", Location::Body, &ID_SHAPE),
        Member::optional("EnvironmentId", Location::Body, &ID_SHAPE),
        Member::optional("FlagKey", Location::Body, &FLAG_KEY_SHAPE),
        Member::optional("AudienceRule", Location::Body, &RULE_SHAPE),
        Member::optional("AudienceDescription", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("LaunchCriteria", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Treatments", Location::Body, &TREATMENT_LIST_SHAPE),
        Member::optional("Control", Location::Body, &TREATMENT_SHAPE),
        Member::optional("CreatedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("UpdatedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("KmsKeyIdentifier", Location::Body, &KMS_KEY_IDENTIFIER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_DEFINITION_SNAPSHOT_STRUCTURE: Structure = Structure {
    name: "ExperimentDefinitionSnapshot",
    members: &[
        Member::optional("ApplicationId", Location::Body, &ID_SHAPE),
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Hypothesis", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("ConfigurationProfileId", Location::Body, &ID_SHAPE),
        Member::optional("EnvironmentId", Location::Body, &ID_SHAPE),
        Member::optional("FlagKey", Location::Body, &FLAG_KEY_SHAPE),
        Member::optional("AudienceRule", Location::Body, &RULE_SHAPE),
        Member::optional("AudienceDescription", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("LaunchCriteria", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Treatments", Location::Body, &TREATMENT_LIST_SHAPE),
        Member::optional("Control", Location::Body, &TREATMENT_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_DEFINITION_SUMMARY_STRUCTURE: Structure = Structure {
    name: "ExperimentDefinitionSummary",
    members: &[
        Member::optional("ApplicationId", Location::Body, &ID_SHAPE),
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Hypothesis", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Status", Location::Body, &EXPERIMENT_DEFINITION_STATUS_SHAPE),
        Member::optional("ConfigurationProfileId", Location::Body, &ID_SHAPE),
        Member::optional("EnvironmentId", Location::Body, &ID_SHAPE),
        Member::optional("FlagKey", Location::Body, &FLAG_KEY_SHAPE),
        Member::optional("CreatedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("UpdatedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_DEFINITIONS_STRUCTURE: Structure = Structure {
    name: "ExperimentDefinitions",
    members: &[
        Member::optional("Items", Location::Body, &EXPERIMENT_DEFINITION_LIST_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_RUN_STRUCTURE: Structure = Structure {
    name: "ExperimentRun",
    members: &[
        Member::optional("ApplicationId", Location::Body, &ID_SHAPE),
        Member::optional("ExperimentDefinitionId", Location::Body, &ID_SHAPE),
        Member::optional("Run", Location::Body, &INTEGER_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Status", Location::Body, &EXPERIMENT_RUN_STATUS_SHAPE),
        Member::optional("ExposurePercentage", Location::Body, &NULLABLE_PERCENTAGE_SHAPE),
        Member::optional("TreatmentOverrides", Location::Body, &TREATMENT_OVERRIDES_SHAPE),
        Member::optional("Result", Location::Body, &EXPERIMENT_RUN_RESULT_SHAPE),
        Member::optional("StartedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("UpdatedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("EndedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("ExperimentDefinitionSnapshot", Location::Body, &EXPERIMENT_DEFINITION_SNAPSHOT_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_RUN_EVENT_STRUCTURE: Structure = Structure {
    name: "ExperimentRunEvent",
    members: &[
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("AssociatedDeployment", Location::Body, &ARN_SHAPE),
        Member::optional("EventType", Location::Body, &EXPERIMENT_RUN_EVENT_TYPE_SHAPE),
        Member::optional("OccurredAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("TriggeredBy", Location::Body, &TRIGGERED_BY_SHAPE),
        Member::optional("ExposurePercentage", Location::Body, &NULLABLE_PERCENTAGE_SHAPE),
        Member::optional("TreatmentOverrides", Location::Body, &TREATMENT_OVERRIDES_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_RUN_EVENTS_STRUCTURE: Structure = Structure {
    name: "ExperimentRunEvents",
    members: &[
        Member::optional("Items", Location::Body, &EXPERIMENT_RUN_EVENT_LIST_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_RUN_RESULT_STRUCTURE: Structure = Structure {
    name: "ExperimentRunResult",
    members: &[
        Member::optional("ExecutiveSummary", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("ReasonsToLaunch", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("ReasonsNotToLaunch", Location::Body, &DESCRIPTION_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_RUN_SUMMARY_STRUCTURE: Structure = Structure {
    name: "ExperimentRunSummary",
    members: &[
        Member::optional("ExperimentDefinitionId", Location::Body, &ID_SHAPE),
        Member::optional("Run", Location::Body, &INTEGER_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Status", Location::Body, &EXPERIMENT_RUN_STATUS_SHAPE),
        Member::optional("StartedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("UpdatedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
        Member::optional("EndedAt", Location::Body, &ISO8601_DATE_TIME_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXPERIMENT_RUNS_STRUCTURE: Structure = Structure {
    name: "ExperimentRuns",
    members: &[
        Member::optional("Items", Location::Body, &EXPERIMENT_RUN_SUMMARY_LIST_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXTENSION_STRUCTURE: Structure = Structure {
    name: "Extension",
    members: &[
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("VersionNumber", Location::Body, &INTEGER_SHAPE),
        Member::optional("Arn", Location::Body, &ARN_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Actions", Location::Body, &ACTIONS_MAP_SHAPE),
        Member::optional("Parameters", Location::Body, &PARAMETER_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXTENSION_ASSOCIATION_STRUCTURE: Structure = Structure {
    name: "ExtensionAssociation",
    members: &[
        Member::optional("Id", Location::Body, &IDENTIFIER_SHAPE),
        Member::optional("ExtensionArn", Location::Body, &ARN_SHAPE),
        Member::optional("ResourceArn", Location::Body, &ARN_SHAPE),
        Member::optional("Arn", Location::Body, &ARN_SHAPE),
        Member::optional("Parameters", Location::Body, &PARAMETER_VALUE_MAP_SHAPE),
        Member::optional("ExtensionVersionNumber", Location::Body, &INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXTENSION_ASSOCIATION_SUMMARY_STRUCTURE: Structure = Structure {
    name: "ExtensionAssociationSummary",
    members: &[
        Member::optional("Id", Location::Body, &IDENTIFIER_SHAPE),
        Member::optional("ExtensionArn", Location::Body, &ARN_SHAPE),
        Member::optional("ResourceArn", Location::Body, &ARN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXTENSION_ASSOCIATIONS_STRUCTURE: Structure = Structure {
    name: "ExtensionAssociations",
    members: &[
        Member::optional("Items", Location::Body, &EXTENSION_ASSOCIATION_SUMMARIES_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXTENSION_SUMMARY_STRUCTURE: Structure = Structure {
    name: "ExtensionSummary",
    members: &[
        Member::optional("Id", Location::Body, &ID_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("VersionNumber", Location::Body, &INTEGER_SHAPE),
        Member::optional("Arn", Location::Body, &ARN_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static EXTENSIONS_STRUCTURE: Structure = Structure {
    name: "Extensions",
    members: &[
        Member::optional("Items", Location::Body, &EXTENSION_SUMMARIES_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static FLAG_VALUE_STRUCTURE: Structure = Structure {
    name: "FlagValue",
    members: &[
        Member::required("Enabled", Location::Body, &BOOLEAN_SHAPE),
        Member::optional("AttributeValues", Location::Body, &ATTRIBUTE_VALUE_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static GET_APPLICATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetApplicationRequest",
    members: &[Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE)],
    payload: None,
    is_union: false,
};

pub static GET_CONFIGURATION_PROFILE_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetConfigurationProfileRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("ConfigurationProfileId", Location::Path("ConfigurationProfileId"), &LONG_NAME_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static GET_CONFIGURATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetConfigurationRequest",
    members: &[
        Member::required("Application", Location::Path("Application"), &STRING_WITH_LENGTH_BETWEEN1_AND64_SHAPE),
        Member::required("Environment", Location::Path("Environment"), &STRING_WITH_LENGTH_BETWEEN1_AND64_SHAPE),
        Member::required("Configuration", Location::Path("Configuration"), &STRING_WITH_LENGTH_BETWEEN1_AND64_SHAPE),
        Member::required("ClientId", Location::Query("client_id"), &STRING_WITH_LENGTH_BETWEEN1_AND64_SHAPE),
        Member::optional("ClientConfigurationVersion", Location::Query("client_configuration_version"), &VERSION_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static GET_DEPLOYMENT_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetDeploymentRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("EnvironmentId", Location::Path("EnvironmentId"), &NAME_SHAPE),
        Member::required("DeploymentNumber", Location::Path("DeploymentNumber"), &INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static GET_DEPLOYMENT_STRATEGY_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetDeploymentStrategyRequest",
    members: &[Member::required(
        "DeploymentStrategyId",
        Location::Path("DeploymentStrategyId"),
        &DEPLOYMENT_STRATEGY_ID_SHAPE,
    )],
    payload: None,
    is_union: false,
};

pub static GET_ENVIRONMENT_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetEnvironmentRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("EnvironmentId", Location::Path("EnvironmentId"), &NAME_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static GET_EXPERIMENT_DEFINITION_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetExperimentDefinitionRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required(
            "ExperimentDefinitionIdentifier",
            Location::Path("ExperimentDefinitionIdentifier"),
            &IDENTIFIER_SHAPE,
        ),
    ],
    payload: None,
    is_union: false,
};

pub static GET_EXPERIMENT_RUN_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetExperimentRunRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required(
            "ExperimentDefinitionIdentifier",
            Location::Path("ExperimentDefinitionIdentifier"),
            &IDENTIFIER_SHAPE,
        ),
        Member::required("Run", Location::Path("Run"), &POSITIVE_INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static GET_EXTENSION_ASSOCIATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetExtensionAssociationRequest",
    members: &[Member::required("ExtensionAssociationId", Location::Path("ExtensionAssociationId"), &ID_SHAPE)],
    payload: None,
    is_union: false,
};

pub static GET_EXTENSION_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetExtensionRequest",
    members: &[
        Member::required("ExtensionIdentifier", Location::Path("ExtensionIdentifier"), &IDENTIFIER_SHAPE),
        Member::optional("VersionNumber", Location::Query("version_number"), &INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static GET_HOSTED_CONFIGURATION_VERSION_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetHostedConfigurationVersionRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("ConfigurationProfileId", Location::Path("ConfigurationProfileId"), &LONG_NAME_SHAPE),
        Member::required("VersionNumber", Location::Path("VersionNumber"), &INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static HOSTED_CONFIGURATION_VERSION_STRUCTURE: Structure = Structure {
    name: "HostedConfigurationVersion",
    members: &[
        Member::optional("ApplicationId", Location::Header("Application-Id"), &ID_SHAPE),
        Member::optional("ConfigurationProfileId", Location::Header("Configuration-Profile-Id"), &ID_SHAPE),
        Member::optional("VersionNumber", Location::Header("Version-Number"), &INTEGER_SHAPE),
        Member::optional("Description", Location::Header("Description"), &DESCRIPTION_SHAPE),
        Member::optional("Content", Location::Body, &BLOB_SHAPE),
        Member::optional("ContentType", Location::Header("Content-Type"), &STRING_WITH_LENGTH_BETWEEN1_AND255_SHAPE),
        Member::optional("VersionLabel", Location::Header("VersionLabel"), &VERSION_LABEL_SHAPE),
        Member::optional("KmsKeyArn", Location::Header("KmsKeyArn"), &ARN_SHAPE),
    ],
    payload: Some("Content"),
    is_union: false,
};

pub static HOSTED_CONFIGURATION_VERSION_SUMMARY_STRUCTURE: Structure = Structure {
    name: "HostedConfigurationVersionSummary",
    members: &[
        Member::optional("ApplicationId", Location::Body, &ID_SHAPE),
        Member::optional("ConfigurationProfileId", Location::Body, &ID_SHAPE),
        Member::optional("VersionNumber", Location::Body, &INTEGER_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("ContentType", Location::Body, &STRING_WITH_LENGTH_BETWEEN1_AND255_SHAPE),
        Member::optional("VersionLabel", Location::Body, &VERSION_LABEL_SHAPE),
        Member::optional("KmsKeyArn", Location::Body, &ARN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static HOSTED_CONFIGURATION_VERSIONS_STRUCTURE: Structure = Structure {
    name: "HostedConfigurationVersions",
    members: &[
        Member::optional("Items", Location::Body, &HOSTED_CONFIGURATION_VERSION_SUMMARY_LIST_SHAPE),
        Member::optional("NextToken", Location::Body, &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static INTERNAL_SERVER_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "InternalServerException",
    members: &[Member::optional("Message", Location::Body, &STRING_SHAPE)],
    payload: None,
    is_union: false,
};

pub static INVALID_CONFIGURATION_DETAIL_STRUCTURE: Structure = Structure {
    name: "InvalidConfigurationDetail",
    members: &[
        Member::optional("Constraint", Location::Body, &STRING_SHAPE),
        Member::optional("Location", Location::Body, &STRING_SHAPE),
        Member::optional("Reason", Location::Body, &STRING_SHAPE),
        Member::optional("Type", Location::Body, &STRING_SHAPE),
        Member::optional("Value", Location::Body, &STRING_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_APPLICATIONS_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListApplicationsRequest",
    members: &[
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_CONFIGURATION_PROFILES_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListConfigurationProfilesRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
        Member::optional("Type", Location::Query("type"), &CONFIGURATION_PROFILE_TYPE_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_DEPLOYMENT_STRATEGIES_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListDeploymentStrategiesRequest",
    members: &[
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_DEPLOYMENTS_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListDeploymentsRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("EnvironmentId", Location::Path("EnvironmentId"), &NAME_SHAPE),
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_ENVIRONMENTS_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListEnvironmentsRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_EXPERIMENT_DEFINITIONS_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListExperimentDefinitionsRequest",
    members: &[
        Member::optional("ApplicationIdentifier", Location::Query("application_identifier"), &IDENTIFIER_SHAPE),
        Member::optional(
            "ConfigurationProfileIdentifier",
            Location::Query("configuration_profile_identifier"),
            &IDENTIFIER_SHAPE,
        ),
        Member::optional("EnvironmentIdentifier", Location::Query("environment_identifier"), &IDENTIFIER_SHAPE),
        Member::optional("Status", Location::Query("status"), &EXPERIMENT_DEFINITION_STATUS_SHAPE),
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_EXPERIMENT_RUN_EVENTS_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListExperimentRunEventsRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required(
            "ExperimentDefinitionIdentifier",
            Location::Path("ExperimentDefinitionIdentifier"),
            &IDENTIFIER_SHAPE,
        ),
        Member::required("Run", Location::Path("Run"), &POSITIVE_INTEGER_SHAPE),
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_EXPERIMENT_RUNS_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListExperimentRunsRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required(
            "ExperimentDefinitionIdentifier",
            Location::Path("ExperimentDefinitionIdentifier"),
            &IDENTIFIER_SHAPE,
        ),
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
        Member::optional("Status", Location::Query("status"), &EXPERIMENT_RUN_STATUS_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_EXTENSION_ASSOCIATIONS_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListExtensionAssociationsRequest",
    members: &[
        Member::optional("ResourceIdentifier", Location::Query("resource_identifier"), &ARN_SHAPE),
        Member::optional("ExtensionIdentifier", Location::Query("extension_identifier"), &IDENTIFIER_SHAPE),
        Member::optional("ExtensionVersionNumber", Location::Query("extension_version_number"), &INTEGER_SHAPE),
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_EXTENSIONS_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListExtensionsRequest",
    members: &[
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
        Member::optional("Name", Location::Query("name"), &QUERY_NAME_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_HOSTED_CONFIGURATION_VERSIONS_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListHostedConfigurationVersionsRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("ConfigurationProfileId", Location::Path("ConfigurationProfileId"), &LONG_NAME_SHAPE),
        Member::optional("MaxResults", Location::Query("max_results"), &MAX_RESULTS_SHAPE),
        Member::optional("NextToken", Location::Query("next_token"), &NEXT_TOKEN_SHAPE),
        Member::optional("VersionLabel", Location::Query("version_label"), &QUERY_NAME_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static LIST_TAGS_FOR_RESOURCE_REQUEST_STRUCTURE: Structure = Structure {
    name: "ListTagsForResourceRequest",
    members: &[Member::required("ResourceArn", Location::Path("ResourceArn"), &ARN_SHAPE)],
    payload: None,
    is_union: false,
};

pub static MONITOR_STRUCTURE: Structure = Structure {
    name: "Monitor",
    members: &[
        Member::required("AlarmArn", Location::Body, &STRING_WITH_LENGTH_BETWEEN1_AND2048_SHAPE),
        Member::optional("AlarmRoleArn", Location::Body, &ROLE_ARN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static PARAMETER_STRUCTURE: Structure = Structure {
    name: "Parameter",
    members: &[
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Required", Location::Body, &BOOLEAN_SHAPE),
        Member::optional("Dynamic", Location::Body, &BOOLEAN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static PAYLOAD_TOO_LARGE_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "PayloadTooLargeException",
    members: &[
        Member::optional("Message", Location::Body, &STRING_SHAPE),
        Member::optional("Measure", Location::Body, &BYTES_MEASURE_SHAPE),
        Member::optional("Limit", Location::Body, &FLOAT_SHAPE),
        Member::optional("Size", Location::Body, &FLOAT_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static RESOURCE_NOT_FOUND_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "ResourceNotFoundException",
    members: &[
        Member::optional("Message", Location::Body, &STRING_SHAPE),
        Member::optional("ResourceName", Location::Body, &STRING_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static RESOURCE_TAGS_STRUCTURE: Structure = Structure {
    name: "ResourceTags",
    members: &[Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE)],
    payload: None,
    is_union: false,
};

pub static SERVICE_QUOTA_EXCEEDED_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "ServiceQuotaExceededException",
    members: &[Member::optional("Message", Location::Body, &STRING_SHAPE)],
    payload: None,
    is_union: false,
};

pub static START_DEPLOYMENT_REQUEST_STRUCTURE: Structure = Structure {
    name: "StartDeploymentRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("EnvironmentId", Location::Path("EnvironmentId"), &NAME_SHAPE),
        Member::required("DeploymentStrategyId", Location::Body, &DEPLOYMENT_STRATEGY_ID_SHAPE),
        Member::required("ConfigurationProfileId", Location::Body, &LONG_NAME_SHAPE),
        Member::required("ConfigurationVersion", Location::Body, &VERSION_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
        Member::optional("KmsKeyIdentifier", Location::Body, &KMS_KEY_IDENTIFIER_SHAPE),
        Member::optional("DynamicExtensionParameters", Location::Body, &DYNAMIC_PARAMETER_MAP_SHAPE),
        Member::optional("LatestDeploymentNumber", Location::Body, &INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static START_EXPERIMENT_RUN_REQUEST_STRUCTURE: Structure = Structure {
    name: "StartExperimentRunRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required(
            "ExperimentDefinitionIdentifier",
            Location::Path("ExperimentDefinitionIdentifier"),
            &IDENTIFIER_SHAPE,
        ),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("ExposurePercentage", Location::Body, &NULLABLE_PERCENTAGE_SHAPE),
        Member::optional("TreatmentOverrides", Location::Body, &TREATMENT_OVERRIDES_SHAPE),
        Member::optional("Tags", Location::Body, &TAG_MAP_SHAPE),
        Member::optional("DeploymentParameters", Location::Body, &DEPLOYMENT_PARAMETERS_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static STOP_DEPLOYMENT_REQUEST_STRUCTURE: Structure = Structure {
    name: "StopDeploymentRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("EnvironmentId", Location::Path("EnvironmentId"), &NAME_SHAPE),
        Member::required("DeploymentNumber", Location::Path("DeploymentNumber"), &INTEGER_SHAPE),
        Member::optional("AllowRevert", Location::Header("Allow-Revert"), &BOOLEAN_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static STOP_EXPERIMENT_RUN_REQUEST_STRUCTURE: Structure = Structure {
    name: "StopExperimentRunRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required(
            "ExperimentDefinitionIdentifier",
            Location::Path("ExperimentDefinitionIdentifier"),
            &IDENTIFIER_SHAPE,
        ),
        Member::required("Run", Location::Path("Run"), &POSITIVE_INTEGER_SHAPE),
        Member::optional("Result", Location::Body, &EXPERIMENT_RUN_RESULT_SHAPE),
        Member::optional("DeploymentParameters", Location::Body, &DEPLOYMENT_PARAMETERS_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static TAG_RESOURCE_REQUEST_STRUCTURE: Structure = Structure {
    name: "TagResourceRequest",
    members: &[
        Member::required("ResourceArn", Location::Path("ResourceArn"), &ARN_SHAPE),
        Member::required("Tags", Location::Body, &TAG_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static TREATMENT_STRUCTURE: Structure = Structure {
    name: "Treatment",
    members: &[
        Member::optional("Key", Location::Body, &TREATMENT_KEY_SHAPE),
        Member::required("Weight", Location::Body, &WEIGHT_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::required("FlagValue", Location::Body, &FLAG_VALUE_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static TREATMENT_INPUT_STRUCTURE: Structure = Structure {
    name: "TreatmentInput",
    members: &[
        Member::required("Weight", Location::Body, &WEIGHT_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::required("FlagValue", Location::Body, &FLAG_VALUE_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static TREATMENT_OVERRIDES_STRUCTURE: Structure = Structure {
    name: "TreatmentOverrides",
    members: &[Member::optional("Inline", Location::Body, &TREATMENT_OVERRIDE_MAP_SHAPE)],
    payload: None,
    is_union: true,
};

pub static UNTAG_RESOURCE_REQUEST_STRUCTURE: Structure = Structure {
    name: "UntagResourceRequest",
    members: &[
        Member::required("ResourceArn", Location::Path("ResourceArn"), &ARN_SHAPE),
        Member::required("TagKeys", Location::Query("tagKeys"), &TAG_KEY_LIST_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static UPDATE_ACCOUNT_SETTINGS_REQUEST_STRUCTURE: Structure = Structure {
    name: "UpdateAccountSettingsRequest",
    members: &[
        Member::optional("DeletionProtection", Location::Body, &DELETION_PROTECTION_SETTINGS_SHAPE),
        Member::optional("VendedMetrics", Location::Body, &VENDED_METRICS_SETTINGS_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static UPDATE_APPLICATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "UpdateApplicationRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static UPDATE_CONFIGURATION_PROFILE_REQUEST_STRUCTURE: Structure = Structure {
    name: "UpdateConfigurationProfileRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("ConfigurationProfileId", Location::Path("ConfigurationProfileId"), &LONG_NAME_SHAPE),
        Member::optional("Name", Location::Body, &LONG_NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("RetrievalRoleArn", Location::Body, &ROLE_ARN_SHAPE),
        Member::optional("Validators", Location::Body, &VALIDATOR_LIST_SHAPE),
        Member::optional("KmsKeyIdentifier", Location::Body, &KMS_KEY_IDENTIFIER_OR_EMPTY_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static UPDATE_DEPLOYMENT_STRATEGY_REQUEST_STRUCTURE: Structure = Structure {
    name: "UpdateDeploymentStrategyRequest",
    members: &[
        Member::required("DeploymentStrategyId", Location::Path("DeploymentStrategyId"), &DEPLOYMENT_STRATEGY_ID_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("DeploymentDurationInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::optional("FinalBakeTimeInMinutes", Location::Body, &MINUTES_BETWEEN0_AND24_HOURS_SHAPE),
        Member::optional("GrowthFactor", Location::Body, &GROWTH_FACTOR_SHAPE),
        Member::optional("GrowthType", Location::Body, &GROWTH_TYPE_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static UPDATE_ENVIRONMENT_REQUEST_STRUCTURE: Structure = Structure {
    name: "UpdateEnvironmentRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("EnvironmentId", Location::Path("EnvironmentId"), &NAME_SHAPE),
        Member::optional("Name", Location::Body, &NAME_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Monitors", Location::Body, &MONITOR_LIST_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static UPDATE_EXPERIMENT_DEFINITION_REQUEST_STRUCTURE: Structure = Structure {
    name: "UpdateExperimentDefinitionRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required(
            "ExperimentDefinitionIdentifier",
            Location::Path("ExperimentDefinitionIdentifier"),
            &IDENTIFIER_SHAPE,
        ),
        Member::optional("Treatments", Location::Body, &TREATMENT_INPUT_LIST_SHAPE),
        Member::optional("Control", Location::Body, &TREATMENT_INPUT_SHAPE),
        Member::optional("Hypothesis", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("AudienceRule", Location::Body, &RULE_SHAPE),
        Member::optional("AudienceDescription", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("LaunchCriteria", Location::Body, &DESCRIPTION_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static UPDATE_EXPERIMENT_RUN_REQUEST_STRUCTURE: Structure = Structure {
    name: "UpdateExperimentRunRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Path("ApplicationIdentifier"), &IDENTIFIER_SHAPE),
        Member::required(
            "ExperimentDefinitionIdentifier",
            Location::Path("ExperimentDefinitionIdentifier"),
            &IDENTIFIER_SHAPE,
        ),
        Member::required("Run", Location::Path("Run"), &POSITIVE_INTEGER_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("ExposurePercentage", Location::Body, &NULLABLE_PERCENTAGE_SHAPE),
        Member::optional("TreatmentOverrides", Location::Body, &TREATMENT_OVERRIDES_SHAPE),
        Member::optional("DeploymentParameters", Location::Body, &DEPLOYMENT_PARAMETERS_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static UPDATE_EXTENSION_ASSOCIATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "UpdateExtensionAssociationRequest",
    members: &[
        Member::required("ExtensionAssociationId", Location::Path("ExtensionAssociationId"), &ID_SHAPE),
        Member::optional("Parameters", Location::Body, &PARAMETER_VALUE_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static UPDATE_EXTENSION_REQUEST_STRUCTURE: Structure = Structure {
    name: "UpdateExtensionRequest",
    members: &[
        Member::required("ExtensionIdentifier", Location::Path("ExtensionIdentifier"), &IDENTIFIER_SHAPE),
        Member::optional("Description", Location::Body, &DESCRIPTION_SHAPE),
        Member::optional("Actions", Location::Body, &ACTIONS_MAP_SHAPE),
        Member::optional("Parameters", Location::Body, &PARAMETER_MAP_SHAPE),
        Member::optional("VersionNumber", Location::Body, &INTEGER_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static VALIDATE_CONFIGURATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "ValidateConfigurationRequest",
    members: &[
        Member::required("ApplicationId", Location::Path("ApplicationId"), &NAME_SHAPE),
        Member::required("ConfigurationProfileId", Location::Path("ConfigurationProfileId"), &LONG_NAME_SHAPE),
        Member::required("ConfigurationVersion", Location::Query("configuration_version"), &VERSION_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static VALIDATOR_STRUCTURE: Structure = Structure {
    name: "Validator",
    members: &[
        Member::required("Type", Location::Body, &VALIDATOR_TYPE_SHAPE),
        Member::required("Content", Location::Body, &STRING_WITH_LENGTH_BETWEEN0_AND32768_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static VENDED_METRICS_SETTINGS_STRUCTURE: Structure = Structure {
    name: "VendedMetricsSettings",
    members: &[Member::optional("Enabled", Location::Body, &BOOLEAN_SHAPE)],
    payload: None,
    is_union: false,
};

pub static ACTION_SHAPE: Shape = Shape {
    name: "Action",
    kind: ShapeKind::Structure(&ACTION_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ACTION_INVOCATION_SHAPE: Shape = Shape {
    name: "ActionInvocation",
    kind: ShapeKind::Structure(&ACTION_INVOCATION_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ACTION_INVOCATIONS_SHAPE: Shape = Shape {
    name: "ActionInvocations",
    kind: ShapeKind::List(&ACTION_INVOCATION_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ACTION_LIST_SHAPE: Shape = Shape {
    name: "ActionList",
    kind: ShapeKind::List(&ACTION_SHAPE),
    min: Some(1.0),
    max: Some(1.0),
    pattern: None,
    is_sensitive: false,
};

pub static ACTION_POINT_SHAPE: Shape = Shape {
    name: "ActionPoint",
    kind: ShapeKind::String(&[
        "PRE_CREATE_HOSTED_CONFIGURATION_VERSION",
        "PRE_START_DEPLOYMENT",
        "AT_DEPLOYMENT_TICK",
        "ON_DEPLOYMENT_START",
        "ON_DEPLOYMENT_STEP",
        "ON_DEPLOYMENT_BAKING",
        "ON_DEPLOYMENT_COMPLETE",
        "ON_DEPLOYMENT_ROLLED_BACK",
    ]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ACTIONS_MAP_SHAPE: Shape = Shape {
    name: "ActionsMap",
    kind: ShapeKind::Map(&ACTION_POINT_SHAPE, &ACTION_LIST_SHAPE),
    min: Some(1.0),
    max: Some(5.0),
    pattern: None,
    is_sensitive: false,
};

pub static APPLICATION_SHAPE: Shape = Shape {
    name: "Application",
    kind: ShapeKind::Structure(&APPLICATION_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static APPLICATION_LIST_SHAPE: Shape = Shape {
    name: "ApplicationList",
    kind: ShapeKind::List(&APPLICATION_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static APPLIED_EXTENSION_SHAPE: Shape = Shape {
    name: "AppliedExtension",
    kind: ShapeKind::Structure(&APPLIED_EXTENSION_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static APPLIED_EXTENSIONS_SHAPE: Shape = Shape {
    name: "AppliedExtensions",
    kind: ShapeKind::List(&APPLIED_EXTENSION_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ARN_SHAPE: Shape = Shape {
    name: "Arn",
    kind: ShapeKind::String(&[]),
    min: Some(20.0),
    max: Some(2048.0),
    pattern: Some(
        r"arn:(aws[a-zA-Z-]*)?:[a-z]+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:[a-zA-Z0-9-_/:.]+",
    ),
    is_sensitive: false,
};

pub static ATTRIBUTE_KEY_SHAPE: Shape = Shape {
    name: "AttributeKey",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"(?!enabled$)[a-z][a-zA-Z0-9_-]{0,63}"),
    is_sensitive: false,
};

pub static ATTRIBUTE_STRING_SHAPE: Shape = Shape {
    name: "AttributeString",
    kind: ShapeKind::String(&[]),
    min: Some(0.0),
    max: Some(1024.0),
    pattern: None,
    is_sensitive: false,
};

pub static ATTRIBUTE_VALUE_SHAPE: Shape = Shape {
    name: "AttributeValue",
    kind: ShapeKind::Structure(&ATTRIBUTE_VALUE_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ATTRIBUTE_VALUE_MAP_SHAPE: Shape = Shape {
    name: "AttributeValueMap",
    kind: ShapeKind::Map(&ATTRIBUTE_KEY_SHAPE, &ATTRIBUTE_VALUE_SHAPE),
    min: Some(0.0),
    max: Some(25.0),
    pattern: None,
    is_sensitive: false,
};

pub static BAD_REQUEST_DETAILS_SHAPE: Shape = Shape {
    name: "BadRequestDetails",
    kind: ShapeKind::Structure(&BAD_REQUEST_DETAILS_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static BAD_REQUEST_REASON_SHAPE: Shape = Shape {
    name: "BadRequestReason",
    kind: ShapeKind::String(&["InvalidConfiguration"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static BLOB_SHAPE: Shape =
    Shape { name: "Blob", kind: ShapeKind::Blob, min: None, max: None, pattern: None, is_sensitive: true };

pub static BOOLEAN_SHAPE: Shape =
    Shape { name: "Boolean", kind: ShapeKind::Boolean, min: None, max: None, pattern: None, is_sensitive: false };

pub static BYTES_MEASURE_SHAPE: Shape = Shape {
    name: "BytesMeasure",
    kind: ShapeKind::String(&["KILOBYTES"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static CONFIGURATION_PROFILE_SUMMARY_SHAPE: Shape = Shape {
    name: "ConfigurationProfileSummary",
    kind: ShapeKind::Structure(&CONFIGURATION_PROFILE_SUMMARY_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static CONFIGURATION_PROFILE_SUMMARY_LIST_SHAPE: Shape = Shape {
    name: "ConfigurationProfileSummaryList",
    kind: ShapeKind::List(&CONFIGURATION_PROFILE_SUMMARY_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static CONFIGURATION_PROFILE_TYPE_SHAPE: Shape = Shape {
    name: "ConfigurationProfileType",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"^[a-zA-Z0-9\.\-]+"),
    is_sensitive: false,
};

pub static DELETE_TYPE_SHAPE: Shape = Shape {
    name: "DeleteType",
    kind: ShapeKind::String(&["ARCHIVE", "DESTROY"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DELETION_PROTECTION_CHECK_SHAPE: Shape = Shape {
    name: "DeletionProtectionCheck",
    kind: ShapeKind::String(&["ACCOUNT_DEFAULT", "APPLY", "BYPASS"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DELETION_PROTECTION_DURATION_SHAPE: Shape = Shape {
    name: "DeletionProtectionDuration",
    kind: ShapeKind::Integer,
    min: Some(15.0),
    max: Some(1440.0),
    pattern: None,
    is_sensitive: false,
};

pub static DELETION_PROTECTION_SETTINGS_SHAPE: Shape = Shape {
    name: "DeletionProtectionSettings",
    kind: ShapeKind::Structure(&DELETION_PROTECTION_SETTINGS_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_EVENT_SHAPE: Shape = Shape {
    name: "DeploymentEvent",
    kind: ShapeKind::Structure(&DEPLOYMENT_EVENT_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_EVENT_TYPE_SHAPE: Shape = Shape {
    name: "DeploymentEventType",
    kind: ShapeKind::String(&[
        "PERCENTAGE_UPDATED",
        "ROLLBACK_STARTED",
        "ROLLBACK_COMPLETED",
        "BAKE_TIME_STARTED",
        "DEPLOYMENT_STARTED",
        "DEPLOYMENT_COMPLETED",
        "REVERT_COMPLETED",
    ]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_EVENTS_SHAPE: Shape = Shape {
    name: "DeploymentEvents",
    kind: ShapeKind::List(&DEPLOYMENT_EVENT_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_LIST_SHAPE: Shape = Shape {
    name: "DeploymentList",
    kind: ShapeKind::List(&DEPLOYMENT_SUMMARY_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_PARAMETERS_SHAPE: Shape = Shape {
    name: "DeploymentParameters",
    kind: ShapeKind::Structure(&DEPLOYMENT_PARAMETERS_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_STATE_SHAPE: Shape = Shape {
    name: "DeploymentState",
    kind: ShapeKind::String(&[
        "BAKING",
        "VALIDATING",
        "DEPLOYING",
        "COMPLETE",
        "ROLLING_BACK",
        "ROLLED_BACK",
        "REVERTED",
    ]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_STRATEGY_SHAPE: Shape = Shape {
    name: "DeploymentStrategy",
    kind: ShapeKind::Structure(&DEPLOYMENT_STRATEGY_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_STRATEGY_ID_SHAPE: Shape = Shape {
    name: "DeploymentStrategyId",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"(^[a-z0-9]{4,7}$|^AppConfig\.[A-Za-z0-9]{9,40}$)"),
    is_sensitive: false,
};

pub static DEPLOYMENT_STRATEGY_LIST_SHAPE: Shape = Shape {
    name: "DeploymentStrategyList",
    kind: ShapeKind::List(&DEPLOYMENT_STRATEGY_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_SUMMARY_SHAPE: Shape = Shape {
    name: "DeploymentSummary",
    kind: ShapeKind::Structure(&DEPLOYMENT_SUMMARY_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DEPLOYMENT_TYPE_SHAPE: Shape = Shape {
    name: "DeploymentType",
    kind: ShapeKind::String(&["USER", "MANAGED"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static DESCRIPTION_SHAPE: Shape = Shape {
    name: "Description",
    kind: ShapeKind::String(&[]),
    min: Some(0.0),
    max: Some(1024.0),
    pattern: None,
    is_sensitive: false,
};

pub static DOUBLE_SHAPE: Shape =
    Shape { name: "Double", kind: ShapeKind::Float, min: None, max: None, pattern: None, is_sensitive: false };

pub static DYNAMIC_PARAMETER_KEY_SHAPE: Shape = Shape {
    name: "DynamicParameterKey",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"^([^#\n]{1,96})#([^\/#\n]{1,64})$"),
    is_sensitive: false,
};

pub static DYNAMIC_PARAMETER_MAP_SHAPE: Shape = Shape {
    name: "DynamicParameterMap",
    kind: ShapeKind::Map(&DYNAMIC_PARAMETER_KEY_SHAPE, &STRING_WITH_LENGTH_BETWEEN1_AND2048_SHAPE),
    min: Some(1.0),
    max: Some(10.0),
    pattern: None,
    is_sensitive: true,
};

pub static ENTITY_ID_SHAPE: Shape = Shape {
    name: "EntityId",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(2048.0),
    pattern: None,
    is_sensitive: false,
};

pub static ENVIRONMENT_SHAPE: Shape = Shape {
    name: "Environment",
    kind: ShapeKind::Structure(&ENVIRONMENT_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ENVIRONMENT_LIST_SHAPE: Shape = Shape {
    name: "EnvironmentList",
    kind: ShapeKind::List(&ENVIRONMENT_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ENVIRONMENT_STATE_SHAPE: Shape = Shape {
    name: "EnvironmentState",
    kind: ShapeKind::String(&["ReadyForDeployment", "Deploying", "RollingBack", "RolledBack", "Reverted"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_DEFINITION_LIST_SHAPE: Shape = Shape {
    name: "ExperimentDefinitionList",
    kind: ShapeKind::List(&EXPERIMENT_DEFINITION_SUMMARY_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_DEFINITION_SNAPSHOT_SHAPE: Shape = Shape {
    name: "ExperimentDefinitionSnapshot",
    kind: ShapeKind::Structure(&EXPERIMENT_DEFINITION_SNAPSHOT_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_DEFINITION_STATUS_SHAPE: Shape = Shape {
    name: "ExperimentDefinitionStatus",
    kind: ShapeKind::String(&["ACTIVE", "IDLE", "ARCHIVED"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_DEFINITION_SUMMARY_SHAPE: Shape = Shape {
    name: "ExperimentDefinitionSummary",
    kind: ShapeKind::Structure(&EXPERIMENT_DEFINITION_SUMMARY_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_RUN_EVENT_SHAPE: Shape = Shape {
    name: "ExperimentRunEvent",
    kind: ShapeKind::Structure(&EXPERIMENT_RUN_EVENT_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_RUN_EVENT_LIST_SHAPE: Shape = Shape {
    name: "ExperimentRunEventList",
    kind: ShapeKind::List(&EXPERIMENT_RUN_EVENT_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_RUN_EVENT_TYPE_SHAPE: Shape = Shape {
    name: "ExperimentRunEventType",
    kind: ShapeKind::String(&["RUN_STARTED", "EXPOSURE_UPDATED", "OVERRIDES_UPDATED", "RUN_STOPPED"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_RUN_RESULT_SHAPE: Shape = Shape {
    name: "ExperimentRunResult",
    kind: ShapeKind::Structure(&EXPERIMENT_RUN_RESULT_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_RUN_STATUS_SHAPE: Shape = Shape {
    name: "ExperimentRunStatus",
    kind: ShapeKind::String(&["RUNNING", "DONE"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_RUN_SUMMARY_SHAPE: Shape = Shape {
    name: "ExperimentRunSummary",
    kind: ShapeKind::Structure(&EXPERIMENT_RUN_SUMMARY_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXPERIMENT_RUN_SUMMARY_LIST_SHAPE: Shape = Shape {
    name: "ExperimentRunSummaryList",
    kind: ShapeKind::List(&EXPERIMENT_RUN_SUMMARY_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXTENSION_ASSOCIATION_SUMMARIES_SHAPE: Shape = Shape {
    name: "ExtensionAssociationSummaries",
    kind: ShapeKind::List(&EXTENSION_ASSOCIATION_SUMMARY_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXTENSION_ASSOCIATION_SUMMARY_SHAPE: Shape = Shape {
    name: "ExtensionAssociationSummary",
    kind: ShapeKind::Structure(&EXTENSION_ASSOCIATION_SUMMARY_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXTENSION_OR_PARAMETER_NAME_SHAPE: Shape = Shape {
    name: "ExtensionOrParameterName",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"^[^\/#:\n]{1,64}$"),
    is_sensitive: false,
};

pub static EXTENSION_SUMMARIES_SHAPE: Shape = Shape {
    name: "ExtensionSummaries",
    kind: ShapeKind::List(&EXTENSION_SUMMARY_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static EXTENSION_SUMMARY_SHAPE: Shape = Shape {
    name: "ExtensionSummary",
    kind: ShapeKind::Structure(&EXTENSION_SUMMARY_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static FLAG_KEY_SHAPE: Shape = Shape {
    name: "FlagKey",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"^[a-z][a-zA-Z0-9_-]{1,64}"),
    is_sensitive: false,
};

pub static FLAG_VALUE_SHAPE: Shape = Shape {
    name: "FlagValue",
    kind: ShapeKind::Structure(&FLAG_VALUE_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static FLOAT_SHAPE: Shape =
    Shape { name: "Float", kind: ShapeKind::Float, min: None, max: None, pattern: None, is_sensitive: false };

pub static GROWTH_FACTOR_SHAPE: Shape = Shape {
    name: "GrowthFactor",
    kind: ShapeKind::Float,
    min: Some(1.0),
    max: Some(100.0),
    pattern: None,
    is_sensitive: false,
};

pub static GROWTH_TYPE_SHAPE: Shape = Shape {
    name: "GrowthType",
    kind: ShapeKind::String(&["LINEAR", "EXPONENTIAL"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static HOSTED_CONFIGURATION_VERSION_SUMMARY_SHAPE: Shape = Shape {
    name: "HostedConfigurationVersionSummary",
    kind: ShapeKind::Structure(&HOSTED_CONFIGURATION_VERSION_SUMMARY_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static HOSTED_CONFIGURATION_VERSION_SUMMARY_LIST_SHAPE: Shape = Shape {
    name: "HostedConfigurationVersionSummaryList",
    kind: ShapeKind::List(&HOSTED_CONFIGURATION_VERSION_SUMMARY_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ID_SHAPE: Shape = Shape {
    name: "Id",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"[a-z0-9]{4,7}"),
    is_sensitive: false,
};

pub static IDENTIFIER_SHAPE: Shape = Shape {
    name: "Identifier",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(2048.0),
    pattern: None,
    is_sensitive: false,
};

pub static INTEGER_SHAPE: Shape =
    Shape { name: "Integer", kind: ShapeKind::Integer, min: None, max: None, pattern: None, is_sensitive: false };

pub static INVALID_CONFIGURATION_DETAIL_SHAPE: Shape = Shape {
    name: "InvalidConfigurationDetail",
    kind: ShapeKind::Structure(&INVALID_CONFIGURATION_DETAIL_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static INVALID_CONFIGURATION_DETAIL_LIST_SHAPE: Shape = Shape {
    name: "InvalidConfigurationDetailList",
    kind: ShapeKind::List(&INVALID_CONFIGURATION_DETAIL_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ISO8601_DATE_TIME_SHAPE: Shape = Shape {
    name: "Iso8601DateTime",
    kind: ShapeKind::Timestamp,
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static KMS_KEY_IDENTIFIER_SHAPE: Shape = Shape {
    name: "KmsKeyIdentifier",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(2048.0),
    pattern: None,
    is_sensitive: false,
};

pub static KMS_KEY_IDENTIFIER_OR_EMPTY_SHAPE: Shape = Shape {
    name: "KmsKeyIdentifierOrEmpty",
    kind: ShapeKind::String(&[]),
    min: Some(0.0),
    max: Some(2048.0),
    pattern: None,
    is_sensitive: false,
};

pub static LONG_NAME_SHAPE: Shape = Shape {
    name: "LongName",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(128.0),
    pattern: None,
    is_sensitive: false,
};

pub static MAX_RESULTS_SHAPE: Shape = Shape {
    name: "MaxResults",
    kind: ShapeKind::Integer,
    min: Some(1.0),
    max: Some(50.0),
    pattern: None,
    is_sensitive: false,
};

pub static MINUTES_BETWEEN0_AND24_HOURS_SHAPE: Shape = Shape {
    name: "MinutesBetween0And24Hours",
    kind: ShapeKind::Integer,
    min: Some(0.0),
    max: Some(1440.0),
    pattern: None,
    is_sensitive: false,
};

pub static MONITOR_SHAPE: Shape = Shape {
    name: "Monitor",
    kind: ShapeKind::Structure(&MONITOR_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static MONITOR_LIST_SHAPE: Shape = Shape {
    name: "MonitorList",
    kind: ShapeKind::List(&MONITOR_SHAPE),
    min: Some(0.0),
    max: Some(5.0),
    pattern: None,
    is_sensitive: false,
};

pub static NAME_SHAPE: Shape = Shape {
    name: "Name",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(64.0),
    pattern: None,
    is_sensitive: false,
};

pub static NAME_WITH_RESERVED_AWS_PREFIX_SHAPE: Shape = Shape {
    name: "NameWithReservedAwsPrefix",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"^(?!AWS\.).{1,64}$"),
    is_sensitive: false,
};

pub static NEXT_TOKEN_SHAPE: Shape = Shape {
    name: "NextToken",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(2048.0),
    pattern: None,
    is_sensitive: false,
};

pub static NULLABLE_PERCENTAGE_SHAPE: Shape = Shape {
    name: "NullablePercentage",
    kind: ShapeKind::Float,
    min: Some(0.0),
    max: Some(100.0),
    pattern: None,
    is_sensitive: false,
};

pub static NUMBER_LIST_SHAPE: Shape = Shape {
    name: "NumberList",
    kind: ShapeKind::List(&DOUBLE_SHAPE),
    min: Some(0.0),
    max: Some(25.0),
    pattern: None,
    is_sensitive: false,
};

pub static PARAMETER_SHAPE: Shape = Shape {
    name: "Parameter",
    kind: ShapeKind::Structure(&PARAMETER_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static PARAMETER_MAP_SHAPE: Shape = Shape {
    name: "ParameterMap",
    kind: ShapeKind::Map(&EXTENSION_OR_PARAMETER_NAME_SHAPE, &PARAMETER_SHAPE),
    min: Some(1.0),
    max: Some(10.0),
    pattern: None,
    is_sensitive: false,
};

pub static PARAMETER_VALUE_MAP_SHAPE: Shape = Shape {
    name: "ParameterValueMap",
    kind: ShapeKind::Map(&EXTENSION_OR_PARAMETER_NAME_SHAPE, &STRING_WITH_LENGTH_BETWEEN1_AND2048_SHAPE),
    min: Some(0.0),
    max: Some(10.0),
    pattern: None,
    is_sensitive: false,
};

pub static PERCENTAGE_SHAPE: Shape = Shape {
    name: "Percentage",
    kind: ShapeKind::Float,
    min: Some(1.0),
    max: Some(100.0),
    pattern: None,
    is_sensitive: false,
};

pub static POSITIVE_INTEGER_SHAPE: Shape = Shape {
    name: "PositiveInteger",
    kind: ShapeKind::Integer,
    min: Some(1.0),
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static QUERY_NAME_SHAPE: Shape = Shape {
    name: "QueryName",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(64.0),
    pattern: None,
    is_sensitive: false,
};

pub static REPLICATE_TO_SHAPE: Shape = Shape {
    name: "ReplicateTo",
    kind: ShapeKind::String(&["NONE", "SSM_DOCUMENT"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static ROLE_ARN_SHAPE: Shape = Shape {
    name: "RoleArn",
    kind: ShapeKind::String(&[]),
    min: Some(20.0),
    max: Some(2048.0),
    pattern: Some(r"^((arn):(aws|aws-cn|aws-iso|aws-iso-[a-z]{1}|aws-us-gov|aws-eusc):(iam)::\d{12}:role[/].*)$"),
    is_sensitive: false,
};

pub static RULE_SHAPE: Shape = Shape {
    name: "Rule",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(16384.0),
    pattern: None,
    is_sensitive: false,
};

pub static STRING_SHAPE: Shape =
    Shape { name: "String", kind: ShapeKind::String(&[]), min: None, max: None, pattern: None, is_sensitive: false };

pub static STRING_LIST_SHAPE: Shape = Shape {
    name: "StringList",
    kind: ShapeKind::List(&ATTRIBUTE_STRING_SHAPE),
    min: Some(0.0),
    max: Some(25.0),
    pattern: None,
    is_sensitive: false,
};

pub static STRING_WITH_LENGTH_BETWEEN0_AND32768_SHAPE: Shape = Shape {
    name: "StringWithLengthBetween0And32768",
    kind: ShapeKind::String(&[]),
    min: Some(0.0),
    max: Some(32768.0),
    pattern: None,
    is_sensitive: true,
};

pub static STRING_WITH_LENGTH_BETWEEN1_AND2048_SHAPE: Shape = Shape {
    name: "StringWithLengthBetween1And2048",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(2048.0),
    pattern: None,
    is_sensitive: false,
};

pub static STRING_WITH_LENGTH_BETWEEN1_AND255_SHAPE: Shape = Shape {
    name: "StringWithLengthBetween1And255",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(255.0),
    pattern: None,
    is_sensitive: false,
};

pub static STRING_WITH_LENGTH_BETWEEN1_AND64_SHAPE: Shape = Shape {
    name: "StringWithLengthBetween1And64",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(64.0),
    pattern: None,
    is_sensitive: false,
};

pub static TAG_KEY_SHAPE: Shape = Shape {
    name: "TagKey",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(128.0),
    pattern: None,
    is_sensitive: false,
};

pub static TAG_KEY_LIST_SHAPE: Shape = Shape {
    name: "TagKeyList",
    kind: ShapeKind::List(&TAG_KEY_SHAPE),
    min: Some(0.0),
    max: Some(50.0),
    pattern: None,
    is_sensitive: false,
};

pub static TAG_MAP_SHAPE: Shape = Shape {
    name: "TagMap",
    kind: ShapeKind::Map(&TAG_KEY_SHAPE, &TAG_VALUE_SHAPE),
    min: Some(0.0),
    max: Some(50.0),
    pattern: None,
    is_sensitive: false,
};

pub static TAG_VALUE_SHAPE: Shape = Shape {
    name: "TagValue",
    kind: ShapeKind::String(&[]),
    min: None,
    max: Some(256.0),
    pattern: None,
    is_sensitive: false,
};

pub static TREATMENT_SHAPE: Shape = Shape {
    name: "Treatment",
    kind: ShapeKind::Structure(&TREATMENT_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static TREATMENT_INPUT_SHAPE: Shape = Shape {
    name: "TreatmentInput",
    kind: ShapeKind::Structure(&TREATMENT_INPUT_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static TREATMENT_INPUT_LIST_SHAPE: Shape = Shape {
    name: "TreatmentInputList",
    kind: ShapeKind::List(&TREATMENT_INPUT_SHAPE),
    min: Some(1.0),
    max: Some(5.0),
    pattern: None,
    is_sensitive: false,
};

pub static TREATMENT_KEY_SHAPE: Shape = Shape {
    name: "TreatmentKey",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"^[a-zA-Z0-9]{1,8}"),
    is_sensitive: false,
};

pub static TREATMENT_LIST_SHAPE: Shape = Shape {
    name: "TreatmentList",
    kind: ShapeKind::List(&TREATMENT_SHAPE),
    min: Some(1.0),
    max: Some(5.0),
    pattern: None,
    is_sensitive: false,
};

pub static TREATMENT_OVERRIDE_MAP_SHAPE: Shape = Shape {
    name: "TreatmentOverrideMap",
    kind: ShapeKind::Map(&ENTITY_ID_SHAPE, &TREATMENT_KEY_SHAPE),
    min: Some(0.0),
    max: Some(32.0),
    pattern: None,
    is_sensitive: false,
};

pub static TREATMENT_OVERRIDES_SHAPE: Shape = Shape {
    name: "TreatmentOverrides",
    kind: ShapeKind::Structure(&TREATMENT_OVERRIDES_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static TRIGGERED_BY_SHAPE: Shape = Shape {
    name: "TriggeredBy",
    kind: ShapeKind::String(&["USER", "APPCONFIG", "CLOUDWATCH_ALARM", "INTERNAL_ERROR"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static URI_SHAPE: Shape = Shape {
    name: "Uri",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(2048.0),
    pattern: None,
    is_sensitive: false,
};

pub static VALIDATOR_SHAPE: Shape = Shape {
    name: "Validator",
    kind: ShapeKind::Structure(&VALIDATOR_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static VALIDATOR_LIST_SHAPE: Shape = Shape {
    name: "ValidatorList",
    kind: ShapeKind::List(&VALIDATOR_SHAPE),
    min: Some(0.0),
    max: Some(2.0),
    pattern: None,
    is_sensitive: false,
};

pub static VALIDATOR_TYPE_SHAPE: Shape = Shape {
    name: "ValidatorType",
    kind: ShapeKind::String(&["JSON_SCHEMA", "LAMBDA"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static VALIDATOR_TYPE_LIST_SHAPE: Shape = Shape {
    name: "ValidatorTypeList",
    kind: ShapeKind::List(&VALIDATOR_TYPE_SHAPE),
    min: Some(0.0),
    max: Some(2.0),
    pattern: None,
    is_sensitive: false,
};

pub static VENDED_METRICS_SETTINGS_SHAPE: Shape = Shape {
    name: "VendedMetricsSettings",
    kind: ShapeKind::Structure(&VENDED_METRICS_SETTINGS_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static VERSION_SHAPE: Shape = Shape {
    name: "Version",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(1024.0),
    pattern: None,
    is_sensitive: false,
};

pub static VERSION_LABEL_SHAPE: Shape = Shape {
    name: "VersionLabel",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(64.0),
    pattern: Some(r".*[^0-9].*"),
    is_sensitive: false,
};

pub static WEIGHT_SHAPE: Shape =
    Shape { name: "Weight", kind: ShapeKind::Float, min: Some(0.0), max: None, pattern: None, is_sensitive: false };
