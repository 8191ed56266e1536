//! OFREP on the agent's port: which configuration, who may ask, and the streams on which changes are told.
//!
//! What is asked and answered is `tidegate-ofrep`'s. A base URL names the configuration by the path of its own in front of
//! the protocol's, or leaves it to the setting.

use std::convert::Infallible;
use std::fmt::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::hmac;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    ORIGIN, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use percent_encoding::percent_decode_str;
use tidegate_flags::FlagSet;
use tidegate_ofrep::{Asker, Code, EventStream, MAX_BODY_BYTES, Page, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::agent::Agent;
use crate::answer;
use crate::failure::Failure;
use crate::http::{Body, Mount};
use crate::name::Name;
use crate::rollout::Served;
use crate::version::Version;

/// How long a body may take to come.
const BODY_PATIENCE: Duration = Duration::from_secs(10);
/// Streams at a time: an agent's connections are not all for them.
const MOST_STREAMS: usize = 1_024;
/// How often a stream says that it is there, which also finds out that its reader is not.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(20);
const HEARTBEAT: &str = ":\n\n";
/// How soon a reader comes back that has lost its stream.
const RETRY: &str = "retry: 2000\n\n";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const STALE: HeaderName = HeaderName::from_static("tidegate-stale");

/// OFREP over an agent's configurations.
pub struct Ofrep {
    agent: Arc<Agent>,
    streams: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

/// An answer that is ready, and what it is about.
struct Answered {
    body: Vec<u8>,
    etag: Option<String>,
    stale_s: Option<i64>,
}

impl Ofrep {
    /// Answers out of an agent.
    pub fn new(agent: Arc<Agent>) -> Self {
        Self { agent, streams: Arc::new(Semaphore::new(MOST_STREAMS)), closing: watch::Sender::new(false) }
    }

    async fn respond(&self, head: &Parts, body: Incoming) -> Response<Body> {
        let origin = head.headers.get(ORIGIN);
        let allowed = origin.filter(|origin| self.allows(origin));
        let mut response = match (origin, allowed) {
            (Some(_), None) => {
                // A page in a browser can send requests here without being let to read the answers.
                let details = "This agent answers no pages of that origin; allow it with --ofrep-origins";
                refuse(&Refusal::new(403, Code::General, details), None)
            }
            (Some(_), Some(_)) if head.method == Method::OPTIONS => preflight(&head.headers),
            _ => self.answer_page(head, body).await,
        };
        if let Some(origin) = allowed {
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers
                .insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Retry-After, Tidegate-Stale"));
        }
        response.headers_mut().insert(VARY, HeaderValue::from_static("Origin"));
        response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        let allowed = &self.agent.settings.ofrep_origins;
        allowed.iter().any(|allowed| allowed == "*" || allowed.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
    }

    async fn answer_page(&self, head: &Parts, body: Incoming) -> Response<Body> {
        let Some((base, page)) = Page::of_path(head.uri.path()) else {
            return refuse(&Refusal::new(404, Code::General, "There is no such page"), None);
        };
        let decoded = match page {
            Page::Single(key) => percent_decode_str(key).decode_utf8_lossy(),
            _ => "".into(),
        };
        let key = matches!(page, Page::Single(_)).then_some(&*decoded);
        let method = match page {
            Page::Single(_) | Page::Bulk => "POST",
            Page::Events => "GET",
            Page::Unknown => return refuse(&Refusal::new(404, Code::General, "There is no such page"), None),
        };
        if head.method.as_str() != method {
            let mut response = refuse(&Refusal::new(405, Code::General, format!("Use {method}")), key);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(method));
            return response;
        }
        let name = match self.name_of(base) {
            Ok(name) => name,
            Err(refusal) => return refuse(&refusal, key),
        };
        if let Err(failure) = self.admit(head, page, &name) {
            return refuse(&refusal_of(&failure), key);
        }
        if page == Page::Events {
            return self.stream(&head.headers, name).await;
        }
        match self.evaluate(base, key, &name, body).await {
            Ok(answered) => answered.respond(head.headers.get(IF_NONE_MATCH)),
            Err(refusal) => {
                if let Ok(status) = StatusCode::from_u16(refusal.status) {
                    self.agent.metrics.count_failure(status);
                }
                refuse(&refusal, key)
            }
        }
    }

    fn name_of(&self, base: &str) -> Result<Name, Refusal> {
        let known = if base.is_empty() { self.agent.settings.ofrep_configuration.clone() } else { Name::of_path(base) };
        known.ok_or_else(|| {
            let details = match base {
                "" => "Which configuration? Put /applications/{a}/environments/{e}/configurations/{c} into the base URL, or start the agent with --ofrep-configuration",
                _ => "The base URL names no configuration: its path has to be /applications/{a}/environments/{e}/configurations/{c}",
            };
            Refusal::new(400, Code::General, details)
        })
    }

    /// A browser opens a stream without headers: there, a ticket in the address stands for the access token.
    fn admit(&self, head: &Parts, page: Page<'_>, name: &Name) -> Result<(), Failure> {
        let admitted = answer::admit(&self.agent, &head.headers, head.uri.host());
        match (admitted, self.ticket(name)) {
            (Err(failure), Some(ticket)) if page == Page::Events && failure.status == StatusCode::UNAUTHORIZED => {
                let mut pairs = head.uri.query().unwrap_or_default().split('&');
                let given = pairs.find_map(|pair| pair.strip_prefix("ticket=")).unwrap_or_default();
                verify_slices_are_equal(given.as_bytes(), ticket.as_bytes()).map_err(|_| failure)
            }
            (admitted, _) => admitted,
        }
    }

    /// Opens a configuration's stream and nothing else; none where no token is asked for.
    fn ticket(&self, name: &Name) -> Option<String> {
        let token = self.agent.settings.access_token.as_ref()?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.0.as_bytes());
        Some(hex(&hmac::sign(&key, format!("ofrep events {name}").as_bytes()).as_ref()[..16]))
    }

    async fn evaluate(&self, base: &str, key: Option<&str>, name: &Name, body: Incoming) -> Result<Answered, Refusal> {
        let asker = Asker::read(&read(body).await?)?;
        let found = self.agent.find(name).await.map_err(|failure| refusal_of(&failure))?;
        let version = found.served.version_for(asker.targeting_key()).map_err(|failure| refusal_of(&failure))?;
        let Some(flags) = &version.flags else {
            return Err(Refusal::new(400, Code::General, format!("The configuration {name} is no feature flags")));
        };
        let number = version.number.as_ref().and_then(|number| number.to_str().ok());
        let (body, etag) = match key {
            Some(key) => (tidegate_ofrep::single(flags, key, &asker, number)?, None),
            None => {
                let mut request_uri = format!("{base}/ofrep/v1/events");
                if let Some(ticket) = self.ticket(name) {
                    let _ = write!(request_uri, "?ticket={ticket}");
                }
                let stream = EventStream { request_uri: &request_uri };
                let body = tidegate_ofrep::bulk(flags, &asker, Some(stream));
                let etag = tidegate_ofrep::etag(&body);
                (body, Some(etag))
            }
        };
        self.note(version, flags, key, &asker);
        self.agent.metrics.answered.inc();
        Ok(Answered { body, etag, stale_s: found.stale_s })
    }

    /// Records who got which treatment.
    fn note(&self, version: &Version, flags: &FlagSet, key: Option<&str>, asker: &Asker) {
        if version.experiments.is_empty() || asker.targeting_key().is_none() {
            return;
        }
        let context = asker.context();
        let named = key.map(tidegate_ofrep::flag_of);
        for flag in flags.keys().filter(|flag| named.is_none_or(|named| named == *flag)) {
            if let Some(evaluation) = flags.evaluate(flag, &context) {
                self.agent.note_evaluation(version, flag, &evaluation, asker.targeting_key());
            }
        }
    }

    async fn stream(&self, headers: &HeaderMap, name: Name) -> Response<Body> {
        let Ok(place) = self.streams.clone().try_acquire_owned() else {
            return refuse(&Refusal::new(503, Code::General, format!("{MOST_STREAMS} streams are open already")), None);
        };
        let changes = self.agent.changes();
        if let Err(failure) = self.agent.find(&name).await {
            return refuse(&refusal_of(&failure), None);
        }
        let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
        let watching = Watching {
            agent: self.agent.clone(),
            name,
            changes,
            closing: self.closing.subscribe(),
            last,
            is_new: true,
            _place: place,
        };
        let events = futures_util::stream::unfold(watching, |mut watching| async {
            let text = watching.next().await?;
            Some((Ok::<_, Infallible>(Frame::data(Bytes::from(text))), watching))
        });
        let mut response = Response::new(Either::Right(StreamBody::new(events).boxed_unsync()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        response
    }
}

impl Mount for Ofrep {
    fn owns(&self, path: &str) -> bool {
        Page::of_path(path).is_some()
    }

    fn answer(&self, request: Request<Incoming>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>> {
        let (head, body) = request.into_parts();
        Box::pin(async move { self.respond(&head, body).await })
    }

    fn close(&self) {
        self.closing.send_replace(true);
    }
}

/// A reader of a stream. It keeps no queue: an event says that there is something else to get than last time.
struct Watching {
    agent: Arc<Agent>,
    name: Name,
    changes: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    last: String,
    is_new: bool,
    _place: OwnedSemaphorePermit,
}

impl Watching {
    /// What is to be sent next; none at the end.
    async fn next(&mut self) -> Option<String> {
        let mut text = String::new();
        if std::mem::take(&mut self.is_new) {
            // At once, and with an event: something may have changed since the reader asked last.
            text.push_str(RETRY);
        }
        loop {
            self.changes.borrow_and_update();
            if let Ok(found) = self.agent.find(&self.name).await {
                let state = state_of(&found.served);
                if state != self.last {
                    text.push_str(&tidegate_ofrep::refetch(&state));
                    self.last = state;
                }
            }
            if !text.is_empty() {
                return Some(text);
            }
            tokio::select! {
                _ = self.closing.wait_for(|is_closing| *is_closing) => return None,
                changed = self.changes.changed() => changed.ok()?,
                () = tokio::time::sleep(HEARTBEAT_EVERY) => return Some(HEARTBEAT.to_owned()),
            }
        }
    }
}

/// Names all that callers can get of a configuration.
fn state_of(served: &Served) -> String {
    let mut context = Context::new(&SHA256);
    for version in served.versions() {
        context.update(&version.hash);
        context.update(version.number.as_ref().map(HeaderValue::as_bytes).unwrap_or_default());
        context.update(&[0]);
    }
    if let Some(rollout) = &served.rollout {
        context.update(rollout.seed.as_bytes());
        context.update(&rollout.share.to_be_bytes());
    }
    hex(&context.finish().as_ref()[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

async fn read(body: Incoming) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(BODY_PATIENCE, Limited::new(body, MAX_BODY_BYTES).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(413, Code::Parse, format!("The body has more than {MAX_BODY_BYTES} bytes")))
        }
        Ok(Err(error)) => Err(Refusal::new(400, Code::Parse, format!("The body did not come whole: {error}"))),
        Err(_) => Err(Refusal::new(408, Code::Parse, "The body took too long")),
    }
}

impl Answered {
    fn respond(self, if_none_match: Option<&HeaderValue>) -> Response<Body> {
        let known = if_none_match.and_then(|known| known.to_str().ok());
        let is_known = matches!((known, &self.etag), (Some(known), Some(etag)) if tidegate_ofrep::matches(known, etag));
        let mut response = match is_known {
            true => respond(StatusCode::NOT_MODIFIED, Vec::new()),
            false => respond(StatusCode::OK, self.body),
        };
        let headers = response.headers_mut();
        if is_known {
            headers.remove(CONTENT_TYPE);
        }
        if let Some(etag) = self.etag.and_then(|etag| HeaderValue::try_from(etag).ok()) {
            headers.insert(ETAG, etag);
            // A browser's own cache would take the tag for itself.
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        if let Some(seconds) = self.stale_s {
            headers.insert(STALE, HeaderValue::from(seconds));
        }
        response
    }
}

fn refusal_of(failure: &Failure) -> Refusal {
    let code = match failure.status {
        StatusCode::NOT_FOUND => Code::FlagNotFound,
        _ => Code::General,
    };
    Refusal::new(failure.status.as_u16(), code, failure.message.clone())
}

fn refuse(refusal: &Refusal, key: Option<&str>) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, refusal.body(key));
    match refusal.status {
        401 => {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        429 | 503 => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
        }
        _ => {}
    }
    response
}

/// Tells a browser what a page may send.
fn preflight(asked: &HeaderMap) -> Response<Body> {
    let mut response = respond(StatusCode::NO_CONTENT, Vec::new());
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    let allowed = "Authorization, Content-Type, If-None-Match, Last-Event-ID, X-API-Key";
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if asked.contains_key("access-control-request-private-network") {
        headers.insert("access-control-allow-private-network", HeaderValue::from_static("true"));
    }
    response
}

fn respond(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
