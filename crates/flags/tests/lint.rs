//! What lint says of documents, and where.
#![allow(missing_docs, reason = "tests")]

use tidegate_flags::{Severity, lint};

/// Findings as `line:column severity path: message`.
#[track_caller]
fn check(content: &str, expected: &[&str]) {
    let found: Vec<String> = lint(content.as_bytes())
        .into_iter()
        .map(|finding| {
            let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
            format!("{}:{} {severity} {}: {}", finding.line, finding.column, finding.path, finding.message)
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn syntax_errors_have_positions() {
    check("{\n  \"version\": 1,,\n}", &["2:16 error : not JSON: key must be a string at line 2 column 16"]);
    check(
        "{\n \"version\": \"2\",\n \"values\": {\"f\": {\"enabled\": \"yes\"}}}",
        &["2:13 error version: '2' is not one of: 1", "3:30 error values.f.enabled: this must be of type boolean: yes"],
    );
    check(
        "{\"version\":\"1\",\n\"flags\":{\"f\":{\"_createdAt\":\"today\"}}}",
        &["2:28 error flags.f._createdAt: not an RFC 3339 time"],
    );
}

#[test]
fn rules_are_pointed_into() {
    check(
        r#"{"version": "1", "values": {"shop": {"_variants": [
  {"name": "a", "enabled": true, "rule": "(and (eq $tier \"gold\") (nope 1))"},
  {"name": "b", "enabled": true, "rule": "(or\n (eq $x 1)\n (eq $y))"},
  {"name": "c.d", "enabled": true, "rule": "(exists key::\"q\")", "attributeValues": {"z": 1}},
  {"name": "e", "enabled": false, "rule": "(eq $a 1)"}]}}}"#,
        &[
            "2:68 error values.shop._variants.0.rule.and.2: there is no operator 'nope'",
            "3:61 error values.shop._variants.1.rule.or.2.eq: too few operands: 1 of 2",
            "4:92 error values.shop._variants.variants.c.d.z: the flag does not define this attribute",
            "5:43 error values.shop._variants.variants.e.rule: the last variant is for everybody else and has no rule",
        ],
    );
}

#[test]
fn variants_out_of_reach_are_warned_of() {
    check(
        r#"{"version": "1", "values": {"shop": {"_variants": [
  {"name": "a", "enabled": true, "rule": "(split by::$u pct::60)"},
  {"name": "b", "enabled": true, "rule": "(split by::$u pct::50)"},
  {"name": "c", "enabled": true, "rule": "(split by::$u pct::50 seed::\"s\")"},
  {"name": "d", "enabled": true, "rule": "(or true (exists key::\"a\"))"},
  {"name": "e", "enabled": false}]}}}"#,
        &[
            "3:3 warning values.shop._variants.1: variant 'b' cannot be reached: its 50 % lie within the 60 % of variant 'a'",
            "3:42 warning values.shop._variants.1.rule: splits of the same value add up to 110 %: they overlap, and each \
             gets only what the ones before it leave",
            "5:43 warning values.shop._variants.3.rule: this is always true",
            "6:3 warning values.shop._variants.4: variant 'e' cannot be reached: the rule of variant 'd' is always true",
        ],
    );
}

#[test]
fn conditions_that_are_never_true_are_warned_of() {
    check(
        r#"{"version": "1", "values": {"shop": {"_variants": [
  {"name": "a", "enabled": true, "rule": "(or (gt $vip true) (eq $tier \"gold\"))"},
  {"name": "b", "enabled": true, "rule": "(and (gt $age 65) (lt $age 18))"},
  {"name": "c", "enabled": true, "rule": "(in $tier [])"},
  {"name": "d", "enabled": true, "rule": "(and (eq $tier \"a\") (eq $tier \"b\"))"},
  {"name": "e", "enabled": true, "rule": "(eq \"1\" 1)"},
  {"name": "f", "enabled": false}]}}}"#,
        &[
            "2:47 warning values.shop._variants.0.rule.or.1: this can never be true",
            "3:43 warning values.shop._variants.1.rule: this can never be true",
            "4:43 warning values.shop._variants.2.rule: this can never be true",
            "5:43 warning values.shop._variants.3.rule: this can never be true",
            "6:43 warning values.shop._variants.4.rule: this can never be true",
        ],
    );
}

#[test]
fn definitions_that_nobody_uses_are_warned_of() {
    check(
        r#"{"version":"1","flags":{
  "a":{"attributes":{
    "used":{},
    "unused":{}}},
  "b":{}},
 "values":{"a":{"_variants":[{"name":"x","enabled":true,"attributeValues":{"used":1}}]}}}"#,
        &[
            "4:14 warning flags.a.attributes.unused: attribute 'unused' is never set",
            "5:7 warning flags.b: flag 'b' has no value: clients do not see it",
        ],
    );
}

#[test]
fn a_good_document_is_left_alone() {
    check(
        r#"{"version":"1","values":{"f":{"_variants":[
            {"name":"a","enabled":true,"rule":"(and (gte $age 18) (lt $age 65) (ne $tier \"x\"))"},
            {"name":"b","enabled":true,"rule":"(and true (split by::$u pct::50))"},
            {"name":"c","enabled":false}]},"g":{"enabled":true}}}"#,
        &[],
    );
}
