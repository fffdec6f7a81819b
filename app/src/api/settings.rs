//! Settings: seats, password policy, second factor, profile fields.

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
    /// Whether that comes from the configuration and cannot be changed here.
    pub second_factor_fixed: bool,
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

/// The settings as they are.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "settings", input = Postcard, output = Postcard)]
pub async fn settings() -> Result<SettingsForm, ApiError> {
    use super::server;

    server::administrator()?;
    server::settings_form().await
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
