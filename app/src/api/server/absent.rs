//! Absent people as the pages and the roster worker see them.

use crate::api::ApiError;
use crate::api::absent::{AbsentBrief, AbsentView, MemberKeys};
use directory::id::AccountId;
use directory::imports::{self, AbsentError, AbsentPerson, PersonBrief};

// The browser is not to send what the server would refuse.
const _: () = assert!(crate::wire::ABSENT_AT_ONCE == imports::ABSENT_AT_ONCE);
const _: () = assert!(crate::wire::CHUNK_ROWS as usize == imports::MAX_CHUNK_ROWS);

/// The account with these bytes.
#[must_use]
pub fn account_of_bytes(bytes: [u8; 16]) -> AccountId {
    AccountId::from_bytes(bytes)
}

impl From<imports::MemberKeys> for MemberKeys {
    fn from(member: imports::MemberKeys) -> Self {
        let imports::MemberKeys { account, username, email } = member;
        MemberKeys { account: account.bytes(), username, email }
    }
}

impl From<PersonBrief> for AbsentBrief {
    fn from(person: PersonBrief) -> Self {
        let PersonBrief { username, name, email, department, .. } = person;
        AbsentBrief { username, name, email, department }
    }
}

impl From<AbsentPerson> for AbsentView {
    fn from(person: AbsentPerson) -> Self {
        AbsentView {
            username: person.username,
            name: person.name,
            deactivated: person.outcome.map(|outcome| outcome == "deactivated"),
            reopened: person.undo.map(|undo| undo == "reopened"),
            reason: person.undo_reason.or(person.reason).unwrap_or_default(),
        }
    }
}

impl From<AbsentError> for ApiError {
    fn from(error: AbsentError) -> Self {
        let refused = |sentence: String| ApiError::Refused(sentence);
        match error {
            AbsentError::NotFound => ApiError::NotFound,
            AbsentError::Closed => {
                refused("This import takes nothing more: it was completed or cancelled.".to_owned())
            }
            AbsentError::NotChosen => {
                refused("This import was confirmed without deactivating anybody.".to_owned())
            }
            AbsentError::TooManyAtOnce => refused("Name fewer people at once.".to_owned()),
            AbsentError::Brake { absent, members, percent } => refused(format!(
                "{absent} of {members} active people are not in this file; at most {percent} % may be deactivated. Check \
                 that the file is complete, or raise the limit in the options."
            )),
            AbsentError::Store(error) => error.into(),
        }
    }
}
