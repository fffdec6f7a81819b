//! Reading imports: progress, history, the outcome of every row, the rows to mend.

use super::{Import, ImportState, Outcome};
use crate::Directory;
use crate::error::StoreError;
use crate::id::{AccountId, ImportId};
use crate::page::{Page, PageRequest};
use crate::store::RowRecord;
use roster::Code;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Failed rows are read this many at a time.
const BATCH: u32 = 1_000;

/// Imports in one state, all together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportTotals {
    /// The state.
    pub state: ImportState,
    /// How many imports.
    pub imports: u64,
    /// Rows that were received.
    pub received: u64,
    /// Rows with an outcome.
    pub done: u64,
}

/// What became of one row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportRow {
    /// Number in the file, from 1.
    pub row: u32,
    /// Line of the file it starts on.
    pub line: u32,
    /// What became of it; always known for rows that are listed.
    pub outcome: Option<Outcome>,
    /// The problem, if there was one.
    pub code: Option<Code>,
    /// The sentence that goes with it.
    pub message: Option<String>,
    /// Username, as the row has it.
    pub username: String,
    /// First and last name, as the row has them.
    pub name: String,
    /// The account it created, changed or found.
    pub account: Option<AccountId>,
    /// What became of it when the import was taken back: `removed`, `restored` or `kept`.
    pub undo: Option<String>,
    /// Why it was kept.
    pub undo_reason: Option<String>,
}

/// A failed row, to be mended and imported again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FailedRow {
    /// Number in the file, from 1.
    pub row: u32,
    /// What the row says, by field key; never a password.
    pub values: BTreeMap<String, String>,
    /// The sentence that says what to mend.
    pub problem: String,
}

/// All failed rows of an import under the file's own titles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FailedRows {
    /// The file's titles with the key of the field each one feeds.
    pub columns: Vec<(String, String)>,
    /// The rows, in the order of the file.
    pub rows: Vec<FailedRow>,
}

impl From<RowRecord> for ImportRow {
    fn from(row: RowRecord) -> Self {
        Self {
            row: row.row_number,
            line: row.line,
            outcome: Some(row.outcome),
            code: row.code.as_deref().and_then(Code::parse),
            message: row.message,
            username: row.username,
            name: row.name,
            account: row.account_id,
            undo: row.undo,
            undo_reason: row.undo_reason,
        }
    }
}

/// How far the people whom an import created have come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, sqlx::FromRow)]
pub struct Funnel {
    /// Accounts that are there.
    #[sqlx(try_from = "i64")]
    pub created: u32,
    /// Of them, whose login details the mail server took.
    #[sqlx(try_from = "i64")]
    pub notified: u32,
    /// Of them, who signed in.
    #[sqlx(try_from = "i64")]
    pub signed_in: u32,
    /// Of them, who set an own password.
    #[sqlx(try_from = "i64")]
    pub own_password: u32,
}

impl Directory {
    /// How far the people whom an import created have come.
    ///
    /// # Errors
    /// The database failed.
    pub async fn import_funnel(&self, id: ImportId) -> Result<Funnel, StoreError> {
        self.store().read().await?.import_funnel(id).await
    }

    /// An import as it stands.
    ///
    /// # Errors
    /// The database failed.
    pub async fn import(&self, id: ImportId) -> Result<Option<Import>, StoreError> {
        self.store().read().await?.import(id).await
    }

    /// Imports and their rows by state; states without imports are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn import_totals(&self) -> Result<Vec<ImportTotals>, StoreError> {
        let rows = self.store().read().await?.import_totals().await?;
        Ok(rows
            .into_iter()
            .map(|(state, imports, received, done)| ImportTotals {
                state,
                imports: imports.unsigned_abs(),
                received: received.unsigned_abs(),
                done: done.unsigned_abs(),
            })
            .collect())
    }

    /// A page of all imports, newest first; pages count from 1.
    ///
    /// # Errors
    /// The database failed.
    pub async fn imports(&self, page: u32) -> Result<Page<Import>, StoreError> {
        let page = PageRequest::number(page);
        Ok(Page::of(self.store().read().await?.imports_page(page).await?, page))
    }

    /// A page of the rows that have an outcome, in the order of the file; pages count from 1.
    ///
    /// # Errors
    /// The database failed.
    pub async fn import_rows(
        &self,
        id: ImportId,
        outcome: Option<Outcome>,
        page: u32,
    ) -> Result<Page<ImportRow>, StoreError> {
        let page = PageRequest::number(page);
        let (rows, total) = self.store().read().await?.rows_page(id, outcome, page).await?;
        Ok(Page::of((rows.into_iter().map(ImportRow::from).collect(), total), page))
    }

    /// All failed rows, for the download; `None` for an unknown import.
    ///
    /// # Errors
    /// The database failed.
    pub async fn failed_rows(&self, id: ImportId) -> Result<Option<FailedRows>, StoreError> {
        let mut tx = self.store().read().await?;
        let Some(columns) = tx.import_columns(id).await? else {
            return Ok(None);
        };
        let mut rows: Vec<FailedRow> = Vec::new();
        loop {
            let after = rows.last().map_or(0, |row| row.row);
            let batch = tx.failed_rows(id, after, BATCH).await?;
            if batch.is_empty() {
                return Ok(Some(FailedRows { columns, rows }));
            }
            rows.extend(batch.into_iter().map(|row| FailedRow {
                row: row.row_number,
                values: row.kept_values.unwrap_or_default(),
                problem: row.message.unwrap_or_default(),
            }));
        }
    }
}
