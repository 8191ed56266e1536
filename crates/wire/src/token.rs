//! The poll's request, read by hand: it is most of the traffic, and one parameter.

use std::borrow::Cow;

use http::HeaderMap;
use tidegate_model::{Input, appconfigdata::GetLatestConfigurationRequest};

use crate::bind::bind_object;
use crate::query::{MAX_PARAMETERS, MAX_QUERY_BYTES, decode_label, pairs_of};
use crate::{Failure, Request};

const PARAMETER: &str = "configuration_token";
const MAX_TOKEN_CHARS: usize = 8192;

/// Reads the configuration token from the query of `GetLatestConfiguration` (a poll).
///
/// Answers what [`bind`](crate::bind) would, without allocating when the token is not percent-encoded. Whatever is not
/// plain, a refusal above all, is left to the interpreter, so that there is one place that words it.
pub fn read_configuration_token(query: &str) -> Result<Cow<'_, str>, Failure> {
    match read_plain(query) {
        Some(token) => Ok(token),
        None => interpret(query).map(Cow::Owned),
    }
}

/// The token, if nothing about the query is out of the ordinary.
fn read_plain(query: &str) -> Option<Cow<'_, str>> {
    // What every client sends: one parameter, and nothing in it that means anything but itself.
    if let Some(token) = query.strip_prefix("configuration_token=")
        && (1..=MAX_TOKEN_CHARS).contains(&token.len())
        && token.bytes().fold(true, |is_plain, byte| is_plain & is_unreserved(byte))
    {
        return Some(Cow::Borrowed(token));
    }
    if query.len() > MAX_QUERY_BYTES {
        return None;
    }
    let mut token = None;
    for (index, (name, value)) in pairs_of(query).enumerate() {
        let is_ordinary = index < MAX_PARAMETERS && !name.contains(['%', '+']);
        if !is_ordinary || (name == PARAMETER && token.replace(value).is_some()) {
            return None;
        }
    }
    let token = token.filter(|token| !token.contains('+')).and_then(decode_label)?;
    let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    (is_plain && (1..=MAX_TOKEN_CHARS).contains(&token.len())).then_some(token)
}

/// RFC 3986's unreserved characters. Without branches, so that many bytes are looked at in one go.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_lowercase()
        | byte.is_ascii_uppercase()
        | byte.is_ascii_digit()
        | (byte == b'-')
        | (byte == b'_')
        | (byte == b'.')
        | (byte == b'~')
}

fn interpret(query: &str) -> Result<String, Failure> {
    let headers = HeaderMap::new();
    let request = Request { labels: &[], query: Some(query), headers: &headers, body: bytes::Bytes::new() };
    let object = bind_object(GetLatestConfigurationRequest::OPERATION, &request)?;
    match object.get("ConfigurationToken") {
        Some(serde_json::Value::String(token)) => Ok(token.clone()),
        _ => Err(Failure::serialization("The request cannot be read as the input of GetLatestConfiguration.")),
    }
}
