//! Chunks that have just come, as they were before they were sealed: who carries them out need not open them again.
//!
//! Only a short cut: whatever is not here any more is opened from the database. Rows that bring a password are never kept.

use crate::id::ImportId;
use roster::PersonRow;
use roster::review::Action;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The rows of a chunk.
pub(super) type Rows = Vec<(PersonRow, Action)>;

/// Chunks that are kept, of all imports together: those of a full request and what comes while they wait.
const MOST: usize = 6;

/// The newest chunks, each with its import and number.
#[derive(Default)]
pub(crate) struct Fresh(Mutex<VecDeque<(ImportId, u32, Rows)>>);

impl Fresh {
    /// Keeps a chunk that is in the database.
    pub(super) fn put(&self, import: ImportId, number: u32, rows: Rows) {
        if rows.iter().any(|(row, _)| row.values.password.is_some()) {
            return;
        }
        let mut chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if chunks.len() >= MOST {
            chunks.pop_front();
        }
        chunks.push_back((import, number, rows));
    }

    /// Takes the chunks out that an import has here among so many from number `from` on.
    pub(super) fn take(&self, import: ImportId, from: u32, most: u32) -> HashMap<u32, Rows> {
        let wanted = from..from.saturating_add(most);
        let mut chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (taken, left): (VecDeque<_>, VecDeque<_>) =
            chunks.drain(..).partition(|chunk| chunk.0 == import && wanted.contains(&chunk.1));
        *chunks = left;
        taken.into_iter().map(|(_, number, rows)| (number, rows)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::random::SystemRandom;
    use roster::Values;

    fn import() -> ImportId {
        ImportId::new(Timestamp(0), &SystemRandom)
    }

    fn rows(password: Option<&str>) -> Rows {
        let values = Values { password: password.map(str::to_owned), ..Values::default() };
        vec![(PersonRow { row: 1, line: 2, values }, Action::Add)]
    }

    #[test]
    fn only_the_newest_chunks_are_kept_and_each_is_given_away_once() {
        let (fresh, import, other) = (Fresh::default(), import(), import());
        let most = u32::try_from(MOST).unwrap();
        (0..=most).for_each(|number| fresh.put(import, number, rows(None)));
        assert!(fresh.take(other, 0, most).is_empty());
        let mut taken: Vec<u32> = fresh.take(import, 0, most).into_keys().collect();
        taken.sort_unstable();
        assert_eq!(taken, (1..most).collect::<Vec<_>>(), "the oldest one had to go");
        assert!(fresh.take(import, 0, most).is_empty());
        assert!(fresh.take(import, 1, most).into_keys().eq([most]));
    }

    #[test]
    fn passwords_are_never_kept() {
        let (fresh, import) = (Fresh::default(), import());
        fresh.put(import, 0, rows(Some("seven green bottles on a wall")));
        assert!(fresh.take(import, 0, 1).is_empty());
    }
}
