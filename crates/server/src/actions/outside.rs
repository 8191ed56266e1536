//! What an action calls: one trait, and the choice by address.

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::webhook::Webhook;

/// Whether somebody waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The answer decides how it goes on.
    Ask,
    /// Nobody waits; only whether it arrived is noted.
    Tell,
}

/// A call of an action or a validator.
#[derive(Debug)]
pub struct Call<'a> {
    /// Whom: an ARN or a web address.
    pub uri: &'a str,
    /// In what role.
    pub role_arn: Option<&'a str>,
    /// The same for every try of the same call.
    pub invocation_id: &'a str,
    /// Whether somebody waits.
    pub mode: Mode,
    /// A JSON object.
    pub payload: Bytes,
}

/// Why a call did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

impl Fault {
    /// A fault with this code and message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// Everything outside of the server that an action or a validator can be.
///
/// Implementations bound the time of a call and the size of its answer, and make all tries that they make within it.
pub trait Outside: Send + Sync + 'static {
    /// Calls, and returns the body of the answer.
    fn call<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Bytes, Fault>>;
}

/// The targets of this version: web addresses.
pub struct Targets {
    /// For `https://` and `http://`.
    pub webhook: Webhook,
}

impl Outside for Targets {
    fn call<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Bytes, Fault>> {
        match call.uri.split_once("://") {
            Some(("https" | "http", _)) => Box::pin(self.webhook.call(call)),
            _ => NoTargets.call(call),
        }
    }
}

/// Nothing can be called.
pub struct NoTargets;

impl Outside for NoTargets {
    fn call<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Bytes, Fault>> {
        let message = format!("This server cannot call {}", call.uri);
        Box::pin(std::future::ready(Err(Fault::new("TargetNotSupported", message))))
    }
}
