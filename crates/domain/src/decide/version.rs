//! Hosted configuration versions.

use super::{Case, described};
use crate::command::CreateHostedVersion;
use crate::event::Event;
use crate::record::HostedVersion;
use crate::refusal::Refusal;

impl Case<'_> {
    pub(super) fn create_hosted_version(&self, command: &CreateHostedVersion) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?;
        let profile = self.realm.profile(application, &command.profile)?;
        let limit = self.context.limits.hosted_content_bytes;
        if command.size > limit {
            return Err(Refusal::ContentTooLarge { size: command.size, limit });
        }
        if let Some(expected) = command.latest_version {
            // What is compared is the latest version that exists, as its number is what a caller can have seen.
            let actual = self.realm.latest_version(profile.id).map_or(0, |version| version.number);
            if expected != i64::from(actual) {
                return Err(Refusal::VersionOutdated { expected, actual });
            }
        }
        if let Some(label) = &command.label
            && let Some(number) = self.realm.labels.get(&(profile.id, label.as_str().into()))
        {
            return Err(Refusal::VersionLabelTaken { label: label.clone(), number: *number });
        }
        Ok(vec![Event::HostedVersionCreated(HostedVersion {
            profile: profile.id,
            number: profile.latest_version + 1,
            label: command.label.clone(),
            description: described(&command.description),
            content_type: command.content_type.clone(),
            content: command.content,
            size: command.size,
        })])
    }

    /// A version that is deployed may go: the deployment holds its own content.
    pub(super) fn delete_hosted_version(
        &self,
        application: &str,
        profile: &str,
        number: i64,
    ) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(application)?;
        let profile = self.realm.profile(application, profile)?;
        let version = self.realm.version(profile, number)?;
        Ok(vec![Event::HostedVersionDeleted { profile: profile.id, number: version.number }])
    }
}
