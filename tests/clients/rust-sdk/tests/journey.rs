//! AWS's Rust SDK against the built binary: create, deploy by and by, poll through the change, stop, and read the errors.
//!
//! Run it alone, from the repository's root, after `cargo build`:
//!
//! ```text
//! TIDEGATE_BIN=$PWD/target/debug/tidegate CARGO_TARGET_DIR=target/clients-rust-sdk \
//!     cargo test --locked --manifest-path tests/clients/rust-sdk/Cargo.toml
//! ```
//!
//! Each test starts its own server with `--clock manual`. Nothing here sleeps: the SDK's own sleeps, those of its waiters,
//! are turned into steps of the server's clock.

mod server;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_appconfig::client::Waiters;
use aws_sdk_appconfig::error::ProvideErrorMetadata;
use aws_sdk_appconfig::operation::create_hosted_configuration_version::CreateHostedConfigurationVersionError;
use aws_sdk_appconfig::operation::start_deployment::StartDeploymentOutput;
use aws_sdk_appconfig::primitives::Blob;
use aws_sdk_appconfig::types::{DeploymentEventType, DeploymentState, GrowthType, ReplicateTo, TriggeredBy};
use aws_sdk_appconfig::waiters::environment_ready_for_deployment::WaitUntilEnvironmentReadyForDeploymentError;
use aws_sdk_appconfigdata::operation::get_latest_configuration::GetLatestConfigurationError;
use aws_sdk_appconfigdata::operation::start_configuration_session::StartConfigurationSessionError;
use aws_sdk_appconfigdata::types::{BadRequestDetails, BadRequestReason, InvalidParameterProblem, ResourceType};
use server::Server;

const FIRST: &[u8] = br#"{"checkout":"classic"}"#;
const SECOND: &[u8] = br#"{"checkout":"one page"}"#;

/// An application with an environment, a hosted profile and the content [`FIRST`] deployed to everyone.
struct Shop {
    server: Server,
    control: aws_sdk_appconfig::Client,
    data: aws_sdk_appconfigdata::Client,
    application_id: String,
    environment_id: String,
    profile_id: String,
}

impl Shop {
    async fn open(account: &'static str) -> Shop {
        let server = Server::start();
        let control = server.control(account);
        let data = server.data(account);
        let application = control.create_application().name("shop").send().await.unwrap();
        let application_id = application.id().unwrap().to_owned();
        let environment =
            control.create_environment().application_id(&application_id).name("live").send().await.unwrap();
        assert_eq!(environment.state().unwrap().as_str(), "ReadyForDeployment");
        let profile = control
            .create_configuration_profile()
            .application_id(&application_id)
            .name("checkout")
            .location_uri("hosted")
            .send()
            .await
            .unwrap();
        assert_eq!(profile.r#type(), Some("AWS.Freeform"));
        let shop = Shop {
            environment_id: environment.id().unwrap().to_owned(),
            profile_id: profile.id().unwrap().to_owned(),
            server,
            control,
            data,
            application_id,
        };
        assert_eq!(shop.put(FIRST, "first").await, 1);
        let at_once = shop.strategy("at once", 0, 100.0, 0).await;
        let deployment = shop.deploy(&at_once, "1").await;
        assert_eq!(deployment.state(), Some(&DeploymentState::Complete));
        assert_eq!(deployment.percentage_complete(), Some(100.0));
        assert!(deployment.completed_at().is_some());
        shop
    }

    async fn put(&self, content: &[u8], label: &str) -> i32 {
        let version = self
            .control
            .create_hosted_configuration_version()
            .application_id(&self.application_id)
            .configuration_profile_id(&self.profile_id)
            .content(Blob::new(content))
            .content_type("application/json")
            .version_label(label)
            .send()
            .await
            .unwrap();
        assert_eq!(version.content().unwrap().as_ref(), content);
        version.version_number()
    }

    async fn strategy(&self, name: &str, duration_minutes: i32, growth: f32, bake_minutes: i32) -> String {
        let strategy = self
            .control
            .create_deployment_strategy()
            .name(name)
            .deployment_duration_in_minutes(duration_minutes)
            .growth_factor(growth)
            .growth_type(GrowthType::Linear)
            .final_bake_time_in_minutes(bake_minutes)
            .replicate_to(ReplicateTo::None)
            .send()
            .await
            .unwrap();
        strategy.id().unwrap().to_owned()
    }

    async fn deploy(&self, strategy_id: &str, version: &str) -> StartDeploymentOutput {
        self.control
            .start_deployment()
            .application_id(&self.application_id)
            .environment_id(&self.environment_id)
            .configuration_profile_id(&self.profile_id)
            .deployment_strategy_id(strategy_id)
            .configuration_version(version)
            .send()
            .await
            .unwrap()
    }

    async fn environment_state(&self) -> String {
        let environment = self
            .control
            .get_environment()
            .application_id(&self.application_id)
            .environment_id(&self.environment_id)
            .send()
            .await
            .unwrap();
        environment.state().unwrap().as_str().to_owned()
    }

    async fn session(&self) -> Session {
        let started = self
            .data
            .start_configuration_session()
            .application_identifier("shop")
            .environment_identifier("live")
            .configuration_profile_identifier("checkout")
            .required_minimum_poll_interval_in_seconds(15)
            .send()
            .await
            .unwrap();
        Session { token: started.initial_configuration_token().unwrap().to_owned(), held: Vec::new() }
    }

    /// Polls once and says whether new content came.
    async fn poll(&self, session: &mut Session) -> bool {
        let answer = self.data.get_latest_configuration().configuration_token(&session.token).send().await.unwrap();
        assert_eq!(answer.next_poll_interval_in_seconds(), 15);
        session.token = answer.next_poll_configuration_token().unwrap().to_owned();
        let body = answer.configuration().map(|blob| blob.as_ref().to_vec()).unwrap_or_default();
        if body.is_empty() {
            return false;
        }
        assert_eq!(answer.content_type(), Some("application/json"));
        let label = if body == FIRST { "first" } else { "second" };
        assert_eq!(answer.version_label(), Some(label));
        session.held = body;
        true
    }
}

/// A client's side of a configuration session: the next token and the content that it works with.
struct Session {
    token: String,
    held: Vec<u8>,
}

#[tokio::test]
async fn sessions_move_to_the_new_version_step_by_step_and_never_back() {
    let shop = Shop::open("310000000001").await;
    let mut sessions = Vec::new();
    for _ in 0..40 {
        let mut session = shop.session().await;
        assert!(shop.poll(&mut session).await, "the first poll of a session always brings the content");
        assert_eq!(session.held, FIRST);
        sessions.push(session);
    }

    assert_eq!(shop.put(SECOND, "second").await, 2);
    let slow = shop.strategy("a quarter at a time", 20, 25.0, 10).await;
    let deployment = shop.deploy(&slow, "second").await;
    assert_eq!(deployment.state(), Some(&DeploymentState::Deploying));
    assert_eq!(deployment.deployment_number(), 2);
    assert_eq!(deployment.configuration_version(), Some("2"));
    assert_eq!(deployment.version_label(), Some("second"));
    assert_eq!(deployment.percentage_complete(), Some(0.0));
    assert_eq!(shop.environment_state().await, "Deploying");

    let mut moved_before = BTreeSet::new();
    // Four steps, a fifth of the duration apart; the last of them reaches everyone.
    for percentage in [25.0, 50.0, 75.0, 100.0] {
        shop.server.advance(4 * 60 + 1);
        let now = shop
            .control
            .get_deployment()
            .application_id(&shop.application_id)
            .environment_id(&shop.environment_id)
            .deployment_number(2)
            .send()
            .await
            .unwrap();
        assert_eq!(now.percentage_complete(), Some(percentage));
        let mut moved = BTreeSet::new();
        for (number, session) in sessions.iter_mut().enumerate() {
            shop.poll(session).await;
            if session.held == SECOND {
                moved.insert(number);
            }
        }
        assert!(moved.is_superset(&moved_before), "a session went back while the deployment stood");
        moved_before = moved;
    }
    assert_eq!(moved_before.len(), sessions.len());

    let finished = shop
        .server
        .control_whose_sleeps_move_the_clock("310000000001")
        .wait_until_deployment_complete()
        .application_id(&shop.application_id)
        .environment_id(&shop.environment_id)
        .deployment_number(2)
        .wait(Duration::from_secs(3600))
        .await
        .unwrap()
        .into_result()
        .unwrap();
    assert_eq!(finished.state(), Some(&DeploymentState::Complete));
    let events: Vec<_> = finished
        .event_log()
        .iter()
        .map(|event| (event.event_type().unwrap().clone(), event.triggered_by().unwrap().clone()))
        .collect();
    assert_eq!(
        events,
        [
            (DeploymentEventType::DeploymentCompleted, TriggeredBy::Appconfig),
            (DeploymentEventType::BakeTimeStarted, TriggeredBy::Appconfig),
            (DeploymentEventType::PercentageUpdated, TriggeredBy::Appconfig),
            (DeploymentEventType::PercentageUpdated, TriggeredBy::Appconfig),
            (DeploymentEventType::PercentageUpdated, TriggeredBy::Appconfig),
            (DeploymentEventType::PercentageUpdated, TriggeredBy::Appconfig),
            (DeploymentEventType::DeploymentStarted, TriggeredBy::User),
        ]
    );
    for session in &mut sessions {
        shop.server.advance(15);
        assert!(!shop.poll(session).await, "nothing new came after everyone had it");
    }
}

#[tokio::test]
async fn a_stopped_deployment_serves_the_previous_version() {
    let shop = Shop::open("310000000002").await;
    shop.put(SECOND, "second").await;
    let everyone_then_bake = shop.strategy("bake", 0, 100.0, 30).await;
    shop.deploy(&everyone_then_bake, "2").await;
    shop.server.advance(30);
    let mut session = shop.session().await;
    assert!(shop.poll(&mut session).await);
    assert_eq!(session.held, SECOND);

    let stopped = shop
        .control
        .stop_deployment()
        .application_id(&shop.application_id)
        .environment_id(&shop.environment_id)
        .deployment_number(2)
        .send()
        .await
        .unwrap();
    assert_eq!(stopped.state(), Some(&DeploymentState::RolledBack));
    assert_eq!(stopped.percentage_complete(), Some(0.0));
    assert!(stopped.completed_at().is_none());
    assert_eq!(stopped.event_log()[0].event_type(), Some(&DeploymentEventType::RollbackCompleted));
    assert_eq!(shop.environment_state().await, "RolledBack");

    shop.server.advance(15);
    assert!(shop.poll(&mut session).await);
    assert_eq!(session.held, FIRST);

    let waited = shop
        .server
        .control_whose_sleeps_move_the_clock("310000000002")
        .wait_until_environment_ready_for_deployment()
        .application_id(&shop.application_id)
        .environment_id(&shop.environment_id)
        .wait(Duration::from_secs(600))
        .await;
    assert!(
        matches!(waited, Err(WaitUntilEnvironmentReadyForDeploymentError::FailureState(_))),
        "the waiter takes a rolled-back environment for a failure: {waited:?}"
    );
}

#[tokio::test]
async fn the_environment_waiter_ends_when_the_deployment_does() {
    let shop = Shop::open("310000000003").await;
    shop.put(SECOND, "second").await;
    let slow = shop.strategy("half by half", 10, 50.0, 0).await;
    shop.deploy(&slow, "2").await;
    let ready = shop
        .server
        .control_whose_sleeps_move_the_clock("310000000003")
        .wait_until_environment_ready_for_deployment()
        .application_id(&shop.application_id)
        .environment_id(&shop.environment_id)
        .wait(Duration::from_secs(3600))
        .await
        .unwrap()
        .into_result()
        .unwrap();
    assert_eq!(ready.state().unwrap().as_str(), "ReadyForDeployment");
}

#[tokio::test]
async fn refusals_arrive_as_the_modelled_types() {
    let shop = Shop::open("310000000004").await;

    let unknown = shop.control.get_application().application_id("zzzzzzz").send().await.unwrap_err();
    let unknown = unknown.into_service_error();
    assert!(unknown.is_resource_not_found_exception(), "{unknown:?}");
    assert_eq!(unknown.message(), Some("Application with Id zzzzzzz could not be found for account 310000000004."));

    let twice = shop.control.create_application().name("shop").send().await.unwrap_err().into_service_error();
    assert!(twice.is_bad_request_exception(), "{twice:?}");
    assert_eq!(
        twice.message(),
        Some(
            format!(
                "Application with name shop already exists with id {} in account 310000000004",
                shop.application_id
            )
            .as_str()
        )
    );

    let large = shop
        .control
        .create_hosted_configuration_version()
        .application_id(&shop.application_id)
        .configuration_profile_id(&shop.profile_id)
        .content_type("text/plain")
        .content(Blob::new(vec![b'x'; 2 * 1024 * 1024 + 1]))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    match large {
        CreateHostedConfigurationVersionError::PayloadTooLargeException(e) => {
            assert_eq!((e.message(), e.limit(), e.size()), (Some("Content size limit exceeded."), 2048.0, 2049.0));
        }
        other => panic!("not the modelled refusal: {other:?}"),
    }

    let stale = shop
        .control
        .create_hosted_configuration_version()
        .application_id(&shop.application_id)
        .configuration_profile_id(&shop.profile_id)
        .content_type("text/plain")
        .content(Blob::new("x"))
        .latest_version_number(5)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(stale.is_conflict_exception(), "{stale:?}");
    assert_eq!(stale.message(), Some("Expected latest version 5 does not match actual latest version 1"));
}

#[tokio::test]
async fn an_early_poll_and_a_broken_token_say_what_is_wrong() {
    let shop = Shop::open("310000000005").await;
    let mut session = shop.session().await;
    shop.poll(&mut session).await;

    let problem = |error: GetLatestConfigurationError| {
        let GetLatestConfigurationError::BadRequestException(e) = error else {
            panic!("not the modelled refusal: {error:?}");
        };
        assert_eq!(e.reason(), Some(&BadRequestReason::InvalidParameters));
        let Some(BadRequestDetails::InvalidParameters(parameters)) = e.details() else {
            panic!("no details: {e:?}");
        };
        (e.message().unwrap_or_default().to_owned(), parameters["ConfigurationToken"].problem().unwrap().clone())
    };
    let ask = |token: String| shop.data.get_latest_configuration().configuration_token(token).send();

    let early = ask(session.token.clone()).await.unwrap_err().into_service_error();
    assert_eq!(problem(early), ("Request too early".to_owned(), InvalidParameterProblem::PollIntervalNotSatisfied));
    let cut = ask(session.token[..session.token.len() - 4].to_owned()).await.unwrap_err();
    assert_eq!(problem(cut.into_service_error()).1, InvalidParameterProblem::Corrupted);

    shop.server.advance(15);
    assert!(!shop.poll(&mut session).await, "the refused poll did not use the token up");

    shop.server.advance(24 * 3600 + 60);
    let late = ask(session.token.clone()).await.unwrap_err();
    assert_eq!(problem(late.into_service_error()).1, InvalidParameterProblem::Expired);

    let nowhere = shop
        .data
        .start_configuration_session()
        .application_identifier("no such application")
        .environment_identifier("live")
        .configuration_profile_identifier("checkout")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    match nowhere {
        StartConfigurationSessionError::ResourceNotFoundException(e) => {
            assert_eq!(e.resource_type(), Some(&ResourceType::Application));
            assert_eq!(e.referenced_by().unwrap()["ApplicationIdentifier"], "no such application");
        }
        other => panic!("not the modelled refusal: {other:?}"),
    }
}

#[tokio::test]
async fn the_paginator_brings_each_item_once() {
    let server = Server::start();
    let control = server.control("310000000006");
    let mut names = BTreeSet::new();
    for number in 0..5 {
        let name = format!("application {number}");
        control.create_application().name(&name).send().await.unwrap();
        names.insert(name);
    }
    let mut pages = control.list_applications().into_paginator().page_size(2).send();
    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        sizes.push(page.items().len());
        seen.extend(page.items().iter().map(|item| item.name().unwrap().to_owned()));
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(seen.len(), names.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), names);
}
