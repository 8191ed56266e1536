//! `cargo xtask fuzz`: the fuzz targets of `fuzz/src/bin`, each for a bounded time.
//!
//! Coverage-guided with libFuzzer on the stable compiler: its coverage pass is switched on by flags that are meant for
//! LLVM, so a compiler that brings a new LLVM may not know them any more. Then no place is reached, and that is a failure.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::{debian, explain, workspace};

/// What makes the compiler count the places that are reached, and tell libFuzzer what is compared with what.
const FLAGS: [&str; 8] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // Comparisons of short texts stay calls, which libFuzzer watches.
    "-Cllvm-args=-max-loads-per-memcmp=0",
    "-Cforce-frame-pointers=yes",
];
/// An input that takes longer has found something.
const INPUT_LIMIT_S: u32 = 10;
const MEMORY_LIMIT_MIB: u32 = 2048;
const INPUT_LIMIT_BYTES: u32 = 8192;
/// The lines of a failed run that say what happened.
const SHOWN_LINES: usize = 25;

#[derive(clap::Args)]
pub struct Arguments {
    /// The target; all of them, one after the other, if none is named
    target: Option<String>,
    /// How long to look, for each target
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Runs the target once, with this file as its input
    #[arg(long, value_name = "FILE", requires = "target", conflicts_with = "seconds")]
    input: Option<PathBuf>,
    /// Names the targets, and does nothing else
    #[arg(long)]
    list: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut targets = targets()?;
    if arguments.list {
        targets.iter().for_each(|target| println!("{target}"));
        return Ok(());
    }
    if let Some(wanted) = &arguments.target {
        ensure!(targets.contains(wanted), "there is no target {wanted}\nhint: one of {}", targets.join(", "));
        targets.retain(|target| target == wanted);
    }
    let programs = build()?;
    if let (Some(input), Some(target)) = (&arguments.input, &arguments.target) {
        return workspace::run(Command::new(programs.join(target)).arg(input));
    }
    let failed = search_all(&programs, &targets, arguments.seconds);
    ensure!(failed == 0, "{failed} of {} fuzz targets failed", targets.len());
    Ok(())
}

/// Builds all targets and looks for so many seconds in each; returns how many there are, and how many of them failed.
pub fn smoke(seconds: u32) -> Result<(usize, usize)> {
    let targets = targets()?;
    let programs = build()?;
    Ok((targets.len(), search_all(&programs, &targets, seconds)))
}

/// Looks in one target after the other, explains what failed, and returns how many did.
fn search_all(programs: &Path, targets: &[String], seconds: u32) -> usize {
    let searches = targets.iter().map(|target| search(programs, target, seconds));
    searches.filter_map(Result::err).inspect(explain).count()
}

/// Returns the targets' names, which are those of the files in `fuzz/src/bin`.
fn targets() -> Result<Vec<String>> {
    let folder = workspace::path("fuzz/src/bin");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let paths = entries.collect::<Result<Vec<_>, _>>()?.into_iter().map(|entry| entry.path());
    let mut targets: Vec<_> = paths
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| !name.starts_with('.'))
        .collect();
    targets.sort();
    Ok(targets)
}

/// Builds the targets; returns the folder that they are in.
fn build() -> Result<PathBuf> {
    // libFuzzer comes as source, in C++.
    debian::ensure(Command::new("c++").arg("--version"), "g++")?;
    take_over_the_lock()?;
    let host = workspace::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let host = host.trim();
    let started = Instant::now();
    // For a named target, so that programs which run while building are not given the flags.
    let mut cargo = workspace::cargo(&["build", "--quiet", "--release", "--bins", "--target", host]);
    cargo.current_dir(workspace::path("fuzz"));
    cargo.env("CARGO_TARGET_DIR", workspace::path("target/fuzz")).env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    workspace::run(&mut cargo).context("cannot build the fuzz targets")?;
    println!("built in {:.0} s", started.elapsed().as_secs_f64());
    Ok(workspace::path("target/fuzz").join(host).join("release"))
}

/// Starts from the main workspace's lock file whenever that has changed, so that what is fuzzed is what is shipped, and
/// nobody has a second lock file to maintain. Cargo leaves out what is not needed and adds libFuzzer.
fn take_over_the_lock() -> Result<()> {
    let folder = workspace::path("target/fuzz");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (stamp, lock) = (folder.join("made-from.lock"), workspace::path("fuzz/Cargo.lock"));
    let wanted = fs::read_to_string(workspace::path("Cargo.lock")).context("cannot read Cargo.lock")?;
    if lock.exists() && fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) {
        return Ok(());
    }
    fs::write(&lock, &wanted).with_context(|| format!("cannot write {}", lock.display()))?;
    fs::write(&stamp, &wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Looks for inputs that a target fails on, starting from its seeds and from what earlier runs found worth keeping.
fn search(programs: &Path, target: &str, seconds: u32) -> Result<()> {
    let folder = workspace::path("target/fuzz");
    let seeds = lay_out_seeds(&folder, target)?;
    let corpus = folder.join("corpus").join(target);
    let artifacts = folder.join("artifacts").join(target);
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let output = Command::new(programs.join(target))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={INPUT_LIMIT_S}"))
        .arg(format!("-rss_limit_mb={MEMORY_LIMIT_MIB}"))
        .arg(format!("-max_len={INPUT_LIMIT_BYTES}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg("-print_final_stats=1")
        .args([&corpus, &seeds])
        .current_dir(&folder)
        // Enough to see what it is; `--input` shows where it comes from.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run the target {target}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        // Its progress begins with the number of the input.
        let lines: Vec<_> = said.lines().filter(|line| !line.starts_with('#') && !line.contains("NEW_FUNC[")).collect();
        let mut shown = std::io::stderr().lock();
        for line in &lines[lines.len().saturating_sub(SHOWN_LINES)..] {
            writeln!(shown, "    {line}").context("cannot print")?;
        }
        bail!(
            "the fuzz target {target} failed\nhint: fix it, and keep the input as a seed or a test; to run it again: \
             cargo xtask fuzz {target} --input {}",
            artifact(&said).unwrap_or("FILE")
        );
    }
    let inputs = number_after(&said, "stat::number_of_executed_units:").unwrap_or(0);
    let places = number_after(&said, " cov: ").unwrap_or(0);
    let kept = number_after(&said, " corp: ").unwrap_or(0);
    ensure!(
        places > 0,
        "the fuzz target {target} runs blind\nhint: this compiler's LLVM may not know the flags in xtask/src/fuzz.rs"
    );
    println!("{target}: {inputs} inputs in {seconds} s reach {places} places; {kept} are worth keeping");
    Ok(())
}

/// Writes each seed to a file of its own, as libFuzzer reads them.
///
/// `fuzz/seeds/TARGET.txt` has one on each line, where `␀` stands for a zero byte and `␊` for the end of a line; a line
/// that begins with `# ` is a comment.
fn lay_out_seeds(folder: &Path, target: &str) -> Result<PathBuf> {
    let list = workspace::path("fuzz/seeds").join(target).with_extension("txt");
    let text = fs::read_to_string(&list)
        .with_context(|| format!("cannot read {}\nhint: each target has a list of seeds", list.display()))?;
    let folder = folder.join("seeds").join(target);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (index, seed) in text.lines().filter(|line| !line.starts_with("# ")).enumerate() {
        let path = folder.join(format!("{index:03}"));
        let seed = seed.replace('␀', "\0").replace('␊', "\n");
        fs::write(&path, seed).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(folder)
}

/// Returns the file that libFuzzer wrote the failing input to.
fn artifact(said: &str) -> Option<&str> {
    let (_, rest) = said.rsplit_once("Test unit written to ")?;
    rest.lines().next()
}

/// Returns the number after the last occurrence of a label.
fn number_after(said: &str, label: &str) -> Option<u64> {
    let (_, rest) = said.rsplit_once(label)?;
    let digits = rest.trim_start();
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{artifact, number_after};

    const SAID: &str = "#9 NEW    cov: 12 ft: 3 corp: 4/9b\n#99\tDONE   cov: 359 ft: 900 corp: 126/4Kb lim: 9\n\
                        stat::number_of_executed_units: 3628434\n";

    #[test]
    fn the_last_figures_count() {
        assert_eq!(number_after(SAID, " cov: "), Some(359));
        assert_eq!(number_after(SAID, " corp: "), Some(126));
        assert_eq!(number_after(SAID, "stat::number_of_executed_units:"), Some(3_628_434));
        assert_eq!(number_after("INFO: done", " cov: "), None);
    }

    #[test]
    fn a_failure_names_its_input() {
        let said = "artifact_prefix='/t/'; Test unit written to /t/crash-1\nBase64: YQ==\n";
        assert_eq!(artifact(said), Some("/t/crash-1"));
    }
}
