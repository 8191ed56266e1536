//! The service's internal values as they show through in some details: Go structs printed as JSON or with `%v`.
//!
//! The recordings show a handful of them; members that were never seen set follow the order of those that were. Dumps
//! stop growing once a detail would cut them off anyway, whatever the size of the document.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use crate::document::{Attribute, Constraints, FlagValue};
use crate::{json, limits};

type Attributes = BTreeMap<String, Attribute>;

/// A text that stops growing a little past the length of a detail's value.
#[derive(Default)]
pub(crate) struct Dump(String);

impl Dump {
    /// All definitions of a flag, as in the detail of a missing required attribute.
    pub fn attributes(attributes: &Attributes) -> String {
        let mut dump = Self::default();
        dump.push_attributes(attributes);
        dump.0
    }

    /// One definition as a map's entry.
    pub fn entry(name: &str, attribute: &Attribute) -> String {
        let mut dump = Self::default();
        dump.push_key(name);
        dump.push_attribute(attribute);
        dump.push("}");
        dump.0
    }

    /// A value as a map's entry.
    pub fn value_entry(name: &str, value: &Value) -> String {
        let mut dump = Self::default();
        dump.push_key(name);
        dump.push_json(value);
        dump.push("}");
        dump.0
    }

    /// A flag's value as a map's entry, with all its variants.
    pub fn flag_entry(key: &str, value: &FlagValue, now: &str, attributes: &Attributes) -> String {
        let mut dump = Self::default();
        dump.push_key(key);
        dump.push(&format!(
            r#"{{"CreatedAt":"{}","UpdatedAt":"{now}","Enabled":{},"AttributeValues":"#,
            value.created_at.as_deref().unwrap_or(now),
            value.enabled.unwrap_or(false),
        ));
        dump.push_values(&value.attributes);
        dump.push(r#","Attributes":"#);
        dump.push_attributes(attributes);
        dump.push(r#","Variants":"#);
        dump.push_variants(value, attributes);
        dump.push("}}");
        dump.0
    }

    /// A flag's variants.
    pub fn variants(value: &FlagValue, attributes: &Attributes) -> String {
        let mut dump = Self::default();
        dump.push_variants(value, attributes);
        dump.0
    }

    /// All definitions of a flag in Go's `%v`, as in `Satisfies(map[color:{{string <nil> {…} …}} }])`.
    pub fn go_map(attributes: &Attributes) -> String {
        let mut dump = Self::default();
        dump.push("map[");
        for (index, (name, attribute)) in attributes.iter().enumerate() {
            if dump.is_full() {
                break;
            }
            dump.push(if index > 0 { " " } else { "" });
            dump.push(name);
            dump.push(":{");
            let nothing = Constraints::default();
            dump.push_go(attribute.constraints.as_ref().unwrap_or(&nothing), true);
            dump.push(" ");
            dump.push(attribute.description.as_deref().unwrap_or(""));
            dump.push("}");
        }
        dump.push("]");
        dump.0
    }

    fn push_go(&mut self, constraints: &Constraints, has_elements: bool) {
        let number = |number: &Option<serde_json::Number>| number.as_ref().map_or("<nil>".into(), json::number_text);
        let text = |text: Option<&str>| text.unwrap_or("<nil>").to_owned();
        let members = if constraints.members.is_empty() {
            "<nil>".into()
        } else {
            format!("[{}]", constraints.members.join(" "))
        };
        let required = constraints.required.map_or("<nil>".into(), |required| required.to_string());
        let _ = write!(
            self.0,
            "{{{} {required} {{{} {}}} {{{members} {}}}",
            text(constraints.kind.map(super::Type::as_str)),
            number(&constraints.minimum),
            number(&constraints.maximum),
            text(constraints.pattern.as_deref()),
        );
        if has_elements {
            self.push(" {");
            match &constraints.elements {
                Some(elements) => self.push_go(elements, false),
                None => self.push("<nil>"),
            }
            self.push("}");
        }
        self.push("}");
    }

    fn push_variants(&mut self, value: &FlagValue, attributes: &Attributes) {
        self.push("[");
        for (index, variant) in value.variants.iter().enumerate() {
            if self.is_full() {
                break;
            }
            self.push(if index > 0 { "," } else { "" });
            self.push(&format!(r#"{{"Enabled":{},"Name":"#, variant.enabled));
            self.push_text(&variant.name);
            self.push(r#","AttributeValues":"#);
            if variant.attributes.is_empty() {
                self.push("null");
            } else {
                self.push_values(&variant.attributes);
            }
            self.push(r#","Rule":"#);
            self.push_text(variant.rule.as_deref().unwrap_or(""));
            self.push(r#","Attributes":"#);
            self.push_attributes(attributes);
            self.push("}");
        }
        self.push("]");
    }

    fn push_values(&mut self, values: &BTreeMap<String, Value>) {
        self.push("{");
        for (index, (name, value)) in values.iter().enumerate() {
            if self.is_full() {
                break;
            }
            self.push(if index > 0 { "," } else { "" });
            self.push_text(name);
            self.push(":");
            self.push_json(value);
        }
        self.push("}");
    }

    fn push_attributes(&mut self, attributes: &Attributes) {
        self.push("{");
        for (index, (name, attribute)) in attributes.iter().enumerate() {
            if self.is_full() {
                break;
            }
            self.push(if index > 0 { "," } else { "" });
            self.push_text(name);
            self.push(":");
            self.push_attribute(attribute);
        }
        self.push("}");
    }

    fn push_attribute(&mut self, attribute: &Attribute) {
        self.push(r#"{"Constraints":"#);
        match &attribute.constraints {
            Some(constraints) => self.push_constraints(constraints),
            None => self.push("null"),
        }
        self.push(r#","Description":"#);
        self.push_text(attribute.description.as_deref().unwrap_or(""));
        self.push("}");
    }

    /// `Maximum` is there even when it is not set; the service forgot to omit it.
    fn push_constraints(&mut self, constraints: &Constraints) {
        self.push(&format!(r#"{{"Type":"{}""#, constraints.kind.map_or("", super::Type::as_str)));
        if let Some(required) = constraints.required {
            self.push(&format!(r#","Required":{required}"#));
        }
        if let Some(minimum) = &constraints.minimum {
            self.push(&format!(r#","Minimum":{}"#, json::number_text(minimum)));
        }
        let maximum = constraints.maximum.as_ref().map_or("null".into(), json::number_text);
        self.push(&format!(r#","Maximum":{maximum}"#));
        if !constraints.members.is_empty() {
            self.push(r#","Enum":["#);
            for (index, member) in constraints.members.iter().enumerate() {
                self.push(if index > 0 { "," } else { "" });
                self.push_text(member);
            }
            self.push("]");
        }
        if let Some(pattern) = &constraints.pattern {
            self.push(r#","Pattern":"#);
            self.push_text(pattern);
        }
        if let Some(elements) = &constraints.elements {
            self.push(r#","Elements":"#);
            self.push_constraints(elements);
        }
        self.push("}");
    }

    fn push_key(&mut self, key: &str) {
        self.push(r#"{"Key":"#);
        self.push_text(key);
        self.push(r#","Value":"#);
    }

    fn push_text(&mut self, text: &str) {
        let mut out = Vec::new();
        json::write_string(&mut out, text);
        self.push(std::str::from_utf8(&out).expect("the JSON writer writes UTF-8"));
    }

    fn push_json(&mut self, value: &Value) {
        self.push(&json::value_text(value));
    }

    fn push(&mut self, text: &str) {
        if !self.is_full() {
            self.0.push_str(text);
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() > limits::DETAIL_VALUE_BYTES
    }
}
