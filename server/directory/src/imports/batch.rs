//! Some chunks of an import that are carried out in one transaction, opened and checked.

use super::ImportState;
use super::decide::{Candidate, Decision, Terms, decide};
use crate::account::{Actor, Role, Status};
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{AccountId, ImportId};
use crate::settings::Settings;
use crate::store::{ClaimedImport, KnownRow, NewAccount, Transaction};
use roster::review::Action;
use roster::{Code, PasswordPolicy, PersonRow, Problem};
use std::collections::HashMap;

/// Claimed chunks with all done that needs no transaction.
pub(super) struct Batch {
    pub import: ClaimedImport,
    pub settings: Settings,
    /// Numbers of the first and the last chunk.
    pub chunks: (u32, u32),
    /// The rows had to wait before and are tried once more.
    pub again: bool,
    /// The rows as they were sent. They, what they were confirmed to do and their verdicts are gone when the batch was
    /// planned: see [`super::prepare::once_more`].
    pub rows: Vec<PersonRow>,
    /// What each row was confirmed to do, by place in the batch.
    pub actions: Vec<Action>,
    /// The rows held to every rule.
    pub candidates: Vec<Candidate>,
    /// The account that a row becomes if it creates one, by place in the batch.
    pub accounts: Vec<Option<NewAccount>>,
    /// argon2id hashes of passwords that rows bring, by place in the batch.
    pub hashes: HashMap<usize, String>,
}

impl Batch {
    /// Who confirmed the import.
    pub(super) fn actor(&self) -> Actor {
        actor(&self.import)
    }

    /// Holds rows to every rule.
    pub(super) fn judge(rows: &[PersonRow], actions: &[Action], policy: &PasswordPolicy) -> Vec<Candidate> {
        let judged = rows.iter().zip(actions).map(|(row, action)| Candidate {
            action: *action,
            checked: row.values.check(policy).map_err(|problems| in_one(&problems)),
        });
        judged.collect()
    }

    /// What becomes of each row, given the accounts that have a key of the batch.
    pub(super) fn decide(&self, known: &[KnownRow]) -> Vec<Decision> {
        let import = &self.import;
        decide(&self.candidates, known, Terms { options: &import.options, reviewed_at: import.reviewed_at })
    }

    /// All rows shall add somebody, and nothing has to be hashed for them: what becomes of them can be worked out before
    /// anybody asks whom the directory knows.
    pub(super) fn adds_only(&self) -> bool {
        !self.again
            && self.actions.iter().all(|action| *action == Action::Add)
            && self.rows.iter().all(|row| row.values.password.is_none())
    }

    /// The username and address keys of the rows that are not refused.
    pub(super) fn keys(&self) -> (Vec<String>, Vec<String>) {
        self.candidates
            .iter()
            .filter_map(|candidate| candidate.checked.as_ref().ok())
            .map(|person| (person.username.key(), person.email.key()))
            .unzip()
    }
}

impl ClaimedImport {
    /// Whether what was worked out for one claim of an import holds for another.
    pub(super) fn same_terms(&self, other: &Self) -> bool {
        (self.id, self.actor_id, &self.actor_name, &self.options, self.reviewed_at)
            == (other.id, other.actor_id, &other.actor_name, &other.options, other.reviewed_at)
    }
}

/// Who confirmed an import.
pub(super) fn actor(import: &ClaimedImport) -> Actor {
    Actor { account: import.actor_id, username: import.actor_name.clone(), role: Role::Administrator }
}

/// Whether who confirmed an import, given role and status as they are now, may still import.
pub(super) fn may_import((actor, role, status): (AccountId, Option<Role>, Option<Status>)) -> bool {
    actor == AccountId::SYSTEM || (role, status) == (Some(Role::Administrator), Some(Status::Active))
}

/// Why an import is paused for which [`may_import`] does not hold.
pub(super) const NOT_ALLOWED: &str = "the importer is no longer an active administrator";

/// Lets an import stand still until somebody continues it.
pub(super) async fn pause(
    tx: &mut dyn Transaction,
    (import, file_name): (ImportId, &str),
    actor: &Actor,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.set_import_state(import, ImportState::Paused, now).await?;
    let detail = format!("import {import} paused: {reason}");
    tx.record(&[audit::record(now, actor, Event::ImportPaused, file_name, &detail)]).await
}

/// The first problem's code with the sentences of all.
fn in_one(problems: &[Problem]) -> Problem {
    let message = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join(" ");
    match problems.first() {
        Some(first) => Problem { code: first.code, field: first.field, message },
        None => Problem::whole(Code::ConflictChangedSinceReview, "The row was refused without a reason."),
    }
}
