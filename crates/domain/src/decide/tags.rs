//! Tags.

use super::Case;
use crate::command::Tags;
use crate::event::Event;
use crate::record::Resource;
use crate::refusal::Refusal;

/// AWS's limit for one resource.
const TAGS_PER_RESOURCE: usize = 50;

impl Case<'_> {
    pub(super) fn tag(&self, resource: Resource, arn: &str, tags: &Tags) -> Result<Vec<Event>, Refusal> {
        self.check_resource(resource, arn)?;
        self.check_tags(tags)?;
        let mut all = Tags::clone(&self.realm.tags(resource));
        all.extend(tags.clone());
        if all.len() > TAGS_PER_RESOURCE {
            return Err(Refusal::TooManyTags { limit: TAGS_PER_RESOURCE });
        }
        Ok(vec![Event::Tagged { resource, tags: tags.clone() }])
    }

    pub(super) fn untag(&self, resource: Resource, arn: &str, keys: &[String]) -> Result<Vec<Event>, Refusal> {
        self.check_resource(resource, arn)?;
        Ok(vec![Event::Untagged { resource, keys: keys.to_vec() }])
    }

    pub(super) fn check_tags(&self, tags: &Tags) -> Result<(), Refusal> {
        match tags.keys().find(|key| key.starts_with("aws:")) {
            Some(key) => Err(Refusal::TagKeyReserved { key: key.clone() }),
            None if tags.len() > TAGS_PER_RESOURCE => Err(Refusal::TooManyTags { limit: TAGS_PER_RESOURCE }),
            None => Ok(()),
        }
    }

    fn check_resource(&self, resource: Resource, arn: &str) -> Result<(), Refusal> {
        if self.realm.has(resource) { Ok(()) } else { Err(Refusal::ResourceNotFound { arn: arn.into() }) }
    }
}
