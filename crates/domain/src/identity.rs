//! Who may ask: users with their access keys, groups, policies, roles, and the issuers whose word is taken.
//!
//! All of it belongs to an account and to no region. Secrets come sealed, and policies as text that others have read:
//! this module knows neither cipher nor IAM.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

use crate::id::Account;

/// The most access keys that a user may have: one in use, and one that replaces it.
pub const MAX_KEYS_PER_USER: usize = 2;
/// The most policies that a user, a group or a role may have.
pub const MAX_POLICIES: usize = 10;
/// The most groups that a user may be in.
pub const MAX_GROUPS: usize = 10;
/// The most users, groups, roles, policies and issuers of an account, each.
pub const MAX_OF_A_KIND: usize = 5_000;
/// The shortest and the longest session that a role may allow, in seconds.
pub const SESSION_S: std::ops::RangeInclusive<u32> = 900..=43_200;
/// The longest policy document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 20 * 1_024;
/// The longest set of an issuer's keys, in bytes.
pub const MAX_ISSUER_KEYS_BYTES: usize = 64 * 1_024;

/// A policy that is there in every account and cannot be changed.
#[derive(Clone, Copy, Debug)]
pub struct PredefinedPolicy {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// The document.
    pub document: &'static str,
}

/// See [`PredefinedPolicy`].
pub const PREDEFINED_POLICIES: &[PredefinedPolicy] = &[
    PredefinedPolicy {
        name: "AdministratorAccess",
        about: "everything, other roles included",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    PredefinedPolicy {
        name: "TidegateFullAccess",
        about: "every operation of AppConfig, and the pages under /_tidegate/",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["appconfig:*","tidegate:*"],"Resource":"*"}]}"#,
    },
    PredefinedPolicy {
        name: "TidegateReadOnly",
        about: "everything that is read, configurations included",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["appconfig:Get*","appconfig:List*","appconfig:StartConfigurationSession","tidegate:Get*"],"Resource":"*"}]}"#,
    },
    PredefinedPolicy {
        name: "TidegateReadConfigurations",
        about: "sessions and polls, for applications that read their configuration",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["appconfig:StartConfigurationSession","appconfig:GetLatestConfiguration"],"Resource":"*"}]}"#,
    },
];

/// Finds a predefined policy by name.
pub fn predefined_policy(name: &str) -> Option<&'static PredefinedPolicy> {
    PREDEFINED_POLICIES.iter().find(|policy| policy.name == name)
}

/// Somebody, or a program, that keys speak for. It is there as long as it has a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// `AIDA…`: unlike the name, never given to another.
    pub id: String,
    /// Whose.
    pub account: Account,
    /// Unique in the account.
    pub name: String,
    /// The names of its policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The names of its groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// `aws:PrincipalTag/…`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
    /// When it last got another key, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at_ms: Option<i64>,
}

/// An access key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`.
    pub id: String,
    /// Whose.
    pub account: Account,
    /// The name of the user that it speaks for.
    pub user: String,
    /// The secret, sealed under a master key that is not in the store.
    pub secret: SealedSecret,
    /// Whether it opens doors.
    pub is_active: bool,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
    /// The key that this one was made to replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// A secret that only the master key opens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedSecret(pub String);

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret(…)")
    }
}

/// Users that have policies in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Whose.
    pub account: Account,
    /// Unique in the account.
    pub name: String,
    /// The names of its policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
}

/// A policy document under a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedPolicy {
    /// Whose.
    pub account: Account,
    /// Unique in the account.
    pub name: String,
    /// The document, as it was given.
    pub document: String,
    /// When it was last given, in milliseconds since 1970.
    pub updated_at_ms: i64,
}

/// What others may be for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// `AROA…`: unlike the name, never given to another.
    pub id: String,
    /// Whose.
    pub account: Account,
    /// Unique in the account.
    pub name: String,
    /// The names of its policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// Who may take it on.
    pub trust: Trust,
    /// How long a session may be, in seconds.
    pub max_session_s: u32,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
}

/// Who may take a role on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// Keys and roles of this server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<TrustedPrincipal>,
    /// Those that issuers vouch for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub web_identities: Vec<TrustedWebIdentity>,
    /// What principals have to say besides, if they have to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// A principal of this server that may take a role on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrustedPrincipal {
    /// Everybody in the account whose own policies allow `sts:AssumeRole`.
    Account(Account),
    /// A user, by account and name.
    User(Account, String),
    /// Who has another role on, by account and name.
    Role(Account, String),
}

/// Bearers of an issuer's tokens that may take a role on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedWebIdentity {
    /// The issuer's URL, as `iss` has it.
    pub issuer: String,
    /// One of these has to be in `aud`.
    pub audiences: Vec<String>,
    /// `sub` has to match one of these; `*` stands for anything.
    pub subjects: Vec<String>,
}

/// Somebody whose tokens are taken for what they say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issuer {
    /// Whose roles its tokens are for.
    pub account: Account,
    /// Its URL, as `iss` has it; unique in the account.
    pub url: String,
    /// Where its keys are.
    pub keys: IssuerKeys,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IssuerKeys {
    /// Where its `.well-known/openid-configuration` says.
    Discovered,
    /// At this address.
    At(String),
    /// Here, as a JSON Web Key Set: for issuers that cannot be reached.
    Fixed(String),
}

/// Who has policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User(String),
    /// A group.
    Group(String),
    /// A role.
    Role(String),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user {name}"),
            Self::Group(name) => write!(f, "group {name}"),
            Self::Role(name) => write!(f, "role {name}"),
        }
    }
}

type Named<T> = RedBlackTreeMapSync<(Account, Arc<str>), Arc<T>>;

/// All of it. Cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identities {
    pub(crate) users: Named<User>,
    pub(crate) keys: RedBlackTreeMapSync<Arc<str>, Arc<AccessKey>>,
    pub(crate) groups: Named<Group>,
    pub(crate) roles: Named<Role>,
    pub(crate) policies: Named<NamedPolicy>,
    pub(crate) issuers: Named<Issuer>,
    pub(crate) is_guarded: bool,
}

macro_rules! lookups {
    ($($(#[$doc:meta])* $one:ident, $(#[$docs:meta])* $all:ident -> $of:ty;)*) => {$(
        $(#[$doc])*
        pub fn $one(&self, account: &Account, name: &str) -> Option<&Arc<$of>> {
            self.$all.get(&(account.clone(), Arc::from(name)))
        }

        $(#[$docs])*
        pub fn $all(&self) -> impl Iterator<Item = &Arc<$of>> {
            self.$all.values()
        }
    )*};
}

impl Identities {
    lookups! {
        /// A user by name.
        user,
        /// Users, by account and name.
        users -> User;
        /// A group by name.
        group,
        /// Groups, by account and name.
        groups -> Group;
        /// A role by name.
        role,
        /// Roles, by account and name.
        roles -> Role;
        /// A policy of the account's own by name.
        policy,
        /// The accounts' own policies, by account and name.
        policies -> NamedPolicy;
        /// An issuer by its URL.
        issuer,
        /// Issuers, by account and URL.
        issuers -> Issuer;
    }

    /// An access key by its id.
    pub fn key(&self, id: &str) -> Option<&Arc<AccessKey>> {
        self.keys.get(id)
    }

    /// Access keys, by id.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<AccessKey>> {
        self.keys.values()
    }

    /// The access keys of a user, oldest first.
    pub fn keys_of(&self, account: &Account, user: &str) -> Vec<&Arc<AccessKey>> {
        let mut keys: Vec<_> = self.keys().filter(|key| key.account == *account && key.user == user).collect();
        keys.sort_by_key(|key| key.created_at_ms);
        keys
    }

    /// The document of a policy, predefined or the account's own.
    pub fn document(&self, account: &Account, policy: &str) -> Option<&str> {
        let own = || self.policy(account, policy).map(|policy| policy.document.as_str());
        predefined_policy(policy).map(|policy| policy.document).or_else(own)
    }

    /// Whether a key or a role was ever made: from then on nobody is let in without one, also when the last is gone.
    pub fn is_guarded(&self) -> bool {
        self.is_guarded
    }

    /// Who has a policy.
    pub fn holders(&self, account: &Account, policy: &str) -> Vec<Holder> {
        let has = |policies: &[String]| policies.iter().any(|name| name == policy);
        let users = self.users().filter(|it| it.account == *account && has(&it.policies));
        let groups = self.groups().filter(|it| it.account == *account && has(&it.policies));
        let roles = self.roles().filter(|it| it.account == *account && has(&it.policies));
        let users = users.map(|it| Holder::User(it.name.clone()));
        let groups = groups.map(|it| Holder::Group(it.name.clone()));
        users.chain(groups).chain(roles.map(|it| Holder::Role(it.name.clone()))).collect()
    }

    /// The names of a group's users.
    pub fn members(&self, account: &Account, group: &str) -> Vec<&str> {
        let members = self.users().filter(|it| it.account == *account && it.groups.iter().any(|name| name == group));
        members.map(|it| it.name.as_str()).collect()
    }
}

/// Whether a text can be the name of a user, a group, a role or a policy.
pub fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
}

/// What somebody wants done about identities, in the account of the context.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are what the commands of the command line take")]
pub enum IdentityCommand {
    /// Makes a key for a new user.
    CreateKey(CreateKey),
    /// Makes another key for the user of this one, which stays as it is.
    RotateKey { key: String, id: String, secret: SealedSecret },
    /// Lets a key open doors, or not.
    SetKeyStatus { key: String, is_active: bool },
    /// Deletes a key, and its user with its last one.
    DeleteKey { key: String },
    /// Gives a policy under a new or an old name.
    PutPolicy { name: String, document: String },
    /// Deletes a policy that nobody has.
    DeletePolicy { name: String },
    /// Gives a policy to somebody.
    AttachPolicy { policy: String, to: Holder },
    /// Takes a policy from somebody.
    DetachPolicy { policy: String, from: Holder },
    /// Makes a group.
    CreateGroup { name: String, policies: Vec<String> },
    /// Deletes a group that nobody is in.
    DeleteGroup { name: String },
    /// Takes a user into a group.
    JoinGroup { group: String, user: String },
    /// Takes a user out of a group.
    LeaveGroup { group: String, user: String },
    /// Makes a role, or changes whom it trusts; its policies are those given, if any are.
    PutRole { name: String, id: String, trust: Trust, policies: Vec<String>, max_session_s: u32 },
    /// Deletes a role, with the sessions of those who have it on.
    DeleteRole { name: String },
    /// Takes an issuer's word from now on.
    PutIssuer { url: String, keys: IssuerKeys },
    /// Takes an issuer's word no more.
    DeleteIssuer { url: String },
}

/// A key for a new user.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "members are what the commands of the command line take")]
pub struct CreateKey {
    pub user: String,
    pub user_id: String,
    pub id: String,
    pub secret: SealedSecret,
    pub policies: Vec<String>,
    pub groups: Vec<String>,
    pub tags: BTreeMap<String, String>,
}

impl IdentityCommand {
    /// What it is called in the journal.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateKey(_) => "CreateAccessKey",
            Self::RotateKey { .. } => "RotateAccessKey",
            Self::SetKeyStatus { .. } => "UpdateAccessKey",
            Self::DeleteKey { .. } => "DeleteAccessKey",
            Self::PutPolicy { .. } => "PutPolicy",
            Self::DeletePolicy { .. } => "DeletePolicy",
            Self::AttachPolicy { .. } => "AttachPolicy",
            Self::DetachPolicy { .. } => "DetachPolicy",
            Self::CreateGroup { .. } => "CreateGroup",
            Self::DeleteGroup { .. } => "DeleteGroup",
            Self::JoinGroup { .. } => "AddUserToGroup",
            Self::LeaveGroup { .. } => "RemoveUserFromGroup",
            Self::PutRole { .. } => "PutRole",
            Self::DeleteRole { .. } => "DeleteRole",
            Self::PutIssuer { .. } => "PutIssuer",
            Self::DeleteIssuer { .. } => "DeleteIssuer",
        }
    }
}

/// Why a command about identities is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant is explained by its message")]
pub enum IdentityRefusal {
    #[error("{name:?} is no name: a name has 1 to 64 letters, digits and +=,.@_-")]
    Name { name: String },
    #[error("there is a user {user} already; a second key for it is made with rotate")]
    UserExists { user: String },
    #[error("there is no user {user}")]
    NoUser { user: String },
    #[error("there is no access key {key}")]
    NoKey { key: String },
    #[error("there is an access key {key} already")]
    KeyExists { key: String },
    #[error("the user {user} has {MAX_KEYS_PER_USER} access keys; delete the old one first")]
    TooManyKeys { user: String },
    #[error("there is no policy {policy}")]
    NoPolicy { policy: String },
    #[error("the policy {policy} is predefined and cannot be changed")]
    PredefinedPolicy { policy: String },
    #[error("the policy {policy} is attached to {}", list(.to))]
    PolicyAttached { policy: String, to: Vec<Holder> },
    #[error("the policy is longer than {MAX_DOCUMENT_BYTES} bytes")]
    PolicyTooLong,
    #[error("there is no group {group}")]
    NoGroup { group: String },
    #[error("there is a group {group} already")]
    GroupExists { group: String },
    #[error("the group {group} has users: {}", users.join(", "))]
    GroupHasUsers { group: String, users: Vec<String> },
    #[error("there is no role {role}")]
    NoRole { role: String },
    #[error("a role's sessions last {} to {} seconds", SESSION_S.start(), SESSION_S.end())]
    SessionLength,
    #[error("there is no issuer {url}")]
    NoIssuer { url: String },
    #[error("the role {role} trusts the issuer {url}")]
    IssuerTrusted { url: String, role: String },
    #[error("an issuer's keys are at most {MAX_ISSUER_KEYS_BYTES} bytes")]
    IssuerKeysTooLong,
    #[error("there are {limit} {what} already, and there may not be more")]
    TooMany { what: &'static str, limit: usize },
}

fn list(holders: &[Holder]) -> String {
    holders.iter().map(Holder::to_string).collect::<Vec<_>>().join(", ")
}
