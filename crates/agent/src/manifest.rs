//! The manifest: which configurations to keep at hand, with which role, and where to write copies.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::name::Name;
use crate::settings::{Role, duration};

/// The largest manifest that is read.
const LARGEST: usize = 1_024 * 1_024;
/// For how long AWS gives credentials of a role.
const ROLE_DURATIONS: std::ops::RangeInclusive<Duration> = Duration::from_secs(900)..=Duration::from_secs(43_200);

/// What is to be done with each configuration that is listed.
pub(crate) type Manifest = BTreeMap<Name, Options>;

/// What is to be done with a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whether it is kept even if it cannot be fetched and nobody asks for it.
    pub is_pinned: bool,
    /// The role to fetch it with.
    pub role: Option<Role>,
    /// Where each new version is written.
    pub write_to: Option<PathBuf>,
    /// How often it is polled, instead of as often as all others.
    pub poll_interval: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    credentials: Option<Credentials>,
    write_to: Option<WriteTo>,
    poll_interval: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Credentials {
    role_arn: String,
    role_external_id: Option<String>,
    role_session_name: Option<String>,
    credentials_duration: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteTo {
    path: PathBuf,
}

/// Reads a manifest.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn read(text: &[u8]) -> Result<Manifest, String> {
    if text.len() > LARGEST {
        return Err(format!("it has {} bytes, and {LARGEST} are the most", text.len()));
    }
    let entries: BTreeMap<String, Entry> = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let mut manifest = Manifest::new();
    for (key, entry) in entries {
        let name = Name::of_colons(&key);
        let name = name.ok_or_else(|| format!("{key:?} is not application:environment:configuration"))?;
        let options = options(entry).map_err(|problem| format!("{key}: {problem}"))?;
        manifest.insert(name, options);
    }
    Ok(manifest)
}

fn options(entry: Entry) -> Result<Options, String> {
    let role = match entry.credentials {
        Some(credentials) => Some(Role {
            arn: credentials.role_arn,
            external_id: credentials.role_external_id,
            session_name: credentials.role_session_name,
            duration: match credentials.credentials_duration {
                Some(text) => {
                    let duration = duration(&text, "s").filter(|duration| ROLE_DURATIONS.contains(duration));
                    Some(duration.ok_or_else(|| format!("credentialsDuration {text:?} is not from 15m to 12h"))?)
                }
                None => None,
            },
        }),
        None => None,
    };
    let poll_interval = match entry.poll_interval {
        Some(text) => {
            let interval = duration(&text, "s").filter(|it| (1..=86_400).contains(&it.as_secs()));
            Some(interval.ok_or_else(|| format!("pollInterval {text:?} is not from 1s to 24h"))?)
        }
        None => None,
    };
    let write_to = entry.write_to.map(|write_to| write_to.path);
    if write_to.as_ref().is_some_and(|path| path.file_name().is_none()) {
        return Err("writeTo.path does not name a file".to_owned());
    }
    Ok(Options { is_pinned: true, role, write_to, poll_interval })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awss_example_is_read() {
        let text = br#"{"MyApp:Test:MyAllowListConfiguration": {},
            "My2ndApp:Beta:Flags": {
              "credentials": {"roleArn": "arn:aws:us-west-1:iam::123456789012:role/MyTestRole",
                "roleExternalId": "00b148e2", "roleSessionName": "AwsAppConfigAgent", "credentialsDuration": "2h"},
              "writeTo": {"path": "/var/run/aws-appconfig/flags.json"}, "pollInterval": "20"}}"#;
        let manifest = read(text).unwrap();
        let plain = &manifest[&Name::of_colons("MyApp:Test:MyAllowListConfiguration").unwrap()];
        assert_eq!(*plain, Options { is_pinned: true, ..Options::default() });
        let full = &manifest[&Name::of_colons("My2ndApp:Beta:Flags").unwrap()];
        assert_eq!(full.role.as_ref().unwrap().duration, Some(Duration::from_secs(7_200)));
        assert_eq!(full.write_to, Some("/var/run/aws-appconfig/flags.json".into()));
        assert_eq!(full.poll_interval, Some(Duration::from_secs(20)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, problem) in [
            ("", "EOF"),
            ("[]", "invalid type"),
            (r#"{"a:b":{}}"#, "\"a:b\" is not application:environment:configuration"),
            (r#"{"a:b:c":{"write":{}}}"#, "unknown field `write`"),
            (r#"{"a:b:c":{"writeTo":{"path":"/"}}}"#, "does not name a file"),
            (r#"{"a:b:c":{"credentials":{}}}"#, "roleArn"),
            (r#"{"a:b:c":{"credentials":{"roleArn":"x","credentialsDuration":"2d"}}}"#, "15m to 12h"),
            (r#"{"a:b:c":{"pollInterval":"0"}}"#, "1s to 24h"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
