//! Who asks, and whether they may.
//!
//! A request's *claim* is read and looked up in the *directory*, which follows from the state; its signature *proves* it;
//! policies say whether whoever it is may do that. On a poll nothing of this is locked, logged or allocated for long.

mod authorize;
mod claim;
mod directory;
pub mod fresh;
mod grants;
mod jwt;
mod session;
pub(crate) mod sts;
mod visit;

use reqwest::Url;

pub(crate) use claim::Proven;
pub(crate) use directory::Directory;
pub use grants::{Grant, decide, grants_of_role, grants_of_user};
pub(crate) use visit::{AllowedPolls, Page, Reader, Visitor, admit, identity_of_poll};

/// The longest URL of an issuer.
const MAX_URL_BYTES: usize = 255;

/// Says whether a text can be an issuer's URL: `https://`, or `http://` on this machine, and nothing that tokens or
/// discovery could read differently.
pub fn check_issuer_url(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no URL: {error}"))?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !is_plain || url.password().is_some() || text.len() > MAX_URL_BYTES {
        return Err(format!("an issuer's URL has no user, query or fragment, and at most {MAX_URL_BYTES} bytes"));
    }
    let is_here = match url.host_str().unwrap_or_default().trim_matches(['[', ']']) {
        "localhost" => true,
        host => host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_here => Ok(()),
        _ => Err("an issuer's URL begins with https://, or with http:// on a loopback address".into()),
    }
}

/// Says whether a JSON Web Key Set has a key that can be used.
pub fn check_issuer_keys(text: &str) -> Result<(), String> {
    jwt::KeySet::parse(text).map(drop)
}
