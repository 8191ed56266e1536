//! Whether a document keeps the schema's limits and its own constraints, disabled flags included.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::details::Details;
use crate::document::{Attribute, Constraints, Document, Flag, FlagValue, Type, Variant};
use crate::dump::Dump;
use crate::rule::{self, Patterns};
use crate::{json, limits};

const KEY_PATTERN: &str = r"Regexp(^[a-z][a-zA-Z\d_-]{0,63}$)";
const NAME_PATTERN: &str = r"Regexp(^[^\n]{1,64}$)";

type Attributes = BTreeMap<String, Attribute>;

/// Checks a document. `now` stands where the service prints the time of the attempt.
pub(crate) fn check(document: &Document, now: &str, patterns: &mut Patterns, details: &mut Details) {
    let nothing = Attributes::new();
    for (key, flag) in &document.flags {
        check_flag(key, flag, patterns, details);
    }
    for (key, value) in &document.values {
        let attributes = document.flags.get(key).map_or(&nothing, |flag| &flag.attributes);
        check_value(key, value, attributes, now, patterns, details);
        if details.is_full() {
            return;
        }
    }
}

fn check_flag(key: &str, flag: &Flag, patterns: &mut Patterns, details: &mut Details) {
    let at = format!("flags.{key}");
    check_key(key, &at, details);
    check_name(flag.name.as_deref(), &format!("{at}.name"), details);
    check_length(flag.description.as_deref(), limits::DESCRIPTION_CHARS, &format!("{at}.description"), details);
    if let Some(status) = flag.deprecation.as_ref().and_then(|deprecation| deprecation.status.as_deref())
        && status != "planned"
    {
        details.not_satisfied("OneOf(planned)", format!("{at}._deprecation.status"), status);
    }
    if flag.attributes.len() > limits::ATTRIBUTES {
        let constraint = format!("MaxEntries({})", limits::ATTRIBUTES);
        details.not_satisfied(constraint, format!("{at}.attributes"), flag.attributes.len().to_string());
    }
    for (name, attribute) in &flag.attributes {
        let at = format!("{at}.attributes.{name}");
        check_key(name, &at, details);
        if name == "enabled" {
            details.not_satisfied("NotReserved", at.as_str(), name.as_str());
        }
        check_length(
            attribute.description.as_deref(),
            limits::DESCRIPTION_CHARS,
            &format!("{at}.description"),
            details,
        );
        if let Some(constraints) = &attribute.constraints {
            let at = format!("{at}.constraints");
            check_constraints(constraints, &at, patterns, details);
            if let Some(elements) = &constraints.elements {
                check_constraints(elements, &format!("{at}.elements"), patterns, details);
            }
        }
    }
}

fn check_constraints(constraints: &Constraints, at: &str, patterns: &mut Patterns, details: &mut Details) {
    if constraints.members.len() > limits::ENUM_MEMBERS {
        let constraint = format!("MaxEntries({})", limits::ENUM_MEMBERS);
        details.not_satisfied(constraint, format!("{at}.enum"), constraints.members.len().to_string());
    }
    if let Some(pattern) = &constraints.pattern {
        let at = format!("{at}.pattern");
        check_length(Some(pattern), limits::PATTERN_CHARS, &at, details);
        if let Err(error) = patterns.get(pattern) {
            details.invalid(format!("RegexpIsValid({error})"), at, pattern.as_str());
        }
    }
}

/// Checks one flag's value against its definition.
pub(crate) fn check_value(
    key: &str,
    value: &FlagValue,
    attributes: &Attributes,
    now: &str,
    patterns: &mut Patterns,
    details: &mut Details,
) {
    let at = format!("values.{key}");
    check_key(key, &at, details);
    if value.variants.is_empty() {
        check_attributes(&at, &value.attributes, attributes, patterns, details);
        return;
    }
    if value.enabled.is_some() || !value.attributes.is_empty() {
        details.not_satisfied("StrictVariants", at.as_str(), Dump::flag_entry(key, value, now, attributes));
    }
    let mut names = HashSet::new();
    if !value.variants.iter().all(|variant| names.insert(variant.name.as_str())) {
        let at = format!("{at}._variants.variants.variants");
        details.not_satisfied("UniqueVariantNames", at, Dump::variants(value, attributes));
    }
    let last = value.variants.len() - 1;
    for (index, variant) in value.variants.iter().enumerate() {
        if details.is_full() {
            return;
        }
        let by_name = format!("{at}._variants.variants.{}", variant.name);
        check_variant(variant, index == last, &at, index, &by_name, patterns, details);
        check_attributes(&by_name, &variant.attributes, attributes, patterns, details);
    }
}

/// Checks an experiment's arms as if they were a flag's variants, the last of which is not looked at.
pub(crate) fn check_arms(
    key: &str,
    value: &FlagValue,
    attributes: &Attributes,
    patterns: &mut Patterns,
    details: &mut Details,
) {
    let at = format!("values.{key}");
    let arms = value.variants.len().saturating_sub(1);
    for (index, variant) in value.variants[..arms].iter().enumerate() {
        let by_name = format!("{at}._variants.variants.{}", variant.name);
        check_variant(variant, false, &at, index, &by_name, patterns, details);
        check_attributes(&by_name, &variant.attributes, attributes, patterns, details);
    }
}

fn check_variant(
    variant: &Variant,
    is_last: bool,
    at: &str,
    index: usize,
    by_name: &str,
    patterns: &mut Patterns,
    details: &mut Details,
) {
    if !variant.name.is_empty() {
        check_name(Some(&variant.name), &format!("{at}._variants.{index}.name"), details);
    }
    match (&variant.rule, is_last) {
        (None, true) => {}
        (Some(rule), true) => details.not_satisfied("Empty", format!("{by_name}.rule"), rule.as_str()),
        (None, false) => details.not_satisfied("NonEmpty", format!("{by_name}.rule"), ""),
        (Some(rule), false) => {
            if let Err(faults) = rule::check(rule, patterns) {
                let at = format!("{at}._variants.{index}.rule");
                // The service's schema offers the empty rule as an alternative, and names it as failed too.
                details.not_satisfied("Empty", at.as_str(), rule.as_str());
                for fault in faults {
                    details.bad_rule(format!("{at}{}", fault.path), rule, fault.reason.as_str());
                }
            }
        }
    }
}

fn check_attributes(
    at: &str,
    values: &BTreeMap<String, Value>,
    attributes: &Attributes,
    patterns: &mut Patterns,
    details: &mut Details,
) {
    for (name, value) in values {
        if details.is_full() {
            return;
        }
        let at = format!("{at}.{name}");
        match attributes.get(name) {
            None => {
                let constraint = format!("Satisfies({})", Dump::go_map(attributes));
                details.not_satisfied(constraint, at, Dump::value_entry(name, value));
            }
            Some(attribute) => match &attribute.constraints {
                Some(constraints) => check_attribute(constraints, value, &at, patterns, details),
                None => check_attribute(&Constraints::default(), value, &at, patterns, details),
            },
        }
    }
    let missing = attributes.iter().filter(|(name, attribute)| {
        let is_required = attribute.constraints.as_ref().is_some_and(|constraints| constraints.required == Some(true));
        is_required && !values.contains_key(*name)
    });
    for (index, (name, attribute)) in missing.enumerate() {
        if details.is_full() {
            return;
        }
        if index == 0 {
            details.not_satisfied("Not(IsZero([]))", format!("{at}.attributes"), Dump::attributes(attributes));
        }
        details.not_satisfied("Entries", format!("{at}.attributes.{name}"), Dump::entry(name, attribute));
    }
}

fn check_attribute(constraints: &Constraints, value: &Value, at: &str, patterns: &mut Patterns, details: &mut Details) {
    let found = type_of(value);
    let Some(found) = found.filter(|found| constraints.kind.is_none_or(|kind| kind == *found)) else {
        let kind = constraints.kind.map_or("string, number, boolean, array", Type::as_str);
        details.not_satisfied(format!("AttributeType({kind})"), at, json::plain_text(value));
        return;
    };
    if found != Type::Array {
        check_scalar(constraints, value, at, patterns, details);
        return;
    }
    let elements = value.as_array().map_or(&[][..], Vec::as_slice);
    let declared = constraints.elements.as_deref();
    // Without a declaration the first element says what the others must be: all texts, or all numbers.
    let first = elements.first().and_then(type_of).filter(|kind| matches!(kind, Type::String | Type::Number));
    let kind = declared.and_then(|elements| elements.kind).or(first).unwrap_or(Type::String);
    for (index, element) in elements.iter().enumerate() {
        let at = format!("{at}.{index}");
        if type_of(element) != Some(kind) {
            details.not_satisfied(format!("ElementType({})", kind.as_str()), at, json::plain_text(element));
        } else {
            check_scalar(declared.unwrap_or(&Constraints::default()), element, &at, patterns, details);
        }
        if details.is_full() {
            return;
        }
    }
}

fn check_scalar(constraints: &Constraints, value: &Value, at: &str, patterns: &mut Patterns, details: &mut Details) {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().unwrap_or(f64::NAN);
            if let Some(minimum) = &constraints.minimum
                && float < minimum.as_f64().unwrap_or(f64::NEG_INFINITY)
            {
                details.not_satisfied(format!("FloatGTE({})", json::number_text(minimum)), at, json::plain_text(value));
            }
            if let Some(maximum) = &constraints.maximum
                && float > maximum.as_f64().unwrap_or(f64::INFINITY)
            {
                details.not_satisfied(format!("FloatLTE({})", json::number_text(maximum)), at, json::plain_text(value));
            }
        }
        Value::String(text) => {
            check_length(Some(text), limits::STRING_CHARS, at, details);
            if !constraints.members.is_empty() && !constraints.members.contains(text) {
                details.not_satisfied(format!("OneOf({})", constraints.members.join(", ")), at, text.as_str());
            }
            if let Some(pattern) = &constraints.pattern
                && patterns.get(pattern).is_ok_and(|regex| !regex.is_match(text))
            {
                details.not_satisfied(format!("Regexp({pattern})"), at, text.as_str());
            }
        }
        _ => {}
    }
}

fn type_of(value: &Value) -> Option<Type> {
    match value {
        Value::String(_) => Some(Type::String),
        Value::Number(_) => Some(Type::Number),
        Value::Bool(_) => Some(Type::Boolean),
        Value::Array(_) => Some(Type::Array),
        Value::Null | Value::Object(_) => None,
    }
}

fn check_key(key: &str, at: &str, details: &mut Details) {
    let is_right = key.len() <= limits::KEY_CHARS
        && key.starts_with(|letter: char| letter.is_ascii_lowercase())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if !is_right {
        details.not_satisfied(KEY_PATTERN, at, key);
    }
}

fn check_name(name: Option<&str>, at: &str, details: &mut Details) {
    if let Some(name) = name
        && (name.contains('\n') || name.chars().count() > limits::NAME_CHARS)
    {
        details.not_satisfied(NAME_PATTERN, at, name);
    }
}

fn check_length(text: Option<&str>, limit: usize, at: &str, details: &mut Details) {
    if let Some(text) = text
        && text.chars().count() > limit
    {
        details.not_satisfied(format!("MaxLength({limit})"), at, text);
    }
}
