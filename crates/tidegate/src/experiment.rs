//! `tidegate experiment`: what an experiment has shown.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use tidegate_results::{
    Assignments, Broken, Correction, Crossed, Limits, Measure, Missing, Outcomes, Place, Reading, Settings, Weights,
    analyse,
};

use crate::problem::Problem;

/// Levels of directories below a named one: region, account, application, definition, and some to spare.
const MOST_LEVELS: usize = 8;
/// Logs that are read.
const MOST_FILES: usize = 100_000;

#[derive(Subcommand)]
pub(crate) enum ExperimentCommand {
    /// Compare the treatments of a run with its control, from assignment logs and outcomes.
    ///
    /// Prints how many entities got which treatment and whether that is what the weights say, then each metric with the
    /// difference, its interval, a p-value and a verdict in plain words. docs/experiment-results.md says what is assumed.
    Results(Box<ResultsOptions>),
}

#[derive(Args)]
pub(crate) struct ResultsOptions {
    /// Assignment logs of the agent, or directories with such logs (*.jsonl) at any depth; - is standard input.
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    assignments: Vec<PathBuf>,

    /// What became of the entities: CSV with the columns entity_id, metric, value and perhaps timestamp, or JSON lines
    /// with entityId, metric, value and perhaps timestamp; - is standard input.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    outcomes: Vec<PathBuf>,

    /// The treatments' weights in the experiment definition, such as c=50,t1=50 [default: equal ones].
    #[arg(long, value_name = "KEY=WEIGHT,…")]
    weights: Option<String>,

    /// The treatment that the others are compared with.
    #[arg(long, value_name = "KEY", default_value = "c")]
    control: String,

    /// The level of intervals; a difference counts if its p-value is below 1 less this.
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95)]
    confidence: f64,

    /// What is done about several comparisons, over all treatments and metrics.
    #[arg(long, value_name = "METHOD", default_value = "none")]
    correction: CorrectionChoice,

    /// What is done with entities without an outcome: zero or leave-out, or METRIC=zero or METRIC=leave-out; can be given
    /// several times [default: zero].
    #[arg(long, value_name = "[METRIC=]WHAT")]
    missing: Vec<String>,

    /// How several values of an entity become one: any (is one of them not 0?), sum or mean; can be given several times
    /// [default: any for metrics of 0 and 1, else sum].
    #[arg(long, value_name = "METRIC=HOW")]
    measure: Vec<String>,

    /// What is done with entities that were seen in several treatments.
    #[arg(long, value_name = "WHAT", default_value = "exclude")]
    crossed: CrossedChoice,

    /// Leave these entities out, such as those with an override; can be given several times.
    #[arg(long, value_name = "ENTITY")]
    exclude: Vec<String>,

    /// Only logs of this experiment definition.
    #[arg(long, value_name = "ID")]
    definition: Option<String>,

    /// Only logs of this run.
    #[arg(long, value_name = "NUMBER")]
    run: Option<String>,

    /// Leave lines out that cannot be read, and say how many.
    #[arg(long)]
    skip_broken_lines: bool,

    /// The most entities that are kept in memory, about 100 bytes each, and four times as many outcomes.
    #[arg(long, value_name = "N", default_value_t = 5_000_000, value_parser = clap::value_parser!(u32).range(1..=1 << 30))]
    max_entities: u32,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum CorrectionChoice {
    /// Nothing.
    None,
    /// p-values times their number, and wider intervals that hold all at once.
    Bonferroni,
    /// Holm's p-values, which find more; intervals as without a correction.
    Holm,
}

#[derive(Clone, Copy, ValueEnum)]
enum CrossedChoice {
    /// They are left out.
    Exclude,
    /// They count for the treatment that they had first.
    First,
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        let problem = Self::new(broken.to_string());
        match broken.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

pub(crate) fn run(command: &ExperimentCommand) -> Result<(), Problem> {
    match command {
        ExperimentCommand::Results(options) => results(options),
    }
}

fn results(options: &ResultsOptions) -> Result<(), Problem> {
    let settings = settings(options)?;
    let inputs = options.assignments.iter().chain(&options.outcomes).filter(|path| is_stdin(path)).count();
    if inputs > 1 {
        return Err(Problem::new("standard input can be read only once").hint("name a file instead of one -"));
    }
    let entities = options.max_entities as usize;
    let limits = Limits { entities, outcomes: entities.saturating_mul(4), ..Limits::default() };
    let mut assignments = Assignments::new(Reading {
        definition: options.definition.clone(),
        run: options.run.clone(),
        exclude: options.exclude.clone(),
        skip_broken_lines: options.skip_broken_lines,
        limits,
    });
    for path in logs(&options.assignments)? {
        let source = path.display().to_string();
        match is_stdin(&path) {
            true => assignments.read("standard input", &Place::default(), io::stdin().lock())?,
            false => assignments.read(&source, &Place::of_path(&path), open(&path)?)?,
        }
    }
    let mut outcomes = Outcomes::new(limits, options.skip_broken_lines);
    for path in &options.outcomes {
        match is_stdin(path) {
            true => outcomes.read("standard input", io::stdin().lock(), &assignments)?,
            false => outcomes.read(&path.display().to_string(), open(path)?, &assignments)?,
        }
    }
    let report = analyse(&assignments, &outcomes, &settings)?;
    let mut text = match options.json {
        true => serde_json::to_string_pretty(&report).expect("a report can be written as JSON"),
        false => report.to_string(),
    };
    if options.json {
        text.push('\n');
    }
    // Whoever stops reading has read enough.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}

fn settings(options: &ResultsOptions) -> Result<Settings, Problem> {
    let mut missing = Missing::default();
    let mut missing_of = BTreeMap::new();
    for text in &options.missing {
        let (metric, what) = text.rsplit_once('=').map_or((None, text.as_str()), |(metric, what)| (Some(metric), what));
        let what = match what {
            "zero" => Missing::Zero,
            "leave-out" => Missing::LeaveOut,
            _ => {
                return Err(Problem::new(format!(
                    "'{text}' does not say what is done with entities without an outcome"
                ))
                .hint("write --missing leave-out, or --missing METRIC=zero"));
            }
        };
        match metric {
            Some(metric) => drop(missing_of.insert(metric.to_owned(), what)),
            None => missing = what,
        }
    }
    let mut measures = BTreeMap::new();
    for text in &options.measure {
        let measure = match text.rsplit_once('=') {
            Some((metric, "any")) => (metric, Measure::Any),
            Some((metric, "sum")) => (metric, Measure::Sum),
            Some((metric, "mean")) => (metric, Measure::Mean),
            _ => {
                return Err(Problem::new(format!("'{text}' does not say how a metric's values become one"))
                    .hint("write --measure METRIC=any, METRIC=sum or METRIC=mean"));
            }
        };
        measures.insert(measure.0.to_owned(), measure.1);
    }
    Ok(Settings {
        weights: options.weights.as_deref().map(Weights::parse).transpose()?,
        control: options.control.trim_start_matches("__").trim_end_matches("__").to_owned(),
        confidence: options.confidence,
        correction: match options.correction {
            CorrectionChoice::None => Correction::None,
            CorrectionChoice::Bonferroni => Correction::Bonferroni,
            CorrectionChoice::Holm => Correction::Holm,
        },
        crossed: match options.crossed {
            CrossedChoice::Exclude => Crossed::Exclude,
            CrossedChoice::First => Crossed::First,
        },
        missing,
        missing_of,
        measures,
    })
}

/// The logs that are named, and those in directories that are, in an order that does not depend on the file system.
fn logs(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut logs = Vec::new();
    for path in paths {
        if !is_stdin(path) && path.is_dir() {
            let before = logs.len();
            collect(path, MOST_LEVELS, &mut logs)?;
            if logs.len() == before {
                return Err(Problem::new(format!("there are no *.jsonl files in {}", path.display()))
                    .hint("name the directory of EXPERIMENT_ASSIGNMENT_LOG_DESTINATION, or the logs themselves"));
            }
        } else {
            logs.push(path.clone());
        }
    }
    logs.sort();
    // A log that is named and lies in a named directory is one log.
    logs.dedup();
    Ok(logs)
}

fn collect(directory: &Path, levels: usize, logs: &mut Vec<PathBuf>) -> Result<(), Problem> {
    let unreadable = |error: io::Error| Problem::new(format!("cannot read {}: {error}", directory.display()));
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
        if kind.is_dir() {
            if levels == 0 {
                return Err(Problem::new(format!("{} lies too deep", path.display()))
                    .hint("name the directory of EXPERIMENT_ASSIGNMENT_LOG_DESTINATION"));
            }
            collect(&path, levels - 1, logs)?;
        } else if path.extension().is_some_and(|extension| extension == "jsonl") && path.is_file() {
            logs.push(path);
        }
        if logs.len() > MOST_FILES {
            return Err(Problem::new(format!("there are more than {MOST_FILES} logs"))
                .hint("name the directory of one experiment definition"));
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<BufReader<File>, Problem> {
    let unreadable = |error: io::Error| {
        Problem::new(format!("cannot read {}: {error}", path.display()))
            .hint("name files that exist, or - for standard input")
    };
    File::open(path).map(|file| BufReader::with_capacity(1 << 16, file)).map_err(unreadable)
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}
