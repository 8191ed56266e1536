//! As much of HTTP/2 as a GET needs, and as an attack.

use std::io::{self, Read, Write};

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const CONTINUATION: u8 = 9;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub struct Answer {
    pub status: &'static str,
    pub body: Vec<u8>,
}

pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub payload: Vec<u8>,
}

/// Asks for a path over a fresh connection.
pub fn get(stream: &mut (impl Read + Write), path: &str) -> Answer {
    let settings = frame(SETTINGS, 0, 0, &[]);
    let headers = frame(HEADERS, END_STREAM | END_HEADERS, 1, &get_block(path));
    stream.write_all(&[PREFACE, &settings, &headers].concat()).unwrap();
    let mut answer = Answer { status: "", body: Vec::new() };
    loop {
        let frame = read_frame(stream).expect("a frame");
        match frame.kind {
            HEADERS => {
                answer.status = match frame.payload[0] {
                    0x88 => "200",
                    0x8c => "400",
                    0x8d => "404",
                    _ => "another",
                };
            }
            DATA => answer.body.extend(&frame.payload),
            _ => continue,
        }
        if frame.flags & END_STREAM != 0 {
            return answer;
        }
    }
}

/// The header block of a GET.
pub fn get_block(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86]; // :method GET, :scheme http
    for (index, value) in [(0x04, path), (0x01, "localhost")] {
        // :path and :authority, literal, not indexed; a length of 127 and more takes further bytes, of 7 bits each.
        block.push(index);
        block.push(u8::try_from(value.len().min(127)).expect("at most 127"));
        let mut rest = value.len().checked_sub(127);
        while let Some(left) = rest {
            let is_last = left < 128;
            block.push((left % 128) as u8 | if is_last { 0 } else { 128 });
            rest = (!is_last).then_some(left / 128);
        }
        block.extend(value.as_bytes());
    }
    block
}

pub fn read_frame(stream: &mut impl Read) -> io::Result<Frame> {
    let mut head = [0; 9];
    stream.read_exact(&mut head)?;
    let mut payload = vec![0; usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2])];
    stream.read_exact(&mut payload)?;
    Ok(Frame { kind: head[3], flags: head[4], payload })
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a small frame").to_be_bytes();
    [&[0, length[0], length[1], kind, flags], stream.to_be_bytes().as_slice(), payload].concat()
}
