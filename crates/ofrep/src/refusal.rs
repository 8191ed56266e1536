//! Why there is no answer, with every member that some provider insists on.

use serde_json::{Value, json};

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: u16,
    /// The protocol's word for it.
    pub code: Code,
    /// In words, for people.
    pub details: String,
}

/// The protocol's words for what can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The body cannot be read.
    Parse,
    /// A split needs to know whom the answer is for.
    TargetingKeyMissing,
    /// The context is not one.
    InvalidContext,
    /// There is no such flag.
    FlagNotFound,
    /// Anything else.
    General,
}

impl Code {
    /// Its spelling on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "PARSE_ERROR",
            Self::TargetingKeyMissing => "TARGETING_KEY_MISSING",
            Self::InvalidContext => "INVALID_CONTEXT",
            Self::FlagNotFound => "FLAG_NOT_FOUND",
            Self::General => "GENERAL",
        }
    }
}

impl Refusal {
    /// A refusal.
    pub fn new(status: u16, code: Code, details: impl Into<String>) -> Self {
        Self { status, code, details: details.into() }
    }

    /// There is no such flag.
    pub(crate) fn not_found(details: impl Into<String>) -> Self {
        Self::new(404, Code::FlagNotFound, details)
    }

    /// The body for who asked for this key, or for all flags.
    pub fn body(&self, key: Option<&str>) -> Vec<u8> {
        self.item(key).to_string().into_bytes()
    }

    pub(crate) fn item(&self, key: Option<&str>) -> Value {
        let mut body = json!({"errorCode": self.code.as_str(), "errorDetails": self.details, "metadata": {}});
        if let Some(key) = key {
            body["key"] = key.into();
        }
        body
    }
}
