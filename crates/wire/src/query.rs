//! Query strings and percent-encoding.
//!
//! A `+` is a space in a query and itself in a path: HTML forms and old clients write spaces so, AWS's SDKs write
//! `%20`, and nobody who means a plus sends it bare. A `%` has to be followed by two hexadecimal digits, and what comes
//! out has to be UTF-8.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::Failure;

/// The longest query string that is read, in bytes: a token of 8 KiB with every character percent-encoded, or 50 tag
/// keys of 128 ASCII characters likewise, with room to spare.
pub const MAX_QUERY_BYTES: usize = 32 * 1024;

/// The most parameters that a query string may have: 50 tag keys and as many again.
pub const MAX_PARAMETERS: usize = 100;

/// The pieces of a query string, still encoded.
pub(crate) struct Parameters<'a> {
    pairs: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Parameters<'a> {
    /// Splits a query string within its bounds.
    pub(crate) fn parse(query: &'a str) -> Result<Self, Failure> {
        if query.len() > MAX_QUERY_BYTES {
            return Err(Failure::serialization(format!("The query string is longer than {MAX_QUERY_BYTES} bytes.")));
        }
        let mut pairs = Vec::new();
        for (name, value) in pairs_of(query) {
            if pairs.len() == MAX_PARAMETERS {
                let message = format!("The query string has more than {MAX_PARAMETERS} parameters.");
                return Err(Failure::serialization(message));
            }
            // A name that cannot be decoded is no name that the model knows.
            pairs.push((decode_parameter(name).unwrap_or(Cow::Borrowed("")), value));
        }
        Ok(Self { pairs })
    }

    /// The encoded values of one parameter in the order of the query.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| *value)
    }
}

/// Reads a form, as it stands in a body or behind a `?`: each name once. None for what is not one, or too long a list.
pub fn form(text: &str) -> Option<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for (name, value) in pairs_of(text) {
        let (name, value) = (decode_parameter(name)?, decode_parameter(value)?);
        if fields.len() == MAX_PARAMETERS || fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return None;
        }
    }
    Some(fields)
}

/// The names and values of a query string, still encoded; empty pieces are skipped, `a` means `a=`.
pub(crate) fn pairs_of(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|piece| !piece.is_empty()).map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// Decodes a name or value of a query string.
pub(crate) fn decode_parameter(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains('+') {
        return decode_label(raw);
    }
    decode_label(&raw.replace('+', " ")).map(|text| Cow::Owned(text.into_owned()))
}

/// Decodes a label of a path.
pub(crate) fn decode_label(raw: &str) -> Option<Cow<'_, str>> {
    let is_well_formed = raw.split('%').skip(1).all(|rest| match rest.as_bytes() {
        [high, low, ..] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        _ => false,
    });
    if is_well_formed { percent_decode_str(raw).decode_utf8().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_each_name_once() {
        let fields = form("Action=AssumeRole&Role+Arn=arn%3Aaws&Empty&&Empty2=").unwrap();
        assert_eq!(fields["Role Arn"], "arn:aws");
        assert_eq!((&*fields["Empty"], &*fields["Empty2"]), ("", ""));
        for wrong in ["a=1&a=2", "a=%", "a=%FF", "%zz=1"] {
            assert_eq!(form(wrong), None, "{wrong}");
        }
        assert_eq!(form(&(0..=MAX_PARAMETERS).map(|n| format!("a{n}=&")).collect::<String>()), None);
    }

    #[test]
    fn percent_encoding_is_strict() {
        #[track_caller]
        fn check(raw: &str, label: Option<&str>, parameter: Option<&str>) {
            assert_eq!(decode_label(raw).as_deref(), label, "label {raw}");
            assert_eq!(decode_parameter(raw).as_deref(), parameter, "parameter {raw}");
        }
        check("", Some(""), Some(""));
        check("plain", Some("plain"), Some("plain"));
        check("a+b", Some("a+b"), Some("a b"));
        check("a%2Bb+", Some("a+b+"), Some("a+b "));
        check("a%20b", Some("a b"), Some("a b"));
        check("arn%3Aaws%3aappconfig%2F1", Some("arn:aws:appconfig/1"), Some("arn:aws:appconfig/1"));
        check("%C3%BC", Some("ü"), Some("ü"));
        check("ü", Some("ü"), Some("ü"));
        check("%FF", None, None);
        check("%C3", None, None);
        check("%", None, None);
        check("%2", None, None);
        check("%zz", None, None);
        check("%%41", None, None);
        check("100%25", Some("100%"), Some("100%"));
    }

    #[test]
    fn parameters_are_found_under_their_decoded_names() {
        let parameters = Parameters::parse("a=1&&b&tag%4Beys=x&a=2=3&%ff=4&=5").ok().unwrap();
        let values = |name| parameters.values(name).collect::<Vec<_>>();
        assert_eq!(values("a"), ["1", "2=3"]);
        assert_eq!(values("b"), [""]);
        assert_eq!(values("tagKeys"), ["x"]);
        assert_eq!(values("c"), [""; 0]);
    }

    #[test]
    fn queries_are_bounded() {
        assert!(Parameters::parse(&"a".repeat(MAX_QUERY_BYTES)).is_ok());
        assert!(Parameters::parse(&"a".repeat(MAX_QUERY_BYTES + 1)).is_err());
        assert!(Parameters::parse(&"a&".repeat(MAX_PARAMETERS)).is_ok());
        assert!(Parameters::parse(&"a&".repeat(MAX_PARAMETERS + 1)).is_err());
    }
}
