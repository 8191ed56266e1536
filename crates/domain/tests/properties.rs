//! What holds of `decide` and `State::apply` whatever happens: random stories in a small world, and time that jumps.
//!
//! After every command everything that can be seen of the state is held against the rules. `PROPTEST_CASES=10000`
//! looks longer; the cases are the same every time.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed};
use tidegate_domain::experiment::{AttributeValue, DefinitionStatus, RunResult, RunStatus};
use tidegate_domain::rollout::Place;
use tidegate_domain::{
    Account, Actor, ChannelNumber, Command, ContentHash, Context, CreateDefinition, CreateEnvironment,
    CreateHostedVersion, CreateProfile, CreateStrategy, Decision, Deployment, DeploymentKind, DeploymentState,
    Environment, EnvironmentState, Event, GrowthType, Id, Limits, Plan, Profile, Protection, Realm, RealmState,
    Refusal, ReplicateTo, Resource, RunDeployment, Secret, Snapshot, StartDeployment, StartRun, State, Tags,
    TreatmentInput, TriggeredBy, UpdateDefinition, UpdateEnvironment, UpdateProfile, UpdateRun, UpdateStrategy, decide,
};

const SESSIONS: u128 = 50;
const HOUR_MS: i64 = 60 * 60 * 1_000;
const AT_ONCE: Plan = Plan {
    duration_in_minutes: 0,
    final_bake_time_in_minutes: 0,
    growth_factor: 100.0,
    growth_type: GrowthType::Linear,
};

/// What somebody does next. Names are drawn from a few, so that commands meet.
#[derive(Clone, Debug)]
enum Act {
    CreateApplication {
        name: u8,
    },
    RenameApplication {
        application: u8,
        name: u8,
    },
    DeleteApplication {
        application: u8,
    },
    CreateEnvironment {
        application: u8,
        name: u8,
    },
    RenameEnvironment {
        application: u8,
        environment: u8,
        name: u8,
    },
    DeleteEnvironment {
        application: u8,
        environment: u8,
    },
    CreateProfile {
        application: u8,
        name: u8,
        kind: u8,
    },
    RenameProfile {
        application: u8,
        profile: u8,
        name: u8,
    },
    DeleteProfile {
        application: u8,
        profile: u8,
    },
    Publish {
        application: u8,
        profile: u8,
        label: Option<u8>,
        latest: Option<u8>,
    },
    DeleteVersion {
        application: u8,
        profile: u8,
        number: u8,
    },
    DeleteAllVersionsAndTheProfile {
        application: u8,
        profile: u8,
    },
    CreateStrategy {
        plan: Plan,
    },
    ChangeStrategy {
        nth: u8,
        plan: Plan,
    },
    DeleteStrategy {
        nth: u8,
    },
    Deploy {
        application: u8,
        environment: u8,
        profile: u8,
        version: u8,
        strategy: u8,
        latest: Option<u8>,
    },
    /// `late` is how many steps ago the node that proposes it has looked.
    Step {
        nth: u8,
        late: u8,
    },
    /// An alarm, instead of the next step.
    RollBack {
        nth: u8,
        late: u8,
    },
    /// `back` counts from the latest deployment.
    Stop {
        application: u8,
        environment: u8,
        back: u8,
        allow_revert: bool,
    },
    Tag {
        application: u8,
        environment: u8,
        key: u8,
    },
    Define {
        application: u8,
        environment: u8,
        profile: u8,
        name: u8,
        flag: u8,
    },
    Redefine {
        application: u8,
        name: u8,
    },
    PutAway {
        application: u8,
        name: u8,
        is_destroyed: bool,
    },
    StartRun {
        application: u8,
        name: u8,
        exposure: u8,
        overrides: u8,
    },
    /// Neither, one or both of what can be changed; `back` counts from the latest run.
    ChangeRun {
        application: u8,
        name: u8,
        back: u8,
        exposure: Option<u8>,
        overrides: Option<u8>,
    },
    StopRun {
        application: u8,
        name: u8,
        back: u8,
    },
    RotateKey,
    /// Every content that ever was is offered for deletion, and what is given up is gone.
    Sweep,
    Wait {
        ms: i64,
    },
}

fn plans() -> impl Strategy<Value = Plan> {
    let growth_type = prop_oneof![Just(GrowthType::Linear), Just(GrowthType::Exponential)];
    let factor = prop_oneof![Just(100.0), Just(30.0), Just(20.0), 1.0..=100.0];
    (prop_oneof![Just(0u32), Just(15)], prop_oneof![Just(0u32), Just(10)], factor, growth_type).prop_map(
        |(duration_in_minutes, final_bake_time_in_minutes, growth_factor, growth_type)| Plan {
            duration_in_minutes,
            final_bake_time_in_minutes,
            growth_factor,
            growth_type,
        },
    )
}

fn acts() -> impl Strategy<Value = Act> {
    // Names and places; the first is by far the most likely, so that stories have a main character.
    let few = || prop_oneof![4 => Just(0u8), 1 => 0..3u8];
    let maybe = || prop::option::weighted(0.2, 0..4u8);
    let latest = maybe;
    prop_oneof![
        1 => (0..3u8).prop_map(|name| Act::CreateApplication { name }),
        1 => (few(), few()).prop_map(|(application, name)| Act::RenameApplication { application, name }),
        1 => (0..3u8).prop_map(|application| Act::DeleteApplication { application }),
        3 => (few(), few()).prop_map(|(application, name)| Act::CreateEnvironment { application, name }),
        1 => (few(), few(), few())
            .prop_map(|(application, environment, name)| Act::RenameEnvironment { application, environment, name }),
        2 => (few(), few()).prop_map(|(application, environment)| Act::DeleteEnvironment { application, environment }),
        2 => (few(), few(), 0..3u8)
            .prop_map(|(application, name, kind)| Act::CreateProfile { application, name, kind }),
        1 => (few(), few(), few())
            .prop_map(|(application, profile, name)| Act::RenameProfile { application, profile, name }),
        1 => (few(), few()).prop_map(|(application, profile)| Act::DeleteProfile { application, profile }),
        4 => (few(), few(), maybe(), latest())
            .prop_map(|(application, profile, label, latest)| Act::Publish { application, profile, label, latest }),
        1 => (few(), few(), 0..6u8)
            .prop_map(|(application, profile, number)| Act::DeleteVersion { application, profile, number }),
        1 => (few(), few())
            .prop_map(|(application, profile)| Act::DeleteAllVersionsAndTheProfile { application, profile }),
        1 => plans().prop_map(|plan| Act::CreateStrategy { plan }),
        1 => (few(), plans()).prop_map(|(nth, plan)| Act::ChangeStrategy { nth, plan }),
        1 => few().prop_map(|nth| Act::DeleteStrategy { nth }),
        16 => (few(), few(), few(), 0..4u8, 0..4u8, latest()).prop_map(
            |(application, environment, profile, version, strategy, latest)| Act::Deploy {
                application, environment, profile, version, strategy, latest,
            },
        ),
        40 => (0..2u8, prop_oneof![6 => Just(0u8), 1 => 0..3u8]).prop_map(|(nth, late)| Act::Step { nth, late }),
        1 => (0..2u8, few()).prop_map(|(nth, late)| Act::RollBack { nth, late }),
        4 => (few(), few(), few(), any::<bool>()).prop_map(|(application, environment, back, allow_revert)| {
            Act::Stop { application, environment, back, allow_revert }
        }),
        1 => (few(), few(), few())
            .prop_map(|(application, environment, key)| Act::Tag { application, environment, key }),
        4 => (few(), few(), prop_oneof![1 => 0..2u8, 4 => Just(1u8)], 0..4u8, 0..2u8).prop_map(
            |(application, environment, profile, name, flag)| Act::Define {
                application, environment, profile, name, flag,
            },
        ),
        1 => (few(), 0..4u8).prop_map(|(application, name)| Act::Redefine { application, name }),
        1 => (few(), 0..4u8, any::<bool>())
            .prop_map(|(application, name, is_destroyed)| Act::PutAway { application, name, is_destroyed }),
        6 => (few(), 0..4u8, 0..101u8, 0..4u8).prop_map(|(application, name, exposure, overrides)| {
            Act::StartRun { application, name, exposure, overrides }
        }),
        6 => (few(), 0..4u8, few(), prop::option::weighted(0.6, 0..101u8), prop::option::weighted(0.3, 0..4u8))
            .prop_map(|(application, name, back, exposure, overrides)| Act::ChangeRun {
                application, name, back, exposure, overrides,
            }),
        2 => (few(), 0..4u8, few()).prop_map(|(application, name, back)| Act::StopRun { application, name, back }),
        1 => Just(Act::RotateKey),
        4 => Just(Act::Sweep),
        1 => Just(Act::Wait { ms: 200 * HOUR_MS }),
        4 => (-2 * HOUR_MS..40 * HOUR_MS).prop_map(|ms| Act::Wait { ms }),
    ]
}

/// A story begins with something to play with.
fn stories() -> impl Strategy<Value = Vec<(bool, Act)>> {
    let beginning = [
        Act::CreateApplication { name: 0 },
        Act::CreateEnvironment { application: 0, name: 0 },
        Act::CreateProfile { application: 0, name: 0, kind: 0 },
        Act::CreateProfile { application: 0, name: 1, kind: 1 },
        Act::Publish { application: 0, profile: 0, label: Some(0), latest: None },
        Act::Publish { application: 0, profile: 0, label: None, latest: None },
        Act::Publish { application: 0, profile: 1, label: None, latest: None },
        Act::CreateStrategy { plan: AT_ONCE },
        Act::Deploy { application: 0, environment: 0, profile: 1, version: 1, strategy: 0, latest: None },
        Act::Define { application: 0, environment: 0, profile: 1, name: 0, flag: 0 },
        Act::Define { application: 0, environment: 0, profile: 1, name: 1, flag: 0 },
        Act::StartRun { application: 0, name: 0, exposure: 10, overrides: 0 },
    ]
    .map(|act| (false, act));
    let rest = prop::collection::vec((prop::bool::weighted(0.05), acts()), 0..200);
    rest.prop_map(move |rest| beginning.iter().cloned().chain(rest).collect())
}

/// A state, how it came about, and what must never be seen again.
struct World {
    state: State,
    now_ms: i64,
    journal: Vec<String>,
    contents: BTreeSet<ContentHash>,
    latest_versions: BTreeMap<Id, u32>,
    latest_deployments: BTreeMap<Id, u32>,
    shares: BTreeMap<(Id, u32), f64>,
    /// By definition and run.
    exposures: BTreeMap<(Id, u32), f64>,
    /// Which deployment each session was served last, by channel.
    served: BTreeMap<ChannelNumber, Vec<Option<u32>>>,
}

impl World {
    fn new() -> Self {
        Self {
            state: State::default(),
            now_ms: 1_800_000_000_000,
            journal: Vec::new(),
            contents: BTreeSet::new(),
            latest_versions: BTreeMap::new(),
            latest_deployments: BTreeMap::new(),
            shares: BTreeMap::new(),
            exposures: BTreeMap::new(),
            served: BTreeMap::new(),
        }
    }

    fn play(&mut self, is_elsewhere: bool, act: &Act) {
        let region = if is_elsewhere { "eu-west-1" } else { "us-east-1" };
        let realm = Realm { account: Account::default(), region: region.into() };
        match act {
            Act::Wait { ms } => self.now_ms += ms,
            Act::DeleteAllVersionsAndTheProfile { application, profile } => {
                let of = self.state.realm(&realm);
                let number = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
                let found = of.application(&app(*application)).and_then(|found| of.profile(found, &conf(*profile)));
                let versions = found.map_or(Vec::new(), |found| of.versions(found.id, u64::MAX, 99, |_| true).items);
                for version in versions {
                    let (application, profile, number) = (*application, *profile, number(version.number));
                    self.play(is_elsewhere, &Act::DeleteVersion { application, profile, number });
                }
                self.play(is_elsewhere, &Act::DeleteProfile { application: *application, profile: *profile });
            }
            Act::Sweep => {
                let contents: Vec<_> = self.contents.iter().copied().collect();
                let live = self.state.live_contents(self.now_ms);
                if live.len() < contents.len() {
                    self.carry_out(realm, &Command::Condemn { contents });
                    self.contents.retain(|content| !self.state.is_condemned(*content));
                    assert_eq!(self.contents, live.into_iter().collect());
                }
            }
            act => {
                if let Some(command) = command(&self.state, &realm, act, self.journal.len()) {
                    self.carry_out(realm, &command);
                }
            }
        }
    }

    fn carry_out(&mut self, realm: Realm, command: &Command) {
        let seed = self.journal.len() as u64;
        let context =
            Context { now_ms: self.now_ms, realm, seed, limits: Limits { applications: 3, ..Limits::default() } };
        let outcome = decide(&self.state, &context, command);
        assert_eq!(outcome, decide(&self.state, &context, command), "deciding is a function");
        let Ok(events) = outcome else { return };
        assert!(!events.is_empty(), "what changes nothing is refused: {command:?}");
        let decision = Decision {
            v: 1,
            at_ms: self.now_ms,
            realm: Some(context.realm),
            actor: Actor::Service,
            operation: command.operation().into(),
            request_id: String::new(),
            events,
        };
        let entry = serde_json::to_string(&decision).unwrap();
        assert_eq!(serde_json::from_str::<Decision>(&entry).unwrap(), decision, "JSON keeps a decision as it is");
        self.journal.push(entry);
        self.state.apply(self.journal.len() as u64, &decision);
        self.note(&decision);
        self.check_shares(&decision);
        self.check_sessions(&decision);
        check(&self.state, &self.contents);
    }

    /// Numbers only ever grow.
    fn note(&mut self, decision: &Decision) {
        for event in &decision.events {
            match event {
                Event::HostedVersionCreated(version) => {
                    self.contents.insert(version.content);
                    let before = self.latest_versions.insert(version.profile, version.number).unwrap_or(0);
                    assert_eq!(version.number, before + 1, "a version number is used once");
                }
                Event::DeploymentStarted(deployment) => {
                    let before = self.latest_deployments.insert(deployment.environment, deployment.number).unwrap_or(0);
                    assert_eq!(deployment.number, before + 1, "a deployment number is used once");
                }
                Event::ExperimentRunPut(run) => {
                    let key = (run.definition.id, run.number);
                    let before = self.exposures.insert(key, run.exposure_percentage);
                    assert!(before.unwrap_or(0.0) <= run.exposure_percentage, "{before:?} % before, now {run:?}");
                    let before = run.number.checked_sub(2).map(|_| (run.definition.id, run.number - 1));
                    assert!(before.is_none_or(|before| self.exposures.contains_key(&before)), "runs are counted");
                }
                _ => {}
            }
        }
    }

    /// A running deployment's share never falls.
    fn check_shares(&mut self, decision: &Decision) {
        let realm = self.state.realm(decision.realm.as_ref().unwrap());
        for deployment in realm.all_deployments() {
            let key = (deployment.environment, deployment.number);
            assert!((0.0..=100.0).contains(&deployment.percentage));
            if deployment.is_running() || deployment.state == DeploymentState::Complete {
                let before = self.shares.insert(key, deployment.percentage).unwrap_or(0.0);
                assert!(before <= deployment.percentage, "{before} % before, now {deployment:?}");
            }
        }
    }

    /// A session is not served an older deployment, unless one was taken back.
    fn check_sessions(&mut self, decision: &Decision) {
        let taken_back = decision.events.iter().filter_map(|event| match event {
            Event::DeploymentRolledBack { environment, .. } | Event::DeploymentReverted { environment, .. } => {
                Some(*environment)
            }
            _ => None,
        });
        let taken_back: HashSet<Id> = taken_back.collect();
        for channel in self.state.channels() {
            let rollout = self.state.rollout(channel);
            let serve = |session: u128| {
                let number = rollout.next.as_ref().map_or(0, |(_, next)| next.deployment);
                let place = Place::of(session << 64 | session, channel.number, number);
                Some(rollout.choose(place)?.deployment)
            };
            let now: Vec<Option<u32>> = (0..SESSIONS).map(serve).collect();
            let before = self.served.insert(channel.number, now.clone());
            if !taken_back.contains(&channel.environment) {
                for (before, now) in before.iter().flatten().zip(&now) {
                    assert!(before <= now, "served {before:?}, and then {now:?}");
                }
            }
        }
    }
}

fn app(name: u8) -> String {
    format!("app{name}")
}

fn env(name: u8) -> String {
    format!("env{name}")
}

fn conf(name: u8) -> String {
    format!("conf{name}")
}

fn experiment(name: u8) -> String {
    format!("experiment{name}")
}

/// Some entities with what they get; the last of four gets what there is not.
fn entities(overrides: u8) -> BTreeMap<String, String> {
    let keys = [None, Some("t1"), Some("c"), Some("t9")];
    keys[usize::from(overrides)].map(|key| ("tess".into(), key.into())).into_iter().collect()
}

/// The command that an act means in this state; none if it means nothing there. Odd ones go by id where there is one.
fn command(state: &State, realm: &Realm, act: &Act, nth_entry: usize) -> Option<Command> {
    let realm_state = state.realm(realm);
    let by_id = nth_entry % 2 == 1;
    let found = |name: u8| realm_state.application(&app(name)).cloned();
    let application = |name: u8| match found(name) {
        Ok(found) if by_id => found.id.to_string(),
        _ => app(name),
    };
    let environment_of =
        |a: u8, name: u8| found(a).and_then(|application| realm_state.environment(&application, &env(name)).cloned());
    let environment = |a: u8, name: u8| match environment_of(a, name) {
        Ok(found) if by_id => found.id.to_string(),
        _ => env(name),
    };
    let profile = |a: u8, name: u8| {
        let found = found(a).and_then(|application| realm_state.profile(&application, &conf(name)).cloned());
        if let Ok(found) = found
            && by_id
        {
            found.id.to_string()
        } else {
            conf(name)
        }
    };
    // A definition, its latest run, and what it is called in a command.
    let definition = |a: u8, name: u8| {
        let found = found(a).and_then(|of| realm_state.definition(&of, &experiment(name)).cloned());
        match found {
            Ok(found) if by_id => (found.id.to_string(), i64::from(found.latest_run)),
            Ok(found) => (experiment(name), i64::from(found.latest_run)),
            Err(_) => (experiment(name), 0),
        }
    };
    let treatment = |weight: u8| TreatmentInput {
        weight: weight.into(),
        description: None,
        enabled: by_id,
        attributes: [("color".into(), AttributeValue::Strings(vec!["blue".into()]))].into(),
    };
    let deployment = RunDeployment {
        tags: [("made".into(), "by a run".into())].into(),
        applied: Vec::new(),
        latest_deployment: None,
    };
    let strategy = |nth: u8| {
        let own = realm_state.strategies(0, 99).items;
        own.get(usize::from(nth)).map(|strategy| strategy.id.to_string())
    };
    let running = |nth: u8| {
        let of_realm = state.running().filter(|(of, ..)| *of == realm).map(|(_, deployment, _)| deployment);
        let all: Vec<Arc<Deployment>> = of_realm.collect();
        all.get(usize::from(nth) % all.len().max(1)).cloned()
    };
    let description = by_id.then(|| format!("entry {nth_entry}"));
    Some(match act.clone() {
        Act::CreateApplication { name } => {
            Command::CreateApplication { name: app(name), description, tags: Tags::new() }
        }
        Act::RenameApplication { application: a, name } => {
            Command::UpdateApplication { application: application(a), name: Some(app(name)), description }
        }
        Act::DeleteApplication { application: a } => Command::DeleteApplication { application: application(a) },
        Act::CreateEnvironment { application: a, name } => Command::CreateEnvironment(CreateEnvironment {
            application: application(a),
            name: env(name),
            description,
            monitors: Vec::new(),
            tags: [("made".into(), "yes".into())].into(),
        }),
        Act::RenameEnvironment { application: a, environment: e, name } => {
            Command::UpdateEnvironment(UpdateEnvironment {
                application: application(a),
                environment: environment(a, e),
                name: Some(env(name)),
                description,
                monitors: None,
            })
        }
        Act::DeleteEnvironment { application: a, environment: e } => {
            delete_environment(application(a), environment(a, e))
        }
        Act::CreateProfile { application: a, name, kind } => Command::CreateProfile(CreateProfile {
            application: application(a),
            name: conf(name),
            description,
            location_uri: "hosted".into(),
            retrieval_role_arn: None,
            validators: Vec::new(),
            kind: [None, Some("AWS.AppConfig.FeatureFlags"), Some("AWS.Unknown")][usize::from(kind)].map(str::to_owned),
            kms_key_identifier: None,
            tags: Tags::new(),
        }),
        Act::RenameProfile { application: a, profile: p, name } => Command::UpdateProfile(UpdateProfile {
            application: application(a),
            profile: profile(a, p),
            name: Some(conf(name)),
            description,
            retrieval_role_arn: None,
            validators: None,
            kms_key_identifier: None,
        }),
        Act::DeleteProfile { application: a, profile: p } => delete_profile(application(a), profile(a, p)),
        Act::Publish { application: a, profile: p, label, latest } => {
            Command::CreateHostedVersion(CreateHostedVersion {
                application: application(a),
                profile: profile(a, p),
                description,
                content_type: "text/plain".into(),
                // Some are the same, and some were given up.
                content: ContentHash([(nth_entry % 50) as u8; 32]),
                size: 1,
                // One of the labels looks like a number, and is none.
                label: label.map(|label| if label == 3 { "+1".into() } else { format!("label{label}") }),
                latest_version: latest.map(i64::from),
            })
        }
        Act::DeleteVersion { application: a, profile: p, number } => {
            Command::DeleteHostedVersion { application: application(a), profile: profile(a, p), number: number.into() }
        }
        Act::CreateStrategy { plan } => Command::CreateStrategy(CreateStrategy {
            name: "strategy".into(),
            description,
            plan,
            replicate_to: ReplicateTo::None,
            tags: Tags::new(),
        }),
        Act::ChangeStrategy { nth, plan } => Command::UpdateStrategy(UpdateStrategy {
            strategy: strategy(nth)?,
            description,
            duration_in_minutes: Some(plan.duration_in_minutes),
            final_bake_time_in_minutes: None,
            growth_factor: Some(plan.growth_factor),
            growth_type: None,
        }),
        Act::DeleteStrategy { nth } => Command::DeleteStrategy { strategy: strategy(nth)? },
        Act::Deploy { application: a, environment: e, profile: p, version, strategy: nth, latest } => {
            let predefined = tidegate_domain::PREDEFINED[usize::from(nth) % 4].id;
            start_deployment(
                [application(a), environment(a, e), profile(a, p)],
                strategy(nth).unwrap_or(predefined.into()),
                if version == 0 { "label0".into() } else { version.to_string() },
                latest.map(i64::from),
            )
        }
        Act::Step { nth, late } => {
            let deployment = running(nth)?;
            take_step(deployment.environment, deployment.number, deployment.steps.wrapping_sub(late.into()))
        }
        Act::RollBack { nth, late } => {
            let deployment = running(nth)?;
            Command::RollBack {
                environment: deployment.environment,
                number: deployment.number,
                steps: deployment.steps.wrapping_sub(late.into()),
                by: TriggeredBy::CloudwatchAlarm,
                reason: "an alarm".into(),
                invocations: Vec::new(),
            }
        }
        Act::Stop { application: a, environment: e, back, allow_revert } => {
            let latest = environment_of(a, e).map_or(0, |found| i64::from(found.latest_deployment));
            Command::StopDeployment {
                application: application(a),
                environment: environment(a, e),
                number: latest - i64::from(back),
                allow_revert,
            }
        }
        Act::Tag { application: a, environment: e, key } => {
            let found = environment_of(a, e).ok()?;
            let resource = Resource::Environment(found.application, found.id);
            let key = format!("key{key}");
            if by_id {
                Command::Untag { resource, arn: String::new(), keys: vec![key] }
            } else {
                Command::Tag { resource, arn: String::new(), tags: [(key, "value".into())].into() }
            }
        }
        Act::Define { application: a, environment: e, profile: p, name, flag } => {
            Command::CreateDefinition(Box::new(CreateDefinition {
                application: application(a),
                name: experiment(name),
                profile: profile(a, p),
                environment: environment(a, e),
                flag_key: format!("flag{flag}"),
                treatments: vec![treatment(50), treatment(0)],
                control: treatment(40),
                audience_rule: "(exists key::\"country\")".into(),
                audience_description: description,
                hypothesis: None,
                launch_criteria: None,
                tags: [("made".into(), "yes".into())].into(),
            }))
        }
        Act::Redefine { application: a, name } => Command::UpdateDefinition(Box::new(UpdateDefinition {
            application: application(a),
            definition: definition(a, name).0,
            treatments: by_id.then(|| vec![treatment(1)]),
            control: None,
            audience_rule: None,
            audience_description: description,
            hypothesis: None,
            launch_criteria: None,
        })),
        Act::PutAway { application: a, name, is_destroyed } => {
            Command::DeleteDefinition { application: application(a), definition: definition(a, name).0, is_destroyed }
        }
        Act::StartRun { application: a, name, exposure, overrides } => Command::StartRun(Box::new(StartRun {
            application: application(a),
            definition: definition(a, name).0,
            description,
            exposure_percentage: by_id.then_some(exposure.into()),
            overrides: entities(overrides),
            tags: [("made".into(), "yes".into())].into(),
            deployment,
        })),
        Act::ChangeRun { application: a, name, back, exposure, overrides } => {
            let (definition, latest) = definition(a, name);
            Command::UpdateRun(Box::new(UpdateRun {
                application: application(a),
                definition,
                run: latest - i64::from(back),
                description,
                exposure_percentage: exposure.map(f64::from),
                overrides: overrides.map(entities),
                deployment,
            }))
        }
        Act::StopRun { application: a, name, back } => {
            let (definition, latest) = definition(a, name);
            let result = by_id.then(RunResult::default);
            let run = latest - i64::from(back);
            Command::StopRun { application: application(a), definition, run, result, deployment }
        }
        Act::Sweep => unreachable!("it needs the contents that there are"),
        Act::RotateKey => Command::RotateTokenKey { secret: Secret([7; 32]), max_age_ms: 24 * HOUR_MS },
        Act::DeleteAllVersionsAndTheProfile { .. } | Act::Wait { .. } => return None,
    })
}

fn delete_environment(application: String, environment: String) -> Command {
    Command::DeleteEnvironment { application, environment, protection: Protection::default() }
}

fn delete_profile(application: String, profile: String) -> Command {
    Command::DeleteProfile { application, profile, protection: Protection::default() }
}

fn take_step(environment: Id, number: u32, steps: u32) -> Command {
    Command::TakeStep { environment, number, steps, invocations: Vec::new() }
}

fn start_deployment(target: [String; 3], strategy: String, version: String, latest_deployment: Option<i64>) -> Command {
    let [application, environment, profile] = target;
    Command::StartDeployment(StartDeployment {
        application,
        environment,
        strategy,
        profile,
        version,
        description: None,
        kms_key_identifier: None,
        latest_deployment,
        tags: Tags::new(),
        content: None,
        applied: Vec::new(),
        invocations: Vec::new(),
    })
}

/// Everything that holds of a state by itself.
fn check(state: &State, contents: &BTreeSet<ContentHash>) {
    for (_, realm) in state.realms() {
        let applications = realm.applications(0, 99).items;
        check_list(&applications, |row| row.id, |row| &row.name, |key| realm.application(key).cloned());
        for application in &applications {
            let environments = realm.environments(application.id, 0, 99).items;
            let find = |key: &str| realm.environment(application, key).cloned();
            check_list(&environments, |row| row.id, |row| &row.name, find);
            environments.iter().for_each(|environment| check_environment(realm, environment));
            let profiles = realm.profiles(application.id, 0, 99, |_| true).items;
            let find = |key: &str| realm.profile(application, key).cloned();
            check_list(&profiles, |row| row.id, |row| &row.name, find);
            profiles.iter().for_each(|profile| check_versions(realm, profile));
            for profile in &profiles {
                for version in realm.versions(profile.id, u64::MAX, 9_999, |_| true).items {
                    assert!(contents.contains(&version.content), "{version:?}");
                }
            }
            let definitions = realm.definitions(0..u64::MAX, 99, |one| one.application == application.id).items;
            let find = |key: &str| realm.definition(application, key).cloned();
            check_list(&definitions, |row| row.id, |row| &row.name, find);
        }
        check_experiments(realm);
        for strategy in realm.strategies(0, 99).items {
            assert_eq!(realm.strategy(strategy.id.as_str()).unwrap(), &strategy);
        }
        for deployment in realm.all_deployments() {
            assert!(realm.has(Resource::Environment(deployment.application, deployment.environment)));
        }
    }
    check_running(state);
    check_channels(state, contents);
}

/// Every row of a list is found under its id and under its name, and no two share one.
fn check_list<R: PartialEq + std::fmt::Debug>(
    rows: &[Arc<R>],
    id: impl Fn(&R) -> Id,
    name: impl Fn(&R) -> &String,
    find: impl Fn(&str) -> Result<Arc<R>, Refusal>,
) {
    for row in rows {
        assert_eq!(find(id(row).as_str()).as_ref(), Ok(row), "by id");
        assert_eq!(find(name(row)).as_ref(), Ok(row), "by name");
    }
    let names: HashSet<&String> = rows.iter().map(|row| name(row)).collect();
    assert_eq!(names.len(), rows.len(), "names are unique");
}

fn check_versions(realm: &RealmState, profile: &Profile) {
    let versions = realm.versions(profile.id, u64::MAX, 99, |_| true).items;
    for version in &versions {
        assert!(version.number <= profile.latest_version);
        assert_eq!(realm.version(profile, version.number.into()), Ok(version));
        assert_eq!(realm.version_by_reference(profile, &version.number.to_string()), Some(version));
        if let Some(label) = &version.label {
            assert_eq!(realm.version_by_reference(profile, label), Some(version), "by label");
        }
    }
    assert_eq!(realm.latest_version(profile.id), versions.first());
}

/// At most one deployment runs, and the environment says which.
fn check_environment(realm: &RealmState, environment: &Environment) {
    let deployments = realm.deployments(environment.id, u64::MAX, 9_999).items;
    assert_eq!(deployments.len(), environment.latest_deployment as usize, "deployments are never deleted");
    for deployment in &deployments {
        assert_eq!(realm.deployment(environment, deployment.number.into()), Ok(deployment));
        assert_eq!(
            deployment.state == DeploymentState::Complete,
            deployment.percentage == 100.0 && !deployment.is_running()
        );
    }
    let running: Vec<u32> = deployments.iter().filter(|one| one.is_running()).map(|one| one.number).collect();
    assert_eq!(running, Vec::from_iter(environment.running), "one deployment at a time");
    assert_eq!(environment.state == EnvironmentState::Deploying, environment.running.is_some());
}

/// Runs are counted from 1 and one after another; at most one is on per definition, and per flag of a channel.
fn check_experiments(realm: &RealmState) {
    let mut flags = HashSet::new();
    for definition in realm.definitions(0..u64::MAX, 99, |_| true).items {
        let runs = realm.runs(definition.id, u64::MAX, 999, |_| true).items;
        let numbers: Vec<u32> = runs.iter().map(|run| run.number).collect();
        assert_eq!(numbers, (1..=definition.latest_run).rev().collect::<Vec<_>>());
        let running: Vec<u32> =
            runs.iter().filter(|run| run.status == RunStatus::Running).map(|run| run.number).collect();
        assert!(running.iter().all(|number| *number == definition.latest_run), "only the latest run is on");
        assert_eq!(definition.status == DefinitionStatus::Active, running.len() == 1, "{definition:?}");
        for run in &runs {
            assert_eq!(realm.run(&definition, run.number.into()), Ok(run));
            assert!((0.0..=100.0).contains(&run.exposure_percentage));
            assert_eq!(run.ended_at_ms.is_some(), run.status == RunStatus::Done);
        }
        let (environment, profile) = (definition.environment, definition.profile);
        let on_channel = realm.running_experiments(definition.application, environment, profile);
        assert_eq!(on_channel.iter().any(|run| run.definition.id == definition.id), running.len() == 1);
        if definition.status != DefinitionStatus::Archived {
            assert!(realm.has(Resource::Environment(definition.application, environment)));
            assert!(realm.has(Resource::Profile(definition.application, profile)));
        }
        if definition.status == DefinitionStatus::Active {
            assert!(flags.insert((environment, profile, definition.flag_key.clone())), "two runs on one flag");
            assert!(realm.latest_complete(environment, profile).is_some(), "{definition:?}");
        }
    }
    for deployment in realm.all_deployments().filter(|deployment| deployment.kind == DeploymentKind::Managed) {
        assert!(!deployment.is_running(), "what the service deploys itself is there at once");
    }
}

/// [`State::running`] is what the records say.
fn check_running(state: &State) {
    let listed: BTreeSet<(Realm, Id, u32)> = state
        .running()
        .map(|(realm, deployment, _)| (realm.clone(), deployment.environment, deployment.number))
        .collect();
    let recorded = state.realms().flat_map(|(realm, of)| {
        let running = of.all_deployments().filter(|deployment| deployment.is_running());
        running.map(|deployment| (realm.clone(), deployment.environment, deployment.number)).collect::<Vec<_>>()
    });
    assert_eq!(listed, recorded.collect());
}

/// A channel belongs to things that exist, and delivers contents that exist: the latest complete deployment of its
/// profile, and the one that runs.
fn check_channels(state: &State, contents: &BTreeSet<ContentHash>) {
    for channel in state.channels() {
        let realm = state.realm(&channel.realm);
        assert!(realm.has(Resource::Environment(channel.application, channel.environment)), "{channel:?}");
        assert!(realm.has(Resource::Profile(channel.application, channel.profile)), "{channel:?}");
        assert_eq!(realm.channel_number(channel.environment, channel.profile), Some(channel.number));
        let of_channel = realm.deployments(channel.environment, u64::MAX, 9_999).items;
        let of_channel: Vec<_> = of_channel.iter().filter(|deployment| deployment.profile == channel.profile).collect();
        let complete = of_channel.iter().find(|deployment| deployment.state == DeploymentState::Complete);
        let running = of_channel.iter().find(|deployment| deployment.is_running());
        let rollout = state.rollout(channel);
        assert_eq!(rollout.base.as_ref().map(|base| base.deployment), complete.map(|one| one.number));
        assert_eq!(
            rollout.next.as_ref().map(|(share, next)| (*share, next.deployment)),
            running.map(|one| (one.percentage, one.number)),
        );
        for standing in rollout.base.iter().chain(rollout.next.as_ref().map(|(_, next)| next)) {
            assert!(contents.contains(&standing.content.hash), "{standing:?}");
        }
    }
}

fn config() -> Config {
    let usual = Config::default();
    // The environment may ask for more.
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { usual.cases } else { 64 };
    Config { rng_seed: RngSeed::Fixed(2026), failure_persistence: None, cases, ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_rule_holds_after_every_command_and_replaying_gives_the_same_state(story in stories()) {
        let mut world = World::new();
        for (is_elsewhere, act) in &story {
            world.play(*is_elsewhere, act);
        }
        let mut replayed = State::default();
        for (index, entry) in world.journal.iter().enumerate() {
            replayed.apply(index as u64 + 1, &serde_json::from_str(entry).unwrap());
        }
        prop_assert!(replayed == world.state, "{:#?}\n{:#?}", replayed, world.state);
        let written = serde_json::to_vec(&Snapshot::of(&world.state)).unwrap();
        let restored = serde_json::from_slice::<Snapshot>(&written).unwrap().restore().unwrap();
        prop_assert!(restored == world.state, "{:#?}\n{:#?}", restored, world.state);
    }
}

/// A property that no story reaches says nothing.
#[test]
fn the_stories_get_everywhere() {
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..60 {
        let story = stories().new_tree(&mut runner).unwrap().current();
        let mut world = World::new();
        for (is_elsewhere, act) in &story {
            world.play(*is_elsewhere, act);
        }
        for entry in &world.journal {
            let decision: serde_json::Value = serde_json::from_str(entry).unwrap();
            for event in decision["events"].as_array().unwrap() {
                for kind in event.as_object().unwrap().keys() {
                    *seen.entry(kind.clone()).or_default() += 1;
                }
                if let Some(events) = event.pointer("/ExperimentRunPut/events").and_then(|events| events.as_array()) {
                    let kind = events.last().and_then(|event| event["kind"].as_str()).unwrap();
                    *seen.entry(kind.to_owned()).or_default() += 1;
                }
                if let Some(step) = event.pointer("/DeploymentStepped/step").and_then(|step| step.as_str()) {
                    *seen.entry(step.to_owned()).or_default() += 1;
                }
            }
        }
    }
    let wanted = [
        "ApplicationDeleted",
        "ApplicationUpdated",
        "Bake",
        "Complete",
        "ContentsCondemned",
        "DeploymentReverted",
        "DeploymentRolledBack",
        "DeploymentStarted",
        "EnvironmentDeleted",
        "EnvironmentUpdated",
        "ExperimentDefinitionDestroyed",
        "ExperimentDefinitionPut",
        "ExposureUpdated",
        "HostedVersionDeleted",
        "OverridesUpdated",
        "ProfileDeleted",
        "ProfileUpdated",
        "RunStarted",
        "RunStopped",
        "StrategyDeleted",
        "StrategyUpdated",
        "Tagged",
        "TokenKeyCreated",
        "Untagged",
    ];
    for kind in wanted {
        assert!(seen.contains_key(kind), "{kind} never happens: {seen:?}");
    }
}
