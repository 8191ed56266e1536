//! Validators: what a configuration has to pass before it is deployed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;
use tidegate_domain::{Profile, ValidatorType};
use tidegate_validate::Draft;
use tidegate_wire::Failure;
use tokio::sync::Semaphore;

use crate::actions::Actions;
use crate::apart::apart;

/// The tag on a profile that opts in to a newer draft of JSON Schema than the draft 4 that AWS knows.
pub(crate) const DRAFT_TAG: &str = "tidegate:json-schema-draft";

/// Runs validators, a few schemas at a time.
pub(crate) struct Validators {
    places: Semaphore,
}

impl Validators {
    pub(crate) fn new() -> Self {
        Self { places: Semaphore::new(2) }
    }

    /// Has every validator of a profile look at a content.
    pub(crate) async fn check(
        &self,
        actions: &Actions,
        profile: &Profile,
        draft: Option<&str>,
        version: &str,
        content: &Bytes,
    ) -> Result<(), Failure> {
        for validator in &profile.validators {
            match validator.kind {
                ValidatorType::JsonSchema => {
                    let draft = draft_of(draft)?;
                    self.check_schema(validator.content.clone(), content.clone(), draft).await?;
                }
                ValidatorType::Lambda => {
                    let payload = json!({
                        "applicationId": profile.application,
                        "configurationProfileId": profile.id,
                        "configurationVersion": version,
                        "content": STANDARD.encode(content),
                        "uri": profile.location_uri,
                    });
                    let payload = serde_json::to_vec(&payload).expect("JSON values can be written as JSON");
                    let outcome = actions.validate(&validator.content, payload.into()).await;
                    outcome.map_err(|fault| {
                        let arn = &validator.content;
                        Failure::bad_request(format!("Error invoking validator {arn}: {}", fault.message))
                    })?;
                }
            }
        }
        Ok(())
    }

    /// On a thread of its own, since a large document takes its time.
    async fn check_schema(&self, schema: String, content: Bytes, draft: Draft) -> Result<(), Failure> {
        let _place = self.places.acquire().await.map_err(|_| Failure::internal())?;
        let checked = apart(move || tidegate_validate::check(&schema, &content, draft)).await;
        match checked {
            Ok(Ok(())) => Ok(()),
            Ok(Err(message)) => Err(Failure::bad_request(message)),
            Err(error) => {
                tracing::error!(%error, "a validator ended with a fault");
                Err(Failure::internal())
            }
        }
    }
}

fn draft_of(tag: Option<&str>) -> Result<Draft, Failure> {
    let Some(tag) = tag else { return Ok(Draft::default()) };
    tag.parse().map_err(|_| {
        Failure::bad_request(format!(
            "The tag {DRAFT_TAG} of the configuration profile names no draft of JSON Schema: {tag}"
        ))
    })
}
