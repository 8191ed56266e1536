//! Extensions at work: which actions are called when, with what, and what their answers mean.
//!
//! Actions before something (`PRE_…`) run one after the other, each on the content that the one before left, and can
//! refuse; the actions at a tick are asked before every step and can have the deployment rolled back; those after
//! something (`ON_…`) are told, and their failure changes nothing.

mod outside;
mod payload;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::join_all;
use serde::Deserialize;
use tidegate_domain::{Action, ActionPoint, AppliedExtension, Deployment, IdSource, Invocation, LogEntry};
use tidegate_model::appconfig::{
    BadRequestDetails, BadRequestException, BadRequestReason, Error, InvalidConfigurationDetail,
};
use tidegate_wire::Failure;

pub use self::outside::{Call, Fault, Mode, NoTargets, Outside, Targets};
use self::payload::deployment_payload;
pub(crate) use self::payload::{ContentPayload, Named, Names};
pub use self::webhook::{Webhook, WebhookSettings};
use crate::random::Randomness;

/// How long a call takes at most, with all its tries: [`Outside`] sees to it.
pub(crate) const LONGEST_CALL: Duration = Duration::from_secs(20);
/// How long all actions before something may take together.
const CHAIN_TIMEOUT: Duration = Duration::from_secs(60);

/// Calls the actions of the extensions at work.
pub(crate) struct Actions {
    outside: Arc<dyn Outside>,
    randomness: Randomness,
}

/// What a tick came to.
#[derive(Clone)]
pub(crate) enum Tick {
    Continue(Vec<Invocation>),
    RollBack { reason: String, invocations: Vec<Invocation> },
}

/// What an action answered, as far as it matters.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    content: Option<String>,
    directive: Option<String>,
    description: Option<String>,
    error: Option<String>,
    message: Option<String>,
    /// Writers of JSON in many languages put `null` for an empty list.
    details: Option<Vec<AnswerDetail>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AnswerDetail {
    r#type: Option<String>,
    name: Option<String>,
    reason: Option<String>,
}

impl Answer {
    fn fault(&self) -> Option<Fault> {
        let code = self.error.clone()?;
        Some(Fault { message: self.message.clone().unwrap_or_else(|| code.clone()), code })
    }
}

impl Actions {
    pub(crate) fn new(outside: Arc<dyn Outside>, randomness: Randomness) -> Self {
        Self { outside, randomness }
    }

    /// Has content checked, and changed, before something is made of it. All of it together has its time.
    pub(crate) async fn before(
        &self,
        point: ActionPoint,
        extensions: &[AppliedExtension],
        payload: ContentPayload,
        dynamic: &[(usize, String, String)],
    ) -> Result<(Bytes, Vec<Invocation>), Failure> {
        let asked = self.before_in_time(point, extensions, payload, dynamic);
        tokio::time::timeout(CHAIN_TIMEOUT, asked).await.unwrap_or_else(|_| {
            let seconds = CHAIN_TIMEOUT.as_secs();
            Err(Failure::bad_request(format!("Error invoking extensions: No answer within {seconds} seconds")))
        })
    }

    async fn before_in_time(
        &self,
        point: ActionPoint,
        extensions: &[AppliedExtension],
        mut payload: ContentPayload,
        dynamic: &[(usize, String, String)],
    ) -> Result<(Bytes, Vec<Invocation>), Failure> {
        let mut invocations = Vec::new();
        let mut ids = IdSource::new(self.randomness.u64());
        for (index, extension) in extensions.iter().enumerate() {
            for action in extension.actions_at(point) {
                let mut parameters = extension.parameters.clone();
                let given = dynamic.iter().filter(|(of, _, _)| *of == index);
                parameters.extend(given.map(|(_, name, value)| (name.clone(), value.clone())));
                let id = ids.fresh(|_| false).to_string();
                let body = payload.to_json(&id, &parameters);
                let answer = self.ask(action, &id, body).await;
                let answer = answer.map_err(|fault| refusal(&extension.name, &fault.message, &[]))?;
                if let Some(fault) = answer.fault() {
                    let details = answer.details.as_deref().unwrap_or_default();
                    return Err(refusal(&extension.name, &fault.message, details));
                }
                if let Some(content) = answer.content {
                    let content = STANDARD
                        .decode(content)
                        .map_err(|_| refusal(&extension.name, "The returned Content is not valid base64", &[]))?;
                    payload.content = content.into();
                }
                invocations.push(invocation(extension, action, id, None));
            }
        }
        Ok((payload.content, invocations))
    }

    /// Asks before a step whether the deployment may go on. All are asked at once.
    pub(crate) async fn at_tick(&self, deployment: &Deployment, names: &Names) -> Tick {
        let point = ActionPoint::AtDeploymentTick;
        let asked = calls(deployment, point, deployment.steps).into_iter().map(|(extension, action, id)| async move {
            let body = deployment_payload(point, deployment, names, extension, &id);
            let answer = self.ask(action, &id, body).await;
            (extension, action, id, answer)
        });
        let mut invocations = Vec::new();
        let mut reason = None;
        for (extension, action, id, answer) in join_all(asked).await {
            let (fault, directive, description) = match answer {
                Err(fault) => (Some(fault), None, None),
                Ok(answer) => (answer.fault(), answer.directive, answer.description),
            };
            let objection = match (&fault, directive.as_deref()) {
                (Some(fault), _) => Some(format!("Error invoking extension {}: {}", extension.name, fault.message)),
                (None, Some("ROLL_BACK")) => {
                    Some(description.unwrap_or_else(|| format!("Rolled back by extension {}", extension.name)))
                }
                (None, Some("CONTINUE") | None) => None,
                // Whoever says something else does not say "go on".
                (None, Some(other)) => {
                    let other = bounded(other);
                    Some(format!("Error invoking extension {}: Unknown Directive '{other}'", extension.name))
                }
            };
            reason = reason.or(objection);
            invocations.push(invocation(extension, action, id, fault));
        }
        match reason {
            Some(reason) => Tick::RollBack { reason: bounded(&reason), invocations },
            None => Tick::Continue(invocations),
        }
    }

    /// Tells the actions that come after an entry of the event log. All are told at once.
    pub(crate) async fn after(
        &self,
        deployment: &Deployment,
        names: &Names,
        index: u32,
        entry: &LogEntry,
    ) -> Vec<Invocation> {
        let Some(point) = ActionPoint::after(entry.kind) else { return Vec::new() };
        let told = calls(deployment, point, index).into_iter().map(|(extension, action, id)| async move {
            let call = Call {
                uri: &action.uri,
                role_arn: action.role_arn.as_deref(),
                invocation_id: &id,
                mode: Mode::Tell,
                payload: deployment_payload(point, deployment, names, extension, &id),
            };
            let fault = self.outside.call(&call).await.err();
            if let Some(fault) = &fault {
                tracing::warn!(
                    extension = extension.name,
                    uri = without_secrets(&action.uri),
                    code = fault.code,
                    error = fault.message,
                    "an extension's action failed"
                );
            }
            invocation(extension, action, id, fault)
        });
        join_all(told).await
    }

    /// Asks a function whether it finds a configuration valid.
    pub(crate) async fn validate(&self, arn: &str, payload: Bytes) -> Result<(), Fault> {
        let id = IdSource::new(self.randomness.u64()).fresh(|_| false).to_string();
        let call = Call { uri: arn, role_arn: None, invocation_id: &id, mode: Mode::Ask, payload };
        self.outside.call(&call).await.map(drop)
    }

    async fn ask(&self, action: &Action, id: &str, payload: Bytes) -> Result<Answer, Fault> {
        let role_arn = action.role_arn.as_deref();
        let call = Call { uri: &action.uri, role_arn, invocation_id: id, mode: Mode::Ask, payload };
        let answer = self.outside.call(&call).await?;
        if answer.iter().all(u8::is_ascii_whitespace) {
            return Ok(Answer::default());
        }
        let message = "The response is not the JSON object that an action answers with";
        let invalid = || Fault::new("InvalidResponse", message);
        // Serde would take a list for the members in their order.
        if answer.trim_ascii_start().starts_with(b"[") {
            return Err(invalid());
        }
        // `null` is what a function answers that returns nothing.
        serde_json::from_slice::<Option<Answer>>(&answer).map(Option::unwrap_or_default).map_err(|_| invalid())
    }
}

/// The calls at a point of a deployment, each with an id that is the same if it has to be made again.
fn calls(deployment: &Deployment, point: ActionPoint, moment: u32) -> Vec<(&AppliedExtension, &Action, String)> {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(deployment.environment.as_str().as_bytes());
    for number in [deployment.number, moment, point as u32] {
        context.update(&number.to_be_bytes());
    }
    context.update(&deployment.started_at_ms.to_be_bytes());
    let digest = context.finish();
    let seed = u64::from_be_bytes(digest.as_ref()[..8].try_into().expect("a SHA-256 has 32 bytes"));
    let mut ids = IdSource::new(seed);
    let of_extension = |extension| {
        let extension: &AppliedExtension = extension;
        extension.actions_at(point).map(move |action| (extension, action))
    };
    let calls = deployment.applied.iter().flat_map(of_extension);
    calls.map(|(extension, action)| (extension, action, ids.fresh(|_| false).to_string())).collect()
}

fn invocation(extension: &AppliedExtension, action: &Action, id: String, problem: Option<Fault>) -> Invocation {
    let (error_code, error_message) = problem.map(|fault| (fault.code, bounded(&fault.message))).unzip();
    Invocation {
        extension: extension.extension.clone(),
        action: action.name.clone(),
        uri: action.uri.clone(),
        role_arn: action.role_arn.clone(),
        error_message,
        error_code,
        id,
    }
}

fn refusal(extension: &str, message: &str, details: &[AnswerDetail]) -> Failure {
    let details: Vec<_> = details
        .iter()
        .take(100)
        .map(|detail| InvalidConfigurationDetail {
            location: detail.name.as_deref().map(bounded),
            reason: detail.reason.as_deref().map(bounded),
            r#type: detail.r#type.as_deref().map(bounded),
            ..Default::default()
        })
        .collect();
    let has_details = !details.is_empty();
    Error::from(BadRequestException {
        message: Some(format!("Error invoking extension {extension}: {}", bounded(message))),
        reason: has_details.then_some(BadRequestReason::InvalidConfiguration),
        details: has_details.then_some(BadRequestDetails::InvalidConfiguration(details)),
    })
    .into()
}

/// An address as it may stand in a log: without its query and without a user's name and password.
fn without_secrets(uri: &str) -> String {
    let address = uri.split_once(['?', '#']).map_or(uri, |(address, _)| address);
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// Texts from outside are kept short.
fn bounded(text: &str) -> String {
    text.chars().take(1_024).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_shows_no_secrets_of_an_address() {
        let check = |uri: &str, shown: &str| assert_eq!(without_secrets(uri), shown);
        check("https://user:pass@hooks.example/a@b?key=secret", "https://hooks.example/a@b");
        check("http://hooks.example:8080?key=secret", "http://hooks.example:8080");
        check(
            "arn:aws:lambda:eu-west-1:111111111111:function:check",
            "arn:aws:lambda:eu-west-1:111111111111:function:check",
        );
    }

    #[test]
    fn an_answer_may_say_null_for_what_it_leaves_out() {
        let nulls =
            r#"{"Content":null,"Directive":null,"Description":null,"Error":null,"Message":null,"Details":null}"#;
        let answer: Answer = serde_json::from_str(nulls).unwrap();
        assert!(answer.fault().is_none() && answer.content.is_none() && answer.details.is_none());
    }
}
