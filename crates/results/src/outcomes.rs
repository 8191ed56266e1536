//! What became of the entities: rows of entity, metric and value, in CSV or as JSON lines.
//!
//! Rows are added up per entity and metric as they come; those of entities that are not in the experiment, and those
//! from before an entity's first assignment, are counted and dropped.

use std::collections::HashMap;
use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader};
use serde::Deserialize;

use crate::assignments::{Assignments, bad_time, microseconds};
use crate::broken::{Broken, shown};
use crate::lines::{Limits, LineReader, METRIC_BYTES, unreadable};

/// Columns of a CSV file.
const COLUMNS: usize = 256;
/// Far from where sums of squares and cubes would overflow.
const LARGEST: f64 = 1e60;

/// What became of the entities.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    limits: Limits,
    skips_broken_lines: bool,
    pub(crate) metrics: Vec<Measured>,
    /// Places in `metrics`.
    names: HashMap<String, usize>,
    cells: usize,
    pub(crate) rows: u64,
    pub(crate) rows_of_others: u64,
    pub(crate) rows_before_assignment: u64,
    pub(crate) rows_broken: u64,
}

/// A metric's values.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub name: String,
    /// By place of the entity.
    pub cells: HashMap<u32, Cell>,
    /// Whether every value is 0 or 1.
    pub is_binary: bool,
}

/// An entity's values of a metric.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    pub sum: f64,
    pub count: u32,
    pub is_nonzero: bool,
}

#[derive(Deserialize)]
struct Record {
    #[serde(alias = "entity_id", alias = "entity", rename = "entityId")]
    entity: Option<Id>,
    metric: Option<String>,
    value: Option<Amount>,
    #[serde(alias = "time")]
    timestamp: Option<String>,
}

/// Ids that are numbers elsewhere are texts here.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Unsigned(u64),
    Signed(i64),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(f64),
    Boolean(bool),
    Text(String),
}

/// One row, as either form gives it.
struct Row<'a> {
    entity: &'a str,
    metric: &'a str,
    value: f64,
    timestamp: Option<&'a str>,
}

/// The places of columns in a CSV file.
struct Columns {
    entity: usize,
    metric: usize,
    value: usize,
    timestamp: Option<usize>,
}

impl Outcomes {
    /// None yet.
    pub fn new(limits: Limits, skips_broken_lines: bool) -> Self {
        Self { limits, skips_broken_lines, ..Self::default() }
    }

    /// Reads a file of outcomes, CSV or JSON lines by its first character. `source` names it in complaints.
    ///
    /// # Errors
    /// A row cannot be read (unless those are skipped), the CSV's header lacks a column, there are too many outcomes or
    /// metrics.
    pub fn read(&mut self, source: &str, mut reader: impl BufRead, assignments: &Assignments) -> Result<(), Broken> {
        let mut skipped_lines = 0;
        loop {
            let bytes = reader.fill_buf().map_err(|error| unreadable(&error).at(source, 1))?;
            let blank = bytes.iter().take_while(|byte| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(byte));
            let (mut count, mut lines) = (0, 0);
            for byte in blank {
                count += 1;
                lines += u64::from(*byte == b'\n');
            }
            let next = bytes.get(count).copied();
            let is_end = bytes.is_empty();
            reader.consume(count);
            skipped_lines += lines;
            match next {
                Some(b'{') => return self.read_json(source, reader, skipped_lines, assignments),
                Some(_) => return self.read_csv(source, reader, skipped_lines, assignments),
                None if is_end => return Ok(()),
                None => {}
            }
        }
    }

    fn read_json(
        &mut self,
        source: &str,
        reader: impl BufRead,
        skipped_lines: u64,
        assignments: &Assignments,
    ) -> Result<(), Broken> {
        let mut lines = LineReader::new(source, reader, self.limits.line_bytes);
        while let Some(line) = lines.next()? {
            if line.bytes.is_empty() {
                continue;
            }
            let number = line.number + skipped_lines;
            let added = match serde_json::from_slice::<Record>(line.bytes) {
                Ok(record) => self.add_record(record, assignments),
                Err(error) => Err(Complaint::Row(
                    Broken::new(format!("not a JSON line with an outcome: {error}"))
                        .hint(r#"write outcomes as {"entityId":"user-1","metric":"converted","value":1}"#),
                )),
            };
            self.judge(added, source, number)?;
        }
        Ok(())
    }

    fn add_record(&mut self, record: Record, assignments: &Assignments) -> Result<(), Complaint> {
        let missing = |name: &str| {
            Complaint::Row(
                Broken::new(format!("this outcome has no '{name}'"))
                    .hint(r#"write outcomes as {"entityId":"user-1","metric":"converted","value":1}"#),
            )
        };
        let entity = match record.entity.ok_or_else(|| missing("entityId"))? {
            Id::Text(text) => text,
            Id::Unsigned(number) => number.to_string(),
            Id::Signed(number) => number.to_string(),
        };
        let metric = record.metric.ok_or_else(|| missing("metric"))?;
        let value = match record.value.ok_or_else(|| missing("value"))? {
            Amount::Number(number) => number,
            Amount::Boolean(is_so) => f64::from(u8::from(is_so)),
            Amount::Text(text) => number(&text).ok_or_else(|| not_a_number(&text))?,
        };
        let row = Row { entity: &entity, metric: metric.trim(), value, timestamp: record.timestamp.as_deref() };
        self.add(&row, assignments)
    }

    fn read_csv(
        &mut self,
        source: &str,
        mut reader: impl BufRead,
        skipped_lines: u64,
        assignments: &Assignments,
    ) -> Result<(), Broken> {
        let mut records = Records {
            parser: Reader::new(),
            fields: vec![0; self.limits.line_bytes],
            ends: vec![0; COLUMNS],
            line: skipped_lines + 1,
        };
        let Some((line, header)) = records.next(source, &mut reader)? else { return Ok(()) };
        let columns = columns(&header).map_err(|broken| broken.at(source, line))?;
        while let Some((line, fields)) = records.next(source, &mut reader)? {
            let added = row(&columns, &fields).and_then(|row| self.add(&row, assignments));
            self.judge(added, source, line)?;
        }
        Ok(())
    }

    fn judge(&mut self, added: Result<(), Complaint>, source: &str, line: u64) -> Result<(), Broken> {
        match added {
            Ok(()) => Ok(()),
            Err(Complaint::Row(_)) if self.skips_broken_lines => {
                self.rows_broken += 1;
                Ok(())
            }
            Err(Complaint::Row(broken) | Complaint::All(broken)) => Err(broken.at(source, line)),
        }
    }

    fn add(&mut self, row: &Row<'_>, assignments: &Assignments) -> Result<(), Complaint> {
        if row.entity.is_empty() {
            return Err(Complaint::Row(Broken::new("the entity's id is empty")));
        }
        if row.metric.is_empty() || row.metric.len() > METRIC_BYTES {
            return Err(Complaint::Row(Broken::new("the metric's name is empty or too long")));
        }
        if row.value.is_nan() || row.value.abs() > LARGEST {
            return Err(Complaint::Row(Broken::new(format!("the value is not between -{LARGEST:e} and {LARGEST:e}"))));
        }
        let at_us = match row.timestamp {
            None => None,
            Some(text) => Some(microseconds(text).ok_or_else(|| Complaint::Row(bad_time(text)))?),
        };
        let Some(place) = assignments.find(row.entity) else {
            self.rows_of_others += 1;
            return Ok(());
        };
        if at_us.is_some_and(|at_us| at_us < assignments.entities[place].first_us) {
            self.rows_before_assignment += 1;
            return Ok(());
        }
        let metric = self.metric(row.metric)?;
        let cells_before = metric.cells.len();
        let place = u32::try_from(place).expect("places of entities are 32 bits");
        let cell = metric.cells.entry(place).or_default();
        cell.sum += row.value;
        cell.count = cell.count.saturating_add(1);
        cell.is_nonzero |= row.value != 0.0;
        metric.is_binary &= row.value == 0.0 || row.value == 1.0;
        self.cells += metric.cells.len() - cells_before;
        if self.cells > self.limits.outcomes {
            let what =
                format!("there are more than {} entities with an outcome, over all metrics", self.limits.outcomes);
            return Err(Complaint::All(Broken::new(what).hint("allow more with --max-entities, or leave metrics out")));
        }
        self.rows += 1;
        Ok(())
    }

    fn metric(&mut self, name: &str) -> Result<&mut Measured, Complaint> {
        let index = match self.names.get(name) {
            Some(index) => *index,
            None if self.metrics.len() < self.limits.metrics => {
                self.names.insert(name.to_owned(), self.metrics.len());
                self.metrics.push(Measured { name: name.to_owned(), cells: HashMap::new(), is_binary: true });
                self.metrics.len() - 1
            }
            None => {
                let what = format!("there are more than {} metrics: '{}'", self.limits.metrics, shown(name));
                return Err(Complaint::All(
                    Broken::new(what).hint("are the columns metric and value in each other's place?"),
                ));
            }
        };
        Ok(&mut self.metrics[index])
    }
}

/// What is wrong: with this row, or with the whole.
enum Complaint {
    Row(Broken),
    All(Broken),
}

fn not_a_number(text: &str) -> Complaint {
    Complaint::Row(Broken::new(format!("the value '{}' is not a number", shown(text))))
}

fn number(text: &str) -> Option<f64> {
    match text.trim() {
        "true" => Some(1.0),
        "false" => Some(0.0),
        text => text.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

/// CSV records of bounded size, with the lines they begin on.
struct Records {
    parser: Reader,
    fields: Vec<u8>,
    ends: Vec<usize>,
    line: u64,
}

impl Records {
    fn next(&mut self, source: &str, reader: &mut impl BufRead) -> Result<Option<(u64, Vec<&str>)>, Broken> {
        let (mut used, mut count) = (0, 0);
        let mut line = self.line;
        let mut has_begun = false;
        loop {
            let mut input = reader.fill_buf().map_err(|error| unreadable(&error).at(source, self.line))?;
            if !has_begun && !input.is_empty() {
                let blank = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                if blank > 0 {
                    self.line += newlines(&input[..blank]);
                    line = self.line;
                    // The parser has to see them too: a line feed may belong to the record before.
                    input = &input[..blank];
                }
                has_begun = blank == 0;
            }
            let (result, read, written, ended) =
                self.parser.read_record(input, &mut self.fields[used..], &mut self.ends[count..]);
            if has_begun {
                self.line += newlines(&input[..read]);
            }
            reader.consume(read);
            used += written;
            count += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::OutputFull => {
                    let what = format!("the record has more than {} bytes", self.fields.len());
                    return Err(Broken::new(what).hint("is a quote not closed?").at(source, line));
                }
                ReadRecordResult::OutputEndsFull => {
                    return Err(Broken::new(format!("the record has more than {COLUMNS} columns")).at(source, line));
                }
            }
        }
        let mut fields = Vec::with_capacity(count);
        let mut start = 0;
        for end in &self.ends[..count] {
            let field = std::str::from_utf8(&self.fields[start..*end])
                .map_err(|_| Broken::new("the record is not UTF-8").at(source, line))?;
            fields.push(field);
            start = *end;
        }
        Ok(Some((line, fields)))
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Finds the columns by their names, whatever their case, with `_`, `-` or nothing between words.
fn columns(header: &[&str]) -> Result<Columns, Broken> {
    let plain = |name: &str| name.trim().to_lowercase().replace(['_', '-', ' '], "");
    let find = |names: &[&str]| -> Result<Option<usize>, Broken> {
        let mut found = header.iter().enumerate().filter(|(_, name)| names.contains(&plain(name).as_str()));
        let first = found.next().map(|(index, _)| index);
        match found.next() {
            Some((_, name)) => Err(Broken::new(format!("the header has '{}' twice", shown(name)))),
            None => Ok(first),
        }
    };
    let required = |names: &[&str]| {
        find(names)?.ok_or_else(|| {
            let known: Vec<String> = header.iter().map(|name| shown(name.trim())).collect();
            let what = format!("the CSV's header has no column '{}', only: {}", names[0], known.join(", "));
            Broken::new(what).hint("the first line names the columns, with commas between: entity_id,metric,value")
        })
    };
    Ok(Columns {
        entity: required(&["entityid", "entity"]).map_err(|broken| renamed(broken, "entityid", "entity_id"))?,
        metric: required(&["metric"])?,
        value: required(&["value"])?,
        timestamp: find(&["timestamp", "time"])?,
    })
}

fn renamed(broken: Broken, from: &str, to: &str) -> Broken {
    Broken { what: broken.what.replacen(from, to, 1), ..broken }
}

fn row<'a>(columns: &Columns, fields: &[&'a str]) -> Result<Row<'a>, Complaint> {
    let field = |place: usize, name: &str| {
        let missing = || {
            let what = format!("the record has no column '{name}': {} columns are too few", fields.len());
            Complaint::Row(Broken::new(what))
        };
        fields.get(place).copied().ok_or_else(missing)
    };
    let entity = field(columns.entity, "entity_id")?;
    let metric = field(columns.metric, "metric")?.trim();
    let text = field(columns.value, "value")?;
    let value = number(text).ok_or_else(|| not_a_number(text))?;
    let timestamp = match columns.timestamp {
        None => None,
        Some(place) => Some(field(place, "timestamp")?.trim()).filter(|text| !text.is_empty()),
    };
    Ok(Row { entity, metric, value, timestamp })
}
