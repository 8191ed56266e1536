//! The retrieval forms, and reading them back.
#![allow(missing_docs, reason = "tests")]

use ion_rs::Element;
use tidegate_flags::{Context, FlagSet, Reason, Unreadable, admit, render};

const NOW_MS: i64 = 1_803_888_000_250;

fn stored(content: &str) -> Vec<u8> {
    admit(content.as_bytes(), None, NOW_MS).unwrap_or_else(|refused| panic!("{refused:?}")).content
}

#[track_caller]
fn check(content: &str, json: &str, ion: Option<&str>) {
    let retrieval = render(&stored(content)).unwrap();
    assert_eq!(std::str::from_utf8(&retrieval.json).unwrap(), json);
    match (&retrieval.ion, ion) {
        (None, None) => {}
        (Some(found), Some(expected)) => {
            assert_eq!(found[..4], [0xe0, 0x01, 0x00, 0xea], "the version marker");
            assert_eq!(Element::read_all(found).unwrap(), Element::read_all(expected).unwrap());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_variants_there_is_json_only() {
    check(
        r#"{"version":"1","flags":{"on":{"attributes":{"limit":{},"a":{}}},"off":{"attributes":{"limit":{}}},"unset":{}},
            "values":{"on":{"enabled":true,"limit":5,"a":"<"},"off":{"enabled":false,"limit":5},"bare":{"_variants":[]}}}"#,
        r#"{"bare":{"enabled":false},"off":{"enabled":false},"on":{"a":"\u003c","enabled":true,"limit":5}}"#,
        None,
    );
    check(r#"{"version":"1","flags":{"unset":{}}}"#, "{}", None);
}

#[test]
fn variants_collapse_in_json_and_are_kept_in_ion() {
    check(
        r#"{"version":"1","flags":{"promo":{"attributes":{"storeId":{}}}},"values":{
            "promo":{"_variants":[
                {"name":"uk","enabled":true,"rule":"(eq $storeId \"uk\")","attributeValues":{"storeId":"uk"}},
                {"name":"ie","enabled":false,"rule":"(eq $storeId \"ie\")","attributeValues":{"storeId":"ie"}},
                {"name":"default","enabled":false,"attributeValues":{"storeId":"x"}}]},
            "basic":{"enabled":true},
            "plain":{"_variants":[{"name":"default","enabled":true}]}}}"#,
        r#"{"basic":{"enabled":true},"plain":{"_variant":"default","enabled":true},"promo":{"_variant":"default","enabled":false}}"#,
        Some(
            r#"basic::'''{"enabled":true}'''
            plain::['''{"_variant":"default","enabled":true}''']
            promo::[
                uk::[(eq $storeId "uk"), '''{"_variant":"uk","enabled":true,"storeId":"uk"}'''],
                ie::[(eq $storeId "ie"), '''{"_variant":"ie","enabled":false}'''],
                '''{"_variant":"default","enabled":false}''']"#,
        ),
    );
}

#[test]
fn an_enabled_default_keeps_its_attributes_in_json() {
    check(
        r#"{"version":"1","flags":{"f":{"attributes":{"n":{}}}},"values":{"f":{"_variants":[
            {"name":"a b","enabled":true,"rule":"(split pct::1.5 by::$u seed::\"s\")","attributeValues":{"n":[1,2]}},
            {"name":"rest","enabled":true,"attributeValues":{"n":[3]}}]}}}"#,
        r#"{"f":{"_variant":"rest","enabled":true,"n":[3]}}"#,
        Some(
            r#"f::['a b'::[(split pct::1.5 by::$u seed::"s"), '''{"_variant":"a b","enabled":true,"n":[1,2]}'''],
                '''{"_variant":"rest","enabled":true,"n":[3]}''']"#,
        ),
    );
}

fn bytes(hex: &str) -> Vec<u8> {
    let hex: String = hex.split_whitespace().collect();
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// Section F.7 of the specification: the layout in which AWS sends Ion, with its unpublished symbol tables.
const AWS: &str = "e00100ea
    eebe8183deba86be99db84836f7073852101882117dc8484616e6e7385210188210c
    87be9b8570726f6d6f82756b882473746f7265496482696585706c61696e
    ee019d81adbe0198eebd81aebeb9c7710d712f82756b8eaf7b225f76617269616e74223a22756b222c22656e61626c6564223a747275652c2273746f72654964223a22756b227d
    eeaf81b0beabc7710d712f8269658ea17b225f76617269616e74223a226965222c22656e61626c6564223a66616c73657d
    8ea67b225f76617269616e74223a2264656661756c74222c22656e61626c6564223a66616c73657d
    eeab81b1bea78ea57b225f76617269616e74223a2264656661756c74222c22656e61626c6564223a747275657d";

#[test]
fn what_aws_sends_is_read() {
    let flags = FlagSet::from_ion(&bytes(AWS)).unwrap();
    assert_eq!(flags.keys().collect::<Vec<_>>(), ["plain", "promo"]);
    let promo = |store: &str| {
        let context = Context::new().with("storeId", store);
        String::from_utf8(flags.evaluate("promo", &context).unwrap().json.to_vec()).unwrap()
    };
    assert_eq!(promo("uk"), r#"{"_variant":"uk","enabled":true,"storeId":"uk"}"#);
    assert_eq!(promo("ie"), r#"{"_variant":"ie","enabled":false}"#);
    assert_eq!(promo("de"), r#"{"_variant":"default","enabled":false}"#);
}

const LOCAL: &str = r#"
'colorway'::[
  [
    (contains $userId "beta"),
    '''{"_variant": "BetaTesters", "enabled": true, "background": "blue", "foreground": "red"}''',
  ],
  [
    (split by::$userId pct::0),
    '''{"_variant": "SplitRollOutRedAndBlue", "enabled": true, "background": "blue", "foreground": "red"}''',
  ],
  '''{"_variant": "default", "enabled": true, "background": "green", "foreground": "green"}''',
]
'simple_feature'::[
  [ (contains $userId "beta"), '''{"_variant": "BetaTesters", "enabled": true}''' ],
  '''{"_variant": "default", "enabled": false}'''
]
'button_color'::'''{"enabled": true, "color": "orange"}'''
"#;

#[test]
fn local_ion_files_are_read() {
    let flags = FlagSet::from_ion(LOCAL.as_bytes()).unwrap();
    let check = |flag: &str, context: &Context<'_>, variant: Option<&str>, enabled: bool, reason: Reason| {
        let found = flags.evaluate(flag, context).unwrap();
        assert_eq!((found.variant, found.enabled, found.reason), (variant, enabled, reason), "{flag}");
    };
    let beta = Context::new().with("userId", "beta-7");
    check("colorway", &beta, Some("BetaTesters"), true, Reason::Targeting);
    check("simple_feature", &beta, Some("BetaTesters"), true, Reason::Targeting);
    check("button_color", &beta, None, true, Reason::Static);
    check("colorway", &Context::new(), Some("default"), true, Reason::Default);
    check("simple_feature", &Context::new(), Some("default"), false, Reason::Default);
    assert_eq!(flags.evaluate("nothing", &beta), None);
    let some = flags.evaluate_many(&["simple_feature", "button_color"], &beta).unwrap();
    assert_eq!(
        String::from_utf8(some).unwrap(),
        r#"{"button_color":{"color":"orange","enabled":true},"simple_feature":{"_variant":"BetaTesters","enabled":true}}"#
    );
    assert_eq!(flags.evaluate_many(&["button_color", "nothing"], &beta), None);
    assert_eq!(flags.evaluate_many(&[], &beta).unwrap().iter().filter(|byte| **byte == b'{').count(), 4);
}

#[test]
fn retrieval_json_is_read() {
    let content = br#"{"logger":{"level":"INFO","enabled":true},"switch":{"enabled":false},"v":{"_variant":"d","enabled":false}}"#;
    let flags = FlagSet::from_retrieval_json(content).unwrap();
    assert_eq!(flags.len(), 3);
    assert_eq!(flags.evaluate("logger", &Context::new()).unwrap().json, br#"{"enabled":true,"level":"INFO"}"#);
    assert_eq!(flags.evaluate("v", &Context::new()).unwrap().variant, Some("d"));
    assert!(FlagSet::from_retrieval_json(b"[]").is_err());
    assert!(FlagSet::from_retrieval_json(br#"{"a":true}"#).is_err());
}

#[test]
fn what_is_not_a_document_is_refused() {
    let ion = |text: &str| FlagSet::from_ion(text.as_bytes()).unwrap_err();
    assert!(matches!(ion("f::["), Unreadable::NotIon(_)));
    assert!(matches!(ion("'''{}'''"), Unreadable::NotAFlag { .. }));
    assert!(matches!(ion("f::[]"), Unreadable::NotAFlag { .. }));
    assert!(matches!(ion("f::7"), Unreadable::NotAFlag { .. }));
    assert!(matches!(ion("f::[[(eq $a 1)], '''{}''']"), Unreadable::NotAFlag { .. }));
    assert!(matches!(ion("f::[[(eq $a), '''{}'''], '''{}''']"), Unreadable::Rule { .. }));
    assert!(matches!(ion("$ion_1_1 f::'''{}'''"), Unreadable::NotIon(_)));
    assert_eq!(ion(&"[".repeat(100_000)), Unreadable::TooDeep);
    let mut deep = vec![0xe0, 0x01, 0x00, 0xea];
    let mut nested = Vec::new();
    for _ in 0..1000 {
        let mut length = vec![0xbe];
        let size: usize = nested.len();
        length.extend([u8::try_from(size >> 14).unwrap(), u8::try_from(size >> 7 & 0x7f).unwrap(), 0]);
        length[3] = u8::try_from(size & 0x7f).unwrap() | 0x80;
        length.extend(&nested);
        nested = length;
    }
    deep.extend(nested);
    assert_eq!(FlagSet::from_ion(&deep).unwrap_err(), Unreadable::TooDeep);
    assert!(matches!(FlagSet::from_ion(&[0xe0, 0x01, 0x00, 0xea, 0xbe, 0x05]).unwrap_err(), Unreadable::NotIon(_)));
    assert_eq!(render(b"{}").unwrap_err(), Unreadable::NotAuthoring);
}

#[test]
fn the_deepest_rule_survives_the_ion_form() {
    let rule = "(not ".repeat(63) + "(exists key::\\\"a\\\")" + &")".repeat(63);
    let content = format!(
        r#"{{"version":"1","values":{{"f":{{"_variants":[{{"name":"a","enabled":true,"rule":"{rule}"}},{{"name":"b"}}]}}}}}}"#
    );
    let ion = render(&stored(&content)).unwrap().ion.unwrap();
    let flags = FlagSet::from_ion(&ion).unwrap();
    assert_eq!(flags.evaluate("f", &Context::new()).unwrap().variant, Some("a"));
}
