//! Contents at hand: what is served is in memory once, however many channels serve it, and is rendered once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use aws_lc_rs::digest::{Context, SHA256};
use tidegate_domain::experiment::{AttributeValue, ExperimentRun, Treatment};
use tidegate_domain::rollout::Standing;
use tidegate_domain::{ContentHash, DeployedContent, Realm, Resource};
use tidegate_flags::overlay;
use tidegate_journal::Unavailable;

use crate::apart::apart;
use crate::node::Node;
use crate::serving::{Body, Flags, Served};

/// How many names are kept before those that nobody uses any more are looked for.
const PRUNE_FROM: usize = 1_024;

/// See the module. Holds nothing alive by itself.
pub(crate) struct Contents {
    at_hand: Mutex<AtHand>,
}

struct AtHand {
    bodies: HashMap<ContentHash, Weak<Body>>,
    flags: HashMap<Rendering, Weak<Flags>>,
    prune_at: usize,
}

/// Names what comes of rendering a document of flags: the document, and a digest of the runs that are laid over it.
type Rendering = (ContentHash, [u8; 32]);

impl Contents {
    pub(crate) fn new() -> Self {
        let at_hand = AtHand { bodies: HashMap::new(), flags: HashMap::new(), prune_at: PRUNE_FROM };
        Self { at_hand: Mutex::new(at_hand) }
    }

    /// What a deployment serves, if that takes no look at the store and no rendering.
    pub(crate) fn at_hand(&self, standing: &Standing, runs: Option<&[overlay::Run]>) -> Option<Arc<Served>> {
        let hash = standing.content.hash;
        let at_hand = self.lock();
        Some(Arc::new(match runs {
            None => Served::plain(standing, at_hand.bodies.get(&hash)?.upgrade()?),
            Some(runs) => Served::flags(standing, at_hand.flags.get(&rendering(hash, runs))?.upgrade()?),
        }))
    }

    /// What a deployment serves, read from the store if it is not at hand.
    pub(crate) async fn served(&self, node: &Node, standing: &Standing) -> Result<Arc<Served>, Unavailable> {
        Ok(Arc::new(Served::plain(standing, self.body(node, &standing.content).await?)))
    }

    /// The same for feature flags, with the experiments that run on them.
    pub(crate) async fn served_flags(
        &self,
        node: &Node,
        standing: &Standing,
        runs: &[overlay::Run],
    ) -> Result<Arc<Served>, Unavailable> {
        let hash = standing.content.hash;
        let name = rendering(hash, runs);
        let at_hand = self.lock().flags.get(&name).and_then(Weak::upgrade);
        let flags = match at_hand {
            Some(flags) => flags,
            None => {
                let body = self.body(node, &standing.content).await?;
                let (document, runs, hash_text) = (body.clone(), runs.to_vec(), hash.to_string());
                let made = apart(move || render(&document, &runs, &hash_text)).await;
                let made = made.map_err(|error| Unavailable::new(format!("render feature flags {hash}"), error))?;
                // What is no document of flags is served as it is.
                let flags = Arc::new(made.unwrap_or_else(|| Flags::unrendered(body)));
                self.lock().flags.insert(name, Arc::downgrade(&flags));
                flags
            }
        };
        Ok(Arc::new(Served::flags(standing, flags)))
    }

    async fn body(&self, node: &Node, content: &DeployedContent) -> Result<Arc<Body>, Unavailable> {
        let hash = content.hash;
        if let Some(body) = self.lock().bodies.get(&hash).and_then(Weak::upgrade) {
            return Ok(body);
        }
        let body = Arc::new(Body(node.fetch(hash, content.size).await?));
        let mut at_hand = self.lock();
        at_hand.bodies.insert(hash, Arc::downgrade(&body));
        at_hand.prune();
        Ok(body)
    }

    fn lock(&self) -> MutexGuard<'_, AtHand> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AtHand {
    fn prune(&mut self) {
        if self.bodies.len() + self.flags.len() < self.prune_at {
            return;
        }
        self.bodies.retain(|_, body| body.strong_count() > 0);
        self.flags.retain(|_, flags| flags.strong_count() > 0);
        self.prune_at = PRUNE_FROM + 2 * (self.bodies.len() + self.flags.len());
    }
}

fn rendering(hash: ContentHash, runs: &[overlay::Run]) -> Rendering {
    let mut context = Context::new(&SHA256);
    for run in runs {
        // All of a run is in its debugging form, and in this process that is the same for the same run.
        context.update(format!("{run:?}\0").as_bytes());
    }
    (hash, context.finish().as_ref().try_into().expect("a SHA-256 has 32 bytes"))
}

/// The forms of a document; none if it is none.
fn render(document: &Body, runs: &[overlay::Run], hash: &str) -> Option<Flags> {
    let retrieval = match tidegate_flags::render(&document.0) {
        Ok(retrieval) => retrieval,
        Err(error) => {
            tracing::error!(%error, hash, "a deployed document of feature flags cannot be rendered");
            return None;
        }
    };
    // A later deployment may have taken away what a run is about; the others go on.
    let laid = match runs {
        [] => None,
        runs => overlay::overlay_fitting(&document.0, runs).map_or(None, |(laid, misfits)| {
            for (arn, error) in misfits {
                tracing::warn!(%error, run = arn, "an experiment does not fit what is deployed now, and rests");
            }
            laid
        }),
    };
    let (ion, experiment_flags) = match laid {
        Some(laid) => (Some(laid.ion), Some(laid.experiment_flags)),
        None => (retrieval.ion, None),
    };
    Some(Flags::rendered(retrieval.json, ion, experiment_flags))
}

/// A run as it is laid over a document.
pub(crate) fn overlay_run(realm: &Realm, run: &ExperimentRun) -> overlay::Run {
    let definition = &run.definition;
    let account = &realm.account;
    overlay::Run {
        flag: definition.flag_key.clone(),
        arn: Resource::Run(definition.application, definition.id, run.number).arn(&realm.region, account),
        seed: format!("{account}:{}:{}:{}", definition.application, definition.id, run.number),
        audience_rule: definition.audience_rule.clone(),
        exposure_percentage: run.exposure_percentage,
        treatments: definition.treatments.iter().map(arm).collect(),
        control: arm(&definition.control),
        overrides: run.overrides.iter().map(|(entity, key)| (entity.clone(), key.clone())).collect(),
    }
}

fn arm(treatment: &Treatment) -> overlay::Arm {
    let value = |value: &AttributeValue| match value {
        AttributeValue::String(text) => text.as_str().into(),
        AttributeValue::Number(number) => number_of(*number),
        AttributeValue::Boolean(truth) => (*truth).into(),
        AttributeValue::Strings(texts) => texts.clone().into(),
        AttributeValue::Numbers(numbers) => {
            serde_json::Value::Array(numbers.iter().map(|number| number_of(*number)).collect())
        }
    };
    overlay::Arm {
        key: treatment.key.clone(),
        weight: treatment.weight,
        enabled: treatment.enabled,
        attributes: treatment.attributes.iter().map(|(name, given)| (name.clone(), value(given))).collect(),
    }
}

/// Whole numbers are written as such, as in a document.
fn number_of(number: f64) -> serde_json::Value {
    if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 { (number as i64).into() } else { number.into() }
}
