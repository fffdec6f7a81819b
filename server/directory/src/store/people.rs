//! Accounts as the store sees them.

use super::Result;
use crate::account::{CredentialKind, Role, Status};
use crate::clock::Timestamp;
use crate::id::{AccountId, ImportId};
use crate::outbox::MessageState;
use crate::page::PageRequest;
use crate::people::PeopleSort;
use async_trait::async_trait;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// An account with what the lists show beside it.
#[derive(sqlx::FromRow)]
pub(crate) struct AccountRow {
    pub id: AccountId,
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub role: Role,
    pub status: Status,
    #[sqlx(json)]
    pub profile: BTreeMap<String, String>,
    pub has_password: bool,
    pub has_temporary: bool,
    pub expires_at: Option<Timestamp>,
    pub last_sign_in_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub login_details: Option<MessageState>,
}

/// An account as far as an import must know it.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct KnownRow {
    pub id: AccountId,
    pub username: String,
    pub username_key: String,
    pub email: String,
    pub email_key: String,
    pub first_name: String,
    pub last_name: String,
    pub role: Role,
    pub status: Status,
    #[sqlx(json)]
    pub profile: BTreeMap<String, String>,
    pub updated_at: Timestamp,
    /// Touched by an earlier row of the import in question.
    pub in_import: bool,
}

/// The few columns that lists of accounts to act on need.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct AccountBrief {
    pub id: AccountId,
    pub username: String,
    pub role: Role,
    pub status: Status,
}

/// An account to be created.
pub(crate) struct NewAccount {
    pub id: AccountId,
    pub username: String,
    pub username_key: String,
    pub email: String,
    pub email_key: String,
    pub first_name: String,
    pub last_name: String,
    pub role: Role,
    /// As the database keeps it: tens of thousands of accounts are held while they are written.
    pub profile: Box<RawValue>,
    pub search_text: String,
    pub sort_name: String,
    pub origin: Option<Origin>,
    pub created_at: Timestamp,
}

/// The row of an import that created an account.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub import: ImportId,
    pub row: u32,
    pub line: u32,
}

/// All changeable fields of an account, as they shall be.
#[derive(Serialize)]
pub(crate) struct ChangedAccount {
    pub id: AccountId,
    pub username: String,
    pub username_key: String,
    pub email: String,
    pub email_key: String,
    pub first_name: String,
    pub last_name: String,
    pub profile: BTreeMap<String, String>,
    pub search_text: String,
    pub sort_name: String,
    pub updated_at: Timestamp,
    /// The address becomes another one; somebody else of the same call may get the old one.
    #[serde(skip)]
    pub moves: bool,
}

/// Which accounts a list shows.
#[derive(Clone, Default)]
pub(crate) struct PeopleFilter {
    /// A LIKE pattern over the folded search text; `None` = all.
    pub pattern: Option<String>,
    pub status: Option<Status>,
    pub role: Option<Role>,
    pub credential: Option<CredentialKind>,
    pub import: Option<ImportId>,
    pub department: Option<String>,
    /// Only those who have signed in, or only those who never did.
    pub signed_in: Option<bool>,
    /// "Expired" depends on it.
    pub now: Timestamp,
}

/// Accounts.
#[async_trait]
pub(crate) trait PeopleStore {
    async fn search_accounts(
        &mut self,
        filter: &PeopleFilter,
        sort: PeopleSort,
        page: PageRequest,
    ) -> Result<(Vec<AccountRow>, u64)>;
    /// All that the filter lets through.
    async fn matching_accounts(&mut self, filter: &PeopleFilter) -> Result<Vec<AccountId>>;
    async fn account_by_id(&mut self, id: AccountId) -> Result<Option<AccountRow>>;
    async fn account_by_username_key(&mut self, key: &str) -> Result<Option<AccountRow>>;
    /// Accounts that have one of the usernames or one of the addresses (keys).
    async fn known_accounts(
        &mut self,
        username_keys: &[String],
        email_keys: &[String],
        import: Option<ImportId>,
    ) -> Result<Vec<KnownRow>>;
    /// The same, by their ids.
    async fn accounts_known(&mut self, ids: &[AccountId]) -> Result<Vec<KnownRow>>;
    /// Username key and address key of everybody, if they are at most so many.
    async fn all_keys(&mut self, most: u32) -> Result<Option<Vec<(String, String)>>>;
    async fn accounts_brief(&mut self, ids: &[AccountId]) -> Result<Vec<AccountBrief>>;
    /// Creates active accounts. Fails with [`StoreError::Taken`](crate::StoreError::Taken) if a key is taken; the
    /// transaction can only be taken back then.
    async fn insert_accounts(&mut self, accounts: &[&NewAccount]) -> Result<()>;
    /// Creates an active account; `false` if one of its keys is taken.
    async fn insert_account(&mut self, account: &NewAccount) -> Result<bool>;
    /// Changes members; administrators are left alone. Answers how many were changed.
    async fn change_members(&mut self, accounts: &[ChangedAccount]) -> Result<u64>;
    /// Moves accounts to `status` that have the other one. Answers which were moved.
    async fn set_status(
        &mut self,
        ids: &[AccountId],
        status: Status,
        now: Timestamp,
    ) -> Result<Vec<AccountBrief>>;
    async fn active_administrators(&mut self) -> Result<u64>;
    async fn any_administrator(&mut self) -> Result<bool>;
    async fn signed_in(&mut self, id: AccountId, now: Timestamp) -> Result<()>;
}
