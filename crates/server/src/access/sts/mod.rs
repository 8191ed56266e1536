//! Temporary credentials, as AWS's Security Token Service gives them: AssumeRole, AssumeRoleWithWebIdentity and
//! GetCallerIdentity, on the path `/` of the same port.
//!
//! Requests are forms and answers are XML: AWS's Query protocol. What is given is a sealed token that says all about it, so
//! that nothing has to be stored, and any node takes what another has given.

mod answer;
mod issuers;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http::request::Parts;
use serde_json::{Value, json};
use tidegate_domain::Account;
use tidegate_domain::identity::{Role, TrustedPrincipal};
use tidegate_model::Timestamp;
use tidegate_policy::{MAX_POLICY_BYTES, Policy};
use tidegate_wire::query::form;
use tidegate_wire::sigv4::{AuthFailure, STS};

pub(crate) use self::issuers::Issuers;
use super::authorize::authorize_page;
use super::claim::Proven;
use super::session::{Contents, Session};
use super::{Visitor, fresh, jwt};
use crate::node::{Node, Published};

/// Bytes of a form: a web identity token of 20,000, a policy, and what surrounds them.
pub(crate) const MAX_FORM_BYTES: u64 = 64 * 1_024;
/// The longest session of a role that was taken on from another, in seconds: AWS's limit.
const MAX_CHAINED_S: u32 = 3_600;
/// How many roles may be taken on one from another.
const MAX_DEPTH: u8 = 5;
/// The longest policy of a session, in bytes: AWS's limit.
const MAX_SESSION_POLICY_BYTES: usize = 2_048;
/// How long a session is if nobody says how long, in seconds.
const DEFAULT_S: u32 = 3_600;

/// A refusal, by AWS's code.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refused {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
}

impl Refused {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// Says neither whether the role is there nor what is missing.
    fn not_trusted(action: &str) -> Self {
        Self::new(403, "AccessDenied", format!("Not authorized to perform {action}"))
    }
}

impl From<AuthFailure> for Refused {
    fn from(failure: AuthFailure) -> Self {
        let (status, code) = match failure {
            AuthFailure::Missing => (403, "MissingAuthenticationToken"),
            AuthFailure::UnknownKey => (403, "InvalidClientTokenId"),
            AuthFailure::ExpiredToken => (403, "ExpiredToken"),
            AuthFailure::Denied { .. } => (403, "AccessDenied"),
            AuthFailure::Incomplete(_) | AuthFailure::NotSigned(_) | AuthFailure::SignedButAbsent(_) => {
                (400, "IncompleteSignature")
            }
            _ => (403, "SignatureDoesNotMatch"),
        };
        Self::new(status, code, failure.to_string())
    }
}

/// The form of a request, if it is one to this service.
pub(crate) struct Form<'a> {
    action: String,
    fields: BTreeMap<String, String>,
    head: &'a Parts,
    body: &'a [u8],
}

impl<'a> Form<'a> {
    /// Reads a form from the body, or from the query; none if nothing in it names an action.
    pub(crate) fn read(head: &'a Parts, body: &'a [u8]) -> Option<Self> {
        let text = if body.is_empty() { head.uri.query()? } else { std::str::from_utf8(body).ok()? };
        let fields = form(text)?;
        let action = fields.get("Action")?.clone();
        Some(Self { action, fields, head, body })
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn needed(&self, name: &str) -> Result<&str, Refused> {
        let field = self.field(name).filter(|field| !field.is_empty());
        field.ok_or_else(|| Refused::invalid(format!("The parameter {name} is missing.")))
    }

    /// Refuses what would narrow a session down and is not known here.
    fn check_fields(&self, known: &[&str]) -> Result<(), Refused> {
        let signing = |name: &str| name.starts_with("X-Amz-");
        let unknown = self.fields.keys().find(|name| {
            !known.contains(&name.as_str()) && !["Action", "Version"].contains(&name.as_str()) && !signing(name)
        });
        match unknown {
            Some(name) => Err(Refused::invalid(format!("The parameter {name} is not supported here."))),
            None => Ok(()),
        }
    }
}

/// What came of a request, for the answer and for the audit log.
pub(crate) struct Outcome {
    pub response: Response<Bytes>,
    /// The operation's name.
    pub operation: &'static str,
    /// Who it was, as CloudTrail writes it.
    pub identity: Value,
    /// What was asked, tokens left out.
    pub parameters: Value,
    pub refused: Option<Refused>,
}

/// Answers a form.
pub(crate) async fn answer(node: &Node, form: &Form<'_>, source_ip: std::net::IpAddr, request_id: &str) -> Outcome {
    // The newest state, so that a key that was disabled anywhere gives out nothing here.
    let known = node.published().clone();
    let published = node.current().await.unwrap_or(known);
    let now_ms = node.clock.now_ms();
    let mut identity = json!({"type": "Unknown"});
    let (operation, outcome) = match form.action.as_str() {
        "GetCallerIdentity" => {
            let who = prove(node, &published, form, source_ip, now_ms);
            let outcome = who.map(|who| {
                identity = who.user_identity();
                answer::caller_identity(&who, request_id)
            });
            ("GetCallerIdentity", outcome)
        }
        "AssumeRole" => {
            let given = prove(node, &published, form, source_ip, now_ms).and_then(|who| {
                identity = who.user_identity();
                assume_role(&published, form, &who, now_ms)
            });
            ("AssumeRole", given.map(|given| answer::assumed_role(&given, request_id)))
        }
        "AssumeRoleWithWebIdentity" => {
            let given = assume_role_with_web_identity(node, &published, form, now_ms).await;
            let outcome = given.map(|(given, bearer)| {
                identity = json!({"type": "WebIdentityUser", "principalId": bearer.principal(), "userName": bearer.subject,
                    "identityProvider": bearer.issuer});
                answer::assumed_role_with_web_identity(&given, &bearer, request_id)
            });
            ("AssumeRoleWithWebIdentity", outcome)
        }
        _ => {
            let message = "Known are AssumeRole, AssumeRoleWithWebIdentity and GetCallerIdentity.";
            ("Unknown", Err(Refused::new(400, "InvalidAction", message)))
        }
    };
    let parameters = json!({
        "roleArn": form.field("RoleArn"),
        "roleSessionName": form.field("RoleSessionName"),
        "durationSeconds": form.field("DurationSeconds"),
    });
    let (response, refused) = match outcome {
        Ok(response) => (response, None),
        Err(refused) => (answer::refused(&refused, request_id), Some(refused)),
    };
    Outcome { response, operation, identity, parameters, refused }
}

fn prove(
    node: &Node,
    published: &Published,
    form: &Form<'_>,
    source_ip: std::net::IpAddr,
    now_ms: i64,
) -> Result<Proven, Refused> {
    if !node.is_guarded(published) {
        let message = "This server checks no credentials: any will do, and nobody has to take a role on.";
        return Err(Refused::new(403, "AccessDenied", message));
    }
    let visitor = Visitor::new(node, form.head, source_ip);
    let claim = visitor.claim(&published.directory, STS, now_ms)?;
    Ok(visitor.verify(claim, form.body, now_ms)?)
}

/// A role that somebody has on now.
pub(super) struct Given {
    account: Account,
    role: String,
    role_id: String,
    session: String,
    key_id: String,
    secret: String,
    token: String,
    expires_at_ms: i64,
    has_policy: bool,
}

/// Whom an issuer vouches for.
pub(super) struct Bearer {
    issuer: String,
    subject: String,
    audience: String,
}

impl Bearer {
    fn principal(&self) -> String {
        format!("{}:{}:{}", self.issuer, self.audience, self.subject)
    }
}

fn assume_role(published: &Published, form: &Form<'_>, who: &Proven, now_ms: i64) -> Result<Given, Refused> {
    form.check_fields(&["RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId"])?;
    let arn = form.needed("RoleArn")?;
    let refused = || {
        Refused::from(AuthFailure::Denied {
            principal_arn: who.arn(),
            action: "sts:AssumeRole".into(),
            resource: arn.into(),
            is_explicit: false,
        })
    };
    let role = role_of(published, arn).ok_or_else(refused)?;
    let own = authorize_page(who, "sts:AssumeRole", arn, now_ms);
    if let Err(denied @ AuthFailure::Denied { is_explicit: true, .. }) = &own {
        return Err(denied.clone().into());
    }
    let principal = &who.principal;
    // Who is named needs no policy of its own in the role's account; elsewhere, and where the account is named, both
    // have to agree.
    let is_trusted = role.trust.principals.iter().any(|trusted| match trusted {
        TrustedPrincipal::Account(account) => *account == principal.account && own.is_ok(),
        TrustedPrincipal::User(account, name) | TrustedPrincipal::Role(account, name) => {
            let is_role = matches!(trusted, TrustedPrincipal::Role(..));
            is_role == principal.is_role
                && *account == principal.account
                && *name == principal.name
                && (*account == role.account || own.is_ok())
        }
    });
    // What narrows a session down narrows down what is taken on from it.
    let is_narrowed = who.session.as_ref().is_some_and(|session| session.policy.is_some());
    let is_trusted = is_trusted && (!is_narrowed || own.is_ok());
    let says_so = role.trust.external_id.as_deref().is_none_or(|id| form.field("ExternalId") == Some(id));
    if !is_trusted || !says_so {
        return Err(refused());
    }
    let depth = who.session.as_ref().map_or(0, |session| session.contents.depth + 1);
    if depth >= MAX_DEPTH {
        return Err(Refused::new(
            403,
            "AccessDenied",
            format!("At most {MAX_DEPTH} roles are taken on one from another."),
        ));
    }
    give(published, form, role, depth, who.arn(), now_ms)
}

async fn assume_role_with_web_identity(
    node: &Node,
    published: &Published,
    form: &Form<'_>,
    now_ms: i64,
) -> Result<(Given, Bearer), Refused> {
    form.check_fields(&["RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "WebIdentityToken"])?;
    let arn = form.needed("RoleArn")?;
    let not_trusted = || Refused::not_trusted("sts:AssumeRoleWithWebIdentity");
    let token = jwt::Token::read(form.needed("WebIdentityToken")?).map_err(invalid_token)?;
    let role = role_of(published, arn).ok_or_else(not_trusted)?;
    let claims = &token.claims;
    // Keys are fetched of an issuer only that the role trusts.
    if !role.trust.web_identities.iter().any(|trusted| trusted.issuer == claims.iss) {
        return Err(not_trusted());
    }
    let issuer = published.directory.issuer(&role.account, &claims.iss).ok_or_else(not_trusted)?;
    node.issuers.verify(issuer, &token, now_ms).await?;
    let audience = trusted_audience(role, claims).ok_or_else(not_trusted)?;
    let bearer = Bearer { issuer: claims.iss.clone(), subject: claims.sub.clone(), audience };
    let given = give(published, form, role, 0, bearer.principal(), now_ms)?;
    Ok((given, bearer))
}

/// The audience that a role trusts a token for; none if it does not trust it.
fn trusted_audience(role: &Role, claims: &jwt::Claims) -> Option<String> {
    let audiences = claims.audiences();
    let of_issuer = role.trust.web_identities.iter().filter(|trusted| trusted.issuer == claims.iss);
    let mut of_subject = of_issuer.filter(|trusted| trusted.subjects.iter().any(|pattern| fits(pattern, &claims.sub)));
    of_subject
        .find_map(|trusted| trusted.audiences.iter().find(|audience| audiences.contains(&audience.as_str())).cloned())
}

fn invalid_token(problem: jwt::Problem) -> Refused {
    match problem {
        jwt::Problem::Malformed(reason) => Refused::new(400, "InvalidIdentityToken", reason),
        jwt::Problem::UnknownKey => {
            Refused::new(400, "InvalidIdentityToken", "None of the issuer's keys is the one that the token names.")
        }
        jwt::Problem::Signature => Refused::new(400, "InvalidIdentityToken", "The token's signature does not hold."),
        jwt::Problem::Expired => Refused::new(400, "ExpiredTokenException", "The token is expired."),
        jwt::Problem::NotYetValid => Refused::new(400, "InvalidIdentityToken", "The token is not valid yet."),
    }
}

fn role_of<'p>(published: &'p Published, arn: &str) -> Option<&'p Arc<Role>> {
    let (account, name) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    published.state.identities().role(&account.parse().ok()?, name)
}

fn give(
    published: &Published,
    form: &Form<'_>,
    role: &Role,
    depth: u8,
    source: String,
    now_ms: i64,
) -> Result<Given, Refused> {
    let name = form.needed("RoleSessionName")?;
    let is_name = (2..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if !is_name {
        return Err(Refused::invalid("RoleSessionName has 2 to 64 letters, digits and _+=,.@-"));
    }
    let seconds = match form.field("DurationSeconds") {
        Some(text) => text.parse::<u32>().ok().filter(|seconds| *seconds >= 900),
        None => Some(DEFAULT_S.min(role.max_session_s)),
    };
    let seconds = seconds.ok_or_else(|| Refused::invalid("DurationSeconds is a number of at least 900."))?;
    if seconds > role.max_session_s {
        return Err(Refused::invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    if depth > 0 && seconds > MAX_CHAINED_S {
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(Refused::invalid(message));
    }
    let policy = form.field("Policy").filter(|policy| !policy.is_empty());
    if let Some(policy) = policy {
        const { assert!(MAX_SESSION_POLICY_BYTES <= MAX_POLICY_BYTES) };
        if policy.len() > MAX_SESSION_POLICY_BYTES {
            let message = format!("A session's policy is at most {MAX_SESSION_POLICY_BYTES} bytes long.");
            return Err(Refused::new(400, "PackedPolicyTooLarge", message));
        }
        Policy::parse(policy).map_err(|error| Refused::new(400, "MalformedPolicyDocument", error.to_string()))?;
    }
    let masters = published.directory.masters.as_ref().ok_or_else(|| {
        Refused::new(503, "ServiceUnavailable", "There is no master key here to seal temporary credentials with.")
    })?;
    let contents = Contents {
        role_id: role.id.clone(),
        name: name.into(),
        secret: fresh::secret(),
        expires_at_ms: now_ms.saturating_add(i64::from(seconds) * 1_000),
        depth,
        policy: policy.map(str::to_owned),
        source,
    };
    let key_id = fresh::temporary_key_id();
    Ok(Given {
        account: role.account.clone(),
        role: role.name.clone(),
        role_id: role.id.clone(),
        session: name.into(),
        token: Session::seal(masters, &key_id, &contents),
        key_id,
        secret: contents.secret,
        expires_at_ms: contents.expires_at_ms,
        has_policy: contents.policy.is_some(),
    })
}

/// Whether a text fits a pattern, in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        // The first place is never worse than a later one.
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A time as answers write it.
fn written(at_ms: i64) -> String {
    format!("{}Z", Timestamp(at_ms).to_string().get(..19).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn subjects_fit_patterns() {
        for (pattern, text, expected) in [
            ("pod", "pod", true),
            ("pod", "pods", false),
            ("repo:crew/*", "repo:crew/ship", true),
            ("repo:crew/*", "repo:crewx/ship", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*:ref:*:main", "x:ref:heads:main", true),
            ("*:ref:*:main", "x:ref:main", false),
            ("system:serviceaccount:*:reader", "system:serviceaccount:shop:writer", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
