//! `tidegate keys`, `groups`, `policy`, `roles` and `issuers`: who may ask, and for what.
//!
//! They work on the store itself, with or without servers beside them; running nodes take in what is changed at once.
//! What is printed is for people, or with `--json` for programs. A secret is printed once, by the command that makes it.

mod options;
mod show;
mod simulate;

use std::io::{self, Write};
use std::path::Path;

use serde_json::Value;
use tidegate_domain::identity::{
    CreateKey, Identities, IdentityCommand, IssuerKeys, MAX_DOCUMENT_BYTES, MAX_ISSUER_KEYS_BYTES, SealedSecret, Trust,
};
use tidegate_domain::{Account, Command, Realm};
use tidegate_policy::Policy;
use tidegate_secrets::{MasterKeys, NotOpened, Purpose};
use tidegate_server::access::fresh;

pub(crate) use self::options::{GroupsCommand, IssuersCommand, KeysCommand, PolicyCommand, RolesCommand};
use self::options::{IssuerSource, StoreAccess};
use crate::master;
use crate::offline::{self, Offline};
use crate::problem::Problem;

pub(crate) fn keys(command: KeysCommand) -> Result<(), Problem> {
    match command {
        KeysCommand::Create { name, policies, groups, tags, access } => {
            let secret = Secret::new(&access)?;
            let account = access.account()?;
            let command = IdentityCommand::CreateKey(CreateKey {
                user: name,
                user_id: fresh::user_id(),
                id: secret.id.clone(),
                secret: secret.sealed.clone(),
                policies,
                groups,
                tags: tags.into_iter().collect(),
            });
            let state = change_with(&access, true, Some(&secret), command)?;
            show_new_key(&access, &state, &account, &secret)
        }
        KeysCommand::Rotate { key, access } => {
            let secret = Secret::new(&access)?;
            let (id, sealed) = (secret.id.clone(), secret.sealed.clone());
            let command = IdentityCommand::RotateKey { key: key.clone(), id, secret: sealed };
            let state = change_with(&access, false, Some(&secret), command)?;
            let account = state.key(&key).map(|key| key.account.clone()).unwrap_or_default();
            show_new_key(&access, &state, &account, &secret)
        }
        KeysCommand::List { access } => print(&access, show::keys(&*read(&access)?, access.named_account()?.as_ref())),
        KeysCommand::Disable { key, access } => {
            change(&access, IdentityCommand::SetKeyStatus { key: key.clone(), is_active: false })?;
            done(&access, format!("access key {key} disabled"))
        }
        KeysCommand::Enable { key, access } => {
            change(&access, IdentityCommand::SetKeyStatus { key: key.clone(), is_active: true })?;
            done(&access, format!("access key {key} enabled"))
        }
        KeysCommand::Delete { key, access } => {
            change(&access, IdentityCommand::DeleteKey { key: key.clone() })?;
            done(&access, format!("access key {key} deleted"))
        }
    }
}

pub(crate) fn groups(command: GroupsCommand) -> Result<(), Problem> {
    match command {
        GroupsCommand::Create { name, policies, access } => {
            change_new(&access, IdentityCommand::CreateGroup { name: name.clone(), policies })?;
            done(&access, format!("group {name} created"))
        }
        GroupsCommand::List { access } => {
            print(&access, show::groups(&*read(&access)?, access.named_account()?.as_ref()))
        }
        GroupsCommand::Delete { name, access } => {
            change(&access, IdentityCommand::DeleteGroup { name: name.clone() })?;
            done(&access, format!("group {name} deleted"))
        }
        GroupsCommand::Add { group, user, access } => {
            change(&access, IdentityCommand::JoinGroup { group: group.clone(), user: user.clone() })?;
            done(&access, format!("user {user} is in group {group}"))
        }
        GroupsCommand::Remove { group, user, access } => {
            change(&access, IdentityCommand::LeaveGroup { group: group.clone(), user: user.clone() })?;
            done(&access, format!("user {user} is not in group {group}"))
        }
    }
}

pub(crate) fn policy(command: PolicyCommand) -> Result<(), Problem> {
    match command {
        PolicyCommand::Put { name, file, access } => {
            let document = read_text(&file, MAX_DOCUMENT_BYTES)?;
            let policy = Policy::parse(&document).map_err(|error| {
                Problem::new(format!("{} is no policy: {error}", file.display()))
                    .hint("docs/security.md says what a policy can hold")
            })?;
            for action in policy.unknown_actions() {
                eprintln!("warning: {action:?} is no action of AppConfig that this version knows");
            }
            change_new(&access, IdentityCommand::PutPolicy { name: name.clone(), document })?;
            done(&access, format!("policy {name} stored"))
        }
        PolicyCommand::List { access } => {
            print(&access, show::policies(&*read(&access)?, access.named_account()?.as_ref()))
        }
        PolicyCommand::Show { name, access } => {
            let identities = read(&access)?;
            let document = identities.document(&access.account()?, &name);
            let document = document.ok_or_else(|| Problem::new(format!("there is no policy {name}")))?;
            write_out(&format!("{}\n", document.trim_end()))
        }
        PolicyCommand::Delete { name, access } => {
            change(&access, IdentityCommand::DeletePolicy { name: name.clone() })?;
            done(&access, format!("policy {name} deleted"))
        }
        PolicyCommand::Attach { policy, holder, access } => {
            let to = holder.holder();
            let said = format!("policy {policy} attached to {to}");
            change(&access, IdentityCommand::AttachPolicy { policy, to })?;
            done(&access, said)
        }
        PolicyCommand::Detach { policy, holder, access } => {
            let from = holder.holder();
            let said = format!("policy {policy} detached from {from}");
            change(&access, IdentityCommand::DetachPolicy { policy, from })?;
            done(&access, said)
        }
        PolicyCommand::Simulate(options) => {
            let identities = read(&options.access)?;
            let answer = simulate::simulate(&identities, &options)?;
            print(&options.access, answer)
        }
    }
}

pub(crate) fn roles(command: RolesCommand) -> Result<(), Problem> {
    match command {
        RolesCommand::Put(options) => {
            let (name, access) = (options.name.clone(), options.access.clone());
            let account = access.account()?;
            let command = IdentityCommand::PutRole {
                name: name.clone(),
                id: fresh::role_id(),
                trust: Trust {
                    principals: options.principals(&account),
                    web_identities: options.trust_oidc.into_iter().map(|trusted| trusted.0).collect(),
                    external_id: options.external_id,
                },
                policies: options.policies,
                max_session_s: options.max_session.0,
            };
            change_new(&access, command)?;
            done(&access, format!("role arn:aws:iam::{account}:role/{name} stored"))
        }
        RolesCommand::List { access } => {
            print(&access, show::roles(&*read(&access)?, access.named_account()?.as_ref()))
        }
        RolesCommand::Delete { name, access } => {
            change(&access, IdentityCommand::DeleteRole { name: name.clone() })?;
            done(&access, format!("role {name} deleted"))
        }
    }
}

pub(crate) fn issuers(command: IssuersCommand) -> Result<(), Problem> {
    match command {
        IssuersCommand::Put { url, source: IssuerSource { jwks, keys }, access } => {
            let keys = match (jwks, keys) {
                (Some(url), _) => IssuerKeys::At(url.0),
                (None, Some(file)) => {
                    let keys = read_text(&file, MAX_ISSUER_KEYS_BYTES)?;
                    let usable = tidegate_server::access::check_issuer_keys(&keys);
                    usable
                        .map_err(|error| Problem::new(format!("{} holds no keys to use: {error}", file.display())))?;
                    IssuerKeys::Fixed(keys)
                }
                (None, None) => IssuerKeys::Discovered,
            };
            change_new(&access, IdentityCommand::PutIssuer { url: url.0.clone(), keys })?;
            done(&access, format!("issuer {} stored", url.0))
        }
        IssuersCommand::List { access } => {
            print(&access, show::issuers(&*read(&access)?, access.named_account()?.as_ref()))
        }
        IssuersCommand::Delete { url, access } => {
            change(&access, IdentityCommand::DeleteIssuer { url: url.clone() })?;
            done(&access, format!("issuer {url} deleted"))
        }
    }
}

/// A secret that is about to be stored, sealed, and shown once.
struct Secret {
    id: String,
    plain: String,
    sealed: SealedSecret,
    masters: MasterKeys,
}

impl Secret {
    fn new(access: &StoreAccess) -> Result<Self, Problem> {
        let store = access.store.store()?;
        // The data directory is made before the key that lies in it.
        offline::with(&store, true, async |_| Ok(()))?;
        let masters = master::keys(access.store.master_key()?.as_deref(), &store)?.ok_or_else(|| {
            Problem::new("secrets are sealed under a master key, and there is none")
                .hint("name the file that holds it with --master-key or TIDEGATE_MASTER_KEY; `openssl rand -hex 32` makes one")
        })?;
        let (id, plain) = (fresh::key_id(), fresh::secret());
        let sealed = SealedSecret(masters.seal_text(Purpose::AccessKey, &id, plain.as_bytes()));
        Ok(Self { id, plain, sealed, masters })
    }

    /// A second master key beside a first that went missing would make keys that only some nodes can check.
    fn check_others(&self, identities: &Identities) -> Result<(), Problem> {
        for key in identities.keys() {
            if let Err(error @ NotOpened::OtherKey(_)) =
                self.masters.open_text(Purpose::AccessKey, &key.id, &key.secret.0)
            {
                return Err(Problem::new(format!("the secret of {} cannot be opened: {error}", key.id)).hint(
                    "name the file that holds its master key with --master-key, or restore it to the data directory",
                ));
            }
        }
        Ok(())
    }
}

fn change(access: &StoreAccess, command: IdentityCommand) -> Result<Identities, Problem> {
    change_with(access, false, None, command)
}

/// As [`change`], in a store that may be new.
fn change_new(access: &StoreAccess, command: IdentityCommand) -> Result<Identities, Problem> {
    change_with(access, true, None, command)
}

fn change_with(
    access: &StoreAccess,
    makes_new: bool,
    secret: Option<&Secret>,
    command: IdentityCommand,
) -> Result<Identities, Problem> {
    let realm = Realm { account: access.account()?, region: "us-east-1".into() };
    offline::with(&access.store.store()?, makes_new, async |offline: &mut Offline| {
        if let Some(secret) = secret {
            secret.check_others(offline.state.identities())?;
        }
        offline.execute(&realm, &Command::Identity(command)).await?;
        Ok(Identities::clone(offline.state.identities()))
    })
}

fn read(access: &StoreAccess) -> Result<Box<Identities>, Problem> {
    offline::with(&access.store.store()?, false, async |offline: &mut Offline| {
        Ok(Box::new(Identities::clone(offline.state.identities())))
    })
}

fn show_new_key(
    access: &StoreAccess,
    identities: &Identities,
    account: &Account,
    secret: &Secret,
) -> Result<(), Problem> {
    let key = identities.key(&secret.id).ok_or_else(|| Problem::new("the key is gone again"))?;
    print(
        access,
        show::new_key(key, account, &secret.plain, &identities.user(&key.account, &key.user).map(|it| (**it).clone())),
    )
}

/// Something to print, in both forms.
pub(crate) struct Shown {
    text: String,
    json: Value,
}

fn print(access: &StoreAccess, shown: Shown) -> Result<(), Problem> {
    write_out(&if access.json { format!("{}\n", shown.json) } else { shown.text })
}

fn done(access: &StoreAccess, said: String) -> Result<(), Problem> {
    print(access, Shown { json: serde_json::json!({"done": said}), text: format!("{said}\n") })
}

fn write_out(text: &str) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Problem::new(format!("cannot write: {error}"))),
        _ => Ok(()),
    }
}

fn read_text(file: &Path, limit: usize) -> Result<String, Problem> {
    let problem = |what: String| Problem::new(format!("cannot read {}: {what}", file.display()));
    let read = if file == Path::new("-") {
        io::read_to_string(io::Read::take(io::stdin().lock(), limit as u64 + 1))
    } else {
        std::fs::File::open(file).and_then(|file| io::read_to_string(io::Read::take(file, limit as u64 + 1)))
    };
    match read {
        Ok(text) if text.len() > limit => Err(problem(format!("it is longer than {limit} bytes"))),
        Ok(text) => Ok(text),
        Err(error) => Err(problem(error.to_string())),
    }
}
