//! What a decision is about: who asks for what, and the circumstances.

use std::borrow::Cow;
use std::net::IpAddr;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Principal<'a> {
    /// For example `arn:aws:iam::210000000001:user/deployer`.
    pub arn: &'a str,
    /// Twelve digits.
    pub account: &'a str,
    /// `aws:userid`: for example the access key's id.
    pub user_id: &'a str,
    /// `aws:username`: users have one, assumed roles do not.
    pub user_name: Option<&'a str>,
    /// `aws:PrincipalTag/…`.
    pub tags: &'a [(&'a str, &'a str)],
}

/// The circumstances of a request, the same for all that it touches.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// Milliseconds since 1970.
    pub now_ms: i64,
    /// Where the request comes from. An IPv4 address in IPv6's clothes counts as IPv4.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS.
    pub is_secure: bool,
    /// The region it was signed for.
    pub region: &'a str,
    /// `aws:RequestTag/…`: the tags that the request wants to set.
    pub request_tags: &'a [(&'a str, &'a str)],
    /// `aws:TagKeys`: the keys of those, or those that `UntagResource` names.
    pub tag_keys: &'a [&'a str],
}

/// One question: may this action be done to this resource?
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// With its service: `appconfig:GetApplication`.
    pub action: &'a str,
    /// An ARN, or `*` for an action that takes no resource.
    pub resource: &'a str,
    /// `aws:ResourceTag/…`: the tags that the resource has.
    pub resource_tags: &'a [(&'a str, &'a str)],
    /// The circumstances.
    pub context: &'a Context<'a>,
}

/// A condition key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Key {
    SourceIp,
    CurrentTime,
    EpochTime,
    SecureTransport,
    PrincipalArn,
    PrincipalAccount,
    UserId,
    UserName,
    RequestedRegion,
    TagKeys,
    PrincipalTag(String),
    ResourceTag(String),
    RequestTag(String),
}

impl Key {
    /// The keys that variables can be, as a message lists them.
    pub(crate) const KNOWN_ONE: &str = "aws:CurrentTime, aws:EpochTime, aws:PrincipalAccount, aws:PrincipalArn, \
        aws:PrincipalTag/KEY, aws:RequestTag/KEY, aws:RequestedRegion, aws:ResourceTag/KEY, aws:SecureTransport, \
        aws:SourceIp, aws:userid and aws:username";

    /// All keys, as a message lists them.
    pub(crate) const KNOWN: &str = "aws:CurrentTime, aws:EpochTime, aws:PrincipalAccount, aws:PrincipalArn, \
        aws:PrincipalTag/KEY, aws:RequestTag/KEY, aws:RequestedRegion, aws:ResourceTag/KEY, aws:SecureTransport, \
        aws:SourceIp, aws:TagKeys, aws:userid and aws:username";

    /// Reads a key's name, whose case does not matter.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if let Some((name, tag)) = name.split_once('/') {
            if tag.is_empty() || tag.chars().count() > 128 {
                return None;
            }
            return match name.to_ascii_lowercase().as_str() {
                "aws:principaltag" => Some(Self::PrincipalTag(tag.to_owned())),
                "aws:requesttag" => Some(Self::RequestTag(tag.to_owned())),
                "aws:resourcetag" => Some(Self::ResourceTag(tag.to_owned())),
                _ => None,
            };
        }
        Some(match name.to_ascii_lowercase().as_str() {
            "aws:currenttime" => Self::CurrentTime,
            "aws:epochtime" => Self::EpochTime,
            "aws:principalaccount" => Self::PrincipalAccount,
            "aws:principalarn" => Self::PrincipalArn,
            "aws:requestedregion" => Self::RequestedRegion,
            "aws:securetransport" => Self::SecureTransport,
            "aws:sourceip" => Self::SourceIp,
            "aws:tagkeys" => Self::TagKeys,
            "aws:userid" => Self::UserId,
            "aws:username" => Self::UserName,
            _ => return None,
        })
    }

    pub(crate) fn has_one_value(&self) -> bool {
        *self != Self::TagKeys
    }

    /// Whether the value is the same in all requests of one principal for one resource.
    pub(crate) fn is_steady(&self) -> bool {
        match self {
            Self::SourceIp | Self::CurrentTime | Self::EpochTime | Self::SecureTransport => false,
            Self::TagKeys | Self::RequestTag(_) => false,
            // That of a role's session has the session's name in it.
            Self::UserId => false,
            Self::PrincipalArn | Self::PrincipalAccount | Self::UserName => true,
            Self::RequestedRegion | Self::PrincipalTag(_) | Self::ResourceTag(_) => true,
        }
    }
}

/// A key's value in a request.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Ip(IpAddr),
    /// Milliseconds since 1970, written as a date.
    Date(i64),
    /// Milliseconds since 1970, written as seconds.
    Epoch(i64),
    Bool(bool),
}

impl<'a> Value<'a> {
    pub(crate) fn text(&self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Ip(ip) => Cow::Owned(ip.to_string()),
            Self::Date(at_ms) => {
                Cow::Owned(jiff::Timestamp::from_millisecond(*at_ms).map(|at| format!("{at:.0}")).unwrap_or_default())
            }
            Self::Epoch(at_ms) => Cow::Owned(at_ms.div_euclid(1000).to_string()),
            Self::Bool(bool) => Cow::Borrowed(if *bool { "true" } else { "false" }),
        }
    }
}

impl<'a> Request<'a> {
    /// The key's values. Only [`Key::TagKeys`], and tags whose keys differ in nothing but case, have more than one.
    pub(crate) fn values<'k>(&self, key: &'k Key) -> impl Iterator<Item = Value<'a>> + use<'a, 'k> {
        let context = self.context;
        let principal = &context.principal;
        let one = match key {
            Key::SourceIp => context.source_ip.map(|ip| Value::Ip(ip.to_canonical())),
            Key::CurrentTime => Some(Value::Date(context.now_ms)),
            Key::EpochTime => Some(Value::Epoch(context.now_ms)),
            Key::SecureTransport => Some(Value::Bool(context.is_secure)),
            Key::PrincipalArn => Some(Value::Text(principal.arn)),
            Key::PrincipalAccount => Some(Value::Text(principal.account)),
            Key::UserId => Some(Value::Text(principal.user_id)),
            Key::UserName => principal.user_name.map(Value::Text),
            Key::RequestedRegion => Some(Value::Text(context.region)),
            Key::TagKeys | Key::PrincipalTag(_) | Key::ResourceTag(_) | Key::RequestTag(_) => None,
        };
        let (wanted, tags) = match key {
            Key::PrincipalTag(tag) => (tag.as_str(), principal.tags),
            Key::ResourceTag(tag) => (tag.as_str(), self.resource_tags),
            Key::RequestTag(tag) => (tag.as_str(), context.request_tags),
            _ => ("", &[][..]),
        };
        let tags = tags.iter().filter(move |(tag, _)| tag.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value);
        let keys = if *key == Key::TagKeys { context.tag_keys } else { &[] };
        one.into_iter().chain(tags.chain(keys.iter().copied()).map(Value::Text))
    }

    /// The key's value for a variable: the first.
    pub(crate) fn value(&self, key: &Key) -> Option<Value<'a>> {
        self.values(key).next()
    }
}
