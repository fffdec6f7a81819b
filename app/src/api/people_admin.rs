//! Administering people: the list, credentials, seats.

use super::session::SignedIn;
use super::{ApiError, Listing, Millis, Role};
pub use crate::wire::DirectoryKeys;
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use roster::review::KnownPerson;
use serde::{Deserialize, Serialize};

/// How a person gets in at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credential {
    /// Created, nothing handed over yet.
    NotIssued,
    /// A temporary password is out; it ends at this time.
    Issued(Millis),
    /// The temporary password has ended unused.
    Expired,
    /// The person has an own password.
    Own,
}

/// State of a message in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailState {
    /// Waits for its turn.
    Queued,
    /// Is being handed to the mail server.
    Sending,
    /// The mail server took it.
    Sent,
    /// The mail server refused it for good.
    Failed,
}

/// An account as the administration lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Identifier of the account.
    pub id: String,
    /// Unique name.
    pub username: String,
    /// Given and family name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Department, if known.
    pub department: String,
    /// What the account may do.
    pub role: Role,
    /// Whether the account can be used.
    pub active: bool,
    /// How the person gets in.
    pub credential: Credential,
    /// State of the latest mail with login details.
    pub mail: Option<MailState>,
    /// When the person signed in last.
    pub last_sign_in_at: Option<Millis>,
}

/// Which accounts to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountFilter {
    /// Words to search for.
    pub text: String,
    /// `active`, `deactivated`, `not_issued`, `issued`, `expired`, `never_signed_in`, `own`, `administrators`, or empty for all.
    pub show: String,
    /// Only accounts that this import created (its identifier), or empty.
    pub import: String,
    /// Page, from 1.
    pub page: u32,
}

/// Seats by licence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats {
    /// How many active accounts are allowed; `None`: as many as wanted.
    pub limit: Option<u32>,
    /// How many are taken.
    pub used: u32,
}

/// What a bulk action is applied to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Selection {
    /// These accounts.
    Accounts(Vec<String>),
    /// All accounts that match a filter, on every page.
    Matching(AccountFilter),
}

/// What a bulk action can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BulkAction {
    /// Close the accounts and give their seats back.
    Deactivate,
    /// Open the accounts again; takes seats.
    Reactivate,
}

/// What a bulk action did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkResult {
    /// Accounts it was done to.
    pub done: u32,
    /// Accounts it was not done to, because there was nothing to do or it is not allowed for them.
    pub left: u32,
    /// Accounts that found no free seat.
    pub without_seat: u32,
}

/// More people than this are not told by their keys: 4 MB.
#[cfg(feature = "ssr")]
const MOST_KEYS: u32 = 250_000;

/// The administration list.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "accounts", input = Postcard, output = Postcard)]
pub async fn accounts(filter: AccountFilter) -> Result<Listing<AccountRow>, ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory()
        .search_people(&server::people_query(&filter)?)
        .await
        .map_err(|error| server::fail(error.into()))?;
    Ok(server::listing(found, AccountRow::from))
}

/// How one person gets in at present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    /// Identifier of the account.
    pub account: String,
    /// Sessions that are open.
    pub sessions: u32,
    /// Until when every password is refused, after too many that were wrong.
    pub waiting_until: Option<Millis>,
    /// Whether signing in asks for a code as well.
    pub second_factor: bool,
    /// Whether whoever asks gave the password a moment ago, so that it can be taken away.
    pub proven: bool,
}

/// How one person gets in at present.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "access", input = Postcard, output = Postcard)]
pub async fn account_access(username: String) -> Result<AccessView, ApiError> {
    use super::server;

    server::administrator()?;
    let proven = server::session()?.proven;
    let directory = server::directory();
    let account =
        directory.account_by_username(&username).await.map_err(|error| server::fail(error.into()))?;
    let account = account.ok_or_else(|| server::fail(ApiError::NotFound))?.id;
    let access = directory.access(account).await.map_err(|error| server::fail(error.into()))?;
    Ok(AccessView {
        account: account.to_string(),
        sessions: access.sessions,
        waiting_until: access.waiting_until.map(|at| at.0),
        second_factor: access.second_factor,
        proven,
    })
}

/// Ends all sessions of somebody, and goes back to the profile.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "end_sessions", output = Postcard)]
pub async fn end_sessions(username: String) -> Result<SignedIn, ApiError> {
    use super::server;
    use directory::sessions::Which;

    let actor = server::administrator()?;
    let directory = server::directory();
    let account =
        directory.account_by_username(&username).await.map_err(|error| server::fail(error.into()))?;
    let account = account.ok_or_else(|| server::fail(ApiError::NotFound))?;
    directory
        .end_sessions(&actor, account.id, Which::All)
        .await
        .map_err(|error| server::fail(error.into()))?;
    let go = crate::pages::people::profile_address(&account.username);
    server::redirect_form(&go);
    Ok(SignedIn { go })
}

/// Lets somebody sign in again who failed too often, and goes back to the profile.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "lift_lock", output = Postcard)]
pub async fn lift_lock(username: String) -> Result<SignedIn, ApiError> {
    use super::server;

    let actor = server::administrator()?;
    let directory = server::directory();
    let account =
        directory.account_by_username(&username).await.map_err(|error| server::fail(error.into()))?;
    let account = account.ok_or_else(|| server::fail(ApiError::NotFound))?;
    directory.lift_lock(&actor, account.id).await.map_err(|error| server::fail(error.into()))?;
    let go = crate::pages::people::profile_address(&account.username);
    server::redirect_form(&go);
    Ok(SignedIn { go })
}

/// Seats used and allowed.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(name = GetSeats, prefix = "/api/admin", endpoint = "seats", input = Postcard, output = Postcard)]
pub async fn seats() -> Result<Seats, ApiError> {
    use super::server;

    server::administrator()?;
    let seats = server::directory().seats().await.map_err(|error| server::fail(error.into()))?;
    Ok(Seats { limit: seats.limit, used: seats.used })
}

/// Does something to many accounts at once.
///
/// # Errors
/// [`ApiError::Refused`] when it would close the last administrator's account, [`ApiError::ProofRequired`] before
/// accounts are closed.
#[server(prefix = "/api/admin", endpoint = "bulk", input = Postcard, output = Postcard)]
pub async fn bulk(action: BulkAction, selection: Selection) -> Result<BulkResult, ApiError> {
    use super::server;

    let actor = server::administrator()?;
    if action == BulkAction::Deactivate {
        server::proven()?;
    }
    let accounts = server::selected(&selection).await?;
    server::bulk(&actor, action, &accounts).await
}

/// Which of these usernames and e-mail addresses exist, and what their profiles hold; keys as `roster` makes them.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Refused`] for more than 5,000 keys at once.
#[server(prefix = "/api/admin", endpoint = "known_people", input = Postcard, output = Postcard)]
pub async fn known_people(usernames: Vec<String>, emails: Vec<String>) -> Result<Vec<KnownPerson>, ApiError> {
    use super::server;

    server::administrator()?;
    if usernames.len() > 5_000 || emails.len() > 5_000 {
        return Err(server::fail(ApiError::Refused("Ask for at most 5,000 keys at once.".to_owned())));
    }
    server::directory().known_people(&usernames, &emails).await.map_err(|error| server::fail(error.into()))
}

/// Fingerprints of all usernames and addresses in the directory, so that the review need not ask about strangers, and
/// the time at which a review begins.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "known_keys", input = Postcard, output = Postcard)]
pub async fn known_keys() -> Result<DirectoryKeys, ApiError> {
    use super::server;

    server::administrator()?;
    let directory = server::directory();
    let as_of = directory.time().0;
    let known = directory.known_keys(MOST_KEYS).await.map_err(|error| server::fail(error.into()))?;
    Ok(match known {
        Some(known) => DirectoryKeys { as_of, keys: Some(known.keys), looks: known.looks },
        None => DirectoryKeys { as_of, keys: None, looks: Vec::new() },
    })
}
