//! Answers: one flag, or all of them.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tidegate_flags::{Context, Evaluation, FlagSet, Reason};

use crate::asker::Asker;
use crate::page::flag_of;
use crate::refusal::{Code, Refusal};

/// All of a flag as an object.
const WHOLE: &str = "*";
/// The keys that splits by whoever asks look at.
const TARGETING_KEYS: [&str; 2] = ["entityId", "targetingKey"];
/// Much longer than any key that can be found.
const MAX_KEY_BYTES: usize = 256;

/// Where changes are told.
#[derive(Clone, Copy, Debug)]
pub struct EventStream<'a> {
    /// Path and query at the origin that was asked.
    pub request_uri: &'a str,
}

/// The body of the answer about one flag. `version` is the configuration's.
///
/// # Errors
/// There is no such flag, or a split needs to know whom the answer is for.
pub fn single(flags: &FlagSet, key: &str, asker: &Asker, version: Option<&str>) -> Result<Vec<u8>, Refusal> {
    if key.len() > MAX_KEY_BYTES {
        return Err(Refusal::not_found("There is no flag with a key as long as that"));
    }
    let flag = flag_of(key);
    let no_flag = || Refusal::not_found(format!("There is no flag {flag:?}"));
    let Some(asked) = Flag::evaluate(flags, flag, &asker.context()) else { return Err(no_flag()) };
    let mut answer = asked?.answer(key)?;
    if let (Some(version), Some(metadata)) = (version, answer.get_mut("metadata")) {
        *metadata = json!({"configurationVersion": version});
    }
    Ok(Value::Object(answer).to_string().into_bytes())
}

/// The body of the answer about all flags, sorted: of each its switch, its attributes, and itself as an object.
///
/// It does not say the version: one that changes nothing for this caller is to leave the tag as it was.
pub fn bulk(flags: &FlagSet, asker: &Asker, stream: Option<EventStream<'_>>) -> Vec<u8> {
    let context = asker.context();
    let mut items = Vec::new();
    for key in flags.keys() {
        match Flag::evaluate(flags, key, &context) {
            Some(Ok(flag)) => items.extend(flag.answers(key)),
            Some(Err(refusal)) => items.push(refusal.item(Some(key))),
            None => {}
        }
    }
    let mut body = json!({"flags": items, "metadata": {}});
    if let Some(stream) = stream {
        body["eventStreams"] = json!([{"type": "sse", "endpoint": {"requestUri": stream.request_uri}}]);
    }
    body.to_string().into_bytes()
}

/// A strong tag for a body. Two contexts have one tag only if they have one body.
pub fn etag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// Whether an `If-None-Match` names a tag.
pub fn matches(if_none_match: &str, etag: &str) -> bool {
    let tags = if_none_match.split(',').map(str::trim);
    tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag)).any(|tag| tag == etag || tag == "*")
}

/// An event that has readers ask again. `state` names what there is to get now.
pub fn refetch(state: &str) -> String {
    let data = json!({"type": "refetchEvaluation", "etag": format!("\"{state}\"")});
    format!("id: {state}\nevent: message\ndata: {data}\n\n")
}

/// A flag as this caller gets it.
struct Flag {
    members: Map<String, Value>,
    variant: String,
    reason: &'static str,
    enabled: bool,
}

impl Flag {
    /// None if there is no such flag.
    fn evaluate(flags: &FlagSet, key: &str, context: &Context<'_>) -> Option<Result<Self, Refusal>> {
        let evaluation = flags.evaluate(key, context)?;
        if TARGETING_KEYS.iter().any(|missing| flags.misses(key, context, missing)) {
            let details = format!("The flag {key:?} is split by whom it is for: send a targetingKey");
            return Some(Err(Refusal::new(400, Code::TargetingKeyMissing, details)));
        }
        Some(Ok(Self::new(&evaluation)))
    }

    fn new(evaluation: &Evaluation<'_>) -> Self {
        let mut members: Map<String, Value> = serde_json::from_slice(evaluation.json).unwrap_or_default();
        members.remove("_variant");
        let switch = if evaluation.enabled { "enabled" } else { "disabled" };
        let reason = match evaluation.reason {
            Reason::Static => "STATIC",
            Reason::Targeting => "TARGETING_MATCH",
            Reason::Split => "SPLIT",
            Reason::Default => "DEFAULT",
        };
        let variant = evaluation.variant.unwrap_or(switch).to_owned();
        Self { members, variant, reason, enabled: evaluation.enabled }
    }

    fn answer(mut self, key: &str) -> Result<Map<String, Value>, Refusal> {
        let value = match key.split_once('.') {
            // Never DISABLED: providers then answer with what the caller has for a default, which may be true.
            None => Value::Bool(self.enabled),
            Some((_, WHOLE)) => Value::Object(std::mem::take(&mut self.members)),
            Some((flag, attribute)) => match self.members.remove(attribute) {
                Some(value) => value,
                // What is off has no attributes, and one that is not there cannot be told from one that is unknown.
                None if !self.enabled => return Ok(self.item(key, "DISABLED", None)),
                None => {
                    let details =
                        format!("The flag {flag:?} has no attribute {attribute:?} in its variant {:?}", self.variant);
                    return Err(Refusal::not_found(details));
                }
            },
        };
        Ok(self.item(key, self.reason, Some(value)))
    }

    /// All that can be asked of it.
    fn answers(mut self, key: &str) -> Vec<Value> {
        let members = std::mem::take(&mut self.members);
        let mut answers = vec![self.item(key, self.reason, Some(Value::Bool(self.enabled)))];
        for (name, value) in &members {
            answers.push(self.item(&format!("{key}.{name}"), self.reason, Some(value.clone())));
        }
        answers.push(self.item(&format!("{key}.{WHOLE}"), self.reason, Some(Value::Object(members))));
        answers.into_iter().map(Value::Object).collect()
    }

    fn item(&self, key: &str, reason: &str, value: Option<Value>) -> Map<String, Value> {
        let mut item = Map::new();
        item.insert("key".into(), key.into());
        item.insert("reason".into(), reason.into());
        item.insert("variant".into(), self.variant.as_str().into());
        item.insert("metadata".into(), Value::Object(Map::new()));
        if let Some(value) = value {
            item.insert("value".into(), value);
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &str = r#"
        plain::"{\"enabled\":true,\"limit\":10,\"list\":[1],\"ratio\":0.5,\"text\":\"hi\",\"ready\":false}"
        off::"{\"enabled\":false}"
        tier::[gold::[(eq $tier "gold"), "{\"_variant\":\"gold\",\"enabled\":true,\"limit\":9}"], "{\"_variant\":\"rest\",\"enabled\":false}"]
        half::[
            staff::[(eq $staff true), "{\"_variant\":\"staff\",\"enabled\":true}"],
            all::[(split by::$entityId pct::100 seed::"s"), "{\"_variant\":\"all\",\"enabled\":true}"],
            "{\"_variant\":\"rest\",\"enabled\":false}"]
        tried::[
            t1::[(and (exists key::"entityId") (split by::$entityId pct::100 seed::"s")), "{\"_variant\":\"t1\",\"enabled\":true}"],
            "{\"_variant\":\"rest\",\"enabled\":false}"]
        "#;

    fn flags() -> FlagSet {
        FlagSet::from_ion(FLAGS.as_bytes()).unwrap()
    }

    fn ask(key: &str, context: Value) -> Value {
        let asker = Asker::read(json!({"context": context}).to_string().as_bytes()).unwrap();
        let body = match single(&flags(), key, &asker, None) {
            Ok(body) => body,
            Err(refusal) => {
                let expected = if refusal.code == Code::FlagNotFound { 404 } else { 400 };
                assert_eq!(refusal.status, expected);
                refusal.body(Some(key))
            }
        };
        serde_json::from_slice(&body).unwrap()
    }

    #[track_caller]
    fn check(key: &str, context: Value, value: Value, reason: &str, variant: &str) {
        let expected = json!({"key": key, "value": value, "reason": reason, "variant": variant, "metadata": {}});
        assert_eq!(ask(key, context), expected);
    }

    #[test]
    fn a_flag_is_a_switch_an_object_and_attributes() {
        check("plain", json!({}), json!(true), "STATIC", "enabled");
        check("plain.limit", json!({}), json!(10), "STATIC", "enabled");
        check("plain.ratio", json!({}), json!(0.5), "STATIC", "enabled");
        check("plain.text", json!({}), json!("hi"), "STATIC", "enabled");
        check("plain.ready", json!({}), json!(false), "STATIC", "enabled");
        check("plain.list", json!({}), json!([1]), "STATIC", "enabled");
        let whole = json!({"enabled": true, "limit": 10, "list": [1], "ratio": 0.5, "text": "hi", "ready": false});
        check("plain.*", json!({}), whole, "STATIC", "enabled");
    }

    #[test]
    fn what_is_off_is_false_and_leaves_attributes_to_the_caller() {
        check("off", json!({}), json!(false), "STATIC", "disabled");
        check("off.*", json!({}), json!({"enabled": false}), "STATIC", "disabled");
        let absent = json!({"key": "off.limit", "reason": "DISABLED", "variant": "disabled", "metadata": {}});
        assert_eq!(ask("off.limit", json!({})), absent);
    }

    #[test]
    fn reasons_say_why() {
        check("tier", json!({"tier": "gold"}), json!(true), "TARGETING_MATCH", "gold");
        check("tier", json!({"tier": "tin"}), json!(false), "DEFAULT", "rest");
        check("half", json!({"targetingKey": "u"}), json!(true), "SPLIT", "all");
        check("tried", json!({"targetingKey": "u"}), json!(true), "SPLIT", "t1");
    }

    #[test]
    fn a_targeting_key_is_missed_only_where_a_split_was_passed_over_for_want_of_it() {
        assert_eq!(ask("half", json!({}))["errorCode"], "TARGETING_KEY_MISSING");
        check("half", json!({"staff": true}), json!(true), "TARGETING_MATCH", "staff");
        check("tried", json!({}), json!(false), "DEFAULT", "rest");
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for key in ["none", "none.limit", "plain.none", "plain.text.more", "plain.", ".", "", "*", &"k".repeat(5_000)] {
            let refusal = ask(key, json!({}));
            assert_eq!((&refusal["errorCode"], &refusal["key"]), (&json!("FLAG_NOT_FOUND"), &json!(key)));
            assert!(refusal["errorDetails"].is_string() && refusal["metadata"].is_object());
        }
    }

    #[test]
    fn all_flags_come_sorted_with_a_failure_for_the_one_that_fails() {
        let stream = EventStream { request_uri: "/ofrep/v1/events" };
        let body = bulk(&flags(), &Asker::default(), Some(stream));
        let body: Value = serde_json::from_slice(&body).unwrap();
        let items = body["flags"].as_array().unwrap();
        let keys: Vec<&str> = items.iter().filter_map(|item| item["key"].as_str()).collect();
        assert_eq!(
            keys,
            [
                "half",
                "off",
                "off.enabled",
                "off.*",
                "plain",
                "plain.enabled",
                "plain.limit",
                "plain.list",
                "plain.ratio",
                "plain.ready",
                "plain.text",
                "plain.*",
                "tier",
                "tier.enabled",
                "tier.*",
                "tried",
                "tried.enabled",
                "tried.*"
            ]
        );
        assert_eq!(items[0]["errorCode"], "TARGETING_KEY_MISSING");
        assert_eq!(body["metadata"], json!({}));
        let announced = json!([{"type": "sse", "endpoint": {"requestUri": "/ofrep/v1/events"}}]);
        assert_eq!(body["eventStreams"], announced);
    }

    #[test]
    fn a_tag_is_of_the_body() {
        let (one, other) = (etag(b"one"), etag(b"other"));
        assert!(one != other && one.starts_with('"') && one.ends_with('"'));
        for header in [one.clone(), format!("W/{one}"), format!("{other}, {one}"), "*".into()] {
            assert!(matches(&header, &one), "{header}");
        }
        assert!(!matches(&other, &one) && !matches("", &one));
    }

    #[test]
    fn an_event_is_one_message() {
        let event = refetch("ab");
        assert_eq!(event, "id: ab\nevent: message\ndata: {\"etag\":\"\\\"ab\\\"\",\"type\":\"refetchEvaluation\"}\n\n");
    }
}
