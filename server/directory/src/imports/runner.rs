//! Carrying imports out: some chunks at a time, in one transaction with all of their effects.
//!
//! A worker holds an import by a short lease and a fencing number. Whatever happens between two steps - a crash, a
//! pause, a lost connection - the chunks were either carried out entirely or not at all, and somebody goes on when the
//! lease has run out. While a batch is written, the next one is opened and checked ([`super::ahead`]).

use super::ahead::{Ahead, Prepared};
use super::batch::{self, Batch, NOT_ALLOWED, actor, may_import};
use super::decide::Decision;
use super::effects::Effects;
use super::prepare;
use crate::Directory;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::settings::Settings;
use crate::store::{ClaimedImport, NewAccount, Transaction};
use secrecy::SecretString;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a worker keeps an import without a sign of life; after a crash this is the wait until work goes on.
const LEASE: Duration = Duration::from_secs(15);
/// While an import is still being received, its chunks gather until there are [`ENOUGH`], at most so long: few large
/// batches cost less than many small ones.
const GATHER: Duration = Duration::from_millis(250);
/// Chunks for which nobody waits for more: those of a full request. What comes meanwhile is the next batch's.
const ENOUGH: u32 = 4;
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

/// How a try to carry a batch out ended.
enum Try {
    Done,
    /// The import was cancelled, or another worker holds it now.
    Lost,
    /// An account changed while we worked.
    Overtaken,
}

impl Directory {
    /// Carries out the next chunks of one import, the one that has waited longest; or takes back some rows of one for
    /// which that was asked. `worker` names who does it.
    ///
    /// # Errors
    /// The database failed; the chunks were not carried out and will be by a later call.
    pub async fn run_next_batch(&self, worker: &str) -> Result<RunnerStep, StoreError> {
        let now = self.now();
        // Looked at without a lock first: mostly nothing waits, and whoever writes is not kept from it.
        if !self.store().read().await?.import_work_waits(now).await? {
            return Ok(RunnerStep::Idle);
        }
        let mut tx = self.store().begin().await?;
        let Some(import) = tx.claim_import(worker, now, now.after(LEASE), now.before(GATHER), ENOUGH).await?
        else {
            drop(tx);
            return match self.close_next_absent().await? {
                RunnerStep::Worked => Ok(RunnerStep::Worked),
                RunnerStep::Idle => self.undo_next_batch().await,
            };
        };
        if !may_import((import.actor_id, import.actor_role, import.actor_status)) {
            pause(tx.as_mut(), &import, NOT_ALLOWED, now).await?;
            tx.save().await?;
            return Ok(RunnerStep::Worked);
        }
        let settings = tx.settings().await?.unwrap_or_default();
        tx.save().await?;

        let (id, fence) = (import.id, import.fence);
        let done = self.carry_out(import, settings).await;
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

    /// Lets go of the imports that workers hold who are gone for good, so that nobody waits for their leases. Answers
    /// how many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release_imports_of(&self, is_gone: impl Fn(&str) -> bool) -> Result<u64, StoreError> {
        let holders = self.store().read().await?.import_holders(self.now()).await?;
        let gone: Vec<String> = holders.into_iter().filter(|worker| is_gone(worker)).collect();
        let mut released = 0;
        if !gone.is_empty() {
            let mut tx = self.store().begin().await?;
            for worker in &gone {
                released += tx.release_imports_of(worker).await?;
            }
            tx.save().await?;
        }
        Ok(released)
    }

    async fn carry_out(&self, import: ClaimedImport, settings: Settings) -> Result<(), StoreError> {
        let ready = match Ahead::take(self, &import, &settings).await {
            Some(ready) => Some(ready),
            None => prepare::next_chunks(self, import.clone(), import.first_chunk, settings.clone()).await?,
        };
        let (mut batch, mut planned) = match ready {
            Some(Prepared::Ready(batch, planned)) => (batch, planned),
            Some(Prepared::Sealed) => {
                tracing::error!(import = %import.id, "a chunk cannot be opened with this server's key");
                return self.pause_claimed(&import, "its rows cannot be opened with this server's key").await;
            }
            // Cancelled in between.
            None => return Ok(()),
        };
        Ahead::look(self, &import, batch.chunks.1 + 1, &settings);
        if !self.hash_passwords(&mut batch).await? {
            return Ok(());
        }
        // What was worked out without asking whom the directory knows is tried first; the constraints say if it was wrong.
        for _ in 0..TRIES {
            let was_planned = planned.is_some();
            match self.try_batch(&batch, planned.take()).await {
                Ok(Try::Done | Try::Lost) => return Ok(()),
                Ok(Try::Overtaken) => {}
                Err(error) if error.is_crossing() => {}
                Err(error) => return Err(error),
            }
            if was_planned {
                match prepare::once_more(self, &batch).await? {
                    Some(whole) => batch = whole,
                    None => return Ok(()),
                }
            }
        }
        Err(StoreError::Unavailable(None))
    }

    async fn pause_claimed(&self, import: &ClaimedImport, reason: &str) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if tx.hold_import(import.id, import.fence, now.after(LEASE), 0).await? {
            pause(tx.as_mut(), import, reason, now).await?;
            tx.save().await?;
        }
        Ok(())
    }

    /// Hashes the passwords of rows that will create accounts, a few at a time, with a sign of life in between.
    /// `false`: the import is no longer ours.
    async fn hash_passwords(&self, batch: &mut Batch) -> Result<bool, StoreError> {
        if batch.rows.iter().all(|row| row.values.password.is_none()) {
            return Ok(true);
        }
        let known = {
            let (usernames, emails) = batch.keys();
            self.store().read().await?.known_accounts(&usernames, &emails, Some(batch.import.id)).await?
        };
        let decisions = batch.decide(&known);
        let wanted: Vec<(usize, SecretString)> = decisions
            .iter()
            .enumerate()
            .filter(|(_, decision)| **decision == Decision::Create)
            .filter_map(|(place, _)| {
                Some((place, SecretString::from(batch.rows[place].values.password.clone()?)))
            })
            .collect();
        let mut hashed = 0;
        for group in wanted.chunks(HASHES_PER_SIGN) {
            let mut running = JoinSet::new();
            for (place, password) in group {
                let (directory, place, password) = (self.clone(), *place, password.clone());
                running.spawn(async move { (place, directory.hasher().hash_patiently(password).await) });
            }
            batch.hashes.extend(running.join_all().await);
            hashed += u32::try_from(group.len()).expect("a group has some dozen passwords");
            let (import, until) = (&batch.import, self.now().after(LEASE));
            let mut tx = self.store().begin().await?;
            if !tx.hold_import(import.id, import.fence, until, hashed).await? {
                return Ok(false);
            }
            tx.save().await?;
        }
        Ok(true)
    }

    /// One transaction: everything that the batch does, or nothing. `planned`: what it does if the directory knows nobody
    /// of the batch and has a seat for everybody.
    async fn try_batch(&self, batch: &Batch, planned: Option<Effects>) -> Result<Try, StoreError> {
        let import = &batch.import;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if !tx.hold_import(import.id, import.fence, now.after(LEASE), 0).await? {
            return Ok(Try::Lost);
        }
        let effects = match planned {
            Some(planned) => {
                let wanted = planned.created.len();
                let seats = take_seats(tx.as_mut(), wanted).await?;
                if seats < wanted {
                    return Ok(Try::Overtaken);
                }
                planned
            }
            None => {
                let (usernames, emails) = batch.keys();
                let known = tx.known_accounts(&usernames, &emails, Some(import.id)).await?;
                let decisions = batch.decide(&known);
                let wanted = decisions.iter().filter(|decision| **decision == Decision::Create).count();
                let seats = take_seats(tx.as_mut(), wanted).await?;
                self.effects(batch, decisions, seats, now)?
            }
        };

        // Changes first: they may free an address that a new account gets.
        if !effects.changes.is_empty() {
            let changed = tx.change_members(&effects.changes).await?;
            if changed != effects.changes.len() as u64 {
                return Ok(Try::Overtaken);
            }
        }
        if !effects.created.is_empty() {
            let account = |place: &usize| batch.accounts[*place].as_ref();
            let accounts: Vec<&NewAccount> = effects.created.iter().filter_map(account).collect();
            tx.insert_accounts(&accounts).await?;
        }
        if !effects.credentials.is_empty() {
            tx.insert_credentials(&effects.credentials).await?;
        }
        if !effects.messages.is_empty() {
            tx.enqueue(&effects.messages).await?;
        }
        tx.record_all(effects.records);
        if batch.again {
            // They had an outcome, which gives way to the new one.
            let rows: Vec<u32> = batch.rows.iter().map(|row| row.row).collect();
            tx.forget_outcomes(import.id, &rows).await?;
        }
        if !effects.outcomes.is_empty() {
            tx.insert_outcomes(&effects.outcomes).await?;
        }
        tx.chunks_done(import.id, batch.chunks.0, batch.chunks.1).await?;
        tx.add_counters(import.id, effects.counters).await?;
        self.complete_if_done(tx.as_mut(), import.id, &import.file_name, now).await?;
        tx.release_import(import.id, import.fence).await?;
        tx.save().await?;
        Ok(Try::Done)
    }
}

async fn pause(
    tx: &mut dyn Transaction,
    import: &ClaimedImport,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.release_import(import.id, import.fence).await?;
    batch::pause(tx, (import.id, &import.file_name), &actor(import), reason, now).await
}

/// How many of the wanted seats were free and are taken now.
async fn take_seats(tx: &mut dyn Transaction, wanted: usize) -> Result<usize, StoreError> {
    let taken = match u32::try_from(wanted).expect("a batch has some thousand rows") {
        0 => 0,
        wanted => tx.take_seats(wanted).await?,
    };
    Ok(taken as usize)
}
