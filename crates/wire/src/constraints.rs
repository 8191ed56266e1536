//! Constraints: `required`, lengths, values, patterns and enumerations, and the words in which AWS refuses them.

use std::fmt;

use serde_json::{Map, Value};
use tidegate_model::{Member, Shape, ShapeKind, Structure};

use crate::path::Path;
use crate::violation::Violations;
use crate::{Failure, pattern};

/// Judges a settled structure, and the raw body where a member is the payload; every violation is named.
pub(crate) fn judge(structure: &Structure, object: &Map<String, Value>, body: &[u8]) -> Result<(), Failure> {
    let mut judge = Judge { path: Path::default(), violations: Violations::default() };
    for member in structure.members {
        let is_payload = structure.payload == Some(member.name);
        if !is_payload || body.is_empty() {
            judge.member(member, object.get(member.name), false);
        }
    }
    judge.violations.into_result()
}

/// One thing that a shape asks of a value.
enum Constraint {
    NotNull,
    MaxLength(f64),
    MinLength(f64),
    MaxValue(f64, &'static str),
    MinValue(f64, &'static str),
    Pattern(&'static str),
    OneOf(&'static [&'static str]),
}

impl Constraint {
    /// All that a shape asks of its own value, in the order in which AWS lists them; not what its parts ask.
    fn of(shape: &Shape) -> impl Iterator<Item = Self> {
        let [max, min] = match shape.kind {
            // Whole bounds of a floating-point shape are written `1.0`.
            ShapeKind::Float => {
                [shape.max.map(|n| Self::MaxValue(n, ".0")), shape.min.map(|n| Self::MinValue(n, ".0"))]
            }
            ShapeKind::Integer => [shape.max.map(|n| Self::MaxValue(n, "")), shape.min.map(|n| Self::MinValue(n, ""))],
            _ => [shape.max.map(Self::MaxLength), shape.min.map(Self::MinLength)],
        };
        let one_of = match shape.kind {
            ShapeKind::String(values) if !values.is_empty() => Some(Self::OneOf(values)),
            _ => None,
        };
        [max, min, shape.pattern.map(Self::Pattern), one_of].into_iter().flatten()
    }

    /// Says whether a value of the shape's type keeps to it. Lengths are in characters (Unicode scalar values, as
    /// Smithy defines them; Java's own count differs beyond the basic plane), items or entries.
    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::NotNull, value) => !value.is_null(),
            (Self::MaxLength(max), value) => length(value) <= *max,
            (Self::MinLength(min), value) => length(value) >= *min,
            (Self::MaxValue(max, _), Value::Number(number)) => number.as_f64().is_some_and(|number| number <= *max),
            (Self::MinValue(min, _), Value::Number(number)) => number.as_f64().is_some_and(|number| number >= *min),
            (Self::Pattern(pattern), Value::String(text)) => pattern::is_match(pattern, text),
            (Self::OneOf(values), Value::String(text)) => values.contains(&text.as_str()),
            _ => false,
        }
    }
}

fn length(value: &Value) -> f64 {
    let length = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(entries) => entries.len(),
        _ => 0,
    };
    length as f64
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNull => write!(f, "Member must not be null"),
            Self::MaxLength(max) => {
                write!(f, "Member must have length less than or equal to {max}")
            }
            Self::MinLength(min) => {
                write!(f, "Member must have length greater than or equal to {min}")
            }
            Self::MaxValue(max, fraction) => write!(f, "Member must have value less than or equal to {max}{fraction}"),
            Self::MinValue(min, fraction) => {
                write!(f, "Member must have value greater than or equal to {min}{fraction}")
            }
            Self::Pattern(pattern) => write!(f, "Member must satisfy regular expression pattern: {pattern}"),
            Self::OneOf(values) => write!(f, "Member must satisfy enum value set: [{}]", values.join(", ")),
        }
    }
}

struct Judge {
    path: Path,
    violations: Violations,
}

impl Judge {
    /// Judges a member. `is_hidden`: something around it is sensitive, and so is it.
    fn member(&mut self, member: &Member, value: Option<&Value>, is_hidden: bool) {
        let mark = self.path.push_member(member.name);
        let shape = member.shape;
        let is_hidden = is_hidden || shape.is_sensitive;
        match value {
            Some(value) => {
                for constraint in Constraint::of(shape).filter(|constraint| !constraint.holds(value)) {
                    self.violate(shape, value, is_hidden, &constraint);
                }
                self.parts(shape, value, is_hidden);
            }
            None if member.required => self.violate(shape, &Value::Null, is_hidden, &Constraint::NotNull),
            None => {}
        }
        self.path.pop(mark);
    }

    /// Judges what a value consists of. What a container asks of its keys, values and items is reported at the
    /// container, as AWS does it, with everything that they have to satisfy; what their members break, in its place.
    fn parts(&mut self, shape: &Shape, value: &Value, is_hidden: bool) {
        match (&shape.kind, value) {
            (ShapeKind::List(item), Value::Array(items)) => {
                if let Some(list) = asked_of_each(item, items.iter()) {
                    self.violate(shape, value, is_hidden, &format_args!("Member must satisfy constraint: {list}"));
                }
                for (index, part) in items.iter().enumerate() {
                    let mark = self.path.push_item(index);
                    self.parts(item, part, is_hidden || item.is_sensitive);
                    self.path.pop(mark);
                }
            }
            (ShapeKind::Map(key, item), Value::Object(entries)) => {
                let keys: Vec<_> = entries.keys().map(|key| Value::from(key.as_str())).collect();
                if let Some(list) = asked_of_each(key, keys.iter()) {
                    self.violate(shape, value, is_hidden, &format_args!("Map keys must satisfy constraint: {list}"));
                }
                if let Some(list) = asked_of_each(item, entries.values()) {
                    self.violate(shape, value, is_hidden, &format_args!("Map value must satisfy constraint: {list}"));
                }
                for (name, part) in entries {
                    let mark = self.path.push_entry(shape, name);
                    self.parts(item, part, is_hidden || item.is_sensitive);
                    self.path.pop(mark);
                }
            }
            (ShapeKind::Structure(structure), Value::Object(object)) => {
                for member in structure.members {
                    self.member(member, object.get(member.name), is_hidden);
                }
            }
            _ => {}
        }
    }

    fn violate(&mut self, shape: &Shape, value: &Value, is_hidden: bool, constraint: &dyn fmt::Display) {
        let shown = if is_hidden { None } else { Some((shape, value)) };
        self.violations.add(self.path.as_str(), shown, constraint);
    }
}

/// All that a container's parts have to satisfy, if one of them does not.
fn asked_of_each<'v>(part: &Shape, mut values: impl Iterator<Item = &'v Value>) -> Option<String> {
    let constraints: Vec<_> = Constraint::of(part).chain([Constraint::NotNull]).collect();
    if values.all(|value| constraints.iter().all(|constraint| constraint.holds(value))) {
        return None;
    }
    let listed: Vec<_> = constraints.iter().map(Constraint::to_string).collect();
    Some(format!("[{}]", listed.join(", ")))
}
