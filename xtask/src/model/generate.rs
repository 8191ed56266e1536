//! Writes a service's module: plain serde structs first, the static table after them.
//!
//! Takes names, numbers and patterns out of the model, and none of its prose.

use std::collections::{BTreeSet, HashSet};

use anyhow::Result;

use super::names::pascal;
use super::source::{Reference, Shape, Source};

/// Enums that travel spelled otherwise than the model says.
///
/// `EnvironmentState`: AWS sends `ReadyForDeployment`, and botocore's own waiters compare with `ReadyForDeployment`,
/// `RolledBack` and `Reverted`; the model says `READY_FOR_DEPLOYMENT` and so on. The wire wins.
/// `tests/clients/python/test_model.py` has the same list, with the same reason, as a difference that it expects.
const SPELLED_IN_CAMEL_CASE: [(&str, &str); 1] = [("appconfig", "EnvironmentState")];

/// Returns the text of a service's module, not yet formatted.
pub fn module(source: &Source, service: &str, api_version: &str, variant: &str) -> Result<String> {
    let facts = Facts::new(source, service, variant)?;
    let mut out = format!(
        "//! `{service}` {api_version}: requests, responses and errors, and after them the table that describes them.\n\
         //!\n\
         //! Written by `cargo xtask model` from the service model inside botocore; do not edit.\n\
         \n\
         #![allow(missing_docs, reason = \"a name here is AWS's, and AWS documents it\")]\n\n"
    );
    out.push_str(
        "use std::collections::BTreeMap;\nuse std::fmt;\n\nuse bytes::Bytes;\nuse serde::{Deserialize, Serialize};\n\n",
    );
    if source.shapes.values().any(|shape| shape.kind == "timestamp") {
        out.push_str("use crate::Timestamp;\n");
    }
    out.push_str(
        "use crate::shape::{ErrorShape, Input, Location, Member, Method, Operation, Output, Segment, Service, Shape, ShapeKind, Structure};\n",
    );
    facts.types(&mut out)?;
    facts.error(&mut out)?;
    facts.table(&mut out)?;
    Ok(out)
}

/// A service's model, and what follows from it for all that is written.
pub struct Facts<'a> {
    pub source: &'a Source,
    pub service: &'a str,
    /// The service in `tidegate_model::Service`.
    pub variant: &'a str,
    /// What requests can hold.
    pub read: HashSet<&'a str>,
    /// What responses and errors can hold.
    pub written: HashSet<&'a str>,
    /// Shapes that a member, a list or a map refers to.
    pub referred: BTreeSet<&'a str>,
}

impl<'a> Facts<'a> {
    fn new(source: &'a Source, service: &'a str, variant: &'a str) -> Result<Self> {
        let operations = || source.operations.values();
        let inputs = operations().filter_map(|operation| operation.input.as_ref());
        let outputs = operations().flat_map(|operation| operation.output.iter().chain(&operation.errors));
        let referred = source.shapes.values().flat_map(references).map(|it| it.shape.as_str());
        Ok(Self {
            source,
            service,
            variant,
            read: reachable(source, inputs)?,
            written: reachable(source, outputs)?,
            referred: referred.collect(),
        })
    }

    /// Returns an enum's words as they travel.
    pub fn values(&self, name: &str, shape: &Shape) -> Vec<String> {
        let is_camel_case = SPELLED_IN_CAMEL_CASE.contains(&(self.service, name));
        let spell = |value: &String| {
            if is_camel_case { pascal(value) } else { value.clone() }
        };
        shape.values.iter().map(spell).collect()
    }
}

/// Returns the type that an operation takes or gives: the model's, or an empty one that is called after the operation.
pub fn type_name(operation: &str, reference: &Option<Reference>, kind: &str) -> String {
    reference.as_ref().map_or_else(|| format!("{operation}{kind}"), |it| it.shape.clone())
}

fn references(shape: &Shape) -> impl Iterator<Item = &Reference> {
    shape.members.values().chain(&shape.member).chain(&shape.key).chain(&shape.value)
}

fn reachable<'a>(source: &'a Source, roots: impl Iterator<Item = &'a Reference>) -> Result<HashSet<&'a str>> {
    let mut seen = HashSet::new();
    let mut left: Vec<_> = roots.collect();
    while let Some(reference) = left.pop() {
        if seen.insert(reference.shape.as_str()) {
            left.extend(references(source.shape(&reference.shape)?));
        }
    }
    Ok(seen)
}
