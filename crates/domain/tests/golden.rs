//! The journal's format: old entries are read for ever.
//!
//! `tests/golden/` holds an entry for each kind of event, with every form that its parts can have. They are written by
//! hand, and never rewritten once a release has written such entries. What an event gains later takes a default, so
//! that these files are read as before. A new kind of event gets a file of its own, `<event>.json`; a new form of an
//! old one gets `<event>.<what is new>.json`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidegate_domain::{Decision, Event, State};

fn golden_files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// The kind of event that a file is about: what stands before the first dot.
fn kind_of(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap().split('.').next().unwrap()
}

fn read(file: &Path) -> (String, Decision) {
    let text = std::fs::read_to_string(file).unwrap();
    let decision = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!(
            "{}: an entry of an old journal cannot be read any more: {error}\nhint: a new member needs a \
                #[serde(default)]; what changes its meaning becomes a new kind of event",
            file.display()
        )
    });
    (text, decision)
}

/// The kinds of events, as serde knows them.
fn kinds_of_events() -> BTreeSet<String> {
    let error = serde_json::from_str::<Event>(r#"{"":null}"#).unwrap_err().to_string();
    let (_, kinds) = error.split_once("expected one of ").expect("serde lists the variants that it knows");
    kinds.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether everything of the old entry stands in the new one, as it was.
fn is_kept(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            old.iter().all(|(name, old)| new.get(name).is_some_and(|new| is_kept(old, new)))
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_kept(old, new))
        }
        (old, new) => old == new,
    }
}

#[test]
fn old_entries_are_read_and_written_again_with_all_that_they_said() {
    for file in golden_files() {
        let (text, decision) = read(&file);
        let written = serde_json::to_string_pretty(&decision).unwrap();
        let (old, new) = (serde_json::from_str(&text).unwrap(), serde_json::from_str(&written).unwrap());
        assert!(
            is_kept(&old, &new),
            "{}: something of an old entry would be lost:\n{text}\nis written today as\n{written}\nhint: a member \
             keeps its name and its form; what changes becomes a new member or a new kind of event",
            file.display()
        );
        assert_eq!(serde_json::from_str::<Decision>(&written).unwrap(), decision, "{}", file.display());
    }
}

#[test]
fn every_kind_of_event_has_a_golden_file() {
    let files = golden_files();
    let golden: BTreeSet<String> = files.iter().map(|file| kind_of(file).to_owned()).collect();
    assert_eq!(
        golden,
        kinds_of_events(),
        "add tests/golden/<event>.json for a new kind of event, and keep every old one"
    );
}

#[test]
fn a_golden_file_holds_its_own_kind_of_event() {
    for file in golden_files() {
        let (text, decision) = read(&file);
        assert!(!decision.events.is_empty(), "{}", file.display());
        let entry: Value = serde_json::from_str(&text).unwrap();
        for event in entry["events"].as_array().unwrap() {
            assert_eq!(event.as_object().unwrap().keys().collect::<Vec<_>>(), [kind_of(&file)]);
        }
    }
}

#[test]
fn entries_of_a_journal_without_its_beginning_are_applied_all_the_same() {
    for file in golden_files().iter().chain(golden_files().iter().rev()) {
        let mut state = State::default();
        state.apply(1, &read(file).1);
        assert_eq!(state.number, 1);
    }
    let mut state = State::default();
    for (index, file) in golden_files().iter().enumerate() {
        state.apply(index as u64 + 1, &read(file).1);
    }
}
