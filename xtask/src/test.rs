//! `cargo xtask test`: everything that has to hold before a change lands.
//!
//! It does its own set-up, in `target/` and in the JavaScript tests' `node_modules`, and installs a Debian package only
//! where one is missing and it may. Stops at the first section that fails.

mod count;
mod sections;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use crate::explain;

use count::Count;
use sections::{Context, SECTIONS, Section};

#[derive(clap::Args)]
pub struct Arguments {
    /// Runs this section alone; can be given several times
    #[arg(long, value_name = "SECTION", value_parser = PossibleValuesParser::new(SECTIONS.iter().map(|it| it.name)))]
    only: Vec<String>,
    /// Runs the other sections, too, when one has failed
    #[arg(long)]
    keep_going: bool,
    /// Names the sections, and does nothing else
    #[arg(long)]
    list: bool,
}

/// A section that was run.
struct Run {
    section: &'static Section,
    count: Count,
    seconds: f64,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.list {
        SECTIONS.iter().for_each(|section| println!("{:10} {}", section.name, section.about));
        return Ok(ExitCode::SUCCESS);
    }
    let is_wanted =
        |section: &&Section| arguments.only.is_empty() || arguments.only.iter().any(|name| name == section.name);
    let mut sections = SECTIONS.iter().filter(is_wanted);
    let mut context = Context::default();
    let mut runs: Vec<Run> = Vec::new();
    for section in sections.by_ref() {
        let run = run_one(section, &mut context);
        let has_failed = run.count.failed > 0;
        runs.push(run);
        if has_failed && !arguments.keep_going {
            break;
        }
    }

    println!("\n== summary");
    for Run { section, count, seconds } in &runs {
        println!("{:10} {:>6.1} s  {count}", section.name, seconds);
    }
    let not_run: Vec<_> = sections.map(|section| section.name).collect();
    if !not_run.is_empty() {
        println!("not run: {} (--keep-going runs them all the same)", not_run.join(", "));
    }
    let total: Count = runs.iter().map(|run| run.count).sum();
    println!("{total}");
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_one(section: &'static Section, context: &mut Context) -> Run {
    println!("\n== {}: {}", section.name, section.about);
    let started = Instant::now();
    let count = (section.run)(context).unwrap_or_else(|error| {
        explain(&error);
        Count::failed(1)
    });
    let seconds = started.elapsed().as_secs_f64();
    let count = match count {
        Count { passed: 0, failed: 0, .. } => {
            eprintln!("error: {} ran no test", section.name);
            Count { failed: 1, ..count }
        }
        count => count,
    };
    println!("== {}: {count} in {seconds:.1} s", section.name);
    Run { section, count, seconds }
}
