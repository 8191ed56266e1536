//! `tidegate audit`: is the audit log whole, and what stands in it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::Value;
use tidegate_server::audit::{Expectation, Head, files_of, verify};

use crate::problem::Problem;
use crate::when::When;

/// A file that was written to more recently than this may be in use.
const FRESH: Duration = Duration::from_secs(5);
const AGAIN_AFTER: Duration = Duration::from_millis(100);

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no record was changed, removed, added or moved.
    ///
    /// Whoever can write the files can also cut off their end, or make a whole new chain. To find that too, note the
    /// last record elsewhere now and then (this command and the server's log print it) and name it with --expect.
    Verify(VerifyOptions),

    /// Print the records that fit, one JSON object a line.
    Export(ExportOptions),
}

#[derive(Args)]
pub(crate) struct VerifyOptions {
    /// Audit logs: directories, or files; several continue each other in this order.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Accept that old files are not here any more.
    #[arg(long)]
    partial: bool,

    /// A record that has to be in it, as it was printed before.
    #[arg(long, value_name = "SEQUENCE:HASH")]
    expect: Vec<Head>,
}

#[derive(Args)]
pub(crate) struct ExportOptions {
    /// Audit logs: directories, or files.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// From this time on: 2027-02-03T04:05:06Z, 2027-02-03, or 6h for six hours ago.
    #[arg(long, value_name = "TIME")]
    from: Option<When>,

    /// Before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<When>,

    /// Only these operations.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    operation: Vec<String>,

    /// Only calls by these access keys.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    access_key: Vec<String>,

    /// Only calls in these accounts.
    #[arg(long, value_name = "12 DIGITS", value_delimiter = ',')]
    account: Vec<String>,

    /// Only calls that were refused.
    #[arg(long)]
    errors: bool,

    /// Print one object with all records, as CloudTrail's files are.
    #[arg(long)]
    cloudtrail: bool,
}

pub(crate) fn run(command: AuditCommand) -> Result<(), Problem> {
    match command {
        AuditCommand::Verify(options) => check(options),
        AuditCommand::Export(options) => export(&options),
    }
}

fn check(options: VerifyOptions) -> Result<(), Problem> {
    let expectation = Expectation { is_partial: options.partial, heads: options.expect };
    let mut verified = verify(&options.paths, &expectation);
    for _ in 0..2 {
        // A server that writes just now may have been in the middle of a line, or between two files.
        if verified.as_ref().is_ok_and(|verified| verified.faults.is_empty()) || !is_fresh(&options.paths) {
            break;
        }
        std::thread::sleep(AGAIN_AFTER);
        verified = verify(&options.paths, &expectation);
    }
    let verified = verified.map_err(|error| unreadable(&error))?;
    let mut out = io::stdout().lock();
    for fault in &verified.faults {
        let _ = writeln!(out, "{fault}");
    }
    let head = verified.head.as_ref().map_or_else(|| "none".into(), Head::to_string);
    let first = verified.first.unwrap_or_default();
    let (records, files) = (verified.records, verified.files);
    let _ = writeln!(out, "{records} records from number {first} in {files} files; the last is {head}");
    match verified.faults.len() {
        0 => Ok(()),
        count => Err(Problem::new(format!("the audit log is not whole: {count} faults"))
            .hint("keep the files as they are; what stands before the first fault is as it was written")),
    }
}

/// Whether somebody has written there a moment ago.
fn is_fresh(paths: &[PathBuf]) -> bool {
    let newest = paths.iter().filter_map(|path| files_of(path).ok()?.pop());
    let mut written = newest.filter_map(|file| file.metadata().ok()?.modified().ok());
    written.any(|at| at.elapsed().is_ok_and(|ago| ago < FRESH))
}

fn export(options: &ExportOptions) -> Result<(), Problem> {
    let mut out = BufWriter::new(io::stdout().lock());
    match print(options, &mut out).and_then(|()| out.flush()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| unreadable(&error)),
    }
}

fn print(options: &ExportOptions, out: &mut impl Write) -> io::Result<()> {
    let mut count = 0;
    if options.cloudtrail {
        write!(out, "{{\"Records\":[")?;
    }
    for path in &options.paths {
        for file in files_of(path)? {
            let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
            for line in BufReader::new(File::open(&file).map_err(named)?).split(b'\n') {
                let line = line.map_err(named)?;
                let Ok(record) = serde_json::from_slice::<Value>(&line) else {
                    eprintln!("warning: {}: a line is not a record and was left out", file.display());
                    continue;
                };
                if !fits(options, &record) {
                    continue;
                }
                if options.cloudtrail && count > 0 {
                    write!(out, ",")?;
                }
                out.write_all(&line)?;
                if !options.cloudtrail {
                    writeln!(out)?;
                }
                count += 1;
            }
        }
    }
    if options.cloudtrail { writeln!(out, "]}}") } else { Ok(()) }
}

fn fits(options: &ExportOptions, record: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_among = |wanted: &[String], value: &Value| {
        let value = text(value);
        wanted.is_empty() || wanted.iter().any(|it| it.eq_ignore_ascii_case(&value))
    };
    let at_ms = text(&record["eventTime"]).parse().map_or(0, |When(at_ms)| at_ms);
    options.from.is_none_or(|When(from)| at_ms >= from)
        && options.to.is_none_or(|When(to)| at_ms < to)
        && is_among(&options.operation, &record["eventName"])
        && is_among(&options.access_key, &record["userIdentity"]["accessKeyId"])
        && is_among(&options.account, &record["recipientAccountId"])
        && (!options.errors || record["errorCode"].is_string())
}

fn unreadable(error: &io::Error) -> Problem {
    Problem::new(format!("cannot read the audit log: {error}"))
        .hint("name the directory or file that --audit of `tidegate serve` names")
}
