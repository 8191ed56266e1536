//! Reading any of the three forms back into flags that can be asked.
//!
//! The authoring form must be a stored document. The retrieval forms may come from anybody who wrote files for AWS's
//! agent: text Ion, comments and trailing commas included. Binary Ion as AWS sends it refers to two symbol tables that
//! AWS has not published; the names that are known are filled in (see [`shared`]).

mod shared;

use std::collections::HashMap;
use std::fmt;

use ion_rs::{Element, Sequence, Value as IonValue};
use serde_json::Value;

use crate::document::{FlagValue, Variant};
use crate::evaluate::{CompiledFlag, CompiledVariant, Content, FlagSet, Reason};
use crate::rule::{self, Expression, Fault, FaultReason, Patterns, parse};
use crate::{json, limits, normalise, render};

/// A document that no flags can be read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It has more bytes than [`limits::DOCUMENT_BYTES`].
    TooLarge,
    /// It is not a stored authoring document.
    NotAuthoring,
    /// It is not a JSON object of flags.
    NotRetrieval(String),
    /// It is not Ion, or not Ion 1.0.
    NotIon(String),
    /// It is nested too deeply.
    TooDeep,
    /// A flag's Ion has not the shape of a flag.
    NotAFlag {
        /// Its key, if it has one.
        flag: String,
        /// What is wrong.
        message: &'static str,
    },
    /// A rule cannot be read.
    Rule {
        /// The flag that has it.
        flag: String,
        /// What is wrong.
        fault: Fault,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(formatter, "the document has more than {} bytes", limits::DOCUMENT_BYTES),
            Self::NotAuthoring => formatter.write_str("the document is not a stored feature-flag document"),
            Self::NotRetrieval(message) => write!(formatter, "the document is not a JSON object of flags: {message}"),
            Self::NotIon(message) => write!(formatter, "the document is not Ion: {message}"),
            Self::TooDeep => write!(formatter, "the document is nested more than {} levels deep", limits::ION_DEPTH),
            Self::NotAFlag { flag, message } => write!(formatter, "flag '{flag}': {message}"),
            Self::Rule { flag, fault } => write!(formatter, "flag '{flag}': a rule cannot be read: {fault}"),
        }
    }
}

impl std::error::Error for Unreadable {}

impl FlagSet {
    /// Reads a stored authoring document.
    ///
    /// # Errors
    /// It is not one.
    pub fn from_authoring(content: &[u8]) -> Result<Self, Unreadable> {
        let document = normalise::stored(content).ok_or(Unreadable::NotAuthoring)?;
        let mut patterns = Patterns::default();
        let mut flags = HashMap::with_capacity(document.values.len());
        for (key, value) in &document.values {
            flags.insert(key.as_str().into(), flag_of_value(key, value, &mut patterns)?);
        }
        Ok(Self::new(flags))
    }

    /// Reads the JSON retrieval form: an object of flags.
    ///
    /// # Errors
    /// It is not one.
    pub fn from_retrieval_json(content: &[u8]) -> Result<Self, Unreadable> {
        if content.len() > limits::DOCUMENT_BYTES {
            return Err(Unreadable::TooLarge);
        }
        let not_retrieval = |error: serde_json::Error| Unreadable::NotRetrieval(error.to_string());
        let members: serde_json::Map<String, Value> = serde_json::from_slice(content).map_err(not_retrieval)?;
        let mut flags = HashMap::with_capacity(members.len());
        for (key, value) in &members {
            let default = content_of_json(key, value)?;
            flags.insert(key.as_str().into(), CompiledFlag { variants: Box::default(), default });
        }
        Ok(Self::new(flags))
    }

    /// Reads the Ion retrieval form, binary or text.
    ///
    /// # Errors
    /// It is not one.
    pub fn from_ion(content: &[u8]) -> Result<Self, Unreadable> {
        if content.len() > limits::DOCUMENT_BYTES {
            return Err(Unreadable::TooLarge);
        }
        let mut patterns = Patterns::default();
        let mut flags = HashMap::new();
        for element in &elements(content)? {
            let key = element.annotations().first().unwrap_or_default();
            if key.is_empty() {
                return Err(not_a_flag(key, "a flag is annotated with its key"));
            }
            flags.insert(key.into(), flag_of_ion(key, element, &mut patterns)?);
        }
        Ok(Self::new(flags))
    }
}

fn elements(content: &[u8]) -> Result<Sequence, Unreadable> {
    let not_ion = |error| Unreadable::NotIon(parse::explain(&error).0);
    if content.starts_with(&[0xe0]) {
        let named = shared::named(content);
        let content = named.as_deref().unwrap_or(content);
        return match shared::binary_depth(content) {
            Some(depth) if depth <= limits::ION_DEPTH => Element::read_all(content).map_err(not_ion),
            Some(_) => Err(Unreadable::TooDeep),
            None => Err(Unreadable::NotIon("not Ion: a length leads out of its container".into())),
        };
    }
    // The reader panics at text that is not UTF-8 in some places, and at huge symbol ids.
    let text = std::str::from_utf8(content).map_err(|_| Unreadable::NotIon("not Ion: the text is not UTF-8".into()))?;
    let shape = parse::text_shape(content);
    if shape.has_huge_symbol_id {
        return Err(Unreadable::NotIon("not Ion: a symbol id is out of range".into()));
    }
    if shape.depth > limits::ION_DEPTH {
        return Err(Unreadable::TooDeep);
    }
    Element::read_all(text).map_err(not_ion)
}

fn flag_of_value(key: &str, value: &FlagValue, patterns: &mut Patterns) -> Result<CompiledFlag, Unreadable> {
    let Some((default, ruled)) = value.variants.split_last() else {
        let json = render::basic_content(value).into();
        let default = Content { json, variant: None, enabled: value.enabled.unwrap_or(false) };
        return Ok(CompiledFlag { variants: Box::default(), default });
    };
    let mut variants = Vec::new();
    for variant in ruled {
        let rule = variant.rule.as_deref().unwrap_or("");
        let expression = rule::check(rule, patterns).map_err(|faults| bad_rule(key, faults))?;
        variants.push(compiled(key, &expression, content_of_variant(variant), patterns)?);
    }
    Ok(CompiledFlag { variants: variants.into(), default: content_of_variant(default) })
}

fn content_of_variant(variant: &Variant) -> Content {
    Content {
        json: render::content(Some(&variant.name), variant.enabled, &variant.attributes).into(),
        variant: Some(variant.name.as_str().into()),
        enabled: variant.enabled,
    }
}

fn flag_of_ion(key: &str, element: &Element, patterns: &mut Patterns) -> Result<CompiledFlag, Unreadable> {
    let items = match element.value() {
        IonValue::String(text) => {
            let default = content_of_text(key, text.text())?;
            return Ok(CompiledFlag { variants: Box::default(), default });
        }
        IonValue::List(items) => items,
        _ => return Err(not_a_flag(key, "a flag is a text, or a list of variants")),
    };
    let items: Vec<&Element> = items.iter().collect();
    let Some((default, ruled)) = items.split_last() else {
        return Err(not_a_flag(key, "a list of variants ends with the default one"));
    };
    let mut variants = Vec::new();
    for variant in ruled {
        let pair: Vec<&Element> = variant.as_list().map(|pair| pair.iter().collect()).unwrap_or_default();
        let [rule, content] = pair[..] else {
            return Err(not_a_flag(key, "a variant is a list of a rule and a text"));
        };
        let content = text_of(key, content)?;
        let expression = rule::check_element(rule, patterns).map_err(|faults| bad_rule(key, faults))?;
        variants.push(compiled(key, &expression, content, patterns)?);
    }
    Ok(CompiledFlag { variants: variants.into(), default: text_of(key, default)? })
}

fn compiled(
    key: &str,
    expression: &Expression,
    content: Content,
    patterns: &mut Patterns,
) -> Result<CompiledVariant, Unreadable> {
    let rule = rule::compile(expression, key, patterns).map_err(|fault| bad_rule(key, vec![fault]))?;
    let reason = if expression.has_split() { Reason::Split } else { Reason::Targeting };
    Ok(CompiledVariant { rule, reason, content })
}

fn text_of(key: &str, element: &Element) -> Result<Content, Unreadable> {
    match element.as_string() {
        Some(text) => content_of_text(key, text),
        None => Err(not_a_flag(key, "what a variant is set to is a text with JSON in it")),
    }
}

fn content_of_text(key: &str, text: &str) -> Result<Content, Unreadable> {
    let value = serde_json::from_str(text).map_err(|_| not_a_flag(key, "the text is not JSON"))?;
    content_of_json(key, &value)
}

fn content_of_json(key: &str, value: &Value) -> Result<Content, Unreadable> {
    let Value::Object(members) = value else {
        return Err(not_a_flag(key, "a flag is set to a JSON object"));
    };
    Ok(Content {
        json: json::value_text(value).into_bytes().into(),
        variant: members.get("_variant").and_then(Value::as_str).map(Into::into),
        enabled: members.get("enabled").and_then(Value::as_bool).unwrap_or(false),
    })
}

fn not_a_flag(key: &str, message: &'static str) -> Unreadable {
    Unreadable::NotAFlag { flag: key.to_owned(), message }
}

fn bad_rule(key: &str, faults: Vec<Fault>) -> Unreadable {
    let nothing = || Fault {
        path: String::new(),
        reason: FaultReason::NotAnExpression,
        message: "not an expression".into(),
        position: None,
    };
    let fault = faults.into_iter().next().unwrap_or_else(nothing);
    Unreadable::Rule { flag: key.to_owned(), fault }
}
