//! The service that configurations come from: AWS, or a Tidegate node, through AWS's own SDK.
//!
//! The SDK signs, finds credentials and assumes roles. Its requests go out through the HTTP client that the rest of
//! Tidegate has, so that there is one TLS stack, and a proxy can be given headers.

mod connector;
mod followers;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_appconfigdata::Client;
use aws_sdk_appconfigdata::config::StalledStreamProtectionConfig;
use aws_sdk_appconfigdata::error::SdkError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::failure::Failure;
use crate::name::Name;
use crate::settings::{Role, Settings};
use crate::version::{ACCEPT, Told};
use connector::Connector;
pub(crate) use followers::{Followers, Watched};

/// The shortest interval that a session may ask for, in seconds.
const SHORTEST_INTERVAL_S: u64 = 15;
const LONGEST_INTERVAL_S: u64 = 86_400;

/// The service, and how it is asked.
#[derive(Debug)]
pub(crate) struct Upstream {
    config: SdkConfig,
    is_unsigned: bool,
    /// A client for each role; none stands for the agent's own credentials.
    clients: Mutex<HashMap<Option<Role>, Client>>,
    role: Option<Role>,
    places: Semaphore,
    timeout: Duration,
    /// Streams, where upstream has them.
    pub followers: Option<Followers>,
}

/// What a poll brought.
#[derive(Debug)]
pub(crate) struct Polled {
    /// For the next poll.
    pub token: String,
    /// How long to wait until then.
    pub interval: Duration,
    /// A version, if there is a newer one.
    pub news: Option<(Told, Bytes)>,
}

impl Upstream {
    /// Makes ready to ask; finds the region and, of a node, whether there are credentials to sign with.
    pub(crate) async fn new(settings: &Settings) -> Result<Self, String> {
        let connector = Connector::new(settings)?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(connector.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Ok(name) = AppName::new("tidegate-agent") {
            loader = loader.app_name(name);
        }
        let mut is_unsigned = false;
        if let Some(url) = &settings.upstream {
            let region = settings.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
            loader = loader.endpoint_url(url).region(Region::new(region));
            let providers = ProviderConfig::without_region().with_http_client(connector);
            // What a machine in a cloud can sign with is of no use here, and asking for it takes seconds elsewhere.
            let own = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
                .or_else("Profile", ProfileFileCredentialsProvider::builder().configure(&providers).build());
            is_unsigned = own.provide_credentials().await.is_err();
            loader = if is_unsigned { loader.no_credentials() } else { loader.credentials_provider(own) };
        } else if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = loader.load().await;
        if config.region().is_none() {
            return Err("the region of AWS AppConfig is not known".to_owned());
        }
        Ok(Self {
            config,
            is_unsigned,
            clients: Mutex::default(),
            role: settings.role.clone(),
            places: Semaphore::new(settings.max_connections),
            timeout: settings.request_timeout,
            followers: Followers::new(settings)?,
        })
    }

    /// Starts a session, and gives its first token. Whoever wants to poll more often than sessions may ask for leaves
    /// the interval to the service.
    pub(crate) async fn start(
        &self,
        role: Option<&Role>,
        name: &Name,
        poll_interval: Duration,
    ) -> Result<String, Failure> {
        let interval_s = poll_interval.as_secs();
        let interval_s = (interval_s >= SHORTEST_INTERVAL_S).then(|| interval_s.min(LONGEST_INTERVAL_S));
        let request = self
            .client(role)
            .await
            .start_configuration_session()
            .application_identifier(name.application())
            .environment_identifier(name.environment())
            .configuration_profile_identifier(name.configuration())
            .set_required_minimum_poll_interval_in_seconds(interval_s.and_then(|it| i32::try_from(it).ok()));
        let started = self.in_time(request.send()).await?;
        started
            .initial_configuration_token
            .filter(|token| !token.is_empty())
            .ok_or_else(|| not_the_service("it starts sessions without a token"))
    }

    /// Asks for something newer.
    pub(crate) async fn poll(&self, role: Option<&Role>, token: &str) -> Result<Polled, Failure> {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let request = self
            .client(role)
            .await
            .get_latest_configuration()
            .configuration_token(token)
            .customize()
            .mutate_request(|request| {
                request.headers_mut().insert("accept", ACCEPT);
            })
            .interceptor(See(seen.clone()));
        let answer = self.in_time(request.send()).await?;
        let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        let token = answer
            .next_poll_configuration_token
            .filter(|token| !token.is_empty())
            .ok_or_else(|| not_the_service("its answer to a poll has no next token"))?;
        let content = answer.configuration.map(|blob| Bytes::from(blob.into_inner())).unwrap_or_default();
        let told = Told {
            content_type: answer.content_type.unwrap_or_default(),
            number: seen.version,
            label: answer.version_label,
            experiment_flags: seen.experiment_flags,
        };
        Ok(Polled {
            token,
            interval: Duration::from_secs(u64::try_from(answer.next_poll_interval_in_seconds).unwrap_or(0)),
            news: (!content.is_empty()).then_some((told, content)),
        })
    }

    async fn client(&self, role: Option<&Role>) -> Client {
        let role = role.or(self.role.as_ref()).cloned();
        let known = self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(&role).cloned();
        if let Some(client) = known {
            return client;
        }
        let mut config = aws_sdk_appconfigdata::config::Builder::from(&self.config);
        if let Some(role) = &role {
            let mut assumed = AssumeRoleProvider::builder(&role.arn)
                .configure(&self.config)
                .session_name(role.session_name.as_deref().unwrap_or("AWSAppConfigAgent"));
            if let Some(external_id) = &role.external_id {
                assumed = assumed.external_id(external_id);
            }
            if let Some(duration) = role.duration {
                assumed = assumed.session_length(duration);
            }
            config = config.credentials_provider(assumed.build().await);
        } else if self.is_unsigned {
            config = config.allow_no_auth();
        }
        let client = Client::from_conf(config.build());
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).entry(role).or_insert(client).clone()
    }

    /// Waits for an answer, within the bounds of number and time.
    async fn in_time<T, E: std::error::Error + Send + Sync + 'static>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E, Response>>>,
    ) -> Result<T, Failure> {
        let call = async {
            let _place = self.places.acquire().await;
            call.await.map_err(failure_of)
        };
        tokio::time::timeout(self.timeout, call).await.unwrap_or_else(|_| {
            Err(Failure::gateway_timeout(format!("Upstream did not answer within {} ms", self.timeout.as_millis())))
        })
    }
}

fn not_the_service(what: &str) -> Failure {
    Failure::bad_gateway(format!("Upstream is not AppConfig: {what}"))
}

fn failure_of<E: std::error::Error + Send + Sync + 'static>(error: SdkError<E, Response>) -> Failure {
    match &error {
        SdkError::ServiceError(refused) => {
            let raw = refused.raw();
            Failure::of_upstream(raw.status().as_u16(), raw.body().bytes())
        }
        SdkError::ResponseError(unread) if !unread.raw().status().is_success() => {
            Failure::of_upstream(unread.raw().status().as_u16(), unread.raw().body().bytes())
        }
        SdkError::ResponseError(_) => not_the_service(&chain(&error)),
        _ => Failure::bad_gateway(format!("Upstream cannot be reached: {}", chain(&error))),
    }
}

/// An error with all that led to it; each says only a part.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Headers that the SDK's model does not know.
#[derive(Debug, Default)]
struct Seen {
    version: Option<String>,
    experiment_flags: Option<String>,
}

#[derive(Debug)]
struct See(Arc<Mutex<Seen>>);

impl Intercept for See {
    fn name(&self) -> &'static str {
        "TidegateSeesHeaders"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().headers();
        let text = |name| headers.get(name).map(str::to_owned);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Seen { version: text("configuration-version"), experiment_flags: text("experiment-flags") };
        Ok(())
    }
}
