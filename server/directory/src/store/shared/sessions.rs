//! Sessions.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::store::{FactorStore, NewSession, OwnSessionRow, Result, SessionRow, SessionStore, within};
use async_trait::async_trait;
use sqlx::types::Json;

const INSERT: &str = "INSERT INTO session (token_hash, account_id, must_change, address, created_at, idle_limit, \
     last_seen_at, proven_at, expires_at, agent) VALUES ($1, $2, $3, $4, $5, $6, $5, $5, $7, $8)";

const LIVE: &str = "SELECT s.account_id, a.username, a.email, a.first_name, a.last_name, a.role, s.must_change, \
     s.address, s.agent, s.proven_at, s.last_seen_at, \
     EXISTS (SELECT 1 FROM second_factor f WHERE f.account_id = a.id AND f.confirmed_at IS NOT NULL) AS has_factor \
     FROM session s JOIN account a ON a.id = s.account_id \
     WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.last_seen_at + s.idle_limit > $2 AND a.status = 'active'";

const OF: &str = "SELECT token_hash, address, agent, created_at, last_seen_at FROM session \
     WHERE account_id = $1 AND expires_at > $2 AND last_seen_at + idle_limit > $2 ORDER BY last_seen_at DESC, token_hash";

const DELETE_OF: &str = concat!("DELETE FROM session WHERE account_id IN (", ids!("$1"), ")");

#[async_trait]
impl SessionStore for Unit {
    async fn insert_session(&mut self, session: &NewSession) -> Result<()> {
        let query = sqlx::query(INSERT)
            .bind(&session.token_hash)
            .bind(session.account)
            .bind(session.must_change)
            .bind(&session.address)
            .bind(session.now)
            .bind(session.idle_limit)
            .bind(session.expires_at)
            .bind(&session.agent);
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn live_session(&mut self, token_hash: &[u8], now: Timestamp) -> Result<Option<SessionRow>> {
        let query = sqlx::query_as(LIVE).bind(token_hash).bind(now);
        within(query.fetch_optional(self.connection())).await
    }

    async fn touch_session(&mut self, token_hash: &[u8], now: Timestamp) -> Result<()> {
        let sql = "UPDATE session SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $2";
        within(sqlx::query(sql).bind(token_hash).bind(now).execute(self.connection())).await?;
        Ok(())
    }

    async fn sessions_of(&mut self, account: AccountId, now: Timestamp) -> Result<Vec<OwnSessionRow>> {
        within(sqlx::query_as(OF).bind(account).bind(now).fetch_all(self.connection())).await
    }

    async fn delete_session(&mut self, token_hash: &[u8]) -> Result<bool> {
        let query = sqlx::query("DELETE FROM session WHERE token_hash = $1").bind(token_hash);
        Ok(within(query.execute(self.connection())).await?.rows_affected() == 1)
    }

    async fn delete_sessions_of(&mut self, accounts: &[AccountId]) -> Result<()> {
        within(sqlx::query(DELETE_OF).bind(Json(accounts)).execute(self.connection())).await?;
        self.delete_pending_of(accounts).await
    }

    async fn delete_ended_sessions(&mut self, now: Timestamp) -> Result<()> {
        let query = sqlx::query("DELETE FROM session WHERE expires_at <= $1").bind(now);
        within(query.execute(self.connection())).await?;
        Ok(())
    }
}
