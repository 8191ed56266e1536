//! Requests that botocore signed, as `tests/clients/python/make_sigv4_vectors.py` writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use tidegate_wire::sigv4::{AuthFailure, PayloadHash, RequestParts, SERVICE, Signed, SigningKey};

#[derive(Clone, Deserialize)]
pub struct Vector {
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub access_key_id: String,
    pub secret: String,
    pub session_token: Option<String>,
    pub region: String,
    pub now_ms: i64,
    /// `ok`, or the name of the refusal.
    pub expect: String,
}

impl Vector {
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
        }
        headers
    }

    pub fn body(&self) -> Vec<u8> {
        STANDARD.decode(&self.body).unwrap()
    }

    /// What becomes of the request: `ok`, or the name of the refusal.
    pub fn verdict(&self) -> String {
        match self.verify() {
            Ok(()) => "ok".to_owned(),
            Err(failure) => failure.name().to_owned(),
        }
    }

    fn verify(&self) -> Result<(), AuthFailure> {
        let headers = self.headers();
        verify(&self.parts(&headers), &self.body(), &self.secret, self.now_ms, |signed| {
            assert_eq!(signed.access_key_id, self.access_key_id);
            assert_eq!(signed.region, self.region);
            assert_eq!(signed.session_token.as_deref(), self.session_token.as_deref());
        })
    }

    pub fn parts<'a>(&'a self, headers: &'a HeaderMap) -> RequestParts<'a> {
        let Self { method, path, query, .. } = self;
        RequestParts { method, path, query: query.as_deref(), authority: None, headers }
    }
}

/// Reads and verifies as a server would, with a key derived from the secret.
pub fn verify(
    parts: &RequestParts<'_>,
    body: &[u8],
    secret: &str,
    now_ms: i64,
    look: impl FnOnce(&Signed<'_>),
) -> Result<(), AuthFailure> {
    let signed = Signed::read(parts)?;
    let key = SigningKey::derive(secret, signed.date.as_str(), &signed.region, SERVICE);
    signed.verify(&key, parts, &PayloadHash::of(body), now_ms)?;
    look(&signed);
    Ok(())
}
