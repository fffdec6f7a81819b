//! Imports as the store sees them.

use super::Result;
use crate::account::{Role, Status};
use crate::clock::Timestamp;
use crate::id::{AccountId, ImportId};
use crate::imports::{Funnel, Import, ImportState, Outcome};
use crate::page::PageRequest;
use async_trait::async_trait;
use roster::review::Options;
use roster::{Code, Field};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An import to be opened.
pub(crate) struct NewImportRecord<'a> {
    pub id: ImportId,
    pub actor_id: AccountId,
    pub actor_name: &'a str,
    pub file_name: &'a str,
    pub file_digest: &'a str,
    pub options: &'a Options,
    pub columns: &'a [(String, String)],
    pub rows: u32,
    pub plan_digest: &'a [u8],
    pub reviewed_at: Option<Timestamp>,
    pub now: Timestamp,
}

/// Where an import stands, for those who change it.
#[derive(sqlx::FromRow)]
pub(crate) struct ImportHead {
    pub state: ImportState,
    pub file_name: String,
    #[sqlx(try_from = "i64")]
    pub rows_announced: u32,
    #[sqlx(try_from = "i64")]
    pub rows_received: u32,
    #[sqlx(try_from = "i64")]
    pub last_row: u32,
    #[sqlx(try_from = "i64")]
    pub next_chunk: u32,
}

/// A chunk that was received.
#[derive(sqlx::FromRow)]
pub(crate) struct ChunkRow {
    pub digest: Vec<u8>,
    #[sqlx(try_from = "i64")]
    pub rows_after: u32,
}

/// A chunk to be kept until it is carried out.
pub(crate) struct NewChunk<'a> {
    pub import: ImportId,
    pub number: u32,
    pub digest: &'a [u8],
    pub rows_after: u32,
    /// Its rows failed before for want of a seat.
    pub again: bool,
    pub sealed: &'a [u8],
}

/// An import that a worker holds until its lease runs out.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ClaimedImport {
    pub id: ImportId,
    pub fence: i64,
    pub actor_id: AccountId,
    pub actor_name: String,
    pub file_name: String,
    #[sqlx(json)]
    pub options: Options,
    /// The role of the importer now; `None` for the system or an account that is gone.
    pub actor_role: Option<Role>,
    pub actor_status: Option<Status>,
    /// When the review looked at the people whom the rows change.
    pub reviewed_at: Option<Timestamp>,
    /// The first chunk that waits.
    #[sqlx(try_from = "i64")]
    pub first_chunk: u32,
}

/// A chunk that waits to be carried out.
#[derive(sqlx::FromRow)]
pub(crate) struct WaitingChunk {
    #[sqlx(try_from = "i64")]
    pub number: u32,
    pub again: bool,
    /// Its rows; `None` for those that are at hand.
    pub sealed: Option<Vec<u8>>,
}

/// How a row ended.
pub(crate) struct OutcomeRecord {
    pub import_id: ImportId,
    pub row_number: u32,
    pub line: u32,
    pub outcome: Outcome,
    pub code: Option<Code>,
    pub field: Option<Field>,
    pub message: Option<String>,
    pub username: String,
    pub name: String,
    pub account_id: Option<AccountId>,
    /// What the row says, by field key, without the password; of failed rows.
    pub kept_values: Option<BTreeMap<String, String>>,
    /// The account's fields before an update, to be able to take it back.
    pub replaced: Option<Replaced>,
    pub sealed: Option<Vec<u8>>,
}

/// What an update replaced.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Replaced {
    /// When; an account that was changed once more has another time.
    pub changed_at: Timestamp,
    pub fields: Fields,
}

/// The fields of an account that an import can change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Fields {
    /// Blank where it was recorded when imports could not change it.
    #[serde(default)]
    pub username: String,
    #[serde(default)]
    pub username_key: String,
    pub email: String,
    pub email_key: String,
    pub first_name: String,
    pub last_name: String,
    pub profile: BTreeMap<String, String>,
}

/// A row's outcome, as it was recorded.
#[derive(sqlx::FromRow)]
pub(crate) struct RowRecord {
    #[sqlx(try_from = "i64")]
    pub row_number: u32,
    #[sqlx(try_from = "i64")]
    pub line: u32,
    pub outcome: Outcome,
    pub code: Option<String>,
    pub message: Option<String>,
    pub username: String,
    pub name: String,
    pub account_id: Option<AccountId>,
    pub undo: Option<String>,
    pub undo_reason: Option<String>,
}

/// A failed row with what it said.
#[derive(sqlx::FromRow)]
pub(crate) struct FailedRecord {
    #[sqlx(try_from = "i64")]
    pub row_number: u32,
    pub message: Option<String>,
    #[sqlx(json(nullable))]
    pub kept_values: Option<BTreeMap<String, String>>,
}

/// A row that waits: for a seat, or for an address that somebody may give up.
#[derive(sqlx::FromRow)]
pub(crate) struct WaitingRow {
    #[sqlx(try_from = "i64")]
    pub row_number: u32,
    pub sealed: Vec<u8>,
}

/// What a batch adds to an import's counters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counters {
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub skipped: i64,
    pub failed: i64,
}

/// Imports, their chunks and the outcome of every row.
#[async_trait]
pub(crate) trait ImportStore {
    async fn insert_import(&mut self, import: &NewImportRecord<'_>) -> Result<()>;
    /// The import that `actor` opened for this plan and is still sending, with the chunk that is expected next.
    async fn find_unfinished_import(
        &mut self,
        actor: AccountId,
        plan_digest: &[u8],
        rows: u32,
    ) -> Result<Option<(ImportId, u32)>>;
    /// Imports of the same file that `actor` has begun to send and not finished.
    async fn unfinished_of_file(&mut self, actor: AccountId, file_digest: &str) -> Result<Vec<ImportId>>;
    /// Imports of the same file that `actor` has sent and that are being carried out.
    async fn running_of_file(&mut self, actor: AccountId, file_digest: &str) -> Result<Vec<ImportId>>;
    /// Lets an import be complete with the rows that have come.
    async fn announce_received(&mut self, id: ImportId) -> Result<()>;
    /// The head of an import; the import stays as it is until this transaction ends.
    async fn lock_import(&mut self, id: ImportId) -> Result<Option<ImportHead>>;
    async fn chunk(&mut self, id: ImportId, number: u32) -> Result<Option<ChunkRow>>;
    async fn insert_chunk(&mut self, chunk: &NewChunk<'_>) -> Result<()>;
    /// Counts a chunk as received.
    async fn chunk_received(
        &mut self,
        id: ImportId,
        rows_received: u32,
        last_row: u32,
        next: u32,
    ) -> Result<()>;
    async fn set_import_state(&mut self, id: ImportId, state: ImportState, now: Timestamp) -> Result<()>;
    /// Makes somebody else answer for the rest of an import.
    async fn set_import_actor(&mut self, id: ImportId, actor: AccountId, name: &str) -> Result<()>;
    /// Whether chunks wait to be carried out.
    async fn has_waiting_chunks(&mut self, id: ImportId) -> Result<bool>;
    /// Forgets what still waits: chunks that were not carried out and rows that wait for a seat.
    async fn drop_waiting(&mut self, id: ImportId) -> Result<()>;
    /// Whether there may be something to carry out, to close or to take back that nobody holds. Looks only.
    async fn import_work_waits(&mut self, now: Timestamp) -> Result<bool>;
    /// Takes the import that waited longest and has a chunk to carry out; of one that is still being received and was worked
    /// on after `gathered_since`, only when `enough` chunks wait.
    async fn claim_import(
        &mut self,
        worker: &str,
        now: Timestamp,
        lease_until: Timestamp,
        gathered_since: Timestamp,
        enough: u32,
    ) -> Result<Option<ClaimedImport>>;
    /// The chunks that wait, from number `from` on, in their order. The rows of those `at_hand` are not read.
    async fn waiting_chunks(
        &mut self,
        id: ImportId,
        from: u32,
        most: u32,
        at_hand: &[u32],
    ) -> Result<Vec<WaitingChunk>>;
    /// Prolongs the lease and locks the import, if the claim still holds and the import still runs. `hashed`: passwords that
    /// are hashed for rows without an outcome.
    async fn hold_import(
        &mut self,
        id: ImportId,
        fence: i64,
        lease_until: Timestamp,
        hashed: u32,
    ) -> Result<bool>;
    /// Who holds an import at `now`.
    async fn import_holders(&mut self, now: Timestamp) -> Result<Vec<String>>;
    /// Ends the claims of a worker that is gone.
    async fn release_imports_of(&mut self, worker: &str) -> Result<u64>;
    /// Ends a claim.
    async fn release_import(&mut self, id: ImportId, fence: i64) -> Result<()>;
    /// Records how rows ended that did not create an account.
    async fn insert_outcomes(&mut self, outcomes: &[OutcomeRecord]) -> Result<()>;
    /// Removes what is recorded of rows that are tried again.
    async fn forget_outcomes(&mut self, id: ImportId, rows: &[u32]) -> Result<()>;
    /// Notes that the chunks that waited between two numbers were carried out; their payload goes.
    async fn chunks_done(&mut self, id: ImportId, first: u32, last: u32) -> Result<()>;
    async fn add_counters(&mut self, id: ImportId, add: Counters) -> Result<()>;
    /// The rows that wait because of `what`, after number `after`.
    async fn rows_waiting(
        &mut self,
        id: ImportId,
        what: Code,
        after: u32,
        max: u32,
    ) -> Result<Vec<WaitingRow>>;
    /// Which of some rows failed and do not wait in a chunk again.
    async fn mendable_rows(&mut self, id: ImportId, rows: &[u32]) -> Result<Vec<u32>>;
    /// There was another review: when it looked at the directory, and what was decided in it.
    async fn set_review(&mut self, id: ImportId, at: Option<Timestamp>, options: &Options) -> Result<()>;
    /// These rows were put into a chunk again; what was kept of them for that goes.
    async fn unseal_rows(&mut self, id: ImportId, rows: &[u32]) -> Result<()>;
    async fn import(&mut self, id: ImportId) -> Result<Option<Import>>;
    async fn import_funnel(&mut self, id: ImportId) -> Result<Funnel>;
    /// Chunks and rows that wait sealed.
    async fn sealed_count(&mut self) -> Result<i64>;
    /// Imports, rows received and rows with an outcome, by state.
    async fn import_totals(&mut self) -> Result<Vec<(ImportState, i64, i64, i64)>>;
    async fn imports_page(&mut self, page: PageRequest) -> Result<(Vec<Import>, u64)>;
    async fn rows_page(
        &mut self,
        id: ImportId,
        outcome: Option<Outcome>,
        page: PageRequest,
    ) -> Result<(Vec<RowRecord>, u64)>;
    async fn failed_rows(&mut self, id: ImportId, after: u32, max: u32) -> Result<Vec<FailedRecord>>;
    async fn import_columns(&mut self, id: ImportId) -> Result<Option<Vec<(String, String)>>>;
}
