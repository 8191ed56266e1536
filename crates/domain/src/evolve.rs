//! Applying what was decided. No rule stands here, and nothing can fail: an event about a thing that is gone changes
//! nothing.

use std::sync::Arc;

use rpds::ListSync;

use crate::event::{Decision, Event};
use crate::experiment::{ExperimentDefinition, ExperimentRun};
use crate::growth::Step;
use crate::id::{Account, Id, Realm};
use crate::identity::Identities;
use crate::record::{
    ActionPoint, Deployment, DeploymentState, Environment, EnvironmentState, Extension, Invocation, LogEntry,
    LogEntryType, Profile, Resource, TokenKey, TriggeredBy, Work,
};
use crate::state::{Channel, ChannelNumber, RealmState, State};

/// How long a replaced token key is kept: the life of a token, and a day for clocks that disagree.
const KEEP_REPLACED_KEYS_MS: i64 = 48 * 60 * 60 * 1_000;

impl State {
    /// Makes the state what it is after journal entry `number`.
    pub fn apply(&mut self, number: u64, decision: &Decision) {
        self.number = number;
        for event in &decision.events {
            match (&decision.realm, event) {
                (_, Event::TokenKeyCreated(key)) => self.add_token_key(key),
                (_, Event::ChannelsPolled { channels }) => self.note_polls(channels),
                (_, event) if event.is_about_identities() => Arc::make_mut(&mut self.identities).apply(event),
                (_, Event::ContentsCondemned { contents }) => self.note_condemned(contents),
                (Some(realm), event) => Change { state: self, realm, at_ms: decision.at_ms }.apply(event),
                (None, _) => {}
            }
        }
    }

    fn note_polls(&mut self, channels: &[(ChannelNumber, i64)]) {
        for (channel, at_ms) in channels {
            if self.channels.contains_key(channel) {
                let noted_ms = self.polled.get(channel).copied().unwrap_or(i64::MIN);
                self.polled.insert_mut(*channel, noted_ms.max(*at_ms));
            }
        }
    }

    fn add_token_key(&mut self, key: &TokenKey) {
        let mut keys: Vec<TokenKey> = self.token_keys.to_vec();
        keys.push(key.clone());
        // A key can go once the one after it is so old that no token of the key is valid any more.
        let replaced_at_ms: Vec<i64> = keys.iter().skip(1).map(|key| key.created_at_ms).collect();
        let outdated = replaced_at_ms
            .iter()
            .take_while(|at_ms| key.created_at_ms.saturating_sub(**at_ms) > KEEP_REPLACED_KEYS_MS)
            .count();
        self.token_keys = keys.split_off(outdated).into();
    }
}

impl Identities {
    fn apply(&mut self, event: &Event) {
        let at = |account: &Account, name: &str| (account.clone(), Arc::from(name));
        match event {
            Event::UserPut(user) => self.users.insert_mut(at(&user.account, &user.name), Arc::new(user.clone())),
            Event::UserDeleted { account, user } => drop(self.users.remove_mut(&at(account, user))),
            Event::AccessKeyPut(key) => {
                self.is_guarded = true;
                self.keys.insert_mut(Arc::from(key.id.as_str()), Arc::new(key.clone()));
            }
            Event::AccessKeyDeleted { key } => drop(self.keys.remove_mut(key.as_str())),
            Event::GroupPut(group) => self.groups.insert_mut(at(&group.account, &group.name), Arc::new(group.clone())),
            Event::GroupDeleted { account, group } => drop(self.groups.remove_mut(&at(account, group))),
            Event::PolicyPut(policy) => {
                self.policies.insert_mut(at(&policy.account, &policy.name), Arc::new(policy.clone()));
            }
            Event::PolicyDeleted { account, policy } => drop(self.policies.remove_mut(&at(account, policy))),
            Event::RolePut(role) => {
                self.is_guarded = true;
                self.roles.insert_mut(at(&role.account, &role.name), Arc::new(role.clone()));
            }
            Event::RoleDeleted { account, role } => drop(self.roles.remove_mut(&at(account, role))),
            Event::IssuerPut(issuer) => {
                self.issuers.insert_mut(at(&issuer.account, &issuer.url), Arc::new(issuer.clone()));
            }
            Event::IssuerDeleted { account, url } => drop(self.issuers.remove_mut(&at(account, url))),
            _ => {}
        }
    }
}

/// One decision's effect on one realm.
struct Change<'a> {
    state: &'a mut State,
    realm: &'a Realm,
    at_ms: i64,
}

impl Change<'_> {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::ApplicationCreated(application) | Event::ApplicationUpdated(application) => {
                self.realm().applications.put(application.clone());
            }
            Event::ApplicationDeleted { application } => {
                let realm = self.realm();
                realm.applications.remove(*application);
                realm.tags.remove_mut(&Resource::Application(*application));
            }
            Event::EnvironmentCreated(environment) => self.realm().environments.put(environment.clone()),
            Event::EnvironmentUpdated(environment) => self.update_environment(environment),
            Event::EnvironmentDeleted { environment } => self.delete_environment(*environment),
            Event::ProfileCreated(profile) => self.realm().profiles.put(profile.clone()),
            Event::ProfileUpdated(profile) => self.update_profile(profile),
            Event::ProfileDeleted { profile } => self.delete_profile(*profile),
            Event::HostedVersionCreated(version) => {
                let realm = self.realm();
                if let Some(profile) = realm.profiles.get(version.profile).cloned() {
                    realm.profiles.put(Profile { latest_version: version.number, ..Profile::clone(&profile) });
                }
                if let Some(label) = &version.label {
                    realm.labels.insert_mut((version.profile, label.as_str().into()), version.number);
                }
                realm.versions.insert_mut((version.profile, version.number), Arc::new(version.clone()));
            }
            Event::HostedVersionDeleted { profile, number } => {
                let realm = self.realm();
                let label = realm.versions.get(&(*profile, *number)).and_then(|version| version.label.clone());
                if let Some(label) = label {
                    realm.labels.remove_mut(&(*profile, label.as_str().into()));
                }
                realm.versions.remove_mut(&(*profile, *number));
            }
            Event::StrategyCreated(strategy) | Event::StrategyUpdated(strategy) => {
                self.realm().strategies.put(strategy.clone());
            }
            Event::StrategyDeleted { strategy } => {
                let realm = self.realm();
                realm.strategies.remove(*strategy);
                realm.tags.remove_mut(&Resource::Strategy(*strategy));
            }
            Event::DeploymentStarted(deployment) => self.start(deployment),
            Event::DeploymentStepped { environment, number, step, invocations } => {
                self.step(*environment, *number, *step, invocations);
            }
            Event::DeploymentRolledBack { environment, number, by, reason, invocations } => {
                self.roll_back(*environment, *number, *by, reason, invocations);
            }
            Event::DeploymentReverted { environment, number } => self.revert(*environment, *number),
            Event::Tagged { resource, tags } => {
                let mut all = crate::record::TagMap::clone(&self.realm().tags(*resource));
                all.extend(tags.clone());
                self.realm().tags.insert_mut(*resource, Arc::new(all));
            }
            Event::Untagged { resource, keys } => {
                let mut all = crate::record::TagMap::clone(&self.realm().tags(*resource));
                all.retain(|key, _| !keys.contains(key));
                self.realm().tags.insert_mut(*resource, Arc::new(all));
            }
            Event::ExtensionCreated(extension) => {
                let realm = self.realm();
                realm.extension_counts.insert_mut(extension.id, extension.version);
                realm.extension_versions.insert_mut((extension.id, extension.version), Arc::new(extension.clone()));
                realm.extensions.put(extension.clone());
            }
            Event::ExtensionUpdated(extension) => {
                let realm = self.realm();
                realm.extension_versions.insert_mut((extension.id, extension.version), Arc::new(extension.clone()));
                if realm.extensions.get(extension.id).is_some_and(|latest| latest.version == extension.version) {
                    realm.extensions.put(extension.clone());
                }
            }
            Event::ExtensionDeleted { extension, version } => self.delete_extension(*extension, *version),
            Event::AssociationPut(association) => self.realm().associations.put(association.clone()),
            Event::AssociationDeleted { association } => {
                let realm = self.realm();
                realm.associations.remove(*association);
                realm.tags.remove_mut(&Resource::Association(*association));
            }
            Event::WorkClaimed { work, node } => self.state.claims.insert_mut((self.realm.clone(), *work), *node),
            Event::ActionsInvoked { environment, number, entry, is_done, invocations } => {
                self.note_actions(*environment, *number, *entry, *is_done, invocations);
            }
            Event::ExperimentDefinitionPut(definition) => self.put_definition(definition),
            Event::ExperimentDefinitionDestroyed { definition } => self.destroy_definition(*definition),
            Event::ExperimentRunPut(run) => {
                self.realm().runs.insert_mut((run.definition.id, run.number), Arc::new(ExperimentRun::clone(run)));
            }
            Event::AccountSettingsUpdated(settings) => self.realm().settings = *settings,
            // These belong to no realm.
            Event::TokenKeyCreated(_)
            | Event::ChannelsPolled { .. }
            | Event::ContentsCondemned { .. }
            | Event::UserPut(_)
            | Event::UserDeleted { .. }
            | Event::AccessKeyPut(_)
            | Event::AccessKeyDeleted { .. }
            | Event::GroupPut(_)
            | Event::GroupDeleted { .. }
            | Event::PolicyPut(_)
            | Event::PolicyDeleted { .. }
            | Event::RolePut(_)
            | Event::RoleDeleted { .. }
            | Event::IssuerPut(_)
            | Event::IssuerDeleted { .. } => {}
            Event::AlarmReported(alarm) => {
                self.realm().alarms.insert_mut(alarm.name.clone(), Arc::new(alarm.clone()));
            }
            Event::AlarmForgotten { name } => {
                self.realm().alarms.remove_mut(name);
            }
        }
    }

    fn put_definition(&mut self, definition: &ExperimentDefinition) {
        // A decision changes one definition at most, so that its number is a place that no other has, before or after.
        let place = self.state.number;
        let realm = self.realm();
        if let Some(old) = realm.definition_changes.get(&definition.id).copied() {
            realm.definitions_by_change.remove_mut(&old);
        }
        realm.definitions_by_change.insert_mut(place, definition.id);
        realm.definition_changes.insert_mut(definition.id, place);
        realm.definitions.put(definition.clone());
    }

    fn destroy_definition(&mut self, definition: Id) {
        let realm = self.realm();
        let Some(old) = realm.definitions.get(definition).cloned() else { return };
        realm.definitions.remove(definition);
        if let Some(place) = realm.definition_changes.get(&definition).copied() {
            realm.definitions_by_change.remove_mut(&place);
            realm.definition_changes.remove_mut(&definition);
        }
        realm.tags.remove_mut(&Resource::Definition(old.application, definition));
        for number in 1..=old.latest_run {
            realm.runs.remove_mut(&(definition, number));
            realm.tags.remove_mut(&Resource::Run(old.application, definition, number));
        }
    }

    fn delete_extension(&mut self, extension: Id, version: u32) {
        let realm = self.realm();
        realm.extension_versions.remove_mut(&(extension, version));
        realm.tags.remove_mut(&Resource::Extension(extension, version));
        let mut left = realm.extension_versions.range((extension, 0)..=(extension, u32::MAX));
        match left.next_back().map(|(_, latest)| latest.clone()) {
            Some(latest) => realm.extensions.put(Extension::clone(&latest)),
            None => realm.extensions.remove(extension),
        }
    }

    fn note_actions(&mut self, environment: Id, number: u32, entry: u32, is_done: bool, invocations: &[Invocation]) {
        if is_done {
            self.state.outbox.remove_mut(&(self.realm.clone(), environment, number, entry));
            let work = Work::Actions { environment, number, entry };
            self.state.claims.remove_mut(&(self.realm.clone(), work));
        }
        let Some(mut deployment) = self.deployment(environment, number) else { return };
        if let Some(entry) = deployment.log.get_mut(entry as usize) {
            entry.invocations.extend_from_slice(invocations);
            self.realm().deployments.insert_mut((environment, number), Arc::new(deployment));
        }
    }

    /// The realm, copied first if somebody else still looks at it.
    fn realm(&mut self) -> &mut RealmState {
        if !self.state.realms.contains_key(self.realm) {
            self.state.realms.insert_mut(self.realm.clone(), Arc::default());
        }
        Arc::make_mut(self.state.realms.get_mut(self.realm).expect("the realm was just made"))
    }

    fn update_environment(&mut self, new: &Environment) {
        let realm = self.realm();
        let Some(old) = realm.environments.get(new.id).cloned() else { return };
        realm.environments.put(Environment {
            name: new.name.clone(),
            description: new.description.clone(),
            monitors: new.monitors.clone(),
            ..Environment::clone(&old)
        });
    }

    fn update_profile(&mut self, new: &Profile) {
        let realm = self.realm();
        let Some(old) = realm.profiles.get(new.id).cloned() else { return };
        realm.profiles.put(Profile { latest_version: old.latest_version, ..new.clone() });
    }

    fn delete_environment(&mut self, environment: Id) {
        let realm = self.realm();
        let Some(old) = realm.environments.get(environment).cloned() else { return };
        realm.environments.remove(environment);
        realm.tags.remove_mut(&Resource::Environment(old.application, environment));
        let deployments = realm.deployments.range((environment, 0)..=(environment, u32::MAX));
        let numbers: Vec<u32> = deployments.map(|((_, number), _)| *number).collect();
        for number in numbers {
            realm.deployments.remove_mut(&(environment, number));
            realm.tags.remove_mut(&Resource::Deployment(old.application, environment, number));
        }
        let channels: Vec<_> = realm.channels.keys().filter(|(of, _)| *of == environment).copied().collect();
        self.delete_channels(&channels);
        self.state.running.remove_mut(&(self.realm.clone(), environment));
        let left: Vec<_> = {
            let first = (self.realm.clone(), environment, 0, 0);
            let last = (self.realm.clone(), environment, u32::MAX, u32::MAX);
            self.state.outbox.range(first..=last).map(|(key, ())| key.clone()).collect()
        };
        for key in left {
            self.state.outbox.remove_mut(&key);
            let work = Work::Actions { environment, number: key.2, entry: key.3 };
            self.state.claims.remove_mut(&(key.0, work));
        }
    }

    fn delete_profile(&mut self, profile: Id) {
        let realm = self.realm();
        let Some(old) = realm.profiles.get(profile).cloned() else { return };
        realm.profiles.remove(profile);
        realm.tags.remove_mut(&Resource::Profile(old.application, profile));
        let channels: Vec<_> = realm.channels.keys().filter(|(_, of)| *of == profile).copied().collect();
        self.delete_channels(&channels);
    }

    fn delete_channels(&mut self, channels: &[(Id, Id)]) {
        for key in channels {
            let Some(number) = self.realm().channels.get(key).copied() else { continue };
            self.realm().channels.remove_mut(key);
            self.state.channels.remove_mut(&number);
            self.state.polled.remove_mut(&number);
            self.state.touched.push(number);
        }
    }

    fn start(&mut self, started: &Deployment) {
        let (environment, number) = (started.environment, started.number);
        let mut deployment = started.clone();
        self.log(&mut deployment, LogEntryType::DeploymentStarted, TriggeredBy::User, "Deployment started".into(), &[]);
        self.realm().deployments.insert_mut((environment, number), Arc::new(deployment));
        self.set_environment(environment, |environment| {
            environment.state = EnvironmentState::Deploying;
            environment.latest_deployment = number;
            environment.running = Some(number);
        });
        self.state.running.insert_mut((self.realm.clone(), environment), number);
        let channel = Some(self.channel_for(started));
        self.set_channel(channel, |channel| channel.running = Some(number));
    }

    fn step(&mut self, environment: Id, number: u32, step: Step, invocations: &[Invocation]) {
        let Some(mut deployment) = self.deployment(environment, number) else { return };
        let work = Work::Step { environment, number, steps: deployment.steps };
        self.state.claims.remove_mut(&(self.realm.clone(), work));
        deployment.steps += 1;
        deployment.last_step_at_ms = self.at_ms;
        let by = TriggeredBy::Appconfig;
        match step {
            Step::Grow(percentage) => {
                deployment.percentage = percentage;
                let words = format!("Configuration available to {percentage:.2}% of clients");
                self.log(&mut deployment, LogEntryType::PercentageUpdated, by, words, invocations);
            }
            Step::Bake => {
                deployment.state = DeploymentState::Baking;
                self.log(
                    &mut deployment,
                    LogEntryType::BakeTimeStarted,
                    by,
                    "Deployment bake time started".into(),
                    invocations,
                );
            }
            Step::Complete => {
                let is_instant = deployment.state == DeploymentState::Deploying;
                let words = if is_instant { "Deployment completed instantly" } else { "Deployment completed" };
                deployment.state = DeploymentState::Complete;
                deployment.percentage = 100.0;
                deployment.completed_at_ms = Some(self.at_ms);
                self.log(&mut deployment, LogEntryType::DeploymentCompleted, by, words.into(), invocations);
            }
        }
        let channel = self.channel_of(&deployment);
        let is_complete = deployment.state == DeploymentState::Complete;
        self.realm().deployments.insert_mut((environment, number), Arc::new(deployment));
        self.set_channel(channel, |channel| {
            if is_complete {
                channel.running = None;
                channel.standing.push_front_mut(number);
            }
        });
        if is_complete {
            self.end(environment, EnvironmentState::ReadyForDeployment);
        }
    }

    fn roll_back(&mut self, environment: Id, number: u32, by: TriggeredBy, reason: &str, invocations: &[Invocation]) {
        let Some(mut deployment) = self.deployment(environment, number) else { return };
        let work = Work::Step { environment, number, steps: deployment.steps };
        self.state.claims.remove_mut(&(self.realm.clone(), work));
        deployment.state = DeploymentState::RolledBack;
        deployment.percentage = 0.0;
        // Nobody but the user decides and is done at once.
        if by == TriggeredBy::CloudwatchAlarm {
            self.log(&mut deployment, LogEntryType::RollbackStarted, by, reason.into(), &[]);
            let words = "Deployment rolled back by alarm";
            self.log(&mut deployment, LogEntryType::RollbackCompleted, by, words.into(), invocations);
        } else {
            self.log(&mut deployment, LogEntryType::RollbackCompleted, by, reason.into(), invocations);
        }
        let channel = self.channel_of(&deployment);
        self.realm().deployments.insert_mut((environment, number), Arc::new(deployment));
        self.set_channel(channel, |channel| channel.running = None);
        self.end(environment, EnvironmentState::RolledBack);
    }

    fn revert(&mut self, environment: Id, number: u32) {
        let Some(mut deployment) = self.deployment(environment, number) else { return };
        deployment.state = DeploymentState::Reverted;
        deployment.percentage = 0.0;
        let words = "Deployment reverted by user request";
        self.log(&mut deployment, LogEntryType::RevertCompleted, TriggeredBy::User, words.into(), &[]);
        let channel = self.channel_of(&deployment);
        self.realm().deployments.insert_mut((environment, number), Arc::new(deployment));
        self.set_channel(channel, |channel| {
            channel.standing =
                channel.standing.iter().filter(|other| **other != number).copied().collect::<ListSync<_>>();
        });
        // Another profile's deployment may be on its way; the environment then stays with that one.
        self.set_environment(environment, |environment| {
            if environment.running.is_none() {
                environment.state = EnvironmentState::Reverted;
            }
        });
    }

    fn end(&mut self, environment: Id, state: EnvironmentState) {
        self.set_environment(environment, |environment| {
            environment.state = state;
            environment.running = None;
        });
        self.state.running.remove_mut(&(self.realm.clone(), environment));
    }

    /// Adds an entry to a deployment's event log, and what is to be done because of it to the outbox.
    fn log(
        &mut self,
        deployment: &mut Deployment,
        kind: LogEntryType,
        triggered_by: TriggeredBy,
        description: String,
        invocations: &[Invocation],
    ) {
        let has_actions = ActionPoint::after(kind).is_some_and(|point| {
            deployment.applied.iter().any(|extension| extension.actions_at(point).next().is_some())
        });
        if has_actions {
            let entry = u32::try_from(deployment.log.len()).unwrap_or(u32::MAX);
            let key = (self.realm.clone(), deployment.environment, deployment.number, entry);
            self.state.outbox.insert_mut(key, ());
        }
        let (occurred_at_ms, invocations) = (self.at_ms, invocations.to_vec());
        deployment.log.push(LogEntry { kind, triggered_by, description, occurred_at_ms, invocations });
    }

    fn deployment(&mut self, environment: Id, number: u32) -> Option<Deployment> {
        self.realm().deployments.get(&(environment, number)).map(|deployment| Deployment::clone(deployment))
    }

    fn set_environment(&mut self, id: Id, change: impl FnOnce(&mut Environment)) {
        let realm = self.realm();
        let Some(mut environment) = realm.environments.get(id).map(|old| Environment::clone(old)) else { return };
        change(&mut environment);
        realm.environments.put(environment);
    }

    fn set_channel(&mut self, number: Option<ChannelNumber>, change: impl FnOnce(&mut Channel)) {
        let Some(number) = number else { return };
        let Some(mut channel) = self.state.channels.get(&number).map(|old| Channel::clone(old)) else { return };
        change(&mut channel);
        self.state.channels.insert_mut(number, Arc::new(channel));
        self.state.touched.push(number);
    }

    /// The number of a past deployment's channel; none once its profile is gone.
    fn channel_of(&mut self, deployment: &Deployment) -> Option<ChannelNumber> {
        self.realm().channel_number(deployment.environment, deployment.profile)
    }

    /// The number of a new deployment's channel, which is made by the first deployment to it.
    fn channel_for(&mut self, deployment: &Deployment) -> ChannelNumber {
        let key = (deployment.environment, deployment.profile);
        if let Some(number) = self.realm().channels.get(&key) {
            return *number;
        }
        self.state.latest_channel += 1;
        let number = self.state.latest_channel;
        self.realm().channels.insert_mut(key, number);
        let channel = Channel {
            number,
            realm: self.realm.clone(),
            application: deployment.application,
            environment: deployment.environment,
            profile: deployment.profile,
            standing: ListSync::new_sync(),
            running: None,
        };
        self.state.channels.insert_mut(number, Arc::new(channel));
        number
    }
}
