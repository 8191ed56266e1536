//! Values and requests made from the shapes: minimal, maximal, and one violation of each constraint.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use tidegate_model::{Location, Member, Operation, Shape, ShapeKind, Structure};
use tidegate_wire::{Failure, Request};

/// How much of what is optional a sample has.
#[derive(Clone, Copy, PartialEq)]
pub enum Extent {
    /// Only what the model requires.
    Minimal,
    /// Every member; lists and maps have an entry.
    Maximal,
}

/// The members of a valid structure by name.
pub fn structure(structure: &Structure, extent: Extent) -> Map<String, Value> {
    let members = structure.members.iter().filter(|member| member.required || extent == Extent::Maximal);
    let members = members.map(|member| (member.name.to_owned(), value(member.shape, extent)));
    if structure.is_union {
        let first = &structure.members[0];
        return Map::from_iter([(first.name.to_owned(), value(first.shape, extent))]);
    }
    members.collect()
}

/// A valid value.
pub fn value(shape: &Shape, extent: Extent) -> Value {
    let min = shape.min.unwrap_or_default();
    let count = if extent == Extent::Maximal { (min as usize).max(1) } else { min as usize };
    match &shape.kind {
        ShapeKind::String(_) => text(shape, 0).into(),
        ShapeKind::Integer => json!(min as i32),
        ShapeKind::Float => json!(min),
        ShapeKind::Boolean => json!(true),
        ShapeKind::Timestamp => json!("2027-02-03T04:05:06.789Z"),
        ShapeKind::Blob => Value::Null,
        // A query cannot say an empty list.
        ShapeKind::List(item) => list(item, count.max(1)),
        ShapeKind::Map(key, item) => map(key, item, count),
        ShapeKind::Structure(it) => structure(it, extent).into(),
    }
}

fn list(item: &Shape, count: usize) -> Value {
    vec![value(item, Extent::Maximal); count].into()
}

fn map(key: &Shape, item: &Shape, count: usize) -> Value {
    (0..count).map(|index| (text(key, index), value(item, Extent::Maximal))).collect::<Map<_, _>>().into()
}

/// A valid text; another one for every index.
fn text(shape: &Shape, index: usize) -> String {
    if let ShapeKind::String(values @ [_, ..]) = shape.kind {
        return values[index % values.len()].to_owned();
    }
    match shape.pattern {
        Some(pattern) => good_and_bad(pattern).0.replace('#', &index.to_string()).replace('~', "#"),
        None => format!("x{index:0>width$}", width = shape.min.map_or(1, |min| min as usize).max(2) - 1),
    }
}

/// A text that matches a pattern, `#` standing for a number (and `~` for `#`), and one that does not.
fn good_and_bad(pattern: &str) -> (&'static str, &'static str) {
    match pattern {
        ".*[^0-9].*" => ("v#", "4711"),
        "[a-z0-9]{4,7}" => ("abcd#", "No-Id"),
        "^[a-zA-Z0-9]{1,8}" => ("arm#", "left arm"),
        r"^([^#\n]{1,96})#([^\/#\n]{1,64})$" => ("point#~name", "pointless"),
        r"^[^\/#:\n]{1,64}$" => ("extension #", "a:b"),
        "^[a-z][a-zA-Z0-9_-]{1,64}" => ("flag#", "Flag"),
        r"^(?!AWS\.).{1,64}$" => ("name#", "AWS.name"),
        r"(^[a-z0-9]{4,7}$|^AppConfig\.[A-Za-z0-9]{9,40}$)" => ("AppConfig.AllAtOnce#", "AppConfig.No"),
        r"^[a-zA-Z0-9\.\-]+" => ("AWS.Freeform", "AWS Freeform"),
        "(?!enabled$)[a-z][a-zA-Z0-9_-]{0,63}" => ("attribute#", "enabled"),
        r"\S{1,8192}" => ("token#", "to ken"),
        arn if arn.contains("role[/]") => ("arn:aws:iam::123456789012:role/reader#", "arn:aws:iam::1:role/reader"),
        arn if arn.starts_with("arn:") => {
            ("arn:aws:appconfig:eu-north-1:123456789012:application/abcd#", "arn:aws:appconfig:Europe::application/x")
        }
        other => panic!("add a text that matches {other} and one that does not"),
    }
}

/// A value that keeps to the type and breaks one thing, and the words for it.
pub type Violation = (Value, String);

/// One violation of every constraint of a shape and of all its parts.
pub fn violations(shape: &Shape) -> Vec<Violation> {
    let mut all = own_violations(shape);
    match &shape.kind {
        ShapeKind::List(item) => {
            all.push((json!([null]), "Member must not be null".to_owned()));
            all.extend(violations(item).into_iter().map(|(value, words)| (json!([value]), words)));
        }
        ShapeKind::Map(key, item) => {
            let entry = |key: String, value: Value| Value::Object(Map::from_iter([(key, value)]));
            for (bad, words) in own_violations(key) {
                let bad = bad.as_str().expect("keys are strings").to_owned();
                all.push((entry(bad, value(item, Extent::Minimal)), words));
            }
            all.push((entry(text(key, 0), Value::Null), "Member must not be null".to_owned()));
            all.extend(violations(item).into_iter().map(|(value, words)| (entry(text(key, 0), value), words)));
        }
        ShapeKind::Structure(it) => {
            for member in it.members {
                all.extend(member_violations(it, member).into_iter().map(|(object, words)| (object.into(), words)));
            }
        }
        _ => {}
    }
    all
}

/// One violation of every constraint of a member within its structure.
pub fn member_violations(within: &Structure, member: &Member) -> Vec<(Map<String, Value>, String)> {
    let mut base = structure(within, Extent::Maximal);
    if within.is_union {
        base.clear();
    }
    let mut all = Vec::new();
    if member.required {
        let mut object = base.clone();
        object.remove(member.name);
        all.push((object, "Member must not be null".to_owned()));
    }
    for (value, words) in violations(member.shape) {
        let mut object = base.clone();
        object.insert(member.name.to_owned(), value);
        all.push((object, words));
    }
    all
}

fn own_violations(shape: &Shape) -> Vec<Violation> {
    let mut all = Vec::new();
    let is_number = matches!(shape.kind, ShapeKind::Integer | ShapeKind::Float);
    let subject = if is_number { "value" } else { "length" };
    let fraction = if matches!(shape.kind, ShapeKind::Float) { ".0" } else { "" };
    if let Some(max) = shape.max {
        let words = format!("Member must have {subject} less than or equal to {max}{fraction}");
        all.push((with_size(shape, max + 1.0), words));
    }
    if let Some(min) = shape.min
        && (is_number || min > 0.0)
    {
        let words = format!("Member must have {subject} greater than or equal to {min}{fraction}");
        all.push((with_size(shape, min - 1.0), words));
    }
    if let Some(pattern) = shape.pattern {
        let words = format!("Member must satisfy regular expression pattern: {pattern}");
        all.push((good_and_bad(pattern).1.into(), words));
    }
    if let ShapeKind::String(values @ [_, ..]) = shape.kind {
        let words = format!("Member must satisfy enum value set: [{}]", values.join(", "));
        all.push(("NONE_OF_THESE".into(), words));
    }
    all
}

fn with_size(shape: &Shape, size: f64) -> Value {
    match &shape.kind {
        ShapeKind::Integer => json!(size as i32),
        ShapeKind::Float => json!(size),
        ShapeKind::List(item) => list(item, size as usize),
        ShapeKind::Map(key, item) => map(key, item, size as usize),
        _ => "x".repeat(size as usize).into(),
    }
}

/// A request as its parts.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    pub labels: Vec<(&'static str, String)>,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Parts {
    /// Puts an object's members where the operation has them; a payload is a few bytes, if the object names it.
    pub fn of(operation: &'static Operation, object: &Map<String, Value>) -> Self {
        let mut parts = Self::default();
        let mut body = Map::new();
        for member in operation.input.members {
            let Some(value) = object.get(member.name) else {
                continue;
            };
            match member.location {
                Location::Body if operation.input.payload == Some(member.name) => parts.body = "on".into(),
                Location::Body => {
                    body.insert(member.name.to_owned(), value.clone());
                }
                Location::Path(name) => parts.labels.push((name, encode(&as_text(value)))),
                Location::Query(name) => match value {
                    Value::Array(items) => items.iter().for_each(|item| parts.push_query(name, &as_text(item))),
                    value => parts.push_query(name, &as_text(value)),
                },
                Location::Header(name) => parts.push_header(name, &as_text(value)),
                Location::StatusCode => unreachable!("no request has a status"),
            }
        }
        if !body.is_empty() {
            parts.body = Value::Object(body).to_string().into();
        }
        parts
    }

    pub fn push_query(&mut self, name: &str, value: &str) {
        let and = if self.query.is_empty() { "" } else { "&" };
        self.query += &format!("{and}{name}={}", encode(value));
    }

    pub fn push_header(&mut self, name: &str, value: &str) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("the table has valid header names");
        self.headers.append(name, HeaderValue::from_str(value).expect("samples in headers are ASCII"));
    }

    /// Gives the request to `bind`.
    pub fn give_to<T>(&self, bind: impl FnOnce(&Request<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let labels: Vec<_> = self.labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let query = if self.query.is_empty() { None } else { Some(self.query.as_str()) };
        bind(&Request { labels: &labels, query, headers: &self.headers, body: self.body.clone() })
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
