//! Extensions and their associations.

use std::collections::BTreeMap;

use super::{Case, created, described, redescribed};
use crate::aws_extensions;
use crate::command::{CreateAssociation, CreateExtension, UpdateExtension};
use crate::event::Event;
use crate::record::{Action, ActionPoint, Association, Extension, Parameter, Resource};
use crate::refusal::Refusal;

impl Case<'_> {
    /// The same extension again is no new version; a different one under a taken name has to say which version it
    /// knows. An answer without events means that the latest version is what was asked for.
    pub(super) fn create_extension(&self, command: &CreateExtension) -> Result<Vec<Event>, Refusal> {
        check_actions(&command.actions)?;
        check_parameters(&command.parameters)?;
        self.check_tags(&command.tags)?;
        if aws_extensions::find(&command.name).is_some() {
            return Err(Refusal::ExtensionExists { name: command.name.clone() });
        }
        let latest = self.realm.latest_extension_by_name(&command.name);
        if let Some(latest) = latest {
            let is_same = latest.description == described(&command.description)
                && latest.actions == command.actions
                && latest.parameters == command.parameters;
            match command.latest_version {
                None if is_same => return Ok(Vec::new()),
                None => return Err(Refusal::ExtensionExists { name: command.name.clone() }),
                Some(expected) if expected != i64::from(latest.version) => {
                    return Err(Refusal::ExtensionOutdated { expected, actual: latest.version });
                }
                Some(_) => {}
            }
        } else if let Some(expected) = command.latest_version
            && expected != 0
        {
            return Err(Refusal::ExtensionOutdated { expected, actual: 0 });
        }
        let id = match latest {
            Some(latest) => latest.id,
            None => self.ids().fresh(|id| self.realm.extension_exists(id)),
        };
        let extension = Extension {
            id,
            name: command.name.clone(),
            version: self.realm.extension_versions_given(id) + 1,
            description: described(&command.description),
            actions: command.actions.clone(),
            parameters: command.parameters.clone(),
        };
        let resource = Resource::Extension(id, extension.version);
        Ok(created(Event::ExtensionCreated(extension), resource, &command.tags))
    }

    pub(super) fn update_extension(&self, command: &UpdateExtension) -> Result<Vec<Event>, Refusal> {
        self.check_not_of_aws(&command.extension)?;
        let old = self.realm.extension(&command.extension, command.version)?;
        if let Some(actions) = &command.actions {
            check_actions(actions)?;
        }
        let parameters = command.parameters.clone().unwrap_or_else(|| old.parameters.clone());
        check_parameters(&parameters)?;
        Ok(vec![Event::ExtensionUpdated(Extension {
            description: redescribed(&command.description, &old.description),
            actions: command.actions.clone().unwrap_or_else(|| old.actions.clone()),
            parameters,
            ..Extension::clone(&old)
        })])
    }

    pub(super) fn delete_extension(&self, extension: &str, version: Option<i64>) -> Result<Vec<Event>, Refusal> {
        self.check_not_of_aws(extension)?;
        let extension = self.realm.extension(extension, version)?;
        let associations = self.realm.associations_of(extension.id.as_str(), extension.version);
        if associations > 0 {
            return Err(Refusal::ExtensionHasAssociations {
                extension: extension.id,
                version: extension.version,
                associations,
            });
        }
        Ok(vec![Event::ExtensionDeleted { extension: extension.id, version: extension.version }])
    }

    /// By id or ARN.
    fn check_not_of_aws(&self, extension: &str) -> Result<(), Refusal> {
        match self.realm.any_extension(extension, None) {
            Ok(found) if found.is_of_aws => Err(Refusal::ExtensionIsOfAws { extension: found.id }),
            _ => Ok(()),
        }
    }

    pub(super) fn create_association(&self, command: &CreateAssociation) -> Result<Vec<Event>, Refusal> {
        let extension = self.realm.any_extension(&command.extension, command.version)?;
        if !self.realm.has(command.resource) {
            return Err(Refusal::ResourceNotFound { arn: command.arn.clone() });
        }
        if command.parameters.is_empty() && extension.parameters.values().any(|parameter| parameter.required) {
            return Err(Refusal::ParametersMissing { name: extension.name, version: extension.version });
        }
        check_values(&extension.id, extension.version, &extension.parameters, &command.parameters)?;
        self.check_tags(&command.tags)?;
        let id = self.ids().fresh(|id| self.realm.associations.get(id).is_some());
        let association = Association {
            id,
            extension: extension.id,
            version: extension.version,
            resource: command.resource,
            parameters: command.parameters.clone(),
        };
        Ok(created(Event::AssociationPut(association), Resource::Association(id), &command.tags))
    }

    pub(super) fn update_association(
        &self,
        association: &str,
        parameters: Option<&BTreeMap<String, String>>,
    ) -> Result<Vec<Event>, Refusal> {
        let old = self.realm.association(association)?;
        let parameters = parameters.unwrap_or(&old.parameters);
        let extension = self.realm.any_extension(&old.extension, Some(old.version.into()))?;
        check_values(&extension.id, extension.version, &extension.parameters, parameters)?;
        let parameters = parameters.clone();
        Ok(vec![Event::AssociationPut(Association { parameters, ..Association::clone(old) })])
    }

    pub(super) fn delete_association(&self, association: &str) -> Result<Vec<Event>, Refusal> {
        Ok(vec![Event::AssociationDeleted { association: self.realm.association(association)?.id }])
    }
}

/// What can be called: something with an ARN, or a web address.
fn check_actions(actions: &BTreeMap<ActionPoint, Vec<Action>>) -> Result<(), Refusal> {
    let is_callable = |uri: &str| ["arn:", "https://", "http://"].iter().any(|start| uri.starts_with(start));
    match actions.values().flatten().find(|action| !is_callable(&action.uri)) {
        Some(action) => Err(Refusal::ActionUriUnsupported { uri: action.uri.clone() }),
        None => Ok(()),
    }
}

fn check_parameters(parameters: &BTreeMap<String, Parameter>) -> Result<(), Refusal> {
    if parameters.values().any(|parameter| parameter.required && parameter.dynamic) {
        Err(Refusal::ParameterRequiredAndDynamic)
    } else {
        Ok(())
    }
}

fn check_values(
    extension: &str,
    version: u32,
    parameters: &BTreeMap<String, Parameter>,
    values: &BTreeMap<String, String>,
) -> Result<(), Refusal> {
    let missing = parameters.iter().find(|(name, parameter)| parameter.required && !values.contains_key(*name));
    if let Some((name, _)) = missing {
        return Err(Refusal::ParameterMissing { name: name.clone(), extension: extension.into(), version });
    }
    match values.keys().find(|name| !parameters.contains_key(*name)) {
        Some(name) => Err(Refusal::ParameterUnknown { name: name.clone(), extension: extension.into(), version }),
        None => Ok(()),
    }
}
