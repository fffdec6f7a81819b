//! First run: the first administrator.

use super::ApiError;
use super::session::SignedIn;
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;

/// Whether the one-time link can still be used.
///
/// # Errors
/// [`ApiError::Unavailable`] when the database cannot be reached.
#[server(prefix = "/api/public", endpoint = "setup_link_valid", input = Postcard, output = Postcard)]
pub async fn setup_link_valid(token: String) -> Result<bool, ApiError> {
    use super::server;
    server::directory().check_setup_token(&token).await.map_err(|error| server::fail(error.into()))
}

/// Creates the first administrator and signs that person in. The link works once.
///
/// # Errors
/// [`ApiError::Refused`] with the reason: the link is used up, a field is not valid, the password is too weak.
#[server(prefix = "/api/public", endpoint = "complete_setup", output = Postcard)]
pub async fn complete_setup(
    token: String,
    username: String,
    email: String,
    first_name: String,
    last_name: String,
    password: String,
    repeat: String,
) -> Result<SignedIn, ApiError> {
    use super::server;
    use directory::setup::NewAdministrator;

    if password != repeat {
        return Err(server::fail(ApiError::Refused("The two passwords are not the same.".to_owned())));
    }
    let administrator = NewAdministrator {
        username: username.clone(),
        email,
        first_name,
        last_name,
        password: password.clone().into(),
    };
    server::directory()
        .complete_setup(&token, administrator)
        .await
        .map_err(|error| server::fail(error.into()))?;
    let (peer, agent) = (server::peer(), server::agent());
    let whence = directory::sessions::Whence { address: &peer, agent: &agent };
    if let Ok(signed_in) = server::directory().sign_in_from(&username, password.into(), whence).await {
        server::set_session_cookie(&signed_in.token);
    }
    let go = "/admin/people/import".to_owned();
    server::redirect_form(&go);
    Ok(SignedIn { go })
}
