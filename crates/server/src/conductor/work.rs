//! One piece of work: a step of a deployment, or the actions after something that happened to one.

use tidegate_domain::{ActionPoint, Command, Deployment, Realm, RealmState, Refusal, TriggeredBy, Work};

use crate::actions::{Named, Names, Tick};
use crate::node::{Node, NotDone};

/// What came of it.
pub(super) enum Progress {
    Done,
    /// Somebody else has done it, or it is gone.
    NothingToDo,
}

/// Does the work, if nobody else does. `instead_of` names a node whose claim may be taken over.
pub(super) async fn carry_out(
    node: &Node,
    realm: Realm,
    work: Work,
    instead_of: Option<u64>,
) -> Result<Progress, NotDone> {
    let outcome = match work {
        Work::Step { .. } => take_step(node, &realm, work, instead_of).await,
        Work::Actions { .. } => call_actions(node, &realm, work, instead_of).await,
    };
    match outcome {
        Err(NotDone::Refused(Refusal::Superseded)) => Ok(Progress::NothingToDo),
        outcome => outcome,
    }
}

async fn take_step(node: &Node, realm: &Realm, work: Work, instead_of: Option<u64>) -> Result<Progress, NotDone> {
    let Work::Step { environment, number, steps } = work else { return Ok(Progress::NothingToDo) };
    let Some((deployment, names)) = find(node, realm, work) else { return Ok(Progress::NothingToDo) };
    let is_asked =
        deployment.applied.iter().any(|extension| extension.actions_at(ActionPoint::AtDeploymentTick).next().is_some());
    let tick = if is_asked {
        if !claim(node, realm, work, instead_of).await? {
            return Err(NotDone::OthersAtWork);
        }
        node.actions.at_tick(&deployment, &names).await
    } else {
        Tick::Continue(Vec::new())
    };
    let command = match tick {
        Tick::Continue(invocations) => Command::TakeStep { environment, number, steps, invocations },
        Tick::RollBack { reason, invocations } => {
            tracing::warn!(%environment, number, reason, "an extension has a deployment rolled back");
            let by = TriggeredBy::Appconfig;
            Command::RollBack { environment, number, steps, by, reason, invocations }
        }
    };
    node.execute(&node.service(realm.clone()), &command).await?;
    tracing::info!(%environment, number, "took a deployment's next step");
    Ok(Progress::Done)
}

async fn call_actions(node: &Node, realm: &Realm, work: Work, instead_of: Option<u64>) -> Result<Progress, NotDone> {
    let Work::Actions { environment, number, entry } = work else { return Ok(Progress::NothingToDo) };
    let Some((deployment, names)) = find(node, realm, work) else { return Ok(Progress::NothingToDo) };
    let Some(happened) = deployment.log.get(entry as usize) else { return Ok(Progress::NothingToDo) };
    if !claim(node, realm, work, instead_of).await? {
        return Err(NotDone::OthersAtWork);
    }
    let invocations = node.actions.after(&deployment, &names, entry, happened).await;
    let command = Command::NoteActions { environment, number, entry, invocations };
    node.execute(&node.service(realm.clone()), &command).await?;
    Ok(Progress::Done)
}

/// Claims work for this node; false if another has it.
async fn claim(node: &Node, realm: &Realm, work: Work, instead_of: Option<u64>) -> Result<bool, NotDone> {
    let claimant = node.published().state.claimant(realm, work);
    if claimant == Some(node.id) {
        return Ok(true);
    }
    if claimant.is_some() && claimant != instead_of {
        return Ok(false);
    }
    let command = Command::Claim { work, node: node.id, instead_of };
    match node.execute(&node.service(realm.clone()), &command).await {
        Ok(_) => Ok(true),
        Err(NotDone::Refused(Refusal::Superseded)) => {
            // Taken by another in between, unless it is done.
            if node.published().state.is_open(realm, work) { Ok(false) } else { Err(Refusal::Superseded.into()) }
        }
        Err(error) => Err(error),
    }
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
