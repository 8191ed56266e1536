//! Environments.

use super::{Case, created, described, redescribed, within_quota};
use crate::command::{CreateEnvironment, Protection, UpdateEnvironment};
use crate::event::Event;
use crate::experiment::DefinitionStatus;
use crate::id::Id;
use crate::record::{Environment, EnvironmentState, Resource};
use crate::refusal::Refusal;
use crate::state::State;

impl Case<'_> {
    pub(super) fn create_environment(&self, command: &CreateEnvironment) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?.id;
        self.check_tags(&command.tags)?;
        self.check_environment_name(application, &command.name, None)?;
        let present = self.realm.environments.count_under(Some(application));
        within_quota(present, self.context.limits.environments, "environments per application")?;
        let id = self.ids().fresh(|id| self.realm.environments.get(id).is_some());
        let environment = Environment {
            application,
            id,
            name: command.name.clone(),
            description: described(&command.description),
            state: EnvironmentState::ReadyForDeployment,
            monitors: command.monitors.clone(),
            latest_deployment: 0,
            running: None,
            created_at_ms: self.context.now_ms,
        };
        let resource = Resource::Environment(application, id);
        Ok(created(Event::EnvironmentCreated(environment), resource, &command.tags))
    }

    pub(super) fn update_environment(&self, command: &UpdateEnvironment) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?;
        let old = self.realm.environment(application, &command.environment)?;
        if let Some(name) = &command.name {
            self.check_environment_name(application.id, name, Some(old.id))?;
        }
        Ok(vec![Event::EnvironmentUpdated(Environment {
            name: command.name.clone().unwrap_or_else(|| old.name.clone()),
            description: redescribed(&command.description, &old.description),
            monitors: command.monitors.clone().unwrap_or_else(|| old.monitors.clone()),
            ..Environment::clone(old)
        })])
    }

    pub(super) fn delete_environment(
        &self,
        state: &State,
        application: &str,
        environment: &str,
        protection: Protection,
    ) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(application)?;
        let environment = self.realm.environment(application, environment)?;
        self.check_no_associations(Resource::Environment(application.id, environment.id))?;
        let is_of_experiment = self.realm.has_definition(application.id, |definition| {
            definition.environment == environment.id && definition.status != DefinitionStatus::Archived
        });
        if is_of_experiment {
            return Err(Refusal::EnvironmentHasDefinitions { environment: environment.id });
        }
        if environment.running.is_some() {
            return Err(Refusal::EnvironmentBusy { environment: environment.id });
        }
        let channels = self.realm.channels_of_environment(environment.id);
        if self.is_protected(state, environment.created_at_ms, protection, channels) {
            return Err(Refusal::EnvironmentInUse { name: environment.name.clone() });
        }
        Ok(vec![Event::EnvironmentDeleted { environment: environment.id }])
    }

    fn check_environment_name(&self, application: Id, name: &str, own: Option<Id>) -> Result<(), Refusal> {
        match self.realm.environments.id_of(Some(application), name) {
            Some(id) if Some(id) != own => Err(Refusal::EnvironmentNameTaken { name: name.into(), id, application }),
            _ => Ok(()),
        }
    }
}
