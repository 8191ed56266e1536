//! What makes a schema no schema: draft-04's rules, in the words of the Java library that AWS uses.
//!
//! The rules of each keyword stand in one table. Keywords that draft-04 does not know are ignored, as AWS ignores them.
//! For the later drafts the library's own meta-schemas judge, and [`from_library`] words what they find.

use serde_json::{Map, Value, json};

use crate::graph::PatternProblem;
use crate::message::{self, list, quote};

/// One thing that is wrong in a schema.
pub(crate) struct SyntaxError {
    /// Where: a JSON pointer in the schema.
    pub pointer: String,
    pub keyword: Option<String>,
    pub message: String,
    pub found: Option<&'static str>,
    pub expected: Vec<&'static str>,
}

impl SyntaxError {
    fn new(pointer: &str, keyword: &str, message: String) -> Self {
        let (pointer, keyword) = (pointer.to_owned(), Some(keyword.to_owned()));
        Self { pointer, keyword, message, found: None, expected: Vec::new() }
    }

    /// The error as the Java library prints it: a JSON object, its first brace in place.
    pub fn print(&self, out: &mut String) {
        let mut members =
            vec![("level", json!("error")), ("message", json!(self.message)), ("domain", json!("syntax"))];
        members.push(("schema", json!({ "loadingURI": "#", "pointer": message::cut(&self.pointer) })));
        if let Some(keyword) = &self.keyword {
            members.push(("keyword", json!(message::cut(keyword))));
        }
        if let Some(found) = self.found {
            members.push(("found", json!(found)));
        }
        if !self.expected.is_empty() {
            members.push(("expected", json!(self.expected)));
        }
        out.push_str("{\n");
        for (place, (name, value)) in members.iter().enumerate() {
            let comma = if place + 1 < members.len() { "," } else { "" };
            out.push_str(&format!("  \"{name}\" : {}{comma}\n", spaced(value)));
        }
        out.push('}');
    }
}

/// A small value with the Java printer's spaces.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[ {} ]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<_> =
                members.iter().map(|(name, value)| format!("    \"{name}\" : {}", spaced(value))).collect();
            format!("{{\n{}\n  }}", members.join(",\n"))
        }
        value => value.to_string(),
    }
}

/// The Java library's name of a value's type: a number is an integer by how it is written.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(crate) fn not_a_schema(pointer: &str, value: &Value) -> SyntaxError {
    let found = type_name(value);
    SyntaxError {
        pointer: pointer.to_owned(),
        keyword: None,
        message: format!("JSON value is of type {found}, not a JSON Schema (expected an object)"),
        found: Some(found),
        expected: Vec::new(),
    }
}

pub(crate) fn bad_pattern(
    pointer: &str,
    keyword: &str,
    pattern: &str,
    problem: PatternProblem,
    is_name: bool,
) -> SyntaxError {
    let what = if is_name { "property name" } else { "string" };
    let pattern = quote(pattern);
    let message = match problem {
        PatternProblem::Invalid => format!("{what} {pattern} is not a valid ECMA 262 regular expression"),
        PatternProblem::Unsupported => format!(
            "{what} {pattern} uses look-around or a back-reference, which regular expressions here do not support"
        ),
    };
    SyntaxError::new(pointer, keyword, message)
}

/// What draft-04 asks of a keyword's value, its type apart.
enum Rule {
    Any,
    NotEmpty,
    /// An array of one or more strings without repetition.
    Names,
    Values,
    Count,
    Divisor,
    Type,
    PairedWith(&'static str),
    Dependencies,
}

const KEYWORDS: &[(&str, &[&str], Rule)] = &[
    ("$ref", &["string"], Rule::Any),
    ("$schema", &["string"], Rule::Any),
    ("additionalItems", &["boolean", "object"], Rule::Any),
    ("additionalProperties", &["boolean", "object"], Rule::Any),
    ("allOf", &["array"], Rule::NotEmpty),
    ("anyOf", &["array"], Rule::NotEmpty),
    ("definitions", &["object"], Rule::Any),
    ("dependencies", &["object"], Rule::Dependencies),
    ("description", &["string"], Rule::Any),
    ("enum", &["array"], Rule::Values),
    ("exclusiveMaximum", &["boolean"], Rule::PairedWith("maximum")),
    ("exclusiveMinimum", &["boolean"], Rule::PairedWith("minimum")),
    ("format", &["string"], Rule::Any),
    ("id", &["string"], Rule::Any),
    ("items", &["array", "object"], Rule::Any),
    ("maxItems", &["integer"], Rule::Count),
    ("maxLength", &["integer"], Rule::Count),
    ("maxProperties", &["integer"], Rule::Count),
    ("maximum", &["integer", "number"], Rule::Any),
    ("minItems", &["integer"], Rule::Count),
    ("minLength", &["integer"], Rule::Count),
    ("minProperties", &["integer"], Rule::Count),
    ("minimum", &["integer", "number"], Rule::Any),
    ("multipleOf", &["integer", "number"], Rule::Divisor),
    ("not", &["object"], Rule::Any),
    ("oneOf", &["array"], Rule::NotEmpty),
    ("pattern", &["string"], Rule::Any),
    ("patternProperties", &["object"], Rule::Any),
    ("properties", &["object"], Rule::Any),
    ("required", &["array"], Rule::Names),
    ("title", &["string"], Rule::Any),
    ("type", &["array", "string"], Rule::Type),
    ("uniqueItems", &["boolean"], Rule::Any),
];

const TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];

/// What is wrong with a schema's own keywords under draft-04; its subschemas are checked on their own.
pub(crate) fn check(pointer: &str, schema: &Map<String, Value>) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    for (keyword, types, rule) in KEYWORDS {
        let Some(value) = schema.get(*keyword) else { continue };
        let found = type_name(value);
        if !types.contains(&found) {
            let message = format!("value has incorrect type (found {found}, expected one of {})", list(types));
            let mut error = SyntaxError::new(pointer, keyword, message);
            (error.found, error.expected) = (Some(found), types.to_vec());
            errors.push(error);
        } else if let Some(message) = broken(rule, value, schema) {
            errors.push(SyntaxError::new(pointer, keyword, message));
        }
    }
    errors
}

fn broken(rule: &Rule, value: &Value, schema: &Map<String, Value>) -> Option<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let empty = || items.is_empty().then(|| "array must have at least one element".to_owned());
    let repeated =
        || (!crate::unique::are_unique(items)).then(|| "array must not contain duplicate elements".to_owned());
    match rule {
        Rule::Any => None,
        Rule::NotEmpty => empty(),
        Rule::Values => empty().or_else(repeated),
        Rule::Names => empty().or_else(|| wrong_element(items)).or_else(repeated),
        Rule::Count => {
            let number = value.as_i64();
            if number.is_some_and(i64::is_negative) {
                Some("integer value must be positive".to_owned())
            } else if number.is_none_or(|number| number > i64::from(i32::MAX)) {
                Some("integer value is too large".to_owned())
            } else {
                None
            }
        }
        Rule::Divisor => {
            let is_positive = value.as_f64().is_some_and(|number| number > 0.0);
            (!is_positive).then(|| "divisor must be strictly greater than zero".to_owned())
        }
        Rule::PairedWith(other) => (!schema.contains_key(*other))
            .then(|| format!("exclusive{} must be paired with {other}", if *other == "minimum" { "Minimum" } else { "Maximum" })),
        Rule::Type => match value {
            Value::String(name) => wrong_type(name),
            _ => empty()
                .or_else(|| wrong_element(items))
                .or_else(|| items.iter().filter_map(Value::as_str).find_map(wrong_type))
                .or_else(repeated),
        },
        Rule::Dependencies => value.as_object()?.iter().find_map(|(name, value)| match value {
            Value::Object(_) => None,
            Value::Array(names) => broken(&Rule::Names, &Value::Array(names.clone()), schema),
            other => Some(format!(
                "dependency value for property {} has incorrect type (expected one of [\"array\",\"object\"] but found {})",
                quote(name),
                type_name(other)
            )),
        }),
    }
}

fn wrong_type(name: &str) -> Option<String> {
    (!TYPES.contains(&name))
        .then(|| format!("{} is not a valid primitive type (valid values are: {})", quote(name), list(TYPES)))
}

fn wrong_element(items: &[Value]) -> Option<String> {
    let (place, item) = items.iter().enumerate().find(|(_, item)| !item.is_string())?;
    let found = type_name(item);
    Some(format!("array element at index {place} has incorrect type (expected one of [\"string\"] but found {found})"))
}

/// What the library found wrong with a schema of a later draft.
pub(crate) fn from_library(error: &jsonschema::ValidationError<'_>) -> SyntaxError {
    let whole = error.instance_path().to_string();
    let (pointer, keyword) = whole.rsplit_once('/').unwrap_or(("", ""));
    SyntaxError {
        pointer: pointer.to_owned(),
        keyword: (!keyword.is_empty()).then(|| keyword.to_owned()),
        message: message::describe(error),
        found: Some(type_name(error.instance())),
        expected: Vec::new(),
    }
}
