//! Where things are in the repository, and running programs there.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// Returns the repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in a folder of the workspace")
}

/// Returns a path below the repository's root.
pub fn path(below: &str) -> PathBuf {
    root().join(below)
}

/// Runs a program to its end; what it prints is shown.
pub fn run(command: &mut Command) -> Result<()> {
    let name = name(command);
    let status = command.status().with_context(|| cannot_start(&name))?;
    check(&name, status)
}

/// Runs a program to its end and returns its standard output; its standard error is shown.
pub fn output(command: &mut Command) -> Result<String> {
    pipe(command, "")
}

/// Runs a program to its end with a text on its standard input and returns its standard output.
pub fn pipe(command: &mut Command, input: &str) -> Result<String> {
    let name = name(command);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().with_context(|| cannot_start(&name))?;
    let mut stdin = child.stdin.take().expect("the input is piped");
    let output = std::thread::scope(|scope| {
        // Written from a second thread: the program may fill its output before it has read all its input. A program that
        // ends without reading closes the pipe, and then its status says what is wrong.
        scope.spawn(move || stdin.write_all(input.as_bytes()).ok());
        child.wait_with_output()
    });
    let output = output.with_context(|| format!("cannot wait for {name}"))?;
    check(&name, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("{name} wrote something that is not UTF-8"))
}

/// Runs a program to its end, shows what it prints as it comes, and returns its standard output with its status.
pub fn tee(command: &mut Command) -> Result<(String, ExitStatus)> {
    let name = name(command);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| cannot_start(&name))?;
    let mut output = BufReader::new(child.stdout.take().expect("the output is piped"));
    let (mut text, mut line) = (String::new(), Vec::new());
    let mut shown = std::io::stdout();
    while output.read_until(b'\n', &mut line).with_context(|| format!("cannot read what {name} prints"))? > 0 {
        shown.write_all(&line).and_then(|()| shown.flush()).context("cannot print")?;
        text.push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok((text, child.wait().with_context(|| format!("cannot wait for {name}"))?))
}

/// Prepares to run cargo, the one that runs this, in the repository's root.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn cannot_start(name: &str) -> String {
    format!("cannot start {name}\nhint: install it, or put it on the PATH")
}

fn check(name: &str, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("{name} failed ({status})\nhint: its own message is above");
    }
    Ok(())
}
