//! Copies on disk, for starts without upstream: written whole or not at all, and read only if they are whole.
//!
//! A file begins with a line that holds the SHA-256 of all that follows; a line of JSON says what the contents are,
//! and the contents follow as they are.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::name::Name;
use crate::rollout::{Rollout, Served};
use crate::version::{LARGEST, Told, Version, sha256};

const FIRST_WORDS: &str = "tidegate-agent-backup 1 ";
/// The longest name that file systems take, with room for the name of a draft.
const LONGEST_NAME: usize = 200;
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The directory that copies are kept in.
#[derive(Clone, Debug)]
pub(crate) struct Backups {
    directory: PathBuf,
}

/// What was kept of a configuration.
#[derive(Debug)]
pub(crate) struct Kept {
    pub served: Served,
    /// When it was written, in milliseconds since 1970.
    pub at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct Head {
    application: String,
    environment: String,
    configuration: String,
    at_ms: i64,
    parts: Vec<Part>,
    host: Option<usize>,
    rollout: Option<RolloutHead>,
}

#[derive(Serialize, Deserialize)]
struct Part {
    length: usize,
    content_type: String,
    number: Option<String>,
    label: Option<String>,
    experiment_flags: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct RolloutHead {
    seed: String,
    share: f64,
    previous: Option<usize>,
    next: usize,
}

impl Backups {
    /// Makes the directory, if need be.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self { directory: directory.into() })
    }

    /// Writes down what is served.
    pub(crate) fn save(&self, name: &Name, served: &Served, at_ms: i64) -> io::Result<()> {
        let (mut versions, mut parts) = (Vec::<&Arc<Version>>::new(), Vec::new());
        for version in served.versions() {
            if !versions.iter().any(|known| Arc::ptr_eq(known, version)) {
                versions.push(version);
                let told = version.told.clone();
                parts.push(Part {
                    length: version.content.len(),
                    content_type: told.content_type,
                    number: told.number,
                    label: told.label,
                    experiment_flags: told.experiment_flags,
                });
            }
        }
        let place = |version: &Arc<Version>| versions.iter().position(|known| Arc::ptr_eq(known, version));
        let head = Head {
            application: name.application().to_owned(),
            environment: name.environment().to_owned(),
            configuration: name.configuration().to_owned(),
            at_ms,
            parts,
            host: served.host.as_ref().and_then(place),
            rollout: served.rollout.as_ref().map(|rollout| RolloutHead {
                seed: rollout.seed.to_string(),
                share: rollout.share,
                previous: rollout.previous.as_ref().and_then(place),
                next: place(&rollout.next).unwrap_or(0),
            }),
        };
        let mut rest = serde_json::to_vec(&head)?;
        rest.push(b'\n');
        versions.iter().for_each(|version| rest.extend_from_slice(&version.content));
        let mut whole = format!("{FIRST_WORDS}{}\n", hex(&sha256(&rest))).into_bytes();
        whole.append(&mut rest);
        write_whole(&self.path(name), &whole, 0o600)
    }

    /// Reads what was kept; none if there is no file.
    ///
    /// # Errors
    /// Why a file that is there cannot be used.
    pub(crate) fn load(&self, name: &Name) -> Result<Option<Kept>, String> {
        let path = self.path(name);
        let describe = |problem: &str| format!("{}: {problem}", path.display());
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(describe(&error.to_string())),
        };
        let mut whole = Vec::new();
        let most = 4 * LARGEST as u64;
        file.take(most).read_to_end(&mut whole).map_err(|error| describe(&error.to_string()))?;
        read(name, &whole).map(Some).map_err(|problem| describe(&problem))
    }

    fn path(&self, name: &Name) -> PathBuf {
        let parts = [name.application(), name.environment(), name.configuration()];
        let encoded: Vec<String> = parts.map(|part| utf8_percent_encode(part, KEPT).to_string()).into();
        let mut file = encoded.join(":");
        if file.len() > LONGEST_NAME {
            file = hex(&sha256(file.as_bytes()));
        }
        self.directory.join(format!("{file}.backup"))
    }
}

fn read(name: &Name, whole: &[u8]) -> Result<Kept, String> {
    let not_whole = || "it is damaged, or was not written to its end".to_owned();
    let rest = whole.strip_prefix(FIRST_WORDS.as_bytes()).ok_or("it is no backup of this agent")?;
    let (sum, rest) = rest.split_at_checked(64).ok_or_else(not_whole)?;
    let rest = rest.strip_prefix(b"\n").ok_or_else(not_whole)?;
    if hex(&sha256(rest)).as_bytes() != sum {
        return Err(not_whole());
    }
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(not_whole)?;
    let head: Head = serde_json::from_slice(&rest[..end]).map_err(|error| error.to_string())?;
    let is_of_name = Name::new(&head.application, &head.environment, &head.configuration).as_ref() == Some(name);
    if !is_of_name {
        return Err(format!("it is of {}:{}:{}", head.application, head.environment, head.configuration));
    }
    let (mut contents, mut versions) = (&rest[end + 1..], Vec::new());
    for part in head.parts {
        let (content, others) = contents.split_at_checked(part.length).ok_or_else(not_whole)?;
        contents = others;
        let told = Told {
            content_type: part.content_type,
            number: part.number,
            label: part.label,
            experiment_flags: part.experiment_flags,
        };
        let version = Version::check(told, Bytes::copy_from_slice(content), None);
        versions.push(Arc::new(version.map_err(|rejected| rejected.to_string())?));
    }
    let version = |place: usize| versions.get(place).cloned();
    let rollout = head.rollout.and_then(|rollout| {
        Some(Rollout {
            seed: rollout.seed.into(),
            share: rollout.share,
            previous: rollout.previous.and_then(version),
            next: version(rollout.next)?,
        })
    });
    Ok(Kept { served: Served { host: head.host.and_then(version), rollout }, at_ms: head.at_ms })
}

/// Writes a file under another name first, so that nobody ever sees half of it.
pub(crate) fn write_whole(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut draft = std::ffi::OsString::from(".");
    draft.push(name);
    draft.push(format!(".{}-{:08x}", std::process::id(), rand::random::<u32>()));
    let draft = directory.join(draft);
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    let moved = written.and_then(|()| fs::rename(&draft, path));
    if moved.is_err() {
        let _ = fs::remove_file(&draft);
        return moved;
    }
    // The name has to last, too; a file system that cannot promise it still has the file.
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
    Ok(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> Name {
        Name::new("shop", "live/eu", "flags").unwrap()
    }

    fn version(text: &'static str) -> Arc<Version> {
        let told = Told { content_type: "text/plain".into(), number: Some("3".into()), ..Told::default() };
        Arc::new(Version::check(told, Bytes::from_static(text.as_bytes()), None).unwrap())
    }

    fn served() -> Served {
        let (old, new) = (version("old"), version("new\nline"));
        let rollout = Rollout { seed: "s".into(), share: 40.0, previous: Some(old.clone()), next: new };
        Served { host: Some(old), rollout: Some(rollout) }
    }

    #[test]
    fn what_was_saved_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let backups = Backups::open(directory.path()).unwrap();
        assert!(backups.load(&name()).unwrap().is_none());
        backups.save(&name(), &served(), 77).unwrap();
        let kept = backups.load(&name()).unwrap().unwrap();
        let rollout = kept.served.rollout.unwrap();
        assert_eq!((&*rollout.seed, rollout.share, kept.at_ms), ("s", 40.0, 77));
        assert_eq!((&*rollout.previous.unwrap().content, &*rollout.next.content), (&b"old"[..], &b"new\nline"[..]));
        let host = kept.served.host.unwrap();
        assert_eq!((host.told.number.as_deref(), &*host.content), (Some("3"), &b"old"[..]));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn half_a_file_and_a_changed_one_are_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let backups = Backups::open(directory.path()).unwrap();
        backups.save(&name(), &served(), 77).unwrap();
        let path = backups.path(&name());
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            assert!(read(&name(), &whole[..length]).is_err(), "{length} of {} bytes", whole.len());
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            assert!(read(&name(), &changed).is_err(), "another byte {place}");
        }
        let other = Name::new("shop", "live/eu", "other").unwrap();
        assert!(read(&other, &whole).unwrap_err().contains("it is of shop:live/eu:flags"));
    }

    #[test]
    fn long_names_have_a_file_too() {
        let directory = tempfile::tempdir().unwrap();
        let backups = Backups::open(directory.path()).unwrap();
        let long = "ж".repeat(128);
        let name = Name::new(&long, &long, "../../etc/passwd").unwrap();
        backups.save(&name, &served(), 1).unwrap();
        assert!(backups.load(&name).unwrap().is_some());
    }
}
