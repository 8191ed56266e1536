//! The policies of somebody, each with where it comes from.

use std::sync::Arc;

use tidegate_domain::Account;
use tidegate_domain::identity::{Holder, Identities, Role, User};
use tidegate_policy::{Decision, Policy, Request, evaluate};

/// What a document that cannot be read is taken for: whoever has it gets nothing.
const DENY_ALL: &str = r#"{"Statement":[{"Sid":"Unreadable","Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// A policy that somebody has.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The policy's name.
    pub name: Arc<str>,
    /// Who has it: the user itself, a group of the user's, or the role.
    pub holder: Holder,
    /// What it says.
    pub policy: Arc<Policy>,
}

/// The policies of a user, and of its groups.
pub fn grants_of_user(identities: &Identities, user: &User) -> Vec<Grant> {
    let mut grants = Vec::new();
    push(&mut grants, identities, &user.account, &user.policies, || Holder::User(user.name.clone()));
    for name in &user.groups {
        if let Some(group) = identities.group(&user.account, name) {
            push(&mut grants, identities, &group.account, &group.policies, || Holder::Group(name.clone()));
        }
    }
    grants
}

/// The policies of a role.
pub fn grants_of_role(identities: &Identities, role: &Role) -> Vec<Grant> {
    let mut grants = Vec::new();
    push(&mut grants, identities, &role.account, &role.policies, || Holder::Role(role.name.clone()));
    grants
}

/// Answers one question, and says which policy and which of its statements decide.
pub fn decide<'g>(grants: &'g [Grant], request: &Request<'_>) -> (Decision, Option<&'g Grant>) {
    let decision = evaluate(grants.iter().map(|grant| &*grant.policy), request);
    let grant = match decision {
        Decision::Allow(place) | Decision::ExplicitDeny(place) => grants.get(place.policy),
        Decision::ImplicitDeny => None,
    };
    (decision, grant)
}

fn push(
    grants: &mut Vec<Grant>,
    identities: &Identities,
    account: &Account,
    names: &[String],
    holder: impl Fn() -> Holder,
) {
    for name in names {
        // One that is gone grants nothing, and cannot be: it is not deleted while somebody has it.
        let document = identities.document(account, name).unwrap_or(DENY_ALL);
        let policy = Policy::parse(document).unwrap_or_else(|error| {
            tracing::error!(policy = name, %error, "a policy cannot be read; those who have it are let in nowhere");
            Policy::parse(DENY_ALL).expect("the document is one")
        });
        grants.push(Grant { name: name.as_str().into(), holder: holder(), policy: Arc::new(policy) });
    }
}
