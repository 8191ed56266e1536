//! The sentence in which AWS names broken constraints.

use std::fmt::{self, Write as _};

use serde_json::Value;
use tidegate_model::{Shape, ShapeKind};

use crate::Failure;
use crate::path::camel_case;

/// The most violations that one message names; a request can break constraints a thousand times over.
const MAX_VIOLATIONS: usize = 16;

/// The most characters of a value that a message shows.
const MAX_VALUE_CHARS: usize = 256;

/// The violations of one request.
#[derive(Default)]
pub(crate) struct Violations(Vec<String>);

impl Violations {
    /// Adds one; `shown` is the value, unless it is sensitive.
    pub(crate) fn add(&mut self, path: &str, shown: Option<(&Shape, &Value)>, constraint: &dyn fmt::Display) {
        if self.0.len() == MAX_VIOLATIONS {
            return;
        }
        let value = match shown {
            None => String::new(),
            Some((_, Value::Null)) => " null".to_owned(),
            Some((shape, value)) => format!(" '{}'", show(shape, value)),
        };
        self.0.push(format!("Value{value} at '{path}' failed to satisfy constraint: {constraint}"));
    }

    /// The refusal, if there is anything to refuse.
    pub(crate) fn into_result(self) -> Result<(), Failure> {
        let violations = self.0;
        match violations.len() {
            0 => Ok(()),
            1 => Err(Failure::bad_request(format!("1 validation error detected: {}", violations[0]))),
            n => Err(Failure::bad_request(format!("{n} validation errors detected: {}", violations.join("; ")))),
        }
    }
}

/// Writes a value the way Java prints one, `[a, b]` and `{k=v}`; long ones are cut, sensitive parts are a star.
fn show(shape: &Shape, value: &Value) -> String {
    let mut text = Bounded { text: String::new(), room: MAX_VALUE_CHARS };
    // The only error is that there is no room left, and the text says so itself.
    let _ = write_value(&mut text, shape, value);
    text.text
}

struct Bounded {
    text: String,
    room: usize,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match text.char_indices().nth(self.room) {
            None => {
                self.room -= text.chars().count();
                self.text.push_str(text);
                Ok(())
            }
            Some((end, _)) => {
                self.room = 0;
                self.text.push_str(&text[..end]);
                self.text.push_str("...");
                Err(fmt::Error)
            }
        }
    }
}

fn write_value(out: &mut Bounded, shape: &Shape, value: &Value) -> fmt::Result {
    if shape.is_sensitive {
        return out.write_char('*');
    }
    match (&shape.kind, value) {
        (_, Value::String(text)) => out.write_str(text),
        (ShapeKind::Float, Value::Number(number)) => {
            write!(out, "{:?}", number.as_f64().unwrap_or_default())
        }
        (ShapeKind::List(item), Value::Array(items)) => {
            write_all(out, ['[', ']'], items.iter(), |out, part| write_value(out, item, part))
        }
        (ShapeKind::Map(key_shape, item), Value::Object(entries)) => {
            write_all(out, ['{', '}'], entries.iter(), |out, (key, part)| {
                out.write_str(if key_shape.is_sensitive { "*" } else { key })?;
                out.write_char('=')?;
                write_value(out, item, part)
            })
        }
        (ShapeKind::Structure(structure), Value::Object(object)) => {
            let known = structure.members.iter().filter_map(|member| Some((member, object.get(member.name)?)));
            write_all(out, ['{', '}'], known, |out, (member, part)| {
                write!(out, "{}=", camel_case(member.name))?;
                write_value(out, member.shape, part)
            })
        }
        (_, value) => write!(out, "{value}"),
    }
}

fn write_all<T>(
    out: &mut Bounded,
    [open, close]: [char; 2],
    parts: impl Iterator<Item = T>,
    mut write_part: impl FnMut(&mut Bounded, T) -> fmt::Result,
) -> fmt::Result {
    out.write_char(open)?;
    for (index, part) in parts.enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write_part(out, part)?;
    }
    out.write_char(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Shape =
        Shape { name: "Text", kind: ShapeKind::String(&[]), min: None, max: None, pattern: None, is_sensitive: false };

    #[test]
    fn long_values_are_cut_between_characters() {
        #[track_caller]
        fn check(value: &str, shown: &str) {
            assert_eq!(show(&TEXT, &Value::from(value)), shown);
        }
        check("", "");
        check(&"ü".repeat(MAX_VALUE_CHARS), &"ü".repeat(MAX_VALUE_CHARS));
        check(&"ü".repeat(MAX_VALUE_CHARS + 1), &format!("{}...", "ü".repeat(MAX_VALUE_CHARS)));
    }

    #[test]
    fn many_violations_are_cut() {
        let mut violations = Violations::default();
        (0..100).for_each(|_| violations.add("x", None, &"c"));
        let failure = violations.into_result().unwrap_err();
        let message = failure.body["Message"].as_str().unwrap();
        assert!(message.starts_with("16 validation errors detected: Value at 'x' failed to satisfy constraint: c; "));
        assert_eq!(message.matches("Value at").count(), 16);
    }
}
