//! Alertmanager: an alarm is an alert that is active, and neither silenced nor inhibited.

use futures_util::future::BoxFuture;
use serde::Deserialize;
use tidegate_domain::Monitor;

use super::{AlarmSource, Reading, Web};

/// An Alertmanager and the alerts that are asked for.
pub struct Alertmanager {
    /// The server.
    pub web: Web,
    /// Matchers in Alertmanager's words, such as `alertname="CheckoutErrors"`; alerts have to meet all of them.
    pub matchers: Vec<String>,
}

#[derive(Deserialize)]
struct Alert {
    #[serde(default)]
    labels: Labels,
}

#[derive(Deserialize, Default)]
struct Labels {
    #[serde(default)]
    alertname: String,
}

impl AlarmSource for Alertmanager {
    fn read<'a>(&'a self, _: &'a Monitor) -> BoxFuture<'a, Reading> {
        Box::pin(async move {
            let fixed = [("active", "true"), ("silenced", "false"), ("inhibited", "false"), ("unprocessed", "false")];
            let filters = self.matchers.iter().map(|matcher| ("filter", matcher.as_str()));
            let query: Vec<_> = fixed.into_iter().chain(filters).collect();
            match self.web.get::<Vec<Alert>>("api/v2/alerts", &query).await {
                Err(why) => Reading::Unclear(why),
                Ok(alerts) => match alerts.first() {
                    None => Reading::Ok,
                    Some(first) => {
                        Reading::Alarm(format!("{} active alerts, such as {}", alerts.len(), first.labels.alertname))
                    }
                },
            }
        })
    }
}
