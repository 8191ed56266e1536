//! Extension associations: which extension works on which resource.

use tidegate_domain::{Association, Command, CreateAssociation, Event, Refusal, Resource};
use tidegate_model::appconfig as aws;
use tidegate_wire::Failure;

use super::extension::arn_of;
use super::page::Paging;
use super::{Call, Done, Outcome, find};
use crate::node::Committed;

pub(super) async fn create(
    call: &Call<'_>,
    input: aws::CreateExtensionAssociationRequest,
) -> Outcome<aws::CreateExtensionAssociationRequest> {
    call.check_extension_reference(&input.extension_identifier)?;
    let command = Command::CreateAssociation(CreateAssociation {
        extension: input.extension_identifier,
        version: input.extension_version_number.map(i64::from),
        resource: associable(call, &input.resource_identifier)?,
        arn: input.resource_identifier,
        parameters: input.parameters.unwrap_or_default(),
        tags: input.tags.unwrap_or_default(),
    });
    let committed = call.execute(command).await?;
    Ok(Done(shown(call, written(&committed))))
}

pub(super) async fn get(
    call: &Call<'_>,
    input: aws::GetExtensionAssociationRequest,
) -> Outcome<aws::GetExtensionAssociationRequest> {
    let view = call.view().await?;
    Ok(Done(shown(call, view.association(&input.extension_association_id)?)))
}

pub(super) async fn list(
    call: &Call<'_>,
    input: aws::ListExtensionAssociationsRequest,
) -> Outcome<aws::ListExtensionAssociationsRequest> {
    let view = call.view().await?;
    let version = input.extension_version_number;
    let version_part = version.map(|version| version.to_string()).unwrap_or_default();
    let parts = [
        "ListExtensionAssociations",
        input.resource_identifier.as_deref().unwrap_or_default(),
        input.extension_identifier.as_deref().unwrap_or_default(),
        &version_part,
    ];
    let paging = Paging::new(call, &view.published, input.max_results, &parts);
    let start = paging.start(input.next_token.as_deref(), 0)?;
    // A filter that nothing can fit is a list without items.
    let resource = input.resource_identifier.as_deref().map(|arn| call.resource(arn).ok());
    let extension = input.extension_identifier.as_deref().map(|identifier| {
        call.check_extension_reference(identifier).ok()?;
        let extension = view.realm.any_extension(identifier, None).ok()?;
        let version_of_arn = identifier.starts_with("arn:").then_some(extension.version);
        Some((extension.id, version_of_arn))
    });
    let page = view.realm.associations(start, paging.limit, |association| {
        let is_resource = resource.is_none_or(|resource| resource == Some(association.resource));
        let is_extension = extension.as_ref().is_none_or(|extension| {
            extension.as_ref().is_some_and(|(id, version)| {
                *id == association.extension && version.is_none_or(|version| version == association.version)
            })
        });
        is_resource
            && is_extension
            && version.is_none_or(|version| i64::from(version) == i64::from(association.version))
    });
    let (items, next_token) = paging.finish(page, |association| aws::ExtensionAssociationSummary {
        id: Some(association.id.to_string()),
        extension_arn: Some(arn_of(call, &association.extension, association.version)),
        resource_arn: Some(call.arn(association.resource)),
    })?;
    Ok(Done(aws::ExtensionAssociations { items, next_token }))
}

pub(super) async fn update(
    call: &Call<'_>,
    input: aws::UpdateExtensionAssociationRequest,
) -> Outcome<aws::UpdateExtensionAssociationRequest> {
    let (association, parameters) = (input.extension_association_id, input.parameters);
    let committed = call.execute(Command::UpdateAssociation { association, parameters }).await?;
    Ok(Done(shown(call, written(&committed))))
}

pub(super) async fn delete(
    call: &Call<'_>,
    input: aws::DeleteExtensionAssociationRequest,
) -> Outcome<aws::DeleteExtensionAssociationRequest> {
    call.execute(Command::DeleteAssociation { association: input.extension_association_id }).await?;
    Ok(Done(aws::DeleteExtensionAssociationResponse {}))
}

/// Extensions work on applications, environments and profiles.
fn associable(call: &Call<'_>, arn: &str) -> Result<Resource, Failure> {
    match call.resource(arn)? {
        resource @ (Resource::Application(_) | Resource::Environment(..) | Resource::Profile(..)) => Ok(resource),
        _ => Err(call.refused(Refusal::ResourceNotFound { arn: arn.into() })),
    }
}

fn written(committed: &Committed) -> &Association {
    find(committed, |event| match event {
        Event::AssociationPut(association) => Some(association),
        _ => None,
    })
}

fn shown(call: &Call<'_>, association: &Association) -> aws::ExtensionAssociation {
    aws::ExtensionAssociation {
        id: Some(association.id.to_string()),
        extension_arn: Some(arn_of(call, &association.extension, association.version)),
        resource_arn: Some(call.arn(association.resource)),
        arn: Some(call.arn(Resource::Association(association.id))),
        parameters: (!association.parameters.is_empty()).then(|| association.parameters.clone()),
        extension_version_number: i32::try_from(association.version).ok(),
    }
}
