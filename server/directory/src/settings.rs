//! What an administrator can set: the organisation's name, password policy, profile fields.

use crate::account::{Actor, Role};
use crate::audit::Event;
use crate::error::StoreError;
use crate::{Directory, audit};
use roster::PasswordPolicy;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

/// Shortest and longest life of a temporary password, in hours: one hour to seven days.
const TEMPORARY_HOURS: std::ops::RangeInclusive<u32> = 1..=168;

/// Who has to have a second factor. Everybody may.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactorFor {
    /// Nobody.
    #[default]
    Off,
    /// Administrators.
    Administrators,
    /// Everybody.
    Everybody,
}

impl SecondFactorFor {
    /// Whether somebody of this role has to have one.
    #[must_use]
    pub fn asks(self, role: Role) -> bool {
        match self {
            Self::Off => false,
            Self::Administrators => role == Role::Administrator,
            Self::Everybody => true,
        }
    }
}

/// The settings of a Rollcall.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Name shown in pages and mails.
    pub organisation: String,
    /// What passwords that people choose, or that a roster brings, must be like.
    pub password_policy: PasswordPolicy,
    /// Names of profile fields beyond the built-in ones.
    pub custom_fields: Vec<String>,
    /// Life of a temporary password in hours, 1 to 168.
    pub temporary_password_hours: u32,
    /// Who has to have a second factor.
    pub require_second_factor: SecondFactorFor,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            organisation: "Rollcall".to_owned(),
            password_policy: PasswordPolicy::default(),
            custom_fields: Vec::new(),
            temporary_password_hours: 72,
            require_second_factor: SecondFactorFor::default(),
        }
    }
}

impl Settings {
    /// How long a temporary password works.
    #[must_use]
    pub fn temporary_password_life(&self) -> Duration {
        Duration::from_secs(u64::from(self.temporary_password_hours) * 60 * 60)
    }
}

/// Why settings were not saved.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// A setting is outside what is possible; the sentence says which.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// The settings; defaults where nothing was saved yet.
    ///
    /// # Errors
    /// The database failed.
    pub async fn settings(&self) -> Result<Settings, StoreError> {
        Ok(self.store().read().await?.settings().await?.unwrap_or_default())
    }

    /// Saves the settings.
    ///
    /// # Errors
    /// A value is out of range, or the database failed.
    pub async fn save_settings(&self, actor: &Actor, settings: &Settings) -> Result<(), SettingsError> {
        check(settings)?;
        let mut tx = self.store().begin().await?;
        tx.save_settings(settings).await?;
        tx.record(&[audit::record(self.now(), actor, Event::SettingsChanged, "settings", "")]).await?;
        Ok(tx.save().await?)
    }
}

pub(crate) fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

fn check(settings: &Settings) -> Result<(), SettingsError> {
    let refuse = |sentence| Err(SettingsError::OutOfRange(sentence));
    if !TEMPORARY_HOURS.contains(&settings.temporary_password_hours) {
        return refuse("Temporary passwords can work for 1 to 168 hours.");
    }
    if settings.organisation.trim().is_empty() || settings.organisation.chars().count() > 100 {
        return refuse("The organisation's name must have 1 to 100 characters.");
    }
    // A line break in a header would let the text write headers of its own (T62).
    if has_control(&settings.organisation) {
        return refuse("The organisation's name must be a single line.");
    }
    let mut words = settings.custom_fields.iter().chain(&settings.password_policy.org_words);
    if words.any(|word| has_control(word)) {
        return refuse("Control characters are not possible here.");
    }
    if settings.password_policy.min_length < 8 {
        return refuse("Passwords must have at least 8 characters.");
    }
    if settings.password_policy.max_length < settings.password_policy.min_length.max(64) {
        return refuse("Passwords of up to 64 characters must be possible.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_the_limits() {
        assert!(check(&Settings::default()).is_ok());
    }

    #[test]
    fn what_could_hurt_is_refused() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            check(&settings)
        };
        assert!(with(|s| s.temporary_password_hours = 0).is_err());
        assert!(with(|s| s.temporary_password_hours = 169).is_err());
        assert!(with(|s| s.organisation = "Hello\r\nBcc: all@example.org".to_owned()).is_err());
        assert!(with(|s| s.organisation = " ".to_owned()).is_err());
        assert!(with(|s| s.password_policy.min_length = 7).is_err());
        assert!(with(|s| s.password_policy.max_length = 20).is_err());
    }
}
