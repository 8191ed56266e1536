//! Deployments.

use tidegate_domain::{Command, Deployment, DeploymentKind, DeploymentState, LogEntry, LogEntryType, TriggeredBy};
use tidegate_model::{Timestamp, appconfig as aws};
use tidegate_wire::Failure;

use super::deployment_strategy::growth_type;
use super::page::Paging;
use super::{Call, Done, Outcome, echoed};
use crate::node::Published;

pub(super) async fn start(call: &Call<'_>, input: aws::StartDeploymentRequest) -> Outcome<aws::StartDeploymentRequest> {
    let command = Command::StartDeployment(tidegate_domain::StartDeployment {
        application: input.application_id.clone(),
        environment: input.environment_id.clone(),
        strategy: input.deployment_strategy_id,
        profile: input.configuration_profile_id,
        version: input.configuration_version,
        description: input.description.clone(),
        kms_key_identifier: input.kms_key_identifier,
        latest_deployment: input.latest_deployment_number.map(i64::from),
        tags: input.tags.unwrap_or_default(),
    });
    let committed = call.execute(command).await?;
    let number = committed.events.iter().find_map(|event| match event {
        tidegate_domain::Event::DeploymentStarted(deployment) => Some(deployment.number),
        _ => None,
    });
    let number = number.expect("a start leads to a deployment");
    let output = found(call, &committed.published, &input.application_id, &input.environment_id, number.into())?;
    let description = echoed(input.description, &output.description);
    Ok(Done(aws::Deployment { description, ..output }))
}

pub(super) async fn get(call: &Call<'_>, input: aws::GetDeploymentRequest) -> Outcome<aws::GetDeploymentRequest> {
    let published = call.current().await?;
    let number = input.deployment_number.into();
    found(call, &published, &input.application_id, &input.environment_id, number).map(Done)
}

pub(super) async fn list(call: &Call<'_>, input: aws::ListDeploymentsRequest) -> Outcome<aws::ListDeploymentsRequest> {
    let published = call.current().await?;
    let realm = published.state.realm(&call.caller.realm);
    let refused = |refusal| call.refused(refusal);
    let application = realm.application(&input.application_id).map_err(refused)?;
    let environment = realm.environment(application, &input.environment_id).map_err(refused)?;
    let parts = ["ListDeployments", environment.id.as_str()];
    let paging = Paging::new(call, &published, input.max_results, &parts);
    let start = paging.start(input.next_token.as_deref(), u64::MAX)?;
    let page = realm.deployments(environment.id, start, paging.limit);
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
    found(call, &committed.published, &input.application_id, &input.environment_id, number).map(Done)
}

fn found(
    call: &Call<'_>,
    published: &Published,
    application: &str,
    environment: &str,
    number: i64,
) -> Result<aws::Deployment, Failure> {
    let realm = published.state.realm(&call.caller.realm);
    let refused = |refusal| call.refused(refusal);
    let application = realm.application(application).map_err(refused)?;
    let environment = realm.environment(application, environment).map_err(refused)?;
    Ok(shown(call, realm.deployment(environment, number).map_err(refused)?))
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
        applied_extensions: None,
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
        action_invocations: None,
        occurred_at: Some(Timestamp(entry.occurred_at_ms)),
    }
}
