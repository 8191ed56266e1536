//! The bytes that an SDK would send.
//!
//! Every server under test gets these very bytes, with one `Host` for all of them. The signature is the right length
//! and no more than that: on a loopback address without keys, Tidegate accepts any credentials and checks none.

/// Headers that a caller sends with every request, made once.
pub struct Caller {
    /// From the space after a poll's target to the empty line, ready to be copied behind a token.
    poll_tail: Vec<u8>,
    headers: String,
}

impl Caller {
    /// Makes the headers of a caller as of now.
    pub fn new() -> Self {
        let now = jiff::Timestamp::now();
        let (date, time) = (now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ"));
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        let headers = format!(
            "Host: 127.0.0.1:8787\r\n\
             User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1.0-40-amd64 md/arch#x86_64 \
             lang/python#3.13.1 md/pyimpl#CPython m/b,Z,D,e cfg/retry-mode#standard Botocore/1.44.5\r\n\
             Accept-Encoding: identity\r\n\
             X-Amz-Date: {time}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDTIDEGATEBENCH000/{date}/us-east-1/appconfig/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={signature}\r\n\
             amz-sdk-invocation-id: 8d2b3f5c-6a17-4b0e-9a53-0c6f1f0d7e42\r\n\
             amz-sdk-request: attempt=1\r\n"
        );
        Self { poll_tail: format!(" HTTP/1.1\r\n{headers}\r\n").into_bytes(), headers }
    }

    /// Writes a poll with a token that is already percent-encoded.
    pub fn poll(&self, encoded_token: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"GET /configuration?configuration_token=");
        out.extend_from_slice(encoded_token);
        out.extend_from_slice(&self.poll_tail);
    }

    /// Writes any other request; `extra_headers` are whole lines with their endings.
    pub fn call(&self, method: &str, path: &str, extra_headers: &str, body: &[u8], out: &mut Vec<u8>) {
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\n{}{extra_headers}Content-Length: {length}\r\n\r\n", self.headers);
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(body);
    }

    /// Writes a request without a body.
    pub fn get(&self, target: &str, out: &mut Vec<u8>) {
        for part in ["GET ", target, " HTTP/1.1\r\n", &self.headers, "\r\n"] {
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
        let mut out = Vec::new();
        Caller::new().poll(b"token", &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("GET /configuration?configuration_token=token HTTP/1.1\r\nHost: "));
        assert!(text.ends_with("\r\n\r\n"));
        assert_eq!(text.lines().count(), 1 + 7 + 1);
    }
}
