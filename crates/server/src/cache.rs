//! What a node keeps on a disk of its own: its last state and the contents that it serves.
//!
//! With it a node starts and answers polls while the store cannot be reached. Nothing in it is ever the truth: what is
//! damaged or missing costs nothing but that, and whoever can reach the store reads there. It holds the keys that tokens
//! are sealed with, so its files are their owner's only.
//!
//! In the directory: `state`, which is a line of JSON that says what follows and the state as a snapshot; `contents/`
//! with a file for each content, named by its SHA-256; and `lock`, which keeps a second process out.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tidegate_journal::{BlobId, EntryId, Snapshot};

const FORMAT: u32 = 1;
/// A state file is not read if it is longer.
const MAX_STATE_BYTES: u64 = 1 << 30;

/// Where a node keeps things. Its functions may block.
pub trait Cache: Send + Sync + 'static {
    /// The state that was kept last; none if there is none that can be trusted.
    fn load(&self) -> Option<Snapshot>;

    /// A content; none if it is not there, or is not what its name says.
    fn content(&self, id: BlobId) -> Option<Bytes>;

    /// The names of the contents that are there.
    fn contents(&self) -> HashSet<BlobId>;

    /// Keeps a content.
    fn save_content(&self, id: BlobId, content: &[u8]) -> io::Result<()>;

    /// Keeps a state, and of the contents those that are needed.
    fn save(&self, state: &Snapshot, needed: &HashSet<BlobId>) -> io::Result<()>;

    /// How many bytes of contents may be kept.
    fn limit_bytes(&self) -> u64;
}

/// A cache in a directory.
pub struct DiskCache {
    directory: PathBuf,
    limit_bytes: u64,
    /// Held as long as the process lives.
    _lock: File,
}

/// The first line of the state file.
#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    number: u64,
    id: EntryId,
    sha256: BlobId,
}

impl DiskCache {
    /// Takes a directory for this process, and makes it if it is not there.
    pub fn open(directory: &Path, limit_bytes: u64) -> Result<Self, String> {
        let problem = |error: io::Error| format!("cannot use {} as a cache: {error}", directory.display());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory.join("contents")).map_err(problem)?;
        let lock = private().truncate(false).open(directory.join("lock")).map_err(problem)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory: directory.into(), limit_bytes, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(format!("another process uses the cache {}: each node needs its own", directory.display()))
            }
            Err(TryLockError::Error(error)) => Err(problem(error)),
        }
    }

    fn path_of(&self, id: BlobId) -> PathBuf {
        self.directory.join("contents").join(id.to_string())
    }

    fn read_state(&self) -> Result<Option<Snapshot>, String> {
        let path = self.directory.join("state");
        let size = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        if size > MAX_STATE_BYTES {
            return Err(format!("it has {size} bytes"));
        }
        let file = Bytes::from(fs::read(&path).map_err(|error| error.to_string())?);
        let end = file.iter().position(|byte| *byte == b'\n').ok_or("it has no head")?;
        let head: Head = serde_json::from_slice(&file[..end]).map_err(|error| format!("its head is wrong: {error}"))?;
        let body = file.slice(end + 1..);
        if head.format != FORMAT {
            return Err(format!("it has format {}, and this version reads {FORMAT}", head.format));
        }
        if BlobId::of(&body) != head.sha256 {
            return Err("it is not what was written".into());
        }
        Ok(Some(Snapshot { number: head.number, id: head.id, body }))
    }

    /// Makes the file whole or not at all.
    fn write(&self, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
        let draft = self.directory.join("draft");
        let mut file = private().truncate(true).open(&draft)?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(path.parent().unwrap_or(&self.directory))?.sync_all()
    }
}

/// Files that only their owner reads.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

impl Cache for DiskCache {
    fn load(&self) -> Option<Snapshot> {
        self.read_state().unwrap_or_else(|error| {
            tracing::warn!(error, directory = %self.directory.display(), "the kept state cannot be used");
            None
        })
    }

    fn content(&self, id: BlobId) -> Option<Bytes> {
        let content = Bytes::from(fs::read(self.path_of(id)).ok()?);
        if BlobId::of(&content) == id {
            return Some(content);
        }
        tracing::warn!(%id, "a kept content is not what it was, and is left alone");
        let _ = fs::remove_file(self.path_of(id));
        None
    }

    fn contents(&self) -> HashSet<BlobId> {
        let files = fs::read_dir(self.directory.join("contents")).into_iter().flatten().flatten();
        files.filter_map(|file| file.file_name().to_str()?.parse().ok()).collect()
    }

    fn save_content(&self, id: BlobId, content: &[u8]) -> io::Result<()> {
        self.write(&self.path_of(id), &[content])
    }

    fn save(&self, state: &Snapshot, needed: &HashSet<BlobId>) -> io::Result<()> {
        let head = Head { format: FORMAT, number: state.number, id: state.id, sha256: BlobId::of(&state.body) };
        let head = serde_json::to_string(&head).map_err(io::Error::other)?;
        self.write(&self.directory.join("state"), &[head.as_bytes(), b"\n", &state.body])?;
        for id in self.contents().difference(needed) {
            // What cannot be removed now is tried again with the next state.
            let _ = fs::remove_file(self.path_of(*id));
        }
        Ok(())
    }

    fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn state() -> Snapshot {
        Snapshot { number: 7, id: EntryId(9), body: "a state".into() }
    }

    fn save(cache: &DiskCache, contents: &[&'static str]) {
        let needed = contents.iter().map(|content| {
            let id = BlobId::of(content.as_bytes());
            cache.save_content(id, content.as_bytes()).unwrap();
            id
        });
        cache.save(&state(), &needed.collect()).unwrap();
    }

    fn open(directory: &Path) -> DiskCache {
        DiskCache::open(directory, 1 << 20).unwrap()
    }

    #[test]
    fn what_is_kept_is_there_after_a_restart_and_nobody_elses() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/cache");
        let cache = open(&path);
        assert_eq!(cache.load(), None);
        save(&cache, &["one", "two"]);
        save(&cache, &["two", "three"]);
        assert!(DiskCache::open(&path, 1).err().unwrap().contains("another process uses"));
        drop(cache);
        let cache = open(&path);
        assert_eq!(cache.load(), Some(state()));
        assert_eq!(cache.content(BlobId::of(b"two")), Some("two".into()));
        assert_eq!(cache.contents(), [BlobId::of(b"two"), BlobId::of(b"three")].into());
        for file in ["state", "lock"] {
            assert_eq!(path.join(file).metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        }
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn every_single_damage_to_a_kept_state_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let cache = open(directory.path());
        save(&cache, &[]);
        let path = directory.path().join("state");
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(cache.load(), None, "cut to {length} bytes");
        }
        let body = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for place in body..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert_eq!(cache.load(), None, "another byte at {place}");
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(cache.load(), Some(state()));
    }

    #[test]
    fn a_damaged_content_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let cache = open(directory.path());
        save(&cache, &["one"]);
        let id = BlobId::of(b"one");
        fs::write(directory.path().join("contents").join(id.to_string()), "won").unwrap();
        assert_eq!(cache.content(id), None);
        assert!(!cache.contents().contains(&id), "so that it is written anew");
    }
}
