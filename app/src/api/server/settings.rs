//! Reading and saving the settings' form.

use super::{directory, fail, services};
use crate::api::ApiError;
use crate::api::settings::{SecondFactorFor, SettingsForm};
use directory::account::Actor;
use directory::settings::Settings;

/// The settings as a form.
///
/// # Errors
/// [`ApiError::Unavailable`].
pub async fn settings_form() -> Result<SettingsForm, ApiError> {
    let directory = directory();
    let settings = directory.settings().await.map_err(|error| fail(error.into()))?;
    let seats = directory.seats().await.map_err(|error| fail(error.into()))?;
    Ok(SettingsForm {
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
        second_factor_fixed: services().second_factor_fixed,
    })
}

/// Saves the form.
///
/// # Errors
/// [`ApiError::Refused`] with what to mend.
pub async fn save_settings(actor: &Actor, form: SettingsForm) -> Result<(), ApiError> {
    let directory = directory();
    let require_second_factor = if services().second_factor_fixed {
        directory.settings().await.map_err(|error| fail(error.into()))?.require_second_factor
    } else {
        match form.require_second_factor {
            SecondFactorFor::Off => directory::settings::SecondFactorFor::Off,
            SecondFactorFor::Administrators => directory::settings::SecondFactorFor::Administrators,
            SecondFactorFor::Everybody => directory::settings::SecondFactorFor::Everybody,
        }
    };
    let settings = Settings {
        organisation: form.organisation.trim().to_owned(),
        password_policy: form.policy,
        custom_fields: form.custom_fields,
        temporary_password_hours: form.temporary_password_hours,
        require_second_factor,
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
