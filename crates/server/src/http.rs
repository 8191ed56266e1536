//! The listener: connections, limits, and the way of a request to its answer.
//!
//! One branch leads a poll straight to its answer, without a task, a box or an await. Everything else goes through the
//! interface table.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http::header::{ACCEPT, EXPECT, HOST, ORIGIN, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tidegate_domain::{Actor, Realm};
use tidegate_model::{NoRoute, route};
use tidegate_wire::sigv4::{AuthFailure, SERVICE};
use tidegate_wire::{Failure, credential};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;

use crate::access::{Page, Proven, Visitor, sts};
use crate::alarms::report;
use crate::answer::Answer;
use crate::conductor::Advance;
use crate::node::{Caller, Node};
use crate::paced::{self, Held, Pace, Paced, speaks_http2, speaks_without_tls};
use crate::peers::{Place, Places};
use crate::{audit, extras, operations, relay, session, stream};

/// Bytes of a request's head; a token may have 8 KiB.
const MAX_HEAD_BYTES: usize = 64 * 1_024;
/// Bytes of a JSON body: two validators of 32,768 characters fit, however they are escaped.
const MAX_JSON_BYTES: u64 = 1_024 * 1_024;
/// How much of a body that is too large is read and thrown away, so that the client gets to read the refusal.
///
/// Closing instead would reset the connection under the client's feet, and the refusal could be lost with it. Nothing of
/// it is kept, and [`Settings::body_timeout`](crate::Settings::body_timeout) bounds it in time.
const MAX_DRAINED_BYTES: u64 = 128 * 1_024 * 1_024;
/// Requests at a time on one HTTP/2 connection.
const MAX_STREAMS: u32 = 64;
/// KiB of bodies that are read or answered at a time, all connections together; further ones wait.
const BODY_BUDGET_KIB: usize = 256 * 1_024;
/// How much more than its text JSON can take once it is read: `{}` is two bytes, and a value is dozens.
const VALUES_PER_BYTE: u32 = 64;
/// Streams that a client may open and reset before it is told to go away (CVE-2023-44487).
const MAX_PENDING_RESETS: usize = 20;
/// How often an HTTP/2 client has to show that it is there.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(60);
/// How long a connection that is told to end may take where no request is lost with it.
const PARTING: Duration = Duration::from_secs(1);

/// Serves requests until `shutdown` resolves, then lets open ones finish.
pub async fn serve(
    listener: TcpListener,
    node: Arc<Node>,
    advances: mpsc::Sender<Advance>,
    shutdown: impl Future<Output = ()>,
) {
    let places = Places::new(&node.settings);
    let (bodies, values) = (Arc::new(Semaphore::new(BODY_BUDGET_KIB)), Arc::new(Semaphore::new(BODY_BUDGET_KIB)));
    let closing = watch::Sender::new(false);
    let mut http1 = http1::Builder::new();
    // Time limits are kept by the connection; see `paced`.
    http1.header_read_timeout(None).max_buf_size(MAX_HEAD_BYTES);
    let mut http2 = http2::Builder::new(TokioExecutor::new());
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .keep_alive_interval(KEEP_ALIVE_EVERY)
        .keep_alive_timeout(KEEP_ALIVE_EVERY);
    let of_watch = node.clone();
    let reloads = async move {
        match of_watch.tls.get() {
            Some(tls) => tls.watch(&of_watch.metrics.tls()).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(shutdown, reloads);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            () = &mut reloads => continue,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, peer, place) = match accepted {
            Ok(accepted) => accepted,
            // Out of file descriptors, most likely: those in use have to come back first.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(place) = place.of(peer.ip()) else {
            node.metrics.connections_refused.inc();
            continue;
        };
        let _ = stream.set_nodelay(true);
        node.metrics.connections.inc();
        let connection = Connection {
            node: node.clone(),
            advances: advances.clone(),
            bodies: bodies.clone(),
            values: values.clone(),
            pace: Pace::new(),
            peer,
            is_proxy: node.settings.trusted_proxies.contains(peer.ip()),
        };
        let connection = Arc::new(connection);
        let closing = closing.subscribe();
        let (http1, http2) = (http1.clone(), http2.clone());
        tokio::spawn(async move {
            // A client that goes away, or does not speak HTTP, is nobody's fault here.
            if let Err(error) = serve_connection(stream, connection.clone(), &http1, &http2, closing).await {
                tracing::debug!(error, %peer, "a connection ended early");
            }
            connection.node.metrics.connections.dec();
            drop(place);
        });
    }
    drop(listener);
    closing.send_replace(true);
    node.streams.close();
    if tokio::time::timeout(node.settings.shutdown_timeout, closing.closed()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// What all requests of a connection share: one count up and down for each request, instead of one for each part.
struct Connection {
    node: Arc<Node>,
    advances: mpsc::Sender<Advance>,
    /// Memory for bodies as they come.
    bodies: Arc<Semaphore>,
    /// Memory for what is made of them while they are answered. Kept apart: whoever sends slowly holds none of it.
    values: Arc<Semaphore>,
    pace: Arc<Pace>,
    peer: SocketAddr,
    is_proxy: bool,
}

impl Connection {
    /// Who asks: the other end of the connection, or whom a trusted proxy there names.
    fn peer_of(&self, headers: &HeaderMap) -> SocketAddr {
        match self.is_proxy {
            true => self.node.settings.trusted_proxies.client(headers, self.peer),
            false => self.peer,
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    connection: Arc<Connection>,
    http1: &http1::Builder,
    http2: &http2::Builder<TokioExecutor>,
    mut closing: watch::Receiver<bool>,
) -> Result<(), String> {
    let (node, pace) = (connection.node.clone(), connection.pace.clone());
    let settings = &node.settings;
    let limits =
        paced::Limits { head: settings.header_timeout, idle: settings.idle_timeout, write: settings.write_timeout };
    let Some(tls) = node.tls.get() else {
        let is_http2 = tokio::select! {
            is_http2 = speaks_http2(&stream, settings.header_timeout) => is_http2.map_err(|error| error.to_string())?,
            _ = closing.wait_for(|is_closing| *is_closing) => return Ok(()),
        };
        let stream = Paced::new(stream, pace, limits);
        return serve_stream(stream, is_http2, connection, http1, http2, closing).await;
    };
    let handshake = async {
        if speaks_without_tls(&stream, settings.header_timeout).await? {
            let _ = Paced::new(stream, pace, limits).write_all(NOT_TLS.as_bytes()).await;
            return Err(std::io::Error::other("the client does not speak TLS"));
        }
        // The pace is kept below TLS: the handshake is a part of the first head.
        TlsAcceptor::from(tls.config()).accept(Paced::new(stream, pace, limits)).await
    };
    let stream = tokio::select! {
        accepted = handshake => accepted.map_err(|error| {
            node.metrics.tls().handshakes_failed.inc();
            error.to_string()
        })?,
        _ = closing.wait_for(|is_closing| *is_closing) => return Ok(()),
    };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    serve_stream(stream, is_http2, connection, http1, http2, closing).await
}

/// What somebody hears who speaks HTTP without TLS where TLS is spoken.
const NOT_TLS: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 58\r\n\
                       connection: close\r\n\r\n{\"message\":\"This port speaks TLS: use https:// instead.\"}\n";

async fn serve_stream<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    is_http2: bool,
    connection: Arc<Connection>,
    http1: &http1::Builder,
    http2: &http2::Builder<TokioExecutor>,
    closing: watch::Receiver<bool>,
) -> Result<(), String> {
    let pace = connection.pace.clone();
    let stream = TokioIo::new(stream);
    let ended = if is_http2 {
        pace.multiplex();
        let service = service_fn(move |request| {
            let (connection, held) = (connection.clone(), connection.pace.hold());
            async move { Ok::<_, Infallible>(answer(&connection, request).await.map(|body| HeldBody { body, _held: held })) }
        });
        keep(http2.serve_connection(stream, service), &pace, closing).await
    } else {
        let service = service_fn(move |request| {
            connection.pace.begin();
            let connection = connection.clone();
            async move {
                let response = answer(&connection, request).await;
                connection.pace.end();
                Ok::<_, Infallible>(response)
            }
        });
        keep(http1.serve_connection(stream, service), &pace, closing).await
    };
    ended.map_err(|error| error.to_string())
}

/// Drives a connection to its end, and brings that about when the node stops or the client has been idle for too long.
async fn keep<C: GracefulConnection>(
    connection: C,
    pace: &Pace,
    mut closing: watch::Receiver<bool>,
) -> Result<(), C::Error> {
    tokio::pin!(connection);
    tokio::select! {
        biased;
        ended = connection.as_mut() => return ended,
        _ = closing.wait_for(|is_closing| *is_closing) => {}
        () = pace.over() => {}
    }
    connection.as_mut().graceful_shutdown();
    loop {
        match tokio::time::timeout(PARTING, connection.as_mut()).await {
            Ok(ended) => return ended,
            Err(_) if pace.is_expendable() => return Ok(()),
            Err(_) => {}
        }
    }
}

/// An answer's body, which keeps its connection from being idle until it has been handed over.
struct HeldBody<B> {
    body: B,
    _held: Held,
}

impl<B: Body + Unpin> Body for HeldBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

async fn accept(listener: &TcpListener, places: &Arc<Places>) -> std::io::Result<(TcpStream, SocketAddr, Place)> {
    let place = places.take().await;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

async fn answer(connection: &Connection, request: Request<Incoming>) -> Response<Answer> {
    let (node, peer) = (&connection.node, connection.peer_of(request.headers()));
    if request.method() == Method::GET && request.uri().path() == "/configuration" {
        let query = request.uri().query().unwrap_or_default();
        let accept = request.headers().get(ACCEPT);
        let visitor = Visitor::of_poll(node, &request, peer.ip());
        let response = match &node.data_rates {
            Some(rates) if !rates.admit(node, peer.ip(), request.headers(), Some(query)) => {
                session::throttled_poll(node)
            }
            _ => session::poll(node, query, accept, Some(&visitor)),
        };
        if let Some(audit) = node.audit.get() {
            audit.note_poll(node, request.headers(), peer, &response);
        }
        return response.map(Answer::from);
    }
    // Boxed, so that a connection's memory is that of a poll.
    let answered = AssertUnwindSafe(Box::pin(answer_control(connection, request, peer))).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|_| answer_to_fault(node, peer).map(Answer::from));
    extras::guard_against_browsers(response.headers_mut(), node.tls.get().is_some());
    response
}

/// A fault of ours: the panic has said on standard error what it was. The client is told, and keeps its connection.
fn answer_to_fault(node: &Node, peer: SocketAddr) -> Response<Bytes> {
    let mut id = [0; 36];
    let request_id = request_id(&mut id);
    tracing::error!(request_id, %peer, "a request could not be answered because of a fault in Tidegate; please report it");
    let response = Failure::internal().into_response(request_id);
    node.metrics.count_request("Unknown", response.status().as_u16(), 0.0);
    response
}

async fn answer_control(connection: &Connection, request: Request<Incoming>, peer: SocketAddr) -> Response<Answer> {
    let node = &connection.node;
    let started = Instant::now();
    let mut id = [0; 36];
    let request_id = request_id(&mut id);
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let mut audited = audit::Call::begin(node, &head, peer, request_id);
    if head.headers.contains_key(ORIGIN) || !is_expected_host(node, &head) {
        // Any page in a browser can send requests here, and nobody is asked who they are; programs name no origin, and
        // a page that has its own name point here (DNS rebinding) still calls the server by that name.
        let _ = read_body(connection, &head.headers, body, 0).await;
        let failure = Failure::new(
            "AccessDeniedException",
            403,
            "Requests from web pages, or to names that are not this server's, are not accepted.",
        );
        if let Some(call) = audited {
            let _ = call.finish(Err(failure.clone())).await;
        }
        return failure.into_response(request_id).map(Answer::from);
    }
    if path == "/" && matches!(head.method, Method::GET | Method::POST) {
        let (operation, response) = match read_body(connection, &head.headers, body, sts::MAX_FORM_BYTES).await {
            Err(unread) => ("Unknown", Err(unread.into_failure(sts::MAX_FORM_BYTES))),
            Ok((body, _share)) => match sts::Form::read(&head, &body) {
                Some(form) => {
                    let outcome = sts::answer(node, &form, peer.ip(), request_id).await;
                    audit::note_sts(node, &head, peer, request_id, &outcome).await;
                    (outcome.operation, Ok(outcome.response))
                }
                None => ("Unknown", audit::finish(audited, Err(Failure::unknown_operation())).await),
            },
        };
        let response = response.unwrap_or_else(|failure| failure.into_response(request_id));
        let (status, seconds) = (response.status().as_u16(), started.elapsed().as_secs_f64());
        node.metrics.count_request(operation, status, seconds);
        tracing::info!(operation, status, request_id, seconds, %peer, "answered");
        return response.map(Answer::from);
    }
    if let Some(extra) = path.strip_prefix("/_tidegate/") {
        let read = match Page::of(node, extra, peer.ip()) {
            Page::Open => read_body(connection, &head.headers, body, MAX_JSON_BYTES)
                .await
                .map(|(body, share)| (body, share, None)),
            Page::Guarded(action) => {
                read_signed_body(connection, &head, body, MAX_JSON_BYTES, peer).await.and_then(|read| {
                    let allowed = read.2.as_ref().map_or(Ok(()), |who| who.may(action, node.clock.now_ms()));
                    allowed.map(|()| read).map_err(Unread::Refused)
                })
            }
            Page::ByToken => read_signed_body(connection, &head, body, MAX_JSON_BYTES, peer).await,
        };
        return match read {
            Err(unread) => unread.into_failure(MAX_JSON_BYTES).into_response(request_id).map(Answer::from),
            Ok((body, _share, who)) if report::is_here(extra) => {
                report::answer(node, &head, extra, &body, request_id, who.as_deref()).await.map(Answer::from)
            }
            Ok((_, _, who)) if extra == "stream" && head.method == Method::GET => {
                match stream::open(node, &head, who) {
                    Ok(response) => response.map(|body| Answer::stream(body, connection.pace.hold())),
                    Err(failure) => {
                        let mut response = failure.into_response(request_id).map(Answer::from);
                        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
                        }
                        response
                    }
                }
            }
            Ok((body, _share, _)) if extra.starts_with("relay/") => {
                let answered = relay::answer(node, &head, &extra["relay/".len()..], body).await;
                answered.unwrap_or_else(|failure| failure.into_response(request_id)).map(Answer::from)
            }
            Ok((_, _, who)) if extra.starts_with("contents/") && head.method == Method::GET => {
                let content = stream::content(node, &head, &extra["contents/".len()..], who);
                content.unwrap_or_else(|failure| failure.into_response(request_id)).map(Answer::from)
            }
            Ok((body, _share, _)) => {
                extras::answer(node, &connection.advances, &head.method, extra, body).await.map(Answer::from)
            }
        };
    }
    let (operation, outcome) = match route(head.method.as_str(), path) {
        Err(NoRoute::UnknownPath | NoRoute::WrongMethod) => {
            // What was sent along has to be read before the answer can be.
            let _ = read_body(connection, &head.headers, body, 0).await;
            ("Unknown", Err(Failure::unknown_operation()))
        }
        Ok(route) => {
            let name = route.operation.name;
            let is_content = name == "CreateHostedConfigurationVersion";
            let limit = if is_content { node.settings.limits.hosted_content_bytes } else { MAX_JSON_BYTES };
            let outcome = match read_signed_body(connection, &head, body, limit, peer).await {
                Ok((body, _share, verified)) => {
                    let weight = u32::try_from(body.len().div_ceil(1_024)).unwrap_or(u32::MAX);
                    let weight = weight.saturating_mul(VALUES_PER_BYTE).min(BODY_BUDGET_KIB as u32);
                    let _values = connection.values.acquire_many(weight).await;
                    let caller = match verified {
                        Some(verified) => verified.caller(request_id),
                        None => caller_of(node, &head, request_id),
                    };
                    audit::identify(&mut audited, &caller);
                    let request = tidegate_wire::Request {
                        labels: &route.labels,
                        query: head.uri.query(),
                        headers: &head.headers,
                        body,
                    };
                    let admitted = match &node.data_rates {
                        Some(rates) => rates.check(node, name, peer.ip(), &head),
                        None => Ok(()),
                    };
                    match admitted.and(audit::admit(&mut audited, &request.body).await) {
                        Ok(()) => operations::answer(node, &caller, route.operation, &request).await,
                        Err(failure) => Err(failure),
                    }
                }
                Err(Unread::TooLong { size }) if is_content => Err(Failure::payload_too_large(size, limit)),
                Err(unread) => Err(unread.into_failure(limit)),
            };
            (name, outcome)
        }
    };
    let outcome = audit::finish(audited, outcome).await;
    let seconds = started.elapsed().as_secs_f64();
    let (response, error) = match outcome {
        Ok(response) => (response, None),
        Err(failure) => (failure.clone().into_response(request_id), Some(failure)),
    };
    let status = response.status().as_u16();
    node.metrics.count_request(operation, status, seconds);
    tracing::info!(
        operation, status, request_id, seconds, %peer,
        error = error.as_ref().map(|failure| &*failure.name),
        "answered"
    );
    response.map(Answer::from)
}

/// As [`read_body`], and says who sent it, if credentials are checked. What can be refused without the body is refused
/// before it is read.
async fn read_signed_body(
    connection: &Connection,
    head: &http::request::Parts,
    body: Incoming,
    limit: u64,
    peer: SocketAddr,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>, Option<Arc<Proven>>), Unread> {
    let node = &connection.node;
    let published = node.published().clone();
    if !node.is_guarded(&published) {
        let (body, share) = read_body(connection, &head.headers, body, limit).await?;
        return Ok((body, share, None));
    }
    let visitor = Visitor::new(node, head, peer.ip());
    let claim = match visitor.claim(&published.directory, SERVICE, node.clock.now_ms()) {
        Ok(claim) => claim,
        Err(failure) => {
            let _ = read_body(connection, &head.headers, body, 0).await;
            return Err(Unread::Refused(failure));
        }
    };
    let (body, share) = read_body(connection, &head.headers, body, limit).await?;
    let verified = visitor.verify(claim, &body, node.clock.now_ms()).map_err(Unread::Refused)?;
    Ok((body, share, Some(Arc::new(verified))))
}

/// Reads a body of at most `limit` bytes. More is not kept, and read on only so far that the client, which may not
/// listen before it has sent everything, gets to see the refusal; one that asks before it sends is told at once.
///
/// With the body comes its share of the memory for bodies, to be given back when the request is answered.
async fn read_body(
    connection: &Connection,
    headers: &HeaderMap,
    body: Incoming,
    limit: u64,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Unread> {
    let most_drained = if headers.contains_key(EXPECT) { 0 } else { MAX_DRAINED_BYTES };
    let read = read_in_time(&connection.bodies, body, limit, most_drained);
    tokio::time::timeout(connection.node.settings.body_timeout, read).await.unwrap_or(Err(Unread::Slow))
}

async fn read_in_time(
    bodies: &Arc<Semaphore>,
    mut body: Incoming,
    limit: u64,
    most_drained: u64,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Unread> {
    let declared = body.size_hint().exact();
    if declared.is_some_and(|size| size > limit.saturating_add(most_drained)) {
        return Err(Unread::TooLong { size: declared.unwrap_or(u64::MAX) });
    }
    let mut kept = BytesMut::new();
    let mut share: Option<OwnedSemaphorePermit> = None;
    let mut size: u64 = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        size += data.len() as u64;
        if size <= limit {
            // Memory is taken as the body comes, so that nobody keeps it from others by a promise.
            let kib = u32::try_from(size.div_ceil(1_024)).unwrap_or(u32::MAX);
            let held = share.as_ref().map_or(0, |share| u32::try_from(share.num_permits()).unwrap_or(u32::MAX));
            if kib > held {
                let more = bodies.clone().acquire_many_owned(kib - held).await.map_err(|_| Unread::Slow)?;
                match &mut share {
                    Some(share) => share.merge(more),
                    None => share = Some(more),
                }
            }
            kept.extend_from_slice(&data);
        } else if size > limit.saturating_add(most_drained) {
            break;
        } else {
            (kept, share) = (BytesMut::new(), None);
        }
    }
    if size > limit { Err(Unread::TooLong { size }) } else { Ok((kept.freeze(), share)) }
}

/// Why a body was not read.
enum Unread {
    TooLong {
        size: u64,
    },
    Slow,
    Broken,
    /// Whoever sent it is not let in.
    Refused(AuthFailure),
}

impl Unread {
    fn into_failure(self, limit: u64) -> Failure {
        match self {
            Self::TooLong { .. } => Failure::request_too_large(limit),
            Self::Refused(failure) => failure.into(),
            Self::Slow => Failure::request_timeout(),
            Self::Broken => Failure::serialization("The request's body could not be read."),
        }
    }
}

/// Whose resources a request is about: the account that the access key names, in the region of the signature's scope.
///
/// As with other local stand-ins for AWS, an access key id of twelve digits is the account itself.
fn caller_of(node: &Node, head: &http::request::Parts, request_id: &str) -> Caller {
    let credential = credential(&head.headers, head.uri.query());
    let mut realm: Realm = node.home();
    let mut actor = String::new();
    if let Some(credential) = credential {
        if let Ok(account) = credential.access_key_id.parse() {
            realm.account = account;
        }
        if is_region(&credential.region) {
            realm.region = (*credential.region).into();
        }
        actor = credential.access_key_id.into_owned();
    }
    Caller::new(realm, Actor::Caller(actor), request_id.into())
}

/// Whether the request is to a name that this server goes by: an address, `localhost`, or one that was named.
fn is_expected_host(node: &Node, head: &http::request::Parts) -> bool {
    if head.headers.get_all(HOST).iter().nth(1).is_some() {
        return false;
    }
    let Some(allowed) = &node.settings.allowed_hosts else { return true };
    let of_header = head.headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
    let of_header = of_header.map(|text| match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => text,
    });
    // HTTP/2 has it in the target.
    let host = of_header.or_else(|| head.uri.authority().map(http::uri::Authority::host));
    // HTTP/1.0 knows no Host, and no browser speaks it.
    let Some(host) = host else { return true };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<std::net::IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
}

/// Whether the text has the form of a region.
pub fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Writes a fresh request id: a random UUID.
pub(crate) fn request_id(room: &mut [u8; 36]) -> &str {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid().hyphenated().encode_lower(room)
}
