//! `tidegate flags` as an author and a build meet it.

mod common;

use std::fs::File;
use std::path::PathBuf;
use std::process::Output;

use common::server::{command, run};
use tidegate_flags::{admit, render};

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/flags").join(name)
}

/// Runs `tidegate flags …` where the documents are.
fn flags(arguments: &[&str]) -> Output {
    run(command().current_dir(data("")).arg("flags").args(arguments))
}

#[track_caller]
fn says(output: &Output, code: i32, stdout: &str, stderr: &str) {
    assert_eq!(String::from_utf8_lossy(&output.stdout), stdout);
    assert_eq!(String::from_utf8_lossy(&output.stderr), stderr);
    assert_eq!(output.status.code(), Some(code));
}

const WARNED: &str = "warned.json:3:67: warning: attribute 'litres' is never set\n\
                      warned.json:6:5: warning: variant 'b' cannot be reached: its 40 % lie within the 60 % of variant 'a'\n";

#[test]
fn a_right_document_is_left_alone() {
    says(&flags(&["lint", "tea-house.json"]), 0, "", "");
    says(&flags(&["lint", "tea-house.json", "--deny-warnings"]), 0, "", "");
}

#[test]
fn warnings_fail_only_when_denied() {
    says(&flags(&["lint", "warned.json"]), 0, WARNED, "");
    let stderr =
        "error: warned.json has 0 errors and 2 warnings\nhint: without --deny-warnings, warnings are no failure\n";
    says(&flags(&["lint", "warned.json", "--deny-warnings"]), 1, WARNED, stderr);
}

#[test]
fn errors_are_pointed_at() {
    let stdout = "wrong.json:5:45: error: there is no operator 'brews'\n\
                  wrong.json:6:30: error: this must be of type boolean: yes\n";
    let stderr = "error: wrong.json has 2 errors and 0 warnings\nhint: the service would refuse this document\n";
    says(&flags(&["lint", "wrong.json"]), 1, stdout, stderr);
}

#[test]
fn standard_input_is_read() {
    let open = |name: &str| File::open(data(name)).expect("the document is there");
    let output = run(command().args(["flags", "lint", "-"]).stdin(open("warned.json")));
    says(&output, 0, &WARNED.replace("warned.json", "-"), "");
    let output = run(command().args(["flags", "eval", "-", "--flag", "night_mode"]).stdin(open("tea-house.ion")));
    says(&output, 0, "{\"enabled\":true}\n", "");
}

#[test]
fn messages_stay_on_their_line() {
    let directory = common::directory();
    let path = directory.path().join("hostile.json");
    std::fs::write(&path, "{\"version\": \"2\\n\\u001b[2Jx:1:1: error: \"}").expect("it can be written");
    let output = flags(&["lint", path.to_str().expect("the path is a text")]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(!stdout.contains('\u{1b}'), "{stdout}");
}

#[test]
fn one_flag_is_given_alone_and_several_as_an_object() {
    let one = ["eval", "tea-house.json", "--flag", "tasting_menu"];
    let with = |more: &[&str]| flags(&[&one[..], more].concat());
    says(&with(&["--context", "visits=many"]), 0, "{\"_variant\":\"regulars\",\"courses\":7,\"enabled\":true}\n", "");
    says(&with(&["--entity", "guest-1"]), 0, "{\"_variant\":\"some\",\"courses\":5,\"enabled\":true}\n", "");
    says(&with(&[]), 0, "{\"_variant\":\"rest\",\"enabled\":false}\n", "");
    let all = "{\"night_mode\":{\"enabled\":true},\"tasting_menu\":{\"_variant\":\"rest\",\"enabled\":false}}\n";
    says(&flags(&["eval", "tea-house.json"]), 0, all, "");
    says(&with(&["--flag", "night_mode"]), 0, all, "");
}

#[test]
fn every_form_of_a_document_gives_the_same() {
    let directory = common::directory();
    let authored = std::fs::read(data("tea-house.json")).expect("the document is there");
    let stored = admit(&authored, None, 0).expect("the document is right").content;
    let retrieval = render(&stored).expect("it is stored");
    let write = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).expect("it can be written");
        path.to_str().expect("the path is a text").to_owned()
    };
    let files = [
        "tea-house.json".to_owned(),
        "tea-house.ion".to_owned(),
        write("stored", &stored),
        write("binary", &retrieval.ion.expect("it has variants")),
    ];
    for file in &files {
        let output = flags(&["eval", file, "--context", "visits=few", "--entity", "guest-1", "--explain"]);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let all = "{\"night_mode\":{\"enabled\":true},\
                   \"tasting_menu\":{\"_variant\":\"some\",\"courses\":5,\"enabled\":true}}\n";
        assert_eq!(stdout, all, "{file}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let because = "night_mode: it has one value for all\n\
                       tasting_menu: variant 'some': its rule is true, and looks at a split\n  \
                       false  'regulars': (eq $visits \"many\")\n  true   'some': (";
        assert!(stderr.starts_with(because), "{file}: {stderr}");
    }
    let retrieval = write("retrieval", &retrieval.json);
    let all = "{\"night_mode\":{\"enabled\":true},\"tasting_menu\":{\"_variant\":\"rest\",\"enabled\":false}}\n";
    says(&flags(&["eval", &retrieval]), 0, all, "");
}

#[test]
fn a_flag_named_version_is_no_version() {
    says(&flags(&["eval", "retrieval.json", "--flag", "version"]), 0, "{\"enabled\":false}\n", "");
}

#[test]
fn what_cannot_be_done_is_said() {
    let stderr = "error: tea-house.json has no flag 'coffee'\nhint: its flags are: night_mode, tasting_menu\n";
    says(&flags(&["eval", "tea-house.json", "--flag", "coffee"]), 1, "", stderr);
    let stderr = "error: 'visits' is no context\nhint: write it as key=value, for example --context tier=gold\n";
    says(&flags(&["eval", "tea-house.json", "--context", "visits"]), 1, "", stderr);
    let stderr = "error: wrong.json:5:45: there is no operator 'brews'\n\
                  hint: `tidegate flags lint wrong.json` says everything that is wrong\n";
    says(&flags(&["eval", "wrong.json"]), 1, "", stderr);
    let output = flags(&["eval", "nowhere.json"]);
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot read nowhere.json: "));
    assert_eq!(output.status.code(), Some(1));
    let output = flags(&["lint", "."]);
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot read .: "));
}
