//! Taking an import back: accounts that were never used go, fields that an update replaced come back, and what has a
//! life of its own by now is kept, with the reason.
//!
//! It is carried out in the background like the import itself: some rows in one transaction, under a lock of the import,
//! first the rows that created accounts, then those that updated some.

use super::ImportError;
use super::effects::changed;
use super::runner::RunnerStep;
use crate::Directory;
use crate::account::{Actor, Role, Status};
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{AccountId, ImportId};
use crate::store::{ChangedAccount, KnownRow, RowToUndo, RunningUndo, Transaction, UndoCounters, UndoneRow};
use std::collections::{HashMap, HashSet};

/// Rows taken back in one transaction.
const ROWS: u32 = 2_000;

text_enum! {
    /// How far an import is being taken back.
    pub enum UndoState {
        /// Accounts that it created are being removed.
        Removing = "removing",
        /// Fields that it replaced are being put back.
        Restoring = "restoring",
        /// Accounts that it closed are being opened again.
        Reopening = "reopening",
        /// All that could be taken back was.
        Done = "done",
    }
}

const SIGNED_IN: &str = "The person has signed in with this account.";
const CHANGED_BY_OTHER: &str = "Another import has changed this account since.";
const CHANGED: &str = "The account was changed again since.";
const NAME_GONE: &str = "The former username belongs to somebody else by now.";
const ADDRESS_GONE: &str = "The former email address belongs to somebody else by now.";
const GONE: &str = "The account is no longer there.";

impl Directory {
    /// Has an ended import taken back, in the background. Saying it again is no mistake.
    ///
    /// # Errors
    /// The import goes on or is unknown, or the database failed.
    pub async fn undo_import(&self, actor: &Actor, import: ImportId) -> Result<(), ImportError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let head = tx.lock_import(import).await?.ok_or(ImportError::NotFound)?;
        if !tx.begin_undo(import, actor.account, &actor.username, now).await? {
            let asked_before = tx.import(import).await?.is_some_and(|import| import.undone_at.is_some());
            return if asked_before { Ok(()) } else { Err(ImportError::GoesOn) };
        }
        // Rows that wait for a seat have nothing to wait for any more.
        tx.drop_waiting(import).await?;
        let detail = format!("import {import}");
        tx.record(&[audit::record(now, actor, Event::ImportUndone, &head.file_name, &detail)]).await?;
        Ok(tx.save().await?)
    }

    /// Takes back some rows of an import for which that was asked.
    pub(super) async fn undo_next_batch(&self) -> Result<RunnerStep, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(undo) = tx.lock_next_undo().await? else {
            return Ok(RunnerStep::Idle);
        };
        self.undo_batch(tx.as_mut(), &undo, now).await?;
        tx.save().await?;
        Ok(RunnerStep::Worked)
    }

    async fn undo_batch(
        &self,
        tx: &mut dyn Transaction,
        undo: &RunningUndo,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if undo.state == UndoState::Reopening {
            return self.reopen_some(tx, undo, now).await;
        }
        let rows = tx.rows_to_undo(undo, ROWS).await?;
        let Some(last) = rows.last().map(|row| row.row_number) else {
            let next = match undo.state {
                UndoState::Removing => UndoState::Restoring,
                UndoState::Restoring => UndoState::Reopening,
                UndoState::Reopening | UndoState::Done => UndoState::Done,
            };
            return tx.undo_went_on(undo, next, 0, UndoCounters::default()).await;
        };
        let actor = Actor { account: undo.undo_actor, username: undo.by.clone(), role: Role::Administrator };
        let undone = match undo.state {
            UndoState::Removing => remove(tx, undo, &actor, &rows, now).await?,
            UndoState::Restoring | UndoState::Reopening | UndoState::Done => {
                restore(tx, undo, &actor, &rows, now).await?
            }
        };
        let mut add = UndoCounters::default();
        for row in &undone {
            match row.undo {
                "removed" => add.removed += 1,
                "restored" => add.restored += 1,
                _ => add.kept += 1,
            }
        }
        tx.rows_undone(undo.id, &undone).await?;
        tx.undo_went_on(undo, undo.state, last, add).await
    }
}

fn outcome(row: &RowToUndo, done: Result<&'static str, &'static str>) -> UndoneRow {
    UndoneRow { row_number: row.row_number, undo: done.unwrap_or("kept"), undo_reason: done.err() }
}

fn ids(rows: &[RowToUndo]) -> Vec<AccountId> {
    rows.iter().map(|row| row.account_id).collect()
}

/// Removes the accounts that rows created, as far as nobody has used them.
async fn remove(
    tx: &mut dyn Transaction,
    undo: &RunningUndo,
    actor: &Actor,
    rows: &[RowToUndo],
    now: Timestamp,
) -> Result<Vec<UndoneRow>, StoreError> {
    tx.lock_seats().await?;
    let accounts = tx.undoable_accounts(undo.id, &ids(rows)).await?;
    let by_id: HashMap<AccountId, _> = accounts.iter().map(|account| (account.id, account)).collect();
    let unused: Vec<AccountId> = accounts
        .iter()
        .filter(|account| !account.used && !account.changed_by_other)
        .map(|account| account.id)
        .collect();
    tx.write_created_rows_out(&ids(rows)).await?;
    let gone: HashMap<AccountId, Status> = tx.delete_unused(&unused).await?.into_iter().collect();
    let active = gone.values().filter(|status| **status == Status::Active).count();
    tx.free_seats(u32::try_from(active).expect("a batch has some thousand rows")).await?;
    let detail = format!("import {} taken back", undo.id);
    let records: Vec<_> = accounts
        .iter()
        .filter(|account| gone.contains_key(&account.id))
        .map(|account| audit::record(now, actor, Event::UserDeleted, &account.username, &detail))
        .collect();
    if !records.is_empty() {
        tx.record(&records).await?;
    }
    let of = |row: &RowToUndo| match by_id.get(&row.account_id) {
        None => Err(GONE),
        Some(_) if gone.contains_key(&row.account_id) => Ok("removed"),
        Some(account) if account.changed_by_other => Err(CHANGED_BY_OTHER),
        Some(_) => Err(SIGNED_IN),
    };
    Ok(rows.iter().map(|row| outcome(row, of(row))).collect())
}

/// Puts back the fields that updates replaced, as far as nobody has changed them since.
async fn restore(
    tx: &mut dyn Transaction,
    undo: &RunningUndo,
    actor: &Actor,
    rows: &[RowToUndo],
    now: Timestamp,
) -> Result<Vec<UndoneRow>, StoreError> {
    let known: HashMap<AccountId, KnownRow> =
        tx.accounts_known(&ids(rows)).await?.into_iter().map(|account| (account.id, account)).collect();
    let wanted: Vec<String> = rows
        .iter()
        .filter_map(|row| row.replaced.as_ref())
        .map(|replaced| replaced.fields.email_key.clone())
        .collect();
    let wanted_names: Vec<String> = rows
        .iter()
        .filter_map(|row| row.replaced.as_ref())
        .map(|replaced| replaced.fields.username_key.clone())
        .filter(|key| !key.is_empty())
        .collect();
    let holding = tx.known_accounts(&wanted_names, &wanted, None).await?;
    let name_holders: HashMap<&str, AccountId> =
        holding.iter().map(|account| (account.username_key.as_str(), account.id)).collect();
    let holders: HashMap<&str, AccountId> =
        holding.iter().map(|account| (account.email_key.as_str(), account.id)).collect();
    // Whoever gives an address back frees it for somebody else of the same batch; found by assuming it of all.
    let mut restored: HashSet<AccountId> = ids(rows).into_iter().collect();
    let verdict = |row: &RowToUndo, restored: &HashSet<AccountId>| -> Result<&'static str, &'static str> {
        let account = known.get(&row.account_id).ok_or(GONE)?;
        let before = row.replaced.as_ref().ok_or(CHANGED)?;
        if account.updated_at != before.changed_at || account.role != Role::Member {
            return Err(CHANGED);
        }
        // Whoever has it keeps it, even who is about to give it back: usernames do not change hands.
        if name_holders.get(before.fields.username_key.as_str()).is_some_and(|holder| *holder != account.id) {
            return Err(NAME_GONE);
        }
        match holders.get(before.fields.email_key.as_str()) {
            Some(holder) if *holder != account.id && !restored.contains(holder) => Err(ADDRESS_GONE),
            _ => Ok("restored"),
        }
    };
    loop {
        let next: HashSet<AccountId> = rows
            .iter()
            .filter(|row| restored.contains(&row.account_id) && verdict(row, &restored).is_ok())
            .map(|row| row.account_id)
            .collect();
        if next.len() == restored.len() {
            break;
        }
        restored = next;
    }
    let changes: Vec<ChangedAccount> = rows
        .iter()
        .filter(|row| restored.contains(&row.account_id))
        .filter_map(|row| {
            let (account, before) = (known.get(&row.account_id)?, row.replaced.as_ref()?);
            let mut fields = before.fields.clone();
            if fields.username_key.is_empty() {
                fields.username.clone_from(&account.username);
                fields.username_key.clone_from(&account.username_key);
            }
            Some(changed(account.id, &account.email_key, fields, now))
        })
        .collect();
    if !changes.is_empty() {
        if tx.change_members(&changes).await? != changes.len() as u64 {
            return Err(StoreError::Unavailable(None));
        }
        let detail = format!("import {} taken back", undo.id);
        let records: Vec<_> = rows
            .iter()
            .filter(|row| restored.contains(&row.account_id))
            .filter_map(|row| known.get(&row.account_id))
            .map(|account| audit::record(now, actor, Event::UserUpdated, &account.username, &detail))
            .collect();
        tx.record(&records).await?;
    }
    Ok(rows.iter().map(|row| outcome(row, verdict(row, &restored))).collect())
}
