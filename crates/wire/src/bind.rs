//! Requests in: from labels, query, headers and body to a typed input.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};
use tidegate_model::{Input, Location, Member, Operation, ShapeKind, Structure};

use crate::path::camel_case;
use crate::query::{self, Parameters};
use crate::{Failure, constraints, types};

/// A request for a known operation, as it was received. Not `Debug`: nothing of it belongs in a log.
#[derive(Clone)]
pub struct Request<'a> {
    /// The path's labels by name, still percent-encoded.
    pub labels: &'a [(&'a str, &'a str)],
    /// What follows the `?`, still percent-encoded.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// Reads a request as the input of `I`'s operation.
///
/// Two kinds of failure, both 400: what cannot be read as the model's types is a `SerializationException` that names
/// the member and shows nothing of its content; what can be read and breaks a constraint is a `BadRequestException`
/// with all broken constraints in AWS's words. The first kind wins when both apply, since it is found first.
///
/// Read the way AWS does: query parameters, headers and JSON members that the model does not know are ignored, as is a
/// body where the model has none; `null` is the same as absent; an empty body is an empty object; `Content-Type` is
/// not checked, because SDKs disagree about it; of two equal JSON keys the last counts.
/// Read more strictly, because a guess could change what is stored: a query parameter or header that the model has
/// once and the request has twice; a header that is not visible ASCII; broken percent-encoding; `1.5` or `"1"` for an
/// integer (`1.0` is one).
pub fn bind<I: Input>(request: &Request<'_>) -> Result<I, Failure> {
    let operation = I::OPERATION;
    let object = bind_object(operation, request)?;
    let mut input: I = serde_json::from_value(Value::Object(object)).map_err(|_| {
        // Never serde's own text: it may quote a sensitive value.
        Failure::serialization(format!("The request cannot be read as the input of {}.", operation.name))
    })?;
    if operation.input.payload.is_some() {
        input.set_payload(request.body.clone());
    }
    Ok(input)
}

/// Reads a request as the members of its operation's input, as [`bind`] does, for whoever has to know what it names. The
/// payload member is left out.
pub fn bind_members(operation: &'static Operation, request: &Request<'_>) -> Result<Map<String, Value>, Failure> {
    bind_object(operation, request)
}

/// Collects, settles and judges a request; what remains is one JSON object under the model's member names.
///
/// The payload member is judged and left out: blobs never travel through JSON.
pub(crate) fn bind_object(operation: &'static Operation, request: &Request<'_>) -> Result<Map<String, Value>, Failure> {
    let structure = operation.input;
    let parameters = Parameters::parse(request.query.unwrap_or_default())?;
    let mut object = match structure.payload {
        None if has_body(structure) => parse_body(&request.body)?,
        _ => Map::new(),
    };
    for member in structure.members {
        let value = match member.location {
            Location::Body => continue,
            Location::Path(name) => from_label(member, name, request.labels)?,
            Location::Query(name) => from_query(member, name, &parameters)?,
            Location::Header(name) => from_header(member, name, request.headers)?,
            Location::StatusCode => None,
        };
        // A body member must not stand in for one that travels elsewhere.
        match value {
            Some(value) => object.insert(member.name.to_owned(), value),
            None => object.remove(member.name),
        };
    }
    types::settle(structure, &mut object)?;
    constraints::judge(structure, &object, &request.body)?;
    Ok(object)
}

fn has_body(structure: &Structure) -> bool {
    structure.members.iter().any(|member| member.location == Location::Body)
}

fn parse_body(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    // serde_json refuses nesting beyond 128 levels; its syntax errors give a position and quote nothing.
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::serialization("The request body must be a JSON object.")),
        Err(error) => Err(Failure::serialization(format!("The request body is not valid JSON: {error}."))),
    }
}

fn from_label(member: &Member, name: &str, labels: &[(&str, &str)]) -> Result<Option<Value>, Failure> {
    let Some((_, raw)) = labels.iter().find(|(label, _)| *label == name) else {
        return Ok(None);
    };
    let text = query::decode_label(raw).ok_or_else(|| not_encoded(member))?;
    types::from_text(member, &text).map(Some)
}

fn from_query(member: &Member, name: &str, parameters: &Parameters<'_>) -> Result<Option<Value>, Failure> {
    let mut values = parameters.values(name);
    let Some(first) = values.next() else {
        return Ok(None);
    };
    let first = query::decode_parameter(first).ok_or_else(|| not_encoded(member))?;
    if matches!(member.shape.kind, ShapeKind::List(_)) {
        let mut items = vec![Value::from(first)];
        for value in values {
            items.push(Value::from(query::decode_parameter(value).ok_or_else(|| not_encoded(member))?));
        }
        return Ok(Some(Value::Array(items)));
    }
    if values.next().is_some() {
        return Err(given_twice(member, "query parameter", name));
    }
    types::from_text(member, &first).map(Some)
}

fn from_header(member: &Member, name: &str, headers: &HeaderMap) -> Result<Option<Value>, Failure> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(given_twice(member, "header", name));
    }
    let text = value.to_str().map_err(|_| {
        let path = camel_case(member.name);
        Failure::serialization(format!(
            "Value at '{path}' must be visible ASCII, since it travels in the header {name}."
        ))
    })?;
    types::from_text(member, text).map(Some)
}

fn not_encoded(member: &Member) -> Failure {
    let path = camel_case(member.name);
    Failure::serialization(format!("Value at '{path}' must be valid percent-encoded UTF-8."))
}

fn given_twice(member: &Member, place: &str, name: &str) -> Failure {
    let path = camel_case(member.name);
    Failure::serialization(format!("Value at '{path}' must be given once, and the {place} {name} is there twice."))
}
