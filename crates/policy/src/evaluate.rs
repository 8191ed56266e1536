//! What policies say about a request.

use crate::context::Request;
use crate::parse::{Effect, Policy, Statement};

/// A statement of a policy, by where it stands among those that were asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 0, in the order in which the policies were given.
    pub policy: usize,
    /// From 0, in the order of the document.
    pub statement: usize,
}

/// An answer, and the statement that decides it: the first of those that would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and none denies it.
    Allow(Place),
    /// A statement denies it.
    ExplicitDeny(Place),
    /// No statement allows it.
    ImplicitDeny,
}

impl Decision {
    /// Whether the answer is yes.
    pub fn is_allowed(self) -> bool {
        matches!(self, Self::Allow(_))
    }
}

/// Answers one question.
pub fn evaluate<'p>(policies: impl IntoIterator<Item = &'p Policy>, request: &Request<'_>) -> Decision {
    let lower_action = request.action.to_ascii_lowercase();
    let mut decision = Decision::ImplicitDeny;
    for (policy, statements) in policies.into_iter().enumerate() {
        for (statement, rule) in statements.statements.iter().enumerate() {
            let is_needed = rule.effect == Effect::Deny || decision == Decision::ImplicitDeny;
            if !is_needed || !rule.applies(&lower_action, request) {
                continue;
            }
            let place = Place { policy, statement };
            match rule.effect {
                Effect::Deny => return Decision::ExplicitDeny(place),
                Effect::Allow => decision = Decision::Allow(place),
            }
        }
    }
    decision
}

/// Answers several questions that have to be allowed together: the index of the first that is not, and why; or none.
pub fn evaluate_all<'p, 'r, 'c: 'r>(
    policies: impl IntoIterator<Item = &'p Policy> + Clone,
    requests: impl IntoIterator<Item = &'r Request<'c>>,
) -> Option<(usize, Decision)> {
    let decisions = requests.into_iter().map(|request| evaluate(policies.clone(), request));
    decisions.enumerate().find(|(_, decision)| !decision.is_allowed())
}

impl Statement {
    fn applies(&self, lower_action: &str, request: &Request<'_>) -> bool {
        let is_action = self.actions.any_of.iter().any(|pattern| pattern.matches(lower_action));
        is_action != self.actions.is_negated
            && self.covers(request)
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(request).unwrap_or(self.when_unresolved(condition.is_negated())))
    }

    fn covers(&self, request: &Request<'_>) -> bool {
        let mut is_unresolved = false;
        for pattern in &self.resources.any_of {
            match pattern.matches(request.resource, Some(request)) {
                Some(true) => return !self.resources.is_negated,
                Some(false) => {}
                None => is_unresolved = true,
            }
        }
        if is_unresolved { self.when_unresolved(self.resources.is_negated) } else { self.resources.is_negated }
    }

    /// What counts where a variable has no value: it matches nothing. Nothing is allowed because of that.
    fn when_unresolved(&self, is_negated: bool) -> bool {
        is_negated && self.effect == Effect::Deny
    }
}
