//! Taking imports back.

use super::unit::Unit;
use crate::account::Status;
use crate::clock::Timestamp;
use crate::id::{AccountId, ImportId};
use crate::imports::UndoState;
use crate::store::{
    RunningUndo, Result, RowToUndo, UndoCounters, UndoStore, UndoableAccount, UndoneRow, within,
};
use async_trait::async_trait;
use sqlx::types::Json;

const BEGIN: &str = "UPDATE import SET undo_state = 'removing', undo_row = 0, undo_actor = $2, undone_by = $3, \
     undone_at = $4 WHERE id = $1 AND state IN ('completed', 'cancelled') AND undo_state IS NULL";

const LOCK_NEXT: &str = concat!(
    "SELECT id, undone_by, undo_actor, undo_state, undo_row FROM import ",
    "WHERE undo_state IN ('removing', 'restoring', 'reopening') ORDER BY undone_at, id LIMIT 1",
    skip_locked!()
);

const CREATED: &str = "SELECT import_row AS row_number, id AS account_id, NULL AS replaced FROM account \
     WHERE import_id = $1 AND import_row > $2 ORDER BY import_row LIMIT $3";

/// From now on there is more to say of these rows than that they created an account.
const WRITE_OUT: &str = concat!(
    "INSERT INTO import_outcome (import_id, row_number, line, outcome, username, name, account_id) ",
    "SELECT import_id, import_row, import_line, 'created', username, first_name || ' ' || last_name, id FROM account ",
    "WHERE import_row IS NOT NULL AND id IN (",
    ids!("$1"),
    ")"
);

const WRITTEN_OUT: &str = concat!(
    "UPDATE account SET import_row = NULL, import_line = NULL WHERE import_row IS NOT NULL AND id IN (",
    ids!("$1"),
    ")"
);

const UPDATED: &str = "SELECT row_number, account_id, replaced FROM import_outcome WHERE import_id = $1 \
     AND row_number > $2 AND outcome = 'updated' AND outcome <> 'created' AND account_id IS NOT NULL \
     ORDER BY row_number LIMIT $3";

const ACCOUNTS: &str = concat!(
    "SELECT a.id, a.username, a.last_sign_in_at IS NOT NULL OR a.role <> 'member' AS used, ",
    "EXISTS (SELECT 1 FROM import_outcome r WHERE r.account_id = a.id AND r.import_id <> $2 ",
    "AND r.outcome IN ('updated', 'unchanged', 'skipped') AND r.outcome = 'updated' AND r.undo IS NULL) ",
    "AS changed_by_other FROM account a WHERE a.id IN (",
    ids!("$1"),
    ")"
);

/// Says again what must hold: somebody may sign in at this very moment.
const DELETE: &str = concat!(
    "DELETE FROM account WHERE role = 'member' AND last_sign_in_at IS NULL AND id IN (",
    ids!("$1"),
    ") RETURNING id, status"
);

const UNDONE: &str = concat!(
    "WITH r AS (",
    rows!(row_number int, undo text, undo_reason text),
    ") UPDATE import_outcome SET undo = r.undo, undo_reason = r.undo_reason FROM r ",
    "WHERE import_outcome.import_id = $2 AND import_outcome.row_number = r.row_number"
);

const WENT_ON: &str = "UPDATE import SET undo_state = $2, undo_row = $3, undo_removed = undo_removed + $4, \
     undo_restored = undo_restored + $5, undo_kept = undo_kept + $6 WHERE id = $1";

#[async_trait]
impl UndoStore for Unit {
    async fn begin_undo(
        &mut self,
        id: ImportId,
        actor: AccountId,
        name: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let query = sqlx::query(BEGIN).bind(id).bind(actor).bind(name).bind(now);
        Ok(within(query.execute(self.connection())).await?.rows_affected() == 1)
    }

    async fn lock_next_undo(&mut self) -> Result<Option<RunningUndo>> {
        within(sqlx::query_as(LOCK_NEXT).fetch_optional(self.connection())).await
    }

    async fn rows_to_undo(&mut self, undo: &RunningUndo, most: u32) -> Result<Vec<RowToUndo>> {
        let sql = if undo.state == UndoState::Removing { CREATED } else { UPDATED };
        let query =
            sqlx::query_as(sql).bind(undo.id).bind(i64::from(undo.undo_row)).bind(i64::from(most));
        within(query.fetch_all(self.connection())).await
    }

    async fn undoable_accounts(
        &mut self,
        import: ImportId,
        ids: &[AccountId],
    ) -> Result<Vec<UndoableAccount>> {
        within(sqlx::query_as(ACCOUNTS).bind(Json(ids)).bind(import).fetch_all(self.connection())).await
    }

    async fn write_created_rows_out(&mut self, ids: &[AccountId]) -> Result<()> {
        within(sqlx::query(WRITE_OUT).bind(Json(ids)).execute(self.connection())).await?;
        within(sqlx::query(WRITTEN_OUT).bind(Json(ids)).execute(self.connection())).await?;
        Ok(())
    }

    async fn delete_unused(&mut self, ids: &[AccountId]) -> Result<Vec<(AccountId, Status)>> {
        within(sqlx::query_as(DELETE).bind(Json(ids)).fetch_all(self.connection())).await
    }

    async fn rows_undone(&mut self, import: ImportId, rows: &[UndoneRow]) -> Result<()> {
        within(sqlx::query(UNDONE).bind(Json(rows)).bind(import).execute(self.connection())).await?;
        Ok(())
    }

    async fn undo_went_on(
        &mut self,
        undo: &RunningUndo,
        state: UndoState,
        row: u32,
        add: UndoCounters,
    ) -> Result<()> {
        let query = sqlx::query(WENT_ON)
            .bind(undo.id)
            .bind(state)
            .bind(i64::from(row))
            .bind(add.removed)
            .bind(add.restored)
            .bind(add.kept);
        within(query.execute(self.connection())).await?;
        Ok(())
    }
}
