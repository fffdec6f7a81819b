//! Sessions as the store sees them: by the digest of their token.

use super::Result;
use crate::account::Role;
use crate::clock::Timestamp;
use crate::id::AccountId;
use async_trait::async_trait;

/// A session to be opened.
pub(crate) struct NewSession {
    pub token_hash: Vec<u8>,
    pub account: AccountId,
    pub must_change: bool,
    pub address: String,
    /// Browser and system, in words.
    pub agent: String,
    pub now: Timestamp,
    /// Milliseconds without a request after which it ends.
    pub idle_limit: i64,
    pub expires_at: Timestamp,
}

/// A live session of an active account.
#[derive(sqlx::FromRow)]
pub(crate) struct SessionRow {
    pub account_id: AccountId,
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub role: Role,
    pub must_change: bool,
    pub address: String,
    pub agent: String,
    pub proven_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// Whether a second factor is in use.
    pub has_factor: bool,
}

/// A live session as its holder sees it.
#[derive(sqlx::FromRow)]
pub(crate) struct OwnSessionRow {
    pub token_hash: Vec<u8>,
    pub address: String,
    pub agent: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
}

/// Sessions.
#[async_trait]
pub(crate) trait SessionStore {
    async fn insert_session(&mut self, session: &NewSession) -> Result<()>;
    /// The session, if neither limit has passed and its account is active.
    async fn live_session(&mut self, token_hash: &[u8], now: Timestamp) -> Result<Option<SessionRow>>;
    /// Notes a request; changes only a session that still exists.
    async fn touch_session(&mut self, token_hash: &[u8], now: Timestamp) -> Result<()>;
    /// The live sessions of somebody, the one seen last first.
    async fn sessions_of(&mut self, account: AccountId, now: Timestamp) -> Result<Vec<OwnSessionRow>>;
    async fn delete_session(&mut self, token_hash: &[u8]) -> Result<bool>;
    /// Also sign-ins that wait for a code.
    async fn delete_sessions_of(&mut self, accounts: &[AccountId]) -> Result<()>;
    async fn delete_ended_sessions(&mut self, now: Timestamp) -> Result<()>;
}
