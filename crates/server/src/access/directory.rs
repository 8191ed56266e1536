//! Everybody who may ask, ready to be looked up by a request: keys with their secrets open, policies read.
//!
//! It follows from the state and the master keys, and is published with the state. Nothing in it is locked: signing keys
//! that were derived, and temporary credentials that were opened, are kept at hand in maps that are swapped as a whole.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rpds::HashTrieMapSync;
use tidegate_domain::Account;
use tidegate_domain::identity::{AccessKey, Identities, Issuer, Role};
use tidegate_secrets::{MasterKeys, Purpose};
use tidegate_wire::sigv4::{AuthFailure, Day, Signed, SigningKey};

use super::grants::{Grant, grants_of_role, grants_of_user};
use super::session::Session;

/// How many signing keys of one secret are kept at hand: a few regions on two days.
const SIGNING_KEYS: usize = 16;
/// How many temporary credentials are kept open.
const SESSIONS: usize = 4_096;

/// See the module.
pub(crate) struct Directory {
    identities: Arc<Identities>,
    pub(super) masters: Option<Arc<MasterKeys>>,
    keys: HashMap<Arc<str>, Arc<Key>>,
    /// The same keys, for those who name one that is not there.
    decoys: Vec<Arc<Key>>,
    hasher: RandomState,
    /// By `AROA…`.
    roles: HashMap<Arc<str>, Arc<Principal>>,
    sessions: Arc<ArcSwap<HashTrieMapSync<Arc<str>, Arc<Session>>>>,
}

/// An access key that lasts.
pub(crate) struct Key {
    record: Arc<AccessKey>,
    pub(super) principal: Arc<Principal>,
    pub(super) signing: SigningKeys,
}

impl Key {
    pub(super) fn is_active(&self) -> bool {
        self.record.is_active
    }
}

/// A user, or a role that somebody has on.
#[derive(Debug)]
pub(crate) struct Principal {
    /// Whose.
    pub account: Account,
    /// `AIDA…` or `AROA…`: what configuration sessions are bound to.
    pub unique_id: Arc<str>,
    /// The user's or the role's own ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// Whether it is a role.
    pub is_role: bool,
    /// `aws:PrincipalTag/…`.
    pub tags: Vec<(String, String)>,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// Whether what it may do depends on nothing but whom and what it is about.
    pub is_steady: bool,
}

impl Directory {
    /// Nobody.
    pub(crate) fn empty(masters: Option<Arc<MasterKeys>>) -> Self {
        Self {
            identities: Arc::default(),
            masters,
            keys: HashMap::new(),
            decoys: Vec::new(),
            hasher: RandomState::new(),
            roles: HashMap::new(),
            sessions: Arc::default(),
        }
    }

    /// The directory of these identities: this very one, if they are what it was made of.
    pub(crate) fn follow(self: &Arc<Self>, identities: &Arc<Identities>) -> Arc<Self> {
        if Arc::ptr_eq(&self.identities, identities) {
            return self.clone();
        }
        let mut keys = HashMap::new();
        for record in identities.keys() {
            let Some(user) = identities.user(&record.account, &record.user) else { continue };
            let old = self.keys.get(&*record.id).filter(|old| old.record.secret == record.secret);
            let signing = match old {
                Some(old) => old.signing.clone(),
                None => match self.open_secret(record) {
                    Some(secret) => SigningKeys::new(secret),
                    None => continue,
                },
            };
            let principal = Principal {
                account: user.account.clone(),
                unique_id: user.id.as_str().into(),
                arn: format!("arn:aws:iam::{}:user/{}", user.account, user.name),
                name: user.name.clone(),
                is_role: false,
                tags: user.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
                grants: grants_of_user(identities, user),
                is_steady: false,
            };
            let principal = Arc::new(principal.settled());
            let key = Key { record: record.clone(), principal, signing };
            keys.insert(Arc::from(record.id.as_str()), Arc::new(key));
        }
        let role = |role: &Arc<Role>| {
            let principal = Principal {
                account: role.account.clone(),
                unique_id: role.id.as_str().into(),
                arn: format!("arn:aws:iam::{}:role/{}", role.account, role.name),
                name: role.name.clone(),
                is_role: true,
                tags: Vec::new(),
                grants: grants_of_role(identities, role),
                is_steady: false,
            };
            (Arc::from(role.id.as_str()), Arc::new(principal.settled()))
        };
        Arc::new(Self {
            roles: identities.roles().map(role).collect(),
            decoys: keys.values().cloned().collect(),
            keys,
            identities: identities.clone(),
            masters: self.masters.clone(),
            hasher: RandomState::new(),
            sessions: self.sessions.clone(),
        })
    }

    fn open_secret(&self, record: &AccessKey) -> Option<String> {
        let Some(masters) = &self.masters else {
            tracing::error!(key = record.id, "there is no master key: the access key lets nobody in");
            return None;
        };
        let opened = masters.open_text(Purpose::AccessKey, &record.id, &record.secret.0);
        match opened.map(String::from_utf8) {
            Ok(Ok(secret)) => Some(secret),
            Ok(Err(_)) => None,
            Err(error) => {
                tracing::error!(key = record.id, %error, "the secret cannot be opened: the access key lets nobody in");
                None
            }
        }
    }

    /// How many keys there are whose secrets could be opened.
    pub(crate) fn usable_keys(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn key(&self, id: &str) -> Option<&Arc<Key>> {
        self.keys.get(id)
    }

    /// A key to spend time on for somebody who names none that is there: any of the others, always the same for an id.
    /// So an unknown id takes as long as a known one, whichever signing keys are at hand.
    pub(super) fn decoy(&self, id: &str) -> Option<&Arc<Key>> {
        let place = self.hasher.hash_one(id) % self.decoys.len().max(1) as u64;
        self.decoys.get(usize::try_from(place).unwrap_or_default())
    }

    pub(super) fn role(&self, id: &str) -> Option<&Arc<Principal>> {
        self.roles.get(id)
    }

    pub(super) fn issuer(&self, account: &Account, url: &str) -> Option<&Arc<Issuer>> {
        self.identities.issuer(account, url)
    }

    /// Opens temporary credentials, or finds them open. `None` for what was never sealed here.
    pub(super) fn session(&self, key_id: &str, token: &str) -> Option<Arc<Session>> {
        if let Some(session) = self.sessions.load().get(key_id)
            && session.is_of(token)
        {
            return Some(session.clone());
        }
        let session = Session::open(self.masters.as_ref()?, key_id, token)?;
        let session = Arc::new(session);
        // Only what was sealed here comes this far: nobody else can crowd out what is at hand.
        self.sessions.rcu(|at_hand| {
            let full = at_hand.size() >= SESSIONS;
            let base = if full { HashTrieMapSync::new_sync() } else { HashTrieMapSync::clone(at_hand) };
            base.insert(Arc::from(key_id), session.clone())
        });
        Some(session)
    }
}

impl Principal {
    fn settled(self) -> Self {
        Self { is_steady: self.grants.iter().all(|grant| grant.policy.is_steady()), ..self }
    }
}

/// A secret, and what it signs with on days and in regions that were asked for.
#[derive(Clone)]
pub(crate) struct SigningKeys {
    secret: Arc<str>,
    at_hand: Arc<ArcSwap<Vec<Arc<Derived>>>>,
}

struct Derived {
    day: Day,
    region: Box<str>,
    service: &'static str,
    key: SigningKey,
}

impl SigningKeys {
    pub(super) fn new(secret: String) -> Self {
        Self { secret: secret.into(), at_hand: Arc::default() }
    }

    /// Verifies with the key of the signature's day, region and service. A key is kept at hand once it has verified
    /// something, so that nobody without the secret can crowd out the others.
    pub(super) fn verify(
        &self,
        signed: &Signed<'_>,
        verify: impl FnOnce(&SigningKey) -> Result<(), AuthFailure>,
    ) -> Result<(), AuthFailure> {
        let at_hand = self.at_hand.load();
        let is_it = |derived: &Arc<Derived>| {
            derived.day == signed.date && *derived.region == *signed.region && derived.service == signed.service
        };
        if let Some(derived) = at_hand.iter().find(|derived| is_it(derived)) {
            return verify(&derived.key);
        }
        drop(at_hand);
        let key = SigningKey::derive(&self.secret, signed.date.as_str(), &signed.region, signed.service);
        verify(&key)?;
        let derived =
            Arc::new(Derived { day: signed.date, region: (*signed.region).into(), service: signed.service, key });
        self.at_hand.rcu(|at_hand| {
            let others = at_hand.iter().filter(|other| !is_it(other)).take(SIGNING_KEYS - 1).cloned();
            std::iter::once(derived.clone()).chain(others).collect::<Vec<_>>()
        });
        Ok(())
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tidegate_domain::identity::{CreateKey, IdentityCommand, SealedSecret};
    use tidegate_domain::{Actor, Command, Context, Decision, Limits, Realm, State, decide};

    use super::*;

    /// A state with keys of these ids, whose secrets are sealed under this master key.
    fn state(masters: &MasterKeys, ids: &[&str]) -> State {
        let mut state = State::default();
        for (number, id) in (1..).zip(ids) {
            let realm = Realm { account: Account::default(), region: "us-east-1".into() };
            let secret = SealedSecret(masters.seal_text(Purpose::AccessKey, id, b"hush"));
            let command = CreateKey {
                user: format!("user-{number}"),
                user_id: format!("AIDA{number}"),
                id: (*id).into(),
                secret,
                policies: Vec::new(),
                groups: Vec::new(),
                tags: BTreeMap::new(),
            };
            let context = Context { now_ms: 0, realm: realm.clone(), seed: number, limits: Limits::default() };
            let events = decide(&state, &context, &Command::Identity(IdentityCommand::CreateKey(command))).unwrap();
            let decision = Decision {
                v: Decision::FORMAT,
                at_ms: 0,
                realm: Some(realm),
                actor: Actor::Operator,
                operation: String::new(),
                request_id: String::new(),
                events,
            };
            state.apply(number, &decision);
        }
        state
    }

    #[test]
    fn who_names_an_unknown_key_costs_what_a_known_one_does() {
        let masters = Arc::new(MasterKeys::new(&[[1; 32]]));
        let nobody = Arc::new(Directory::empty(Some(masters.clone())));
        assert!(nobody.decoy("AKIAX").is_none(), "there is nothing to tell apart");
        let directory = nobody.follow(state(&masters, &["AKIA1", "AKIA2", "AKIA3"]).identities());
        for id in ["", "AKIAX", "AKIA1", "ASIAX"] {
            let [first, second] = [0, 1].map(|_| directory.decoy(id).expect("some key is looked at"));
            assert!(Arc::ptr_eq(first, second), "{id}: always the same one");
        }
    }

    #[test]
    fn a_key_of_another_master_key_or_of_another_id_lets_nobody_in() {
        let (own, other) = (Arc::new(MasterKeys::new(&[[1; 32]])), MasterKeys::new(&[[2; 32]]));
        let nobody = Arc::new(Directory::empty(Some(own.clone())));
        assert_eq!(nobody.follow(state(&own, &["AKIA1"]).identities()).usable_keys(), 1);
        assert_eq!(nobody.follow(state(&other, &["AKIA1"]).identities()).usable_keys(), 0);
        let without = Arc::new(Directory::empty(None));
        assert_eq!(without.follow(state(&own, &["AKIA1"]).identities()).usable_keys(), 0);
    }

    #[test]
    fn nothing_is_opened_anew_that_has_not_changed() {
        let masters = Arc::new(MasterKeys::new(&[[1; 32]]));
        let state = state(&masters, &["AKIA1", "AKIA2"]);
        let first = Arc::new(Directory::empty(Some(masters))).follow(state.identities());
        assert!(Arc::ptr_eq(&first, &first.follow(&state.identities().clone())));
        let changed = Arc::new(Identities::clone(state.identities()));
        let second = first.follow(&changed);
        assert!(!Arc::ptr_eq(&first, &second));
        let signing = |directory: &Directory| directory.key("AKIA1").unwrap().signing.at_hand.clone();
        assert!(Arc::ptr_eq(&signing(&first), &signing(&second)), "signing keys stay at hand");
    }
}
