//! Temporary credentials: a token that says all about them, sealed, so that any node knows them and none keeps them.

use serde::{Deserialize, Serialize};
use tidegate_policy::Policy;
use tidegate_secrets::{MasterKeys, Purpose};

use super::directory::SigningKeys;

/// What a token says. The names are short, because callers carry it along with every request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contents {
    /// `AROA…` of the role.
    #[serde(rename = "r")]
    pub role_id: String,
    /// What the session is called.
    #[serde(rename = "n")]
    pub name: String,
    /// The secret access key.
    #[serde(rename = "k")]
    pub secret: String,
    /// When it is over, in milliseconds since 1970.
    #[serde(rename = "e")]
    pub expires_at_ms: i64,
    /// How many roles were taken on to get here.
    #[serde(rename = "d")]
    pub depth: u8,
    /// What the role's policies are narrowed down to.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Who took it on: an ARN, or an issuer and a subject.
    #[serde(rename = "s")]
    pub source: String,
}

/// Temporary credentials that were opened.
pub(crate) struct Session {
    token: Box<str>,
    pub(super) signing: SigningKeys,
    pub(super) contents: Contents,
    pub(super) policy: Option<Policy>,
}

impl Session {
    /// Seals what a token says; it opens for this access key only.
    pub(super) fn seal(masters: &MasterKeys, key_id: &str, contents: &Contents) -> String {
        let plain = serde_json::to_vec(contents).expect("the contents can be written as JSON");
        masters.seal_text(Purpose::SessionToken, key_id, &plain)
    }

    /// Opens a token; none for what was never sealed here, or for another access key.
    pub(super) fn open(masters: &MasterKeys, key_id: &str, token: &str) -> Option<Self> {
        let plain = masters.open_text(Purpose::SessionToken, key_id, token).ok()?;
        let contents: Contents = serde_json::from_slice(&plain).ok()?;
        let policy = match &contents.policy {
            Some(document) => Some(Policy::parse(document).ok()?),
            None => None,
        };
        Some(Self { token: token.into(), signing: SigningKeys::new(contents.secret.clone()), contents, policy })
    }

    pub(super) fn is_of(&self, token: &str) -> bool {
        *self.token == *token
    }
}
