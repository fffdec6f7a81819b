//! Members who are not in a full roster, as the store sees them.

use super::Result;
use crate::account::{Role, Status};
use crate::clock::Timestamp;
use crate::id::{AccountId, ImportId};
use crate::imports::AbsentPerson;
use crate::page::PageRequest;
use async_trait::async_trait;
use roster::review::Options;
use serde::Serialize;

/// An import whose rows are done and which has accounts to close; locked until the transaction ends.
#[derive(sqlx::FromRow)]
pub(crate) struct ClosingImport {
    pub id: ImportId,
    pub file_name: String,
    pub actor_id: AccountId,
    pub actor_name: String,
    #[sqlx(json)]
    pub options: Options,
    pub reviewed_at: Option<Timestamp>,
    /// The role of the importer now; `None` for the system or an account that is gone.
    pub actor_role: Option<Role>,
    pub actor_status: Option<Status>,
}

/// Somebody who is not in the roster, with the account as it is now.
#[derive(sqlx::FromRow)]
pub(crate) struct AbsentRow {
    pub account_id: AccountId,
    pub role: Option<Role>,
    pub status: Option<Status>,
    pub updated_at: Option<Timestamp>,
    /// A row of this import created, changed or found the account.
    pub in_import: bool,
    pub closed_at: Option<Timestamp>,
}

/// What became of somebody who is not in the roster.
#[derive(Serialize)]
pub(crate) struct ClosedRow {
    pub account_id: AccountId,
    pub outcome: &'static str,
    pub reason: Option<&'static str>,
    pub closed_at: Option<Timestamp>,
}

/// What became of an account that was closed, when the import was taken back.
#[derive(Serialize)]
pub(crate) struct ReopenedRow {
    pub account_id: AccountId,
    pub undo: &'static str,
    pub undo_reason: Option<&'static str>,
}

/// People who are absent from a full roster.
#[async_trait]
pub(crate) trait AbsentStore {
    /// Active members after an account, in the order of their ids: id, username key, address key.
    async fn member_keys(
        &mut self,
        after: Option<AccountId>,
        most: u32,
    ) -> Result<Vec<(AccountId, String, String)>>;
    async fn active_members(&mut self) -> Result<u64>;
    /// Notes accounts as absent; those that were noted before stay as they are.
    async fn insert_absent(&mut self, import: ImportId, accounts: &[AccountId]) -> Result<()>;
    /// How many are noted, and of how many nothing became yet.
    async fn absent_count(&mut self, import: ImportId) -> Result<(u64, u64)>;
    /// Forgets everybody who was noted.
    async fn forget_absent(&mut self, import: ImportId) -> Result<()>;
    /// Lets all of whom nothing became yet keep their accounts.
    async fn keep_absent(&mut self, import: ImportId, reason: &str) -> Result<()>;
    /// Locks a running import for which no row waits, but absent people do; passes over those that somebody else holds.
    async fn lock_closing_import(&mut self) -> Result<Option<ClosingImport>>;
    /// The next people of whom nothing became yet.
    async fn next_absent(&mut self, import: ImportId, most: u32) -> Result<Vec<AbsentRow>>;
    async fn absent_done(&mut self, import: ImportId, people: &[ClosedRow]) -> Result<()>;
    /// The next people whose accounts were closed and not looked at by the undo.
    async fn next_to_reopen(&mut self, import: ImportId, most: u32) -> Result<Vec<AbsentRow>>;
    async fn absent_undone(&mut self, import: ImportId, people: &[ReopenedRow]) -> Result<()>;
    async fn absent_page(&mut self, import: ImportId, page: PageRequest) -> Result<(Vec<AbsentPerson>, u64)>;
}
