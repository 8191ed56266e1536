//! Numbers for Prometheus. Handles are made once; counting is an atomic addition.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder, exponential_buckets,
};

use crate::head::Head;
use tidegate_domain::TriggeredBy;

use crate::alarms::Reading;
use crate::node::Published;

/// What a node counts.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    /// Sessions started.
    pub sessions_started: IntCounter,
    /// Polls answered with a content.
    pub polls_full: PollCount,
    /// Polls answered with "nothing new".
    pub polls_empty: PollCount,
    /// Polls refused.
    pub polls_refused: PollCount,
    poll_seconds: Histogram,
    deployments: IntGaugeVec,
    counting: Mutex<()>,
    /// Entries in the journal, as far as this node has followed it.
    pub journal_entries: IntGauge,
    /// How long appending to the journal takes.
    pub append_seconds: Histogram,
    /// What the store did not do, or not in time.
    pub store_errors: IntCounter,
    head_age: IntGauge,
    stale: IntGauge,
    newer_entry: IntGauge,
    /// Open connections.
    pub connections: IntGauge,
    /// Open streams.
    pub streams: IntGauge,
    /// States told on streams.
    pub stream_events: IntCounter,
    /// Streams refused because there were too many.
    pub streams_refused: IntCounter,
    readings: IntCounterVec,
    /// Deployments that an unclear alarm holds.
    pub held_deployments: IntGauge,
    rollbacks: IntCounterVec,
    /// Connections closed because their address had as many as it may.
    pub connections_refused: IntCounter,
    /// Requests of the data plane refused because of their address's rate.
    pub throttled_addresses: IntCounter,
    /// Requests of the data plane refused because of their key's rate.
    pub throttled_keys: IntCounter,
    tls: OnceLock<TlsMetrics>,
    /// The audit log's numbers.
    pub audit: Arc<AuditMetrics>,
}

/// What the audit log counts.
pub struct AuditMetrics {
    /// Records written.
    pub records: IntCounter,
    /// Records of reads and polls that were dropped because too many waited.
    pub dropped: IntCounter,
    /// Records that could not be written.
    pub lost: IntCounter,
    /// 1 while records cannot be written.
    pub failing: IntGauge,
}

/// What TLS counts.
#[derive(Clone)]
pub struct TlsMetrics {
    /// When the certificate that is in use ends, in seconds since 1970.
    pub not_after_s: IntGauge,
    /// How often new files were taken over.
    pub reloads: IntCounter,
    /// 1 while the files are not those in use, because they are wrong.
    pub failing: IntGauge,
    /// Handshakes that came to nothing.
    pub handshakes_failed: IntCounter,
}

/// Polls with one kind of answer.
pub type PollCount = IntCounter;

impl Metrics {
    /// Starts at zero.
    pub fn new() -> Self {
        let registry = Registry::new();
        let polls = counters(&registry, "tidegate_polls_total", "Polls by kind of answer.", &["answer"]);
        let throttled = counters(
            &registry,
            "tidegate_data_throttled_total",
            "Requests of the data plane refused because of a rate.",
            &["by"],
        );
        let request_seconds = histograms(
            &registry,
            "tidegate_request_duration_seconds",
            "Time from a request's head to its answer, by operation.",
            &["operation"],
        );
        let histogram = |name: &str, help: &str, first: f64| {
            let buckets = exponential_buckets(first, 2.0, 16).expect("the buckets ascend");
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets));
            register(&registry, histogram.expect("the metric is well formed"))
        };
        let counter = |name: &str, help: &str| {
            register(&registry, IntCounter::new(name, help).expect("the metric is well formed"))
        };
        let gauge =
            |name: &str, help: &str| register(&registry, IntGauge::new(name, help).expect("the metric is well formed"));
        Self {
            requests: counters(
                &registry,
                "tidegate_requests_total",
                "Requests by operation and HTTP status.",
                &["operation", "status"],
            ),
            request_seconds,
            sessions_started: register(
                &registry,
                IntCounter::new("tidegate_sessions_started_total", "Configuration sessions started.")
                    .expect("the metric is well formed"),
            ),
            polls_full: polls.with_label_values(&["full"]),
            polls_empty: polls.with_label_values(&["empty"]),
            polls_refused: polls.with_label_values(&["refused"]),
            poll_seconds: histogram(
                "tidegate_poll_duration_seconds",
                "Time to answer GetLatestConfiguration, without the network; of one poll in sixteen.",
                0.000_001,
            ),
            counting: Mutex::new(()),
            deployments: {
                let opts = Opts::new("tidegate_deployments", "Deployments by state.");
                register(&registry, IntGaugeVec::new(opts, &["state"]).expect("the metric is well formed"))
            },
            journal_entries: gauge("tidegate_journal_entries", "Entries in the journal."),
            append_seconds: histogram("tidegate_journal_append_seconds", "Time to append to the journal.", 0.000_1),
            store_errors: counter("tidegate_store_errors_total", "What the store did not do, or not in time."),
            head_age: gauge(
                "tidegate_head_age_seconds",
                "Seconds since this node last knew that it had taken in all of the journal.",
            ),
            stale: gauge("tidegate_stale", "1 while this node cannot be at the journal's head and polls say so."),
            newer_entry: gauge("tidegate_newer_entry", "The entry for which this node has to be upgraded, or 0."),
            connections: gauge("tidegate_connections", "Open connections."),
            streams: gauge("tidegate_streams", "Open streams."),
            stream_events: counter(
                "tidegate_stream_events_total",
                "Events sent on streams that tell a session's state.",
            ),
            streams_refused: counter(
                "tidegate_streams_refused_total",
                "Streams refused because the node had as many as it may have.",
            ),
            readings: counters(&registry, "tidegate_alarm_readings_total", "Readings of alarms.", &["reading"]),
            held_deployments: gauge("tidegate_deployments_held", "Deployments that an unclear alarm holds."),
            rollbacks: counters(
                &registry,
                "tidegate_rollbacks_total",
                "Deployments that this node took back, by whom that was triggered.",
                &["triggered_by"],
            ),
            connections_refused: counter(
                "tidegate_connections_refused_total",
                "Connections closed because their address had as many as it may.",
            ),
            throttled_addresses: throttled.with_label_values(&["address"]),
            throttled_keys: throttled.with_label_values(&["key"]),
            tls: OnceLock::new(),
            audit: Arc::new(AuditMetrics {
                records: counter("tidegate_audit_records_total", "Audit records written."),
                dropped: counter("tidegate_audit_dropped_total", "Audit records of reads and polls that were dropped."),
                lost: counter("tidegate_audit_lost_total", "Audit records that could not be written."),
                failing: gauge("tidegate_audit_failing", "1 while audit records cannot be written."),
            }),
            registry,
        }
    }

    /// The numbers of TLS, which are there from the first call on.
    pub fn tls(&self) -> TlsMetrics {
        let make = || {
            let gauge = |name: &str, help: &str| {
                register(&self.registry, IntGauge::new(name, help).expect("the metric is well formed"))
            };
            let counter = |name: &str, help: &str| {
                register(&self.registry, IntCounter::new(name, help).expect("the metric is well formed"))
            };
            TlsMetrics {
                not_after_s: gauge(
                    "tidegate_tls_certificate_not_after_seconds",
                    "When the TLS certificate in use ends, in seconds since 1970.",
                ),
                reloads: counter("tidegate_tls_reloads_total", "New TLS files that were taken over."),
                failing: gauge(
                    "tidegate_tls_reload_failing",
                    "1 while the TLS files are wrong, and older ones in use.",
                ),
                handshakes_failed: counter(
                    "tidegate_tls_handshakes_failed_total",
                    "TLS handshakes that came to nothing.",
                ),
            }
        };
        self.tls.get_or_init(make).clone()
    }

    /// Counts an answered request.
    pub fn count_request(&self, operation: &str, status: u16, seconds: f64) {
        let mut digits = [b'0'; 3];
        digits.iter_mut().zip([status / 100, status / 10 % 10, status % 10]).for_each(|(digit, value)| {
            *digit += value as u8;
        });
        let status = std::str::from_utf8(&digits).unwrap_or("000");
        self.requests.with_label_values(&[operation, status]).inc();
        self.request_seconds.with_label_values(&[operation]).observe(seconds);
    }

    /// Counts an answered poll, by its kind of answer, and its time if it was taken.
    pub fn count_poll(&self, count: &PollCount, seconds: Option<f64>) {
        count.inc();
        if let Some(seconds) = seconds {
            self.poll_seconds.observe(seconds);
        }
    }

    /// Counts what a monitor's alarm said.
    pub(crate) fn count_reading(&self, reading: &Reading) {
        let reading = match reading {
            Reading::Ok => "ok",
            Reading::Alarm(_) => "alarm",
            Reading::Unclear(_) => "unclear",
        };
        self.readings.with_label_values(&[reading]).inc();
    }

    /// Counts a deployment that was taken back without its user.
    pub(crate) fn count_rollback(&self, by: TriggeredBy) {
        let by = match by {
            TriggeredBy::User => "USER",
            TriggeredBy::Appconfig => "APPCONFIG",
            TriggeredBy::CloudwatchAlarm => "CLOUDWATCH_ALARM",
            TriggeredBy::InternalError => "INTERNAL_ERROR",
        };
        self.rollbacks.with_label_values(&[by]).inc();
    }

    /// Everything in Prometheus' text format.
    pub(crate) fn render(&self, published: &Published, head: &Head) -> Vec<u8> {
        self.head_age.set(i64::try_from(head.age().as_secs()).unwrap_or(i64::MAX));
        self.stale.set(head.stale_s().is_some().into());
        let newer = head.last_problem().and_then(|problem| problem.newer);
        self.newer_entry.set(newer.map_or(0, |entry| i64::try_from(entry.number).unwrap_or(i64::MAX)));
        // A scrape counts what is there; two at once must not count into each other.
        let _counting = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
        self.deployments.reset();
        for (_, realm) in published.state.realms() {
            for deployment in realm.all_deployments() {
                let state = crate::operations::deployment_state(deployment.state).as_str();
                self.deployments.with_label_values(&[state]).inc();
            }
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).expect("metrics can be written to memory");
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn register<M: prometheus::core::Collector + Clone + 'static>(registry: &Registry, metric: M) -> M {
    registry.register(Box::new(metric.clone())).expect("each metric is registered once");
    metric
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    let counters = IntCounterVec::new(Opts::new(name, help), labels);
    register(registry, counters.expect("the metric is well formed"))
}

fn histograms(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> HistogramVec {
    let buckets = exponential_buckets(0.000_1, 2.0, 16).expect("the buckets ascend");
    let histograms = HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), labels);
    register(registry, histograms.expect("the metric is well formed"))
}
