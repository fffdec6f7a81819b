//! People who are not in a full roster: who they are, naming them for an import, what became of them.

use super::{ApiError, Listing};
pub use crate::wire::{AbsentBrief, MemberKeys};
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

/// Most people who are described at a time.
#[cfg(feature = "ssr")]
const DESCRIBED: usize = 1_000;

/// Somebody who was not in the roster of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentView {
    /// Username.
    pub username: String,
    /// First and last name.
    pub name: String,
    /// Whether the account was closed; `None` while the import goes on.
    pub deactivated: Option<bool>,
    /// Whether it was opened again when the import was taken back.
    pub reopened: Option<bool>,
    /// Why the account was kept, or stays closed.
    pub reason: String,
}

/// Active members after an account, some thousand at a time, told by fingerprints of their keys.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(name = MembersAfter, prefix = "/api/admin", endpoint = "member_keys", input = Postcard, output = Postcard)]
pub async fn member_keys(after: Option<[u8; 16]>) -> Result<Vec<MemberKeys>, ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory()
        .member_keys(after.map(server::account_of_bytes))
        .await
        .map_err(|error| server::fail(error.into()))?;
    Ok(found.into_iter().map(MemberKeys::from).collect())
}

/// Who some accounts are, at most 1,000 of them; whoever is not there any more is left out.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Refused`] for too many at once.
#[server(prefix = "/api/admin", endpoint = "absent_people", input = Postcard, output = Postcard)]
pub async fn absent_people(accounts: Vec<[u8; 16]>) -> Result<Vec<AbsentBrief>, ApiError> {
    use super::server;

    server::administrator()?;
    if accounts.len() > DESCRIBED {
        return Err(server::fail(ApiError::Refused("Ask for at most 1,000 people at once.".to_owned())));
    }
    let accounts: Vec<_> = accounts.into_iter().map(server::account_of_bytes).collect();
    let found =
        server::directory().people_in_brief(&accounts).await.map_err(|error| server::fail(error.into()))?;
    Ok(found.into_iter().map(AbsentBrief::from).collect())
}

/// Names people whose accounts an import closes at its end, because they are not in the file; before it is sealed.
/// Wants the password once more: it closes accounts.
///
/// # Errors
/// [`ApiError::ProofRequired`], [`ApiError::NotFound`], [`ApiError::Refused`] when they are a larger part of all people
/// than was allowed.
#[server(prefix = "/api/admin", endpoint = "name_absent", input = Postcard, output = Postcard)]
pub async fn name_absent(import: String, accounts: Vec<[u8; 16]>) -> Result<(), ApiError> {
    use super::server;

    server::administrator()?;
    let accounts: Vec<_> = accounts.into_iter().map(server::account_of_bytes).collect();
    server::directory()
        .name_absent(server::import_id(&import)?, &accounts)
        .await
        .map_err(|error| server::fail(error.into()))
}

/// Who was not in the roster of an import, one page.
///
/// # Errors
/// [`ApiError::NotFound`].
#[server(prefix = "/api/admin", endpoint = "import_absent", input = Postcard, output = Postcard)]
pub async fn import_absent(id: String, page: u32) -> Result<Listing<AbsentView>, ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory()
        .import_absent(server::import_id(&id)?, page.max(1))
        .await
        .map_err(|error| server::fail(error.into()))?;
    Ok(server::listing(found, AbsentView::from))
}
