//! A record in CloudTrail's shape.

use bytes::Bytes;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, Response};
use serde::Serialize;
use serde_json::{Value, json};
use tidegate_domain::Realm;
use tidegate_model::{Service, Timestamp, route};
use tidegate_wire::{Failure, credential};

use super::{Call, Poll, is_change, mask, sts};

/// The version of CloudTrail's record format.
const EVENT_VERSION: &str = "1.11";

/// One record, without its place in the chain.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    event_version: &'static str,
    user_identity: Value,
    pub(super) event_time: String,
    event_source: &'static str,
    event_name: String,
    aws_region: String,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: String,
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    request_parameters: Value,
    response_elements: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    additional_event_data: Value,
    #[serde(rename = "requestID")]
    pub(super) request_id: String,
    #[serde(rename = "eventID")]
    event_id: String,
    read_only: bool,
    event_type: &'static str,
    management_event: bool,
    recipient_account_id: String,
    event_category: &'static str,
}

/// Whose resources a call is about, and by which access key it says to be.
pub(super) fn who(home: Realm, headers: &HeaderMap, query: Option<&str>) -> (Realm, String) {
    let mut realm = home;
    let Some(credential) = credential(headers, query) else { return (realm, String::new()) };
    if let Ok(account) = credential.access_key_id.parse() {
        realm.account = account;
    }
    if crate::http::is_region(&credential.region) {
        realm.region = (*credential.region).into();
    }
    (realm, credential.access_key_id.into_owned())
}

/// A call and what came of it; none if that is not known.
pub(super) fn of_call(call: &Call<'_>, outcome: Option<&Result<Response<Bytes>, Failure>>) -> Record {
    let name = call.operation.map_or("UnknownOperation", |operation| operation.name);
    let route = route(call.head.method.as_str(), call.head.uri.path());
    let shown = route.as_ref().ok().map(|route| {
        let parts = mask::Parts {
            labels: &route.labels,
            query: call.head.uri.query(),
            headers: &call.head.headers,
            body: &call.body,
        };
        mask::request(route.operation, &parts)
    });
    let is_read = !call.operation.is_some_and(is_change);
    let is_data =
        call.operation.is_some_and(|it| it.service == Service::AppConfigData || it.name == "GetConfiguration");
    let mut record = Record {
        user_identity: match &call.verified {
            Some(verified) => verified.user_identity(),
            None if call.is_guarded => unproven(&call.access_key),
            None => identity(&call.realm, &call.access_key),
        },
        event_name: name.into(),
        source_ip_address: call.peer.ip().to_string(),
        user_agent: text_of(call.head.headers.get(USER_AGENT)),
        request_id: call.request_id.into(),
        read_only: is_read,
        management_event: !is_data,
        event_category: if is_data { "Data" } else { "Management" },
        ..blank(&call.realm, call.at_ms)
    };
    match outcome {
        Some(Ok(response)) if !is_read => {
            let shown = call.operation.map(|it| mask::response(it, response.headers(), response.body()));
            record.response_elements = shown.unwrap_or_default();
        }
        Some(Ok(_)) => {}
        Some(Err(failure)) => {
            record.error_code = Some(failure.name.to_string());
            record.error_message = match &shown {
                Some(shown) => shown.message(name, failure),
                None => failure.message().map(mask::shortened),
            };
        }
        None => record.additional_event_data = json!({"outcome": "unknown: the caller went away before the answer"}),
    }
    record.request_parameters = shown.map_or(Value::Null, |shown| shown.parameters);
    record
}

/// A poll.
pub(super) fn of_poll(poll: Poll) -> Record {
    let headers = HeaderMap::from_iter(poll.authorization.map(|value| (AUTHORIZATION, value)));
    let (realm, access_key) = who(poll.realm, &headers, None);
    Record {
        user_identity: poll.identity.unwrap_or_else(|| identity(&realm, &access_key)),
        event_name: "GetLatestConfiguration".into(),
        source_ip_address: poll.peer.to_string(),
        user_agent: text_of(poll.user_agent.as_ref()),
        error_code: text_of(poll.error.as_ref()).map(|name| name.trim_end_matches(':').into()),
        request_parameters: json!({"configurationToken": mask::HIDDEN}),
        request_id: text_of(poll.request_id.as_ref()).unwrap_or_default(),
        management_event: false,
        event_category: "Data",
        ..blank(&realm, poll.at_ms)
    }
}

/// A request for temporary credentials.
pub(super) fn of_sts(
    home: Realm,
    at_ms: i64,
    head: &http::request::Parts,
    peer: std::net::SocketAddr,
    request_id: &str,
    outcome: &sts::Outcome,
) -> Record {
    Record {
        user_identity: outcome.identity.clone(),
        event_source: "sts.amazonaws.com",
        event_name: outcome.operation.into(),
        source_ip_address: peer.ip().to_string(),
        user_agent: text_of(head.headers.get(USER_AGENT)),
        error_code: outcome.refused.as_ref().map(|refused| refused.code.into()),
        error_message: outcome.refused.as_ref().map(|refused| mask::shortened(&refused.message)),
        request_parameters: outcome.parameters.clone(),
        request_id: request_id.into(),
        ..blank(&home, at_ms)
    }
}

/// Something that the audit log says of itself.
pub(super) fn of_log(event_name: &str, home: &Realm, now_ms: i64, data: Value) -> Record {
    Record {
        user_identity: json!({"type": "AWSService", "invokedBy": "tidegate"}),
        event_source: "tidegate",
        event_name: event_name.into(),
        source_ip_address: "tidegate".into(),
        additional_event_data: data,
        event_type: "AwsServiceEvent",
        ..blank(home, now_ms)
    }
}

fn blank(realm: &Realm, at_ms: i64) -> Record {
    Record {
        event_version: EVENT_VERSION,
        user_identity: Value::Null,
        event_time: format!("{}Z", Timestamp(at_ms).to_string().get(..19).unwrap_or_default()),
        event_source: "appconfig.amazonaws.com",
        event_name: String::new(),
        aws_region: realm.region.to_string(),
        source_ip_address: String::new(),
        user_agent: None,
        error_code: None,
        error_message: None,
        request_parameters: Value::Null,
        response_elements: Value::Null,
        additional_event_data: Value::Null,
        request_id: String::new(),
        event_id: uuid::Builder::from_random_bytes(rand::random()).into_uuid().hyphenated().to_string(),
        read_only: true,
        event_type: "AwsApiCall",
        management_event: true,
        recipient_account_id: realm.account.to_string(),
        event_category: "Management",
    }
}

fn identity(realm: &Realm, access_key: &str) -> Value {
    if access_key.is_empty() {
        return json!({"type": "Unknown", "accountId": realm.account});
    }
    let kind = if access_key.starts_with("ASIA") { "AssumedRole" } else { "IAMUser" };
    json!({"type": kind, "principalId": access_key, "accountId": realm.account, "accessKeyId": access_key})
}

/// Somebody who was not let in: what they say of themselves.
pub(crate) fn unproven(access_key: &str) -> Value {
    json!({"type": "Unknown", "accessKeyId": access_key})
}

fn text_of(value: Option<&http::HeaderValue>) -> Option<String> {
    Some(mask::shortened(&String::from_utf8_lossy(value?.as_bytes())))
}
