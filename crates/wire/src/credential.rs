//! Who a request says it is from: the credential of its signature, not verified.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::query::{decode_parameter, pairs_of};

/// The longest `Authorization` header that is looked at, in bytes.
pub(crate) const MAX_AUTHORIZATION_BYTES: usize = 4096;

/// The longest access key id, in characters; AWS's own limit.
const MAX_ACCESS_KEY_ID_CHARS: usize = 128;

/// The longest region or service name, in characters.
const MAX_SCOPE_CHARS: usize = 63;

/// What a SigV4 signature claims. Nothing here has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential<'a> {
    /// The access key's id, for example `AKIDEXAMPLE`; visible ASCII without `/`, `,`, `=` and `;`.
    pub access_key_id: Cow<'a, str>,
    /// The region of the credential scope, for example `eu-central-1`.
    pub region: Cow<'a, str>,
    /// The service of the credential scope: `appconfig`, for both services.
    pub service: Cow<'a, str>,
}

/// Reads the credential from `Authorization: AWS4-HMAC-SHA256 Credential=…`, or else from `X-Amz-Credential` in the
/// query, without verifying anything. `None` for no credential, one that is not well formed, or more than one.
pub fn credential<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Option<Credential<'a>> {
    let mut authorizations = headers.get_all(AUTHORIZATION).iter();
    match (authorizations.next(), authorizations.next()) {
        (None, _) => from_query(query?),
        (Some(value), None) => from_authorization(value.to_str().ok()?),
        (Some(_), Some(_)) => None,
    }
}

fn from_authorization(header: &str) -> Option<Credential<'_>> {
    if header.len() > MAX_AUTHORIZATION_BYTES {
        return None;
    }
    let fields = header.strip_prefix("AWS4-HMAC-SHA256")?;
    if !fields.starts_with([' ', '\t']) {
        return None;
    }
    only(fields.split(',').filter_map(|field| field.trim().strip_prefix("Credential="))).and_then(parse)
}

fn from_query(query: &str) -> Option<Credential<'_>> {
    if query.len() > crate::query::MAX_QUERY_BYTES {
        return None;
    }
    let raw = only(pairs_of(query).filter(|(name, _)| *name == "X-Amz-Credential").map(|(_, value)| value))?;
    match decode_parameter(raw)? {
        Cow::Borrowed(text) => parse(text),
        Cow::Owned(text) => {
            let Credential { access_key_id, region, service } = parse(&text)?;
            let owned = |part: Cow<'_, str>| Cow::Owned(part.into_owned());
            Some(Credential { access_key_id: owned(access_key_id), region: owned(region), service: owned(service) })
        }
    }
}

fn parse(text: &str) -> Option<Credential<'_>> {
    parse_scope(text).map(|(credential, _)| credential)
}

/// Reads `AKID/20260101/eu-central-1/appconfig/aws4_request`; the day comes apart.
pub(crate) fn parse_scope(text: &str) -> Option<(Credential<'_>, &str)> {
    let mut parts = text.split('/');
    let [access_key_id, date, region, service] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let is_key = !access_key_id.is_empty()
        && access_key_id.len() <= MAX_ACCESS_KEY_ID_CHARS
        && access_key_id.bytes().all(|byte| byte.is_ascii_graphic() && !b",=;".contains(&byte));
    let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    let is_scope = |part: &str| {
        !part.is_empty()
            && part.len() <= MAX_SCOPE_CHARS
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let is_end = parts.next() == Some("aws4_request") && parts.next().is_none();
    let credential = Credential {
        access_key_id: Cow::Borrowed(access_key_id),
        region: Cow::Borrowed(region),
        service: Cow::Borrowed(service),
    };
    (is_key && is_date && is_scope(region) && is_scope(service) && is_end).then_some((credential, date))
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Option<[String; 3]> {
        let Credential { access_key_id, region, service } = credential(headers, query)?;
        Some([access_key_id, region, service].map(Cow::into_owned))
    }

    #[test]
    fn the_authorization_header_names_the_caller() {
        #[track_caller]
        fn check(header: &str, expected: Option<[&str; 3]>) {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::try_from(header).unwrap())]);
            assert_eq!(read(&headers, None), expected.map(|parts| parts.map(str::to_owned)), "{header}");
        }
        let good = Some(["AKIDX", "eu-north-1", "appconfig"]);
        let scope = "20260101/eu-north-1/appconfig/aws4_request";
        check(&format!("AWS4-HMAC-SHA256 Credential=AKIDX/{scope}, SignedHeaders=host, Signature=00"), good);
        check(&format!("AWS4-HMAC-SHA256 Credential=AKIDX/{scope},SignedHeaders=host,Signature=00"), good);
        check(&format!("AWS4-HMAC-SHA256  SignedHeaders=host,  Credential=AKIDX/{scope}"), good);
        check("", None);
        check("Bearer AKIDX", None);
        check(&format!("AWS4-HMAC-SHA256Credential=AKIDX/{scope}"), None);
        check(&format!("AWS4-ECDSA-P256-SHA256 Credential=AKIDX/{scope}"), None);
        check(&format!("AWS4-HMAC-SHA256 Credential=AKIDX/{scope}, Credential=AKIDX/{scope}"), None);
        check(&format!("AWS4-HMAC-SHA256 Credential=/{scope}"), None);
        check(&format!("AWS4-HMAC-SHA256 Credential=a b/{scope}"), None);
        check(
            &format!("AWS4-HMAC-SHA256 Credential={}/{scope}", "A".repeat(128)),
            Some([&"A".repeat(128), "eu-north-1", "appconfig"]),
        );
        check(&format!("AWS4-HMAC-SHA256 Credential={}/{scope}", "A".repeat(129)), None);
        check(&format!("AWS4-HMAC-SHA256 Credential=AKIDX/{scope}/more"), None);
        check("AWS4-HMAC-SHA256 Credential=AKIDX/2026/eu-north-1/appconfig/aws4_request", None);
        check("AWS4-HMAC-SHA256 Credential=AKIDX/20260101/EU/appconfig/aws4_request", None);
        check("AWS4-HMAC-SHA256 Credential=AKIDX/20260101//appconfig/aws4_request", None);
        check("AWS4-HMAC-SHA256 Credential=AKIDX/20260101/eu-north-1/appconfig/aws5", None);
        check(&format!("AWS4-HMAC-SHA256 Credential=AKIDX/{scope}, X={}", "x".repeat(MAX_AUTHORIZATION_BYTES)), None);
    }

    #[test]
    fn a_presigned_query_names_the_caller_when_no_header_does() {
        let none = HeaderMap::new();
        let query = "a=b&X-Amz-Credential=AKIDX%2F20260101%2Feu-north-1%2Fappconfig%2Faws4_request";
        let good = Some(["AKIDX", "eu-north-1", "appconfig"].map(str::to_owned));
        assert_eq!(read(&none, Some(query)), good);
        assert_eq!(read(&none, Some(&query.replace("%2F", "/"))), good);
        assert_eq!(read(&none, Some(&format!("{query}&{query}"))), None);
        assert_eq!(read(&none, Some("X-Amz-Credential=%FF")), None);
        assert_eq!(read(&none, None), None);
        let other = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Basic eDp5"))]);
        assert_eq!(read(&other, Some(query)), None);
    }

    #[test]
    fn two_authorization_headers_name_nobody() {
        let value = "AWS4-HMAC-SHA256 Credential=AKIDX/20260101/eu-north-1/appconfig/aws4_request";
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        assert!(credential(&headers, None).is_some());
        headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        assert!(credential(&headers, None).is_none());
    }
}
