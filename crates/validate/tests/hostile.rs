//! Schemas and documents made to stall or crash: each is answered soon, on a stack of an ordinary thread.

use std::time::{Duration, Instant};

use tidegate_validate::{Draft, MAX_SCHEMA_BYTES, check};

const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

/// Checks on a small stack and under a time limit, and gives back the answer, the prefix taken off.
#[track_caller]
fn soon(schema: &str, document: &str, draft: Draft) -> String {
    let begin = Instant::now();
    let answer = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(2 * 1024 * 1024)
            .spawn_scoped(scope, || check(schema, document.as_bytes(), draft))
            .expect("a thread")
            .join()
            .expect("no panic")
    });
    let took = begin.elapsed();
    eprintln!("{took:?} {}", &schema[..schema.len().min(60)]);
    assert!(took < LIMIT, "took {took:?}: {}", &schema[..schema.len().min(200)]);
    let text = answer.err().unwrap_or_default();
    assert!(text.len() < 8192, "a text of {} bytes", text.len());
    text.split_once("Original error message:\n").map_or(String::new(), |(_, reason)| reason.to_owned())
}

#[track_caller]
fn refused(schema: &str, document: &str, because: &str) {
    let reason = soon(schema, document, Draft::Draft4);
    assert!(reason.contains(because), "{reason}");
}

#[track_caller]
fn passes(schema: &str, document: &str) {
    assert_eq!(soon(schema, document, Draft::Draft4), "");
}

fn nested(open: &str, inner: &str, close: &str, times: usize) -> String {
    format!("{}{inner}{}", open.repeat(times), close.repeat(times))
}

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    format!("[{}]", (0..count).map(item).collect::<Vec<_>>().join(","))
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow_the_stack() {
    refused("{}", &nested("[", "", "]", 1_000_000), "not valid JSON: recursion limit exceeded");
    refused(&nested("[", "", "]", 10_000), "1", "not valid JSON: recursion limit exceeded");
    refused(&nested(r#"{"not":"#, "{}", "}", 100), "1", "nested deeper than 64");
    for keyword in ["not", "items", "additionalProperties"] {
        passes(&nested(&format!(r#"{{"{keyword}":"#), r#"{"type":"string"}"#, "}", 62), r#""x""#);
    }
    passes(&nested(r#"{"anyOf":["#, r#"{"type":"string"}"#, "]}", 31), r#""x""#);
    passes("{}", &nested("[", "", "]", 126));
    passes(r##"{"items":{"$ref":"#"}}"##, &nested("[", "", "]", 126));
    let tree = r##"{"definitions":{"t":{"anyOf":[{"items":{"$ref":"#/definitions/t"}},{"type":"null"}]}},"$ref":"#/definitions/t"}"##;
    refused(tree, &nested("[", "", "]", 126), "more than 256 schemas inside each other");
    passes(tree, &nested("[", "", "]", 60));
}

#[test]
fn the_deepest_check_allowed_fits_on_an_ordinary_stack() {
    // Each level of the document costs two schemas of the kind with the largest frames.
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let tree = format!(
            r##"{{"definitions":{{"t":{{"{keyword}":[{{"type":["array","integer"],"items":{{"$ref":"#/definitions/t"}}}}]}}}},"$ref":"#/definitions/t"}}"##
        );
        passes(&tree, &nested("[", "1", "]", 84));
        let reason = soon(&tree, &nested("[", "null", "]", 84), Draft::Draft4);
        assert!(reason.starts_with("[message:"), "{reason}");
        for draft in [Draft::Draft7, Draft::Draft202012] {
            assert!(soon(&tree, &nested("[", "null", "]", 84), draft).starts_with("[message:"));
        }
    }
}

#[test]
fn a_chain_of_references_is_bounded() {
    let chain = |length: usize| {
        let links: String = (0..length).map(|n| format!(r##""{n}":{{"$ref":"#/definitions/{}"}},"##, n + 1)).collect();
        format!(r##"{{"definitions":{{{links}"{length}":{{"type":"null"}}}},"$ref":"#/definitions/0"}}"##)
    };
    passes(&chain(200), "null");
    refused(&chain(800), "null", "more than 256 schemas inside each other");
}

#[test]
fn references_that_loop_are_refused() {
    refused(r##"{"$ref":"#"}"##, "{}", "JSON Reference \"#\" loops on itself");
    refused(r##"{"allOf":[{"$ref":"#"}]}"##, "{}", "loops on itself");
    refused(r##"{"not":{"$ref":"#"}}"##, "{}", "loops on itself");
    refused(r##"{"dependencies":{"a":{"$ref":"#"}}}"##, "{}", "loops on itself");
    refused(
        r##"{"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"anyOf":[{"$ref":"#/definitions/a"}]}},"items":{"$ref":"#/definitions/a"}}"##,
        "{}",
        "loops on itself",
    );
    // What no value can meet does no harm.
    passes(r##"{"definitions":{"a":{"$ref":"#/definitions/a"}}}"##, "{}");
    for draft in [Draft::Draft6, Draft::Draft7, Draft::Draft201909, Draft::Draft202012] {
        for loops in [r##"{"$ref":"#"}"##, r##"{"if":{"$ref":"#"}}"##, r##"{"then":{"$ref":"#"}}"##] {
            assert!(soon(loops, "{}", draft).contains("loops on itself"));
        }
    }
    let dynamic = r##"{"$dynamicAnchor":"a","anyOf":[{"$dynamicRef":"#a"}]}"##;
    assert!(soon(dynamic, "{}", Draft::Draft202012).contains("loops on itself"));
}

#[test]
fn exponential_references_are_refused_by_their_count() {
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let bomb = |levels: usize, last: &str| {
            let levels_text: String = (0..levels)
                .map(|n| {
                    let next = n + 1;
                    format!(r##""{n}":{{"{keyword}":[{{"$ref":"#/definitions/{next}"}},{{"$ref":"#/definitions/{next}"}}]}},"##)
                })
                .collect();
            format!(r##"{{"definitions":{{{levels_text}"{levels}":{last}}},"$ref":"#/definitions/0"}}"##)
        };
        refused(&bomb(60, r#"{"type":"null"}"#), "null", "too much work");
        refused(&bomb(60, r#"{"type":"null"}"#), "1", "too much work");
        // Just under the bound it is run, and every failure's collection is bounded too.
        let reason = soon(&bomb(17, r#"{"type":"null"}"#), "1", Draft::Draft4);
        assert!(reason.starts_with("[message:"), "{reason}");
    }
    // One level of the schema per level of the document.
    let tree = r##"{"items":{"allOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}}"##;
    refused(tree, &nested("[", "", "]", 60), "too much work");
    let tree = r##"{"patternProperties":{"a":{"$ref":"#"},"^a":{"$ref":"#"}}}"##;
    refused(tree, &nested(r#"{"a":"#, "1", "}", 60), "too much work");
    // Applicators of the later drafts.
    for keyword in ["unevaluatedProperties", "unevaluatedItems"] {
        let bomb = nested(&format!(r#"{{"{keyword}":false,"allOf":["#), "true", "]}", 30);
        assert!(soon(&bomb, "{}", Draft::Draft202012).contains("too much work"));
        let bomb = nested(&format!(r#"{{"{keyword}":true,"anyOf":[{{"minLength":1}},"#), "true", "]}", 6);
        assert_eq!(soon(&bomb, &list(500, |n| n.to_string()), Draft::Draft202012), "");
        let members: String = (0..500).map(|n| format!("\"{n}\":1,")).collect();
        assert_eq!(soon(&bomb, &format!("{{{members}\"x\":1}}"), Draft::Draft201909), "");
    }
}

#[test]
fn many_schemas_times_many_values_are_refused_by_their_product() {
    let schema = format!(r#"{{"items":{{"allOf":{}}}}}"#, list(3000, |_| "{}".to_owned()));
    refused(&schema, &list(100_000, |_| "1".to_owned()), "too much work");
    let schema = format!(r#"{{"items":{{"enum":{}}}}}"#, list(6000, |n| n.to_string()));
    refused(&schema, &list(100_000, |_| "-1".to_owned()), "too much work");
    let nested_enum = format!(r#"{{"items":{{"enum":[{}]}}}}"#, list(6000, |n| n.to_string()));
    refused(&nested_enum, &list(2_000, |_| list(6000, |n| n.to_string())), "");
}

#[test]
fn failures_that_would_copy_the_document_are_not_collected() {
    // Every branch's failure holds a copy of the value that failed: a thousand copies of a megabyte.
    let schema = format!(r#"{{"anyOf":{}}}"#, list(1500, |_| r#"{"type":"null"}"#.to_owned()));
    let reason = soon(&schema, &list(300_000, |_| "1".to_owned()), Draft::Draft4);
    assert!(reason.contains("in too many ways to list"), "{reason}");
    let schema = format!(r#"{{"oneOf":{}}}"#, list(50, |_| r#"{"items":{"type":"null"}}"#.to_owned()));
    let reason = soon(&schema, &list(100_000, |_| "1".to_owned()), Draft::Draft4);
    assert!(reason.contains("in too many ways to list") || reason.contains("too much work"), "{reason}");
}

#[test]
fn regular_expressions_are_linear_and_bounded() {
    let text = format!("\"{}!\"", "a".repeat(60_000));
    for pattern in ["^(a+)+$", "^(a|aa)*$", "^(a*)*b", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"] {
        let reason = soon(&format!(r#"{{"pattern":"{pattern}"}}"#), &text, Draft::Draft4);
        assert!(!reason.contains("fatal"), "{pattern}: {reason}");
    }
    refused(r#"{"pattern":"((((a{100}){100}){100}){100})"}"#, r#""a""#, "too large in all");
    refused(r#"{"pattern":"\\p{L}{1000}"}"#, r#""a""#, "too large in all");
    refused(r#"{"patternProperties":{"(a{1000}){1000}":{}}}"#, "{}", "too large in all");
    refused(
        &format!(r#"{{"allOf":{}}}"#, list(1300, |_| r#"{"pattern":"\\p{L}"}"#.to_owned())),
        "1",
        "too large in all",
    );
    refused(&format!(r#"{{"pattern":"{}"}}"#, nested("(", "a", ")", 5000)), r#""a""#, "");
    // States times bytes: the slow engine's worst case.
    let slow = r#"{"pattern":"(a|b)*a[ab]{1000}c"}"#;
    refused(slow, &format!("\"{}\"", "ab".repeat(1_000_000)), "too much work");
    soon(slow, &format!("\"{}\"", "ab".repeat(10_000)), Draft::Draft4);
    soon(r#"{"pattern":"(?i)[\\p{L}]{60}"}"#, &format!("\"{}\"", "aé".repeat(300)), Draft::Draft4);
    // Many, all at the bound.
    soon(
        &format!(r#"{{"allOf":{}}}"#, list(60, |n| format!(r#"{{"pattern":"(?i)\\p{{L}}{n}"}}"#))),
        r#""a""#,
        Draft::Draft4,
    );
    // Those in the document are only read.
    let patterns = list(50_000, |n| format!(r#""(a{{{n}}}){{1000}}""#));
    soon(r#"{"items":{"format":"regex"}}"#, &patterns, Draft::Draft4);
    soon(r#"{"items":{"format":"regex"}}"#, &format!("[\"{}\"]", nested("(", "a", ")", 100_000)), Draft::Draft4);
}

#[test]
fn unique_items_are_compared_in_linear_time() {
    let schema = r#"{"uniqueItems":true}"#;
    passes(schema, &list(100_000, |n| n.to_string()));
    passes(schema, &list(100_000, |n| format!(r#"{{"k":"{n}"}}"#)));
    // Arrays without leaves, told apart by their shape alone.
    let shape = |n: usize| {
        (0..17).fold(
            String::from("[]"),
            |shape, bit| if n >> bit & 1 == 1 { format!("[{shape}]") } else { format!("[{shape},[]]") },
        )
    };
    passes(schema, &list(40_000, shape));
    refused(schema, &list(100_000, |_| "0".to_owned()), "array must not contain duplicate elements");
}

#[test]
fn large_numbers_cost_no_more_than_small_ones() {
    for divisor in ["1e-300", "1e300", "0.1", "5e-324", "1.7976931348623157e308"] {
        let schema = format!(r#"{{"items":{{"multipleOf":{divisor}}}}}"#);
        soon(&schema, &list(20_000, |n| format!("{n}.5e300")), Draft::Draft4);
        soon(&schema, &list(20_000, |n| format!("{n}.5e-300")), Draft::Draft4);
    }
    let schema = r#"{"items":{"multipleOf":0.3}}"#;
    refused(schema, &list(100_000, |_| "3e300".to_owned()), "too much work");
    passes(r#"{"items":{"multipleOf":0.01}}"#, &list(100_000, |n| format!("{n}.25")));
    refused("{}", "1e400", "not valid JSON: number out of range");
    refused("{}", &"9".repeat(1_000_000), "not valid JSON: number out of range");
}

#[test]
fn sizes_are_bounded() {
    refused(&format!(r#"{{"title":"{}"}}"#, "x".repeat(MAX_SCHEMA_BYTES)), "1", "the schema is too large");
    refused("{}", &format!("\"{}\"", "x".repeat(8 * 1024 * 1024)), "the configuration is too large");
    let schema = r#"{"type":"array","items":{"type":"object","required":["name"],"properties":{"name":{"type":"string","maxLength":30},"on":{"type":"boolean"}},"additionalProperties":false}}"#;
    passes(schema, &list(100_000, |n| format!(r#"{{"name":"flag-{n}","on":true}}"#)));
    let reason = soon(schema, &list(100_000, |n| format!(r#"{{"nome":"flag-{n}","on":1}}"#)), Draft::Draft4);
    assert!(reason.starts_with("[message:") && reason.ends_with(" - parent node: /0]"), "{reason}");
    // Eight megabytes of the smallest values.
    soon("{}", &list(4_000_000, |_| "0".to_owned()), Draft::Draft4);
    let reason = soon(r#"{"items":{"type":"null"}}"#, &list(2_000_000, |_| "0".to_owned()), Draft::Draft4);
    assert!(reason.ends_with(" - parent node: /0]"), "{reason}");
}
