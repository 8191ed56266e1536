//! The files of a chain: where they lie, how a chain is taken up again, how it grows and goes on in the next file.
//!
//! The newest records stand in `NAME`; full files are renamed to `NAME.000001`, `NAME.000002`, … What a crash left of a
//! line is moved to `NAME.torn.…`, and the chain says so.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::chain::{self, Head};

/// The name of the newest file when a directory was named.
pub const FILE_NAME: &str = "audit.jsonl";
/// How much of a file's end is looked at; a line is much shorter.
const TAIL_BYTES: u64 = 4 * 1_024 * 1_024;
/// Room kept for the records of changes that are under way when the disk turns out to be full.
const RESERVE_BYTES: usize = 1_024 * 1_024;

/// The newest file's path: a directory, or what does not look like a file, gets one inside.
pub fn newest_of(path: &Path) -> PathBuf {
    let looks_like_a_file = path.extension().is_some_and(|it| it == "jsonl" || it == "json" || it == "log");
    if path.is_dir() || (!path.is_file() && !looks_like_a_file) { path.join(FILE_NAME) } else { path.to_owned() }
}

/// A full file's path.
pub(super) fn full(newest: &Path, number: u32) -> PathBuf {
    with_suffix(newest, &format!(".{number:06}"))
}

/// The full files' numbers, in order.
pub(super) fn full_numbers(newest: &Path) -> io::Result<Vec<u32>> {
    let name = newest.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory_of(newest))? {
        let found = entry?.file_name().to_string_lossy().into_owned();
        let suffix = found.strip_prefix(&name).and_then(|rest| rest.strip_prefix('.'));
        let is_number = |suffix: &&str| suffix.len() >= 6 && suffix.bytes().all(|byte| byte.is_ascii_digit());
        numbers.extend(suffix.filter(is_number).and_then(|suffix| suffix.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// What a crash left behind.
pub(super) struct Torn {
    pub(super) bytes: usize,
    pub(super) sha256: String,
    pub(super) kept_in: PathBuf,
}

/// A chain that was taken up.
pub(super) struct Opened {
    pub(super) newest: Newest,
    pub(super) head: Head,
    /// The day of the newest file's last record, as `2027-02-03`; empty if it has none.
    pub(super) day: String,
    pub(super) torn: Option<Torn>,
}

/// The newest file, open for more.
pub(super) struct Newest {
    path: PathBuf,
    file: File,
    /// Bytes that belong to whole records.
    length: u64,
    /// Whether there may be more in the file than that.
    is_ragged: bool,
    /// Held as long as this process writes here.
    _lock: File,
}

impl Newest {
    /// Takes up the chain at this path, or begins one.
    pub(super) fn open(path: &Path) -> io::Result<Opened> {
        let directory = directory_of(path);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let lock = options().write(true).create(true).truncate(false).open(with_suffix(path, ".lock"))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => io::Error::other("another process writes to it"),
            fs::TryLockError::Error(error) => error,
        })?;
        let mut file = options().read(true).append(true).create(true).open(path)?;
        File::open(directory)?.sync_all()?;
        let (length, line, torn) = tail(&mut file)?;
        let (head, day) = match line {
            Some(line) => (head_of(path, &line)?, day_of(&line)),
            None => (last_full(path)?, String::new()),
        };
        let torn = match torn {
            torn if torn.is_empty() => None,
            torn => {
                let kept_in = with_suffix(path, &format!(".torn.{:06}", head.sequence + 1));
                let mut aside = options().write(true).create(true).truncate(true).open(&kept_in)?;
                aside.write_all(&torn)?;
                aside.sync_all()?;
                file.set_len(length)?;
                file.sync_all()?;
                Some(Torn { bytes: torn.len(), sha256: chain::hash(&torn), kept_in })
            }
        };
        let newest = Self { path: path.to_owned(), file, length, is_ragged: false, _lock: lock };
        Ok(Opened { newest, head, day, torn })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds whole lines and makes them last, or leaves the file as it was.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.check_place()?;
        if self.is_ragged {
            self.file.set_len(self.length)?;
            self.is_ragged = false;
        }
        let written = self.file.write_all(lines).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => self.length += lines.len() as u64,
            Err(_) => self.is_ragged = self.file.set_len(self.length).is_err(),
        }
        written
    }

    /// Goes on in a new file. If that cannot be made, everything stays as it is.
    pub(super) fn rotate(&mut self) -> io::Result<()> {
        let number = full_numbers(&self.path)?.last().map_or(1, |last| last + 1);
        let draft = with_suffix(&self.path, ".new");
        let file = options().read(true).append(true).create(true).open(&draft)?;
        file.set_len(0)?;
        let full = full(&self.path, number);
        fs::rename(&self.path, &full)?;
        if let Err(error) = fs::rename(&draft, &self.path) {
            let _ = fs::rename(&full, &self.path);
            return Err(error);
        }
        File::open(directory_of(&self.path))?.sync_all()?;
        (self.file, self.length, self.is_ragged) = (file, 0, false);
        Ok(())
    }

    /// Other programs that move the file away must not make records vanish: they go on in a new one.
    fn check_place(&mut self) -> io::Result<()> {
        let own = self.file.metadata()?;
        let is_own = fs::metadata(&self.path).is_ok_and(|it| (it.dev(), it.ino()) == (own.dev(), own.ino()));
        if is_own {
            return Ok(());
        }
        tracing::error!(path = %self.path.display(), "the audit log was moved or removed; it goes on in a new file");
        self.file = options().read(true).append(true).create(true).open(&self.path)?;
        self.length = self.file.metadata()?.len();
        Ok(())
    }

    /// Makes sure that the reserve is there.
    pub(super) fn fill_reserve(&self) -> io::Result<()> {
        let path = self.reserve();
        if fs::metadata(&path).is_ok_and(|it| it.len() == RESERVE_BYTES as u64) {
            return Ok(());
        }
        let mut file = options().write(true).create(true).truncate(true).open(&path)?;
        let filled = file.write_all(&vec![0; RESERVE_BYTES]).and_then(|()| file.sync_all());
        filled.inspect_err(|_| drop(fs::remove_file(&path)))
    }

    /// Gives the reserve's room back to the disk; says whether there was any.
    pub(super) fn free_reserve(&self) -> bool {
        fs::remove_file(self.reserve()).is_ok()
    }

    fn reserve(&self) -> PathBuf {
        with_suffix(&self.path, ".reserve")
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn last_full(newest: &Path) -> io::Result<Head> {
    let Some(number) = full_numbers(newest)?.last().copied() else { return Ok(Head::genesis()) };
    let path = full(newest, number);
    match tail(&mut File::open(&path)?)? {
        (_, Some(line), torn) if torn.is_empty() => head_of(&path, &line),
        _ => Err(io::Error::other(format!("{} does not end in a whole record", path.display()))),
    }
}

fn head_of(path: &Path, line: &[u8]) -> io::Result<Head> {
    let opened = chain::open(line);
    let seal =
        opened.map_err(|what| io::Error::other(format!("the last line of {} is damaged: {what}", path.display())));
    Ok(seal?.head)
}

fn day_of(line: &[u8]) -> String {
    let record: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
    record["eventTime"].as_str().and_then(|time| time.get(..10)).unwrap_or_default().to_owned()
}

/// Where a file's whole lines end, the last of them without its newline, and what stands after them.
fn tail(file: &mut File) -> io::Result<(u64, Option<Vec<u8>>, Vec<u8>)> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut end)?;
    let Some(newline) = end.iter().rposition(|byte| *byte == b'\n') else {
        return if from == 0 { Ok((0, None, end)) } else { Err(io::Error::other("its end holds no whole line")) };
    };
    let torn = end.split_off(newline + 1);
    end.truncate(newline);
    let start = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    Ok((length - torn.len() as u64, Some(end.split_off(start)), torn))
}
