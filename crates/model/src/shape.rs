//! The vocabulary of the interface table.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One of the two services that share a listener; their paths do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// `appconfig`, API version 2019-10-09: the control plane.
    AppConfig,
    /// `appconfigdata`, API version 2021-11-11: the data plane.
    AppConfigData,
}

/// The HTTP methods that the model uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// Returns the method as it stands in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One operation of a service.
#[derive(Debug)]
pub struct Operation {
    /// The name as AWS writes it, for example `CreateApplication`.
    pub name: &'static str,
    /// The service that the operation belongs to.
    pub service: Service,
    /// The HTTP method.
    pub method: Method,
    /// The path, split at `/`.
    pub path: &'static [Segment],
    /// The HTTP status of a success.
    pub status: u16,
    /// The request; a structure without members where the model has none.
    pub input: &'static Structure,
    /// The response; a structure without members where the model has none.
    pub output: &'static Structure,
    /// The errors that the model lists for the operation.
    pub errors: &'static [&'static ErrorShape],
}

/// A piece of an operation's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Stands for itself.
    Literal(&'static str),
    /// Holds the value of the input member with this location name.
    Label(&'static str),
}

/// A structure: an ordered list of members.
#[derive(Debug)]
pub struct Structure {
    /// The shape's name in the model.
    pub name: &'static str,
    /// The members in model order.
    pub members: &'static [Member],
    /// The member that is the whole body, if one is.
    pub payload: Option<&'static str>,
    /// Whether exactly one member may be present.
    pub is_union: bool,
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// The member's name in the model and in JSON bodies, for example `ApplicationId`.
    pub name: &'static str,
    /// Where the member travels.
    pub location: Location,
    /// Whether the model requires it.
    pub required: bool,
    /// What it holds.
    pub shape: &'static Shape,
}

impl Member {
    pub(crate) const fn required(name: &'static str, location: Location, shape: &'static Shape) -> Self {
        Self { name, location, required: true, shape }
    }

    pub(crate) const fn optional(name: &'static str, location: Location, shape: &'static Shape) -> Self {
        Self { name, location, required: false, shape }
    }
}

/// Where a member travels in a request or response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the JSON body under the member's own name (or, for the payload member, as the body).
    Body,
    /// In the path, at the label with this name.
    Path(&'static str),
    /// In the query string under this name.
    Query(&'static str),
    /// In the header with this name, spelled as in the model.
    Header(&'static str),
    /// As the HTTP status code.
    StatusCode,
}

/// What a value may be. Absent bounds are `None`; lengths are in characters for strings, entries for lists and maps.
#[derive(Debug)]
pub struct Shape {
    /// The shape's name in the model.
    pub name: &'static str,
    /// The type and its parts.
    pub kind: ShapeKind,
    /// Smallest length or value.
    pub min: Option<f64>,
    /// Largest length or value.
    pub max: Option<f64>,
    /// The regular expression that the whole value has to match, as AWS writes it.
    pub pattern: Option<&'static str>,
    /// Whether the value must not be shown in messages or logs.
    pub is_sensitive: bool,
}

/// The type of a value.
#[derive(Debug)]
pub enum ShapeKind {
    /// A UTF-8 string; with a non-empty slice, one of these values.
    String(&'static [&'static str]),
    /// A 32-bit integer.
    Integer,
    /// A floating-point number (the model's `float` and `double`).
    Float,
    /// `true` or `false`.
    Boolean,
    /// An instant; ISO 8601 on the wire.
    Timestamp,
    /// Bytes.
    Blob,
    /// A list of one shape.
    List(&'static Shape),
    /// A map from strings of one shape to another.
    Map(&'static Shape, &'static Shape),
    /// A structure or a union.
    Structure(&'static Structure),
}

/// An error of the model.
#[derive(Debug)]
pub struct ErrorShape {
    /// The name as AWS writes it, for example `ResourceNotFoundException`.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The members of its body.
    pub structure: &'static Structure,
}

/// A typed request: what `wire` decodes into once the table has accepted the input.
pub trait Input: DeserializeOwned {
    /// What the operation answers with.
    type Output: Output;

    /// The operation that takes it. Every operation has a request type of its own.
    const OPERATION: &'static Operation;

    /// Takes the raw body of an operation whose payload is a blob.
    fn set_payload(&mut self, _payload: Bytes) {}
}

/// A typed response.
///
/// It does not name its operation: AWS returns the same shape from several (`Application` from create, get and update),
/// so the operation and with it the status come from the request, see [`Input::Output`].
pub trait Output: Serialize {
    /// Gives up the raw body of an operation whose payload is a blob.
    fn take_payload(&mut self) -> Option<Bytes> {
        None
    }
}
