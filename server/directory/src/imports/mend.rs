//! Failed rows that come again, mended: the import they belong to goes on with them, and its counts and results show
//! their newest outcome.
//!
//! A row is taken once: until it has another outcome it counts as failed and is not taken again, so that rows may be sent
//! as often as it takes to get an answer.

use super::ImportState;
use super::chunk::SealedChunk;
use super::receive::{MAX_CHUNK_ROWS, detail};
use crate::Directory;
use crate::account::Actor;
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::ImportId;
use roster::PersonRow;
use roster::review::{Action, Options};
use std::collections::HashSet;
use thiserror::Error;

/// What became of mended rows that were sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mended {
    /// Rows that are tried again.
    pub taken: u32,
    /// Rows that are not: they did not fail, or wait for their turn already.
    pub left: u32,
}

/// Why mended rows were not taken. Nothing was changed.
#[derive(Debug, Error)]
pub enum MendError {
    /// There is no such import.
    #[error("there is no such import")]
    NotFound,
    /// Rows are still being sent.
    #[error("this import still receives rows")]
    GoesOn,
    /// Other rows of it are being carried out, under other options than these.
    #[error("this import is being carried out under other options")]
    OtherOptions,
    /// It was cancelled, taken back, or stands still.
    #[error("this import takes no more rows")]
    Ended,
    /// Rows are none, too many, or not in order.
    #[error("the rows cannot be used: {0}")]
    Malformed(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Takes mended rows under the numbers they had in the import's file, in order. `reviewed_at`: when the review
    /// looked at the directory this time; `options`: what was decided in it, which holds for these rows. Whoever was absent
    /// from the import's own file stays a matter of that file.
    ///
    /// # Errors
    /// See [`MendError`]; nothing was changed.
    pub async fn mend_rows(
        &self,
        actor: &Actor,
        import: ImportId,
        reviewed_at: Option<Timestamp>,
        options: &Options,
        rows: Vec<(PersonRow, Action)>,
    ) -> Result<Mended, MendError> {
        if rows.is_empty() || rows.len() > MAX_CHUNK_ROWS {
            return Err(MendError::Malformed("they are none or too many"));
        }
        if !rows.is_sorted_by(|one, other| one.0.row < other.0.row) {
            return Err(MendError::Malformed("they are not in the order of the file"));
        }
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let head = tx.lock_import(import).await?.ok_or(MendError::NotFound)?;
        match head.state {
            ImportState::Completed | ImportState::Running => {}
            ImportState::Receiving => return Err(MendError::GoesOn),
            ImportState::Cancelled | ImportState::Paused => return Err(MendError::Ended),
        }
        let found = tx.import(import).await?.filter(|import| import.undone_at.is_none());
        let Some(found) = found else { return Err(MendError::Ended) };
        let options = Options { absent: found.options.absent, ..options.clone() };
        if head.state == ImportState::Running && options != found.options {
            return Err(MendError::OtherOptions);
        }
        let numbers: Vec<u32> = rows.iter().map(|(row, _)| row.row).collect();
        let failed: HashSet<u32> = tx.mendable_rows(import, &numbers).await?.into_iter().collect();
        let all = rows.len();
        let rows: Vec<_> = rows.into_iter().filter(|(row, _)| failed.contains(&row.row)).collect();
        let count = |rows: usize| u32::try_from(rows).expect("a chunk has a few thousand rows at most");
        let mended = Mended { taken: count(rows.len()), left: count(all - rows.len()) };
        if rows.is_empty() {
            return Ok(mended);
        }
        let chunk = SealedChunk::of(self, import, head.next_chunk, &rows)
            .map_err(|_| MendError::Malformed("they cannot be written down"))?;
        chunk.keep(tx.as_mut(), head.rows_received, true).await?;
        let taken: Vec<u32> = rows.iter().map(|(row, _)| row.row).collect();
        tx.unseal_rows(import, &taken).await?;
        tx.chunk_received(import, head.rows_received, head.last_row, head.next_chunk + 1).await?;
        tx.set_review(import, reviewed_at, &options).await?;
        tx.set_import_actor(import, actor.account, &actor.username).await?;
        tx.set_import_state(import, ImportState::Running, now).await?;
        let told = format!("{} mended rows, {}", taken.len(), detail(import));
        tx.record(&[audit::record(now, actor, Event::ImportContinued, &head.file_name, &told)]).await?;
        tx.save().await?;
        Ok(mended)
    }
}
