//! What holds for any document, any rule and any bytes.
#![allow(missing_docs, reason = "tests")]

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};
use tidegate_flags::{Context, FlagSet, admit, fuzz, render};

fn context_key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["tier", "age", "date", "beta", "entityId"])
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["gold", "", "<&>", "ž", "70"]).prop_map(|text| serde_json::to_string(text).unwrap()),
        (-100i64..100).prop_map(|number| number.to_string()),
        (-100i32..100).prop_map(|number| format!("{:.2}", f64::from(number) / 7.0)),
        any::<bool>().prop_map(|boolean| boolean.to_string()),
        Just("2027-03-01T08:00:00+01:00".to_owned()),
        Just("1.5e3".to_owned()),
    ]
}

fn operand() -> impl Strategy<Value = String> {
    prop_oneof![3 => context_key().prop_map(|key| format!("${key}")), 1 => literal()]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![context_key().prop_map(|key| format!("${key}")), Just("\"go\"".to_owned()), Just("\"7\"".to_owned())]
}

fn rule() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (prop::sample::select(vec!["eq", "ne", "gt", "gte", "lt", "lte"]), operand(), operand())
            .prop_map(|(name, left, right)| format!("({name} {left} {right})")),
        (prop::sample::select(vec!["begins_with", "ends_with", "contains"]), text(), text())
            .prop_map(|(name, left, right)| format!("({name} {left} {right})")),
        (operand(), vec(literal(), 0..4)).prop_map(|(value, list)| format!("(in {value} [{}])", list.join(", "))),
        (text(), prop::sample::select(vec!["o.d", "^7", "\\\\d+$"]))
            .prop_map(|(text, pattern)| format!("(matches in::{text} pattern::\"{pattern}\")")),
        context_key().prop_map(|key| format!("(exists key::\"{key}\")")),
        (context_key(), 0u32..=1000, prop::option::of("[a-z]{0,4}")).prop_map(|(key, tenths, seed)| {
            let seed = seed.map(|seed| format!(" seed::\"{seed}\"")).unwrap_or_default();
            format!("(split pct::{}.{} by::${key}{seed})", tenths / 10, tenths % 10).replace("100.0", "100")
        }),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (prop::sample::select(vec!["and", "or"]), vec(inner.clone(), 2..4))
                .prop_map(|(name, conditions)| format!("({name} {})", conditions.join("\n  "))),
            inner.prop_map(|condition| format!("(not {condition})")),
        ]
    })
}

fn attribute_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        (-1e9f64..1e9).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        vec("[<>&a-z]{0,4}", 0..4).prop_map(|texts| json!(texts)),
        vec(any::<i32>(), 0..4).prop_map(|numbers| json!(numbers)),
    ]
}

fn flag_value() -> impl Strategy<Value = Value> {
    let attributes = || btree_map("[a-d]", attribute_value(), 0..3);
    prop_oneof![
        (any::<bool>(), attributes()).prop_map(|(enabled, attributes)| {
            let mut value = json!(attributes);
            value["enabled"] = enabled.into();
            value
        }),
        vec((any::<bool>(), attributes(), rule(), "\\PC{0,6}"), 1..5).prop_map(|variants| {
            let last = variants.len() - 1;
            let variants = variants.into_iter().enumerate().map(|(index, (enabled, attributes, rule, name))| {
                let mut variant =
                    json!({"name": format!("{index}{name}"), "enabled": enabled, "attributeValues": attributes});
                if index < last {
                    variant["rule"] = rule.into();
                }
                variant
            });
            json!({"_variants": variants.collect::<Vec<_>>()})
        }),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    btree_map("[a-z][a-zA-Z0-9_-]{0,6}", flag_value(), 0..5).prop_map(|values| {
        let attributes = json!({"a": {}, "b": {}, "c": {}, "d": {}});
        let flags: serde_json::Map<String, Value> =
            values.keys().map(|key| (key.clone(), json!({"attributes": attributes}))).collect();
        json!({"version": "1", "flags": flags, "values": values})
    })
}

fn value() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop_oneof![
        prop::sample::select(vec!["gold", "", "70", "-3.5", "true", "2027-03-01", "ž", "NaN"]).prop_map(str::to_owned),
        "[a-z0-9]{1,6}",
    ])
}

proptest! {
    #[test]
    fn a_document_says_the_same_in_every_form(document in document(), values in vec(value(), 5)) {
        let admitted = admit(document.to_string().as_bytes(), None, 1_803_888_000_250);
        let content = admitted.map_err(|refused| TestCaseError::fail(format!("{refused:?}")))?.content;
        let again = admit(&content, Some(&content), 1_803_888_000_999).unwrap();
        prop_assert!(again.is_same_as_latest);
        let retrieval = render(&content).unwrap();
        let authored = FlagSet::from_authoring(&content).unwrap();
        let from_json = FlagSet::from_retrieval_json(&retrieval.json).unwrap();
        let from_ion = FlagSet::from_ion(retrieval.ion.as_deref().unwrap_or(b"")).unwrap();
        let mut context = Context::new();
        for (key, value) in ["tier", "age", "date", "beta", "entityId"].iter().zip(&values) {
            if let Some(value) = value {
                context.set(key, value);
            }
        }
        prop_assert_eq!(authored.len(), document["values"].as_object().unwrap().len());
        for key in authored.keys() {
            let direct = authored.evaluate(key, &context).unwrap();
            let has_variants = document["values"][key].get("_variants").is_some();
            let variants = document["values"][key]["_variants"].as_array().map_or(0, Vec::len);
            if retrieval.ion.is_some() {
                prop_assert_eq!(from_ion.evaluate(key, &context), Some(direct));
            }
            if variants <= 1 {
                let read = from_json.evaluate(key, &context).unwrap();
                prop_assert_eq!((read.json, read.variant, read.enabled), (direct.json, direct.variant, direct.enabled));
            }
            let object: Value = serde_json::from_slice(direct.json).unwrap();
            prop_assert_eq!(object.get("_variant").is_some(), has_variants);
            prop_assert_eq!(&object["enabled"], &json!(direct.enabled));
        }
        fuzz::document(document.to_string().as_bytes());
    }

    #[test]
    fn no_bytes_make_anything_panic(bytes in vec(any::<u8>(), 0..200)) {
        fuzz::document(&bytes);
        fuzz::rule(&bytes);
        fuzz::ion(&bytes);
        let mut binary = vec![0xe0, 0x01, 0x00, 0xea];
        binary.extend(&bytes);
        fuzz::ion(&binary);
    }

    #[test]
    fn no_text_like_a_rule_makes_anything_panic(text in "[()\\[\\]{}$a-e:\"'0-9.T \\n/*-]{0,60}") {
        fuzz::rule(text.as_bytes());
        fuzz::ion(text.as_bytes());
        fuzz::ion(format!("f::[[{text}, '''{{}}'''], '''{{}}''']").as_bytes());
    }

    #[test]
    fn no_damage_to_a_document_makes_anything_panic(
        document in document(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut text = document.to_string().into_bytes();
        let place = at.index(text.len());
        text[place] = byte;
        fuzz::document(&text);
        let content = admit(document.to_string().as_bytes(), None, 0).unwrap().content;
        if let Some(mut ion) = render(&content).unwrap().ion {
            let place = at.index(ion.len());
            ion[place] = byte;
            fuzz::ion(&ion);
            ion.truncate(cut.index(ion.len()));
            fuzz::ion(&ion);
        }
    }

    #[test]
    fn a_rule_is_satisfied_or_not_and_never_panics(rule in rule()) {
        fuzz::rule(rule.as_bytes());
        prop_assert!(tidegate_flags::Rule::new(&rule, "f").is_ok(), "{}", rule);
    }
}
