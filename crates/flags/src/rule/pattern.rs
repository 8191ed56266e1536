//! Regular expressions: those of the `regex` crate, whose matching time is linear. Each is compiled once a document.
//!
//! The dialect is close to Go's RE2, which AWS's agent uses; known differences: `\d`, `\w`, `\s` and `\b` know Unicode.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use crate::limits;

/// Why there is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PatternError {
    Invalid(String),
    TooMany,
}

impl std::fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(message) => formatter.write_str(message),
            Self::TooMany => write!(formatter, "a document has at most {} regular expressions", limits::PATTERNS),
        }
    }
}

/// The regular expressions of one document.
#[derive(Default)]
pub(crate) struct Patterns(HashMap<String, Result<Regex, PatternError>>);

impl Patterns {
    pub fn get(&mut self, pattern: &str) -> Result<Regex, PatternError> {
        if let Some(known) = self.0.get(pattern) {
            return known.clone();
        }
        if self.0.len() >= limits::PATTERNS {
            return Err(PatternError::TooMany);
        }
        let compiled = RegexBuilder::new(pattern)
            .size_limit(limits::PATTERN_COMPILED_BYTES)
            .dfa_size_limit(limits::PATTERN_COMPILED_BYTES)
            .nest_limit(32)
            .build()
            .map_err(|error| PatternError::Invalid(last_line(&error.to_string())));
        self.0.insert(pattern.to_owned(), compiled.clone());
        compiled
    }
}

/// The parser draws a picture of the pattern and explains below it.
fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or("").trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
