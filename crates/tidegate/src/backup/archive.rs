//! The form of a backup: a tar file of the plainest kind, whose last member holds the SHA-256 of everything before it.
//!
//! `tar` lists and unpacks it. What is read here is held to the letter of what is written here, so that no changed byte
//! passes: headers are compared with those that would have been written, and paddings with zeros.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

const BLOCK: usize = 512;
/// The name of the last member.
pub(crate) const END: &str = "end.json";
/// No member is larger: what claims to be is damaged.
const MOST_BYTES: u64 = 4 << 30;

/// Writes members one after the other.
pub(crate) struct Writer<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, digest: Sha256::new() }
    }

    pub(crate) fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let padding = [0; BLOCK];
        for part in [&header(name, content.len() as u64)[..], content, &padding[..padding_of(content.len() as u64)]] {
            self.digest.update(part);
            self.out.write_all(part)?;
        }
        Ok(())
    }

    /// Adds the last member, which is made from the SHA-256 of all others.
    pub(crate) fn finish(mut self, end: impl FnOnce(String) -> Vec<u8>) -> io::Result<W> {
        let content = end(hex(self.digest.clone()));
        self.add(END, &content)?;
        self.out.write_all(&[0; 2 * BLOCK])?;
        Ok(self.out)
    }
}

/// Reads members one after the other.
pub(crate) struct Reader<R> {
    from: R,
    digest: Sha256,
}

/// A part of a backup.
pub(crate) struct Member {
    pub name: String,
    pub content: Vec<u8>,
    /// The SHA-256 of everything before it.
    pub digest_before: String,
}

impl<R: Read> Reader<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { from, digest: Sha256::new() }
    }

    /// The next member; after the last one, makes sure that nothing follows.
    pub(crate) fn next(&mut self) -> Result<Member, String> {
        let digest_before = hex(self.digest.clone());
        let mut head = [0; BLOCK];
        self.take(&mut head)?;
        let (name, size) = read_header(&head).ok_or("a header is damaged, or it is no backup of Tidegate")?;
        let mut content = Vec::new();
        (&mut self.from).take(size).read_to_end(&mut content).map_err(|error| error.to_string())?;
        if content.len() as u64 != size {
            return Err(CUT_OFF.into());
        }
        self.digest.update(&content);
        let mut padding = vec![0; padding_of(size)];
        self.take(&mut padding)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(format!("it is damaged behind {name}"));
        }
        if name == END {
            let mut rest = Vec::new();
            let most = 2 * BLOCK as u64 + 1;
            (&mut self.from).take(most).read_to_end(&mut rest).map_err(|error| error.to_string())?;
            if rest.len() < 2 * BLOCK {
                return Err(CUT_OFF.into());
            }
            if rest.len() > 2 * BLOCK || rest.iter().any(|byte| *byte != 0) {
                return Err("something follows its end".into());
            }
        }
        Ok(Member { name, content, digest_before })
    }

    fn take(&mut self, into: &mut [u8]) -> Result<(), String> {
        self.from.read_exact(into).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => CUT_OFF.into(),
            _ => error.to_string(),
        })?;
        self.digest.update(&*into);
        Ok(())
    }
}

const CUT_OFF: &str = "its end is missing";

fn padding_of(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A header of POSIX's ustar format, for a file that only its owner may read.
fn header(name: &str, size: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    assert!(name.len() <= 100, "the names of members are short");
    put(0, name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn read_header(block: &[u8; BLOCK]) -> Option<(String, u64)> {
    let name = block[..100].split(|byte| *byte == 0).next()?;
    let name = std::str::from_utf8(name).ok()?;
    let size = u64::from_str_radix(std::str::from_utf8(&block[124..135]).ok()?, 8).ok()?;
    (size <= MOST_BYTES && !name.is_empty() && header(name, size) == *block).then(|| (name.to_owned(), size))
}
