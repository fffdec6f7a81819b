//! What a batch's decisions mean for accounts, credentials, mail, audit trail and counters; put together before
//! anything is written.

use super::batch::Batch;
use super::decide::Decision;
use super::{Outcome, row_context};
use crate::Directory;
use crate::account::Actor;
use crate::audit::{self, Event, storable};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::handover::HandOver;
use crate::id::{AccountId, MessageId};
use crate::outbox::MessageKind;
use crate::search::{search_text, sort_name};
use crate::store::{
    AuditRecord, ChangedAccount, ClaimedImport, Counters, Fields, NewCredential, NewMessage, OutcomeRecord,
    Replaced,
};
use roster::{Code, Field, PersonRow, Problem, Values};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Everything that one batch writes.
#[derive(Default)]
pub(super) struct Effects {
    /// Places in the batch of the rows that create accounts.
    pub created: Vec<usize>,
    pub credentials: Vec<NewCredential>,
    pub changes: Vec<ChangedAccount>,
    pub messages: Vec<NewMessage>,
    pub records: Vec<AuditRecord>,
    /// Of all rows but those that create an account: the account itself tells of them.
    pub outcomes: Vec<OutcomeRecord>,
    pub counters: Counters,
}

impl Counters {
    fn count(&mut self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Updated => &mut self.updated,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Failed => &mut self.failed,
        };
        *counter += 1;
    }
}

impl Directory {
    /// What the decisions mean for accounts, credentials, mail, audit trail and counters.
    pub(super) fn effects(
        &self,
        batch: &Batch,
        decisions: Vec<Decision>,
        mut seats: usize,
        now: Timestamp,
    ) -> Result<Effects, StoreError> {
        let (import, actor) = (&batch.import, batch.actor());
        let detail = format!("import {}", import.id);
        let mut effects = Effects::default();
        if batch.again {
            // These rows were counted as failed when they had to wait.
            effects.counters.failed -=
                i64::try_from(decisions.len()).expect("a batch has some thousand rows");
        }
        for (place, decision) in decisions.into_iter().enumerate() {
            let row = &batch.rows[place];
            let outcome = match decision {
                Decision::Create if seats == 0 => {
                    let sealed = self.seal_row(batch, place)?;
                    OutcomeRecord { sealed: Some(sealed), ..failed(import, row, &no_seat()) }
                }
                Decision::Create => {
                    seats -= 1;
                    self.create(batch, place, (now, &actor, &detail), &mut effects)?;
                    effects.counters.count(Outcome::Created);
                    continue;
                }
                Decision::Update { account, username, fields, replaced } => {
                    let told = match fields.username == replaced.username {
                        true => detail.clone(),
                        false => format!("the username is now {}, {detail}", fields.username),
                    };
                    effects.changes.push(changed(account, &replaced.email_key, *fields, now));
                    effects.records.push(audit::record(now, &actor, Event::UserUpdated, &username, &told));
                    OutcomeRecord {
                        replaced: Some(Replaced { changed_at: now, fields: *replaced }),
                        ..finished(import, row, Outcome::Updated, Some(account))
                    }
                }
                Decision::Unchanged(account) => finished(import, row, Outcome::Unchanged, Some(account)),
                Decision::Skip(account, code, message) => OutcomeRecord {
                    code,
                    message: Some(message),
                    ..finished(import, row, Outcome::Skipped, Some(account))
                },
                // Tried once more when every other row had its turn, and then for good.
                Decision::Wait(problem) if !batch.again => {
                    let sealed = self.seal_row(batch, place)?;
                    OutcomeRecord { sealed: Some(sealed), ..failed(import, row, &problem) }
                }
                Decision::Wait(problem) | Decision::Fail(problem) => failed(import, row, &problem),
            };
            effects.counters.count(outcome.outcome);
            effects.outcomes.push(outcome);
        }
        Ok(effects)
    }

    fn create(
        &self,
        batch: &Batch,
        place: usize,
        (now, actor, detail): (Timestamp, &Actor, &str),
        effects: &mut Effects,
    ) -> Result<(), StoreError> {
        let import = &batch.import;
        let options = &import.options;
        let (Ok(person), Some(account)) = (&batch.candidates[place].checked, &batch.accounts[place]) else {
            return Err(StoreError::Unreadable("a row that was refused is to be created".to_owned()));
        };
        let id = account.id;
        // A password that the roster brings is on file at once. A generated one comes into being when it is handed
        // over: now if it is to be mailed, else with "Send login details"; until then nothing opens the account.
        let brought = match &person.password {
            Some(_) => {
                let hash = batch.hashes.get(&place).cloned();
                Some(hash.ok_or_else(|| StoreError::Unreadable("a password that was not hashed".to_owned()))?)
            }
            None => None,
        };
        let issued = brought.is_none() && options.generate_passwords && options.email_login_details;
        let issue =
            issued.then(|| self.new_issue(id, 1, now.after(batch.settings.temporary_password_life())));
        let must_change = options.change_password.applies(person.change_password);
        if issued || brought.is_some() || !must_change {
            effects.credentials.push(NewCredential {
                account_id: id,
                issue_number: u32::from(issued),
                verifier: issue.as_ref().and_then(|issue| issue.verifier.clone()),
                expires_at: issue.as_ref().map(|issue| issue.expires_at),
                must_change,
                password_hash: brought,
            });
        }
        if options.email_login_details && (issued || person.password.is_some()) {
            effects.messages.push(NewMessage {
                id: MessageId::new(now, self.random()),
                account_id: id,
                import_id: Some(import.id),
                kind: match options.hand_over {
                    HandOver::Link if issued => MessageKind::SetPasswordLink,
                    // Who brings a password is told of it; there is nothing to set.
                    _ => MessageKind::LoginDetails,
                },
                with_secret: issued,
                created_at: now,
            });
        }
        effects.records.push(audit::record(now, actor, Event::UserCreated, &account.username, detail));
        effects.created.push(place);
        Ok(())
    }

    /// The whole row, password included, kept sealed until a seat is free.
    fn seal_row(&self, batch: &Batch, place: usize) -> Result<Vec<u8>, StoreError> {
        let row = &batch.rows[place];
        let plain = postcard::to_allocvec(&(row, batch.candidates[place].action))
            .map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let plain = Zeroizing::new(plain);
        Ok(self.key().seal(&row_context(batch.import.id, row.row), &plain, self.random()))
    }
}

/// An account as it shall be; `email_key` is the one it has.
pub(super) fn changed(id: AccountId, email_key: &str, fields: Fields, now: Timestamp) -> ChangedAccount {
    ChangedAccount {
        id,
        search_text: search_text(
            &fields.username,
            &fields.email,
            &fields.first_name,
            &fields.last_name,
            fields.profile.values().map(String::as_str),
        ),
        sort_name: sort_name(&fields.username, &fields.first_name, &fields.last_name),
        moves: fields.email_key != email_key,
        username: fields.username,
        username_key: fields.username_key,
        email: fields.email,
        email_key: fields.email_key,
        first_name: fields.first_name,
        last_name: fields.last_name,
        profile: fields.profile,
        updated_at: now,
    }
}

fn no_seat() -> Problem {
    let message = "No seat is free. Free some or raise the limit, then continue this import.";
    Problem::whole(Code::SeatsExhausted, message)
}

fn finished(
    import: &ClaimedImport,
    row: &PersonRow,
    outcome: Outcome,
    account: Option<AccountId>,
) -> OutcomeRecord {
    let values = &row.values;
    OutcomeRecord {
        import_id: import.id,
        row_number: row.row,
        line: row.line,
        outcome,
        code: None,
        field: None,
        message: None,
        username: storable(&values.username),
        name: storable(format!("{} {}", values.first_name, values.last_name).trim()),
        account_id: account,
        kept_values: None,
        replaced: None,
        sealed: None,
    }
}

fn failed(import: &ClaimedImport, row: &PersonRow, problem: &Problem) -> OutcomeRecord {
    OutcomeRecord {
        code: Some(problem.code),
        field: problem.field,
        message: Some(storable(&problem.message)),
        kept_values: Some(kept_values(&row.values)),
        ..finished(import, row, Outcome::Failed, None)
    }
}

/// What a failed row said, for the download: everything but the password.
fn kept_values(values: &Values) -> BTreeMap<String, String> {
    let mut kept: BTreeMap<String, String> =
        values.profile.iter().map(|(key, text)| (storable(key), storable(text))).collect();
    let required = [
        (Field::Username, &values.username),
        (Field::FirstName, &values.first_name),
        (Field::LastName, &values.last_name),
        (Field::Email, &values.email),
    ];
    kept.extend(required.map(|(field, text)| (field.key().to_owned(), storable(text))));
    // A profile key that names the password column would smuggle one in.
    kept.remove(Field::Password.key());
    if let Some(change) = values.change_password {
        let text = if change { "1" } else { "0" };
        kept.insert(Field::ChangePasswordNextTime.key().to_owned(), text.to_owned());
    }
    kept
}
