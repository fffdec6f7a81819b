//! Settings and the first run.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::settings::Settings;
use crate::store::{Result, SettingsStore, within};
use async_trait::async_trait;
use sqlx::types::Json;

const SAVE: &str = "INSERT INTO settings (id, value) VALUES (1, $1) \
     ON CONFLICT (id) DO UPDATE SET value = excluded.value";

const PUT_TOKEN: &str = "INSERT INTO setup_token (id, token_hash, expires_at) VALUES (1, $1, $2) \
     ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at";

macro_rules! good_token {
    () => {
        "token_hash = $1 AND expires_at > $2 AND NOT EXISTS (SELECT 1 FROM account WHERE role = 'administrator')"
    };
}

#[async_trait]
impl SettingsStore for Unit {
    async fn settings(&mut self) -> Result<Option<Settings>> {
        let query = sqlx::query_scalar::<_, Json<Settings>>("SELECT value FROM settings");
        Ok(within(query.fetch_optional(self.connection())).await?.map(|json| json.0))
    }

    async fn save_settings(&mut self, settings: &Settings) -> Result<()> {
        within(sqlx::query(SAVE).bind(Json(settings)).execute(self.connection())).await?;
        Ok(())
    }

    async fn put_setup_token(&mut self, token_hash: &[u8], expires_at: Timestamp) -> Result<()> {
        within(sqlx::query(PUT_TOKEN).bind(token_hash).bind(expires_at).execute(self.connection())).await?;
        Ok(())
    }

    async fn setup_token_is_good(&mut self, token_hash: &[u8], now: Timestamp) -> Result<bool> {
        let sql = concat!("SELECT EXISTS (SELECT 1 FROM setup_token WHERE ", good_token!(), ")");
        within(sqlx::query_scalar(sql).bind(token_hash).bind(now).fetch_one(self.connection())).await
    }

    async fn consume_setup_token(&mut self, token_hash: &[u8], now: Timestamp) -> Result<bool> {
        let sql = concat!("DELETE FROM setup_token WHERE ", good_token!());
        let query = sqlx::query(sql).bind(token_hash).bind(now);
        Ok(within(query.execute(self.connection())).await?.rows_affected() == 1)
    }
}
