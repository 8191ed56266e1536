//! Prometheus: an alarm is an expression with a threshold, or an alerting rule.

use std::fmt;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use tidegate_domain::Monitor;

use super::{AlarmSource, Reading, Web};

/// How much is too much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expression {
    /// The alarm is raised if any sample is above.
    Above(f64),
    /// The alarm is raised if any sample is below.
    Below(f64),
}

impl Expression {
    fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::Above(limit) => value > limit,
            Self::Below(limit) => value < limit,
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Above(limit) => write!(f, "above {limit}"),
            Self::Below(limit) => write!(f, "below {limit}"),
        }
    }
}

/// What of Prometheus the alarm is.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// An expression in PromQL, and what of it raises the alarm. No sample, or one that is no number, is unclear.
    Query {
        /// The expression; its value is a scalar or an instant vector.
        query: String,
        /// The threshold.
        threshold: Expression,
    },
    /// An alerting rule by its name; the alarm is raised while it fires. A rule that is not there or cannot be
    /// evaluated is unclear.
    Alert {
        /// The name.
        name: String,
    },
}

/// A Prometheus server and what is asked of it.
pub struct Prometheus {
    /// The server.
    pub web: Web,
    /// What is asked.
    pub rule: Rule,
}

impl AlarmSource for Prometheus {
    fn read<'a>(&'a self, _: &'a Monitor) -> BoxFuture<'a, Reading> {
        Box::pin(async move {
            match &self.rule {
                Rule::Query { query, threshold } => self.read_query(query, *threshold).await,
                Rule::Alert { name } => self.read_alert(name).await,
            }
            .unwrap_or_else(Reading::Unclear)
        })
    }
}

#[derive(Deserialize)]
struct Answer<D> {
    data: D,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Value {
    Scalar(Sample),
    Vector(Vec<Series>),
    Matrix(serde::de::IgnoredAny),
    String(serde::de::IgnoredAny),
}

/// A time and a number in digits.
#[derive(Deserialize)]
struct Sample(serde::de::IgnoredAny, String);

#[derive(Deserialize)]
struct Series {
    value: Sample,
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<AlertingRule>,
}

#[derive(Deserialize)]
struct AlertingRule {
    name: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    health: String,
}

impl Prometheus {
    async fn read_query(&self, query: &str, threshold: Expression) -> Result<Reading, String> {
        let answer: Answer<Value> = self.web.get("api/v1/query", &[("query", query)]).await?;
        let samples = match answer.data {
            Value::Scalar(sample) => vec![sample],
            Value::Vector(series) => series.into_iter().map(|series| series.value).collect(),
            Value::Matrix(_) | Value::String(_) => return Err(format!("{query} is no number at one time")),
        };
        judge(query, threshold, samples.iter().map(|Sample(_, digits)| &**digits))
    }

    async fn read_alert(&self, name: &str) -> Result<Reading, String> {
        let answer: Answer<Groups> = self.web.get("api/v1/rules", &[("type", "alert")]).await?;
        let rules: Vec<_> =
            answer.data.groups.iter().flat_map(|group| &group.rules).filter(|rule| rule.name == name).collect();
        if rules.is_empty() {
            return Err(format!("Prometheus has no alerting rule {name}"));
        }
        if rules.iter().any(|rule| rule.state == "firing") {
            return Ok(Reading::Alarm(format!("alert {name} fires")));
        }
        match rules.iter().find(|rule| rule.health != "ok") {
            Some(rule) => Err(format!("the health of alerting rule {name} is {:?}", rule.health)),
            None => Ok(Reading::Ok),
        }
    }
}

fn judge<'a>(query: &str, threshold: Expression, samples: impl Iterator<Item = &'a str>) -> Result<Reading, String> {
    let mut is_empty = true;
    let mut is_odd = false;
    for digits in samples {
        is_empty = false;
        match digits.parse::<f64>() {
            Ok(value) if threshold.is_met_by(value) => {
                return Ok(Reading::Alarm(format!("{query} is {digits}, {threshold}")));
            }
            Ok(value) if !value.is_nan() => {}
            _ => is_odd = true,
        }
    }
    match (is_empty, is_odd) {
        (true, _) => Err(format!("{query} has no data")),
        (_, true) => Err(format!("{query} is no number")),
        _ => Ok(Reading::Ok),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(threshold: Expression, samples: &[&str], expected: &str) {
        let found = match judge("q", threshold, samples.iter().copied()) {
            Ok(Reading::Ok) => "ok",
            Ok(Reading::Alarm(_)) => "alarm",
            Ok(Reading::Unclear(_)) | Err(_) => "unclear",
        };
        assert_eq!(found, expected, "{samples:?} {threshold}");
    }

    #[test]
    fn one_sample_over_the_threshold_raises_the_alarm() {
        check(Expression::Above(0.5), &["0.5"], "ok");
        check(Expression::Above(0.5), &["0.1", "0.6"], "alarm");
        check(Expression::Above(0.5), &["+Inf"], "alarm");
        check(Expression::Below(1.0), &["1"], "ok");
        check(Expression::Below(1.0), &["2", "-Inf"], "alarm");
        check(Expression::Above(0.5), &["NaN", "0.6"], "alarm");
    }

    #[test]
    fn no_data_and_no_number_are_unclear() {
        check(Expression::Above(0.5), &[], "unclear");
        check(Expression::Above(0.5), &["NaN", "0.1"], "unclear");
        check(Expression::Above(0.5), &["many"], "unclear");
    }
}
