//! Alarms whose sources report by themselves.

use std::collections::BTreeSet;

use super::Case;
use crate::command::AlarmReport;
use crate::event::Event;
use crate::record::{Alarm, AlarmValue};
use crate::refusal::Refusal;

/// Alarms of an account in a region.
const MOST_ALARMS: usize = 1_000;
/// Alerts that are told apart; with more of them firing the alarm is raised all the same, until all that are kept end.
const MOST_ALERTS: usize = 256;

impl Case<'_> {
    /// A report that says nothing new changes nothing, however often it comes.
    pub(super) fn report_alarm(&self, name: &str, report: &AlarmReport) -> Result<Vec<Event>, Refusal> {
        let old = self.realm.alarms.get(name);
        if old.is_none() {
            super::within_quota(self.realm.alarms.size(), MOST_ALARMS, "alarms")?;
        }
        let (value, reason, firing) = match report {
            AlarmReport::Value { value, reason } => (*value, reason.clone(), BTreeSet::new()),
            AlarmReport::Alerts { firing, resolved, reason } => {
                let mut all = old.map_or_else(BTreeSet::new, |old| old.firing.clone());
                all.extend(firing.iter().cloned());
                all.retain(|alert| !resolved.contains(alert) || firing.contains(alert));
                while all.len() > MOST_ALERTS {
                    all.pop_last();
                }
                match all.is_empty() {
                    true => (AlarmValue::Ok, None, all),
                    false => {
                        let before = old.and_then(|old| old.reason.clone());
                        (AlarmValue::Alarm, if firing.is_empty() { before } else { reason.clone() }, all)
                    }
                }
            }
        };
        if old.is_some_and(|old| old.value == value && old.reason == reason && old.firing == firing) {
            return Ok(Vec::new());
        }
        let changed_at_ms = self.context.now_ms;
        Ok(vec![Event::AlarmReported(Alarm { name: name.into(), value, reason, firing, changed_at_ms })])
    }

    pub(super) fn forget_alarm(&self, name: &str) -> Result<Vec<Event>, Refusal> {
        let event = Event::AlarmForgotten { name: name.into() };
        Ok(self.realm.alarms.contains_key(name).then_some(event).into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::event::{Actor, Decision};
    use crate::id::Realm;
    use crate::state::State;
    use crate::{Context, Limits, decide};

    struct World {
        state: State,
    }

    impl World {
        fn new() -> Self {
            Self { state: State::default() }
        }

        /// How many events follow; they are applied.
        fn report(&mut self, name: &str, report: AlarmReport) -> Result<usize, Refusal> {
            let realm = Realm { account: Default::default(), region: "eu-west-1".into() };
            let context = Context { now_ms: 7, realm: realm.clone(), seed: 1, limits: Limits::default() };
            let events = decide(&self.state, &context, &Command::ReportAlarm { name: name.into(), report })?;
            let count = events.len();
            if count > 0 {
                let decision = Decision {
                    v: 1,
                    at_ms: 7,
                    realm: Some(realm),
                    actor: Actor::Service,
                    operation: "ReportAlarm".into(),
                    request_id: String::new(),
                    events,
                };
                self.state.apply(self.state.number + 1, &decision);
            }
            Ok(count)
        }

        fn value(&self, name: &str) -> Option<AlarmValue> {
            let realm = Realm { account: Default::default(), region: "eu-west-1".into() };
            self.state.realm(&realm).alarm(name).map(|alarm| alarm.value)
        }
    }

    fn value(value: AlarmValue) -> AlarmReport {
        AlarmReport::Value { value, reason: None }
    }

    fn alerts(firing: &[&str], resolved: &[&str]) -> AlarmReport {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        AlarmReport::Alerts { firing: owned(firing), resolved: owned(resolved), reason: Some("it burns".into()) }
    }

    #[test]
    fn a_report_that_says_nothing_new_changes_nothing() {
        let mut world = World::new();
        assert_eq!(world.report("a", value(AlarmValue::Alarm)), Ok(1));
        assert_eq!(world.report("a", value(AlarmValue::Alarm)), Ok(0));
        assert_eq!(world.report("a", value(AlarmValue::Ok)), Ok(1));
        assert_eq!(world.value("a"), Some(AlarmValue::Ok));
        assert_eq!(world.value("b"), None);
    }

    #[test]
    fn an_alarm_is_raised_while_any_of_its_alerts_fires() {
        let mut world = World::new();
        assert_eq!(world.report("a", alerts(&["x", "y"], &[])), Ok(1));
        assert_eq!(world.report("a", alerts(&[], &["x"])), Ok(1));
        assert_eq!(world.value("a"), Some(AlarmValue::Alarm), "y still fires");
        assert_eq!(world.report("a", alerts(&["z"], &["z", "y"])), Ok(1));
        assert_eq!(world.value("a"), Some(AlarmValue::Alarm), "what fires and is resolved at once fires");
        assert_eq!(world.report("a", alerts(&[], &["z", "unknown"])), Ok(1));
        assert_eq!(world.value("a"), Some(AlarmValue::Ok));
        assert_eq!(world.report("b", alerts(&[], &["x"])), Ok(1), "the first word of an alarm is news");
        assert_eq!(world.value("b"), Some(AlarmValue::Ok));
    }

    #[test]
    fn alarms_and_alerts_are_bounded() {
        let mut world = World::new();
        for number in 0..MOST_ALARMS {
            assert_eq!(world.report(&format!("{number}"), value(AlarmValue::Ok)), Ok(1));
        }
        assert!(matches!(world.report("more", value(AlarmValue::Ok)), Err(Refusal::QuotaExceeded { .. })));
        assert_eq!(world.report("7", value(AlarmValue::Alarm)), Ok(1), "those that are there go on");
        let many: Vec<String> = (0..2 * MOST_ALERTS).map(|number| format!("{number:04}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        world.report("8", alerts(&many, &[])).unwrap();
        world.report("8", alerts(&[], &many)).unwrap();
        assert_eq!(world.value("8"), Some(AlarmValue::Ok));
    }
}
