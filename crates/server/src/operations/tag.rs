//! Tags, on everything that has an ARN here.

use tidegate_domain::{Command, Refusal};
use tidegate_model::appconfig as aws;

use super::{Call, Done, Outcome};

pub(super) async fn list(
    call: &Call<'_>,
    input: aws::ListTagsForResourceRequest,
) -> Outcome<aws::ListTagsForResourceRequest> {
    let resource = call.resource(&input.resource_arn)?;
    let view = call.view().await?;
    if !view.realm.has(resource) {
        return Err(call.refused(Refusal::ResourceNotFound { arn: input.resource_arn }));
    }
    Ok(Done(aws::ResourceTags { tags: Some((*view.realm.tags(resource)).clone()) }))
}

pub(super) async fn tag(call: &Call<'_>, input: aws::TagResourceRequest) -> Outcome<aws::TagResourceRequest> {
    let resource = call.resource(&input.resource_arn)?;
    call.execute(Command::Tag { resource, arn: input.resource_arn, tags: input.tags }).await?;
    Ok(Done(aws::TagResourceResponse {}))
}

pub(super) async fn untag(call: &Call<'_>, input: aws::UntagResourceRequest) -> Outcome<aws::UntagResourceRequest> {
    let resource = call.resource(&input.resource_arn)?;
    call.execute(Command::Untag { resource, arn: input.resource_arn, keys: input.tag_keys }).await?;
    Ok(Done(aws::UntagResourceResponse {}))
}
