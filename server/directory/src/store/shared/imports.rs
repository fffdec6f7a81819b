//! Imports, their chunks and the outcome of every row.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::id::{AccountId, ImportId};
use crate::imports::{Funnel, Import, ImportState, Outcome};
use crate::page::PageRequest;
use crate::store::{
    ChunkRow, ClaimedImport, Counters, FailedRecord, ImportHead, ImportStore, NewChunk, NewImportRecord,
    OutcomeRecord, Result, RowRecord, WaitingChunk, WaitingRow, within,
};
use async_trait::async_trait;
use roster::review::Options;
use roster::Code;
use sqlx::types::Json;

const INSERT: &str = "INSERT INTO import (id, actor_id, actor_name, file_name, file_digest, options, columns, \
     plan_digest, state, rows_announced, reviewed_at, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'receiving', $9, $10, $11)";

const UNFINISHED: &str = "SELECT id, next_chunk FROM import WHERE actor_id = $1 AND plan_digest = $2 \
     AND rows_announced = $3 AND state = 'receiving' ORDER BY created_at DESC LIMIT 1";

const LOCK: &str = concat!(
    "SELECT state, file_name, rows_announced, rows_received, last_row, next_chunk FROM import WHERE id = $1",
    for_update!()
);

const INSERT_CHUNK: &str = "INSERT INTO import_chunk (import_id, number, digest, rows_after, again, payload) \
     VALUES ($1, $2, $3, $4, $5, $6)";

const CLAIM: &str = concat!(
    "UPDATE import SET fence = fence + 1, hashed = 0, worker = $1, lease_until = $3, last_batch_at = $2 WHERE id = (",
    "SELECT i.id FROM import i WHERE i.state IN ('receiving', 'running') AND i.lease_until <= $2 ",
    "AND (SELECT COUNT(*) FROM (SELECT 1 FROM import_chunk k WHERE k.import_id = i.id AND k.payload IS NOT NULL LIMIT $5) w) ",
    ">= CASE WHEN i.state = 'running' OR i.last_batch_at NOT BETWEEN $4 AND $2 THEN 1 ELSE $5 END ",
    "ORDER BY i.last_batch_at, i.id LIMIT 1",
    skip_locked!(),
    ") RETURNING id"
);

/// Whatever [`CLAIM`] and its like for closing accounts and for taking back would find, and perhaps more.
const WORK_WAITS: &str = "SELECT EXISTS (SELECT 1 FROM import i WHERE i.state IN ('receiving', 'running') \
     AND ((i.lease_until <= $1 \
     AND EXISTS (SELECT 1 FROM import_chunk k WHERE k.import_id = i.id AND k.payload IS NOT NULL)) \
     OR EXISTS (SELECT 1 FROM import_absent x WHERE x.import_id = i.id AND x.outcome IS NULL))) \
     OR EXISTS (SELECT 1 FROM import WHERE undo_state IN ('removing', 'restoring', 'reopening'))";

const CLAIMED: &str = "SELECT i.id, i.fence, i.actor_id, i.actor_name, i.file_name, i.options, \
     i.reviewed_at, a.role AS actor_role, a.status AS actor_status, k.number AS first_chunk \
     FROM import i JOIN import_chunk k ON k.import_id = i.id AND k.payload IS NOT NULL \
     LEFT JOIN account a ON a.id = i.actor_id WHERE i.id = $1 ORDER BY k.number LIMIT 1";

const WAITING: &str = concat!(
    "SELECT number, again, CASE WHEN number IN (",
    numbers!("$1"),
    ") THEN NULL ELSE payload END AS sealed FROM import_chunk ",
    "WHERE import_id = $2 AND number >= $3 AND payload IS NOT NULL ORDER BY number LIMIT $4"
);

const HOLD: &str = "UPDATE import SET lease_until = $3, hashed = $4 \
     WHERE id = $1 AND fence = $2 AND state IN ('receiving', 'running')";

const ADD_COUNTERS: &str = "UPDATE import SET created = created + $2, updated = updated + $3, \
     unchanged = unchanged + $4, skipped = skipped + $5, failed = failed + $6 WHERE id = $1";

const UNSEAL_ROWS: &str = concat!(
    "UPDATE import_outcome SET sealed = NULL, mending = true WHERE import_id = $2 AND row_number IN (",
    numbers!("$1"),
    ")"
);

const MENDABLE: &str = concat!(
    "SELECT row_number FROM import_outcome WHERE import_id = $2 AND outcome = 'failed' AND NOT mending ",
    "AND row_number IN (",
    numbers!("$1"),
    ")"
);

const FORGET: &str = concat!(
    "DELETE FROM import_outcome WHERE import_id = $2 AND row_number IN (",
    numbers!("$1"),
    ")"
);

const FUNNEL: &str = "SELECT COUNT(*) AS created, \
     COUNT(CASE WHEN EXISTS (SELECT 1 FROM message m WHERE m.account_id = a.id AND m.state = 'sent') THEN 1 END) AS notified, \
     COUNT(a.last_sign_in_at) AS signed_in, \
     COUNT(CASE WHEN a.last_sign_in_at IS NOT NULL AND c.password_hash IS NOT NULL AND NOT c.must_change THEN 1 END) \
     AS own_password FROM account a LEFT JOIN credential c ON c.account_id = a.id WHERE a.import_id = $1";

macro_rules! import {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.file_name, i.actor_name, i.state, i.options, i.rows_announced, i.rows_received, ",
            "i.created + i.updated + i.unchanged + i.skipped + i.failed AS done, ",
            "i.created, i.updated, i.unchanged, i.skipped, i.failed, i.created_at, i.finished_at, ",
            "i.hashed, i.undo_state, i.undone_by, i.undone_at, i.undo_removed, i.undo_restored, i.undo_kept, ",
            "(SELECT COUNT(*) FROM import_outcome r WHERE r.import_id = i.id AND r.sealed IS NOT NULL ",
            "AND r.code = 'seats.exhausted') AS without_seat, ",
            "(SELECT COUNT(*) FROM message m WHERE m.import_id = i.id) AS mails_owed, ",
            "(SELECT COUNT(*) FROM message m WHERE m.import_id = i.id AND m.state = 'sent') AS mails_sent, ",
            "(SELECT COUNT(*) FROM message m WHERE m.import_id = i.id AND m.state = 'failed') AS mails_failed, ",
            "(SELECT COUNT(*) FROM import_absent x WHERE x.import_id = i.id) AS absent, ",
            "(SELECT COUNT(*) FROM import_absent x WHERE x.import_id = i.id AND x.outcome = 'deactivated') AS deactivated, ",
            "(SELECT COUNT(*) FROM import_absent x WHERE x.import_id = i.id AND x.outcome = 'kept') AS absent_kept, ",
            "(SELECT COUNT(*) FROM import_absent x WHERE x.import_id = i.id AND x.undo = 'reopened') AS reopened ",
            "FROM import i ",
            $rest
        )
    };
}

/// Rows of import $1, in the order of the file: those with a record of their own (of outcome $2, where it is one), and
/// those that are told by the account they created. Two ordered halves, so that a page needs no sorting.
macro_rules! rows_of {
    ($recorded:literal $(, $told:literal)?) => {
        concat!(
            "SELECT row_number, line, outcome, code, message, username, name, account_id, undo, undo_reason ",
            "FROM import_outcome WHERE import_id = $1 AND ",
            $recorded,
            $(
                " UNION ALL SELECT import_row, import_line, 'created', NULL, NULL, username, ",
                "first_name || ' ' || last_name, id, NULL, NULL FROM account WHERE import_id = $1 AND ",
                $told,
            )?
            " ORDER BY row_number LIMIT $3 OFFSET $4"
        )
    };
}

/// How many rows of an import ended in one way, or at all.
const COUNT_ROWS: &str = "SELECT CASE WHEN $2 = 'created' THEN created WHEN $2 = 'updated' THEN updated \
     WHEN $2 = 'unchanged' THEN unchanged WHEN $2 = 'skipped' THEN skipped WHEN $2 = 'failed' THEN failed \
     ELSE created + updated + unchanged + skipped + failed END FROM import WHERE id = $1";

#[async_trait]
impl ImportStore for Unit {
    async fn insert_import(&mut self, import: &NewImportRecord<'_>) -> Result<()> {
        let query = sqlx::query(INSERT)
            .bind(import.id)
            .bind(import.actor_id)
            .bind(import.actor_name)
            .bind(import.file_name)
            .bind(import.file_digest)
            .bind(Json(import.options))
            .bind(Json(import.columns))
            .bind(import.plan_digest)
            .bind(i64::from(import.rows))
            .bind(import.reviewed_at)
            .bind(import.now);
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn find_unfinished_import(
        &mut self,
        actor: AccountId,
        plan_digest: &[u8],
        rows: u32,
    ) -> Result<Option<(ImportId, u32)>> {
        let query = sqlx::query_as(UNFINISHED).bind(actor).bind(plan_digest).bind(i64::from(rows));
        let found: Option<(ImportId, i64)> = within(query.fetch_optional(self.connection())).await?;
        Ok(found.map(|(id, next)| (id, u32::try_from(next).unwrap_or(u32::MAX))))
    }

    async fn unfinished_of_file(&mut self, actor: AccountId, file_digest: &str) -> Result<Vec<ImportId>> {
        let sql = "SELECT id FROM import WHERE actor_id = $1 AND file_digest = $2 AND state = 'receiving'";
        let query = sqlx::query_scalar(sql).bind(actor).bind(file_digest);
        within(query.fetch_all(self.connection())).await
    }

    async fn running_of_file(&mut self, actor: AccountId, file_digest: &str) -> Result<Vec<ImportId>> {
        let sql = "SELECT id FROM import WHERE actor_id = $1 AND file_digest = $2 AND state = 'running'";
        let query = sqlx::query_scalar(sql).bind(actor).bind(file_digest);
        within(query.fetch_all(self.connection())).await
    }

    async fn announce_received(&mut self, id: ImportId) -> Result<()> {
        let sql = "UPDATE import SET rows_announced = rows_received WHERE id = $1";
        within(sqlx::query(sql).bind(id).execute(self.connection())).await?;
        Ok(())
    }

    async fn lock_import(&mut self, id: ImportId) -> Result<Option<ImportHead>> {
        within(sqlx::query_as(LOCK).bind(id).fetch_optional(self.connection())).await
    }

    async fn chunk(&mut self, id: ImportId, number: u32) -> Result<Option<ChunkRow>> {
        let sql = "SELECT digest, rows_after FROM import_chunk WHERE import_id = $1 AND number = $2";
        let query = sqlx::query_as(sql).bind(id).bind(i64::from(number));
        within(query.fetch_optional(self.connection())).await
    }

    async fn insert_chunk(&mut self, chunk: &NewChunk<'_>) -> Result<()> {
        let query = sqlx::query(INSERT_CHUNK)
            .bind(chunk.import)
            .bind(i64::from(chunk.number))
            .bind(chunk.digest)
            .bind(i64::from(chunk.rows_after))
            .bind(chunk.again)
            .bind(chunk.sealed);
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn chunk_received(
        &mut self,
        id: ImportId,
        rows_received: u32,
        last_row: u32,
        next: u32,
    ) -> Result<()> {
        let sql = "UPDATE import SET rows_received = $2, last_row = $3, next_chunk = $4 WHERE id = $1";
        let query = sqlx::query(sql)
            .bind(id)
            .bind(i64::from(rows_received))
            .bind(i64::from(last_row))
            .bind(i64::from(next));
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn set_import_state(&mut self, id: ImportId, state: ImportState, now: Timestamp) -> Result<()> {
        let ended = matches!(state, ImportState::Completed | ImportState::Cancelled);
        let sql = "UPDATE import SET state = $2, finished_at = $3 WHERE id = $1";
        let query = sqlx::query(sql).bind(id).bind(state).bind(ended.then_some(now));
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn set_import_actor(&mut self, id: ImportId, actor: AccountId, name: &str) -> Result<()> {
        let sql = "UPDATE import SET actor_id = $2, actor_name = $3 WHERE id = $1";
        within(sqlx::query(sql).bind(id).bind(actor).bind(name).execute(self.connection())).await?;
        Ok(())
    }

    async fn has_waiting_chunks(&mut self, id: ImportId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM import_chunk WHERE import_id = $1 AND payload IS NOT NULL)";
        within(sqlx::query_scalar(sql).bind(id).fetch_one(self.connection())).await
    }

    async fn drop_waiting(&mut self, id: ImportId) -> Result<()> {
        let sql = "UPDATE import_chunk SET payload = NULL WHERE import_id = $1 AND payload IS NOT NULL";
        within(sqlx::query(sql).bind(id).execute(self.connection())).await?;
        let sql = "UPDATE import_outcome SET sealed = NULL WHERE import_id = $1 AND sealed IS NOT NULL";
        within(sqlx::query(sql).bind(id).execute(self.connection())).await?;
        Ok(())
    }

    async fn import_work_waits(&mut self, now: Timestamp) -> Result<bool> {
        within(sqlx::query_scalar(WORK_WAITS).bind(now).fetch_one(self.connection())).await
    }

    async fn claim_import(
        &mut self,
        worker: &str,
        now: Timestamp,
        lease_until: Timestamp,
        gathered_since: Timestamp,
        enough: u32,
    ) -> Result<Option<ClaimedImport>> {
        let query = sqlx::query_scalar(CLAIM).bind(worker).bind(now).bind(lease_until);
        let query = query.bind(gathered_since).bind(i64::from(enough));
        let Some(id) = within(query.fetch_optional(self.connection())).await? else {
            return Ok(None);
        };
        let id: ImportId = id;
        within(sqlx::query_as(CLAIMED).bind(id).fetch_optional(self.connection())).await
    }

    async fn waiting_chunks(
        &mut self,
        id: ImportId,
        from: u32,
        most: u32,
        at_hand: &[u32],
    ) -> Result<Vec<WaitingChunk>> {
        let query = sqlx::query_as(WAITING).bind(Json(at_hand)).bind(id);
        let query = query.bind(i64::from(from)).bind(i64::from(most));
        within(query.fetch_all(self.connection())).await
    }

    async fn hold_import(
        &mut self,
        id: ImportId,
        fence: i64,
        lease_until: Timestamp,
        hashed: u32,
    ) -> Result<bool> {
        let query = sqlx::query(HOLD).bind(id).bind(fence).bind(lease_until).bind(i64::from(hashed));
        Ok(within(query.execute(self.connection())).await?.rows_affected() == 1)
    }

    async fn import_holders(&mut self, now: Timestamp) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT worker FROM import WHERE lease_until > $1 AND worker IS NOT NULL";
        within(sqlx::query_scalar(sql).bind(now).fetch_all(self.connection())).await
    }

    async fn release_imports_of(&mut self, worker: &str) -> Result<u64> {
        let sql = "UPDATE import SET lease_until = 0, worker = NULL, hashed = 0 WHERE worker = $1";
        Ok(within(sqlx::query(sql).bind(worker).execute(self.connection())).await?.rows_affected())
    }

    async fn release_import(&mut self, id: ImportId, fence: i64) -> Result<()> {
        let sql = "UPDATE import SET lease_until = 0, worker = NULL, hashed = 0 WHERE id = $1 AND fence = $2";
        within(sqlx::query(sql).bind(id).bind(fence).execute(self.connection())).await?;
        Ok(())
    }

    async fn insert_outcomes(&mut self, outcomes: &[OutcomeRecord]) -> Result<()> {
        insert_many!(
            self, outcomes, "import_outcome",
            |row| {
                import_id uuid = row.import_id,
                row_number int = i64::from(row.row_number),
                line int = i64::from(row.line),
                outcome text = row.outcome.as_str(),
                code text = row.code.map(|code| code.as_str()),
                field text = row.field.map(|field| field.key()),
                message text = row.message.as_deref(),
                username text = row.username.as_str(),
                name text = row.name.as_str(),
                account_id uuid = row.account_id,
                kept_values json = row.kept_values.as_ref().map(Json),
                replaced json = row.replaced.as_ref().map(Json),
                sealed bytes = row.sealed.as_deref(),
            },
            fail
        );
        Ok(())
    }

    async fn forget_outcomes(&mut self, id: ImportId, rows: &[u32]) -> Result<()> {
        within(sqlx::query(FORGET).bind(Json(rows)).bind(id).execute(self.connection())).await?;
        Ok(())
    }

    async fn chunks_done(&mut self, id: ImportId, first: u32, last: u32) -> Result<()> {
        let sql = "UPDATE import_chunk SET payload = NULL \
             WHERE import_id = $1 AND number BETWEEN $2 AND $3 AND payload IS NOT NULL";
        let query = sqlx::query(sql).bind(id).bind(i64::from(first)).bind(i64::from(last));
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn add_counters(&mut self, id: ImportId, add: Counters) -> Result<()> {
        let query = sqlx::query(ADD_COUNTERS)
            .bind(id)
            .bind(add.created)
            .bind(add.updated)
            .bind(add.unchanged)
            .bind(add.skipped)
            .bind(add.failed);
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn rows_waiting(
        &mut self,
        id: ImportId,
        what: Code,
        after: u32,
        max: u32,
    ) -> Result<Vec<WaitingRow>> {
        let sql = "SELECT row_number, sealed FROM import_outcome WHERE import_id = $1 AND row_number > $2 \
             AND sealed IS NOT NULL AND code = $4 ORDER BY row_number LIMIT $3";
        let query =
            sqlx::query_as(sql).bind(id).bind(i64::from(after)).bind(i64::from(max)).bind(what.as_str());
        within(query.fetch_all(self.connection())).await
    }

    async fn mendable_rows(&mut self, id: ImportId, rows: &[u32]) -> Result<Vec<u32>> {
        let query = sqlx::query_scalar(MENDABLE).bind(Json(rows)).bind(id);
        let found: Vec<i64> = within(query.fetch_all(self.connection())).await?;
        Ok(found.into_iter().filter_map(|row| u32::try_from(row).ok()).collect())
    }

    async fn set_review(&mut self, id: ImportId, at: Option<Timestamp>, options: &Options) -> Result<()> {
        let sql = "UPDATE import SET reviewed_at = $2, options = $3 WHERE id = $1";
        within(sqlx::query(sql).bind(id).bind(at).bind(Json(options)).execute(self.connection())).await?;
        Ok(())
    }

    async fn unseal_rows(&mut self, id: ImportId, rows: &[u32]) -> Result<()> {
        within(sqlx::query(UNSEAL_ROWS).bind(Json(rows)).bind(id).execute(self.connection())).await?;
        Ok(())
    }

    async fn import(&mut self, id: ImportId) -> Result<Option<Import>> {
        within(sqlx::query_as(import!("WHERE i.id = $1")).bind(id).fetch_optional(self.connection())).await
    }

    async fn import_funnel(&mut self, id: ImportId) -> Result<Funnel> {
        within(sqlx::query_as(FUNNEL).bind(id).fetch_one(self.connection())).await
    }

    async fn sealed_count(&mut self) -> Result<i64> {
        let sql = "SELECT (SELECT COUNT(*) FROM import_chunk WHERE payload IS NOT NULL) \
             + (SELECT COUNT(*) FROM import_outcome WHERE sealed IS NOT NULL)";
        within(sqlx::query_scalar(sql).fetch_one(self.connection())).await
    }

    async fn import_totals(&mut self) -> Result<Vec<(ImportState, i64, i64, i64)>> {
        let sql = "SELECT state, COUNT(*), CAST(SUM(rows_received) AS BIGINT), \
             CAST(SUM(created + updated + unchanged + skipped + failed) AS BIGINT) FROM import GROUP BY state";
        within(sqlx::query_as(sql).fetch_all(self.connection())).await
    }

    async fn imports_page(&mut self, page: PageRequest) -> Result<(Vec<Import>, u64)> {
        let sql = import!("ORDER BY i.created_at DESC, i.id DESC LIMIT $1 OFFSET $2");
        let query = sqlx::query_as(sql).bind(page.limit()).bind(page.offset());
        let imports = within(query.fetch_all(self.connection())).await?;
        let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM import");
        let total = within(count.fetch_one(self.connection())).await?;
        Ok((imports, total.unsigned_abs()))
    }

    async fn rows_page(
        &mut self,
        id: ImportId,
        outcome: Option<Outcome>,
        page: PageRequest,
    ) -> Result<(Vec<RowRecord>, u64)> {
        let rows = match outcome {
            None => rows_of!("$2 IS NULL", "import_row IS NOT NULL AND $2 IS NULL"),
            Some(Outcome::Created) => rows_of!("outcome = $2", "import_row IS NOT NULL"),
            // Says the same twice, to be found by the index of what is not created.
            Some(_) => rows_of!("outcome = $2 AND outcome <> 'created'"),
        };
        let query = sqlx::query_as(rows).bind(id).bind(outcome).bind(page.limit()).bind(page.offset());
        let rows = within(query.fetch_all(self.connection())).await?;
        let count = sqlx::query_scalar::<_, i64>(COUNT_ROWS).bind(id).bind(outcome);
        let total = within(count.fetch_optional(self.connection())).await?;
        Ok((rows, total.unwrap_or_default().unsigned_abs()))
    }

    async fn failed_rows(&mut self, id: ImportId, after: u32, max: u32) -> Result<Vec<FailedRecord>> {
        let sql = "SELECT row_number, message, kept_values FROM import_outcome \
             WHERE import_id = $1 AND outcome = 'failed' AND row_number > $2 ORDER BY row_number LIMIT $3";
        let query = sqlx::query_as(sql).bind(id).bind(i64::from(after)).bind(i64::from(max));
        within(query.fetch_all(self.connection())).await
    }

    async fn import_columns(&mut self, id: ImportId) -> Result<Option<Vec<(String, String)>>> {
        let query =
            sqlx::query_scalar::<_, Json<Vec<(String, String)>>>("SELECT columns FROM import WHERE id = $1");
        Ok(within(query.bind(id).fetch_optional(self.connection())).await?.map(|json| json.0))
    }
}
