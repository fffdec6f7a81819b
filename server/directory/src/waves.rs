//! Waves: login details for many, now or at a time, at most so many an hour.
//!
//! A wave is planned once: its people are written down, each once, and who cannot be handed anything is left out and said.
//! From then on any server releases it, batch by batch. A batch is one transaction that holds the wave locked: new secrets,
//! messages in the outbox, audit records, what became of each person, and when the next batch is due, or nothing of it.
//! So there is no lease to lose: whoever is killed in the middle has done nothing, and two servers never do the same batch.
//!
//! The pace is kept by what is released: so many at a time, and a wait after each batch that no pause shortens.

use crate::Directory;
use crate::account::{Actor, Role, Status};
use crate::audit::{self, Event, storable};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::handover::{HandOver, ISSUE_BATCH, LeftOut, number};
use crate::id::AccountId;
use crate::outbox::MessageState;
use crate::page::{Page, PageRequest};
use crate::store::{DueWave, HandedRow, NewWaveRecord, Transaction, WavePersonRow, WaveProgress};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use thiserror::Error;

pub use crate::id::WaveId;

/// People whom one transaction releases where there is no limit.
const BATCH: u32 = 500;
/// Batches an hour at most where there is a limit: one every ten seconds.
const BATCHES_PER_HOUR: u32 = 360;
const HOUR_MS: u64 = 60 * 60 * 1000;
/// How far ahead a wave can be planned.
const AHEAD: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// Longest name, in characters.
const MAX_NAME: usize = 100;

text_enum! {
    /// Where a wave stands.
    pub enum WaveState {
        /// Its time has not come.
        Scheduled = "scheduled",
        /// Its people are released, batch by batch.
        Sending = "sending",
        /// All of its mails are in the outbox or beyond.
        Done = "done",
        /// Stopped.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// Which people of a wave are wanted.
    pub enum WavePeople {
        /// Who has not signed in since.
        NotSignedIn = "not_signed_in",
        /// Whose mail the mail server refused, or that was not sent.
        Failed = "failed",
        /// Who was left out.
        LeftOut = "left_out",
    }
}

/// A wave to be planned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWave {
    /// Name; empty for one that is made of the number of people.
    pub name: String,
    /// Whom it is for, in words.
    pub chosen: String,
    /// What is handed over.
    pub hand_over: HandOver,
    /// When it begins; `None` is now.
    pub begins_at: Option<Timestamp>,
    /// How many are released in an hour at most; `None` is no limit.
    pub per_hour: Option<u32>,
}

/// Why a wave was not planned.
#[derive(Debug, Error)]
pub enum PlanError {
    /// Nobody of those who were chosen can be handed anything.
    #[error("nobody who was chosen needs login details")]
    Nobody,
    /// Further ahead than a year.
    #[error("a wave begins within a year")]
    TooFar,
    /// None an hour would never end.
    #[error("at least one an hour has to be sent")]
    NoPace,
    /// There is no such wave.
    #[error("there is no such wave")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A wave as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct Wave {
    /// Identifier.
    pub id: WaveId,
    /// Name.
    pub name: String,
    /// Who planned it.
    #[sqlx(rename = "actor_name")]
    pub by: String,
    /// Whom it is for, in words.
    pub chosen: String,
    /// Whether a link is handed over; else a temporary password.
    pub by_link: bool,
    /// How many are released in an hour at most.
    pub per_hour: Option<i64>,
    /// Where it stands.
    pub state: WaveState,
    /// When it begins.
    pub begins_at: Timestamp,
    /// When the next batch is due.
    pub next_at: Timestamp,
    /// All who were chosen.
    #[sqlx(try_from = "i64")]
    pub people: u32,
    /// For whom a mail was queued.
    #[sqlx(try_from = "i64")]
    pub released: u32,
    /// Who was left out.
    #[sqlx(try_from = "i64")]
    pub left_out: u32,
    /// Why it was stopped.
    pub note: Option<String>,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it was done or stopped.
    pub finished_at: Option<Timestamp>,
}

/// How far the people of a wave have come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, sqlx::FromRow)]
pub struct WaveFunnel {
    /// Whose mail waits in the outbox or is being sent.
    #[sqlx(try_from = "i64")]
    pub queued: u32,
    /// Whose mail the mail server took.
    #[sqlx(try_from = "i64")]
    pub sent: u32,
    /// Whose mail was refused for good, or not sent after all.
    #[sqlx(try_from = "i64")]
    pub failed: u32,
    /// Who signed in since.
    #[sqlx(try_from = "i64")]
    pub signed_in: u32,
    /// Of them, who has an own password.
    #[sqlx(try_from = "i64")]
    pub own_password: u32,
    /// Who could be sent it again: released, and never signed in.
    #[sqlx(try_from = "i64")]
    pub never_signed_in: u32,
}

/// One person of a wave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct WavePerson {
    /// The account; may be gone.
    pub account_id: AccountId,
    /// Username, as it was when the wave was planned.
    pub username: String,
    /// First and last name; empty where the account is gone.
    pub name: String,
    /// State of the mail.
    pub mail: Option<MessageState>,
    /// The mail server's latest words.
    pub reply: Option<String>,
    /// Why there is none.
    pub left_out: Option<LeftOut>,
    /// When the person signed in last, if that was since.
    pub signed_in_at: Option<Timestamp>,
}

/// What came of one step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaveStep {
    /// So many mails were queued; there may be more to do.
    Released(u32),
    /// Nothing is due.
    Idle,
}

/// How many a batch releases under a limit, and how long it is before the next one may: never more than `per_hour` in any
/// hour, and as good as that many.
fn pace(per_hour: u32) -> (u32, Duration) {
    let batch = per_hour.div_ceil(BATCHES_PER_HOUR).max(1);
    let batches = u64::from((per_hour / batch).max(1));
    (batch, Duration::from_millis(HOUR_MS.div_ceil(batches)))
}

impl Directory {
    /// Plans a wave for these people. Who cannot be handed anything is left out, with the reason.
    ///
    /// # Errors
    /// Nobody would get anything, the time or the pace is impossible, or the database failed.
    pub async fn plan_wave(
        &self,
        actor: &Actor,
        new: NewWave,
        accounts: &[AccountId],
    ) -> Result<WaveId, PlanError> {
        let mut tx = self.store().begin().await?;
        let id = self.plan(tx.as_mut(), actor, new, accounts).await?;
        tx.save().await?;
        Ok(id)
    }

    /// Plans a wave, beginning now, for those of another one who never signed in.
    ///
    /// # Errors
    /// There is no such wave, nobody is left, or the database failed.
    pub async fn repeat_wave(&self, actor: &Actor, id: WaveId) -> Result<WaveId, PlanError> {
        let mut tx = self.store().begin().await?;
        let wave = tx.wave(id).await?.ok_or(PlanError::NotFound)?;
        let accounts = tx.never_signed_in(id).await?;
        let again = NewWave {
            name: if wave.name.ends_with(AGAIN) { wave.name.clone() } else { [&wave.name, AGAIN].concat() },
            chosen: format!("who never signed in of “{}”", wave.name),
            hand_over: if wave.by_link { HandOver::Link } else { HandOver::Password },
            begins_at: None,
            per_hour: wave.per_hour.and_then(|number| u32::try_from(number).ok()),
        };
        let id = self.plan(tx.as_mut(), actor, again, &accounts).await?;
        tx.save().await?;
        Ok(id)
    }

    async fn plan(
        &self,
        tx: &mut dyn Transaction,
        actor: &Actor,
        new: NewWave,
        accounts: &[AccountId],
    ) -> Result<WaveId, PlanError> {
        let now = self.now();
        let begins_at = new.begins_at.unwrap_or(now).max(now);
        if begins_at > now.after(AHEAD) {
            return Err(PlanError::TooFar);
        }
        if new.per_hour == Some(0) {
            return Err(PlanError::NoPace);
        }
        let id = WaveId::new(now, self.random());
        let people = self.chosen(tx, accounts).await?;
        let left_out = number(people.iter().filter(|person| person.left_out.is_some()).count());
        let all = number(people.len());
        if left_out == all {
            return Err(PlanError::Nobody);
        }
        let name: String = storable(new.name.trim()).chars().take(MAX_NAME).collect();
        let name = if name.is_empty() { named(all - left_out) } else { name };
        let wave = NewWaveRecord {
            id,
            name: name.clone(),
            actor_id: actor.account,
            actor_name: actor.username.clone(),
            chosen: storable(&new.chosen),
            by_link: new.hand_over == HandOver::Link,
            per_hour: new.per_hour.map(i64::from),
            begins_at,
            people: i64::from(all),
            left_out: i64::from(left_out),
            created_at: now,
        };
        tx.insert_wave(&wave).await?;
        tx.insert_wave_people(id, &people).await?;
        let detail = format!("wave {id} for {} people", all - left_out);
        tx.record(&[audit::record(now, actor, Event::WavePlanned, &name, &detail)]).await?;
        Ok(id)
    }

    /// Everybody once, in the order chosen, with the reason where one cannot be handed anything.
    async fn chosen(
        &self,
        tx: &mut dyn Transaction,
        accounts: &[AccountId],
    ) -> Result<Vec<WavePersonRow>, StoreError> {
        let mut seen = HashSet::new();
        let once: Vec<AccountId> = accounts.iter().copied().filter(|id| seen.insert(*id)).collect();
        let mut people = Vec::with_capacity(once.len());
        for batch in once.chunks(ISSUE_BATCH) {
            let (able, mut left_out) = self.sorted_out(tx, batch).await?;
            let mut able: HashMap<AccountId, String> =
                able.into_iter().map(|account| (account.id, account.username)).collect();
            for &account_id in batch {
                let (username, left_out) = match (able.remove(&account_id), left_out.remove(&account_id)) {
                    (Some(username), _) => (username, None),
                    (None, Some((username, why))) => (username, Some(why)),
                    (None, None) => continue,
                };
                people.push(WavePersonRow { account_id, username, left_out });
            }
        }
        Ok(people)
    }

    /// Releases the next batch of a wave that is due.
    ///
    /// # Errors
    /// The database failed, or two batches crossed; nothing was released, and it can be tried again.
    pub async fn release_next_wave(&self) -> Result<WaveStep, StoreError> {
        let now = self.now();
        // Looked at without a lock first: mostly nothing is due.
        if !self.store().read().await?.wave_is_due(now).await? {
            return Ok(WaveStep::Idle);
        }
        let mut tx = self.store().begin().await?;
        let Some(wave) = tx.lock_due_wave(now).await? else {
            return Ok(WaveStep::Idle);
        };
        let Some(actor) = self.still_administers(tx.as_mut(), &wave).await? else {
            let note = format!("stopped: {} may no longer send login details", wave.actor_name);
            self.stop(tx.as_mut(), &Actor::system(), &wave, &note).await?;
            tx.save().await?;
            return Ok(WaveStep::Released(0));
        };
        let limit = wave.per_hour.and_then(|number| u32::try_from(number).ok()).map(pace);
        let (most, wait) = limit.unwrap_or((BATCH, Duration::ZERO));
        let mut accounts = tx.next_in_wave(wave.id, most + 1).await?;
        let ended = accounts.len() <= most as usize;
        accounts.truncate(most as usize);
        let way = if wave.by_link { HandOver::Link } else { HandOver::Password };
        let why = format!(", wave {}", wave.id);
        let handed = self.hand_over(tx.as_mut(), &actor, way, &accounts, &why).await?;
        let rows: Vec<HandedRow> = handed
            .into_iter()
            .map(|handed| HandedRow {
                account_id: handed.account,
                message_id: handed.message.ok(),
                left_out: handed.message.err(),
            })
            .collect();
        let released = number(rows.iter().filter(|row| row.message_id.is_some()).count());
        tx.record_handed(wave.id, &rows).await?;
        let progress = WaveProgress {
            id: wave.id,
            state: if ended { WaveState::Done } else { WaveState::Sending },
            // Whoever was left out has cost nothing of the pace.
            next_at: if released > 0 { now.after(wait) } else { now },
            released: i64::from(released),
            left_out: i64::from(number(rows.len()) - released),
            finished_at: ended.then_some(now),
        };
        tx.wave_went_on(&progress).await?;
        if ended {
            let detail = format!("wave {}", wave.id);
            tx.record(&[audit::record(now, &Actor::system(), Event::WaveCompleted, &wave.name, &detail)])
                .await?;
        }
        tx.save().await?;
        Ok(WaveStep::Released(released))
    }

    /// In whose name the wave goes on, while that person may.
    async fn still_administers(
        &self,
        tx: &mut dyn Transaction,
        wave: &DueWave,
    ) -> Result<Option<Actor>, StoreError> {
        if wave.actor_id == AccountId::SYSTEM {
            return Ok(Some(Actor::system()));
        }
        let account = tx.account_by_id(wave.actor_id).await?;
        let allowed =
            account.filter(|account| account.role == Role::Administrator && account.status == Status::Active);
        Ok(allowed.map(|account| Actor {
            account: account.id,
            username: account.username,
            role: account.role,
        }))
    }

    async fn stop(
        &self,
        tx: &mut dyn Transaction,
        actor: &Actor,
        wave: &DueWave,
        note: &str,
    ) -> Result<(), StoreError> {
        let now = self.now();
        tx.drop_messages_of_wave(wave.id, now).await?;
        tx.cancel_wave(wave.id, note, now).await?;
        let detail = format!("wave {}{}{note}", wave.id, if note.is_empty() { "" } else { ", " });
        tx.record(&[audit::record(now, actor, Event::WaveCancelled, &wave.name, &detail)]).await
    }

    /// Stops a wave: nobody else is released, and mails of it that still wait are not sent. `false`: there is nothing left
    /// to stop.
    ///
    /// # Errors
    /// The database failed; nothing was changed.
    pub async fn cancel_wave(&self, actor: &Actor, id: WaveId) -> Result<bool, StoreError> {
        let mut tx = self.store().begin().await?;
        let Some(wave) = tx.lock_stoppable_wave(id).await? else {
            return Ok(false);
        };
        self.stop(tx.as_mut(), actor, &wave, "").await?;
        tx.save().await?;
        Ok(true)
    }

    /// A wave as it stands.
    ///
    /// # Errors
    /// The database failed.
    pub async fn wave(&self, id: WaveId) -> Result<Option<(Wave, WaveFunnel)>, StoreError> {
        let mut tx = self.store().read().await?;
        match tx.wave(id).await? {
            Some(wave) => Ok(Some((wave, tx.wave_funnel(id).await?))),
            None => Ok(None),
        }
    }

    /// A page of all waves, newest first; pages count from 1.
    ///
    /// # Errors
    /// The database failed.
    pub async fn waves(&self, page: u32) -> Result<Page<Wave>, StoreError> {
        let page = PageRequest::number(page);
        Ok(Page::of(self.store().read().await?.waves_page(page).await?, page))
    }

    /// A page of the people of a wave, perhaps only some of them; pages count from 1.
    ///
    /// # Errors
    /// The database failed.
    pub async fn wave_people(
        &self,
        id: WaveId,
        which: Option<WavePeople>,
        page: u32,
    ) -> Result<Page<WavePerson>, StoreError> {
        let page = PageRequest::number(page);
        Ok(Page::of(self.store().read().await?.wave_people(id, which, page).await?, page))
    }
}

/// Ends the name of a wave that repeats another.
const AGAIN: &str = ", again";

fn named(people: u32) -> String {
    if people == 1 { "1 person".to_owned() } else { format!("{people} people") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hour_has_more_than_the_pace_allows_and_little_is_lost() {
        for per_hour in (1..2_000).chain([3_600, 9_999, 10_000, 100_000, 1_000_000]) {
            let (batch, wait) = pace(per_hour);
            // Batches at 0, wait, 2 * wait, ... that fall into one hour, its end not counted.
            let batches = HOUR_MS.div_ceil(u64::try_from(wait.as_millis()).expect("an hour at most"));
            let most = batches * u64::from(batch);
            assert!(most <= u64::from(per_hour), "{per_hour}: {most}");
            assert!(most + u64::from(batch) > u64::from(per_hour), "{per_hour}: only {most}");
        }
        assert_eq!(pace(1), (1, Duration::from_secs(3600)));
        assert_eq!(pace(3600), (10, Duration::from_secs(10)));
    }
}
