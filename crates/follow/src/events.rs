//! Server-sent events out of bytes, within bounds.

/// An event, or a field that stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An event with its data.
    Message {
        /// Its kind; `message` if it names none.
        kind: String,
        /// Its data, lines joined by line feeds.
        data: String,
    },
    /// What to come back with.
    Id(String),
    /// How long to wait before coming back, in milliseconds.
    Retry(u64),
    /// A comment: somebody is there.
    Comment,
}

/// A line or an event is longer than it may be, or is not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream is not one of events within bounds")]
pub struct TooLong;

/// Reads events piece by piece. Keeps no more than one event of the longest kind.
#[derive(Debug)]
pub struct Events {
    most_bytes: usize,
    line: Vec<u8>,
    kind: String,
    data: Option<String>,
    ends_in_return: bool,
}

impl Events {
    /// A reader of events of at most so many bytes each.
    pub fn new(most_bytes: usize) -> Self {
        Self { most_bytes, line: Vec::new(), kind: String::new(), data: None, ends_in_return: false }
    }

    /// Takes the next piece and hands out what is complete.
    ///
    /// # Errors
    ///
    /// What has come is no stream of events within the bounds. Nothing more can be read then.
    pub fn take(&mut self, piece: &[u8], mut each: impl FnMut(Event)) -> Result<(), TooLong> {
        for &byte in piece {
            let is_second_of_two = byte == b'\n' && std::mem::take(&mut self.ends_in_return);
            if is_second_of_two {
                continue;
            }
            self.ends_in_return = byte == b'\r';
            if byte == b'\n' || byte == b'\r' {
                let line = std::mem::take(&mut self.line);
                self.take_line(std::str::from_utf8(&line).map_err(|_| TooLong)?, &mut each)?;
                self.line = line;
                self.line.clear();
            } else if self.line.len() < self.most_bytes {
                self.line.push(byte);
            } else {
                return Err(TooLong);
            }
        }
        Ok(())
    }

    fn take_line(&mut self, line: &str, each: &mut impl FnMut(Event)) -> Result<(), TooLong> {
        if line.is_empty() {
            let kind = std::mem::take(&mut self.kind);
            if let Some(data) = self.data.take() {
                each(Event::Message { kind: if kind.is_empty() { "message".into() } else { kind }, data });
            }
            return Ok(());
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" => each(Event::Comment),
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                let length = self.data.as_ref().map_or(0, String::len);
                if length + value.len() >= self.most_bytes {
                    return Err(TooLong);
                }
                match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(value);
                    }
                    None => self.data = Some(value.into()),
                }
            }
            "id" if !value.contains('\0') => each(Event::Id(value.into())),
            "retry" => {
                if let Ok(retry_ms) = value.parse() {
                    each(Event::Retry(retry_ms));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Result<Vec<Event>, TooLong> {
        let (mut events, mut read) = (Events::new(100), Vec::new());
        pieces.iter().try_for_each(|piece| events.take(piece, |event| read.push(event)))?;
        Ok(read)
    }

    fn message(kind: &str, data: &str) -> Event {
        Event::Message { kind: kind.into(), data: data.into() }
    }

    #[test]
    fn events_are_read_as_the_standard_has_them() {
        let text = b"retry: 10\n\n: here\nevent: state\ndata: {\"a\":1,\ndata:\"b\":2}\nother: x\n\nid: 7\n\ndata\n\nevent: none\n\n";
        let told = [
            Event::Retry(10),
            Event::Comment,
            message("state", "{\"a\":1,\n\"b\":2}"),
            Event::Id("7".into()),
            message("message", ""),
        ];
        assert_eq!(read(&[text]).unwrap(), told);
        let with_returns = String::from_utf8(text.to_vec()).unwrap().replace('\n', "\r\n");
        assert_eq!(read(&[with_returns.as_bytes()]).unwrap(), told);
        let with_returns = with_returns.replace('\n', "");
        assert_eq!(read(&[with_returns.as_bytes()]).unwrap(), told);
    }

    #[test]
    fn what_has_no_end_is_not_waited_for() {
        assert_eq!(read(&[&[b'x'; 101]]), Err(TooLong));
        let line = [b"data: ".as_slice(), &[b'x'; 60], b"\n"].concat();
        assert_eq!(read(&[&line, &line]), Err(TooLong), "many lines of one event");
        assert_eq!(read(&[b"data: \xff\n"]), Err(TooLong), "not text");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_come(bytes in proptest::collection::vec(
            proptest::sample::select(b"data:\n\r ixevnt\xc3\xbc".to_vec()), 0..200), cut in 0..200_usize) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(read(&[&bytes]), read(&[&bytes[..cut], &bytes[cut..]]));
        }
    }
}
