//! The directory that everyone signed in may read.

use super::{ApiError, Listing};
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

/// A person as the directory lists them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonCard {
    /// Unique name; also the last part of the profile's address.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Address.
    pub email: String,
    /// Job title, if known.
    pub job_title: String,
    /// Department, if known.
    pub department: String,
    /// Location, if known.
    pub location: String,
}

/// A profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Name, address and place.
    pub card: PersonCard,
    /// The other filled fields: label and value.
    pub fields: Vec<(String, String)>,
    /// Whether it is the profile of the person who asks.
    pub own: bool,
    /// Whether the account can be used.
    pub active: bool,
}

/// Searches active people by name, username, e-mail, job title, department and location.
///
/// # Errors
/// [`ApiError::Unavailable`].
#[server(prefix = "/api/people", endpoint = "search", input = Postcard, output = Postcard)]
pub async fn search_people(
    text: String,
    department: String,
    page: u32,
) -> Result<Listing<PersonCard>, ApiError> {
    use super::server;
    use directory::people::{PeopleQuery, Status};

    server::session()?;
    let query = PeopleQuery {
        text,
        department: Some(department).filter(|department| !department.is_empty()),
        status: Some(Status::Active),
        page: page.max(1),
        page_size: 24,
        ..PeopleQuery::default()
    };
    let found =
        server::directory().search_people(&query).await.map_err(|error| server::fail(error.into()))?;
    Ok(server::listing(found, PersonCard::from))
}

/// One person's profile.
///
/// # Errors
/// [`ApiError::NotFound`].
#[server(name = GetProfile, prefix = "/api/people", endpoint = "profile", input = Postcard, output = Postcard)]
pub async fn profile(username: String) -> Result<Profile, ApiError> {
    use super::server;
    use directory::people::{Role, Status};

    let session = server::session()?;
    let account = server::directory()
        .account_by_username(&username)
        .await
        .map_err(|error| server::fail(error.into()))?
        .filter(|account| account.status == Status::Active || session.account.role == Role::Administrator)
        .ok_or_else(|| server::fail(ApiError::NotFound))?;
    Ok(server::profile(account, &session))
}

/// The own profile.
///
/// # Errors
/// [`ApiError::SignInRequired`].
#[server(prefix = "/api/people", endpoint = "me", input = Postcard, output = Postcard)]
pub async fn own_profile() -> Result<Profile, ApiError> {
    use super::server;

    let session = server::session()?;
    profile(session.account.username).await
}
