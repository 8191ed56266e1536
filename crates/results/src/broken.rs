//! What is wrong with the input, and where.

use std::fmt;

/// Why input cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file, if it is about one.
    pub source: Option<String>,
    /// The line, from 1, if it is about one.
    pub line: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Broken {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { source: None, line: None, what: what.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn at(mut self, source: &str, line: u64) -> Self {
        self.source = Some(source.to_owned());
        self.line = Some(line);
        self
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, self.line) {
            (Some(source), Some(line)) => write!(f, "{source}:{line}: {}", self.what),
            (Some(source), None) => write!(f, "{source}: {}", self.what),
            _ => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for Broken {}

/// A text from outside, short and on one line.
pub(crate) fn shown(text: &str) -> String {
    const CHARS: usize = 80;
    let mut shown = String::new();
    for (index, char) in text.chars().enumerate() {
        if index == CHARS {
            shown.push('…');
            break;
        }
        match char.is_control() {
            true => shown.extend(char.escape_default()),
            false => shown.push(char),
        }
    }
    shown
}
