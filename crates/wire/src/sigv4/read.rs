//! From a request to what its signature claims.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, DATE, HOST, HeaderName};

use super::canonical::SIGNATURE_PARAMETER;
use super::key::from_hex;
use super::{ALGORITHM, AuthFailure, Day, Form, MAX_EXPIRES_S, RequestParts, SERVICE, Signed, date};
use crate::credential::{MAX_AUTHORIZATION_BYTES, parse_scope};
use crate::query::{MAX_PARAMETERS, MAX_QUERY_BYTES, decode_parameter, pairs_of};

const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

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

pub(super) fn read<'a>(parts: &RequestParts<'a>) -> Result<Signed<'a>, AuthFailure> {
    let query = parts.query.unwrap_or_default();
    if query.len() > MAX_QUERY_BYTES {
        return Err(AuthFailure::QUERY);
    }
    let mut authorizations = parts.headers.get_all(AUTHORIZATION).iter();
    match (authorizations.next(), is_presigned(query)) {
        (None, false) => Err(AuthFailure::Missing),
        (None, true) => read_presigned(parts, query),
        (Some(_), true) => Err(AuthFailure::TWO_FORMS),
        (Some(_), false) if authorizations.next().is_some() => Err(AuthFailure::TWO_HEADERS),
        (Some(value), false) => read_header(parts, value.to_str().map_err(|_| AuthFailure::FIELDS)?),
    }
}

fn is_presigned(query: &str) -> bool {
    // Most queries have none of it, and this is the poll's path.
    query.contains("X-Amz-")
        && pairs_of(query).any(|(name, _)| matches!(name, "X-Amz-Algorithm" | "X-Amz-Credential" | SIGNATURE_PARAMETER))
}

fn read_header<'a>(parts: &RequestParts<'a>, header: &'a str) -> Result<Signed<'a>, AuthFailure> {
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
    let signed_at_ms = date_of_headers(parts, signed_headers)?;
    let session_token = match only(parts, &X_AMZ_SECURITY_TOKEN).map_err(|()| AuthFailure::TOKEN)? {
        Some(value) => Some(Cow::Borrowed(std::str::from_utf8(value).map_err(|_| AuthFailure::TOKEN)?)),
        None => None,
    };
    let fields = Fields {
        credential: Cow::Borrowed(credential),
        signed_headers: Cow::Borrowed(signed_headers),
        signature: Cow::Borrowed(signature),
    };
    settle(parts, Form::Header, fields, signed_at_ms, session_token)
}

/// Without an `X-Amz-Date` a `Date` does, as botocore signs when its caller has set one.
fn date_of_headers(parts: &RequestParts<'_>, signed_headers: &str) -> Result<i64, AuthFailure> {
    if let Some(value) = only(parts, &X_AMZ_DATE).map_err(|()| AuthFailure::DATE)? {
        return date::read_basic(value).ok_or(AuthFailure::DATE);
    }
    let value = only(parts, &DATE).map_err(|()| AuthFailure::DATE)?.ok_or(AuthFailure::NO_DATE)?;
    if !names(signed_headers).any(|name| name == DATE.as_str()) {
        return Err(AuthFailure::NotSigned(DATE.to_string()));
    }
    date::read_basic(value).or_else(|| date::read_http(value)).ok_or(AuthFailure::DATE)
}

fn read_presigned<'a>(parts: &RequestParts<'a>, query: &'a str) -> Result<Signed<'a>, AuthFailure> {
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
    let signed_at_ms = date::read_basic(decode(signed_at)?.as_bytes()).ok_or(AuthFailure::DATE)?;
    let expires = decode(expires)?;
    let expires_s = Some(&*expires)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .filter(|expires_s| (1..=MAX_EXPIRES_S).contains(expires_s))
        .ok_or(AuthFailure::EXPIRES)?;
    if token.is_some() && parts.headers.contains_key(X_AMZ_SECURITY_TOKEN) {
        return Err(AuthFailure::TOKEN);
    }
    let fields = Fields {
        credential: decode(credential)?,
        signed_headers: decode(signed_headers)?,
        signature: decode(signature)?,
    };
    settle(parts, Form::Presigned { expires_s }, fields, signed_at_ms, token.map(decode).transpose()?)
}

/// Checks what both forms have in common.
fn settle<'a>(
    parts: &RequestParts<'a>,
    form: Form,
    fields: Fields<'a>,
    signed_at_ms: i64,
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
    if service != SERVICE {
        return Err(AuthFailure::SERVICE);
    }
    let date = Day::of_ms(signed_at_ms);
    if day != Some(date) {
        return Err(AuthFailure::DAY);
    }
    let is_token =
        |token: &str| token.len() <= MAX_SESSION_TOKEN_BYTES && token.bytes().all(|byte| byte.is_ascii_graphic());
    if session_token.as_deref().is_some_and(|token| !is_token(token)) {
        return Err(AuthFailure::TOKEN);
    }
    check_signed_headers(parts, &fields.signed_headers)?;
    Ok(Signed {
        access_key_id,
        region,
        date,
        signed_at_ms,
        session_token,
        form,
        timestamp: date::write_basic(signed_at_ms),
        signed_headers: fields.signed_headers,
        stated_payload: stated_payload(parts)?,
        signature: from_hex(fields.signature.as_bytes()).ok_or(AuthFailure::SIGNATURE)?,
    })
}

fn day_of(digits: &str) -> Option<Day> {
    digits.as_bytes().try_into().ok().map(Day)
}

/// Checks that the list is well formed, that what it names is there, and that it names what has to be signed.
fn check_signed_headers(parts: &RequestParts<'_>, signed_headers: &str) -> Result<(), AuthFailure> {
    let mut previous = "";
    for (index, name) in names(signed_headers).enumerate() {
        // Ascending, so that no name is there twice; and lower-case, or it would not be found below.
        let is_name = !name.is_empty() && name.bytes().all(is_name_byte);
        if !is_name || name <= previous || index == MAX_SIGNED_HEADERS {
            return Err(AuthFailure::HEADER_NAMES);
        }
        previous = name;
        let is_there = parts.headers.contains_key(name) || (name == HOST.as_str() && parts.authority.is_some());
        if !is_there {
            return Err(AuthFailure::SignedButAbsent(name.to_owned()));
        }
    }
    let is_signed = |wanted: &str| names(signed_headers).any(|name| name == wanted);
    if !is_signed(HOST.as_str()) {
        return Err(AuthFailure::NotSigned(HOST.to_string()));
    }
    only(parts, &HOST).map_err(|()| AuthFailure::HOST)?;
    for name in parts.headers.keys().map(HeaderName::as_str) {
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
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What `x-amz-content-sha256` says the body is.
fn stated_payload(parts: &RequestParts<'_>) -> Result<Option<[u8; 32]>, AuthFailure> {
    match only(parts, &X_AMZ_CONTENT_SHA256).map_err(|()| AuthFailure::UnsignedPayload)? {
        None => Ok(None),
        Some(value) => from_hex(value).map(Some).ok_or(AuthFailure::UnsignedPayload),
    }
}

/// A header's value; an error if the header is there twice.
fn only<'a>(parts: &RequestParts<'a>, name: &HeaderName) -> Result<Option<&'a [u8]>, ()> {
    let mut values = parts.headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Ok(Some(value.as_bytes())),
        (Some(_), Some(_)) => Err(()),
    }
}
