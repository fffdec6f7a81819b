//! Waves as the store sees them.

use super::Result;
use crate::clock::Timestamp;
use crate::handover::LeftOut;
use crate::id::{AccountId, MessageId, WaveId};
use crate::page::PageRequest;
use crate::waves::{Wave, WaveFunnel, WavePeople, WavePerson, WaveState};
use async_trait::async_trait;
use serde::Serialize;

/// A wave that was planned.
pub(crate) struct NewWaveRecord {
    pub id: WaveId,
    pub name: String,
    pub actor_id: AccountId,
    pub actor_name: String,
    pub chosen: String,
    pub by_link: bool,
    pub per_hour: Option<i64>,
    pub begins_at: Timestamp,
    pub people: i64,
    pub left_out: i64,
    pub created_at: Timestamp,
}

/// Somebody who was chosen.
pub(crate) struct WavePersonRow {
    pub account_id: AccountId,
    pub username: String,
    pub left_out: Option<LeftOut>,
}

/// A wave that this transaction holds.
#[derive(sqlx::FromRow)]
pub(crate) struct DueWave {
    pub id: WaveId,
    pub name: String,
    pub actor_id: AccountId,
    pub actor_name: String,
    pub by_link: bool,
    pub per_hour: Option<i64>,
}

/// What became of one person.
#[derive(Serialize)]
pub(crate) struct HandedRow {
    pub account_id: AccountId,
    pub message_id: Option<MessageId>,
    pub left_out: Option<LeftOut>,
}

/// What a batch did to its wave.
pub(crate) struct WaveProgress {
    pub id: WaveId,
    pub state: WaveState,
    pub next_at: Timestamp,
    pub released: i64,
    pub left_out: i64,
    pub finished_at: Option<Timestamp>,
}

/// Waves.
#[async_trait]
pub(crate) trait WaveStore {
    async fn insert_wave(&mut self, wave: &NewWaveRecord) -> Result<()>;
    /// In their order.
    async fn insert_wave_people(&mut self, wave: WaveId, people: &[WavePersonRow]) -> Result<()>;
    async fn wave_is_due(&mut self, now: Timestamp) -> Result<bool>;
    /// Takes hold of the wave that has been due for longest and that nobody else holds.
    async fn lock_due_wave(&mut self, now: Timestamp) -> Result<Option<DueWave>>;
    /// Takes hold of a wave that has people or messages that wait.
    async fn lock_stoppable_wave(&mut self, id: WaveId) -> Result<Option<DueWave>>;
    /// The next people of whom nothing became yet.
    async fn next_in_wave(&mut self, wave: WaveId, most: u32) -> Result<Vec<AccountId>>;
    async fn record_handed(&mut self, wave: WaveId, people: &[HandedRow]) -> Result<()>;
    async fn wave_went_on(&mut self, progress: &WaveProgress) -> Result<()>;
    async fn cancel_wave(&mut self, id: WaveId, note: &str, now: Timestamp) -> Result<()>;
    /// Messages of a wave that still wait are no longer owed.
    async fn drop_messages_of_wave(&mut self, id: WaveId, now: Timestamp) -> Result<()>;
    async fn wave(&mut self, id: WaveId) -> Result<Option<Wave>>;
    async fn wave_funnel(&mut self, id: WaveId) -> Result<WaveFunnel>;
    async fn waves_page(&mut self, page: PageRequest) -> Result<(Vec<Wave>, u64)>;
    async fn wave_people(
        &mut self,
        id: WaveId,
        which: Option<WavePeople>,
        page: PageRequest,
    ) -> Result<(Vec<WavePerson>, u64)>;
    /// Who of a wave got something and never signed in, in order.
    async fn never_signed_in(&mut self, id: WaveId) -> Result<Vec<AccountId>>;
}
