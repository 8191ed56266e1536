//! From a request to what its signature claims.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::HeaderName;

use super::canonical::SIGNATURE_PARAMETER;
use super::key::from_hex;
use super::{ALGORITHM, AuthFailure, Day, Form, MAX_EXPIRES_S, RequestParts, STS, Signed, date};
use crate::credential::{MAX_AUTHORIZATION_BYTES, parse_scope};
use crate::query::{MAX_PARAMETERS, MAX_QUERY_BYTES, decode_parameter, pairs_of};

/// A header that every SDK signs, and that switches a protection off.
const DELETION_PROTECTION_CHECK: &str = "x-amzn-deletion-protection-check";

/// The most headers that a signature may cover: more than SDKs send.
const MAX_SIGNED_HEADERS: usize = 64;

/// The longest session token, in bytes.
const MAX_SESSION_TOKEN_BYTES: usize = 8192;

/// What a signature's fields say, in either form.
struct Fields<'a> {
    credential: Cow<'a, str>,
    signed_headers: Cow<'a, str>,
    signature: Cow<'a, str>,
}

/// The headers that say something about the signature.
#[derive(Default)]
struct Headers<'a> {
    authorization: Slot<'a>,
    content_sha256: Slot<'a>,
    date: Slot<'a>,
    host: Slot<'a>,
    security_token: Slot<'a>,
    x_amz_date: Slot<'a>,
}

/// A header that has to be there at most once.
#[derive(Clone, Copy, Default)]
enum Slot<'a> {
    #[default]
    Empty,
    One(&'a [u8]),
    Twice,
}

impl<'a> Headers<'a> {
    /// Looks at every header once: a lookup for each name would be dearer.
    fn collect(headers: &'a HeaderMap) -> Self {
        let mut found = Self::default();
        for (name, value) in headers {
            let slot = match name.as_str() {
                "authorization" => &mut found.authorization,
                "x-amz-content-sha256" => &mut found.content_sha256,
                "date" => &mut found.date,
                "host" => &mut found.host,
                "x-amz-security-token" => &mut found.security_token,
                "x-amz-date" => &mut found.x_amz_date,
                _ => continue,
            };
            *slot = if matches!(slot, Slot::Empty) { Slot::One(value.as_bytes()) } else { Slot::Twice };
        }
        found
    }
}

impl<'a> Slot<'a> {
    /// The header, if it is there; the failure, if it is there twice.
    fn only(self, twice: AuthFailure) -> Result<Option<&'a [u8]>, AuthFailure> {
        match self {
            Self::Empty => Ok(None),
            Self::One(value) => Ok(Some(value)),
            Self::Twice => Err(twice),
        }
    }
}

pub(super) fn read<'a>(parts: &RequestParts<'a>, wanted: &'static str) -> Result<Signed<'a>, AuthFailure> {
    let query = parts.query.unwrap_or_default();
    if query.len() > MAX_QUERY_BYTES {
        return Err(AuthFailure::QUERY);
    }
    let headers = Headers::collect(parts.headers);
    let authorization = headers.authorization.only(AuthFailure::TWO_HEADERS)?;
    match (authorization, is_presigned(query)) {
        (None, false) => Err(AuthFailure::Missing),
        (None, true) => read_presigned(parts, &headers, query, wanted),
        (Some(_), true) => Err(AuthFailure::TWO_FORMS),
        (Some(value), false) => {
            read_header(parts, &headers, std::str::from_utf8(value).map_err(|_| AuthFailure::FIELDS)?, wanted)
        }
    }
}

fn is_presigned(query: &str) -> bool {
    pairs_of(query).any(|(name, _)| matches!(name, "X-Amz-Algorithm" | "X-Amz-Credential" | SIGNATURE_PARAMETER))
}

fn read_header<'a>(
    parts: &RequestParts<'a>,
    headers: &Headers<'a>,
    header: &'a str,
    wanted: &'static str,
) -> Result<Signed<'a>, AuthFailure> {
    if header.len() > MAX_AUTHORIZATION_BYTES {
        return Err(AuthFailure::LONG);
    }
    let fields = header.strip_prefix(ALGORITHM).ok_or(AuthFailure::ALGORITHM)?;
    if !fields.starts_with([' ', '\t']) {
        return Err(AuthFailure::ALGORITHM);
    }
    let [mut credential, mut signed_headers, mut signature] = [None; 3];
    for field in fields.split(',') {
        let (name, value) = field.trim_matches([' ', '\t']).split_once('=').ok_or(AuthFailure::FIELDS)?;
        let place = match name {
            "Credential" => &mut credential,
            "SignedHeaders" => &mut signed_headers,
            "Signature" => &mut signature,
            _ => return Err(AuthFailure::FIELDS),
        };
        if place.replace(value).is_some() {
            return Err(AuthFailure::FIELDS);
        }
    }
    let (Some(credential), Some(signed_headers), Some(signature)) = (credential, signed_headers, signature) else {
        return Err(AuthFailure::FIELDS);
    };
    let signed_at = date_of_headers(headers, signed_headers)?;
    let session_token = match headers.security_token.only(AuthFailure::TOKEN)? {
        Some(value) => Some(Cow::Borrowed(std::str::from_utf8(value).map_err(|_| AuthFailure::TOKEN)?)),
        None => None,
    };
    let fields = Fields {
        credential: Cow::Borrowed(credential),
        signed_headers: Cow::Borrowed(signed_headers),
        signature: Cow::Borrowed(signature),
    };
    settle(parts, headers, (Form::Header, wanted), fields, signed_at, session_token)
}

/// When it was signed, in milliseconds since 1970, and as the string to sign writes it.
type SignedAt = (i64, [u8; 16]);

fn basic_date(text: &[u8]) -> Option<SignedAt> {
    Some((date::read_basic(text)?, text.try_into().ok()?))
}

/// Without an `X-Amz-Date` a `Date` does, as botocore signs when its caller has set one.
fn date_of_headers(headers: &Headers<'_>, signed_headers: &str) -> Result<SignedAt, AuthFailure> {
    if let Some(value) = headers.x_amz_date.only(AuthFailure::DATE)? {
        return basic_date(value).ok_or(AuthFailure::DATE);
    }
    let value = headers.date.only(AuthFailure::DATE)?.ok_or(AuthFailure::NO_DATE)?;
    if !names(signed_headers).any(|name| name == "date") {
        return Err(AuthFailure::NotSigned("date".to_owned()));
    }
    let http_date = || date::read_http(value).map(|at_ms| (at_ms, date::write_basic(at_ms)));
    basic_date(value).or_else(http_date).ok_or(AuthFailure::DATE)
}

fn read_presigned<'a>(
    parts: &RequestParts<'a>,
    headers: &Headers<'a>,
    query: &'a str,
    wanted: &'static str,
) -> Result<Signed<'a>, AuthFailure> {
    let mut raw: [Option<&'a str>; 7] = [None; 7];
    for (index, (name, value)) in pairs_of(query).enumerate() {
        let place = match name {
            "X-Amz-Algorithm" => 0,
            "X-Amz-Credential" => 1,
            "X-Amz-Date" => 2,
            "X-Amz-Expires" => 3,
            "X-Amz-SignedHeaders" => 4,
            SIGNATURE_PARAMETER => 5,
            "X-Amz-Security-Token" => 6,
            _ => continue,
        };
        if index >= MAX_PARAMETERS || raw[place].replace(value).is_some() {
            return Err(AuthFailure::PARAMETERS);
        }
    }
    let [
        Some(algorithm),
        Some(credential),
        Some(signed_at),
        Some(expires),
        Some(signed_headers),
        Some(signature),
        token,
    ] = raw
    else {
        return Err(AuthFailure::PARAMETERS);
    };
    let decode = |raw| decode_parameter(raw).ok_or(AuthFailure::PARAMETERS);
    if decode(algorithm)? != ALGORITHM {
        return Err(AuthFailure::ALGORITHM);
    }
    let signed_at = basic_date(decode(signed_at)?.as_bytes()).ok_or(AuthFailure::DATE)?;
    let expires = decode(expires)?;
    let expires_s = Some(&*expires)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .filter(|expires_s| (1..=MAX_EXPIRES_S).contains(expires_s))
        .ok_or(AuthFailure::EXPIRES)?;
    if token.is_some() && !matches!(headers.security_token, Slot::Empty) {
        return Err(AuthFailure::TOKEN);
    }
    let fields = Fields {
        credential: decode(credential)?,
        signed_headers: decode(signed_headers)?,
        signature: decode(signature)?,
    };
    settle(parts, headers, (Form::Presigned { expires_s }, wanted), fields, signed_at, token.map(decode).transpose()?)
}

/// Checks what both forms have in common.
fn settle<'a>(
    parts: &RequestParts<'a>,
    headers: &Headers<'a>,
    (form, wanted): (Form, &'static str),
    fields: Fields<'a>,
    (signed_at_ms, timestamp): SignedAt,
    session_token: Option<Cow<'a, str>>,
) -> Result<Signed<'a>, AuthFailure> {
    let (access_key_id, day, region, service) = match fields.credential {
        Cow::Borrowed(text) => {
            let (credential, day) = parse_scope(text).ok_or(AuthFailure::CREDENTIAL)?;
            (credential.access_key_id, day_of(day), credential.region, credential.service)
        }
        Cow::Owned(text) => {
            let (credential, day) = parse_scope(&text).ok_or(AuthFailure::CREDENTIAL)?;
            let owned = |part: Cow<'_, str>| Cow::Owned(part.into_owned());
            (owned(credential.access_key_id), day_of(day), owned(credential.region), owned(credential.service))
        }
    };
    if service != wanted {
        return Err(if wanted == STS { AuthFailure::STS } else { AuthFailure::SERVICE });
    }
    let date = Day(timestamp[..8].try_into().expect("eight of sixteen bytes"));
    if day != Some(date) {
        return Err(AuthFailure::DAY);
    }
    let is_token =
        |token: &str| token.len() <= MAX_SESSION_TOKEN_BYTES && token.bytes().all(|byte| byte.is_ascii_graphic());
    if session_token.as_deref().is_some_and(|token| !is_token(token)) {
        return Err(AuthFailure::TOKEN);
    }
    headers.host.only(AuthFailure::HOST)?;
    check_signed_headers(parts.headers, &fields.signed_headers)?;
    Ok(Signed {
        access_key_id,
        region,
        date,
        service: wanted,
        signed_at_ms,
        session_token,
        form,
        timestamp,
        signed_headers: fields.signed_headers,
        stated_payload: stated_payload(headers)?,
        signature: from_hex(fields.signature.as_bytes()).ok_or(AuthFailure::SIGNATURE)?,
    })
}

fn day_of(digits: &str) -> Option<Day> {
    digits.as_bytes().try_into().ok().map(Day)
}

/// Checks that the list is well formed, and that it names what has to be signed. Whether what it names is there is seen
/// when that is hashed.
fn check_signed_headers(headers: &HeaderMap, signed_headers: &str) -> Result<(), AuthFailure> {
    let mut previous = "";
    for (index, name) in names(signed_headers).enumerate() {
        // Ascending, so that no name is there twice; and lower-case, or it would not be found.
        let is_name = !name.is_empty() && name.bytes().all(is_name_byte);
        if !is_name || name <= previous || index == MAX_SIGNED_HEADERS {
            return Err(AuthFailure::HEADER_NAMES);
        }
        previous = name;
    }
    let is_signed = |wanted: &str| names(signed_headers).any(|name| name == wanted);
    if !is_signed("host") {
        return Err(AuthFailure::NotSigned("host".to_owned()));
    }
    for name in headers.keys().map(HeaderName::as_str) {
        if (name.starts_with("x-amz-") || name == DELETION_PROTECTION_CHECK) && !is_signed(name) {
            return Err(AuthFailure::NotSigned(name.to_owned()));
        }
    }
    Ok(())
}

fn names(signed_headers: &str) -> impl Iterator<Item = &str> {
    signed_headers.split(';')
}

/// The bytes of header names, upper case apart.
fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'-' | b'0'..=b'9') || b"!#$%&'*+.^_`|~".contains(&byte)
}

/// What `x-amz-content-sha256` says the body is.
fn stated_payload(headers: &Headers<'_>) -> Result<Option<[u8; 32]>, AuthFailure> {
    match headers.content_sha256.only(AuthFailure::UnsignedPayload)? {
        None => Ok(None),
        Some(value) => from_hex(value).map(Some).ok_or(AuthFailure::UnsignedPayload),
    }
}
