//! Who gets which of two versions while a deployment runs: an entity's place, held against the deployment's share.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};

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

    /// All its versions.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &Arc<Version>> {
        let rollout = self.rollout.iter().flat_map(|rollout| rollout.previous.iter().chain([&rollout.next]));
        self.host.iter().chain(rollout)
    }
}

impl Rollout {
    /// Whether the deployment has reached an entity. It stays reached as the share grows.
    pub fn includes(&self, entity: &str) -> bool {
        self.share >= 100.0 || (place(&self.seed, entity) as f64) < self.share / 100.0 * TWO_TO_64
    }
}

const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

/// An entity's place in a deployment, in 0..2⁶⁴: the first eight bytes of SHA-256 over the seed, a zero byte and the
/// entity's id. `docs/stream.md` publishes the rule, for all agents have to decide alike.
pub fn place(seed: &str, entity: &str) -> u64 {
    let mut context = Context::new(&SHA256);
    context.update(seed.as_bytes());
    context.update(&[0]);
    context.update(entity.as_bytes());
    let first = context.finish().as_ref()[..8].try_into().expect("a SHA-256 has 32 bytes");
    u64::from_be_bytes(first)
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

    #[test]
    fn the_rule_is_the_one_that_is_published() {
        let vectors = [
            ("b0a3f5d2917c44e8", "user-1", 0xb976_7582_cb58_9bdd),
            ("b0a3f5d2917c44e8", "ümit", 0xc180_7903_cbdc_7e0d),
            ("0000000000000000", "", 0x7755_39dd_d152_c4e6),
        ];
        assert_eq!(vectors.map(|(seed, entity, _)| place(seed, entity)), vectors.map(|(_, _, place)| place));
    }
}
