//! Links for newcomers as the store sees them: the issue that they belong to, never the link.

use super::Result;
use crate::clock::Timestamp;
use crate::id::AccountId;
use async_trait::async_trait;

/// An issue that has neither been used nor run out, and whose it is.
#[derive(sqlx::FromRow)]
pub(crate) struct LinkRow {
    pub account_id: AccountId,
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    #[sqlx(try_from = "i64")]
    pub issue_number: u32,
    pub verifier: Vec<u8>,
    pub expires_at: Timestamp,
}

/// Links for newcomers.
#[async_trait]
pub(crate) trait LinkStore {
    /// The issue that is good for an active account.
    async fn find_link(&mut self, account: AccountId, now: Timestamp) -> Result<Option<LinkRow>>;
}
