//! What an operator reads when something is wrong: what it is, and what to do about it.

use std::fmt;

/// Why a command did not work.
#[derive(Debug)]
pub(crate) struct Problem {
    what: String,
    hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    /// What it is, and what to do about it.
    pub(crate) fn parts(self) -> (String, Option<String>) {
        (self.what, self.hint)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<tidegate_journal::Unavailable> for Problem {
    fn from(unavailable: tidegate_journal::Unavailable) -> Self {
        Self { what: unavailable.to_string(), hint: unavailable.hint }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.what)?;
        match &self.hint {
            Some(hint) => writeln!(f, "hint: {hint}"),
            None => Ok(()),
        }
    }
}
