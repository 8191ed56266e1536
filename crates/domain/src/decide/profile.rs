//! Configuration profiles.

use super::{Case, created, described, redescribed, within_quota};
use crate::command::{CreateProfile, Protection, UpdateProfile};
use crate::event::Event;
use crate::experiment::DefinitionStatus;
use crate::id::Id;
use crate::record::{Profile, ProfileType, Resource, Validator, ValidatorType};
use crate::refusal::Refusal;
use crate::state::State;

/// The kinds of places that a configuration can lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Location {
    Hosted,
    SystemsManager,
    S3,
    SecretsManager,
    CodePipeline,
}

impl Location {
    fn parse(uri: &str) -> Result<Self, Refusal> {
        if uri == "hosted" {
            return Ok(Self::Hosted);
        }
        if uri.starts_with("arn:") {
            return if is_systems_manager_arn(uri) { Ok(Self::SystemsManager) } else { Err(unsupported(uri)) };
        }
        let (scheme, rest) = uri.split_once("://").ok_or_else(|| unsupported(uri))?;
        let (location, is_complete) = match scheme {
            "ssm-document" | "ssm-parameter" => (Self::SystemsManager, !rest.is_empty()),
            "secretsmanager" => (Self::SecretsManager, !rest.is_empty()),
            "codepipeline" => (Self::CodePipeline, !rest.is_empty()),
            "s3" => {
                let has_key = rest.split_once('/').is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
                (Self::S3, has_key)
            }
            _ => return Err(unsupported(uri)),
        };
        if is_complete { Ok(location) } else { Err(Refusal::LocationIncomplete { uri: uri.into() }) }
    }

    fn needs_role(self) -> bool {
        matches!(self, Self::SystemsManager | Self::S3 | Self::SecretsManager)
    }
}

fn unsupported(uri: &str) -> Refusal {
    Refusal::LocationUnsupported { uri: uri.into() }
}

/// `arn:{partition}:ssm:{region}:{account}:document/{name}`, or `parameter/{name}`.
fn is_systems_manager_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, "ssm", _, _, resource] = parts[..] else { return false };
    resource.split_once('/').is_some_and(|(kind, name)| matches!(kind, "document" | "parameter") && !name.is_empty())
}

fn profile_type(name: Option<&str>) -> Result<ProfileType, Refusal> {
    match name {
        None => Ok(ProfileType::Freeform),
        Some(name) => [ProfileType::Freeform, ProfileType::FeatureFlags]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(Refusal::ProfileTypeUnknown),
    }
}

fn check_role(location: Location, uri: &str, role: Option<&str>) -> Result<(), Refusal> {
    match role {
        None if location.needs_role() => Err(Refusal::RoleMissing { uri: uri.into() }),
        Some(arn) if location == Location::Hosted => Err(Refusal::RoleForHosted { arn: arn.into() }),
        _ => Ok(()),
    }
}

/// A schema is not looked at before it is used; a function's ARN has to have an account in it.
fn check_validators(validators: &[Validator]) -> Result<(), Refusal> {
    let has_account = |arn: &str| {
        let account = arn.split(':').nth(4).unwrap_or_default();
        arn.starts_with("arn:") && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
    };
    let of_functions = validators.iter().filter(|validator| validator.kind == ValidatorType::Lambda);
    match of_functions.map(|validator| &validator.content).find(|arn| !has_account(arn)) {
        Some(arn) => Err(Refusal::FunctionArnInvalid { arn: arn.clone() }),
        None => Ok(()),
    }
}

impl Case<'_> {
    pub(super) fn create_profile(&self, command: &CreateProfile) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?.id;
        let kind = profile_type(command.kind.as_deref())?;
        let location = Location::parse(&command.location_uri)?;
        if kind == ProfileType::FeatureFlags && location != Location::Hosted {
            return Err(Refusal::FlagsOutsideHostedStore);
        }
        check_role(location, &command.location_uri, command.retrieval_role_arn.as_deref())?;
        if command.kms_key_identifier.is_some() && location != Location::Hosted {
            return Err(Refusal::KeyOutsideHostedStore);
        }
        check_validators(&command.validators)?;
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
            kind,
            kms_key_identifier: command.kms_key_identifier.clone(),
            latest_version: 0,
            created_at_ms: self.context.now_ms,
        };
        Ok(created(Event::ProfileCreated(profile), Resource::Profile(application, id), &command.tags))
    }

    pub(super) fn update_profile(&self, command: &UpdateProfile) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?;
        let old = self.realm.profile(application, &command.profile)?;
        if let Some(name) = &command.name {
            self.check_profile_name(application.id, name, Some(old.id))?;
        }
        let location = Location::parse(&old.location_uri)?;
        if let Some(role) = &command.retrieval_role_arn {
            check_role(location, &old.location_uri, Some(role))?;
        }
        if command.kms_key_identifier.as_ref().is_some_and(|key| !key.is_empty()) && location != Location::Hosted {
            return Err(Refusal::KeyOutsideHostedStore);
        }
        check_validators(command.validators.as_deref().unwrap_or_default())?;
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

    pub(super) fn delete_profile(
        &self,
        state: &State,
        application: &str,
        profile: &str,
        protection: Protection,
    ) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(application)?;
        let found = self.realm.profile(application, profile)?;
        let profile = found.id;
        self.check_no_associations(Resource::Profile(application.id, profile))?;
        if self.realm.latest_version(profile).is_some() {
            return Err(Refusal::ProfileHasVersions { profile });
        }
        let is_of_experiment = self.realm.has_definition(application.id, |definition| {
            definition.profile == profile && definition.status != DefinitionStatus::Archived
        });
        if is_of_experiment {
            return Err(Refusal::ProfileHasDefinitions { profile });
        }
        if self.has_running_deployment_of(application.id, profile) {
            return Err(Refusal::ProfileBusy { profile });
        }
        let channels = self.realm.channels_of_profile(application.id, profile);
        if self.is_protected(state, found.created_at_ms, protection, channels) {
            return Err(Refusal::ProfileInUse { name: found.name.clone() });
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
