//! Extensions, the account's own and those that AWS wrote.

use std::collections::BTreeMap;

use tidegate_domain::aws_extensions::AWS_EXTENSIONS;
use tidegate_domain::{
    Action, ActionPoint, AnyExtension, Command, CreateExtension, Event, Page, Parameter, Resource, UpdateExtension,
};
use tidegate_model::appconfig as aws;
use tidegate_wire::Failure;

use super::page::{Paging, with_tail};
use super::{Call, Done, Outcome, echoed};

pub(super) async fn create(
    call: &Call<'_>,
    input: aws::CreateExtensionRequest,
) -> Outcome<aws::CreateExtensionRequest> {
    let name = input.name.clone();
    let command = Command::CreateExtension(CreateExtension {
        name: input.name,
        description: input.description.clone(),
        actions: actions(input.actions)?,
        parameters: parameters(input.parameters.unwrap_or_default()),
        tags: input.tags.unwrap_or_default(),
        latest_version: input.latest_version_number.map(i64::from),
    });
    let committed = call.execute(command).await?;
    // Nothing follows from asking for what is already there.
    let extension = call.view_of(committed.published).any_extension(&name, None)?;
    let description = echoed(input.description, &extension.description);
    Ok(Done(aws::Extension { description, ..shown(call, &extension) }))
}

pub(super) async fn get(call: &Call<'_>, input: aws::GetExtensionRequest) -> Outcome<aws::GetExtensionRequest> {
    call.check_extension_reference(&input.extension_identifier)?;
    let view = call.view().await?;
    let version = input.version_number.map(i64::from);
    Ok(Done(shown(call, &view.any_extension(&input.extension_identifier, version)?)))
}

pub(super) async fn list(call: &Call<'_>, input: aws::ListExtensionsRequest) -> Outcome<aws::ListExtensionsRequest> {
    let view = call.view().await?;
    let filter = input.name.as_deref();
    let parts = ["ListExtensions", filter.unwrap_or_default()];
    let paging = Paging::new(call, &view.published, input.max_results, &parts);
    let start = paging.start(input.next_token.as_deref(), 0)?;
    let is_wanted = |name: &str| filter.is_none_or(|filter| name == filter);
    let own = view.realm.extensions(start, paging.limit, |extension| is_wanted(&extension.name));
    let own = Page { items: own.items.iter().map(|own| AnyExtension::from(&**own)).collect(), next: own.next };
    let of_aws = AWS_EXTENSIONS.iter().filter(|extension| is_wanted(extension.name) || is_wanted(extension.id));
    let page = with_tail(own, start, paging.limit, of_aws.map(AnyExtension::from).collect());
    let (items, next_token) = paging.finish(page, |extension| aws::ExtensionSummary {
        id: Some(extension.id.clone()),
        name: Some(extension.name.clone()),
        version_number: i32::try_from(extension.version).ok(),
        arn: Some(arn(call, extension)),
        description: extension.description.clone(),
    })?;
    Ok(Done(aws::Extensions { items, next_token }))
}

pub(super) async fn update(
    call: &Call<'_>,
    input: aws::UpdateExtensionRequest,
) -> Outcome<aws::UpdateExtensionRequest> {
    call.check_extension_reference(&input.extension_identifier)?;
    let command = Command::UpdateExtension(UpdateExtension {
        extension: input.extension_identifier,
        version: input.version_number.map(i64::from),
        description: input.description.clone(),
        actions: input.actions.map(actions).transpose()?,
        parameters: input.parameters.map(parameters),
    });
    let committed = call.execute(command).await?;
    let extension = super::find(&committed, |event| match event {
        Event::ExtensionUpdated(extension) => Some(extension),
        _ => None,
    });
    let description = echoed(input.description, &extension.description);
    Ok(Done(aws::Extension { description, ..shown(call, &AnyExtension::from(extension)) }))
}

pub(super) async fn delete(
    call: &Call<'_>,
    input: aws::DeleteExtensionRequest,
) -> Outcome<aws::DeleteExtensionRequest> {
    call.check_extension_reference(&input.extension_identifier)?;
    let version = input.version_number.map(i64::from);
    call.execute(Command::DeleteExtension { extension: input.extension_identifier, version }).await?;
    Ok(Done(aws::DeleteExtensionResponse {}))
}

/// The model calls an action's address optional; there is nothing to call without one.
fn actions(
    actions: BTreeMap<aws::ActionPoint, Vec<aws::Action>>,
) -> Result<BTreeMap<ActionPoint, Vec<Action>>, Failure> {
    let action = |action: aws::Action| match action.uri {
        Some(uri) => Ok(Action { name: action.name, description: action.description, uri, role_arn: action.role_arn }),
        None => Err(Failure::bad_request(
            "1 validation error detected: Value null at 'uri' failed to satisfy constraint: Member must not be null",
        )),
    };
    let at_point = |(point, actions): (aws::ActionPoint, Vec<aws::Action>)| {
        Ok((action_point(point), actions.into_iter().map(action).collect::<Result<_, Failure>>()?))
    };
    actions.into_iter().map(at_point).collect()
}

fn parameters(parameters: BTreeMap<String, aws::Parameter>) -> BTreeMap<String, Parameter> {
    let parameter = |parameter: aws::Parameter| Parameter {
        description: parameter.description,
        required: parameter.required.unwrap_or(false),
        dynamic: parameter.dynamic.unwrap_or(false),
    };
    parameters.into_iter().map(|(name, given)| (name, parameter(given))).collect()
}

fn action_point(point: aws::ActionPoint) -> ActionPoint {
    match point {
        aws::ActionPoint::PreCreateHostedConfigurationVersion => ActionPoint::PreCreateHostedConfigurationVersion,
        aws::ActionPoint::PreStartDeployment => ActionPoint::PreStartDeployment,
        aws::ActionPoint::AtDeploymentTick => ActionPoint::AtDeploymentTick,
        aws::ActionPoint::OnDeploymentStart => ActionPoint::OnDeploymentStart,
        aws::ActionPoint::OnDeploymentStep => ActionPoint::OnDeploymentStep,
        aws::ActionPoint::OnDeploymentBaking => ActionPoint::OnDeploymentBaking,
        aws::ActionPoint::OnDeploymentComplete => ActionPoint::OnDeploymentComplete,
        aws::ActionPoint::OnDeploymentRolledBack => ActionPoint::OnDeploymentRolledBack,
    }
}

fn shown_point(point: ActionPoint) -> aws::ActionPoint {
    match point {
        ActionPoint::PreCreateHostedConfigurationVersion => aws::ActionPoint::PreCreateHostedConfigurationVersion,
        ActionPoint::PreStartDeployment => aws::ActionPoint::PreStartDeployment,
        ActionPoint::AtDeploymentTick => aws::ActionPoint::AtDeploymentTick,
        ActionPoint::OnDeploymentStart => aws::ActionPoint::OnDeploymentStart,
        ActionPoint::OnDeploymentStep => aws::ActionPoint::OnDeploymentStep,
        ActionPoint::OnDeploymentBaking => aws::ActionPoint::OnDeploymentBaking,
        ActionPoint::OnDeploymentComplete => aws::ActionPoint::OnDeploymentComplete,
        ActionPoint::OnDeploymentRolledBack => aws::ActionPoint::OnDeploymentRolledBack,
    }
}

/// The ARN of an extension's version; those of AWS have no account.
pub(super) fn arn(call: &Call<'_>, extension: &AnyExtension) -> String {
    arn_of(call, &extension.id, extension.version)
}

/// See [`arn`].
pub(super) fn arn_of(call: &Call<'_>, extension: &str, version: u32) -> String {
    match extension.parse() {
        Ok(id) => call.arn(Resource::Extension(id, version)),
        Err(_) => format!("arn:aws:appconfig:{}::extension/{extension}/{version}", call.caller.realm.region),
    }
}

fn shown(call: &Call<'_>, extension: &AnyExtension) -> aws::Extension {
    let action = |action: &Action| aws::Action {
        name: action.name.clone(),
        description: action.description.clone(),
        uri: Some(action.uri.clone()),
        role_arn: action.role_arn.clone(),
    };
    let at_point =
        |(point, actions): (&ActionPoint, &Vec<Action>)| (shown_point(*point), actions.iter().map(action).collect());
    let parameter = |(name, parameter): (&String, &Parameter)| {
        let shown = aws::Parameter {
            description: parameter.description.clone(),
            required: Some(parameter.required),
            dynamic: Some(parameter.dynamic),
        };
        (name.clone(), shown)
    };
    let parameters: BTreeMap<_, _> = extension.parameters.iter().map(parameter).collect();
    aws::Extension {
        id: Some(extension.id.clone()),
        name: Some(extension.name.clone()),
        version_number: i32::try_from(extension.version).ok(),
        arn: Some(arn(call, extension)),
        description: extension.description.clone(),
        actions: Some(extension.actions.iter().map(at_point).collect()),
        parameters: (!parameters.is_empty()).then_some(parameters),
    }
}
