//! Everything that follows from the journal. Cloning is cheap, and a clone shares what has not changed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rpds::{HashTrieMapSync, HashTrieSetSync, ListSync, RedBlackTreeMapSync};

use crate::aws_extensions::{self, AwsExtension};
use crate::experiment::{DefinitionStatus, ExperimentDefinition, ExperimentRun};
use crate::growth::Step;
use crate::id::{ContentHash, Id, Realm};
use crate::identity::Identities;
use crate::record::{
    AccountSettings, Action, ActionPoint, Alarm, Application, AppliedExtension, Association, Deployment,
    DeploymentState, Environment, Extension, HostedVersion, Parameter, Profile, ProfileType, Resource, Strategy,
    TagMap, TokenKey, Work,
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
    /// The latest version of each extension.
    pub(crate) extensions: Table<Extension>,
    /// By extension and number.
    pub(crate) extension_versions: RedBlackTreeMapSync<(Id, u32), Arc<Extension>>,
    /// The highest version number ever given to each extension.
    pub(crate) extension_counts: HashTrieMapSync<Id, u32>,
    pub(crate) associations: Table<Association>,
    pub(crate) settings: AccountSettings,
    /// Alarms whose sources report by themselves, by name.
    pub(crate) alarms: RedBlackTreeMapSync<String, Arc<Alarm>>,
    pub(crate) definitions: Table<ExperimentDefinition>,
    /// Definitions in the order of their last change, which is the order in which they are listed, latest first.
    pub(crate) definitions_by_change: RedBlackTreeMapSync<u64, Id>,
    pub(crate) definition_changes: HashTrieMapSync<Id, u64>,
    /// By definition and number.
    pub(crate) runs: RedBlackTreeMapSync<(Id, u32), Arc<ExperimentRun>>,
}

/// An extension of the account's own or of AWS.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyExtension {
    /// The id; those of AWS have dotted names.
    pub id: String,
    /// The name.
    pub name: String,
    /// The version.
    pub version: u32,
    /// In words.
    pub description: Option<String>,
    /// What it does.
    pub actions: BTreeMap<ActionPoint, Vec<Action>>,
    /// What it has to be told.
    pub parameters: BTreeMap<String, Parameter>,
    /// Whether AWS wrote it.
    pub is_of_aws: bool,
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
    /// Entries of event logs whose actions are still to be called: realm, environment, deployment, index.
    pub(crate) outbox: RedBlackTreeMapSync<(Realm, Id, u32, u32), ()>,
    /// Who does what.
    pub(crate) claims: HashTrieMapSync<(Realm, Work), u64>,
    /// When channels were polled last, as far as it was noted, in milliseconds since 1970.
    pub(crate) polled: HashTrieMapSync<ChannelNumber, i64>,
    /// Contents that are given up for good, deleted or not.
    pub(crate) condemned: HashTrieSetSync<ContentHash>,
    /// Oldest first.
    pub(crate) token_keys: Arc<[TokenKey]>,
    /// Who may ask. The same allocation as long as nothing of it changes.
    pub(crate) identities: Arc<Identities>,
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
            && self.outbox == other.outbox
            && self.claims == other.claims
            && self.polled == other.polled
            && self.identities == other.identities
            && self.condemned == other.condemned
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

macro_rules! rows {
    ($($row:ty: $(under $parent:ident,)? $(unique $name:ident)?;)*) => {$(
        impl Row for $row {
            fn id(&self) -> Id {
                self.id
            }
            fn parent(&self) -> Option<Id> {
                None$(.or(Some(self.$parent)))?
            }
            fn unique_name(&self) -> Option<&str> {
                None$(.or(Some(self.$name.as_str())))?
            }
        }
    )*};
}

rows! {
    Application: unique name;
    Environment: under application, unique name;
    Profile: under application, unique name;
    Strategy: ;
    Extension: unique name;
    Association: ;
    ExperimentDefinition: under application, unique name;
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

    /// Entries of event logs whose actions are still to be called, as work, oldest first within a deployment.
    pub fn outbox(&self) -> impl Iterator<Item = (&Realm, Work)> {
        self.outbox.keys().map(|(realm, environment, number, entry)| {
            (realm, Work::Actions { environment: *environment, number: *number, entry: *entry })
        })
    }

    /// Whether the work is still to be done.
    pub fn is_open(&self, realm: &Realm, work: Work) -> bool {
        match work {
            Work::Actions { environment, number, entry } => {
                self.outbox.contains_key(&(realm.clone(), environment, number, entry))
            }
            Work::Step { environment, number, steps } => self.realms.get(realm).is_some_and(|realm| {
                let deployment = realm.deployments.get(&(environment, number));
                deployment.is_some_and(|deployment| deployment.is_running() && deployment.steps == steps)
            }),
        }
    }

    /// The node that does the work.
    pub fn claimant(&self, realm: &Realm, work: Work) -> Option<u64> {
        self.claims.get(&(realm.clone(), work)).copied()
    }

    /// When a channel was polled last, as far as it was noted.
    pub fn last_polled_ms(&self, channel: ChannelNumber) -> Option<i64> {
        self.polled.get(&channel).copied()
    }

    /// The keys that tokens may be sealed under, oldest first; the last one seals.
    pub fn token_keys(&self) -> &Arc<[TokenKey]> {
        &self.token_keys
    }

    /// Who may ask.
    pub fn identities(&self) -> &Arc<Identities> {
        &self.identities
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
        // A label has at least one character that is no digit; `+2`, which Rust would read as a number, is one.
        let is_number = reference.bytes().all(|byte| byte.is_ascii_digit());
        let number = match reference.parse::<u32>() {
            Ok(number) if is_number => number,
            _ => *self.labels.get(&(profile.id, Arc::from(reference)))?,
        };
        self.versions.get(&(profile.id, number))
    }

    /// The hosted version that a deployment of this profile would deliver, by number or label.
    pub fn version_to_deploy(&self, profile: &Profile, reference: &str) -> Result<&Arc<HostedVersion>, Refusal> {
        let found = self.version_by_reference(profile, reference);
        found.ok_or_else(|| match profile.location_uri.as_str() {
            "hosted" => {
                Refusal::ConfigurationNotFound { profile_name: profile.name.clone(), version: reference.into() }
            }
            // A profile of another source may have hosted versions besides; its own are not fetched here.
            uri => Refusal::SourceNotServed { location_uri: uri.into() },
        })
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

    /// A deployment by the ids that never change.
    pub fn deployment_by_id(&self, environment: Id, number: u32) -> Option<&Arc<Deployment>> {
        self.deployments.get(&(environment, number))
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
            Resource::Extension(id, version) => self.extension_versions.contains_key(&(id, version)),
            Resource::Association(id) => self.associations.get(id).is_some(),
            Resource::Definition(application, id) => {
                self.definitions.get(id).is_some_and(|definition| definition.application == application)
            }
            Resource::Run(application, id, number) => {
                self.runs.get(&(id, number)).is_some_and(|run| run.definition.application == application)
            }
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

    /// What the source of an alarm said of it last.
    pub fn alarm(&self, name: &str) -> Option<&Arc<Alarm>> {
        self.alarms.get(name)
    }

    /// The alarms whose sources report by themselves, by name.
    pub fn alarms(&self) -> impl Iterator<Item = &Arc<Alarm>> {
        self.alarms.values()
    }

    /// What the account has chosen.
    pub fn settings(&self) -> AccountSettings {
        self.settings
    }

    /// A version of an extension of the account's own, by id, name or ARN; the latest if none is named.
    pub fn extension(&self, identifier: &str, version: Option<i64>) -> Result<Arc<Extension>, Refusal> {
        let (identifier, version) = extension_reference(identifier, version)?;
        let latest = self.extensions.find(None, identifier).ok_or(Refusal::ExtensionNotFound)?;
        let Some(version) = version else { return Ok(latest.clone()) };
        let found = u32::try_from(version).ok().and_then(|version| self.extension_versions.get(&(latest.id, version)));
        found.cloned().ok_or(Refusal::ExtensionNotFound)
    }

    /// A version of an extension, of the account's own or of AWS.
    pub fn any_extension(&self, identifier: &str, version: Option<i64>) -> Result<AnyExtension, Refusal> {
        let (name, wanted) = extension_reference(identifier, version)?;
        if let Some(extension) = aws_extensions::find(name) {
            if wanted.is_some_and(|version| version != 1) {
                return Err(Refusal::ExtensionNotFound);
            }
            return Ok(AnyExtension::from(extension));
        }
        Ok(AnyExtension::from(&*self.extension(identifier, version)?))
    }

    /// The latest versions of the account's own extensions, in the order of their creation.
    pub fn extensions(&self, after: u64, limit: usize, is_wanted: impl Fn(&Extension) -> bool) -> Page<Arc<Extension>> {
        self.extensions.page(None, after, limit, is_wanted)
    }

    pub(crate) fn latest_extension_by_name(&self, name: &str) -> Option<&Arc<Extension>> {
        self.extensions.get(self.extensions.id_of(None, name)?)
    }

    pub(crate) fn extension_exists(&self, id: Id) -> bool {
        self.extension_counts.contains_key(&id)
    }

    pub(crate) fn extension_versions_given(&self, id: Id) -> u32 {
        self.extension_counts.get(&id).copied().unwrap_or(0)
    }

    /// An association by id.
    pub fn association(&self, identifier: &str) -> Result<&Arc<Association>, Refusal> {
        let found = identifier.parse().ok().and_then(|id| self.associations.get(id));
        found.ok_or_else(|| Refusal::AssociationNotFound { association: identifier.into() })
    }

    /// Associations, oldest first.
    pub fn associations(
        &self,
        after: u64,
        limit: usize,
        is_wanted: impl Fn(&Association) -> bool,
    ) -> Page<Arc<Association>> {
        self.associations.page(None, after, limit, is_wanted)
    }

    pub(crate) fn is_associated(&self, resource: Resource) -> bool {
        !self.associations(0, 1, |association| association.resource == resource).items.is_empty()
    }

    pub(crate) fn associations_of(&self, extension: &str, version: u32) -> usize {
        let is_of = |association: &Association| association.extension == extension && association.version == version;
        self.associations(0, usize::MAX, is_of).items.len()
    }

    /// The extensions at work on any of these resources, in the order in which they were associated.
    pub fn extensions_at_work(&self, resources: &[Resource]) -> Vec<AppliedExtension> {
        let associations = self.associations(0, usize::MAX, |association| resources.contains(&association.resource));
        let applied = associations.items.iter().filter_map(|association| {
            let id = association.id.as_str();
            if let Some(extension) = aws_extensions::find(&association.extension) {
                return Some(extension.applied(id, &association.parameters));
            }
            let key = (association.extension.parse().ok()?, association.version);
            let extension = self.extension_versions.get(&key)?;
            Some(AppliedExtension {
                extension: association.extension.clone(),
                name: extension.name.clone(),
                version: extension.version,
                association: id.into(),
                parameters: association.parameters.clone(),
                actions: extension.actions.clone(),
            })
        });
        applied.collect()
    }

    /// The extensions at work on a deployment of this profile to this environment.
    pub fn extensions_for(&self, profile: &Profile, environment: Option<Id>) -> Vec<AppliedExtension> {
        let application = profile.application;
        let mut resources = vec![Resource::Application(application), Resource::Profile(application, profile.id)];
        resources.extend(environment.map(|environment| Resource::Environment(application, environment)));
        let mut applied = self.extensions_at_work(&resources);
        if profile.kind == ProfileType::FeatureFlags
            && let Some(extension) = aws_extensions::find(aws_extensions::FEATURE_FLAGS)
        {
            // Nobody associated it, so that it goes by the profile's own id.
            applied.push(extension.applied(profile.id.as_str(), &BTreeMap::new()));
        }
        applied
    }

    /// The channels of an environment.
    pub fn channels_of_environment(&self, environment: Id) -> Vec<ChannelNumber> {
        let of = self.channels.iter().filter(|((of, _), _)| *of == environment);
        of.map(|(_, channel)| *channel).collect()
    }

    /// The channels of a profile: one for each environment that it was deployed to.
    pub fn channels_of_profile(&self, application: Id, profile: Id) -> Vec<ChannelNumber> {
        let environments = self.environments(application, 0, usize::MAX).items;
        environments.iter().filter_map(|environment| self.channel_number(environment.id, profile)).collect()
    }

    /// An experiment definition by id or name.
    pub fn definition(
        &self,
        application: &Application,
        identifier: &str,
    ) -> Result<&Arc<ExperimentDefinition>, Refusal> {
        self.definitions
            .find(Some(application.id), identifier)
            .ok_or_else(|| Refusal::DefinitionNotFound { application: application.id, definition: identifier.into() })
    }

    /// The place that the next change of a definition takes at the least.
    pub fn next_definition_place(&self) -> u64 {
        self.definitions_by_change.last().map_or(1, |(place, _)| place + 1)
    }

    /// Definitions of all applications in these places, last changed first.
    pub fn definitions(
        &self,
        places: Range<u64>,
        limit: usize,
        is_wanted: impl Fn(&ExperimentDefinition) -> bool,
    ) -> Page<Arc<ExperimentDefinition>> {
        let found = self.definitions_by_change.range(places).rev().filter_map(|(place, id)| {
            let definition = self.definitions.get(*id)?;
            is_wanted(definition).then(|| (*place, definition.clone()))
        });
        Page::cut(found, limit)
    }

    /// Whether an application has a definition of which this is true.
    pub(crate) fn has_definition(&self, application: Id, is_it: impl Fn(&ExperimentDefinition) -> bool) -> bool {
        !self.definitions.page(Some(application), 0, 1, is_it).items.is_empty()
    }

    /// A run by number.
    pub fn run(&self, definition: &ExperimentDefinition, number: i64) -> Result<&Arc<ExperimentRun>, Refusal> {
        let found = u32::try_from(number).ok().and_then(|number| self.runs.get(&(definition.id, number)));
        found.ok_or(Refusal::RunNotFound { definition: definition.id, run: number })
    }

    /// Runs of a definition below the number `before`, newest first.
    pub fn runs(
        &self,
        definition: Id,
        before: u64,
        limit: usize,
        is_wanted: impl Fn(&ExperimentRun) -> bool,
    ) -> Page<Arc<ExperimentRun>> {
        let below = u32::try_from(before).unwrap_or(u32::MAX);
        let range = self.runs.range((definition, 0)..(definition, below)).rev();
        let wanted = range.filter(|(_, run)| is_wanted(run));
        Page::cut(wanted.map(|((_, number), run)| (u64::from(*number), run.clone())), limit)
    }

    /// The runs that are on for a profile in an environment, oldest definition first.
    pub fn running_experiments(&self, application: Id, environment: Id, profile: Id) -> Vec<Arc<ExperimentRun>> {
        let active = self.definitions.page(Some(application), 0, usize::MAX, |definition| {
            definition.status == DefinitionStatus::Active
                && definition.environment == environment
                && definition.profile == profile
        });
        let runs = active.items.iter().map(|definition| self.runs.get(&(definition.id, definition.latest_run)));
        runs.flatten().cloned().collect()
    }

    /// The deployment of a profile that everybody in an environment has.
    pub fn latest_complete(&self, environment: Id, profile: Id) -> Option<&Arc<Deployment>> {
        let deployments = self.deployments.range((environment, 0)..=(environment, u32::MAX)).rev();
        deployments
            .map(|(_, deployment)| deployment)
            .find(|deployment| deployment.profile == profile && deployment.state == DeploymentState::Complete)
    }

    /// Every deployment, for counting.
    pub fn all_deployments(&self) -> impl Iterator<Item = &Arc<Deployment>> {
        self.deployments.values()
    }
}

impl From<&Extension> for AnyExtension {
    fn from(extension: &Extension) -> Self {
        Self {
            id: extension.id.to_string(),
            name: extension.name.clone(),
            version: extension.version,
            description: extension.description.clone(),
            actions: extension.actions.clone(),
            parameters: extension.parameters.clone(),
            is_of_aws: false,
        }
    }
}

impl From<&AwsExtension> for AnyExtension {
    fn from(extension: &AwsExtension) -> Self {
        Self {
            id: extension.id.into(),
            name: extension.name.into(),
            version: 1,
            description: Some(extension.description.into()),
            actions: extension.actions(&BTreeMap::new()),
            parameters: extension.parameters(),
            is_of_aws: true,
        }
    }
}

/// Reads an extension's id, name or ARN; an ARN may name a version, which must then be the one that is asked for.
fn extension_reference(identifier: &str, version: Option<i64>) -> Result<(&str, Option<i64>), Refusal> {
    if !identifier.starts_with("arn:") {
        return Ok((identifier, version));
    }
    let resource = identifier.splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("extension/"));
    let resource = resource.ok_or(Refusal::ExtensionNotFound)?;
    let Some((id, named)) = resource.split_once('/') else { return Ok((resource, version)) };
    let named: i64 = named.parse().map_err(|_| Refusal::ExtensionNotFound)?;
    match version {
        Some(version) if version != named => Err(Refusal::ExtensionVersionMismatch { arn: identifier.into(), version }),
        _ => Ok((id, Some(named))),
    }
}
