//! Clients of the story: groups of sessions that poll, and what they hold.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;
use serde_json::Value;
use tidegate_server::node::Node;
use tidegate_server::session::{Keyring, latest_configuration, open, seal};

/// Sessions that were started together.
pub struct Group {
    pub name: String,
    pub profile: String,
    pub watchers: Vec<Watcher>,
}

/// A session, as its client knows it.
pub struct Watcher {
    /// The token for the next poll.
    next: String,
    /// The token of the last poll.
    last: String,
    /// The version that the client has.
    holds: String,
}

/// Which token a client sends.
#[derive(Clone, Copy, PartialEq)]
pub enum Send {
    Next,
    Last,
}

const NOTHING: &str = "nothing";

impl Watcher {
    /// A client with the first token of a session. The session's random number is replaced by a fixed one, so that a
    /// story goes the same way every time.
    pub fn new(node: &Node, token: &str, number: u128) -> Self {
        let keyring = Keyring::new(node.published().state.token_keys().clone());
        let mut session = open(&keyring, token, node.clock.now_ms(), true).expect("a node can open its own token");
        session.id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let token = seal(&keyring, &session).expect("there is a key");
        Self { next: token.clone(), last: token, holds: NOTHING.into() }
    }

    /// Polls; says what became of it if the client's version changed or it was refused.
    fn poll(&mut self, node: &Node, profile: &str, send: Send) -> Option<String> {
        let token = if send == Send::Next { &self.next } else { &self.last };
        let response = latest_configuration(node, &format!("configuration_token={token}"), None);
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        if response.status() != 200 {
            return Some(format!("refused, {}", refusal(&response)));
        }
        let next = header("next-poll-configuration-token").expect("every answer has the next token");
        self.last = std::mem::replace(&mut self.next, next.into());
        if response.body().is_empty() {
            assert_eq!(header("configuration-version"), None, "an empty answer names no version");
            return None;
        }
        let version = header("configuration-version").expect("an answer with a content names its version");
        assert_eq!(response.body(), &content(profile, version), "a version comes with its own content");
        let version = format!("v{version}");
        let before = std::mem::replace(&mut self.holds, version.clone());
        let is_back = before != NOTHING && number_of(&version) < number_of(&before);
        Some(format!("{before} {}to {version}", if is_back { "back " } else { "" }))
    }
}

fn number_of(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.parse().ok()
}

/// What the story's versions contain.
pub fn content(profile: &str, version: &str) -> Bytes {
    format!("{profile}, version {version}").into()
}

impl Group {
    /// Lets all sessions poll, and says what they hold now and what changed.
    pub fn poll(&mut self, node: &Node, send: Send) -> Vec<String> {
        let mut changes: BTreeMap<String, usize> = BTreeMap::new();
        for watcher in &mut self.watchers {
            if let Some(change) = watcher.poll(node, &self.profile, send) {
                *changes.entry(change).or_default() += 1;
            }
        }
        let mut lines = vec![self.holdings()];
        lines.extend(changes.iter().map(|(change, count)| format!("  {change}: {count}")));
        lines
    }

    fn holdings(&self) -> String {
        let mut holdings: BTreeMap<&str, usize> = BTreeMap::new();
        for watcher in &self.watchers {
            *holdings.entry(&watcher.holds).or_default() += 1;
        }
        let nothing = holdings.remove(NOTHING).map(|count| (NOTHING, count));
        let counts = holdings.into_iter().chain(nothing).map(|(version, count)| format!("{version}: {count}"));
        counts.collect::<Vec<_>>().join(", ")
    }
}

/// A refusal in one line: status, name, message, and what is the matter with the token.
pub fn refusal(response: &Response<Bytes>) -> String {
    let name = response.headers().get("x-amzn-errortype").and_then(|name| name.to_str().ok()).unwrap_or_default();
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let message = body["Message"].as_str().map_or(String::new(), |message| format!(": {message}"));
    let problem = body["Details"]["InvalidParameters"]["ConfigurationToken"]["Problem"].as_str();
    let problem = problem.map_or(String::new(), |problem| format!(" ({problem})"));
    format!("{} {}{message}{problem}", response.status().as_u16(), name.trim_end_matches(':'))
}
