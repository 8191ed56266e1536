//! The canonical request, straight into its hash.

use std::borrow::Cow;

use http::header::HOST;

use super::key::{PiecewiseHash, hex};
use super::{AuthFailure, Form, PayloadHash, RequestParts};
use crate::query::{MAX_PARAMETERS, MAX_QUERY_BYTES, pairs_of};

/// The parameter that a presigned request adds after it is signed.
pub(super) const SIGNATURE_PARAMETER: &str = "X-Amz-Signature";

/// Hashes the canonical request. The signed headers have been checked by whoever read or made the list.
pub(super) fn hash(
    parts: &RequestParts<'_>,
    form: Form,
    signed_headers: &str,
    payload: &PayloadHash,
) -> Result<[u8; 32], AuthFailure> {
    let mut hash = PiecewiseHash::new();
    hash.push(parts.method.as_bytes());
    hash.push(b"\n");
    push_path(&mut hash, parts.path)?;
    hash.push(b"\n");
    push_query(&mut hash, parts.query.unwrap_or_default(), form)?;
    hash.push(b"\n");
    for name in signed_headers.split(';') {
        push_header(&mut hash, parts, name)?;
    }
    hash.push(b"\n");
    hash.push(signed_headers.as_bytes());
    hash.push(b"\n");
    hash.push(&hex(&payload.0));
    Ok(hash.finish())
}

/// The path as it came, percent-encoded once more.
fn push_path(hash: &mut PiecewiseHash, path: &str) -> Result<(), AuthFailure> {
    if path.is_empty() {
        hash.push(b"/");
        return Ok(());
    }
    let mut segments = path.strip_prefix('/').ok_or(AuthFailure::AmbiguousPath)?.split('/').peekable();
    while let Some(segment) = segments.next() {
        hash.push(b"/");
        // An empty segment at the end is a slash at the end, which signing leaves alone.
        let is_plain = !matches!(segment, "." | "..") && (!segment.is_empty() || segments.peek().is_none());
        if !is_plain {
            return Err(AuthFailure::AmbiguousPath);
        }
        push_encoded(hash, segment);
    }
    Ok(())
}

fn push_encoded(hash: &mut PiecewiseHash, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(plain) = rest.iter().position(|byte| !is_unreserved(*byte)) {
        hash.push(&rest[..plain]);
        hash.push(&escape(rest[plain]));
        rest = &rest[plain + 1..];
    }
    hash.push(rest);
}

/// The query's parameters, decoded and encoded again, in the order of their names and then their values.
fn push_query(hash: &mut PiecewiseHash, query: &str, form: Form) -> Result<(), AuthFailure> {
    if query.len() > MAX_QUERY_BYTES {
        return Err(AuthFailure::QUERY);
    }
    let is_signed = |name: &str| form == Form::Header || name != SIGNATURE_PARAMETER;
    let mut parameters = pairs_of(query).filter(|(name, _)| is_signed(name));
    let Some(first) = parameters.next() else {
        return Ok(());
    };
    let first = (normalise(first.0)?, normalise(first.1)?);
    let Some(second) = parameters.next() else {
        // A poll: nothing to sort, and nothing to allocate.
        push_parameter(hash, &first);
        return Ok(());
    };
    let mut sorted = Vec::with_capacity(16);
    sorted.push(first);
    for (name, value) in std::iter::once(second).chain(parameters) {
        if sorted.len() == MAX_PARAMETERS {
            return Err(AuthFailure::QUERY);
        }
        sorted.push((normalise(name)?, normalise(value)?));
    }
    sorted.sort_unstable();
    for (index, parameter) in sorted.iter().enumerate() {
        if index > 0 {
            hash.push(b"&");
        }
        push_parameter(hash, parameter);
    }
    Ok(())
}

fn push_parameter(hash: &mut PiecewiseHash, (name, value): &(Cow<'_, str>, Cow<'_, str>)) {
    hash.push(name.as_bytes());
    hash.push(b"=");
    hash.push(value.as_bytes());
}

/// Encodes a piece of a query the one way that signing knows. SDKs send it so: then it is borrowed.
fn normalise(raw: &str) -> Result<Cow<'_, str>, AuthFailure> {
    let bytes = raw.as_bytes();
    if bytes.iter().all(|byte| is_unreserved(*byte)) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut text = String::with_capacity(raw.len() + 16);
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let byte = match byte {
            b'%' => {
                let digits = raw.get(index + 1..index + 3).filter(|digits| !digits.starts_with('+'));
                index += 2;
                digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or(AuthFailure::QUERY)?
            }
            // What the binder reads as a space must not be signed as a plus.
            b'+' => b' ',
            byte => *byte,
        };
        index += 1;
        if is_unreserved(byte) {
            text.push(char::from(byte));
        } else {
            text.extend(escape(byte).map(char::from));
        }
    }
    Ok(if text == raw { Cow::Borrowed(raw) } else { Cow::Owned(text) })
}

/// A header's line: its name, and its values trimmed, folded, and joined by commas.
fn push_header(hash: &mut PiecewiseHash, parts: &RequestParts<'_>, name: &str) -> Result<(), AuthFailure> {
    hash.push(name.as_bytes());
    let mut separator = b":";
    // Looked for one by one: requests have few headers, and a lookup by text has to be prepared each time.
    for (_, value) in parts.headers.iter().filter(|(other, _)| other.as_str() == name) {
        hash.push(separator);
        separator = b",";
        push_folded(hash, value.as_bytes());
    }
    if separator == b":" {
        let authority = parts.authority.filter(|_| name == HOST.as_str());
        hash.push(separator);
        hash.push(authority.ok_or_else(|| AuthFailure::SignedButAbsent(name.to_owned()))?.as_bytes());
    }
    hash.push(b"\n");
    Ok(())
}

fn push_folded(hash: &mut PiecewiseHash, value: &[u8]) {
    if !value.iter().any(|byte| matches!(byte, b' ' | b'\t')) {
        return hash.push(value);
    }
    let words = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            hash.push(b" ");
        }
        hash.push(word);
    }
}

fn is_unreserved(byte: u8) -> bool {
    UNRESERVED[usize::from(byte)]
}

const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        byte += 1;
    }
    table
};

fn escape(byte: u8) -> [u8; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    [b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_one_way() {
        #[track_caller]
        fn check(raw: &str, expected: Option<&str>) {
            assert_eq!(normalise(raw).ok().as_deref(), expected, "{raw}");
        }
        check("", Some(""));
        check("AQAB-_.~9", Some("AQAB-_.~9"));
        check("a%20b", Some("a%20b"));
        check("a+b", Some("a%20b"));
        check("a%2Bb", Some("a%2Bb"));
        check("a%2bb", Some("a%2Bb"));
        check("%41%7e", Some("A~"));
        check("a=b/c", Some("a%3Db%2Fc"));
        check("ü", Some("%C3%BC"));
        check("%FF", Some("%FF"));
        check("%00", Some("%00"));
        check("%", None);
        check("%4", None);
        check("%zz", None);
        check("%+1", None);
        check("%-1", None);
        check("%4ü", None);
    }
}
