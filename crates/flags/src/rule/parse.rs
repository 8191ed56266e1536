//! A rule's text as Ion. Its depth is measured first: the Ion reader recurses and has no bound of its own.

use ion_rs::{Element, IonError};

use super::{Fault, FaultReason};
use crate::limits;

/// Reads a rule's text as one Ion value, within the limits for what authors write.
pub(crate) fn parse(text: &str) -> Result<Element, Fault> {
    if text.chars().count() > limits::RULE_CHARS {
        let message = format!("a rule has at most {} characters", limits::RULE_CHARS);
        return Err(Fault { path: String::new(), reason: FaultReason::TooComplex, message, position: None });
    }
    parse_within(text, limits::RULE_DEPTH)
}

/// Reads a rule's text of any length, as experiments make it of authors' rules.
pub(crate) fn parse_within(text: &str, depth: usize) -> Result<Element, Fault> {
    let shape = text_shape(text.as_bytes());
    if shape.has_huge_symbol_id {
        return Err(not_an_expression("a symbol is a name, and no number behind a $", None));
    }
    if shape.depth > depth {
        let message = format!("a rule is nested at most {depth} levels deep");
        return Err(Fault { path: String::new(), reason: FaultReason::TooComplex, message, position: None });
    }
    let mut values = Element::read_all(text).map_err(|error| syntax_fault(text, &error))?.into_iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(not_an_expression("a rule is an expression such as (eq $tier \"gold\")", None)),
        (Some(_), Some(second)) => {
            Err(not_an_expression("a rule is one expression, and here a second begins", second.location().row_column()))
        }
    }
}

/// What has to be known of an Ion text before the reader may see it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TextShape {
    /// The greatest number of brackets open at once.
    pub depth: usize,
    /// Whether a symbol is named by a number (`$7`) that is so large that the reader panics.
    pub has_huge_symbol_id: bool,
}

/// Digits of a symbol id that the reader takes for sure.
const SYMBOL_ID_DIGITS: usize = 9;

/// Looks at an Ion text, comments, strings and quoted symbols left out. Where the text is not Ion it is a guess, but
/// never less than what the reader descends to before it gives up.
pub(crate) fn text_shape(text: &[u8]) -> TextShape {
    let mut shape = TextShape::default();
    let (mut depth, mut at) = (0usize, 0);
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                shape.depth = shape.depth.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'$' => {
                let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                shape.has_huge_symbol_id |= digits > SYMBOL_ID_DIGITS;
                at += digits;
            }
            b'"' => at = after(text, at, b"\"", true),
            b'\'' if text[at..].starts_with(b"''") => at = after(text, at + 2, b"'''", true),
            b'\'' => at = after(text, at, b"'", true),
            b'/' if text.get(at) == Some(&b'/') => at = after(text, at, b"\n", false),
            b'/' if text.get(at) == Some(&b'*') => at = after(text, at + 1, b"*/", false),
            _ => {}
        }
    }
    shape
}

fn after(text: &[u8], mut at: usize, end: &[u8], has_escapes: bool) -> usize {
    while at < text.len() {
        if has_escapes && text[at] == b'\\' {
            at += 2;
        } else if text[at..].starts_with(end) {
            return at + end.len();
        } else {
            at += 1;
        }
    }
    text.len()
}

fn not_an_expression(message: &str, position: Option<(usize, usize)>) -> Fault {
    Fault { path: String::new(), reason: FaultReason::NotAnExpression, message: message.into(), position }
}

/// The service reads operands until one is no Ion and then misses it: `(gt $date 2024-01)` is `TooFewOperands` there.
fn syntax_fault(text: &str, error: &IonError) -> Fault {
    let (message, offset) = explain(error);
    let position = offset.map(|offset| line_and_column(text, offset));
    let operator = text.trim_start().strip_prefix('(').map(|rest| {
        let rest = rest.trim_start();
        &rest[..rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len())]
    });
    match operator {
        None | Some("") => Fault { message, ..not_an_expression("", position) },
        Some(operator) if super::check::is_operator(operator) => {
            Fault { path: format!(".{operator}"), reason: FaultReason::TooFewOperands, message, position }
        }
        Some(_) => Fault { path: String::new(), reason: FaultReason::UnknownSymbol, message, position },
    }
}

/// The reader's message in one line, and the byte where it stopped. Its errors carry the offset only in their text.
pub(crate) fn explain(error: &IonError) -> (String, Option<usize>) {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or("").trim();
    let offset = text.split("offset=").nth(1).and_then(|rest| {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    });
    (format!("not Ion: {first}"), offset)
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset.min(text.len()))];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_leaves_out_what_is_quoted() {
        let check = |text: &str, depth: usize| assert_eq!(text_shape(text.as_bytes()).depth, depth, "{text}");
        check("", 0);
        check("(and (eq $a [1, 2]) (eq $b {c: 1}))", 3);
        check(r#"(eq $a "((((\"((")"#, 1);
        check("(eq $a '((') // ((((\n /* [[[ */ ([])", 2);
        check("'''((' ((''' (1)", 1);
        check("(((", 3);
    }

    #[test]
    fn the_deepest_allowed_rule_is_read_on_a_small_stack() {
        let text = "(not ".repeat(limits::RULE_DEPTH - 1) + "(exists key::\"a\")" + &")".repeat(limits::RULE_DEPTH - 1);
        let read = move || (parse(&text).is_ok(), parse(&format!("(not {text})")).unwrap_err().reason);
        let small = std::thread::Builder::new().stack_size(1024 * 1024).spawn(read).unwrap();
        assert_eq!(small.join().unwrap(), (true, FaultReason::TooComplex));
    }
}
