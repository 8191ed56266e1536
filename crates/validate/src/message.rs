//! The texts of refusals: what AWS's begin with, and the Java library's sentences for what does not match.
//!
//! A text never holds more of the caller's schema and document than these sentences show, and never more than some KiB.

use std::fmt::Write;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use crate::syntax::{SyntaxError, type_name};
use crate::unique;

/// Most bytes of the schema that a text repeats.
const SCHEMA_BYTES: usize = 2048;
/// Most bytes of one value or name that a text repeats.
const VALUE_BYTES: usize = 128;
/// Most failures, and most elements of a list.
const MOST: usize = 10;
/// Most bytes after the prefix.
const REASON_BYTES: usize = 4096;

/// What every text begins with.
pub(crate) fn prefix(schema: &str) -> String {
    let shown = cut_at(schema, SCHEMA_BYTES);
    format!("Could not build JSON schema from invalid input:\n {shown}.\n Original error message:\n")
}

/// The reason of a check that could not be made.
pub(crate) fn fatal(message: &str) -> String {
    format!("fatal: {message}\n    level: \"fatal\"\n")
}

/// The reason of a schema that is none.
pub(crate) fn invalid_schema(errors: &[SyntaxError]) -> String {
    let mut out = "fatal: invalid JSON Schema, cannot continue\nSyntax errors:\n[ ".to_owned();
    let mut shown = 0;
    for error in errors.iter().take(MOST) {
        if shown > 0 {
            out.push_str(", ");
        }
        error.print(&mut out);
        shown += 1;
        if out.len() > REASON_BYTES - 1024 {
            break;
        }
    }
    out.push_str(" ]\n");
    if errors.len() > shown {
        let _ = writeln!(out, "    and {} more", errors.len() - shown);
    }
    out.push_str("    level: \"fatal\"\n");
    out
}

/// The reason of a document whose failures are too many to collect.
pub(crate) fn unexplained() -> String {
    "[message: \"instance does not match the schema, in too many ways to list\" - parent node: ]".to_owned()
}

/// The reason of a document that does not match.
pub(crate) fn failures(errors: &mut dyn Iterator<Item = ValidationError<'_>>, schema: &Value) -> String {
    let mut failures: Vec<Failure<'_>> = Vec::new();
    let mut more = 0;
    for error in errors {
        let missing = missing(&error, schema);
        // The library reports each missing property, Java all of one object together.
        if let Some(Missing { by: new_by, names: new }) = &missing
            && let Some(Failure { error: last, missing: Some(Missing { by, names }) }) = failures.last_mut()
            && last.instance_path() == error.instance_path()
            && last.schema_path() == error.schema_path()
            && by == new_by
        {
            names.extend(new.iter().cloned());
        } else if failures.len() < MOST {
            failures.push(Failure { error, missing });
        } else {
            more += 1;
        }
    }
    let mut out = "[".to_owned();
    for (index, Failure { error, missing }) in failures.iter().enumerate() {
        let before = if index == 0 { "" } else { ", " };
        let message = missing.as_ref().map_or_else(|| describe(error), Missing::describe);
        let pointer = error.instance_path().to_string();
        let line = format!("{before}message: \"{message}\" - parent node: {}", cut_at(&pointer, 2 * VALUE_BYTES));
        if out.len() + line.len() > REASON_BYTES {
            more += failures.len() - index;
            break;
        }
        out.push_str(&line);
    }
    if more > 0 {
        let _ = write!(out, ", and {more} more");
    }
    out.push(']');
    out
}

struct Failure<'e> {
    error: ValidationError<'e>,
    missing: Option<Missing>,
}

/// Properties that an object lacks.
struct Missing {
    /// The property whose presence asks for them, and all that it asks for.
    by: Option<(String, Vec<String>)>,
    names: Vec<String>,
}

impl Missing {
    fn describe(&self) -> String {
        let missing = sorted(&self.names);
        match &self.by {
            None => format!("object has missing required properties ({missing})"),
            Some((name, required)) => {
                let (name, required) = (quote(name), sorted(required));
                format!(
                    "property {name} of object has missing property dependencies (schema requires {required}; missing: {missing})"
                )
            }
        }
    }
}

fn missing(error: &ValidationError<'_>, schema: &Value) -> Option<Missing> {
    let ValidationErrorKind::Required { property } = error.kind() else { return None };
    let place = error.schema_path().to_string();
    let by = if place.ends_with("/dependencies") || place.ends_with("/dependentRequired") {
        let present = |name: &String| error.instance().get(name).is_some();
        let dependencies = schema.pointer(&place).and_then(Value::as_object).into_iter().flatten();
        dependencies
            .filter_map(|(name, names)| Some((name, names.as_array()?)))
            .find(|(name, names)| present(name) && names.contains(property))
            .map(|(name, names)| (name.clone(), names.iter().map(text).collect()))
    } else {
        None
    };
    Some(Missing { by, names: vec![text(property)] })
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The Java library's sentence for a failure.
pub(crate) fn describe(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as Kind;

    let instance = error.instance().as_ref();
    let shown = || cut(&instance.to_string());
    let string = || quote(instance.as_str().unwrap_or_default());
    let count = || match instance {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    };
    match error.kind() {
        Kind::AdditionalItems { limit } => {
            format!("schema only allows {limit} elements in array but instance has {} elements", count())
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let names = sorted(unexpected);
            format!("object instance has properties which are not allowed by the schema: {names}")
        }
        Kind::UnevaluatedItems { unexpected } => {
            format!("array has {} elements which are not allowed by the schema", unexpected.len())
        }
        Kind::AnyOf { context } => {
            format!("instance failed to match at least one required schema among {}", context.len())
        }
        Kind::OneOfNotValid { context } => {
            format!("instance failed to match exactly one schema (matched 0 out of {})", context.len())
        }
        Kind::OneOfMultipleValid { context } => {
            let matched = context.iter().filter(|errors| errors.is_empty()).count();
            format!("instance failed to match exactly one schema (matched {matched} out of {})", context.len())
        }
        Kind::Not { .. } => "instance matched a schema which it should not have".to_owned(),
        Kind::Constant { expected_value } => {
            let expected = cut(&expected_value.to_string());
            format!("instance value ({}) is not the required constant (expected: {expected})", shown())
        }
        Kind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            format!("instance value ({}) not found in enum (possible values: {})", shown(), values(options))
        }
        Kind::Contains => "array does not contain an element that matches the required schema".to_owned(),
        Kind::FalseSchema => "the schema allows no value here".to_owned(),
        Kind::Minimum { limit } => {
            format!("numeric instance is lower than the required minimum (minimum: {limit}, found: {})", shown())
        }
        Kind::Maximum { limit } => {
            format!("numeric instance is greater than the required maximum (maximum: {limit}, found: {})", shown())
        }
        Kind::ExclusiveMinimum { limit } => {
            format!("numeric instance is not strictly greater than the required minimum {limit}")
        }
        Kind::ExclusiveMaximum { limit } => {
            format!("numeric instance is not strictly lower than the required maximum {limit}")
        }
        Kind::MultipleOf { multiple_of } => {
            format!("remainder of division is not zero ({} / {multiple_of})", shown())
        }
        Kind::MinLength { limit } => {
            format!("string {} is too short (length: {}, required minimum: {limit})", string(), count())
        }
        Kind::MaxLength { limit } => {
            format!("string {} is too long (length: {}, maximum allowed: {limit})", string(), count())
        }
        Kind::MinItems { limit } => {
            format!("array is too short: must have at least {limit} elements but instance has {} elements", count())
        }
        Kind::MaxItems { limit } => {
            format!("array is too long: must have at most {limit} elements but instance has {} elements", count())
        }
        Kind::MinProperties { limit } => {
            format!("object has too few properties (found {} but schema requires at least {limit})", count())
        }
        Kind::MaxProperties { limit } => {
            format!("object has too many properties (found {} but schema requires at most {limit})", count())
        }
        Kind::UniqueItems => unique::MESSAGE.to_owned(),
        Kind::Pattern { pattern } => {
            format!("ECMA 262 regex {} does not match input string {}", quote(pattern), string())
        }
        Kind::Format { format } => wrong_format(format, &string()),
        Kind::PropertyNames { error } => format!("property name {}: {}", shown_name(error), describe(error)),
        Kind::Required { property } => Missing { by: None, names: vec![text(property)] }.describe(),
        Kind::Type { kind } => {
            let mut allowed: Vec<&str> = match kind {
                TypeKind::Single(one) => vec![one.as_str()],
                TypeKind::Multiple(set) => set.iter().map(|one| one.as_str()).collect(),
            };
            // Java counts integers among the numbers, and says so.
            if allowed.contains(&"number") && !allowed.contains(&"integer") {
                allowed.push("integer");
            }
            allowed.sort_unstable();
            let found = type_name(instance);
            format!("instance type ({found}) does not match any allowed primitive type (allowed: {})", list(&allowed))
        }
        Kind::Custom { message, .. } => message.clone(),
        Kind::ContentEncoding { content_encoding } => {
            format!("string is not encoded as {}", quote(content_encoding))
        }
        Kind::ContentMediaType { content_media_type } => {
            format!("string is not of the media type {}", quote(content_media_type))
        }
        Kind::FromUtf8 { .. } => "encoded string is not UTF-8".to_owned(),
        Kind::Referencing(_) => "JSON Reference cannot be resolved".to_owned(),
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            "regular expression could not be matched".to_owned()
        }
    }
}

fn shown_name(error: &ValidationError<'_>) -> String {
    quote(error.instance().as_str().unwrap_or_default())
}

fn wrong_format(format: &str, string: &str) -> String {
    let what = match format {
        "date-time" => {
            return format!(
                "string {string} is invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{{1,12}}Z]"
            );
        }
        "email" => "email address",
        "hostname" => "hostname",
        "ipv4" => "IPv4 address",
        "ipv6" => "IPv6 address",
        "regex" => "ECMA 262 regular expression",
        "uri" => "URI",
        "json-pointer" => "JSON Pointer",
        "uri-template" => "URI template",
        "uuid" => "UUID",
        other => return format!("string {string} is not a valid {}", cut(other)),
    };
    format!("string {string} is not a valid {what}")
}

fn sorted(names: &[String]) -> String {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    list(&names)
}

/// Names as a JSON array.
pub(crate) fn list(names: &[&str]) -> String {
    joined(names.iter().map(|name| quote(name)), names.len())
}

fn values(values: &[Value]) -> String {
    joined(values.iter().map(|value| cut(&value.to_string())), values.len())
}

fn joined(parts: impl Iterator<Item = String>, count: usize) -> String {
    let mut parts: Vec<String> = parts.take(MOST).collect();
    if count > MOST {
        parts.push(format!("… ({} more)", count - MOST));
    }
    format!("[{}]", parts.join(","))
}

/// A string in quotes, as JSON writes it, cut where it is long.
pub(crate) fn quote(text: &str) -> String {
    Value::String(cut(text)).to_string()
}

pub(crate) fn cut(text: &str) -> String {
    cut_at(text, VALUE_BYTES)
}

fn cut_at(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let shown = &text[..text.floor_char_boundary(most)];
    format!("{shown}… ({} more bytes)", text.len() - shown.len())
}
