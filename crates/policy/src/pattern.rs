//! Texts with wildcards and variables, and matching them in linear time.
//!
//! A pattern is cut at its `*` into segments. The first and the last are compared where the text begins and ends; each
//! of the others is found at the first place after the one before, which is never worse than a later place. Segments
//! without a `?` are found by the standard library, in linear time; the others are tried at every place, and may be at
//! most [`MAX_SEGMENT_CHARS`] long.

use std::borrow::Cow;

use crate::context::{Key, Request, Value};

/// The longest pattern, in bytes: the longest ARN.
pub(crate) const MAX_PATTERN_BYTES: usize = 2048;

/// The longest piece with a `?` between two `*`, in characters.
pub(crate) const MAX_SEGMENT_CHARS: usize = 64;

/// A text that may hold wildcards and variables.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    /// Never empty: what stands between the `*`.
    segments: Vec<Segment>,
}

type Segment = Vec<Piece>;

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// A `?`: any one character.
    One,
    Variable(Key),
}

/// What a pattern may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// Whether `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
    /// Whether `${…}` is a variable, or text, or refused.
    pub(crate) variables: Variables,
}

/// What a `${` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variables {
    /// A variable.
    Known,
    /// The document's version has none, and IAM would take it for text: refused, since nobody means that.
    NeedVersion,
    /// There are none here.
    Refused,
}

impl Pattern {
    pub(crate) fn parse(text: &str, syntax: Syntax) -> Result<Self, String> {
        if text.len() > MAX_PATTERN_BYTES {
            return Err(format!("is longer than {MAX_PATTERN_BYTES} bytes"));
        }
        let mut pattern = Self { segments: vec![Vec::new()] };
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("${") {
                let (name, after) = after.split_once('}').ok_or("has a '${' without a '}'")?;
                pattern.push_variable(name, syntax.variables)?;
                rest = after;
                continue;
            }
            match char {
                '*' if syntax.wildcards => {
                    if pattern.segments.len() < 2 || !pattern.last().is_empty() {
                        pattern.segments.push(Vec::new());
                    }
                }
                '?' if syntax.wildcards => pattern.last().push(Piece::One),
                char => pattern.push_char(char),
            }
            rest = &rest[char.len_utf8()..];
        }
        let inner = pattern.segments.len().saturating_sub(1);
        for segment in pattern.segments.iter().take(inner).skip(1) {
            if segment.contains(&Piece::One) && chars_of(segment) > MAX_SEGMENT_CHARS {
                return Err(format!(
                    "has a piece with a '?' of more than {MAX_SEGMENT_CHARS} characters between two '*'"
                ));
            }
        }
        Ok(pattern)
    }

    /// Whether the pattern matches the text; `None` when it needs a variable that the request does not have, or that no
    /// request is there for.
    pub(crate) fn matches(&self, text: &str, request: Option<&Request<'_>>) -> Option<bool> {
        let [first, rest @ ..] = &self.segments[..] else { return Some(false) };
        let first = resolve(first, request)?;
        let [middle @ .., last] = rest else {
            return Some(first.starts(text) == Some(text.len()));
        };
        let last = resolve(last, request)?;
        let Some(mut text) = first.starts(text).map(|at| &text[at..]) else {
            return resolved(middle, request, false);
        };
        for (index, segment) in middle.iter().enumerate() {
            let Some(end) = resolve(segment, request)?.find(text) else {
                return resolved(&middle[index..], request, false);
            };
            text = &text[end..];
        }
        Some(last.ends(text))
    }

    /// Whether the pattern is text alone and equal to this one, without regard to case.
    pub(crate) fn equals_ignoring_case(&self, text: &str, request: Option<&Request<'_>>) -> Option<bool> {
        let [only] = &self.segments[..] else { return Some(false) };
        match resolve(only, request)? {
            Resolved::Text(pattern) => Some(lower(&pattern).eq(lower(text))),
            Resolved::Chars(_) => Some(false),
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.segments.iter().flatten().filter_map(|piece| match piece {
            Piece::Variable(key) => Some(key),
            _ => None,
        })
    }

    fn push_variable(&mut self, name: &str, variables: Variables) -> Result<(), String> {
        match (name, variables) {
            (_, Variables::Refused) => return Err("has a '${': there are no variables here".to_owned()),
            (_, Variables::NeedVersion) => {
                return Err("has a '${': variables need \"Version\": \"2012-10-17\"".to_owned());
            }
            // The way to write these three where they would mean something.
            ("*" | "?" | "$", Variables::Known) => name.chars().for_each(|char| self.push_char(char)),
            (name, Variables::Known) => {
                let key = Key::parse(name).filter(Key::has_one_value).ok_or_else(|| {
                    format!("has the variable '${{{name}}}', which is not known; known are {}", Key::KNOWN_ONE)
                })?;
                self.last().push(Piece::Variable(key));
            }
        }
        Ok(())
    }

    fn push_char(&mut self, char: char) {
        match self.last().last_mut() {
            Some(Piece::Text(text)) => text.push(char),
            _ => self.last().push(Piece::Text(char.to_string())),
        }
    }

    fn last(&mut self) -> &mut Segment {
        self.segments.last_mut().expect("a pattern has a segment")
    }
}

fn chars_of(segment: &[Piece]) -> usize {
    segment.iter().map(|piece| if let Piece::Text(text) = piece { text.chars().count() } else { 1 }).sum()
}

/// Answers what is known already, unless a variable of what was not looked at is missing.
fn resolved(segments: &[Segment], request: Option<&Request<'_>>, answer: bool) -> Option<bool> {
    let mut pieces = segments.iter().flatten();
    let is_resolved = pieces.all(|piece| !matches!(piece, Piece::Variable(key) if value(request, key).is_none()));
    is_resolved.then_some(answer)
}

fn value<'a>(request: Option<&Request<'a>>, key: &Key) -> Option<Value<'a>> {
    request?.value(key)
}

/// A segment with its variables' values in place: what they hold is text, whatever it looks like.
enum Resolved<'a> {
    Text(Cow<'a, str>),
    /// `None` is any character.
    Chars(Vec<Option<char>>),
}

fn resolve<'a>(segment: &'a [Piece], request: Option<&Request<'_>>) -> Option<Resolved<'a>> {
    match segment {
        [] => return Some(Resolved::Text(Cow::Borrowed(""))),
        [Piece::Text(text)] => return Some(Resolved::Text(Cow::Borrowed(text))),
        _ => {}
    }
    let mut chars = Vec::new();
    for piece in segment {
        match piece {
            Piece::Text(text) => chars.extend(text.chars().map(Some)),
            Piece::One => chars.push(None),
            Piece::Variable(key) => chars.extend(value(request, key)?.text().chars().map(Some)),
        }
    }
    Some(if segment.contains(&Piece::One) {
        Resolved::Chars(chars)
    } else {
        Resolved::Text(chars.into_iter().flatten().collect::<String>().into())
    })
}

impl Resolved<'_> {
    /// Where the segment ends if the text starts with it.
    fn starts(&self, text: &str) -> Option<usize> {
        match self {
            Self::Text(segment) => text.starts_with(&**segment).then_some(segment.len()),
            Self::Chars(segment) => {
                let mut chars = text.chars();
                for wanted in segment {
                    let found = chars.next()?;
                    if wanted.is_some_and(|wanted| wanted != found) {
                        return None;
                    }
                }
                Some(text.len() - chars.as_str().len())
            }
        }
    }

    fn ends(&self, text: &str) -> bool {
        match self {
            Self::Text(segment) => text.ends_with(&**segment),
            Self::Chars(segment) => {
                let mut chars = text.chars().rev();
                segment.iter().rev().all(|wanted| chars.next().is_some_and(|found| wanted.is_none_or(|c| c == found)))
            }
        }
    }

    /// Where the segment ends at the first place where the text has it.
    fn find(&self, text: &str) -> Option<usize> {
        match self {
            Self::Text(segment) => text.find(&**segment).map(|at| at + segment.len()),
            Self::Chars(_) => {
                text.char_indices().find_map(|(at, _)| self.starts(&text[at..]).map(|length| at + length))
            }
        }
    }
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}
