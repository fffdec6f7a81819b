//! Reading, saving and trying the texts of mails.

use super::{administrator, directory, fail, mailroom, session};
use crate::api::ApiError;
use crate::api::mail_texts::{EditableMail, MailKind, MailText};
use directory::account::Actor;
use directory::audit::Event;
use directory::mail_texts as kept;
use directory::outbox::MessageKind;

impl From<MailKind> for MessageKind {
    fn from(kind: MailKind) -> Self {
        match kind {
            MailKind::LoginDetails => MessageKind::LoginDetails,
            MailKind::SetPasswordLink => MessageKind::SetPasswordLink,
            MailKind::PasswordReset => MessageKind::PasswordReset,
            MailKind::SecondFactorOn => MessageKind::SecondFactorOn,
            MailKind::SecondFactorOff => MessageKind::SecondFactorOff,
        }
    }
}

impl From<MessageKind> for MailKind {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::LoginDetails => MailKind::LoginDetails,
            MessageKind::SetPasswordLink => MailKind::SetPasswordLink,
            MessageKind::PasswordReset => MailKind::PasswordReset,
            MessageKind::SecondFactorOn => MailKind::SecondFactorOn,
            MessageKind::SecondFactorOff => MailKind::SecondFactorOff,
        }
    }
}

impl From<MailText> for kept::MailText {
    fn from(MailText { kind, subject, text }: MailText) -> Self {
        kept::MailText { kind: kind.into(), subject: subject.trim().to_owned(), text }
    }
}

impl From<kept::MailText> for MailText {
    fn from(kept::MailText { kind, subject, text }: kept::MailText) -> Self {
        MailText { kind: kind.into(), subject, text }
    }
}

/// The texts of all kinds of mail.
///
/// # Errors
/// [`ApiError::Unavailable`].
pub async fn mail_texts() -> Result<Vec<EditableMail>, ApiError> {
    let own = directory().mail_texts().await.map_err(|error| fail(error.into()))?;
    let mailroom = mailroom();
    let editable = |kind: MailKind| {
        let built_in = mailroom.built_in(kind.into());
        let now = own.iter().find(|text| text.kind == built_in.kind).unwrap_or(&built_in).clone();
        let placeholders = mailroom.placeholders(built_in.kind).into_iter();
        EditableMail {
            now: now.into(),
            button: mailroom.button(built_in.kind).to_owned(),
            built_in: built_in.into(),
            placeholders: placeholders.map(|(name, meaning)| (name.to_owned(), meaning.to_owned())).collect(),
        }
    };
    Ok(MailKind::ALL.into_iter().map(editable).collect())
}

/// Saves the text of one kind, once it is sound.
///
/// # Errors
/// [`ApiError::Refused`] with what to mend.
pub async fn save_mail_text(actor: &Actor, text: MailText) -> Result<(), ApiError> {
    let text = kept::MailText::from(text);
    let (directory, mailroom) = (directory(), mailroom());
    let settings = directory.settings().await.map_err(|error| fail(error.into()))?;
    mailroom.preview(&text, &settings.organisation).map_err(|sentence| fail(ApiError::Refused(sentence)))?;
    if text == mailroom.built_in(text.kind) {
        return directory.drop_mail_text(actor, text.kind).await.map_err(|error| fail(error.into()));
    }
    directory.save_mail_text(actor, &text).await.map_err(|error| fail(error.into()))
}

/// Sends a test mail to the administrator who asks: the general one, or one with this text.
///
/// # Errors
/// [`ApiError::Refused`] with what went wrong.
pub async fn send_test_mail(text: Option<MailText>) -> Result<String, ApiError> {
    let actor = administrator()?;
    let person = session()?.account;
    let settings = directory().settings().await.map_err(|error| fail(error.into()))?;
    let (text, mailroom) = (text.map(kept::MailText::from), mailroom());
    let name = format!("{} {}", person.first_name, person.last_name);
    let refused = |sentence| fail(ApiError::Refused(sentence));
    let mail =
        mailroom.test_mail(text.as_ref(), &person.email, &name, &settings.organisation).map_err(refused)?;
    // Recorded before it is tried: the mail server may have taken it even when its answer never came.
    let detail = text.as_ref().map(|text| MailKind::from(text.kind).name()).unwrap_or_default();
    directory()
        .record_event(&actor, Event::TestMailRequested, &actor.username, detail)
        .await
        .map_err(|error| fail(error.into()))?;
    let words = mail.await.map_err(refused)?;
    // Whatever kept mail back is over, and what waited for that goes out now.
    directory().mail_leaves().await.map_err(|error| fail(error.into()))?;
    super::wake_sender();
    Ok(words)
}
