//! When the next step of each running deployment is due, by this node's own monotonic clock.
//!
//! Clocks of day jump, and differ between nodes; so a node that has seen a step happen counts the interval from there
//! on its monotonic clock, and looks at the time of day only once, when it starts and has to guess how long ago the
//! last step was. A wrong guess costs at most one interval, in either direction of the clock's error none is skipped.

use std::collections::BTreeMap;

use tidegate_domain::growth::delay_ms;
use tidegate_domain::{Deployment, Id, Realm, State};

/// A step that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub(super) realm: Realm,
    pub(super) environment: Id,
    pub(super) number: u32,
    pub(super) steps: u32,
}

struct Line {
    number: u32,
    steps: u32,
    due_ms: i64,
}

/// See the module.
pub struct Timetable {
    lines: BTreeMap<(Realm, Id), Line>,
    /// The number of the state that was observed last.
    observed: u64,
}

impl Timetable {
    /// The timetable of a node that has just learnt of everything at once.
    pub fn new(state: &State, monotonic_ms: i64, now_ms: i64) -> Self {
        let lines = state.running().map(|(realm, deployment, step)| {
            let delay_ms = delay_ms(&deployment.plan, step);
            let gone_ms = now_ms.saturating_sub(deployment.last_step_at_ms).clamp(0, delay_ms);
            (key(realm, &deployment), line(&deployment, monotonic_ms + delay_ms - gone_ms))
        });
        Self { lines: lines.collect(), observed: state.number }
    }

    /// Takes in a state: what is new in it has happened just now.
    pub fn observe(&mut self, state: &State, monotonic_ms: i64) {
        if state.number == self.observed {
            return;
        }
        self.observed = state.number;
        let mut old = std::mem::take(&mut self.lines);
        for (realm, deployment, step) in state.running() {
            let key = key(realm, &deployment);
            let is_same = |line: &Line| line.number == deployment.number && line.steps == deployment.steps;
            let line = match old.remove(&key) {
                Some(line) if is_same(&line) => line,
                _ => line(&deployment, monotonic_ms + delay_ms(&deployment.plan, step)),
            };
            self.lines.insert(key, line);
        }
    }

    /// When the next step is due.
    pub fn next_at_ms(&self) -> Option<i64> {
        self.lines.values().map(|line| line.due_ms).min()
    }

    /// When the next step is due that is not due yet.
    pub(super) fn next_at_ms_after(&self, monotonic_ms: i64) -> Option<i64> {
        self.lines.values().map(|line| line.due_ms).filter(|due_ms| *due_ms > monotonic_ms).min()
    }

    /// The steps that are due by now, the longest due first.
    pub fn due(&self, monotonic_ms: i64) -> Vec<Due> {
        let mut due: Vec<_> = self.lines.iter().filter(|(_, line)| line.due_ms <= monotonic_ms).collect();
        due.sort_by_key(|(_, line)| line.due_ms);
        let due = due.into_iter().map(|((realm, environment), line)| Due {
            realm: realm.clone(),
            environment: *environment,
            number: line.number,
            steps: line.steps,
        });
        due.collect()
    }

    /// Strikes out a step that turned out to be somebody else's; the next state brings the next one.
    pub(super) fn forget(&mut self, realm: &Realm, environment: Id) {
        self.lines.remove(&(realm.clone(), environment));
    }
}

fn key(realm: &Realm, deployment: &Deployment) -> (Realm, Id) {
    (realm.clone(), deployment.environment)
}

fn line(deployment: &Deployment, due_ms: i64) -> Line {
    Line { number: deployment.number, steps: deployment.steps, due_ms }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tidegate_domain::Decision;

    use super::*;

    const MINUTE_MS: i64 = 60_000;
    /// When the deployment started, by the clock of the node that started it.
    const STARTED_MS: i64 = 1_800_000_000_000;

    /// Four steps of 25 % in 15 minutes, one every 3 minutes, and 10 minutes to bake.
    fn started(number: u32) -> Value {
        json!({"DeploymentStarted": {
            "application": "aaaaaaa", "environment": "eeeeeee", "number": number, "profile": "ppppppp",
            "configuration_name": "checkout", "location_uri": "hosted",
            "content": {"version": "1", "content_type": "text/plain", "hash": "0".repeat(64), "size": 1},
            "strategy": "sssssss",
            "plan": {
                "duration_in_minutes": 15, "final_bake_time_in_minutes": 10,
                "growth_factor": 25.0, "growth_type": "Linear",
            },
            "kind": "User", "state": "Deploying", "percentage": 0.0, "steps": 0,
            "started_at_ms": STARTED_MS, "last_step_at_ms": STARTED_MS,
        }})
    }

    fn stepped(number: u32, step: Value) -> Value {
        json!({"DeploymentStepped": {"environment": "eeeeeee", "number": number, "step": step}})
    }

    fn stopped(number: u32) -> Value {
        json!({"DeploymentRolledBack": {"environment": "eeeeeee", "number": number, "by": "USER", "reason": "why not"}})
    }

    /// The state after one more entry, written by a node whose clock showed this time.
    fn after(state: &State, at_ms: i64, events: &[Value]) -> State {
        let decision = json!({
            "v": 1, "at_ms": at_ms, "realm": {"account": "000000000000", "region": "eu-west-1"},
            "actor": "Service", "operation": "TakeStep", "events": events,
        });
        let decision: Decision = serde_json::from_value(decision).unwrap();
        let mut state = state.clone();
        state.apply(state.number + 1, &decision);
        state
    }

    fn running() -> State {
        after(&State::default(), STARTED_MS, &[started(1)])
    }

    fn grown(state: &State, share: f64, at_ms: i64) -> State {
        after(state, at_ms, &[stepped(1, json!({"Grow": share}))])
    }

    #[test]
    fn a_step_is_due_an_interval_after_the_last_one_was_seen() {
        let mut timetable = Timetable::new(&State::default(), 0, STARTED_MS);
        assert_eq!(timetable.next_at_ms(), None);
        let state = running();
        timetable.observe(&state, 1_000);
        assert_eq!(timetable.next_at_ms(), Some(1_000 + 3 * MINUTE_MS));
        assert_eq!(timetable.due(3 * MINUTE_MS), []);
        let due = timetable.due(1_000 + 3 * MINUTE_MS);
        assert_eq!(due.iter().map(|due| (due.number, due.steps)).collect::<Vec<_>>(), [(1, 0)]);
        // Taken late, it delays the next one.
        timetable.observe(&grown(&state, 25.0, STARTED_MS + 5 * MINUTE_MS), 5 * MINUTE_MS);
        assert_eq!(timetable.next_at_ms(), Some(8 * MINUTE_MS));
    }

    #[test]
    fn the_clocks_of_those_who_write_steps_do_not_matter() {
        for skew_ms in [-3_600_000, -1, 0, 1, 3_600_000, i64::MAX / 4] {
            let mut timetable = Timetable::new(&State::default(), 0, STARTED_MS);
            let mut state = running();
            timetable.observe(&state, 0);
            for (step, share) in (1..).zip([25.0, 50.0, 75.0, 100.0]) {
                let seen_ms = step * 3 * MINUTE_MS;
                assert_eq!(timetable.next_at_ms(), Some(seen_ms), "{skew_ms}");
                state = grown(&state, share, STARTED_MS + seen_ms + skew_ms);
                timetable.observe(&state, seen_ms);
            }
        }
    }

    #[test]
    fn the_bake_has_its_own_interval_and_nothing_comes_after() {
        let state = grown(&running(), 100.0, STARTED_MS);
        let mut timetable = Timetable::new(&state, 0, STARTED_MS);
        assert_eq!(timetable.next_at_ms(), Some(3 * MINUTE_MS), "the bake begins");
        let state = after(&state, STARTED_MS, &[stepped(1, json!("Bake"))]);
        timetable.observe(&state, 3 * MINUTE_MS);
        assert_eq!(timetable.next_at_ms(), Some(13 * MINUTE_MS), "the bake ends");
        timetable.observe(&after(&state, STARTED_MS, &[stepped(1, json!("Complete"))]), 13 * MINUTE_MS);
        assert_eq!(timetable.next_at_ms(), None);
    }

    #[test]
    fn a_restart_within_an_interval_costs_nothing() {
        let timetable = Timetable::new(&running(), 7, STARTED_MS + 2 * MINUTE_MS);
        assert_eq!(timetable.next_at_ms(), Some(7 + MINUTE_MS));
    }

    #[test]
    fn after_a_long_downtime_one_step_is_due_and_the_next_an_interval_later() {
        let state = running();
        let mut timetable = Timetable::new(&state, 0, STARTED_MS + 600 * MINUTE_MS);
        assert_eq!(timetable.due(0).len(), 1);
        timetable.observe(&grown(&state, 25.0, STARTED_MS + 600 * MINUTE_MS), 10);
        assert_eq!(timetable.due(10), []);
        assert_eq!(timetable.next_at_ms(), Some(10 + 3 * MINUTE_MS));
    }

    #[test]
    fn a_step_from_the_future_is_followed_by_a_whole_interval() {
        let timetable = Timetable::new(&running(), 0, STARTED_MS - 60 * MINUTE_MS);
        assert_eq!(timetable.next_at_ms(), Some(3 * MINUTE_MS));
    }

    #[test]
    fn what_else_happens_moves_no_step() {
        let state = running();
        let mut timetable = Timetable::new(&state, 0, STARTED_MS);
        let state = after(&state, STARTED_MS, &[json!({"ApplicationDeleted": {"application": "bbbbbbb"}})]);
        timetable.observe(&state, 2 * MINUTE_MS);
        timetable.observe(&state, 2 * MINUTE_MS + 1);
        assert_eq!(timetable.next_at_ms(), Some(3 * MINUTE_MS));
    }

    #[test]
    fn several_steps_that_others_took_meanwhile_are_one_piece_of_news() {
        let mut timetable = Timetable::new(&running(), 0, STARTED_MS);
        let state = grown(&grown(&running(), 25.0, STARTED_MS), 50.0, STARTED_MS);
        timetable.observe(&state, 60 * MINUTE_MS);
        assert_eq!(timetable.due(60 * MINUTE_MS), []);
        assert_eq!(timetable.next_at_ms(), Some(63 * MINUTE_MS));
    }

    #[test]
    fn a_stopped_deployment_has_no_steps_and_the_next_one_its_own() {
        let state = running();
        let mut timetable = Timetable::new(&state, 0, STARTED_MS);
        let stopped = after(&state, STARTED_MS, &[stopped(1)]);
        timetable.observe(&stopped, MINUTE_MS);
        assert_eq!(timetable.next_at_ms(), None);
        timetable.observe(&after(&stopped, STARTED_MS, &[started(2)]), 2 * MINUTE_MS);
        assert_eq!(timetable.next_at_ms(), Some(5 * MINUTE_MS));
        // The same when both happen between two looks.
        let mut timetable = Timetable::new(&state, 0, STARTED_MS);
        timetable.observe(&after(&stopped, STARTED_MS, &[started(2)]), 2 * MINUTE_MS);
        assert_eq!(timetable.next_at_ms(), Some(5 * MINUTE_MS));
        assert_eq!(timetable.due(5 * MINUTE_MS).iter().map(|due| due.number).collect::<Vec<_>>(), [2]);
    }

    proptest! {
        #[test]
        fn a_wrong_guess_at_the_start_costs_at_most_an_interval(skew_ms: i64, monotonic_ms in 0..i64::MAX / 2) {
            let timetable = Timetable::new(&running(), monotonic_ms, STARTED_MS.saturating_add(skew_ms));
            let wait_ms = timetable.next_at_ms().unwrap() - monotonic_ms;
            prop_assert!((0..=3 * MINUTE_MS).contains(&wait_ms));
        }
    }
}
