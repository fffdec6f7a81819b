//! Links to set a new password.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::store::{ResetRow, ResetStore, Result, within};
use async_trait::async_trait;
use sqlx::types::Json;

const PUT: &str = "INSERT INTO password_reset (account_id, token_hash, email_key, expires_at) \
     SELECT id, $2, email_key, $3 FROM account WHERE id = $1 \
     ON CONFLICT (account_id) DO UPDATE SET token_hash = excluded.token_hash, email_key = excluded.email_key, \
     expires_at = excluded.expires_at";

const FIND: &str = "SELECT r.account_id, a.username, a.email, a.first_name, a.last_name, a.role \
     FROM password_reset r JOIN account a ON a.id = r.account_id AND a.email_key = r.email_key \
     WHERE r.token_hash = $1 AND r.expires_at > $2 AND a.status = 'active'";

const DROP_OF: &str = concat!("DELETE FROM password_reset WHERE account_id IN (", ids!("$1"), ")");

const REPLACE: &str = "INSERT INTO credential (account_id, issue_number, password_hash, machine_made, must_change) \
     VALUES ($1, 0, $2, false, false) ON CONFLICT (account_id) DO UPDATE SET failures = 0, next_attempt_at = 0, \
     password_hash = $2, machine_made = false, must_change = false, verifier = NULL, expires_at = NULL";

#[async_trait]
impl ResetStore for Unit {
    async fn put_reset(&mut self, account: AccountId, token_hash: &[u8], expires_at: Timestamp) -> Result<()> {
        let query = sqlx::query(PUT).bind(account).bind(token_hash).bind(expires_at);
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn find_reset(&mut self, token_hash: &[u8], now: Timestamp) -> Result<Option<ResetRow>> {
        let query = sqlx::query_as(FIND).bind(token_hash).bind(now);
        within(query.fetch_optional(self.connection())).await
    }

    async fn consume_reset(&mut self, token_hash: &[u8], now: Timestamp) -> Result<bool> {
        let sql = "DELETE FROM password_reset WHERE token_hash = $1 AND expires_at > $2";
        let query = sqlx::query(sql).bind(token_hash).bind(now);
        Ok(within(query.execute(self.connection())).await?.rows_affected() == 1)
    }

    async fn drop_resets_of(&mut self, accounts: &[AccountId]) -> Result<()> {
        within(sqlx::query(DROP_OF).bind(Json(accounts)).execute(self.connection())).await?;
        Ok(())
    }

    async fn replace_password(&mut self, account: AccountId, hash: &str) -> Result<()> {
        within(sqlx::query(REPLACE).bind(account).bind(hash).execute(self.connection())).await?;
        Ok(())
    }
}
