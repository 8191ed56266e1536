//! What follows from a journal up to some entry, for commands that read a store without being a node.

use tidegate_domain::{Decision, Snapshot, State};
use tidegate_journal::{Entry, EntryId, Journal};

use crate::problem::Problem;

/// How many entries are read at once.
const READ_AT_ONCE: usize = 256;

/// See the module.
pub(crate) struct Moment {
    /// The state.
    pub state: State,
    /// The id of the last entry that went in.
    pub last_id: EntryId,
}

impl Moment {
    /// Reads the journal to its end, from its snapshot or from its first entry.
    pub(crate) async fn of(journal: &dyn Journal) -> Result<Self, Problem> {
        let mut moment = Self::beginning(journal).await?;
        moment.follow(journal).await?;
        Ok(moment)
    }

    /// Takes in what was appended since.
    pub(crate) async fn follow(&mut self, journal: &dyn Journal) -> Result<(), Problem> {
        loop {
            let entries = journal.read(self.state.number, READ_AT_ONCE).await?;
            for entry in &entries {
                self.apply(entry)?;
            }
            if entries.len() < READ_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// The snapshot, if it is of this journal; else nothing.
    async fn beginning(journal: &dyn Journal) -> Result<Self, Problem> {
        let nothing = Self { state: State::default(), last_id: EntryId::NONE };
        let Some(snapshot) = journal.load_snapshot().await? else { return Ok(nothing) };
        let entries = journal.read(snapshot.number.saturating_sub(1), 1).await?;
        let is_of_journal = entries.first().is_some_and(|entry| {
            (entry.number, entry.id) == (snapshot.number, snapshot.id)
                || (entry.number, entry.prev) == (snapshot.number + 1, snapshot.id)
        });
        let state = serde_json::from_slice::<Snapshot>(&snapshot.body).ok().and_then(|written| written.restore().ok());
        match state {
            Some(state) if is_of_journal && state.number == snapshot.number => Ok(Self { state, last_id: snapshot.id }),
            _ if journal.first().await? == 1 => Ok(nothing),
            _ => Err(Problem::new("the snapshot cannot be read, and the entries that it replaces were forgotten")
                .hint("use the version of Tidegate that wrote the snapshot, or a newer one")),
        }
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), Problem> {
        if (entry.number, entry.prev) != (self.state.number + 1, self.last_id) {
            let what = format!("entry {} does not follow entry {} as it was read", entry.number, self.state.number);
            return Err(
                Problem::new(what).hint("the journal has changed meanwhile, or has lost its snapshot; try again")
            );
        }
        let decision: Decision = serde_json::from_str(&entry.body).map_err(|error| {
            Problem::new(format!("cannot understand journal entry {}: {error}", entry.number))
                .hint("use the version of Tidegate that wrote it, or a newer one")
        })?;
        self.state.apply(entry.number, &decision);
        self.last_id = entry.id;
        Ok(())
    }
}
