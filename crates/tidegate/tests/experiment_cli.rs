//! `tidegate experiment results` as an analyst meets it.

mod common;

use std::path::PathBuf;
use std::process::Output;

use common::server::{command, run};
use serde_json::Value;

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/experiment")
}

/// Runs `tidegate experiment results …` where the files are.
fn results(arguments: &[&str]) -> Output {
    run(command().current_dir(data()).args(["experiment", "results"]).args(arguments))
}

const FILES: [&str; 4] = ["--assignments", "logs", "--outcomes", "outcomes.csv"];

fn stdout(arguments: &[&str]) -> String {
    let output = results(&[&FILES[..], arguments].concat());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}

#[track_caller]
fn refuses(arguments: &[&str], stderr: &str) {
    let output = results(arguments);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(String::from_utf8_lossy(&output.stderr), stderr);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_report_says_what_a_person_wants_to_know() {
    let report = include_str!("data/experiment/report.txt");
    assert_eq!(stdout(&["--weights", "c=50,t1=50"]), report);
}

#[test]
fn json_has_the_same() {
    let report: Value = serde_json::from_str(&stdout(&["--json", "--correction", "bonferroni"])).expect("it is JSON");
    assert_eq!(report["definition"], "exp0001");
    assert_eq!(report["run"], "1");
    assert_eq!(report["exposure"]["treatments"][0]["entities"], 199);
    assert_eq!(report["exposure"]["is_mismatched"], false);
    assert_eq!(report["exposure"]["crossed"]["entities"], 2);
    let comparison = &report["metrics"][0]["comparisons"][0];
    assert_eq!(comparison["conclusion"], "raised");
    assert_eq!(comparison["interval_level"], 0.975);
    assert_eq!(report["metrics"][1]["comparisons"][0]["conclusion"], "unclear");
}

#[test]
fn counts_that_are_not_the_weights_spoil_it() {
    let report = stdout(&["--weights", "c=20,t1=80"]);
    assert!(report.contains("sample ratio mismatch: p = less than 0.0001 against the weights"), "{report}");
    assert_eq!(report.matches("→ do not trust: sample ratio mismatch").count(), 2, "{report}");
}

#[test]
fn options_change_what_is_computed() {
    let group = |arguments: &[&str], metric: usize, member: &str| -> Value {
        let report: Value = serde_json::from_str(&stdout(&[arguments, &["--json"]].concat())).expect("it is JSON");
        report["metrics"][metric]["groups"][0][member].clone()
    };
    assert_eq!(group(&[], 0, "entities"), 199);
    assert_eq!(group(&["--missing", "leave-out"], 0, "entities"), 40);
    assert_eq!(group(&["--missing", "leave-out", "--missing", "ordered=zero"], 0, "entities"), 199);
    assert_eq!(group(&["--crossed", "first"], 0, "entities"), 200);
    assert_eq!(group(&["--exclude", "guest-000", "--exclude", "guest-002"], 0, "entities"), 198);
    assert_eq!(group(&["--measure", "seconds=any"], 1, "value"), 1.0);
}

#[test]
fn standard_input_is_read_once() {
    let outcomes = std::fs::File::open(data().join("outcomes.csv")).expect("it is there");
    let mut from_stdin = command();
    from_stdin.current_dir(data()).args(["experiment", "results", "--assignments", "logs", "--outcomes", "-"]);
    let output = run(from_stdin.args(["--weights", "c=1,t1=1"]).stdin(outcomes));
    assert_eq!(String::from_utf8_lossy(&output.stdout), include_str!("data/experiment/report.txt"));
    refuses(
        &["--assignments", "-", "--outcomes", "-"],
        "error: standard input can be read only once\nhint: name a file instead of one -\n",
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    refuses(
        &["--assignments", "outcomes.csv", "--outcomes", "outcomes.csv"],
        "error: outcomes.csv:1: not a JSON line of an assignment log: expected value at line 1 column 1\n\
         hint: leave such lines out with --skip-broken-lines, if you know what they are\n",
    );
    refuses(
        &["--assignments", "logs", "--outcomes", "report.txt"],
        "error: report.txt:1: the CSV's header has no column 'entity_id', only: Experiment exp0001, run 1\n\
         hint: the first line names the columns, with commas between: entity_id,metric,value\n",
    );
    refuses(
        &["--assignments", "logs", "--outcomes", "outcomes.csv", "--definition", "exp0002"],
        "error: there is no assignment to an experiment in these logs\n\
         hint: are the paths right, and --definition and --run, if they are given?\n",
    );
    refuses(
        &["--assignments", "logs", "--outcomes", "outcomes.csv", "--weights", "c=1"],
        "error: treatment 't1' is in the logs, and has no weight\n\
         hint: give the weights of the experiment definition, such as c=50,t1=50\n",
    );
    refuses(
        &["--assignments", "logs", "--outcomes", "outcomes.csv", "--missing", "later"],
        "error: 'later' does not say what is done with entities without an outcome\n\
         hint: write --missing leave-out, or --missing METRIC=zero\n",
    );
    refuses(
        &["--assignments", "logs", "--outcomes", "outcomes.csv", "--max-entities", "10"],
        "error: logs/eu-central-1/200000000001/shop001/exp0001/1_0a1b.jsonl:11: there are more than 10 entities\n\
         hint: allow more with --max-entities; each takes about 100 bytes\n",
    );
    let empty = common::directory();
    let path = empty.path().to_str().expect("the path is a text");
    refuses(
        &["--assignments", path, "--outcomes", "outcomes.csv"],
        &format!(
            "error: there are no *.jsonl files in {path}\n\
             hint: name the directory of EXPERIMENT_ASSIGNMENT_LOG_DESTINATION, or the logs themselves\n"
        ),
    );
}
