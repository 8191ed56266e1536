//! Environments.

use tidegate_domain::{Command, CreateEnvironment, Environment, EnvironmentState, Event, Monitor, UpdateEnvironment};
use tidegate_model::appconfig as aws;
use tidegate_wire::Failure;

use super::page::Paging;
use super::{Call, Done, Outcome, echoed, find, unless_empty};
use crate::node::Committed;

pub(super) async fn create(
    call: &Call<'_>,
    input: aws::CreateEnvironmentRequest,
) -> Outcome<aws::CreateEnvironmentRequest> {
    let command = Command::CreateEnvironment(CreateEnvironment {
        application: input.application_id,
        name: input.name,
        description: input.description.clone(),
        monitors: input.monitors.map(monitors).transpose()?.unwrap_or_default(),
        tags: input.tags.unwrap_or_default(),
    });
    let committed = call.execute(command).await?;
    Ok(Done(told(written(&committed), input.description)))
}

pub(super) async fn get(call: &Call<'_>, input: aws::GetEnvironmentRequest) -> Outcome<aws::GetEnvironmentRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let environment = view.environment(application, &input.environment_id)?;
    Ok(Done(shown(environment)))
}

pub(super) async fn list(
    call: &Call<'_>,
    input: aws::ListEnvironmentsRequest,
) -> Outcome<aws::ListEnvironmentsRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let parts = ["ListEnvironments", application.id.as_str()];
    let paging = Paging::new(call, &view.published, input.max_results, &parts);
    let page = view.realm.environments(application.id, paging.start(input.next_token.as_deref(), 0)?, paging.limit);
    let (items, next_token) = paging.finish(page, |environment| shown(environment))?;
    Ok(Done(aws::Environments { items, next_token }))
}

pub(super) async fn update(
    call: &Call<'_>,
    input: aws::UpdateEnvironmentRequest,
) -> Outcome<aws::UpdateEnvironmentRequest> {
    let command = Command::UpdateEnvironment(UpdateEnvironment {
        application: input.application_id,
        environment: input.environment_id,
        name: input.name,
        description: input.description.clone(),
        monitors: input.monitors.map(monitors).transpose()?,
    });
    let committed = call.execute(command).await?;
    Ok(Done(told(written(&committed), input.description)))
}

pub(super) async fn delete(
    call: &Call<'_>,
    input: aws::DeleteEnvironmentRequest,
) -> Outcome<aws::DeleteEnvironmentRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let environment = view.environment(application, &input.environment_id)?;
    let channels = view.realm.channels_of_environment(environment.id);
    let command = Command::DeleteEnvironment {
        application: application.id.to_string(),
        environment: environment.id.to_string(),
        protection: call.protection(&view.published, input.deletion_protection_check, &channels),
    };
    call.execute(command).await?;
    Ok(Done(aws::DeleteEnvironmentResponse {}))
}

/// The model calls the role optional; the service does not.
fn monitors(monitors: Vec<aws::Monitor>) -> Result<Vec<Monitor>, Failure> {
    let monitors = monitors.into_iter().map(|monitor| match monitor.alarm_role_arn {
        Some(alarm_role_arn) => Ok(Monitor { alarm_arn: monitor.alarm_arn, alarm_role_arn }),
        None => Err(Failure::bad_request(
            "1 validation error detected: Value null at 'alarmRoleArn' failed to satisfy constraint: Member must not \
             be null.",
        )),
    });
    monitors.collect()
}

fn written(committed: &Committed) -> &Environment {
    find(committed, |event| match event {
        Event::EnvironmentCreated(environment) | Event::EnvironmentUpdated(environment) => Some(environment),
        _ => None,
    })
}

fn told(environment: &Environment, requested: Option<String>) -> aws::Environment {
    aws::Environment { description: echoed(requested, &environment.description), ..shown(environment) }
}

fn shown(environment: &Environment) -> aws::Environment {
    let monitor = |monitor: &Monitor| aws::Monitor {
        alarm_arn: monitor.alarm_arn.clone(),
        alarm_role_arn: Some(monitor.alarm_role_arn.clone()),
    };
    aws::Environment {
        application_id: Some(environment.application.to_string()),
        id: Some(environment.id.to_string()),
        name: Some(environment.name.clone()),
        description: environment.description.clone(),
        state: Some(match environment.state {
            EnvironmentState::ReadyForDeployment => aws::EnvironmentState::ReadyForDeployment,
            EnvironmentState::Deploying => aws::EnvironmentState::Deploying,
            EnvironmentState::RollingBack => aws::EnvironmentState::RollingBack,
            EnvironmentState::RolledBack => aws::EnvironmentState::RolledBack,
            EnvironmentState::Reverted => aws::EnvironmentState::Reverted,
        }),
        monitors: unless_empty(environment.monitors.iter().map(monitor).collect()),
    }
}
