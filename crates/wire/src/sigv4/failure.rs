//! Why a request is not let in.

use std::borrow::Cow;

use super::{MAX_EXPIRES_S, SERVICE, date};
use crate::Failure;

/// Why a request is not let in. It becomes a [`Failure`] under the name that AWS's front end gives it.
///
/// | Name | When |
/// |---|---|
/// | `MissingAuthenticationTokenException` | there is no signature |
/// | `IncompleteSignatureException` | what stands for one cannot be read, or leaves out what has to be signed |
/// | `InvalidSignatureException` | it can be read and does not hold: another time, scope, body, or simply another one |
/// | `UnrecognizedClientException` | nobody has this access key or session token |
/// | `ExpiredTokenException` | the temporary key is over |
/// | `AccessDeniedException` | the signature holds, and no policy allows what is asked |
///
/// All are 403, as in the list of common errors that AppConfig's reference has now; older lists of AWS have 400 for the
/// incomplete ones. SDKs take none of them as a reason to try again, and set their clock by the `Date` of an
/// `InvalidSignatureException`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthFailure {
    /// There is no signature.
    Missing,
    /// The signature cannot be read; the sentence says what of it.
    Incomplete(&'static str),
    /// A header that has to be signed is not.
    NotSigned(String),
    /// A header that is said to be signed is not there.
    SignedButAbsent(String),
    /// The credential scope is for something else; the sentence says what.
    Scope(&'static str),
    /// The credential scope names a region that is not served here. For callers that serve some only.
    WrongRegion(String),
    /// It was signed further in the future than clocks may differ.
    NotYetValid {
        /// When it was signed.
        signed_at_ms: i64,
        /// Our time.
        now_ms: i64,
    },
    /// Its time is over.
    Expired {
        /// When it was signed.
        signed_at_ms: i64,
        /// Our time.
        now_ms: i64,
    },
    /// The payload is not signed, or in a way that belongs to S3.
    UnsignedPayload,
    /// The body is not the one that `x-amz-content-sha256` states.
    PayloadMismatch,
    /// The path is one that signing and routing would read differently.
    AmbiguousPath,
    /// The signature is another one.
    Mismatch,
    /// Nobody has this access key or session token.
    UnknownKey,
    /// The temporary key is over.
    ExpiredToken,
    /// No policy allows it.
    Denied {
        /// Who asks.
        principal_arn: String,
        /// The action, for example `appconfig:GetApplication`.
        action: String,
        /// What it would touch.
        resource: String,
        /// Whether a statement denies it, rather than none allowing it.
        is_explicit: bool,
    },
}

impl AuthFailure {
    /// The name of the error.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) | Self::NotSigned(_) | Self::SignedButAbsent(_) => "IncompleteSignatureException",
            Self::Scope(_)
            | Self::WrongRegion(_)
            | Self::NotYetValid { .. }
            | Self::Expired { .. }
            | Self::UnsignedPayload
            | Self::PayloadMismatch
            | Self::AmbiguousPath
            | Self::Mismatch => "InvalidSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::Denied { .. } => "AccessDeniedException",
        }
    }
}

impl std::fmt::Display for AuthFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("The request has no signature."),
            Self::Incomplete(reason) | Self::Scope(reason) => f.write_str(reason),
            Self::NotSigned(name) => write!(f, "The header '{name}' has to be signed and is not."),
            Self::SignedButAbsent(name) => write!(f, "The header '{name}' is said to be signed and is not there."),
            Self::WrongRegion(region) => write!(f, "The credential is scoped to '{region}', which is not served here."),
            Self::NotYetValid { signed_at_ms, now_ms } => {
                let (signed_at, now) = (time(*signed_at_ms), time(*now_ms));
                write!(f, "Signature not yet current: {signed_at} is still later than {now} (± 15 min.).")
            }
            Self::Expired { signed_at_ms, now_ms } => {
                let (signed_at, now) = (time(*signed_at_ms), time(*now_ms));
                write!(f, "Signature expired: it was made at {signed_at}, and it is {now} now.")
            }
            Self::UnsignedPayload => f.write_str(
                "The header 'x-amz-content-sha256' has to be the SHA-256 of the body: 64 lower-case hexadecimal digits.",
            ),
            Self::PayloadMismatch => f.write_str("The body is not the one that 'x-amz-content-sha256' states."),
            Self::AmbiguousPath => f.write_str("A signed path cannot have empty, '.' or '..' segments."),
            Self::Mismatch => f.write_str(
                "The request signature that we calculated does not match the one provided. Check the secret access key, \
                 and that nothing between changes the request.",
            ),
            Self::UnknownKey => f.write_str("The security token included in the request is invalid."),
            Self::ExpiredToken => f.write_str("The security token included in the request is expired."),
            Self::Denied { principal_arn, action, resource, is_explicit } => {
                write!(f, "User: {principal_arn} is not authorized to perform: {action} on resource: {resource} ")?;
                if *is_explicit {
                    f.write_str("with an explicit deny in an identity-based policy")
                } else {
                    write!(f, "because no identity-based policy allows the {action} action")
                }
            }
        }
    }
}

impl std::error::Error for AuthFailure {}

impl From<AuthFailure> for Failure {
    fn from(failure: AuthFailure) -> Self {
        Self::new(failure.name(), 403, failure.to_string())
    }
}

fn time(at_ms: i64) -> Cow<'static, str> {
    Cow::Owned(String::from_utf8_lossy(&date::write_basic(at_ms)).into_owned())
}

// The sentences about what cannot be read, here so that they can be read together.
impl AuthFailure {
    pub(super) const TWO_FORMS: Self =
        Self::Incomplete("A request is signed in the header 'Authorization' or in the query, not in both.");
    pub(super) const TWO_HEADERS: Self = Self::Incomplete("The header 'Authorization' is there twice.");
    pub(super) const ALGORITHM: Self =
        Self::Incomplete("The algorithm has to be AWS4-HMAC-SHA256: Signature Version 4 with a symmetric key.");
    pub(super) const LONG: Self = Self::Incomplete("The header 'Authorization' is too long.");
    pub(super) const FIELDS: Self = Self::Incomplete(
        "A signature has the fields Credential, SignedHeaders and Signature, each once and as KEY=VALUE, and no other.",
    );
    pub(super) const PARAMETERS: Self = Self::Incomplete(
        "A presigned request has X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-Expires, X-Amz-SignedHeaders and \
         X-Amz-Signature, each once and percent-encoded.",
    );
    pub(super) const CREDENTIAL: Self =
        Self::Incomplete("The credential has to be ACCESS-KEY-ID/YYYYMMDD/REGION/appconfig/aws4_request.");
    pub(super) const SIGNATURE: Self = Self::Incomplete("The signature has to be 64 lower-case hexadecimal digits.");
    pub(super) const HEADER_NAMES: Self =
        Self::Incomplete("SignedHeaders has to be lower-case names in ascending order with semicolons between.");
    pub(super) const NO_DATE: Self =
        Self::Incomplete("A signature needs the time: a header 'X-Amz-Date' or 'Date', or the parameter X-Amz-Date.");
    pub(super) const DATE: Self = Self::Incomplete("The time of signing has to be written once, as 20260131T235959Z.");
    pub(super) const EXPIRES: Self = {
        assert!(MAX_EXPIRES_S == 604_800);
        Self::Incomplete("X-Amz-Expires has to be a number of seconds from 1 to 604800.")
    };
    pub(super) const HOST: Self = Self::Incomplete("The request has to have one host.");
    pub(super) const TOKEN: Self =
        Self::Incomplete("The session token has to be there at most once, in at most 8192 visible ASCII characters.");
    pub(super) const QUERY: Self = Self::Incomplete("The query string is too long, or not percent-encoded.");
    pub(super) const SERVICE: Self = {
        assert!(SERVICE.len() == 9);
        Self::Scope("The credential has to be scoped to the service 'appconfig'.")
    };
    pub(super) const STS: Self = Self::Scope("The credential has to be scoped to the service 'sts'.");
    pub(super) const DAY: Self = Self::Scope("The day of the credential scope is not that of the time of signing.");
}
