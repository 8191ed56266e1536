//! What extensions call: it notes who called when, takes its time, and sometimes objects.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tidegate_journal::BoxFuture;
use tidegate_server::actions::{Call, Fault, Mode, Outside};
use tokio::time::sleep;

use super::life::Life;
use super::stage::{Stage, name};

/// How long a machine's line may have been bad before another may take its work for abandoned. Claims are respected for
/// 30 seconds, of which a call takes 20 at most.
const HINDERED_FOR_LONG: Duration = Duration::from_secs(8);

/// All calls, by their ids.
#[derive(Default)]
pub struct Calls {
    calls: Mutex<BTreeMap<String, Vec<Made>>>,
}

struct Made {
    by: Arc<Life>,
    /// How long the machine's line had been bad by then.
    hindered_for: Duration,
}

impl Calls {
    pub fn has(&self, id: &str) -> bool {
        self.calls.lock().unwrap().contains_key(id)
    }
}

/// The way out of one process.
pub struct Extensions {
    pub stage: Arc<Stage>,
    pub life: Arc<Life>,
    pub calls: Arc<Calls>,
}

impl Extensions {
    /// Notes a call. A second one is right only if who made the first could not say so.
    fn note(&self, id: &str) {
        let mut calls = self.calls.calls.lock().unwrap();
        let calls = calls.entry(id.to_owned()).or_default();
        self.stage.saw(|seen| seen.calls += 1);
        if let Some(last) = calls.last() {
            self.stage.saw(|seen| seen.calls_again += 1);
            let hindered_for = self.stage.hindered_for(last.by.machine) - last.hindered_for;
            if !last.by.is_over() && hindered_for < HINDERED_FOR_LONG {
                let (first, second) = (name(last.by.machine), name(self.life.machine));
                self.stage.accuse(format!(
                    "{id} was called twice, by {first}, which lives and was hindered for {hindered_for:?}, and by {second}"
                ));
            }
        }
        calls.push(Made { by: self.life.clone(), hindered_for: self.stage.hindered_for(self.life.machine) });
    }
}

impl Outside for Extensions {
    fn call<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Bytes, Fault>> {
        Box::pin(async move {
            self.life.deal().await;
            self.stage.tell(format_args!("{} calls {}", name(self.life.machine), call.invocation_id));
            self.note(call.invocation_id);
            let (pause, fails, objects) = {
                let mut chance = self.stage.chance();
                (chance.pause(Duration::from_secs(12)), chance.strikes(60), chance.strikes(25))
            };
            sleep(pause).await;
            self.life.deal().await;
            match call.mode {
                Mode::Tell if fails => Err(Fault::new("InternalFailure", "no")),
                Mode::Ask if objects => Ok(r#"{"Directive":"ROLL_BACK","Description":"no"}"#.into()),
                _ => Ok(Bytes::new()),
            }
        })
    }
}
