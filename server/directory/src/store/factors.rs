//! Second factors as the store sees them: sealed secrets, digests of recovery codes and of tokens.

use super::Result;
use crate::account::Role;
use crate::clock::Timestamp;
use crate::id::AccountId;
use async_trait::async_trait;

/// The authenticator of an account.
#[derive(sqlx::FromRow)]
pub(crate) struct FactorRow {
    /// Sealed under the server key.
    pub secret: Vec<u8>,
    /// `None` while it is being set up.
    pub confirmed_at: Option<Timestamp>,
    /// The newest step of which a code was accepted.
    pub last_step: i64,
}

/// A sign-in that waits for a code.
#[derive(sqlx::FromRow)]
pub(crate) struct PendingRow {
    pub account_id: AccountId,
    pub username: String,
    pub role: Role,
    pub must_change: bool,
}

/// Second factors, and sign-ins that wait for them.
#[async_trait]
pub(crate) trait FactorStore {
    async fn factor(&mut self, account: AccountId) -> Result<Option<FactorRow>>;
    /// Puts a secret on file that nothing asks for yet, in place of one like it. `false`: a factor is in use.
    async fn begin_factor(&mut self, account: AccountId, sealed: &[u8]) -> Result<bool>;
    /// Takes the factor into use, if `begun` is still what is on file and nothing is in use.
    async fn confirm_factor(
        &mut self,
        account: AccountId,
        begun: &[u8],
        sealed: &[u8],
        step: i64,
        now: Timestamp,
    ) -> Result<bool>;
    async fn insert_recovery_code(&mut self, account: AccountId, code_hash: &[u8]) -> Result<()>;
    async fn recovery_codes(&mut self, account: AccountId) -> Result<i64>;
    async fn delete_factor(&mut self, account: AccountId) -> Result<bool>;
    /// Counts one code as wrong in advance, unless there is no factor in use or it is waiting or locked: then `None`.
    async fn reserve_code(
        &mut self,
        account: AccountId,
        now: Timestamp,
        lock_until: Timestamp,
    ) -> Result<Option<FactorRow>>;
    /// Uses a step up, and clears the count; `sealed` is the secret from now on. Of several who try, one gets `true`.
    async fn accept_step(&mut self, account: AccountId, step: i64, sealed: &[u8]) -> Result<bool>;
    /// Uses a recovery code up. Of several who try, one gets `true`.
    async fn accept_recovery_code(&mut self, account: AccountId, code_hash: &[u8]) -> Result<bool>;
    /// Forgets the wrong codes of an account; answers whether there were any.
    async fn forget_wrong_codes(&mut self, account: AccountId) -> Result<bool>;
    /// Until when an account refuses every code; `None` where it does not.
    async fn codes_wait_until(&mut self, account: AccountId, now: Timestamp) -> Result<Option<Timestamp>>;
    /// The sealed secrets of all accounts.
    async fn sealed_factors(&mut self) -> Result<Vec<(AccountId, Vec<u8>)>>;
    /// Seals a secret anew, if `before` is still what is on file.
    async fn reseal_factor(&mut self, account: AccountId, before: &[u8], sealed: &[u8]) -> Result<()>;

    /// Also removes what ran out.
    async fn insert_pending(
        &mut self,
        token_hash: &[u8],
        account: AccountId,
        must_change: bool,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()>;
    /// The sign-in, if it has not run out and its account is active.
    async fn pending(&mut self, token_hash: &[u8], now: Timestamp) -> Result<Option<PendingRow>>;
    /// Uses a sign-in up. Of several who try, one gets `true`.
    async fn consume_pending(&mut self, token_hash: &[u8]) -> Result<bool>;
    async fn delete_pending_of(&mut self, accounts: &[AccountId]) -> Result<()>;
}
