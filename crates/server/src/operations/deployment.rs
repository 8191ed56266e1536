//! Deployments.

use std::collections::BTreeMap;

use tidegate_domain::{
    ActionPoint, AppliedExtension, Command, Deployment, DeploymentKind, DeploymentState, Event, Invocation, LogEntry,
    LogEntryType, ProfileType, RealmState, StartDeployment, TriggeredBy,
};
use tidegate_model::{Timestamp, appconfig as aws};
use tidegate_wire::Failure;

use super::configuration_profile::run_validators;
use super::deployment_strategy::growth_type;
use super::page::Paging;
use super::{Call, Done, Outcome, View, echoed, find, unavailable, unless_empty};
use crate::actions::{ContentPayload, Named};
use crate::apart::apart;

/// Extensions and validators have their say before anything is decided: they are the slow part, and their answers are
/// part of the command.
pub(super) async fn start(call: &Call<'_>, input: aws::StartDeploymentRequest) -> Outcome<aws::StartDeploymentRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let environment = view.environment(application, &input.environment_id)?;
    let mut command = StartDeployment {
        application: application.id.to_string(),
        environment: environment.id.to_string(),
        strategy: input.deployment_strategy_id,
        profile: input.configuration_profile_id,
        version: input.configuration_version,
        description: input.description.clone(),
        kms_key_identifier: input.kms_key_identifier,
        latest_deployment: input.latest_deployment_number.map(i64::from),
        tags: input.tags.unwrap_or_default(),
        content: None,
        applied: Vec::new(),
        invocations: Vec::new(),
    };
    // What the rules are against is not shown to anybody.
    view.rehearse(&Command::StartDeployment(command.clone()))?;
    let profile = view.profile(application, &command.profile)?;
    let version = view.version_to_deploy(profile, &command.version)?;
    // From here on the deployment is of this profile and version, whatever names and labels come to mean.
    command.profile = profile.id.to_string();
    command.version = version.number.to_string();
    command.applied = view.realm.extensions_for(profile, Some(environment.id));
    let dynamic = dynamic_parameters(call, &view.realm, &command.applied, input.dynamic_extension_parameters)?;
    let point = ActionPoint::PreStartDeployment;
    let mut changed = None;
    let has_actions = command.applied.iter().any(|extension| extension.actions_at(point).next().is_some());
    if has_actions || !profile.validators.is_empty() {
        let stored = call.node.fetch(version.content, version.size).await.map_err(|error| unavailable(&error))?;
        let payload = ContentPayload {
            point,
            application: Named { id: application.id.to_string(), name: Some(application.name.clone()) },
            environment: Some(Named { id: environment.id.to_string(), name: Some(environment.name.clone()) }),
            profile: Named { id: profile.id.to_string(), name: Some(profile.name.clone()) },
            profile_type: profile.kind.as_str(),
            deployment_number: Some(environment.latest_deployment + 1),
            description: command.description.clone(),
            content: stored.clone(),
            content_type: version.content_type.clone(),
            content_version: command.version.clone(),
            previous: None,
        };
        let (content, invocations) = call.node.actions.before(point, &command.applied, payload, &dynamic).await?;
        let (size, limit) = (content.len() as u64, call.node.settings.limits.hosted_content_bytes);
        if size > limit {
            return Err(Failure::bad_request(format!(
                "An extension returned a configuration of {size} bytes; the limit is {limit} bytes."
            )));
        }
        if profile.kind == ProfileType::FeatureFlags && content != stored {
            let document = content.clone();
            let rendered = apart(move || tidegate_flags::render(&document).map(drop)).await;
            if !matches!(rendered, Ok(Ok(()))) {
                let message = "An extension returned content that is no document of feature flags.";
                return Err(Failure::bad_request(message));
            }
        }
        run_validators(call, &view.realm, profile, &command.version, &content).await?;
        changed = (content != stored).then_some((content, size));
        command.invocations = invocations;
    }
    for (index, name, value) in dynamic {
        command.applied[index].parameters.insert(name, value);
    }
    for alarm in call.node.alarms.unwatched(&view.realm, &environment.monitors) {
        tracing::warn!(environment = %environment.id, alarm, "nobody looks at an alarm: no source is named for it");
    }
    let committed = match &changed {
        None => call.execute(Command::StartDeployment(command)).await?,
        Some((content, size)) => {
            let with = |hash| StartDeployment { content: Some((hash, *size)), ..command.clone() };
            call.execute_with(content, |hash| Command::StartDeployment(with(hash))).await?
        }
    };
    let deployment = find(&committed, |event| match event {
        Event::DeploymentStarted(deployment) => Some(deployment),
        _ => None,
    });
    let environment = deployment.environment.to_string();
    let view = call.view_of(committed.published.clone());
    let output = found(&view, &input.application_id, &environment, deployment.number.into())?;
    let description = echoed(input.description, &output.description);
    Ok(Done(aws::Deployment { description, ..output }))
}

/// Finds for each `{extension}#{parameter}` the extension at work, by its index, that takes it.
pub(super) fn dynamic_parameters(
    call: &Call<'_>,
    realm: &RealmState,
    applied: &[AppliedExtension],
    given: Option<BTreeMap<String, String>>,
) -> Result<Vec<(usize, String, String)>, Failure> {
    let mut found = Vec::new();
    for (key, value) in given.unwrap_or_default() {
        let (identifier, name) = key.split_once('#').unwrap_or((&key, ""));
        let unknown =
            || Failure::bad_request(format!("No extension at work on this deployment has a dynamic parameter {key}."));
        call.check_extension_reference(identifier).map_err(|_| unknown())?;
        let extension = realm.any_extension(identifier, None).map_err(|_| unknown())?;
        let mut takes_it = false;
        for (index, applied) in applied.iter().enumerate().filter(|(_, applied)| applied.extension == extension.id) {
            let version = realm.any_extension(&applied.extension, Some(applied.version.into()));
            let version = version.map_err(|refusal| call.refused(refusal))?;
            if version.parameters.get(name).is_some_and(|parameter| parameter.dynamic) {
                takes_it = true;
                found.push((index, name.to_owned(), value.clone()));
            }
        }
        if !takes_it {
            return Err(unknown());
        }
    }
    Ok(found)
}

pub(super) async fn get(call: &Call<'_>, input: aws::GetDeploymentRequest) -> Outcome<aws::GetDeploymentRequest> {
    let view = call.view().await?;
    let number = input.deployment_number.into();
    found(&view, &input.application_id, &input.environment_id, number).map(Done)
}

pub(super) async fn list(call: &Call<'_>, input: aws::ListDeploymentsRequest) -> Outcome<aws::ListDeploymentsRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let environment = view.environment(application, &input.environment_id)?;
    let parts = ["ListDeployments", environment.id.as_str()];
    let paging = Paging::new(call, &view.published, input.max_results, &parts);
    let start = paging.start(input.next_token.as_deref(), u64::MAX)?;
    let page = view.realm.deployments(environment.id, start, paging.limit);
    let (items, next_token) = paging.finish(page, |deployment| summary(deployment))?;
    Ok(Done(aws::Deployments { items, next_token }))
}

pub(super) async fn stop(call: &Call<'_>, input: aws::StopDeploymentRequest) -> Outcome<aws::StopDeploymentRequest> {
    let number = input.deployment_number.into();
    let command = Command::StopDeployment {
        application: input.application_id.clone(),
        environment: input.environment_id.clone(),
        number,
        allow_revert: input.allow_revert.unwrap_or(false),
    };
    let committed = call.execute(command).await?;
    found(&call.view_of(committed.published), &input.application_id, &input.environment_id, number).map(Done)
}

fn found(view: &View<'_>, application: &str, environment: &str, number: i64) -> Result<aws::Deployment, Failure> {
    let application = view.application(application)?;
    let environment = view.environment(application, environment)?;
    Ok(shown(view.call, view.deployment(environment, number)?))
}

fn shown(call: &Call<'_>, deployment: &Deployment) -> aws::Deployment {
    let plan = &deployment.plan;
    aws::Deployment {
        application_id: Some(deployment.application.to_string()),
        environment_id: Some(deployment.environment.to_string()),
        // The service does not name the strategy of a deployment that it made itself.
        deployment_strategy_id: (deployment.kind == DeploymentKind::User).then(|| deployment.strategy.clone()),
        configuration_profile_id: Some(deployment.profile.to_string()),
        deployment_number: i32::try_from(deployment.number).ok(),
        configuration_name: Some(deployment.configuration_name.clone()),
        configuration_location_uri: Some(deployment.location_uri.clone()),
        configuration_version: Some(deployment.content.version.clone()),
        description: deployment.description.clone(),
        deployment_duration_in_minutes: i32::try_from(plan.duration_in_minutes).ok(),
        growth_type: Some(growth_type(plan.growth_type)),
        growth_factor: Some(plan.growth_factor),
        final_bake_time_in_minutes: i32::try_from(plan.final_bake_time_in_minutes).ok(),
        state: Some(state(deployment.state)),
        event_log: Some(deployment.log.iter().rev().map(log_entry).collect()),
        percentage_complete: Some(deployment.percentage),
        started_at: Some(Timestamp(deployment.started_at_ms)),
        completed_at: deployment.completed_at_ms.map(Timestamp),
        applied_extensions: unless_empty(deployment.applied.iter().map(applied_extension).collect()),
        kms_key_arn: deployment.kms_key_identifier.as_deref().map(|key| call.key_arn(key)),
        kms_key_identifier: deployment.kms_key_identifier.clone(),
        version_label: deployment.content.label.clone(),
    }
}

fn summary(deployment: &Deployment) -> aws::DeploymentSummary {
    let plan = &deployment.plan;
    aws::DeploymentSummary {
        deployment_number: i32::try_from(deployment.number).ok(),
        configuration_profile_id: Some(deployment.profile.to_string()),
        configuration_name: Some(deployment.configuration_name.clone()),
        configuration_version: Some(deployment.content.version.clone()),
        deployment_duration_in_minutes: i32::try_from(plan.duration_in_minutes).ok(),
        growth_type: Some(growth_type(plan.growth_type)),
        growth_factor: Some(plan.growth_factor),
        final_bake_time_in_minutes: i32::try_from(plan.final_bake_time_in_minutes).ok(),
        state: Some(state(deployment.state)),
        percentage_complete: Some(deployment.percentage),
        started_at: Some(Timestamp(deployment.started_at_ms)),
        completed_at: deployment.completed_at_ms.map(Timestamp),
        version_label: deployment.content.label.clone(),
        r#type: Some(match deployment.kind {
            DeploymentKind::User => aws::DeploymentType::User,
            DeploymentKind::Managed => aws::DeploymentType::Managed,
        }),
    }
}

pub(crate) fn state(state: DeploymentState) -> aws::DeploymentState {
    match state {
        DeploymentState::Deploying => aws::DeploymentState::Deploying,
        DeploymentState::Baking => aws::DeploymentState::Baking,
        DeploymentState::Complete => aws::DeploymentState::Complete,
        DeploymentState::RollingBack => aws::DeploymentState::RollingBack,
        DeploymentState::RolledBack => aws::DeploymentState::RolledBack,
        DeploymentState::Reverted => aws::DeploymentState::Reverted,
    }
}

fn applied_extension(applied: &AppliedExtension) -> aws::AppliedExtension {
    aws::AppliedExtension {
        extension_id: Some(applied.extension.clone()),
        extension_association_id: Some(applied.association.clone()),
        version_number: i32::try_from(applied.version).ok(),
        parameters: Some(applied.parameters.clone()),
    }
}

fn invocation(invocation: &Invocation) -> aws::ActionInvocation {
    aws::ActionInvocation {
        extension_identifier: Some(invocation.extension.clone()),
        action_name: invocation.action.clone(),
        uri: Some(invocation.uri.clone()),
        role_arn: invocation.role_arn.clone(),
        error_message: invocation.error_message.clone(),
        error_code: invocation.error_code.clone(),
        invocation_id: Some(invocation.id.clone()),
    }
}

fn log_entry(entry: &LogEntry) -> aws::DeploymentEvent {
    aws::DeploymentEvent {
        event_type: Some(match entry.kind {
            LogEntryType::DeploymentStarted => aws::DeploymentEventType::DeploymentStarted,
            LogEntryType::PercentageUpdated => aws::DeploymentEventType::PercentageUpdated,
            LogEntryType::BakeTimeStarted => aws::DeploymentEventType::BakeTimeStarted,
            LogEntryType::DeploymentCompleted => aws::DeploymentEventType::DeploymentCompleted,
            LogEntryType::RollbackStarted => aws::DeploymentEventType::RollbackStarted,
            LogEntryType::RollbackCompleted => aws::DeploymentEventType::RollbackCompleted,
            LogEntryType::RevertCompleted => aws::DeploymentEventType::RevertCompleted,
        }),
        triggered_by: Some(match entry.triggered_by {
            TriggeredBy::User => aws::TriggeredBy::User,
            TriggeredBy::Appconfig => aws::TriggeredBy::Appconfig,
            TriggeredBy::CloudwatchAlarm => aws::TriggeredBy::CloudwatchAlarm,
            TriggeredBy::InternalError => aws::TriggeredBy::InternalError,
        }),
        description: Some(entry.description.clone()),
        action_invocations: unless_empty(entry.invocations.iter().map(invocation).collect()),
        occurred_at: Some(Timestamp(entry.occurred_at_ms)),
    }
}
