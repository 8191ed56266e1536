//! What all streams of a channel are told alike.

use std::fmt::Write;

use aws_lc_rs::digest::{Context, SHA256};
use http::HeaderValue;
use serde::Serialize;
use tidegate_domain::{ChannelNumber, ProfileType};

use crate::serving::{Served, Serving};

/// A channel's state, written once for each kind of reader.
#[derive(Debug)]
pub(crate) struct Announced {
    plain: Announcement,
    /// For those who accept Ion, if it makes a difference.
    ion: Option<Announcement>,
}

/// The members of a `configuration` event that are the same for all sessions.
#[derive(Debug)]
pub(crate) struct Announcement {
    /// Names the state: streams that have told it need not tell it again.
    pub key: u64,
    /// From `"type"` to `"seed"`, without the braces.
    pub members: Box<str>,
}

impl Announced {
    pub(crate) fn of(channel: ChannelNumber, serving: &Serving) -> Self {
        let has_ion = serving.rollout.parts().any(|served| served.ion.is_some());
        let plain = Announcement::of(channel, serving, false);
        Self { plain, ion: has_ion.then(|| Announcement::of(channel, serving, true)) }
    }

    pub(crate) fn for_reader(&self, accepts_ion: bool) -> &Announcement {
        self.ion.as_ref().filter(|_| accepts_ion).unwrap_or(&self.plain)
    }
}

impl Announcement {
    fn of(channel: ChannelNumber, serving: &Serving, accepts_ion: bool) -> Self {
        let kind = if serving.is_of_flags { ProfileType::FeatureFlags } else { ProfileType::Freeform };
        let base = serving.rollout.base.as_ref().map(|served| Part::of(served, accepts_ion, None));
        let next = serving.rollout.next.as_ref().map(|(share, served)| Part::of(served, accepts_ion, Some(*share)));
        let seed = serving.rollout.next.as_ref().map(|(_, served)| seed(channel, served.deployment));
        let state = State { kind: kind.as_str(), base, next, seed };
        let written = serde_json::to_string(&state).expect("texts and numbers can be written as JSON");
        let members = written.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
        Self { key: first_eight(&[members.as_bytes()]).max(LEAST_KEY), members: members.into() }
    }
}

/// Keys below stand for what is not an announcement; see `body`.
pub(super) const LEAST_KEY: u64 = 16;

#[derive(Serialize)]
struct State<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    base: Option<Part<'a>>,
    next: Option<Part<'a>>,
    seed: Option<String>,
}

#[derive(Serialize)]
struct Part<'a> {
    deployment: u32,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    content_type: &'a str,
    form: &'a str,
    sha256: String,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment_flags: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentage: Option<f64>,
}

impl<'a> Part<'a> {
    fn of(served: &'a Served, accepts_ion: bool, percentage: Option<f64>) -> Self {
        let (form, experiment_flags) = served.form(accepts_ion);
        Self {
            deployment: served.deployment,
            version: text(&served.version),
            label: served.label.as_ref().map(text),
            content_type: text(&form.content_type),
            form: form.kind.as_str(),
            sha256: form.hash.to_string(),
            size: form.body.0.len(),
            experiment_flags: experiment_flags.map(text),
            percentage,
        }
    }
}

/// What was made a header's value from text is ASCII.
fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

/// Another one for each deployment on each channel, and the same on all nodes.
fn seed(channel: ChannelNumber, deployment: u32) -> String {
    let number = first_eight(&[b"tidegate rollout", &channel.to_be_bytes(), &deployment.to_be_bytes()]);
    let mut text = String::with_capacity(16);
    let _ = write!(text, "{number:016x}");
    text
}

/// The first eight bytes of the SHA-256 of these pieces.
pub(super) fn first_eight(pieces: &[&[u8]]) -> u64 {
    let mut context = Context::new(&SHA256);
    pieces.iter().for_each(|piece| context.update(piece));
    let digest = context.finish();
    u64::from_be_bytes(digest.as_ref()[..8].try_into().expect("a SHA-256 has 32 bytes"))
}
