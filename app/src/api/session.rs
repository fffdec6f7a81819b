//! Signing in and out.

use super::ApiError;
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

/// Where to go after signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// A path on this site.
    pub go: String,
}

/// Checks a username or e-mail address with its password and opens a session (a cookie).
///
/// # Errors
/// [`ApiError::Refused`] with one and the same sentence for every reason; [`ApiError::Busy`].
#[server(prefix = "/api/public", endpoint = "sign_in", output = Postcard)]
pub async fn sign_in(login: String, password: String, next: Option<String>) -> Result<SignedIn, ApiError> {
    use super::server;
    use directory::credentials::SignInError;

    let (peer, agent) = (server::peer(), server::agent());
    let whence = directory::sessions::Whence { address: &peer, agent: &agent };
    match server::directory().sign_in_from(&login, password.into(), whence).await {
        Ok(signed_in) => {
            server::set_session_cookie(&signed_in.token);
            let go = if signed_in.must_change {
                "/password".to_owned()
            } else {
                server::local_path(next.as_deref()).unwrap_or_else(|| "/people".to_owned())
            };
            server::redirect_form(&go);
            Ok(SignedIn { go })
        }
        Err(SignInError::CodeWanted(pending)) => {
            server::set_pending_cookie(&pending);
            Ok(server::gone_on(&server::code_page(next.as_deref())))
        }
        Err(SignInError::Refused) => Err(server::fail(ApiError::Refused(
            "That did not work. Check the username and the password, wait a moment, and try again."
                .to_owned(),
        ))),
        Err(SignInError::TooMany(wait)) => Err(server::too_many(wait)),
        Err(SignInError::Busy) => Err(server::fail(ApiError::Busy)),
        Err(SignInError::Store(error)) => Err(server::fail(error.into())),
    }
}

/// Ends the session of the person who asks.
///
/// # Errors
/// [`ApiError::Unavailable`] when the database cannot be reached.
#[server(prefix = "/api/session", endpoint = "sign_out", output = Postcard)]
pub async fn sign_out() -> Result<SignedIn, ApiError> {
    use super::server;

    if let Some(token) = server::session_token() {
        server::directory().end_session(&token).await.map_err(|error| server::fail(error.into()))?;
    }
    server::clear_session_cookie();
    server::redirect_form("/sign-in");
    Ok(SignedIn { go: "/sign-in".to_owned() })
}
