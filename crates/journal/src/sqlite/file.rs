//! The file and its directory, before and beside SQLite.

use super::explain::Reason;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Mutex;

/// Closing any descriptor of a file drops all locks that this process holds on it (POSIX), SQLite's among them. So the
/// file is opened here only to create it, and only while nobody in this process can have got further than this.
static CREATING: Mutex<()> = Mutex::new(());

/// Makes sure that the directory (0700 if it is new) and the file (0600 if it is new, and then empty) are there.
pub(super) fn prepare(dir: &Path, path: &Path) -> Result<(), Reason> {
    create_dir(dir)?;
    let _creating = CREATING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(Reason::new("it is not a file").with_hint("move it away or choose another data directory")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // SQLite gives its own files beside it the same mode.
            let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            match created {
                Ok(_) => Ok(File::open(dir)?.sync_all()?),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                Err(error) => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Creates what is missing, and makes it last: a directory that a power cut takes away takes everything away.
fn create_dir(dir: &Path) -> Result<(), Reason> {
    match fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(_) => return Err(io::Error::from(io::ErrorKind::NotADirectory).into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let parent = match dir.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    create_dir(parent)?;
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => Ok(File::open(parent)?.sync_all()?),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Which file it is that was opened, whatever its path names later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub(super) fn of(path: &Path) -> io::Result<Identity> {
        let metadata = fs::metadata(path)?;
        Ok(Identity { device: metadata.dev(), inode: metadata.ino() })
    }

    /// Refuses when the file was deleted or replaced: SQLite would go on to write into what nobody will find again.
    pub(super) fn check(self, path: &Path) -> Result<(), Reason> {
        if Identity::of(path)? == self {
            return Ok(());
        }
        Err(Reason::new("the file was replaced while it was open").with_hint("start Tidegate again"))
    }
}
