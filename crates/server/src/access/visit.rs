//! A request on its way in.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use rpds::HashTrieMapSync;
use serde_json::Value;
use tidegate_domain::ChannelNumber;
use tidegate_model::{Operation, Service};
use tidegate_wire::sigv4::{AuthFailure, PayloadHash, RequestParts, SERVICE};
use tidegate_wire::{Failure, bind_members, credential};

use super::authorize::{authorize, authorize_poll, is_steady};
use super::claim::{Claim, Proven};
use super::directory::Directory;
use crate::alarms::report;
use crate::node::{Node, Published};
use crate::session;

/// How many polls that were allowed are remembered for one state.
const ALLOWED_POLLS: usize = 1 << 16;

/// Somebody who asks for something, before it is known who.
pub(crate) struct Visitor<'a> {
    parts: RequestParts<'a>,
    source_ip: IpAddr,
    is_secure: bool,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(node: &Node, head: &'a Parts, source_ip: IpAddr) -> Self {
        Self { parts: RequestParts::from(head), source_ip, is_secure: node.tls.get().is_some() }
    }

    /// Whoever polls, without a copy of the head.
    pub(crate) fn of_poll<B>(node: &Node, request: &'a Request<B>, source_ip: IpAddr) -> Self {
        let parts = RequestParts {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query(),
            authority: request.uri().authority().map(|authority| authority.as_str()),
            headers: request.headers(),
        };
        Self { parts, source_ip, is_secure: node.tls.get().is_some() }
    }

    /// What they claim, as far as that can be said without a body.
    pub(crate) fn claim(
        &self,
        directory: &Directory,
        service: &'static str,
        now_ms: i64,
    ) -> Result<Claim<'a>, AuthFailure> {
        Claim::read(directory, &self.parts, service, now_ms)
    }

    /// Who they are, once their claim holds for the body.
    pub(crate) fn verify(&self, claim: Claim<'_>, body: &[u8], now_ms: i64) -> Result<Proven, AuthFailure> {
        claim.prove(&self.parts, &PayloadHash::of(body), now_ms)?;
        Ok(claim.verified(self.source_ip, self.is_secure))
    }

    /// The claim of a poll, which has no body, once it holds.
    pub(crate) fn prove(&self, directory: &Directory, now_ms: i64) -> Result<Claim<'a>, AuthFailure> {
        let claim = self.claim(directory, SERVICE, now_ms)?;
        claim.prove(&self.parts, &PayloadHash::EMPTY, now_ms)?;
        Ok(claim)
    }

    /// Says whether a poll may read a channel, which its token names.
    pub(crate) fn may_poll(
        &self,
        published: &Published,
        claim: &Claim<'_>,
        channel: ChannelNumber,
        now_ms: i64,
    ) -> Result<(), Failure> {
        // One that is gone has nothing to read.
        let Some(found) = published.state.channel(channel) else { return Ok(()) };
        let principal = claim.principal();
        if found.realm.account != principal.account || *found.realm.region != *claim.region() {
            return Err(session::refused(session::Problem::Corrupted));
        }
        let key = (Arc::as_ptr(principal) as usize, channel);
        let is_steady = is_steady(claim);
        if is_steady && published.allowed_polls.0.load().contains_key(&key) {
            return Ok(());
        }
        let verified = claim.verified(self.source_ip, self.is_secure);
        authorize_poll(&published.state, &verified, found, now_ms)?;
        if is_steady {
            published.allowed_polls.note(key);
        }
        Ok(())
    }
}

/// The polls that were found to be allowed in a state: who, which is in the state's directory for as long as it is
/// published, and the channel.
#[derive(Default)]
pub(crate) struct AllowedPolls(ArcSwap<HashTrieMapSync<(usize, ChannelNumber), ()>>);

impl AllowedPolls {
    fn note(&self, key: (usize, ChannelNumber)) {
        self.0.rcu(|known| {
            let is_full = known.size() >= ALLOWED_POLLS;
            if is_full { HashTrieMapSync::clone(known) } else { known.insert(key, ()) }
        });
    }
}

/// Lets somebody carry an operation out, or refuses.
///
/// The control plane asks the newest state, so that a key that was disabled anywhere is disabled here; where the store
/// does not answer, the last known one decides. The data plane never waits for the store.
pub(crate) async fn admit(
    node: &Node,
    who: &Proven,
    operation: &'static Operation,
    request: &tidegate_wire::Request<'_>,
) -> Result<(), Failure> {
    let members = bind_members(operation, request)?;
    let is_data = operation.service == Service::AppConfigData || operation.name == "GetConfiguration";
    let known = node.published().clone();
    let published = if is_data { known } else { node.current().await.unwrap_or(known) };
    let who = who.as_of(&published.directory)?;
    authorize(&published.state, &who, operation, &members, node.clock.now_ms())?;
    Ok(())
}

/// Who may see a page under `/_tidegate/`.
pub(crate) enum Page {
    /// Everybody.
    Open,
    /// Who is allowed this action, if credentials are checked.
    Guarded(&'static str),
    /// Who may read what the tokens of the request are for, if credentials are checked.
    ByToken,
}

impl Page {
    /// What a page needs. Health says nothing but that the node is well; metrics count, and name nobody.
    pub(crate) fn of(node: &Node, page: &str, peer: IpAddr) -> Self {
        match page {
            "health" | "health/live" | "health/ready" => Self::Open,
            "metrics" if node.settings.open_metrics || peer.to_canonical().is_loopback() => Self::Open,
            "metrics" => Self::Guarded("tidegate:GetMetrics"),
            // Relays show the secret of their own.
            relay if relay.starts_with("relay/") => Self::Open,
            "stream" => Self::ByToken,
            content if content.starts_with("contents/") => Self::ByToken,
            // Alarms show the operator's token; where there is none, they have to be let in as everybody.
            alarm if report::is_here(alarm) && node.settings.alarm_token.is_some() => Self::Open,
            alarm if report::is_here(alarm) => Self::Guarded("tidegate:PutAlarm"),
            "clock" => Self::Guarded("tidegate:GetClock"),
            "clock/advance" => Self::Guarded("tidegate:AdvanceClock"),
            _ => Self::Guarded("tidegate:GetPage"),
        }
    }
}

/// Somebody who reads what tokens are for, and goes on reading.
#[derive(Clone)]
pub(crate) struct Reader {
    who: Arc<Proven>,
    directory: Arc<Directory>,
}

impl Reader {
    pub(crate) fn new(who: Arc<Proven>, published: &Published) -> Self {
        Self { who, directory: published.directory.clone() }
    }

    /// Whose tokens they have.
    pub(crate) fn holder(&self) -> &str {
        self.who.binding()
    }

    /// Says whether they may read a channel.
    pub(crate) fn may_read(&self, published: &Published, channel: ChannelNumber, now_ms: i64) -> Result<(), Failure> {
        let Some(found) = published.state.channel(channel) else { return Ok(()) };
        if found.realm != self.who.realm() {
            return Err(session::refused(session::Problem::Corrupted));
        }
        Ok(authorize_poll(&published.state, &self.who, found, now_ms)?)
    }

    /// Whether they have to show anew who they are: keys or policies have changed, or their own credentials are over.
    pub(crate) fn is_stale(&self, published: &Published, now_ms: i64) -> bool {
        !Arc::ptr_eq(&self.directory, &published.directory) || self.who.is_over(now_ms)
    }
}

/// Who polled, for the audit log; none if credentials are not checked.
pub(crate) fn identity_of_poll(node: &Node, request: &HeaderMap, response: &Response<Bytes>) -> Option<Value> {
    let published = node.published();
    if !node.is_guarded(&published) {
        return None;
    }
    let claimed = credential(request, None).map(|credential| credential.access_key_id.into_owned());
    let claimed = claimed.unwrap_or_default();
    // Whoever was not let in is not who they say.
    let is_let_in = response.status().as_u16() != 403;
    let found = published.directory.key(&claimed).filter(|_| is_let_in);
    Some(match found {
        Some(key) => serde_json::json!({
            "type": "IAMUser",
            "principalId": &*key.principal.unique_id,
            "arn": key.principal.arn,
            "accountId": key.principal.account.as_str(),
            "accessKeyId": claimed,
            "userName": key.principal.name,
        }),
        None if is_let_in => serde_json::json!({"type": "AssumedRole", "accessKeyId": claimed}),
        None => serde_json::json!({"type": "Unknown", "accessKeyId": claimed}),
    })
}
