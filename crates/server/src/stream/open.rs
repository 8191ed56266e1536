//! Opening a stream: which tokens, and what is the matter with them.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response};
use percent_encoding::percent_decode_str;
use tidegate_wire::Failure;

use super::body::{StreamBody, Watched};
use crate::access::{Proven, Reader};
use crate::node::Node;
use crate::serving::accepts_ion;
use crate::session::{self, Presented, Problem, Session};

const TOKEN: HeaderName = HeaderName::from_static("configuration-token");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Sessions of one stream.
const MAX_SESSIONS: usize = 256;

/// Opens a stream for the tokens that the request presents.
pub(crate) fn open(node: &Arc<Node>, head: &Parts, who: Option<Arc<Proven>>) -> Result<Response<StreamBody>, Failure> {
    let tokens = presented_tokens(head)?;
    let published = node.published();
    let now_ms = node.clock.now_ms();
    let reader = who.map(|who| Reader::new(who, &published));
    let holder = reader.as_ref().map_or("", |reader| reader.holder());
    let may_read = |session: &Session| {
        reader.as_ref().map_or(Ok(()), |reader| reader.may_read(&published, session.channel, now_ms))
    };
    let mut first_refusal = None;
    let mut watched = Vec::with_capacity(tokens.len());
    for token in &tokens {
        watched.push(match session::present(node, &published, holder, token, now_ms) {
            Presented::Good(session) => match may_read(&session) {
                Ok(()) => Watched::session(session),
                Err(failure) => {
                    first_refusal.get_or_insert(failure);
                    Watched::refused(Problem::Corrupted)
                }
            },
            Presented::Bad(problem) => {
                first_refusal.get_or_insert_with(|| session::refused(problem));
                Watched::refused(problem)
            }
            Presented::Used => {
                first_refusal.get_or_insert_with(session::used_twice);
                Watched::refused(Problem::Corrupted)
            }
        });
    }
    let is_known_to_be_gone =
        |watched: &Watched| watched.good().is_none_or(|session| session::is_gone(node, &published, session));
    if watched.iter().all(is_known_to_be_gone) {
        return Err(first_refusal.unwrap_or_else(session::gone));
    }
    let mut channels: Vec<_> = watched.iter().filter_map(|watched| Some(watched.good()?.channel)).collect();
    channels.sort_unstable();
    channels.dedup();
    let Some(admission) = node.streams.admit(channels.into()) else {
        node.metrics.streams_refused.inc();
        return Err(Failure::service_unavailable("This node has as many streams as it may have."));
    };
    let accepts_ion = head.headers.get_all(ACCEPT).iter().any(accepts_ion);
    let last_id = head.headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    drop(published);
    let body = StreamBody::new(node.clone(), admission, watched.into(), accepts_ion, last_id, reader);
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

/// The tokens of a request, from its headers, or else from its query.
pub(super) fn presented_tokens(head: &Parts) -> Result<Vec<Cow<'_, str>>, Failure> {
    let mut tokens = of_headers(&head.headers);
    if tokens.is_empty() {
        tokens = of_query(head.uri.query().unwrap_or_default());
    }
    match tokens.len() {
        0 => Err(Failure::bad_request("Name one or more tokens in the header Configuration-Token.")),
        1..=MAX_SESSIONS => Ok(tokens),
        more => {
            let message = format!("{more} tokens are too many; a stream is for at most {MAX_SESSIONS}.");
            Err(Failure::bad_request(message))
        }
    }
}

fn of_headers(headers: &HeaderMap) -> Vec<Cow<'_, str>> {
    let values = headers.get_all(TOKEN).iter();
    // What is not text is no token of ours; it keeps its place, so that the others keep theirs.
    let texts = values.flat_map(|value| value.to_str().unwrap_or("-").split(','));
    texts.map(|token| Cow::Borrowed(token.trim())).filter(|token| !token.is_empty()).collect()
}

fn of_query(query: &str) -> Vec<Cow<'_, str>> {
    let values = query.split('&').filter_map(|pair| pair.strip_prefix("configuration_token="));
    values.map(|value| percent_decode_str(value).decode_utf8_lossy()).collect()
}
