//! What an account is, as the rest of Rollcall sees it: never with a secret, not even a verifier.

use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::outbox::MessageState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

text_enum! {
    /// What somebody may do.
    pub enum Role {
        /// Reads the directory and looks after the own account; takes a seat while active.
        Member = "member",
        /// May do everything; takes no seat.
        Administrator = "administrator",
    }
}

text_enum! {
    /// Whether an account can be used.
    pub enum Status {
        /// Can sign in.
        Active = "active",
        /// Kept, but closed: no sign-in, no seat.
        Deactivated = "deactivated",
    }
}

text_enum! {
    /// The kinds of [`CredentialState`], for filters.
    pub enum CredentialKind {
        /// Created, nothing handed out.
        None = "none",
        /// A temporary password is good.
        Issued = "issued",
        /// A temporary password ran out.
        Expired = "expired",
        /// A lasting password is set.
        Set = "set",
    }
}

/// What a person can sign in with at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CredentialState {
    /// Created, nothing issued.
    None,
    /// A temporary password is good until `expires_at`.
    Issued {
        /// First moment at which it no longer works.
        expires_at: Timestamp,
    },
    /// The temporary password ran out; a new one can be sent.
    Expired,
    /// A lasting password: the person's own, or one that the roster brought.
    Set,
}

impl CredentialState {
    /// The state without its details.
    #[must_use]
    pub fn kind(self) -> CredentialKind {
        match self {
            Self::None => CredentialKind::None,
            Self::Issued { .. } => CredentialKind::Issued,
            Self::Expired => CredentialKind::Expired,
            Self::Set => CredentialKind::Set,
        }
    }
}

/// A person in the directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Identifier.
    pub id: AccountId,
    /// Username as it was written.
    pub username: String,
    /// Address as it was written.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// What the person may do.
    pub role: Role,
    /// Whether the account can be used.
    pub status: Status,
    /// Optional fields by key ("phone", "job_title", ... or "x:Cost centre"); blank ones are left out.
    pub profile: BTreeMap<String, String>,
    /// What the person can sign in with.
    pub credential: CredentialState,
    /// Last successful sign-in.
    pub last_sign_in_at: Option<Timestamp>,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When a field last changed.
    pub updated_at: Timestamp,
    /// State of the latest message with login details, if there ever was one.
    pub login_details: Option<MessageState>,
}

/// Who does something; comes from a session, never from a request's payload.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Actor {
    /// The account, or [`AccountId::SYSTEM`].
    pub account: AccountId,
    /// Its username, for the audit trail.
    pub username: String,
    /// Its role at the moment of the request.
    pub role: Role,
}

impl Actor {
    /// The server itself: the command line and background work.
    #[must_use]
    pub fn system() -> Self {
        Self { account: AccountId::SYSTEM, username: "system".to_owned(), role: Role::Administrator }
    }
}
