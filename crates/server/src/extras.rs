//! What AWS does not have, under `/_tidegate/`, where it cannot collide with AWS's paths.

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};
use tidegate_model::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::clock::system_now_ms;
use crate::conductor::Advance;
use crate::node::Node;

/// A clock is moved by at most a year at once.
const LONGEST_ADVANCE_S: f64 = 366.0 * 24.0 * 60.0 * 60.0;

/// Answers a request below `/_tidegate/`.
pub(crate) async fn answer(
    node: &Node,
    advances: &mpsc::Sender<Advance>,
    method: &Method,
    path: &str,
    body: Bytes,
) -> Response<Bytes> {
    match (path, method.as_str()) {
        ("health", "GET" | "HEAD") => health(node).await,
        ("health/live", "GET" | "HEAD") => json_response(StatusCode::OK, &json!({"status": "live"})),
        ("health/ready", "GET" | "HEAD") => ready(node),
        ("metrics", "GET" | "HEAD") => metrics(node),
        ("clock", "GET") => clock(node),
        ("clock/advance", "POST") => advance(node, advances, &body).await,
        ("health" | "health/live" | "health/ready" | "metrics" | "clock" | "stream", _) => not_allowed("GET"),
        (content, _) if content.starts_with("contents/") => not_allowed("GET"),
        ("clock/advance", _) => not_allowed("POST"),
        _ => error(StatusCode::NOT_FOUND, "There is no such page."),
    }
}

/// Whether polls can be answered, be it from memory: then sessions belong here.
fn ready(node: &Node) -> Response<Bytes> {
    let published = node.published();
    let mut body = json!({"status": "ready", "journal": {"number": published.state.number}});
    if let Some(stale_s) = node.head.stale_s() {
        body["stale_seconds"] = stale_s.into();
    }
    if published.state.token_keys().is_empty() {
        body["status"] = "unavailable".into();
        body["problem"] = "there is no key to seal tokens with yet".into();
        return json_response(StatusCode::SERVICE_UNAVAILABLE, &body);
    }
    json_response(StatusCode::OK, &body)
}

/// Ready only when everything works: the journal can be read and written, and this node has all of it. Polls are
/// answered from memory even when it does not.
async fn health(node: &Node) -> Response<Bytes> {
    let number = node.published().state.number;
    let journal = json!({"number": number, "age_seconds": node.head.age().as_secs()});
    let mut body = json!({"status": "ready", "version": env!("CARGO_PKG_VERSION"), "journal": journal});
    let mut is_ready = true;
    let problem = match node.probe().await {
        Err(problem) => Some(problem),
        Ok(()) => node.head.last_problem().map(|problem| problem.text),
    };
    if let Some(problem) = problem {
        is_ready = false;
        body["journal"]["problem"] = problem.into();
    }
    if let Some(audit) = node.audit.get()
        && let Some(problem) = audit.problem().await
    {
        is_ready &= !audit.is_required();
        body["audit"] = json!({"problem": problem});
    }
    if let Some(tls) = node.tls.get() {
        let (problem, ends) = tls.report(system_now_ms());
        body["tls"] = json!({"not_after": ends.to_string()});
        if let Some(problem) = problem {
            // Not a reason to take the node out: another would have the same files.
            body["tls"]["problem"] = problem.into();
        }
    }
    if is_ready {
        return json_response(StatusCode::OK, &body);
    }
    body["status"] = "unavailable".into();
    json_response(StatusCode::SERVICE_UNAVAILABLE, &body)
}

fn metrics(node: &Node) -> Response<Bytes> {
    let mut response = Response::new(node.metrics.render(&node.published(), &node.head).into());
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn clock(node: &Node) -> Response<Bytes> {
    let now_ms = node.clock.now_ms();
    let kind = if node.clock.is_manual() { "manual" } else { "system" };
    json_response(StatusCode::OK, &json!({"clock": kind, "now": Timestamp(now_ms).to_string(), "now_ms": now_ms}))
}

async fn advance(node: &Node, advances: &mpsc::Sender<Advance>, body: &[u8]) -> Response<Bytes> {
    if !node.clock.is_manual() {
        return error(StatusCode::CONFLICT, "The clock is the machine's. Start with --clock manual to own it.");
    }
    // A key was made since it started: signatures and tokens rest on the time, and nobody may move it.
    if node.is_guarded(&node.published()) {
        return error(StatusCode::CONFLICT, "The clock cannot be moved while credentials are checked.");
    }
    let seconds = serde_json::from_slice::<Value>(body).ok().and_then(|body| body.get("seconds")?.as_f64());
    let Some(seconds) = seconds.filter(|seconds| (0.0..=LONGEST_ADVANCE_S).contains(seconds)) else {
        return error(StatusCode::BAD_REQUEST, "Say how far: {\"seconds\": N}, with a number from 0 to 31622400.");
    };
    let by_ms = (seconds * 1_000.0) as i64;
    let (done, outcome) = oneshot::channel();
    if advances.send(Advance { by_ms, done }).await.is_err() {
        return error(StatusCode::SERVICE_UNAVAILABLE, "The server is shutting down.");
    }
    match outcome.await {
        Ok(Ok(())) => clock(node),
        Ok(Err(problem)) => {
            let message = format!("The clock has moved, but a step could not be taken: {problem}");
            error(StatusCode::SERVICE_UNAVAILABLE, &message)
        }
        Err(_) => error(StatusCode::SERVICE_UNAVAILABLE, "The server is shutting down."),
    }
}

fn not_allowed(allowed: &'static str) -> Response<Bytes> {
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, "The page is not read or written that way.");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn error(status: StatusCode, message: &str) -> Response<Bytes> {
    json_response(status, &json!({"message": message}))
}

/// Whatever a browser gets to see here, it is to show as text, run nothing of, frame nowhere and keep no copy of. A
/// hosted configuration may well be somebody's HTML.
pub(crate) fn guard_against_browsers(headers: &mut HeaderMap, is_tls: bool) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    if is_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

fn json_response(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("{body}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
