//! Imports: a confirmed plan being carried out, and its record afterwards.
//!
//! An import is opened, receives rows in numbered chunks, is sealed when all have come, and is carried out some
//! chunks at a time in the background ([`Directory::run_next_batch`]), also while rows still arrive. Chunks wait sealed
//! under the server key, because rows may bring passwords; a chunk's payload goes when it was carried out.

mod absent;
mod ahead;
mod batch;
mod chunk;
mod decide;
mod effects;
mod fresh;
mod mend;
mod prepare;
mod receive;
mod results;
mod runner;
mod undo;
mod uploads;

pub use absent::{ABSENT_AT_ONCE, AbsentError, AbsentPerson, MEMBERS_AT_ONCE, MemberKeys, PersonBrief};
pub(crate) use ahead::Ahead;
pub(crate) use fresh::Fresh;
pub use mend::{MendError, Mended};
pub use receive::{
    ChunkAnswer, ChunkError, ImportError, MAX_CHUNK_ROWS, MAX_ROWS, NewImport, OpenImportError,
};
pub use results::{FailedRow, FailedRows, Funnel, ImportRow, ImportTotals};
pub use runner::RunnerStep;
pub use undo::UndoState;

use crate::clock::Timestamp;
use crate::id::ImportId;
use roster::review::Options;
use serde::{Deserialize, Serialize};

text_enum! {
    /// How far an import is.
    pub enum ImportState {
        /// Rows are still being sent; those that came are being carried out.
        Receiving = "receiving",
        /// All rows are here.
        Running = "running",
        /// Stands still: who confirmed it may no longer import. Another administrator can continue it.
        Paused = "paused",
        /// Every row has its outcome.
        Completed = "completed",
        /// Stopped by somebody.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What became of a row.
    pub enum Outcome {
        /// A new account.
        Created = "created",
        /// An account got other values.
        Updated = "updated",
        /// The account had these values already.
        Unchanged = "unchanged",
        /// Left alone, as the options say or because the account changed since the review.
        Skipped = "skipped",
        /// Not possible; the problem says why.
        Failed = "failed",
    }
}

/// An import with its counts. `done` is always the sum of the five outcomes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct Import {
    /// Identifier.
    pub id: ImportId,
    /// Name of the file, to recognise it by.
    pub file_name: String,
    /// Username of who confirmed it.
    #[sqlx(rename = "actor_name")]
    pub by: String,
    /// How far it is.
    pub state: ImportState,
    /// What was decided in the review.
    #[sqlx(json)]
    pub options: Options,
    /// Rows that were announced.
    #[sqlx(rename = "rows_announced", try_from = "i64")]
    pub rows: u32,
    /// Rows that have come.
    #[sqlx(try_from = "i64")]
    pub rows_received: u32,
    /// Rows with an outcome.
    #[sqlx(try_from = "i64")]
    pub done: u32,
    /// Rows that created an account.
    #[sqlx(try_from = "i64")]
    pub created: u32,
    /// Rows that changed an account.
    #[sqlx(try_from = "i64")]
    pub updated: u32,
    /// Rows whose account had these values.
    #[sqlx(try_from = "i64")]
    pub unchanged: u32,
    /// Rows that were left alone.
    #[sqlx(try_from = "i64")]
    pub skipped: u32,
    /// Rows that failed.
    #[sqlx(try_from = "i64")]
    pub failed: u32,
    /// Of the failed, those that can be continued when seats are free.
    #[sqlx(try_from = "i64")]
    pub without_seat: u32,
    /// Passwords that are hashed already for rows without an outcome.
    #[sqlx(try_from = "i64")]
    pub hashed: u32,
    /// Messages this import owes or owed.
    #[sqlx(try_from = "i64")]
    pub mails_owed: u32,
    /// Of them, those the mail server took.
    #[sqlx(try_from = "i64")]
    pub mails_sent: u32,
    /// Of them, those that failed for good.
    #[sqlx(try_from = "i64")]
    pub mails_failed: u32,
    /// When it was confirmed.
    pub created_at: Timestamp,
    /// When it was completed or cancelled.
    pub finished_at: Option<Timestamp>,
    /// How far it is being taken back, if that was asked for.
    pub undo_state: Option<UndoState>,
    /// Username of who asked for it.
    pub undone_by: Option<String>,
    /// When.
    pub undone_at: Option<Timestamp>,
    /// Accounts that were removed.
    #[sqlx(rename = "undo_removed", try_from = "i64")]
    pub removed: u32,
    /// Accounts that got their former fields back.
    #[sqlx(rename = "undo_restored", try_from = "i64")]
    pub restored: u32,
    /// Accounts that were kept; their rows say why.
    #[sqlx(rename = "undo_kept", try_from = "i64")]
    pub kept: u32,
    /// People who were not in the roster and whose accounts were to be closed.
    #[sqlx(try_from = "i64")]
    pub absent: u32,
    /// Of them, whose accounts were closed.
    #[sqlx(try_from = "i64")]
    pub deactivated: u32,
    /// Of them, who kept their accounts; the list says why.
    #[sqlx(try_from = "i64")]
    pub absent_kept: u32,
    /// Accounts that were opened again when the import was taken back.
    #[sqlx(try_from = "i64")]
    pub reopened: u32,
}

/// The place a chunk is sealed for.
fn chunk_context(import: ImportId, number: u32) -> Vec<u8> {
    [b"chunk".as_slice(), import.0.as_bytes(), &number.to_be_bytes()].concat()
}

/// The place a row that waits for a seat is sealed for.
fn row_context(import: ImportId, row: u32) -> Vec<u8> {
    [b"row".as_slice(), import.0.as_bytes(), &row.to_be_bytes()].concat()
}
