//! `tidegate flags`: is a feature-flag document right, and what does somebody get of it.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ion_rs::Element;
use serde_json::{Map, Value};
use tidegate_flags::{Context, FlagSet, Reason, Rule, Severity, admit, limits, lint};

use crate::problem::Problem;

/// What binary Ion begins with.
const ION: &[u8] = &[0xe0, 0x01, 0x00, 0xea];

#[derive(Subcommand)]
pub(crate) enum FlagsCommand {
    /// Say what is wrong with a feature-flag document, or probably not meant, with line and column.
    ///
    /// Prints a line `FILE:LINE:COLUMN: SEVERITY: TEXT` for each finding. Errors are what the service would refuse;
    /// warnings are variants that nobody can get, conditions that can never be true, splits that add up to more than
    /// everybody, and what is defined and never used.
    Lint(LintOptions),

    /// Say what somebody gets, as the AppConfig Agent would.
    ///
    /// Reads a document as authors write it, or as clients get it, in JSON or Ion, binary or text; which one it is shows
    /// in its content. A single --flag gives that flag alone; several, or none for all, give an object of flags.
    Eval(EvalOptions),
}

#[derive(Args)]
pub(crate) struct LintOptions {
    /// The document, as its author writes it; - is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Fail on warnings too.
    #[arg(long)]
    deny_warnings: bool,
}

#[derive(Args)]
pub(crate) struct EvalOptions {
    /// The document; - is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Only this flag; can be given several times.
    #[arg(long, value_name = "KEY")]
    flag: Vec<String>,

    /// A value for rules to look at, as in the agent's header Context; can be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,

    /// The entity, as in the agent's header Entity-Id: $entityId in rules.
    #[arg(long, value_name = "ID")]
    entity: Option<String>,

    /// Say on standard error which variant it is and which rule decided.
    #[arg(long)]
    explain: bool,
}

pub(crate) fn run(command: &FlagsCommand) -> Result<(), Problem> {
    match command {
        FlagsCommand::Lint(options) => check(options),
        FlagsCommand::Eval(options) => eval(options),
    }
}

fn check(options: &LintOptions) -> Result<(), Problem> {
    let content = read(&options.file)?;
    if content.starts_with(ION) {
        return Err(Problem::new(format!("{} is Ion, which the service makes", options.file.display()))
            .hint("give the JSON document that its author writes; `tidegate flags eval` reads Ion"));
    }
    let findings = lint(&content);
    let mut out = io::stdout().lock();
    for finding in &findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let (file, message) = (options.file.display(), on_one_line(&finding.message));
        // Whoever stops reading has read enough.
        let _ = writeln!(out, "{file}:{}:{}: {severity}: {message}", finding.line, finding.column);
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    let counts =
        format!("{} has {} and {}", options.file.display(), count(errors, "error"), count(warnings, "warning"));
    match (errors, warnings) {
        (0, 0) => Ok(()),
        (0, _) if !options.deny_warnings => Ok(()),
        (0, _) => Err(Problem::new(counts).hint("without --deny-warnings, warnings are no failure")),
        _ => Err(Problem::new(counts).hint("the service would refuse this document")),
    }
}

fn count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A document of whatever form, ready to be asked.
struct Document {
    flags: FlagSet,
    form: Form,
}

enum Form {
    /// With the service's form of it.
    Authoring(Vec<u8>),
    RetrievalJson,
    Ion(Vec<u8>),
}

/// A variant as the document has it.
struct Variant {
    name: String,
    /// None of the last one.
    rule: Option<String>,
}

fn eval(options: &EvalOptions) -> Result<(), Problem> {
    let mut context = Context::new();
    for pair in &options.context {
        let (key, value) = pair.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            Problem::new(format!("'{pair}' is no context"))
                .hint("write it as key=value, for example --context tier=gold")
        })?;
        context.set(key, value);
    }
    if let Some(entity) = &options.entity {
        context = context.with_entity_id(entity);
    }
    let document = document(&options.file, read(&options.file)?)?;
    let unknown = |flag: &str| {
        let known: Vec<&str> = document.flags.keys().take(20).collect();
        let more = if document.flags.len() > known.len() { ", …" } else { "" };
        Problem::new(format!("{} has no flag '{flag}'", options.file.display()))
            .hint(format!("its flags are: {}{more}", known.join(", ")))
    };
    for flag in &options.flag {
        document.flags.evaluate(flag, &context).ok_or_else(|| unknown(flag))?;
    }
    let named: Vec<&str> = options.flag.iter().map(String::as_str).collect();
    let mut json = match named[..] {
        [flag] => document.flags.evaluate(flag, &context).map(|evaluation| evaluation.json.to_vec()),
        _ => document.flags.evaluate_many(&named, &context),
    }
    .expect("every named flag has been looked for");
    json.push(b'\n');
    let _ = io::stdout().lock().write_all(&json);
    if options.explain {
        let asked: Vec<&str> = if named.is_empty() { document.flags.keys().collect() } else { named };
        let mut out = io::stderr().lock();
        for flag in asked {
            let _ = out.write_all(document.explain(flag, &context).as_bytes());
        }
    }
    Ok(())
}

impl Document {
    /// Which variant it is, and what each rule up to the one that decided says.
    fn explain(&self, flag: &str, context: &Context<'_>) -> String {
        let evaluation = self.flags.evaluate(flag, context).expect("the flag has been looked for");
        let variant = evaluation.variant.map(on_one_line).unwrap_or_default();
        let why = match evaluation.reason {
            Reason::Static => "it has one value for all".to_owned(),
            Reason::Default => format!("variant '{variant}': no rule is true"),
            Reason::Targeting => format!("variant '{variant}': its rule is true"),
            Reason::Split => format!("variant '{variant}': its rule is true, and looks at a split"),
        };
        let mut text = format!("{}: {why}\n", on_one_line(flag));
        for variant in self.variants(flag) {
            let Some(rule) = variant.rule else { break };
            let is_true = Rule::new(&rule, flag).is_ok_and(|rule| rule.is_satisfied_by(context));
            let truth = if is_true { "true " } else { "false" };
            text.push_str(&format!("  {truth}  '{}': {}\n", on_one_line(&variant.name), on_one_line(&rule)));
            if is_true {
                break;
            }
        }
        text
    }

    /// A flag's variants with their rules; none where they cannot be told.
    fn variants(&self, flag: &str) -> Vec<Variant> {
        match &self.form {
            Form::Authoring(content) => authored_variants(content, flag),
            Form::RetrievalJson => Vec::new(),
            Form::Ion(content) => ion_variants(content, flag),
        }
    }
}

fn authored_variants(content: &[u8], flag: &str) -> Vec<Variant> {
    let document: Value = serde_json::from_slice(content).unwrap_or_default();
    let text = |variant: &Value, member: &str| variant[member].as_str().map(str::to_owned);
    let variants = document["values"][flag]["_variants"].as_array().cloned().unwrap_or_default();
    let variant =
        |variant: &Value| Variant { name: text(variant, "name").unwrap_or_default(), rule: text(variant, "rule") };
    variants.iter().map(variant).collect()
}

/// Rules out of Ion; binary Ion from AWS refers to tables that are not public, and is passed over.
fn ion_variants(content: &[u8], flag: &str) -> Vec<Variant> {
    let Ok(elements) = Element::read_all(content) else { return Vec::new() };
    let is_flag = |element: &&Element| element.annotations().first() == Some(flag);
    // Of several values for a key, the last counts.
    let found = elements.iter().filter(is_flag).last().and_then(Element::as_list);
    let mut variants = Vec::new();
    for item in found.into_iter().flatten() {
        let Some(pair) = item.as_list() else { break };
        let mut pair = pair.iter();
        let rule = pair.next().map(|rule| rule.clone().with_annotations::<Vec<&str>>(Vec::new()).to_string());
        let json: Value = pair
            .next()
            .and_then(Element::as_string)
            .map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_default());
        variants.push(Variant { name: json["_variant"].as_str().unwrap_or_default().to_owned(), rule });
    }
    variants
}

/// Reads a document by what it looks like.
fn document(file: &Path, content: Vec<u8>) -> Result<Document, Problem> {
    let unreadable = |error: tidegate_flags::Unreadable| {
        Problem::new(format!("{}: {}", file.display(), on_one_line(&error.to_string())))
            .hint("documents are read as authors write them (with flags, values and version), or as clients get them")
    };
    if !looks_like_json(&content) {
        let flags = FlagSet::from_ion(&content).map_err(unreadable)?;
        return Ok(Document { flags, form: Form::Ion(content) });
    }
    if let Ok(members) = serde_json::from_slice::<Map<String, Value>>(&content)
        && is_retrieval(&members)
    {
        let flags = FlagSet::from_retrieval_json(&content).map_err(unreadable)?;
        return Ok(Document { flags, form: Form::RetrievalJson });
    }
    let Ok(admitted) = admit(&content, None, 0) else { return Err(refused(file, &content)) };
    let flags = FlagSet::from_authoring(&admitted.content).map_err(unreadable)?;
    Ok(Document { flags, form: Form::Authoring(admitted.content) })
}

fn looks_like_json(content: &[u8]) -> bool {
    // An Ion struct is not a document of flags, so a brace is enough.
    content.trim_ascii_start().first() == Some(&b'{')
}

/// Whether every member is a flag as clients get it. A document as authors write it has a version, which is none.
fn is_retrieval(members: &Map<String, Value>) -> bool {
    members.values().all(|flag| flag.get("enabled").is_some_and(Value::is_boolean))
}

fn refused(file: &Path, content: &[u8]) -> Problem {
    let first = lint(content).into_iter().find(|finding| finding.severity == Severity::Error);
    let what = match first {
        Some(first) => {
            format!("{}:{}:{}: {}", file.display(), first.line, first.column, on_one_line(&first.message))
        }
        None => format!("{} is not a feature-flag document", file.display()),
    };
    Problem::new(what).hint(format!("`tidegate flags lint {}` says everything that is wrong", file.display()))
}

/// Reads a whole document, if it is not too large.
fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    let unreadable = |error: io::Error| {
        Problem::new(format!("cannot read {}: {error}", file.display()))
            .hint("name a file with a feature-flag document, or - for standard input")
    };
    let most = limits::DOCUMENT_BYTES as u64;
    let mut content = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(most + 1).read_to_end(&mut content).map_err(unreadable)?;
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        opened.take(most + 1).read_to_end(&mut content).map_err(unreadable)?;
    }
    match content.len() as u64 > most {
        true => Err(Problem::new(format!("{} has more than {most} bytes", file.display()))
            .hint("that is more than the service ever accepts")),
        false => Ok(content),
    }
}

/// A text from a document, which must not move the reader's cursor or begin a line of its own.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\r' | '\t' => line.push(' '),
            _ if char.is_control() => line.extend(char.escape_default()),
            _ => line.push(char),
        }
    }
    line
}
