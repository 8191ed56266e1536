//! Who asks, and in which context: a request's body, within bounds.

use serde_json::{Map, Value};
use tidegate_flags::Context;

use crate::refusal::{Code, Refusal};

/// The largest body of a request.
pub const MAX_BODY_BYTES: usize = 64 * 1_024;
/// Values of a context at most.
pub const MAX_VALUES: usize = 256;
/// The longest targeting key: it is an entity's id, and those have this bound in AWS's agent.
pub const MAX_TARGETING_KEY_BYTES: usize = 2_048;

const TARGETING_KEY: &str = "targetingKey";

/// Who asks, and what is known of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    targeting_key: Option<String>,
    /// As rules see them: texts.
    values: Vec<(String, String)>,
}

impl Asker {
    /// Reads a body. None at all, or one without a context or a targeting key, is somebody of whom nothing is known:
    /// providers send such bodies, whatever the protocol requires. The reader of JSON bounds how deep it nests (128).
    ///
    /// # Errors
    /// It is not JSON, or the context is not one, or too large.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        if body.len() > MAX_BODY_BYTES {
            return Err(Refusal::new(413, Code::Parse, format!("The body has more than {MAX_BODY_BYTES} bytes")));
        }
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let mut body: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| Refusal::new(400, Code::Parse, format!("The body is no JSON object: {error}")))?;
        match body.remove("context") {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(Value::Object(context)) => Self::of_context(context),
            Some(_) => Err(invalid("The context has to be an object")),
        }
    }

    fn of_context(context: Map<String, Value>) -> Result<Self, Refusal> {
        if context.len() > MAX_VALUES {
            return Err(invalid(format!("The context has more than {MAX_VALUES} values")));
        }
        let mut asker = Self::default();
        for (key, value) in context {
            // Numbers are as they were written, and what has parts is its JSON.
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                value if key == TARGETING_KEY && !value.is_number() => {
                    return Err(invalid("The targetingKey has to be a string"));
                }
                value => value.to_string(),
            };
            if key == TARGETING_KEY {
                if text.len() > MAX_TARGETING_KEY_BYTES {
                    return Err(invalid(format!("The targetingKey has more than {MAX_TARGETING_KEY_BYTES} bytes")));
                }
                if text.is_empty() {
                    continue;
                }
                asker.targeting_key = Some(text.clone());
            }
            asker.values.push((key, text));
        }
        Ok(asker)
    }

    /// Whom the answer is for: the entity of gradual deployments and experiments.
    pub fn targeting_key(&self) -> Option<&str> {
        self.targeting_key.as_deref()
    }

    /// What rules get to see: the targeting key is both `$entityId` and `$targetingKey`.
    pub fn context(&self) -> Context<'_> {
        let mut context = Context::new();
        for (key, value) in &self.values {
            context.set(key, value);
        }
        match self.targeting_key() {
            Some(entity) => context.with_entity_id(entity),
            None => context,
        }
    }
}

fn invalid(details: impl Into<String>) -> Refusal {
    Refusal::new(400, Code::InvalidContext, details)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_texts_as_rules_read_them() {
        let body = br#"{"context":{"targetingKey":"u1","tier":"gold","age":42,"ratio":1.50,"staff":true,"none":null,"tags":["a",{"b":1}]}}"#;
        let asker = Asker::read(body).unwrap();
        let context = asker.context();
        let got =
            ["targetingKey", "entityId", "tier", "age", "ratio", "staff", "none", "tags"].map(|key| context.get(key));
        let expected = [
            Some("u1"),
            Some("u1"),
            Some("gold"),
            Some("42"),
            Some("1.5"),
            Some("true"),
            None,
            Some(r#"["a",{"b":1}]"#),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn nothing_known_is_no_mistake() {
        for body in ["", " ", "{}", r#"{"context":null}"#, r#"{"context":{}}"#, r#"{"context":{"targetingKey":""}}"#] {
            let asker = Asker::read(body.as_bytes()).unwrap();
            assert!(asker.targeting_key().is_none() && asker.context().get("targetingKey").is_none(), "{body}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let check = |body: &str, status: u16, code: Code| {
            let refusal = Asker::read(body.as_bytes()).unwrap_err();
            assert_eq!((refusal.status, refusal.code), (status, code), "{}", &body[..body.len().min(60)]);
            assert!(!refusal.details.is_empty());
        };
        for body in ["{", "[]", "12", "\u{1}", &format!("{{\"context\":{}1{}}}", "[".repeat(500), "]".repeat(500))] {
            check(body, 400, Code::Parse);
        }
        let many: Vec<String> = (0..=MAX_VALUES).map(|number| format!("\"k{number}\":1")).collect();
        for context in
            ["[]", "\"x\"", "{\"targetingKey\":{}}", "{\"targetingKey\":true}", &format!("{{{}}}", many.join(","))]
        {
            check(&format!("{{\"context\":{context}}}"), 400, Code::InvalidContext);
        }
        let long = "x".repeat(MAX_TARGETING_KEY_BYTES + 1);
        check(&format!("{{\"context\":{{\"targetingKey\":\"{long}\"}}}}"), 400, Code::InvalidContext);
        check(&" ".repeat(MAX_BODY_BYTES + 1), 413, Code::Parse);
    }
}
