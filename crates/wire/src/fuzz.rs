//! Entry points for fuzzers: any bytes in, no panic out.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use tidegate_model::{Location, Operation, appconfig, appconfigdata};

use crate::bind::bind_object;
use crate::sigv4::{PayloadHash, RequestParts, SERVICE, Signed, Signer, SigningKey, sign, timestamp};
use crate::{Failure, Request, credential};

/// Binds arbitrary bytes as a request of an arbitrary operation, and asserts that a refusal is the client's fault.
pub fn bind_any(data: &[u8]) {
    bind_any_with(data, |operation, request| bind_object(operation, request).map(drop));
}

/// Makes a request of an operation that the data picks and gives it to `bind`; a refusal has to be a 4xx.
///
/// The first byte picks the operation; the rest is split at bytes of value zero into label and header values (taken in
/// the model's order), the query, and the body.
pub fn bind_any_with(data: &[u8], bind: impl FnOnce(&'static Operation, &Request<'_>) -> Result<(), Failure>) {
    let [pick, data @ ..] = data else { return };
    let operations = || appconfig::OPERATIONS.iter().chain(appconfigdata::OPERATIONS);
    let Some(operation) = operations().nth(usize::from(*pick) % operations().count()) else {
        return;
    };
    let mut pieces = data.split(|byte| *byte == 0);
    let mut labels = Vec::new();
    let mut headers = HeaderMap::new();
    for member in operation.input.members {
        let (Location::Path(name) | Location::Header(name)) = member.location else {
            continue;
        };
        let Some(piece) = pieces.next() else { continue };
        if matches!(member.location, Location::Path(_)) {
            labels.push((name, String::from_utf8_lossy(piece)));
        } else if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(piece))
        {
            headers.append(name, value);
        }
    }
    let query = pieces.next().map(String::from_utf8_lossy);
    let body = Bytes::from(pieces.collect::<Vec<_>>().join(&0));
    let labels: Vec<_> = labels.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    let request = Request { labels: &labels, query: query.as_deref(), headers: &headers, body };
    let _ = credential(&headers, query.as_deref());
    if let Err(failure) = bind(operation, &request) {
        assert!((400..500).contains(&failure.status), "{}: {failure}", operation.name);
        assert!(failure.message().is_some_and(|message| !message.is_empty()), "{failure:?}");
        let response = failure.into_response("fuzz");
        assert!(response.status().is_client_error());
    }
}

/// Reads arbitrary bytes as a signed request, which nobody has signed; then signs it, and has that verified.
///
/// Between zero bytes: the method, the path, the query, the body, and headers as `name:value`.
pub fn signature_any(data: &[u8]) {
    const NOW_MS: i64 = 1_769_903_999_000;
    const DAY: &str = "20260131";
    const REGION: &str = "eu-west-1";
    fn parts<'a>([method, path, query]: &'a [String; 3], headers: &'a HeaderMap) -> RequestParts<'a> {
        RequestParts { method, path, query: Some(query), authority: Some("local"), headers }
    }
    let mut pieces = data.split(|byte| *byte == 0);
    let mut text = || String::from_utf8_lossy(pieces.next().unwrap_or_default()).into_owned();
    let (target, body) = ([text(), text(), text()], text());
    let mut headers = HeaderMap::new();
    for piece in pieces {
        let at = piece.iter().position(|byte| *byte == b':').unwrap_or(piece.len());
        let (name, value) = (&piece[..at], piece.get(at + 1..).unwrap_or_default());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let key = SigningKey::derive("a secret that the fuzzer does not know", DAY, REGION, SERVICE);
    let payload = PayloadHash::of(body.as_bytes());
    let forged = parts(&target, &headers);
    let refusal = match Signed::read(&forged) {
        Ok(signed) => signed.verify(&key, &forged, &payload, signed.signed_at_ms),
        Err(failure) => Err(failure),
    };
    let failure = Failure::from(refusal.expect_err("nobody has signed it"));
    assert!(failure.status == 403 && failure.message().is_some_and(|message| !message.is_empty()), "{failure:?}");

    headers.remove("authorization");
    headers.remove("x-amz-content-sha256");
    if let Ok(timestamp) = HeaderValue::try_from(timestamp(NOW_MS)) {
        headers.insert("x-amz-date", timestamp);
    }
    let signer = Signer { access_key_id: "AKIDX", key: &key, region: REGION };
    let Ok(authorization) = sign(&signer, &parts(&target, &headers), &payload, NOW_MS) else { return };
    if let Ok(authorization) = HeaderValue::try_from(authorization) {
        headers.insert("authorization", authorization);
    }
    let signed_parts = parts(&target, &headers);
    if let Ok(signed) = Signed::read(&signed_parts) {
        signed.verify(&key, &signed_parts, &payload, NOW_MS).expect("it is signed");
        let other = PayloadHash::of(format!("{body}!").as_bytes());
        signed.verify(&key, &signed_parts, &other, NOW_MS).expect_err("that is another body");
    }
}
