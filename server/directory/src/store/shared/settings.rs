//! Settings, texts of mails and the first run.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::mail_texts::MailText;
use crate::outbox::MessageKind;
use crate::settings::Settings;
use crate::store::{Result, SettingsStore, within};
use async_trait::async_trait;
use sqlx::types::Json;

const SAVE: &str = "INSERT INTO settings (id, value) VALUES (1, $1) \
     ON CONFLICT (id) DO UPDATE SET value = excluded.value";

const PUT_TEXT: &str = "INSERT INTO mail_text (kind, subject, text) VALUES ($1, $2, $3) \
     ON CONFLICT (kind) DO UPDATE SET subject = excluded.subject, text = excluded.text";

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

    async fn mail_texts(&mut self) -> Result<Vec<MailText>> {
        let query = sqlx::query_as("SELECT kind, subject, text FROM mail_text ORDER BY kind");
        within(query.fetch_all(self.connection())).await
    }

    async fn put_mail_text(&mut self, text: &MailText) -> Result<()> {
        let query = sqlx::query(PUT_TEXT).bind(text.kind).bind(&text.subject).bind(&text.text);
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn drop_mail_text(&mut self, kind: MessageKind) -> Result<bool> {
        let query = sqlx::query("DELETE FROM mail_text WHERE kind = $1").bind(kind);
        Ok(within(query.execute(self.connection())).await?.rows_affected() > 0)
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
