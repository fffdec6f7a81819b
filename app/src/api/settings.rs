//! Settings: seats, password policy, mail texts, profile fields.

use super::ApiError;
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use roster::policy::PasswordPolicy;
use serde::{Deserialize, Serialize};

/// All that can be set in the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingsForm {
    /// Name shown in mails and on the sign-in page.
    pub organisation: String,
    /// Seats by licence; `None`: as many as wanted.
    pub seats: Option<u32>,
    /// Whether the number of seats comes from the configuration and cannot be changed here.
    pub seats_fixed: bool,
    /// Rules for passwords.
    pub policy: PasswordPolicy,
    /// Profile fields beyond the built-in ones.
    pub custom_fields: Vec<String>,
    /// Hours that a temporary password works, 1 to 168.
    pub temporary_password_hours: u32,
    /// Who has to have a second factor.
    pub require_second_factor: SecondFactorFor,
    /// Subject of the mail with login details.
    pub mail_subject: String,
    /// Text of the mail with login details, with placeholders such as `{{ first_name }}`.
    pub mail_text: String,
}

/// Who has to have a second factor. Everybody may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecondFactorFor {
    /// Nobody.
    Off,
    /// Administrators.
    Administrators,
    /// Everybody.
    Everybody,
}

/// The settings, and what they can be set back to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingsView {
    /// As they are.
    pub form: SettingsForm,
    /// The mail texts of a new installation.
    pub built_in: MailTexts,
    /// What mail texts can hold between double braces, each with what it stands for.
    pub placeholders: Vec<(String, String)>,
}

/// The texts of the mail with login details, with placeholders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailTexts {
    /// One line.
    pub subject: String,
    /// The text of both parts.
    pub text: String,
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

/// The settings as they are.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "settings", input = Postcard, output = Postcard)]
pub async fn settings() -> Result<SettingsView, ApiError> {
    use super::server;

    server::administrator()?;
    server::settings_view().await
}

/// Saves the settings; all or nothing.
///
/// # Errors
/// [`ApiError::Refused`] with what to mend.
#[server(prefix = "/api/admin", endpoint = "save_settings", input = Postcard, output = Postcard)]
pub async fn save_settings(form: SettingsForm) -> Result<(), ApiError> {
    use super::server;

    let actor = server::administrator()?;
    server::save_settings(&actor, form).await
}

/// What the mail with login details would look like with these texts.
///
/// # Errors
/// [`ApiError::Refused`] names the placeholder or the line that is wrong.
#[server(prefix = "/api/admin", endpoint = "preview_mail", input = Postcard, output = Postcard)]
pub async fn preview_mail(subject: String, text: String) -> Result<MailPreview, ApiError> {
    use super::server;

    server::administrator()?;
    let settings = server::directory().settings().await.map_err(|error| server::fail(error.into()))?;
    server::mailroom()
        .preview(&subject, &text, &settings.organisation)
        .map_err(|sentence| server::fail(ApiError::Refused(sentence)))
}
