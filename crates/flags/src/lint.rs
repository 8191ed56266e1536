//! What is wrong with an authoring document, and what probably is, with line and column.
//!
//! Errors are what [`admit`](crate::admit) refuses. Warnings are for what is stored all the same: variants that nobody
//! can get, conditions that can never be true, splits that add up to more than everybody, definitions nobody uses.

mod reach;

use serde_json::Value;

use crate::details::{Detail, DetailKind, Details, Refused};
use crate::document::{self, Document, FlagValue};
use crate::position::{offset_in_string, offset_of, position_of};
use crate::rule::{self, Fault, Patterns};
use crate::{check, limits};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is stored, and probably not what was meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in words.
    pub message: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The place in the document, such as `values.checkout._variants.0.rule`.
    pub path: String,
}

/// Says what is wrong with an authoring document, in the order in which it stands there.
pub fn lint(content: &[u8]) -> Vec<Finding> {
    let mut findings = Findings { content, members: Value::Null, found: Vec::new() };
    findings.lint();
    findings.found.sort_by_key(|finding| (finding.line, finding.column, finding.severity));
    findings.found
}

struct Findings<'a> {
    content: &'a [u8],
    members: Value,
    found: Vec<Finding>,
}

impl Findings<'_> {
    fn lint(&mut self) {
        if self.content.len() > limits::DOCUMENT_BYTES {
            let message = format!("the document has more than {} bytes", limits::DOCUMENT_BYTES);
            return self.push_at(0, Severity::Error, message, String::new());
        }
        match serde_json::from_slice(self.content) {
            Ok(members) => self.members = members,
            Err(error) => {
                let (line, column) = (error.line().max(1), error.column().max(1));
                let message = format!("not JSON: {error}");
                let path = String::new();
                return self.found.push(Finding { severity: Severity::Error, message, line, column, path });
            }
        }
        let Value::Object(members) = &self.members else {
            return self.push_at(0, Severity::Error, "a document is a JSON object".into(), String::new());
        };
        let mut details = Details::default();
        let document = match document::read(members, &mut details) {
            Ok(document) => document,
            Err(refused) => {
                if let Refused::BadTimestamp { location, .. } = &refused {
                    self.push(Severity::Error, "not an RFC 3339 time".into(), location.clone());
                }
                return;
            }
        };
        let mut patterns = Patterns::default();
        check::check(&document, "", &mut patterns, &mut details);
        for detail in details.0.iter().filter(|detail| !is_about_rule(detail)) {
            self.push(Severity::Error, in_words(detail), detail.location.clone());
        }
        for (key, value) in &document.values {
            self.lint_value(key, value, &mut patterns);
        }
        self.lint_definitions(&document);
    }

    fn lint_value(&mut self, key: &str, value: &FlagValue, patterns: &mut Patterns) {
        let mut earlier = reach::Earlier::default();
        let last = value.variants.len().saturating_sub(1);
        for (index, variant) in value.variants.iter().enumerate() {
            let path = format!("values.{key}._variants.{index}");
            if index == last {
                if let Some(reason) = earlier.shadows_all() {
                    let message = format!("variant '{}' cannot be reached: {reason}", variant.name);
                    self.push(Severity::Warning, message, path);
                }
                continue;
            }
            let Some(text) = variant.rule.as_deref() else { continue };
            let rule_path = format!("{path}.rule");
            match rule::check(text, patterns) {
                Err(faults) => {
                    for fault in faults {
                        self.push_fault(Severity::Error, text, &rule_path, fault);
                    }
                }
                Ok(expression) => {
                    if let Some(reason) = earlier.shadows(&expression) {
                        let message = format!("variant '{}' cannot be reached: {reason}", variant.name);
                        self.push(Severity::Warning, message, path);
                    }
                    for doubt in reach::doubts(&expression) {
                        let element = rule::parse::parse(text).ok();
                        let position = element.and_then(|element| reach::locate(&element, &doubt.path));
                        self.push_fault(Severity::Warning, text, &rule_path, Fault { position, ..doubt });
                    }
                    if let Some(message) = earlier.add(&variant.name, expression) {
                        self.push(Severity::Warning, message, rule_path);
                    }
                }
            }
        }
    }

    fn lint_definitions(&mut self, document: &Document) {
        for (key, flag) in &document.flags {
            let Some(value) = document.values.get(key) else {
                let message = format!("flag '{key}' has no value: clients do not see it");
                self.push(Severity::Warning, message, format!("flags.{key}"));
                continue;
            };
            for name in flag.attributes.keys() {
                let is_used = value.attributes.contains_key(name)
                    || value.variants.iter().any(|variant| variant.attributes.contains_key(name));
                if !is_used {
                    let message = format!("attribute '{name}' is never set");
                    self.push(Severity::Warning, message, format!("flags.{key}.attributes.{name}"));
                }
            }
        }
    }

    fn push_fault(&mut self, severity: Severity, rule: &str, path: &str, fault: Fault) {
        let start = offset_of(self.content, path.split('.'));
        let (line, column) = fault.position.unwrap_or((1, 1));
        let index: usize = rule.split_inclusive('\n').take(line - 1).map(|line| line.chars().count()).sum();
        let offset = offset_in_string(self.content, start, index + column - 1);
        self.push_at(offset, severity, fault.message, format!("{path}{}", fault.path));
    }

    fn push(&mut self, severity: Severity, message: String, path: String) {
        let offset = offset_of(self.content, self.steps(&path).iter().map(String::as_str));
        self.push_at(offset, severity, message, path);
    }

    fn push_at(&mut self, offset: usize, severity: Severity, message: String, path: String) {
        if self.found.len() < 2 * limits::DETAILS {
            let (line, column) = position_of(self.content, offset);
            self.found.push(Finding { severity, message, line, column, path });
        }
    }

    /// A detail's location as steps. The service names variants below `_variants.variants` by their names.
    fn steps(&self, path: &str) -> Vec<String> {
        let split = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        let Some((flag, rest)) = path.split_once("._variants.variants.") else { return split(path) };
        let mut steps = split(flag);
        steps.push("_variants".into());
        let variants =
            flag.strip_prefix("values.").and_then(|key| self.members.get("values")?.get(key)?.get("_variants"));
        for (index, variant) in variants.and_then(Value::as_array).into_iter().flatten().enumerate() {
            let name = variant.get("name").and_then(Value::as_str).unwrap_or("");
            let Some(tail) = rest.strip_prefix(name).filter(|tail| tail.is_empty() || tail.starts_with('.')) else {
                continue;
            };
            steps.push(index.to_string());
            match tail.trim_start_matches('.') {
                "" => {}
                "rule" => steps.push("rule".into()),
                attribute => {
                    steps.push("attributeValues".into());
                    steps.extend(split(attribute));
                }
            }
            break;
        }
        steps
    }
}

/// Details about rules are told from the rules themselves, with positions.
fn is_about_rule(detail: &Detail) -> bool {
    let is_index = |path: &str| path.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    detail.constraint == "RuleIsValid"
        || detail.constraint == "Empty"
            && detail.location.split_once("._variants.").is_some_and(|(_, path)| is_index(path))
}

fn in_words(detail: &Detail) -> String {
    let value = &detail.value;
    let (name, argument) = detail.constraint.split_once('(').unwrap_or((&detail.constraint, ""));
    let argument = argument.strip_suffix(')').unwrap_or(argument);
    match name {
        "Required" => "this is missing".into(),
        "OneOf" => format!("'{value}' is not one of: {argument}"),
        "FloatGTE" => format!("{value} is less than {argument}"),
        "FloatLTE" => format!("{value} is greater than {argument}"),
        "AttributeType" | "ElementType" | "Type" => format!("this must be of type {argument}: {value}"),
        "Regexp" => format!("'{value}' does not match {argument}"),
        "RegexpIsValid" => format!("no regular expression: {argument}"),
        "Satisfies" => "the flag does not define this attribute".into(),
        "Entries" => "a required attribute is missing".into(),
        "Not" => "required attributes are missing".into(),
        "Empty" => "the last variant is for everybody else and has no rule".into(),
        "NonEmpty" => "only the last variant can be without a rule".into(),
        "UniqueVariantNames" => "two variants have the same name".into(),
        "StrictVariants" => "beside variants there can be neither 'enabled' nor attributes".into(),
        "MaxLength" => format!("this is longer than {argument} characters"),
        "MaxEntries" => format!("{value} are more than {argument}"),
        "NotReserved" => format!("'{value}' is reserved"),
        _ if detail.kind == DetailKind::Invalid => format!("this cannot be: {value}"),
        _ => format!("{} is not satisfied: {value}", detail.constraint),
    }
}
