//! Reading a chain again: is it whole, and where not.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::chain::{self, Head};
use super::files::{full, full_numbers, newest_of};

/// Faults that are told one by one.
const MAX_FAULTS: usize = 100;

/// The files of the chain at a path, oldest first: of a directory or newest file all, of another file itself.
pub fn files_of(path: &Path) -> io::Result<Vec<PathBuf>> {
    let newest = newest_of(path);
    let numbers = full_numbers(&newest)?;
    let mut files: Vec<_> = numbers.into_iter().map(|number| full(&newest, number)).collect();
    if newest.exists() || files.is_empty() {
        files.push(newest);
    }
    Ok(files)
}

/// Something that is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which file.
    pub file: PathBuf,
    /// At which line, from 1; none for a fault of the whole file.
    pub line: Option<u64>,
    /// What.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))?;
        write!(f, ": {}", self.what)
    }
}

/// What a chain was found to be.
#[derive(Debug, Default)]
pub struct Verified {
    /// How many files were read.
    pub files: usize,
    /// How many whole records they hold.
    pub records: u64,
    /// The number of the first record.
    pub first: Option<u64>,
    /// The last whole record.
    pub head: Option<Head>,
    /// What is wrong, in the order in which it was found; not more than a hundred.
    pub faults: Vec<Fault>,
}

/// How much is asked of a chain.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// Whether its beginning may be missing, because old files were put elsewhere.
    pub is_partial: bool,
    /// Records that were noted elsewhere and have to be in it.
    pub heads: Vec<Head>,
}

/// Checks the chains at these paths, which continue each other in this order.
pub fn verify(paths: &[PathBuf], expected: &Expectation) -> io::Result<Verified> {
    let mut verified = Verified::default();
    let mut missing = expected.heads.clone();
    let mut last: Option<Head> = None;
    for path in paths {
        check_sequence(path, expected.is_partial, &mut verified)?;
        for file in files_of(path)? {
            let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
            verified.files += 1;
            check_file(&file, expected.is_partial, &mut last, &mut missing, &mut verified).map_err(named)?;
        }
    }
    for head in missing {
        let file = paths.last().cloned().unwrap_or_default();
        verified.fault(&file, None, format!("record {head}, which was noted elsewhere, is not in it"));
    }
    verified.head = last;
    Ok(verified)
}

impl Verified {
    fn fault(&mut self, file: &Path, line: Option<u64>, what: String) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { file: file.to_owned(), line, what });
        }
    }
}

fn check_sequence(path: &Path, is_partial: bool, verified: &mut Verified) -> io::Result<()> {
    let newest = newest_of(path);
    let numbers = full_numbers(&newest)?;
    let mut expected = if is_partial { numbers.first().copied().unwrap_or(1) } else { 1 };
    for number in &numbers {
        for missing in expected..*number {
            verified.fault(&full(&newest, missing), None, "the file is missing in the sequence".into());
        }
        expected = number + 1;
    }
    if !numbers.is_empty() && !newest.exists() {
        verified.fault(&newest, None, "the newest file is missing".into());
    }
    Ok(())
}

fn check_file(
    file: &Path,
    is_partial: bool,
    last: &mut Option<Head>,
    missing: &mut Vec<Head>,
    verified: &mut Verified,
) -> io::Result<()> {
    let mut reader = BufReader::new(File::open(file)?);
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number += 1;
        if line.pop_if(|byte| *byte == b'\n').is_none() {
            let what = format!("the line is cut off after {} bytes", line.len());
            verified.fault(file, Some(number), what);
            return Ok(());
        }
        let seal = match chain::open(&line) {
            Ok(seal) => seal,
            Err(what) => {
                verified.fault(file, Some(number), what.into());
                continue;
            }
        };
        let may_begin = last.is_none() && is_partial;
        let before = last.clone().unwrap_or_else(Head::genesis);
        if !may_begin && seal.head.sequence != before.sequence + 1 {
            let expected = before.sequence + 1;
            let what = match seal.head.sequence {
                found if found > expected => format!("records {expected} to {} are missing before it", found - 1),
                found => format!("record {found} stands where record {expected} belongs"),
            };
            verified.fault(file, Some(number), what);
        } else if !may_begin && seal.previous != before.hash {
            let what = format!("it does not continue record {} as it stands here", before.sequence);
            verified.fault(file, Some(number), what);
        }
        missing.retain(|head| *head != seal.head);
        verified.records += 1;
        verified.first.get_or_insert(seal.head.sequence);
        *last = Some(seal.head);
    }
}
