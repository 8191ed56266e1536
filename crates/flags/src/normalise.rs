//! What becomes of a document that an author sends: refused, or brought into the form in which it is stored.
//!
//! The stored form is minified with sorted keys. Every entry carries `_createdAt` and `_updatedAt`, compared with the
//! latest version only: an entry that is not there is new, even if an earlier version had it. A document whose stored
//! form equals the latest version's is that version again.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check;
use crate::details::{Details, Refused};
use crate::document::{self, Constraints, Document, Flag, FlagValue, Variant};
use crate::json::{self, ObjectWriter};
use crate::rule::Patterns;
use crate::time;

/// A document in its stored form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Its JSON.
    pub content: Vec<u8>,
    /// Whether the latest version has exactly this content, so that no new one is needed.
    pub is_same_as_latest: bool,
}

/// Checks a document and brings it into its stored form. `latest` is the stored form of the latest version.
///
/// # Errors
/// See [`Refused`].
pub fn admit(content: &[u8], latest: Option<&[u8]>, now_ms: i64) -> Result<Admitted, Refused> {
    let now = time::text_of_ms(now_ms);
    let mut details = Details::default();
    let mut document = document::read(&document::json_of(content)?, &mut details)?;
    check::check(&document, &now, &mut Patterns::default(), &mut details);
    if !details.0.is_empty() {
        return Err(Refused::Invalid(details.0));
    }
    let previous = latest.and_then(stored).unwrap_or_default();
    for (key, flag) in &mut document.flags {
        let previous = previous.flags.get(key);
        let is_same = previous.is_some_and(|previous| untimed_flag(previous) == untimed_flag(flag));
        let times = previous.map(|previous| (&previous.created_at, &previous.updated_at));
        stamp(&mut flag.created_at, &mut flag.updated_at, times, is_same, &now);
    }
    for (key, value) in &mut document.values {
        let previous = previous.values.get(key);
        let is_same = previous.is_some_and(|previous| untimed_value(previous) == untimed_value(value));
        let times = previous.map(|previous| (&previous.created_at, &previous.updated_at));
        stamp(&mut value.created_at, &mut value.updated_at, times, is_same, &now);
    }
    let content = written(&document);
    Ok(Admitted { is_same_as_latest: latest == Some(&content), content })
}

/// Reads a stored document; none if it is not one. Unlike an author's, its entries may be without `enabled`.
pub(crate) fn stored(content: &[u8]) -> Option<Document> {
    let members = document::json_of(content).ok()?;
    let mut details = Details::default();
    let mut document = document::read(&members, &mut details).ok()?;
    let entries = members.get("values").and_then(Value::as_object);
    for (key, value) in &mut document.values {
        let entry = entries.and_then(|entries| entries.get(key)).and_then(Value::as_object);
        if entry.is_some_and(|entry| !entry.contains_key("enabled")) {
            value.enabled = None;
        }
    }
    details.0.is_empty().then_some(document)
}

/// A definition as it is written but for its times: `5.0` and `5` are the same.
fn untimed_flag(flag: &Flag) -> Vec<u8> {
    let mut out = Vec::new();
    write_flag(&mut out, &Flag { created_at: None, updated_at: None, ..flag.clone() });
    out
}

/// See [`untimed_flag`].
fn untimed_value(value: &FlagValue) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(&mut out, &FlagValue { created_at: None, updated_at: None, ..value.clone() });
    out
}

type Times<'a> = (&'a Option<String>, &'a Option<String>);

fn stamp(
    created_at: &mut Option<String>,
    updated_at: &mut Option<String>,
    previous: Option<Times<'_>>,
    is_same: bool,
    now: &str,
) {
    let (previous_created, previous_updated) = previous.unwrap_or((&None, &None));
    *created_at = created_at.take().or_else(|| previous_created.clone()).or_else(|| Some(now.to_owned()));
    *updated_at = previous_updated.clone().filter(|_| is_same).or_else(|| Some(now.to_owned()));
}

/// A document's stored form.
pub(crate) fn written(document: &Document) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = ObjectWriter::begin(&mut out);
    if !document.flags.is_empty() {
        let mut flags = ObjectWriter::begin(object.member("flags"));
        for (key, flag) in &document.flags {
            write_flag(flags.member(key), flag);
        }
        flags.end();
    }
    if !document.values.is_empty() {
        let mut values = ObjectWriter::begin(object.member("values"));
        for (key, value) in &document.values {
            write_value(values.member(key), value);
        }
        values.end();
    }
    object.string("version", "1");
    object.end();
    out
}

fn write_flag(out: &mut Vec<u8>, flag: &Flag) {
    let mut object = ObjectWriter::begin(out);
    write_text(&mut object, "_createdAt", flag.created_at.as_deref());
    if let Some(deprecation) = &flag.deprecation {
        let mut member = ObjectWriter::begin(object.member("_deprecation"));
        write_text(&mut member, "date", deprecation.date.as_deref());
        write_text(&mut member, "status", deprecation.status.as_deref());
        member.end();
    }
    write_text(&mut object, "_updatedAt", flag.updated_at.as_deref());
    if !flag.attributes.is_empty() {
        let mut attributes = ObjectWriter::begin(object.member("attributes"));
        for (name, attribute) in &flag.attributes {
            let mut member = ObjectWriter::begin(attributes.member(name));
            if let Some(constraints) = &attribute.constraints {
                write_constraints(member.member("constraints"), constraints);
            }
            write_text(&mut member, "description", attribute.description.as_deref());
            member.end();
        }
        attributes.end();
    }
    write_text(&mut object, "description", flag.description.as_deref());
    write_text(&mut object, "name", flag.name.as_deref());
    object.end();
}

fn write_constraints(out: &mut Vec<u8>, constraints: &Constraints) {
    let mut object = ObjectWriter::begin(out);
    if let Some(elements) = &constraints.elements {
        write_constraints(object.member("elements"), elements);
    }
    if !constraints.members.is_empty() {
        let members = constraints.members.iter().cloned().map(Value::String).collect();
        json::write_value(object.member("enum"), &Value::Array(members));
    }
    if let Some(maximum) = &constraints.maximum {
        json::write_value(object.member("maximum"), &Value::Number(maximum.clone()));
    }
    if let Some(minimum) = &constraints.minimum {
        json::write_value(object.member("minimum"), &Value::Number(minimum.clone()));
    }
    write_text(&mut object, "pattern", constraints.pattern.as_deref());
    if let Some(required) = constraints.required {
        object.boolean("required", required);
    }
    write_text(&mut object, "type", constraints.kind.map(document::Type::as_str));
    object.end();
}

fn write_value(out: &mut Vec<u8>, value: &FlagValue) {
    let mut object = ObjectWriter::begin(out);
    write_text(&mut object, "_createdAt", value.created_at.as_deref());
    write_text(&mut object, "_updatedAt", value.updated_at.as_deref());
    if !value.variants.is_empty() {
        let variants = object.member("_variants");
        variants.push(b'[');
        for (index, variant) in value.variants.iter().enumerate() {
            if index > 0 {
                variants.push(b',');
            }
            write_variant(variants, variant);
        }
        variants.push(b']');
    }
    write_enabled_and_attributes(&mut object, value.enabled, &value.attributes);
    object.end();
}

fn write_variant(out: &mut Vec<u8>, variant: &Variant) {
    let mut object = ObjectWriter::begin(out);
    if !variant.attributes.is_empty() {
        let mut attributes = ObjectWriter::begin(object.member("attributeValues"));
        for (name, value) in &variant.attributes {
            json::write_value(attributes.member(name), value);
        }
        attributes.end();
    }
    object.boolean("enabled", variant.enabled);
    object.string("name", &variant.name);
    write_text(&mut object, "rule", variant.rule.as_deref());
    object.end();
}

/// Writes attributes with `enabled` in its place among them.
pub(crate) fn write_enabled_and_attributes(
    object: &mut ObjectWriter<'_>,
    enabled: Option<bool>,
    attributes: &BTreeMap<String, Value>,
) {
    let (before, after): (Vec<_>, Vec<_>) = attributes.iter().partition(|(name, _)| name.as_str() < "enabled");
    for (name, value) in before {
        json::write_value(object.member(name), value);
    }
    if let Some(enabled) = enabled {
        object.boolean("enabled", enabled);
    }
    for (name, value) in after {
        json::write_value(object.member(name), value);
    }
}

fn write_text(object: &mut ObjectWriter<'_>, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        object.string(key, text);
    }
}
