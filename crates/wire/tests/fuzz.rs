//! Arbitrary requests: never a panic, and a refusal is always the client's fault.

mod common;

use common::sample::{self, Extent, Parts};
use common::{bind_typed, operations};
use proptest::prelude::*;
use serde_json::{Value, json};
use tidegate_model::Operation;
use tidegate_wire::fuzz::{bind_any, bind_any_with};
use tidegate_wire::{Failure, Request};

/// Binds to the type as well: what the interpreter accepts, the type's own decoder has to accept too.
fn bind_both(operation: &'static Operation, request: &Request<'_>) -> Result<(), Failure> {
    let result = bind_typed(operation, request);
    if let Err(failure) = &result {
        let message = failure.message().unwrap_or_default();
        assert_eq!(failure.status, 400, "{}: {failure}", operation.name);
        let body = String::from_utf8_lossy(&request.body);
        assert!(!message.starts_with("The request cannot be read as"), "{}: {message} {body}", operation.name);
    }
    result
}

/// An operation's maximal request, with some values inside it replaced.
fn mutated() -> impl Strategy<Value = (usize, Vec<(u16, u8)>)> {
    (0..operations().count(), prop::collection::vec((any::<u16>(), any::<u8>()), 0..4))
}

fn replacement(pick: u8) -> Value {
    let all = [
        json!(null),
        json!(true),
        json!(0),
        json!(1.0),
        json!(1.5),
        json!(-3),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("\u{0}\n"),
        json!("ü".repeat(3000)),
        json!([]),
        json!([null]),
        json!({}),
        json!({"": null}),
        json!({"a": {}}),
        json!(vec!["x"; 60]),
    ];
    all[usize::from(pick) % all.len()].clone()
}

/// All the places of a value, itself first.
fn places(value: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| places(item, visit)),
        Value::Object(entries) => entries.values_mut().for_each(|item| places(item, visit)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_bytes_are_bound_or_refused(data in prop::collection::vec(any::<u8>(), 0..300)) {
        bind_any(&data);
        bind_any_with(&data, bind_both);
    }

    #[test]
    fn any_text_is_bound_or_refused(
        pick in any::<u8>(),
        pieces in prop::collection::vec("[a-z0-9%+=&{}\\[\\]\": ]{0,12}|max_results=.{0,3}|\\PC{0,8}", 0..8),
    ) {
        let mut data = vec![pick];
        data.extend(pieces.join("\0").into_bytes());
        bind_any(&data);
        bind_any_with(&data, bind_both);
    }

    #[test]
    fn nearly_valid_requests_are_bound_or_refused((index, mutations) in mutated()) {
        let operation = operations().nth(index).unwrap();
        let mut whole = Value::Object(sample::structure(operation.input, Extent::Maximal));
        for (place, pick) in mutations {
            let mut count = 0_usize;
            places(&mut whole, &mut |_| count += 1);
            // The whole itself stays an object, for `Parts`.
            let target = 1 + usize::from(place) % count.max(2).saturating_sub(1);
            let mut index = 0_usize;
            places(&mut whole, &mut |value| {
                if index == target {
                    *value = replacement(pick);
                }
                index += 1;
            });
        }
        let Value::Object(object) = whole else { unreachable!() };
        // Labels, queries and headers of odd values are for the other two tests.
        let is_plain = |value: &Value| value.as_str().is_none_or(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
        let in_headers = |member: &&tidegate_model::Member| {
            matches!(member.location, tidegate_model::Location::Header(_))
        };
        let mut headers = operation.input.members.iter().filter(in_headers);
        prop_assume!(headers.all(|member| object.get(member.name).is_none_or(is_plain)));
        let _ = Parts::of(operation, &object).give_to(|request| bind_both(operation, request));
    }
}
