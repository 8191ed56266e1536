//! What becomes of documents that authors send.
#![allow(missing_docs, reason = "tests")]

use tidegate_flags::{Detail, Refused, admit, limits};

/// 2027-03-01T08:00:00.25Z
const NOW_MS: i64 = 1_803_888_000_250;
const NOW: &str = "2027-03-01T08:00:00.25Z";
const LATER_MS: i64 = NOW_MS + 1000;
const LATER: &str = "2027-03-01T08:00:01.25Z";

/// Admits a document; `@` stands for the two timestamps of now.
#[track_caller]
fn check(content: &str, stored: &str) {
    let admitted = admit(content.as_bytes(), None, NOW_MS).unwrap_or_else(|refused| panic!("{refused:?}"));
    let times = format!(r#""_createdAt":"{NOW}","_updatedAt":"{NOW}""#);
    assert_eq!(std::str::from_utf8(&admitted.content).unwrap(), stored.replace('@', &times));
    assert!(!admitted.is_same_as_latest);
}

#[track_caller]
fn details(content: &str) -> Vec<Detail> {
    match admit(content.as_bytes(), None, NOW_MS) {
        Err(Refused::Invalid(details)) => details,
        other => panic!("{other:?}"),
    }
}

/// Each detail as `constraint location type value reason`.
#[track_caller]
fn refuse(content: &str, expected: &[&str]) {
    let found: Vec<String> = details(content)
        .into_iter()
        .map(|detail| {
            let reason = detail.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
            format!("{} {} {} {}{reason}", detail.constraint, detail.location, detail.kind.as_str(), detail.value)
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn documents_are_sorted_minified_and_stamped() {
    check(
        r#"{"version": "1", "values": {"zebra": {"speed": 4, "enabled": true, "colors": ["b", "a"]}},
            "flags": {"zebra": {"name": "Zebra", "attributes": {
                "speed": {"constraints": {"type": "number", "minimum": 1, "maximum": 9}},
                "colors": {"constraints": {"type": "array", "elements": {"type": "string", "enum": ["a", "b"]}}}}}}}"#,
        concat!(
            r#"{"flags":{"zebra":{@,"attributes":{"colors":{"constraints":{"elements":{"enum":["a","b"],"#,
            r#""type":"string"},"type":"array"}},"speed":{"constraints":{"maximum":9,"minimum":1,"type":"number"}}},"#,
            r#""name":"Zebra"}},"values":{"zebra":{@,"colors":["b","a"],"enabled":true,"speed":4}},"version":"1"}"#
        ),
    );
}

#[test]
fn what_the_service_does_not_know_is_dropped() {
    check(r#"{"version":"1","owner":"me"}"#, r#"{"version":"1"}"#);
    check(r#"{"version":"1","flags":{},"values":{}}"#, r#"{"version":"1"}"#);
    check(r#"{"version":"1","flags":null,"values":null}"#, r#"{"version":"1"}"#);
    check(
        r#"{"version":"1","flags":{"bare":{"owner":"me","attributes":{},"description":null}}}"#,
        r#"{"flags":{"bare":{@}},"version":"1"}"#,
    );
    check(
        r#"{"version":"1","values":{"v":{"_variants":[{"name":"only","enabled":true,"rule":"","color":1}]}}}"#,
        r#"{"values":{"v":{@,"_variants":[{"enabled":true,"name":"only"}]}},"version":"1"}"#,
    );
}

#[test]
fn enabled_is_coerced_as_go_parses_booleans() {
    let value = |enabled: &str| format!(r#"{{"version":"1","values":{{"f":{{"enabled":{enabled}}}}}}}"#);
    for (spelling, enabled) in [
        ("true", true),
        (r#""true""#, true),
        (r#""TRUE""#, true),
        (r#""True""#, true),
        (r#""t""#, true),
        (r#""T""#, true),
        (r#""1""#, true),
        ("false", false),
        (r#""false""#, false),
        (r#""FALSE""#, false),
        (r#""f""#, false),
        (r#""0""#, false),
        ("null", false),
    ] {
        let stored = format!(r#"{{"values":{{"f":{{@,"enabled":{enabled}}}}},"version":"1"}}"#);
        check(&value(spelling), &stored);
    }
    check(r#"{"version":"1","values":{"f":{}}}"#, r#"{"values":{"f":{@,"enabled":false}},"version":"1"}"#);
    check(r#"{"version":"1","values":{"f":{"_variants":[]}}}"#, r#"{"values":{"f":{@}},"version":"1"}"#);
    refuse(&value(r#""yes""#), &["AttributeType(boolean) values.f.enabled Invalid yes"]);
    refuse(&value(r#""tRUE""#), &["AttributeType(boolean) values.f.enabled Invalid tRUE"]);
    refuse(&value("1"), &["AttributeType(boolean) values.f.enabled Invalid 1"]);
}

#[test]
fn texts_are_escaped_for_html() {
    check(
        r#"{"version":"1","flags":{"f":{"attributes":{"t":{}}}},"values":{"f":{"enabled":true,"t":"<a> & b"}}}"#,
        r#"{"flags":{"f":{@,"attributes":{"t":{}}}},"values":{"f":{@,"enabled":true,"t":"\u003ca\u003e \u0026 b"}},"version":"1"}"#,
    );
}

#[test]
fn an_entry_keeps_its_times_until_it_changes() {
    let text = |content: &[u8]| String::from_utf8(content.to_vec()).unwrap();
    let first =
        admit(br#"{"version":"1","flags":{"a":{"name":"A"},"b":{}},"values":{"a":{"enabled":true}}}"#, None, NOW_MS)
            .unwrap();
    let same = admit(
        br#"{"values":{"a":{"enabled":"1"}},"flags":{"b":{},"a":{"name":"A","x":1}},"version":"1"}"#,
        Some(&first.content),
        LATER_MS,
    )
    .unwrap();
    assert!(same.is_same_as_latest);
    assert_eq!(same.content, first.content);

    let changed = admit(
        br#"{"version":"1","flags":{"a":{"name":"A"}},"values":{"a":{"enabled":false}}}"#,
        Some(&first.content),
        LATER_MS,
    )
    .unwrap();
    assert!(!changed.is_same_as_latest);
    assert_eq!(
        text(&changed.content),
        format!(
            concat!(
                r#"{{"flags":{{"a":{{"_createdAt":"{now}","_updatedAt":"{now}","name":"A"}}}},"#,
                r#""values":{{"a":{{"_createdAt":"{now}","_updatedAt":"{later}","enabled":false}}}},"version":"1"}}"#
            ),
            now = NOW,
            later = LATER,
        )
    );
    // `b` was not in the latest version: it is new again.
    let added = admit(br#"{"version":"1","flags":{"b":{}}}"#, Some(&changed.content), LATER_MS).unwrap();
    assert!(text(&added.content).contains(&format!(r#""b":{{"_createdAt":"{LATER}""#)));
}

#[test]
fn a_number_that_is_spelled_differently_is_no_change() {
    let content = |least: &str, limit: &str| {
        format!(
            r#"{{"version":"1","flags":{{"f":{{"attributes":{{"limit":{{"constraints":{{"type":"number","minimum":{least}}}}}}}}}}},"values":{{"f":{{"enabled":true,"limit":{limit}}}}}}}"#
        )
    };
    let first = admit(content("1.0", "5.0").as_bytes(), None, NOW_MS).unwrap();
    for again in [content("1.0", "5.0"), content("1", "5"), content("1e0", "50e-1")] {
        let again = admit(again.as_bytes(), Some(&first.content), LATER_MS).unwrap();
        assert!(again.is_same_as_latest);
    }
}

#[test]
fn a_supplied_creation_time_wins_and_a_supplied_update_time_does_not() {
    let content = r#"{"version":"1","flags":{"a":{"_createdAt":"2001-02-03T04:05:06.700Z","_updatedAt":"2001-02-03T04:05:06Z"}}}"#;
    let admitted = admit(content.as_bytes(), None, NOW_MS).unwrap();
    let expected =
        format!(r#"{{"flags":{{"a":{{"_createdAt":"2001-02-03T04:05:06.7Z","_updatedAt":"{NOW}"}}}},"version":"1"}}"#);
    assert_eq!(String::from_utf8(admitted.content).unwrap(), expected);
    let bad = r#"{"version":"1","values":{"a":{"enabled":true,"_updatedAt":"2001-02-03"}}}"#;
    assert_eq!(
        admit(bad.as_bytes(), None, NOW_MS),
        Err(Refused::BadTimestamp { location: "values.a._updatedAt".into(), value: "2001-02-03".into() })
    );
}

#[test]
fn what_is_no_json_object_is_malformed() {
    for content in ["", "{", "[]", "null", "\"1\"", "{\"version\":\"1\"} {}", "\u{feff}{}"] {
        assert_eq!(admit(content.as_bytes(), None, NOW_MS), Err(Refused::Malformed), "{content}");
    }
    assert_eq!(admit(b"{\"version\":\"\xff\"}", None, NOW_MS), Err(Refused::Malformed));
    let deep = format!(r#"{{"version":"1","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(admit(deep.as_bytes(), None, NOW_MS), Err(Refused::Malformed));
    let large = vec![b' '; limits::DOCUMENT_BYTES + 1];
    assert_eq!(admit(&large, None, NOW_MS), Err(Refused::TooLarge { size: large.len() }));
    let message = Refused::Malformed.message();
    assert_eq!(message, "Error invoking extension AppConfig Feature Flags Helper: Malformed 'Content' provided");
}

const LAMP: &str = r#"{"version":"1","flags":{"lamp":{"attributes":{
    "hue":{"constraints":{"type":"string","required":true,"enum":["red","blue"]}},
    "watts":{"constraints":{"type":"number","minimum":1,"maximum":60}},
    "dim":{"constraints":{"type":"boolean"}},
    "rooms":{"constraints":{"type":"array","elements":{"type":"string","pattern":"^[a-z]+$"}}}}}},
    "values":{"lamp":{"enabled":false,VALUE}}}"#;

const LAMP_DUMP: &str = concat!(
    r#"{"dim":{"Constraints":{"Type":"boolean","Maximum":null},"Description":""},"#,
    r#""hue":{"Constraints":{"Type":"string","Required":true,"Maximum":null,"Enum":["red","blue"]},"Description":""},"#,
    r#""rooms":{"Constraints":{"Type":"array","Maximum":null,"Elements":{"Type":"string","Maximum":null,"#,
    r#""Pattern":"^[a-z]+$"}},"Description":""},"#,
    r#""watts":{"Constraints":{"Type":"number","Minimum":1,"Maximum":60},"Description":""}}"#
);

#[test]
fn constraints_are_enforced_even_if_the_flag_is_off() {
    let check = |value: &str, expected: &[&str]| refuse(&LAMP.replace("VALUE", value), expected);
    check(r#""hue":"green""#, &["OneOf(red, blue) values.lamp.hue NotSatisfied green"]);
    check(r#""hue":"red","watts":0"#, &["FloatGTE(1) values.lamp.watts NotSatisfied 0"]);
    check(r#""hue":"red","watts":60.5"#, &["FloatLTE(60) values.lamp.watts NotSatisfied 60.5"]);
    check(r#""hue":"red","watts":"2""#, &["AttributeType(number) values.lamp.watts NotSatisfied 2"]);
    check(r#""hue":"red","dim":"true""#, &["AttributeType(boolean) values.lamp.dim NotSatisfied true"]);
    check(r#""hue":"red","rooms":["ok","NO"]"#, &["Regexp(^[a-z]+$) values.lamp.rooms.1 NotSatisfied NO"]);
    check(r#""hue":"red","rooms":["ok",3]"#, &["ElementType(string) values.lamp.rooms.1 NotSatisfied 3"]);
    let missing = [
        "FloatLTE(60) values.lamp.watts NotSatisfied 61",
        &format!("Not(IsZero([])) values.lamp.attributes NotSatisfied {LAMP_DUMP}"),
        concat!(
            r#"Entries values.lamp.attributes.hue NotSatisfied {"Key":"hue","Value":{"Constraints":{"Type":"string","#,
            r#""Required":true,"Maximum":null,"Enum":["red","blue"]},"Description":""}}"#
        ),
    ];
    check(r#""watts":61"#, &missing);
    let accepted = LAMP.replace("VALUE", r#""hue":"red","watts":2,"dim":true,"rooms":[]"#);
    assert!(admit(accepted.as_bytes(), None, NOW_MS).is_ok());
}

#[test]
fn attributes_need_a_definition_and_values_do_not() {
    refuse(
        r#"{"version":"1","values":{"f":{"enabled":true,"attr":"abc"}}}"#,
        &[r#"Satisfies(map[]) values.f.attr NotSatisfied {"Key":"attr","Value":"abc"}"#],
    );
    refuse(
        r#"{"version":"1","flags":{"f":{"attributes":{"color":{"constraints":{"type":"string"}}}}},
            "values":{"f":{"enabled":true,"extra":["x"]}}}"#,
        &[concat!(
            "Satisfies(map[color:{{string <nil> {<nil> <nil>} {<nil> <nil>} {<nil>}} }]) values.f.extra NotSatisfied ",
            r#"{"Key":"extra","Value":["x"]}"#
        )],
    );
    check(r#"{"version":"1","values":{"f":{"enabled":true}}}"#, r#"{"values":{"f":{@,"enabled":true}},"version":"1"}"#);
}

#[test]
fn the_version_must_be_1() {
    refuse("{}", &["Required version NotSatisfied "]);
    refuse(r#"{"version":"2"}"#, &["OneOf(1) version NotSatisfied 2"]);
}

fn with_variants(variants: &str) -> String {
    format!(r#"{{"version":"1","values":{{"shop":{{"_variants":[{variants}]}}}}}}"#)
}

#[test]
fn the_last_variant_and_only_it_is_without_a_rule() {
    refuse(
        &with_variants(r#"{"name":"gold","enabled":true,"rule":"(eq $tier \"gold\")"}"#),
        &[r#"Empty values.shop._variants.variants.gold.rule NotSatisfied (eq $tier "gold")"#],
    );
    refuse(
        &with_variants(r#"{"name":"first","enabled":true},{"name":"rest","enabled":false}"#),
        &["NonEmpty values.shop._variants.variants.first.rule NotSatisfied "],
    );
}

#[test]
fn variants_have_names_of_their_own_and_the_flag_has_nothing_beside_them() {
    refuse(
        &with_variants(r#"{"name":"x","enabled":true,"rule":"(exists key::\"a\")"},{"name":"x"}"#),
        &[concat!(
            "UniqueVariantNames values.shop._variants.variants.variants NotSatisfied ",
            r#"[{"Enabled":true,"Name":"x","AttributeValues":null,"Rule":"(exists key::\"a\")","Attributes":{}},"#,
            r#"{"Enabled":false,"Name":"x","AttributeValues":null,"Rule":"","Attributes":{}}]"#
        )],
    );
    refuse(
        r#"{"version":"1","values":{"shop":{"enabled":true,"_variants":[{"name":"rest","enabled":false}]}}}"#,
        &[&format!(
            concat!(
                r#"StrictVariants values.shop NotSatisfied {{"Key":"shop","Value":{{"CreatedAt":"{now}","#,
                r#""UpdatedAt":"{now}","Enabled":true,"AttributeValues":{{}},"Attributes":{{}},"Variants":["#,
                r#"{{"Enabled":false,"Name":"rest","AttributeValues":null,"Rule":"","Attributes":{{}}}}]}}}}"#
            ),
            now = NOW
        )],
    );
}

#[test]
fn bad_rules_are_refused_in_the_services_manner() {
    let check = |rule: &str, faults: &[(&str, &str)]| {
        let text = serde_json::to_string(rule).unwrap();
        let variants = format!(r#"{{"name":"a","enabled":true,"rule":{text}}},{{"name":"b","enabled":false}}"#);
        let at = "values.shop._variants.0.rule";
        let mut expected = vec![format!("Empty {at} NotSatisfied {rule}")];
        expected
            .extend(faults.iter().map(|(path, reason)| format!("RuleIsValid {at}{path} NotSatisfied {rule} {reason}")));
        refuse(&with_variants(&variants), &expected.iter().map(String::as_str).collect::<Vec<_>>());
    };
    check("just-words", &[("", "NotAnExpression")]);
    check("true", &[("", "NotAnExpression")]);
    check("$tier", &[("", "NotAnExpression")]);
    check(r#"(nope $tier "gold")"#, &[("", "UnknownSymbol")]);
    check("(eq $tier)", &[(".eq", "TooFewOperands")]);
    check("(gt $date 2024-01)", &[(".gt", "TooFewOperands")]);
    check("(and (eq $a 1) (eq $b))", &[(".and.2.eq", "TooFewOperands")]);
    check(
        "(or (eq $a 1 2) (nope) 5)",
        &[(".or.1.eq", "TooManyOperands"), (".or.2", "UnknownSymbol"), (".or.3", "InvalidOperand")],
    );
    check(r#"(matches in::$a pattern::"(")"#, &[(".matches.pattern", "InvalidPattern")]);
    check("(split by::$a pct::101)", &[(".split.pct", "InvalidPercentage")]);
    check("(exists key::$a)", &[(".exists.key", "InvalidOperand")]);
    check("(split by::$a)", &[(".split", "TooFewOperands")]);
    check("(split by::$a pct::1 sed::\"x\")", &[(".split.3", "UnknownOperand")]);
    check("(in $a \"b\")", &[(".in.2", "InvalidOperand")]);
    check("(eq tier 1)", &[(".eq.1", "InvalidOperand")]);
}

#[test]
fn more_than_32_variants_are_accepted() {
    let mut variants: Vec<String> =
        (0..40).map(|n| format!(r#"{{"name":"v{n}","enabled":true,"rule":"(eq $n {n})"}}"#)).collect();
    variants.push(r#"{"name":"rest","enabled":false}"#.into());
    assert!(admit(with_variants(&variants.join(",")).as_bytes(), None, NOW_MS).is_ok());
}

#[test]
fn limits_are_kept() {
    let long = "x".repeat(1025);
    refuse(
        &format!(r#"{{"version":"1","flags":{{"Bad":{{"name":"{}","description":"{long}"}}}}}}"#, "n".repeat(65)),
        &[
            r"Regexp(^[a-z][a-zA-Z\d_-]{0,63}$) flags.Bad NotSatisfied Bad",
            &format!(r"Regexp(^[^\n]{{1,64}}$) flags.Bad.name NotSatisfied {}", "n".repeat(65)),
            &format!("MaxLength(1024) flags.Bad.description NotSatisfied {long}"),
        ],
    );
    let flags: Vec<String> = (0..500).map(|n| format!(r#""F{n}":{{}}"#)).collect();
    let many = details(&format!(r#"{{"version":"1","flags":{{{}}}}}"#, flags.join(",")));
    assert_eq!(many.len(), limits::DETAILS);
    let huge = details(&format!(r#"{{"version":"{}"}}"#, "é".repeat(100_000)));
    assert!(huge[0].value.len() <= limits::DETAIL_VALUE_BYTES && huge[0].value.ends_with("..."));
}

#[test]
fn hostile_documents_take_linear_time() {
    // Were every variant printed with every definition, these would take gigabytes.
    let attributes: Vec<String> =
        (0..25).map(|n| format!(r#""a{n}":{{"description":"{}"}}"#, "d".repeat(1000))).collect();
    let variants = vec![r#"{"name":"same","enabled":true}"#; 50_000].join(",");
    let content = format!(
        r#"{{"version":"1","flags":{{"f":{{"attributes":{{{}}}}}}},"values":{{"f":{{"enabled":true,"_variants":[{variants}]}}}}}}"#,
        attributes.join(",")
    );
    assert_eq!(details(&content).len(), limits::DETAILS);
}
