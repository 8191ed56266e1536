//! How a deployment grows: which step comes next, and how long after the last one.
//!
//! AWS documents three different timings. This is the one of the only real event log that AWS has published (the
//! `get-deployment` example of the AWS CLI, 15 minutes, 25 % linear): with n growth steps in D minutes a step is taken
//! every D/(n+1), so that all clients have the configuration one interval before the bake begins, at D.
//!
//! A step is due an interval after the last one *was taken*. What delays a step delays the rest; nothing skips ahead.

use serde::{Deserialize, Serialize};

use crate::record::{Deployment, DeploymentState, GrowthType, Plan};

const MINUTE_MS: i64 = 60_000;

/// A step of a running deployment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// The share grows to so many percent.
    Grow(f64),
    /// Everybody has it: watch.
    Bake,
    /// Done.
    Complete,
}

/// The step that a deployment takes next; none if it does not run.
pub fn next_step(deployment: &Deployment) -> Option<Step> {
    match deployment.state {
        DeploymentState::Deploying if deployment.percentage < 100.0 => {
            Some(Step::Grow(percentage_after(&deployment.plan, deployment.steps + 1)))
        }
        DeploymentState::Deploying => Some(Step::Bake),
        DeploymentState::Baking => Some(Step::Complete),
        DeploymentState::Complete
        | DeploymentState::RollingBack
        | DeploymentState::RolledBack
        | DeploymentState::Reverted => None,
    }
}

/// The time in milliseconds between the last step and this next one.
pub fn delay_ms(plan: &Plan, next: Step) -> i64 {
    match next {
        Step::Grow(_) | Step::Bake => {
            let steps = i64::from(growth_steps(plan));
            i64::from(plan.duration_in_minutes) * MINUTE_MS / (steps + 1)
        }
        Step::Complete => i64::from(plan.final_bake_time_in_minutes) * MINUTE_MS,
    }
}

/// The share, in percent, after the given growth step, counted from 1.
pub fn percentage_after(plan: &Plan, step: u32) -> f64 {
    if plan.duration_in_minutes == 0 {
        return 100.0;
    }
    let share = match plan.growth_type {
        GrowthType::Linear => plan.growth_factor * f64::from(step),
        GrowthType::Exponential => plan.growth_factor * 2f64.powi(i32::try_from(step).unwrap_or(i32::MAX) - 1),
    };
    share.min(100.0)
}

/// How many growth steps a plan has; without a duration, one.
pub fn growth_steps(plan: &Plan) -> u32 {
    (1..=100).find(|step| percentage_after(plan, *step) >= 100.0).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(growth_type: GrowthType, growth_factor: f64, duration_in_minutes: u32) -> Plan {
        Plan { duration_in_minutes, final_bake_time_in_minutes: 10, growth_factor, growth_type }
    }

    fn check(plan: Plan, shares: &[f64], interval_ms: i64) {
        let found: Vec<f64> = (1..=growth_steps(&plan)).map(|step| percentage_after(&plan, step)).collect();
        assert_eq!(found, shares);
        assert_eq!(delay_ms(&plan, Step::Grow(1.0)), interval_ms);
        assert_eq!(delay_ms(&plan, Step::Bake), interval_ms);
        assert_eq!(delay_ms(&plan, Step::Complete), 600_000);
    }

    #[test]
    fn linear_growth_adds_the_factor() {
        check(plan(GrowthType::Linear, 25.0, 15), &[25.0, 50.0, 75.0, 100.0], 180_000);
        check(plan(GrowthType::Linear, 20.0, 30), &[20.0, 40.0, 60.0, 80.0, 100.0], 300_000);
        check(plan(GrowthType::Linear, 30.0, 10), &[30.0, 60.0, 90.0, 100.0], 120_000);
        check(plan(GrowthType::Linear, 100.0, 10), &[100.0], 300_000);
    }

    #[test]
    fn exponential_growth_doubles_it() {
        check(plan(GrowthType::Exponential, 2.0, 35), &[2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 100.0], 262_500);
        check(plan(GrowthType::Exponential, 10.0, 20), &[10.0, 20.0, 40.0, 80.0, 100.0], 200_000);
    }

    #[test]
    fn without_a_duration_everybody_gets_it_in_one_step() {
        check(plan(GrowthType::Linear, 10.0, 0), &[100.0], 0);
        check(plan(GrowthType::Exponential, 1.0, 0), &[100.0], 0);
    }

    #[test]
    fn the_smallest_factor_takes_a_hundred_steps() {
        assert_eq!(growth_steps(&plan(GrowthType::Linear, 1.0, 1440)), 100);
        assert_eq!(growth_steps(&plan(GrowthType::Exponential, 1.0, 1440)), 8);
    }
}
