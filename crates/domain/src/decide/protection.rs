//! What keeps a resource from being deleted: extensions at work on it, and clients that use it.

use super::Case;
use crate::command::{Protection, ProtectionCheck};
use crate::record::Resource;
use crate::refusal::Refusal;
use crate::state::{ChannelNumber, State};

const MINUTE_MS: i64 = 60_000;
/// Younger resources are not protected unless the caller asks for it.
const YOUNG_MS: i64 = 60 * MINUTE_MS;
/// AWS's period where the account has not chosen another.
pub const DEFAULT_PERIOD_IN_MINUTES: u32 = 60;

impl Case<'_> {
    pub(super) fn check_no_associations(&self, resource: Resource) -> Result<(), Refusal> {
        if self.realm.is_associated(resource) {
            Err(Refusal::ResourceHasAssociations { resource, region: self.context.realm.region.to_string() })
        } else {
            Ok(())
        }
    }

    /// Whether a resource that was created then, and is served on these channels, may not be deleted now.
    pub(super) fn is_protected(
        &self,
        state: &State,
        created_at_ms: i64,
        protection: Protection,
        channels: Vec<ChannelNumber>,
    ) -> bool {
        let settings = self.realm.settings();
        let now_ms = self.context.now_ms;
        let is_checked = match protection.check {
            ProtectionCheck::Bypass => false,
            ProtectionCheck::Apply => true,
            ProtectionCheck::AccountDefault => {
                let is_young = now_ms.saturating_sub(created_at_ms) < YOUNG_MS;
                settings.deletion_protection.unwrap_or(true) && !is_young
            }
        };
        let period_in_minutes = settings.protection_period_in_minutes.unwrap_or(DEFAULT_PERIOD_IN_MINUTES);
        let noted = channels.into_iter().filter_map(|channel| state.last_polled_ms(channel));
        let last_polled_ms = noted.chain(protection.last_polled_ms).max();
        is_checked
            && last_polled_ms
                .is_some_and(|at_ms| now_ms.saturating_sub(at_ms) <= i64::from(period_in_minutes) * MINUTE_MS)
    }
}
