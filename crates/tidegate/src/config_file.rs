//! The configuration file: the same options in TOML, for those that neither flag nor environment has set.

use crate::cli::Options;
use crate::problem::Problem;

/// Takes what the options do not say from the file that they name.
pub(crate) fn merge(options: Options) -> Result<Options, Problem> {
    let Some(path) = &options.config else { return Ok(options) };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Problem::new(format!("cannot read the configuration file {}: {error}", path.display()))
            .hint("name a TOML file with --config or TIDEGATE_CONFIG, or leave both out")
    })?;
    let file: Options = toml::from_str(&text).map_err(|error| {
        Problem::new(format!("the configuration file {} is not right:\n{error}", path.display()))
            .hint("`tidegate serve --help` lists the options; in the file they have `_` where the flags have `-`")
    })?;
    macro_rules! either {
        ($($option:ident),* $(,)?) => {
            Options { config: options.config, $($option: options.$option.or(file.$option)),* }
        };
    }
    Ok(either! {
        listen, data, store, blobs, cache, cache_mib, master_key, credentials, open_metrics, insecure_allow_any, allowed_hosts, tls_cert, tls_key, tls_client_ca,
        tls_client_certificates, max_connections_per_address, header_timeout, body_timeout, write_timeout, idle_timeout,
        shutdown_timeout, data_rate_per_address, data_rate_per_key, data_rate_burst, trusted_proxies, account, region, clock, token_reuse, poll_interval,
        enforce_poll_interval, replay_guard_sessions, max_connections, max_streams, follow, follow_ca, follow_insecure, relay_secret,
        quota_applications, quota_environments,
        quota_profiles, quota_strategies, quota_content_kib, quota_experiment_definitions, request_rates, unlimited_accounts, webhook_secret,
        webhook_timeout, alarm_interval, alarm_patience, alarm_token, alarms, claim_timeout, journal_keep_days, sweep_after_hours, webhook_allow_link_local, audit, audit_reads, audit_required, audit_rotate_kib,
        audit_rotate_daily, log, log_format,
    })
}
