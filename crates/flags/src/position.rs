//! Lines and columns in JSON: where a member of a document stands, and where a character of a string does.
//!
//! The text has been read as JSON before; what is looked for is found by walking past everything else.

/// A line and a column, from 1. A column counts characters.
pub(crate) type Position = (usize, usize);

/// Where a member stands: the byte at which its value begins. Steps are keys, or indexes written as numbers. As far as
/// the steps lead; of keys that are there twice, the last counts, as it does for the reader.
pub(crate) fn offset_of<'a>(text: &[u8], path: impl IntoIterator<Item = &'a str>) -> usize {
    let mut at = space(text, 0);
    for step in path {
        match member(text, at, step) {
            Some(found) => at = found,
            None => break,
        }
    }
    at
}

/// The byte at which a character of the string that begins at `start` is written; `index` counts decoded characters.
pub(crate) fn offset_in_string(text: &[u8], start: usize, index: usize) -> usize {
    let mut at = start + 1;
    for _ in 0..index {
        match text.get(at) {
            None | Some(b'"') => break,
            Some(b'\\') if text.get(at + 1) == Some(&b'u') => {
                // A pair of escapes is one character.
                let is_high =
                    matches!(text.get(at + 2..at + 4), Some([b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B']));
                at += if is_high { 12 } else { 6 };
            }
            Some(b'\\') => at += 2,
            Some(_) => {
                at += 1;
                while text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80) {
                    at += 1;
                }
            }
        }
    }
    at.min(text.len())
}

/// The line and column of a byte.
pub(crate) fn position_of(text: &[u8], offset: usize) -> Position {
    let before = &text[..offset.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let is_start = |byte: &&u8| **byte & 0xc0 != 0x80;
    (before.iter().filter(|byte| **byte == b'\n').count() + 1, before[line_start..].iter().filter(is_start).count() + 1)
}

fn member(text: &[u8], at: usize, step: &str) -> Option<usize> {
    let is_object = match text.get(at)? {
        b'{' => true,
        b'[' => false,
        _ => return None,
    };
    let mut found = None;
    let mut at = space(text, at + 1);
    let mut index = 0;
    while !matches!(text.get(at)?, b'}' | b']') {
        let mut is_it = !is_object && step.parse() == Ok(index);
        if is_object {
            let end = string_end(text, at);
            is_it = serde_json::from_slice::<String>(text.get(at..end)?).is_ok_and(|key| key == step);
            at = space(text, space(text, end) + 1);
        }
        if is_it {
            found = Some(at);
        }
        index += 1;
        at = space(text, value_end(text, at));
        if text.get(at)? == &b',' {
            at = space(text, at + 1);
        }
    }
    found
}

fn value_end(text: &[u8], mut at: usize) -> usize {
    let mut depth = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                at = string_end(text, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' if depth == 0 => return at,
            byte if byte.is_ascii_whitespace() && depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

fn space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found() {
        let text =
            "{ \"a\" : 1,\n  \"b\\\"\": [true, {\"č\": [ \"x,]}\" ]}], \"b\\\"\":[0,{\"č\":\n \"y\"}] }".as_bytes();
        let check = |path: &[&str], position: Position| {
            assert_eq!(position_of(text, offset_of(text, path.iter().copied())), position, "{path:?}");
        };
        check(&[], (1, 1));
        check(&["a"], (1, 9));
        check(&["b\""], (2, 43));
        check(&["b\"", "1", "č"], (3, 2));
        check(&["b\"", "1", "nothing"], (2, 46));
        check(&["b\"", "7"], (2, 43));
    }

    #[test]
    fn characters_of_strings_are_found() {
        let text = r#""aé\n\u00e9\ud83d\ude00z""#.as_bytes();
        let check = |index: usize, rest: &str| {
            assert_eq!(std::str::from_utf8(&text[offset_in_string(text, 0, index)..]), Ok(rest));
        };
        check(0, r#"aé\n\u00e9\ud83d\ude00z""#);
        check(2, r#"\n\u00e9\ud83d\ude00z""#);
        check(4, r#"\ud83d\ude00z""#);
        check(5, r#"z""#);
        check(99, r#"""#);
    }
}
