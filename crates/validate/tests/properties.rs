//! Arbitrary schemas and documents: an answer for each, and the library's own verdict where both can give one.

use proptest::prelude::*;
use serde_json::{Value, json};
use tidegate_validate::{Draft, check, fuzz};

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-3..4_i64).prop_map(Value::from),
        (-4..4_i32).prop_map(|number| json!(f64::from(number) / 2.0)),
        "[ab/~]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab/~]{1}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A keyword; `bad` more values are taken from the end of the lists, where those stand that no schema may have.
fn keyword(inner: BoxedStrategy<Value>, bad: usize) -> BoxedStrategy<(String, Value)> {
    let with = |name: &'static str, value: BoxedStrategy<Value>| value.prop_map(move |value| (name.to_owned(), value));
    let many = prop::collection::vec(inner.clone(), 1..3).prop_map(Value::from).boxed();
    let named = prop::collection::btree_map("[ab/~]{1}", inner.clone(), 0..3)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
        .boxed();
    let count = (0..4_u32).prop_map(Value::from).boxed();
    let one_of = |good: usize, all: &[&'static str]| {
        prop::sample::select(all[..good + bad.min(all.len() - good)].to_vec()).prop_map(Value::from).boxed()
    };
    let types = one_of(7, &["array", "boolean", "integer", "null", "number", "object", "string", "what"]);
    prop_oneof![
        with("type", types),
        with("minLength", count.clone()),
        with("maxItems", count.clone()),
        with("minProperties", count.clone()),
        with("minimum", count.clone()),
        with("multipleOf", count),
        with("uniqueItems", any::<bool>().prop_map(Value::from).boxed()),
        with("enum", prop::collection::vec(document(), 1..3).prop_map(Value::from).boxed()),
        with("required", Just(json!(["a"])).boxed()),
        with("pattern", one_of(3, &["^a", "b$", "", "[", "(?=a)"])),
        with("$ref", one_of(3, &["#/definitions/a", "#/properties/b", "#", "x"])),
        with("properties", named.clone()),
        with("definitions", named.clone()),
        with("dependencies", named.clone()),
        with("patternProperties", named),
        with("additionalProperties", inner.clone()),
        with("items", prop_oneof![inner.clone(), many.clone()].boxed()),
        with("not", inner),
        with("allOf", many.clone()),
        with("anyOf", many.clone()),
        with("oneOf", many),
        with("title", Just(json!("x")).boxed()),
    ]
    .boxed()
}

fn schema(bad: usize) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => Just(json!({})),
        2 => Just(json!({"type": "string"})),
        1 => Just(if bad > 0 { json!(true) } else { json!({"minimum": 1}) }),
    ];
    leaf.prop_recursive(4, 24, 3, move |inner| {
        prop::collection::vec(keyword(inner.boxed(), bad), 0..4)
            .prop_map(|keywords| Value::Object(keywords.into_iter().collect()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_and_document_have_an_answer(schema in schema(2), document in document(), pick in 0..5_u8) {
        let mut data = vec![pick];
        data.extend(schema.to_string().bytes());
        data.push(0);
        data.extend(document.to_string().bytes());
        fuzz::schema_and_document(&data);
    }

    #[test]
    fn any_bytes_have_an_answer(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz::schema_and_document(&data);
    }

    #[test]
    fn a_valid_schemas_verdict_is_the_librarys(schema in schema(0), document in document()) {
        let ours = check(&schema.to_string(), document.to_string().as_bytes(), Draft::Draft4);
        if ours.as_ref().err().is_some_and(|text| text.contains("fatal")) {
            // References that dangle or loop, mostly.
            return Ok(());
        }
        let library = jsonschema::draft4::new(&schema).expect("what we accept, the library accepts");
        prop_assert_eq!(ours.is_ok(), library.is_valid(&document), "{:?}", ours);
    }

    #[test]
    fn numbers_are_unique_as_the_library_says(items in prop::collection::vec(document(), 0..20)) {
        let document = Value::from(items);
        let ours = check(r#"{"uniqueItems":true}"#, document.to_string().as_bytes(), Draft::Draft4);
        prop_assert_eq!(ours.is_ok(), jsonschema::draft4::is_valid(&json!({"uniqueItems": true}), &document));
    }
}
