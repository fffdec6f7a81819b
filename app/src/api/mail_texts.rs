//! What mails say: one text for each kind, built in until an administrator writes another one.

use super::ApiError;
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

/// The mails there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MailKind {
    /// Username and temporary password.
    LoginDetails,
    /// The link with which a newcomer sets a password.
    SetPasswordLink,
    /// The link that somebody who forgot the password asked for.
    PasswordReset,
    /// The second factor was switched on.
    SecondFactorOn,
    /// The second factor was switched off.
    SecondFactorOff,
}

impl MailKind {
    /// All of them, in the order in which people meet them.
    pub const ALL: [MailKind; 5] = [
        MailKind::LoginDetails,
        MailKind::SetPasswordLink,
        MailKind::PasswordReset,
        MailKind::SecondFactorOn,
        MailKind::SecondFactorOff,
    ];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            MailKind::LoginDetails => "Login details",
            MailKind::SetPasswordLink => "Link to set a password",
            MailKind::PasswordReset => "Forgotten password",
            MailKind::SecondFactorOn => "Second factor switched on",
            MailKind::SecondFactorOff => "Second factor switched off",
        }
    }
}

/// Subject and text of a kind of mail, with placeholders such as `{{ first_name }}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailText {
    /// Which mails.
    pub kind: MailKind,
    /// One line.
    pub subject: String,
    /// The text of both parts, plain and HTML.
    pub text: String,
}

/// A text that can be edited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditableMail {
    /// As it is.
    pub now: MailText,
    /// What it can be set back to.
    pub built_in: MailText,
    /// What it can hold between double braces, each with what it stands for.
    pub placeholders: Vec<(String, String)>,
    /// Which of them becomes the button where it is alone on its line.
    pub button: String,
}

/// A mail as it would look to an invented person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailPreview {
    /// Who sends it: a name and an address.
    pub from: String,
    /// Subject line.
    pub subject: String,
    /// Plain-text part.
    pub text: String,
    /// What the HTML part is made of.
    pub blocks: Vec<MailBlock>,
}

/// A part of an HTML mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MailBlock {
    /// Lines of a paragraph.
    Paragraph(Vec<Vec<MailRun>>),
    /// The button, with what it says.
    Button(String),
}

/// Characters of one look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailRun {
    /// How they look.
    pub look: MailLook,
    /// The characters.
    pub text: String,
}

/// How characters look in an HTML mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailLook {
    /// As they are.
    Plain,
    /// Such as a password, which is copied.
    Code,
    /// An address that can be opened.
    Link,
}

/// The texts of all kinds of mail.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "mail_texts", input = Postcard, output = Postcard)]
pub async fn mail_texts() -> Result<Vec<EditableMail>, ApiError> {
    use super::server;

    server::administrator()?;
    server::mail_texts().await
}

/// Saves the text of one kind; the built-in one counts as none of one's own.
///
/// # Errors
/// [`ApiError::Refused`] names the field and the placeholder that is wrong.
#[server(prefix = "/api/admin", endpoint = "save_mail_text", input = Postcard, output = Postcard)]
pub async fn save_mail_text(text: MailText) -> Result<(), ApiError> {
    use super::server;

    let actor = server::administrator()?;
    server::save_mail_text(&actor, text).await
}

/// What a mail with this text would look like.
///
/// # Errors
/// [`ApiError::Refused`] names the field and the placeholder that is wrong.
#[server(prefix = "/api/admin", endpoint = "preview_mail", input = Postcard, output = Postcard)]
pub async fn preview_mail(text: MailText) -> Result<MailPreview, ApiError> {
    use super::server;

    server::administrator()?;
    let settings = server::directory().settings().await.map_err(|error| server::fail(error.into()))?;
    server::mailroom()
        .preview(&text.into(), &settings.organisation)
        .map_err(|sentence| server::fail(ApiError::Refused(sentence)))
}

/// Sends the mail of the preview to the administrator's own address, at once, and answers with the mail server's words.
///
/// # Errors
/// [`ApiError::Refused`] with what is wrong with the text, or what went wrong.
#[server(prefix = "/api/admin", endpoint = "try_mail_text", input = Postcard, output = Postcard)]
pub async fn try_mail_text(text: MailText) -> Result<String, ApiError> {
    use super::server;

    server::send_test_mail(Some(text)).await
}
