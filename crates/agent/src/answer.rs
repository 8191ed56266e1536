//! From a request to its answer.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde_json::json;

use crate::agent::{Agent, Found};
use crate::failure::Failure;
use crate::name::Name;
use crate::request;
use crate::settings::Host;
use crate::version::Version;

const CONFIGURATION_VERSION: HeaderName = HeaderName::from_static("configuration-version");
const VERSION_LABEL: HeaderName = HeaderName::from_static("version-label");
/// For how many seconds upstream has not confirmed what is served. Absent while it answers.
const STALE: HeaderName = HeaderName::from_static("tidegate-stale");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Answers a request for anything but what is mounted.
pub(crate) async fn answer(agent: &Arc<Agent>, head: &Parts) -> Response<Bytes> {
    match route(agent, head).await {
        Ok(response) => response,
        Err(failure) => {
            agent.metrics.count_failure(failure.status);
            refuse(&failure)
        }
    }
}

/// A refusal as a response.
fn refuse(failure: &Failure) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(failure.body()));
    *response.status_mut() = failure.status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    match failure.status {
        StatusCode::UNAUTHORIZED => {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        _ => {}
    }
    response
}

async fn route(agent: &Arc<Agent>, head: &Parts) -> Result<Response<Bytes>, Failure> {
    let path = head.uri.path();
    let is_configuration = path.starts_with("/applications/");
    if !is_configuration && !matches!(path, "/ping" | "/_tidegate/health" | "/_tidegate/metrics") {
        return Err(no_such_path());
    }
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Err(Failure::method_not_allowed());
    }
    match path {
        "/ping" => return Ok(text("text/plain", "pong\n")),
        "/_tidegate/health" => return Ok(health(agent)),
        _ => {}
    }
    admit(agent, &head.headers, head.uri.host())?;
    if path == "/_tidegate/metrics" {
        return Ok(text("text/plain; version=0.0.4; charset=utf-8", agent.metrics_text()));
    }
    let name = Name::of_path(path).ok_or_else(no_such_path)?;
    let flags = request::flags(head.uri.query())?;
    let (context, entity) = request::context(&head.headers)?;
    let found = agent.find(&name).await?;
    let version = found.served.version_for(entity)?;
    let body = match (&flags[..], &version.flags) {
        ([], _) if version.fixed.is_some() => version.fixed.clone().unwrap_or_default(),
        ([], None) => version.content.clone(),
        (_, None) => return Err(Failure::bad_request("The configuration is no feature flags: leave out ?flag=")),
        ([flag], Some(set)) => {
            let evaluation = set.evaluate(flag, &context).ok_or_else(|| no_such_flag(flag))?;
            agent.note_evaluation(version, flag, &evaluation, entity);
            Bytes::copy_from_slice(evaluation.json)
        }
        (named, Some(set)) => {
            let named: Vec<&str> = named.iter().map(AsRef::as_ref).collect();
            let Some(body) = set.evaluate_many(&named, &context) else {
                let unknown = named.iter().find(|flag| set.evaluate(flag, &context).is_none());
                return Err(no_such_flag(unknown.copied().unwrap_or_default()));
            };
            if entity.is_some() && !version.experiments.is_empty() {
                let all: Vec<&str> = if named.is_empty() { set.keys().collect() } else { named };
                for flag in all {
                    if let Some(evaluation) = set.evaluate(flag, &context) {
                        agent.note_evaluation(version, flag, &evaluation, entity);
                    }
                }
            }
            Bytes::from(body)
        }
    };
    agent.metrics.answered.inc();
    Ok(configuration(body, version, &found, !flags.is_empty()))
}

fn configuration(body: Bytes, version: &Version, found: &Found, is_of_flags: bool) -> Response<Bytes> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.reserve(6);
    headers.insert(CONTENT_TYPE, if is_of_flags { JSON } else { version.content_type.clone() });
    if let Some(number) = &version.number {
        headers.insert(CONFIGURATION_VERSION, number.clone());
    }
    if let Some(label) = &version.label {
        headers.insert(VERSION_LABEL, label.clone());
    }
    if let Some(seconds) = found.stale_s {
        headers.insert(STALE, HeaderValue::from(seconds));
    }
    response
}

/// Whether a caller may read configurations.
///
/// # Errors
/// It may not.
pub(crate) fn admit(agent: &Agent, headers: &HeaderMap, uri_host: Option<&str>) -> Result<(), Failure> {
    let settings = &agent.settings;
    if settings.host == Host::Localhost {
        // A page in a browser may have its own name point here (DNS rebinding), and still calls us by that name.
        let host = uri_host.or_else(|| headers.get(HOST)?.to_str().ok()).unwrap_or_default();
        if !is_own_name(host, &settings.allowed_hosts) {
            return Err(Failure::forbidden("This agent answers to localhost; allow other names with --allowed-hosts"));
        }
    }
    let Some(token) = &settings.access_token else { return Ok(()) };
    let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let given =
        given.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer ")).map(|(_, it)| it);
    match given.is_some_and(|given| verify_slices_are_equal(given.trim_ascii(), token.0.as_bytes()).is_ok()) {
        true => Ok(()),
        false => Err(Failure::unauthorized()),
    }
}

fn is_own_name(host: &str, allowed: &[String]) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.is_empty()
        || name.parse::<std::net::IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

fn no_such_path() -> Failure {
    Failure::not_found("Configuration", "Unrecognized or malformed path")
}

fn no_such_flag(flag: &str) -> Failure {
    Failure::not_found("Configuration", format!("There is no flag {flag:?} in this configuration"))
}

fn health(agent: &Agent) -> Response<Bytes> {
    let (configurations, stale_s) = agent.health();
    let status = if stale_s.is_some() { "stale" } else { "ready" };
    let mut body = json!({"status": status, "configurations": configurations});
    if let Some(stale_s) = stale_s {
        body["stale_seconds"] = stale_s.into();
    }
    let mut response = text("application/json", format!("{body}\n"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn text(kind: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_on_localhost_answers_to_its_own_names() {
        let allowed = ["agent.internal".to_owned()];
        for host in ["localhost:2772", "127.0.0.1:2772", "[::1]:2772", "app.localhost", "Agent.Internal:1", ""] {
            assert!(is_own_name(host, &allowed), "{host}");
        }
        for host in ["evil.example", "evil.example:2772", "localhost.evil.example", "[evil]"] {
            assert!(!is_own_name(host, &allowed), "{host}");
        }
    }
}
