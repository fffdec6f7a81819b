//! People who are not in a full roster: the review says who they are, the import closes their accounts at its end.
//!
//! Only where that was chosen, only members, only who was shown before the import was confirmed, and never more of the
//! directory at once than the options allow. Whoever a row of the import is about, or who was changed since the review,
//! keeps the account. It is carried out like the rows: many in one transaction, under a lock of the import; the import is
//! complete when everybody has an outcome.

use super::batch::{NOT_ALLOWED, may_import, pause};
use super::runner::RunnerStep;
use super::undo::UndoState;
use super::{Import, ImportState};
use crate::Directory;
use crate::account::{Actor, Role, Status};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{AccountId, ImportId};
use crate::page::{Page, PageRequest};
use crate::people;
use crate::store::{
    AbsentRow, ClosedRow, ClosingImport, ReopenedRow, RunningUndo, Transaction, UndoCounters,
};
use roster::review::{Absent, key_fingerprint};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use thiserror::Error;

/// Accounts closed, or opened again, in one transaction.
const PEOPLE: u32 = 2_000;
/// Most members whose keys are told at a time.
pub const MEMBERS_AT_ONCE: u32 = 10_000;
/// Most people who can be named at a time.
pub const ABSENT_AT_ONCE: usize = 10_000;

const GONE: &str = "The account is no longer there.";
const CLOSED_BEFORE: &str = "The account was closed before.";
const ADMINISTRATOR: &str = "An import never closes an administrator's account.";
const IN_ROSTER: &str = "A row of this import is about this person.";
const CHANGED: &str = "The account was changed since the review.";
const TOO_MANY: &str = "It would have been a larger part of all people than this import may close.";
const CANCELLED: &str = "The import was cancelled.";
const OPEN_AGAIN: &str = "The account was opened or changed again since.";
const NO_SEAT: &str =
    "No seat is free. Free some or raise the limit, then open the account in the list of people.";

/// An active member as the review tells them: by fingerprints of both keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemberKeys {
    /// The account.
    pub account: AccountId,
    /// Fingerprint of the username.
    pub username: u64,
    /// Fingerprint of the address.
    pub email: u64,
}

/// Somebody who was not in the roster, and what became of the account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct AbsentPerson {
    /// Username, as it was when the import was confirmed.
    pub username: String,
    /// First and last name.
    pub name: String,
    /// `deactivated` or `kept`; none while the import goes on.
    pub outcome: Option<String>,
    /// Why the account was kept.
    pub reason: Option<String>,
    /// `reopened` or `kept`, when the import was taken back.
    pub undo: Option<String>,
    /// Why the account stays closed.
    pub undo_reason: Option<String>,
}

/// A person as the list of those who are absent shows them before anything is confirmed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonBrief {
    /// The account.
    pub account: AccountId,
    /// Username.
    pub username: String,
    /// First and last name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Department, if known.
    pub department: String,
}

/// Why people were not taken as absent. Nothing was changed.
#[derive(Debug, Error)]
pub enum AbsentError {
    /// There is no such import.
    #[error("there is no such import")]
    NotFound,
    /// The import takes nothing more.
    #[error("this import takes no more")]
    Closed,
    /// It was confirmed without closing anybody's account.
    #[error("this import was not confirmed with accounts to close")]
    NotChosen,
    /// More than may be named at a time.
    #[error("at most {ABSENT_AT_ONCE} people can be named at a time")]
    TooManyAtOnce,
    /// A larger part of all members than the options allow.
    #[error(
        "{absent} of {members} active members are not in the roster; this import may close {percent} % of them"
    )]
    Brake {
        /// Members who are not in the roster.
        absent: u64,
        /// Active members.
        members: u64,
        /// The part that may be closed.
        percent: u8,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Active members after an account, some thousand at a time, in a fixed order; none when there are no more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn member_keys(&self, after: Option<AccountId>) -> Result<Vec<MemberKeys>, StoreError> {
        let keys = self.store().read().await?.member_keys(after, MEMBERS_AT_ONCE).await?;
        let fingerprints = |(account, username, email): (AccountId, String, String)| MemberKeys {
            account,
            username: key_fingerprint(&username),
            email: key_fingerprint(&email),
        };
        Ok(keys.into_iter().map(fingerprints).collect())
    }

    /// Some people, in the order asked; whoever is not there is left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn people_in_brief(&self, people: &[AccountId]) -> Result<Vec<PersonBrief>, StoreError> {
        let found = self.store().read().await?.accounts_known(people).await?;
        let by_id: HashMap<AccountId, _> = found.into_iter().map(|account| (account.id, account)).collect();
        let brief = |id: &AccountId| {
            let account = by_id.get(id)?;
            Some(PersonBrief {
                account: account.id,
                username: account.username.clone(),
                name: format!("{} {}", account.first_name, account.last_name),
                email: account.email.clone(),
                department: account.profile.get("department").cloned().unwrap_or_default(),
            })
        };
        Ok(people.iter().filter_map(brief).collect())
    }

    /// Notes who is not in the roster, before the import is sealed. Naming somebody twice is no mistake.
    ///
    /// # Errors
    /// See [`AbsentError`]; nothing was changed.
    pub async fn name_absent(&self, import: ImportId, people: &[AccountId]) -> Result<(), AbsentError> {
        if people.len() > ABSENT_AT_ONCE {
            return Err(AbsentError::TooManyAtOnce);
        }
        let mut tx = self.store().begin().await?;
        let head = tx.lock_import(import).await?.ok_or(AbsentError::NotFound)?;
        if head.state != ImportState::Receiving {
            return Err(AbsentError::Closed);
        }
        let options = tx.import(import).await?.ok_or(AbsentError::NotFound)?.options;
        let Absent::Deactivate { at_most } = options.absent else {
            return Err(AbsentError::NotChosen);
        };
        tx.insert_absent(import, people).await?;
        let (absent, _) = tx.absent_count(import).await?;
        let members = tx.active_members().await?;
        if !options.absent.allows(absent, members) {
            return Err(AbsentError::Brake { absent, members, percent: at_most });
        }
        Ok(tx.save().await?)
    }

    /// A page of the people who were not in the roster, by username; pages count from 1.
    ///
    /// # Errors
    /// The database failed.
    pub async fn import_absent(&self, import: ImportId, page: u32) -> Result<Page<AbsentPerson>, StoreError> {
        let page = PageRequest::number(page);
        Ok(Page::of(self.store().read().await?.absent_page(import, page).await?, page))
    }

    /// Closes the accounts of some people who were not in the roster of an import whose rows are done.
    pub(super) async fn close_next_absent(&self) -> Result<RunnerStep, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(import) = tx.lock_closing_import().await? else {
            return Ok(RunnerStep::Idle);
        };
        if may_import((import.actor_id, import.actor_role, import.actor_status)) {
            self.close_some(tx.as_mut(), &import, now).await?;
        } else {
            let about = (import.id, import.file_name.as_str());
            pause(tx.as_mut(), about, &actor(&import), NOT_ALLOWED, now).await?;
        }
        tx.save().await?;
        Ok(RunnerStep::Worked)
    }

    async fn close_some(
        &self,
        tx: &mut dyn Transaction,
        import: &ClosingImport,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.lock_seats().await?;
        let (all, waiting) = tx.absent_count(import.id).await?;
        // Asked once, before the first is closed: the directory may have become smaller since it was confirmed.
        if all == waiting && !import.options.absent.allows(all, tx.active_members().await?) {
            tx.keep_absent(import.id, TOO_MANY).await?;
            return self.complete_if_done(tx, import.id, &import.file_name, now).await;
        }
        let people = tx.next_absent(import.id, PEOPLE).await?;
        let closing: Vec<AccountId> = people
            .iter()
            .filter(|person| why_kept(person, import.reviewed_at).is_none())
            .map(|person| person.account_id)
            .collect();
        let detail = format!("not in the roster of import {}", import.id);
        let closed = people::close(tx, &actor(import), &closing, &detail, now).await?;
        let closed: HashSet<AccountId> = closed.into_iter().map(|account| account.id).collect();
        let outcomes: Vec<ClosedRow> = people
            .iter()
            .map(|person| match closed.contains(&person.account_id) {
                true => ClosedRow {
                    account_id: person.account_id,
                    outcome: "deactivated",
                    reason: None,
                    closed_at: Some(now),
                },
                false => ClosedRow {
                    account_id: person.account_id,
                    outcome: "kept",
                    reason: Some(why_kept(person, import.reviewed_at).unwrap_or(CLOSED_BEFORE)),
                    closed_at: None,
                },
            })
            .collect();
        tx.absent_done(import.id, &outcomes).await?;
        self.complete_if_done(tx, import.id, &import.file_name, now).await
    }

    /// Opens some of the accounts again that an import closed, when it is taken back.
    pub(super) async fn reopen_some(
        &self,
        tx: &mut dyn Transaction,
        undo: &RunningUndo,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let people = tx.next_to_reopen(undo.id, PEOPLE).await?;
        if people.is_empty() {
            return tx.undo_went_on(undo, UndoState::Done, 0, UndoCounters::default()).await;
        }
        tx.lock_seats().await?;
        let as_closed = |person: &&AbsentRow| {
            person.status == Some(Status::Deactivated) && person.updated_at == person.closed_at
        };
        let mut opening: Vec<AccountId> =
            people.iter().filter(as_closed).map(|person| person.account_id).collect();
        let wanted = u32::try_from(opening.len()).expect("a batch has some thousand people");
        let seats = if wanted == 0 { 0 } else { tx.take_seats(wanted).await? };
        opening.truncate(seats as usize);
        let actor = Actor { account: undo.undo_actor, username: undo.by.clone(), role: Role::Administrator };
        let opened =
            people::open(tx, &actor, &opening, &format!("import {} taken back", undo.id), now).await?;
        let opened: HashSet<AccountId> = opened.into_iter().map(|account| account.id).collect();
        let undone: Vec<ReopenedRow> = people
            .iter()
            .map(|person| {
                let kept = match (opened.contains(&person.account_id), person.status) {
                    (true, _) => None,
                    (_, None) => Some(GONE),
                    _ if as_closed(&person) => Some(NO_SEAT),
                    _ => Some(OPEN_AGAIN),
                };
                let undo = if kept.is_none() { "reopened" } else { "kept" };
                ReopenedRow { account_id: person.account_id, undo, undo_reason: kept }
            })
            .collect();
        tx.absent_undone(undo.id, &undone).await?;
        tx.undo_went_on(undo, UndoState::Reopening, 0, UndoCounters::default()).await
    }
}

/// Nobody's account is closed any more: the import was cancelled.
pub(super) async fn keep_all(tx: &mut dyn Transaction, import: ImportId) -> Result<(), StoreError> {
    tx.keep_absent(import, CANCELLED).await
}

/// Why an account stays open, unless it is to be closed.
fn why_kept(person: &AbsentRow, reviewed_at: Option<Timestamp>) -> Option<&'static str> {
    match (person.role, person.status) {
        (None, _) | (_, None) => Some(GONE),
        (Some(Role::Administrator), _) => Some(ADMINISTRATOR),
        (_, Some(Status::Deactivated)) => Some(CLOSED_BEFORE),
        _ if person.in_import => Some(IN_ROSTER),
        _ if reviewed_at.is_some_and(|at| person.updated_at.is_some_and(|updated| updated > at)) => {
            Some(CHANGED)
        }
        _ => None,
    }
}

fn actor(import: &ClosingImport) -> Actor {
    Actor { account: import.actor_id, username: import.actor_name.clone(), role: Role::Administrator }
}

impl Import {
    /// Accounts that wait to be closed.
    #[must_use]
    pub fn absent_waiting(&self) -> u32 {
        self.absent.saturating_sub(self.deactivated + self.absent_kept)
    }
}
