//! The texts that callers see: what AWS's begin with, the sentence, the place.

use tidegate_validate::{Compiled, Draft, check};

/// Asserts the whole text of a refusal under draft-04; no expected text means that the document matches.
#[track_caller]
fn answers(schema: &str, document: &str, expected: &str) {
    answers_under(Draft::Draft4, schema, document, expected);
}

#[track_caller]
fn answers_under(draft: Draft, schema: &str, document: &str, expected: &str) {
    let answer = check(schema, document.as_bytes(), draft).err().unwrap_or_default();
    let prefix = format!("Could not build JSON schema from invalid input:\n {schema}.\n Original error message:\n");
    match expected {
        "" => assert_eq!(answer, ""),
        expected => assert_eq!(answer, prefix + expected),
    }
}

/// Asserts one failure: its sentence and its place.
#[track_caller]
fn fails(schema: &str, document: &str, message: &str, place: &str) {
    answers(schema, document, &format!("[message: \"{message}\" - parent node: {place}]"));
}

#[test]
fn a_failure_names_the_keyword_and_the_place() {
    fails(
        r#"{"properties":{"count":{"minimum":1}}}"#,
        r#"{"count":0}"#,
        "numeric instance is lower than the required minimum (minimum: 1, found: 0)",
        "/count",
    );
    let cases = [
        (
            r#"{"type":"number"}"#,
            r#""x""#,
            r#"instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])"#,
        ),
        (
            r#"{"type":["object","null"]}"#,
            "[]",
            r#"instance type (array) does not match any allowed primitive type (allowed: ["null","object"])"#,
        ),
        (
            r#"{"type":"integer"}"#,
            "1.0",
            r#"instance type (number) does not match any allowed primitive type (allowed: ["integer"])"#,
        ),
        (r#"{"required":["b","a","c"]}"#, r#"{"c":1}"#, r#"object has missing required properties (["a","b"])"#),
        (
            r#"{"enum":["on","off"]}"#,
            r#""maybe""#,
            r#"instance value ("maybe") not found in enum (possible values: ["on","off"])"#,
        ),
        (r#"{"pattern":"^a+$"}"#, r#""b""#, r#"ECMA 262 regex "^a+$" does not match input string "b""#),
        (r#"{"minLength":3}"#, r#""äö""#, r#"string "äö" is too short (length: 2, required minimum: 3)"#),
        (r#"{"maxLength":1}"#, r#""ab""#, r#"string "ab" is too long (length: 2, maximum allowed: 1)"#),
        (r#"{"maximum":5}"#, "7.5", "numeric instance is greater than the required maximum (maximum: 5, found: 7.5)"),
        (
            r#"{"minimum":5,"exclusiveMinimum":true}"#,
            "5",
            "numeric instance is not strictly greater than the required minimum 5",
        ),
        (
            r#"{"maximum":5,"exclusiveMaximum":true}"#,
            "5",
            "numeric instance is not strictly lower than the required maximum 5",
        ),
        (r#"{"multipleOf":2}"#, "7", "remainder of division is not zero (7 / 2)"),
        (r#"{"minItems":2}"#, "[1]", "array is too short: must have at least 2 elements but instance has 1 elements"),
        (r#"{"maxItems":1}"#, "[1,2]", "array is too long: must have at most 1 elements but instance has 2 elements"),
        (r#"{"uniqueItems":true}"#, "[1,1.0]", "array must not contain duplicate elements"),
        (
            r#"{"items":[{}],"additionalItems":false}"#,
            "[1,2]",
            "schema only allows 1 elements in array but instance has 2 elements",
        ),
        (
            r#"{"additionalProperties":false,"properties":{"a":{}}}"#,
            r#"{"c":1,"a":1,"b":1}"#,
            r#"object instance has properties which are not allowed by the schema: ["b","c"]"#,
        ),
        (
            r#"{"minProperties":2}"#,
            r#"{"a":1}"#,
            "object has too few properties (found 1 but schema requires at least 2)",
        ),
        (
            r#"{"maxProperties":0}"#,
            r#"{"a":1}"#,
            "object has too many properties (found 1 but schema requires at most 0)",
        ),
        (
            r#"{"dependencies":{"a":["b"]}}"#,
            r#"{"a":1}"#,
            r#"property "a" of object has missing property dependencies (schema requires ["b"]; missing: ["b"])"#,
        ),
        (
            r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#,
            "1",
            "instance failed to match at least one required schema among 2",
        ),
        (
            r#"{"oneOf":[{"type":"string"},{"type":"null"}]}"#,
            "1",
            "instance failed to match exactly one schema (matched 0 out of 2)",
        ),
        (
            r#"{"oneOf":[{"type":"integer"},{"minimum":0},{"type":"null"}]}"#,
            "1",
            "instance failed to match exactly one schema (matched 2 out of 3)",
        ),
        (r#"{"not":{"type":"integer"}}"#, "1", "instance matched a schema which it should not have"),
        (r#"{"format":"email"}"#, r#""x""#, r#"string "x" is not a valid email address"#),
        (r#"{"format":"ipv4"}"#, r#""1.2.3""#, r#"string "1.2.3" is not a valid IPv4 address"#),
        (
            r#"{"format":"date-time"}"#,
            r#""x""#,
            r#"string "x" is invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]"#,
        ),
    ];
    for (schema, document, message) in cases {
        fails(schema, document, message, "");
    }
}

#[test]
fn failures_stand_in_one_list_up_to_ten() {
    answers(
        r#"{"items":{"type":"string"}}"#,
        "[1,null]",
        "[message: \"instance type (integer) does not match any allowed primitive type (allowed: [\"string\"])\" - parent node: /0, \
         message: \"instance type (null) does not match any allowed primitive type (allowed: [\"string\"])\" - parent node: /1]",
    );
    let schema = r#"{"items":{"type":"string"}}"#;
    let text = check(schema, format!("[{}1]", "1,".repeat(99)).as_bytes(), Draft::Draft4).unwrap_err();
    assert!(text.ends_with(" - parent node: /9, and 90 more]"), "{text}");
}

#[test]
fn a_place_is_a_json_pointer() {
    let schema = r#"{"additionalProperties":{"additionalProperties":{"type":"null"}}}"#;
    let text = check(schema, br#"{"a/b":{"c~d":1}}"#, Draft::Draft4).unwrap_err();
    assert!(text.ends_with("parent node: /a~1b/c~0d]"), "{text}");
}

#[track_caller]
fn is_fatal(schema: &str, pointer: &str, message: &str) {
    let text = check(schema, b"{}", Draft::Draft4).unwrap_err();
    let begin = format!(
        "Could not build JSON schema from invalid input:\n {schema}.\n Original error message:\n\
         fatal: invalid JSON Schema, cannot continue\nSyntax errors:\n[ {{\n"
    );
    assert!(text.starts_with(&begin), "{text}");
    assert!(text.ends_with(" ]\n    level: \"fatal\"\n"), "{text}");
    let message = format!("\"message\" : {}", serde_json::json!(message));
    assert!(text.contains(&message), "{text}\n{message}");
    assert!(text.contains(&format!("\"pointer\" : \"{pointer}\"")), "{text}");
}

#[test]
fn a_schema_that_is_none_is_fatal() {
    let cases = [
        ("false", "", "JSON value is of type boolean, not a JSON Schema (expected an object)"),
        ("[]", "", "JSON value is of type array, not a JSON Schema (expected an object)"),
        (
            r#"{"properties":{"a":true}}"#,
            "/properties/a",
            "JSON value is of type boolean, not a JSON Schema (expected an object)",
        ),
        (r#"{"exclusiveMinimum":5}"#, "", r#"value has incorrect type (found integer, expected one of ["boolean"])"#),
        (r#"{"exclusiveMinimum":true}"#, "", "exclusiveMinimum must be paired with minimum"),
        (
            r#"{"properties":{"a":{"type":"text"}}}"#,
            "/properties/a",
            r#""text" is not a valid primitive type (valid values are: ["array","boolean","integer","null","number","object","string"])"#,
        ),
        (r#"{"required":[]}"#, "", "array must have at least one element"),
        (r#"{"required":true}"#, "", r#"value has incorrect type (found boolean, expected one of ["array"])"#),
        (
            r#"{"required":["a",1]}"#,
            "",
            r#"array element at index 1 has incorrect type (expected one of ["string"] but found integer)"#,
        ),
        (r#"{"enum":[1,1]}"#, "", "array must not contain duplicate elements"),
        (r#"{"minLength":-1}"#, "", "integer value must be positive"),
        (r#"{"maxItems":99999999999}"#, "", "integer value is too large"),
        (r#"{"multipleOf":0}"#, "", "divisor must be strictly greater than zero"),
        (r#"{"pattern":"("}"#, "", r#"string "(" is not a valid ECMA 262 regular expression"#),
        (r#"{"patternProperties":{"[":{}}}"#, "", r#"property name "[" is not a valid ECMA 262 regular expression"#),
        (
            r#"{"pattern":"^(?!no)"}"#,
            "",
            r#"string "^(?!no)" uses look-around or a back-reference, which regular expressions here do not support"#,
        ),
    ];
    for (schema, pointer, message) in cases {
        is_fatal(schema, pointer, message);
    }
}

#[test]
fn a_fatal_text_looks_as_the_java_library_prints_it() {
    answers(
        "true",
        "{}",
        r##"fatal: invalid JSON Schema, cannot continue
Syntax errors:
[ {
  "level" : "error",
  "message" : "JSON value is of type boolean, not a JSON Schema (expected an object)",
  "domain" : "syntax",
  "schema" : {
    "loadingURI" : "#",
    "pointer" : ""
  },
  "found" : "boolean"
} ]
    level: "fatal"
"##,
    );
}

#[test]
fn draft_04_whatever_the_schema_says() {
    let later = r#""$schema":"http://json-schema.org/draft-07/schema#""#;
    // Unknown to draft-04, and ignored.
    for keyword in [
        r#""const":1"#,
        r#""if":{},"then":false"#,
        r#""contains":false"#,
        r#""propertyNames":false"#,
        r#""$defs":{"a":1}"#,
        r#""dependentRequired":{"a":["b"]}"#,
        r#""x":{"$ref":"http://example.com"}"#,
    ] {
        answers(&format!("{{{later},{keyword}}}"), r#"{"a":[2]}"#, "");
    }
    is_fatal(
        &format!(r#"{{{later},"exclusiveMaximum":5}}"#),
        "",
        r#"value has incorrect type (found integer, expected one of ["boolean"])"#,
    );
    answers(r#"{"$schema":"https://example.com/mine"}"#, "{}", "");
}

#[test]
fn references_stay_inside_the_schema() {
    for reference in [
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "other.json#/a",
        "http://json-schema.org/draft-04/schema#",
        "",
    ] {
        answers(
            &format!(r#"{{"properties":{{"a":{{"$ref":"{reference}"}}}}}}"#),
            "{}",
            &format!(
                "fatal: unable to dereference URI \"{reference}\". External schema references are not supported.\n    level: \"fatal\"\n"
            ),
        );
    }
    answers(
        r##"{"$ref":"#/definitions/a"}"##,
        "{}",
        "fatal: JSON Reference \"#/definitions/a\" cannot be resolved\n    level: \"fatal\"\n",
    );
    // `id` does not change what a reference means, and beside a reference nothing else counts.
    let schema = r##"{"id":"http://example.com/a.json","definitions":{"odd/name %":{"id":"b.json","type":"null"}},
        "properties":{"id":{"$ref":"#/definitions/odd~1name%20%25","type":"string"}}}"##;
    answers(schema, r#"{"id":null}"#, "");
    assert!(check(schema, br#"{"id":"x"}"#, Draft::Draft4).is_err());
}

#[test]
fn a_recursive_schema_follows_the_document() {
    let schema =
        r##"{"properties":{"children":{"items":{"$ref":"#"}},"name":{"type":"string"}},"additionalProperties":false}"##;
    answers(schema, r#"{"name":"a","children":[{"children":[{"name":"c"}]}]}"#, "");
    fails(
        schema,
        r#"{"children":[{"children":[{"name":3}]}]}"#,
        r#"instance type (integer) does not match any allowed primitive type (allowed: ["string"])"#,
        "/children/0/children/0/name",
    );
}

#[test]
fn what_is_no_json_is_said_so() {
    answers(
        "{",
        "{}",
        "fatal: the schema is not valid JSON: EOF while parsing an object at line 1 column 1\n    level: \"fatal\"\n",
    );
    answers(
        "{}",
        "a: secret",
        "fatal: the configuration is not valid JSON: expected value at line 1 column 1\n    level: \"fatal\"\n",
    );
}

#[test]
fn a_newer_draft_is_there_for_who_asks() {
    for draft in [Draft::Draft6, Draft::Draft7, Draft::Draft201909, Draft::Draft202012] {
        answers_under(draft, "true", "{}", "");
        answers_under(draft, r#"{"exclusiveMinimum":5}"#, "6", "");
        answers_under(
            draft,
            r#"{"const":1}"#,
            "2",
            "[message: \"instance value (2) is not the required constant (expected: 1)\" - parent node: ]",
        );
        let text = check(r#"{"exclusiveMinimum":true}"#, b"6", draft).unwrap_err();
        assert!(text.contains("\"keyword\" : \"exclusiveMinimum\""), "{text}");
        let text = check(r#"{"allOf":[{"$ref":"http://example.com/"}]}"#, b"6", draft).unwrap_err();
        assert!(text.contains("External schema references are not supported."), "{text}");
    }
    let anchored = r##"{"$defs":{"a":{"$anchor":"it","type":"null"}},"properties":{"x":{"$ref":"#it"}},"unevaluatedProperties":false}"##;
    answers_under(Draft::Draft202012, anchored, r#"{"x":null}"#, "");
    assert!(check(anchored, br#"{"x":1}"#, Draft::Draft202012).is_err());
    assert!(check(anchored, br#"{"y":1}"#, Draft::Draft201909).is_err());
    let dynamic = r##"{"$dynamicAnchor":"node","properties":{"next":{"$dynamicRef":"#node"}},"required":["v"]}"##;
    answers_under(Draft::Draft202012, dynamic, r#"{"v":1,"next":{"v":2}}"#, "");
    assert!(check(dynamic, br#"{"v":1,"next":{}}"#, Draft::Draft202012).is_err());
    let recursive = r##"{"properties":{"next":{"$recursiveRef":"#"}},"required":["v"]}"##;
    assert!(check(recursive, br#"{"v":1,"next":{}}"#, Draft::Draft201909).is_err());
    let text = check(r#"{"$defs":{"a":{"$id":"http://example.com/a"}}}"#, b"1", Draft::Draft202012).unwrap_err();
    assert!(text.contains("Embedded schema resources are not supported."), "{text}");
}

#[test]
fn a_draft_has_its_usual_names() {
    for (text, draft) in [
        ("4", Draft::Draft4),
        ("draft-04", Draft::Draft4),
        ("Draft4", Draft::Draft4),
        ("draft-06", Draft::Draft6),
        ("07", Draft::Draft7),
        ("2019-09", Draft::Draft201909),
        (" draft-2020-12 ", Draft::Draft202012),
    ] {
        assert_eq!(text.parse(), Ok(draft), "{text}");
        assert_eq!(draft.to_string().parse(), Ok(draft));
    }
    assert!("".parse::<Draft>().is_err());
    assert!("draft-05".parse::<Draft>().is_err());
}

#[test]
fn a_compiled_schema_serves_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Compiled::new("{}", Draft::Draft4).unwrap());
}

#[test]
fn a_text_repeats_a_bounded_part_of_schema_and_document() {
    let long = "x".repeat(20_000);
    let schema = format!(r#"{{"description":"{long}","enum":["{long}"],"required":["{long}"]}}"#);
    assert!(check(&schema, b"1", Draft::Draft4).unwrap_err().len() < 8192);
    let schema = format!(r#"{{"title":"{long}","additionalProperties":{{"type":"null"}}}}"#);
    for document in [
        format!(r#"{{"{long}":"{long}"}}"#),
        format!("{{{}\"x\":1}}", (0..5000).map(|n| format!("\"{n}\":1,")).collect::<String>()),
    ] {
        let text = check(&schema, document.as_bytes(), Draft::Draft4).unwrap_err();
        assert!(text.len() < 8192, "{}", text.len());
    }
}
