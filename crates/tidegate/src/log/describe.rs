//! Events in words, with the names that things had at the time.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use serde_json::Value;
use tidegate_domain::{ContentHash, Event, HostedVersion, Id, Resource, State};
use tidegate_server::audit::{HIDDEN, without_credentials};

/// What is called how, as far as the journal was read.
#[derive(Default)]
pub(super) struct Names {
    /// Names by id, and the application that the thing belongs to.
    things: HashMap<Id, (String, Option<Id>)>,
    /// Contents by number, with their sizes.
    versions: HashMap<Id, BTreeMap<u32, (ContentHash, u64)>>,
}

impl Names {
    /// Takes in what events say about names. What is gone keeps its name.
    pub(super) fn learn(&mut self, events: &[Event]) {
        for event in events {
            let (id, name, application) = match event {
                Event::ApplicationCreated(it) | Event::ApplicationUpdated(it) => (it.id, &it.name, Some(it.id)),
                Event::EnvironmentCreated(it) | Event::EnvironmentUpdated(it) => {
                    (it.id, &it.name, Some(it.application))
                }
                Event::ProfileCreated(it) | Event::ProfileUpdated(it) => (it.id, &it.name, Some(it.application)),
                Event::StrategyCreated(it) | Event::StrategyUpdated(it) => (it.id, &it.name, None),
                Event::ExtensionCreated(it) | Event::ExtensionUpdated(it) => (it.id, &it.name, None),
                Event::ExperimentDefinitionPut(it) => (it.id, &it.name, Some(it.application)),
                Event::HostedVersionCreated(version) => {
                    self.versions
                        .entry(version.profile)
                        .or_default()
                        .insert(version.number, (version.content, version.size));
                    continue;
                }
                _ => continue,
            };
            self.things.insert(id, (name.clone(), application));
        }
    }

    /// Takes in what things are called in a state.
    pub(super) fn learn_state(&mut self, state: &State) {
        for (_, realm) in state.realms() {
            for application in realm.applications(0, usize::MAX).items {
                let id = application.id;
                self.things.insert(id, (application.name.clone(), Some(id)));
                for environment in realm.environments(id, 0, usize::MAX).items {
                    self.things.insert(environment.id, (environment.name.clone(), Some(id)));
                }
                for profile in realm.profiles(id, 0, usize::MAX, |_| true).items {
                    self.things.insert(profile.id, (profile.name.clone(), Some(id)));
                }
            }
            for strategy in realm.strategies(0, usize::MAX).items {
                self.things.insert(strategy.id, (strategy.name.clone(), None));
            }
        }
    }

    /// An application's name.
    pub(super) fn application(&self, id: Id) -> Option<&String> {
        self.things.get(&id).map(|(name, _)| name)
    }

    /// The application that an event is about.
    pub(super) fn application_of(&self, event: &Event) -> Option<Id> {
        let owner = |id: &Id| self.things.get(id).and_then(|(_, application)| *application);
        match event {
            Event::ApplicationCreated(it) | Event::ApplicationUpdated(it) => Some(it.id),
            Event::ApplicationDeleted { application } => Some(*application),
            Event::EnvironmentCreated(it) | Event::EnvironmentUpdated(it) => Some(it.application),
            Event::ProfileCreated(it) | Event::ProfileUpdated(it) => Some(it.application),
            Event::HostedVersionCreated(it) => owner(&it.profile),
            Event::ProfileDeleted { profile } | Event::HostedVersionDeleted { profile, .. } => owner(profile),
            Event::DeploymentStarted(it) => Some(it.application),
            Event::EnvironmentDeleted { environment }
            | Event::DeploymentStepped { environment, .. }
            | Event::DeploymentRolledBack { environment, .. }
            | Event::DeploymentReverted { environment, .. }
            | Event::ActionsInvoked { environment, .. } => owner(environment),
            Event::ExperimentDefinitionPut(it) => Some(it.application),
            Event::ExperimentDefinitionDestroyed { definition } => owner(definition),
            Event::ExperimentRunPut(it) => Some(it.definition.application),
            Event::AssociationPut(it) => application_of_resource(&it.resource),
            Event::Tagged { resource, .. } | Event::Untagged { resource, .. } => application_of_resource(resource),
            _ => None,
        }
    }

    /// The version before a version of a profile, and its content.
    pub(super) fn version_before(&self, version: &HostedVersion) -> Option<(u32, (ContentHash, u64))> {
        let (number, content) = self.versions.get(&version.profile)?.range(..version.number).next_back()?;
        Some((*number, *content))
    }

    /// What happened.
    pub(super) fn describe(&self, event: &Event) -> String {
        let name = |id: &Id| match self.things.get(id) {
            Some((name, _)) => format!("{id} {name:?}"),
            None => id.to_string(),
        };
        match event {
            Event::ApplicationCreated(it) => format!("application {} created", name(&it.id)),
            Event::ApplicationUpdated(it) => format!("application {} updated", name(&it.id)),
            Event::ApplicationDeleted { application } => format!("application {} deleted", name(application)),
            Event::EnvironmentCreated(it) => format!("environment {} created", name(&it.id)),
            Event::EnvironmentUpdated(it) => format!("environment {} updated", name(&it.id)),
            Event::EnvironmentDeleted { environment } => format!("environment {} deleted", name(environment)),
            Event::ProfileCreated(it) => {
                format!(
                    "profile {} created, {}, from {}",
                    name(&it.id),
                    it.kind.as_str(),
                    without_credentials(&it.location_uri)
                )
            }
            Event::ProfileUpdated(it) => format!("profile {} updated", name(&it.id)),
            Event::ProfileDeleted { profile } => format!("profile {} deleted", name(profile)),
            Event::HostedVersionCreated(it) => {
                let label = it.label.as_ref().map(|label| format!(", label {label:?}")).unwrap_or_default();
                let (number, size) = (it.number, it.size);
                format!(
                    "version {number} of profile {} created: {}, {size} bytes{label}",
                    name(&it.profile),
                    it.content_type
                )
            }
            Event::HostedVersionDeleted { profile, number } => {
                format!("version {number} of profile {} deleted", name(profile))
            }
            Event::StrategyCreated(it) => format!("strategy {} created", name(&it.id)),
            Event::StrategyUpdated(it) => format!("strategy {} updated", name(&it.id)),
            Event::StrategyDeleted { strategy } => format!("strategy {} deleted", name(strategy)),
            Event::DeploymentStarted(it) => format!(
                "deployment {} to environment {} started: version {} of profile {}, strategy {}",
                it.number,
                name(&it.environment),
                it.content.version,
                name(&it.profile),
                it.strategy
            ),
            Event::DeploymentStepped { environment, number, step, .. } => {
                format!("deployment {number} to environment {}: {}", name(environment), written(step))
            }
            Event::DeploymentRolledBack { environment, number, by, reason, .. } => {
                format!(
                    "deployment {number} to environment {} rolled back by {}: {reason}",
                    name(environment),
                    written(by)
                )
            }
            Event::DeploymentReverted { environment, number } => {
                format!("deployment {number} to environment {} reverted", name(environment))
            }
            Event::ExtensionCreated(it) => format!("version {} of extension {} created", it.version, name(&it.id)),
            Event::ExtensionUpdated(it) => format!("version {} of extension {} updated", it.version, name(&it.id)),
            Event::ExtensionDeleted { extension, version } => {
                format!("version {version} of extension {} deleted", name(extension))
            }
            Event::AssociationPut(it) => {
                format!(
                    "association {}: version {} of extension {} on {:?}",
                    it.id, it.version, it.extension, it.resource
                )
            }
            Event::AssociationDeleted { association } => format!("association {association} deleted"),
            Event::ExperimentDefinitionPut(it) => {
                format!("experiment {} is {}: flag {}", name(&it.id), it.status.as_str(), it.flag_key)
            }
            Event::ExperimentDefinitionDestroyed { definition } => format!("experiment {} deleted", name(definition)),
            Event::ExperimentRunPut(it) => format!(
                "run {} of experiment {}: {:?}, exposure {} %",
                it.number,
                name(&it.definition.id),
                it.status,
                it.exposure_percentage
            ),
            Event::AlarmReported(it) => match &it.reason {
                Some(reason) => format!("alarm {} is {:?}: {reason}", it.name, it.value),
                None => format!("alarm {} is {:?}", it.name, it.value),
            },
            Event::AlarmForgotten { name } => format!("alarm {name} is forgotten"),
            Event::ContentsCondemned { contents } => format!("{} contents that nobody needs given up", contents.len()),
            Event::ChannelsPolled { channels } => format!("{} channels were polled", channels.len()),
            Event::Tagged { resource, tags } => format!("{resource:?} tagged: {}", written(tags)),
            Event::Untagged { resource, keys } => format!("{resource:?} untagged: {}", keys.join(", ")),
            Event::TokenKeyCreated(it) => format!("key {} for tokens made", it.number),
            Event::UserPut(it) => {
                let (policies, groups) = (it.policies.join(", "), it.groups.join(", "));
                format!("user {}: policies [{policies}], groups [{groups}]", it.name)
            }
            Event::UserDeleted { user, .. } => format!("user {user} deleted"),
            Event::AccessKeyPut(it) => {
                let status = if it.is_active { "active" } else { "disabled" };
                format!("access key {} of user {} is {status}", it.id, it.user)
            }
            Event::AccessKeyDeleted { key } => format!("access key {key} deleted"),
            Event::GroupPut(it) => format!("group {}: policies [{}]", it.name, it.policies.join(", ")),
            Event::GroupDeleted { group, .. } => format!("group {group} deleted"),
            Event::PolicyPut(it) => format!("policy {} stored", it.name),
            Event::PolicyDeleted { policy, .. } => format!("policy {policy} deleted"),
            Event::RolePut(it) => format!("role {}: policies [{}]", it.name, it.policies.join(", ")),
            Event::RoleDeleted { role, .. } => format!("role {role} deleted"),
            Event::IssuerPut(it) => format!("issuer {} stored", it.url),
            Event::IssuerDeleted { url, .. } => format!("issuer {url} deleted"),
            other => written_redacted(other),
        }
    }
}

fn application_of_resource(resource: &Resource) -> Option<Id> {
    match resource {
        Resource::Application(application)
        | Resource::Environment(application, _)
        | Resource::Profile(application, _)
        | Resource::Deployment(application, _, _)
        | Resource::Definition(application, _)
        | Resource::Run(application, _, _) => Some(*application),
        Resource::Strategy(_) | Resource::Extension(..) | Resource::Association(_) => None,
    }
}

fn written(it: &impl serde::Serialize) -> String {
    match serde_json::to_value(it) {
        Ok(Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(_) => String::new(),
    }
}

fn written_redacted(event: &Event) -> String {
    redacted(event).to_string()
}

/// An event as JSON, without what lets somebody in: keys, validators, parameters of extensions, queries of addresses.
pub(super) fn redacted(event: &Event) -> Value {
    let mut value = serde_json::to_value(event).unwrap_or_default();
    redact(&mut value);
    value
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match key.as_str() {
                    "validators" | "parameters" => hide_texts(member),
                    key if key.contains("secret") || key.contains("password") => *member = HIDDEN.into(),
                    _ => redact(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) => *text = without_credentials(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn hide_texts(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(hide_texts),
        Value::Array(items) => items.iter_mut().for_each(hide_texts),
        Value::String(text) => *text = HIDDEN.into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text that cannot take a terminal over: names and contents are other people's.
pub(super) fn clean(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut clean, character| {
        let is_turning =
            matches!(character, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (character.is_control() && character != '\t') || is_turning {
            let _ = write!(clean, "{}", character.escape_unicode());
        } else {
            clean.push(character);
        }
        clean
    })
}
