//! What the options say about relays: who may follow this node, and whom it follows.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use tidegate_server::Settings;
use tidegate_server::relay::{RelaySecret, Upstream, UpstreamSettings};

use crate::cli::Options;
use crate::problem::Problem;

/// Adds it to a node's settings.
pub(crate) fn add(options: &Options, settings: Settings) -> Result<Settings, Problem> {
    let relay_secret = options.relay_secret.as_deref().map(secret).transpose()?;
    let follows = match &options.follow {
        Some(url) => Some(Arc::new(upstream(options, url, relay_secret.clone())?)),
        None if options.follow_ca.is_some() => {
            return Err(Problem::new("--follow-ca is for a relay").hint("say which node to follow with --follow URL"));
        }
        None => None,
    };
    Ok(Settings { relay_secret, follows, ..settings })
}

fn secret(path: &Path) -> Result<RelaySecret, Problem> {
    let problem = |error: String| {
        Problem::new(format!("cannot use --relay-secret {}: {error}", path.display()))
            .hint("make one: head -c 32 /dev/urandom | base64 > FILE; chmod 600 FILE")
    };
    let text = std::fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    RelaySecret::new(&text).map_err(problem)
}

fn upstream(options: &Options, url: &str, secret: Option<RelaySecret>) -> Result<Upstream, Problem> {
    if options.store.is_some() {
        return Err(Problem::new("a relay has no store").hint("leave out --store, or --follow"));
    }
    let secret = secret.ok_or_else(|| {
        Problem::new("--follow needs the secret of the node that is followed")
            .hint("name the file that it was started with: --relay-secret FILE")
    })?;
    if is_open_to_others(url) && options.follow_insecure != Some(true) {
        return Err(Problem::new(format!(
            "whoever is on the way to {url} could read the relay secret and all that is stored"
        ))
        .hint("follow over https://, or say --follow-insecure if the way is safe"));
    }
    let root_certificates = match &options.follow_ca {
        Some(path) => std::fs::read(path).map_err(|error| {
            Problem::new(format!("cannot read --follow-ca {}: {error}", path.display()))
                .hint("name a PEM file with the certificates that the upstream's is signed by")
        })?,
        None => Vec::new(),
    };
    Upstream::new(UpstreamSettings { url: url.into(), secret, root_certificates })
        .map_err(|error| Problem::new(format!("--follow {error}")).hint("write https://HOST:PORT"))
}

/// Whether requests to the address cross a network in the clear.
fn is_open_to_others(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    !host.eq_ignore_ascii_case("localhost") && !host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_open_to_others;

    #[test]
    fn only_this_machine_may_be_followed_in_the_clear() {
        for url in ["http://127.0.0.1:8787", "http://[::1]:8787/", "http://localhost", "https://example.com"] {
            assert!(!is_open_to_others(url), "{url}");
        }
        for url in [
            "http://10.0.0.1:8787",
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@example.com",
        ] {
            assert!(is_open_to_others(url), "{url}");
        }
    }
}
