//! Reading and changing a store without a server, or beside one: nodes take in what is written here as any other entry.

use tidegate_domain::{Actor, Command, Context, Decision, Event, Limits, Realm, Refusal, State, decide};
use tidegate_journal::{AppendError, Entry, EntryId, Journal, commit};
use tidegate_server::clock::system_now_ms;

use crate::moment::Moment;
use crate::problem::Problem;
use crate::store::{Opened, Store};

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
        let Moment { state, last_id } = Moment::of(self.journal()).await?;
        (self.state, self.last_id) = (state, last_id);
        Ok(())
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
                v: Decision::FORMAT,
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
                Err(AppendError::Conflict) => self.start().await?,
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
