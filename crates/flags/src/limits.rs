//! How large things may be. AWS's numbers where AWS has published one, ours where a hostile document needs a bound.

/// The largest document in bytes. AWS allows 2 MiB and 4,000 KB on request; the server holds its own, smaller limit.
pub const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;
/// Attributes that a flag defines (AWS).
pub const ATTRIBUTES: usize = 25;
/// Characters of a description (AWS).
pub const DESCRIPTION_CHARS: usize = 1024;
/// Characters of a name of a flag or variant (AWS).
pub const NAME_CHARS: usize = 64;
/// Characters of a key of a flag or attribute (AWS).
pub const KEY_CHARS: usize = 64;
/// Characters of a string value (AWS).
pub const STRING_CHARS: usize = 1024;
/// Members of an `enum` (AWS).
pub const ENUM_MEMBERS: usize = 100;
/// Characters of a constraint's `pattern` (AWS).
pub const PATTERN_CHARS: usize = 1024;
/// Characters of a rule (AWS).
pub const RULE_CHARS: usize = 16384;
/// Levels of nesting in a rule (ours).
pub const RULE_DEPTH: usize = 64;
/// Levels of nesting in an Ion document: a rule, what an experiment puts around it, and the lists around that (ours).
pub const ION_DEPTH: usize = RULE_DEPTH + 16;
/// Different regular expressions in one document (ours).
pub const PATTERNS: usize = 1000;
/// Bytes that one compiled regular expression may take (ours).
pub const PATTERN_COMPILED_BYTES: usize = 256 * 1024;
/// Details that one refusal lists (ours).
pub const DETAILS: usize = 100;
/// Bytes of a detail's value; what is longer ends with `...` (AWS shortens too, the length is ours).
pub const DETAIL_VALUE_BYTES: usize = 2048;
