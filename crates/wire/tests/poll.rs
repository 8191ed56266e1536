//! The hand-written reader of a poll, held to the interpreter's answer.

use std::borrow::Cow;

use http::HeaderMap;
use proptest::prelude::*;
use tidegate_model::appconfigdata::GetLatestConfigurationRequest;
use tidegate_wire::{Request, bind, read_configuration_token};

/// Both readers' answer, which has to be one; the token if it is accepted.
#[track_caller]
fn read(query: &str) -> Option<String> {
    let headers = HeaderMap::new();
    let request = Request { labels: &[], query: Some(query), headers: &headers, body: Default::default() };
    let interpreted = bind::<GetLatestConfigurationRequest>(&request).map(|request| request.configuration_token);
    let by_hand = read_configuration_token(query).map(Cow::into_owned);
    assert_eq!(by_hand, interpreted, "{query:?}");
    by_hand.ok()
}

#[test]
fn the_token_is_read() {
    #[track_caller]
    fn check(query: &str, expected: Option<&str>) {
        assert_eq!(read(query).as_deref(), expected, "{query:?}");
    }
    check("configuration_token=abc", Some("abc"));
    check("configuration_token=a-_b%3D%3D", Some("a-_b=="));
    check("configuration_token=a==", Some("a=="));
    check("a=b&configuration_token=abc&", Some("abc"));
    check("configuration%5Ftoken=abc", Some("abc"));
    check("configuration_token=%C3%BC", Some("ü"));
    check("configuration_token=a&configuration_token=a", None);
    check("configuration_token=a&configuration%5Ftoken=a", None);
    check("configuration_token=a+b", None);
    check("configuration_token=a%20b", None);
    check("configuration_token=%", None);
    check("configuration_token=", None);
    check("Configuration_Token=abc", None);
    check("", None);
    let longest = "x".repeat(8192);
    check(&format!("configuration_token={longest}"), Some(&longest));
    check(&format!("configuration_token={longest}x"), None);
    check(&format!("configuration_token={}", "%78".repeat(8192)), Some(&longest));
    check(&format!("{}configuration_token=x", "a&".repeat(99)), Some("x"));
    check(&format!("{}configuration_token=x", "a&".repeat(100)), None);
    check(&format!("configuration_token=x&{}", "a".repeat(32 * 1024)), None);
}

#[test]
fn a_plain_token_is_not_copied() {
    let query = "configuration_token=AbC-_d";
    assert!(matches!(read_configuration_token(query), Ok(Cow::Borrowed("AbC-_d"))));
}

#[test]
fn a_refusal_is_worded_as_everywhere() {
    let failure = read_configuration_token("a=b").unwrap_err();
    let expected = "1 validation error detected: Value null at 'configurationToken' failed to satisfy constraint: Member \
                    must not be null";
    assert_eq!(failure.message(), Some(expected));
    let failure = read_configuration_token("configuration_token=").unwrap_err();
    let expected = "1 validation error detected: Value '' at 'configurationToken' failed to satisfy constraint: Member \
                    must satisfy regular expression pattern: \\S{1,8192}";
    assert_eq!(failure.message(), Some(expected));
}

/// What queries are made of.
const PIECES: &[&str] = &[
    "configuration_token=",
    "configuration_token",
    "configuration%5ftoken=",
    "=",
    "&",
    "+",
    "%",
    "%20",
    "%C3%BC",
    "%FF",
    "%0a",
    "abc",
    "ü",
    "\u{a0}",
    "\u{3000}",
    " ",
    "\t",
    "a=b&",
    "X",
];

fn query() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        2 => ".{0,5}",
        1 => (1..9000_usize).prop_map(|n| "y".repeat(n)),
        1 => (1..120_usize).prop_map(|n| "&a".repeat(n)),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn both_readers_agree(query in query(), prefix in prop::bool::ANY) {
        let query = if prefix { format!("configuration_token={query}") } else { query };
        read(&query);
    }
}
