//! Reading and saving the settings' form.

use super::{directory, fail, mailroom, services};
use crate::api::ApiError;
use crate::api::settings::{MailTexts, SecondFactorFor, SettingsForm, SettingsView};
use directory::account::Actor;
use directory::settings::Settings;

/// The settings as a form, and the built-in texts.
///
/// # Errors
/// [`ApiError::Unavailable`].
pub async fn settings_view() -> Result<SettingsView, ApiError> {
    let directory = directory();
    let settings = directory.settings().await.map_err(|error| fail(error.into()))?;
    let seats = directory.seats().await.map_err(|error| fail(error.into()))?;
    let form = SettingsForm {
        organisation: settings.organisation,
        seats: seats.limit,
        seats_fixed: services().seats_fixed,
        policy: settings.password_policy,
        custom_fields: settings.custom_fields,
        temporary_password_hours: settings.temporary_password_hours,
        require_second_factor: match settings.require_second_factor {
            directory::settings::SecondFactorFor::Off => SecondFactorFor::Off,
            directory::settings::SecondFactorFor::Administrators => SecondFactorFor::Administrators,
            directory::settings::SecondFactorFor::Everybody => SecondFactorFor::Everybody,
        },
        mail_subject: settings.mail_subject,
        mail_text: settings.mail_text,
    };
    let new = Settings::default();
    Ok(SettingsView {
        form,
        built_in: MailTexts { subject: new.mail_subject, text: new.mail_text },
        placeholders: mailroom()
            .placeholders()
            .into_iter()
            .map(|(name, meaning)| (name.to_owned(), meaning.to_owned()))
            .collect(),
    })
}

/// Saves the form. The mail's texts must be sound before anything is kept.
///
/// # Errors
/// [`ApiError::Refused`] with what to mend.
pub async fn save_settings(actor: &Actor, form: SettingsForm) -> Result<(), ApiError> {
    mailroom()
        .preview(&form.mail_subject, &form.mail_text, &form.organisation)
        .map_err(|sentence| fail(ApiError::Refused(sentence)))?;
    let directory = directory();
    let settings = Settings {
        organisation: form.organisation.trim().to_owned(),
        password_policy: form.policy,
        custom_fields: form.custom_fields,
        temporary_password_hours: form.temporary_password_hours,
        require_second_factor: match form.require_second_factor {
            SecondFactorFor::Off => directory::settings::SecondFactorFor::Off,
            SecondFactorFor::Administrators => directory::settings::SecondFactorFor::Administrators,
            SecondFactorFor::Everybody => directory::settings::SecondFactorFor::Everybody,
        },
        mail_subject: form.mail_subject,
        mail_text: form.mail_text,
    };
    directory.save_settings(actor, &settings).await.map_err(|error| fail(error.into()))?;
    if !services().seats_fixed {
        let seats = directory.seats().await.map_err(|error| fail(error.into()))?;
        if seats.limit != form.seats {
            directory.set_seat_limit(actor, form.seats).await.map_err(|error| fail(error.into()))?;
        }
    }
    Ok(())
}
