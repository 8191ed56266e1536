//! Applying what was decided. No rule stands here, and nothing can fail: an event about a thing that is gone changes
//! nothing.

use std::sync::Arc;

use rpds::ListSync;

use crate::event::{Decision, Event};
use crate::growth::Step;
use crate::id::{Id, Realm};
use crate::record::{
    Deployment, DeploymentState, Environment, EnvironmentState, LogEntry, LogEntryType, Profile, Resource, TokenKey,
    TriggeredBy,
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
                (Some(realm), event) => Change { state: self, realm, at_ms: decision.at_ms }.apply(event),
                (None, _) => {}
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
            Event::DeploymentStepped { environment, number, step } => self.step(*environment, *number, *step),
            Event::DeploymentRolledBack { environment, number, by, reason } => {
                self.roll_back(*environment, *number, *by, reason);
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
            Event::TokenKeyCreated(_) => {}
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
            self.state.touched.push(number);
        }
    }

    fn start(&mut self, started: &Deployment) {
        let (environment, number) = (started.environment, started.number);
        let mut deployment = started.clone();
        self.log(&mut deployment, LogEntryType::DeploymentStarted, TriggeredBy::User, "Deployment started".into());
        self.realm().deployments.insert_mut((environment, number), Arc::new(deployment));
        self.set_environment(environment, |environment| {
            environment.state = EnvironmentState::Deploying;
            environment.latest_deployment = number;
            environment.running = Some(number);
        });
        self.state.running.insert_mut((self.realm.clone(), environment), number);
        let channel = self.channel_for(started);
        self.set_channel(channel, |channel| channel.running = Some(number));
    }

    fn step(&mut self, environment: Id, number: u32, step: Step) {
        let Some(mut deployment) = self.deployment(environment, number) else { return };
        deployment.steps += 1;
        deployment.last_step_at_ms = self.at_ms;
        let by = TriggeredBy::Appconfig;
        match step {
            Step::Grow(percentage) => {
                deployment.percentage = percentage;
                let words = format!("Configuration available to {percentage:.2}% of clients");
                self.log(&mut deployment, LogEntryType::PercentageUpdated, by, words);
            }
            Step::Bake => {
                deployment.state = DeploymentState::Baking;
                self.log(&mut deployment, LogEntryType::BakeTimeStarted, by, "Deployment bake time started".into());
            }
            Step::Complete => {
                let is_instant = deployment.state == DeploymentState::Deploying;
                let words = if is_instant { "Deployment completed instantly" } else { "Deployment completed" };
                deployment.state = DeploymentState::Complete;
                deployment.percentage = 100.0;
                deployment.completed_at_ms = Some(self.at_ms);
                self.log(&mut deployment, LogEntryType::DeploymentCompleted, by, words.into());
            }
        }
        let channel = self.channel_for(&deployment);
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

    fn roll_back(&mut self, environment: Id, number: u32, by: TriggeredBy, reason: &str) {
        let Some(mut deployment) = self.deployment(environment, number) else { return };
        deployment.state = DeploymentState::RolledBack;
        deployment.percentage = 0.0;
        self.log(&mut deployment, LogEntryType::RollbackCompleted, by, reason.into());
        let channel = self.channel_for(&deployment);
        self.realm().deployments.insert_mut((environment, number), Arc::new(deployment));
        self.set_channel(channel, |channel| channel.running = None);
        self.end(environment, EnvironmentState::RolledBack);
    }

    fn revert(&mut self, environment: Id, number: u32) {
        let Some(mut deployment) = self.deployment(environment, number) else { return };
        deployment.state = DeploymentState::Reverted;
        deployment.percentage = 0.0;
        let words = "Deployment reverted by user request";
        self.log(&mut deployment, LogEntryType::RevertCompleted, TriggeredBy::User, words.into());
        let channel = self.channel_for(&deployment);
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

    fn log(&self, deployment: &mut Deployment, kind: LogEntryType, triggered_by: TriggeredBy, description: String) {
        deployment.log.push(LogEntry { kind, triggered_by, description, occurred_at_ms: self.at_ms });
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

    fn set_channel(&mut self, number: ChannelNumber, change: impl FnOnce(&mut Channel)) {
        let Some(mut channel) = self.state.channels.get(&number).map(|old| Channel::clone(old)) else { return };
        change(&mut channel);
        self.state.channels.insert_mut(number, Arc::new(channel));
        self.state.touched.push(number);
    }

    /// The number of a deployment's channel, which is made by the first deployment to it.
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
