//! Links to set a new password as the store sees them: by the digest of their token.

use super::Result;
use crate::account::Role;
use crate::clock::Timestamp;
use crate::id::AccountId;
use async_trait::async_trait;

/// Whose password a link sets.
#[derive(sqlx::FromRow)]
pub(crate) struct ResetRow {
    pub account_id: AccountId,
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub role: Role,
}

/// Links to set a new password.
#[async_trait]
pub(crate) trait ResetStore {
    /// Puts a link on file, in place of the one before, bound to the address that the account has now.
    async fn put_reset(&mut self, account: AccountId, token_hash: &[u8], expires_at: Timestamp)
    -> Result<()>;
    /// Whose link it is, while it works and the account is active and has the same address.
    async fn find_reset(&mut self, token_hash: &[u8], now: Timestamp) -> Result<Option<ResetRow>>;
    /// Uses a link up. Of several who try, one gets `true`.
    async fn consume_reset(&mut self, token_hash: &[u8], now: Timestamp) -> Result<bool>;
    /// Ends the links of these accounts.
    async fn drop_resets_of(&mut self, accounts: &[AccountId]) -> Result<()>;
    /// Puts a lasting password in place of whatever is on file.
    async fn replace_password(&mut self, account: AccountId, hash: &str) -> Result<()>;
}
