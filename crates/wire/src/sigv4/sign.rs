//! The other side: a signature for the `Authorization` header, for what calls AppConfig from here, and for tests.

use hmac::Mac;

use super::key::hex;
use super::{ALGORITHM, AuthFailure, Form, PayloadHash, RequestParts, SERVICE, SigningKey, TERMINATOR};
use super::{canonical, date, string_to_sign};

/// Headers that others change on the way, or that SDKs leave out.
const UNSIGNABLE: [&str; 7] =
    ["authorization", "connection", "expect", "te", "transfer-encoding", "user-agent", "x-amzn-trace-id"];

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// The access key's id.
    pub access_key_id: &'a str,
    /// The key of the day and the region.
    pub key: &'a SigningKey,
    /// The region of the credential scope.
    pub region: &'a str,
}

/// Signs all headers that can be, and returns the value of the `Authorization` header.
///
/// The request has to have its `host` already, and an `x-amz-date` that says `signed_at_ms` as [`timestamp`] writes it;
/// and `x-amz-security-token` if the key is temporary.
pub fn sign(
    signer: &Signer<'_>,
    parts: &RequestParts<'_>,
    payload: &PayloadHash,
    signed_at_ms: i64,
) -> Result<String, AuthFailure> {
    let mut names: Vec<&str> = parts.headers.keys().map(|name| name.as_str()).collect();
    if parts.authority.is_some() && !names.contains(&"host") {
        names.push("host");
    }
    names.retain(|name| !UNSIGNABLE.contains(name));
    names.sort_unstable();
    let signed_headers = names.join(";");
    let canonical = canonical::hash(parts, Form::Header, &signed_headers, payload)?;
    let stamp = date::write_basic(signed_at_ms);
    let mac = string_to_sign(signer.key, &stamp, (signer.region, SERVICE), &canonical);
    let signature = hex(&mac.finalize().into_bytes().into());
    let (day, signature) = (String::from_utf8_lossy(&stamp[..8]), String::from_utf8_lossy(&signature));
    let Signer { access_key_id, region, .. } = signer;
    let scope = format!("{day}/{region}/{SERVICE}/{TERMINATOR}");
    Ok(format!("{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"))
}

/// Writes a time as `x-amz-date` has it: `20260131T235959Z`.
pub fn timestamp(at_ms: i64) -> String {
    String::from_utf8_lossy(&date::write_basic(at_ms)).into_owned()
}
