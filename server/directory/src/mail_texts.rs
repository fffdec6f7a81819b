//! Texts of mails that an administrator has written. A kind of mail without one has the built-in text, which is known to
//! whoever writes mails, as is what the placeholders in a text stand for.

use crate::account::Actor;
use crate::audit::{self, Event};
use crate::error::StoreError;
use crate::outbox::MessageKind;
use crate::settings::SettingsError;
use crate::{Directory, settings};

/// The own text of a kind of mail.
#[derive(Clone, PartialEq, Eq, Debug, sqlx::FromRow)]
pub struct MailText {
    /// Which mails.
    pub kind: MessageKind,
    /// One line; a template.
    pub subject: String,
    /// Lines; a template.
    pub text: String,
}

impl Directory {
    /// The texts that were written, one for each kind at most.
    ///
    /// # Errors
    /// The database failed.
    pub async fn mail_texts(&self) -> Result<Vec<MailText>, StoreError> {
        self.store().read().await?.mail_texts().await
    }

    /// Saves the text of a kind. Mails that are queued already have it when they are sent.
    ///
    /// # Errors
    /// The subject is not one line, or the database failed.
    pub async fn save_mail_text(&self, actor: &Actor, text: &MailText) -> Result<(), SettingsError> {
        // A line break in a header would let the text write headers of its own (T62).
        if settings::has_control(&text.subject) {
            return Err(SettingsError::OutOfRange("The subject must be a single line."));
        }
        if text.text.contains('\0') {
            return Err(SettingsError::OutOfRange("Control characters are not possible in a text."));
        }
        let mut tx = self.store().begin().await?;
        tx.put_mail_text(text).await?;
        let detail = format!("text of a mail: {}", words(text.kind));
        tx.record(&[audit::record(self.now(), actor, Event::SettingsChanged, "settings", &detail)]).await?;
        Ok(tx.save().await?)
    }

    /// Goes back to the built-in text of a kind.
    ///
    /// # Errors
    /// The database failed.
    pub async fn drop_mail_text(&self, actor: &Actor, kind: MessageKind) -> Result<(), StoreError> {
        let mut tx = self.store().begin().await?;
        if tx.drop_mail_text(kind).await? {
            let detail = format!("built-in text of a mail: {}", words(kind));
            tx.record(&[audit::record(self.now(), actor, Event::SettingsChanged, "settings", &detail)])
                .await?;
        }
        tx.save().await
    }
}

fn words(kind: MessageKind) -> String {
    kind.as_str().replace('_', " ")
}
