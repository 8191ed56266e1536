//! `etcd://[user:password@]host:port[,host:port…][/prefix][?options]`: where a journal lies in etcd.

use percent_encoding::percent_decode_str;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

const PORT: u16 = 2379;
const PREFIX: &str = "/tidegate";
/// etcd clusters have three or five members; a list that is longer than this is no list of members.
const MEMBERS_LIMIT: usize = 32;

/// Where a journal lies in etcd, and how to get in.
///
/// Its text forms never show a password.
#[derive(Clone, PartialEq, Eq)]
pub struct EtcdAddress {
    /// The members as `host:port`, at least one.
    pub members: Vec<String>,
    /// What the keys of this journal begin with, without a slash at its end.
    pub prefix: String,
    /// Who logs in, if anybody.
    pub login: Option<Login>,
    /// How the connection is secured, if it is.
    pub tls: Option<Tls>,
}

/// A user of etcd and where the password comes from.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Password,
}

/// A password, or the file that it stands in.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// The password itself.
    Given(String),
    /// A file whose content it is, without the line end; read at each login, so that it may change.
    In(PathBuf),
}

/// How a connection is secured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// A file with the certificates (PEM) to trust; without it, those that the machine trusts.
    pub ca: Option<PathBuf>,
    /// Files with this client's certificate and key (PEM).
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The name that the members' certificates are for, where it is not their host's.
    pub server_name: Option<String>,
}

/// What is wrong with an address, and what would be right.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WrongAddress(String);

fn wrong<T>(message: impl Into<String>) -> Result<T, WrongAddress> {
    Err(WrongAddress(message.into()))
}

impl FromStr for EtcdAddress {
    type Err = WrongAddress;

    fn from_str(text: &str) -> Result<EtcdAddress, WrongAddress> {
        let Some(rest) = text.strip_prefix("etcd://") else {
            return wrong("an address in etcd begins with etcd://");
        };
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        if path.contains('@') || options.contains('@') && !authority.contains('@') {
            // Not shown: it may be a part of a password.
            return wrong("write @, /, ? and : in a user or password as %40, %2F, %3F and %3A");
        }
        let (login, members) = match authority.rsplit_once('@') {
            Some((login, members)) => (Some(login), members),
            None => (None, authority),
        };
        let members = members.split(',').map(member).collect::<Result<Vec<_>, _>>()?;
        if members.len() > MEMBERS_LIMIT {
            return wrong(format!("{} members are more than an etcd cluster has", members.len()));
        }
        let prefix = decoded(path, "the prefix")?;
        let prefix = match prefix.trim_end_matches('/') {
            "" => PREFIX,
            prefix => prefix,
        };
        let mut options = Options::read(options)?;
        let tls = options.tls()?;
        let login = options.login(login)?;
        Ok(EtcdAddress { members, prefix: prefix.to_owned(), login, tls })
    }
}

fn member(text: &str) -> Result<String, WrongAddress> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => (format!("[{host}]"), port),
        Some(_) => return wrong(format!("{text:?} is not an IPv6 address in brackets, as [::1]:2379 is")),
        None => {
            let (host, port) = text.find(':').map_or((text, ""), |colon| text.split_at(colon));
            (host.to_owned(), port)
        }
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() || !host.starts_with('[') && !host.chars().all(is_plain) {
        return wrong(format!("{text:?} is not a member: write host:port, as etcd-1.example:2379"));
    }
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => PORT,
        Some(digits) if digits.parse().is_ok_and(|port: u16| port > 0) => digits.parse().unwrap_or(PORT),
        _ => return wrong(format!("{text:?} does not end in a port from 1 to 65535")),
    };
    Ok(format!("{host}:{port}"))
}

fn decoded(text: &str, what: &str) -> Result<String, WrongAddress> {
    let decoded = percent_decode_str(text).decode_utf8();
    let is_right = |text: &str| !text.contains(|c: char| c.is_control());
    match decoded {
        Ok(decoded) if is_right(&decoded) => Ok(decoded.into_owned()),
        _ => wrong(format!("{what} is not text, percent-encoded")),
    }
}

/// The options of an address, each at most once.
#[derive(Default)]
struct Options {
    tls: Option<bool>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    server_name: Option<String>,
    password_file: Option<PathBuf>,
}

impl Options {
    fn read(text: &str) -> Result<Options, WrongAddress> {
        let mut options = Options::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decoded(value, &format!("the option {name}"))?;
            let is_given = match name {
                "tls" => options.tls.replace(boolean(&value)?).is_some(),
                "ca" => options.ca.replace(value.into()).is_some(),
                "cert" => options.cert.replace(value.into()).is_some(),
                "key" => options.key.replace(value.into()).is_some(),
                "server_name" => options.server_name.replace(value).is_some(),
                "password_file" => options.password_file.replace(value.into()).is_some(),
                _ => {
                    return wrong(format!("{name:?} is no option: use tls, ca, cert, key, server_name, password_file"));
                }
            };
            if is_given {
                return wrong(format!("the option {name} is given twice"));
            }
        }
        Ok(options)
    }

    fn tls(&mut self) -> Result<Option<Tls>, WrongAddress> {
        let identity = match (self.cert.take(), self.key.take()) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => return wrong("the options cert and key belong together: give both, or neither"),
        };
        let tls = Tls { ca: self.ca.take(), identity, server_name: self.server_name.take() };
        match self.tls {
            Some(false) if tls != Tls::default() => {
                wrong("tls=false leaves nothing to do for ca, cert, key, server_name")
            }
            Some(false) => Ok(None),
            Some(true) => Ok(Some(tls)),
            None => Ok(Some(tls).filter(|tls| *tls != Tls::default())),
        }
    }

    fn login(&mut self, login: Option<&str>) -> Result<Option<Login>, WrongAddress> {
        let file = self.password_file.take();
        let Some(login) = login else {
            return if file.is_some() { wrong("password_file needs a user: etcd://user@host:port") } else { Ok(None) };
        };
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(decoded(password, "the password")?)),
            None => (login, None),
        };
        let user = decoded(user, "the user")?;
        if user.is_empty() {
            return wrong("the user before @ is empty");
        }
        let password = match (password, file) {
            (Some(password), None) => Password::Given(password),
            (None, Some(file)) => Password::In(file),
            (None, None) => return wrong("the user has no password: write user:password@, or password_file=FILE"),
            (Some(_), Some(_)) => return wrong("there is a password in the address and a password_file: give one"),
        };
        Ok(Some(Login { user, password }))
    }
}

fn boolean(text: &str) -> Result<bool, WrongAddress> {
    match text {
        "true" | "" => Ok(true),
        "false" => Ok(false),
        _ => wrong(format!("the option tls is true or false, not {text:?}")),
    }
}

impl fmt::Display for EtcdAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.login.as_ref().map(|login| format!("{}@", login.user)).unwrap_or_default();
        write!(f, "etcd://{user}{}{}", self.members.join(","), self.prefix)
    }
}

impl fmt::Debug for EtcdAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EtcdAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(text: &str) -> EtcdAddress {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[track_caller]
    fn refusal(text: &str) -> String {
        text.parse::<EtcdAddress>().expect_err(text).to_string()
    }

    #[test]
    fn an_address_may_be_as_short_as_a_host() {
        let address = read("etcd://localhost");
        assert_eq!(address.members, ["localhost:2379"]);
        assert_eq!(address.prefix, "/tidegate");
        assert!(address.login.is_none() && address.tls.is_none());
        assert_eq!(read("etcd://localhost/").prefix, "/tidegate");
    }

    #[test]
    fn an_address_has_members_a_prefix_a_login_and_options() {
        let address = read(
            "etcd://al%3Aice:p%40ss%2F%3F@a.example:1,10.0.0.2:65535,[::1]:3/team/flags/?ca=%2Fca.pem&server_name=e",
        );
        assert_eq!(address.members, ["a.example:1", "10.0.0.2:65535", "[::1]:3"]);
        assert_eq!(address.prefix, "/team/flags");
        let login = address.login.as_ref().unwrap();
        assert_eq!(login.user, "al:ice");
        assert!(login.password == Password::Given("p@ss/?".into()));
        let tls = address.tls.as_ref().unwrap();
        assert_eq!(tls.ca.as_deref(), Some("/ca.pem".as_ref()));
        assert_eq!((tls.server_name.as_deref(), &tls.identity), (Some("e"), &None));
        let login = read("etcd://bob@h?password_file=/run/secret").login.unwrap();
        assert!(login.password == Password::In("/run/secret".into()));
        assert_eq!(read("etcd://h?tls=true").tls, Some(Tls::default()));
        assert_eq!(read("etcd://h?tls=false").tls, None);
    }

    #[test]
    fn no_text_form_shows_a_password() {
        let address = read("etcd://alice:hunter2@a:1,b/p");
        assert_eq!(address.to_string(), "etcd://alice@a:1,b:2379/p");
        assert!(!format!("{address:?}").contains("hunter2"));
        for text in
            ["etcd://alice:hunt/er2@h", "etcd://alice:hunt?er2@h", "etcd://alice:hunter2@h:0", "etcd://hunter2@h"]
        {
            let refusal = refusal(text);
            assert!(!refusal.contains("hunt") && !refusal.contains("er2"), "{refusal}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        assert_eq!(refusal("etc://h"), "an address in etcd begins with etcd://");
        assert_eq!(refusal("etcd://"), "\"\" is not a member: write host:port, as etcd-1.example:2379");
        assert_eq!(refusal("etcd://a,,b"), "\"\" is not a member: write host:port, as etcd-1.example:2379");
        assert_eq!(refusal("etcd://a:b"), "\"a:b\" does not end in a port from 1 to 65535");
        assert_eq!(refusal("etcd://a:99999"), "\"a:99999\" does not end in a port from 1 to 65535");
        assert_eq!(refusal("etcd://[::g]"), "\"[::g]\" is not an IPv6 address in brackets, as [::1]:2379 is");
        assert_eq!(refusal("etcd://h?ca=a&ca=b"), "the option ca is given twice");
        assert_eq!(refusal("etcd://h?cert=a"), "the options cert and key belong together: give both, or neither");
        assert!(refusal("etcd://h?verify=no").starts_with("\"verify\" is no option: use tls, ca,"));
        assert!(refusal("etcd://h?tls=no").ends_with("true or false, not \"no\""));
        assert!(refusal("etcd://h?tls=false&ca=a").starts_with("tls=false leaves nothing"));
        assert!(refusal("etcd://u@h").starts_with("the user has no password"));
        assert!(refusal("etcd://u:p@h?password_file=f").ends_with("give one"));
        assert!(refusal("etcd://h?password_file=f").starts_with("password_file needs a user"));
        assert!(refusal("etcd://:p@h").starts_with("the user before @ is empty"));
        assert!(refusal("etcd://h/%ff").starts_with("the prefix is not text"));
    }
}
