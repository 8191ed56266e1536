//! The bytes that an SDK would send.
//!
//! Every server under test gets these very bytes, with one `Host` for all of them. The signature is the right length
//! and no more than that: on a loopback address without keys, Tidegate accepts any credentials and checks none. For a
//! server that checks them there is a caller that signs.

use std::sync::Arc;

use tidegate_wire::sigv4::{PayloadHash, RequestParts, SERVICE, Signer, SigningKey, sign, timestamp};

const HOST: &str = "127.0.0.1:8787";
const REGION: &str = "us-east-1";

/// Headers that a caller sends with every request, made once.
pub struct Caller {
    /// From the space after a poll's target to the empty line, ready to be copied behind a token.
    poll_tail: Vec<u8>,
    headers: String,
    signing: Option<Arc<Signing>>,
}

/// What a caller signs with.
struct Signing {
    access_key_id: String,
    key: SigningKey,
    signed_at_ms: i64,
    /// Those that are signed.
    headers: hyper::HeaderMap,
}

impl Caller {
    /// Makes the headers of a caller as of now.
    pub fn new() -> Self {
        let now = jiff::Timestamp::now();
        let date = now.strftime("%Y%m%d");
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        let authorization = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIDTIDEGATEBENCH000/{date}/us-east-1/appconfig/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={signature}\r\n"
        );
        Self::with(&authorization, &timestamp(now.as_millisecond()), None)
    }

    /// Makes a caller who signs every request with this key, as of now: for a quarter of an hour.
    pub fn signing(access_key_id: &str, secret: &str) -> Self {
        let signed_at_ms = jiff::Timestamp::now().as_millisecond();
        let time = timestamp(signed_at_ms);
        let mut headers = hyper::HeaderMap::new();
        headers.insert("host", hyper::header::HeaderValue::from_static(HOST));
        headers.insert("x-amz-date", time.parse().expect("a time can stand in a header"));
        let key = SigningKey::derive(secret, &time[..8], REGION, SERVICE);
        let signing = Signing { access_key_id: access_key_id.into(), key, signed_at_ms, headers };
        Self::with("", &time, Some(Arc::new(signing)))
    }

    fn with(authorization: &str, time: &str, signing: Option<Arc<Signing>>) -> Self {
        let headers = format!(
            "Host: {HOST}\r\n\
             User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1.0-40-amd64 md/arch#x86_64 \
             lang/python#3.13.1 md/pyimpl#CPython m/b,Z,D,e cfg/retry-mode#standard Botocore/1.44.5\r\n\
             Accept-Encoding: identity\r\n\
             X-Amz-Date: {time}\r\n\
             {authorization}amz-sdk-invocation-id: 8d2b3f5c-6a17-4b0e-9a53-0c6f1f0d7e42\r\n\
             amz-sdk-request: attempt=1\r\n"
        );
        // A caller who signs writes the last line, and the empty one, behind each request's signature.
        let end = if signing.is_some() { "" } else { "\r\n" };
        Self { poll_tail: format!(" HTTP/1.1\r\n{headers}{end}").into_bytes(), headers, signing }
    }

    /// The `Authorization` line of a request, if this caller signs.
    fn authorization(&self, method: &str, target: &str, body: &[u8]) -> String {
        let Some(signing) = &self.signing else { return String::new() };
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let parts = RequestParts { method, path, query, authority: None, headers: &signing.headers };
        let signer = Signer { access_key_id: &signing.access_key_id, key: &signing.key, region: REGION };
        let signature = sign(&signer, &parts, &PayloadHash::of(body), signing.signed_at_ms);
        format!("Authorization: {}\r\n", signature.expect("the benchmark's requests can be signed"))
    }

    /// Writes a poll with a token that is already percent-encoded.
    pub fn poll(&self, encoded_token: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"GET /configuration?configuration_token=");
        out.extend_from_slice(encoded_token);
        out.extend_from_slice(&self.poll_tail);
        if self.signing.is_some() {
            let token = std::str::from_utf8(encoded_token).expect("an encoded token is ASCII");
            let target = format!("/configuration?configuration_token={token}");
            out.extend_from_slice(self.authorization("GET", &target, b"").as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }

    /// Writes any other request; `extra_headers` are whole lines with their endings.
    pub fn call(&self, method: &str, path: &str, extra_headers: &str, body: &[u8], out: &mut Vec<u8>) {
        let length = body.len();
        let authorization = self.authorization(method, path, body);
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{}{authorization}{extra_headers}Content-Length: {length}\r\n\r\n",
            self.headers
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(body);
    }

    /// Writes a request without a body.
    pub fn get(&self, target: &str, out: &mut Vec<u8>) {
        let authorization = self.authorization("GET", target, b"");
        for part in ["GET ", target, " HTTP/1.1\r\n", &self.headers, &authorization, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// Writes a request whose body is JSON.
    pub fn post_json(&self, path: &str, body: &serde_json::Value, out: &mut Vec<u8>) {
        self.call("POST", path, "Content-Type: application/json\r\n", body.to_string().as_bytes(), out);
    }
}

/// Puts a token into `out` as it stands in a query, or an ARN as it stands in a path.
pub fn encode(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.clear();
    for byte in text {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(*byte);
        } else {
            out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

/// Returns a text as it stands in a query or a path.
pub fn encoded(text: &str) -> String {
    let mut out = Vec::new();
    encode(text.as_bytes(), &mut out);
    out.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_encoded_as_sdks_encode_queries() {
        let mut out = b"left over".to_vec();
        encode(b"aZ09-._~+/=", &mut out);
        assert_eq!(out, b"aZ09-._~%2B%2F%3D");
    }

    #[test]
    fn a_poll_is_one_request_with_seven_headers() {
        for caller in [Caller::new(), Caller::signing("AKIDX", "secret")] {
            let mut out = Vec::new();
            caller.poll(b"token", &mut out);
            let text = String::from_utf8(out).unwrap();
            assert!(text.starts_with("GET /configuration?configuration_token=token HTTP/1.1\r\nHost: "));
            assert!(text.ends_with("\r\n\r\n"));
            assert_eq!(text.lines().count(), 1 + 7 + 1);
            assert_eq!(text.matches("Authorization: AWS4-HMAC-SHA256 Credential=").count(), 1);
        }
    }
}
