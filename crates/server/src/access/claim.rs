//! From a signed request to who asks.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tidegate_domain::{Actor, Realm};
use tidegate_wire::sigv4::{AuthFailure, PayloadHash, RequestParts, SERVICE, Signed};

use super::authorize::authorize_page;
use super::directory::{Directory, Key, Principal};
use super::session::Session;
use crate::node::Caller;

/// What a request says about who asks, looked up and not yet proven.
pub(crate) struct Claim<'a> {
    signed: Signed<'a>,
    signer: Signer,
}

enum Signer {
    Key(Arc<Key>),
    Session(Arc<Session>, Arc<Principal>),
}

/// Somebody whose signature was verified.
#[derive(Clone)]
pub(crate) struct Proven {
    pub(super) principal: Arc<Principal>,
    pub(super) session: Option<Arc<Session>>,
    /// The access key that signed.
    pub access_key_id: String,
    /// The region that it signed for.
    region: Arc<str>,
    /// Where the request comes from.
    pub(super) source_ip: IpAddr,
    /// Whether it came over TLS.
    pub(super) is_secure: bool,
}

impl std::fmt::Debug for Proven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.arn())
    }
}

impl<'a> Claim<'a> {
    /// Reads what a request claims: its signature, its time, and whose key it names. No body is needed for that.
    pub(crate) fn read(
        directory: &Directory,
        parts: &RequestParts<'a>,
        service: &'static str,
        now_ms: i64,
    ) -> Result<Self, AuthFailure> {
        let signed = Signed::read_for(parts, service)?;
        signed.check_time(now_ms)?;
        if service == SERVICE && !crate::http::is_region(&signed.region) {
            return Err(AuthFailure::WrongRegion(signed.region.into_owned()));
        }
        let signer = match signed.session_token.as_deref() {
            Some(token) => {
                let session = directory.session(&signed.access_key_id, token).ok_or(AuthFailure::UnknownKey)?;
                if now_ms >= session.contents.expires_at_ms {
                    return Err(AuthFailure::ExpiredToken);
                }
                let role = directory.role(&session.contents.role_id).ok_or(AuthFailure::UnknownKey)?.clone();
                Signer::Session(session, role)
            }
            None => match directory.key(&signed.access_key_id) {
                Some(key) => Signer::Key(key.clone()),
                None => {
                    // The answer says that nobody has this key, as AWS's does; how long it takes says nothing besides.
                    if let Some(decoy) = directory.decoy(&signed.access_key_id) {
                        let verify = |key: &_| signed.verify(key, parts, &PayloadHash::EMPTY, now_ms);
                        let _ = std::hint::black_box(decoy.signing.verify(&signed, verify));
                    }
                    return Err(AuthFailure::UnknownKey);
                }
            },
        };
        Ok(Self { signed, signer })
    }

    /// Verifies the claim against the body.
    pub(crate) fn prove(
        &self,
        parts: &RequestParts<'_>,
        payload: &PayloadHash,
        now_ms: i64,
    ) -> Result<(), AuthFailure> {
        let signing = match &self.signer {
            Signer::Key(key) => &key.signing,
            Signer::Session(session, _) => &session.signing,
        };
        signing.verify(&self.signed, |key| self.signed.verify(key, parts, payload, now_ms))?;
        match &self.signer {
            // A disabled key is as good as none.
            Signer::Key(key) if !key.is_active() => Err(AuthFailure::UnknownKey),
            _ => Ok(()),
        }
    }

    /// Who it is about.
    pub(crate) fn principal(&self) -> &Arc<Principal> {
        match &self.signer {
            Signer::Key(key) => &key.principal,
            Signer::Session(_, role) => role,
        }
    }

    /// The region that was signed for.
    pub(crate) fn region(&self) -> &str {
        &self.signed.region
    }

    /// Whether what it may do is narrowed down for this session.
    pub(super) fn is_narrowed(&self) -> bool {
        matches!(&self.signer, Signer::Session(session, _) if session.policy.is_some())
    }

    /// Who asks, to be kept; true once [`Claim::prove`] has said so.
    pub(crate) fn verified(&self, source_ip: IpAddr, is_secure: bool) -> Proven {
        let session = match &self.signer {
            Signer::Key(_) => None,
            Signer::Session(session, _) => Some(session.clone()),
        };
        Proven {
            principal: self.principal().clone(),
            session,
            access_key_id: self.signed.access_key_id.clone().into_owned(),
            region: (*self.signed.region).into(),
            source_ip,
            is_secure,
        }
    }
}

impl Proven {
    /// The same, as another state knows them; nobody, if their key or role is gone or disabled there.
    pub(super) fn as_of(&self, directory: &Directory) -> Result<Self, AuthFailure> {
        let principal = match &self.session {
            Some(session) => directory.role(&session.contents.role_id),
            None => directory.key(&self.access_key_id).filter(|key| key.is_active()).map(|key| &key.principal),
        };
        Ok(Self { principal: principal.ok_or(AuthFailure::UnknownKey)?.clone(), ..self.clone() })
    }

    /// Says whether they may do something that touches nothing of AppConfig.
    pub(crate) fn may(&self, action: &str, now_ms: i64) -> Result<(), AuthFailure> {
        authorize_page(self, action, "*", now_ms)
    }

    /// Them, as the caller of an operation.
    pub(crate) fn caller(self: &Arc<Self>, request_id: &str) -> Caller {
        let (realm, actor) = (self.realm(), self.actor());
        Caller { realm, actor, request_id: request_id.into(), verified: Some(self.clone()) }
    }

    /// The user's ARN, or that of the role's session.
    pub(crate) fn arn(&self) -> String {
        let principal = &self.principal;
        match &self.session {
            None => principal.arn.clone(),
            Some(session) => {
                let (account, role, name) = (&principal.account, &principal.name, &session.contents.name);
                format!("arn:aws:sts::{account}:assumed-role/{role}/{name}")
            }
        }
    }

    /// `aws:userid`: the user's id, or that of the role with the session's name.
    pub(crate) fn user_id(&self) -> String {
        let id = &self.principal.unique_id;
        self.session.as_ref().map_or_else(|| id.to_string(), |session| format!("{id}:{}", session.contents.name))
    }

    /// What configuration sessions are bound to: the user, whichever of its keys it signs with, or the role, whatever its
    /// session is called.
    pub(crate) fn binding(&self) -> &str {
        &self.principal.unique_id
    }

    /// Whether their temporary credentials are over.
    pub(crate) fn is_over(&self, now_ms: i64) -> bool {
        self.session.as_ref().is_some_and(|session| now_ms >= session.contents.expires_at_ms)
    }

    /// Whose resources a request is about.
    pub(crate) fn realm(&self) -> Realm {
        Realm { account: self.principal.account.clone(), region: self.region.clone() }
    }

    /// Who is written into the journal.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Verified { arn: self.arn(), key: self.access_key_id.clone() }
    }

    /// Who it is, as CloudTrail writes it.
    pub(crate) fn user_identity(&self) -> Value {
        let principal = &self.principal;
        let account = principal.account.as_str();
        let mut identity = json!({
            "type": if principal.is_role { "AssumedRole" } else { "IAMUser" },
            "principalId": self.user_id(),
            "arn": self.arn(),
            "accountId": account,
            "accessKeyId": self.access_key_id,
        });
        match &self.session {
            None => identity["userName"] = principal.name.as_str().into(),
            Some(session) => {
                identity["sessionContext"] = json!({
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": &*principal.unique_id,
                        "arn": principal.arn,
                        "accountId": account,
                        "userName": principal.name,
                    },
                    "assumedBy": session.contents.source,
                });
            }
        }
        identity
    }
}
