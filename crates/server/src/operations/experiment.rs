//! Experiments: definitions, runs and their events.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidegate_domain::experiment::{
    AttributeValue, DefinitionStatus, ExperimentDefinition, ExperimentRun, RunEvent, RunEventType, RunResult,
    RunStatus, Treatment,
};
use tidegate_domain::{
    Command, CreateDefinition, Event, Page, RealmState, Refusal, Resource, RunDeployment, StartRun, TreatmentInput,
    UpdateDefinition, UpdateRun,
};
use tidegate_flags::overlay::{self, OverlayRefused};
use tidegate_model::{Timestamp, appconfig as aws};
use tidegate_wire::Failure;

use super::deployment::dynamic_parameters;
use super::hosted_version::invalid_flags;
use super::page::Paging;
use super::{Call, Done, Outcome, View, find, unavailable};
use crate::apart::apart;
use crate::contents::overlay_run;
use crate::node::Committed;

pub(super) async fn create_definition(
    call: &Call<'_>,
    input: aws::CreateExperimentDefinitionRequest,
) -> Outcome<aws::CreateExperimentDefinitionRequest> {
    let command = Command::CreateDefinition(Box::new(CreateDefinition {
        application: input.application_identifier,
        name: input.name,
        profile: input.configuration_profile_identifier,
        environment: input.environment_identifier,
        flag_key: input.flag_key,
        treatments: input.treatments.into_iter().map(treatment_input).collect(),
        control: treatment_input(input.control),
        audience_rule: input.audience_rule,
        audience_description: input.audience_description,
        hypothesis: input.hypothesis,
        launch_criteria: input.launch_criteria,
        tags: input.tags.unwrap_or_default(),
    }));
    let committed = call.execute(command).await?;
    Ok(Done(shown_definition(&committed.published.state.realm(&call.caller.realm), written(&committed))))
}

pub(super) async fn get_definition(
    call: &Call<'_>,
    input: aws::GetExperimentDefinitionRequest,
) -> Outcome<aws::GetExperimentDefinitionRequest> {
    let view = call.view().await?;
    let definition = definition_in(&view, &input.application_identifier, &input.experiment_definition_identifier)?;
    Ok(Done(shown_definition(&view.realm, definition)))
}

pub(super) async fn list_definitions(
    call: &Call<'_>,
    input: aws::ListExperimentDefinitionsRequest,
) -> Outcome<aws::ListExperimentDefinitionsRequest> {
    let view = call.view().await?;
    let (application, profile, environment) = (
        input.application_identifier.as_deref(),
        input.configuration_profile_identifier.as_deref(),
        input.environment_identifier.as_deref(),
    );
    let status = input.status;
    let parts = [
        "ListExperimentDefinitions",
        application.unwrap_or_default(),
        profile.unwrap_or_default(),
        environment.unwrap_or_default(),
        status.map_or("", |status| status.as_str()),
    ];
    let paging = Paging::new(call, &view.published, input.max_results, &parts);
    let [before, floor, top] = paging.resume(input.next_token.as_deref())?.unwrap_or([u64::MAX, 0, 0]);
    let latest = view.realm.next_definition_place();
    let top = if top == 0 { latest } else { top };
    let application = application.map(|identifier| view.realm.application(identifier)).transpose();
    let application = application.map_err(|refusal| call.refused(refusal))?.map(|application| application.id);
    let page = view.realm.definitions(floor..before, paging.limit, |definition| {
        application.is_none_or(|application| application == definition.application)
            && profile.is_none_or(|profile| is_profile(&view.realm, definition, profile))
            && environment.is_none_or(|environment| is_environment(&view.realm, definition, environment))
            && status.is_none_or(|status| status.as_str() == definition.status.as_str())
    });
    // What was changed since the first page was read has moved out of the way of those that follow: it comes once more
    // at the end, so that nothing is missed.
    let next = page.next.map(|next| [next, floor, top]).or((top < latest).then_some([u64::MAX, top, latest]));
    let (items, next_token) = paging.finish_with(&page.items, next, |definition| aws::ExperimentDefinitionSummary {
        application_id: Some(definition.application.to_string()),
        id: Some(definition.id.to_string()),
        name: Some(definition.name.clone()),
        hypothesis: definition.hypothesis.clone(),
        status: Some(shown_status(definition.status)),
        configuration_profile_id: Some(definition.profile.to_string()),
        environment_id: Some(definition.environment.to_string()),
        flag_key: Some(definition.flag_key.clone()),
        created_at: Some(Timestamp(definition.created_at_ms)),
        updated_at: Some(whole_seconds(definition.updated_at_ms)),
    })?;
    Ok(Done(aws::ExperimentDefinitions { items, next_token }))
}

pub(super) async fn update_definition(
    call: &Call<'_>,
    input: aws::UpdateExperimentDefinitionRequest,
) -> Outcome<aws::UpdateExperimentDefinitionRequest> {
    let treatments = input.treatments.map(|treatments| treatments.into_iter().map(treatment_input).collect());
    let command = Command::UpdateDefinition(Box::new(UpdateDefinition {
        application: input.application_identifier,
        definition: input.experiment_definition_identifier,
        treatments,
        control: input.control.map(treatment_input),
        audience_rule: input.audience_rule,
        audience_description: input.audience_description,
        hypothesis: input.hypothesis,
        launch_criteria: input.launch_criteria,
    }));
    let committed = call.execute(command).await?;
    Ok(Done(shown_definition(&committed.published.state.realm(&call.caller.realm), written(&committed))))
}

pub(super) async fn delete_definition(
    call: &Call<'_>,
    input: aws::DeleteExperimentDefinitionRequest,
) -> Outcome<aws::DeleteExperimentDefinitionRequest> {
    let command = Command::DeleteDefinition {
        application: input.application_identifier,
        definition: input.experiment_definition_identifier,
        is_destroyed: input.delete_type == Some(aws::DeleteType::Destroy),
    };
    call.execute(command).await?;
    Ok(Done(aws::DeleteExperimentDefinitionResponse {}))
}

pub(super) async fn start_run(
    call: &Call<'_>,
    input: aws::StartExperimentRunRequest,
) -> Outcome<aws::StartExperimentRunRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_identifier)?;
    let definition = view.definition(application, &input.experiment_definition_identifier)?;
    // The flag is looked at as it is deployed now; a deployment in between makes that worthless.
    let environment = view.environment(application, definition.environment.as_str())?;
    let deployment = RunDeployment {
        latest_deployment: Some(environment.latest_deployment),
        ..run_deployment(call, &view.realm, definition, input.deployment_parameters)?
    };
    let command = Command::StartRun(Box::new(StartRun {
        application: application.id.to_string(),
        definition: definition.id.to_string(),
        description: input.description,
        exposure_percentage: input.exposure_percentage,
        overrides: overrides(input.treatment_overrides).unwrap_or_default(),
        tags: input.tags.unwrap_or_default(),
        deployment,
    }));
    view.rehearse(&command)?;
    check_flag(call, &view.realm, definition).await?;
    let committed = call.execute(command).await?;
    Ok(Done(shown_run(written_run(&committed))))
}

pub(super) async fn update_run(
    call: &Call<'_>,
    input: aws::UpdateExperimentRunRequest,
) -> Outcome<aws::UpdateExperimentRunRequest> {
    let view = call.view().await?;
    let definition = definition_in(&view, &input.application_identifier, &input.experiment_definition_identifier)?;
    let command = Command::UpdateRun(Box::new(UpdateRun {
        application: definition.application.to_string(),
        definition: definition.id.to_string(),
        run: input.run.into(),
        description: input.description,
        exposure_percentage: input.exposure_percentage,
        overrides: overrides(input.treatment_overrides),
        deployment: run_deployment(call, &view.realm, definition, input.deployment_parameters)?,
    }));
    let committed = call.execute(command).await?;
    Ok(Done(shown_run(written_run(&committed))))
}

pub(super) async fn stop_run(
    call: &Call<'_>,
    input: aws::StopExperimentRunRequest,
) -> Outcome<aws::StopExperimentRunRequest> {
    let view = call.view().await?;
    let definition = definition_in(&view, &input.application_identifier, &input.experiment_definition_identifier)?;
    let command = Command::StopRun {
        application: definition.application.to_string(),
        definition: definition.id.to_string(),
        run: input.run.into(),
        result: input.result.map(|result| RunResult {
            executive_summary: result.executive_summary,
            reasons_to_launch: result.reasons_to_launch,
            reasons_not_to_launch: result.reasons_not_to_launch,
        }),
        deployment: run_deployment(call, &view.realm, definition, input.deployment_parameters)?,
    };
    let committed = call.execute(command).await?;
    Ok(Done(shown_run(written_run(&committed))))
}

pub(super) async fn get_run(
    call: &Call<'_>,
    input: aws::GetExperimentRunRequest,
) -> Outcome<aws::GetExperimentRunRequest> {
    let view = call.view().await?;
    let definition = definition_in(&view, &input.application_identifier, &input.experiment_definition_identifier)?;
    Ok(Done(shown_run(view.run(definition, input.run.into())?)))
}

pub(super) async fn list_runs(
    call: &Call<'_>,
    input: aws::ListExperimentRunsRequest,
) -> Outcome<aws::ListExperimentRunsRequest> {
    let view = call.view().await?;
    let definition = definition_in(&view, &input.application_identifier, &input.experiment_definition_identifier)?;
    let status = input.status;
    let parts = ["ListExperimentRuns", definition.id.as_str(), status.map_or("", |status| status.as_str())];
    let paging = Paging::new(call, &view.published, input.max_results, &parts);
    let start = paging.start(input.next_token.as_deref(), u64::MAX)?;
    let page = view.realm.runs(definition.id, start, paging.limit, |run| {
        status.is_none_or(|status| status == shown_run_status(run.status))
    });
    let (items, next_token) = paging.finish(page, |run| aws::ExperimentRunSummary {
        experiment_definition_id: Some(run.definition.id.to_string()),
        run: i32::try_from(run.number).ok(),
        description: run.description.clone(),
        status: Some(shown_run_status(run.status)),
        started_at: Some(Timestamp(run.started_at_ms)),
        updated_at: Some(Timestamp(run.updated_at_ms)),
        ended_at: run.ended_at_ms.map(Timestamp),
    })?;
    Ok(Done(aws::ExperimentRuns { items, next_token }))
}

pub(super) async fn list_run_events(
    call: &Call<'_>,
    input: aws::ListExperimentRunEventsRequest,
) -> Outcome<aws::ListExperimentRunEventsRequest> {
    let view = call.view().await?;
    let definition = definition_in(&view, &input.application_identifier, &input.experiment_definition_identifier)?;
    let run = view.run(definition, input.run.into())?;
    let number = run.number.to_string();
    let parts = ["ListExperimentRunEvents", definition.id.as_str(), &number];
    let paging = Paging::new(call, &view.published, input.max_results, &parts);
    let before = paging.start(input.next_token.as_deref(), u64::MAX)?;
    // Newest first; an event keeps its place when newer ones come.
    let events = (1u64..).zip(&run.events).collect::<Vec<_>>().into_iter().rev();
    let page = Page::cut(events.filter(|(place, _)| *place < before), paging.limit);
    let (items, next_token) = paging.finish(page, |event| shown_event(call, run, event))?;
    Ok(Done(aws::ExperimentRunEvents { items, next_token }))
}

/// An experiment definition by its application's and its own id or name.
fn definition_in<'a>(
    view: &'a View<'_>,
    application: &str,
    definition: &str,
) -> Result<&'a Arc<ExperimentDefinition>, Failure> {
    view.definition(view.application(application)?, definition)
}

/// What goes along with the deployments that changes of a run make.
fn run_deployment(
    call: &Call<'_>,
    realm: &RealmState,
    definition: &ExperimentDefinition,
    parameters: Option<aws::DeploymentParameters>,
) -> Result<RunDeployment, Failure> {
    let parameters = parameters.unwrap_or_default();
    let profile = realm.profile_by_id(definition.profile);
    let mut applied =
        profile.map(|profile| realm.extensions_for(profile, Some(definition.environment))).unwrap_or_default();
    let dynamic = dynamic_parameters(call, realm, &applied, parameters.dynamic_extension_parameters)?;
    for (index, name, value) in dynamic {
        applied[index].parameters.insert(name, value);
    }
    Ok(RunDeployment { tags: parameters.tags.unwrap_or_default(), applied, latest_deployment: None })
}

/// Whether the rule and the treatments fit the flag that is deployed.
async fn check_flag(call: &Call<'_>, realm: &RealmState, definition: &ExperimentDefinition) -> Result<(), Failure> {
    let not_deployed = || {
        let (flag, environment) = (definition.flag_key.clone(), definition.environment);
        call.refused(Refusal::FlagNotDeployed { flag, environment })
    };
    let deployed = realm.latest_complete(definition.environment, definition.profile).ok_or_else(not_deployed)?;
    let content =
        call.node.fetch(deployed.content.hash, deployed.content.size).await.map_err(|error| unavailable(&error))?;
    let probe = ExperimentRun {
        definition: Box::new(definition.clone()),
        number: definition.latest_run + 1,
        description: None,
        status: RunStatus::Running,
        exposure_percentage: 100.0,
        overrides: BTreeMap::new(),
        result: None,
        started_at_ms: 0,
        updated_at_ms: 0,
        ended_at_ms: None,
        events: Vec::new(),
    };
    let run = overlay_run(&call.caller.realm, &probe);
    let checked = apart(move || overlay::check_startable(&content, &run)).await;
    match checked {
        Ok(Ok(())) => Ok(()),
        Ok(Err(OverlayRefused::FlagNotDeployed { .. })) => Err(not_deployed()),
        Ok(Err(refused)) => {
            let message = format!(
                "Experiment definition produces invalid flag content. Ensure audience rule is valid and control, \
                 treatment flag values comply with the definition of flag '{}' deployed to environment '{}' \
                 (configuration version '{}').",
                definition.flag_key, definition.environment, deployed.content.version
            );
            Err(match refused {
                OverlayRefused::Invalid { details, .. } => invalid_flags(message, &details),
                _ => Failure::bad_request(message),
            })
        }
        Err(error) => {
            tracing::error!(%error, "checking an experiment ended with a fault");
            Err(Failure::internal())
        }
    }
}

fn is_profile(realm: &RealmState, definition: &ExperimentDefinition, identifier: &str) -> bool {
    definition.profile.as_str() == identifier
        || realm.profile_by_id(definition.profile).is_some_and(|profile| profile.name == identifier)
}

fn is_environment(realm: &RealmState, definition: &ExperimentDefinition, identifier: &str) -> bool {
    definition.environment.as_str() == identifier
        || realm
            .application(definition.application.as_str())
            .and_then(|application| realm.environment(application, definition.environment.as_str()))
            .is_ok_and(|environment| environment.name == identifier)
}

fn written(committed: &Committed) -> &ExperimentDefinition {
    find(committed, |event| match event {
        Event::ExperimentDefinitionPut(definition) => Some(&**definition),
        _ => None,
    })
}

fn written_run(committed: &Committed) -> &ExperimentRun {
    find(committed, |event| match event {
        Event::ExperimentRunPut(run) => Some(&**run),
        _ => None,
    })
}

fn overrides(overrides: Option<aws::TreatmentOverrides>) -> Option<BTreeMap<String, String>> {
    overrides.map(|aws::TreatmentOverrides::Inline(overrides)| overrides)
}

fn treatment_input(input: aws::TreatmentInput) -> TreatmentInput {
    let value = |value: aws::AttributeValue| match value {
        aws::AttributeValue::StringValue(text) => AttributeValue::String(text),
        aws::AttributeValue::NumberValue(number) => AttributeValue::Number(number),
        aws::AttributeValue::BooleanValue(truth) => AttributeValue::Boolean(truth),
        aws::AttributeValue::StringArray(texts) => AttributeValue::Strings(texts),
        aws::AttributeValue::NumberArray(numbers) => AttributeValue::Numbers(numbers),
    };
    let attributes = input.flag_value.attribute_values.unwrap_or_default();
    TreatmentInput {
        weight: input.weight,
        description: input.description,
        enabled: input.flag_value.enabled,
        attributes: attributes.into_iter().map(|(name, given)| (name, value(given))).collect(),
    }
}

fn shown_treatment(treatment: &Treatment) -> aws::Treatment {
    let value = |value: &AttributeValue| match value {
        AttributeValue::String(text) => aws::AttributeValue::StringValue(text.clone()),
        AttributeValue::Number(number) => aws::AttributeValue::NumberValue(*number),
        AttributeValue::Boolean(truth) => aws::AttributeValue::BooleanValue(*truth),
        AttributeValue::Strings(texts) => aws::AttributeValue::StringArray(texts.clone()),
        AttributeValue::Numbers(numbers) => aws::AttributeValue::NumberArray(numbers.clone()),
    };
    let attributes: BTreeMap<_, _> =
        treatment.attributes.iter().map(|(name, given)| (name.clone(), value(given))).collect();
    aws::Treatment {
        key: Some(treatment.key.clone()),
        weight: treatment.weight,
        description: treatment.description.clone(),
        flag_value: aws::FlagValue {
            enabled: treatment.enabled,
            attribute_values: (!attributes.is_empty()).then_some(attributes),
        },
    }
}

fn shown_definition(realm: &RealmState, definition: &ExperimentDefinition) -> aws::ExperimentDefinition {
    aws::ExperimentDefinition {
        application_id: Some(definition.application.to_string()),
        id: Some(definition.id.to_string()),
        name: Some(definition.name.clone()),
        hypothesis: definition.hypothesis.clone(),
        status: Some(shown_status(definition.status)),
        configuration_profile_id: Some(definition.profile.to_string()),
        environment_id: Some(definition.environment.to_string()),
        flag_key: Some(definition.flag_key.clone()),
        audience_rule: Some(definition.audience_rule.clone()),
        audience_description: definition.audience_description.clone(),
        launch_criteria: definition.launch_criteria.clone(),
        treatments: Some(definition.treatments.iter().map(shown_treatment).collect()),
        control: Some(shown_treatment(&definition.control)),
        created_at: Some(Timestamp(definition.created_at_ms)),
        updated_at: Some(whole_seconds(definition.updated_at_ms)),
        kms_key_identifier: realm
            .profile_by_id(definition.profile)
            .and_then(|profile| profile.kms_key_identifier.clone()),
    }
}

fn shown_run(run: &ExperimentRun) -> aws::ExperimentRun {
    let definition = &run.definition;
    aws::ExperimentRun {
        application_id: Some(definition.application.to_string()),
        experiment_definition_id: Some(definition.id.to_string()),
        run: i32::try_from(run.number).ok(),
        description: run.description.clone(),
        status: Some(shown_run_status(run.status)),
        exposure_percentage: Some(run.exposure_percentage),
        treatment_overrides: (!run.overrides.is_empty())
            .then(|| aws::TreatmentOverrides::Inline(run.overrides.clone())),
        result: run.result.as_ref().map(|result| aws::ExperimentRunResult {
            executive_summary: result.executive_summary.clone(),
            reasons_to_launch: result.reasons_to_launch.clone(),
            reasons_not_to_launch: result.reasons_not_to_launch.clone(),
        }),
        started_at: Some(Timestamp(run.started_at_ms)),
        updated_at: Some(Timestamp(run.updated_at_ms)),
        ended_at: run.ended_at_ms.map(Timestamp),
        experiment_definition_snapshot: Some(aws::ExperimentDefinitionSnapshot {
            application_id: Some(definition.application.to_string()),
            id: Some(definition.id.to_string()),
            name: Some(definition.name.clone()),
            hypothesis: definition.hypothesis.clone(),
            configuration_profile_id: Some(definition.profile.to_string()),
            environment_id: Some(definition.environment.to_string()),
            flag_key: Some(definition.flag_key.clone()),
            audience_rule: Some(definition.audience_rule.clone()),
            audience_description: definition.audience_description.clone(),
            launch_criteria: definition.launch_criteria.clone(),
            treatments: Some(definition.treatments.iter().map(shown_treatment).collect()),
            control: Some(shown_treatment(&definition.control)),
        }),
    }
}

fn shown_event(call: &Call<'_>, run: &ExperimentRun, event: &RunEvent) -> aws::ExperimentRunEvent {
    let (kind, words) = match event.kind {
        RunEventType::RunStarted => (aws::ExperimentRunEventType::RunStarted, "Experiment run started"),
        RunEventType::ExposureUpdated => {
            (aws::ExperimentRunEventType::ExposureUpdated, "Experiment run exposure percentage updated")
        }
        RunEventType::OverridesUpdated => {
            (aws::ExperimentRunEventType::OverridesUpdated, "Experiment run treatment overrides updated")
        }
        RunEventType::RunStopped => (aws::ExperimentRunEventType::RunStopped, "Experiment run stopped"),
    };
    let deployment = event
        .deployment
        .map(|number| call.arn(Resource::Deployment(run.definition.application, run.definition.environment, number)));
    aws::ExperimentRunEvent {
        description: Some(words.into()),
        associated_deployment: deployment,
        event_type: Some(kind),
        occurred_at: Some(Timestamp(event.occurred_at_ms)),
        triggered_by: Some(aws::TriggeredBy::User),
        exposure_percentage: event.exposure_percentage,
        treatment_overrides: event.overrides.clone().map(aws::TreatmentOverrides::Inline),
    }
}

fn shown_status(status: DefinitionStatus) -> aws::ExperimentDefinitionStatus {
    match status {
        DefinitionStatus::Idle => aws::ExperimentDefinitionStatus::Idle,
        DefinitionStatus::Active => aws::ExperimentDefinitionStatus::Active,
        DefinitionStatus::Archived => aws::ExperimentDefinitionStatus::Archived,
    }
}

fn shown_run_status(status: RunStatus) -> aws::ExperimentRunStatus {
    match status {
        RunStatus::Running => aws::ExperimentRunStatus::Running,
        RunStatus::Done => aws::ExperimentRunStatus::Done,
    }
}

/// As recorded: a definition's last change is told to the second.
fn whole_seconds(at_ms: i64) -> Timestamp {
    Timestamp(at_ms.div_euclid(1_000) * 1_000)
}
