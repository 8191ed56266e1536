//! A schema as a graph: which schemas it consists of, which of them meet which values, and what that costs.
//!
//! Built before the library sees the schema, so that what the library would choke on is refused here: references to other
//! documents, references that come back to the same value, regular expressions that are too large. The graph is also what
//! [`crate::cost`] walks.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::message::{fatal, invalid_schema, quote};
use crate::syntax::{self, SyntaxError};
use crate::{Draft, MAX_PATTERN_WEIGHT};

/// The root's place among [`Graph::nodes`].
pub(crate) const ROOT: usize = 0;

pub(crate) struct Graph {
    pub nodes: Vec<Node>,
    pointers: Vec<String>,
}

/// One schema: where it sends a value's parts, and what it costs.
#[derive(Default)]
pub(crate) struct Node {
    /// Steps for any value: its keywords, and what `enum` and `const` compare.
    pub keywords: u64,
    /// States of the `pattern` that a string meets.
    pub pattern: u64,
    /// States of the patterns that every property's name meets.
    pub name_patterns: u64,
    /// Whether every member of an object is looked at.
    pub reads_members: bool,
    /// Text keywords (`format`, `maxLength`…) that read a whole string.
    pub reads_text: u64,
    /// Whether a number is divided.
    pub divides: bool,
    /// Whether an array's items are compared with each other.
    pub is_unique: bool,
    /// Whether `unevaluated…` asks the schemas for this value again.
    pub is_unevaluated: bool,
    /// Schemas for the same value whose failures are its failures.
    pub same: Vec<usize>,
    /// Schemas for the same value that are tried, and whose failures are collected if all fail (`anyOf`, `oneOf`).
    pub branches: Vec<usize>,
    /// Schemas for the same value that are only asked (`not`, `if`).
    pub conditions: Vec<usize>,
    pub properties: HashMap<String, usize>,
    /// Schemas that any property may meet, named or not (`patternProperties`, `unevaluatedProperties`).
    pub any_property: Vec<usize>,
    /// Schemas of properties without a name in `properties`.
    pub other_properties: Vec<usize>,
    pub property_names: Vec<usize>,
    /// Schemas by the item's place, and those of the items after them.
    pub first_items: Vec<usize>,
    pub other_items: Vec<usize>,
    /// Schemas that any item may meet (`contains`, `unevaluatedItems`).
    pub any_item: Vec<usize>,
}

/// Keywords for which an object's members are read one by one.
const MEMBER_KEYWORDS: [&str; 5] =
    ["properties", "patternProperties", "additionalProperties", "propertyNames", "unevaluatedProperties"];

struct Builder<'a> {
    root: &'a Value,
    draft: Draft,
    nodes: Vec<Node>,
    pointers: Vec<String>,
    by_pointer: HashMap<String, usize>,
    todo: Vec<(usize, &'a Value)>,
    anchors: HashMap<&'a str, String>,
    pattern_weight: u64,
    errors: Vec<SyntaxError>,
}

impl Graph {
    /// Reads a schema; the error is the text that follows the prefix.
    pub fn new(schema: &Value, draft: Draft) -> Result<Self, String> {
        let mut builder = Builder {
            root: schema,
            draft,
            nodes: Vec::new(),
            pointers: Vec::new(),
            by_pointer: HashMap::new(),
            todo: Vec::new(),
            anchors: HashMap::new(),
            pattern_weight: 0,
            errors: Vec::new(),
        };
        if draft != Draft::Draft4 {
            find_anchors(schema, String::new(), &mut builder.anchors);
        }
        builder.node(String::new(), schema);
        while let Some((index, value)) = builder.todo.pop() {
            builder.read(index, value)?;
        }
        if !builder.errors.is_empty() {
            return Err(invalid_schema(&builder.errors));
        }
        let graph = Self { nodes: builder.nodes, pointers: builder.pointers };
        graph.refuse_loops()?;
        Ok(graph)
    }

    /// Removes what would send the library elsewhere: `$schema` (the draft is decided), and the names by which a schema
    /// could be the base of other references.
    pub fn detach(&self, schema: &mut Value, draft: Draft) {
        for pointer in &self.pointers {
            let Some(Value::Object(members)) = schema.pointer_mut(pointer) else { continue };
            members.remove("$schema");
            if draft == Draft::Draft4 {
                members.remove("id");
            } else if pointer.is_empty() {
                members.remove("$id");
            }
        }
    }

    /// Refuses schemas that meet the same value again by way of themselves.
    fn refuse_loops(&self) -> Result<(), String> {
        let same_value = |index: usize| {
            self.nodes[index].same.iter().chain(&self.nodes[index].branches).chain(&self.nodes[index].conditions)
        };
        let mut is_reached = vec![false; self.nodes.len()];
        let mut todo = vec![ROOT];
        while let Some(index) = todo.pop() {
            if !std::mem::replace(&mut is_reached[index], true) {
                todo.extend(self.nodes[index].all());
            }
        }
        // Take away, again and again, the schemas that lead nowhere: what stays leads to a loop.
        let mut leads_to: Vec<usize> = (0..self.nodes.len()).map(|index| same_value(index).count()).collect();
        let mut led_from = vec![Vec::new(); self.nodes.len()];
        for index in 0..self.nodes.len() {
            for target in same_value(index) {
                led_from[*target].push(index);
            }
        }
        let mut ends: Vec<usize> = (0..self.nodes.len()).filter(|index| leads_to[*index] == 0).collect();
        while let Some(end) = ends.pop() {
            for index in &led_from[end] {
                leads_to[*index] -= 1;
                if leads_to[*index] == 0 {
                    ends.push(*index);
                }
            }
        }
        let Some(mut index) = (0..self.nodes.len()).find(|index| is_reached[*index] && leads_to[*index] > 0) else {
            return Ok(());
        };
        let mut is_seen = vec![false; self.nodes.len()];
        while !std::mem::replace(&mut is_seen[index], true) {
            index = *same_value(index).find(|target| leads_to[**target] > 0).expect("a loop does not end");
        }
        let pointer = quote(&format!("#{}", self.pointers[index]));
        Err(fatal(&format!("JSON Reference {pointer} loops on itself")))
    }
}

impl Node {
    pub fn has_member_schemas(&self) -> bool {
        self.reads_members
            && !(self.properties.is_empty()
                && self.other_properties.is_empty()
                && self.any_property.is_empty()
                && self.property_names.is_empty())
    }

    fn all(&self) -> impl Iterator<Item = usize> {
        [
            &self.same,
            &self.branches,
            &self.conditions,
            &self.any_property,
            &self.other_properties,
            &self.property_names,
            &self.first_items,
            &self.other_items,
            &self.any_item,
        ]
        .into_iter()
        .flatten()
        .chain(self.properties.values())
        .copied()
    }
}

impl<'a> Builder<'a> {
    /// The node of the schema at a pointer, which is read later if it is new.
    fn node(&mut self, pointer: String, schema: &'a Value) -> usize {
        if let Some(index) = self.by_pointer.get(&pointer) {
            return *index;
        }
        let index = self.nodes.len();
        self.nodes.push(Node::default());
        self.pointers.push(pointer.clone());
        self.by_pointer.insert(pointer, index);
        self.todo.push((index, schema));
        index
    }

    fn read(&mut self, index: usize, schema: &'a Value) -> Result<(), String> {
        let pointer = self.pointers[index].clone();
        let is_draft_4 = self.draft == Draft::Draft4;
        let Value::Object(members) = schema else {
            if is_draft_4 || !schema.is_boolean() {
                self.errors.push(syntax::not_a_schema(&pointer, schema));
            }
            self.nodes[index].keywords = 1;
            return Ok(());
        };
        for keyword in ["definitions", "$defs"] {
            if keyword == "definitions" || !is_draft_4 {
                self.each_member(&pointer, members, keyword);
            }
        }
        // Up to draft-07 a reference stands alone: what is beside it is ignored.
        let stands_alone = !matches!(self.draft, Draft::Draft201909 | Draft::Draft202012);
        if let Some(Value::String(reference)) = members.get("$ref") {
            let target = self.resolve(reference)?;
            self.nodes[index].same.push(target);
            if stands_alone {
                self.nodes[index].keywords = 1;
                return Ok(());
            }
        }
        if is_draft_4 {
            self.errors.extend(syntax::check(&pointer, members));
        } else if let Some(Value::String(id)) = members.get("$id")
            && !pointer.is_empty()
            && !id.starts_with('#')
        {
            return Err(fatal(&format!(
                "the schema at {} has a URI of its own ({}). Embedded schema resources are not supported.",
                quote(&format!("#{pointer}")),
                quote(id)
            )));
        }
        self.weigh(index, &pointer, members)?;
        self.connect(index, &pointer, members)
    }

    fn weigh(&mut self, index: usize, pointer: &str, members: &'a Map<String, Value>) -> Result<(), String> {
        let mut node = std::mem::take(&mut self.nodes[index]);
        node.keywords = 1;
        node.reads_members = MEMBER_KEYWORDS.iter().any(|keyword| members.contains_key(*keyword));
        for (keyword, value) in members {
            node.keywords += match (keyword.as_str(), value) {
                ("enum" | "const", value) => size(value),
                ("required", Value::Array(names)) => names.len() as u64,
                ("type", Value::Array(types)) => types.len() as u64,
                ("dependencies" | "dependentRequired", Value::Object(members)) => members.values().map(size).sum(),
                ("pattern", Value::String(pattern)) => {
                    node.pattern = self.pattern(pointer, keyword, pattern, false)?;
                    1
                }
                ("patternProperties", Value::Object(patterns)) => {
                    for pattern in patterns.keys() {
                        node.name_patterns += self.pattern(pointer, keyword, pattern, true)?;
                    }
                    patterns.len() as u64
                }
                ("format" | "minLength" | "maxLength" | "contentEncoding" | "contentMediaType", _) => {
                    node.reads_text += 1;
                    1
                }
                ("multipleOf", _) => {
                    node.divides = true;
                    1
                }
                ("uniqueItems", Value::Bool(true)) => {
                    node.is_unique = true;
                    1
                }
                ("unevaluatedItems" | "unevaluatedProperties", _) => {
                    node.is_unevaluated = true;
                    1
                }
                _ => 1,
            };
        }
        self.nodes[index] = node;
        Ok(())
    }

    /// The states of a regular expression, roughly; an unusable one is noted as the schema's error.
    fn pattern(&mut self, pointer: &str, keyword: &str, pattern: &str, is_name: bool) -> Result<u64, String> {
        match pattern_weight(pattern) {
            Ok(weight) => {
                self.pattern_weight += weight;
                if self.pattern_weight > MAX_PATTERN_WEIGHT {
                    return Err(fatal(&format!(
                        "the schema's regular expressions are too large in all (found at {}: {})",
                        quote(&format!("#{pointer}/{keyword}")),
                        quote(pattern)
                    )));
                }
                Ok(weight)
            }
            Err(problem) => {
                self.errors.push(syntax::bad_pattern(pointer, keyword, pattern, problem, is_name));
                Ok(1)
            }
        }
    }

    fn connect(&mut self, index: usize, pointer: &str, members: &'a Map<String, Value>) -> Result<(), String> {
        let mut node = std::mem::take(&mut self.nodes[index]);
        let is_draft_4 = self.draft == Draft::Draft4;
        node.properties.extend(self.each_member(pointer, members, "properties"));
        node.any_property.extend(indexes(self.each_member(pointer, members, "patternProperties")));
        node.same.extend(indexes(self.each_member(pointer, members, "dependencies")));
        node.same.extend(self.each_item(pointer, members, "allOf"));
        node.branches.extend(self.each_item(pointer, members, "anyOf"));
        node.branches.extend(self.each_item(pointer, members, "oneOf"));
        node.conditions.extend(self.one(pointer, members, "not"));
        node.other_properties.extend(self.one(pointer, members, "additionalProperties"));
        if matches!(members.get("items"), Some(Value::Array(_))) {
            node.first_items.extend(self.each_item(pointer, members, "items"));
            node.other_items.extend(self.one(pointer, members, "additionalItems"));
        } else {
            node.other_items.extend(self.one(pointer, members, "items"));
            // Without `items` these two are not used, but they have to be schemas.
            self.one(pointer, members, "additionalItems");
        }
        if !is_draft_4 {
            node.same.extend(indexes(self.each_member(pointer, members, "dependentSchemas")));
            node.conditions.extend(self.one(pointer, members, "if"));
            node.same.extend(self.one(pointer, members, "then"));
            node.same.extend(self.one(pointer, members, "else"));
            node.property_names.extend(self.one(pointer, members, "propertyNames"));
            node.any_property.extend(self.one(pointer, members, "unevaluatedProperties"));
            node.any_item.extend(self.one(pointer, members, "unevaluatedItems"));
            node.any_item.extend(self.one(pointer, members, "contains"));
            node.first_items.extend(self.each_item(pointer, members, "prefixItems"));
            for keyword in ["$dynamicRef", "$recursiveRef"] {
                if let Some(Value::String(reference)) = members.get(keyword) {
                    node.same.push(self.resolve(reference)?);
                }
            }
        }
        self.nodes[index] = node;
        Ok(())
    }

    fn one(&mut self, pointer: &str, members: &'a Map<String, Value>, keyword: &str) -> Option<usize> {
        // What is no schema where one belongs is named by the syntax check.
        let has_boolean_schemas = self.draft != Draft::Draft4;
        let schema =
            members.get(keyword).filter(|value| value.is_object() || (has_boolean_schemas && value.is_boolean()))?;
        Some(self.node(format!("{pointer}/{keyword}"), schema))
    }

    fn each_item(&mut self, pointer: &str, members: &'a Map<String, Value>, keyword: &str) -> Vec<usize> {
        let items = members.get(keyword).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let node = |(place, item)| self.node(format!("{pointer}/{keyword}/{place}"), item);
        items.iter().enumerate().map(node).collect()
    }

    fn each_member(&mut self, pointer: &str, members: &'a Map<String, Value>, keyword: &str) -> Vec<(String, usize)> {
        let mut nodes = Vec::new();
        for (name, value) in members.get(keyword).and_then(Value::as_object).into_iter().flatten() {
            if keyword == "dependencies" && value.is_array() {
                continue;
            }
            nodes.push((name.clone(), self.node(format!("{pointer}/{keyword}/{}", escape(name)), value)));
        }
        nodes
    }

    /// The schema that a reference names, which has to be in this document.
    fn resolve(&mut self, reference: &str) -> Result<usize, String> {
        let Some(fragment) = reference.strip_prefix('#') else {
            return Err(fatal(&format!(
                "unable to dereference URI {}. External schema references are not supported.",
                quote(reference)
            )));
        };
        let dangling = || fatal(&format!("JSON Reference {} cannot be resolved", quote(reference)));
        let fragment = percent_decode_str(fragment).decode_utf8().map_err(|_| dangling())?;
        let pointer = if fragment.is_empty() || fragment.starts_with('/') {
            fragment.into_owned()
        } else {
            self.anchors.get(fragment.as_ref()).cloned().ok_or_else(dangling)?
        };
        let target = self.root.pointer(&pointer).ok_or_else(dangling)?;
        // One pointer per schema, however the reference spells it: `/a~1b`, never `/a%2Fb`.
        Ok(self.node(pointer, target))
    }
}

fn indexes(named: Vec<(String, usize)>) -> impl Iterator<Item = usize> {
    named.into_iter().map(|(_, index)| index)
}

/// Notes the pointers of all schemas that have a plain name.
fn find_anchors<'a>(value: &'a Value, pointer: String, anchors: &mut HashMap<&'a str, String>) {
    match value {
        Value::Object(members) => {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(Value::String(name)) = members.get(keyword) {
                    anchors.entry(name).or_insert_with(|| pointer.clone());
                }
            }
            if let Some(name) = members.get("$id").and_then(Value::as_str).and_then(|id| id.strip_prefix('#')) {
                anchors.entry(name).or_insert_with(|| pointer.clone());
            }
            for (name, value) in members {
                find_anchors(value, format!("{pointer}/{}", escape(name)), anchors);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                find_anchors(item, format!("{pointer}/{place}"), anchors);
            }
        }
        _ => {}
    }
}

/// Steps to compare a value with another: its parts, and sixteen bytes of text each.
pub(crate) fn size(value: &Value) -> u64 {
    1 + match value {
        Value::String(text) => text.len() as u64 / 16,
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() as u64 / 16 + size(value)).sum(),
        _ => 0,
    }
}

pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Why a regular expression cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatternProblem {
    /// No ECMA 262 regular expression that we can read.
    Invalid,
    /// Look-around or a back-reference, which cannot be matched in linear time.
    Unsupported,
}

fn pattern_weight(pattern: &str) -> Result<u64, PatternProblem> {
    use regex_syntax::ast::ErrorKind;

    let problem = |error: regex_syntax::Error| match error {
        regex_syntax::Error::Parse(error)
            if matches!(error.kind(), ErrorKind::UnsupportedLookAround | ErrorKind::UnsupportedBackreference) =>
        {
            PatternProblem::Unsupported
        }
        _ => PatternProblem::Invalid,
    };
    let mut parser = regex_syntax::ParserBuilder::new();
    // Shallow enough for every recursion over it, here and in the engine.
    let parser = parser.nest_limit(64);
    // Ask about the pattern as written first: the translation says only that it failed.
    let as_written = parser.build().parse(pattern).map_err(problem);
    if as_written == Err(PatternProblem::Unsupported) {
        return Err(PatternProblem::Unsupported);
    }
    let translated = jsonschema_regex::to_rust_regex(pattern).map_err(|()| PatternProblem::Invalid)?;
    let hir = parser.build().parse(&translated).map_err(problem)?;
    Ok(hir_weight(&hir))
}

fn hir_weight(hir: &regex_syntax::hir::Hir) -> u64 {
    use regex_syntax::hir::{Class, HirKind};

    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => 1 + class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(class)) => 1 + class.ranges().len() as u64,
        HirKind::Repetition(repetition) => {
            let times = u64::from(repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1));
            hir_weight(&repetition.sub).saturating_mul(times)
        }
        HirKind::Capture(capture) => 1 + hir_weight(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(hir_weight).fold(1, u64::saturating_add)
        }
    }
}
