//! Configuration profiles.

use bytes::Bytes;
use tidegate_domain::{
    Command, CreateProfile, Event, Profile, RealmState, Resource, UpdateProfile, Validator, ValidatorType,
};
use tidegate_model::appconfig as aws;
use tidegate_wire::Failure;

use super::page::Paging;
use super::{Call, Done, Outcome, echoed, find, unavailable, unless_empty};
use crate::node::Committed;
use crate::validators::DRAFT_TAG;

pub(super) async fn create(
    call: &Call<'_>,
    input: aws::CreateConfigurationProfileRequest,
) -> Outcome<aws::CreateConfigurationProfileRequest> {
    let command = Command::CreateProfile(CreateProfile {
        application: input.application_id,
        name: input.name,
        description: input.description.clone(),
        location_uri: input.location_uri,
        retrieval_role_arn: input.retrieval_role_arn,
        validators: validators(input.validators.unwrap_or_default()),
        kind: input.r#type,
        kms_key_identifier: input.kms_key_identifier,
        tags: input.tags.unwrap_or_default(),
    });
    let committed = call.execute(command).await?;
    Ok(Done(told(call, written(&committed), input.description)))
}

pub(super) async fn get(
    call: &Call<'_>,
    input: aws::GetConfigurationProfileRequest,
) -> Outcome<aws::GetConfigurationProfileRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let profile = view.profile(application, &input.configuration_profile_id)?;
    Ok(Done(shown(call, profile)))
}

pub(super) async fn list(
    call: &Call<'_>,
    input: aws::ListConfigurationProfilesRequest,
) -> Outcome<aws::ListConfigurationProfilesRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let filter = input.r#type.as_deref();
    let parts = ["ListConfigurationProfiles", application.id.as_str(), filter.unwrap_or_default()];
    let paging = Paging::new(call, &view.published, input.max_results, &parts);
    let start = paging.start(input.next_token.as_deref(), 0)?;
    let page = view.realm.profiles(application.id, start, paging.limit, |profile| {
        filter.is_none_or(|filter| profile.kind.as_str() == filter)
    });
    let (items, next_token) = paging.finish(page, |profile| summary(profile))?;
    Ok(Done(aws::ConfigurationProfiles { items, next_token }))
}

pub(super) async fn update(
    call: &Call<'_>,
    input: aws::UpdateConfigurationProfileRequest,
) -> Outcome<aws::UpdateConfigurationProfileRequest> {
    let command = Command::UpdateProfile(UpdateProfile {
        application: input.application_id,
        profile: input.configuration_profile_id,
        name: input.name,
        description: input.description.clone(),
        retrieval_role_arn: input.retrieval_role_arn,
        validators: input.validators.map(validators),
        kms_key_identifier: input.kms_key_identifier,
    });
    let committed = call.execute(command).await?;
    Ok(Done(told(call, written(&committed), input.description)))
}

pub(super) async fn delete(
    call: &Call<'_>,
    input: aws::DeleteConfigurationProfileRequest,
) -> Outcome<aws::DeleteConfigurationProfileRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let profile = view.profile(application, &input.configuration_profile_id)?;
    let channels = view.realm.channels_of_profile(application.id, profile.id);
    let command = Command::DeleteProfile {
        application: application.id.to_string(),
        profile: profile.id.to_string(),
        protection: call.protection(&view.published, input.deletion_protection_check, &channels),
    };
    call.execute(command).await?;
    Ok(Done(aws::DeleteConfigurationProfileResponse {}))
}

/// Runs the profile's validators on a version.
pub(super) async fn validate(
    call: &Call<'_>,
    input: aws::ValidateConfigurationRequest,
) -> Outcome<aws::ValidateConfigurationRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let profile = view.profile(application, &input.configuration_profile_id)?;
    let version = view.version_to_deploy(profile, &input.configuration_version)?;
    let content = call.node.fetch(version.content, version.size).await.map_err(|error| unavailable(&error))?;
    run_validators(call, &view.realm, profile, &version.number.to_string(), &content).await?;
    Ok(Done(aws::ValidateConfigurationResponse {}))
}

/// Has the profile's validators look at a content.
pub(super) async fn run_validators(
    call: &Call<'_>,
    realm: &RealmState,
    profile: &Profile,
    version: &str,
    content: &Bytes,
) -> Result<(), Failure> {
    let tags = realm.tags(Resource::Profile(profile.application, profile.id));
    let draft = tags.get(DRAFT_TAG).map(String::as_str);
    call.node.validators.check(&call.node.actions, profile, draft, version, content).await
}

fn validators(validators: Vec<aws::Validator>) -> Vec<Validator> {
    let validator = |validator: aws::Validator| Validator {
        kind: match validator.r#type {
            aws::ValidatorType::JsonSchema => ValidatorType::JsonSchema,
            aws::ValidatorType::Lambda => ValidatorType::Lambda,
        },
        content: validator.content,
    };
    validators.into_iter().map(validator).collect()
}

fn validator_type(kind: ValidatorType) -> aws::ValidatorType {
    match kind {
        ValidatorType::JsonSchema => aws::ValidatorType::JsonSchema,
        ValidatorType::Lambda => aws::ValidatorType::Lambda,
    }
}

fn written(committed: &Committed) -> &Profile {
    find(committed, |event| match event {
        Event::ProfileCreated(profile) | Event::ProfileUpdated(profile) => Some(profile),
        _ => None,
    })
}

fn told(call: &Call<'_>, profile: &Profile, requested: Option<String>) -> aws::ConfigurationProfile {
    aws::ConfigurationProfile { description: echoed(requested, &profile.description), ..shown(call, profile) }
}

fn shown(call: &Call<'_>, profile: &Profile) -> aws::ConfigurationProfile {
    let validator = |validator: &Validator| aws::Validator {
        r#type: validator_type(validator.kind),
        content: validator.content.clone(),
    };
    aws::ConfigurationProfile {
        application_id: Some(profile.application.to_string()),
        id: Some(profile.id.to_string()),
        name: Some(profile.name.clone()),
        description: profile.description.clone(),
        location_uri: Some(profile.location_uri.clone()),
        retrieval_role_arn: profile.retrieval_role_arn.clone(),
        validators: unless_empty(profile.validators.iter().map(validator).collect()),
        r#type: Some(profile.kind.as_str().into()),
        kms_key_arn: profile.kms_key_identifier.as_deref().map(|key| call.key_arn(key)),
        kms_key_identifier: profile.kms_key_identifier.clone(),
    }
}

fn summary(profile: &Profile) -> aws::ConfigurationProfileSummary {
    let kinds = profile.validators.iter().map(|validator| validator_type(validator.kind));
    aws::ConfigurationProfileSummary {
        application_id: Some(profile.application.to_string()),
        id: Some(profile.id.to_string()),
        name: Some(profile.name.clone()),
        location_uri: Some(profile.location_uri.clone()),
        validator_types: unless_empty(kinds.collect()),
        r#type: Some(profile.kind.as_str().into()),
    }
}
