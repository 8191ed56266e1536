//! Reading and changing a store without a server, or beside one: nodes take in what is written here as any other entry.

use tidegate_domain::{Actor, Command, Context, Decision, Event, Limits, Realm, Refusal, Snapshot, State, decide};
use tidegate_journal::{AppendError, Entry, EntryId, Journal, Unavailable, commit};
use tidegate_server::clock::system_now_ms;

use crate::problem::Problem;
use crate::store::{Opened, Store};

const READ_AT_ONCE: usize = 1_000;
/// How often a command that lost the race for its number is decided again.
const ATTEMPTS: usize = 64;

/// A store, and the state at its head.
pub(crate) struct Offline {
    opened: Opened,
    /// What the journal said when it was last read.
    pub state: State,
    last_id: EntryId,
}

/// Opens the store, does the work, and closes it.
pub(crate) fn with<T>(
    store: &Store,
    makes_new: bool,
    work: impl AsyncFnOnce(&mut Offline) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let opened = if makes_new { store.open().await? } else { store.open_existing().await? };
        let mut offline = Offline { opened, state: State::default(), last_id: EntryId::NONE };
        let done = match offline.start().await {
            Ok(()) => work(&mut offline).await,
            Err(problem) => Err(problem),
        };
        offline.opened.close().await?;
        done
    })
}

impl Offline {
    async fn start(&mut self) -> Result<(), Problem> {
        if let Some(snapshot) = self.journal().load_snapshot().await? {
            let written = serde_json::from_slice::<Snapshot>(&snapshot.body).map_err(|error| error.to_string());
            let restored = written.and_then(|written| written.restore().map_err(|error| error.to_string()));
            let entries = self.journal().read(snapshot.number.saturating_sub(1), 1).await?;
            let is_of_this_history = entries.first().is_some_and(|entry| entry.id == snapshot.id);
            // Without it the journal is read from its beginning.
            if let (Ok(state), true) = (restored, is_of_this_history) {
                (self.state, self.last_id) = (state, snapshot.id);
            }
        }
        Ok(self.catch_up().await?)
    }

    async fn catch_up(&mut self) -> Result<(), Unavailable> {
        loop {
            let entries = self.opened.journal.read(self.state.number, READ_AT_ONCE).await?;
            for entry in &entries {
                let decision: Decision = serde_json::from_str(&entry.body)
                    .map_err(|error| Unavailable::new(format!("understand journal entry {}", entry.number), error))?;
                self.state.apply(entry.number, &decision);
                self.last_id = entry.id;
            }
            if entries.len() < READ_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Decides a command at the journal's head and writes what follows.
    pub(crate) async fn execute(&mut self, realm: &Realm, command: &Command) -> Result<Vec<Event>, Problem> {
        for _ in 0..ATTEMPTS {
            let context = Context {
                now_ms: system_now_ms(),
                realm: realm.clone(),
                seed: rand::random(),
                limits: Limits::default(),
            };
            let events = decide(&self.state, &context, command).map_err(|refusal| refused(&refusal, realm))?;
            if events.is_empty() {
                return Ok(events);
            }
            let decision = Decision {
                v: 1,
                at_ms: context.now_ms,
                realm: Some(context.realm),
                actor: Actor::Operator,
                operation: command.operation().into(),
                request_id: String::new(),
                events,
            };
            let entry = Entry {
                number: self.state.number + 1,
                id: EntryId(rand::random()),
                prev: self.last_id,
                at_ms: decision.at_ms,
                body: serde_json::to_string(&decision).expect("a decision can be written as JSON"),
            };
            match commit(self.journal(), &entry).await {
                Ok(()) => {
                    self.state.apply(entry.number, &decision);
                    self.last_id = entry.id;
                    return Ok(decision.events);
                }
                Err(AppendError::Conflict) => self.catch_up().await?,
                Err(AppendError::Unavailable(unavailable)) => return Err(unavailable.into()),
            }
        }
        Err(Problem::new("other writers were quicker, again and again").hint("try again"))
    }

    fn journal(&self) -> &dyn Journal {
        &*self.opened.journal
    }
}

fn refused(refusal: &Refusal, realm: &Realm) -> Problem {
    Problem::new(refusal.message(&realm.account))
}
