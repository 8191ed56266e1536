//! `appconfigdata` 2021-11-11: requests, responses and errors, and after them the table that describes them.
//!
//! Written by `cargo xtask model` from the service model inside botocore; do not edit.

#![allow(missing_docs, reason = "a name here is AWS's, and AWS documents it")]

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::shape::{
    ErrorShape, Input, Location, Member, Method, Operation, Output, Segment, Service, Shape, ShapeKind, Structure,
};

/// `GetLatestConfiguration`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetLatestConfigurationRequest {
    pub configuration_token: String,
}

/// `GetLatestConfiguration`: response.
#[derive(Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetLatestConfigurationResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_poll_configuration_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_poll_interval_in_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Travels beside the JSON, as the whole body.
    #[serde(skip)]
    pub configuration: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_label: Option<String>,
}

impl fmt::Debug for GetLatestConfigurationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetLatestConfigurationResponse")
            .field("next_poll_configuration_token", &self.next_poll_configuration_token)
            .field("next_poll_interval_in_seconds", &self.next_poll_interval_in_seconds)
            .field("content_type", &self.content_type)
            .field("configuration", &format_args!("(sensitive)"))
            .field("version_label", &self.version_label)
            .finish()
    }
}

impl Input for GetLatestConfigurationRequest {
    type Output = GetLatestConfigurationResponse;
    const OPERATION: &'static Operation = &GET_LATEST_CONFIGURATION;
}

impl Output for GetLatestConfigurationResponse {
    fn take_payload(&mut self) -> Option<Bytes> {
        self.configuration.take()
    }
}

/// `StartConfigurationSession`: request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StartConfigurationSessionRequest {
    pub application_identifier: String,
    pub environment_identifier: String,
    pub configuration_profile_identifier: String,
    pub required_minimum_poll_interval_in_seconds: Option<i32>,
}

/// `StartConfigurationSession`: response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StartConfigurationSessionResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_configuration_token: Option<String>,
}

impl Input for StartConfigurationSessionRequest {
    type Output = StartConfigurationSessionResponse;
    const OPERATION: &'static Operation = &START_CONFIGURATION_SESSION;
}

impl Output for StartConfigurationSessionResponse {}

/// `BadRequestDetails`: exactly one of these.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum BadRequestDetails {
    InvalidParameters(BTreeMap<String, InvalidParameterDetail>),
}

/// `BadRequestException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BadRequestException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<BadRequestReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<BadRequestDetails>,
}

/// `BadRequestReason`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BadRequestReason {
    InvalidParameters,
}

impl BadRequestReason {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::InvalidParameters];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidParameters => "InvalidParameters",
        }
    }
}

impl fmt::Display for BadRequestReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `InternalServerException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InternalServerException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `InvalidParameterDetail`: part of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InvalidParameterDetail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<InvalidParameterProblem>,
}

/// `InvalidParameterProblem`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InvalidParameterProblem {
    Corrupted,
    Expired,
    PollIntervalNotSatisfied,
}

impl InvalidParameterProblem {
    /// Every one, in the model's order.
    pub const ALL: &[Self] = &[Self::Corrupted, Self::Expired, Self::PollIntervalNotSatisfied];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Corrupted => "Corrupted",
            Self::Expired => "Expired",
            Self::PollIntervalNotSatisfied => "PollIntervalNotSatisfied",
        }
    }
}

impl fmt::Display for InvalidParameterProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `ResourceNotFoundException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceNotFoundException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<ResourceType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referenced_by: Option<BTreeMap<String, String>>,
}

/// `ResourceType`: one of these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ResourceType {
    Application,
    ConfigurationProfile,
    Deployment,
    Environment,
    Configuration,
}

impl ResourceType {
    /// Every one, in the model's order.
    pub const ALL: &[Self] =
        &[Self::Application, Self::ConfigurationProfile, Self::Deployment, Self::Environment, Self::Configuration];

    /// Returns the word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "Application",
            Self::ConfigurationProfile => "ConfigurationProfile",
            Self::Deployment => "Deployment",
            Self::Environment => "Environment",
            Self::Configuration => "Configuration",
        }
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `ThrottlingException`: the body of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ThrottlingException {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Any error that the model of `appconfigdata` lists; serialises as the body of the one that it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Error {
    BadRequest(BadRequestException),
    InternalServer(InternalServerException),
    ResourceNotFound(ResourceNotFoundException),
    Throttling(ThrottlingException),
}

impl Error {
    /// Returns the error's name, status and members.
    pub const fn shape(&self) -> &'static ErrorShape {
        match self {
            Self::BadRequest(_) => &BAD_REQUEST_EXCEPTION,
            Self::InternalServer(_) => &INTERNAL_SERVER_EXCEPTION,
            Self::ResourceNotFound(_) => &RESOURCE_NOT_FOUND_EXCEPTION,
            Self::Throttling(_) => &THROTTLING_EXCEPTION,
        }
    }

    /// Returns the text for a person, if there is one.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::BadRequest(it) => it.message.as_deref(),
            Self::InternalServer(it) => it.message.as_deref(),
            Self::ResourceNotFound(it) => it.message.as_deref(),
            Self::Throttling(it) => it.message.as_deref(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shape().name)?;
        self.message().map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

impl std::error::Error for Error {}

impl From<BadRequestException> for Error {
    fn from(it: BadRequestException) -> Self {
        Self::BadRequest(it)
    }
}

impl From<InternalServerException> for Error {
    fn from(it: InternalServerException) -> Self {
        Self::InternalServer(it)
    }
}

impl From<ResourceNotFoundException> for Error {
    fn from(it: ResourceNotFoundException) -> Self {
        Self::ResourceNotFound(it)
    }
}

impl From<ThrottlingException> for Error {
    fn from(it: ThrottlingException) -> Self {
        Self::Throttling(it)
    }
}

/// Every operation, by name.
pub static OPERATIONS: &[&Operation] = &[&GET_LATEST_CONFIGURATION, &START_CONFIGURATION_SESSION];

pub static GET_LATEST_CONFIGURATION: Operation = Operation {
    name: "GetLatestConfiguration",
    service: Service::AppConfigData,
    method: Method::Get,
    path: &[Segment::Literal("configuration")],
    status: 200,
    input: &GET_LATEST_CONFIGURATION_REQUEST_STRUCTURE,
    output: &GET_LATEST_CONFIGURATION_RESPONSE_STRUCTURE,
    errors: &[&THROTTLING_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &BAD_REQUEST_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static START_CONFIGURATION_SESSION: Operation = Operation {
    name: "StartConfigurationSession",
    service: Service::AppConfigData,
    method: Method::Post,
    path: &[Segment::Literal("configurationsessions")],
    status: 201,
    input: &START_CONFIGURATION_SESSION_REQUEST_STRUCTURE,
    output: &START_CONFIGURATION_SESSION_RESPONSE_STRUCTURE,
    errors: &[&THROTTLING_EXCEPTION, &RESOURCE_NOT_FOUND_EXCEPTION, &BAD_REQUEST_EXCEPTION, &INTERNAL_SERVER_EXCEPTION],
};

pub static BAD_REQUEST_EXCEPTION: ErrorShape =
    ErrorShape { name: "BadRequestException", status: 400, structure: &BAD_REQUEST_EXCEPTION_STRUCTURE };

pub static INTERNAL_SERVER_EXCEPTION: ErrorShape =
    ErrorShape { name: "InternalServerException", status: 500, structure: &INTERNAL_SERVER_EXCEPTION_STRUCTURE };

pub static RESOURCE_NOT_FOUND_EXCEPTION: ErrorShape =
    ErrorShape { name: "ResourceNotFoundException", status: 404, structure: &RESOURCE_NOT_FOUND_EXCEPTION_STRUCTURE };

pub static THROTTLING_EXCEPTION: ErrorShape =
    ErrorShape { name: "ThrottlingException", status: 429, structure: &THROTTLING_EXCEPTION_STRUCTURE };

pub static BAD_REQUEST_DETAILS_STRUCTURE: Structure = Structure {
    name: "BadRequestDetails",
    members: &[Member::optional("InvalidParameters", Location::Body, &INVALID_PARAMETER_MAP_SHAPE)],
    payload: None,
    is_union: true,
};

pub static BAD_REQUEST_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "BadRequestException",
    members: &[
        Member::optional("Message", Location::Body, &STRING_SHAPE),
        Member::optional("Reason", Location::Body, &BAD_REQUEST_REASON_SHAPE),
        Member::optional("Details", Location::Body, &BAD_REQUEST_DETAILS_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static GET_LATEST_CONFIGURATION_REQUEST_STRUCTURE: Structure = Structure {
    name: "GetLatestConfigurationRequest",
    members: &[Member::required("ConfigurationToken", Location::Query("configuration_token"), &TOKEN_SHAPE)],
    payload: None,
    is_union: false,
};

pub static GET_LATEST_CONFIGURATION_RESPONSE_STRUCTURE: Structure = Structure {
    name: "GetLatestConfigurationResponse",
    members: &[
        Member::optional("NextPollConfigurationToken", Location::Header("Next-Poll-Configuration-Token"), &TOKEN_SHAPE),
        Member::optional(
            "NextPollIntervalInSeconds",
            Location::Header("Next-Poll-Interval-In-Seconds"),
            &INTEGER_SHAPE,
        ),
        Member::optional("ContentType", Location::Header("Content-Type"), &STRING_SHAPE),
        Member::optional("Configuration", Location::Body, &SENSITIVE_BLOB_SHAPE),
        Member::optional("VersionLabel", Location::Header("Version-Label"), &STRING_SHAPE),
    ],
    payload: Some("Configuration"),
    is_union: false,
};

pub static INTERNAL_SERVER_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "InternalServerException",
    members: &[Member::optional("Message", Location::Body, &STRING_SHAPE)],
    payload: None,
    is_union: false,
};

pub static INVALID_PARAMETER_DETAIL_STRUCTURE: Structure = Structure {
    name: "InvalidParameterDetail",
    members: &[Member::optional("Problem", Location::Body, &INVALID_PARAMETER_PROBLEM_SHAPE)],
    payload: None,
    is_union: false,
};

pub static RESOURCE_NOT_FOUND_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "ResourceNotFoundException",
    members: &[
        Member::optional("Message", Location::Body, &STRING_SHAPE),
        Member::optional("ResourceType", Location::Body, &RESOURCE_TYPE_SHAPE),
        Member::optional("ReferencedBy", Location::Body, &STRING_MAP_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static START_CONFIGURATION_SESSION_REQUEST_STRUCTURE: Structure = Structure {
    name: "StartConfigurationSessionRequest",
    members: &[
        Member::required("ApplicationIdentifier", Location::Body, &IDENTIFIER_SHAPE),
        Member::required("EnvironmentIdentifier", Location::Body, &IDENTIFIER_SHAPE),
        Member::required("ConfigurationProfileIdentifier", Location::Body, &IDENTIFIER_SHAPE),
        Member::optional("RequiredMinimumPollIntervalInSeconds", Location::Body, &OPTIONAL_POLL_SECONDS_SHAPE),
    ],
    payload: None,
    is_union: false,
};

pub static START_CONFIGURATION_SESSION_RESPONSE_STRUCTURE: Structure = Structure {
    name: "StartConfigurationSessionResponse",
    members: &[Member::optional("InitialConfigurationToken", Location::Body, &TOKEN_SHAPE)],
    payload: None,
    is_union: false,
};

pub static THROTTLING_EXCEPTION_STRUCTURE: Structure = Structure {
    name: "ThrottlingException",
    members: &[Member::optional("Message", Location::Body, &STRING_SHAPE)],
    payload: None,
    is_union: false,
};

pub static BAD_REQUEST_DETAILS_SHAPE: Shape = Shape {
    name: "BadRequestDetails",
    kind: ShapeKind::Structure(&BAD_REQUEST_DETAILS_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static BAD_REQUEST_REASON_SHAPE: Shape = Shape {
    name: "BadRequestReason",
    kind: ShapeKind::String(&["InvalidParameters"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static IDENTIFIER_SHAPE: Shape = Shape {
    name: "Identifier",
    kind: ShapeKind::String(&[]),
    min: Some(1.0),
    max: Some(128.0),
    pattern: None,
    is_sensitive: false,
};

pub static INTEGER_SHAPE: Shape =
    Shape { name: "Integer", kind: ShapeKind::Integer, min: None, max: None, pattern: None, is_sensitive: false };

pub static INVALID_PARAMETER_DETAIL_SHAPE: Shape = Shape {
    name: "InvalidParameterDetail",
    kind: ShapeKind::Structure(&INVALID_PARAMETER_DETAIL_STRUCTURE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static INVALID_PARAMETER_MAP_SHAPE: Shape = Shape {
    name: "InvalidParameterMap",
    kind: ShapeKind::Map(&STRING_SHAPE, &INVALID_PARAMETER_DETAIL_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static INVALID_PARAMETER_PROBLEM_SHAPE: Shape = Shape {
    name: "InvalidParameterProblem",
    kind: ShapeKind::String(&["Corrupted", "Expired", "PollIntervalNotSatisfied"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static OPTIONAL_POLL_SECONDS_SHAPE: Shape = Shape {
    name: "OptionalPollSeconds",
    kind: ShapeKind::Integer,
    min: Some(15.0),
    max: Some(86400.0),
    pattern: None,
    is_sensitive: false,
};

pub static RESOURCE_TYPE_SHAPE: Shape = Shape {
    name: "ResourceType",
    kind: ShapeKind::String(&["Application", "ConfigurationProfile", "Deployment", "Environment", "Configuration"]),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static SENSITIVE_BLOB_SHAPE: Shape =
    Shape { name: "SensitiveBlob", kind: ShapeKind::Blob, min: None, max: None, pattern: None, is_sensitive: true };

pub static STRING_SHAPE: Shape =
    Shape { name: "String", kind: ShapeKind::String(&[]), min: None, max: None, pattern: None, is_sensitive: false };

pub static STRING_MAP_SHAPE: Shape = Shape {
    name: "StringMap",
    kind: ShapeKind::Map(&STRING_SHAPE, &STRING_SHAPE),
    min: None,
    max: None,
    pattern: None,
    is_sensitive: false,
};

pub static TOKEN_SHAPE: Shape = Shape {
    name: "Token",
    kind: ShapeKind::String(&[]),
    min: None,
    max: None,
    pattern: Some(r"\S{1,8192}"),
    is_sensitive: false,
};
