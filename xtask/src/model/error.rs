//! Writes the enum of a service's errors.

use std::fmt::Write;

use anyhow::{Result, ensure};

use super::generate::Facts;
use super::names::screaming;

impl Facts<'_> {
    /// Writes the enum over the exceptions, which are among the types.
    pub fn error(&self, out: &mut String) -> Result<()> {
        let exceptions: Vec<_> = self.source.shapes.iter().filter(|(_, shape)| shape.exception).collect();
        ensure!(!self.source.shapes.contains_key("Error"), "the model has a shape of its own that is called Error");
        writeln!(
            out,
            "\n/// Any error that the model of `{}` lists; serialises as the body of the one that it is.\n\
             #[derive(Clone, Debug, PartialEq, Serialize)]\n#[serde(untagged)]\npub enum Error {{",
            self.service
        )?;
        let variant = |name: &str| name.strip_suffix("Exception").unwrap_or(name).to_owned();
        for (name, shape) in &exceptions {
            ensure!(shape.members.contains_key("Message"), "{name} lacks a Message");
            writeln!(out, "{}({name}),", variant(name))?;
        }
        writeln!(
            out,
            "}}\n\nimpl Error {{\n/// Returns the error's name, status and members.\n\
             pub const fn shape(&self) -> &'static ErrorShape {{\nmatch self {{"
        )?;
        for (name, _) in &exceptions {
            writeln!(out, "Self::{}(_) => &{},", variant(name), screaming(name))?;
        }
        writeln!(
            out,
            "}}\n}}\n\n/// Returns the text for a person, if there is one.\n\
             pub fn message(&self) -> Option<&str> {{\nmatch self {{"
        )?;
        for (name, _) in &exceptions {
            writeln!(out, "Self::{}(it) => it.message.as_deref(),", variant(name))?;
        }
        writeln!(
            out,
            "}}\n}}\n}}\n\n\
             impl fmt::Display for Error {{\nfn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n\
             f.write_str(self.shape().name)?;\n\
             self.message().map_or(Ok(()), |message| write!(f, \": {{message}}\"))\n}}\n}}\n\n\
             impl std::error::Error for Error {{}}"
        )?;
        for (name, _) in &exceptions {
            writeln!(
                out,
                "\nimpl From<{name}> for Error {{\nfn from(it: {name}) -> Self {{\nSelf::{}(it)\n}}\n}}",
                variant(name)
            )?;
        }
        Ok(())
    }
}
