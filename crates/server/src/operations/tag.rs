//! Tags, on everything that has an ARN here.

use tidegate_domain::{Command, Refusal, Resource};
use tidegate_model::appconfig as aws;
use tidegate_wire::Failure;

use super::{Call, Done, Outcome};

pub(super) async fn list(
    call: &Call<'_>,
    input: aws::ListTagsForResourceRequest,
) -> Outcome<aws::ListTagsForResourceRequest> {
    let resource = resource(call, &input.resource_arn)?;
    let published = call.current().await?;
    let realm = published.state.realm(&call.caller.realm);
    if !realm.has(resource) {
        return Err(call.refused(Refusal::ResourceNotFound { arn: input.resource_arn }));
    }
    Ok(Done(aws::ResourceTags { tags: Some((*realm.tags(resource)).clone()) }))
}

pub(super) async fn tag(call: &Call<'_>, input: aws::TagResourceRequest) -> Outcome<aws::TagResourceRequest> {
    let resource = resource(call, &input.resource_arn)?;
    call.execute(Command::Tag { resource, arn: input.resource_arn, tags: input.tags }).await?;
    Ok(Done(aws::TagResourceResponse {}))
}

pub(super) async fn untag(call: &Call<'_>, input: aws::UntagResourceRequest) -> Outcome<aws::UntagResourceRequest> {
    let resource = resource(call, &input.resource_arn)?;
    call.execute(Command::Untag { resource, arn: input.resource_arn, keys: input.tag_keys }).await?;
    Ok(Done(aws::UntagResourceResponse {}))
}

/// Reads an ARN of the caller's own account and region.
fn resource(call: &Call<'_>, arn: &str) -> Result<Resource, Failure> {
    let own = call.arn(format_args!(""));
    let path = arn.strip_prefix(&own);
    path.and_then(read).ok_or_else(|| call.refused(Refusal::ResourceNotFound { arn: arn.into() }))
}

fn read(path: &str) -> Option<Resource> {
    let parts: Vec<&str> = path.split('/').collect();
    Some(match parts[..] {
        ["application", application] => Resource::Application(application.parse().ok()?),
        ["application", application, "environment", environment] => {
            Resource::Environment(application.parse().ok()?, environment.parse().ok()?)
        }
        ["application", application, "environment", environment, "deployment", number] => {
            Resource::Deployment(application.parse().ok()?, environment.parse().ok()?, number.parse().ok()?)
        }
        ["application", application, "configurationprofile", profile] => {
            Resource::Profile(application.parse().ok()?, profile.parse().ok()?)
        }
        ["deploymentstrategy", strategy] => Resource::Strategy(strategy.parse().ok()?),
        _ => return None,
    })
}
