//! Flags as a caller sees them: a set of flags, ready to be asked.
//!
//! Whatever is answered has been rendered before; asking costs one look-up and the rules of that one flag, however many
//! flags there are.

use std::collections::HashMap;

use crate::rule::Rule;

/// Who asks, and what is known of them.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// Sorted by key, so that many values stay cheap.
    values: Vec<(&'a str, &'a str)>,
    entity_id: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// Nobody in particular.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value; of several for one key the last counts.
    #[must_use]
    pub fn with(mut self, key: &'a str, value: &'a str) -> Self {
        self.set(key, value);
        self
    }

    /// Names the entity: `$entityId` in rules, before any value of that key.
    #[must_use]
    pub fn with_entity_id(mut self, entity_id: &'a str) -> Self {
        self.entity_id = Some(entity_id);
        self
    }

    /// Adds a value; of several for one key the last counts.
    pub fn set(&mut self, key: &'a str, value: &'a str) {
        match self.values.binary_search_by(|(known, _)| (*known).cmp(key)) {
            Ok(place) => self.values[place].1 = value,
            Err(place) => self.values.insert(place, (key, value)),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        if key == "entityId" && self.entity_id.is_some() {
            return self.entity_id;
        }
        let place = self.values.binary_search_by(|(known, _)| (*known).cmp(key)).ok()?;
        Some(self.values[place].1)
    }
}

/// What a caller gets of one flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluation<'a> {
    /// The flag as a JSON object: `enabled`, attributes, and `_variant` if it has variants.
    pub json: &'a [u8],
    /// Its variant.
    pub variant: Option<&'a str>,
    /// Whether it is on.
    pub enabled: bool,
    /// Why this and not another.
    pub reason: Reason,
}

/// Why a caller gets what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The flag has one value for all.
    Static,
    /// A variant's rule is true, and it looks at no split.
    Targeting,
    /// A variant's rule is true, and it looks at a split.
    Split,
    /// No rule is true.
    Default,
}

/// Flags that can be asked.
#[derive(Clone, Debug, Default)]
pub struct FlagSet {
    pub(crate) flags: HashMap<Box<str>, CompiledFlag>,
    pub(crate) keys: Box<[Box<str>]>,
}

/// A flag: its variants in order, and what is left for everybody else.
#[derive(Clone, Debug)]
pub(crate) struct CompiledFlag {
    pub variants: Box<[CompiledVariant]>,
    pub default: Content,
}

#[derive(Clone, Debug)]
pub(crate) struct CompiledVariant {
    pub rule: Rule,
    pub reason: Reason,
    pub content: Content,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub json: Box<[u8]>,
    pub variant: Option<Box<str>>,
    pub enabled: bool,
}

impl FlagSet {
    pub(crate) fn new(flags: HashMap<Box<str>, CompiledFlag>) -> Self {
        let mut keys: Vec<Box<str>> = flags.keys().cloned().collect();
        keys.sort_unstable();
        Self { flags, keys: keys.into() }
    }

    /// The keys of all flags, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(AsRef::as_ref)
    }

    /// How many flags there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What a caller gets of a flag; none if there is no such flag.
    pub fn evaluate(&self, flag: &str, context: &Context<'_>) -> Option<Evaluation<'_>> {
        let flag = self.flags.get(flag)?;
        let hit = flag.variants.iter().find(|variant| variant.rule.is_satisfied_by(context));
        let (content, reason) = match hit {
            Some(variant) => (&variant.content, variant.reason),
            None if flag.default.variant.is_none() => (&flag.default, Reason::Static),
            None => (&flag.default, Reason::Default),
        };
        Some(Evaluation { json: &content.json, variant: content.variant.as_deref(), enabled: content.enabled, reason })
    }

    /// Whether a caller was passed over by a split for want of this value: with it, the answer might be another one.
    pub fn misses(&self, flag: &str, context: &Context<'_>, key: &str) -> bool {
        let Some(flag) = self.flags.get(flag).filter(|_| context.get(key).is_none()) else { return false };
        let passed = flag.variants.iter().take_while(|variant| !variant.rule.is_satisfied_by(context));
        passed.filter(|variant| variant.reason == Reason::Split).any(|variant| variant.rule.takes_for_granted(key))
    }

    /// What a caller gets of some flags, or of all if none is named, as one JSON object. None if one is unknown.
    pub fn evaluate_many(&self, flags: &[&str], context: &Context<'_>) -> Option<Vec<u8>> {
        let mut named: Vec<&str> = if flags.is_empty() { self.keys().collect() } else { flags.to_vec() };
        named.sort_unstable();
        named.dedup();
        let mut out = Vec::new();
        let mut object = crate::json::ObjectWriter::begin(&mut out);
        for flag in named {
            let evaluation = self.evaluate(flag, context)?;
            object.member(flag).extend_from_slice(evaluation.json);
        }
        object.end();
        Some(out)
    }
}
