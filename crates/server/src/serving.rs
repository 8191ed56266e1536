//! What polls are answered from: for each channel, ready-made contents and who gets which.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::HeaderValue;
use rpds::HashTrieMapSync;
use tidegate_domain::rollout::{Rollout, Standing};
use tidegate_domain::{ChannelNumber, ContentHash, ProfileType};
use tidegate_flags::{CONTENT_TYPE_ION, CONTENT_TYPE_JSON};

use crate::stream::Announced;

/// What a deployment put on a channel, as it goes out: made once and shared by all polls.
#[derive(Debug)]
pub(crate) struct Served {
    /// The deployment that put it here.
    pub deployment: u32,
    pub version: HeaderValue,
    pub label: Option<HeaderValue>,
    /// What everybody gets.
    pub plain: Form,
    /// What those get who ask for Ion, if the content has such a form.
    pub ion: Option<IonForm>,
    /// What the forms are of: whoever serves the same next needs not render it again.
    _flags: Option<Arc<Flags>>,
}

/// A form of a content.
#[derive(Debug)]
pub(crate) struct Form {
    /// Names the form with its version, type and label: sessions that hold it have seen this. Never 0.
    pub key: u64,
    pub kind: FormKind,
    /// The SHA-256 of the body.
    pub hash: ContentHash,
    pub body: Arc<Body>,
    pub content_type: HeaderValue,
}

/// How a form came from the content.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FormKind {
    Stored,
    Json,
    Ion,
}

impl FormKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Json => "json",
            Self::Ion => "ion",
        }
    }
}

/// The Ion form of feature flags.
#[derive(Debug)]
pub(crate) struct IonForm {
    pub form: Form,
    /// Which flags are in experiments.
    pub experiment_flags: Option<HeaderValue>,
}

/// A content's bytes, shared by all channels that serve it.
#[derive(Debug)]
pub(crate) struct Body(pub Bytes);

/// Feature flags in the forms in which they are read, shared by all channels that serve them alike.
#[derive(Debug)]
pub(crate) enum Flags {
    /// As readers get them.
    Rendered { json: (Arc<Body>, ContentHash), ion: Option<(Arc<Body>, ContentHash)>, experiment_flags: Option<String> },
    /// What is no document of flags, although it was deployed as one.
    Unrendered(Arc<Body>),
}

impl Flags {
    pub(crate) fn rendered(json: Vec<u8>, ion: Option<Vec<u8>>, experiment_flags: Option<String>) -> Self {
        let body = |bytes: Vec<u8>| {
            let digest = digest(&SHA256, &bytes);
            let hash = ContentHash(digest.as_ref().try_into().expect("a SHA-256 has 32 bytes"));
            (Arc::new(Body(bytes.into())), hash)
        };
        Self::Rendered { json: body(json), ion: ion.map(body), experiment_flags }
    }

    pub(crate) fn unrendered(body: Arc<Body>) -> Self {
        Self::Unrendered(body)
    }
}

/// A channel as polls see it.
#[derive(Debug)]
pub(crate) struct Serving {
    pub rollout: Rollout<Arc<Served>>,
    pub is_of_flags: bool,
    /// The number of the last state of which it is true, if a content of a later one could not be fetched yet.
    pub stale_since: Option<u64>,
    /// When it was polled last, in whole seconds since 1970; 0 for never. Outlives the serving.
    pub polled: Arc<AtomicI64>,
    /// What streams say of it, once one has.
    pub announced: OnceLock<Box<Announced>>,
}

impl Serving {
    /// Remembers that it was polled. Costs a store a second at most.
    pub(crate) fn note_poll(&self, now_ms: i64) {
        let now_s = now_ms.div_euclid(1_000);
        if self.polled.load(Ordering::Relaxed) != now_s {
            self.polled.store(now_s, Ordering::Relaxed);
        }
    }

    /// Remembers that it was polled at that time, elsewhere.
    pub(crate) fn note_polled_at(&self, at_ms: i64) {
        self.polled.fetch_max(at_ms.div_euclid(1_000), Ordering::Relaxed);
    }

    /// When it was polled last on this node, in milliseconds since 1970.
    pub(crate) fn last_polled_ms(&self) -> Option<i64> {
        let at_s = self.polled.load(Ordering::Relaxed);
        (at_s != 0).then(|| at_s.saturating_mul(1_000))
    }
}

/// All channels as polls see them.
pub(crate) type ServingMap = HashTrieMapSync<ChannelNumber, Arc<Serving>>;

impl Serving {
    /// The same, once it is known that something newer than this state's could not be fetched.
    pub(crate) fn stale_at(&self, number: u64) -> Self {
        Self {
            rollout: self.rollout.clone(),
            is_of_flags: self.is_of_flags,
            stale_since: self.stale_since.or(Some(number)),
            polled: self.polled.clone(),
            announced: OnceLock::new(),
        }
    }
}

impl Served {
    /// A content as it was stored.
    pub(crate) fn plain(standing: &Standing, body: Arc<Body>) -> Self {
        let content = &standing.content;
        let mut plain = Form::new(standing, FormKind::Stored, content.hash, body, &content.content_type);
        // A content may be stored under the name of something longer; readers check what they get.
        plain.hash = ContentHash(tidegate_journal::BlobId::of(&plain.body.0).0);
        Self::new(standing, plain, None)
    }

    /// Feature flags in the forms in which they are read.
    pub(crate) fn flags(standing: &Standing, flags: Arc<Flags>) -> Self {
        let form = |kind, (body, hash): &(Arc<Body>, ContentHash), content_type| {
            Form::new(standing, kind, *hash, body.clone(), content_type)
        };
        let served = match &*flags {
            Flags::Unrendered(body) => Self::plain(standing, body.clone()),
            Flags::Rendered { json, ion, experiment_flags } => {
                let ion = ion.as_ref().map(|ion| IonForm {
                    form: form(FormKind::Ion, ion, CONTENT_TYPE_ION),
                    experiment_flags: experiment_flags.as_deref().and_then(header),
                });
                Self::new(standing, form(FormKind::Json, json, CONTENT_TYPE_JSON), ion)
            }
        };
        Self { _flags: Some(flags), ..served }
    }

    fn new(standing: &Standing, plain: Form, ion: Option<IonForm>) -> Self {
        Self {
            deployment: standing.deployment,
            version: header(&standing.content.version).unwrap_or_else(|| HeaderValue::from_static("")),
            label: standing.content.label.as_deref().and_then(header),
            plain,
            ion,
            _flags: None,
        }
    }

    /// The form for a reader who accepts these types, and which flags are in experiments in it.
    pub(crate) fn form_for(&self, accept: Option<&HeaderValue>) -> (&Form, Option<&HeaderValue>) {
        match &self.ion {
            Some(_) => self.form(accept.is_some_and(accepts_ion)),
            None => (&self.plain, None),
        }
    }

    /// The same for a reader of whom it is known.
    pub(crate) fn form(&self, accepts_ion: bool) -> (&Form, Option<&HeaderValue>) {
        match &self.ion {
            Some(ion) if accepts_ion => (&ion.form, ion.experiment_flags.as_ref()),
            _ => (&self.plain, None),
        }
    }
}

impl Form {
    fn new(standing: &Standing, kind: FormKind, hash: ContentHash, body: Arc<Body>, content_type: &str) -> Self {
        let content = &standing.content;
        let texts = [&content.version, content_type, content.label.as_deref().unwrap_or("")];
        Self {
            key: key_of(&hash, &texts),
            kind,
            hash,
            body,
            content_type: header(content_type).unwrap_or_else(|| HeaderValue::from_static("application/octet-stream")),
        }
    }
}

/// What cannot stand in a header was refused when the version was made; other sources may be less strict.
fn header(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

/// Whether the types that a reader accepts include Ion of feature flags by name.
pub(crate) fn accepts_ion(accept: &HeaderValue) -> bool {
    let Ok(accept) = accept.to_str() else { return false };
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_ion = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/ion"));
        let (mut is_of_flags, mut is_refused) = (false, false);
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim() {
                name if name.eq_ignore_ascii_case("type") => {
                    is_of_flags = value.eq_ignore_ascii_case(ProfileType::FeatureFlags.as_str());
                }
                name if name.eq_ignore_ascii_case("q") => {
                    is_refused = value.parse::<f32>().is_ok_and(|quality| quality <= 0.0);
                }
                _ => {}
            }
        }
        is_ion && is_of_flags && !is_refused
    })
}

fn key_of(hash: &ContentHash, texts: &[&str]) -> u64 {
    let mut context = aws_lc_rs::digest::Context::new(&SHA256);
    context.update(&hash.0);
    for text in texts {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    let digest = context.finish();
    let first = digest.as_ref()[..8].try_into().expect("a SHA-256 has 32 bytes");
    u64::from_be_bytes(first).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &'static str, is_accepted: bool) {
        assert_eq!(accepts_ion(&HeaderValue::from_static(accept)), is_accepted, "{accept}");
    }

    #[test]
    fn ion_is_for_those_who_name_it() {
        check("application/ion;type=AWS.AppConfig.FeatureFlags;q=1.0,*/*;q=0.1", true);
        check("application/ion; type=AWS.AppConfig.FeatureFlags", true);
        check("application/json, Application/Ion ; Type = \"aws.appconfig.featureflags\"", true);
        check("application/ion;q=0.5;type=AWS.AppConfig.FeatureFlags", true);
        check("application/ion;type=AWS.AppConfig.FeatureFlags;q=0.000, */*", false);
        check("application/ion;type=Other", false);
        check("application/ion", false);
        check("*/*", false);
        check("application/*", false);
        check("application/json", false);
        check("application/json;type=AWS.AppConfig.FeatureFlags", false);
        check("application/ion-text;type=AWS.AppConfig.FeatureFlags", false);
        check("", false);
    }
}
