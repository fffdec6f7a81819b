//! Taking an import in: opening, chunks, sealing, and the ways to stop it and to go on.

use super::chunk::SealedChunk;
use super::{ImportState, absent, row_context};
use crate::Directory;
use crate::account::Actor;
use crate::audit::{self, Event, storable};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::ImportId;
use crate::store::{ImportHead, NewImportRecord, Transaction};
use roster::review::{Absent, Action, Options};
use roster::{Code, PersonRow};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Most rows of one import.
pub const MAX_ROWS: u32 = 1_000_000;
/// Most rows of one chunk.
pub const MAX_CHUNK_ROWS: usize = 2_000;
/// Most bytes of one chunk.
const MAX_CHUNK_BYTES: usize = 1024 * 1024;
/// Rows of the chunks in which rows that had to wait are tried again.
const AGAIN_ROWS: u32 = 500;
/// Longest file name that is kept, in characters.
const MAX_FILE_NAME: usize = 255;

/// A plan that somebody confirmed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NewImport {
    /// Name of the file; never used as a path.
    pub file_name: String,
    /// Digest of the file, if there is one.
    pub file_digest: String,
    /// What was decided in the review.
    pub options: Options,
    /// The file's own column titles with the key of the field each one feeds, for the download of failed rows.
    pub columns: Vec<(String, String)>,
    /// How many rows will be sent.
    pub rows: u32,
    /// When the review looked at the people whom the rows change, by the server's clock: whoever was changed later is
    /// left alone.
    pub reviewed_at: Option<Timestamp>,
    /// Digest of the plan: which rows, what they do, the options. Finds an import again that was sent in part.
    pub digest: Vec<u8>,
}

/// Why an import was not opened.
#[derive(Debug, Error)]
pub enum OpenImportError {
    /// More than [`MAX_ROWS`].
    #[error("an import can have at most {MAX_ROWS} rows; split the file")]
    TooManyRows,
    /// No rows were chosen.
    #[error("no rows are chosen")]
    Empty,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The answer to a chunk; sent again, a chunk gets the same one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChunkAnswer {
    /// Rows that had come when this chunk was in.
    pub received_rows: u32,
    /// The number of the chunk after it.
    pub next_chunk: u32,
}

/// Why a chunk was not taken. Nothing was changed.
#[derive(Debug, Error)]
pub enum ChunkError {
    /// Chunks before it are missing.
    #[error("chunk {expected} is expected next")]
    Gap {
        /// The number to go on with.
        expected: u32,
    },
    /// A chunk with this number and other rows was taken before.
    #[error("another chunk was sent under this number")]
    Different,
    /// There is no such import.
    #[error("there is no such import")]
    NotFound,
    /// The import receives no rows any more.
    #[error("this import takes no more rows")]
    Closed,
    /// The rows are none, not in order, or more than were announced.
    #[error("the chunk cannot be used: {0}")]
    Malformed(&'static str),
    /// More rows or bytes than one chunk may have.
    #[error("the chunk is too large")]
    TooLarge,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an import was not sealed, stopped or continued.
#[derive(Debug, Error)]
pub enum ImportError {
    /// There is no such import.
    #[error("there is no such import")]
    NotFound,
    /// Rows are still to come.
    #[error("{received} of {announced} rows have arrived")]
    RowsMissing {
        /// Rows that came.
        received: u32,
        /// Rows that were announced.
        announced: u32,
    },
    /// It was completed or cancelled before.
    #[error("this import has ended")]
    Ended,
    /// It has not ended; only what has ended can be taken back.
    #[error("this import has not ended; cancel it first")]
    GoesOn,
    /// Sealed data cannot be opened: the server key is not the one it was sealed with.
    #[error("rows of this import cannot be opened with this server's key")]
    KeyChanged,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Opens an import, or finds the one again that the same person opened for the same plan and did not finish
    /// sending. Answers with the number of the chunk to send next, 0 for a new import.
    ///
    /// # Errors
    /// Too many rows or none, or the database failed.
    pub async fn open_import(
        &self,
        actor: &Actor,
        new: NewImport,
    ) -> Result<(ImportId, u32), OpenImportError> {
        if new.rows > MAX_ROWS {
            return Err(OpenImportError::TooManyRows);
        }
        if new.rows == 0 && new.options.absent == Absent::Leave {
            return Err(OpenImportError::Empty);
        }
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if !new.digest.is_empty()
            && let Some(found) = tx.find_unfinished_import(actor.account, &new.digest, new.rows).await?
        {
            return Ok(found);
        }
        if !new.file_digest.is_empty() {
            self.end_uploads_of(tx.as_mut(), actor, &storable(&new.file_digest), now).await?;
        }
        let id = ImportId::new(now, self.random());
        let file_name: String = storable(&new.file_name).chars().take(MAX_FILE_NAME).collect();
        let columns: Vec<(String, String)> =
            new.columns.iter().map(|(title, key)| (storable(title), storable(key))).collect();
        tx.insert_import(&NewImportRecord {
            id,
            actor_id: actor.account,
            actor_name: &actor.username,
            file_name: &file_name,
            file_digest: &storable(&new.file_digest),
            options: &new.options,
            columns: &columns,
            rows: new.rows,
            plan_digest: &new.digest,
            reviewed_at: new.reviewed_at,
            now,
        })
        .await?;
        let detail = format!("{} rows, import {id}", new.rows);
        tx.record(&[audit::record(now, actor, Event::ImportOpened, &file_name, &detail)]).await?;
        tx.save().await?;
        Ok((id, 0))
    }

    /// Takes one chunk, numbered from 0. The same chunk sent again is answered with the stored answer.
    ///
    /// # Errors
    /// See [`ChunkError`]; nothing was changed.
    pub async fn receive_chunk(
        &self,
        actor: &Actor,
        import: ImportId,
        number: u32,
        rows: Vec<(PersonRow, Action)>,
    ) -> Result<ChunkAnswer, ChunkError> {
        self.receive_chunks(actor, import, number, vec![rows]).await
    }

    /// Takes chunks that follow on each other, the first numbered `number`, in one transaction: all or none. Those that were
    /// taken before change nothing. Answers as the last one alone would be.
    ///
    /// # Errors
    /// See [`ChunkError`]; nothing was changed.
    pub async fn receive_chunks(
        &self,
        _actor: &Actor,
        import: ImportId,
        number: u32,
        chunks: Vec<Vec<(PersonRow, Action)>>,
    ) -> Result<ChunkAnswer, ChunkError> {
        // Everything that needs no transaction comes before it: others wait for theirs.
        let mut arrived = Vec::with_capacity(chunks.len());
        // Up to the last number there is; no import comes near it, and what begins there is refused as a gap.
        for (rows, number) in chunks.iter().zip(number..=u32::MAX) {
            if rows.len() > MAX_CHUNK_ROWS {
                return Err(ChunkError::TooLarge);
            }
            let chunk = SealedChunk::of(self, import, number, rows)
                .map_err(|_| ChunkError::Malformed("it cannot be written down"))?;
            if chunk.bytes > MAX_CHUNK_BYTES {
                return Err(ChunkError::TooLarge);
            }
            arrived.push(chunk);
        }
        let mut tx = self.store().begin().await?;
        let mut head = tx.lock_import(import).await?.ok_or(ChunkError::NotFound)?;
        let (before, mut answer) = (head.next_chunk, None);
        for (rows, chunk) in chunks.iter().zip(&arrived) {
            answer = Some(take(tx.as_mut(), &mut head, chunk, rows).await?);
        }
        let answer = answer.ok_or(ChunkError::Malformed("it has no rows"))?;
        if head.next_chunk > before {
            tx.chunk_received(import, head.rows_received, head.last_row, head.next_chunk).await?;
            tx.save().await?;
            for (rows, number) in
                chunks.into_iter().zip(number..=u32::MAX).filter(|(_, number)| *number >= before)
            {
                self.fresh().put(import, number, rows);
            }
        }
        Ok(answer)
    }

    /// Says that all rows were sent. Saying it again is no mistake.
    ///
    /// # Errors
    /// Rows are missing, the import was cancelled or is unknown, or the database failed.
    pub async fn seal_import(&self, actor: &Actor, import: ImportId) -> Result<(), ImportError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let head = tx.lock_import(import).await?.ok_or(ImportError::NotFound)?;
        match head.state {
            ImportState::Running | ImportState::Completed => return Ok(()),
            ImportState::Cancelled => return Err(ImportError::Ended),
            ImportState::Receiving | ImportState::Paused => {}
        }
        if head.rows_received != head.rows_announced {
            let (received, announced) = (head.rows_received, head.rows_announced);
            return Err(ImportError::RowsMissing { received, announced });
        }
        if head.state == ImportState::Paused {
            // Nothing is left to send; who continues it decides the rest.
            return Ok(());
        }
        tx.set_import_state(import, ImportState::Running, now).await?;
        tx.record(&[audit::record(now, actor, Event::ImportSealed, &head.file_name, &detail(import))])
            .await?;
        self.complete_if_done(tx.as_mut(), import, &head.file_name, now).await?;
        Ok(tx.save().await?)
    }

    /// Stops an import after the batch it is in. What was done stays; what waited is forgotten.
    ///
    /// # Errors
    /// The import ended before or is unknown, or the database failed.
    pub async fn cancel_import(&self, actor: &Actor, import: ImportId) -> Result<(), ImportError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let head = tx.lock_import(import).await?.ok_or(ImportError::NotFound)?;
        if matches!(head.state, ImportState::Completed | ImportState::Cancelled) {
            return Err(ImportError::Ended);
        }
        tx.set_import_state(import, ImportState::Cancelled, now).await?;
        tx.drop_waiting(import).await?;
        absent::keep_all(tx.as_mut(), import).await?;
        tx.record(&[audit::record(now, actor, Event::ImportCancelled, &head.file_name, &detail(import))])
            .await?;
        Ok(tx.save().await?)
    }

    /// Goes on with an import: takes a paused one over, and tries the rows again that found no seat. Answers how many
    /// rows are tried again.
    ///
    /// # Errors
    /// Rows are still being sent, the import was cancelled or is unknown, or the database failed.
    pub async fn continue_import(&self, actor: &Actor, import: ImportId) -> Result<u32, ImportError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let head = tx.lock_import(import).await?.ok_or(ImportError::NotFound)?;
        let complete = head.rows_received == head.rows_announced;
        match head.state {
            ImportState::Cancelled => return Err(ImportError::Ended),
            ImportState::Receiving => {
                let (received, announced) = (head.rows_received, head.rows_announced);
                return Err(ImportError::RowsMissing { received, announced });
            }
            ImportState::Paused => {
                tx.set_import_actor(import, actor.account, &actor.username).await?;
                let state = if complete { ImportState::Running } else { ImportState::Receiving };
                tx.set_import_state(import, state, now).await?;
            }
            ImportState::Running | ImportState::Completed => {}
        }
        let again = if complete {
            self.queue_again(tx.as_mut(), import, &head, Code::SeatsExhausted).await.map_err(unreadable)?
        } else {
            0
        };
        if again > 0 {
            tx.set_import_actor(import, actor.account, &actor.username).await?;
            tx.set_import_state(import, ImportState::Running, now).await?;
        }
        if again > 0 || head.state == ImportState::Paused {
            let detail = format!("{again} rows again, import {import}");
            tx.record(&[audit::record(now, actor, Event::ImportContinued, &head.file_name, &detail)]).await?;
        }
        self.complete_if_done(tx.as_mut(), import, &head.file_name, now).await?;
        tx.save().await?;
        Ok(again)
    }

    /// Puts the rows that wait for `what` into chunks of their own.
    async fn queue_again(
        &self,
        tx: &mut dyn Transaction,
        import: ImportId,
        head: &ImportHead,
        what: Code,
    ) -> Result<u32, StoreError> {
        let (mut after, mut number, mut total) = (0, head.next_chunk, 0);
        loop {
            let waiting = tx.rows_waiting(import, what, after, AGAIN_ROWS).await?;
            let Some(last) = waiting.last() else { break };
            after = last.row_number;
            let mut rows: Vec<(PersonRow, Action)> = Vec::with_capacity(waiting.len());
            for row in &waiting {
                let plain = self
                    .key()
                    .unseal(&row_context(import, row.row_number), &row.sealed)
                    .map_err(|_| key_changed())?;
                rows.push(postcard::from_bytes(&plain).map_err(|_| key_changed())?);
            }
            let chunk = SealedChunk::of(self, import, number, &rows).map_err(|_| key_changed())?;
            chunk.keep(tx, head.rows_received, true).await?;
            let numbers: Vec<u32> = waiting.iter().map(|row| row.row_number).collect();
            tx.unseal_rows(import, &numbers).await?;
            total += u32::try_from(waiting.len()).expect("a chunk has a few hundred rows");
            number += 1;
        }
        if number > head.next_chunk {
            tx.chunk_received(import, head.rows_received, head.last_row, number).await?;
        }
        Ok(total)
    }
}

impl Directory {
    /// Completes a running import for which nothing waits. Rows that wait for an address get one more try first. The
    /// import must be locked by `tx`.
    pub(super) async fn complete_if_done(
        &self,
        tx: &mut dyn Transaction,
        import: ImportId,
        file_name: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let head = tx.lock_import(import).await?.filter(|head| head.state == ImportState::Running);
        let Some(head) = head else { return Ok(()) };
        if tx.has_waiting_chunks(import).await? {
            return Ok(());
        }
        if self.queue_again(tx, import, &head, Code::EmailTaken).await? > 0 {
            return Ok(());
        }
        // Whoever is absent has a turn when every row had one.
        if tx.absent_count(import).await?.1 > 0 {
            return Ok(());
        }
        tx.set_import_state(import, ImportState::Completed, now).await?;
        let record = audit::record(now, &Actor::system(), Event::ImportCompleted, file_name, &detail(import));
        tx.record(&[record]).await
    }
}

/// Takes one chunk into the import whose head is given, and moves the head on.
async fn take(
    tx: &mut dyn Transaction,
    head: &mut ImportHead,
    chunk: &SealedChunk,
    rows: &[(PersonRow, Action)],
) -> Result<ChunkAnswer, ChunkError> {
    let number = chunk.number;
    if number < head.next_chunk {
        let known = tx.chunk(chunk.import, number).await?.ok_or(ChunkError::Different)?;
        return if known.digest == chunk.digest {
            Ok(ChunkAnswer { received_rows: known.rows_after, next_chunk: number + 1 })
        } else {
            Err(ChunkError::Different)
        };
    }
    if head.state != ImportState::Receiving {
        return Err(ChunkError::Closed);
    }
    if number > head.next_chunk {
        return Err(ChunkError::Gap { expected: head.next_chunk });
    }
    let (rows_after, last_row) = follow_on(head, rows)?;
    chunk.keep(tx, rows_after, false).await?;
    (head.rows_received, head.last_row, head.next_chunk) = (rows_after, last_row, number + 1);
    Ok(ChunkAnswer { received_rows: rows_after, next_chunk: number + 1 })
}

/// Rows come in the order of the file, each once, and never more than were announced; so no row can have two outcomes.
fn follow_on(head: &ImportHead, rows: &[(PersonRow, Action)]) -> Result<(u32, u32), ChunkError> {
    if rows.is_empty() {
        return Err(ChunkError::Malformed("it has no rows"));
    }
    let mut last_row = head.last_row;
    for (row, _) in rows {
        if row.row <= last_row {
            return Err(ChunkError::Malformed("its rows are not in the order of the file"));
        }
        last_row = row.row;
    }
    let count = u32::try_from(rows.len()).expect("a chunk has a few thousand rows at most");
    let rows_after = head.rows_received + count;
    if rows_after > head.rows_announced {
        return Err(ChunkError::Malformed("it has more rows than were announced"));
    }
    Ok((rows_after, last_row))
}

fn unreadable(error: StoreError) -> ImportError {
    match error {
        StoreError::Unreadable(_) => ImportError::KeyChanged,
        error => error.into(),
    }
}

fn key_changed() -> StoreError {
    StoreError::Unreadable("a row that waits; the server key is not the one it was sealed with".to_owned())
}

pub(super) fn detail(import: ImportId) -> String {
    format!("import {import}")
}
