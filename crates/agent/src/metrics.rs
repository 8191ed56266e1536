//! Numbers for Prometheus. Handles are made once; counting is an atomic addition.

use prometheus::{
    Encoder, GaugeVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder, core::Collector,
};

/// What an agent counts.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    /// The usual answer, without a look-up.
    pub answered: IntCounter,
    fetches: IntCounterVec,
    pub rejected: IntCounter,
    pub changes: IntCounter,
    pub configurations: IntGauge,
    pub connections: IntGauge,
    pub backups_failed: IntCounter,
    pub backups_unusable: IntCounter,
    pub assignments: IntCounter,
    pub assignments_lost: IntCounter,
    stale: GaugeVec,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let registry = Registry::new();
        let counter = |name: &str, help: &str| register(&registry, IntCounter::new(name, help));
        let gauge = |name: &str, help: &str| register(&registry, IntGauge::new(name, help));
        let counters = |name: &str, help: &str, label: &str| {
            register(&registry, IntCounterVec::new(Opts::new(name, help), &[label]))
        };
        let requests = counters("tidegate_agent_requests_total", "Requests for configurations, by status.", "status");
        let stale = Opts::new(
            "tidegate_agent_stale_seconds",
            "For how long upstream has not confirmed what is served; 0 while it answers.",
        );
        Self {
            answered: requests.with_label_values(&["200"]),
            requests,
            fetches: counters("tidegate_agent_fetches_total", "Polls of upstream, by outcome.", "outcome"),
            rejected: counter("tidegate_agent_rejected_total", "Contents that came and were not fit to be served."),
            changes: counter("tidegate_agent_changes_total", "Changes of what is served."),
            configurations: gauge("tidegate_agent_configurations", "Configurations that are kept."),
            connections: gauge("tidegate_agent_connections", "Open connections."),
            backups_failed: counter("tidegate_agent_backups_failed_total", "Backups that could not be written."),
            backups_unusable: counter("tidegate_agent_backups_unusable_total", "Backups that could not be read."),
            assignments: counter("tidegate_agent_assignments_total", "Assignments to treatments that were recorded."),
            assignments_lost: counter("tidegate_agent_assignments_lost_total", "Assignments that were not recorded."),
            stale: register(&registry, GaugeVec::new(stale, &["configuration"])),
            registry,
        }
    }

    pub(crate) fn count_failure(&self, status: http::StatusCode) {
        self.requests.with_label_values(&[status.as_str()]).inc();
    }

    pub(crate) fn count_fetch(&self, outcome: &str) {
        self.fetches.with_label_values(&[outcome]).inc();
    }

    /// Everything in Prometheus' text format; `stale` says for each configuration for how long it has been.
    pub(crate) fn render(&self, stale: impl Iterator<Item = (String, f64)>) -> Vec<u8> {
        self.stale.reset();
        stale.for_each(|(name, seconds)| self.stale.with_label_values(&[name]).set(seconds));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).expect("metrics can be written to memory");
        text
    }
}

fn register<M: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<M>) -> M {
    let metric = metric.expect("the metric is well formed");
    registry.register(Box::new(metric.clone())).expect("each metric is registered once");
    metric
}
