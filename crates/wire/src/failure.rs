//! Everything that a client can be told instead of an answer.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use tidegate_model::{ErrorShape, appconfig, appconfigdata};

use crate::unbind::{JSON, with_request_id};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// A refusal or an accident as the client sees it: a name, a status and a JSON body.
///
/// The two services' modelled errors convert into it; the constructors make those that AWS's front end answers with
/// and no model lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The error's name, for example `BadRequestException`.
    pub name: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// The members of the body.
    pub body: Map<String, Value>,
}

impl Failure {
    /// An error by its name and status, with a `Message`. For what has no constructor of its own, such as the refusals
    /// of authentication.
    pub fn new(name: &'static str, status: u16, message: impl Into<String>) -> Self {
        let body = Map::from_iter([("Message".to_owned(), Value::String(message.into()))]);
        Self { name: Cow::Borrowed(name), status, body }
    }

    /// 400 `BadRequestException`, which both services model alike when there is only a message.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new("BadRequestException", 400, message)
    }

    /// 400 `SerializationException`: the request cannot be read.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", 400, message)
    }

    /// 404 `UnknownOperationException`: no operation has this method and path.
    pub fn unknown_operation() -> Self {
        Self::new("UnknownOperationException", 404, "No operation has this method and path.")
    }

    /// 408 `RequestTimeoutException`: the request did not arrive in time. SDKs repeat it.
    pub fn request_timeout() -> Self {
        Self::new("RequestTimeoutException", 408, "The request did not arrive in time.")
    }

    /// 413 `PayloadTooLargeException` of hosted contents, in bytes; the body says it in KiB, the size rounded up.
    pub fn payload_too_large(size_bytes: u64, limit_bytes: u64) -> Self {
        let mut failure = Self::new("PayloadTooLargeException", 413, "Content size limit exceeded.");
        failure.body.insert("Measure".to_owned(), "KILOBYTES".into());
        failure.body.insert("Limit".to_owned(), (limit_bytes as f64 / 1024.0).into());
        failure.body.insert("Size".to_owned(), (size_bytes.div_ceil(1024) as f64).into());
        failure
    }

    /// 413 `RequestEntityTooLargeException`: the body of an operation that models no such error is too long.
    pub fn request_too_large(limit_bytes: u64) -> Self {
        let message = format!("The request body is longer than {limit_bytes} bytes.");
        Self::new("RequestEntityTooLargeException", 413, message)
    }

    /// 431 `RequestHeaderFieldsTooLargeException`: the headers are too many or too long.
    pub fn headers_too_large() -> Self {
        let message = "The request's headers are too many or too long.";
        Self::new("RequestHeaderFieldsTooLargeException", 431, message)
    }

    /// 500 `InternalServerException`. Its body is `{}` as AWS's is: the cause is for the log.
    pub fn internal() -> Self {
        Self { name: Cow::Borrowed("InternalServerException"), status: 500, body: Map::new() }
    }

    /// 501 `NotImplementedException`: the operation is AWS's, and this server has no handler for it.
    pub fn not_implemented(operation: &str) -> Self {
        Self::new("NotImplementedException", 501, format!("Tidegate does not implement {operation} yet."))
    }

    /// 503 `ServiceUnavailableException`: the store or the node cannot answer now. SDKs repeat it.
    pub fn service_unavailable(message: impl Into<String>) -> Self {
        Self::new("ServiceUnavailableException", 503, message)
    }

    /// The `Message`, if there is one.
    pub fn message(&self) -> Option<&str> {
        self.body.get("Message")?.as_str()
    }

    /// The response: the name with a trailing colon in `x-amzn-errortype`, as AWS sends it, and the members in
    /// alphabetical order.
    pub fn into_response(self, request_id: &str) -> Response<Bytes> {
        // Sorted here, so that no other crate's `preserve_order` feature can change what clients see.
        let sorted: BTreeMap<_, _> = self.body.iter().collect();
        let body = serde_json::to_vec(&sorted).expect("JSON values can be written as JSON");
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        if let Ok(name) = HeaderValue::try_from(format!("{}:", self.name)) {
            headers.insert(ERROR_TYPE, name);
        }
        with_request_id(response, request_id)
    }

    fn modelled(shape: &'static ErrorShape, error: &impl Serialize) -> Self {
        let mut body = match serde_json::to_value(error) {
            Ok(Value::Object(body)) => body,
            _ => Map::new(),
        };
        body.retain(|_, value| !value.is_null());
        Self { name: Cow::Borrowed(shape.name), status: shape.status, body }
    }
}

impl From<appconfig::Error> for Failure {
    fn from(error: appconfig::Error) -> Self {
        Self::modelled(error.shape(), &error)
    }
}

impl From<appconfigdata::Error> for Failure {
    fn from(error: appconfigdata::Error) -> Self {
        Self::modelled(error.shape(), &error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.status)?;
        self.message().map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

impl std::error::Error for Failure {}
