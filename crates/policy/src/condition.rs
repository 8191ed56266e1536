//! Conditions: an operator, a key, and the values to compare its value with.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::context::{Key, Request, Value};
use crate::pattern::{Pattern, Syntax, Variables};

/// One key under one operator. A statement applies where all of its conditions hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    key: Key,
    quantifier: Quantifier,
    /// Whether an absent key makes the condition hold.
    if_exists: bool,
    /// Whether the operator is one of those with `Not` in the name.
    is_negated: bool,
    test: Test,
}

/// How many of the key's values have to pass.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Quantifier {
    /// The key has one.
    The,
    /// `ForAllValues:`, also when there is none.
    All,
    /// `ForAnyValue:`.
    Any,
}

/// What the key's value is compared with. Of several, one has to match; for a negated operator, none.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// `String…`, by wildcards or as a whole.
    Text(Vec<Pattern>),
    /// `String…IgnoreCase`.
    IgnoreCase(Vec<Pattern>),
    /// `Arn…`: the six parts of each.
    Arn(Vec<[Pattern; 6]>),
    Number(Compare, Vec<f64>),
    /// Milliseconds since 1970.
    Date(Compare, Vec<i64>),
    Bool(Vec<bool>),
    Ip(Vec<Network>),
    /// Whether the key has to be absent.
    Null(Vec<bool>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

/// What kind of value an operator compares.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Family {
    Text { wildcards: bool },
    IgnoreCase,
    Arn,
    Number(Compare),
    Date(Compare),
    Bool,
    Ip,
    Null,
}

impl Condition {
    pub(crate) fn parse(operator: &str, key: &str, values: &[String], variables: Variables) -> Result<Self, String> {
        let (quantifier, name) = match operator.split_once(':') {
            None => (Quantifier::The, operator),
            Some(("ForAllValues", name)) => (Quantifier::All, name),
            Some(("ForAnyValue", name)) => (Quantifier::Any, name),
            Some(_) => return Err("has an unknown prefix: those are ForAllValues: and ForAnyValue:".to_owned()),
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (family, is_negated) = family(name).ok_or("has an unknown operator")?;
        if family == Family::Null && (if_exists || quantifier != Quantifier::The) {
            return Err("has Null with a prefix or IfExists, which say nothing there".to_owned());
        }
        let known = Key::parse(key).ok_or_else(|| format!("is not a known key: those are {}", Key::KNOWN))?;
        if !known.has_one_value() && quantifier == Quantifier::The && family != Family::Null {
            return Err("has several values: say ForAllValues: or ForAnyValue: before the operator".to_owned());
        }
        if !family.suits(&known) {
            return Err("is of another type than the operator".to_owned());
        }
        let test = read_values(family, values, variables)?;
        Ok(Self { key: known, quantifier, if_exists, is_negated, test })
    }

    /// Whether the condition holds; `None` when it needs a variable that the request does not have.
    pub(crate) fn holds(&self, request: &Request<'_>) -> Option<bool> {
        let mut values = request.values(&self.key).peekable();
        let is_absent = values.peek().is_none();
        if let Test::Null(wanted) = &self.test {
            return Some(wanted.contains(&is_absent));
        }
        if is_absent {
            return Some(match self.quantifier {
                Quantifier::All => true,
                Quantifier::Any => self.if_exists,
                // Nothing is not equal to anything.
                Quantifier::The => self.if_exists || self.is_negated,
            });
        }
        // Of one key's several values under a negated operator none may match.
        let is_all = match self.quantifier {
            Quantifier::All => true,
            Quantifier::Any => false,
            Quantifier::The => self.is_negated,
        };
        for value in values {
            let passes = self.test.matches(&value, request)? != self.is_negated;
            if passes != is_all {
                return Some(passes);
            }
        }
        Some(is_all)
    }

    pub(crate) fn is_negated(&self) -> bool {
        self.is_negated
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        let (patterns, arns): (&[Pattern], &[[Pattern; 6]]) = match &self.test {
            Test::Text(patterns) | Test::IgnoreCase(patterns) => (patterns, &[]),
            Test::Arn(arns) => (&[], arns),
            _ => (&[], &[]),
        };
        let patterns = patterns.iter().chain(arns.iter().flatten());
        std::iter::once(&self.key).chain(patterns.flat_map(Pattern::keys))
    }
}

/// What an operator compares, and whether it is negated. Operators are written as IAM writes them.
fn family(name: &str) -> Option<(Family, bool)> {
    use Compare::*;
    Some(match name {
        "StringEquals" => (Family::Text { wildcards: false }, false),
        "StringNotEquals" => (Family::Text { wildcards: false }, true),
        "StringEqualsIgnoreCase" => (Family::IgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Family::IgnoreCase, true),
        "StringLike" => (Family::Text { wildcards: true }, false),
        "StringNotLike" => (Family::Text { wildcards: true }, true),
        "NumericEquals" => (Family::Number(Equal), false),
        "NumericNotEquals" => (Family::Number(Equal), true),
        "NumericLessThan" => (Family::Number(Less), false),
        "NumericLessThanEquals" => (Family::Number(LessOrEqual), false),
        "NumericGreaterThan" => (Family::Number(Greater), false),
        "NumericGreaterThanEquals" => (Family::Number(GreaterOrEqual), false),
        "DateEquals" => (Family::Date(Equal), false),
        "DateNotEquals" => (Family::Date(Equal), true),
        "DateLessThan" => (Family::Date(Less), false),
        "DateLessThanEquals" => (Family::Date(LessOrEqual), false),
        "DateGreaterThan" => (Family::Date(Greater), false),
        "DateGreaterThanEquals" => (Family::Date(GreaterOrEqual), false),
        "Bool" => (Family::Bool, false),
        "IpAddress" => (Family::Ip, false),
        "NotIpAddress" => (Family::Ip, true),
        // IAM lets wildcards stand in both, and both mean the same.
        "ArnEquals" | "ArnLike" => (Family::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Family::Arn, true),
        "Null" => (Family::Null, false),
        _ => return None,
    })
}

impl Family {
    /// Whether values of the key can be compared so. Tags are texts that may hold anything.
    fn suits(self, key: &Key) -> bool {
        let is_tag = matches!(key, Key::PrincipalTag(_) | Key::ResourceTag(_) | Key::RequestTag(_));
        is_tag
            || match self {
                Self::Text { .. } | Self::IgnoreCase | Self::Null => true,
                Self::Arn => *key == Key::PrincipalArn,
                Self::Number(_) => *key == Key::EpochTime,
                Self::Date(_) => matches!(key, Key::CurrentTime | Key::EpochTime),
                Self::Bool => *key == Key::SecureTransport,
                Self::Ip => *key == Key::SourceIp,
            }
    }
}

fn read_values(family: Family, values: &[String], variables: Variables) -> Result<Test, String> {
    fn all<T>(values: &[String], read: impl Fn(&str) -> Option<T>, what: &str) -> Result<Vec<T>, String> {
        let read = |value: &String| read(value).ok_or_else(|| format!("has {value:?}, which is not {what}"));
        values.iter().map(read).collect()
    }
    let patterns = |wildcards| -> Result<Vec<Pattern>, String> {
        values.iter().map(|value| Pattern::parse(value, Syntax { wildcards, variables })).collect()
    };
    Ok(match family {
        Family::Text { wildcards } => Test::Text(patterns(wildcards)?),
        Family::IgnoreCase => Test::IgnoreCase(patterns(false)?),
        Family::Arn => Test::Arn(values.iter().map(|value| read_arn(value, variables)).collect::<Result<_, _>>()?),
        Family::Number(compare) => Test::Number(compare, all(values, read_number, "a number")?),
        Family::Date(compare) => {
            Test::Date(compare, all(values, read_date, "a date: say 2026-01-31T23:59:59Z, or seconds since 1970")?)
        }
        Family::Bool => Test::Bool(all(values, read_bool, "true or false")?),
        Family::Null => Test::Null(all(values, read_bool, "true or false")?),
        Family::Ip => Test::Ip(all(values, Network::parse, "an address or a range such as 10.0.0.0/8")?),
    })
}

fn read_arn(text: &str, variables: Variables) -> Result<[Pattern; 6], String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let parts: [&str; 6] = parts.try_into().map_err(|_| format!("has {text:?}, which is not an ARN of six parts"))?;
    let mut patterns = Vec::with_capacity(6);
    for part in parts {
        patterns.push(Pattern::parse(part, Syntax { wildcards: true, variables })?);
    }
    Ok(patterns.try_into().expect("there are six parts"))
}

fn read_number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn read_bool(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Reads a day, a time with its offset, or seconds since 1970, as milliseconds since 1970.
fn read_date(text: &str) -> Option<i64> {
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number(text.strip_prefix('-').unwrap_or(text)) {
        return text.parse::<i64>().ok()?.checked_mul(1000);
    }
    // jiff reads more than ISO 8601 allows.
    if text.len() > 40 || !text.bytes().all(|byte| byte.is_ascii_digit() || b"-+:.TZ".contains(&byte)) {
        return None;
    }
    let time = if text.len() == 10 { Cow::Owned(format!("{text}T00:00:00Z")) } else { Cow::Borrowed(text) };
    Some(time.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(bits) if bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
        };
        (bits <= width).then_some(Self { address, bits })
    }

    fn contains(self, ip: IpAddr) -> bool {
        let bits = u32::from(self.bits);
        match (self.address, ip) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => {
                (network.to_bits() ^ ip.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(ip)) => {
                (network.to_bits() ^ ip.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl Compare {
    fn holds<T: PartialOrd>(self, value: T, other: T) -> bool {
        match self {
            Self::Equal => value == other,
            Self::Less => value < other,
            Self::LessOrEqual => value <= other,
            Self::Greater => value > other,
            Self::GreaterOrEqual => value >= other,
        }
    }
}

impl Test {
    /// Whether a value matches one of those to compare with. What cannot be read as their type matches none.
    fn matches(&self, value: &Value<'_>, request: &Request<'_>) -> Option<bool> {
        match self {
            Self::Text(patterns) => any(patterns, |pattern| pattern.matches(&value.text(), Some(request))),
            Self::IgnoreCase(patterns) => {
                any(patterns, |pattern| pattern.equals_ignoring_case(&value.text(), Some(request)))
            }
            Self::Arn(arns) => {
                let text = value.text();
                let parts: Vec<&str> = text.splitn(6, ':').collect();
                if parts.len() != 6 {
                    return Some(false);
                }
                any(arns, |arn| {
                    let mut is_match = true;
                    for (pattern, part) in arn.iter().zip(&parts) {
                        is_match &= pattern.matches(part, Some(request))?;
                    }
                    Some(is_match)
                })
            }
            Self::Number(compare, numbers) => {
                let number = read_number(&value.text());
                Some(number.is_some_and(|number| numbers.iter().any(|other| compare.holds(number, *other))))
            }
            Self::Date(compare, dates) => {
                let at_ms = match value {
                    Value::Date(at_ms) => Some(*at_ms),
                    // It has whole seconds only, and says so.
                    Value::Epoch(at_ms) => Some(at_ms.div_euclid(1000) * 1000),
                    value => read_date(&value.text()),
                };
                Some(at_ms.is_some_and(|at_ms| dates.iter().any(|other| compare.holds(at_ms, *other))))
            }
            Self::Bool(wanted) => Some(read_bool(&value.text()).is_some_and(|bool| wanted.contains(&bool))),
            Self::Ip(networks) => {
                let ip = match value {
                    Value::Ip(ip) => Some(*ip),
                    value => value.text().parse().ok(),
                };
                Some(ip.is_some_and(|ip| networks.iter().any(|network| network.contains(ip))))
            }
            Self::Null(_) => Some(false),
        }
    }
}

/// Whether one matches; `None` when none does and one could not be resolved.
fn any<T>(items: &[T], matches: impl Fn(&T) -> Option<bool>) -> Option<bool> {
    let mut answer = Some(false);
    for item in items {
        match matches(item) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}
