//! Entry points for fuzzers: any bytes in, no panic out.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use tidegate_model::{Location, Operation, appconfig, appconfigdata};

use crate::bind::bind_object;
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
