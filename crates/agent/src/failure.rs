//! Why a caller gets no configuration, in the shape in which AWS's data plane says it.

use std::fmt;

use http::StatusCode;
use serde_json::{Map, Value, json};

/// A refusal: status, error name and message, and what else upstream's error said.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The status that the caller gets.
    pub status: StatusCode,
    /// AWS's name of the error.
    pub name: &'static str,
    /// What is the matter.
    pub message: String,
    /// Further members of the body: `ResourceType`, `Reason`, `Details`.
    pub members: Map<String, Value>,
}

impl Failure {
    fn new(status: StatusCode, name: &'static str, message: impl Into<String>) -> Self {
        Self { status, name, message: message.into(), members: Map::new() }
    }

    /// The request is wrong.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequestException", message)
    }

    /// There is no such thing; `resource` is its kind in AWS's words.
    pub fn not_found(resource: &str, message: impl Into<String>) -> Self {
        let mut failure = Self::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message);
        failure.members.insert("ResourceType".into(), resource.into());
        failure
    }

    /// The caller did not present the token.
    pub fn unauthorized() -> Self {
        let message = "Send the agent's access token as \"Authorization: Bearer\"";
        Self::new(StatusCode::UNAUTHORIZED, "UnauthorizedException", message)
    }

    /// The caller may not, or not so.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "AccessDeniedException", message)
    }

    /// The page is not read or written that way.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowedException", "Use GET")
    }

    /// Something that an operator has to mend, on this side.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException", message)
    }

    /// Upstream cannot be reached, or what it sends cannot be used.
    pub fn bad_gateway(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "BadGatewayException", message)
    }

    /// Upstream takes too long.
    pub fn gateway_timeout(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "GatewayTimeoutException", message)
    }

    /// What upstream refused, as it said it: what is about the request or the resource is passed on, what is about
    /// upstream itself is a bad gateway.
    pub(crate) fn of_upstream(status: u16, body: Option<&[u8]>) -> Self {
        let members: Map<String, Value> = body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let said = ["Message", "message"].iter().find_map(|name| members.get(*name)?.as_str());
        let message = said.map_or_else(|| format!("Upstream answered with status {status}"), str::to_owned);
        let mut failure = match status {
            400 => Self::bad_request(message),
            401 | 403 => Self::forbidden(message),
            404 => Self::not_found("Configuration", message),
            429 => Self::new(StatusCode::TOO_MANY_REQUESTS, "ThrottlingException", message),
            _ => return Self::bad_gateway(format!("Upstream failed with status {status}: {message}")),
        };
        for name in ["ResourceType", "ReferencedBy", "Reason", "Details"] {
            if let Some(value) = members.get(name) {
                failure.members.insert(name.into(), value.clone());
            }
        }
        failure
    }

    /// The body. It begins with `Message`, so that nobody takes it for a flag.
    pub fn body(&self) -> Vec<u8> {
        let mut body = json!({"Message": self.message});
        if let Some(object) = body.as_object_mut() {
            object.extend(self.members.clone());
        }
        body.to_string().into_bytes()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, expected: u16, text: &str) {
        let failure = Failure::of_upstream(status, Some(body.as_bytes()));
        assert_eq!((failure.status.as_u16(), &*String::from_utf8(failure.body()).unwrap()), (expected, text));
    }

    #[test]
    fn what_upstream_refuses_is_passed_on() {
        let not_found = r#"{"Message":"No profile","ResourceType":"ConfigurationProfile"}"#;
        check(404, not_found, 404, not_found);
        check(403, r#"{"message":"not you","__type":"X"}"#, 403, r#"{"Message":"not you"}"#);
        check(400, "<html>", 400, r#"{"Message":"Upstream answered with status 400"}"#);
        check(500, r#"{"Message":"broken"}"#, 502, r#"{"Message":"Upstream failed with status 500: broken"}"#);
        check(302, "", 502, r#"{"Message":"Upstream failed with status 302: Upstream answered with status 302"}"#);
    }
}
