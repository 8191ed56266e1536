//! Results as Markdown for people and as JSON for programs.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use crate::Result;
use crate::stats::Spread;

/// A Markdown table; the first column is aligned left, the others right.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Renders the table with its columns padded, so that it reads well unrendered too.
    pub fn render(&self) -> String {
        let columns = self.rows[0].len();
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3);
        let widths = Vec::from_iter((0..columns).map(width));
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let width = widths[column];
                text += &if column == 0 { format!("| {cell:<width$} ") } else { format!("| {cell:>width$} ") };
            }
            text += "|\n";
            if number == 0 {
                for (column, width) in widths.iter().enumerate() {
                    text += &if column == 0 {
                        format!("|{}", "-".repeat(width + 2))
                    } else {
                        format!("|{}:", "-".repeat(width + 1))
                    };
                }
                text += "|\n";
            }
        }
        text
    }
}

/// Shows a median with its range, or a dash.
pub fn ranged(spread: Option<Spread>, decimals: usize) -> String {
    spread.map_or("–".into(), |Spread { median, lowest, highest }| {
        format!("{median:.decimals$} [{lowest:.decimals$}–{highest:.decimals$}]")
    })
}

/// Shows a number or a dash.
pub fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or("–".into(), |value| format!("{value:.decimals$}"))
}

/// Groups a count's digits: `1,000,000`.
pub fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What must be said before any number, should it be so.
fn caveat(is_quick: bool) -> &'static str {
    match (is_quick, cfg!(debug_assertions)) {
        (_, true) => "**Not a release build: these numbers mean nothing.**\n\n",
        (true, false) => "**A smoke test: these numbers mean nothing.**\n\n",
        (false, false) => "",
    }
}

/// Prints the Markdown, and writes it and the figures behind it to `<out_dir>/<name>.{md,json}`.
pub fn publish(out_dir: &Path, name: &str, is_quick: bool, markdown: &str, figures: &impl Serialize) -> Result<()> {
    let machine = machine();
    let heading = format!(
        "## {name}\n\n{}, {} cores, Linux {}, commit {}, {}\n\n",
        text(&machine, "processor"),
        machine["cores"],
        text(&machine, "kernel"),
        text(&machine, "commit"),
        text(&machine, "at"),
    );
    let markdown = format!("{heading}{}{markdown}", caveat(is_quick));
    let json = json!({ "benchmark": name, "is_quick": is_quick, "machine": machine, "figures": figures });
    fs::write(out_dir.join(format!("{name}.md")), &markdown)?;
    fs::write(out_dir.join(format!("{name}.json")), serde_json::to_vec_pretty(&json)?)?;
    eprintln!("written: {}", out_dir.join(format!("{name}.{{md,json}}")).display());
    writeln!(std::io::stdout(), "{markdown}")?;
    Ok(())
}

fn text<'a>(machine: &'a Value, key: &str) -> &'a str {
    machine[key].as_str().unwrap_or("unknown")
}

fn machine() -> Value {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|info| {
        let line = info.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(": ")?.1.to_owned())
    });
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|release| release.trim().to_owned());
    let commit = std::process::Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()
        .filter(|output| output.status.success())
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    json!({
        "processor": processor,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "kernel": kernel,
        "commit": commit,
        "at": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_padded_markdown() {
        let mut table = Table::new(&["server", "µs"]);
        table.row(vec!["nginx".into(), "1.25".into()]);
        assert_eq!(table.render(), "| server |   µs |\n|--------|-----:|\n| nginx  | 1.25 |\n");
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!([7, 1000, 123_456, 1_000_000].map(count), ["7", "1,000", "123,456", "1,000,000"]);
    }
}
