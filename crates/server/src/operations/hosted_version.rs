//! Hosted configuration versions: the content is the body, everything else travels in headers.

use bytes::Bytes;
use tidegate_domain::{
    ActionPoint, Application, Command, ContentHash, CreateHostedVersion, Event, HostedVersion, Profile, ProfileType,
    RealmState,
};
use tidegate_flags::{Admitted, Detail, Refused};
use tidegate_model::appconfig as aws;
use tidegate_wire::Failure;
use tokio::sync::Mutex;

use super::page::Paging;
use super::{Call, Done, Outcome, echoed, find, unavailable};
use crate::actions::{ContentPayload, Named};
use crate::apart::apart;

pub(super) async fn create(
    call: &Call<'_>,
    input: aws::CreateHostedConfigurationVersionRequest,
) -> Outcome<aws::CreateHostedConfigurationVersionRequest> {
    // Nothing is stored for a profile that is not there.
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let profile = view.profile(application, &input.configuration_profile_id)?;
    let create = CreateHostedVersion {
        application: application.id.to_string(),
        profile: profile.id.to_string(),
        description: input.description.clone(),
        content_type: input.content_type,
        content: ContentHash([0; 32]),
        size: input.content.len() as u64,
        label: input.version_label,
        latest_version: input.latest_version_number.map(i64::from),
    };
    // What the rules are against is not shown to extensions, and not stored.
    view.rehearse(&rehearsal(&view.realm, profile, &create))?;
    let content = changed_by_extensions(call, &view.realm, application, profile, &create, input.content).await?;
    let (version, content) = match profile.kind {
        ProfileType::Freeform => write(call, create, content).await?,
        ProfileType::FeatureFlags => write_flags(call, create, content).await?,
    };
    let description = echoed(input.description, &version.description);
    let content = Some(content);
    Ok(Done(aws::HostedConfigurationVersion { description, content, ..shown(call, profile, &version) }))
}

pub(super) async fn get(
    call: &Call<'_>,
    input: aws::GetHostedConfigurationVersionRequest,
) -> Outcome<aws::GetHostedConfigurationVersionRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let profile = view.profile(application, &input.configuration_profile_id)?;
    let version = view.version(profile, input.version_number.into())?;
    let content = call.node.fetch(version.content, version.size).await.map_err(|error| unavailable(&error))?;
    Ok(Done(aws::HostedConfigurationVersion { content: Some(content), ..shown(call, profile, version) }))
}

pub(super) async fn list(
    call: &Call<'_>,
    input: aws::ListHostedConfigurationVersionsRequest,
) -> Outcome<aws::ListHostedConfigurationVersionsRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    let profile = view.profile(application, &input.configuration_profile_id)?;
    let filter = input.version_label.as_deref();
    let parts = ["ListHostedConfigurationVersions", profile.id.as_str(), filter.unwrap_or_default()];
    let paging = Paging::new(call, &view.published, input.max_results, &parts);
    let start = paging.start(input.next_token.as_deref(), u64::MAX)?;
    let page = view
        .realm
        .versions(profile.id, start, paging.limit, |version| filter.is_none_or(|filter| has_label(version, filter)));
    let (items, next_token) = paging.finish(page, |version| {
        let version = shown(call, profile, version);
        aws::HostedConfigurationVersionSummary {
            application_id: version.application_id,
            configuration_profile_id: version.configuration_profile_id,
            version_number: version.version_number,
            description: version.description,
            content_type: version.content_type,
            version_label: version.version_label,
            kms_key_arn: version.kms_key_arn,
        }
    })?;
    Ok(Done(aws::HostedConfigurationVersions { items, next_token }))
}

pub(super) async fn delete(
    call: &Call<'_>,
    input: aws::DeleteHostedConfigurationVersionRequest,
) -> Outcome<aws::DeleteHostedConfigurationVersionRequest> {
    let command = Command::DeleteHostedVersion {
        application: input.application_id,
        profile: input.configuration_profile_id,
        number: input.version_number.into(),
    };
    call.execute(command).await?;
    Ok(Done(aws::DeleteHostedConfigurationVersionResponse {}))
}

/// What a version is tried with before it is known what becomes of its content.
///
/// Feature flags that are sent once more with the label that they were given are the version that they were, so that
/// it is not the label that they are refused for.
fn rehearsal(realm: &RealmState, profile: &Profile, create: &CreateHostedVersion) -> Command {
    let latest = realm.latest_version(profile.id);
    let is_given_again =
        profile.kind == ProfileType::FeatureFlags && latest.is_some_and(|latest| latest.label == create.label);
    let label = create.label.clone().filter(|_| !is_given_again);
    Command::CreateHostedVersion(CreateHostedVersion { label, ..create.clone() })
}

/// Stores a content and makes a version of it.
async fn write(
    call: &Call<'_>,
    mut create: CreateHostedVersion,
    content: Bytes,
) -> Result<(HostedVersion, Bytes), Failure> {
    create.size = content.len() as u64;
    let named = |content| Command::CreateHostedVersion(CreateHostedVersion { content, ..create.clone() });
    let committed = call.execute_with(&content, named).await?;
    let version = find(&committed, |event| match event {
        Event::HostedVersionCreated(version) => Some(version),
        _ => None,
    });
    Ok((version.clone(), content))
}

/// How often a document of flags is normalised anew because another version came in between.
const FLAG_ATTEMPTS: usize = 32;

/// Where those queue for whom another version came in between, so that a crowd of writers is served one by one. Of
/// other nodes' writers nothing is known here; against each of those it is one race at a time.
static FLAG_QUEUE: Mutex<()> = Mutex::const_new(());

/// Normalises a document of feature flags, and makes a version of it unless it is the latest one already.
///
/// What the document becomes depends on the version before it; so it is written only if that is still the latest.
async fn write_flags(
    call: &Call<'_>,
    create: CreateHostedVersion,
    content: Bytes,
) -> Result<(HostedVersion, Bytes), Failure> {
    let mut turn = None;
    for _ in 0..FLAG_ATTEMPTS {
        let view = call.view().await?;
        let application = view.application(&create.application)?;
        let profile = view.profile(application, &create.profile)?;
        let latest = view.realm.latest_version(profile.id);
        let latest_content = match latest {
            Some(latest) => {
                Some(call.node.fetch(latest.content, latest.size).await.map_err(|error| unavailable(&error))?)
            }
            None => None,
        };
        let admitted = admit(content.clone(), latest_content, call.node.clock.now_ms()).await?;
        let admitted_content = Bytes::from(admitted.content);
        if let (true, Some(latest)) = (admitted.is_same_as_latest, latest) {
            view.rehearse(&rehearsal(&view.realm, profile, &create))?;
            return Ok((HostedVersion::clone(latest), admitted_content));
        }
        let expected = i64::from(latest.map_or(0, |latest| latest.number));
        let is_callers_own = create.latest_version.is_some();
        let attempt =
            CreateHostedVersion { latest_version: create.latest_version.or(Some(expected)), ..create.clone() };
        match write(call, attempt, admitted_content).await {
            Err(failure) if failure.name == "ConflictException" && !is_callers_own => {
                if turn.is_none() {
                    turn = Some(FLAG_QUEUE.lock().await);
                }
            }
            outcome => return outcome,
        }
    }
    Err(Failure::service_unavailable("Too many writers at once. Try again."))
}

/// On a thread of its own, since a large document takes its time.
async fn admit(content: Bytes, latest: Option<Bytes>, now_ms: i64) -> Result<Admitted, Failure> {
    let admitted = apart(move || tidegate_flags::admit(&content, latest.as_deref(), now_ms)).await;
    match admitted {
        Ok(Ok(admitted)) => Ok(admitted),
        Ok(Err(refused)) => Err(refused_flags(&refused)),
        Err(error) => {
            tracing::error!(%error, "normalising feature flags ended with a fault");
            Err(Failure::internal())
        }
    }
}

fn refused_flags(refused: &Refused) -> Failure {
    let message = refused.message();
    match refused {
        Refused::Invalid(details) => invalid_flags(message, details),
        _ => Failure::bad_request(message),
    }
}

/// A refusal that says what is wrong where in a document of flags.
pub(super) fn invalid_flags(message: String, details: &[Detail]) -> Failure {
    let details = details.iter().map(|detail| aws::InvalidConfigurationDetail {
        constraint: Some(detail.constraint.clone()),
        location: Some(detail.location.clone()),
        reason: detail.reason.clone(),
        r#type: Some(detail.kind.as_str().into()),
        value: Some(detail.value.clone()),
    });
    aws::Error::from(aws::BadRequestException {
        message: Some(message),
        reason: Some(aws::BadRequestReason::InvalidConfiguration),
        details: Some(aws::BadRequestDetails::InvalidConfiguration(details.collect())),
    })
    .into()
}

/// Shows a content to the extensions that act before a version is created.
async fn changed_by_extensions(
    call: &Call<'_>,
    realm: &RealmState,
    application: &Application,
    profile: &Profile,
    create: &CreateHostedVersion,
    content: Bytes,
) -> Result<Bytes, Failure> {
    let point = ActionPoint::PreCreateHostedConfigurationVersion;
    let extensions = realm.extensions_for(profile, None);
    if !extensions.iter().any(|extension| extension.actions_at(point).next().is_some()) {
        return Ok(content);
    }
    let previous = match realm.latest_version(profile.id) {
        Some(latest) => {
            let content = call.node.fetch(latest.content, latest.size).await.map_err(|error| unavailable(&error))?;
            Some((latest.content_type.clone(), latest.number.to_string(), content))
        }
        None => None,
    };
    let payload = ContentPayload {
        point,
        application: Named { id: application.id.to_string(), name: Some(application.name.clone()) },
        environment: None,
        profile: Named { id: profile.id.to_string(), name: Some(profile.name.clone()) },
        profile_type: profile.kind.as_str(),
        deployment_number: None,
        description: create.description.clone(),
        content,
        content_type: create.content_type.clone(),
        content_version: (profile.latest_version + 1).to_string(),
        previous,
    };
    let (content, _) = call.node.actions.before(point, &extensions, payload, &[]).await?;
    Ok(content)
}

/// A filter is a label, or the beginning of one followed by `*`.
fn has_label(version: &HostedVersion, filter: &str) -> bool {
    let Some(label) = &version.label else { return false };
    match filter.strip_suffix('*') {
        Some(beginning) => label.starts_with(beginning),
        None => label == filter,
    }
}

fn shown(call: &Call<'_>, profile: &Profile, version: &HostedVersion) -> aws::HostedConfigurationVersion {
    aws::HostedConfigurationVersion {
        application_id: Some(profile.application.to_string()),
        configuration_profile_id: Some(profile.id.to_string()),
        version_number: i32::try_from(version.number).ok(),
        description: version.description.clone(),
        content: None,
        content_type: Some(version.content_type.clone()),
        version_label: version.label.clone(),
        kms_key_arn: profile.kms_key_identifier.as_deref().map(|key| call.key_arn(key)),
    }
}
