//! Server functions: thin adapters between a page and `directory`.
//!
//! One file per area. Each function says who is asking, calls `directory`, and turns its typed error into a
//! status and a sentence that is safe to show. The first part of a path is its requirement, checked at the
//! door by the server: `/api/public` nobody, `/api/password` and `/api/session` anyone signed in (even while a
//! password change is due), `/api/people` anyone signed in, `/api/admin` administrators.

#[cfg(feature = "admin")]
pub mod audit;
mod error_text;
#[cfg(feature = "admin")]
pub mod imports;
#[cfg(feature = "admin")]
pub mod mail;
pub mod password;
pub mod people;
#[cfg(feature = "admin")]
pub mod people_admin;
pub mod session;
#[cfg(feature = "admin")]
pub mod settings;
pub mod setup;

#[cfg(feature = "ssr")]
pub mod server;

use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why a server function did not do what was asked; every sentence may be shown to the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// 401: nobody is signed in (any more).
    #[error("You are signed out. Sign in to go on.")]
    SignInRequired,
    /// 403: a password change is due first.
    #[error("Choose your own password first.")]
    PasswordChangeRequired,
    /// 403: the role does not allow it.
    #[error("Your account may not do this.")]
    Forbidden,
    /// 404: there is no such thing, or it is not for this person.
    #[error("There is nothing here.")]
    NotFound,
    /// 409 or 422: asked for something that cannot be done; the sentence says why and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// 409: a chunk came too early; the number that is expected next.
    #[error("The server expects part {0} of this import next.")]
    ChunkExpected(u32),
    /// 429 or 503: try again in a moment.
    #[error("The server is busy. Try again in a moment.")]
    Busy,
    /// 503: the database cannot be reached.
    #[error("The server cannot reach its database right now. Nothing was changed; try again in a moment.")]
    Unavailable,
    /// The request did not get through, or the answer could not be read.
    #[error("The server could not be reached. Check the connection and try again.")]
    Transport(String),
}

impl FromServerFnError for ApiError {
    type Encoder = error_text::ErrorText;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                ApiError::Refused("The request could not be understood.".to_owned())
            }
            other => ApiError::Transport(other.to_string()),
        }
    }
}

/// One page of a longer list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing<T> {
    /// What is on this page.
    pub items: Vec<T>,
    /// How many there are on all pages together.
    pub total: u64,
    /// This page's number, from 1.
    pub page: u32,
    /// Most items a page holds.
    pub page_size: u32,
}

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = i64;

/// What the role of an account allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Reads the directory and the own profile.
    Member,
    /// May do everything.
    Administrator,
}
