//! Which contents are still needed, and which are given up for good.
//!
//! A content that nothing refers to any more is *condemned* before it is deleted: an entry of the journal says that no
//! later entry may refer to it, and [`decide`](crate::decide) sees to that. Whenever after that entry somebody deletes
//! it, how often, and however late the deletion arrives, it was nobody's. A condemned name is never used again; the same
//! content is then stored under another one, see the node.

use std::collections::HashSet;

use crate::decide::deployment::REVERT_WITHIN_MS;
use crate::event::Event;
use crate::id::{ContentHash, Id};
use crate::record::DeploymentState;
use crate::refusal::Refusal;
use crate::state::{RealmState, State};

/// For how long what a deployment replaced is kept after the time in which it can be brought back: for nodes whose
/// clocks disagree.
const CLOCKS_APART_MS: i64 = 4 * 24 * 60 * 60 * 1_000;

impl State {
    /// Contents that somebody can be given without having stored them anew: those of versions, those that are served,
    /// and those that would be served again after reverts.
    pub fn live_contents(&self, now_ms: i64) -> HashSet<ContentHash> {
        let mut live = HashSet::new();
        for realm in self.realms.values() {
            live.extend(realm.versions.values().map(|version| version.content));
            realm.add_deployed(now_ms, &mut live);
        }
        live
    }

    /// Whether a content is given up for good.
    pub fn is_condemned(&self, content: ContentHash) -> bool {
        self.condemned.contains(&content)
    }

    /// How many contents were ever given up.
    pub fn condemned_count(&self) -> usize {
        self.condemned.size()
    }

    /// Of these contents, those that can be given up.
    pub(crate) fn condemn(&self, contents: &[ContentHash], now_ms: i64) -> Vec<Event> {
        let live = self.live_contents(now_ms);
        let mut contents = contents.to_vec();
        contents.sort_unstable();
        contents.dedup();
        contents.retain(|content| !live.contains(content) && !self.is_condemned(*content));
        if contents.is_empty() { Vec::new() } else { vec![Event::ContentsCondemned { contents }] }
    }

    /// Refuses events that refer to what is given up.
    pub(crate) fn check_contents(&self, events: &[Event]) -> Result<(), Refusal> {
        let is_gone = |event: &Event| event.content().is_some_and(|content| self.is_condemned(content));
        if events.iter().any(is_gone) { Err(Refusal::ContentCondemned) } else { Ok(()) }
    }

    /// Notes what is given up. What no revert can bring back any more is no longer kept as if one could.
    pub(crate) fn note_condemned(&mut self, contents: &[ContentHash]) {
        for content in contents {
            self.condemned.insert_mut(*content);
        }
        let condemned: HashSet<_> = contents.iter().copied().collect();
        let mut pruned = Vec::new();
        for channel in self.channels.values() {
            let Some(realm) = self.realms.get(&channel.realm) else { continue };
            let is_kept = |number: &&u32| {
                let deployment = realm.deployments.get(&(channel.environment, **number));
                deployment.is_none_or(|deployment| !condemned.contains(&deployment.content.hash))
            };
            let standing: rpds::ListSync<u32> = channel.standing.iter().filter(is_kept).copied().collect();
            if standing.len() != channel.standing.len() {
                pruned.push(crate::state::Channel { standing, ..crate::state::Channel::clone(channel) });
            }
        }
        for channel in pruned {
            self.touched.push(channel.number);
            self.channels.insert_mut(channel.number, channel.into());
        }
    }
}

impl RealmState {
    /// Adds what deployments serve or may serve again. Of each environment and profile that is what runs, the latest
    /// that completed, and what stands behind it as long as everything before can be reverted.
    fn add_deployed(&self, now_ms: i64, live: &mut HashSet<ContentHash>) {
        // Pairs whose latest complete deployments were seen, and cannot be reverted any more.
        let mut settled: HashSet<(Id, Id)> = HashSet::new();
        // From each environment's latest deployment to its first.
        for deployment in self.deployments.values().rev() {
            let pair = (deployment.environment, deployment.profile);
            if deployment.is_running() || deployment.state == DeploymentState::RollingBack {
                live.insert(deployment.content.hash);
            }
            if deployment.state != DeploymentState::Complete || settled.contains(&pair) {
                continue;
            }
            live.insert(deployment.content.hash);
            let completed_at_ms = deployment.completed_at_ms.unwrap_or(deployment.started_at_ms);
            if now_ms.saturating_sub(completed_at_ms) > REVERT_WITHIN_MS + CLOCKS_APART_MS {
                settled.insert(pair);
            }
        }
    }
}

impl Event {
    /// The content that the event makes something refer to.
    pub fn content(&self) -> Option<ContentHash> {
        match self {
            Self::HostedVersionCreated(version) => Some(version.content),
            Self::DeploymentStarted(deployment) => Some(deployment.content.hash),
            _ => None,
        }
    }
}
