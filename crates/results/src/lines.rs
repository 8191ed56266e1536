//! Lines of bounded length with their numbers.

use std::io::{BufRead, Read};

use crate::broken::Broken;

/// How much is read and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entities in the assignment logs; each takes about 100 bytes.
    pub entities: usize,
    /// Entities with an outcome, added up over the metrics; each takes about 50 bytes.
    pub outcomes: usize,
    /// Metrics.
    pub metrics: usize,
    /// Bytes of a line, or of a CSV record.
    pub line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entities: 5_000_000, outcomes: 20_000_000, metrics: 200, line_bytes: 64 * 1024 }
    }
}

/// Treatments in the assignment logs. AWS allows a control and five.
pub(crate) const TREATMENTS: usize = 32;
/// Bytes of an entity id; AWS allows 2,048 characters.
pub(crate) const ENTITY_BYTES: usize = 8192;
/// Bytes of a metric's name.
pub(crate) const METRIC_BYTES: usize = 256;

/// Reads line after line.
pub(crate) struct LineReader<'a, R> {
    reader: R,
    source: &'a str,
    buffer: Vec<u8>,
    most_bytes: usize,
    number: u64,
}

/// A line without its end.
pub(crate) struct Line<'a> {
    pub number: u64,
    pub bytes: &'a [u8],
    /// Whether it ends with a line feed: the last line of a file whose writer was killed does not.
    pub is_complete: bool,
}

impl<'a, R: BufRead> LineReader<'a, R> {
    pub fn new(source: &'a str, reader: R, most_bytes: usize) -> Self {
        Self { reader, source, buffer: Vec::new(), most_bytes, number: 0 }
    }

    pub fn next(&mut self) -> Result<Option<Line<'_>>, Broken> {
        self.buffer.clear();
        self.number += 1;
        let most = self.most_bytes as u64 + 1;
        let read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.buffer);
        let count = read.map_err(|error| unreadable(&error).at(self.source, self.number))?;
        if count == 0 {
            return Ok(None);
        }
        let is_complete = self.buffer.last() == Some(&b'\n');
        if !is_complete && self.buffer.len() > self.most_bytes {
            let what = format!("the line has more than {} bytes", self.most_bytes);
            return Err(Broken::new(what).at(self.source, self.number));
        }
        let mut bytes = &self.buffer[..];
        if self.number == 1 {
            bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        }
        Ok(Some(Line { number: self.number, bytes: bytes.trim_ascii(), is_complete }))
    }
}

pub(crate) fn unreadable(error: &std::io::Error) -> Broken {
    Broken::new(format!("cannot read on: {error}"))
}
