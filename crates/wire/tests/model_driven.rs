//! Written once for all operations: minimal and maximal requests, and one violation of each constraint.

mod common;

use common::sample::{self, Extent, Parts};
use common::{bind_typed, operations};
use http::HeaderName;
use serde_json::{Map, Value, json};
use tidegate_model::{Location, Shape, ShapeKind, Structure};

#[test]
fn minimal_and_maximal_requests_are_bound() {
    for operation in operations() {
        for extent in [Extent::Minimal, Extent::Maximal] {
            let object = sample::structure(operation.input, extent);
            let parts = Parts::of(operation, &object);
            if let Err(failure) = parts.give_to(|request| bind_typed(operation, request)) {
                panic!("{}: {failure}\n{parts:?}", operation.name);
            }
        }
    }
}

#[test]
fn every_violation_is_named_in_aws_words() {
    let mut count = 0;
    for operation in operations() {
        for member in operation.input.members {
            // The list of a query has no way to say `null`.
            let is_query = matches!(member.location, Location::Query(_));
            for (object, words) in sample::member_violations(operation.input, member) {
                if is_query && object.get(member.name) == Some(&json!([null])) {
                    continue;
                }
                let parts = Parts::of(operation, &object);
                let place = format!("{}.{} ({words})", operation.name, member.name);
                let Err(failure) = parts.give_to(|request| bind_typed(operation, request)) else {
                    panic!("{place} is accepted: {parts:?}");
                };
                assert_eq!((&*failure.name, failure.status), ("BadRequestException", 400), "{place}");
                let message = failure.message().unwrap_or_default();
                assert!(message.contains(" detected: Value "), "{place}: {message}");
                assert!(message.contains(" failed to satisfy constraint: "), "{place}: {message}");
                assert!(message.contains(&words), "{place}: {message}");
                let camel_case = member.name[..1].to_lowercase() + &member.name[1..];
                assert!(message.contains(&format!(" at '{camel_case}")), "{place}: {message}");
                count += 1;
            }
        }
    }
    println!("{count} violations");
    assert!(count >= 600, "only {count} violations were tried");
}

#[test]
fn every_wrong_type_is_named() {
    let mut count = 0;
    for operation in operations() {
        for member in operation.input.members {
            let is_json = member.location == Location::Body && operation.input.payload != Some(member.name);
            let is_text = matches!(member.shape.kind, ShapeKind::String(_) | ShapeKind::List(_));
            if !is_json && (is_text || operation.input.payload == Some(member.name)) {
                continue;
            }
            let mut object = sample::structure(operation.input, Extent::Maximal);
            let wrong = if is_json && is_text { json!(7) } else { json!("secret") };
            object.insert(member.name.to_owned(), wrong);
            let parts = Parts::of(operation, &object);
            let place = format!("{}.{}", operation.name, member.name);
            let Err(failure) = parts.give_to(|request| bind_typed(operation, request)) else {
                panic!("{place} is accepted: {parts:?}");
            };
            assert_eq!((&*failure.name, failure.status), ("SerializationException", 400), "{place}");
            let message = failure.message().unwrap_or_default();
            assert!(message.contains("must be ") && !message.contains("secret"), "{place}: {message}");
            count += 1;
        }
    }
    println!("{count} wrong types");
    assert!(count >= 100, "only {count} wrong types were tried");
}

#[test]
fn unknown_members_and_nulls_are_as_if_they_were_not_there() {
    for operation in operations() {
        let mut object = sample::structure(operation.input, Extent::Minimal);
        let parts = Parts::of(operation, &object);
        object.retain(|name, _| operation.input.members.iter().any(|m| m.name == name && m.location == Location::Body));
        if operation.input.payload.is_some() || !operation.input.members.iter().any(|m| m.location == Location::Body) {
            continue;
        }
        for member in operation.input.members {
            if member.location == Location::Body {
                object.entry(member.name).or_insert(Value::Null);
            }
        }
        object.insert("NotInTheModel".to_owned(), json!({"x": [1]}));
        let mut parts = Parts { body: Value::Object(object).to_string().into(), ..parts };
        parts.push_query("not_in_the_model", "1");
        parts.push_query("not_in_the_model", "2");
        parts.push_header("not-in-the-model", "1");
        let result = parts.give_to(|request| bind_typed(operation, request));
        assert!(result.is_ok(), "{}: {result:?}", operation.name);
    }
}

/// What the interpreter leaves out because the model does not use it; new here means: write it.
#[test]
fn the_table_has_nothing_that_the_interpreter_does_not_know() {
    fn check_json(operation: &str, shape: &Shape) {
        match &shape.kind {
            ShapeKind::Timestamp | ShapeKind::Blob => {
                panic!("{operation} takes a {} in JSON", shape.name)
            }
            ShapeKind::List(item) => check_json(operation, item),
            ShapeKind::Map(key, item) => {
                assert!(matches!(key.kind, ShapeKind::String(_)), "{operation}: {}", shape.name);
                check_json(operation, item);
            }
            ShapeKind::Structure(it) => it.members.iter().for_each(|member| {
                assert_eq!(member.location, Location::Body, "{operation}: {}", member.name);
                check_json(operation, member.shape);
            }),
            _ => {}
        }
    }
    fn payload(structure: &Structure) -> Option<&Shape> {
        let name = structure.payload?;
        structure.members.iter().find(|member| member.name == name).map(|member| member.shape)
    }
    let is_scalar =
        |shape: &Shape| matches!(shape.kind, ShapeKind::String(_) | ShapeKind::Integer | ShapeKind::Boolean);
    for operation in operations() {
        let name = operation.name;
        assert!((200..300).contains(&operation.status), "{name}");
        for structure in [operation.input, operation.output] {
            assert!(payload(structure).is_none_or(|shape| matches!(shape.kind, ShapeKind::Blob)), "{name}");
            assert!(!structure.is_union, "{name}");
        }
        for member in operation.input.members {
            match member.location {
                Location::Body if operation.input.payload == Some(member.name) => {}
                Location::Body => {
                    assert!(operation.input.payload.is_none(), "{name}: {} is beside the payload", member.name);
                    check_json(name, member.shape);
                }
                Location::Path(_) | Location::Header(_) => {
                    assert!(is_scalar(member.shape), "{name}: {}", member.name)
                }
                Location::Query(_) => match member.shape.kind {
                    ShapeKind::List(item) => {
                        assert!(matches!(item.kind, ShapeKind::String(_)), "{name}")
                    }
                    _ => assert!(is_scalar(member.shape), "{name}: {}", member.name),
                },
                Location::StatusCode => panic!("{name}: a request has no status"),
            }
        }
        for member in operation.output.members {
            match member.location {
                Location::Header(header) => {
                    assert!(HeaderName::from_bytes(header.as_bytes()).is_ok(), "{name}: {header}");
                    assert!(operation.output.payload.is_some() && is_scalar(member.shape), "{name}: {header}");
                }
                Location::Body => assert!(
                    operation.output.payload.is_none_or(|payload| payload == member.name),
                    "{name}: {} is beside the payload",
                    member.name
                ),
                _ => panic!("{name}: a response has no {:?}", member.location),
            }
        }
    }
}

#[test]
fn a_union_has_exactly_one_member() {
    let mut count = 0;
    for operation in operations() {
        for member in operation.input.members {
            let ShapeKind::Structure(structure) = &member.shape.kind else {
                continue;
            };
            if !structure.is_union {
                continue;
            }
            let all = structure.members.iter().map(|it| (it.name.to_owned(), sample::value(it.shape, Extent::Maximal)));
            let all: Map<_, _> = all.collect();
            for wrong in [json!({}), json!({"NotInTheModel": 1}), Value::Object(all)] {
                if wrong.as_object().is_some_and(|it| it.len() == 1 && it.contains_key(structure.members[0].name)) {
                    continue;
                }
                let mut object = sample::structure(operation.input, Extent::Minimal);
                object.insert(member.name.to_owned(), wrong);
                let result = Parts::of(operation, &object).give_to(|request| bind_typed(operation, request));
                let failure = result.expect_err(operation.name);
                assert_eq!(failure.name, "SerializationException");
                assert!(failure.message().unwrap_or_default().contains("exactly one of: "), "{failure}");
                count += 1;
            }
        }
    }
    assert!(count >= 2, "{count}");
}
