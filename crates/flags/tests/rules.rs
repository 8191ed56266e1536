//! Rules and what they are for a caller.
#![allow(missing_docs, reason = "tests")]

use tidegate_flags::{Context, FaultReason, Rule, hash};

/// Evaluates a rule for contexts written `key=value key=value`.
#[track_caller]
fn check(rule: &str, cases: &[(&str, bool)]) {
    let compiled = Rule::new(rule, "flag").unwrap_or_else(|faults| panic!("{rule}: {faults:?}"));
    for (context, expected) in cases {
        let mut values = Context::new();
        for pair in context.split_whitespace() {
            let (key, value) = pair.split_once('=').unwrap();
            values.set(key, value);
        }
        assert_eq!(compiled.is_satisfied_by(&values), *expected, "{rule} for {context}");
    }
}

#[test]
fn the_documented_operators() {
    check(r#"(eq $state "Virginia")"#, &[("state=Virginia", true), ("state=virginia", false), ("", false)]);
    check("(gt $age 65)", &[("age=66", true), ("age=65", false), ("age=old", false), ("", false)]);
    check("(gte $age 65)", &[("age=65", true), ("age=64.9", false)]);
    check("(lt $age 65)", &[("age=64.999", true), ("age=65", false), ("age=-1e3", true)]);
    check("(lte $age 65)", &[("age=65.0", true), ("age=65.01", false)]);
    let both = r#"(and (eq $state "Virginia") (gt $age 65))"#;
    check(both, &[("state=Virginia age=70", true), ("state=Virginia", false), ("age=70", false)]);
    let either = r#"(or (eq $state "Virginia") (gt $age 65))"#;
    check(either, &[("state=Virginia", true), ("age=70", true), ("state=Ohio age=3", false)]);
    check(r#"(not (eq $state "Virginia"))"#, &[("state=Ohio", true), ("state=Virginia", false), ("", true)]);
    check(r#"(begins_with $state "A")"#, &[("state=Alaska", true), ("state=Nevada", false), ("", false)]);
    check(r#"(ends_with $email "amazon.com")"#, &[("email=x@amazon.com", true), ("email=amazon.com.x", false)]);
    check(r#"(contains $promoCode "WIN")"#, &[("promoCode=SWINGS", true), ("promoCode=win", false)]);
    check(r#"(in $userId ["123", "456"])"#, &[("userId=456", true), ("userId=45", false), ("", false)]);
    check(r#"(matches in::$greeting pattern::"h.*y")"#, &[("greeting=ohhey!", true), ("greeting=hello", false)]);
    check(r#"(exists key::"country")"#, &[("country=US", true), ("country=", true), ("Country=US", false)]);
    check("(split pct::0 by::$userId seed::\"abc\")", &[("userId=u", false)]);
    check("(split pct::100 by::$userId seed::\"abc\")", &[("userId=u", true), ("", false)]);
}

#[test]
fn the_documented_audience_rules() {
    let phone = "(and\n    (eq $system \"iPhone\")\n    (lt $osVersion 1.8)\n)";
    check(phone, &[("system=iPhone osVersion=1.7", true), ("system=iPhone osVersion=1.8", false)]);
    let nested = r#"(and (eq $region "us-east-1") (or (eq $system "iPhone") (eq $system "Android")))"#;
    check(nested, &[("region=us-east-1 system=Android", true), ("region=us-east-1 system=Palm", false)]);
    check(r#"(ne $region "us-west-2")"#, &[("region=us-east-1", true), ("region=us-west-2", false), ("", false)]);
    check("(lte $osVersion 2.0)", &[("osVersion=2", true), ("osVersion=2.1", false)]);
    check("(gte $appVersion 5.0)", &[("appVersion=5", true), ("appVersion=4.9", false)]);
    // AWS's page prints this list without a comma; that is no Ion.
    let faults = Rule::new(r#"(in $region ["us-east-1" "us-west-2"])"#, "flag").unwrap_err();
    assert_eq!((faults[0].path.as_str(), faults[0].reason), (".in", FaultReason::TooFewOperands));
}

#[test]
fn literals_say_how_a_value_is_read() {
    check("(eq $n 70)", &[("n=70", true), ("n=070", true), ("n=7e1", true), ("n=+70", true), ("n=70x", false)]);
    check("(eq $n 7e1)", &[("n=70", true)]);
    check("(eq $n 0x46)", &[("n=70", true)]);
    check("(eq $n \"70\")", &[("n=70", true), ("n=070", false)]);
    check("(lt $n 1)", &[("n=NaN", false), ("n=-inf", false), ("n=-1e308", true), ("n=1e999", false)]);
    check("(gt $n 9007199254740992)", &[("n=9007199254740993", true), ("n=9007199254740992", false)]);
    check("(eq $n 12345678901234567890)", &[("n=12345678901234567890", true)]);
    check("(eq $b true)", &[("b=true", true), ("b=True", false), ("b=1", false), ("b=false", false)]);
    check("(ne $b true)", &[("b=false", true), ("b=maybe", true), ("b=true", false), ("", false)]);
    check("(gt $b false)", &[("b=true", false)]);
    check("(gt $s \"b\")", &[("s=c", true), ("s=B", false), ("s=ba", true)]);
    check("(eq 65 $age)", &[("age=65", true)]);
    check("(gt 65 $age)", &[("age=64", true), ("age=66", false)]);
    check("(in $x [1, \"b\", true])", &[("x=1.0", true), ("x=b", true), ("x=true", true), ("x=2", false)]);
    check("(eq $s \"Ḽơᶉëᶆ\")", &[("s=Ḽơᶉëᶆ", true)]);
    check("(eq '$user-id' \"a\")", &[("user-id=a", true)]);
}

#[test]
fn times_are_points() {
    let after = "(gte $date 2012-03-04T05:06:07-08:00)";
    check(
        after,
        &[("date=2012-03-04T13:06:07Z", true), ("date=2012-03-04T13:06:06.999Z", false), ("date=soon", false)],
    );
    check("(eq $date 2024-01T)", &[("date=2024-01", true), ("date=2024-01-01T00:00:00Z", true), ("date=2024", true)]);
    check("(lt $date 2024-01-05)", &[("date=2024-01-04", true), ("date=2024-01-05", false)]);
}

#[test]
fn context_values_compare_with_each_other() {
    check("(eq $a $b)", &[("a=x b=x", true), ("a=1 b=1.0", true), ("a=x", false), ("", false)]);
    check("(lt $a $b)", &[("a=9 b=10", true), ("a=b9 b=b10", false)]);
    check("(contains $a $b)", &[("a=teapot b=pot", true), ("a=teapot", false)]);
}

#[test]
fn values_can_be_conditions() {
    check("(and true (eq $tier \"gold\"))", &[("tier=gold", true), ("tier=tin", false)]);
    check("(or $beta false)", &[("beta=true", true), ("beta=yes", false), ("", false)]);
}

#[test]
fn the_entity_is_a_value() {
    let rule = Rule::new("(and (exists key::\"entityId\") (in $entityId [\"victim-123\"]))", "flag").unwrap();
    assert!(rule.is_satisfied_by(&Context::new().with_entity_id("victim-123")));
    assert!(rule.is_satisfied_by(&Context::new().with("entityId", "victim-123")));
    assert!(!rule.is_satisfied_by(&Context::new().with("entityId", "victim-123").with_entity_id("other")));
    assert!(!rule.is_satisfied_by(&Context::new()));
}

#[test]
fn rules_from_the_wild_are_taken() {
    for rule in [
        r#"(and (eq $tier "vip") (split by::$userId pct::50 seed::"co"))"#,
        r#"(and (eq $tier "vip") (begins_with $env "prod"))"#,
        r#"(split by:: $loanId pct::20 seed:: "rollout-2026")"#,
        "// who\n(or /* either */ (eq $userId \"userB\")\n  (eq $userId \"userC\"))",
        r#"(split pct::0.5 by::$vid)"#,
    ] {
        assert!(Rule::new(rule, "flag").is_ok(), "{rule}");
    }
}

fn share(rules: &[&str], flag: &str) -> Vec<usize> {
    let rules: Vec<Rule> = rules.iter().map(|rule| Rule::new(rule, flag).unwrap()).collect();
    let mut shares = vec![0; rules.len() + 1];
    for n in 0..20_000 {
        let id = format!("id-{n}");
        let context = Context::new().with("uniqueId", &id);
        shares[rules.iter().position(|rule| rule.is_satisfied_by(&context)).unwrap_or(rules.len())] += 1;
    }
    shares
}

#[track_caller]
fn check_share(rules: &[&str], expected: &[f64]) {
    for (found, expected) in share(rules, "flag").into_iter().zip(expected) {
        let found = found as f64 / 200.0;
        assert!((found - expected).abs() < 1.0 && (*expected > 0.0 || found == 0.0), "{rules:?}: {found} %");
    }
}

#[test]
fn splits_share_a_bucket_unless_their_seeds_differ() {
    let (a, b) = ("(split by::$uniqueId pct::20)", "(split by::$uniqueId pct::25)");
    check_share(&[a], &[20.0, 80.0]);
    check_share(&[a, a], &[20.0, 0.0, 80.0]);
    check_share(&[a, b], &[20.0, 5.0, 75.0]);
    let one = "(split by::$uniqueId pct::20 seed::\"seed_one\")";
    let two = "(split by::$uniqueId pct::25 seed::\"seed_two\")";
    check_share(&[one, two], &[20.0, 20.0, 60.0]);
}

#[test]
fn a_split_without_a_seed_is_the_flags_own() {
    let rule = "(split by::$u pct::50)";
    let (here, there) = (Rule::new(rule, "here").unwrap(), Rule::new(rule, "there").unwrap());
    let seeded = Rule::new("(split by::$u pct::50 seed::\"s\")", "here").unwrap();
    let seeded_there = Rule::new("(split by::$u pct::50 seed::\"s\")", "there").unwrap();
    let mut differing = 0;
    for n in 0..1000 {
        let id = n.to_string();
        let context = Context::new().with("u", &id);
        let expected = hash::is_within(hash::position("flag:here", &id), 50.0);
        assert_eq!(here.is_satisfied_by(&context), expected);
        assert_eq!(seeded.is_satisfied_by(&context), seeded_there.is_satisfied_by(&context));
        differing += usize::from(here.is_satisfied_by(&context) != there.is_satisfied_by(&context));
    }
    assert!((400..600).contains(&differing), "{differing}");
}

#[test]
fn a_growing_split_loses_nobody() {
    for n in 0..200 {
        let position = hash::position("rollout", &n.to_string());
        let mut was_within = false;
        for tenth in 0..=1000 {
            let is_within = hash::is_within(position, f64::from(tenth) / 10.0);
            assert!(is_within || !was_within);
            was_within = is_within;
        }
        assert!(was_within);
    }
}

#[test]
fn matching_is_linear() {
    let rule = Rule::new(r#"(matches in::$a pattern::"^(a+)+$")"#, "flag").unwrap();
    let long = "a".repeat(50_000) + "b";
    assert!(!rule.is_satisfied_by(&Context::new().with("a", &long)));
    let huge = Rule::new(r#"(matches in::$a pattern::"(\\pL{500}){500}")"#, "flag").unwrap_err();
    assert_eq!(huge[0].reason, FaultReason::InvalidPattern);
}

#[test]
fn faults_have_positions() {
    let faults = Rule::new("(and\n  (eq $a 1)\n  (nope))", "flag").unwrap_err();
    assert_eq!((faults[0].position, faults[0].path.as_str()), (Some((3, 3)), ".and.2"));
    let faults = Rule::new("(and (eq $a 1)\n  (eq $b 2024-01))", "flag").unwrap_err();
    assert_eq!(faults[0].position, Some((2, 10)));
    let faults = Rule::new("(eq $a 1) (eq $b 2)", "flag").unwrap_err();
    assert_eq!((faults[0].position, faults[0].reason), (Some((1, 11)), FaultReason::NotAnExpression));
}

/// Found by fuzzing: the Ion reader panics at these.
#[test]
fn texts_at_which_the_ion_reader_panics_are_refused_before_it_sees_them() {
    for rule in [
        "(eq $66666666666666666666666666666666tieroliero (",
        "(d $333333333333333333333::/$:::(e",
        "$9999999999999999999999999999",
    ] {
        assert!(tidegate_flags::Rule::new(rule, "flag").is_err(), "{rule}");
    }
    // A number behind a $ in a string is nothing but a string.
    assert!(tidegate_flags::Rule::new("(eq $price \"$12345678901234567890\")", "flag").is_ok());
    let texts: [&[u8]; 3] =
        [b"beta::'*****'{\"enabled\xe9:tru@}'''", b"a::'\xdf'{\"enabled\":false}'shopsho", b"$99999999999"];
    for text in texts {
        assert!(tidegate_flags::FlagSet::from_ion(text).is_err(), "{text:?}");
    }
}
