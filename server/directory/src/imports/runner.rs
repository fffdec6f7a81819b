//! Carrying imports out: one chunk at a time, each in one transaction with all of its effects.
//!
//! A worker holds an import by a short lease and a fencing number. Whatever happens between two steps - a crash, a
//! pause, a lost connection - the chunk was either carried out entirely or not at all, and somebody goes on when the
//! lease has run out.

use super::decide::{Candidate, Decision, decide};
use super::receive::complete_if_done;
use super::{Outcome, chunk_context, row_context};
use crate::account::{Actor, Role, Status};
use crate::audit::{self, Event, storable};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{AccountId, MessageId};
use crate::outbox::MessageKind;
use crate::people::{new_account, search_text, sort_name};
use crate::settings::Settings;
use crate::store::{
    AuditRecord, ChangedAccount, ClaimedImport, Counters, KnownRow, NewAccount, NewCredential, NewMessage,
    OutcomeRecord, Transaction,
};
use crate::{Directory, imports::ImportState};
use roster::review::Action;
use roster::{Code, Field, PersonRow, Problem, Values};
use secrecy::SecretString;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

/// How long a worker keeps an import without a sign of life; after a crash this is the wait until work goes on.
const LEASE: Duration = Duration::from_secs(15);
/// Passwords hashed between two signs of life.
const HASHES_PER_SIGN: usize = 32;
/// How often a batch is tried when somebody else creates the same accounts at the same moment.
const TRIES: u32 = 4;

/// What a call of [`Directory::run_next_batch`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunnerStep {
    /// A batch was carried out; there may be more.
    Worked,
    /// Nothing waits.
    Idle,
}

/// A claimed chunk, opened and checked, with all that needs no transaction done.
struct Batch {
    import: ClaimedImport,
    actor: Actor,
    settings: Settings,
    rows: Vec<PersonRow>,
    candidates: Vec<Candidate>,
    /// argon2id hashes of passwords that rows bring, by place in the batch.
    hashes: HashMap<usize, String>,
}

/// How a try to carry a batch out ended.
enum Try {
    Done,
    /// The import was cancelled, or another worker holds it now.
    Lost,
    /// An account appeared while we worked.
    Overtaken,
}

impl Directory {
    /// Carries out one chunk of one import, the one that has waited longest. `worker` names who does it.
    ///
    /// # Errors
    /// The database failed; the chunk was not carried out and will be by a later call.
    pub async fn run_next_batch(&self, worker: &str) -> Result<RunnerStep, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(mut import) = tx.claim_import(worker, now, now.after(LEASE)).await? else {
            return Ok(RunnerStep::Idle);
        };
        let sealed = std::mem::take(&mut import.sealed);
        if !may_import(&import) {
            pause(tx.as_mut(), &import, "the importer is no longer an active administrator", now).await?;
            tx.save().await?;
            return Ok(RunnerStep::Worked);
        }
        let Ok(payload) = self.key().unseal(&chunk_context(import.id, import.chunk), &sealed) else {
            tracing::error!(import = %import.id, "a chunk cannot be opened with this server's key");
            pause(tx.as_mut(), &import, "its rows cannot be opened with this server's key", now).await?;
            tx.save().await?;
            return Ok(RunnerStep::Worked);
        };
        let settings = tx.settings().await?.unwrap_or_default();
        tx.save().await?;

        let (id, fence) = (import.id, import.fence);
        let done = self.carry_out(import, settings, payload).await;
        if done.is_err() {
            // Somebody - we, after a wait - can go on at once. If even this fails, the lease runs out.
            if let Ok(mut tx) = self.store().begin().await
                && tx.release_import(id, fence).await.is_ok()
            {
                let _released = tx.save().await;
            }
        }
        done.map(|()| RunnerStep::Worked)
    }

    async fn carry_out(
        &self,
        import: ClaimedImport,
        settings: Settings,
        payload: Zeroizing<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let Some(mut batch) = prepare(import, settings, payload).await else {
            return Err(StoreError::Unreadable("a chunk of an import".to_owned()));
        };
        if !self.hash_passwords(&mut batch).await? {
            return Ok(());
        }
        for _ in 0..TRIES {
            match self.try_batch(&batch).await {
                Ok(Try::Done | Try::Lost) => return Ok(()),
                Ok(Try::Overtaken) => {}
                Err(error) if error.is_crossing() => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable(None))
    }

    /// Hashes the passwords of rows that will create accounts, a few at a time, with a sign of life in between.
    /// `false`: the import is no longer ours.
    async fn hash_passwords(&self, batch: &mut Batch) -> Result<bool, StoreError> {
        if batch.rows.iter().all(|row| row.values.password.is_none()) {
            return Ok(true);
        }
        let known = {
            let (usernames, emails) = keys(&batch.candidates);
            self.store().read().await?.known_accounts(&usernames, &emails, Some(batch.import.id)).await?
        };
        let decisions = decide(&batch.candidates, &known, &batch.import.options);
        let wanted: Vec<(usize, SecretString)> = decisions
            .iter()
            .enumerate()
            .filter(|(_, decision)| **decision == Decision::Create)
            .filter_map(|(place, _)| {
                Some((place, SecretString::from(batch.rows[place].values.password.clone()?)))
            })
            .collect();
        for group in wanted.chunks(HASHES_PER_SIGN) {
            let mut running = JoinSet::new();
            for (place, password) in group {
                let (directory, place, password) = (self.clone(), *place, password.clone());
                running.spawn(async move { (place, directory.hasher().hash_patiently(password).await) });
            }
            batch.hashes.extend(running.join_all().await);
            let mut tx = self.store().begin().await?;
            if !tx.hold_import(batch.import.id, batch.import.fence, self.now().after(LEASE)).await? {
                return Ok(false);
            }
            tx.save().await?;
        }
        Ok(true)
    }

    /// One transaction: everything that the batch does, or nothing.
    async fn try_batch(&self, batch: &Batch) -> Result<Try, StoreError> {
        let import = &batch.import;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if !tx.hold_import(import.id, import.fence, now.after(LEASE)).await? {
            return Ok(Try::Lost);
        }
        let (usernames, emails) = keys(&batch.candidates);
        let known = tx.known_accounts(&usernames, &emails, Some(import.id)).await?;
        let decisions = decide(&batch.candidates, &known, &import.options);
        let wanted = decisions.iter().filter(|decision| **decision == Decision::Create).count();
        let seats = match u32::try_from(wanted).expect("a chunk has a few thousand rows") {
            0 => 0,
            wanted => tx.take_seats(wanted).await?,
        };
        let effects = self.effects(batch, &known, decisions, seats, now)?;

        if !effects.accounts.is_empty() {
            let created = tx.insert_accounts(&effects.accounts).await?;
            if created.len() != effects.accounts.len() {
                return Ok(Try::Overtaken);
            }
            tx.insert_credentials(&effects.credentials).await?;
        }
        if !effects.changes.is_empty() {
            let changed = tx.change_members(&effects.changes).await?;
            if changed != effects.changes.len() as u64 {
                return Ok(Try::Overtaken);
            }
        }
        if !effects.messages.is_empty() {
            tx.enqueue(&effects.messages).await?;
        }
        if !effects.records.is_empty() {
            tx.record(&effects.records).await?;
        }
        tx.insert_outcomes(&effects.outcomes).await?;
        tx.chunk_done(import.id, import.chunk).await?;
        tx.add_counters(import.id, effects.counters).await?;
        complete_if_done(tx.as_mut(), import.id, &import.file_name, now).await?;
        tx.release_import(import.id, import.fence).await?;
        tx.save().await?;
        Ok(Try::Done)
    }

    /// What the decisions mean for accounts, credentials, mail, audit trail and counters.
    fn effects(
        &self,
        batch: &Batch,
        known: &[KnownRow],
        decisions: Vec<Decision>,
        mut seats: u32,
        now: Timestamp,
    ) -> Result<Effects, StoreError> {
        let import = &batch.import;
        let mut effects = Effects::default();
        if import.again {
            // These rows were counted as failed when they found no seat.
            effects.counters.failed -=
                i64::try_from(decisions.len()).expect("a chunk has a few thousand rows");
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
                    let account = self.create(batch, place, now, &mut effects)?;
                    finished(import, row, Outcome::Created, Some(account))
                }
                Decision::Update { account, username, fields } => {
                    effects.changes.push(ChangedAccount {
                        id: account,
                        search_text: search_text(
                            &username,
                            &fields.email,
                            &fields.first_name,
                            &fields.last_name,
                            &fields.profile,
                        ),
                        sort_name: sort_name(&username, &fields.first_name, &fields.last_name),
                        email: fields.email,
                        email_key: fields.email_key,
                        first_name: fields.first_name,
                        last_name: fields.last_name,
                        profile: fields.profile,
                        updated_at: now,
                    });
                    effects.records.push(audit::record(
                        now,
                        &batch.actor,
                        Event::UserUpdated,
                        &username,
                        &format!("import {}", import.id),
                    ));
                    finished(import, row, Outcome::Updated, Some(account))
                }
                Decision::Unchanged(account) => finished(import, row, Outcome::Unchanged, Some(account)),
                Decision::Skip(account, code, message) => OutcomeRecord {
                    code,
                    message: Some(message),
                    ..finished(import, row, Outcome::Skipped, Some(account))
                },
                Decision::Fail(problem) => failed(import, row, &problem),
            };
            effects.counters.count(outcome.outcome);
            effects.outcomes.push(outcome);
        }
        debug_assert!(
            known.iter().all(|row| !effects.accounts.iter().any(|new| new.username_key == row.username_key))
        );
        Ok(effects)
    }

    fn create(
        &self,
        batch: &Batch,
        place: usize,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Result<AccountId, StoreError> {
        let import = &batch.import;
        let options = &import.options;
        let Ok(person) = &batch.candidates[place].checked else {
            return Err(StoreError::Unreadable("a row that was refused is to be created".to_owned()));
        };
        let id = AccountId::new(now, self.random());
        let account = new_account(id, person, Role::Member, Some(import.id), now);
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
        effects.credentials.push(NewCredential {
            account_id: id,
            issue_number: u32::from(issued),
            verifier: issue.as_ref().and_then(|issue| issue.verifier.clone()),
            expires_at: issue.as_ref().map(|issue| issue.expires_at),
            must_change: options.change_password.applies(person.change_password),
            password_hash: brought,
        });
        if options.email_login_details && (issued || person.password.is_some()) {
            effects.messages.push(NewMessage {
                id: MessageId::new(now, self.random()),
                account_id: id,
                import_id: Some(import.id),
                kind: MessageKind::LoginDetails,
                with_secret: issued,
                created_at: now,
            });
        }
        let detail = format!("import {}", import.id);
        effects.records.push(audit::record(
            now,
            &batch.actor,
            Event::UserCreated,
            &account.username,
            &detail,
        ));
        effects.accounts.push(account);
        Ok(id)
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

#[derive(Default)]
struct Effects {
    accounts: Vec<NewAccount>,
    credentials: Vec<NewCredential>,
    changes: Vec<ChangedAccount>,
    messages: Vec<NewMessage>,
    records: Vec<AuditRecord>,
    outcomes: Vec<OutcomeRecord>,
    counters: Counters,
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

/// Whether who confirmed the import may still do so.
fn may_import(import: &ClaimedImport) -> bool {
    import.actor_id == AccountId::SYSTEM
        || (import.actor_role == Some(Role::Administrator) && import.actor_status == Some(Status::Active))
}

async fn pause(
    tx: &mut dyn Transaction,
    import: &ClaimedImport,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.set_import_state(import.id, ImportState::Paused, now).await?;
    tx.release_import(import.id, import.fence).await?;
    let detail = format!("import {} paused: {reason}", import.id);
    tx.record(&[audit::record(now, &actor(import), Event::ImportPaused, &import.file_name, &detail)]).await
}

fn actor(import: &ClaimedImport) -> Actor {
    Actor { account: import.actor_id, username: import.actor_name.clone(), role: Role::Administrator }
}

/// Opens a chunk and holds its rows to every rule, on a thread where that disturbs nobody.
async fn prepare(import: ClaimedImport, settings: Settings, payload: Zeroizing<Vec<u8>>) -> Option<Batch> {
    let policy = settings.password_policy.clone();
    let checked = tokio::task::spawn_blocking(move || {
        let rows: Vec<(PersonRow, Action)> = postcard::from_bytes(&payload).ok()?;
        let check = |(row, action): (PersonRow, Action)| {
            let checked = row.values.check(&policy).map_err(|problems| in_one(&problems));
            (row, Candidate { action, checked })
        };
        Some(rows.into_iter().map(check).unzip::<_, _, Vec<_>, Vec<_>>())
    });
    let (rows, candidates) = checked.await.expect("checking rows does not panic")?;
    Some(Batch { actor: actor(&import), import, settings, rows, candidates, hashes: HashMap::new() })
}

/// The first problem's code with the sentences of all.
fn in_one(problems: &[Problem]) -> Problem {
    let message = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join(" ");
    match problems.first() {
        Some(first) => Problem { code: first.code, field: first.field, message },
        None => Problem::whole(Code::ConflictChangedSinceReview, "The row was refused without a reason."),
    }
}

fn keys(candidates: &[Candidate]) -> (Vec<String>, Vec<String>) {
    candidates
        .iter()
        .filter_map(|candidate| candidate.checked.as_ref().ok())
        .map(|person| (person.username.key(), person.email.key()))
        .unzip()
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
