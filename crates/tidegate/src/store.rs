//! Where the journal lies: from the URL that an operator names to an open journal, for every command alike.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tidegate_journal::etcd::{EtcdAddress, EtcdJournal};
use tidegate_journal::late::{Late, Open};
use tidegate_journal::memory::MemoryJournal;
use tidegate_journal::postgres::{PostgresAddress, PostgresJournal};
use tidegate_journal::s3::{BlobsInS3, S3Address};
use tidegate_journal::sqlite::{FILE_NAME, SqliteJournal};
use tidegate_journal::{Journal, Unavailable};

use crate::cli::Options;
use crate::config_file;
use crate::problem::Problem;

/// The options of commands beside `serve` that say which store they are about. They mean what they mean there.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct StoreOptions {
    /// Read the store's options from this TOML file, as `serve` does.
    #[arg(long, env = "TIDEGATE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// The server's data directory [default: tidegate-data].
    #[arg(long, env = "TIDEGATE_DATA", value_name = "DIR")]
    data: Option<PathBuf>,

    /// The server's store [default: SQLite in the data directory].
    #[arg(long, env = "TIDEGATE_STORE", value_name = "URL", hide_env_values = true)]
    store: Option<String>,

    /// The server's blobs, if they are not in its store.
    #[arg(long, env = "TIDEGATE_BLOBS", value_name = "URL")]
    blobs: Option<String>,

    /// The file with the master key [default: master-key in the data directory].
    #[arg(long, env = "TIDEGATE_MASTER_KEY", value_name = "FILE")]
    master_key: Option<PathBuf>,
}

/// A place for a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// A SQLite file in this directory.
    Sqlite(PathBuf),
    /// Tables in PostgreSQL.
    Postgres(Box<PostgresAddress>),
    /// Keys in etcd.
    Etcd(EtcdAddress),
    /// Memory: empty at first, and gone with the process.
    Memory,
    /// Any of these, and the blobs in a bucket.
    WithBlobs(Box<Store>, S3Address),
}

/// An open journal, and what has to be done when it is needed no more.
pub(crate) struct Opened {
    /// The journal.
    pub journal: Arc<dyn Journal>,
    engine: Engine,
}

enum Engine {
    Sqlite(Arc<SqliteJournal>),
    Postgres(Arc<PostgresJournal>),
    /// Nothing of it is left when it is dropped.
    Other,
}

impl StoreOptions {
    /// Says which store is meant.
    pub(crate) fn store(&self) -> Result<Store, Problem> {
        Store::of(&self.options()?)
    }

    /// Where the master key is, if somebody said so.
    pub(crate) fn master_key(&self) -> Result<Option<PathBuf>, Problem> {
        Ok(self.options()?.master_key)
    }

    fn options(&self) -> Result<Options, Problem> {
        let Self { config, data, store, blobs, master_key } = self.clone();
        config_file::merge(Options { config, data, store, blobs, master_key, ..Options::default() })
    }
}

impl Store {
    /// Says which store the options name.
    pub(crate) fn of(options: &Options) -> Result<Self, Problem> {
        let store = Self::of_journal(options)?;
        let Some(url) = &options.blobs else { return Ok(store) };
        let address = url.parse().map_err(|error| {
            Problem::new(format!("--blobs: {error}")).hint("write s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME]")
        })?;
        Ok(Self::WithBlobs(Box::new(store), address))
    }

    fn of_journal(options: &Options) -> Result<Self, Problem> {
        let data = options.data.as_deref().unwrap_or(Path::new("tidegate-data"));
        let Some(url) = &options.store else { return Ok(Self::Sqlite(data.into())) };
        match url.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", directory)) if !directory.trim_start_matches("//").is_empty() => {
                Ok(Self::Sqlite(directory.strip_prefix("//").unwrap_or(directory).into()))
            }
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(Box::new(url.parse()?))),
            Some(("etcd", _)) => Ok(Self::Etcd(url.parse().map_err(|error| {
                Problem::new(format!("--store: {error}"))
                    .hint("write etcd://[user:password@]host:port[,…][/prefix][?options]")
            })?)),
            _ => Err(Problem::new(format!("{} is not a store that this version knows", without_login(url)))
                .hint("use sqlite:DIR, postgres://HOST/DATABASE, etcd://HOST or memory:, or leave out --store for SQLite in the data directory")),
        }
    }

    /// Whether there can be anything in it yet, as far as that can be said without opening it.
    pub(crate) fn may_hold_something(&self) -> bool {
        match self {
            Self::Sqlite(directory) => directory.join(FILE_NAME).is_file(),
            Self::Memory => false,
            _ => true,
        }
    }

    /// Opens the journal, and makes a new one where there is none.
    pub(crate) async fn open(&self) -> Result<Opened, Problem> {
        match self {
            Self::Sqlite(directory) => {
                let directory = directory.clone();
                let opened = tokio::task::spawn_blocking(move || SqliteJournal::open(&directory)).await;
                let opened = opened.map_err(|error| Problem::new(format!("cannot open the journal: {error}")))??;
                let sqlite = Arc::new(opened);
                Ok(Opened { journal: sqlite.clone(), engine: Engine::Sqlite(sqlite) })
            }
            Self::Postgres(address) => Ok(Opened::postgres(PostgresJournal::open(address).await?)),
            Self::Etcd(address) => Ok(Opened::other(EtcdJournal::open(address).await?)),
            Self::Memory => Ok(Opened::other(MemoryJournal::new())),
            Self::WithBlobs(store, blobs) => Box::pin(store.open()).await?.with_blobs(blobs).await,
        }
    }

    /// Opens the journal of a server, and makes none: for commands that have nothing to say about a new one.
    pub(crate) async fn open_existing(&self) -> Result<Opened, Problem> {
        match self {
            Self::Sqlite(directory) if !directory.join(FILE_NAME).is_file() => {
                Err(Problem::new(format!("there is no journal in {}", directory.display()))
                    .hint("name the data directory of `tidegate serve` with --data, or its store with --store"))
            }
            Self::Memory => Err(Problem::new("a store in memory is seen by nobody but its server")
                .hint("name another store with --store, or a data directory with --data")),
            Self::Sqlite(_) => self.open().await,
            Self::Postgres(address) => Ok(Opened::postgres(PostgresJournal::open_existing(address).await?)),
            Self::Etcd(address) => Ok(Opened::other(EtcdJournal::open_existing(address).await?)),
            Self::WithBlobs(store, blobs) => Box::pin(store.open_existing()).await?.with_blobs(blobs).await,
        }
    }

    /// Whether the store is on other machines, so that this one may start when the store is away.
    pub(crate) fn is_remote(&self) -> bool {
        match self {
            Self::Postgres(_) | Self::Etcd(_) => true,
            Self::Sqlite(_) | Self::Memory => false,
            Self::WithBlobs(store, _) => store.is_remote(),
        }
    }

    /// The journal of a store that is away, to be opened when it is there.
    pub(crate) fn open_later(&self) -> Opened {
        let store = self.clone();
        let open: Open = Box::new(move || {
            let store = store.clone();
            Box::pin(async move {
                match store.open().await {
                    Ok(opened) => Ok(opened.journal),
                    Err(problem) => {
                        let problem = problem.to_string();
                        Err(Unavailable::new("open the store", problem.trim_start_matches("error: ").trim_end()))
                    }
                }
            })
        });
        Opened::other(Late::new(open))
    }

    /// The directory that lies on this machine and is this store's alone, if there is one.
    pub(crate) fn directory(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(directory) => Some(directory),
            Self::Postgres(_) | Self::Etcd(_) | Self::Memory => None,
            Self::WithBlobs(store, _) => store.directory(),
        }
    }

    /// Whether the journal is gone with the process.
    pub(crate) fn is_memory(&self) -> bool {
        match self {
            Self::Memory => true,
            Self::WithBlobs(store, _) => store.is_memory(),
            Self::Sqlite(_) | Self::Postgres(_) | Self::Etcd(_) => false,
        }
    }
}

/// A URL as it may be shown: what stands before an `@` may be a password.
fn without_login(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, rest)) => format!("\"…@{rest}\""),
        None => format!("{url:?}"),
    }
}

impl Opened {
    fn postgres(journal: PostgresJournal) -> Self {
        let postgres = Arc::new(journal);
        Self { journal: postgres.clone(), engine: Engine::Postgres(postgres) }
    }

    pub(crate) fn other(journal: impl Journal) -> Self {
        Self { journal: Arc::new(journal), engine: Engine::Other }
    }

    async fn with_blobs(self, blobs: &S3Address) -> Result<Self, Problem> {
        let Self { journal, engine } = self;
        Ok(Self { journal: Arc::new(BlobsInS3::open(journal, blobs).await?), engine })
    }

    /// Finishes what is under way, and says how that went.
    pub(crate) async fn close(self) -> Result<(), Problem> {
        match self.engine {
            Engine::Sqlite(sqlite) => Ok(sqlite.close().await?),
            Engine::Postgres(postgres) => {
                postgres.close().await;
                Ok(())
            }
            Engine::Other => Ok(()),
        }
    }
}

/// For people. Passwords in URLs are never part of it.
impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(directory) => write!(f, "{}", directory.display()),
            Self::Postgres(address) => write!(f, "{address}"),
            Self::Etcd(address) => write!(f, "{address}"),
            Self::Memory => f.write_str("in memory only, gone when the server stops"),
            Self::WithBlobs(store, blobs) => write!(f, "{store}, blobs in {blobs}"),
        }
    }
}
