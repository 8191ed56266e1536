//! Deployment strategies, the account's own and the predefined ones.

use tidegate_domain::{
    Command, CreateStrategy, Event, GrowthType, PREDEFINED, Page, Plan, Predefined, ReplicateTo, Strategy,
    UpdateStrategy, predefined,
};
use tidegate_model::appconfig as aws;

use super::page::{Paging, with_tail};
use super::{Call, Done, Outcome, echoed, find};
use crate::node::Committed;

pub(super) async fn create(
    call: &Call<'_>,
    input: aws::CreateDeploymentStrategyRequest,
) -> Outcome<aws::CreateDeploymentStrategyRequest> {
    let command = Command::CreateStrategy(CreateStrategy {
        name: input.name,
        description: input.description.clone(),
        plan: Plan {
            duration_in_minutes: minutes(input.deployment_duration_in_minutes),
            final_bake_time_in_minutes: minutes(input.final_bake_time_in_minutes.unwrap_or(0)),
            growth_factor: input.growth_factor,
            growth_type: growth_type_of(input.growth_type.unwrap_or(aws::GrowthType::Linear)),
        },
        replicate_to: match input.replicate_to {
            Some(aws::ReplicateTo::SsmDocument) => ReplicateTo::SsmDocument,
            Some(aws::ReplicateTo::None) | None => ReplicateTo::None,
        },
        tags: input.tags.unwrap_or_default(),
    });
    let committed = call.execute(command).await?;
    Ok(Done(told(written(&committed), input.description)))
}

pub(super) async fn get(
    call: &Call<'_>,
    input: aws::GetDeploymentStrategyRequest,
) -> Outcome<aws::GetDeploymentStrategyRequest> {
    if let Some(strategy) = predefined(&input.deployment_strategy_id) {
        return Ok(Done(shown_predefined(strategy)));
    }
    let view = call.view().await?;
    let strategy = view.strategy(&input.deployment_strategy_id)?;
    Ok(Done(shown(strategy)))
}

pub(super) async fn list(
    call: &Call<'_>,
    input: aws::ListDeploymentStrategiesRequest,
) -> Outcome<aws::ListDeploymentStrategiesRequest> {
    let view = call.view().await?;
    let paging = Paging::new(call, &view.published, input.max_results, &["ListDeploymentStrategies"]);
    let start = paging.start(input.next_token.as_deref(), 0)?;
    let own = view.realm.strategies(start, paging.limit);
    let own = Page { items: own.items.iter().map(|strategy| shown(strategy)).collect(), next: own.next };
    let page = with_tail(own, start, paging.limit, PREDEFINED.iter().map(shown_predefined).collect());
    let (items, next_token) = paging.finish(page, aws::DeploymentStrategy::clone)?;
    Ok(Done(aws::DeploymentStrategies { items, next_token }))
}

pub(super) async fn update(
    call: &Call<'_>,
    input: aws::UpdateDeploymentStrategyRequest,
) -> Outcome<aws::UpdateDeploymentStrategyRequest> {
    let command = Command::UpdateStrategy(UpdateStrategy {
        strategy: input.deployment_strategy_id,
        description: input.description.clone(),
        duration_in_minutes: input.deployment_duration_in_minutes.map(minutes),
        final_bake_time_in_minutes: input.final_bake_time_in_minutes.map(minutes),
        growth_factor: input.growth_factor,
        growth_type: input.growth_type.map(growth_type_of),
    });
    let committed = call.execute(command).await?;
    Ok(Done(told(written(&committed), input.description)))
}

pub(super) async fn delete(
    call: &Call<'_>,
    input: aws::DeleteDeploymentStrategyRequest,
) -> Outcome<aws::DeleteDeploymentStrategyRequest> {
    call.execute(Command::DeleteStrategy { strategy: input.deployment_strategy_id }).await?;
    Ok(Done(aws::DeleteDeploymentStrategyResponse {}))
}

/// The model has let through 0 to 1440.
fn minutes(minutes: i32) -> u32 {
    u32::try_from(minutes).unwrap_or(0)
}

fn growth_type_of(growth_type: aws::GrowthType) -> GrowthType {
    match growth_type {
        aws::GrowthType::Linear => GrowthType::Linear,
        aws::GrowthType::Exponential => GrowthType::Exponential,
    }
}

pub(super) fn growth_type(growth_type: GrowthType) -> aws::GrowthType {
    match growth_type {
        GrowthType::Linear => aws::GrowthType::Linear,
        GrowthType::Exponential => aws::GrowthType::Exponential,
    }
}

fn written(committed: &Committed) -> &Strategy {
    find(committed, |event| match event {
        Event::StrategyCreated(strategy) | Event::StrategyUpdated(strategy) => Some(strategy),
        _ => None,
    })
}

fn told(strategy: &Strategy, requested: Option<String>) -> aws::DeploymentStrategy {
    aws::DeploymentStrategy { description: echoed(requested, &strategy.description), ..shown(strategy) }
}

fn shown(strategy: &Strategy) -> aws::DeploymentStrategy {
    aws::DeploymentStrategy {
        id: Some(strategy.id.to_string()),
        name: Some(strategy.name.clone()),
        description: strategy.description.clone(),
        replicate_to: Some(match strategy.replicate_to {
            ReplicateTo::None => aws::ReplicateTo::None,
            ReplicateTo::SsmDocument => aws::ReplicateTo::SsmDocument,
        }),
        ..planned(&strategy.plan)
    }
}

fn shown_predefined(strategy: &Predefined) -> aws::DeploymentStrategy {
    aws::DeploymentStrategy {
        id: Some(strategy.id.into()),
        name: Some(strategy.id.into()),
        description: Some(strategy.description.into()),
        replicate_to: Some(aws::ReplicateTo::None),
        ..planned(&strategy.plan)
    }
}

fn planned(plan: &Plan) -> aws::DeploymentStrategy {
    aws::DeploymentStrategy {
        deployment_duration_in_minutes: i32::try_from(plan.duration_in_minutes).ok(),
        growth_type: Some(growth_type(plan.growth_type)),
        growth_factor: Some(plan.growth_factor),
        final_bake_time_in_minutes: i32::try_from(plan.final_bake_time_in_minutes).ok(),
        ..Default::default()
    }
}
