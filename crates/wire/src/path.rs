//! Where a value stands in a request, as AWS writes it: `monitors.1.member.alarmArn`.

use tidegate_model::Shape;

/// The most characters of a map key that a message shows.
const MAX_KEY_CHARS: usize = 64;

/// A place that moves through a request as the request is walked.
#[derive(Default)]
pub(crate) struct Path(String);

impl Path {
    /// The path as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Goes to a member; the answer leads back with [`Path::pop`].
    pub(crate) fn push_member(&mut self, name: &str) -> Mark {
        self.push(&camel_case(name))
    }

    /// Goes to an item of a list; items count from one.
    pub(crate) fn push_item(&mut self, index: usize) -> Mark {
        self.push(&format!("{}.member", index + 1))
    }

    /// Goes to an entry of a map. The keys of a sensitive map are not shown.
    pub(crate) fn push_entry(&mut self, map: &Shape, key: &str) -> Mark {
        let shown: String = if map.is_sensitive { "*".into() } else { key.chars().take(MAX_KEY_CHARS).collect() };
        self.push(&format!("{shown}.member"))
    }

    /// Goes back to where the mark was taken.
    pub(crate) fn pop(&mut self, mark: Mark) {
        self.0.truncate(mark.0);
    }

    fn push(&mut self, piece: &str) -> Mark {
        let mark = Mark(self.0.len());
        if mark.0 > 0 {
            self.0.push('.');
        }
        self.0.push_str(piece);
        mark
    }
}

/// A place on a [`Path`] to go back to.
#[must_use]
pub(crate) struct Mark(usize);

/// A member's name as messages spell it: `AlarmArn` becomes `alarmArn`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().into_iter().map(|first| first.to_ascii_lowercase()).chain(chars).collect()
}
