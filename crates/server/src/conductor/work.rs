//! One piece of work: a step of a deployment, or the actions after something that happened to one.

use std::time::Duration;

use tidegate_domain::{ActionPoint, Command, Deployment, Id, Realm, RealmState, Refusal, TriggeredBy, Work};

use super::ledger::{Done, Ledger};
use crate::actions::{LONGEST_CALL, Named, Names, Tick};
use crate::alarms::Verdict;
use crate::node::{Node, NotDone};

/// What came of it.
pub(super) enum Progress {
    Done,
    /// Somebody else has done it, or it is gone.
    NothingToDo,
}

/// Does the work, if nobody else does. `instead_of` names a claim that may be taken over.
pub(super) async fn carry_out(
    node: &Node,
    ledger: &Ledger,
    realm: Realm,
    work: Work,
    instead_of: Option<u64>,
) -> Result<Progress, NotDone> {
    let desk = Desk { node, ledger, key: &(realm, work), instead_of };
    let outcome = match work {
        Work::Step { .. } => take_step(&desk).await,
        Work::Actions { .. } => call_actions(&desk).await,
    };
    match outcome {
        Err(NotDone::Refused(Refusal::Superseded)) => Ok(Progress::NothingToDo),
        outcome => outcome,
    }
}

/// A piece of work, and what is known of it.
struct Desk<'a> {
    node: &'a Node,
    ledger: &'a Ledger,
    key: &'a (Realm, Work),
    instead_of: Option<u64>,
}

async fn take_step(desk: &Desk<'_>) -> Result<Progress, NotDone> {
    let Desk { node, ledger, key: key @ (realm, work), .. } = *desk;
    let Work::Step { environment, number, steps } = *work else { return Ok(Progress::NothingToDo) };
    let Some((deployment, names)) = find(node, realm, *work) else { return Ok(Progress::NothingToDo) };
    match node.alarms.judge(node, realm, &deployment).await {
        Verdict::Go => {}
        Verdict::Hold(why) => return Err(NotDone::Held(why)),
        Verdict::RollBack(reason) => return roll_back(node, realm, &deployment, reason).await,
    }
    let is_asked =
        deployment.applied.iter().any(|extension| extension.actions_at(ActionPoint::AtDeploymentTick).next().is_some());
    // A step rests on what was seen a moment ago, not on what was seen before the store went away.
    let seen = ledger.done(key).filter(|(_, at)| at.elapsed() < node.settings.claim_timeout);
    let tick = match seen {
        _ if !is_asked => Tick::Continue(Vec::new()),
        Some((Done::Asked(tick), _)) => tick,
        _ => {
            desk.claim().await?;
            let tick = node.actions.at_tick(&deployment, &names).await;
            ledger.note_done(key, Done::Asked(tick.clone()));
            tick
        }
    };
    let command = match tick {
        Tick::Continue(invocations) => Command::TakeStep { environment, number, steps, invocations },
        Tick::RollBack { reason, invocations } => {
            tracing::warn!(%environment, number, reason, "an extension has a deployment rolled back");
            let by = TriggeredBy::Appconfig;
            node.metrics.count_rollback(by);
            Command::RollBack { environment, number, steps, by, reason, invocations }
        }
    };
    node.execute(&node.service(realm.clone()), &command).await?;
    tracing::info!(%environment, number, "took a deployment's next step");
    Ok(Progress::Done)
}

/// Asks the monitors of a running deployment, and takes it back if they say so.
pub(super) async fn watch(node: &Node, realm: &Realm, environment: Id, number: u32) -> Result<Progress, NotDone> {
    let deployment = node.published().state.realm(realm).deployment_by_id(environment, number).cloned();
    let Some(deployment) = deployment.filter(|deployment| deployment.is_running()) else {
        return Ok(Progress::NothingToDo);
    };
    match node.alarms.judge(node, realm, &deployment).await {
        Verdict::Go => Ok(Progress::Done),
        Verdict::Hold(why) => {
            tracing::warn!(%environment, number, why, "a deployment is held");
            Ok(Progress::Done)
        }
        Verdict::RollBack(reason) => roll_back(node, realm, &deployment, reason).await,
    }
}

/// Takes a deployment back because of an alarm. Whoever took a step meanwhile makes no difference: the alarm stands.
async fn roll_back(node: &Node, realm: &Realm, deployment: &Deployment, reason: String) -> Result<Progress, NotDone> {
    let (environment, number, by) = (deployment.environment, deployment.number, TriggeredBy::CloudwatchAlarm);
    let mut steps = deployment.steps;
    loop {
        let command = Command::RollBack { environment, number, steps, by, reason: reason.clone(), invocations: vec![] };
        match node.execute(&node.service(realm.clone()), &command).await {
            Ok(_) => {
                node.metrics.count_rollback(by);
                tracing::warn!(%environment, number, reason, "an alarm has a deployment rolled back");
                return Ok(Progress::Done);
            }
            Err(NotDone::Refused(Refusal::Superseded)) => {
                let state = node.published().state.realm(realm);
                match state.deployment_by_id(environment, number) {
                    Some(now) if now.is_running() && now.steps != steps => steps = now.steps,
                    _ => return Ok(Progress::NothingToDo),
                }
            }
            Err(error) => return Err(error),
        }
    }
}

async fn call_actions(desk: &Desk<'_>) -> Result<Progress, NotDone> {
    let Desk { node, ledger, key: key @ (realm, work), .. } = *desk;
    let Work::Actions { environment, number, entry } = *work else { return Ok(Progress::NothingToDo) };
    let Some((deployment, names)) = find(node, realm, *work) else { return Ok(Progress::NothingToDo) };
    let Some(happened) = deployment.log.get(entry as usize) else { return Ok(Progress::NothingToDo) };
    let invocations = match ledger.done(key) {
        Some((Done::Told(invocations), _)) => invocations,
        _ => {
            desk.claim().await?;
            let invocations = node.actions.after(&deployment, &names, entry, happened).await;
            ledger.note_done(key, Done::Told(invocations.clone()));
            invocations
        }
    };
    let command = Command::NoteActions { environment, number, entry, invocations };
    node.execute(&node.service(realm.clone()), &command).await?;
    Ok(Progress::Done)
}

impl Desk<'_> {
    /// Makes sure that this node has the work, and long enough to be done with it before another can take it over.
    ///
    /// Every claim has a number of its own, by which other nodes see that it is a new one.
    async fn claim(&self) -> Result<(), NotDone> {
        let Desk { node, ledger, key: key @ (realm, work), instead_of } = *self;
        let claimant = node.published().state.claimant(realm, *work);
        let own = claimant.and_then(|claim| ledger.claimed_at(key, claim));
        match (claimant, own) {
            (_, Some(since)) if since.elapsed() < longest_wait(node) => return Ok(()),
            (_, Some(_)) | (None, None) => {}
            (Some(_), None) if claimant == instead_of => {}
            (Some(_), None) => return Err(NotDone::OthersAtWork),
        }
        let claim = node.settings.randomness.u64();
        ledger.note_claim(key, claim);
        let command = Command::Claim { work: *work, node: claim, instead_of: claimant };
        match node.execute(&node.service(realm.clone()), &command).await {
            // The answer may have come late.
            Ok(_) => match ledger.claimed_at(key, claim) {
                Some(since) if since.elapsed() < longest_wait(node) => Ok(()),
                _ => Err(NotDone::OthersAtWork),
            },
            Err(NotDone::Refused(Refusal::Superseded)) if node.published().state.is_open(realm, *work) => {
                Err(NotDone::OthersAtWork)
            }
            Err(error) => Err(error),
        }
    }
}

/// How long after a claim was asked for its work may begin.
fn longest_wait(node: &Node) -> Duration {
    node.settings.claim_timeout.saturating_sub(LONGEST_CALL)
}

/// The deployment that the work is about, while there is something to do.
fn find(node: &Node, realm: &Realm, work: Work) -> Option<(Deployment, Names)> {
    let published = node.published();
    if !published.state.is_open(realm, work) {
        return None;
    }
    let (Work::Step { environment, number, .. } | Work::Actions { environment, number, .. }) = work;
    let state = published.state.realm(realm);
    let deployment = state.deployment_by_id(environment, number)?;
    Some((Deployment::clone(deployment), names(&state, deployment)))
}

fn names(realm: &RealmState, deployment: &Deployment) -> Names {
    let application = realm.application(deployment.application.as_str()).ok();
    let environment =
        application.and_then(|application| realm.environment(application, deployment.environment.as_str()).ok());
    Names {
        application: Named {
            id: deployment.application.to_string(),
            name: application.map(|application| application.name.clone()),
        },
        environment: Named {
            id: deployment.environment.to_string(),
            name: environment.map(|environment| environment.name.clone()),
        },
        profile: Named { id: deployment.profile.to_string(), name: Some(deployment.configuration_name.clone()) },
    }
}
