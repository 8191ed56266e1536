//! Writes the plain serde types: a request and a response for each operation, and what they hold.

use std::collections::HashSet;
use std::fmt::Write;

use anyhow::{Result, bail, ensure};

use super::generate::{Facts, type_name};
use super::names::{field, pascal, screaming};
use super::source::{Operation, Reference, Shape};

impl Facts<'_> {
    /// Writes all types but the error, requests and responses first.
    pub fn types(&self, out: &mut String) -> Result<()> {
        let mut seen = HashSet::new();
        for (name, operation) in &self.source.operations {
            for (reference, kind) in [(&operation.input, "Request"), (&operation.output, "Response")] {
                match reference {
                    Some(reference) if seen.insert(reference.shape.as_str()) => {
                        self.structure_type(out, &reference.shape)?
                    }
                    Some(_) => {}
                    None => self.empty_type(out, name, kind)?,
                }
            }
            self.operation_impls(out, name, operation)?;
        }
        for (name, shape) in &self.source.shapes {
            match shape.kind.as_str() {
                "structure" if shape.union => self.union_type(out, name, shape)?,
                "structure" if !seen.contains(name.as_str()) => self.structure_type(out, name)?,
                "string" if !shape.values.is_empty() => self.enum_type(out, name, shape)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn structure_type(&self, out: &mut String, name: &str) -> Result<()> {
        let shape = self.source.shape(name)?;
        ensure!(shape.kind == "structure" && !shape.union, "{name} is no plain structure");
        let hides = shape.members.values().map(|it| self.is_sensitive(it)).collect::<Result<Vec<_>>>()?;
        let hides = hides.contains(&true);
        let mut derives = vec!["Clone"];
        if !hides {
            derives.push("Debug");
        }
        if self.has_default(name)? {
            derives.push("Default");
        }
        derives.push("PartialEq");
        derives.extend(self.serde(name));
        writeln!(out, "\n/// {}.", self.role(name))?;
        writeln!(out, "#[derive({})]\n#[serde(rename_all = \"PascalCase\")]", derives.join(", "))?;
        writeln!(out, "pub struct {name} {{")?;
        for (member, reference) in &shape.members {
            let (field, kind) = (field(member)?, self.rust_type(&reference.shape)?);
            let is_blob = self.source.shape(&reference.shape)?.kind == "blob";
            ensure!(!is_blob || shape.payload.as_ref() == Some(member), "{name}.{member} is a blob beside others");
            if is_blob {
                writeln!(out, "/// Travels beside the JSON, as the whole body.\n#[serde(skip)]")?;
            }
            if shape.required.contains(member) {
                writeln!(out, "pub {field}: {kind},")?;
            } else {
                if !is_blob && self.written.contains(name) {
                    writeln!(out, "#[serde(skip_serializing_if = \"Option::is_none\")]")?;
                }
                writeln!(out, "pub {field}: Option<{kind}>,")?;
            }
        }
        writeln!(out, "}}")?;
        if hides {
            self.hiding_debug(out, name, shape)?;
        }
        Ok(())
    }

    /// Writes a `Debug` that keeps sensitive members out of logs.
    fn hiding_debug(&self, out: &mut String, name: &str, shape: &Shape) -> Result<()> {
        writeln!(out, "\nimpl fmt::Debug for {name} {{\nfn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{")?;
        writeln!(out, "f.debug_struct(\"{name}\")")?;
        for (member, reference) in &shape.members {
            let field = field(member)?;
            let shown = field.trim_start_matches("r#");
            if self.is_sensitive(reference)? {
                writeln!(out, ".field(\"{shown}\", &format_args!(\"(sensitive)\"))")?;
            } else {
                writeln!(out, ".field(\"{shown}\", &self.{field})")?;
            }
        }
        writeln!(out, ".finish()\n}}\n}}")?;
        Ok(())
    }

    fn empty_type(&self, out: &mut String, operation: &str, kind: &str) -> Result<()> {
        let name = format!("{operation}{kind}");
        ensure!(!self.source.shapes.contains_key(&name), "{name} exists and is not what {operation} uses");
        let serde = if kind == "Request" { "Deserialize" } else { "Serialize" };
        writeln!(out, "\n/// `{operation}`: {}, empty.", kind.to_lowercase())?;
        writeln!(out, "#[derive(Clone, Debug, Default, PartialEq, {serde})]\npub struct {name} {{}}")?;
        if kind == "Response" {
            writeln!(out, "\nimpl Output for {name} {{}}")?;
        }
        Ok(())
    }

    fn union_type(&self, out: &mut String, name: &str, shape: &Shape) -> Result<()> {
        let serde = self.serde(name).join(", ");
        writeln!(out, "\n/// `{name}`: exactly one of these.\n#[derive(Clone, Debug, PartialEq, {serde})]")?;
        writeln!(out, "pub enum {name} {{")?;
        for (member, reference) in &shape.members {
            ensure!(!self.is_sensitive(reference)?, "{name}.{member} is sensitive, which a union cannot hide yet");
            writeln!(out, "{member}({}),", self.rust_type(&reference.shape)?)?;
        }
        writeln!(out, "}}")?;
        Ok(())
    }

    fn enum_type(&self, out: &mut String, name: &str, shape: &Shape) -> Result<()> {
        let values: Vec<_> = self.values(name, shape).into_iter().map(|value| (pascal(&value), value)).collect();
        writeln!(
            out,
            "\n/// `{name}`: one of these words.\n\
             #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]\n\
             pub enum {name} {{"
        )?;
        for (variant, value) in &values {
            if variant != value {
                writeln!(out, "#[serde(rename = \"{value}\")]")?;
            }
            writeln!(out, "{variant},")?;
        }
        writeln!(out, "}}\n\nimpl {name} {{\n/// Every one, in the model's order.\npub const ALL: &[Self] = &[")?;
        for (variant, _) in &values {
            writeln!(out, "Self::{variant},")?;
        }
        writeln!(
            out,
            "];\n\n/// Returns the word as it travels.\npub const fn as_str(self) -> &'static str {{\nmatch self {{"
        )?;
        for (variant, value) in &values {
            writeln!(out, "Self::{variant} => \"{value}\",")?;
        }
        writeln!(out, "}}\n}}\n}}")?;
        writeln!(
            out,
            "\nimpl fmt::Display for {name} {{\nfn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n\
             f.write_str(self.as_str())\n}}\n}}"
        )?;
        Ok(())
    }

    fn operation_impls(&self, out: &mut String, name: &str, operation: &Operation) -> Result<()> {
        let (request, response) =
            (type_name(name, &operation.input, "Request"), type_name(name, &operation.output, "Response"));
        writeln!(out, "\nimpl Input for {request} {{\ntype Output = {response};")?;
        writeln!(out, "const OPERATION: &'static Operation = &{};", screaming(name))?;
        if let Some((field, is_required)) = self.blob_payload(&operation.input)? {
            let value = if is_required { "payload" } else { "Some(payload)" };
            writeln!(out, "\nfn set_payload(&mut self, payload: Bytes) {{\nself.{field} = {value};\n}}")?;
        }
        writeln!(out, "}}")?;

        let Some(reference) = &operation.output else {
            return Ok(());
        };
        let is_first = |other: &&Operation| other.output.as_ref().is_some_and(|it| it.shape == reference.shape);
        let first = self.source.operations.values().find(is_first);
        if first.is_some_and(|first| !std::ptr::eq(first, operation)) {
            return Ok(());
        }
        writeln!(out, "\nimpl Output for {response} {{")?;
        if let Some((field, is_required)) = self.blob_payload(&operation.output)? {
            let taken = if is_required {
                format!("Some(std::mem::take(&mut self.{field}))")
            } else {
                format!("self.{field}.take()")
            };
            writeln!(out, "fn take_payload(&mut self) -> Option<Bytes> {{\n{taken}\n}}")?;
        }
        writeln!(out, "}}")?;
        Ok(())
    }

    /// Returns the field that holds the whole body, and whether it is required.
    fn blob_payload(&self, structure: &Option<Reference>) -> Result<Option<(String, bool)>> {
        let Some(reference) = structure else {
            return Ok(None);
        };
        let shape = self.source.shape(&reference.shape)?;
        let Some(payload) = &shape.payload else {
            return Ok(None);
        };
        let kind = &self.source.shape(&shape.members[payload].shape)?.kind;
        ensure!(kind == "blob", "the payload {}.{payload} is a {kind}, not a blob", reference.shape);
        Ok(Some((field(payload)?, shape.required.contains(payload))))
    }

    fn rust_type(&self, name: &str) -> Result<String> {
        let shape = self.source.shape(name)?;
        let part = |reference: &Option<Reference>| match reference {
            Some(reference) => self.rust_type(&reference.shape),
            None => bail!("{name} lacks a part"),
        };
        Ok(match shape.kind.as_str() {
            "structure" => name.to_owned(),
            "string" if !shape.values.is_empty() => name.to_owned(),
            "string" => "String".to_owned(),
            "integer" => "i32".to_owned(),
            "float" | "double" => "f64".to_owned(),
            "boolean" => "bool".to_owned(),
            "timestamp" => "Timestamp".to_owned(),
            "blob" => "Bytes".to_owned(),
            "list" => format!("Vec<{}>", part(&shape.member)?),
            "map" => format!("BTreeMap<{}, {}>", part(&shape.key)?, part(&shape.value)?),
            other => bail!("{name} is a {other}"),
        })
    }

    fn serde(&self, name: &str) -> Vec<&'static str> {
        let derives = [("Serialize", &self.written), ("Deserialize", &self.read)];
        derives.into_iter().filter(|(_, shapes)| shapes.contains(name)).map(|(derive, _)| derive).collect()
    }

    fn has_default(&self, name: &str) -> Result<bool> {
        let shape = self.source.shape(name)?;
        Ok(match shape.kind.as_str() {
            "structure" if shape.union => false,
            "structure" => {
                for member in &shape.required {
                    if !self.has_default(&shape.members[member].shape)? {
                        return Ok(false);
                    }
                }
                true
            }
            "string" => shape.values.is_empty(),
            kind => kind != "timestamp",
        })
    }

    fn is_sensitive(&self, reference: &Reference) -> Result<bool> {
        Ok(self.source.shape(&reference.shape)?.sensitive)
    }

    /// Says in a few words what a structure is.
    fn role(&self, name: &str) -> String {
        let uses = |pick: fn(&Operation) -> Option<&Reference>| {
            let operations = self.source.operations.iter();
            let users = operations.filter(|(_, it)| pick(it).is_some_and(|it| it.shape == name));
            users.map(|(operation, _)| format!("`{operation}`")).collect::<Vec<_>>().join(", ")
        };
        let (takers, givers) = (uses(|it| it.input.as_ref()), uses(|it| it.output.as_ref()));
        if !takers.is_empty() {
            format!("{takers}: request")
        } else if !givers.is_empty() {
            format!("{givers}: response")
        } else if self.source.shapes[name].exception {
            format!("`{name}`: the body of an error")
        } else {
            format!("`{name}`: part of others")
        }
    }
}
