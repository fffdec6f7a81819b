//! Taking imports back, as the store sees it.

use super::{Replaced, Result};
use crate::account::Status;
use crate::clock::Timestamp;
use crate::id::{AccountId, ImportId};
use crate::imports::UndoState;
use async_trait::async_trait;
use serde::Serialize;

/// An import that is being taken back, locked until the transaction ends.
#[derive(sqlx::FromRow)]
pub(crate) struct RunningUndo {
    pub id: ImportId,
    #[sqlx(rename = "undone_by")]
    pub by: String,
    pub undo_actor: AccountId,
    #[sqlx(rename = "undo_state")]
    pub state: UndoState,
    /// Rows up to this number were dealt with in this state.
    #[sqlx(try_from = "i64")]
    pub undo_row: u32,
}

/// A row whose effect is to be taken back.
#[derive(sqlx::FromRow)]
pub(crate) struct RowToUndo {
    #[sqlx(try_from = "i64")]
    pub row_number: u32,
    pub account_id: AccountId,
    /// What an update replaced.
    #[sqlx(json(nullable))]
    pub replaced: Option<Replaced>,
}

/// An account as far as taking an import back must know it.
#[derive(sqlx::FromRow)]
pub(crate) struct UndoableAccount {
    pub id: AccountId,
    pub username: String,
    /// Somebody signed in with it.
    pub used: bool,
    /// Another import changed it.
    pub changed_by_other: bool,
}

/// What became of a row when its import was taken back.
#[derive(Serialize)]
pub(crate) struct UndoneRow {
    pub row_number: u32,
    pub undo: &'static str,
    pub undo_reason: Option<&'static str>,
}

/// What a batch adds to the counters of an undo.
#[derive(Clone, Copy, Default)]
pub(crate) struct UndoCounters {
    pub removed: i64,
    pub restored: i64,
    pub kept: i64,
}

/// Taking imports back.
#[async_trait]
pub(crate) trait UndoStore {
    /// Marks an ended import as to be taken back; `false` if it is not ended or was taken back before.
    async fn begin_undo(
        &mut self,
        id: ImportId,
        actor: AccountId,
        name: &str,
        now: Timestamp,
    ) -> Result<bool>;
    /// Locks the import that has waited longest to be taken back, passing over those that somebody else holds.
    async fn lock_next_undo(&mut self) -> Result<Option<RunningUndo>>;
    /// Rows that created (or, in the state `restoring`, updated) an account, after the ones that were dealt with.
    async fn rows_to_undo(&mut self, undo: &RunningUndo, most: u32) -> Result<Vec<RowToUndo>>;
    async fn undoable_accounts(
        &mut self,
        import: ImportId,
        ids: &[AccountId],
    ) -> Result<Vec<UndoableAccount>>;
    /// Gives rows that are told by the accounts they created a record of their own.
    async fn write_created_rows_out(&mut self, ids: &[AccountId]) -> Result<()>;
    /// Deletes members who never signed in. Answers who is gone and whether they were active.
    async fn delete_unused(&mut self, ids: &[AccountId]) -> Result<Vec<(AccountId, Status)>>;
    async fn rows_undone(&mut self, import: ImportId, rows: &[UndoneRow]) -> Result<()>;
    /// Notes how far the undo is.
    async fn undo_went_on(
        &mut self,
        undo: &RunningUndo,
        state: UndoState,
        row: u32,
        add: UndoCounters,
    ) -> Result<()>;
}
