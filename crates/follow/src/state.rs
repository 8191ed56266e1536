//! What a session is told, once it is whole.

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What can be the matter with a token; the names are AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Problem {
    /// Not made by this service, changed, made long ago, or used up.
    Corrupted,
    /// Older than 24 hours.
    Expired,
}

/// One of the two versions that there are during a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What those get whom the deployment has not reached.
    Base,
    /// What those get whom it has reached.
    Next,
}

/// A version of a configuration, with its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The number of the deployment that brought it.
    pub deployment: u32,
    /// As in the header `Configuration-Version`.
    pub version: String,
    /// As in the header `Version-Label`.
    pub label: Option<String>,
    /// As in the header `Content-Type`.
    pub content_type: String,
    /// `stored`, `json` or `ion`.
    pub form: String,
    /// The SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
    /// As in the header `Experiment-Flags`.
    pub experiment_flags: Option<String>,
    /// The content, received whole and checked.
    pub content: Bytes,
}

/// A session's configuration, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The profile's type: `AWS.AppConfig.FeatureFlags` or `AWS.Freeform`.
    pub kind: String,
    /// What the session gets by its own place, if there is something for it.
    pub side: Option<Side>,
    /// What those get whom the running deployment has not reached.
    pub base: Option<Arc<Version>>,
    /// How far the running deployment has come, in percent, and what it brings.
    pub next: Option<(f64, Arc<Version>)>,
    /// Decides with an entity's id whether the running deployment has reached it.
    pub seed: Option<String>,
}

impl State {
    /// What the session gets by its own place.
    pub fn served(&self) -> Option<&Arc<Version>> {
        match self.side? {
            Side::Base => self.base.as_ref(),
            Side::Next => self.next.as_ref().map(|(_, next)| next),
        }
    }

    /// What an entity gets.
    pub fn served_to(&self, entity: &str) -> Option<&Arc<Version>> {
        match (&self.next, &self.seed) {
            (Some((percentage, next)), Some(seed)) if is_inside(place(seed, entity), *percentage) => Some(next),
            _ => self.base.as_ref(),
        }
    }
}

/// Where an entity stands in the order in which a deployment reaches entities: of 2⁶⁴ places.
pub fn place(seed: &str, entity: &str) -> u64 {
    let digest = Sha256::new().chain_update(seed).chain_update([0]).chain_update(entity).finalize();
    u64::from_be_bytes(digest[..8].try_into().expect("a SHA-256 has 32 bytes"))
}

fn is_inside(place: u64, percentage: f64) -> bool {
    percentage >= 100.0 || (place as f64) < percentage / 100.0 * 18_446_744_073_709_551_616.0
}

/// The data of a `configuration` event.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Announced {
    pub session: usize,
    pub token: String,
    pub served: Option<Side>,
    #[serde(rename = "type")]
    pub kind: String,
    pub base: Option<AnnouncedVersion>,
    pub next: Option<AnnouncedVersion>,
    pub seed: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AnnouncedVersion {
    pub deployment: u32,
    pub version: String,
    pub label: Option<String>,
    pub content_type: String,
    pub form: String,
    pub sha256: String,
    pub size: u64,
    pub experiment_flags: Option<String>,
    pub percentage: Option<f64>,
}

impl Announced {
    pub(crate) fn versions(&self) -> impl Iterator<Item = &AnnouncedVersion> {
        self.base.iter().chain(&self.next)
    }

    /// The state with its contents; none if one is missing.
    pub(crate) fn with(&self, content: impl Fn(&str) -> Option<Bytes>) -> Option<State> {
        let version = |told: &AnnouncedVersion| {
            Some(Arc::new(Version {
                deployment: told.deployment,
                version: told.version.clone(),
                label: told.label.clone(),
                content_type: told.content_type.clone(),
                form: told.form.clone(),
                sha256: told.sha256.clone(),
                experiment_flags: told.experiment_flags.clone(),
                content: content(&told.sha256)?,
            }))
        };
        let base = self.base.as_ref().map(version);
        let next = self.next.as_ref().map(|told| Some((told.percentage.unwrap_or(0.0), version(told)?)));
        Some(State {
            kind: self.kind.clone(),
            side: self.served,
            base: base.map_or(Some(None), |base| base.map(Some))?,
            next: next.map_or(Some(None), |next| next.map(Some))?,
            seed: self.seed.clone(),
        })
    }
}

/// The SHA-256 of a content, in hexadecimal digits.
pub(crate) fn sha256_of(content: &[u8]) -> String {
    let digits = b"0123456789abcdef";
    let digest = Sha256::digest(content);
    let digits = digest.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_have_the_places_that_the_document_says() {
        assert_eq!(place("b0a3f5d2917c44e8", "user-1"), 0xb976_7582_cb58_9bdd);
        assert_eq!(place("b0a3f5d2917c44e8", "ümit"), 0xc180_7903_cbdc_7e0d);
        assert_eq!(place("0000000000000000", ""), 0x7755_39dd_d152_c4e6);
        let of_user = place("b0a3f5d2917c44e8", "user-1");
        assert!(!is_inside(of_user, 72.44) && is_inside(of_user, 72.45));
        assert!(is_inside(u64::MAX, 100.0) && !is_inside(0, 0.0));
    }

    #[test]
    fn hashes_are_those_that_any_tool_prints() {
        assert_eq!(sha256_of(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
