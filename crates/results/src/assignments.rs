//! Who got which treatment, from the agent's assignment logs.
//!
//! Two forms are read, even mixed: the lines that the agent writes into files, and those it writes to standard error,
//! which carry a type and the run. Entity ids are kept as 128 bits of their SHA-256 only.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::BufRead;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::broken::{Broken, shown};
use crate::lines::{ENTITY_BYTES, Limits, LineReader, TREATMENTS};

const TYPE: &str = "AWS.AppConfig.TreatmentAssignment";
/// Entities that are named in the report as seen in two treatments.
const EXAMPLES: usize = 5;

/// How assignment logs are read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Only this experiment definition.
    pub definition: Option<String>,
    /// Only this run of it.
    pub run: Option<String>,
    /// Entities to leave out, such as those with an override.
    pub exclude: Vec<String>,
    /// Count lines that cannot be read instead of stopping at them.
    pub skip_broken_lines: bool,
    /// How much is read and kept.
    pub limits: Limits,
}

/// The run that a log is about, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The experiment definition's id.
    pub definition: Option<String>,
    /// The run's number.
    pub run: Option<String>,
}

impl Place {
    /// What a log's path tells, if it ends as the agent's do:
    /// `<region>/<account>/<application>/<definition>/<run>_<anything>.jsonl`.
    pub fn of_path(path: &Path) -> Self {
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let mut names = path.iter().rev().filter_map(|name| name.to_str());
        let file = names.next().and_then(|name| name.strip_suffix(".jsonl")).and_then(|name| name.split_once('_'));
        let (Some((run, _)), Some(definition), Some(_), Some(account)) =
            (file, names.next(), names.next(), names.next())
        else {
            return Self::default();
        };
        match is_digits(run) && is_digits(account) && account.len() == 12 {
            true => Self { definition: Some(definition.to_owned()), run: Some(run.to_owned()) },
            false => Self::default(),
        }
    }

    fn in_words(&self) -> String {
        let part = |part: &Option<String>| part.as_deref().map_or_else(|| "(not told)".to_owned(), shown);
        format!("definition {}, run {}", part(&self.definition), part(&self.run))
    }
}

/// An entity's identity: enough of its hash that nobody can make two alike.
pub(crate) type EntityKey = [u8; 16];

pub(crate) fn entity_key(id: &str) -> EntityKey {
    let hash = Sha256::digest(id.as_bytes());
    hash[..16].try_into().expect("SHA-256 has 32 bytes")
}

/// What is known of an entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entity {
    /// The treatment of its earliest line.
    pub treatment: u8,
    pub is_crossed: bool,
    pub is_overridden: bool,
    /// Microseconds since 1970 of its earliest line.
    pub first_us: i64,
}

/// Who got which treatment.
#[derive(Clone, Debug, Default)]
pub struct Assignments {
    reading: Reading,
    excluded: HashSet<EntityKey>,
    pub(crate) treatments: Vec<String>,
    pub(crate) entities: Vec<Entity>,
    places: HashMap<EntityKey, u32>,
    /// The run, and the log that first told a part of it.
    run: Place,
    run_source: String,
    pub(crate) crossed_examples: BTreeSet<String>,
    pub(crate) lines: u64,
    /// Lines of another type, run or definition.
    pub(crate) lines_of_others: u64,
    pub(crate) lines_of_default: u64,
    pub(crate) lines_excluded: u64,
    pub(crate) lines_broken: u64,
    pub(crate) lines_cut_off: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(rename = "type")]
    kind: Option<String>,
    timestamp: Option<String>,
    treatment_key: Option<String>,
    entity_id: Option<String>,
    experiment_definition_id: Option<String>,
    experiment_run_number: Option<RunNumber>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RunNumber {
    Text(String),
    Number(u64),
}

/// What a treatment key says.
enum Arm<'a> {
    Of(&'a str),
    Override(&'a str),
    /// The flag as it is deployed: not in the experiment.
    Default,
}

impl Assignments {
    /// Nobody yet.
    pub fn new(reading: Reading) -> Self {
        let excluded = reading.exclude.iter().map(|id| entity_key(id)).collect();
        Self { reading, excluded, ..Self::default() }
    }

    /// Reads a log. `source` names it in complaints.
    ///
    /// # Errors
    /// A line cannot be read (unless those are skipped), is not an assignment, or is too long; there are too many
    /// entities or treatments; the logs are of more than one run.
    pub fn read(&mut self, source: &str, place: &Place, reader: impl BufRead) -> Result<(), Broken> {
        let mut lines = LineReader::new(source, reader, self.reading.limits.line_bytes);
        while let Some(line) = lines.next()? {
            if line.bytes.is_empty() {
                continue;
            }
            let record: Record = match serde_json::from_slice(line.bytes) {
                Ok(record) => record,
                Err(error) if error.is_eof() && !line.is_complete => {
                    self.lines_cut_off += 1;
                    continue;
                }
                Err(_) if self.reading.skip_broken_lines => {
                    self.lines_broken += 1;
                    continue;
                }
                Err(error) => {
                    return Err(Broken::new(format!("not a JSON line of an assignment log: {error}"))
                        .hint("leave such lines out with --skip-broken-lines, if you know what they are")
                        .at(source, line.number));
                }
            };
            match self.add(source, place, record) {
                Ok(()) => {}
                Err(Complaint::Line(_)) if self.reading.skip_broken_lines => self.lines_broken += 1,
                Err(Complaint::Line(broken) | Complaint::All(broken)) => return Err(broken.at(source, line.number)),
            }
        }
        Ok(())
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// The run, if the logs tell.
    pub fn run(&self) -> Option<&Place> {
        (self.run != Place::default()).then_some(&self.run)
    }

    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        self.places.get(&entity_key(id)).map(|place| *place as usize)
    }

    fn add(&mut self, source: &str, place: &Place, record: Record) -> Result<(), Complaint> {
        if record.kind.as_deref().is_some_and(|kind| kind != TYPE) {
            self.lines_of_others += 1;
            return Ok(());
        }
        let run = record.experiment_run_number.map(|run| match run {
            RunNumber::Text(run) => run,
            RunNumber::Number(run) => run.to_string(),
        });
        let place = Place {
            definition: record.experiment_definition_id.or_else(|| place.definition.clone()),
            run: run.or_else(|| place.run.clone()),
        };
        if is_other(&self.reading.definition, &place.definition) || is_other(&self.reading.run, &place.run) {
            self.lines_of_others += 1;
            return Ok(());
        }
        let text = required("treatmentKey", record.treatment_key)?;
        let id = required("entityId", record.entity_id)?;
        let timestamp = required("timestamp", record.timestamp)?;
        if id.is_empty() || id.len() > ENTITY_BYTES {
            return Err(Complaint::Line(Broken::new("'entityId' is empty or too long")));
        }
        let at_us = microseconds(&timestamp).ok_or_else(|| Complaint::Line(bad_time(&timestamp)))?;
        let arm = arm(&text).ok_or_else(|| {
            let what = format!("'{}' is not a treatment's key", shown(&text));
            Complaint::Line(
                Broken::new(what).hint("keys are as in the definition: c, t1, t2, or __c__, __t1__, __t2__"),
            )
        })?;
        self.note_run(source, place)?;
        self.lines += 1;
        let (treatment, is_overridden) = match arm {
            Arm::Of(key) => (key, false),
            Arm::Override(key) => (key, true),
            Arm::Default => {
                self.lines_of_default += 1;
                return Ok(());
            }
        };
        let key = entity_key(&id);
        if self.excluded.contains(&key) {
            self.lines_excluded += 1;
            return Ok(());
        }
        let treatment = self.treatment(treatment)?;
        self.note(key, &id, Entity { treatment, is_crossed: false, is_overridden, first_us: at_us })
    }

    fn note(&mut self, key: EntityKey, id: &str, seen: Entity) -> Result<(), Complaint> {
        match self.places.entry(key) {
            Entry::Vacant(vacant) => {
                let most = self.reading.limits.entities;
                if self.entities.len() >= most {
                    let broken = Broken::new(format!("there are more than {most} entities"));
                    return Err(Complaint::All(
                        broken.hint("allow more with --max-entities; each takes about 100 bytes"),
                    ));
                }
                vacant.insert(u32::try_from(self.entities.len()).map_err(|_| Complaint::All(too_many()))?);
                self.entities.push(seen);
            }
            Entry::Occupied(occupied) => {
                let entity = &mut self.entities[*occupied.get() as usize];
                entity.is_overridden |= seen.is_overridden;
                if entity.treatment != seen.treatment {
                    entity.is_crossed = true;
                    if self.crossed_examples.len() < EXAMPLES {
                        self.crossed_examples.insert(shown(id));
                    }
                }
                if seen.first_us < entity.first_us {
                    entity.first_us = seen.first_us;
                    entity.treatment = seen.treatment;
                }
            }
        }
        Ok(())
    }

    fn treatment(&mut self, key: &str) -> Result<u8, Complaint> {
        let index = match self.treatments.iter().position(|known| known == key) {
            Some(index) => index,
            None if self.treatments.len() < TREATMENTS => {
                self.treatments.push(key.to_owned());
                self.treatments.len() - 1
            }
            None => {
                let what = format!("there are more than {TREATMENTS} treatments: '{}'", shown(key));
                return Err(Complaint::All(Broken::new(what)));
            }
        };
        Ok(u8::try_from(index).expect("treatments are few"))
    }

    /// Logs of different runs are different experiments.
    fn note_run(&mut self, source: &str, place: Place) -> Result<(), Complaint> {
        if is_other(&self.run.definition, &place.definition) || is_other(&self.run.run, &place.run) {
            let (first, here) = (self.run.in_words(), place.in_words());
            let what = format!("this is of another run than {}: {here}, not {first}", self.run_source);
            return Err(Complaint::All(Broken::new(what).hint("name one with --definition ID and --run NUMBER")));
        }
        if self.run == Place::default() && place != Place::default() {
            source.clone_into(&mut self.run_source);
        }
        self.run.definition = self.run.definition.take().or(place.definition);
        self.run.run = self.run.run.take().or(place.run);
        Ok(())
    }
}

/// What is wrong: with this line, or with the whole.
enum Complaint {
    Line(Broken),
    All(Broken),
}

fn too_many() -> Broken {
    Broken::new("there are too many entities")
}

fn required(name: &str, text: Option<String>) -> Result<String, Complaint> {
    text.ok_or_else(|| Complaint::Line(Broken::new(format!("this line of an assignment log has no '{name}'"))))
}

fn is_other(wanted: &Option<String>, known: &Option<String>) -> bool {
    matches!((wanted, known), (Some(wanted), Some(known)) if wanted != known)
}

pub(crate) fn microseconds(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_microsecond)
}

pub(crate) fn bad_time(text: &str) -> Broken {
    Broken::new(format!("'{}' is not a time", shown(text))).hint("write times as 2026-01-31T12:00:00Z")
}

/// Reads `t1`, `__t1__` or `__t1_override__`.
fn arm(text: &str) -> Option<Arm<'_>> {
    let is_key = |key: &str| (1..=8).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let Some(inner) = text.strip_prefix("__").and_then(|text| text.strip_suffix("__")) else {
        return is_key(text).then_some(Arm::Of(text));
    };
    match inner.strip_suffix("_override") {
        Some(key) => is_key(key).then_some(Arm::Override(key)),
        None if inner == "default" => Some(Arm::Default),
        None => is_key(inner).then_some(Arm::Of(inner)),
    }
}
