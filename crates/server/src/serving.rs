//! What polls are answered from: for each channel, ready-made contents and who gets which.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use http::HeaderValue;
use rpds::HashTrieMapSync;
use tidegate_domain::rollout::{Rollout, Standing};
use tidegate_domain::{ChannelNumber, ContentHash};

/// A content as it goes out, made once and shared by all polls.
#[derive(Debug)]
pub(crate) struct Served {
    /// Names the version with its content, type and label: sessions that hold it have seen this. Never 0.
    pub key: u64,
    /// The deployment that put it here.
    pub deployment: u32,
    pub body: Arc<Body>,
    pub content_type: HeaderValue,
    pub version: HeaderValue,
    pub label: Option<HeaderValue>,
}

/// A content's bytes, shared by all channels that serve it.
#[derive(Debug)]
pub(crate) struct Body(pub Bytes);

/// A channel as polls see it.
#[derive(Debug)]
pub(crate) struct Serving {
    pub rollout: Rollout<Arc<Served>>,
    pub is_of_flags: bool,
    /// The number of the last state of which it is true, if a content of a later one could not be fetched yet.
    pub stale_since: Option<u64>,
    /// When it was polled last, in whole seconds since 1970; 0 for never. Outlives the serving.
    pub polled: Arc<AtomicI64>,
}

impl Serving {
    /// Remembers that it was polled. Costs a store a second at most.
    pub(crate) fn note_poll(&self, now_ms: i64) {
        let now_s = now_ms.div_euclid(1_000);
        if self.polled.load(Ordering::Relaxed) != now_s {
            self.polled.store(now_s, Ordering::Relaxed);
        }
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
        }
    }
}

impl Served {
    pub(crate) fn new(standing: &Standing, body: Arc<Body>) -> Self {
        let content = &standing.content;
        // What cannot stand in a header was refused when the version was made; other sources may be less strict.
        let header = |text: &str| HeaderValue::from_str(text).ok();
        Self {
            key: key_of(
                &content.hash,
                &[&content.version, &content.content_type, content.label.as_deref().unwrap_or("")],
            ),
            deployment: standing.deployment,
            body,
            content_type: header(&content.content_type)
                .unwrap_or_else(|| HeaderValue::from_static("application/octet-stream")),
            version: header(&content.version).unwrap_or_else(|| HeaderValue::from_static("")),
            label: content.label.as_deref().and_then(header),
        }
    }
}

fn key_of(hash: &ContentHash, texts: &[&str]) -> u64 {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(&hash.0);
    for text in texts {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    let digest = context.finish();
    let first = digest.as_ref()[..8].try_into().expect("a SHA-256 has 32 bytes");
    u64::from_be_bytes(first).max(1)
}
