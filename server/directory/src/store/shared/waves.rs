//! Waves.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::id::{AccountId, WaveId};
use crate::page::PageRequest;
use crate::store::{
    DueWave, HandedRow, NewWaveRecord, Result, WavePersonRow, WaveProgress, WaveStore, within,
};
use crate::waves::{Wave, WaveFunnel, WavePeople, WavePerson};
use async_trait::async_trait;
use sqlx::types::Json;

const INSERT: &str = "INSERT INTO wave (id, name, actor_id, actor_name, chosen, by_link, per_hour, state, begins_at, \
     next_at, people, left_out, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'scheduled', $8, $8, $9, $10, $11)";

const IS_DUE: &str =
    "SELECT EXISTS (SELECT 1 FROM wave WHERE state IN ('scheduled', 'sending') AND next_at <= $1)";

const LOCK_DUE: &str = concat!(
    "SELECT id, name, actor_id, actor_name, by_link, per_hour FROM wave ",
    "WHERE state IN ('scheduled', 'sending') AND next_at <= $1 ORDER BY next_at, id LIMIT 1",
    skip_locked!()
);

const LOCK_STOPPABLE: &str = concat!(
    "SELECT id, name, actor_id, actor_name, by_link, per_hour FROM wave w ",
    "WHERE id = $1 AND (state IN ('scheduled', 'sending') OR state = 'done' AND EXISTS (SELECT 1 FROM wave_person p ",
    "JOIN message m ON m.id = p.message_id WHERE p.wave_id = w.id AND m.state = 'queued'))",
    for_update!()
);

const NEXT: &str = "SELECT account_id FROM wave_person WHERE wave_id = $1 AND message_id IS NULL AND left_out IS NULL \
     ORDER BY position LIMIT $2";

const HANDED: &str = concat!(
    "WITH r AS (",
    rows!(account_id uuid, message_id uuid, left_out text),
    ") UPDATE wave_person SET message_id = r.message_id, left_out = r.left_out FROM r ",
    "WHERE wave_person.wave_id = $2 AND wave_person.account_id = r.account_id"
);

const WENT_ON: &str = "UPDATE wave SET state = $2, next_at = $3, released = released + $4, left_out = left_out + $5, \
     finished_at = $6 WHERE id = $1";

const DROP_MESSAGES: &str = "UPDATE message SET state = 'failed', reply = 'not sent: the wave was cancelled', \
     finished_at = $2 WHERE state = 'queued' AND id IN (SELECT message_id FROM wave_person WHERE wave_id = $1)";

macro_rules! wave {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, actor_name, chosen, by_link, per_hour, state, begins_at, next_at, people, released, ",
            "left_out, note, created_at, finished_at FROM wave ",
            $rest
        )
    };
}

const FUNNEL: &str = "SELECT COUNT(CASE WHEN m.state IN ('queued', 'sending') THEN 1 END) AS queued, \
     COUNT(CASE WHEN m.state = 'sent' THEN 1 END) AS sent, COUNT(CASE WHEN m.state = 'failed' THEN 1 END) AS failed, \
     COUNT(CASE WHEN a.last_sign_in_at >= m.created_at THEN 1 END) AS signed_in, \
     COUNT(CASE WHEN a.last_sign_in_at >= m.created_at AND c.password_hash IS NOT NULL AND NOT c.must_change THEN 1 END) \
     AS own_password, COUNT(CASE WHEN a.status = 'active' AND a.last_sign_in_at IS NULL THEN 1 END) AS never_signed_in \
     FROM wave_person p JOIN message m ON m.id = p.message_id JOIN account a ON a.id = p.account_id \
     LEFT JOIN credential c ON c.account_id = p.account_id WHERE p.wave_id = $1";

/// Parameters $1, the wave, and $2, which people.
macro_rules! people {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM wave_person p LEFT JOIN message m ON m.id = p.message_id LEFT JOIN account a ON a.id = p.account_id ",
            "WHERE p.wave_id = $1 AND ($2 IS NULL OR $2 = 'left_out' AND p.left_out IS NOT NULL ",
            "OR $2 = 'failed' AND m.state = 'failed' ",
            "OR $2 = 'not_signed_in' AND m.id IS NOT NULL ",
            "AND (a.last_sign_in_at IS NULL OR a.last_sign_in_at < m.created_at)) ",
            $rest
        )
    };
}

const PEOPLE: &str = people!(
    "p.account_id, p.username, COALESCE(a.first_name || ' ' || a.last_name, '') AS name, m.state AS mail, m.reply, \
     p.left_out, CASE WHEN a.last_sign_in_at >= m.created_at THEN a.last_sign_in_at END AS signed_in_at",
    "ORDER BY p.position LIMIT $3 OFFSET $4"
);

const NEVER_SIGNED_IN: &str = "SELECT p.account_id FROM wave_person p JOIN account a ON a.id = p.account_id \
     WHERE p.wave_id = $1 AND p.message_id IS NOT NULL AND a.last_sign_in_at IS NULL ORDER BY p.position";

#[async_trait]
impl WaveStore for Unit {
    async fn insert_wave(&mut self, wave: &NewWaveRecord) -> Result<()> {
        let query = sqlx::query(INSERT)
            .bind(wave.id)
            .bind(&wave.name)
            .bind(wave.actor_id)
            .bind(&wave.actor_name)
            .bind(&wave.chosen)
            .bind(wave.by_link)
            .bind(wave.per_hour)
            .bind(wave.begins_at)
            .bind(wave.people)
            .bind(wave.left_out)
            .bind(wave.created_at);
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn insert_wave_people(&mut self, wave: WaveId, people: &[WavePersonRow]) -> Result<()> {
        let people: Vec<(i64, &WavePersonRow)> = (0..).zip(people).collect();
        insert_many!(
            self, people, "wave_person",
            |new| {
                wave_id uuid = wave,
                account_id uuid = new.1.account_id,
                position int = new.0,
                username text = new.1.username.as_str(),
                left_out text = new.1.left_out.map(|why| why.as_str()),
            },
            fail
        );
        Ok(())
    }

    async fn wave_is_due(&mut self, now: Timestamp) -> Result<bool> {
        within(sqlx::query_scalar(IS_DUE).bind(now).fetch_one(self.connection())).await
    }

    async fn lock_due_wave(&mut self, now: Timestamp) -> Result<Option<DueWave>> {
        within(sqlx::query_as(LOCK_DUE).bind(now).fetch_optional(self.connection())).await
    }

    async fn lock_stoppable_wave(&mut self, id: WaveId) -> Result<Option<DueWave>> {
        within(sqlx::query_as(LOCK_STOPPABLE).bind(id).fetch_optional(self.connection())).await
    }

    async fn next_in_wave(&mut self, wave: WaveId, most: u32) -> Result<Vec<AccountId>> {
        let query = sqlx::query_scalar(NEXT).bind(wave).bind(i64::from(most));
        within(query.fetch_all(self.connection())).await
    }

    async fn record_handed(&mut self, wave: WaveId, people: &[HandedRow]) -> Result<()> {
        within(sqlx::query(HANDED).bind(Json(people)).bind(wave).execute(self.connection())).await?;
        Ok(())
    }

    async fn wave_went_on(&mut self, progress: &WaveProgress) -> Result<()> {
        let query = sqlx::query(WENT_ON)
            .bind(progress.id)
            .bind(progress.state)
            .bind(progress.next_at)
            .bind(progress.released)
            .bind(progress.left_out)
            .bind(progress.finished_at);
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn cancel_wave(&mut self, id: WaveId, note: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE wave SET state = 'cancelled', note = $2, finished_at = $3 WHERE id = $1";
        let note = Some(note).filter(|note| !note.is_empty());
        within(sqlx::query(sql).bind(id).bind(note).bind(now).execute(self.connection())).await?;
        Ok(())
    }

    async fn drop_messages_of_wave(&mut self, id: WaveId, now: Timestamp) -> Result<()> {
        within(sqlx::query(DROP_MESSAGES).bind(id).bind(now).execute(self.connection())).await?;
        Ok(())
    }

    async fn wave(&mut self, id: WaveId) -> Result<Option<Wave>> {
        within(sqlx::query_as(wave!("WHERE id = $1")).bind(id).fetch_optional(self.connection())).await
    }

    async fn wave_funnel(&mut self, id: WaveId) -> Result<WaveFunnel> {
        within(sqlx::query_as(FUNNEL).bind(id).fetch_one(self.connection())).await
    }

    async fn waves_page(&mut self, page: PageRequest) -> Result<(Vec<Wave>, u64)> {
        let sql = wave!("ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2");
        let query = sqlx::query_as(sql).bind(page.limit()).bind(page.offset());
        let waves = within(query.fetch_all(self.connection())).await?;
        let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM wave");
        let total = within(count.fetch_one(self.connection())).await?;
        Ok((waves, total.unsigned_abs()))
    }

    async fn wave_people(
        &mut self,
        id: WaveId,
        which: Option<WavePeople>,
        page: PageRequest,
    ) -> Result<(Vec<WavePerson>, u64)> {
        let query = sqlx::query_as(PEOPLE).bind(id).bind(which).bind(page.limit()).bind(page.offset());
        let people = within(query.fetch_all(self.connection())).await?;
        let count = sqlx::query_scalar::<_, i64>(people!("COUNT(*)", "")).bind(id).bind(which);
        let total = within(count.fetch_one(self.connection())).await?;
        Ok((people, total.unsigned_abs()))
    }

    async fn never_signed_in(&mut self, id: WaveId) -> Result<Vec<AccountId>> {
        within(sqlx::query_scalar(NEVER_SIGNED_IN).bind(id).fetch_all(self.connection())).await
    }
}
