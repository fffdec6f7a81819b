//! `directory`'s errors as the pages see them: a status, and a sentence that says how to mend it.

use crate::api::ApiError;
use directory::StoreError;
use directory::credentials::{ChangeError, ProofError};
use directory::imports::{ChunkError, ImportError, OpenImportError};
use directory::links::LinkError;
use directory::people::{CreateError, DeactivateError};
use directory::resets::ResetError;
use directory::second_factor::{ConfirmError, TakeFactorError};
use directory::settings::SettingsError;
use directory::setup::SetupError;
use directory::sheets::{self, SheetError};
use directory::waves::PlanError;

fn refused(sentence: impl Into<String>) -> ApiError {
    ApiError::Refused(sentence.into())
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %chain(&error), "the database did not answer as it should");
        ApiError::Unavailable
    }
}

/// An error with everything that led to it.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

impl From<OpenImportError> for ApiError {
    fn from(error: OpenImportError) -> Self {
        match error {
            OpenImportError::TooManyRows => refused(
                "An import can have at most 1,000,000 rows. Split the file and import its parts one after the other.",
            ),
            OpenImportError::Empty => refused("No row is chosen."),
            OpenImportError::Store(error) => error.into(),
        }
    }
}

impl From<ChunkError> for ApiError {
    fn from(error: ChunkError) -> Self {
        match error {
            ChunkError::Gap { expected } => ApiError::ChunkExpected(expected),
            ChunkError::NotFound => ApiError::NotFound,
            ChunkError::Different => refused(
                "Other rows were sent as this part of the import before. Open the file again and confirm.",
            ),
            ChunkError::Closed => refused("This import takes no more rows: it was completed or cancelled."),
            ChunkError::Malformed(what) => refused(format!("These rows cannot be used: {what}.")),
            ChunkError::TooLarge => refused("This part of the import is too large. Send fewer rows at once."),
            ChunkError::Store(error) => error.into(),
        }
    }
}

impl From<TakeFactorError> for ApiError {
    fn from(error: TakeFactorError) -> Self {
        match error {
            TakeFactorError::Unidentified => refused(
                "Nothing was taken away: say how you know that it is this person who asks, such as “badge, at the desk”.",
            ),
            TakeFactorError::Store(error) => error.into(),
        }
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::NotFound => ApiError::NotFound,
            ImportError::RowsMissing { received, announced } => {
                refused(format!("Only {received} of {announced} rows have arrived. Send the others first."))
            }
            ImportError::Ended => refused("This import has ended already."),
            ImportError::GoesOn => {
                refused("This import has not ended. Cancel it first, or wait until it is complete.")
            }
            ImportError::KeyChanged => refused(
                "The waiting rows cannot be opened: the server's key is not the one they were sealed with. Bring the old key \
                 file back, or import the file again.",
            ),
            ImportError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::SessionEnded => ApiError::SignInRequired,
            ChangeError::WrongCurrent => {
                refused("The current password is not right. Wait a moment and try again.")
            }
            ChangeError::Policy(problem) => refused(problem.message),
            ChangeError::SameAsTemporary => refused("Choose a password other than the temporary one."),
            ChangeError::SameAsOld => refused("Choose a password other than the current one."),
            ChangeError::Busy => ApiError::Busy,
            ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<ProofError> for ApiError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::SessionEnded => ApiError::SignInRequired,
            ProofError::Wrong => refused("This password is not right. Wait a moment and try again."),
            ProofError::TooMany(wait) => super::too_many(wait),
            ProofError::Busy => ApiError::Busy,
            ProofError::Store(error) => error.into(),
        }
    }
}

impl From<ConfirmError> for ApiError {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Wrong => refused(
                "This is not the code that the app shows now. Wait for the next one; if it does not work either, look whether \
                 the clock of your phone is right.",
            ),
            ConfirmError::NotBegun => refused("Nothing is being set up any more. Load this page again."),
            ConfirmError::Store(error) => error.into(),
        }
    }
}

impl From<ResetError> for ApiError {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::InvalidLink => refused("This link no longer works. Ask for a new one."),
            ResetError::Policy(problem) => refused(problem.message),
            ResetError::Busy => ApiError::Busy,
            ResetError::Store(error) => error.into(),
        }
    }
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::InvalidLink => refused(
                "This link no longer works: it was used, a newer one was sent, or its time has run out. If you have set your \
                 password already, sign in; else ask for a new link.",
            ),
            LinkError::Policy(problem) => refused(problem.message),
            LinkError::SameAsTemporary => refused("Choose a password other than the temporary one."),
            // Whoever calls has led on to the code already.
            LinkError::CodeWanted(_) => ApiError::SignInRequired,
            LinkError::Busy => ApiError::Busy,
            LinkError::Store(error) => error.into(),
        }
    }
}

/// Why nobody of a selection is handed anything.
const NOBODY: &str = "Nobody who is chosen needs login details: they have an own password, are deactivated, or are \
     administrators.";

impl From<SheetError> for ApiError {
    fn from(error: SheetError) -> Self {
        match error {
            SheetError::Nobody => refused(NOBODY),
            SheetError::TooMany => refused(format!(
                "A sheet holds at most {} people. Narrow the list down and make several.",
                sheets::MOST
            )),
            SheetError::Store(error) => error.into(),
        }
    }
}

impl From<PlanError> for ApiError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Nobody => refused(NOBODY),
            PlanError::TooFar => refused("Choose a time within a year."),
            PlanError::NoPace => refused("Send at least one mail an hour, or leave the pace open."),
            PlanError::NotFound => ApiError::NotFound,
            PlanError::Store(error) => error.into(),
        }
    }
}

impl From<DeactivateError> for ApiError {
    fn from(error: DeactivateError) -> Self {
        match error {
            DeactivateError::LastAdministrator => {
                refused("At least one administrator must stay active. Nothing was changed.")
            }
            DeactivateError::Store(error) => error.into(),
        }
    }
}

impl From<SettingsError> for ApiError {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::OutOfRange(sentence) => refused(sentence),
            SettingsError::Store(error) => error.into(),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Problems(problems) => {
                refused(problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join(" "))
            }
            CreateError::UsernameTaken => refused("This username is taken."),
            CreateError::EmailTaken => refused("This email address is taken."),
            CreateError::Hash(_) => ApiError::Busy,
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<SetupError> for ApiError {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::InvalidToken => refused(
                "This link is no longer valid. If nobody has set Rollcall up yet, start it again: it prints a new one.",
            ),
            SetupError::Create(error) => error.into(),
            SetupError::Store(error) => error.into(),
        }
    }
}
