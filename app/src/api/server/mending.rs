//! Mended rows as the roster worker sees them.

use crate::api::ApiError;
use directory::imports::MendError;

impl From<MendError> for ApiError {
    fn from(error: MendError) -> Self {
        match error {
            MendError::NotFound => ApiError::NotFound,
            MendError::GoesOn => {
                ApiError::Refused("This import still receives rows. Wait until they have come.".to_owned())
            }
            MendError::OtherOptions => ApiError::Refused(
                "Other rows of this import are being carried out under other options. Wait until they are done, and confirm again."
                    .to_owned(),
            ),
            MendError::Ended => ApiError::Refused(
                "The import in which these rows failed takes no more: it was cancelled or undone, or stands still. Remove \
                 the column Problem to import them anew."
                    .to_owned(),
            ),
            MendError::Malformed(what) => ApiError::Refused(format!("These rows cannot be used: {what}.")),
            MendError::Store(error) => error.into(),
        }
    }
}
