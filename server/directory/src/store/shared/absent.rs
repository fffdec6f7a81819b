//! Members who are not in a full roster.

use super::unit::Unit;
use crate::id::{AccountId, ImportId};
use crate::imports::AbsentPerson;
use crate::page::PageRequest;
use crate::store::{AbsentRow, AbsentStore, ClosedRow, ClosingImport, ReopenedRow, Result, within};
use async_trait::async_trait;
use sqlx::types::Json;

const KEYS: &str = "SELECT id, username_key, email_key FROM account WHERE role = 'member' AND status = 'active' \
     AND id > $1 ORDER BY id LIMIT $2";

const INSERT: &str = concat!(
    "WITH r(id) AS (",
    ids!("$1"),
    ") INSERT INTO import_absent (import_id, account_id, username, name) ",
    "SELECT $2, r.id, COALESCE(a.username, ''), COALESCE(a.first_name || ' ' || a.last_name, '') ",
    "FROM r LEFT JOIN account a ON a.id = r.id WHERE true ON CONFLICT DO NOTHING"
);

const LOCK_CLOSING: &str = concat!(
    "SELECT i.id, i.file_name, i.actor_id, i.actor_name, i.options, i.reviewed_at, ",
    "(SELECT a.role FROM account a WHERE a.id = i.actor_id) AS actor_role, ",
    "(SELECT a.status FROM account a WHERE a.id = i.actor_id) AS actor_status FROM import i ",
    "WHERE i.state = 'running' ",
    "AND EXISTS (SELECT 1 FROM import_absent x WHERE x.import_id = i.id AND x.outcome IS NULL) ",
    "AND NOT EXISTS (SELECT 1 FROM import_chunk k WHERE k.import_id = i.id AND k.payload IS NOT NULL) ",
    "ORDER BY i.last_batch_at, i.id LIMIT 1",
    skip_locked!()
);

macro_rules! absent {
    ($rest:literal) => {
        concat!(
            "SELECT x.account_id, a.role, a.status, a.updated_at, ",
            "x.closed_at, COALESCE(a.import_id = $1, false) OR EXISTS (SELECT 1 FROM import_outcome r ",
            "WHERE r.account_id = x.account_id AND r.import_id = $1 ",
            "AND r.outcome IN ('updated', 'unchanged', 'skipped')) AS in_import ",
            "FROM import_absent x LEFT JOIN account a ON a.id = x.account_id WHERE x.import_id = $1 AND ",
            $rest,
            " ORDER BY x.account_id LIMIT $2"
        )
    };
}

const DONE: &str = concat!(
    "WITH r AS (",
    rows!(account_id uuid, outcome text, reason text, closed_at int),
    ") UPDATE import_absent SET outcome = r.outcome, reason = r.reason, closed_at = r.closed_at FROM r ",
    "WHERE import_absent.import_id = $2 AND import_absent.account_id = r.account_id"
);

const UNDONE: &str = concat!(
    "WITH r AS (",
    rows!(account_id uuid, undo text, undo_reason text),
    ") UPDATE import_absent SET undo = r.undo, undo_reason = r.undo_reason FROM r ",
    "WHERE import_absent.import_id = $2 AND import_absent.account_id = r.account_id"
);

#[async_trait]
impl AbsentStore for Unit {
    async fn member_keys(
        &mut self,
        after: Option<AccountId>,
        most: u32,
    ) -> Result<Vec<(AccountId, String, String)>> {
        let after = after.unwrap_or(AccountId::SYSTEM);
        let query = sqlx::query_as(KEYS).bind(after).bind(i64::from(most));
        within(query.fetch_all(self.connection())).await
    }

    async fn active_members(&mut self) -> Result<u64> {
        let sql = "SELECT COUNT(*) FROM account WHERE role = 'member' AND status = 'active'";
        let count: i64 = within(sqlx::query_scalar(sql).fetch_one(self.connection())).await?;
        Ok(count.unsigned_abs())
    }

    async fn insert_absent(&mut self, import: ImportId, accounts: &[AccountId]) -> Result<()> {
        let query = sqlx::query(INSERT).bind(Json(accounts)).bind(import);
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn absent_count(&mut self, import: ImportId) -> Result<(u64, u64)> {
        let sql = "SELECT COUNT(*), COUNT(CASE WHEN outcome IS NULL THEN 1 END) FROM import_absent WHERE import_id = $1";
        let counts: (i64, i64) =
            within(sqlx::query_as(sql).bind(import).fetch_one(self.connection())).await?;
        Ok((counts.0.unsigned_abs(), counts.1.unsigned_abs()))
    }

    async fn forget_absent(&mut self, import: ImportId) -> Result<()> {
        let sql = "DELETE FROM import_absent WHERE import_id = $1";
        within(sqlx::query(sql).bind(import).execute(self.connection())).await?;
        Ok(())
    }

    async fn keep_absent(&mut self, import: ImportId, reason: &str) -> Result<()> {
        let sql = "UPDATE import_absent SET outcome = 'kept', reason = $2 WHERE import_id = $1 AND outcome IS NULL";
        within(sqlx::query(sql).bind(import).bind(reason).execute(self.connection())).await?;
        Ok(())
    }

    async fn lock_closing_import(&mut self) -> Result<Option<ClosingImport>> {
        within(sqlx::query_as(LOCK_CLOSING).fetch_optional(self.connection())).await
    }

    async fn next_absent(&mut self, import: ImportId, most: u32) -> Result<Vec<AbsentRow>> {
        let query = sqlx::query_as(absent!("x.outcome IS NULL")).bind(import).bind(i64::from(most));
        within(query.fetch_all(self.connection())).await
    }

    async fn absent_done(&mut self, import: ImportId, people: &[ClosedRow]) -> Result<()> {
        within(sqlx::query(DONE).bind(Json(people)).bind(import).execute(self.connection())).await?;
        Ok(())
    }

    async fn next_to_reopen(&mut self, import: ImportId, most: u32) -> Result<Vec<AbsentRow>> {
        let sql = absent!("x.outcome = 'deactivated' AND x.undo IS NULL");
        within(sqlx::query_as(sql).bind(import).bind(i64::from(most)).fetch_all(self.connection())).await
    }

    async fn absent_undone(&mut self, import: ImportId, people: &[ReopenedRow]) -> Result<()> {
        within(sqlx::query(UNDONE).bind(Json(people)).bind(import).execute(self.connection())).await?;
        Ok(())
    }

    async fn absent_page(
        &mut self,
        import: ImportId,
        page: PageRequest,
    ) -> Result<(Vec<AbsentPerson>, u64)> {
        let sql = "SELECT username, name, outcome, reason, undo, undo_reason FROM import_absent \
             WHERE import_id = $1 ORDER BY username, account_id LIMIT $2 OFFSET $3";
        let query = sqlx::query_as(sql).bind(import).bind(page.limit()).bind(page.offset());
        let people = within(query.fetch_all(self.connection())).await?;
        Ok((people, self.absent_count(import).await?.0))
    }
}
