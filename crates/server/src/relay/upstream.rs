//! A journal that is another node.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;
use tidegate_domain::ChannelNumber;
use tidegate_journal::{AppendError, BlobId, BlobInfo, BoxFuture, Entry, EntryId, Journal, Snapshot, Unavailable};

use super::feed::{Ends, Entries, Polls, SNAPSHOT_ID, SNAPSHOT_NUMBER};
use super::secret::RelaySecret;

/// How long a question for new entries is held by the upstream, and how much longer the answer may take.
const WAIT_S: u64 = 20;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const LARGE_TIMEOUT: Duration = Duration::from_secs(60);
/// The waits before an upstream that cannot be reached is asked again for new entries.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Bounds for what an upstream sends.
const MAX_ANSWER_BYTES: usize = 64 * 1_024 * 1_024;
const MAX_SNAPSHOT_BYTES: usize = 1_024 * 1_024 * 1_024;
/// How long entries that came unasked are good for.
const ARE_FRESH: Duration = Duration::from_secs(1);

/// Which node to follow, and how.
#[derive(Clone, Debug)]
pub struct UpstreamSettings {
    /// Its address, as `https://host:port`.
    pub url: String,
    /// What it knows relays by.
    pub secret: RelaySecret,
    /// Certificates in PEM that are trusted besides the machine's.
    pub root_certificates: Vec<u8>,
}

/// See the module.
#[derive(Debug)]
pub struct Upstream {
    url: String,
    secret: RelaySecret,
    client: Client,
    /// Entries that came with the news that there are some, and when.
    news: Mutex<(Option<Instant>, VecDeque<Entry>)>,
}

impl Upstream {
    /// An upstream; it is not asked anything yet.
    ///
    /// # Errors
    ///
    /// The address is none, or the certificates cannot be read; the text says what.
    pub fn new(settings: UpstreamSettings) -> Result<Self, String> {
        let url = Url::parse(&settings.url).map_err(|error| format!("{}: {error}", settings.url))?;
        let is_plain = url.query().is_none() && url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !is_plain {
            return Err(format!("{} is not the address of a node, such as https://host:port", settings.url));
        }
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .pool_idle_timeout(Duration::from_secs(80))
            .tcp_nodelay(true);
        if !settings.root_certificates.is_empty() {
            let certificates = Certificate::from_pem_bundle(&settings.root_certificates)
                .map_err(|error| format!("the certificates cannot be read: {error}"))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|error| error.to_string())?;
        let url = settings.url.trim_end_matches('/').to_owned();
        Ok(Self { url, secret: settings.secret, client, news: Mutex::default() })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Tells the upstream which channels are polled here: what is in use is not deleted there.
    pub(crate) async fn note_polls(&self, channels: Vec<(ChannelNumber, i64)>) -> Result<(), Unavailable> {
        let doing = || "tell the upstream what is in use".to_owned();
        let body = serde_json::to_vec(&Polls { channels }).map_err(|error| Unavailable::new(doing(), error))?;
        let request = self.client.post(self.page("polls")).body(body).timeout(ANSWER_TIMEOUT);
        self.ask(request, doing).await.map(drop)
    }

    fn page(&self, page: &str) -> String {
        format!("{}/_tidegate/relay/{page}", self.url)
    }

    async fn ask(&self, request: RequestBuilder, doing: impl Fn() -> String) -> Result<Response, Unavailable> {
        let asked = request.header(AUTHORIZATION, self.secret.authorization()).send().await;
        let mut answer =
            asked.map_err(|error| Unavailable::new(doing(), format!("{} gave {}", self.url, chain(&error))))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = read_bounded(&mut answer, 64 * 1_024).await.unwrap_or_default();
        let message = serde_json::from_slice::<serde_json::Value>(&body).ok();
        let message = message.and_then(|body| Some(body.get("Message")?.as_str()?.to_owned())).unwrap_or_default();
        let error = Unavailable::new(doing(), format!("{} answered {status}: {message}", self.url));
        Err(match status {
            StatusCode::FORBIDDEN => error.with_hint("give both nodes the same secret with --relay-secret FILE"),
            StatusCode::NOT_FOUND => error.with_hint("the upstream has to be started with --relay-secret FILE, too"),
            _ => error,
        })
    }

    async fn read_json<T: DeserializeOwned>(
        &self,
        page: &str,
        timeout: Duration,
        doing: impl Fn() -> String,
    ) -> Result<T, Unavailable> {
        let mut answer = self.ask(self.client.get(self.page(page)).timeout(timeout), &doing).await?;
        let body = read_bounded(&mut answer, MAX_ANSWER_BYTES).await;
        let body = body.map_err(|error| Unavailable::new(doing(), error))?;
        serde_json::from_slice(&body).map_err(|error| Unavailable::new(doing(), error))
    }

    async fn ends(&self) -> Result<Ends, Unavailable> {
        self.read_json("ends", ANSWER_TIMEOUT, || "ask the upstream for the last entry".into()).await
    }

    async fn entries(&self, after: u64, limit: usize, wait_s: Option<u64>) -> Result<Entries, Unavailable> {
        let wait = wait_s.map(|wait_s| format!("&wait={wait_s}")).unwrap_or_default();
        let page = format!("entries?after={after}&limit={limit}{wait}");
        let timeout = ANSWER_TIMEOUT + Duration::from_secs(wait_s.unwrap_or_default());
        let doing = || format!("read the entries after {after} from the upstream");
        let read: Entries = self.read_json(&page, timeout, doing).await?;
        let numbers = read.entries.iter().map(|entry| entry.number);
        if !numbers.clone().is_sorted_by(|one, next| one + 1 == *next)
            || numbers.min().is_some_and(|least| least <= after)
        {
            return Err(Unavailable::new(doing(), "what came is not in order"));
        }
        Ok(read)
    }

    /// The entries after this one, if they have just come.
    fn take_news(&self, after: u64, limit: usize) -> Vec<Entry> {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        let (came, entries) = &mut *news;
        if came.is_none_or(|came| came.elapsed() > ARE_FRESH)
            || entries.front().is_none_or(|next| next.number != after + 1)
        {
            entries.clear();
            return Vec::new();
        }
        let count = limit.min(entries.len());
        entries.drain(..count).collect()
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Entry>, Unavailable> {
        let mut read = self.take_news(after, limit);
        if !read.is_empty() {
            return Ok(read);
        }
        loop {
            let from = read.last().map_or(after, |entry: &Entry| entry.number);
            let part = self.entries(from, limit - read.len(), None).await?;
            let is_last = !part.has_more || part.entries.is_empty();
            read.extend(part.entries);
            if is_last || read.len() >= limit {
                return Ok(read);
            }
        }
    }

    async fn wait_for_news(&self, after: u64) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.entries(after, 1_000, Some(WAIT_S)).await {
                Ok(read) if !read.entries.is_empty() => {
                    let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
                    *news = (Some(Instant::now()), read.entries.into());
                    return;
                }
                Ok(_) => pause = FIRST_PAUSE,
                Err(error) => {
                    tracing::debug!(%error, "cannot hear from the upstream");
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.5))).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>, Unavailable> {
        let doing = || "read the upstream's snapshot".to_owned();
        let mut answer = self.ask(self.client.get(self.page("snapshot")).timeout(LARGE_TIMEOUT), doing).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let number = header(SNAPSHOT_NUMBER).and_then(|text| text.parse::<u64>().ok());
        let id = header(SNAPSHOT_ID).and_then(|text| text.parse::<EntryId>().ok());
        let (Some(number), Some(id)) = (number, id) else {
            return Err(Unavailable::new(doing(), "it does not say of which entry it is"));
        };
        let body = read_bounded(&mut answer, MAX_SNAPSHOT_BYTES).await;
        Ok(Some(Snapshot { number, id, body: body.map_err(|error| Unavailable::new(doing(), error))? }))
    }

    async fn blob(&self, id: BlobId) -> Result<Option<Bytes>, Unavailable> {
        let doing = || format!("read content {id} from the upstream");
        let mut answer =
            self.ask(self.client.get(self.page(&format!("blobs/{id}"))).timeout(LARGE_TIMEOUT), doing).await?;
        let content = read_bounded(&mut answer, MAX_ANSWER_BYTES).await;
        let content = content.map_err(|error| Unavailable::new(doing(), error))?;
        if BlobId::of(&content) != id {
            return Err(Unavailable::new(doing(), "what came is not the content of this name"));
        }
        Ok(Some(content))
    }

    fn takes_no_writes<T>(&self) -> BoxFuture<'_, Result<T, Unavailable>> {
        let error = Unavailable::new("write", format!("this node is a relay of {}", self.url));
        Box::pin(async { Err(error) })
    }
}

impl Journal for Upstream {
    fn append<'a>(&'a self, _: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async { self.takes_no_writes().await.map_err(AppendError::Unavailable) })
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        Box::pin(self.read_all(after, limit))
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async { Ok(self.ends().await?.last) })
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        Box::pin(self.wait_for_news(after))
    }

    fn put_blob<'a>(&'a self, _: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        self.takes_no_writes()
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        Box::pin(self.blob(id))
    }

    fn save_snapshot<'a>(&'a self, _: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        self.takes_no_writes()
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        Box::pin(self.snapshot())
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async { Ok(self.ends().await?.first) })
    }

    fn forget(&self, _: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        self.takes_no_writes()
    }

    fn begin<'a>(&'a self, _: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async { self.takes_no_writes().await.map_err(AppendError::Unavailable) })
    }

    fn list_blobs(&self, _: Option<BlobId>, _: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        let error = Unavailable::new("list the contents", format!("this node is a relay of {}", self.url));
        Box::pin(async { Err(error) })
    }

    fn delete_blob(&self, _: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        self.takes_no_writes()
    }

    /// A relay is well if its upstream answers.
    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async { self.ends().await.map(drop) })
    }
}

async fn read_bounded(answer: &mut Response, limit: usize) -> Result<Bytes, String> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| chain(&error))? {
        if body.len() + piece.len() > limit {
            return Err(format!("the answer is longer than {limit} bytes"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.into())
}

/// An error with its causes, of which reqwest's own text names none; without the address, which is said already.
fn chain(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "no answer in time".to_owned() } else { "no answer".to_owned() };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
