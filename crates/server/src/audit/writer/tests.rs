use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::files::{full, full_numbers};
use super::super::verify::{Expectation, Verified, verify};
use super::super::{Audit, AuditSettings};
use super::*;
use crate::metrics::Metrics;

const NOW_MS: i64 = 1_800_000_000_000;
const DAY_MS: i64 = 86_400_000;

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tidegate-audit-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn newest(&self) -> PathBuf {
        self.0.join("audit.jsonl")
    }

    fn writer(&self, settings: impl FnOnce(&mut AuditSettings), now_ms: i64) -> Result<Writer, String> {
        let mut chosen = AuditSettings::new(self.0.clone());
        settings(&mut chosen);
        let shared = Shared {
            metrics: Metrics::new().audit.clone(),
            is_failing: Default::default(),
            problem: Default::default(),
        };
        Writer::open(chosen, Arc::new(shared), home(), now_ms)
    }

    fn verify(&self) -> Verified {
        verify(std::slice::from_ref(&self.0), &Expectation::default()).unwrap()
    }

    #[track_caller]
    fn assert_whole(&self, records: u64) {
        let verified = self.verify();
        assert_eq!((verified.faults, verified.records), (Vec::new(), records));
    }

    #[track_caller]
    fn assert_fault(&self, says: &str) {
        let faults = self.verify().faults;
        assert!(faults.iter().any(|fault| fault.to_string().contains(says)), "{says:?} is not in {faults:?}");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn home() -> Realm {
    Realm { account: Default::default(), region: "eu-north-1".into() }
}

fn record(at_ms: i64) -> Record {
    record::of_log("Test", &home(), at_ms, json!({"quote": "\"}}\n"}))
}

fn names(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let names =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["eventName"].as_str().unwrap().into());
    names.collect()
}

#[test]
fn a_restart_continues_the_chain() {
    let place = Place::new("restart");
    let mut writer = place.writer(|_| {}, NOW_MS).unwrap();
    writer.take(&[record(NOW_MS), record(NOW_MS)]).unwrap();
    assert!(place.writer(|_| {}, NOW_MS).is_err_and(|error| error.contains("another process")), "one writes at a time");
    drop(writer);
    place.writer(|_| {}, NOW_MS).unwrap();
    place.assert_whole(4);
    assert_eq!(names(&place.newest()), ["AuditStarted", "Test", "Test", "AuditStarted"]);
}

#[test]
fn any_changed_byte_and_any_missing_or_moved_line_is_found() {
    let place = Place::new("tampered");
    place.writer(|_| {}, NOW_MS).unwrap().take(&[record(NOW_MS), record(NOW_MS)]).unwrap();
    place.assert_whole(3);
    let good = fs::read(place.newest()).unwrap();
    for index in 0..good.len() {
        for flip in [1, 0x80] {
            let mut changed = good.clone();
            changed[index] ^= flip;
            fs::write(place.newest(), &changed).unwrap();
            assert!(!place.verify().faults.is_empty(), "byte {index} ^ {flip}");
        }
    }
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    let write = |lines: &[&[u8]]| fs::write(place.newest(), lines.concat()).unwrap();
    write(&[lines[0], lines[2]]);
    place.assert_fault("audit.jsonl:2: records 2 to 2 are missing before it");
    write(&[lines[1], lines[2]]);
    place.assert_fault("audit.jsonl:1: records 1 to 1 are missing before it");
    write(&[lines[0], lines[2], lines[1]]);
    place.assert_fault("stands where record");
    write(&[lines[0], lines[1], lines[1], lines[2]]);
    place.assert_fault("audit.jsonl:3: record 2 stands where record 3 belongs");
    write(&[lines[0], lines[1], &lines[2][..20]]);
    place.assert_fault("audit.jsonl:3: the line is cut off after 20 bytes");
    // A whole end that is missing shows only to those who noted it.
    let head = {
        fs::write(place.newest(), &good).unwrap();
        place.verify().head.unwrap()
    };
    write(&[lines[0], lines[1]]);
    place.assert_whole(2);
    let expectation = Expectation { heads: vec![head], ..Expectation::default() };
    assert_eq!(verify(std::slice::from_ref(&place.0), &expectation).unwrap().faults.len(), 1);
}

#[test]
fn files_are_rotated_by_size_and_by_day_and_a_missing_one_is_named() {
    let place = Place::new("rotated");
    let mut writer = place.writer(|settings| settings.rotate_bytes = 2_000, NOW_MS).unwrap();
    for _ in 0..20 {
        writer.take(&[record(NOW_MS)]).unwrap();
    }
    let by_size = full_numbers(&place.newest()).unwrap().len();
    assert!((3..20).contains(&by_size), "{by_size}");
    drop(writer);
    let mut writer = place.writer(|_| {}, NOW_MS).unwrap();
    writer.take(&[record(NOW_MS)]).unwrap();
    assert_eq!(full_numbers(&place.newest()).unwrap().len(), by_size);
    drop(writer);
    let mut writer = place.writer(|_| {}, NOW_MS + DAY_MS).unwrap();
    assert_eq!(full_numbers(&place.newest()).unwrap().len(), by_size + 1, "a restart on another day begins a file");
    writer.take(&[record(NOW_MS + 2 * DAY_MS)]).unwrap();
    assert_eq!(full_numbers(&place.newest()).unwrap().len(), by_size + 2);
    drop(writer);
    place.assert_whole(25);
    // A crash between two renames leaves no newest file for a while.
    let aside = place.0.join("aside");
    fs::rename(place.newest(), &aside).unwrap();
    place.assert_fault("the newest file is missing");
    fs::rename(&aside, place.newest()).unwrap();
    for (number, says) in [(1, "000001: the file is missing"), (2, "000002: the file is missing")] {
        let path = full(&place.newest(), number);
        fs::rename(&path, &aside).unwrap();
        place.assert_fault(says);
        place.assert_fault("are missing before it");
        fs::rename(&aside, &path).unwrap();
    }
    fs::remove_file(full(&place.newest(), 1)).unwrap();
    let partial = Expectation { is_partial: true, ..Expectation::default() };
    let verified = verify(std::slice::from_ref(&place.0), &partial).unwrap();
    assert_eq!(verified.faults, []);
    assert!(verified.first > Some(1));
}

#[test]
fn a_line_that_a_crash_has_torn_is_kept_aside_and_told() {
    let place = Place::new("torn");
    place.writer(|_| {}, NOW_MS).unwrap().take(&[record(NOW_MS)]).unwrap();
    let whole = fs::read(place.newest()).unwrap();
    let last = whole.iter().take(whole.len() - 1).rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in [last + 1, last + 100, whole.len() - 1] {
        fs::write(place.newest(), &whole[..end]).unwrap();
        place.assert_fault("the line is cut off");
        place.writer(|_| {}, NOW_MS).unwrap();
        place.assert_whole(3);
        assert_eq!(names(&place.newest()), ["AuditStarted", "AuditMended", "AuditStarted"]);
        assert_eq!(fs::read(place.0.join("audit.jsonl.torn.000002")).unwrap(), &whole[last..end]);
        let text = fs::read_to_string(place.newest()).unwrap();
        assert!(text.contains(&super::super::chain::hash(&whole[last..end])));
    }
    // Torn before the first line was whole.
    fs::write(place.newest(), &whole[..50]).unwrap();
    place.writer(|_| {}, NOW_MS).unwrap();
    place.assert_whole(2);
}

#[test]
fn a_damaged_last_line_is_nothing_to_build_on() {
    let place = Place::new("damaged");
    place.writer(|_| {}, NOW_MS).unwrap();
    let mut text = fs::read(place.newest()).unwrap();
    text[10] ^= 1;
    fs::write(place.newest(), &text).unwrap();
    assert!(place.writer(|_| {}, NOW_MS).is_err_and(|error| error.contains("is damaged")));
    assert_eq!(fs::read(place.newest()).unwrap(), text, "it stays as it is");
}

#[test]
fn a_file_that_others_move_away_is_no_end() {
    let place = Place::new("moved");
    let mut writer = place.writer(|_| {}, NOW_MS).unwrap();
    fs::rename(place.newest(), full(&place.newest(), 1)).unwrap();
    writer.take(&[record(NOW_MS)]).unwrap();
    place.assert_whole(2);
    assert_eq!(names(&place.newest()), ["Test"]);
}

#[test]
fn what_was_lost_is_told_by_the_next_record_that_can_be_written() {
    let place = Place::new("gap");
    let mut writer = place.writer(|_| {}, NOW_MS).unwrap();
    let mut lost = record(NOW_MS);
    lost.request_id = "of the lost".into();
    writer.fail(&io::Error::from(io::ErrorKind::StorageFull), &[lost]);
    assert!(writer.is_failing());
    writer.take(&[record(NOW_MS)]).unwrap();
    assert!(!writer.is_failing());
    place.assert_whole(3);
    assert_eq!(names(&place.newest()), ["AuditStarted", "AuditGap", "Test"]);
    assert!(fs::read_to_string(place.newest()).unwrap().contains("\"lost\":1,\"requestIDs\":[\"of the lost\"]"));
}

#[test]
fn reads_are_dropped_and_counted_before_the_queue_is_full() {
    let place = Place::new("dropped");
    let metrics = Metrics::new();
    let audit = Audit::open(AuditSettings::new(place.0.clone()), &metrics, home(), NOW_MS).unwrap();
    let (sender, receiver) = mpsc::channel(super::super::KEPT + 2);
    let stuck =
        Audit { sender, shared: audit.shared.clone(), settings: audit.settings.clone(), thread: Default::default() };
    for _ in 0..5 {
        stuck.offer(Message::Record(Box::new(record(NOW_MS)), None));
    }
    assert_eq!((receiver.len(), metrics.audit.dropped.get()), (2, 3));
}
