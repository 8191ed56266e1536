//! What of a request and its answer may be written down: what the interface table names, without contents and secrets.
//!
//! Only members that the model knows are shown, so that a secret in a wrong place is left out with the rest. Hidden is
//! what the model calls sensitive, every blob, validators, tokens, the overrides and attribute values of experiments
//! (parts of what is served), and the query and user of addresses.

use bytes::Bytes;
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use tidegate_model::{Location, Member, Operation, Shape, ShapeKind, Structure};
use tidegate_wire::Failure;

/// What stands where something is not shown; CloudTrail's words.
pub const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Characters of a text that are shown.
pub(super) const MAX_CHARS: usize = 1_024;
/// Items of a list or map that are shown.
const MAX_ITEMS: usize = 100;
/// Bytes of a whole object as JSON.
const MAX_BYTES: usize = 64 * 1_024;
/// Members that are hidden although the model does not call them sensitive.
const HIDDEN_MEMBERS: &[&str] = &["Validators", "TreatmentOverrides", "AttributeValues"];
/// Operations whose refusals may quote contents, or what outside validators say of them.
const QUOTING: &[&str] = &[
    "CreateHostedConfigurationVersion",
    "StartDeployment",
    "ValidateConfiguration",
    "CreateExperimentDefinition",
    "UpdateExperimentDefinition",
    "StartExperimentRun",
    "UpdateExperimentRun",
    "StopExperimentRun",
];

/// A request for a known operation, as it came in.
pub(super) struct Parts<'a> {
    pub(super) labels: &'a [(&'static str, &'a str)],
    pub(super) query: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// What is shown of a request, and the texts that are not.
pub(super) struct Shown {
    pub(super) parameters: Value,
    secrets: Vec<String>,
}

/// Shows a request, be it well formed or not.
pub(super) fn request(operation: &Operation, parts: &Parts<'_>) -> Shown {
    let mut secrets = Vec::new();
    let has_json = operation.input.payload.is_none();
    let body: Value = if has_json { serde_json::from_slice(parts.body).unwrap_or_default() } else { Value::Null };
    let shown = structure(operation.input, &mut secrets, |member| match member.location {
        Location::Body if has_json => body.get(member.name).cloned(),
        // Of a payload nothing but its being there is told.
        Location::Body => (!parts.body.is_empty()).then(|| "".into()),
        Location::Path(name) => {
            let raw = parts.labels.iter().find(|(label, _)| *label == name)?.1;
            Some(of_text(member.shape, percent_decode_str(raw).decode_utf8_lossy().into()))
        }
        Location::Query(name) => from_query(member.shape, name, parts.query?),
        Location::Header(name) => {
            let value = parts.headers.get(name)?;
            Some(of_text(member.shape, String::from_utf8_lossy(value.as_bytes()).into()))
        }
        Location::StatusCode => None,
    });
    Shown { parameters: bounded(shown), secrets }
}

/// Shows an answer.
pub(super) fn response(operation: &Operation, headers: &HeaderMap, body: &Bytes) -> Value {
    let has_json = operation.output.payload.is_none();
    let json: Value = if has_json { serde_json::from_slice(body).unwrap_or_default() } else { Value::Null };
    let shown = structure(operation.output, &mut Vec::new(), |member| match member.location {
        Location::Body if has_json => json.get(member.name).cloned(),
        Location::Body => (!body.is_empty()).then(|| "".into()),
        Location::Header(name) => {
            let value = headers.get(name)?;
            Some(of_text(member.shape, String::from_utf8_lossy(value.as_bytes()).into()))
        }
        Location::Path(_) | Location::Query(_) | Location::StatusCode => None,
    });
    bounded(shown)
}

impl Shown {
    /// What is shown of a refusal's message: not what the request keeps hidden, and nothing that may quote contents.
    pub(super) fn message(&self, operation: &str, failure: &Failure) -> Option<String> {
        let message = failure.message()?;
        let is_of_constraints =
            message.trim_start_matches(|digit: char| digit.is_ascii_digit()).starts_with(" validation error");
        if QUOTING.contains(&operation) && failure.status == 400 && !is_of_constraints {
            return Some(HIDDEN.into());
        }
        let mut message = message.to_owned();
        for secret in &self.secrets {
            message = message.replace(secret.as_str(), HIDDEN);
        }
        Some(shortened(&message))
    }
}

fn structure(
    structure: &Structure,
    secrets: &mut Vec<String>,
    mut value_of: impl FnMut(&Member) -> Option<Value>,
) -> Map<String, Value> {
    let mut shown = Map::new();
    for member in structure.members {
        let Some(found) = value_of(member).filter(|found| !found.is_null()) else { continue };
        let is_hidden = structure.payload == Some(member.name) || is_hidden(member);
        let value = if is_hidden { hide(&found, secrets) } else { value(member.shape, &found, secrets) };
        shown.insert(camel_case(member.name), value);
    }
    shown
}

fn is_hidden(member: &Member) -> bool {
    is_secret(member.shape) || member.name.ends_with("Token") || HIDDEN_MEMBERS.contains(&member.name)
}

fn is_secret(shape: &Shape) -> bool {
    shape.is_sensitive || matches!(shape.kind, ShapeKind::Blob)
}

fn value(shape: &Shape, found: &Value, secrets: &mut Vec<String>) -> Value {
    if is_secret(shape) {
        return hide(found, secrets);
    }
    match (&shape.kind, found) {
        (ShapeKind::String(_) | ShapeKind::Timestamp, Value::String(text)) => text_value(text, secrets).into(),
        (ShapeKind::Integer | ShapeKind::Float | ShapeKind::Timestamp, Value::Number(_))
        | (ShapeKind::Boolean, Value::Bool(_))
        | (_, Value::Null) => found.clone(),
        (ShapeKind::List(item), Value::Array(items)) => {
            items.iter().take(MAX_ITEMS).map(|found| value(item, found, secrets)).collect()
        }
        (ShapeKind::Map(_, item), Value::Object(entries)) => {
            let entries = entries.iter().take(MAX_ITEMS);
            entries.map(|(key, found)| (shortened(key), value(item, found, secrets))).collect::<Map<_, _>>().into()
        }
        (ShapeKind::Structure(it), Value::Object(members)) => {
            structure(it, secrets, |member| members.get(member.name).cloned()).into()
        }
        // Of another type than the model's: nobody knows what it is.
        _ => hide(found, secrets),
    }
}

/// Addresses are shown without what may let somebody in.
fn text_value(text: &str, secrets: &mut Vec<String>) -> String {
    let shown = without_credentials(text);
    if shown != text {
        remember(text, secrets);
    }
    shortened(&shown)
}

/// An `http` or `https` address without user, query and fragment; any other text as it is.
pub fn without_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return text.to_owned();
    }
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (address, hidden) = rest.split_at(end);
    let authority_end = address.find('/').unwrap_or(address.len());
    let (authority, path) = address.split_at(authority_end);
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(_, host)| (HIDDEN, host));
    let at = if user.is_empty() { "" } else { "@" };
    let rest = if hidden.is_empty() { String::new() } else { format!("{}{HIDDEN}", &hidden[..1]) };
    format!("{scheme}://{user}{at}{host}{path}{rest}")
}

fn hide(found: &Value, secrets: &mut Vec<String>) -> Value {
    match found {
        Value::String(text) => remember(text, secrets),
        Value::Array(items) => items.iter().take(MAX_ITEMS).for_each(|item| drop(hide(item, secrets))),
        Value::Object(members) => members.iter().take(MAX_ITEMS).for_each(|(key, item)| {
            remember(key, secrets);
            hide(item, secrets);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    HIDDEN.into()
}

/// Very short texts would be found everywhere.
fn remember(text: &str, secrets: &mut Vec<String>) {
    if text.len() >= 4 {
        secrets.push(text.to_owned());
        // Longest first, so that none is cut apart by one that it holds.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.truncate(MAX_ITEMS);
    }
}

fn from_query(shape: &Shape, name: &str, query: &str) -> Option<Value> {
    let decode = |raw: &str| percent_decode_str(&raw.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').map(|piece| piece.split_once('=').unwrap_or((piece, "")));
    let mut values = pairs.filter(|(key, _)| decode(key) == name).map(|(_, value)| decode(value));
    if matches!(shape.kind, ShapeKind::List(_)) {
        let values: Vec<_> = values.map(Value::from).collect();
        return (!values.is_empty()).then(|| values.into());
    }
    Some(of_text(shape, values.next()?))
}

/// Texts of labels, queries and headers are what their shapes say if they can be.
fn of_text(shape: &Shape, text: String) -> Value {
    let read = match shape.kind {
        ShapeKind::Integer => text.parse::<i64>().ok().map(Value::from),
        ShapeKind::Float => text.parse::<f64>().ok().map(Value::from),
        ShapeKind::Boolean => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    read.unwrap_or_else(|| text.into())
}

pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn bounded(shown: Map<String, Value>) -> Value {
    if shown.is_empty() {
        return Value::Null;
    }
    let shown = Value::Object(shown);
    let is_short = serde_json::to_vec(&shown).is_ok_and(|written| written.len() <= MAX_BYTES);
    if is_short { shown } else { serde_json::json!({"omitted": "too long"}) }
}

fn camel_case(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().into_iter().map(|first| first.to_ascii_lowercase()).chain(chars).collect()
}

#[cfg(test)]
mod tests;
