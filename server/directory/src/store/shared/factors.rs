//! Second factors, and sign-ins that wait for them.

use super::Db;
use super::unit::Unit;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::store::{FactorRow, FactorStore, PendingRow, Result, within};
use async_trait::async_trait;
use sqlx::types::Json;

const BEGIN: &str = "INSERT INTO second_factor (account_id, secret) VALUES ($1, $2) \
     ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret WHERE second_factor.confirmed_at IS NULL";

const CONFIRM: &str = "UPDATE second_factor SET secret = $3, last_step = $4, confirmed_at = $5 \
     WHERE account_id = $1 AND secret = $2 AND confirmed_at IS NULL";

/// Waits as after a wrong password, counted apart from it: a right password must not forget wrong codes.
const RESERVE: &str = "UPDATE second_factor SET \
     failures = CASE WHEN failures >= 100 THEN 1 ELSE failures + 1 END, \
     next_attempt_at = CASE WHEN failures >= 100 OR failures + 1 < 3 THEN $2 + 1000 \
         WHEN failures + 1 < 9 THEN $2 + 3000 WHEN failures + 1 < 25 THEN $2 + 5000 \
         WHEN failures + 1 < 100 THEN $2 + 10000 ELSE $3 END \
     WHERE account_id = $1 AND confirmed_at IS NOT NULL AND next_attempt_at <= $2 \
     RETURNING secret, confirmed_at, last_step";

const ACCEPT: &str = "UPDATE second_factor SET last_step = $2, secret = $3, failures = 0, next_attempt_at = 0 \
     WHERE account_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2";

const PENDING: &str = "SELECT p.account_id, a.username, a.role, p.must_change \
     FROM pending_sign_in p JOIN account a ON a.id = p.account_id \
     WHERE p.token_hash = $1 AND p.expires_at > $2 AND a.status = 'active'";

const DELETE_PENDING_OF: &str = concat!("DELETE FROM pending_sign_in WHERE account_id IN (", ids!("$1"), ")");

impl Unit {
    /// Runs a statement; whether it changed anything.
    async fn changes(
        &mut self,
        query: sqlx::query::Query<'_, Db, <Db as sqlx::Database>::Arguments>,
    ) -> Result<bool> {
        Ok(within(query.execute(self.connection())).await?.rows_affected() > 0)
    }
}

#[async_trait]
impl FactorStore for Unit {
    async fn factor(&mut self, account: AccountId) -> Result<Option<FactorRow>> {
        let sql = "SELECT secret, confirmed_at, last_step FROM second_factor WHERE account_id = $1";
        within(sqlx::query_as(sql).bind(account).fetch_optional(self.connection())).await
    }

    async fn begin_factor(&mut self, account: AccountId, sealed: &[u8]) -> Result<bool> {
        self.changes(sqlx::query(BEGIN).bind(account).bind(sealed)).await
    }

    async fn confirm_factor(
        &mut self,
        account: AccountId,
        begun: &[u8],
        sealed: &[u8],
        step: i64,
        now: Timestamp,
    ) -> Result<bool> {
        self.changes(sqlx::query(CONFIRM).bind(account).bind(begun).bind(sealed).bind(step).bind(now)).await
    }

    async fn insert_recovery_code(&mut self, account: AccountId, code_hash: &[u8]) -> Result<()> {
        let sql = "INSERT INTO recovery_code (account_id, code_hash) VALUES ($1, $2)";
        self.changes(sqlx::query(sql).bind(account).bind(code_hash)).await?;
        Ok(())
    }

    async fn recovery_codes(&mut self, account: AccountId) -> Result<i64> {
        let sql = "SELECT COUNT(*) FROM recovery_code WHERE account_id = $1";
        within(sqlx::query_scalar(sql).bind(account).fetch_one(self.connection())).await
    }

    async fn delete_factor(&mut self, account: AccountId) -> Result<bool> {
        self.changes(sqlx::query("DELETE FROM second_factor WHERE account_id = $1").bind(account)).await
    }

    async fn reserve_code(
        &mut self,
        account: AccountId,
        now: Timestamp,
        lock_until: Timestamp,
    ) -> Result<Option<FactorRow>> {
        let query = sqlx::query_as(RESERVE).bind(account).bind(now).bind(lock_until);
        within(query.fetch_optional(self.connection())).await
    }

    async fn accept_step(&mut self, account: AccountId, step: i64, sealed: &[u8]) -> Result<bool> {
        self.changes(sqlx::query(ACCEPT).bind(account).bind(step).bind(sealed)).await
    }

    async fn accept_recovery_code(&mut self, account: AccountId, code_hash: &[u8]) -> Result<bool> {
        let sql = "DELETE FROM recovery_code WHERE account_id = $1 AND code_hash = $2";
        self.changes(sqlx::query(sql).bind(account).bind(code_hash)).await
    }

    async fn forget_wrong_codes(&mut self, account: AccountId) -> Result<bool> {
        let sql = "UPDATE second_factor SET failures = 0, next_attempt_at = 0 WHERE account_id = $1 AND failures > 0";
        self.changes(sqlx::query(sql).bind(account)).await
    }

    async fn codes_wait_until(&mut self, account: AccountId, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "SELECT next_attempt_at FROM second_factor WHERE account_id = $1 AND next_attempt_at > $2";
        within(sqlx::query_scalar(sql).bind(account).bind(now).fetch_optional(self.connection())).await
    }

    async fn sealed_factors(&mut self) -> Result<Vec<(AccountId, Vec<u8>)>> {
        let sql = "SELECT account_id, secret FROM second_factor";
        within(sqlx::query_as(sql).fetch_all(self.connection())).await
    }

    async fn reseal_factor(&mut self, account: AccountId, before: &[u8], sealed: &[u8]) -> Result<()> {
        let sql = "UPDATE second_factor SET secret = $3 WHERE account_id = $1 AND secret = $2";
        self.changes(sqlx::query(sql).bind(account).bind(before).bind(sealed)).await?;
        Ok(())
    }

    async fn insert_pending(
        &mut self,
        token_hash: &[u8],
        account: AccountId,
        must_change: bool,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.changes(sqlx::query("DELETE FROM pending_sign_in WHERE expires_at <= $1").bind(now)).await?;
        let sql = "INSERT INTO pending_sign_in (token_hash, account_id, must_change, expires_at) VALUES ($1, $2, $3, $4)";
        let query = sqlx::query(sql).bind(token_hash).bind(account).bind(must_change).bind(expires_at);
        self.changes(query).await?;
        Ok(())
    }

    async fn pending(&mut self, token_hash: &[u8], now: Timestamp) -> Result<Option<PendingRow>> {
        within(sqlx::query_as(PENDING).bind(token_hash).bind(now).fetch_optional(self.connection())).await
    }

    async fn consume_pending(&mut self, token_hash: &[u8]) -> Result<bool> {
        self.changes(sqlx::query("DELETE FROM pending_sign_in WHERE token_hash = $1").bind(token_hash)).await
    }

    async fn delete_pending_of(&mut self, accounts: &[AccountId]) -> Result<()> {
        self.changes(sqlx::query(DELETE_PENDING_OF).bind(Json(accounts))).await?;
        Ok(())
    }
}
