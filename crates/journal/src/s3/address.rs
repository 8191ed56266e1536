//! `s3://bucket[/prefix][?options]`: where blobs lie in S3.

use percent_encoding::percent_decode_str;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where blobs lie in S3, or in a store that speaks its language. Credentials are never part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Address {
    /// The bucket.
    pub bucket: String,
    /// What the names of objects begin with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// Who serves the bucket, where it is not AWS: `https://host[:port]`, or `http://…`.
    pub endpoint: Option<String>,
    /// The bucket's region; without it, what the environment says.
    pub region: Option<String>,
    /// A file with certificates (PEM) to trust besides those that the machine trusts.
    pub ca: Option<PathBuf>,
}

/// What is wrong with an address, and what would be right.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WrongAddress(String);

fn wrong<T>(message: impl Into<String>) -> Result<T, WrongAddress> {
    Err(WrongAddress(message.into()))
}

impl FromStr for S3Address {
    type Err = WrongAddress;

    fn from_str(text: &str) -> Result<S3Address, WrongAddress> {
        let Some(rest) = text.strip_prefix("s3://") else {
            return wrong("an address of a bucket begins with s3://");
        };
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains('@') {
            return wrong("credentials come from the environment (AWS_ACCESS_KEY_ID, …), not from the address");
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_plain) {
            return wrong(format!(
                "{bucket:?} is not a bucket: its name has 3 to 63 letters, digits, dots and hyphens"
            ));
        }
        let prefix = prefix.trim_matches('/');
        if prefix.split('/').any(|part| !prefix.is_empty() && (part.is_empty() || part.starts_with('.')))
            || !prefix.chars().all(|c| is_plain(c) || c == '/')
        {
            return wrong(format!("{prefix:?} is not a prefix: use letters, digits, dots, hyphens and single slashes"));
        }
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        let mut address = S3Address { bucket, prefix, endpoint: None, region: None, ca: None };
        for pair in options.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Ok(value) = percent_decode_str(value).decode_utf8() else {
                return wrong(format!("the option {name} is not text, percent-encoded"));
            };
            let value = value.into_owned();
            let is_given = match name {
                "endpoint" => address.endpoint.replace(endpoint(value)?).is_some(),
                "region" => address.region.replace(value).is_some(),
                "ca" => address.ca.replace(value.into()).is_some(),
                _ => return wrong(format!("{name:?} is no option: use endpoint, region, ca")),
            };
            if is_given {
                return wrong(format!("the option {name} is given twice"));
            }
        }
        Ok(address)
    }
}

fn endpoint(text: String) -> Result<String, WrongAddress> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    if host.is_empty() || host.contains('@') || host.trim_end_matches('/').contains(['/', '?']) {
        return wrong("the option endpoint is https://HOST[:PORT], or http://… where nobody listens in");
    }
    Ok(text.trim_end_matches('/').to_owned())
}

impl fmt::Display for S3Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let S3Address { bucket, prefix, endpoint, .. } = self;
        let slash = if prefix.is_empty() { "" } else { "/" };
        write!(f, "s3://{bucket}{slash}{prefix}")?;
        match endpoint {
            Some(endpoint) => write!(f, " at {endpoint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refusal(text: &str) -> String {
        text.parse::<S3Address>().expect_err(text).to_string()
    }

    #[test]
    fn an_address_has_a_bucket_a_prefix_and_options() {
        let address: S3Address =
            "s3://flags/team/a/?endpoint=http://10.0.0.1:9000/&region=eu-west-1&ca=%2Fca.pem".parse().unwrap();
        assert_eq!((address.bucket.as_str(), address.prefix.as_str()), ("flags", "team/a"));
        assert_eq!(address.endpoint.as_deref(), Some("http://10.0.0.1:9000"));
        assert_eq!((address.region.as_deref(), address.ca.as_deref()), (Some("eu-west-1"), Some("/ca.pem".as_ref())));
        assert_eq!(address.to_string(), "s3://flags/team/a at http://10.0.0.1:9000");
        assert_eq!("s3://flags".parse::<S3Address>().unwrap().to_string(), "s3://flags");
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        assert!(refusal("http://flags").ends_with("begins with s3://"));
        assert!(refusal("s3://").starts_with("\"\" is not a bucket"));
        let said = refusal("s3://key:s3cret@flags");
        assert!(said.contains("from the environment") && !said.contains("s3cret"), "{said}");
        for prefix in ["a//b", "../a", "a/./b", "a b", "%2e"] {
            assert!(refusal(&format!("s3://flags/{prefix}")).contains("is not a prefix"), "{prefix}");
        }
        assert!(refusal("s3://flags?endpoint=minio:9000").starts_with("the option endpoint is https://HOST"));
        assert!(refusal("s3://flags?key=a").starts_with("\"key\" is no option"));
        assert_eq!(refusal("s3://flags?region=a&region=b"), "the option region is given twice");
    }
}
