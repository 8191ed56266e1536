//! Configuration profiles. The form of their members is checked before they get here.

use super::{Case, created, described, redescribed, within_quota};
use crate::command::{CreateProfile, UpdateProfile};
use crate::event::Event;
use crate::id::Id;
use crate::record::{Profile, Resource};
use crate::refusal::Refusal;

impl Case<'_> {
    pub(super) fn create_profile(&self, command: &CreateProfile) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?.id;
        self.check_tags(&command.tags)?;
        self.check_profile_name(application, &command.name, None)?;
        let present = self.realm.profiles.count_under(Some(application));
        within_quota(present, self.context.limits.profiles, "configuration profiles per application")?;
        let id = self.ids().fresh(|id| self.realm.profiles.get(id).is_some());
        let profile = Profile {
            application,
            id,
            name: command.name.clone(),
            description: described(&command.description),
            location_uri: command.location_uri.clone(),
            retrieval_role_arn: command.retrieval_role_arn.clone(),
            validators: command.validators.clone(),
            kind: command.kind,
            kms_key_identifier: command.kms_key_identifier.clone(),
            latest_version: 0,
        };
        Ok(created(Event::ProfileCreated(profile), Resource::Profile(application, id), &command.tags))
    }

    pub(super) fn update_profile(&self, command: &UpdateProfile) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?;
        let old = self.realm.profile(application, &command.profile)?;
        if let Some(name) = &command.name {
            self.check_profile_name(application.id, name, Some(old.id))?;
        }
        let or_old = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        let key = or_old(&command.kms_key_identifier, &old.kms_key_identifier);
        Ok(vec![Event::ProfileUpdated(Profile {
            name: command.name.clone().unwrap_or_else(|| old.name.clone()),
            description: redescribed(&command.description, &old.description),
            retrieval_role_arn: or_old(&command.retrieval_role_arn, &old.retrieval_role_arn),
            validators: command.validators.clone().unwrap_or_else(|| old.validators.clone()),
            kms_key_identifier: key.filter(|key| !key.is_empty()),
            ..Profile::clone(old)
        })])
    }

    pub(super) fn delete_profile(&self, application: &str, profile: &str) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(application)?;
        let profile = self.realm.profile(application, profile)?.id;
        if self.realm.latest_version(profile).is_some() {
            return Err(Refusal::ProfileHasVersions { profile });
        }
        if self.has_running_deployment_of(application.id, profile) {
            return Err(Refusal::ProfileBusy { profile });
        }
        Ok(vec![Event::ProfileDeleted { profile }])
    }

    fn has_running_deployment_of(&self, application: Id, profile: Id) -> bool {
        let environments = self.realm.environments(application, 0, usize::MAX).items;
        environments.iter().any(|environment| {
            let running = environment.running.and_then(|number| self.realm.deployments.get(&(environment.id, number)));
            running.is_some_and(|deployment| deployment.profile == profile)
        })
    }

    fn check_profile_name(&self, application: Id, name: &str, own: Option<Id>) -> Result<(), Refusal> {
        match self.realm.profiles.id_of(Some(application), name) {
            Some(id) if Some(id) != own => Err(Refusal::ProfileNameTaken { name: name.into(), id, application }),
            _ => Ok(()),
        }
    }
}
