//! Responses out: from a typed output to status, headers and body.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
use tidegate_model::{Input, Location, Operation, Output};

/// The content type of everything that is not a configuration.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The content type of a blob that has none of its own.
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Control characters; `utf8_percent_encode` adds what is not ASCII.
const NOT_FOR_HEADERS: &AsciiSet = &CONTROLS.remove(b'\t');

/// Writes an output as the response of `I`'s operation: `unbind::<GetApplicationRequest>(application, request_id)`.
///
/// The status is the model's; a handler for which the model knows a second one (`GetConfiguration` answers 204 to a
/// client that is up to date) changes it on the response. A JSON body keeps the model's order of members; absent
/// members are not there. A 204 has a content type and no body, as AWS's have. The text of a header member that HTTP
/// cannot carry (a description that is not ASCII; AWS says that it "only supports ASCII") is percent-encoded rather
/// than lost.
pub fn unbind<I: Input>(mut output: I::Output, request_id: &str) -> Response<Bytes> {
    let operation = I::OPERATION;
    let payload = output.take_payload();
    let mut response = if operation.output.payload.is_some() {
        let mut response = Response::new(payload.unwrap_or_default());
        response.headers_mut().insert(CONTENT_TYPE, BYTES);
        write_headers(operation, &to_value(&output), response.headers_mut());
        response
    } else {
        let body = if operation.status == 204 { Vec::new() } else { to_json(&output) };
        let mut response = Response::new(Bytes::from(body));
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        response
    };
    *response.status_mut() = StatusCode::from_u16(operation.status).expect("the table has only HTTP statuses");
    with_request_id(response, request_id)
}

/// Adds the request id, which is left out if it cannot be a header.
pub(crate) fn with_request_id(mut response: Response<Bytes>, request_id: &str) -> Response<Bytes> {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn to_value(output: &impl Output) -> Value {
    serde_json::to_value(output).expect("the table's structs can be written as JSON")
}

fn to_json(output: &impl Output) -> Vec<u8> {
    serde_json::to_vec(output).expect("the table's structs can be written as JSON")
}

fn write_headers(operation: &Operation, output: &Value, headers: &mut HeaderMap) {
    for member in operation.output.members {
        let Location::Header(name) = member.location else {
            continue;
        };
        let text = match &output[member.name] {
            Value::Null => continue,
            Value::String(text) => Cow::Borrowed(text.as_str()),
            other => Cow::Owned(other.to_string()),
        };
        let text = Cow::from(utf8_percent_encode(&text, NOT_FOR_HEADERS));
        let name = HeaderName::from_bytes(name.as_bytes()).expect("the table has only valid header names");
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}
