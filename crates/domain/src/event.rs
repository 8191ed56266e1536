//! What was decided. Events are facts: applying one needs no rule and cannot fail.
//!
//! They are the journal's format and are read for ever: a variant keeps its name and meaning, a new member takes a
//! default, and what must change its meaning becomes a new variant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::experiment::{ExperimentDefinition, ExperimentRun};
use crate::growth::Step;
use crate::id::{Account, ContentHash, Id, Realm};
use crate::identity::{AccessKey, Group, Issuer, NamedPolicy, Role, User};
use crate::record::{
    AccountSettings, Alarm, Application, Association, Deployment, Environment, Extension, HostedVersion, Invocation,
    Profile, Resource, Strategy, TokenKey, TriggeredBy, Work,
};

/// One journal entry: what one command led to, all or nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The lowest format whose readers understand this entry. A member that an older reader may ignore does not raise
    /// it; everything else does.
    pub v: u32,
    /// The clock of the node that decided, in milliseconds since 1970.
    pub at_ms: i64,
    /// Whose resources; absent for what belongs to no account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realm: Option<Realm>,
    /// Who asked.
    pub actor: Actor,
    /// The operation's name, for people who read the journal.
    pub operation: String,
    /// The request's id, empty for what nobody asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// What follows.
    pub events: Vec<Event>,
}

impl Decision {
    /// The newest format that this version understands, and the one that it writes.
    pub const FORMAT: u32 = 1;
}

/// Who asked for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// A caller, by access key id; empty if the call was not signed.
    Caller(String),
    /// A caller whose signature was verified.
    Verified {
        /// For example `arn:aws:iam::210000000001:user/deployer`.
        arn: String,
        /// The access key that signed.
        key: String,
    },
    /// Somebody who has the store in hand, by way of the command line.
    Operator,
    /// The server itself.
    Service,
}

/// One thing that is now so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// There is a new application.
    ApplicationCreated(Application),
    /// The application is now so.
    ApplicationUpdated(Application),
    /// The application is gone.
    ApplicationDeleted {
        /// Which.
        application: Id,
    },
    /// There is a new environment.
    EnvironmentCreated(Environment),
    /// Name, description and monitors are now so. Where it stands is not touched.
    EnvironmentUpdated(Environment),
    /// The environment is gone, with its deployments and channels.
    EnvironmentDeleted {
        /// Which.
        environment: Id,
    },
    /// There is a new profile.
    ProfileCreated(Profile),
    /// All but the profile's count of versions is now so.
    ProfileUpdated(Profile),
    /// The profile is gone, with its channels.
    ProfileDeleted {
        /// Which.
        profile: Id,
    },
    /// There is a new hosted version, the profile's latest.
    HostedVersionCreated(HostedVersion),
    /// The version is gone; its number stays used.
    HostedVersionDeleted {
        /// Its profile.
        profile: Id,
        /// Which.
        number: u32,
    },
    /// There is a new strategy.
    StrategyCreated(Strategy),
    /// The strategy is now so.
    StrategyUpdated(Strategy),
    /// The strategy is gone.
    StrategyDeleted {
        /// Which.
        strategy: Id,
    },
    /// A deployment runs, as its environment's latest.
    DeploymentStarted(Box<Deployment>),
    /// The next step of a running deployment was taken.
    DeploymentStepped {
        /// Its environment.
        environment: Id,
        /// Which.
        number: u32,
        /// What step.
        step: Step,
        /// Who was asked before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        invocations: Vec<Invocation>,
    },
    /// A running deployment was taken back.
    DeploymentRolledBack {
        /// Its environment.
        environment: Id,
        /// Which.
        number: u32,
        /// By whom.
        by: TriggeredBy,
        /// Why, in words.
        reason: String,
        /// Who was asked before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        invocations: Vec<Invocation>,
    },
    /// A complete deployment was taken back.
    DeploymentReverted {
        /// Its environment.
        environment: Id,
        /// Which.
        number: u32,
    },
    /// There is a new extension, or a new version of one.
    ExtensionCreated(Extension),
    /// The version of an extension is now so.
    ExtensionUpdated(Extension),
    /// The version of an extension is gone.
    ExtensionDeleted {
        /// Which extension.
        extension: Id,
        /// Which version.
        version: u32,
    },
    /// An extension is at work on a resource, or works there differently.
    AssociationPut(Association),
    /// An extension is no longer at work.
    AssociationDeleted {
        /// Which.
        association: Id,
    },
    /// A node does this work; others leave it alone.
    WorkClaimed {
        /// What.
        work: Work,
        /// Which node, by a number that it drew when it started.
        node: u64,
    },
    /// The actions that come with an entry of a deployment's event log were called.
    ActionsInvoked {
        /// The deployment's environment.
        environment: Id,
        /// The deployment.
        number: u32,
        /// The entry's index, the oldest being 0.
        entry: u32,
        /// Whether these are the ones that come after, and nothing is left to do.
        is_done: bool,
        /// What came of it.
        invocations: Vec<Invocation>,
    },
    /// There is a new experiment definition, or one is now so.
    ExperimentDefinitionPut(Box<ExperimentDefinition>),
    /// The definition and its runs are gone.
    ExperimentDefinitionDestroyed {
        /// Which.
        definition: Id,
    },
    /// There is a new run of an experiment, or one is now so.
    ExperimentRunPut(Box<ExperimentRun>),
    /// The account has chosen so.
    AccountSettingsUpdated(AccountSettings),
    /// An alarm was reported, and says something else than before.
    AlarmReported(Alarm),
    /// An alarm is no longer reported.
    AlarmForgotten {
        /// Which.
        name: String,
    },
    /// These channels were polled, last at these times, in milliseconds since 1970.
    ChannelsPolled {
        /// Channel numbers and times.
        channels: Vec<(u64, i64)>,
    },
    /// Nothing refers to these contents, and nothing ever will: they may be deleted at any time from here on.
    ContentsCondemned {
        /// Their names in the store.
        contents: Vec<ContentHash>,
    },
    /// These tags were added or replaced.
    Tagged {
        /// On what.
        resource: Resource,
        /// Keys and values.
        tags: BTreeMap<String, String>,
    },
    /// These tags are gone.
    Untagged {
        /// From what.
        resource: Resource,
        /// Their keys.
        keys: Vec<String>,
    },
    /// Tokens are sealed under a new key.
    TokenKeyCreated(TokenKey),
    /// There is a new user, or one is now so.
    UserPut(User),
    /// The user is gone.
    UserDeleted {
        /// Whose.
        account: Account,
        /// Its name.
        user: String,
    },
    /// There is a new access key, or one is now so.
    AccessKeyPut(AccessKey),
    /// The access key is gone.
    AccessKeyDeleted {
        /// Its id.
        key: String,
    },
    /// There is a new group, or one is now so.
    GroupPut(Group),
    /// The group is gone.
    GroupDeleted {
        /// Whose.
        account: Account,
        /// Its name.
        group: String,
    },
    /// There is a new policy, or one is now so.
    PolicyPut(NamedPolicy),
    /// The policy is gone.
    PolicyDeleted {
        /// Whose.
        account: Account,
        /// Its name.
        policy: String,
    },
    /// There is a new role, or one is now so.
    RolePut(Role),
    /// The role is gone, and nobody has it on any more.
    RoleDeleted {
        /// Whose.
        account: Account,
        /// Its name.
        role: String,
    },
    /// An issuer's word is taken, or its keys are now there.
    IssuerPut(Issuer),
    /// An issuer's word is taken no more.
    IssuerDeleted {
        /// Whose.
        account: Account,
        /// Its URL.
        url: String,
    },
}

impl Event {
    /// Whether it is about users, keys, groups, policies, roles or issuers.
    pub fn is_about_identities(&self) -> bool {
        matches!(
            self,
            Self::UserPut(_)
                | Self::UserDeleted { .. }
                | Self::AccessKeyPut(_)
                | Self::AccessKeyDeleted { .. }
                | Self::GroupPut(_)
                | Self::GroupDeleted { .. }
                | Self::PolicyPut(_)
                | Self::PolicyDeleted { .. }
                | Self::RolePut(_)
                | Self::RoleDeleted { .. }
                | Self::IssuerPut(_)
                | Self::IssuerDeleted { .. }
        )
    }
}
