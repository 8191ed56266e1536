//! The model's regular expressions, matched as Java matches them: the whole value, `\d` and `\S` in ASCII, and a dot
//! that stops at a line's end.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use regex::Regex;

type IsMatch = fn(&str) -> bool;

/// The patterns that the linear engine refuses (look-ahead) or makes too large (a repetition of 8,192), by hand.
const BY_HAND: &[(&str, IsMatch)] = &[
    (r"^(?!AWS\.).{1,64}$", |value| !value.starts_with("AWS.") && is_match(".{1,64}", value)),
    ("(?!enabled$)[a-z][a-zA-Z0-9_-]{0,63}", |value| value != "enabled" && is_match("[a-z][a-zA-Z0-9_-]{0,63}", value)),
    (r"\S{1,8192}", |value| (1..=8192).contains(&value.chars().count()) && !value.contains(is_space)),
];

/// Says whether the whole of `value` matches.
pub(crate) fn is_match(pattern: &'static str, value: &str) -> bool {
    match BY_HAND.iter().find(|(by_hand, _)| *by_hand == pattern) {
        Some((_, is_match)) => is_match(value),
        None => compiled(pattern).is_match(value),
    }
}

/// The pattern, compiled at its first use and kept for good; there are as many as the table has. Leaked rather than
/// cloned, since a clone of a `Regex` starts with an empty cache.
fn compiled(pattern: &'static str) -> &'static Regex {
    static COMPILED: LazyLock<Mutex<HashMap<&'static str, &'static Regex>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    compiled.entry(pattern).or_insert_with(|| {
        let regex = compile(pattern);
        let regex =
            regex.expect("a pattern of the table that does not compile has to be written by hand in pattern.rs");
        Box::leak(Box::new(regex))
    })
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!(r"\A(?:{})\z", pattern.replace(r"\d", "[0-9]")))
}

/// Java's `\s`.
fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r')
}

#[cfg(test)]
mod tests {
    use tidegate_model::{Shape, ShapeKind, Structure, appconfig, appconfigdata};

    use super::*;

    #[test]
    fn every_pattern_of_the_table_compiles_or_is_by_hand() {
        fn collect(structure: &Structure, patterns: &mut Vec<&'static str>) {
            structure.members.iter().for_each(|member| collect_shape(member.shape, patterns));
        }
        fn collect_shape(shape: &Shape, patterns: &mut Vec<&'static str>) {
            patterns.extend(shape.pattern);
            match &shape.kind {
                ShapeKind::List(item) => collect_shape(item, patterns),
                ShapeKind::Map(key, value) => [key, value].iter().for_each(|shape| collect_shape(shape, patterns)),
                ShapeKind::Structure(structure) => collect(structure, patterns),
                _ => {}
            }
        }
        let mut patterns = Vec::new();
        for operation in appconfig::OPERATIONS.iter().chain(appconfigdata::OPERATIONS) {
            collect(operation.input, &mut patterns);
            collect(operation.output, &mut patterns);
        }
        patterns.sort_unstable();
        patterns.dedup();
        assert!(patterns.len() >= 13, "{patterns:?}");
        for pattern in &patterns {
            let is_by_hand = BY_HAND.iter().any(|(by_hand, _)| by_hand == pattern);
            assert!(is_by_hand || compile(pattern).is_ok(), "{pattern}");
            let understood = pattern.replace(r"\d", "").replace(r"\.", "").replace(r"\/", "").replace(r"\-", "");
            let understood = understood.replace(r"\n", "");
            assert!(is_by_hand || !understood.contains('\\'), "an escape that Java may read otherwise: {pattern}");
        }
        for (by_hand, _) in BY_HAND {
            assert!(patterns.contains(by_hand), "{by_hand} is no longer in the table");
        }
    }

    #[test]
    fn the_whole_value_has_to_match() {
        #[track_caller]
        fn check(pattern: &'static str, accepted: &[&str], refused: &[&str]) {
            accepted.iter().for_each(|value| assert!(is_match(pattern, value), "{pattern} has to accept {value:?}"));
            refused.iter().for_each(|value| assert!(!is_match(pattern, value), "{pattern} has to refuse {value:?}"));
        }
        check(".*[^0-9].*", &["v1", "1.0", "x"], &["123", "", "a\nb\nc"]);
        check("[a-z0-9]{4,7}", &["abcd", "abc1234"], &["abc", "abcd1234", "ABCD", "abcd\n"]);
        check("^[a-zA-Z0-9]{1,8}", &["abc"], &["abc def", "ninechars"]);
        check(r"^[^\/#:\n]{1,64}$", &["a b", "ü"], &["a/b", "a\n", ""]);
        check(
            r"(^[a-z0-9]{4,7}$|^AppConfig\.[A-Za-z0-9]{9,40}$)",
            &["abcd", "AppConfig.AllAtOnce"],
            &["AppConfig.x", "AppConfigXAllAtOnce"],
        );
        check(r"\d", &["7"], &["٣"]);
        check(r"^(?!AWS\.).{1,64}$", &["a", "AWS", "xAWS.y", "aws.x"], &["AWS.", "AWS.x", "", "a\nb", &"x".repeat(65)]);
        check(
            "(?!enabled$)[a-z][a-zA-Z0-9_-]{0,63}",
            &["e", "enable", "enabled2"],
            &["enabled", "Enabled", "", &"x".repeat(65)],
        );
        check(r"\S{1,8192}", &["a", "ü", &"x".repeat(8192)], &["", "a b", "\t", &"x".repeat(8193)]);
    }
}
