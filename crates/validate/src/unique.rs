//! `uniqueItems` in time linear in the array.
//!
//! The library's own hashes an array by its leaves only, so that `[]`, `[[]]`, `[[],[]]`… all collide and an array of
//! 100,000 of them is compared pair by pair. This one replaces it.

use std::collections::HashSet;

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

pub(crate) const MESSAGE: &str = "array must not contain duplicate elements";

struct UniqueItems;

impl<'i> Keyword<'i> for UniqueItems {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if Keyword::is_valid(self, instance) { Ok(()) } else { Err(ValidationError::custom(MESSAGE)) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_array().is_none_or(|items| are_unique(items))
    }
}

struct Anything;

impl<'i> Keyword<'i> for Anything {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        Ok(())
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        true
    }
}

pub(crate) fn keyword<'a>(
    _: &'a Map<String, Value>,
    value: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(if *value == Value::Bool(true) { Box::new(UniqueItems) } else { Box::new(Anything) })
}

pub(crate) fn are_unique(items: &[Value]) -> bool {
    let mut seen = HashSet::with_capacity(items.len());
    items.iter().all(|item| {
        let mut key = Vec::new();
        write_key(item, &mut key);
        seen.insert(key)
    })
}

/// Writes bytes that are the same for two values exactly if JSON Schema calls the values equal.
fn write_key(value: &Value, key: &mut Vec<u8>) {
    match value {
        Value::Null => key.push(b'n'),
        Value::Bool(value) => key.push(if *value { b't' } else { b'f' }),
        Value::Number(number) => {
            // 1 and 1.0 are one number; integers beyond a double's precision stay apart.
            if let Some(integer) = number.as_i64() {
                key.push(b'i');
                key.extend(i128::from(integer).to_be_bytes());
            } else if let Some(integer) = number.as_u64() {
                key.push(b'i');
                key.extend(i128::from(integer).to_be_bytes());
            } else {
                let number = number.as_f64().unwrap_or_default();
                if number.fract() == 0.0 && number.abs() < 1e30 {
                    key.push(b'i');
                    key.extend((number as i128).to_be_bytes());
                } else {
                    key.push(b'd');
                    key.extend(number.to_bits().to_be_bytes());
                }
            }
        }
        Value::String(text) => write_text(text, key),
        Value::Array(items) => {
            key.push(b'[');
            items.iter().for_each(|item| write_key(item, key));
            key.push(b']');
        }
        Value::Object(members) => {
            key.push(b'{');
            // serde_json's map is sorted unless another crate turns on `preserve_order`.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in members {
                write_text(name, key);
                write_key(value, key);
            }
            key.push(b'}');
        }
    }
}

fn write_text(text: &str, key: &mut Vec<u8>) {
    key.push(b's');
    key.extend((text.len() as u64).to_be_bytes());
    key.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::are_unique;
    use serde_json::json;

    #[test]
    fn equal_means_equal_in_json_schema() {
        let unique = |value: serde_json::Value| are_unique(value.as_array().unwrap());
        assert!(!unique(json!([1, 1.0])));
        assert!(!unique(json!([0, -0.0])));
        assert!(!unique(json!([{"a": 1, "b": [2.0]}, {"b": [2], "a": 1}])));
        assert!(unique(json!([9_007_199_254_740_992_u64, 9_007_199_254_740_993_u64, u64::MAX, -1])));
        assert!(unique(json!([1, "1", true, null, [1], [[1]], {"1": 1}, [], [[]], {}, "", 1.5, 1e300])));
        assert!(unique(json!([["a", "b"], ["ab"], ["a", ["b"]]])));
    }
}
