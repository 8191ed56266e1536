//! Where the master key comes from.

use std::path::Path;

use tidegate_secrets::{FileProblem, MasterKeys};

use crate::problem::Problem;
use crate::store::Store;

/// The file in a data directory.
const FILE_NAME: &str = "master-key";

/// The master keys: from the file that was named; or else from the data directory, where they are made if need be. A
/// store in memory gets fresh ones. None for a store elsewhere: nothing that lies beside a server is shared by all.
pub(crate) fn keys(named: Option<&Path>, store: &Store) -> Result<Option<MasterKeys>, Problem> {
    if let Some(path) = named {
        return read(path).map(Some);
    }
    if store.is_memory() {
        return Ok(Some(MasterKeys::fresh()));
    }
    let Some(directory) = store.directory() else { return Ok(None) };
    let path = directory.join(FILE_NAME);
    tidegate_secrets::make_if_absent(&path).map_err(|error| {
        Problem::new(format!("cannot make the master key {}: {error}", path.display()))
            .hint("name a file that holds one with --master-key or TIDEGATE_MASTER_KEY")
    })?;
    read(&path).map(Some)
}

fn read(path: &Path) -> Result<MasterKeys, Problem> {
    tidegate_secrets::read(path).map_err(|error| {
        let problem = Problem::new(format!("cannot use the master key {}: {error}", path.display()));
        match error {
            FileProblem::TooOpen { .. } => problem.hint(format!("chmod 600 {}", path.display())),
            FileProblem::Content(_) => {
                problem.hint("`openssl rand -hex 32` makes one: 64 hexadecimal digits on a line")
            }
            FileProblem::Io(_) => problem.hint("name a file that holds one with --master-key or TIDEGATE_MASTER_KEY"),
        }
    })
}
