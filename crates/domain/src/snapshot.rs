//! A state written down: what a node reads at its start instead of the journal's beginning.
//!
//! Records stand in it as they stand in events, with the places that lists go by; everything that can be derived is.

use std::sync::Arc;

use rpds::ListSync;
use serde::{Deserialize, Serialize};

use crate::experiment::{ExperimentDefinition, ExperimentRun};
use crate::id::{ContentHash, Id, Realm};
use crate::identity::{AccessKey, Group, Identities, Issuer, NamedPolicy, Role, User};
use crate::record::{
    AccountSettings, Alarm, Application, Association, Deployment, Environment, Extension, HostedVersion, Profile,
    Resource, Strategy, TagMap, TokenKey, Work,
};
use crate::state::{Channel, ChannelNumber, RealmState, State};
use crate::table::Written;

/// The newest format that this version writes and reads.
const FORMAT: u32 = 2;
/// What a state is written in that needs nothing newer, so that older versions read it.
const FORMAT_WITHOUT_CONDEMNED: u32 = 1;

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Snapshot {
    v: u32,
    number: u64,
    realms: Vec<WrittenRealm>,
    channels: Vec<WrittenChannel>,
    latest_channel: ChannelNumber,
    outbox: Vec<(Realm, Id, u32, u32)>,
    claims: Vec<(Realm, Work, u64)>,
    polled: Vec<(ChannelNumber, i64)>,
    token_keys: Vec<TokenKey>,
    #[serde(default)]
    identities: WrittenIdentities,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    condemned: Vec<ContentHash>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct WrittenIdentities {
    users: Vec<Arc<User>>,
    keys: Vec<Arc<AccessKey>>,
    groups: Vec<Arc<Group>>,
    roles: Vec<Arc<Role>>,
    policies: Vec<Arc<NamedPolicy>>,
    issuers: Vec<Arc<Issuer>>,
    is_guarded: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenRealm {
    realm: Realm,
    applications: Written<Application>,
    environments: Written<Environment>,
    profiles: Written<Profile>,
    strategies: Written<Strategy>,
    versions: Vec<Arc<HostedVersion>>,
    deployments: Vec<Arc<Deployment>>,
    tags: Vec<(Resource, Arc<TagMap>)>,
    extensions: Written<Extension>,
    extension_versions: Vec<Arc<Extension>>,
    extension_counts: Vec<(Id, u32)>,
    associations: Written<Association>,
    settings: AccountSettings,
    #[serde(default)]
    alarms: Vec<Arc<Alarm>>,
    definitions: Written<ExperimentDefinition>,
    definitions_by_change: Vec<(u64, Id)>,
    runs: Vec<Arc<ExperimentRun>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenChannel {
    number: ChannelNumber,
    realm: Realm,
    application: Id,
    environment: Id,
    profile: Id,
    standing: Vec<u32>,
    running: Option<u32>,
}

/// The snapshot was written by a newer version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the snapshot has format {found}, and this version reads formats up to {FORMAT}")]
pub struct NewerSnapshot {
    /// Its format.
    pub found: u32,
}

impl Snapshot {
    /// Writes a state down.
    pub fn of(state: &State) -> Self {
        let channel = |channel: &Arc<Channel>| WrittenChannel {
            number: channel.number,
            realm: channel.realm.clone(),
            application: channel.application,
            environment: channel.environment,
            profile: channel.profile,
            standing: channel.standing.iter().copied().collect(),
            running: channel.running,
        };
        let claim = |((realm, work), node): (&(Realm, Work), &u64)| (realm.clone(), *work, *node);
        Self {
            // Whoever does not know what is condemned must not decide.
            v: if state.condemned.is_empty() { FORMAT_WITHOUT_CONDEMNED } else { FORMAT },
            number: state.number,
            realms: state.realms.iter().map(|(realm, held)| WrittenRealm::of(realm, held)).collect(),
            channels: state.channels.values().map(channel).collect(),
            latest_channel: state.latest_channel,
            outbox: state.outbox.keys().cloned().collect(),
            claims: state.claims.iter().map(claim).collect(),
            polled: state.polled.iter().map(|(channel, at_ms)| (*channel, *at_ms)).collect(),
            token_keys: state.token_keys.to_vec(),
            identities: WrittenIdentities::of(&state.identities),
            condemned: state.condemned.iter().copied().collect(),
        }
    }

    /// Makes the state again.
    pub fn restore(self) -> Result<State, NewerSnapshot> {
        if self.v > FORMAT {
            return Err(NewerSnapshot { found: self.v });
        }
        let mut state = State {
            number: self.number,
            latest_channel: self.latest_channel,
            token_keys: self.token_keys.into(),
            identities: Arc::new(self.identities.restore()),
            ..State::default()
        };
        let mut realms: Vec<(Realm, RealmState)> = self.realms.into_iter().map(WrittenRealm::restore).collect();
        realms.sort_by(|(a, _), (b, _)| a.cmp(b));
        for written in self.channels {
            if let Ok(index) = realms.binary_search_by(|(realm, _)| realm.cmp(&written.realm)) {
                realms[index].1.channels.insert_mut((written.environment, written.profile), written.number);
            }
            let channel = Channel {
                number: written.number,
                realm: written.realm,
                application: written.application,
                environment: written.environment,
                profile: written.profile,
                standing: written.standing.into_iter().collect::<ListSync<_>>(),
                running: written.running,
            };
            state.channels.insert_mut(channel.number, Arc::new(channel));
        }
        for (realm, held) in realms {
            for environment in held.environments.all() {
                if let Some(number) = environment.running {
                    state.running.insert_mut((realm.clone(), environment.id), number);
                }
            }
            state.realms.insert_mut(realm, Arc::new(held));
        }
        state.outbox = self.outbox.into_iter().map(|key| (key, ())).collect();
        state.claims = self.claims.into_iter().map(|(realm, work, node)| ((realm, work), node)).collect();
        state.polled = self.polled.into_iter().collect();
        state.condemned = self.condemned.into_iter().collect();
        state.touched = state.channels.keys().copied().collect();
        Ok(state)
    }
}

impl WrittenIdentities {
    fn of(held: &Identities) -> Self {
        Self {
            users: held.users.values().cloned().collect(),
            keys: held.keys.values().cloned().collect(),
            groups: held.groups.values().cloned().collect(),
            roles: held.roles.values().cloned().collect(),
            policies: held.policies.values().cloned().collect(),
            issuers: held.issuers.values().cloned().collect(),
            is_guarded: held.is_guarded,
        }
    }

    fn restore(self) -> Identities {
        macro_rules! by_name {
            ($all:ident, $name:ident) => {
                self.$all.into_iter().map(|it| ((it.account.clone(), Arc::from(it.$name.as_str())), it)).collect()
            };
        }
        Identities {
            users: by_name!(users, name),
            keys: self.keys.into_iter().map(|key| (Arc::from(key.id.as_str()), key)).collect(),
            groups: by_name!(groups, name),
            roles: by_name!(roles, name),
            policies: by_name!(policies, name),
            issuers: by_name!(issuers, url),
            is_guarded: self.is_guarded,
        }
    }
}

impl WrittenRealm {
    fn of(realm: &Realm, held: &RealmState) -> Self {
        Self {
            realm: realm.clone(),
            applications: held.applications.write(),
            environments: held.environments.write(),
            profiles: held.profiles.write(),
            strategies: held.strategies.write(),
            versions: held.versions.values().cloned().collect(),
            deployments: held.deployments.values().cloned().collect(),
            tags: held.tags.iter().map(|(resource, tags)| (*resource, tags.clone())).collect(),
            extensions: held.extensions.write(),
            extension_versions: held.extension_versions.values().cloned().collect(),
            extension_counts: held.extension_counts.iter().map(|(id, count)| (*id, *count)).collect(),
            associations: held.associations.write(),
            settings: held.settings,
            alarms: held.alarms.values().cloned().collect(),
            definitions: held.definitions.write(),
            definitions_by_change: held.definitions_by_change.iter().map(|(place, id)| (*place, *id)).collect(),
            runs: held.runs.values().cloned().collect(),
        }
    }

    fn restore(self) -> (Realm, RealmState) {
        let label = |version: &Arc<HostedVersion>| {
            let label = version.label.as_deref()?;
            Some(((version.profile, Arc::from(label)), version.number))
        };
        let held = RealmState {
            applications: self.applications.read(),
            environments: self.environments.read(),
            profiles: self.profiles.read(),
            strategies: self.strategies.read(),
            labels: self.versions.iter().filter_map(label).collect(),
            versions: self.versions.into_iter().map(|version| ((version.profile, version.number), version)).collect(),
            deployments: self
                .deployments
                .into_iter()
                .map(|deployment| ((deployment.environment, deployment.number), deployment))
                .collect(),
            channels: Default::default(),
            tags: self.tags.into_iter().collect(),
            extensions: self.extensions.read(),
            extension_versions: self
                .extension_versions
                .into_iter()
                .map(|extension| ((extension.id, extension.version), extension))
                .collect(),
            extension_counts: self.extension_counts.into_iter().collect(),
            associations: self.associations.read(),
            settings: self.settings,
            alarms: self.alarms.into_iter().map(|alarm| (alarm.name.clone(), alarm)).collect(),
            definitions: self.definitions.read(),
            definition_changes: self.definitions_by_change.iter().map(|(place, id)| (*id, *place)).collect(),
            definitions_by_change: self.definitions_by_change.into_iter().collect(),
            runs: self.runs.into_iter().map(|run| ((run.definition.id, run.number), run)).collect(),
        };
        (self.realm, held)
    }
}
