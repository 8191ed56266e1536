//! What the commands take.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use tidegate_domain::Account;
use tidegate_domain::identity::{Holder, SESSION_S, TrustedPrincipal, TrustedWebIdentity};

use crate::problem::Problem;
use crate::store::StoreOptions;

/// The store, the account, and how to print.
#[derive(Args, Clone, Debug)]
pub(crate) struct StoreAccess {
    #[command(flatten)]
    pub store: StoreOptions,

    /// The account [default: 000000000000; for lists, all].
    #[arg(long, env = "TIDEGATE_ACCOUNT", value_name = "12 DIGITS")]
    account: Option<String>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl StoreAccess {
    pub(crate) fn account(&self) -> Result<Account, Problem> {
        Ok(self.named_account()?.unwrap_or_default())
    }

    /// The account, if one was named: lists are of all, otherwise.
    pub(crate) fn named_account(&self) -> Result<Option<Account>, Problem> {
        let Some(text) = &self.account else { return Ok(None) };
        text.parse().map(Some).map_err(|error| Problem::new(format!("--account {text}: {error}")))
    }
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a user and an access key for it, and print the secret: it is never shown again.
    Create {
        /// The user's name, for example `deployer`.
        name: String,
        /// A policy that it gets; repeat for more. Without any it may do nothing.
        #[arg(long = "policy", value_name = "NAME")]
        policies: Vec<String>,
        /// A group that it is in; repeat for more.
        #[arg(long = "group", value_name = "NAME")]
        groups: Vec<String>,
        /// A tag, which policies can ask for as aws:PrincipalTag/KEY; repeat for more.
        #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
        tags: Vec<(String, String)>,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// List access keys. Secrets are not shown.
    List {
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Let a key open no doors until it is enabled again. Running servers know at once.
    Disable {
        /// The access key's id.
        key: String,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Let a disabled key open doors again.
    Enable {
        /// The access key's id.
        key: String,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Make a second key for the same user. The old one goes on until it is disabled or deleted.
    Rotate {
        /// The access key's id.
        key: String,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Delete a key for good, and its user with its last one.
    Delete {
        /// The access key's id.
        key: String,
        #[command(flatten)]
        access: StoreAccess,
    },
}

#[derive(Subcommand)]
pub(crate) enum GroupsCommand {
    /// Make a group.
    Create {
        /// Its name.
        name: String,
        /// A policy that its users get; repeat for more.
        #[arg(long = "policy", value_name = "NAME")]
        policies: Vec<String>,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// List groups, their policies and their users.
    List {
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Delete a group that no user is in.
    Delete {
        /// Its name.
        name: String,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Take a user into a group.
    Add {
        /// The group.
        group: String,
        /// The user.
        user: String,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Take a user out of a group.
    Remove {
        /// The group.
        group: String,
        /// The user.
        user: String,
        #[command(flatten)]
        access: StoreAccess,
    },
}

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// Store an IAM policy document under a name, new or old.
    Put {
        /// The policy's name.
        name: String,
        /// The document; `-` reads standard input.
        file: PathBuf,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// List policies, and who has them.
    List {
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Print a policy's document.
    Show {
        /// The policy's name.
        name: String,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Delete a policy that nobody has.
    Delete {
        /// The policy's name.
        name: String,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Give a policy to a user, a group or a role.
    Attach {
        /// The policy's name.
        policy: String,
        #[command(flatten)]
        holder: HolderOptions,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Take a policy from a user, a group or a role.
    Detach {
        /// The policy's name.
        policy: String,
        #[command(flatten)]
        holder: HolderOptions,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Say whether a key or a role may do something, and which statement says so.
    Simulate(SimulateOptions),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct HolderOptions {
    /// A user.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// A group.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// A role.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
}

impl HolderOptions {
    pub(crate) fn holder(self) -> Holder {
        let user = self.user.map(Holder::User);
        let one = user.or(self.group.map(Holder::Group)).or(self.role.map(Holder::Role));
        one.expect("the command line asks for one of the three")
    }
}

#[derive(Args)]
pub(crate) struct SimulateOptions {
    /// The access key that would sign.
    #[arg(long, value_name = "ID", required_unless_present = "role", conflicts_with = "role")]
    pub key: Option<String>,

    /// The role that somebody has on.
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,

    /// The action, for example appconfig:GetLatestConfiguration.
    #[arg(long, value_name = "SERVICE:ACTION")]
    pub action: String,

    /// The ARN of what it would touch, or * for actions that touch nothing.
    #[arg(long, value_name = "ARN", default_value = "*")]
    pub resource: String,

    /// The value of a condition key, for example aws:SourceIp=10.1.2.3 or aws:ResourceTag/team=web; repeat for more.
    #[arg(long = "context", value_name = "KEY=VALUE", value_parser = pair)]
    pub context: Vec<(String, String)>,

    #[command(flatten)]
    pub access: StoreAccess,
}

#[derive(Subcommand)]
pub(crate) enum RolesCommand {
    /// Make a role, or change whom it trusts. Its policies stay unless some are given.
    Put(PutRoleOptions),
    /// List roles, their policies and whom they trust.
    List {
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Delete a role. Whoever has it on is let in nowhere from then on.
    Delete {
        /// Its name.
        name: String,
        #[command(flatten)]
        access: StoreAccess,
    },
}

#[derive(Args)]
pub(crate) struct PutRoleOptions {
    /// The role's name.
    pub name: String,

    /// A policy that whoever has it on gets; repeat for more.
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,

    /// An account whose users may take it on, if their own policies allow sts:AssumeRole; repeat for more.
    #[arg(long, value_name = "12 DIGITS", value_parser = account)]
    trust_account: Vec<Account>,

    /// A user who may take it on: NAME, or ACCOUNT/NAME in another account; repeat for more.
    #[arg(long, value_name = "USER", value_parser = member)]
    trust_user: Vec<(Option<Account>, String)>,

    /// A role from which it may be taken on: NAME, or ACCOUNT/NAME in another account; repeat for more.
    #[arg(long, value_name = "ROLE", value_parser = member)]
    trust_role: Vec<(Option<Account>, String)>,

    /// Bearers of an issuer's tokens who may take it on; repeat for more.
    ///
    /// For example issuer=https://token.example,audience=tidegate,subject=repo:crew/ship:*; a * in a subject stands for
    /// anything. audience and subject may be given several times.
    #[arg(long, value_name = "issuer=URL,audience=TEXT,subject=PATTERN")]
    pub trust_oidc: Vec<TrustedOidc>,

    /// What accounts, users and roles have to say besides, as ExternalId.
    #[arg(long, value_name = "TEXT")]
    pub external_id: Option<String>,

    /// How long it may be kept on at most: 15m to 12h.
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    pub max_session: SessionLength,

    #[command(flatten)]
    pub access: StoreAccess,
}

impl PutRoleOptions {
    pub(crate) fn principals(&self, own: &Account) -> Vec<TrustedPrincipal> {
        let of = |account: &Option<Account>| account.clone().unwrap_or_else(|| own.clone());
        let accounts = self.trust_account.iter().map(|account| TrustedPrincipal::Account(account.clone()));
        let users = self.trust_user.iter().map(|(account, name)| TrustedPrincipal::User(of(account), name.clone()));
        let roles = self.trust_role.iter().map(|(account, name)| TrustedPrincipal::Role(of(account), name.clone()));
        accounts.chain(users).chain(roles).collect()
    }
}

#[derive(Subcommand)]
pub(crate) enum IssuersCommand {
    /// Take an OIDC issuer's word.
    Put {
        /// The issuer's URL, just as its tokens have it in `iss`.
        url: IssuerUrl,
        #[command(flatten)]
        source: IssuerSource,
        #[command(flatten)]
        access: StoreAccess,
    },
    /// List issuers.
    List {
        #[command(flatten)]
        access: StoreAccess,
    },
    /// Take an issuer's word no more. No role may trust it.
    Delete {
        /// The issuer's URL.
        url: String,
        #[command(flatten)]
        access: StoreAccess,
    },
}

#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct IssuerSource {
    /// Where its keys are [default: where URL/.well-known/openid-configuration says].
    #[arg(long, value_name = "URL")]
    pub jwks: Option<IssuerUrl>,

    /// A file with its keys, a JSON Web Key Set, for an issuer that servers cannot reach.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
}

/// An `https://` URL; `http://` on this machine only.
#[derive(Clone, Debug)]
pub(crate) struct IssuerUrl(pub String);

impl FromStr for IssuerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        tidegate_server::access::check_issuer_url(text).map(|()| Self(text.into()))
    }
}

/// Whom of an issuer's bearers a role trusts.
#[derive(Clone, Debug)]
pub(crate) struct TrustedOidc(pub TrustedWebIdentity);

impl FromStr for TrustedOidc {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut issuer = None;
        let (mut audiences, mut subjects) = (Vec::new(), Vec::new());
        for part in text.split(',') {
            match part.split_once('=') {
                Some(("issuer", url)) if issuer.is_none() => issuer = Some(url.to_owned()),
                Some(("audience", audience)) if !audience.is_empty() => audiences.push(audience.to_owned()),
                Some(("subject", subject)) if !subject.is_empty() => subjects.push(subject.to_owned()),
                _ => return Err(format!("{part:?} is not issuer=URL, audience=TEXT or subject=PATTERN")),
            }
        }
        let issuer = issuer.ok_or("there is no issuer=URL")?;
        if audiences.is_empty() || subjects.is_empty() {
            return Err("audience=TEXT and subject=PATTERN have to be there: an issuer's tokens are for many".into());
        }
        Ok(Self(TrustedWebIdentity { issuer, audiences, subjects }))
    }
}

/// How long a role may be kept on, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionLength(pub u32);

impl FromStr for SessionLength {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "use 15m to 12h, or 900 to 43200 seconds";
        let (number, unit) = match text.as_bytes().last() {
            Some(b's') => (&text[..text.len() - 1], 1),
            Some(b'm') => (&text[..text.len() - 1], 60),
            Some(b'h') => (&text[..text.len() - 1], 3_600),
            _ => (text, 1),
        };
        let seconds = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit)).ok_or(wrong)?;
        if SESSION_S.contains(&seconds) { Ok(Self(seconds)) } else { Err(wrong) }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    if key.is_empty() { Err("write it as KEY=VALUE".into()) } else { Ok((key.into(), value.into())) }
}

fn account(text: &str) -> Result<Account, String> {
    text.parse::<Account>().map_err(|error| error.to_string())
}

fn member(text: &str) -> Result<(Option<Account>, String), String> {
    match text.split_once('/') {
        Some((of, name)) => Ok((Some(account(of)?), name.into())),
        None => Ok((None, text.into())),
    }
}
