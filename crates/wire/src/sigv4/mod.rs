//! AWS Signature Version 4: who signed a request, and whether they did.
//!
//! [`Signed::read`] reads what a request claims, strictly and within bounds; [`Signed::verify`] holds the claim against
//! a key. Between the two the caller looks the access key up. Both forms are read: the `Authorization` header, and the
//! presigned query. The clock is an argument, and nothing is remembered: a signature can be repeated within its time.
//!
//! # The canonical request
//!
//! It is made as the SDKs make it for `appconfig` and never held in memory: its pieces go straight into the hash.
//! Where a normalisation would give two requests one signature, they have to be requests of one meaning:
//!
//! * The path is percent-encoded once more, as for every service but S3. The SDKs also resolve `.`, `..` and empty
//!   segments, which routing here does not: a path that has such segments is refused.
//! * Query parameters are decoded, encoded again, and sorted. A `+` is a space, as it is for [`bind`](crate::bind).
//! * Header values are trimmed and runs of blanks count as one space; a header that is there twice is joined by commas.
//!
//! # What has to be signed
//!
//! `host`, every `x-amz-*` header that is there, the date, and the one `x-amzn-` header that switches a protection off.
//! The body always: `UNSIGNED-PAYLOAD` and the streaming forms belong to S3, no SDK uses them here, and are refused.
//!
//! # What a caller is told
//!
//! [`AuthFailure`] has the names and statuses. An unknown access key is the caller's to tell
//! ([`AuthFailure::UnknownKey`]), before it reads a body.

mod canonical;
mod date;
mod failure;
mod key;
mod read;
mod sign;

use std::borrow::Cow;

use hmac::Mac;
use http::HeaderMap;

pub use failure::AuthFailure;
pub use key::{PayloadHash, SigningKey};
pub use sign::{Signer, sign, timestamp};

/// The service in every credential scope: both of AppConfig's services sign as this one.
pub const SERVICE: &str = "appconfig";

/// The service in the credential scopes of requests for temporary credentials.
pub const STS: &str = "sts";

/// How far a signature's time may be from ours, in milliseconds, both ways.
pub const MAX_SKEW_MS: i64 = 15 * 60 * 1000;

/// The longest that a presigned request may be good for, in seconds: a week.
pub const MAX_EXPIRES_S: u32 = 7 * 24 * 60 * 60;

/// The name of the one algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of every credential scope.
const TERMINATOR: &str = "aws4_request";

/// What of a request is signed, the body apart; as it was received.
#[derive(Clone, Copy)]
pub struct RequestParts<'a> {
    /// The method, for example `GET`.
    pub method: &'a str,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// What follows the `?`, still percent-encoded.
    pub query: Option<&'a str>,
    /// The authority of the request's target: what stands for a `host` header in HTTP/2.
    pub authority: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
}

impl<'a> From<&'a http::request::Parts> for RequestParts<'a> {
    fn from(parts: &'a http::request::Parts) -> Self {
        Self {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query(),
            authority: parts.uri.authority().map(|authority| authority.as_str()),
            headers: &parts.headers,
        }
    }
}

/// Where a signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query, with the time in seconds that it is good for.
    Presigned {
        /// 1 to [`MAX_EXPIRES_S`].
        expires_s: u32,
    },
}

/// What a signature claims. Nothing in it is true before [`Signed::verify`] says so.
pub struct Signed<'a> {
    /// The access key's id.
    pub access_key_id: Cow<'a, str>,
    /// The region of the credential scope, for example `eu-central-1`.
    pub region: Cow<'a, str>,
    /// The day of the credential scope, as `20260131`; the day of `signed_at_ms`.
    pub date: Day,
    /// When it was signed, in milliseconds since 1970.
    pub signed_at_ms: i64,
    /// The service of the credential scope: the one that was asked for.
    pub service: &'static str,
    /// What the request brings along with a temporary key, and signs.
    pub session_token: Option<Cow<'a, str>>,
    /// Where it stands.
    pub form: Form,
    /// As `20260131T235959Z`.
    timestamp: [u8; 16],
    /// Ascending, with semicolons between.
    signed_headers: Cow<'a, str>,
    /// What `x-amz-content-sha256` says.
    stated_payload: Option<[u8; 32]>,
    signature: [u8; 32],
}

/// A day as credential scopes write it: eight digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day([u8; 8]);

impl Day {
    /// The day as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a day holds digits only")
    }

    /// The day of a time in milliseconds since 1970.
    pub fn of_ms(at_ms: i64) -> Self {
        let timestamp = date::write_basic(at_ms);
        Self(std::array::from_fn(|index| timestamp[index]))
    }
}

impl std::fmt::Debug for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'a> Signed<'a> {
    /// Reads the claim of a request without verifying it.
    pub fn read(parts: &RequestParts<'a>) -> Result<Self, AuthFailure> {
        read::read(parts, SERVICE)
    }

    /// As [`Signed::read`], for a request to this service.
    pub fn read_for(parts: &RequestParts<'a>, service: &'static str) -> Result<Self, AuthFailure> {
        read::read(parts, service)
    }

    /// Says whether the signature's time is near enough to ours; a part of [`Signed::verify`] that needs no body.
    pub fn check_time(&self, now_ms: i64) -> Result<(), AuthFailure> {
        let good_for_ms = match self.form {
            Form::Header => MAX_SKEW_MS,
            Form::Presigned { expires_s } => i64::from(expires_s) * 1000,
        };
        if self.signed_at_ms > now_ms.saturating_add(MAX_SKEW_MS) {
            Err(AuthFailure::NotYetValid { signed_at_ms: self.signed_at_ms, now_ms })
        } else if now_ms > self.signed_at_ms.saturating_add(good_for_ms) {
            Err(AuthFailure::Expired { signed_at_ms: self.signed_at_ms, now_ms })
        } else {
            Ok(())
        }
    }

    /// Verifies the claim: the time, the payload, and the signature, which is compared in constant time.
    ///
    /// The parts are those that were read; the key is derived from the secret of `access_key_id` for `date` and
    /// `region`. Another day's or region's key does no harm: nothing verifies with it.
    pub fn verify(
        &self,
        key: &SigningKey,
        parts: &RequestParts<'_>,
        payload: &PayloadHash,
        now_ms: i64,
    ) -> Result<(), AuthFailure> {
        self.check_time(now_ms)?;
        if self.stated_payload.is_some_and(|stated| stated != payload.0) {
            return Err(AuthFailure::PayloadMismatch);
        }
        let canonical = canonical::hash(parts, self.form, &self.signed_headers, payload)?;
        let mac = string_to_sign(key, &self.timestamp, (&self.region, self.service), &canonical);
        mac.verify_slice(&self.signature).map_err(|_| AuthFailure::Mismatch)
    }
}

impl std::fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the signature nor the session token: this may end in a log.
        f.debug_struct("Signed")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.region)
            .field("date", &self.date)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

/// Feeds the string to sign to the key.
fn string_to_sign(
    key: &SigningKey,
    timestamp: &[u8; 16],
    (region, service): (&str, &str),
    canonical: &[u8; 32],
) -> key::HmacSha256 {
    let mut mac = key.mac();
    // One short buffer for what is always short; the region is at most 63 bytes long.
    let mut text = key::Line::<224>::default();
    for piece in [ALGORITHM.as_bytes(), b"\n", timestamp, b"\n", &timestamp[..8], b"/", region.as_bytes(), b"/"] {
        text.push(piece);
    }
    for piece in [service.as_bytes(), b"/", TERMINATOR.as_bytes(), b"\n", &key::hex(canonical)] {
        text.push(piece);
    }
    mac.update(text.as_slice());
    mac
}
