//! Writes the static table: operations, errors, structures, shapes.

use std::collections::HashSet;
use std::fmt::Write;

use anyhow::{Result, bail, ensure};

use super::generate::{Facts, type_name};
use super::names::{pascal, screaming};
use super::source::{Operation, Reference, Shape};

impl Facts<'_> {
    /// Writes the list of operations and all that it refers to, each once.
    pub fn table(&self, out: &mut String) -> Result<()> {
        writeln!(out, "\n/// Every operation, by name.\npub static OPERATIONS: &[&Operation] = &[")?;
        for name in self.source.operations.keys() {
            writeln!(out, "&{},", screaming(name))?;
        }
        writeln!(out, "];")?;
        let mut statics = Statics::default();
        for (name, operation) in &self.source.operations {
            statics.claim(screaming(name))?;
            self.operation(out, &mut statics, name, operation)?;
        }
        for (name, shape) in &self.source.shapes {
            if let Some(error) = &shape.error {
                statics.claim(screaming(name))?;
                writeln!(
                    out,
                    "\npub static {}: ErrorShape = ErrorShape {{ name: \"{name}\", status: {}, structure: &{} }};",
                    screaming(name),
                    error.http_status_code,
                    structure_static(name)
                )?;
            }
        }
        for (name, shape) in &self.source.shapes {
            if shape.kind == "structure" {
                statics.claim(structure_static(name))?;
                self.structure(out, name, shape)?;
            }
        }
        for &name in &self.referred {
            statics.claim(shape_static(name))?;
            self.shape(out, name)?;
        }
        Ok(())
    }

    fn operation(&self, out: &mut String, statics: &mut Statics, name: &str, operation: &Operation) -> Result<()> {
        let (input, output) =
            (type_name(name, &operation.input, "Request"), type_name(name, &operation.output, "Response"));
        let http = &operation.http;
        ensure!(
            ["GET", "POST", "PATCH", "DELETE"].contains(&http.method.as_str()),
            "{name} is a {}; add it to crates/model/src/shape.rs",
            http.method
        );
        let path = match http.request_uri.strip_prefix('/') {
            Some(path) if !path.contains(['?', '+']) => path,
            _ => bail!("{name} has the path {}", http.request_uri),
        };
        writeln!(
            out,
            "\npub static {}: Operation = Operation {{\nname: \"{name}\",\nservice: Service::{},\nmethod: Method::{},\npath: &[",
            screaming(name),
            self.variant,
            pascal(&http.method)
        )?;
        for segment in path.split('/') {
            match segment.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                Some(label) => writeln!(out, "Segment::Label(\"{label}\"),")?,
                None => writeln!(out, "Segment::Literal(\"{segment}\"),")?,
            }
        }
        writeln!(
            out,
            "],\nstatus: {},\ninput: &{},\noutput: &{},\nerrors: &[",
            http.response_code,
            structure_static(&input),
            structure_static(&output)
        )?;
        for error in &operation.errors {
            ensure!(self.source.shape(&error.shape)?.error.is_some(), "{} has no status", error.shape);
            writeln!(out, "&{},", screaming(&error.shape))?;
        }
        writeln!(out, "],\n}};")?;
        for (reference, structure) in [(&operation.input, &input), (&operation.output, &output)] {
            if reference.is_none() {
                statics.claim(structure_static(structure))?;
                writeln!(
                    out,
                    "\npub static {}: Structure = Structure {{ name: \"{structure}\", members: &[], payload: None, is_union: false }};",
                    structure_static(structure)
                )?;
            }
        }
        Ok(())
    }

    fn structure(&self, out: &mut String, name: &str, shape: &Shape) -> Result<()> {
        writeln!(
            out,
            "\npub static {}: Structure = Structure {{\nname: \"{name}\",\nmembers: &[",
            structure_static(name)
        )?;
        for (member, reference) in &shape.members {
            let name = reference.location_name.as_deref().unwrap_or(member);
            let location = match reference.location.as_deref() {
                None if name == member => "Body".to_owned(),
                None => bail!("{member} is called {name} in the body"),
                Some("uri") => format!("Path(\"{name}\")"),
                Some("querystring") => format!("Query(\"{name}\")"),
                Some("header") => format!("Header(\"{name}\")"),
                Some("statusCode") => "StatusCode".to_owned(),
                Some(other) => bail!("{member} travels in {other}"),
            };
            let how = if shape.required.contains(member) { "required" } else { "optional" };
            writeln!(out, "Member::{how}(\"{member}\", Location::{location}, &{}),", shape_static(&reference.shape))?;
        }
        writeln!(out, "],\npayload: {:?},\nis_union: {},\n}};", shape.payload, shape.union)?;
        Ok(())
    }

    fn shape(&self, out: &mut String, name: &str) -> Result<()> {
        let shape = self.source.shape(name)?;
        let part = |reference: &Option<Reference>| match reference {
            Some(reference) => Ok(format!("&{}", shape_static(&reference.shape))),
            None => bail!("{name} lacks a part"),
        };
        let kind = match shape.kind.as_str() {
            "structure" => format!("Structure(&{})", structure_static(name)),
            "string" => format!("String(&{:?})", self.values(name, shape)),
            "integer" => "Integer".to_owned(),
            "float" | "double" => "Float".to_owned(),
            "boolean" => "Boolean".to_owned(),
            "timestamp" => {
                ensure!(shape.timestamp_format.as_deref() == Some("iso8601"), "{name} is not in ISO 8601");
                "Timestamp".to_owned()
            }
            "blob" => "Blob".to_owned(),
            "list" => format!("List({})", part(&shape.member)?),
            "map" => format!("Map({}, {})", part(&shape.key)?, part(&shape.value)?),
            other => bail!("{name} is a {other}"),
        };
        let pattern = match &shape.pattern {
            Some(pattern) => {
                ensure!(!pattern.contains("\"#"), "the pattern of {name} cannot be written as a raw string");
                format!("Some(r#\"{pattern}\"#)")
            }
            None => "None".to_owned(),
        };
        let pattern = if pattern.matches('"').count() == 2 {
            pattern.replace("r#\"", "r\"").replace("\"#", "\"")
        } else {
            pattern
        };
        writeln!(
            out,
            "\npub static {}: Shape = Shape {{\nname: \"{name}\",\nkind: ShapeKind::{kind},\nmin: {:?},\nmax: {:?},\n\
             pattern: {pattern},\nis_sensitive: {},\n}};",
            shape_static(name),
            shape.min,
            shape.max,
            shape.sensitive
        )?;
        Ok(())
    }
}

/// The statics that are taken: the model's names must stay distinct in Rust's spelling.
#[derive(Default)]
struct Statics(HashSet<String>);

impl Statics {
    fn claim(&mut self, name: String) -> Result<()> {
        ensure!(!self.0.contains(&name), "two statics would be called {name}");
        self.0.insert(name);
        Ok(())
    }
}

fn structure_static(name: &str) -> String {
    screaming(name) + "_STRUCTURE"
}

fn shape_static(name: &str) -> String {
    screaming(name) + "_SHAPE"
}
