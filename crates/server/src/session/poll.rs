//! GetLatestConfiguration: "has what I should see changed?"
//!
//! The one path that has to be cheap: it takes no lock, does not touch the store, and copies no content.

use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response};
use tidegate_domain::rollout::Place;
use tidegate_model::appconfigdata::{
    BadRequestDetails, BadRequestException, BadRequestReason, Error, InternalServerException, InvalidParameterDetail,
    InvalidParameterProblem, ResourceNotFoundException, ResourceType,
};
use tidegate_wire::{Failure, read_configuration_token};

use super::replay::Use;
use super::token::{self, Problem, Session};
use crate::access::Visitor;
use crate::data_rates::throttled;
use crate::metrics::PollCount;
use crate::node::Node;
use crate::settings::TokenReuse;

const NEXT_TOKEN: HeaderName = HeaderName::from_static("next-poll-configuration-token");
const NEXT_INTERVAL: HeaderName = HeaderName::from_static("next-poll-interval-in-seconds");
const CONFIGURATION_VERSION: HeaderName = HeaderName::from_static("configuration-version");
const EXPERIMENT_FLAGS: HeaderName = HeaderName::from_static("experiment-flags");
const VERSION_LABEL: HeaderName = HeaderName::from_static("version-label");
const STALE: HeaderName = HeaderName::from_static("tidegate-stale");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Answers a poll without asking whose it is; `query` is what follows the `?`, `accept` the header of that name.
pub fn latest_configuration(node: &Node, query: &str, accept: Option<&HeaderValue>) -> Response<Bytes> {
    poll(node, query, accept, None)
}

/// Answers a poll, of somebody who has to be let in if credentials are checked.
pub(crate) fn poll(
    node: &Node,
    query: &str,
    accept: Option<&HeaderValue>,
    visitor: Option<&Visitor<'_>>,
) -> Response<Bytes> {
    let mut id = [0; 36];
    let request_id = crate::http::request_id(&mut id);
    // A request's id is random, and so is its last digit: one poll in sixteen is timed.
    let started = request_id.ends_with('0').then(Instant::now);
    let (response, count) = match answer(node, query, accept, visitor, request_id) {
        Ok(answered) => answered,
        Err(failure) => (failure.into_response(request_id), &node.metrics.polls_refused),
    };
    node.metrics.count_poll(count, started.map(|started| started.elapsed().as_secs_f64()));
    response
}

/// Refuses a poll that was not looked at.
pub fn throttled_poll(node: &Node) -> Response<Bytes> {
    let mut id = [0; 36];
    node.metrics.count_poll(&node.metrics.polls_refused, None);
    throttled().into_response(crate::http::request_id(&mut id))
}

fn answer<'a>(
    node: &'a Node,
    query: &str,
    accept: Option<&HeaderValue>,
    visitor: Option<&Visitor<'_>>,
    request_id: &str,
) -> Result<(Response<Bytes>, &'a PollCount), Failure> {
    let published = node.published();
    let now_ms = node.clock.now_ms();
    let claim = match visitor {
        Some(visitor) if node.is_guarded(&published) => Some(visitor.prove(&published.directory, now_ms)?),
        _ => None,
    };
    let holder = claim.as_ref().map_or("", |claim| &*claim.principal().unique_id);
    // A query that cannot be read holds no token that can; the data plane models no other error for it.
    let token = read_configuration_token(query).map_err(|failure| match &*failure.name {
        "SerializationException" => refused(Problem::Corrupted),
        _ => failure,
    })?;
    let enforce = node.settings.enforce_poll_interval;
    let session = token::open_for(&published.keyring, holder, &token, now_ms, enforce).map_err(refused)?;
    if let (Some(visitor), Some(claim)) = (visitor, &claim) {
        visitor.may_poll(&published, claim, session.channel, now_ms)?;
    }
    let Some(serving) = published.serving.get(&session.channel) else {
        // A node that lags behind what the session has seen, or cannot fetch what is there, does not know it to be gone.
        let lags = node.lags_behind(published.state.number, session.seen);
        let knows = !lags && published.state.channel(session.channel).is_none();
        return Err(if knows { gone() } else { Failure::from(Error::from(InternalServerException::default())) });
    };
    if node.guard.note(session.id, session.answers, now_ms) == Use::Reused
        && node.settings.token_reuse == TokenReuse::Refuse
    {
        return Err(used_twice());
    }
    serving.note_poll(now_ms);
    let served = match &serving.rollout.next {
        Some((_, next)) => serving.rollout.choose(Place::of(session.id, session.channel, next.deployment)),
        None => serving.rollout.base.as_ref(),
    };
    // What was answered from a later state is not taken back by a node that lags behind it.
    let number = serving.stale_since.unwrap_or(published.state.number);
    let lags = session.held != 0
        && (serving.stale_since.is_some_and(|number| number < session.seen)
            || node.lags_behind(published.state.number, session.seen));
    let form = served.map(|served| served.form_for(accept));
    let news = form.map(|(form, _)| form).filter(|form| form.key != session.held && !lags);
    let next = Session {
        held: news.map_or(session.held, |form| form.key),
        seen: if lags { session.seen } else { number },
        issued_at_ms: now_ms,
        answers: session.answers.saturating_add(1),
        ..session
    };
    let next_token = token::seal_for(&published.keyring, holder, &next).ok_or_else(Failure::internal)?;
    let mut response = Response::new(news.map_or_else(Bytes::new, |form| form.body.0.clone()));
    let headers = response.headers_mut();
    headers.reserve(8);
    headers.insert(NEXT_TOKEN, from_ascii(next_token.into_bytes()));
    headers.insert(NEXT_INTERVAL, interval(session.poll_interval_s));
    headers.insert(REQUEST_ID, from_ascii(request_id.as_bytes().to_vec()));
    match form {
        Some((form, experiment_flags)) => {
            headers.insert(CONTENT_TYPE, form.content_type.clone());
            if let Some(experiment_flags) = experiment_flags {
                headers.insert(EXPERIMENT_FLAGS, experiment_flags.clone());
            }
        }
        None => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        }
    }
    if let Some(seconds) = node.head.stale_s() {
        headers.insert(STALE, HeaderValue::from(seconds));
    }
    if let (Some(served), Some(_)) = (served, news) {
        headers.insert(CONFIGURATION_VERSION, served.version.clone());
        if let Some(label) = &served.label {
            headers.insert(VERSION_LABEL, label.clone());
        }
    }
    let metrics = &node.metrics;
    Ok((response, if news.is_some() { &metrics.polls_full } else { &metrics.polls_empty }))
}

/// The usual interval is written already.
fn interval(seconds: u32) -> HeaderValue {
    if seconds == 60 { HeaderValue::from_static("60") } else { HeaderValue::from(seconds) }
}

/// Ready-made header values must not be copied again.
fn from_ascii(text: Vec<u8>) -> HeaderValue {
    HeaderValue::from_maybe_shared(Bytes::from(text)).expect("base64url and hexadecimal digits are visible ASCII")
}

pub(crate) fn refused(problem: Problem) -> Failure {
    let (problem, message) = match problem {
        Problem::Corrupted => (InvalidParameterProblem::Corrupted, "Token not valid"),
        Problem::Expired => (InvalidParameterProblem::Expired, "Token expired"),
        Problem::PollIntervalNotSatisfied => (InvalidParameterProblem::PollIntervalNotSatisfied, "Request too early"),
    };
    invalid_token(problem, message)
}

/// AWS models no problem of this name; the message says what the matter is.
pub(crate) fn used_twice() -> Failure {
    invalid_token(InvalidParameterProblem::Corrupted, "Token has already been used")
}

fn invalid_token(problem: InvalidParameterProblem, message: &str) -> Failure {
    let detail = InvalidParameterDetail { problem: Some(problem) };
    Error::from(BadRequestException {
        message: Some(message.into()),
        reason: Some(BadRequestReason::InvalidParameters),
        details: Some(BadRequestDetails::InvalidParameters([("ConfigurationToken".into(), detail)].into())),
    })
    .into()
}

pub(crate) fn gone() -> Failure {
    Error::from(ResourceNotFoundException {
        message: Some("Configuration not found".into()),
        resource_type: Some(ResourceType::Configuration),
        referenced_by: Some([("ConfigurationToken".into(), "ConfigurationToken".into())].into()),
    })
    .into()
}
