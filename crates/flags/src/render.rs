//! The retrieval forms of a stored document, made once per version.
//!
//! JSON has values only: what is off is `{"enabled":false}`, variants collapse to the default one. Binary Ion is there
//! when a flag has variants: one value per flag, annotated with its key; a text for a flag without variants, else a list
//! of variants, each a list of rule and text annotated with the variant's name, and last the default's text.

use std::collections::BTreeMap;

use ion_rs::v1_0::Binary;
use ion_rs::{Element, List, Sequence};
use serde_json::Value;

use crate::document::{Document, FlagValue, Variant};
use crate::json::{ObjectWriter, write_string};
use crate::limits;
use crate::normalise::{self, write_enabled_and_attributes};
use crate::read::Unreadable;
use crate::rule::parse;

/// The content type of the JSON form.
pub const CONTENT_TYPE_JSON: &str = "application/json";
/// The content type of the Ion form.
pub const CONTENT_TYPE_ION: &str = "application/ion; type=AWS.AppConfig.FeatureFlags";

/// What clients get of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrieval {
    /// For whoever does not ask for Ion.
    pub json: Vec<u8>,
    /// For the agent, if any flag has variants.
    pub ion: Option<Vec<u8>>,
}

/// Renders a stored document.
///
/// # Errors
/// It is not a stored document, or a rule in it is not Ion; never for what [`admit`](crate::admit) has admitted.
pub fn render(content: &[u8]) -> Result<Retrieval, Unreadable> {
    let document = normalise::stored(content).ok_or(Unreadable::NotAuthoring)?;
    let has_variants = document.values.values().any(|value| !value.variants.is_empty());
    let ion = if has_variants { Some(ion(&document, &BTreeMap::new())?) } else { None };
    Ok(Retrieval { json: json(&document), ion })
}

fn json(document: &Document) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = ObjectWriter::begin(&mut out);
    for (key, value) in &document.values {
        object.member(key).extend_from_slice(&match value.variants.last() {
            Some(default) => content(Some(&default.name), default.enabled, &default.attributes),
            None => basic_content(value),
        });
    }
    object.end();
    out
}

/// The Ion form, with other variants for the flags in `overlays`.
pub(crate) fn ion(document: &Document, overlays: &BTreeMap<&str, Vec<Variant>>) -> Result<Vec<u8>, Unreadable> {
    let mut elements = Vec::new();
    for (key, value) in &document.values {
        let variants = overlays.get(key.as_str()).unwrap_or(&value.variants);
        let element: Element = match variants.split_last() {
            None => text(basic_content(value)).into(),
            Some((default, ruled)) => {
                let mut items = Vec::new();
                for variant in ruled {
                    let rule = variant.rule.as_deref().unwrap_or("");
                    let rule = parse::parse_within(rule, limits::ION_DEPTH)
                        .map_err(|fault| Unreadable::Rule { flag: key.clone(), fault })?;
                    let json = text(content(Some(&variant.name), variant.enabled, &variant.attributes));
                    let pair = List::from(Sequence::new([rule, json.into()]));
                    items.push(Element::from(pair).with_annotations([variant.name.as_str()]));
                }
                items.push(text(content(Some(&default.name), default.enabled, &default.attributes)).into());
                List::from(Sequence::new(items)).into()
            }
        };
        elements.push(element.with_annotations([key.as_str()]));
    }
    let sequence = Sequence::new(elements);
    Ok(sequence.encode_as(Binary).expect("texts, lists and rules that were read from Ion can be written as Ion"))
}

pub(crate) fn basic_content(value: &FlagValue) -> Vec<u8> {
    content(None, value.enabled.unwrap_or(false), &value.attributes)
}

/// What a caller gets: attributes only of what is on.
pub(crate) fn content(variant: Option<&str>, enabled: bool, attributes: &BTreeMap<String, Value>) -> Vec<u8> {
    let nothing = BTreeMap::new();
    let mut out = Vec::new();
    let mut object = ObjectWriter::begin(&mut out);
    if let Some(variant) = variant {
        write_string(object.member("_variant"), variant);
    }
    write_enabled_and_attributes(&mut object, Some(enabled), if enabled { attributes } else { &nothing });
    object.end();
    out
}

fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("the JSON writer writes UTF-8")
}
