//! Reading from Prometheus and Alertmanager: a GET of bounded time and size.

use std::path::PathBuf;
use std::time::Duration;

use bytes::BytesMut;
use reqwest::{Client, Url, redirect};
use serde::de::DeserializeOwned;

/// Bytes of an answer; one with more alerts than that is not asked for the right thing.
const MAX_ANSWER_BYTES: usize = 8 * 1_024 * 1_024;

/// A server, as the operator named it. A user and a password in the address are sent along.
pub struct Web {
    client: Client,
    base: Url,
    token_file: Option<PathBuf>,
}

impl Web {
    /// Prepares to ask the server at `base`; a bearer token, if there is a file of one, is read anew each time.
    pub fn new(base: &str, token_file: Option<PathBuf>) -> Result<Self, String> {
        let base: Url = base.parse().map_err(|error| format!("{base:?} is no address: {error}"))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(format!("{base:?} is no http:// or https:// address"));
        }
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(5))
            .connect_timeout(Duration::from_secs(2))
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("cannot make a web client: {error}"))?;
        Ok(Self { client, base, token_file })
    }

    /// Asks for JSON under a path below the base.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, String> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url.query_pairs_mut().clear().extend_pairs(query);
        let mut request = self.client.get(url);
        if let Some(file) = &self.token_file {
            let token = std::fs::read_to_string(file);
            let token = token.map_err(|error| format!("cannot read the token in {}: {error}", file.display()))?;
            request = request.bearer_auth(token.trim());
        }
        let name = self.base.host_str().unwrap_or_default();
        let failed = |error: reqwest::Error| {
            let what = if error.is_timeout() { "did not answer in time" } else { "cannot be reached" };
            format!("{name} {what}")
        };
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("{name} answered {status}"));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(format!("{name} answered with more than {MAX_ANSWER_BYTES} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|_| format!("{name} answered with something else than was asked for"))
    }
}
