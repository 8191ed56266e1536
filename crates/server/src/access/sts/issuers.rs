//! Issuers' keys, fetched and kept for a while.
//!
//! An issuer is asked when a token of its comes and its keys are not here or old, or lack the one that the token names;
//! and not again for a while, whatever comes: neither callers nor a broken issuer make this a way to send requests.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use reqwest::{Client, redirect};
use serde::Deserialize;
use tidegate_domain::identity::{Issuer, IssuerKeys, MAX_ISSUER_KEYS_BYTES};
use tokio::sync::Mutex;

use super::{Refused, invalid_token};
use crate::access::check_issuer_url;
use crate::access::jwt::{KeySet, Problem, Token};

/// How long keys are good.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);
/// How long after a try an issuer is left alone.
const LEFT_ALONE_FOR: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);
/// Of how many issuers keys are kept.
const MAX_ISSUERS: usize = 1_000;

/// See the module.
pub(crate) struct Issuers {
    /// Made when it is needed: it reads the certificates of the system.
    client: OnceLock<Result<Client, String>>,
    known: Mutex<HashMap<String, Arc<Mutex<Known>>>>,
}

/// What is known of one issuer. The lock is held while it is asked, so that one request is made for all who wait.
#[derive(Default)]
struct Known {
    source: Option<IssuerKeys>,
    keys: Option<(Arc<KeySet>, Instant)>,
    tried: Option<(Instant, String)>,
}

impl Issuers {
    pub(crate) fn new() -> Self {
        Self { client: OnceLock::new(), known: Mutex::default() }
    }

    /// Verifies a token with the keys of its issuer.
    pub(super) async fn verify(&self, issuer: &Issuer, token: &Token<'_>, now_ms: i64) -> Result<(), Refused> {
        if let IssuerKeys::Fixed(keys) = &issuer.keys {
            let keys = KeySet::parse(keys).map_err(|error| Refused::new(400, "InvalidIdentityToken", error))?;
            return token.verify(&keys, now_ms).map_err(invalid_token);
        }
        let known = {
            let mut all = self.known.lock().await;
            if all.len() >= MAX_ISSUERS && !all.contains_key(&issuer.url) {
                all.clear();
            }
            all.entry(issuer.url.clone()).or_default().clone()
        };
        let mut known = known.lock().await;
        if known.source.as_ref() != Some(&issuer.keys) {
            *known = Known { source: Some(issuer.keys.clone()), ..Known::default() };
        }
        let fresh = known.keys.as_ref().filter(|(_, at)| at.elapsed() < GOOD_FOR).map(|(keys, _)| keys.clone());
        if let Some(keys) = fresh {
            match token.verify(&keys, now_ms) {
                // It may be newer than what is here.
                Err(Problem::UnknownKey) => {}
                verdict => return verdict.map_err(invalid_token),
            }
        }
        if let Some((at, problem)) = &known.tried
            && at.elapsed() < LEFT_ALONE_FOR
        {
            return Err(match problem.as_str() {
                "" => invalid_token(Problem::UnknownKey),
                problem => unreachable_issuer(problem),
            });
        }
        let fetched = self.fetch(issuer).await;
        known.tried = Some((Instant::now(), fetched.as_ref().err().cloned().unwrap_or_default()));
        match fetched {
            Ok(keys) => {
                let keys = Arc::new(keys);
                known.keys = Some((keys.clone(), Instant::now()));
                token.verify(&keys, now_ms).map_err(invalid_token)
            }
            Err(problem) => {
                tracing::warn!(issuer = issuer.url, problem, "the keys of an issuer cannot be had");
                Err(unreachable_issuer(&problem))
            }
        }
    }

    async fn fetch(&self, issuer: &Issuer) -> Result<KeySet, String> {
        let url = match &issuer.keys {
            IssuerKeys::At(url) => url.clone(),
            IssuerKeys::Discovered | IssuerKeys::Fixed(_) => {
                #[derive(Deserialize)]
                struct Discovery {
                    issuer: String,
                    jwks_uri: String,
                }
                let base = issuer.url.trim_end_matches('/');
                let text = self.get(&format!("{base}/.well-known/openid-configuration")).await?;
                let found: Discovery = serde_json::from_str(&text)
                    .map_err(|error| format!("its openid-configuration cannot be read: {error}"))?;
                if found.issuer != issuer.url {
                    return Err("its openid-configuration is another issuer's".into());
                }
                // Where it leads has to be as safe as where it was found.
                check_issuer_url(&found.jwks_uri)?;
                found.jwks_uri
            }
        };
        KeySet::parse(&self.get(&url).await?)
    }

    async fn get(&self, url: &str) -> Result<String, String> {
        let client = self.client.get_or_init(|| {
            let client = Client::builder().redirect(redirect::Policy::none()).timeout(TIMEOUT).no_proxy().build();
            client.map_err(|error| error.to_string())
        });
        let client = client.as_ref().map_err(Clone::clone)?;
        let answer = client.get(url).header("accept", "application/json").send().await;
        let mut answer = answer.map_err(|error| innermost(&error))?;
        if !answer.status().is_success() {
            return Err(format!("{url} answered {}", answer.status()));
        }
        let mut text = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| innermost(&error))? {
            if text.len() + chunk.len() > MAX_ISSUER_KEYS_BYTES {
                return Err(format!("{url} answered with more than {MAX_ISSUER_KEYS_BYTES} bytes"));
            }
            text.extend_from_slice(&chunk);
        }
        String::from_utf8(text.into()).map_err(|_| format!("{url} did not answer with text"))
    }
}

fn unreachable_issuer(problem: &str) -> Refused {
    Refused::new(400, "IDPCommunicationError", format!("The issuer's keys cannot be had: {problem}"))
}

/// The innermost cause says most.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
