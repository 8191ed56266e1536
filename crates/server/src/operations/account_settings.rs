//! Account settings.

use tidegate_domain::{AccountSettings, Command, DEFAULT_PERIOD_IN_MINUTES};
use tidegate_model::appconfig as aws;

use super::{Call, Done, Outcome};

pub(super) async fn get(
    call: &Call<'_>,
    _input: aws::GetAccountSettingsRequest,
) -> Outcome<aws::GetAccountSettingsRequest> {
    let published = call.current().await?;
    Ok(Done(shown(published.state.realm(&call.caller.realm).settings())))
}

pub(super) async fn update(
    call: &Call<'_>,
    input: aws::UpdateAccountSettingsRequest,
) -> Outcome<aws::UpdateAccountSettingsRequest> {
    let protection = input.deletion_protection.unwrap_or_default();
    let period = protection.protection_period_in_minutes.and_then(|minutes| u32::try_from(minutes).ok());
    let command = Command::UpdateAccountSettings(AccountSettings {
        deletion_protection: protection.enabled,
        protection_period_in_minutes: period,
        vended_metrics: input.vended_metrics.and_then(|metrics| metrics.enabled),
    });
    let committed = call.execute(command).await?;
    Ok(Done(shown(committed.published.state.realm(&call.caller.realm).settings())))
}

/// The protection is always shown; of the metrics only what somebody chose.
fn shown(settings: AccountSettings) -> aws::AccountSettings {
    let period = settings.protection_period_in_minutes.unwrap_or(DEFAULT_PERIOD_IN_MINUTES);
    aws::AccountSettings {
        deletion_protection: Some(aws::DeletionProtectionSettings {
            enabled: Some(settings.deletion_protection.unwrap_or(true)),
            protection_period_in_minutes: i32::try_from(period).ok(),
        }),
        vended_metrics: Some(aws::VendedMetricsSettings { enabled: settings.vended_metrics }),
    }
}
