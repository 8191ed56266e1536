//! Who gets which of two versions while a deployment runs: an entity's place, held against the deployment's share.

use std::sync::Arc;

use tidegate_follow::place;

use crate::failure::Failure;
use crate::version::Version;

/// What there is to get of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// What callers get who name no entity: what this agent's session gets.
    pub host: Option<Arc<Version>>,
    /// What callers get who name one, while a deployment runs and upstream tells both its versions.
    pub rollout: Option<Rollout>,
}

/// A running deployment.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// Decides, with an entity's id, how early the deployment reaches the entity. Another one for each deployment.
    pub seed: Box<str>,
    /// How far the deployment has come, in percent.
    pub share: f64,
    /// What stood before; nothing during a first deployment.
    pub previous: Option<Arc<Version>>,
    /// What is deployed.
    pub next: Arc<Version>,
}

impl Served {
    /// What an entity gets; without one, what the agent itself gets.
    ///
    /// # Errors
    /// Nothing has been deployed to it yet.
    pub fn version_for(&self, entity: Option<&str>) -> Result<&Arc<Version>, Failure> {
        let version = match (&self.rollout, entity) {
            (Some(rollout), Some(entity)) if rollout.includes(entity) => Some(&rollout.next),
            (Some(rollout), Some(_)) => rollout.previous.as_ref(),
            _ => self.host.as_ref(),
        };
        version.ok_or_else(|| {
            Failure::not_found("Deployment", "No version of this configuration has been deployed to this caller yet")
        })
    }

    /// Whether it is the same as another, versions compared by identity.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same = |one: &Option<Arc<Version>>, other: &Option<Arc<Version>>| match (one, other) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        let is_same_rollout = match (&self.rollout, &other.rollout) {
            (Some(one), Some(other)) => {
                one.seed == other.seed
                    && one.share.to_bits() == other.share.to_bits()
                    && same(&one.previous, &other.previous)
                    && Arc::ptr_eq(&one.next, &other.next)
            }
            (None, None) => true,
            _ => false,
        };
        same(&self.host, &other.host) && is_same_rollout
    }

    /// All its versions.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &Arc<Version>> {
        let rollout = self.rollout.iter().flat_map(|rollout| rollout.previous.iter().chain([&rollout.next]));
        self.host.iter().chain(rollout)
    }
}

const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

impl Rollout {
    /// Whether the deployment has reached an entity. It stays reached as the share grows.
    pub fn includes(&self, entity: &str) -> bool {
        self.share >= 100.0 || (place(&self.seed, entity) as f64) < self.share / 100.0 * TWO_TO_64
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::version::Told;

    fn version(text: &'static str) -> Arc<Version> {
        Arc::new(Version::check(Told::default(), Bytes::from_static(text.as_bytes()), None).unwrap())
    }

    fn served(share: f64) -> Served {
        let rollout = Rollout { seed: "7".into(), share, previous: Some(version("old")), next: version("new") };
        Served { host: Some(version("host")), rollout: Some(rollout) }
    }

    fn got(served: &Served, entity: &str) -> Bytes {
        served.version_for(Some(entity)).unwrap().content.clone()
    }

    #[test]
    fn an_entity_that_has_the_next_version_keeps_it_as_the_share_grows() {
        let entities: Vec<String> = (0..2_000).map(|number| format!("entity-{number}")).collect();
        let mut before = 0;
        for share in [0.0, 5.0, 25.0, 50.0, 90.0, 100.0] {
            let (now, earlier) = (served(share), served(share / 2.0));
            let new = entities.iter().filter(|entity| got(&now, entity) == "new").count();
            assert!(entities.iter().all(|entity| got(&earlier, entity) == "old" || got(&now, entity) == "new"));
            assert!(new >= before && (new as f64 - share * 20.0).abs() < 120.0, "{share} %: {new} of 2,000");
            before = new;
        }
        assert_eq!(before, 2_000);
    }

    #[test]
    fn who_names_no_entity_gets_what_the_agent_gets() {
        assert_eq!(served(50.0).version_for(None).unwrap().content, "host");
    }

    #[test]
    fn outside_a_first_deployment_there_is_nothing() {
        let mut served = served(0.0);
        served.rollout.as_mut().unwrap().previous = None;
        assert_eq!(served.version_for(Some("anybody")).unwrap_err().status, 404);
    }
}
