//! The way to the upstream node.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Client, ClientBuilder, Response, StatusCode, Url, redirect};
use serde_json::Value;

use crate::state::{AnnouncedVersion, Problem, sha256_of};

const TOKEN: HeaderName = HeaderName::from_static("configuration-token");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const ION: &str = "text/event-stream, application/ion;type=AWS.AppConfig.FeatureFlags, */*;q=0.1";
const PLAIN: &str = "text/event-stream, */*;q=0.1";
/// A refusal is not read further.
const MAX_REFUSAL_BYTES: usize = 64 * 1_024;

/// Where and how to follow.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The node, as `https://host:port` or `http://host:port`.
    pub url: String,
    /// Whether feature flags are wanted as Ion, where they have variants.
    pub accepts_ion: bool,
    /// Certificates in PEM that are trusted besides the machine's.
    pub root_certificates: Vec<u8>,
    /// How long a connection may take to be made, and an answer to begin.
    pub connect_timeout: Duration,
    /// How long a stream may be silent. Nodes say something every 15 seconds.
    pub silence_timeout: Duration,
    /// The largest content that is fetched, in bytes.
    pub max_content_bytes: u64,
    /// The first wait before coming back; it doubles with each failure in a row up to [`Settings::longest_wait`].
    pub first_wait: Duration,
    /// See [`Settings::first_wait`].
    pub longest_wait: Duration,
}

impl Settings {
    /// What suits most.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            accepts_ion: false,
            root_certificates: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            silence_timeout: Duration::from_secs(45),
            max_content_bytes: 16 * 1_024 * 1_024,
            first_wait: Duration::from_secs(2),
            longest_wait: Duration::from_secs(30),
        }
    }
}

/// The settings cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadSettings(String);

/// Requests to one node.
#[derive(Debug)]
pub(crate) struct Upstream {
    base: String,
    accept: HeaderValue,
    max_content_bytes: u64,
    connect_timeout: Duration,
    /// HTTP/2 without asking, for plain connections; over TLS the two sides agree on it.
    first: Client,
    /// For whoever does not speak that.
    second: Option<Client>,
}

/// Why there is no stream.
#[derive(Debug)]
pub(crate) enum NoStream {
    /// The node could not be asked, or cannot answer now; it may have said when to come back.
    Away(Option<Duration>),
    /// None of the tokens is good.
    Refused(Problem),
    /// What the tokens are for is gone.
    Gone,
    /// The node offers no streams.
    Unknown,
}

/// Why there is no content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoContent {
    Away,
    /// It is not what it should be.
    Wrong,
}

impl Upstream {
    pub(crate) fn new(settings: &Settings) -> Result<Self, BadSettings> {
        let url = Url::parse(&settings.url).map_err(|error| BadSettings(format!("{}: {error}", settings.url)))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || url.query().is_some() {
            return Err(BadSettings(format!(
                "{} is not the address of a node, such as https://host:port",
                settings.url
            )));
        }
        let build = |adapt: fn(ClientBuilder) -> ClientBuilder| {
            let mut builder = Client::builder()
                .redirect(redirect::Policy::none())
                .no_proxy()
                .connect_timeout(settings.connect_timeout)
                .pool_idle_timeout(Duration::from_secs(80))
                .tcp_nodelay(true);
            if !settings.root_certificates.is_empty() {
                let certificates = Certificate::from_pem_bundle(&settings.root_certificates)
                    .map_err(|error| BadSettings(format!("the certificates cannot be read: {error}")))?;
                builder = builder.tls_certs_merge(certificates);
            }
            adapt(builder).build().map_err(|error| BadSettings(error.to_string()))
        };
        let (first, second) = match url.scheme() {
            "https" => (build(|builder| builder)?, None),
            _ => (build(ClientBuilder::http2_prior_knowledge)?, Some(build(ClientBuilder::http1_only)?)),
        };
        Ok(Self {
            base: settings.url.trim_end_matches('/').into(),
            accept: HeaderValue::from_static(if settings.accepts_ion { ION } else { PLAIN }),
            max_content_bytes: settings.max_content_bytes,
            connect_timeout: settings.connect_timeout,
            first,
            second,
        })
    }

    /// Opens a stream; `attempt` counts failures in a row, every other one tries the other kind of HTTP.
    pub(crate) async fn open(
        &self,
        tokens: &str,
        last_id: Option<&str>,
        attempt: u32,
    ) -> Result<(Response, Client), NoStream> {
        let client = self.second.as_ref().filter(|_| attempt % 2 == 1).unwrap_or(&self.first);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, self.accept.clone());
        headers.insert(TOKEN, HeaderValue::from_str(tokens).map_err(|_| NoStream::Refused(Problem::Corrupted))?);
        if let Some(id) = last_id.and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(LAST_EVENT_ID, id);
        }
        let asked = client.get(format!("{}/_tidegate/stream", self.base)).headers(headers).send();
        let answer = match tokio::time::timeout(self.connect_timeout, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::debug!(%error, "cannot open a stream");
                return Err(NoStream::Away(None));
            }
            Err(_) => return Err(NoStream::Away(None)),
        };
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        match answer.status() {
            StatusCode::OK if kind.starts_with("text/event-stream") => Ok((answer, client.clone())),
            StatusCode::OK => Err(NoStream::Unknown),
            _ => Err(self.refusal(answer).await),
        }
    }

    async fn refusal(&self, mut answer: Response) -> NoStream {
        let status = answer.status();
        let after = answer.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
        let read = read_bounded(&mut answer, MAX_REFUSAL_BYTES);
        let body = tokio::time::timeout(self.connect_timeout, read).await.ok().flatten().unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        match status.as_u16() {
            400 if body["Reason"] == "InvalidParameters" => {
                let problem = &body["Details"]["InvalidParameters"]["ConfigurationToken"]["Problem"];
                NoStream::Refused(if problem == "Expired" { Problem::Expired } else { Problem::Corrupted })
            }
            404 if body["ResourceType"] == "Configuration" => NoStream::Gone,
            408 | 429 | 500..=599 => NoStream::Away(after.map(Duration::from_secs)),
            _ => NoStream::Unknown,
        }
    }

    /// Fetches a content, and checks it.
    pub(crate) async fn fetch(
        &self,
        client: &Client,
        token: &str,
        version: &AnnouncedVersion,
    ) -> Result<Bytes, NoContent> {
        let is_hash = version.sha256.len() == 64 && version.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash || version.size > self.max_content_bytes {
            return Err(NoContent::Wrong);
        }
        let url = format!("{}/_tidegate/contents/{}", self.base, version.sha256);
        let asked = client.get(url).header(TOKEN, token).timeout(Duration::from_secs(60)).send();
        let mut answer = asked.await.map_err(|_| NoContent::Away)?;
        if answer.status() != StatusCode::OK {
            return Err(NoContent::Away);
        }
        let limit = usize::try_from(version.size).unwrap_or(usize::MAX);
        let content = read_bounded(&mut answer, limit).await.ok_or(NoContent::Wrong)?;
        if sha256_of(&content) == version.sha256 { Ok(content) } else { Err(NoContent::Wrong) }
    }
}

/// Reads a body of at most so many bytes; none if it is longer or breaks off.
async fn read_bounded(answer: &mut Response, limit: usize) -> Option<Bytes> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.ok()? {
        if body.len() + piece.len() > limit {
            return None;
        }
        body.extend_from_slice(&piece);
    }
    Some(body.into())
}
