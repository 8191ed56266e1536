//! Users, access keys, groups, policies, roles and issuers.

use super::Context;
use crate::event::Event;
use crate::id::Account;
use crate::identity::{
    AccessKey, CreateKey, Group, Holder, Identities, IdentityCommand, IdentityRefusal, Issuer, IssuerKeys,
    MAX_DOCUMENT_BYTES, MAX_GROUPS, MAX_ISSUER_KEYS_BYTES, MAX_KEYS_PER_USER, MAX_OF_A_KIND, MAX_POLICIES, NamedPolicy,
    Role, SESSION_S, SealedSecret, Trust, User, is_name, predefined_policy,
};
use crate::refusal::Refusal;

type Judged<T> = Result<T, IdentityRefusal>;

/// Says what follows from a command about identities.
pub(super) fn decide(
    identities: &Identities,
    context: &Context,
    command: &IdentityCommand,
) -> Result<Vec<Event>, Refusal> {
    let case = Case { identities, account: &context.realm.account, now_ms: context.now_ms };
    case.decide(command).map_err(Refusal::Identity)
}

struct Case<'a> {
    identities: &'a Identities,
    account: &'a Account,
    now_ms: i64,
}

impl Case<'_> {
    fn decide(&self, command: &IdentityCommand) -> Judged<Vec<Event>> {
        match command {
            IdentityCommand::CreateKey(command) => self.create_key(command),
            IdentityCommand::RotateKey { key, id, secret } => self.rotate_key(key, id, secret),
            IdentityCommand::SetKeyStatus { key, is_active } => {
                let old = self.key(key)?;
                if old.is_active == *is_active {
                    return Ok(Vec::new());
                }
                Ok(vec![Event::AccessKeyPut(AccessKey { is_active: *is_active, ..old.clone() })])
            }
            IdentityCommand::DeleteKey { key } => {
                let old = self.key(key)?;
                let mut events = vec![Event::AccessKeyDeleted { key: key.clone() }];
                if self.identities.keys_of(&old.account, &old.user).len() == 1 {
                    events.push(Event::UserDeleted { account: old.account.clone(), user: old.user.clone() });
                }
                Ok(events)
            }
            IdentityCommand::PutPolicy { name, document } => self.put_policy(name, document),
            IdentityCommand::DeletePolicy { name } => self.delete_policy(name),
            IdentityCommand::AttachPolicy { policy, to } => self.attach(policy, to),
            IdentityCommand::DetachPolicy { policy, from } => {
                self.with_policies(from, |policies| policies.retain(|name| name != policy))
            }
            IdentityCommand::CreateGroup { name, policies } => self.create_group(name, policies),
            IdentityCommand::DeleteGroup { name } => self.delete_group(name),
            IdentityCommand::JoinGroup { group, user } => self.join(group, user),
            IdentityCommand::LeaveGroup { group, user } => {
                let mut changed = self.user(user)?.clone();
                changed.groups.retain(|name| name != group);
                Ok(vec![Event::UserPut(changed)])
            }
            IdentityCommand::PutRole { name, id, trust, policies, max_session_s } => {
                self.put_role(name, id, trust, policies, *max_session_s)
            }
            IdentityCommand::DeleteRole { name } => {
                self.identities.role(self.account, name).ok_or_else(|| no_role(name))?;
                Ok(vec![Event::RoleDeleted { account: self.account.clone(), role: name.clone() }])
            }
            IdentityCommand::PutIssuer { url, keys } => self.put_issuer(url, keys),
            IdentityCommand::DeleteIssuer { url } => self.delete_issuer(url),
        }
    }

    fn create_key(&self, command: &CreateKey) -> Judged<Vec<Event>> {
        check_name(&command.user)?;
        if self.identities.user(self.account, &command.user).is_some() {
            return Err(IdentityRefusal::UserExists { user: command.user.clone() });
        }
        within(self.identities.users().filter(|it| it.account == *self.account).count(), "users", MAX_OF_A_KIND)?;
        self.check_policies(&command.policies)?;
        within(command.groups.len().saturating_sub(1), "groups of a user", MAX_GROUPS)?;
        for group in &command.groups {
            self.group(group)?;
        }
        let user = User {
            id: command.user_id.clone(),
            account: self.account.clone(),
            name: command.user.clone(),
            policies: distinct(&command.policies),
            groups: distinct(&command.groups),
            tags: command.tags.clone(),
            created_at_ms: self.now_ms,
            rotated_at_ms: None,
        };
        let key = self.fresh_key(&user, &command.id, &command.secret, None)?;
        Ok(vec![Event::UserPut(user), Event::AccessKeyPut(key)])
    }

    fn rotate_key(&self, key: &str, id: &str, secret: &SealedSecret) -> Judged<Vec<Event>> {
        let old = self.key(key)?;
        let user = self.identities.user(&old.account, &old.user);
        let user = user.ok_or_else(|| IdentityRefusal::NoUser { user: old.user.clone() })?;
        if self.identities.keys_of(&old.account, &old.user).len() >= MAX_KEYS_PER_USER {
            return Err(IdentityRefusal::TooManyKeys { user: old.user.clone() });
        }
        let new = self.fresh_key(user, id, secret, Some(key.into()))?;
        let user = User { rotated_at_ms: Some(self.now_ms), ..User::clone(user) };
        Ok(vec![Event::UserPut(user), Event::AccessKeyPut(new)])
    }

    fn fresh_key(&self, user: &User, id: &str, secret: &SealedSecret, replaces: Option<String>) -> Judged<AccessKey> {
        if self.identities.key(id).is_some() {
            return Err(IdentityRefusal::KeyExists { key: id.into() });
        }
        Ok(AccessKey {
            id: id.into(),
            account: user.account.clone(),
            user: user.name.clone(),
            secret: secret.clone(),
            is_active: true,
            created_at_ms: self.now_ms,
            replaces,
        })
    }

    fn put_policy(&self, name: &str, document: &str) -> Judged<Vec<Event>> {
        check_name(name)?;
        check_own(name)?;
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(IdentityRefusal::PolicyTooLong);
        }
        if self.identities.policy(self.account, name).is_none() {
            let present = self.identities.policies().filter(|it| it.account == *self.account).count();
            within(present, "policies", MAX_OF_A_KIND)?;
        }
        Ok(vec![Event::PolicyPut(NamedPolicy {
            account: self.account.clone(),
            name: name.into(),
            document: document.into(),
            updated_at_ms: self.now_ms,
        })])
    }

    fn delete_policy(&self, name: &str) -> Judged<Vec<Event>> {
        check_own(name)?;
        self.check_policy(name)?;
        match self.identities.holders(self.account, name) {
            to if to.is_empty() => {
                Ok(vec![Event::PolicyDeleted { account: self.account.clone(), policy: name.into() }])
            }
            to => Err(IdentityRefusal::PolicyAttached { policy: name.into(), to }),
        }
    }

    fn attach(&self, policy: &str, to: &Holder) -> Judged<Vec<Event>> {
        self.check_policy(policy)?;
        self.with_policies(to, |policies| {
            if !policies.iter().any(|name| name == policy) {
                policies.push(policy.into());
            }
        })
    }

    fn with_policies(&self, holder: &Holder, change: impl FnOnce(&mut Vec<String>)) -> Judged<Vec<Event>> {
        let changed = |policies: &[String]| {
            let mut policies = policies.to_vec();
            change(&mut policies);
            within(policies.len().saturating_sub(1), "policies of one holder", MAX_POLICIES).map(|()| policies)
        };
        Ok(vec![match holder {
            Holder::User(name) => {
                let old = self.user(name)?;
                Event::UserPut(User { policies: changed(&old.policies)?, ..old.clone() })
            }
            Holder::Group(name) => {
                let old = self.group(name)?;
                Event::GroupPut(Group { policies: changed(&old.policies)?, ..old.clone() })
            }
            Holder::Role(name) => {
                let old = self.identities.role(self.account, name).ok_or_else(|| no_role(name))?;
                Event::RolePut(Role { policies: changed(&old.policies)?, ..Role::clone(old) })
            }
        }])
    }

    fn create_group(&self, name: &str, policies: &[String]) -> Judged<Vec<Event>> {
        check_name(name)?;
        if self.identities.group(self.account, name).is_some() {
            return Err(IdentityRefusal::GroupExists { group: name.into() });
        }
        within(self.identities.groups().filter(|it| it.account == *self.account).count(), "groups", MAX_OF_A_KIND)?;
        self.check_policies(policies)?;
        Ok(vec![Event::GroupPut(Group {
            account: self.account.clone(),
            name: name.into(),
            policies: distinct(policies),
            created_at_ms: self.now_ms,
        })])
    }

    fn delete_group(&self, name: &str) -> Judged<Vec<Event>> {
        self.group(name)?;
        let users = self.identities.members(self.account, name);
        if !users.is_empty() {
            let users = users.into_iter().map(str::to_owned).collect();
            return Err(IdentityRefusal::GroupHasUsers { group: name.into(), users });
        }
        Ok(vec![Event::GroupDeleted { account: self.account.clone(), group: name.into() }])
    }

    fn join(&self, group: &str, user: &str) -> Judged<Vec<Event>> {
        self.group(group)?;
        let mut changed = self.user(user)?.clone();
        if !changed.groups.iter().any(|name| name == group) {
            within(changed.groups.len(), "groups of a user", MAX_GROUPS)?;
            changed.groups.push(group.into());
        }
        Ok(vec![Event::UserPut(changed)])
    }

    fn put_role(
        &self,
        name: &str,
        id: &str,
        trust: &Trust,
        policies: &[String],
        max_session_s: u32,
    ) -> Judged<Vec<Event>> {
        check_name(name)?;
        self.check_policies(policies)?;
        if !SESSION_S.contains(&max_session_s) {
            return Err(IdentityRefusal::SessionLength);
        }
        for trusted in &trust.web_identities {
            if self.identities.issuer(self.account, &trusted.issuer).is_none() {
                return Err(IdentityRefusal::NoIssuer { url: trusted.issuer.clone() });
            }
        }
        let old = self.identities.role(self.account, name);
        if old.is_none() {
            within(self.identities.roles().filter(|it| it.account == *self.account).count(), "roles", MAX_OF_A_KIND)?;
        }
        let kept = old.filter(|_| policies.is_empty()).map(|old| old.policies.clone());
        Ok(vec![Event::RolePut(Role {
            // A role that changes stays who it is: sessions go on.
            id: old.map_or_else(|| id.into(), |old| old.id.clone()),
            account: self.account.clone(),
            name: name.into(),
            policies: kept.unwrap_or_else(|| distinct(policies)),
            trust: trust.clone(),
            max_session_s,
            created_at_ms: old.map_or(self.now_ms, |old| old.created_at_ms),
        })])
    }

    fn put_issuer(&self, url: &str, keys: &IssuerKeys) -> Judged<Vec<Event>> {
        if matches!(keys, IssuerKeys::Fixed(keys) if keys.len() > MAX_ISSUER_KEYS_BYTES) {
            return Err(IdentityRefusal::IssuerKeysTooLong);
        }
        if self.identities.issuer(self.account, url).is_none() {
            let present = self.identities.issuers().filter(|it| it.account == *self.account).count();
            within(present, "issuers", MAX_OF_A_KIND)?;
        }
        let (account, url) = (self.account.clone(), url.to_owned());
        Ok(vec![Event::IssuerPut(Issuer { account, url, keys: keys.clone() })])
    }

    fn delete_issuer(&self, url: &str) -> Judged<Vec<Event>> {
        self.identities.issuer(self.account, url).ok_or_else(|| IdentityRefusal::NoIssuer { url: url.to_owned() })?;
        let trusts = |role: &&std::sync::Arc<Role>| {
            role.account == *self.account && role.trust.web_identities.iter().any(|trusted| trusted.issuer == url)
        };
        match self.identities.roles().find(trusts) {
            Some(role) => Err(IdentityRefusal::IssuerTrusted { url: url.into(), role: role.name.clone() }),
            None => Ok(vec![Event::IssuerDeleted { account: self.account.clone(), url: url.into() }]),
        }
    }

    /// Keys are found by their ids alone, whatever the account.
    fn key(&self, key: &str) -> Judged<&AccessKey> {
        self.identities.key(key).map(|key| &**key).ok_or_else(|| IdentityRefusal::NoKey { key: key.into() })
    }

    fn user(&self, user: &str) -> Judged<&User> {
        let found = self.identities.user(self.account, user).map(|user| &**user);
        found.ok_or_else(|| IdentityRefusal::NoUser { user: user.into() })
    }

    fn group(&self, group: &str) -> Judged<&Group> {
        let found = self.identities.group(self.account, group).map(|group| &**group);
        found.ok_or_else(|| IdentityRefusal::NoGroup { group: group.into() })
    }

    fn check_policy(&self, policy: &str) -> Judged<()> {
        match self.identities.document(self.account, policy) {
            Some(_) => Ok(()),
            None => Err(IdentityRefusal::NoPolicy { policy: policy.into() }),
        }
    }

    fn check_policies(&self, policies: &[String]) -> Judged<()> {
        within(policies.len().saturating_sub(1), "policies of one holder", MAX_POLICIES)?;
        policies.iter().try_for_each(|policy| self.check_policy(policy))
    }
}

fn check_name(name: &str) -> Judged<()> {
    if is_name(name) { Ok(()) } else { Err(IdentityRefusal::Name { name: name.into() }) }
}

fn check_own(policy: &str) -> Judged<()> {
    match predefined_policy(policy) {
        Some(_) => Err(IdentityRefusal::PredefinedPolicy { policy: policy.into() }),
        None => Ok(()),
    }
}

fn no_role(role: &str) -> IdentityRefusal {
    IdentityRefusal::NoRole { role: role.into() }
}

fn within(present: usize, what: &'static str, limit: usize) -> Judged<()> {
    if present < limit { Ok(()) } else { Err(IdentityRefusal::TooMany { what, limit }) }
}

fn distinct(names: &[String]) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.contains(name) {
            distinct.push(name.clone());
        }
    }
    distinct
}
