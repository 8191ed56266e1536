//! The service model as botocore ships it, read strictly.
//!
//! A key that is not named here is refused: a new trait may change what goes over the wire, and silence would hide it.
//! The keys that the table does not need are named too and dropped.

use anyhow::{Context, Result};
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::venv::Venv;
use crate::workspace;

/// Prints a service's model; botocore itself knows where its files are.
const PRINT: &str = "
import gzip, pathlib, sys, botocore
model = pathlib.Path(botocore.__file__).parent / 'data' / sys.argv[1] / sys.argv[2] / 'service-2.json.gz'
sys.stdout.buffer.write(gzip.decompress(model.read_bytes()))
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub operations: IndexMap<String, Operation>,
    pub shapes: IndexMap<String, Shape>,
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "metadata")]
    _metadata: IgnoredAny,
    #[serde(default, rename = "documentation")]
    _documentation: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    pub http: Http,
    pub input: Option<Reference>,
    pub output: Option<Reference>,
    pub errors: Vec<Reference>,
    #[serde(rename = "name")]
    _name: String,
    #[serde(default, rename = "documentation")]
    _documentation: IgnoredAny,
    #[serde(default, rename = "readonly")]
    _readonly: IgnoredAny,
    #[serde(default, rename = "idempotent")]
    _idempotent: IgnoredAny,
    #[serde(default, rename = "deprecated")]
    _deprecated: IgnoredAny,
    #[serde(default, rename = "deprecatedMessage")]
    _deprecated_message: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Http {
    pub method: String,
    pub request_uri: String,
    pub response_code: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reference {
    pub shape: String,
    pub location: Option<String>,
    pub location_name: Option<String>,
    #[serde(default, rename = "documentation")]
    _documentation: IgnoredAny,
    // Tells clients of some languages that zero differs from absent; JSON tells it anyway.
    #[serde(default, rename = "box")]
    _box: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub members: IndexMap<String, Reference>,
    #[serde(default)]
    pub required: Vec<String>,
    pub payload: Option<String>,
    #[serde(default)]
    pub union: bool,
    #[serde(default)]
    pub exception: bool,
    pub error: Option<ErrorTrait>,
    pub member: Option<Reference>,
    pub key: Option<Reference>,
    pub value: Option<Reference>,
    #[serde(rename = "enum", default)]
    pub values: Vec<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub pattern: Option<String>,
    #[serde(default)]
    pub sensitive: bool,
    pub timestamp_format: Option<String>,
    #[serde(default, rename = "documentation")]
    _documentation: IgnoredAny,
    #[serde(default, rename = "box")]
    _box: IgnoredAny,
    // Follows from the status.
    #[serde(default, rename = "fault")]
    _fault: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ErrorTrait {
    pub http_status_code: u16,
    #[serde(default, rename = "senderFault")]
    _sender_fault: IgnoredAny,
}

impl Source {
    /// Reads a service's model out of the botocore in the environment.
    pub fn read(venv: &Venv, service: &str, api_version: &str) -> Result<Self> {
        let text = workspace::output(venv.command("python").args(["-c", PRINT, service, api_version]))
            .with_context(|| format!("cannot read the model of {service} {api_version} out of botocore"))?;
        serde_json::from_str(&text).with_context(|| {
            format!("the model of {service} {api_version} is not of the known form\nhint: teach xtask/src/model/source.rs the new key")
        })
    }

    /// Returns a shape that the model refers to.
    pub fn shape(&self, name: &str) -> Result<&Shape> {
        self.shapes.get(name).with_context(|| format!("the model refers to the shape {name} and lacks it"))
    }
}
