//! Chunks that have just come, as they were before they were sealed: who carries them out need not open them again.
//!
//! Only a short cut: whatever is not here any more is opened from the database. Rows that bring a password are never kept.

use crate::id::ImportId;
use roster::PersonRow;
use roster::review::Action;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The rows of a chunk.
pub(super) type Rows = Vec<(PersonRow, Action)>;

/// Chunks that are kept, of all imports together: some ten megabytes.
const MOST: usize = 16;

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

    /// Takes a chunk out.
    pub(super) fn take(&self, import: ImportId, number: u32) -> Option<Rows> {
        let mut chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = chunks.iter().position(|chunk| (chunk.0, chunk.1) == (import, number))?;
        chunks.remove(place).map(|(.., rows)| rows)
    }
}
