//! Settings, texts of mails and the first-run token as the store sees them.

use super::Result;
use crate::clock::Timestamp;
use crate::mail_texts::MailText;
use crate::outbox::MessageKind;
use crate::settings::Settings;
use async_trait::async_trait;

/// Settings, texts of mails and the first run.
#[async_trait]
pub(crate) trait SettingsStore {
    /// What was saved; `None` before the first time.
    async fn settings(&mut self) -> Result<Option<Settings>>;
    async fn save_settings(&mut self, settings: &Settings) -> Result<()>;
    async fn mail_texts(&mut self) -> Result<Vec<MailText>>;
    async fn put_mail_text(&mut self, text: &MailText) -> Result<()>;
    /// Whether there was one.
    async fn drop_mail_text(&mut self, kind: MessageKind) -> Result<bool>;
    async fn put_setup_token(&mut self, token_hash: &[u8], expires_at: Timestamp) -> Result<()>;
    async fn setup_token_is_good(&mut self, token_hash: &[u8], now: Timestamp) -> Result<bool>;
    /// Uses the token up. Of several who try, one gets `true`; nobody does once there is an administrator.
    async fn consume_setup_token(&mut self, token_hash: &[u8], now: Timestamp) -> Result<bool>;
}
