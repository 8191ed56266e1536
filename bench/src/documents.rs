//! Documents of feature flags to evaluate, and the callers who ask. Also a part of `tests/allocations.rs`.

use std::fmt::Write;

use tidegate_flags::{Context, Evaluation, FlagSet, Reason};

/// The five rules of a flag: comparisons, a suffix, a split, a pattern, and a list.
const RULES: [&str; 5] = [
    r#"(and (eq $tier "gold") (gte $age 18))"#,
    r#"(ends_with $email "@tidegate.example")"#,
    r#"(split by::$userId pct::10 seed::"rollout")"#,
    r#"(matches in::$email pattern::"^qa-.*@example")"#,
    r#"(and (in $country ["CZ", "SK", "PL"]) (not (lt $age 65)))"#,
];

/// Writes an authoring document: plain flags with even numbers, and flags with five rules with odd ones.
pub fn document(flags: usize) -> String {
    let mut variants = String::new();
    for (index, rule) in RULES.iter().enumerate() {
        let rule = rule.replace('"', "\\\"");
        let _ = write!(variants, r#"{{"name":"v{}","enabled":true,"rule":"{rule}"}},"#, index + 1);
    }
    let values = (0..flags).map(|number| match number % 2 {
        0 => format!(r#""{}":{{"enabled":true}}"#, key(number)),
        _ => format!(r#""{}":{{"_variants":[{variants}{{"name":"rest","enabled":false}}]}}"#, key(number)),
    });
    format!(r#"{{"version":"1","values":{{{}}}}}"#, Vec::from_iter(values).join(","))
}

/// The key of a flag; those with odd numbers have rules.
pub fn key(number: usize) -> String {
    format!("flag{number:05}")
}

/// Users of whom the split takes one and leaves the other.
pub struct Users {
    inside: String,
    outside: String,
}

/// A kind of flag and of caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Case {
    Plain,
    First,
    Split,
    Last,
    None,
}

impl Case {
    pub const ALL: [Self; 5] = [Self::Plain, Self::First, Self::Split, Self::Last, Self::None];

    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain flag",
            Self::First => "five rules, the first is true",
            Self::Split => "five rules, the third is true: a split",
            Self::Last => "five rules, the last is true",
            Self::None => "five rules, none is true",
        }
    }

    /// Whether the flag's number is odd.
    pub fn has_rules(self) -> bool {
        self != Self::Plain
    }

    /// Who asks. Every caller brings as many values.
    pub fn context(self, users: &Users) -> Context<'_> {
        let tier = if self == Self::First { "gold" } else { "platinum" };
        let age = if self == Self::Last { "70" } else { "41" };
        let user = if self == Self::Split { &users.inside } else { &users.outside };
        let values = [("tier", tier), ("country", "CZ"), ("age", age), ("email", "somebody@example.org")];
        let context = values.into_iter().fold(Context::new(), |context, (key, value)| context.with(key, value));
        context.with("userId", user).with_entity_id(user)
    }

    /// Whether this is what the caller should get.
    pub fn is_answered_by(self, evaluation: &Evaluation<'_>) -> bool {
        let expected = match self {
            Self::Plain => (None, Reason::Static),
            Self::First => (Some("v1"), Reason::Targeting),
            Self::Split => (Some("v3"), Reason::Split),
            Self::Last => (Some("v5"), Reason::Targeting),
            Self::None => (Some("rest"), Reason::Default),
        };
        (evaluation.variant, evaluation.reason) == expected
    }
}

impl Users {
    /// Finds two such users by trying.
    pub fn find(flags: &FlagSet) -> Self {
        let is_inside = |user: &String| {
            let context = Context::new().with("userId", user);
            flags.evaluate(&key(1), &context).is_some_and(|evaluation| evaluation.reason == Reason::Split)
        };
        let (inside, outside) = (0..1_000).map(|number| format!("user-{number:04}")).partition::<Vec<_>, _>(is_inside);
        let first = |users: Vec<String>| users.into_iter().next().expect("one of a thousand users");
        Self { inside: first(inside), outside: first(outside) }
    }
}
