//! The authoring document as types, and its reading from JSON.
//!
//! Reading drops what the service drops (unknown members, nulls, empty texts) and coerces what it coerces (`enabled`
//! as Go's `strconv.ParseBool`). Members of the wrong JSON type become details; what is right is read nevertheless, so
//! that an author learns of everything at once.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::details::{Details, Refused};
use crate::{json, limits, time};

/// Definitions of flags and their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// What flags there are.
    pub flags: BTreeMap<String, Flag>,
    /// What they are set to. A value without a definition is allowed.
    pub values: BTreeMap<String, FlagValue>,
}

/// A flag's definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flag {
    /// For people.
    pub name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Whether it is going to be removed.
    pub deprecation: Option<Deprecation>,
    /// What may be set beside `enabled`.
    pub attributes: BTreeMap<String, Attribute>,
    /// RFC 3339; set by the service.
    pub created_at: Option<String>,
    /// RFC 3339; set by the service.
    pub updated_at: Option<String>,
}

/// A flag's `_deprecation`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deprecation {
    /// `planned`.
    pub status: Option<String>,
    /// When.
    pub date: Option<String>,
}

/// An attribute's definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribute {
    /// For people.
    pub description: Option<String>,
    /// What it may be; without, any value.
    pub constraints: Option<Constraints>,
}

/// What an attribute, or an element of an array, may be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// Its type.
    pub kind: Option<Type>,
    /// Whether it must be set.
    pub required: Option<bool>,
    /// The least number.
    pub minimum: Option<Number>,
    /// The greatest number.
    pub maximum: Option<Number>,
    /// The allowed strings; none means all.
    pub members: Vec<String>,
    /// A regular expression that is found in the string.
    pub pattern: Option<String>,
    /// What an array's elements may be.
    pub elements: Option<Box<Constraints>>,
}

/// A type of attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A text.
    String,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// Texts, or numbers.
    Array,
}

impl Type {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
        }
    }
}

/// What a flag is set to: one value, or variants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlagValue {
    /// Whether it is on. None beside variants, and in the stored form of `_variants: []`.
    pub enabled: Option<bool>,
    /// Its attributes. Empty beside variants.
    pub attributes: BTreeMap<String, Value>,
    /// Its variants in the order in which they are tried.
    pub variants: Vec<Variant>,
    /// RFC 3339; set by the service.
    pub created_at: Option<String>,
    /// RFC 3339; set by the service.
    pub updated_at: Option<String>,
}

/// One of several values, chosen by its rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// Its name, unique in the flag.
    pub name: String,
    /// Whether the flag is on for those who get it.
    pub enabled: bool,
    /// Who gets it; the last variant has none and is for everybody else.
    pub rule: Option<String>,
    /// Its attributes.
    pub attributes: BTreeMap<String, Value>,
}

/// Reads a document's JSON.
///
/// # Errors
/// Not JSON, too large, or not an object.
pub(crate) fn json_of(content: &[u8]) -> Result<Map<String, Value>, Refused> {
    if content.len() > limits::DOCUMENT_BYTES {
        return Err(Refused::TooLarge { size: content.len() });
    }
    match serde_json::from_slice(content) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) | Err(_) => Err(Refused::Malformed),
    }
}

/// Reads a document.
///
/// # Errors
/// A timestamp that is not RFC 3339. All else becomes details.
pub(crate) fn read(members: &Map<String, Value>, details: &mut Details) -> Result<Document, Refused> {
    match present(members, "version") {
        None => details.not_satisfied("Required", "version", ""),
        Some(Value::String(version)) if version == "1" => {}
        Some(version) => details.not_satisfied("OneOf(1)", "version", json::plain_text(version)),
    }
    let mut document = Document::default();
    for (key, entry) in objects(members, "flags", "flags", details) {
        document.flags.insert(key.clone(), read_flag(key, entry, details)?);
    }
    for (key, entry) in objects(members, "values", "values", details) {
        document.values.insert(key.clone(), read_value(key, entry, details)?);
    }
    Ok(document)
}

fn read_flag(key: &str, entry: &Map<String, Value>, details: &mut Details) -> Result<Flag, Refused> {
    let at = format!("flags.{key}");
    let mut flag = Flag {
        name: text(entry, "name", &at, details),
        description: text(entry, "description", &at, details),
        created_at: timestamp(entry, "_createdAt", &at)?,
        updated_at: timestamp(entry, "_updatedAt", &at)?,
        ..Flag::default()
    };
    if let Some(deprecation) = object(entry, "_deprecation", &at, details) {
        let at = format!("{at}._deprecation");
        let status = text(deprecation, "status", &at, details);
        let date = text(deprecation, "date", &at, details);
        flag.deprecation = (status.is_some() || date.is_some()).then_some(Deprecation { status, date });
    }
    let at = format!("{at}.attributes");
    for (name, attribute) in objects(entry, "attributes", &at, details) {
        let at = format!("{at}.{name}");
        let constraints = object(attribute, "constraints", &at, details)
            .map(|constraints| read_constraints(constraints, &format!("{at}.constraints"), details));
        let description = text(attribute, "description", &at, details);
        flag.attributes.insert(name.clone(), Attribute { description, constraints });
    }
    Ok(flag)
}

fn read_constraints(entry: &Map<String, Value>, at: &str, details: &mut Details) -> Constraints {
    let kind = match present(entry, "type") {
        None => {
            details.not_satisfied("Required", format!("{at}.type"), "");
            None
        }
        Some(value) => match value.as_str() {
            Some("string") => Some(Type::String),
            Some("number") => Some(Type::Number),
            Some("boolean") => Some(Type::Boolean),
            Some("array") => Some(Type::Array),
            _ => {
                let constraint = "OneOf(string, number, boolean, array)";
                details.not_satisfied(constraint, format!("{at}.type"), json::plain_text(value));
                None
            }
        },
    };
    let required = present(entry, "required").and_then(|value| {
        if !value.is_boolean() {
            details.invalid("Type(boolean)", format!("{at}.required"), json::plain_text(value));
        }
        value.as_bool()
    });
    let mut number = |member: &str| match present(entry, member)? {
        Value::Number(number) => Some(number.clone()),
        value => {
            details.invalid("Type(number)", format!("{at}.{member}"), json::plain_text(value));
            None
        }
    };
    let (minimum, maximum) = (number("minimum"), number("maximum"));
    let mut members = Vec::new();
    match present(entry, "enum") {
        None => {}
        Some(Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                match value.as_str() {
                    Some(member) => members.push(member.to_owned()),
                    None => {
                        details.invalid("Type(string)", format!("{at}.enum.{index}"), json::plain_text(value));
                    }
                }
            }
        }
        Some(value) => details.invalid("Type(array)", format!("{at}.enum"), json::plain_text(value)),
    }
    let pattern = text(entry, "pattern", at, details);
    // Elements of elements are no further: the schema knows one level, and what it does not know is dropped.
    let elements = object(entry, "elements", at, details).map(|elements| {
        let elements = elements.iter().filter(|(member, _)| *member != "elements");
        let elements = elements.map(|(member, value)| (member.clone(), value.clone())).collect();
        Box::new(read_constraints(&elements, &format!("{at}.elements"), details))
    });
    Constraints { kind, required, minimum, maximum, members, pattern, elements }
}

fn read_value(key: &str, entry: &Map<String, Value>, details: &mut Details) -> Result<FlagValue, Refused> {
    let at = format!("values.{key}");
    let mut value = FlagValue {
        created_at: timestamp(entry, "_createdAt", &at)?,
        updated_at: timestamp(entry, "_updatedAt", &at)?,
        ..FlagValue::default()
    };
    for (name, attribute) in entry {
        match name.as_str() {
            "_createdAt" | "_updatedAt" | "_variants" | "enabled" => {}
            _ if attribute.is_null() => {}
            _ => {
                value.attributes.insert(name.clone(), attribute.clone());
            }
        }
    }
    value.enabled = enabled(entry, &at, details);
    match present(entry, "_variants") {
        None => value.enabled = value.enabled.or(Some(false)),
        Some(Value::Array(variants)) => {
            for (index, variant) in variants.iter().enumerate() {
                let at = format!("{at}._variants.{index}");
                match variant.as_object() {
                    Some(variant) => value.variants.push(read_variant(variant, &at, details)),
                    None => details.invalid("Type(object)", at, json::plain_text(variant)),
                }
            }
        }
        Some(other) => details.invalid("Type(array)", format!("{at}._variants"), json::plain_text(other)),
    }
    Ok(value)
}

fn read_variant(entry: &Map<String, Value>, at: &str, details: &mut Details) -> Variant {
    let name = text(entry, "name", at, details).unwrap_or_else(|| {
        details.not_satisfied("Required", format!("{at}.name"), "");
        String::new()
    });
    let attributes = object(entry, "attributeValues", at, details).map(|attributes| {
        let attributes = attributes.iter().filter(|(_, value)| !value.is_null());
        attributes.map(|(name, value)| (name.clone(), value.clone())).collect()
    });
    Variant {
        name,
        enabled: enabled(entry, at, details).unwrap_or(false),
        rule: text(entry, "rule", at, details),
        attributes: attributes.unwrap_or_default(),
    }
}

/// `enabled` as the service reads it: a boolean, or a string that `strconv.ParseBool` takes.
fn enabled(entry: &Map<String, Value>, at: &str, details: &mut Details) -> Option<bool> {
    let value = present(entry, "enabled")?;
    let enabled = match value {
        Value::Bool(enabled) => Some(*enabled),
        Value::String(text) => match text.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        },
        _ => None,
    };
    if enabled.is_none() {
        details.invalid("AttributeType(boolean)", format!("{at}.enabled"), json::plain_text(value));
    }
    enabled
}

fn present<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn text(members: &Map<String, Value>, name: &str, at: &str, details: &mut Details) -> Option<String> {
    match present(members, name)? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        value => {
            details.invalid("Type(string)", format!("{at}.{name}"), json::plain_text(value));
            None
        }
    }
}

fn timestamp(members: &Map<String, Value>, name: &str, at: &str) -> Result<Option<String>, Refused> {
    let Some(value) = present(members, name) else { return Ok(None) };
    match value.as_str().and_then(time::rfc3339) {
        Some(text) => Ok(Some(text)),
        None => Err(Refused::BadTimestamp {
            location: format!("{at}.{name}"),
            value: crate::details::shortened(json::plain_text(value)),
        }),
    }
}

fn object<'a>(
    members: &'a Map<String, Value>,
    name: &str,
    at: &str,
    details: &mut Details,
) -> Option<&'a Map<String, Value>> {
    let value = present(members, name)?;
    if !value.is_object() {
        details.invalid("Type(object)", format!("{at}.{name}"), json::plain_text(value));
    }
    value.as_object()
}

/// The members of an object of objects. A null stands for an empty object, as in Go.
fn objects<'a>(
    members: &'a Map<String, Value>,
    name: &str,
    at: &str,
    details: &mut Details,
) -> Vec<(&'a String, &'a Map<String, Value>)> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    let mut entries = Vec::new();
    match present(members, name) {
        None => {}
        Some(Value::Object(members)) => {
            for (key, value) in members {
                match value {
                    Value::Object(entry) => entries.push((key, entry)),
                    Value::Null => entries.push((key, &*EMPTY)),
                    _ => details.invalid("Type(object)", format!("{at}.{key}"), json::plain_text(value)),
                }
            }
        }
        Some(value) => details.invalid("Type(object)", at, json::plain_text(value)),
    }
    entries
}
