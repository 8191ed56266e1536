//! A persistent table: records under a parent, listed in the order of their creation, found by id or by name.

use std::sync::Arc;

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};
use serde::{Deserialize, Serialize};

use crate::id::Id;
use crate::state::Page;

/// What a table needs to know of a record.
pub(crate) trait Row {
    /// The id, unique within the table.
    fn id(&self) -> Id;
    /// What it lies under; `None` for things directly under the account.
    fn parent(&self) -> Option<Id>;
    /// The name, where names are unique within the parent.
    fn unique_name(&self) -> Option<&str>;
}

/// See the module. Cloning costs a few reference counts.
#[derive(Clone, Debug)]
pub(crate) struct Table<R> {
    rows: RedBlackTreeMapSync<(Option<Id>, u64), Arc<R>>,
    places: HashTrieMapSync<Id, (Option<Id>, u64)>,
    names: HashTrieMapSync<(Option<Id>, Arc<str>), Id>,
    /// The place of the next new row: the order of creation.
    next: u64,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self {
            rows: RedBlackTreeMapSync::new_sync(),
            places: HashTrieMapSync::new_sync(),
            names: HashTrieMapSync::new_sync(),
            next: 1,
        }
    }
}

impl<R: PartialEq> PartialEq for Table<R> {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows && self.places == other.places && self.names == other.names && self.next == other.next
    }
}

/// A table written down.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Written<R> {
    rows: Vec<(u64, Arc<R>)>,
    next: u64,
}

impl<R: Row> Written<R> {
    pub(crate) fn read(self) -> Table<R> {
        let mut table = Table { next: self.next, ..Table::default() };
        for (place, row) in self.rows {
            let (id, parent) = (row.id(), row.parent());
            if let Some(name) = row.unique_name() {
                table.names.insert_mut((parent, Arc::from(name)), id);
            }
            table.places.insert_mut(id, (parent, place));
            table.rows.insert_mut((parent, place), row);
        }
        table
    }
}

impl<R: Row> Table<R> {
    pub(crate) fn write(&self) -> Written<R> {
        let rows = self.rows.iter().map(|((_, place), row)| (*place, row.clone()));
        Written { rows: rows.collect(), next: self.next }
    }

    /// Every row, in no order that means anything.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<R>> {
        self.rows.values()
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Arc<R>> {
        self.rows.get(self.places.get(&id)?)
    }

    pub(crate) fn id_of(&self, parent: Option<Id>, name: &str) -> Option<Id> {
        self.names.get(&(parent, Arc::from(name))).copied()
    }

    /// By id, then by name, within the parent.
    pub(crate) fn find(&self, parent: Option<Id>, identifier: &str) -> Option<&Arc<R>> {
        let by_id = identifier.parse().ok().and_then(|id| self.get(id)).filter(|row| row.parent() == parent);
        by_id.or_else(|| self.get(self.id_of(parent, identifier)?))
    }

    pub(crate) fn has_children_of(&self, parent: Id) -> bool {
        self.under(Some(parent), 0).next().is_some()
    }

    pub(crate) fn count_under(&self, parent: Option<Id>) -> usize {
        self.under(parent, 0).count()
    }

    /// Rows under the parent, oldest first, from the place after `after`; at most `limit`.
    pub(crate) fn page(
        &self,
        parent: Option<Id>,
        after: u64,
        limit: usize,
        is_wanted: impl Fn(&R) -> bool,
    ) -> Page<Arc<R>> {
        let wanted = self.under(parent, after).filter(|(_, row)| is_wanted(row));
        Page::cut(wanted.map(|(place, row)| (place, row.clone())), limit)
    }

    /// Adds the row, or replaces the one with its id in the same place.
    pub(crate) fn put(&mut self, row: R) {
        let (id, parent) = (row.id(), row.parent());
        let place = match self.get(id).cloned() {
            Some(old) => {
                if let Some(name) = old.unique_name() {
                    self.names.remove_mut(&(parent, Arc::from(name)));
                }
                self.places[&id]
            }
            None => {
                self.next += 1;
                (parent, self.next - 1)
            }
        };
        if let Some(name) = row.unique_name() {
            self.names.insert_mut((parent, Arc::from(name)), id);
        }
        self.places.insert_mut(id, place);
        self.rows.insert_mut(place, Arc::new(row));
    }

    pub(crate) fn remove(&mut self, id: Id) {
        let Some(place) = self.places.get(&id).copied() else { return };
        if let Some(row) = self.rows.get(&place).cloned()
            && let Some(name) = row.unique_name()
        {
            self.names.remove_mut(&(place.0, Arc::from(name)));
        }
        self.rows.remove_mut(&place);
        self.places.remove_mut(&id);
    }

    fn under(&self, parent: Option<Id>, after: u64) -> impl Iterator<Item = (u64, &Arc<R>)> {
        let first = after.saturating_add(1);
        self.rows.range((parent, first)..=(parent, u64::MAX)).map(|((_, place), row)| (*place, row))
    }
}
