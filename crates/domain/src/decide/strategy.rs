//! Deployment strategies, the account's own and the predefined ones.

use super::{Case, created, described, redescribed, within_quota};
use crate::command::{CreateStrategy, UpdateStrategy};
use crate::event::Event;
use crate::record::{GrowthType, Plan, Resource, Strategy};
use crate::refusal::Refusal;

/// A strategy that every account has. Its id is its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predefined {
    /// The id and the name.
    pub id: &'static str,
    /// AWS's description.
    pub description: &'static str,
    /// Its plan.
    pub plan: Plan,
}

const fn plan(growth_type: GrowthType, growth_factor: f64, duration: u32, bake: u32) -> Plan {
    Plan { duration_in_minutes: duration, final_bake_time_in_minutes: bake, growth_factor, growth_type }
}

/// In the order in which AWS lists them, after the account's own.
pub const PREDEFINED: [Predefined; 4] = [
    Predefined { id: "AppConfig.AllAtOnce", description: "Quick", plan: plan(GrowthType::Linear, 100.0, 0, 10) },
    Predefined {
        id: "AppConfig.Linear50PercentEvery30Seconds",
        description: "Test/Demo",
        plan: plan(GrowthType::Linear, 50.0, 1, 1),
    },
    Predefined {
        id: "AppConfig.Canary10Percent20Minutes",
        description: "AWS Recommended",
        plan: plan(GrowthType::Exponential, 10.0, 20, 10),
    },
    Predefined {
        id: "AppConfig.Linear20PercentEvery6Minutes",
        description: "AWS Recommended",
        plan: plan(GrowthType::Linear, 20.0, 30, 30),
    },
];

/// The predefined strategy with this id.
pub fn predefined(id: &str) -> Option<&'static Predefined> {
    PREDEFINED.iter().find(|strategy| strategy.id == id)
}

impl Case<'_> {
    pub(super) fn create_strategy(&self, command: &CreateStrategy) -> Result<Vec<Event>, Refusal> {
        self.check_tags(&command.tags)?;
        let present = self.realm.strategies.count_under(None);
        within_quota(present, self.context.limits.strategies, "deployment strategies")?;
        let id = self.ids().fresh(|id| self.realm.strategies.get(id).is_some());
        let strategy = Strategy {
            id,
            name: command.name.clone(),
            description: described(&command.description),
            plan: command.plan,
            replicate_to: command.replicate_to,
        };
        Ok(created(Event::StrategyCreated(strategy), Resource::Strategy(id), &command.tags))
    }

    pub(super) fn update_strategy(&self, command: &UpdateStrategy) -> Result<Vec<Event>, Refusal> {
        refuse_predefined(&command.strategy, "update")?;
        let old = self.realm.strategy(&command.strategy)?;
        let plan = Plan {
            duration_in_minutes: command.duration_in_minutes.unwrap_or(old.plan.duration_in_minutes),
            final_bake_time_in_minutes: command
                .final_bake_time_in_minutes
                .unwrap_or(old.plan.final_bake_time_in_minutes),
            growth_factor: command.growth_factor.unwrap_or(old.plan.growth_factor),
            growth_type: command.growth_type.unwrap_or(old.plan.growth_type),
        };
        let description = redescribed(&command.description, &old.description);
        Ok(vec![Event::StrategyUpdated(Strategy { plan, description, ..Strategy::clone(old) })])
    }

    pub(super) fn delete_strategy(&self, strategy: &str) -> Result<Vec<Event>, Refusal> {
        refuse_predefined(strategy, "delete")?;
        Ok(vec![Event::StrategyDeleted { strategy: self.realm.strategy(strategy)?.id }])
    }

    /// The id and the plan of a strategy, predefined or own.
    pub(super) fn plan_of(&self, strategy: &str) -> Result<(String, Plan), Refusal> {
        if let Some(predefined) = predefined(strategy) {
            return Ok((predefined.id.into(), predefined.plan));
        }
        let strategy = self.realm.strategy(strategy)?;
        Ok((strategy.id.to_string(), strategy.plan))
    }
}

fn refuse_predefined(strategy: &str, verb: &'static str) -> Result<(), Refusal> {
    match predefined(strategy) {
        Some(_) => Err(Refusal::StrategyIsPredefined { strategy: strategy.into(), verb }),
        None => Ok(()),
    }
}
