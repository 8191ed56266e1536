//! Reads one HTTP/1.1 answer out of a buffer, as cheaply as can be while still checking it.
//!
//! It knows what the servers here send: a `Content-Length` or a status that has no body. A chunked answer is refused
//! with a sentence, because measuring it would be measuring something else.

use crate::{Failure, Result};

/// One complete answer, borrowed from the buffer that it arrived in.
#[derive(Debug)]
pub struct Answer<'a> {
    pub status: u16,
    /// The header lines, each with its line ending, without the status line and the empty line.
    fields: &'a [u8],
    pub body: &'a [u8],
    /// How many bytes of the buffer the answer took.
    pub length: usize,
}

/// Reads the answer at the start of `buffer`; `None` when more bytes have to arrive first.
pub fn read(buffer: &[u8]) -> Result<Option<Answer<'_>>> {
    let Some(end_of_head) = memchr::memmem::find(buffer, b"\r\n\r\n") else {
        return match buffer.len() {
            0..=65_536 => Ok(None),
            _ => Err("an answer's head is longer than 64 KiB".into()),
        };
    };
    let head = &buffer[..end_of_head + 2];
    let status = read_status(head)?;
    let end_of_status_line = memchr::memchr(b'\n', head).map_or(head.len(), |at| at + 1);
    let fields = &head[end_of_status_line..];
    let start_of_body = end_of_head + 4;
    let Some(body) = buffer[start_of_body..].get(..body_length(status, fields)?) else {
        return Ok(None);
    };
    Ok(Some(Answer { status, fields, body, length: start_of_body + body.len() }))
}

fn read_status(head: &[u8]) -> Result<u16> {
    let code = match head {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0' | b'1', b' ', a, b, c, b' ' | b'\r', ..] => [a, b, c],
        _ => return Err(format!("not an HTTP/1 answer: {:?}", text(&head[..head.len().min(40)])).into()),
    };
    if !code.iter().all(|digit| digit.is_ascii_digit()) {
        return Err(format!("not a status: {:?}", text(&head[..12])).into());
    }
    Ok(code.iter().fold(0, |number, digit| number * 10 + u16::from(**digit - b'0')))
}

fn body_length(status: u16, fields: &[u8]) -> Result<usize> {
    match field(fields, b"content-length") {
        Some(digits) => std::str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| Failure::from(format!("not a content-length: {:?}", text(digits)))),
        None if matches!(status, 204 | 304) => Ok(0),
        None => Err("an answer without a content-length: the benchmark does not read chunked bodies".into()),
    }
}

fn field<'a>(fields: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    each_field(fields).find(|(candidate, _)| candidate.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn each_field(mut fields: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let line = &fields[..memchr::memchr(b'\n', fields)?];
        fields = &fields[line.len() + 1..];
        let colon = memchr::memchr(b':', line).unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        Some((&line[..colon], value.trim_ascii()))
    })
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

impl<'a> Answer<'a> {
    /// Returns a header's value; `name` in any case.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        field(self.fields, name.as_bytes())
    }

    /// Lists the headers in the order in which they came.
    pub fn headers(&self) -> impl Iterator<Item = (String, String)> {
        each_field(self.fields).map(|(name, value)| (text(name).into_owned(), text(value).into_owned()))
    }

    /// Describes the answer for an error message: status, error type and the start of its body.
    pub fn describe(&self) -> String {
        let kind = self.header("x-amzn-errortype").map(text).unwrap_or_default();
        format!("{} {kind} {}", self.status, text(&self.body[..self.body.len().min(300)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNCHANGED: &[u8] = b"HTTP/1.1 200 OK\r\nNext-Poll-Configuration-Token: abc==\r\n\
        next-poll-interval-in-seconds:60\r\ncontent-length: 0\r\n\r\n";

    #[test]
    fn an_empty_answer_is_read_whole() {
        let answer = read(UNCHANGED).unwrap().unwrap();
        assert_eq!((answer.status, answer.body, answer.length), (200, &b""[..], UNCHANGED.len()));
        assert_eq!(answer.header("next-poll-configuration-token"), Some(&b"abc=="[..]));
        assert_eq!(answer.header("Next-Poll-Interval-In-Seconds"), Some(&b"60"[..]));
        assert_eq!(answer.header("next-poll"), None);
        assert_eq!(answer.headers().count(), 3);
    }

    #[test]
    fn every_proper_prefix_waits_for_more() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 11\r\n\r\nhello world";
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).unwrap().is_none(), "prefix of {end}");
        }
        assert_eq!(read(whole).unwrap().unwrap().body, b"hello world");
    }

    #[test]
    fn what_follows_an_answer_is_left_alone() {
        let two = [UNCHANGED, UNCHANGED].concat();
        assert_eq!(read(&two).unwrap().unwrap().length, UNCHANGED.len());
    }

    #[test]
    fn a_no_content_answer_needs_no_length() {
        assert_eq!(read(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap().body, b"");
    }

    #[test]
    fn a_reason_may_be_missing() {
        assert_eq!(read(b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n").unwrap().unwrap().status, 200);
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        for bad in [
            &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"[..],
            b"HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/2 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\nx",
            b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
            b"\r\n\r\n",
        ] {
            assert!(read(bad).is_err(), "{}", text(bad));
        }
        assert!(read(&[b'x'; 70_000]).is_err());
    }

    #[test]
    fn a_refusal_is_described_by_its_type_and_message() {
        let refusal = b"HTTP/1.1 404 Not Found\r\nx-amzn-errortype: ResourceNotFoundException:\r\n\
            content-length: 2\r\n\r\n{}";
        assert_eq!(read(refusal).unwrap().unwrap().describe(), "404 ResourceNotFoundException: {}");
    }
}
