//! JSON as the service writes it: minified, and escaped like Go's `encoding/json`, whose spelling the recordings show.
//!
//! `<`, `>`, `&`, U+2028 and U+2029 are written as `\uXXXX`; numbers take the shortest form that reads back, with an
//! exponent below 1e-6 and from 1e21. Integers of 64 bits stay exact.

use serde_json::{Number, Value};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends a value.
pub(crate) fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => out.extend_from_slice(number_text(number).as_bytes()),
        Value::String(text) => write_string(out, text),
        Value::Array(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(out, value);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut object = ObjectWriter::begin(out);
            for (key, value) in members {
                write_value(object.member(key), value);
            }
            object.end();
        }
    }
}

/// Appends a string with its quotes.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        let is_separator = byte == 0xe2 && matches!(bytes.get(index + 1..index + 3), Some([0x80, 0xa8 | 0xa9]));
        if byte >= 0x20 && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&') && !is_separator || index < start {
            continue;
        }
        out.extend_from_slice(&bytes[start..index]);
        start = index + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0xe2 => {
                out.extend_from_slice(b"\\u202");
                out.push(HEX[usize::from(bytes[index + 2] & 0xf)]);
                start = index + 3;
            }
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 0xf)]);
            }
        }
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

/// A number's text.
pub(crate) fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_i64() && !number.is_u64() => float_text(float),
        _ => number.to_string(),
    }
}

/// A finite float's text.
pub(crate) fn float_text(float: f64) -> String {
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{float:e}");
        return if size >= 1e21 { text.replace('e', "e+") } else { text };
    }
    float.to_string()
}

/// A value's text as a detail shows it: strings without quotes.
pub(crate) fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        _ => value_text(value),
    }
}

/// A value's JSON text.
pub(crate) fn value_text(value: &Value) -> String {
    let mut out = Vec::new();
    write_value(&mut out, value);
    String::from_utf8(out).expect("the JSON writer writes UTF-8")
}

/// Writes an object member by member, in the caller's order.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> ObjectWriter<'a> {
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_first: true }
    }

    /// Writes the key; the caller appends the value to what is returned.
    pub fn member(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        write_string(self.out, key);
        self.out.push(b':');
        self.out
    }

    pub fn string(&mut self, key: &str, text: &str) {
        write_string(self.member(key), text);
    }

    pub fn boolean(&mut self, key: &str, value: bool) {
        self.member(key).extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub fn end(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        let value: Value = serde_json::from_str(input).unwrap();
        let text = value_text(&value);
        assert_eq!(text, expected);
        assert_eq!(value_text(&serde_json::from_str(&text).unwrap()), expected);
    }

    #[test]
    fn strings_are_escaped_like_go_does() {
        check(r#""<b>&</b>""#, r#""\u003cb\u003e\u0026\u003c/b\u003e""#);
        check(r#""\u2028x\u2029\u202a""#, "\"\\u2028x\\u2029\u{202a}\"");
        check(r#""a\u0000\u001f\b\f\n\r\t\"\\""#, r#""a\u0000\u001f\b\f\n\r\t\"\\""#);
        check(r#""žluťoučký""#, r#""žluťoučký""#);
    }

    #[test]
    fn numbers_are_written_like_go_does() {
        check("2.0", "2");
        check("1e20", "100000000000000000000");
        check("1e21", "1e+21");
        check("0.0000001", "1e-7");
        check("0.000001", "0.000001");
        check("-0.0", "-0");
        check("9007199254740993", "9007199254740993");
        check("[1.5,-3]", "[1.5,-3]");
    }
}
