//! Master keys in a file.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::{MasterKeys, fresh_key};

/// A key file is never longer.
const MAX_FILE_BYTES: u64 = 16 * 1_024;

/// Why a file does not give a master key.
#[derive(Debug)]
pub enum FileProblem {
    /// It cannot be read, or made.
    Io(io::Error),
    /// What is in it is no key.
    Content(String),
    /// Others may read it.
    TooOpen {
        /// Its permission bits.
        mode: u32,
    },
}

impl std::fmt::Display for FileProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Content(reason) => f.write_str(reason),
            Self::TooOpen { mode } => write!(f, "everybody may read it (its mode is {mode:03o})"),
        }
    }
}

impl std::error::Error for FileProblem {}

/// Reads master keys from a file that is not for everybody to read.
pub fn read(path: &Path) -> Result<MasterKeys, FileProblem> {
    let file = std::fs::File::open(path).map_err(FileProblem::Io)?;
    let mode = file.metadata().map_err(FileProblem::Io)?.mode() & 0o777;
    // A group may be let in on purpose, as Kubernetes does with mounted secrets.
    if mode & 0o007 != 0 {
        return Err(FileProblem::TooOpen { mode });
    }
    let mut text = String::new();
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(FileProblem::Io)?;
    MasterKeys::parse(&text).map_err(FileProblem::Content)
}

/// Makes the file with a fresh key, readable by its owner only, unless it is there already.
///
/// Whole or not at all, and left alone if another process was quicker: what is sealed under it may be in use already.
pub fn make_if_absent(path: &Path) -> Result<(), FileProblem> {
    if path.exists() {
        return Ok(());
    }
    let key = fresh_key();
    let text = format!("{}\n", key.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    make_whole(path, &text).map_err(FileProblem::Io)
}

fn make_whole(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension(std::process::id().to_string());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let made = written.and_then(|()| std::fs::hard_link(&draft, path));
    let _ = std::fs::remove_file(&draft);
    match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // The name, too, has to outlive a power cut: what is sealed under a key that is gone is gone.
        Ok(()) => path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all()),
        made => made,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master-key");
        make_if_absent(&path).unwrap();
        let id = read(&path).unwrap().id();
        make_if_absent(&path).unwrap();
        assert_eq!(read(&path).unwrap().id(), id);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_file_that_everybody_may_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master-key");
        make_if_absent(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read(&path), Err(FileProblem::TooOpen { mode: 0o644 })));
        fs::set_permissions(&path, Permissions::from_mode(0o440)).unwrap();
        assert!(read(&path).is_ok(), "a group may be let in");
    }

    #[test]
    fn what_is_no_key_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master-key");
        assert!(matches!(read(&path), Err(FileProblem::Io(_))));
        fs::write(&path, "secret").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(read(&path), Err(FileProblem::Content(_))));
    }
}
