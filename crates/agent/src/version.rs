//! One version of a configuration, received whole and checked: from here on it is served as it stands.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::HeaderValue;
use tidegate_flags::{CONTENT_TYPE_ION, CONTENT_TYPE_JSON, Context, FlagSet};

use crate::experiment::Experiments;

/// The largest content that is taken: what the service may store, twice over.
pub(crate) const LARGEST: usize = 8 * 1_024 * 1_024;

/// What upstream says of a version beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its MIME type.
    pub content_type: String,
    /// Its number, or what its source calls it.
    pub number: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// Which flags are in experiments, as the header has it.
    pub experiment_flags: Option<String>,
}

/// A version, ready to be asked.
pub struct Version {
    /// What was said of it.
    pub told: Told,
    /// Its bytes as they came.
    pub content: Bytes,
    /// Their SHA-256.
    pub hash: [u8; 32],
    /// Its flags, if it has some.
    pub flags: Option<FlagSet>,
    /// The experiments on them.
    pub experiments: Experiments,
    /// What is answered with all flags, where that is the same for everybody.
    pub(crate) fixed: Option<Bytes>,
    pub(crate) content_type: HeaderValue,
    pub(crate) number: Option<HeaderValue>,
    pub(crate) label: Option<HeaderValue>,
}

/// Why what came is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// It is larger than any configuration.
    TooLarge(usize),
    /// It says of itself that it is flags, and they cannot be read.
    Flags(String),
    /// Flags were served before, and this is something else.
    NoLongerFlags(String),
    /// It says of itself that it is JSON, and is not.
    Json(String),
    /// Its number or type cannot stand in a header.
    Header(&'static str),
}

impl fmt::Display for Rejected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(size) => write!(formatter, "it has {size} bytes, and {LARGEST} are the most"),
            Self::Flags(problem) => write!(formatter, "its feature flags cannot be read: {problem}"),
            Self::NoLongerFlags(problem) => {
                write!(formatter, "feature flags were served before, and this cannot be read as such: {problem}")
            }
            Self::Json(problem) => write!(formatter, "it says to be JSON, and is not: {problem}"),
            Self::Header(what) => write!(formatter, "its {what} cannot stand in a header"),
        }
    }
}

impl Version {
    /// Checks what came. `before` is what has been served so far: flags do not turn into something else.
    ///
    /// # Errors
    /// Why it is not to be served.
    pub fn check(told: Told, content: Bytes, before: Option<&Self>) -> Result<Self, Rejected> {
        if content.len() > LARGEST {
            return Err(Rejected::TooLarge(content.len()));
        }
        let kind = Kind::of(&told.content_type);
        let flags = match kind {
            Kind::Ion => Some(FlagSet::from_ion(&content).map_err(|error| Rejected::Flags(error.to_string()))?),
            // Of JSON nobody says whether it is flags. What looks like flags can be asked like flags.
            Kind::Json => match FlagSet::from_retrieval_json(&content) {
                Ok(flags) => Some(flags),
                Err(error) if before.is_some_and(Self::is_surely_flags) => {
                    return Err(Rejected::NoLongerFlags(error.to_string()));
                }
                // A type that was always wrong is the owner's affair; one that became wrong is not served.
                Err(_) if before.is_some_and(Self::was_json) => {
                    serde_json::from_slice::<serde::de::IgnoredAny>(&content)
                        .map_err(|error| Rejected::Json(error.to_string()))?;
                    None
                }
                Err(_) => None,
            },
            Kind::Other if before.is_some_and(Self::is_surely_flags) => {
                return Err(Rejected::NoLongerFlags(format!("its type is {:?}", told.content_type)));
            }
            Kind::Other => None,
        };
        let header = |text: &str, what| HeaderValue::from_str(text).map_err(|_| Rejected::Header(what));
        let content_type = match kind {
            Kind::Ion => HeaderValue::from_static(CONTENT_TYPE_JSON),
            _ if told.content_type.is_empty() => HeaderValue::from_static("application/octet-stream"),
            _ => header(&told.content_type, "type")?,
        };
        let number = told.number.as_deref().map(|text| header(text, "version")).transpose()?;
        let label = told.label.as_deref().map(|text| header(text, "label")).transpose()?;
        let experiments = match &told.experiment_flags {
            Some(text) => Experiments::of_header(text).0,
            None => Experiments::default(),
        };
        let fixed = match (&kind, &flags) {
            (Kind::Ion, Some(flags)) if flags.keys().all(|key| is_for_all(flags, key)) => {
                flags.evaluate_many(&[], &Context::new()).map(Bytes::from)
            }
            (Kind::Ion, _) => None,
            _ => Some(content.clone()),
        };
        let hash = sha256(&content);
        Ok(Self { told, content, hash, flags, experiments, fixed, content_type, number, label })
    }

    /// Whether it came as flags with variants: nothing else has that type.
    fn is_surely_flags(&self) -> bool {
        Kind::of(&self.told.content_type) == Kind::Ion
    }

    fn was_json(&self) -> bool {
        Kind::of(&self.told.content_type) == Kind::Json
            && (self.flags.is_some() || serde_json::from_slice::<serde::de::IgnoredAny>(&self.content).is_ok())
    }
}

fn is_for_all(flags: &FlagSet, key: &str) -> bool {
    flags.evaluate(key, &Context::new()).is_some_and(|evaluation| evaluation.reason == tidegate_flags::Reason::Static)
}

/// The SHA-256 of a content.
pub(crate) fn sha256(content: &[u8]) -> [u8; 32] {
    digest(&SHA256, content).as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ion,
    Json,
    Other,
}

impl Kind {
    fn of(content_type: &str) -> Self {
        let mut parts = content_type.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let has_type =
            |part: &str| part.split_once('=').is_some_and(|(name, value)| is_flags(name.trim(), value.trim()));
        if essence.eq_ignore_ascii_case("application/ion") && parts.any(has_type) {
            Self::Ion
        } else if essence.eq_ignore_ascii_case("application/json") {
            Self::Json
        } else {
            Self::Other
        }
    }
}

fn is_flags(name: &str, value: &str) -> bool {
    name.eq_ignore_ascii_case("type") && value.trim_matches('"').eq_ignore_ascii_case("AWS.AppConfig.FeatureFlags")
}

/// The type that is asked for first, and taken before all others.
pub(crate) const ACCEPT: &str = "application/ion;type=AWS.AppConfig.FeatureFlags;q=1.0,*/*;q=0.1";

impl fmt::Debug for Version {
    /// Without its content, which is in no log line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = CONTENT_TYPE_ION == self.told.content_type;
        write!(formatter, "Version({:?}, {} bytes, ion {kind})", self.told.number, self.content.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(content_type: &str) -> Told {
        Told { content_type: content_type.to_owned(), ..Told::default() }
    }

    fn version(content_type: &str, content: &'static str, before: Option<&Version>) -> Result<Version, Rejected> {
        Version::check(told(content_type), Bytes::from_static(content.as_bytes()), before)
    }

    const ION: &str = "application/ion; type=AWS.AppConfig.FeatureFlags";
    const FLAGS: &str = r#"promo::[[(eq $storeId "uk"), "{\"_variant\":\"uk\",\"enabled\":true}"], "{\"_variant\":\"d\",\"enabled\":false}"] plain::"{\"enabled\":true}""#;

    #[test]
    fn ion_becomes_flags_and_is_answered_as_json() {
        let version = version(ION, FLAGS, None).unwrap();
        assert_eq!(version.content_type, "application/json");
        assert!(version.fixed.is_none() && version.flags.is_some_and(|flags| flags.len() == 2));
    }

    #[test]
    fn flags_without_rules_have_one_answer_for_all() {
        let version = version(ION, r#"plain::"{\"enabled\":true}""#, None).unwrap();
        assert_eq!(version.fixed.as_deref(), Some(&br#"{"plain":{"enabled":true}}"#[..]));
    }

    #[test]
    fn flags_do_not_turn_into_something_else() {
        let before = version(ION, FLAGS, None).unwrap();
        for (content_type, content) in [
            (ION, "promo::[[(eq $storeId"),
            (ION, "promo::12"),
            ("application/json", r#"{"a":12}"#),
            ("application/json", "<html>"),
            ("text/html", "<html>"),
        ] {
            assert!(version(content_type, content, Some(&before)).is_err(), "{content_type} {content}");
        }
        assert!(version("application/json", r#"{"plain":{"enabled":true}}"#, Some(&before)).is_ok());
    }

    #[test]
    fn free_form_content_is_served_as_it_is() {
        let yaml = version("application/x-yaml", "foo: bar\n", None).unwrap();
        assert_eq!((yaml.fixed.as_deref(), yaml.flags.is_none()), (Some(&b"foo: bar\n"[..]), true));
        let odd = version("application/json", "{\"foo\": ", None).unwrap();
        assert!(odd.flags.is_none() && version("application/json", "[]", Some(&odd)).is_ok());
        let list = version("application/json", "[1]", None).unwrap();
        assert!(matches!(version("application/json", "[1", Some(&list)), Err(Rejected::Json(_))));
    }
}
