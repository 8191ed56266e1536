//! Everything that follows from the journal. Cloning is cheap, and a clone shares what has not changed.

use std::sync::Arc;

use rpds::{HashTrieMapSync, ListSync, RedBlackTreeMapSync};

use crate::growth::Step;
use crate::id::{Id, Realm};
use crate::record::{
    Application, Deployment, Environment, HostedVersion, Profile, Resource, Strategy, TagMap, TokenKey,
};
use crate::refusal::Refusal;
use crate::rollout::{Rollout, Standing};
use crate::table::{Row, Table};

/// Names a channel for good, across accounts and regions; from 1 in the order of first deployments.
pub type ChannelNumber = u64;

/// What an (environment, profile) pair serves; sessions watch it and deployments change it.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Its name in tokens.
    pub number: ChannelNumber,
    /// Whose.
    pub realm: Realm,
    /// The application of both.
    pub application: Id,
    /// The environment.
    pub environment: Id,
    /// The profile.
    pub profile: Id,
    /// Deployments that completed and were not reverted, latest first.
    pub(crate) standing: ListSync<u32>,
    /// The deployment that runs now.
    pub(crate) running: Option<u32>,
}

/// The state of one account in one region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RealmState {
    pub(crate) applications: Table<Application>,
    pub(crate) environments: Table<Environment>,
    pub(crate) profiles: Table<Profile>,
    pub(crate) strategies: Table<Strategy>,
    /// By profile and number.
    pub(crate) versions: RedBlackTreeMapSync<(Id, u32), Arc<HostedVersion>>,
    /// By profile and label.
    pub(crate) labels: HashTrieMapSync<(Id, Arc<str>), u32>,
    /// By environment and number.
    pub(crate) deployments: RedBlackTreeMapSync<(Id, u32), Arc<Deployment>>,
    /// By environment and profile.
    pub(crate) channels: RedBlackTreeMapSync<(Id, Id), ChannelNumber>,
    pub(crate) tags: HashTrieMapSync<Resource, Arc<TagMap>>,
}

/// The state of everything.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The number of the last journal entry that went in.
    pub number: u64,
    pub(crate) realms: HashTrieMapSync<Realm, Arc<RealmState>>,
    pub(crate) channels: HashTrieMapSync<ChannelNumber, Arc<Channel>>,
    pub(crate) latest_channel: ChannelNumber,
    /// Environments in which a deployment runs.
    pub(crate) running: RedBlackTreeMapSync<(Realm, Id), u32>,
    /// Oldest first.
    pub(crate) token_keys: Arc<[TokenKey]>,
    /// Channels that changed since [`State::take_touched`]; not part of the state's meaning.
    pub(crate) touched: Vec<ChannelNumber>,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
            && self.realms == other.realms
            && self.channels == other.channels
            && self.latest_channel == other.latest_channel
            && self.running == other.running
            && self.token_keys == other.token_keys
    }
}

/// Part of a list, and where the next part begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// At most as many as were asked for.
    pub items: Vec<T>,
    /// The place of the last item, if there are more behind it.
    pub next: Option<u64>,
}

impl<T> Page<T> {
    /// Takes `limit` items and looks whether there is one more.
    pub fn cut(mut items: impl Iterator<Item = (u64, T)>, limit: usize) -> Self {
        let mut page = Self { items: Vec::new(), next: None };
        let mut last = None;
        for (place, item) in items.by_ref().take(limit) {
            page.items.push(item);
            last = Some(place);
        }
        if items.next().is_some() {
            page.next = last;
        }
        page
    }
}

impl Row for Application {
    fn id(&self) -> Id {
        self.id
    }
    fn parent(&self) -> Option<Id> {
        None
    }
    fn unique_name(&self) -> Option<&str> {
        Some(&self.name)
    }
}

impl Row for Environment {
    fn id(&self) -> Id {
        self.id
    }
    fn parent(&self) -> Option<Id> {
        Some(self.application)
    }
    fn unique_name(&self) -> Option<&str> {
        Some(&self.name)
    }
}

impl Row for Profile {
    fn id(&self) -> Id {
        self.id
    }
    fn parent(&self) -> Option<Id> {
        Some(self.application)
    }
    fn unique_name(&self) -> Option<&str> {
        Some(&self.name)
    }
}

impl Row for Strategy {
    fn id(&self) -> Id {
        self.id
    }
    fn parent(&self) -> Option<Id> {
        None
    }
    fn unique_name(&self) -> Option<&str> {
        None
    }
}

impl State {
    /// What an account holds in a region; empty if nothing was ever made there.
    pub fn realm(&self, realm: &Realm) -> Arc<RealmState> {
        self.realms.get(realm).cloned().unwrap_or_default()
    }

    /// The realms in which something was ever made.
    pub fn realms(&self) -> impl Iterator<Item = (&Realm, &Arc<RealmState>)> {
        self.realms.iter()
    }

    /// A channel by its number; none once its environment or profile is gone.
    pub fn channel(&self, number: ChannelNumber) -> Option<&Arc<Channel>> {
        self.channels.get(&number)
    }

    /// All channels.
    pub fn channels(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.channels.values()
    }

    /// Who gets what on a channel.
    pub fn rollout(&self, channel: &Channel) -> Rollout<Standing> {
        let realm = self.realm(&channel.realm);
        let standing = |number: &u32| {
            let deployment = realm.deployments.get(&(channel.environment, *number))?;
            Some(Standing { deployment: *number, content: deployment.content.clone() })
        };
        let running = channel.running.and_then(|number| realm.deployments.get(&(channel.environment, number)));
        Rollout {
            base: channel.standing.first().and_then(standing),
            next: running.and_then(|deployment| Some((deployment.percentage, standing(&deployment.number)?))),
        }
    }

    /// Every running deployment with its next step.
    pub fn running(&self) -> impl Iterator<Item = (&Realm, Arc<Deployment>, Step)> {
        self.running.iter().filter_map(|((realm, environment), number)| {
            let deployment = self.realms.get(realm)?.deployments.get(&(*environment, *number))?.clone();
            let step = crate::growth::next_step(&deployment)?;
            Some((realm, deployment, step))
        })
    }

    /// The keys that tokens may be sealed under, oldest first; the last one seals.
    pub fn token_keys(&self) -> &Arc<[TokenKey]> {
        &self.token_keys
    }

    /// Takes the numbers of the channels that changed since the last call.
    pub fn take_touched(&mut self) -> Vec<ChannelNumber> {
        std::mem::take(&mut self.touched)
    }
}

impl RealmState {
    /// An application by id or name.
    pub fn application(&self, identifier: &str) -> Result<&Arc<Application>, Refusal> {
        let found = self.applications.find(None, identifier);
        found.ok_or_else(|| Refusal::ApplicationNotFound { application: identifier.into() })
    }

    /// An environment by id or name.
    pub fn environment(&self, application: &Application, identifier: &str) -> Result<&Arc<Environment>, Refusal> {
        self.environments
            .find(Some(application.id), identifier)
            .ok_or_else(|| Refusal::EnvironmentNotFound { application: application.id, environment: identifier.into() })
    }

    /// A configuration profile by id or name.
    pub fn profile(&self, application: &Application, identifier: &str) -> Result<&Arc<Profile>, Refusal> {
        self.profiles
            .find(Some(application.id), identifier)
            .ok_or_else(|| Refusal::ProfileNotFound { application: application.id, profile: identifier.into() })
    }

    /// A configuration profile by id.
    pub fn profile_by_id(&self, id: Id) -> Option<&Arc<Profile>> {
        self.profiles.get(id)
    }

    /// A hosted version by number.
    pub fn version(&self, profile: &Profile, number: i64) -> Result<&Arc<HostedVersion>, Refusal> {
        let found = u32::try_from(number).ok().and_then(|number| self.versions.get(&(profile.id, number)));
        found.ok_or(Refusal::VersionNotFound { application: profile.application, profile: profile.id, number })
    }

    /// A hosted version by number or label.
    pub fn version_by_reference(&self, profile: &Profile, reference: &str) -> Option<&Arc<HostedVersion>> {
        let number = match reference.parse::<u32>() {
            Ok(number) => number,
            Err(_) => *self.labels.get(&(profile.id, Arc::from(reference)))?,
        };
        self.versions.get(&(profile.id, number))
    }

    /// The latest hosted version that still exists.
    pub fn latest_version(&self, profile: Id) -> Option<&Arc<HostedVersion>> {
        self.versions.range((profile, 0)..=(profile, u32::MAX)).next_back().map(|(_, version)| version)
    }

    /// A strategy of the account's own by id.
    pub fn strategy(&self, identifier: &str) -> Result<&Arc<Strategy>, Refusal> {
        let found = identifier.parse().ok().and_then(|id| self.strategies.get(id));
        found.ok_or_else(|| Refusal::StrategyNotFound { strategy: identifier.into() })
    }

    /// A deployment by number.
    pub fn deployment(&self, environment: &Environment, number: i64) -> Result<&Arc<Deployment>, Refusal> {
        let found = u32::try_from(number).ok().and_then(|number| self.deployments.get(&(environment.id, number)));
        found.ok_or(Refusal::DeploymentNotFound {
            application: environment.application,
            environment: environment.id,
            number,
        })
    }

    /// The channel of a pair, once something was deployed to it.
    pub fn channel_number(&self, environment: Id, profile: Id) -> Option<ChannelNumber> {
        self.channels.get(&(environment, profile)).copied()
    }

    /// Whether there is such a resource.
    pub fn has(&self, resource: Resource) -> bool {
        match resource {
            Resource::Application(id) => self.applications.get(id).is_some(),
            Resource::Environment(application, id) => {
                self.environments.get(id).is_some_and(|environment| environment.application == application)
            }
            Resource::Profile(application, id) => {
                self.profiles.get(id).is_some_and(|profile| profile.application == application)
            }
            Resource::Deployment(application, environment, number) => self
                .deployments
                .get(&(environment, number))
                .is_some_and(|deployment| deployment.application == application),
            Resource::Strategy(id) => self.strategies.get(id).is_some(),
        }
    }

    /// The tags of a resource.
    pub fn tags(&self, resource: Resource) -> Arc<TagMap> {
        self.tags.get(&resource).cloned().unwrap_or_default()
    }

    /// Applications, oldest first.
    pub fn applications(&self, after: u64, limit: usize) -> Page<Arc<Application>> {
        self.applications.page(None, after, limit, |_| true)
    }

    /// Environments of an application, oldest first.
    pub fn environments(&self, application: Id, after: u64, limit: usize) -> Page<Arc<Environment>> {
        self.environments.page(Some(application), after, limit, |_| true)
    }

    /// Configuration profiles of an application, oldest first.
    pub fn profiles(
        &self,
        application: Id,
        after: u64,
        limit: usize,
        is_wanted: impl Fn(&Profile) -> bool,
    ) -> Page<Arc<Profile>> {
        self.profiles.page(Some(application), after, limit, is_wanted)
    }

    /// The account's own strategies, oldest first.
    pub fn strategies(&self, after: u64, limit: usize) -> Page<Arc<Strategy>> {
        self.strategies.page(None, after, limit, |_| true)
    }

    /// Hosted versions below the number `before`, newest first.
    pub fn versions(
        &self,
        profile: Id,
        before: u64,
        limit: usize,
        is_wanted: impl Fn(&HostedVersion) -> bool,
    ) -> Page<Arc<HostedVersion>> {
        let below = u32::try_from(before).unwrap_or(u32::MAX);
        let range = self.versions.range((profile, 0)..(profile, below)).rev();
        let wanted = range.filter(|(_, version)| is_wanted(version));
        Page::cut(wanted.map(|((_, number), version)| (u64::from(*number), version.clone())), limit)
    }

    /// Deployments below the number `before`, newest first.
    pub fn deployments(&self, environment: Id, before: u64, limit: usize) -> Page<Arc<Deployment>> {
        let below = u32::try_from(before).unwrap_or(u32::MAX);
        let range = self.deployments.range((environment, 0)..(environment, below)).rev();
        Page::cut(range.map(|((_, number), deployment)| (u64::from(*number), deployment.clone())), limit)
    }

    /// Every deployment, for counting.
    pub fn all_deployments(&self) -> impl Iterator<Item = &Arc<Deployment>> {
        self.deployments.values()
    }
}
