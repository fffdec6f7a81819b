//! Releasing waves, batch by batch, and stopping them.

use super::{WaveId, WaveState};
use crate::Directory;
use crate::account::{Actor, Role, Status};
use crate::audit::{self, Event};
use crate::error::StoreError;
use crate::handover::{HandOver, number};
use crate::id::AccountId;
use crate::store::{DueWave, HandedRow, Transaction, WaveProgress};
use std::time::Duration;

/// People whom one transaction releases where there is no limit.
const BATCH: u32 = 500;
/// Batches an hour at most where there is a limit: one every ten seconds.
const BATCHES_PER_HOUR: u32 = 360;
const HOUR_MS: u64 = 60 * 60 * 1000;

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
    let batch = per_hour.div_ceil(BATCHES_PER_HOUR).clamp(1, BATCH);
    let batches = u64::from((per_hour / batch).max(1));
    (batch, Duration::from_millis(HOUR_MS.div_ceil(batches)))
}

impl Directory {
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
