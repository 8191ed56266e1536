//! What the evaluation of a feature flag costs, and what it takes to get there: in process, without a server.

use std::hint::black_box;
use std::time::Instant;

use serde::Serialize;
use serde_json::json;
use tidegate_flags::{Context, FlagSet, admit, render};

use super::{Directories, noise_sentence};
use crate::documents::{Case, Users, document, key};
use crate::process::Watch;
use crate::report::{Table, count, ranged};
use crate::stats::{Spread, spread};
use crate::{Result, report};

#[derive(clap::Args)]
pub struct Options {
    /// A smoke test: does everything, briefly; the numbers mean nothing
    #[arg(long)]
    quick: bool,
    /// Rounds of each figure
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Evaluations in a round of each figure
    #[arg(long, default_value_t = 200_000)]
    evaluations: usize,
}

impl Options {
    pub fn new(quick: bool) -> Self {
        Self { quick, rounds: 9, evaluations: 200_000 }
    }
}

/// Flags in the two profiles whose evaluations are compared.
const FEW: usize = 2;
const MANY: usize = 10_000;

/// Flags in the documents that are read.
const DOCUMENTS: [usize; 5] = [2, 10, 100, 1_000, MANY];

/// What an evaluation should take, in nanoseconds: of a plain flag, and of one with five rules.
const AIM_PLAIN_NS: f64 = 300.0;
const AIM_RULES_NS: f64 = 2_000.0;

/// Nanoseconds per evaluation, a number for each round.
#[derive(Serialize)]
struct Evaluations {
    case: &'static str,
    #[serde(skip)]
    aim_ns: f64,
    few_ns: Vec<f64>,
    many_ns: Vec<f64>,
    /// Another of the many flags each time: what has been in use a while ago has to come from memory.
    scattered_ns: Vec<f64>,
}

/// Milliseconds for a document, a number for each round.
#[derive(Default, Serialize)]
struct Document {
    flags: usize,
    bytes: usize,
    ion_bytes: usize,
    admit_ms: Vec<f64>,
    /// When the latest version has the same content.
    admit_again_ms: Vec<f64>,
    render_ms: Vec<f64>,
    read_authoring_ms: Vec<f64>,
    read_ion_ms: Vec<f64>,
}

/// Runs the benchmark and publishes its result.
pub fn run(options: &Options) -> Result<()> {
    let directories = Directories::find()?;
    let (rounds, evaluations) = if options.quick { (2, 500) } else { (options.rounds, options.evaluations) };
    let watch = Watch::begin(&[])?;
    let (few, many) = (flag_set(FEW)?, flag_set(MANY)?);
    let users = Users::find(&few);
    let cases = Case::ALL.map(|case| evaluate(case, [&few, &many], &users, rounds, evaluations));
    let cases = cases.into_iter().collect::<Result<Vec<_>>>()?;
    let contexts_ns = Vec::from_iter((0..rounds).map(|_| {
        cost_ns(evaluations, || {
            black_box(Case::Last.context(black_box(&users)));
        })
    }));
    eprintln!("evaluations");
    let documents = DOCUMENTS.map(|flags| read(flags, if options.quick { 1 } else { rounds.min(5) }));
    let documents = documents.into_iter().collect::<Result<Vec<_>>>()?;
    let foreign_share = watch.foreign_share()?;

    let markdown = format!(
        "One thread, medians [lowest–highest] of {rounds} rounds of {} evaluations, both profiles in turn. A caller brings \
         five values and an entity id; to put them together takes {} ns, which no row includes.\n\n\
         ### Evaluations\n\n{}\n{}\n\
         ### Documents\n\n\
         Every other flag has five rules. To admit is what a new version costs, and `again` one that changes nothing; to \
         render, both retrieval forms; to read, what a client or `tidegate flags eval` does before its first \
         evaluation.\n\n{}\n{}",
        count(evaluations),
        ranged(spread(contexts_ns.iter().copied()), 0),
        evaluations_table(&cases),
        aim_note(&cases),
        documents_table(&documents),
        noise_sentence(spread([foreign_share * 100.0])),
    );
    let figures = json!({
        "evaluations": cases, "context_ns": contexts_ns, "documents": documents, "foreign_share": foreign_share,
    });
    report::publish(&directories.out, "flags", options.quick, &markdown, &figures)
}

fn flag_set(flags: usize) -> Result<FlagSet> {
    let admitted = admit(document(flags).as_bytes(), None, 0).map_err(|refused| refused.message())?;
    let ion = render(&admitted.content)?.ion.ok_or("a document with variants has no Ion form")?;
    Ok(FlagSet::from_ion(&ion)?)
}

/// Times one case in both profiles in turn.
fn evaluate(case: Case, [few, many]: [&FlagSet; 2], users: &Users, rounds: usize, times: usize) -> Result<Evaluations> {
    let context = case.context(users);
    let number = usize::from(case.has_rules());
    let in_few = key(number);
    let in_many = key(MANY - 2 + number);
    // In leaps, so that neighbours in the document do not follow one another.
    let scattered = Vec::from_iter((0..MANY / 2).map(|step| key(step * 1_871 % (MANY / 2) * 2 + number)));
    for (flags, key) in [(few, &in_few), (many, &in_many)].into_iter().chain(scattered.iter().map(|key| (many, key))) {
        let evaluation = flags.evaluate(key, &context).ok_or_else(|| format!("there is no flag {key}"))?;
        if !case.is_answered_by(&evaluation) {
            return Err(format!("{}: {key} is answered by {evaluation:?}", case.name()).into());
        }
    }
    let mut costs = Evaluations {
        case: case.name(),
        aim_ns: if case.has_rules() { AIM_RULES_NS } else { AIM_PLAIN_NS },
        few_ns: Vec::new(),
        many_ns: Vec::new(),
        scattered_ns: Vec::new(),
    };
    for _ in 0..rounds {
        costs.few_ns.push(cost_ns(times, || ask(few, &in_few, &context)));
        costs.many_ns.push(cost_ns(times, || ask(many, &in_many, &context)));
        let mut keys = scattered.iter().cycle();
        costs.scattered_ns.push(cost_ns(times, || ask(many, keys.next().expect("it has no end"), &context)));
    }
    Ok(costs)
}

fn ask(flags: &FlagSet, key: &str, context: &Context<'_>) {
    black_box(flags.evaluate(black_box(key), black_box(context)));
}

/// Nanoseconds for each of so many times.
fn cost_ns(times: usize, mut what: impl FnMut()) -> f64 {
    let started = Instant::now();
    for _ in 0..times {
        what();
    }
    started.elapsed().as_secs_f64() * 1e9 / times as f64
}

/// Times what is done with a document before a flag in it can be evaluated.
fn read(flags: usize, rounds: usize) -> Result<Document> {
    let text = document(flags);
    let mut costs = Document { flags, ..Document::default() };
    for _ in 0..rounds {
        let (admitted, admit_ms) = timed(|| admit(text.as_bytes(), None, 0));
        let admitted = admitted.map_err(|refused| refused.message())?;
        let (again, admit_again_ms) = timed(|| admit(text.as_bytes(), Some(&admitted.content), 1));
        if !again.map_err(|refused| refused.message())?.is_same_as_latest {
            return Err("the same document again is another one".into());
        }
        let (rendered, render_ms) = timed(|| render(&admitted.content));
        let ion = rendered?.ion.ok_or("a document with variants has no Ion form")?;
        let (from_authoring, read_authoring_ms) = timed(|| FlagSet::from_authoring(&admitted.content));
        let (from_ion, read_ion_ms) = timed(|| FlagSet::from_ion(&ion));
        if (from_authoring?.len(), from_ion?.len()) != (flags, flags) {
            return Err("a document has lost flags".into());
        }
        (costs.bytes, costs.ion_bytes) = (admitted.content.len(), ion.len());
        costs.admit_ms.push(admit_ms);
        costs.admit_again_ms.push(admit_again_ms);
        costs.render_ms.push(render_ms);
        costs.read_authoring_ms.push(read_authoring_ms);
        costs.read_ion_ms.push(read_ion_ms);
    }
    eprintln!("a document of {} flags", count(flags));
    Ok(costs)
}

/// What it returned, and the milliseconds that it took.
fn timed<T>(what: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let outcome = black_box(what());
    (outcome, started.elapsed().as_secs_f64() * 1e3)
}

fn evaluations_table(all: &[Evaluations]) -> String {
    let (few, many) = (format!("{} flags, ns", count(FEW)), format!("{} flags, ns", count(MANY)));
    let mut table = Table::new(&["evaluation", &few, &many, "ratio", "another of the many each time, ns"]);
    for costs in all {
        table.row(vec![
            costs.case.into(),
            ranged(spread(costs.few_ns.iter().copied()), 0),
            ranged(spread(costs.many_ns.iter().copied()), 0),
            ranged(costs.ratio(), 2),
            ranged(spread(costs.scattered_ns.iter().copied()), 0),
        ]);
    }
    table.render()
}

impl Evaluations {
    /// Many flags to few, taken inside each round.
    fn ratio(&self) -> Option<Spread> {
        spread(self.many_ns.iter().zip(&self.few_ns).map(|(many, few)| many / few))
    }
}

fn aim_note(all: &[Evaluations]) -> String {
    let median = |costs: &[f64]| spread(costs.iter().copied()).map_or(0.0, |spread| spread.median);
    let slow = all.iter().filter(|costs| median(&costs.few_ns).max(median(&costs.many_ns)) >= costs.aim_ns);
    let slow = Vec::from_iter(slow.map(|costs| format!("{} ({:.0} ns)", costs.case, costs.aim_ns)));
    match slow.as_slice() {
        [] => {
            format!("All below the aims of {AIM_PLAIN_NS} ns for a plain flag and {AIM_RULES_NS} ns for five rules.\n")
        }
        slow => format!("**Not below its aim: {}.**\n", slow.join("; ")),
    }
}

fn documents_table(all: &[Document]) -> String {
    let mut table = Table::new(&[
        "flags",
        "KiB",
        "KiB as Ion",
        "admit ms",
        "admit again ms",
        "render ms",
        "read ms",
        "read Ion ms",
    ]);
    let kib = |bytes: usize| format!("{:.1}", bytes as f64 / 1024.0);
    for document in all {
        let shown = |costs: &[f64]| ranged(spread(costs.iter().copied()), 2);
        table.row(vec![
            count(document.flags),
            kib(document.bytes),
            kib(document.ion_bytes),
            shown(&document.admit_ms),
            shown(&document.admit_again_ms),
            shown(&document.render_ms),
            shown(&document.read_authoring_ms),
            shown(&document.read_ion_ms),
        ]);
    }
    table.render()
}
