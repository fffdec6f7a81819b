//! Server functions: thin adapters between a page and `directory`.
//!
//! One file per area. Each function says who is asking, calls `directory`, and turns its typed error into a
//! status and a sentence that is safe to show. The first part of a path is its requirement, checked at the
//! door by the server: `/api/public` nobody, `/api/password` and `/api/session` anyone signed in (even while a
//! password change is due), `/api/people` and `/api/me` anyone signed in, `/api/admin` administrators.

#[cfg(feature = "admin")]
pub mod absent;
#[cfg(feature = "admin")]
pub mod audit;
#[cfg(feature = "admin")]
pub mod imports;
#[cfg(feature = "admin")]
pub mod mail;
#[cfg(feature = "admin")]
pub mod mail_texts;
pub mod me;
pub mod password;
pub mod people;
#[cfg(feature = "admin")]
pub mod people_admin;
pub mod second_factor;
pub mod session;
#[cfg(feature = "admin")]
pub mod settings;
pub mod setup;
#[cfg(feature = "admin")]
pub mod waves;

#[cfg(feature = "ssr")]
pub mod server;

pub use crate::wire::ApiError;
use crate::wire::error_text;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::{Deserialize, Serialize};

impl FromServerFnError for ApiError {
    type Encoder = ErrorText;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => not_understood(),
            // On the server it is the request that cannot be read, in the browser the answer.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(_) => not_understood(),
            other => ApiError::Transport(other.to_string()),
        }
    }
}

fn not_understood() -> ApiError {
    let error = ApiError::Refused("The request could not be understood.".to_owned());
    // Nobody else gives this answer its status: no function has run.
    #[cfg(feature = "ssr")]
    let error = server::fail(error);
    error
}

/// Errors as the text that [`error_text`] writes.
pub struct ErrorText;

impl ContentType for ErrorText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for ErrorText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<ApiError> for ErrorText {
    type Error = String;

    fn encode(error: &ApiError) -> Result<Bytes, String> {
        error_text::encode(error).map(Bytes::from)
    }
}

impl Decodes<ApiError> for ErrorText {
    type Error = String;

    fn decode(bytes: Bytes) -> Result<ApiError, String> {
        error_text::decode(&bytes)
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
