//! Where alarms are read: the tables `[alarms.NAME]` of the configuration file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tidegate_server::alarms::{
    AlarmSettings, AlarmSource, Alertmanager, Expression, MOST_BETWEEN_LOOKS, Prometheus, Rule, Source, Web,
};

use crate::cli::Options;
use crate::problem::Problem;

/// `[alarms.NAME]`: where the alarm is read whose ARN ends with `:alarm:NAME`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AlarmTable {
    /// The address of a Prometheus server.
    prometheus: Option<String>,
    /// The address of an Alertmanager.
    alertmanager: Option<String>,
    /// Whether the alarm's source reports by itself.
    reported: Option<bool>,
    /// An expression in PromQL.
    query: Option<String>,
    above: Option<f64>,
    below: Option<f64>,
    /// The name of an alert.
    alert: Option<String>,
    /// Further labels that alerts in Alertmanager must have.
    labels: BTreeMap<String, String>,
    /// A file with a bearer token for the server that is asked.
    token_file: Option<PathBuf>,
}

/// How long an unclear alarm is borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    Seconds(u32),
    Forever,
}

impl std::str::FromStr for Patience {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "forever" => Ok(Self::Forever),
            text => text.parse().map(Self::Seconds).map_err(|_| "say a number of seconds, or forever".into()),
        }
    }
}

impl<'de> Deserialize<'de> for Patience {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u32),
            Word(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(seconds) => Ok(Self::Seconds(seconds)),
            Written::Word(word) => word.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// What the options say about alarms.
pub(crate) fn settings(options: &Options) -> Result<AlarmSettings, Problem> {
    let defaults = AlarmSettings::default();
    let tables = options.alarms.clone().unwrap_or_default();
    let sources = tables.iter().map(|(name, table)| {
        let source = table.source().map_err(|what| {
            Problem::new(format!("the alarm {name:?} in the configuration file is not right: {what}")).hint(
                "name one of prometheus = URL (with query and above or below, or with alert), alertmanager = URL \
                 (with alert), or reported = true",
            )
        });
        Ok::<_, Problem>((name.clone(), source?))
    });
    Ok(AlarmSettings {
        every: options.alarm_interval.map_or(defaults.every, |s| Duration::from_secs(s.into())).min(MOST_BETWEEN_LOOKS),
        patience: match options.alarm_patience {
            None => defaults.patience,
            Some(Patience::Forever) => None,
            Some(Patience::Seconds(seconds)) => Some(Duration::from_secs(seconds.into())),
        },
        sources: sources.collect::<Result<_, _>>()?,
        others: None,
    })
}

impl AlarmTable {
    fn source(&self) -> Result<Source, String> {
        let web = |base: &str| Web::new(base, self.token_file.clone());
        let source: Arc<dyn AlarmSource> = match (&self.prometheus, &self.alertmanager, self.reported) {
            (Some(base), None, None) => {
                if !self.labels.is_empty() {
                    return Err("labels are for alertmanager".into());
                }
                Arc::new(Prometheus { web: web(base)?, rule: self.rule()? })
            }
            (None, Some(base), None) => {
                if self.query.is_some() || self.above.is_some() || self.below.is_some() {
                    return Err("query, above and below are for prometheus".into());
                }
                let alert = self.alert.as_ref().ok_or("alertmanager needs an alert")?;
                let name = ("alertname".to_owned(), alert.clone());
                let labels = self.labels.clone().into_iter().chain([name]);
                let matchers = labels.map(|(label, value)| matcher(&label, &value)).collect::<Result<_, _>>()?;
                Arc::new(Alertmanager { web: web(base)?, matchers })
            }
            (None, None, Some(true)) => return self.reported(),
            _ => return Err("it names no source, or more than one".into()),
        };
        Ok(Source::Asked(source))
    }

    fn reported(&self) -> Result<Source, String> {
        let is_asked = self.query.is_some() || self.alert.is_some() || self.token_file.is_some();
        if is_asked || self.above.is_some() || self.below.is_some() || !self.labels.is_empty() {
            return Err("an alarm that is reported is not asked for anything".into());
        }
        Ok(Source::Reported)
    }

    fn rule(&self) -> Result<Rule, String> {
        match (&self.query, &self.alert, self.above, self.below) {
            (Some(query), None, Some(limit), None) if limit.is_finite() => {
                Ok(Rule::Query { query: query.clone(), threshold: Expression::Above(limit) })
            }
            (Some(query), None, None, Some(limit)) if limit.is_finite() => {
                Ok(Rule::Query { query: query.clone(), threshold: Expression::Below(limit) })
            }
            (None, Some(alert), None, None) => Ok(Rule::Alert { name: alert.clone() }),
            _ => Err("prometheus needs a query with either above or below, or an alert".into()),
        }
    }
}

/// A matcher in Alertmanager's words.
fn matcher(label: &str, value: &str) -> Result<String, String> {
    let is_label = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !label.is_empty();
    if !is_label {
        return Err(format!("{label:?} is no name of a label"));
    }
    Ok(format!("{label}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(table: &str, expected: Result<&str, &str>) {
        let table: AlarmTable = toml::from_str(table).unwrap();
        let found = table.source().map(|source| match source {
            Source::Reported => "reported",
            Source::Asked(_) => "asked",
        });
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn an_alarm_has_one_source_and_what_that_needs() {
        check("prometheus = 'http://p:9090'\nquery = 'up'\nbelow = 1", Ok("asked"));
        check("prometheus = 'https://u:p@p/prefix'\nalert = 'Errors'\ntoken_file = '/t'", Ok("asked"));
        check("alertmanager = 'http://a:9093'\nalert = 'Errors'\nlabels = { severity = 'page' }", Ok("asked"));
        check("reported = true", Ok("reported"));
        check("", Err("no source"));
        check("reported = false", Err("no source"));
        check("reported = true\nprometheus = 'http://p'", Err("more than one"));
        check("reported = true\nalert = 'Errors'", Err("not asked"));
        check("prometheus = 'http://p'\nquery = 'up'", Err("above or below"));
        check("prometheus = 'http://p'\nquery = 'up'\nabove = 1\nbelow = 2", Err("above or below"));
        check("prometheus = 'http://p'\nquery = 'up'\nabove = nan", Err("above or below"));
        check("prometheus = 'http://p'\nalert = 'a'\nlabels = { a = 'b' }", Err("labels"));
        check("prometheus = 'ftp://p'\nalert = 'a'", Err("no http"));
        check("prometheus = 'here'\nalert = 'a'", Err("no address"));
        check("alertmanager = 'http://a'", Err("needs an alert"));
        check("alertmanager = 'http://a'\nalert = 'a'\nquery = 'up'", Err("for prometheus"));
        check("alertmanager = 'http://a'\nalert = 'a'\nlabels = { 'a b' = 'c' }", Err("name of a label"));
    }

    #[test]
    fn values_of_labels_cannot_leave_their_quotes() {
        assert_eq!(matcher("alertname", "a\"b\\c").unwrap(), r#"alertname="a\"b\\c""#);
    }
}
