//! Alarms that report by themselves: `/_tidegate/alarms/{name}` for anything that can send a request, and
//! `/_tidegate/alertmanager` for Alertmanager's webhook.
//!
//! What is reported becomes an entry of the journal, so that every node knows. Who reports shows the operator's token;
//! where there is none and credentials are not checked anyway, everybody may.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};
use tidegate_domain::{Actor, Alarm, AlarmReport, AlarmValue, Command, Kind, Realm};
use tidegate_model::Timestamp;

use crate::access::Proven;
use crate::http::is_region;
use crate::node::{Caller, Node, NotDone};

/// Bytes of an alarm's name; AWS's own limit.
const MAX_NAME_BYTES: usize = 255;
/// Bytes of a reason; the rest of a longer one is cut.
const MAX_REASON_BYTES: usize = 1_024;
/// Alarms that one call of Alertmanager's may be about.
const MOST_ALARMS_AT_ONCE: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    state: AlarmValue,
    #[serde(default)]
    reason: Option<String>,
}

/// What Alertmanager sends (its format "4").
#[derive(Deserialize)]
struct Webhook {
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
struct Alert {
    status: Status,
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    fingerprint: String,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Status {
    Firing,
    Resolved,
}

/// What one call says of an alarm.
#[derive(Default)]
struct Alerts {
    firing: Vec<String>,
    resolved: Vec<String>,
    reason: Option<String>,
}

/// Whether a page below `/_tidegate/` is one of these.
pub(crate) fn is_here(page: &str) -> bool {
    page == "alarms" || page == "alertmanager" || page.starts_with("alarms/")
}

/// Answers a request to one of these pages.
///
/// Who signed the request reports alarms of the account's own; the operator's token and open doors are for all.
pub(crate) async fn answer(
    node: &Node,
    head: &Parts,
    page: &str,
    body: &Bytes,
    request_id: &str,
    who: Option<&Proven>,
) -> Response<Bytes> {
    let outcome = match check_token(node, &head.headers) {
        Ok(()) => answer_allowed(node, head, page, body, request_id, who).await,
        Err(refused) => Err(refused),
    };
    let (status, body) = match outcome {
        Ok(body) => (StatusCode::OK, body),
        Err((status, message)) => (status, json!({ "message": message })),
    };
    let mut response = Response::new(Bytes::from(format!("{body}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

type Refused = (StatusCode, String);

fn check_token(node: &Node, headers: &HeaderMap) -> Result<(), Refused> {
    let Some(expected) = &node.settings.alarm_token else { return Ok(()) };
    let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let given = given.and_then(|given| given.strip_prefix(b"Bearer ")).unwrap_or_default();
    match aws_lc_rs::constant_time::verify_slices_are_equal(given, expected.as_bytes()) {
        Ok(()) => Ok(()),
        Err(_) => Err((
            StatusCode::FORBIDDEN,
            "Reports of alarms need the operator's token: Authorization: Bearer TOKEN.".into(),
        )),
    }
}

async fn answer_allowed(
    node: &Node,
    head: &Parts,
    page: &str,
    body: &Bytes,
    request_id: &str,
    who: Option<&Proven>,
) -> Result<Value, Refused> {
    let realm = realm_of(node, head.uri.query().unwrap_or_default(), who)?;
    let actor = |name: &str| who.map_or_else(|| Actor::Caller(name.into()), Proven::actor);
    let caller = |name: &str| Caller::new(realm.clone(), actor(name), request_id.into());
    match (page, head.method.as_str()) {
        ("alarms", "GET") => {
            let state = node.current().await.map_err(|error| unavailable(&error))?;
            let realm = state.state.realm(&realm);
            Ok(json!({"alarms": realm.alarms().map(|alarm| shown(alarm)).collect::<Vec<_>>()}))
        }
        ("alertmanager", "POST") => take_webhook(node, &caller("alertmanager"), body).await,
        ("alarms", _) => Err(not_allowed("GET")),
        ("alertmanager", _) => Err(not_allowed("POST")),
        (page, method) => {
            let name = name_in(page.strip_prefix("alarms/").unwrap_or_default())?;
            match method {
                "GET" => {
                    let state = node.current().await.map_err(|error| unavailable(&error))?;
                    let realm = state.state.realm(&realm);
                    realm.alarm(&name).map(|alarm| shown(alarm)).ok_or_else(|| unknown(&name))
                }
                "PUT" => {
                    let put: Put = serde_json::from_slice(body).map_err(|error| {
                        let form = "{\"state\": \"OK\" | \"ALARM\" | \"INSUFFICIENT_DATA\", \"reason\": \"…\"}";
                        bad(format!("Say what the alarm says: {form} ({error})."))
                    })?;
                    let reason = put.reason.map(cut).filter(|reason| !reason.is_empty());
                    let report = AlarmReport::Value { value: put.state, reason };
                    execute(node, &caller("alarm"), Command::ReportAlarm { name: name.clone(), report }).await?;
                    Ok(json!({"name": name, "state": put.state}))
                }
                "DELETE" => {
                    execute(node, &caller("alarm"), Command::ForgetAlarm { name }).await?;
                    Ok(json!({}))
                }
                _ => Err(not_allowed("GET, PUT or DELETE")),
            }
        }
    }
}

/// Groups of alerts come one by one, so that an alarm is raised while any alert of its name fires in any group.
async fn take_webhook(node: &Node, caller: &Caller, body: &[u8]) -> Result<Value, Refused> {
    let webhook: Webhook =
        serde_json::from_slice(body).map_err(|error| bad(format!("This is no webhook of Alertmanager's: {error}.")))?;
    let mut alarms: BTreeMap<String, Alerts> = BTreeMap::new();
    for alert in webhook.alerts {
        let name = alert.labels.get("tidegate_alarm").or_else(|| alert.labels.get("alertname"));
        let Some(name) = name.filter(|name| is_name(name)) else { continue };
        let fingerprint = match alert.fingerprint.is_empty() {
            // Older ones send none: the labels are what it is made of.
            true => format!("{:?}", alert.labels),
            false => alert.fingerprint,
        };
        let of_alarm = alarms.entry(name.clone()).or_default();
        if alert.status == Status::Firing {
            let text = alert.annotations.get("summary").or_else(|| alert.annotations.get("description"));
            of_alarm.reason = of_alarm.reason.take().or_else(|| text.cloned().map(cut));
            of_alarm.firing.push(cut(fingerprint));
        } else {
            of_alarm.resolved.push(cut(fingerprint));
        }
    }
    if alarms.len() > MOST_ALARMS_AT_ONCE {
        return Err(bad(format!("One call may be about {MOST_ALARMS_AT_ONCE} alarms.")));
    }
    let count = alarms.len();
    for (name, Alerts { firing, resolved, reason }) in alarms {
        let reason = Some(reason.unwrap_or_else(|| format!("alert {name} fires")));
        let report = AlarmReport::Alerts { firing, resolved, reason };
        execute(node, caller, Command::ReportAlarm { name, report }).await?;
    }
    Ok(json!({ "alarms": count }))
}

async fn execute(node: &Node, caller: &Caller, command: Command) -> Result<(), Refused> {
    match node.execute(caller, &command).await {
        Ok(_) => Ok(()),
        Err(NotDone::Refused(refusal)) => {
            let status = match refusal.kind() {
                Kind::QuotaExceeded => StatusCode::PAYMENT_REQUIRED,
                _ => StatusCode::BAD_REQUEST,
            };
            Err((status, refusal.message(&caller.realm.account)))
        }
        Err(error) => Err(unavailable(&error)),
    }
}

/// The account and region in the query, or else those of who signed, or the server's own.
fn realm_of(node: &Node, query: &str, who: Option<&Proven>) -> Result<Realm, Refused> {
    let own = who.map(Proven::realm);
    let mut realm = own.clone().unwrap_or_else(|| node.home());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("account", account)) => {
                realm.account = account.parse().map_err(|_| bad("An account has twelve digits."))?;
            }
            Some(("region", region)) if is_region(region) => realm.region = region.into(),
            _ => return Err(bad("The query may have account= and region=, and nothing else.")),
        }
    }
    if own.is_some_and(|own| own.account != realm.account) {
        return Err((StatusCode::FORBIDDEN, "Alarms of another account are not yours to see or report.".into()));
    }
    Ok(realm)
}

fn name_in(segment: &str) -> Result<String, Refused> {
    let name = percent_decode_str(segment).decode_utf8().map_err(|_| bad("The alarm's name is not UTF-8."))?;
    if is_name(&name) {
        Ok(name.into_owned())
    } else {
        Err(bad(format!("An alarm's name has 1 to {MAX_NAME_BYTES} bytes and no control characters.")))
    }
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn cut(mut text: String) -> String {
    let end = (0..=MAX_REASON_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
    text
}

fn shown(alarm: &Alarm) -> Value {
    json!({
        "name": alarm.name,
        "state": alarm.value,
        "reason": alarm.reason,
        "firing": alarm.firing.len(),
        "changed": Timestamp(alarm.changed_at_ms).to_string(),
    })
}

fn bad(message: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, message.into())
}

fn unknown(name: &str) -> Refused {
    (StatusCode::NOT_FOUND, format!("Nothing was reported of an alarm {name}."))
}

fn not_allowed(allowed: &str) -> Refused {
    (StatusCode::METHOD_NOT_ALLOWED, format!("The page takes {allowed}."))
}

fn unavailable(error: &dyn std::fmt::Display) -> Refused {
    tracing::warn!(%error, "a report of an alarm could not be taken");
    (StatusCode::SERVICE_UNAVAILABLE, "The store cannot be reached; report again.".into())
}
