//! Alarms: what the monitors of an environment say, and what that means for the deployment that runs there.
//!
//! An alarm that is raised takes the deployment back. One that nobody can read, or that has no data, holds it where it
//! is, and after a while takes it back too: AWS does so at once, here a source may be restarted.
//!
//! Where an alarm is read is chosen by the last part of its ARN, its name: from a source that the operator named for
//! it; else from what was last reported of it; else where all others are read, CloudWatch perhaps. With none of them
//! nobody looks, and a warning says so.

mod alertmanager;
mod prometheus;
pub(crate) mod report;
mod web;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tidegate_domain::{AlarmValue, Deployment, Id, Monitor, Realm, RealmState};

pub use self::alertmanager::Alertmanager;
pub use self::prometheus::{Expression, Prometheus, Rule};
pub use self::web::Web;
use crate::node::Node;

/// How long reading one alarm may take.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// How often monitors are asked, at least, as AWS's users expect it.
pub const MOST_BETWEEN_LOOKS: Duration = Duration::from_secs(10);

/// What an alarm says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All is well, or the alarm is not to be acted upon.
    Ok,
    /// It is raised; why, in words.
    Alarm(String),
    /// Nobody can tell; why, in words.
    Unclear(String),
}

/// Something that knows alarms.
pub trait AlarmSource: Send + Sync + 'static {
    /// Reads the alarm of a monitor. An implementation need not bound the time; a dropped future is an end of asking.
    fn read<'a>(&'a self, monitor: &'a Monitor) -> BoxFuture<'a, Reading>;
}

/// Where an alarm of some name is read.
#[derive(Clone)]
pub enum Source {
    /// Its source reports by itself, to `/_tidegate/alarms/`. Before the first report it is unclear.
    Reported,
    /// It is asked for.
    Asked(Arc<dyn AlarmSource>),
}

/// What an operator can choose about alarms.
#[derive(Clone)]
pub struct AlarmSettings {
    /// How often monitors are asked while a deployment runs; at most [`MOST_BETWEEN_LOOKS`] apart.
    pub every: Duration,
    /// How long an unclear alarm holds a deployment before it takes it back; for ever, if absent.
    pub patience: Option<Duration>,
    /// Where the alarms of these names are read.
    pub sources: BTreeMap<String, Source>,
    /// Where all others are read.
    pub others: Option<Arc<dyn AlarmSource>>,
}

impl Default for AlarmSettings {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(5),
            patience: Some(Duration::from_secs(60)),
            sources: BTreeMap::new(),
            others: None,
        }
    }
}

/// What monitors mean for a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is against the next step.
    Go,
    /// The deployment stays where it is.
    Hold(String),
    /// It is taken back.
    RollBack(String),
}

/// Which deployment of which environment.
type Key = (Realm, Id, u32);

/// See the module.
pub(crate) struct Alarms {
    settings: AlarmSettings,
    /// Since when, on the node's monotonic clock in milliseconds, deployments have been held.
    held: Mutex<HashMap<Key, i64>>,
}

impl Alarms {
    pub(crate) fn new(settings: AlarmSettings) -> Self {
        Self { settings, held: Mutex::default() }
    }

    pub(crate) fn every(&self) -> Duration {
        self.settings.every.min(MOST_BETWEEN_LOOKS)
    }

    /// Asks the monitors of a deployment's environment, all at once.
    pub(crate) async fn judge(&self, node: &Node, realm: &Realm, deployment: &Deployment) -> Verdict {
        let state = node.published().state.realm(realm);
        let key = (realm.clone(), deployment.environment, deployment.number);
        let monitors = monitors_of(&state, deployment);
        let readings = monitors.iter().map(|monitor| self.read(&state, monitor));
        let readings = join_all(readings).await;
        for reading in &readings {
            node.metrics.count_reading(reading);
        }
        let of_monitors = || monitors.iter().zip(&readings);
        if let Some((monitor, Reading::Alarm(why))) = of_monitors().find(|(_, it)| matches!(it, Reading::Alarm(_))) {
            return Verdict::RollBack(format!("Deployment rollback started by alarm {}: {why}", monitor.alarm_arn));
        }
        let Some((monitor, Reading::Unclear(why))) = of_monitors().find(|(_, it)| matches!(it, Reading::Unclear(_)))
        else {
            self.lock().remove(&key);
            return Verdict::Go;
        };
        let now_ms = node.clock.monotonic_ms();
        let since_ms = *self.lock().entry(key).or_insert(now_ms);
        let waited = Duration::from_millis((now_ms - since_ms).max(0).unsigned_abs());
        let arn = &monitor.alarm_arn;
        match self.settings.patience {
            Some(patience) if waited >= patience => {
                let seconds = waited.as_secs();
                Verdict::RollBack(format!(
                    "Deployment rollback started because alarm {arn} was unclear for {seconds} seconds: {why}"
                ))
            }
            _ => Verdict::Hold(format!("alarm {arn} is unclear: {why}")),
        }
    }

    /// Whether anybody has to be asked about the deployment.
    pub(crate) fn has_monitors(&self, state: &RealmState, deployment: &Deployment) -> bool {
        !monitors_of(state, deployment).is_empty()
    }

    /// Whether a monitor of the deployment is known to be raised without asking anybody.
    pub(crate) fn is_raised(&self, state: &RealmState, deployment: &Deployment) -> bool {
        monitors_of(state, deployment).iter().any(|monitor| {
            let name = name_of(&monitor.alarm_arn);
            !matches!(self.settings.sources.get(name), Some(Source::Asked(_)))
                && state.alarm(name).is_some_and(|alarm| alarm.value == AlarmValue::Alarm)
        })
    }

    /// When the next deployment that is held has been held for too long, on the node's monotonic clock.
    pub(crate) fn next_at_ms(&self) -> Option<i64> {
        let patience_ms = i64::try_from(self.settings.patience?.as_millis()).unwrap_or(i64::MAX);
        self.lock().values().map(|since_ms| since_ms.saturating_add(patience_ms)).min()
    }

    /// Forgets deployments that no longer run, and says how many are held.
    pub(crate) fn retain(&self, runs: impl Fn(&Realm, Id, u32) -> bool) -> usize {
        let mut held = self.lock();
        held.retain(|(realm, environment, number), _| runs(realm, *environment, *number));
        held.len()
    }

    async fn read(&self, state: &RealmState, monitor: &Monitor) -> Reading {
        let name = name_of(&monitor.alarm_arn);
        let source = match self.settings.sources.get(name) {
            Some(Source::Asked(source)) => source,
            Some(Source::Reported) => return reported(state, name).unwrap_or_else(never_reported),
            None => match (reported(state, name), &self.settings.others) {
                (Some(reading), _) => return reading,
                (None, Some(others)) => others,
                (None, None) => return Reading::Ok,
            },
        };
        let read = tokio::time::timeout(READ_TIMEOUT, source.read(monitor)).await;
        let seconds = READ_TIMEOUT.as_secs();
        read.unwrap_or_else(|_| Reading::Unclear(format!("its source did not answer within {seconds} seconds")))
    }

    /// The monitors of an environment that nobody looks at.
    pub(crate) fn unwatched<'a>(&self, state: &RealmState, monitors: &'a [Monitor]) -> Vec<&'a str> {
        let is_unwatched = |arn: &&str| {
            let name = name_of(arn);
            self.settings.others.is_none() && !self.settings.sources.contains_key(name) && state.alarm(name).is_none()
        };
        monitors.iter().map(|monitor| &*monitor.alarm_arn).filter(is_unwatched).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, i64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The alarm's name: `errors` of `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors`. What is no such ARN is a name.
pub fn name_of(arn: &str) -> &str {
    let mut parts = arn.splitn(7, ':');
    match (parts.next(), parts.nth(4), parts.next()) {
        (Some("arn"), Some("alarm"), Some(name)) => name,
        _ => arn,
    }
}

fn monitors_of(state: &RealmState, deployment: &Deployment) -> Vec<Monitor> {
    let application = state.application(deployment.application.as_str());
    let environment =
        application.and_then(|application| state.environment(application, deployment.environment.as_str()));
    environment.map_or_else(|_| Vec::new(), |environment| environment.monitors.clone())
}

fn reported(state: &RealmState, name: &str) -> Option<Reading> {
    let alarm = state.alarm(name)?;
    let reason = |default: &str| alarm.reason.clone().unwrap_or_else(|| default.into());
    Some(match alarm.value {
        AlarmValue::Ok => Reading::Ok,
        AlarmValue::Alarm => Reading::Alarm(reason("it was reported as raised")),
        AlarmValue::InsufficientData => Reading::Unclear(reason("it was reported to have no data")),
    })
}

fn never_reported() -> Reading {
    Reading::Unclear("nothing was ever reported of it".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_alarm_is_what_its_arn_ends_with() {
        for (arn, name) in [
            ("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors", "errors"),
            ("arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:a:b c/d", "a:b c/d"),
            ("errors", "errors"),
            (
                "arn:aws:cloudwatch:eu-west-1:111122223333:dashboard:errors",
                "arn:aws:cloudwatch:eu-west-1:111122223333:dashboard:errors",
            ),
            ("", ""),
        ] {
            assert_eq!(name_of(arn), name);
        }
    }
}
