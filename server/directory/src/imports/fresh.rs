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
