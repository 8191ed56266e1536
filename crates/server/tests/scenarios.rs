//! Stories of rollouts, as text that a support engineer can read.
//!
//! Each lies in `tests/scenarios/`; its name is its claim. A line that starts with `> ` is a command to a small world of
//! real nodes and conductors on one store, and the lines after it are what came of it. The outputs are written by
//!
//! ```sh
//! UPDATE_SCENARIOS=1 cargo test -p tidegate-server --test scenarios
//! ```
//!
//! and judged by whoever reads the difference. The commands:
//!
//! | command | what it does |
//! |---|---|
//! | `start a clock=+1h keys=12h` | starts node `a`; its clock may be wrong, its token keys short-lived |
//! | `kill a`, `restart a` | ends the process; ends it and starts it anew |
//! | `cut a`, `mend a` | takes the store away from a node, or from `all`; gives it back |
//! | `lose a` | the node's next write happens, and its answer is lost |
//! | `break a` | likewise, and the line stays broken until it is mended |
//! | `blind a` | the node can read the journal, and no contents, until it is mended |
//! | `slow a` | the node's next write reaches the store after everybody else's |
//! | `deploy shop/prod/checkout version=2 strategy=linear25x15+10` | starts a deployment: 25 % steps in 15 minutes, then 10 to bake; also `exponential10x20+10`, `all-at-once+10`, `instant`, and an AWS id; `latest=1` is LatestDeploymentNumber |
//! | `show 2`, `stop 2`, `revert 2` | a deployment of the environment that was last deployed to |
//! | `delete shop/prod` | deletes an environment |
//! | `serving` | what each node serves |
//! | `advance 3m` | lets time pass, for all clocks |
//! | `sessions 1000 watch shop/prod/checkout as early` | starts sessions |
//! | `poll early` | lets them (or all) poll: what they hold, and what changed; `poll again` sends the token of the last poll |
//!
//! Commands go to the first node that runs, or to the one named at the end: `poll on b`. What is needed and not there is
//! made: applications, environments, profiles, strategies, versions. Lines with a time are what the nodes did of
//! themselves, in the order in which the store saw it, at true time since the story began. After every command the
//! journal is read anew, and every node that can reach it has to agree with it.

#[path = "scenarios/link.rs"]
mod link;
#[path = "scenarios/sessions.rs"]
mod sessions;
#[path = "scenarios/transcript.rs"]
mod transcript;
#[path = "scenarios/world.rs"]
mod world;

use std::path::PathBuf;

macro_rules! stories {
    ($($name:ident),* $(,)?) => {
        const STORIES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[tokio::test]
            async fn $name() {
                check(stringify!($name)).await;
            }
        )*
    };
}

stories! {
    a_baked_deployment_completes_and_everybody_keeps_it,
    a_deployment_all_at_once_reaches_everybody_in_one_step,
    a_node_that_starts_with_a_wrong_clock_is_early_by_at_most_one_interval,
    a_lost_answer_to_an_append_counts_once,
    a_session_moved_to_a_node_that_lags_never_goes_back,
    a_stop_while_baking_takes_the_version_back,
    a_stop_while_deploying_gives_everybody_the_previous_version,
    an_environment_takes_one_deployment_at_a_time,
    a_revert_brings_back_what_stood_before,
    a_revert_after_72_hours_is_too_late,
    an_unreachable_store_holds_the_rollout_and_refuses_writes,
    clocks_an_hour_apart_take_no_step_early,
    contents_that_cannot_be_read_are_not_gone,
    exponential_growth_doubles_until_everybody_has_it,
    linear_growth_adds_the_factor_until_everybody_has_it,
    of_two_nodes_that_race_for_a_step_one_takes_it,
    sessions_outside_a_first_deployment_get_an_empty_answer,
    the_downtime_of_all_nodes_delays_a_rollout_and_skips_nothing,
    tokens_outlive_restarts_and_new_keys_for_a_day,
}

fn path_of(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(format!("{name}.txt"))
}

async fn check(name: &str) {
    let path = path_of(name);
    let written = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let told = transcript::play(name, &written).await;
    if written == told {
        return;
    }
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        std::fs::write(&path, told).unwrap();
        return;
    }
    panic!(
        "{name}.txt went another way (- as written, + as it went):\n\n{}\n\nhint: if this is how it should go, \
         UPDATE_SCENARIOS=1 cargo test -p tidegate-server --test scenarios rewrites the outputs; read the difference \
         before you commit it\n",
        transcript::difference(&written, &told)
    );
}

#[test]
fn every_story_is_told() {
    let mut found: Vec<String> = std::fs::read_dir(path_of("").parent().unwrap())
        .unwrap()
        .filter_map(|file| Some(file.unwrap().file_name().to_str()?.strip_suffix(".txt")?.to_owned()))
        .collect();
    found.sort();
    let mut told = STORIES.to_vec();
    told.sort_unstable();
    assert_eq!(found, told, "each file in tests/scenarios stands in the list of stories, and the other way round");
}

#[test]
fn a_difference_shows_what_stays_goes_and_comes() {
    assert_eq!(transcript::difference("a\nb\nc", "a\nx\nc\nd"), "  a\n- b\n+ x\n  c\n+ d");
}
