//! Answers in AWS's XML.

use std::fmt::Write;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

use super::{Bearer, Given, Refused, written};
use crate::access::claim::Proven;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(super) fn caller_identity(who: &Proven, request_id: &str) -> Response<Bytes> {
    let fields = [("Arn", who.arn()), ("UserId", who.user_id()), ("Account", who.realm().account.to_string())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    result("GetCallerIdentity", &elements(&fields), request_id)
}

pub(super) fn assumed_role(given: &Given, request_id: &str) -> Response<Bytes> {
    result("AssumeRole", &credentials(given), request_id)
}

pub(super) fn assumed_role_with_web_identity(given: &Given, bearer: &Bearer, request_id: &str) -> Response<Bytes> {
    let of_token = elements(&[
        ("SubjectFromWebIdentityToken", &bearer.subject),
        ("Audience", &bearer.audience),
        ("Provider", &bearer.issuer),
    ]);
    result("AssumeRoleWithWebIdentity", &format!("{}{of_token}", credentials(given)), request_id)
}

pub(super) fn refused(refused: &Refused, request_id: &str) -> Response<Bytes> {
    let kind = if refused.status < 500 { "Sender" } else { "Receiver" };
    let error = elements(&[("Type", kind), ("Code", refused.code), ("Message", &refused.message)]);
    let id = elements(&[("RequestId", request_id)]);
    let body = format!("<ErrorResponse xmlns=\"{NAMESPACE}\"><Error>{error}</Error>{id}</ErrorResponse>\n");
    respond(StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST), body, request_id)
}

fn credentials(given: &Given) -> String {
    let Given { account, role, role_id, session, .. } = given;
    let user = elements(&[
        ("Arn", &format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")),
        ("AssumedRoleId", &format!("{role_id}:{session}")),
    ]);
    let keys = elements(&[
        ("AccessKeyId", &given.key_id),
        ("SecretAccessKey", &given.secret),
        ("SessionToken", &given.token),
        ("Expiration", &written(given.expires_at_ms)),
    ]);
    let size = if given.has_policy { "<PackedPolicySize>1</PackedPolicySize>" } else { "" };
    format!("<AssumedRoleUser>{user}</AssumedRoleUser><Credentials>{keys}</Credentials>{size}")
}

fn result(operation: &str, inside: &str, request_id: &str) -> Response<Bytes> {
    let id = elements(&[("RequestId", request_id)]);
    let body = format!(
        "<{operation}Response xmlns=\"{NAMESPACE}\"><{operation}Result>{inside}</{operation}Result>\
         <ResponseMetadata>{id}</ResponseMetadata></{operation}Response>\n"
    );
    respond(StatusCode::OK, body, request_id)
}

fn respond(status: StatusCode, body: String, request_id: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn elements(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        let _ = write!(text, "<{name}>{}</{name}>", escaped(value));
    }
    text
}

/// A text as XML has it. What XML has no way to write becomes a question mark.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('?'),
            character if character.is_control() && !['\t', '\n'].contains(&character) => escaped.push('?'),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn no_text_gets_out_of_its_element() {
        assert_eq!(escaped("</Code><a b=\"c\"/>&"), "&lt;/Code&gt;&lt;a b=&quot;c&quot;/&gt;&amp;");
        assert_eq!(escaped("a\0b\u{1b}c\r"), "a?b?c?");
    }
}
