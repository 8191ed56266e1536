//! Which programs the tests need, and whose package brings them. `cargo xtask test` installs what is missing.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// A program that tests start.
pub struct Program {
    /// Its file's name.
    pub name: &'static str,
    /// Debian's package.
    pub package: &'static str,
    /// Where it lies beside the `PATH`: a folder, or one with `*` for a number, of which the highest is taken.
    folder: Option<Folder>,
}

struct Folder {
    before: &'static str,
    oldest: u32,
    after: &'static str,
}

/// Debian keeps PostgreSQL's servers of several versions side by side, and off the `PATH`.
const fn of_postgresql(name: &'static str) -> Program {
    let folder = Folder { before: "/usr/lib/postgresql", oldest: 15, after: "bin" };
    Program { name, package: "postgresql", folder: Some(folder) }
}

/// All of them: a row for each.
pub const PROGRAMS: &[Program] = &[
    of_postgresql("postgres"),
    of_postgresql("initdb"),
    of_postgresql("pg_basebackup"),
    of_postgresql("psql"),
    Program { name: "etcd", package: "etcd-server", folder: None },
    Program { name: "etcdctl", package: "etcd-client", folder: None },
    // For the Python clients' tests.
    Program { name: "systemd-analyze", package: "systemd", folder: None },
    Program { name: "prometheus", package: "prometheus", folder: None },
    Program { name: "prometheus-alertmanager", package: "prometheus-alertmanager", folder: None },
];

impl Program {
    /// Looks where Debian puts it, and then along the `PATH`.
    pub fn find(&self) -> Option<PathBuf> {
        let folder = self.folder.as_ref().and_then(Folder::newest);
        let along_path = env::var_os("PATH").into_iter().flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
        folder.into_iter().chain(along_path).map(|folder| folder.join(self.name)).find(|path| path.is_file())
    }
}

impl Folder {
    fn newest(&self) -> Option<PathBuf> {
        let folders = fs::read_dir(self.before).ok()?.filter_map(Result::ok);
        let numbers = folders.filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
        let newest = numbers.filter(|number| *number >= self.oldest).max()?;
        Some(Path::new(self.before).join(newest.to_string()).join(self.after))
    }
}

/// Returns the program's path.
///
/// # Panics
/// If it is not there, with how to get it.
#[track_caller]
pub fn find(name: &str) -> PathBuf {
    let program = PROGRAMS.iter().find(|program| program.name == name);
    let program = program.unwrap_or_else(|| panic!("{name} has to stand in the table of programs"));
    program.find().unwrap_or_else(|| {
        let package = program.package;
        panic!(
            "this test needs the program {name}, which is missing; as root, `cargo xtask test` installs it, or say \
             `apt-get install --no-install-recommends {package}`, or put what your system has in its place on the PATH"
        )
    })
}

/// The Python environment that `cargo xtask` makes from the requirements of the clients' tests.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/venv/bin");

/// Returns the path of a program from a Python package.
///
/// # Panics
/// If it is not there, with how to get it.
#[track_caller]
pub fn find_python(name: &str) -> PathBuf {
    let along_path = env::var_os("PATH").into_iter().flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let mut places = [PathBuf::from(PYTHON)].into_iter().chain(along_path).map(|folder| folder.join(name));
    places.find(|path| path.is_file()).unwrap_or_else(|| {
        panic!(
            "this test needs the program {name}, which is missing; `cargo xtask test` installs it, or say `pip install \
             --requirement tests/clients/python/requirements.txt` in an environment whose folder is on the PATH"
        )
    })
}
