//! Applications.

use super::{Case, created, described, redescribed, within_quota};
use crate::command::Tags;
use crate::event::Event;
use crate::id::Id;
use crate::record::{Application, Resource};
use crate::refusal::Refusal;

impl Case<'_> {
    pub(super) fn create_application(
        &self,
        name: &str,
        description: &Option<String>,
        tags: &Tags,
    ) -> Result<Vec<Event>, Refusal> {
        self.check_tags(tags)?;
        self.check_application_name(name, None)?;
        within_quota(self.realm.applications.count_under(None), self.context.limits.applications, "applications")?;
        let id = self.ids().fresh(|id| self.realm.applications.get(id).is_some());
        let application = Application { id, name: name.into(), description: described(description) };
        Ok(created(Event::ApplicationCreated(application), Resource::Application(id), tags))
    }

    pub(super) fn update_application(
        &self,
        application: &str,
        name: &Option<String>,
        description: &Option<String>,
    ) -> Result<Vec<Event>, Refusal> {
        let old = self.realm.application(application)?;
        if let Some(name) = name {
            self.check_application_name(name, Some(old.id))?;
        }
        Ok(vec![Event::ApplicationUpdated(Application {
            id: old.id,
            name: name.clone().unwrap_or_else(|| old.name.clone()),
            description: redescribed(description, &old.description),
        })])
    }

    pub(super) fn delete_application(&self, application: &str) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(application)?.id;
        self.check_no_associations(Resource::Application(application))?;
        if self.realm.environments.has_children_of(application) {
            return Err(Refusal::ApplicationHasEnvironments { application });
        }
        if self.realm.profiles.has_children_of(application) {
            return Err(Refusal::ApplicationHasProfiles { application });
        }
        if self.realm.has_definition(application, |_| true) {
            return Err(Refusal::ApplicationHasDefinitions { application });
        }
        Ok(vec![Event::ApplicationDeleted { application }])
    }

    fn check_application_name(&self, name: &str, own: Option<Id>) -> Result<(), Refusal> {
        match self.realm.applications.id_of(None, name) {
            Some(id) if Some(id) != own => Err(Refusal::ApplicationNameTaken { name: name.into(), id }),
            _ => Ok(()),
        }
    }
}
