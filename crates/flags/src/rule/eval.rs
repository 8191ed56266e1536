//! Whether a rule is true for a caller. No parsing of rules, and no allocation outside of the regex engine's caches.
//!
//! Context values are texts, as they came in a header. What AWS leaves open is decided so:
//!
//! * A test of a context value that is missing is false, `ne` included. `not` turns that into true: say
//!   `(and (exists key::"k") (not …))` where absence should not count.
//! * The literal's type says how the text is read; a text that cannot be read so is unequal to every literal: all
//!   comparisons, `ne` excepted, are false. Numbers: decimal or exponent form, finite; `"070"`, `"70"` and `"7e1"` equal
//!   70. Booleans: exactly `true` and `false`, which have no order. Times: W3C date-times; what is left out of a date
//!   is the earliest, UTC. Texts: bytes, case counts, and their order is that of the bytes.
//! * Two context values compare as numbers if both are, else as texts.
//! * `in` is `eq` with any member. `begins_with`, `ends_with` and `contains` compare bytes. `matches` finds the pattern
//!   anywhere in the text unless it is anchored.
//! * A context value as a condition is true if it reads `true`.
//! * `exists` is true for an empty value. `$entityId` is the caller's entity id.
//! * `split` is explained in [`crate::hash`]; it is false if its value is missing.

use std::cmp::Ordering;

use super::compile::{Node, Subject};
use super::{Comparison, Literal, Number, TextTest};
use crate::evaluate::Context;
use crate::{hash, time};

impl Node {
    pub(super) fn is_true(&self, context: &Context<'_>) -> bool {
        match self {
            Self::Truth(Subject::Context(key)) => context.get(key) == Some("true"),
            Self::Truth(Subject::Literal(literal)) => *literal == Literal::Boolean(true),
            Self::And(conditions) => conditions.iter().all(|condition| condition.is_true(context)),
            Self::Or(conditions) => conditions.iter().any(|condition| condition.is_true(context)),
            Self::Not(condition) => !condition.is_true(context),
            Self::Compare(comparison, subject, literal) => compare(*comparison, subject, literal, context),
            Self::CompareSubjects(comparison, left, right) => match (left.text(context), right.text(context)) {
                (Some(left), Some(right)) => comparison.admits(order_texts(left, right)),
                _ => false,
            },
            Self::Text(test, text, part) => match (text.text(context), part.text(context)) {
                (Some(text), Some(part)) => match test {
                    TextTest::BeginsWith => text.starts_with(part),
                    TextTest::EndsWith => text.ends_with(part),
                    TextTest::Contains => text.contains(part),
                },
                _ => false,
            },
            Self::InTexts(subject, texts) => subject
                .text(context)
                .is_some_and(|value| texts.binary_search_by(|text| text.as_ref().cmp(value)).is_ok()),
            Self::In(subject, literals) => {
                literals.iter().any(|literal| compare(Comparison::Eq, subject, literal, context))
            }
            Self::Matches(subject, regex) => subject.text(context).is_some_and(|text| regex.is_match(text)),
            Self::Exists(key) => context.get(key).is_some(),
            Self::Split { by, pct, seeded } => {
                by.text(context).is_some_and(|value| hash::is_within(seeded.position(value), *pct))
            }
        }
    }
}

impl Subject {
    fn text<'a>(&'a self, context: &Context<'a>) -> Option<&'a str> {
        match self {
            Self::Context(key) => context.get(key),
            Self::Literal(Literal::Text(text)) => Some(text),
            Self::Literal(_) => None,
        }
    }
}

fn compare(comparison: Comparison, subject: &Subject, literal: &Literal, context: &Context<'_>) -> bool {
    match subject {
        Subject::Literal(subject) => compare_literals(comparison, subject, literal),
        Subject::Context(key) => {
            context.get(key).is_some_and(|text| comparison.admits_of(order(text, literal), literal))
        }
    }
}

/// Compares two constants. Constants of different types are unequal.
pub(crate) fn compare_literals(comparison: Comparison, left: &Literal, right: &Literal) -> bool {
    let order = match (left, right) {
        (Literal::Text(left), Literal::Text(right)) => Some(left.cmp(right)),
        (Literal::Number(left), Literal::Number(right)) => left.order(*right),
        (Literal::Boolean(left), Literal::Boolean(right)) => Some(left.cmp(right)),
        (Literal::Time(left), Literal::Time(right)) => Some(left.cmp(right)),
        _ => None,
    };
    comparison.admits_of(order, right)
}

/// How a context value stands to a literal; none if it cannot be read as the literal's type.
fn order(text: &str, literal: &Literal) -> Option<Ordering> {
    match literal {
        Literal::Text(literal) => Some(text.cmp(literal.as_str())),
        Literal::Number(literal) => Number::of_text(text)?.order(*literal),
        Literal::Boolean(literal) => match text {
            "true" => Some(true.cmp(literal)),
            "false" => Some(false.cmp(literal)),
            _ => None,
        },
        Literal::Time(literal) => Some(time::instant(text)?.cmp(literal)),
    }
}

fn order_texts(left: &str, right: &str) -> Option<Ordering> {
    match (Number::of_text(left), Number::of_text(right)) {
        (Some(left), Some(right)) => left.order(right),
        _ => Some(left.cmp(right)),
    }
}

impl Comparison {
    fn admits_of(self, order: Option<Ordering>, literal: &Literal) -> bool {
        match (self, literal) {
            (Self::Eq | Self::Ne, _) | (_, Literal::Text(_) | Literal::Number(_) | Literal::Time(_)) => {
                self.admits(order)
            }
            (_, Literal::Boolean(_)) => false,
        }
    }

    fn admits(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Eq => order == Some(Ordering::Equal),
            Self::Ne => order != Some(Ordering::Equal),
            Self::Gt => order == Some(Ordering::Greater),
            Self::Gte => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Lt => order == Some(Ordering::Less),
            Self::Lte => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

impl Number {
    fn order(self, other: Self) -> Option<Ordering> {
        match (self.integer, other.integer) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => self.float.partial_cmp(&other.float),
        }
    }
}
