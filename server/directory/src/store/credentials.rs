//! Credentials as the store sees them: verifiers and hashes, never secrets.

use super::{Result, hex};
use crate::account::{Role, Status};
use crate::clock::Timestamp;
use crate::id::AccountId;
use async_trait::async_trait;
use serde::Serialize;

/// The account behind what somebody typed as username or email.
#[derive(sqlx::FromRow)]
pub(crate) struct LoginRow {
    pub id: AccountId,
    pub username: String,
    pub status: Status,
}

/// What is on file to check a secret against. Handed out only together with a reserved attempt.
#[derive(sqlx::FromRow)]
pub(crate) struct CredentialRow {
    pub verifier: Option<Vec<u8>>,
    pub expires_at: Option<Timestamp>,
    pub password_hash: Option<String>,
    pub machine_made: bool,
    pub must_change: bool,
}

/// The exact secret that was checked; a change counts only while it is still the one on file.
pub(crate) enum SecretOnFile {
    /// A temporary password, by its verifier; must not have expired.
    Temporary(Vec<u8>),
    /// A lasting password, by its hash.
    Lasting {
        hash: String,
        /// It is a former temporary one, which was hashed without its groups.
        machine_made: bool,
    },
}

/// The first credential of a new account.
pub(crate) struct NewCredential {
    pub account_id: AccountId,
    pub issue_number: u32,
    pub verifier: Option<Vec<u8>>,
    pub expires_at: Option<Timestamp>,
    pub password_hash: Option<String>,
    pub must_change: bool,
}

/// An account for which a temporary password may be issued.
#[derive(sqlx::FromRow)]
pub(crate) struct IssuableRow {
    pub id: AccountId,
    pub username: String,
    pub role: Role,
    pub status: Status,
    #[sqlx(try_from = "i64")]
    pub issue_number: u32,
    pub has_password: bool,
    pub must_change: bool,
}

/// A temporary password to be issued in place of what is on file.
#[derive(Serialize)]
pub(crate) struct NewIssue {
    pub account_id: AccountId,
    pub issue_number: u32,
    #[serde(serialize_with = "hex")]
    pub verifier: Option<Vec<u8>>,
    pub expires_at: Timestamp,
}

/// Credentials and the limit on guesses.
#[async_trait]
pub(crate) trait CredentialStore {
    /// Accounts left out have had nothing handed over, and must set an own password.
    async fn insert_credentials(&mut self, credentials: &[NewCredential]) -> Result<()>;
    /// The account with this username key, else with this address key.
    async fn find_login(
        &mut self,
        username_key: Option<&str>,
        email_key: Option<&str>,
    ) -> Result<Option<LoginRow>>;
    /// Counts one attempt as failed in advance, unless the account is waiting or locked: then `None`.
    async fn reserve_attempt(
        &mut self,
        account: AccountId,
        now: Timestamp,
        lock_until: Timestamp,
    ) -> Result<Option<CredentialRow>>;
    /// Clears the count after a success, if `secret` is still on file.
    async fn accept_attempt(
        &mut self,
        account: AccountId,
        secret: &SecretOnFile,
        now: Timestamp,
    ) -> Result<bool>;
    /// Puts a lasting password in place of `secret`, if that is still on file.
    async fn set_password(
        &mut self,
        account: AccountId,
        secret: &SecretOnFile,
        hash: &str,
        machine_made: bool,
        now: Timestamp,
    ) -> Result<bool>;
    /// Until when an account refuses every password; `None` where it does not.
    async fn waiting_until(&mut self, account: AccountId, now: Timestamp) -> Result<Option<Timestamp>>;
    /// Forgets the failures of an account; answers whether there were any.
    async fn forget_failures(&mut self, account: AccountId) -> Result<bool>;
    /// Account, issue and verifier of all temporary passwords that still work.
    async fn live_issues(&mut self, now: Timestamp) -> Result<Vec<(AccountId, i64, Vec<u8>)>>;
    async fn issuable(&mut self, accounts: &[AccountId]) -> Result<Vec<IssuableRow>>;
    /// Issues temporary passwords where the issue number before is still the latest. Answers for whom.
    async fn issue(&mut self, issues: &[NewIssue]) -> Result<Vec<AccountId>>;
    /// Lets the current temporary passwords of accounts run until `expires_at`.
    async fn extend_issues(&mut self, accounts: &[AccountId], expires_at: Timestamp) -> Result<()>;
}
