//! Applications.

use tidegate_domain::{Application, Command, Event};
use tidegate_model::appconfig as aws;

use super::page::Paging;
use super::{Call, Done, Outcome, echoed, find};

pub(super) async fn create(
    call: &Call<'_>,
    input: aws::CreateApplicationRequest,
) -> Outcome<aws::CreateApplicationRequest> {
    let command = Command::CreateApplication {
        name: input.name,
        description: input.description.clone(),
        tags: input.tags.unwrap_or_default(),
    };
    let committed = call.execute(command).await?;
    Ok(Done(told(written(&committed), input.description)))
}

pub(super) async fn get(call: &Call<'_>, input: aws::GetApplicationRequest) -> Outcome<aws::GetApplicationRequest> {
    let view = call.view().await?;
    let application = view.application(&input.application_id)?;
    Ok(Done(shown(application)))
}

pub(super) async fn list(
    call: &Call<'_>,
    input: aws::ListApplicationsRequest,
) -> Outcome<aws::ListApplicationsRequest> {
    let view = call.view().await?;
    let paging = Paging::new(call, &view.published, input.max_results, &["ListApplications"]);
    let page = view.realm.applications(paging.start(input.next_token.as_deref(), 0)?, paging.limit);
    let (items, next_token) = paging.finish(page, |application| shown(application))?;
    Ok(Done(aws::Applications { items, next_token }))
}

pub(super) async fn update(
    call: &Call<'_>,
    input: aws::UpdateApplicationRequest,
) -> Outcome<aws::UpdateApplicationRequest> {
    let command = Command::UpdateApplication {
        application: input.application_id,
        name: input.name,
        description: input.description.clone(),
    };
    let committed = call.execute(command).await?;
    Ok(Done(told(written(&committed), input.description)))
}

pub(super) async fn delete(
    call: &Call<'_>,
    input: aws::DeleteApplicationRequest,
) -> Outcome<aws::DeleteApplicationRequest> {
    call.execute(Command::DeleteApplication { application: input.application_id }).await?;
    Ok(Done(aws::DeleteApplicationResponse {}))
}

fn written(committed: &crate::node::Committed) -> &Application {
    find(committed, |event| match event {
        Event::ApplicationCreated(application) | Event::ApplicationUpdated(application) => Some(application),
        _ => None,
    })
}

fn told(application: &Application, requested: Option<String>) -> aws::Application {
    aws::Application { description: echoed(requested, &application.description), ..shown(application) }
}

fn shown(application: &Application) -> aws::Application {
    aws::Application {
        id: Some(application.id.to_string()),
        name: Some(application.name.clone()),
        description: application.description.clone(),
    }
}
