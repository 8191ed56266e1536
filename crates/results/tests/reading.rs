//! What is read of logs and outcomes, and what is said of those that are broken or hostile.
#![allow(missing_docs, reason = "tests")]

use std::fmt::Write;
use std::path::Path;

use proptest::prelude::*;
use tidegate_results::{Assignments, Broken, Limits, Outcomes, Place, Reading, Report, Settings, analyse};

const LOG: &str = r#"{"timestamp":"2026-01-01T12:00:00Z","treatmentKey":"c","entityId":"u1"}
{"timestamp":"2026-01-01T12:00:00Z","treatmentKey":"__t1__","entityId":"u2"}
"#;

fn assigned(log: &str, reading: Reading) -> Result<Assignments, Broken> {
    let mut assignments = Assignments::new(reading);
    assignments.read("a.jsonl", &Place::default(), log.as_bytes())?;
    Ok(assignments)
}

fn outcomes(text: &str) -> Result<Report, Broken> {
    let assignments = assigned(LOG, Reading::default())?;
    let mut outcomes = Outcomes::new(Limits { line_bytes: 300, ..Limits::default() }, false);
    outcomes.read("o.csv", text.as_bytes(), &assignments)?;
    analyse(&assignments, &outcomes, &Settings::default())
}

#[track_caller]
fn complains_of_log(log: &str, message: &str) {
    assert_eq!(assigned(log, Reading::default()).map(|_| ()).unwrap_err().to_string(), message);
}

#[track_caller]
fn complains_of_outcomes(text: &str, message: &str) {
    assert_eq!(outcomes(text).unwrap_err().to_string(), message);
}

fn line(treatment: &str, entity: &str, second: u32) -> String {
    format!(
        "{{\"timestamp\":\"2026-01-01T12:00:{second:02}Z\",\"treatmentKey\":\"{treatment}\",\"entityId\":\"{entity}\"}}\n"
    )
}

#[test]
fn broken_logs_are_told_with_their_line() {
    complains_of_log(
        "\n{\"timestamp\":\n",
        "a.jsonl:2: not a JSON line of an assignment log: EOF while parsing a value at line 1 column 13",
    );
    complains_of_log("{}", "a.jsonl:1: this line of an assignment log has no 'treatmentKey'");
    complains_of_log(
        &format!("{LOG}{{\"treatmentKey\":\"c\"}}"),
        "a.jsonl:3: this line of an assignment log has no 'entityId'",
    );
    complains_of_log(&line("c", "", 0), "a.jsonl:1: 'entityId' is empty or too long");
    complains_of_log(&line("no key", "u", 0), "a.jsonl:1: 'no key' is not a treatment's key");
    complains_of_log(&line("c", "u", 61), "a.jsonl:1: '2026-01-01T12:00:61Z' is not a time");
    complains_of_log(&"x".repeat(70_000), "a.jsonl:1: the line has more than 65536 bytes");
    complains_of_log(
        &"[".repeat(5_000),
        "a.jsonl:1: not a JSON line of an assignment log: invalid type: sequence, expected a string at line 1 column 1",
    );
    let many: String = (0..40).map(|number| line(&format!("k{number}"), &format!("u{number}"), 0)).collect();
    complains_of_log(&many, "a.jsonl:33: there are more than 32 treatments: 'k32'");
}

#[test]
fn broken_lines_can_be_skipped() {
    let reading = Reading { skip_broken_lines: true, ..Reading::default() };
    let log = format!("agent started\n{LOG}{{}}\n{}", line("not a key", "u", 0));
    let assignments = assigned(&log, reading).expect("broken lines are skipped");
    assert_eq!(assignments.len(), 2);
    let outcomes = Outcomes::default();
    let report = analyse(&assignments, &outcomes, &Settings::default()).expect("there are two treatments");
    assert_eq!(report.assignment_lines.broken, 3);
}

#[test]
fn a_line_that_was_cut_off_at_the_end_is_left_out() {
    let assignments = assigned(&format!("{LOG}{{\"timestamp\":\"2026-01"), Reading::default()).expect("it is left out");
    let report = analyse(&assignments, &Outcomes::default(), &Settings::default()).expect("there are two treatments");
    assert_eq!(report.assignment_lines.cut_off, 1);
}

#[test]
fn entities_are_bounded() {
    let limits = Limits { entities: 1, ..Limits::default() };
    let broken = assigned(LOG, Reading { limits, ..Reading::default() }).map(|_| ()).unwrap_err();
    assert_eq!(broken.to_string(), "a.jsonl:2: there are more than 1 entities");
    assert!(broken.hint.is_some());
}

#[test]
fn both_forms_of_logs_are_read() {
    let log = r#"{"type":"AWS.AppConfig.TreatmentAssignment","timestamp":"2026-01-01T12:00:00Z","region":"us-east-1","accountId":"111122223333","applicationId":"app1234","experimentDefinitionId":"exp1234","experimentRunNumber":"2","treatmentKey":"t1","entityId":"u3"}
{"type":"Something.Else","level":"info"}
"#;
    let assignments = assigned(&format!("{LOG}{log}"), Reading::default()).expect("it is right");
    assert_eq!(assignments.len(), 3);
    let run = assignments.run().expect("a line tells");
    assert_eq!((run.definition.as_deref(), run.run.as_deref()), (Some("exp1234"), Some("2")));
    let reading = Reading { run: Some("1".into()), ..Reading::default() };
    assert_eq!(assigned(&format!("{LOG}{log}"), reading).expect("it is right").len(), 2);
}

#[test]
fn logs_of_two_runs_are_not_mixed() {
    let place = |path: &str| Place::of_path(Path::new(path));
    let first = place("logs/us-east-1/111122223333/app1234/exp1234/1_a4b5.jsonl");
    assert_eq!((first.definition.as_deref(), first.run.as_deref()), (Some("exp1234"), Some("1")));
    let second = place("logs/us-east-1/111122223333/app1234/exp1234/2_77aa.jsonl");
    for other in ["1_a4b5.jsonl", "logs/host/1_a4b5.jsonl", "a/111122223333/b/c/log.jsonl", "a/1/b/c/1_x.jsonl"] {
        assert_eq!(place(other), Place::default(), "{other}");
    }
    let mut assignments = Assignments::new(Reading::default());
    assignments.read("one", &first, LOG.as_bytes()).expect("it is right");
    let broken = assignments.read("two", &second, LOG.as_bytes()).unwrap_err();
    assert_eq!(
        broken.to_string(),
        "two:1: this is of another run than one: definition exp1234, run 2, not definition exp1234, run 1"
    );
}

#[test]
fn entities_count_once_with_overrides_and_crossings_told() {
    let log = [
        line("c", "a", 5),
        line("c", "a", 1),
        line("t1", "b", 5),
        line("c", "b", 3),
        line("__t1_override__", "vip", 0),
        line("__default__", "nobody", 0),
        line("t1", "d", 0),
        line("t1", "me", 0),
    ]
    .concat();
    let reading = Reading { exclude: vec!["me".into()], ..Reading::default() };
    let assignments = assigned(&log, reading).expect("it is right");
    let analysed = |crossed| {
        let settings = Settings { crossed, ..Settings::default() };
        analyse(&assignments, &Outcomes::default(), &settings).expect("there are two treatments")
    };
    let report = analysed(tidegate_results::Crossed::Exclude);
    let counts = |report: &Report| -> Vec<(String, u64)> {
        report.exposure.treatments.iter().map(|share| (share.key.clone(), share.entities)).collect()
    };
    assert_eq!(counts(&report), [("c".into(), 1), ("t1".into(), 1)]);
    assert_eq!(report.exposure.crossed.entities, 1);
    assert_eq!(report.exposure.crossed.examples, ["b"]);
    assert_eq!(report.exposure.overridden, 1);
    assert_eq!((report.assignment_lines.of_default, report.assignment_lines.excluded), (1, 1));
    assert_eq!(counts(&analysed(tidegate_results::Crossed::First)), [("c".into(), 2), ("t1".into(), 1)]);
}

#[test]
fn csv_is_read_in_its_variety() {
    for text in [
        "entity_id,metric,value\nu1,m,1\nu2,m,2.5\n",
        "\u{feff}Entity-ID,Metric,VALUE\r\nu1,m,1\r\nu2,m,2.5\r\n",
        "extra,value,metric,entity\n\"x,\ny\",1,m,u1\n,\" 2.5\",\"m\",\"u2\"",
        "{\"entityId\":\"u1\",\"metric\":\"m\",\"value\":1}\n{\"entity_id\":\"u2\",\"metric\":\"m\",\"value\":\"2.5\",\"more\":[]}\n",
        "\n\n{\"entity\":\"u1\",\"metric\":\"m\",\"value\":true}\n\n{\"entity\":\"u2\",\"metric\":\"m\",\"value\":2.5}",
    ] {
        let report = outcomes(text).unwrap_or_else(|broken| panic!("{text:?}: {broken}"));
        let values: Vec<_> = report.metrics[0].groups.iter().map(|group| group.value).collect();
        assert_eq!(values, [Some(1.0), Some(2.5)], "{text:?}");
        assert_eq!(report.outcome_rows.used, 2);
    }
}

#[test]
fn outcomes_from_before_the_assignment_and_of_others_are_dropped() {
    let report = outcomes(
        "entity_id,metric,value,timestamp\nu1,m,1,2026-01-01T11:59:59Z\nu1,m,2,2026-01-01T14:00:00+02:00\nu1,m,3,\nu9,m,1,\n",
    )
    .expect("it is right");
    assert_eq!(report.metrics[0].groups[0].value, Some(5.0));
    assert_eq!((report.outcome_rows.before_assignment, report.outcome_rows.of_others), (1, 1));
}

#[test]
fn broken_outcomes_are_told_with_their_line() {
    complains_of_outcomes("a,b\n", "o.csv:1: the CSV's header has no column 'entity_id', only: a, b");
    complains_of_outcomes(
        "entity;metric;value\n",
        "o.csv:1: the CSV's header has no column 'entity_id', only: entity;metric;value",
    );
    complains_of_outcomes("entity,entity_id,metric,value\n", "o.csv:1: the header has 'entity_id' twice");
    complains_of_outcomes("\nentity,metric,value\r\n\r\nu1,m,x\r\n", "o.csv:4: the value 'x' is not a number");
    complains_of_outcomes(
        "entity,metric,value\nu1,m,1\nu1,m\n",
        "o.csv:3: the record has no column 'value': 2 columns are too few",
    );
    complains_of_outcomes("entity,metric,value\n\"u\n1\",m,1\nu1,m,nan\n", "o.csv:4: the value 'nan' is not a number");
    complains_of_outcomes("entity,metric,value\nu1,m,1e61\n", "o.csv:2: the value is not between -1e60 and 1e60");
    complains_of_outcomes("entity,metric,value\nu1,,1\n", "o.csv:2: the metric's name is empty or too long");
    complains_of_outcomes("entity,metric,value\n,m,1\n", "o.csv:2: the entity's id is empty");
    complains_of_outcomes(
        "entity,metric,value,time\nu1,m,1,yesterday\u{1b}[2J\n",
        "o.csv:2: 'yesterday\\u{1b}[2J' is not a time",
    );
    let open = format!("entity,metric,value\nu1,m,1\n\"u1,m,1\n{}", "u1,m,1\n".repeat(100));
    complains_of_outcomes(&open, "o.csv:3: the record has more than 300 bytes");
    complains_of_outcomes(&format!("{}\n", ",".repeat(299)), "o.csv:1: the record has more than 256 columns");
    complains_of_outcomes("{\"entityId\":\"u1\",\"metric\":\"m\"}", "o.csv:1: this outcome has no 'value'");
    complains_of_outcomes(
        "\n{\"entityId\":\"u1\",\"metric\":\"m\",\"value\":1}\nu1,m,1\n",
        "o.csv:3: not a JSON line with an outcome: expected value at line 1 column 1",
    );
    let mut many = String::from("entity,metric,value\n");
    (0..300).for_each(|number| writeln!(many, "u1,m{number},1").expect("texts can be written"));
    complains_of_outcomes(&many, "o.csv:202: there are more than 200 metrics: 'm200'");
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let assignments = assigned(LOG, Reading::default()).expect("it is right");
    let mut outcomes = Outcomes::default();
    let broken = outcomes.read("o.csv", &b"entity,metric,value\nu1,m,1\nu\xff,m,1\n"[..], &assignments).unwrap_err();
    assert_eq!(broken.to_string(), "o.csv:3: the record is not UTF-8");
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let assignments = assigned(LOG, Reading::default()).expect("it is right");
    let check = |settings: Settings, message: &str| {
        let broken = analyse(&assignments, &Outcomes::default(), &settings).unwrap_err();
        assert_eq!(broken.to_string(), message);
        assert!(broken.hint.is_some());
    };
    let weights = |text| Some(tidegate_results::Weights::parse(text).expect("they are right"));
    check(
        Settings { weights: weights("c=1"), ..Settings::default() },
        "treatment 't1' is in the logs, and has no weight",
    );
    check(Settings { control: "x".into(), ..Settings::default() }, "nobody got the control 'x'; treatments are: c, t1");
    check(Settings { confidence: 95.0, ..Settings::default() }, "a confidence of 95 is not between 0.5 and 0.999999");
    let measures = [("m".to_owned(), tidegate_results::Measure::Sum)].into();
    check(Settings { measures, ..Settings::default() }, "no entity in the experiment has the metric 'm'");
}

proptest! {
    #[test]
    fn nothing_panics(log in ".{0,200}", text in ".{0,200}") {
        let _ = assigned(&log, Reading::default());
        let _ = outcomes(&text);
    }

    #[test]
    fn whatever_is_read_can_be_told(
        rows in proptest::collection::vec((0..4u8, 0..30u8, prop_oneof![-1e60..1e60f64, Just(0.0), Just(1.0), -5.0..5.0f64]), 0..60),
        confidence in 0.5..0.999999f64,
    ) {
        let log: String = (0..30).map(|id| line(["c", "t1", "t2"][id % 3], &format!("u{id}"), 0)).collect();
        let assignments = assigned(&log, Reading::default()).expect("it is right");
        let mut text = String::from("entity,metric,value\n");
        for (metric, entity, value) in rows {
            writeln!(text, "u{entity},m{metric},{value:e}").expect("texts can be written");
        }
        let mut outcomes = Outcomes::default();
        outcomes.read("o.csv", text.as_bytes(), &assignments).expect("it is right");
        for correction in [tidegate_results::Correction::None, tidegate_results::Correction::Bonferroni] {
            let settings = Settings { confidence, correction, ..Settings::default() };
            let report = analyse(&assignments, &outcomes, &settings).expect("there are treatments");
            prop_assert!(!report.to_string().contains("NaN"));
            for comparison in report.metrics.iter().flat_map(|metric| &metric.comparisons) {
                let p = comparison.p_value_corrected.unwrap_or(0.5);
                prop_assert!((0.0..=1.0).contains(&p), "{comparison:?}");
                if let (Some(interval), Some(difference)) = (comparison.interval, comparison.difference) {
                    prop_assert!(interval.low <= difference && difference <= interval.high, "{comparison:?}");
                }
            }
        }
    }
}
