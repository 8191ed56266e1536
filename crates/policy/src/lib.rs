//! IAM policy documents: reading them, and what they allow.
//!
//! [`Policy::parse`] reads a document strictly; [`evaluate`] says whether policies allow a [`Request`], and which
//! statement decides; [`requirements`] says what an operation of AppConfig has to be allowed, of which resources.
//!
//! Identity policies only: they say what a key or a group may do. There is no `Principal`, no permission boundary and
//! no session policy here, and nothing of `iam:PassRole`: a role's ARN that AppConfig keeps is only text.
//!
//! # As IAM, and where stricter
//!
//! An explicit deny wins; what nothing allows is denied. Actions and condition keys are compared without regard to
//! case, resources and values with it. A document is refused, with the place and the reason, where IAM would take it
//! and then never match, or match by surprise: unknown elements, operators and keys, an element given twice, variables
//! without `"Version": "2012-10-17"`, a key with several values without `ForAllValues:` or `ForAnyValue:`, an operator on
//! a key of another type. Actions of other services are taken, and match nothing.
//!
//! # Time
//!
//! Documents and patterns are bounded, and matching is linear in the text, whatever the wildcards.
//! [`Policy::is_steady`] says whether an answer can be kept.

mod actions;
mod arn;
mod condition;
mod context;
mod evaluate;
#[doc(hidden)]
pub mod fuzz;
mod json;
mod parse;
mod pattern;

pub use actions::{ACTIONS, Access, Action, Requirement, Touches, action, requirements};
pub use arn::{Identifiers, Realm, ResourceType};
pub use context::{Context, Principal, Request};
pub use evaluate::{Decision, Place, evaluate, evaluate_all};
pub use parse::{Effect, MAX_POLICY_BYTES, Policy, PolicyError, Statement};
