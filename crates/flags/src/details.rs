//! Why a document is refused, in AWS's words where they are known.
//!
//! Constraints and locations that nobody has recorded from AWS follow the recorded ones by analogy: `Regexp(…)` for
//! keys and names, `MaxLength(n)` and `MaxEntries(n)` for limits, `Type(…)` for members of the wrong JSON type.

use crate::limits;

/// A document that is not stored, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not a JSON object in UTF-8.
    Malformed,
    /// It has more bytes than [`limits::DOCUMENT_BYTES`].
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// `_createdAt` or `_updatedAt` is not an RFC 3339 time. AWS answers this with an empty 500.
    BadTimestamp {
        /// Where it stands, such as `flags.checkout._createdAt`.
        location: String,
        /// What stands there.
        value: String,
    },
    /// It breaks rules of the schema or its own constraints. Never empty.
    Invalid(Vec<Detail>),
}

/// One broken rule: a member of `Details.InvalidConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The rule, such as `OneOf(blue, green)`.
    pub constraint: String,
    /// The place in the document, such as `values.checkout.color`.
    pub location: String,
    /// Its `Type`.
    pub kind: DetailKind,
    /// What stands there; shortened when long.
    pub value: String,
    /// More about a bad rule, such as `UnknownSymbol`.
    pub reason: Option<String>,
}

/// The `Type` of a [`Detail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailKind {
    /// The value is of the right kind and breaks a rule.
    NotSatisfied,
    /// The value cannot be what it must be.
    Invalid,
}

impl DetailKind {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSatisfied => "NotSatisfied",
            Self::Invalid => "Invalid",
        }
    }
}

impl Refused {
    /// What to tell the caller. The first and the last are AWS's, recorded; the others are ours.
    pub fn message(&self) -> String {
        let text = match self {
            Self::Malformed => "Malformed 'Content' provided".to_owned(),
            Self::TooLarge { size } => {
                format!("'Content' has {size} bytes, more than {}", limits::DOCUMENT_BYTES)
            }
            Self::BadTimestamp { location, value } => {
                format!("'{location}' is not an RFC 3339 timestamp: {value}")
            }
            Self::Invalid(_) => "Invalid 'Content' data".to_owned(),
        };
        format!("Error invoking extension AppConfig Feature Flags Helper: {text}")
    }
}

/// Collects details up to [`limits::DETAILS`].
#[derive(Default)]
pub(crate) struct Details(pub Vec<Detail>);

impl Details {
    pub fn is_full(&self) -> bool {
        self.0.len() >= limits::DETAILS
    }

    pub fn not_satisfied(
        &mut self,
        constraint: impl Into<String>,
        location: impl Into<String>,
        value: impl Into<String>,
    ) {
        self.push(constraint.into(), location.into(), DetailKind::NotSatisfied, value.into(), None);
    }

    pub fn invalid(&mut self, constraint: impl Into<String>, location: impl Into<String>, value: impl Into<String>) {
        self.push(constraint.into(), location.into(), DetailKind::Invalid, value.into(), None);
    }

    pub fn bad_rule(&mut self, location: String, rule: &str, reason: &str) {
        let value = rule.to_owned();
        self.push("RuleIsValid".into(), location, DetailKind::NotSatisfied, value, Some(reason.to_owned()));
    }

    fn push(&mut self, constraint: String, location: String, kind: DetailKind, value: String, reason: Option<String>) {
        if !self.is_full() {
            let (constraint, value) = (shortened(constraint), shortened(value));
            self.0.push(Detail { constraint, location, kind, value, reason });
        }
    }
}

/// A text of at most [`limits::DETAIL_VALUE_BYTES`], ending with `...` if it was longer.
pub(crate) fn shortened(mut text: String) -> String {
    if text.len() > limits::DETAIL_VALUE_BYTES {
        let end = text.floor_char_boundary(limits::DETAIL_VALUE_BYTES - 3);
        text.truncate(end);
        text.push_str("...");
    }
    text
}
