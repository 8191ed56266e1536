//! What is concluded from made-up experiments.
#![allow(missing_docs, reason = "tests")]

use std::fmt::Write;

use tidegate_results::{
    Assignments, Conclusion, Correction, Limits, Measure, Missing, Outcomes, Place, Reading, Report, Settings, Weights,
    analyse,
};

/// Pseudo-random numbers that are the same everywhere (Vigna's SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A log with so many entities per treatment, named by treatment and number.
fn log(counts: &[(&str, u32)]) -> String {
    let mut log = String::new();
    for (key, count) in counts {
        for number in 0..*count {
            writeln!(
                log,
                r#"{{"timestamp":"2026-01-01T12:00:00Z","treatmentKey":"{key}","entityId":"{key}-{number}"}}"#
            )
            .expect("texts can be written");
        }
    }
    log
}

fn report(log: &str, rows: &str, settings: &Settings) -> Report {
    let mut assignments = Assignments::new(Reading::default());
    assignments.read("log", &Place::default(), log.as_bytes()).expect("the log is right");
    let mut outcomes = Outcomes::new(Limits::default(), false);
    let rows = format!("entity_id,metric,value\n{rows}");
    outcomes.read("outcomes", rows.as_bytes(), &assignments).expect("the outcomes are right");
    analyse(&assignments, &outcomes, settings).expect("the settings are right")
}

fn converted(key: &str, count: u32) -> String {
    (0..count).fold(String::new(), |mut rows, number| {
        writeln!(rows, "{key}-{number},converted,1").expect("texts can be written");
        rows
    })
}

#[test]
fn a_raised_proportion_is_told() {
    let rows = converted("c", 100) + &converted("t1", 150);
    let report = report(&log(&[("c", 1000), ("t1", 1000)]), &rows, &Settings::default());
    let comparison = &report.metrics[0].comparisons[0];
    assert_eq!(comparison.conclusion, Conclusion::Raised);
    assert_eq!(comparison.verdict, "t1 raised converted by 2.10 to 7.90 percentage points; unlikely to be chance");
    assert_eq!(comparison.relative_lift.map(|lift| (lift * 1000.0).round()), Some(500.0));
    assert!(comparison.warnings.is_empty() && report.warnings.is_empty());
}

#[test]
fn a_lowered_mean_is_told() {
    let mut rows = String::new();
    for number in 0..200 {
        writeln!(rows, "c-{number},ms,{}\nt1-{number},ms,{}", 100 + number % 7, 90 + number % 7).expect("fine");
    }
    let report = report(&log(&[("c", 200), ("t1", 200)]), &rows, &Settings::default());
    let comparison = &report.metrics[0].comparisons[0];
    assert_eq!(comparison.conclusion, Conclusion::Lowered);
    assert_eq!(comparison.verdict, "t1 lowered ms by 9.61 to 10.4; unlikely to be chance");
}

#[test]
fn what_could_have_been_seen_is_told() {
    let rows = converted("c", 100) + &converted("t1", 101);
    let report = report(&log(&[("c", 1000), ("t1", 1000)]), &rows, &Settings::default());
    let comparison = &report.metrics[0].comparisons[0];
    assert_eq!(comparison.conclusion, Conclusion::Unclear);
    assert_eq!(
        comparison.verdict,
        "no difference in converted between t1 and c can be told yet; with this many entities a difference of about 3.77 \
         percentage points could have been seen"
    );
}

#[test]
fn a_mismatch_spoils_every_verdict() {
    let rows = converted("c", 100) + &converted("t1", 300);
    let log = log(&[("c", 1000), ("t1", 1200)]);
    let mismatched = report(&log, &rows, &Settings::default());
    assert!(mismatched.exposure.is_mismatched);
    assert_eq!(mismatched.metrics[0].comparisons[0].verdict, "do not trust: sample ratio mismatch");
    let weights = Some(Weights::parse("c=10,t1=12").expect("they are right"));
    let as_weighted = report(&log, &rows, &Settings { weights, ..Settings::default() });
    assert!(!as_weighted.exposure.is_mismatched);
    assert_eq!(as_weighted.metrics[0].comparisons[0].conclusion, Conclusion::Raised);
}

#[test]
fn a_treatment_that_nobody_got_is_a_mismatch() {
    let weights = Some(Weights::parse("c=1,t1=1,t2=1").expect("they are right"));
    let report =
        report(&log(&[("c", 50), ("t1", 50)]), &converted("c", 1), &Settings { weights, ..Settings::default() });
    assert!(report.exposure.is_mismatched);
    assert_eq!(report.exposure.treatments[2].entities, 0);
    assert_eq!(report.metrics[0].groups[2].value, None);
}

#[test]
fn nothing_to_compare_is_said() {
    let only = report(&log(&[("c", 50)]), &converted("c", 1), &Settings::default());
    assert!(only.metrics[0].comparisons.is_empty());
    assert!(only.warnings.iter().any(|warning| warning.contains("nothing to compare")), "{:?}", only.warnings);
    let alike = report(&log(&[("c", 50), ("t1", 50)]), "c-1,m,0\n", &Settings::default());
    assert!(alike.metrics[0].comparisons[0].verdict.ends_with("can be told: all entities are alike"));
    let settings = Settings { measures: [("m".to_owned(), Measure::Sum)].into(), ..Settings::default() };
    let alike = report(&log(&[("c", 50), ("t1", 50)]), "c-1,m,0\n", &settings);
    assert_eq!(alike.metrics[0].comparisons[0].conclusion, Conclusion::Untestable);
}

#[test]
fn several_values_become_one_as_asked() {
    let rows = "c-0,m,1\nc-0,m,1\nc-1,m,1\nt1-0,m,0\nt1-1,m,1\nt1-1,m,0\n";
    let value = |measure: Option<Measure>, missing: Missing| {
        let measures = measure.map(|measure| ("m".to_owned(), measure)).into_iter().collect();
        let settings = Settings { measures, missing, ..Settings::default() };
        let report = report(&log(&[("c", 4), ("t1", 4)]), rows, &settings);
        (
            report.metrics[0].groups[0].value.expect("there are entities"),
            report.metrics[0].groups[1].value.expect("there are"),
        )
    };
    assert_eq!(value(None, Missing::Zero), (0.5, 0.25));
    assert_eq!(value(None, Missing::LeaveOut), (1.0, 0.5));
    assert_eq!(value(Some(Measure::Sum), Missing::Zero), (0.75, 0.25));
    assert_eq!(value(Some(Measure::Mean), Missing::LeaveOut), (1.0, 0.25));
}

#[test]
fn outcomes_that_depend_on_the_treatment_are_warned_of() {
    let rows = converted("c", 400) + &converted("t1", 600);
    let settings = Settings { missing: Missing::LeaveOut, ..Settings::default() };
    let report = report(&log(&[("c", 1000), ("t1", 1000)]), &rows, &settings);
    assert_eq!(report.metrics[0].warnings.len(), 1);
}

#[test]
fn small_and_lopsided_samples_are_warned_of() {
    let small = report(&log(&[("c", 20), ("t1", 20)]), "c-1,spent,20\nt1-2,spent,3\n", &Settings::default());
    assert!(small.metrics[0].comparisons[0].warnings[0].starts_with("few entities"));
    let rows = "c-1,spent,9000\nt1-2,spent,3\nc-2,paid,1\n";
    let lopsided = report(&log(&[("c", 300), ("t1", 300)]), rows, &Settings::default());
    assert!(lopsided.metrics[0].comparisons[0].warnings[0].starts_with("the values are lopsided"));
    assert!(lopsided.metrics[1].comparisons[0].warnings[0].starts_with("few entities for so rare an outcome"));
}

#[test]
fn corrections_are_for_all_comparisons() {
    let rows = converted("c", 100) + &converted("t1", 128) + &converted("t2", 135);
    let log = log(&[("c", 1000), ("t1", 1000), ("t2", 1000)]);
    let conclusions = |correction| {
        let report = report(&log, &rows, &Settings { correction, ..Settings::default() });
        let comparisons = &report.metrics[0].comparisons;
        let told: Vec<_> = comparisons.iter().map(|comparison| comparison.conclusion == Conclusion::Raised).collect();
        (told, comparisons[0].interval_level, report.warnings.len())
    };
    assert_eq!(conclusions(Correction::None), (vec![true, true], 0.95, 1));
    assert_eq!(conclusions(Correction::Holm), (vec![true, true], 0.95, 0));
    let (told, level, _) = conclusions(Correction::Bonferroni);
    assert_eq!(told, [false, true]);
    assert!((level - 0.975).abs() < 1e-12);
}

/// 400 experiments in which the treatment does nothing: about 1 in 20 seems to, and intervals hold.
#[test]
fn chance_is_taken_for_an_effect_as_often_as_promised() {
    let mut random = Random(7);
    let log = log(&[("c", 300), ("t1", 300)]);
    let (mut found, mut all) = (0, 0);
    for _ in 0..200 {
        let mut rows = String::new();
        for key in ["c", "t1"] {
            for number in 0..300 {
                let converted = u8::from(random.next() < 0.2);
                let amount = -random.next().ln();
                writeln!(rows, "{key}-{number},converted,{converted}\n{key}-{number},amount,{amount}").expect("fine");
            }
        }
        for metric in report(&log, &rows, &Settings::default()).metrics {
            all += 1;
            found += usize::from(metric.comparisons[0].conclusion != Conclusion::Unclear);
        }
    }
    assert_eq!(all, 400);
    // Binomial with 400 and 0.05: 99.9 % lie in 7..=35.
    assert!((7..=35).contains(&found), "{found} of 400");
}
