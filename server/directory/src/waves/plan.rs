//! Planning a wave: who is in it, and who is not and why.

use super::WaveId;
use crate::Directory;
use crate::account::Actor;
use crate::audit::{self, Event, storable};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::handover::{HandOver, ISSUE_BATCH, number};
use crate::id::AccountId;
use crate::store::{NewWaveRecord, Transaction, WavePersonRow};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use thiserror::Error;

/// How far ahead a wave can be planned.
const AHEAD: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// Longest name, in characters.
const MAX_NAME: usize = 100;

/// Ends the name of a wave that repeats another.
const AGAIN: &str = ", again";

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
}

fn named(people: u32) -> String {
    if people == 1 { "1 person".to_owned() } else { format!("{people} people") }
}
