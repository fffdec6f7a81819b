//! The own second factor, and completing a sign-in with it.

use super::session::SignedIn;
use super::{ApiError, Millis};
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

/// The page that sets it up.
pub const PAGE: &str = "/second-factor";

/// What the person has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorView {
    /// Since when it is in use.
    pub since: Option<Millis>,
    /// Recovery codes that were not used.
    pub recovery_codes: u32,
    /// What is needed to set it up, while it is being set up.
    pub setup: Option<SetupView>,
    /// Whether it has to be set up before anything else.
    pub due: bool,
    /// Whether the password was given a moment ago, so that something can be changed.
    pub proven: bool,
}

/// What the app is given, and what the person keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupView {
    /// The secret as it is typed.
    pub secret: String,
    /// Modules along an edge of the QR code; 0 where there is none.
    pub qr_size: u32,
    /// Its dark modules as the path of an SVG.
    pub qr_path: String,
    /// Recovery codes in groups.
    pub recovery_codes: Vec<String>,
}

/// What the person has.
///
/// # Errors
/// [`ApiError::SignInRequired`], [`ApiError::Unavailable`].
#[server(name = GetSecondFactor, prefix = "/api/me", endpoint = "second_factor", input = Postcard, output = Postcard)]
pub async fn second_factor() -> Result<SecondFactorView, ApiError> {
    use super::server;

    server::second_factor_view(&server::session()?).await
}

/// Begins to set it up, with a fresh secret.
///
/// # Errors
/// [`ApiError::ProofRequired`], [`ApiError::SignInRequired`], [`ApiError::Unavailable`].
#[server(prefix = "/api/me", endpoint = "begin_second_factor", output = Postcard)]
pub async fn begin_second_factor() -> Result<SignedIn, ApiError> {
    use super::server;

    let actor = server::session()?.actor();
    server::directory().begin_second_factor(&actor).await.map_err(|error| server::fail(error.into()))?;
    Ok(server::gone_on(PAGE))
}

/// Takes it into use, with a code of the app.
///
/// # Errors
/// [`ApiError::Refused`] for a wrong one, [`ApiError::ProofRequired`], [`ApiError::SignInRequired`].
#[server(prefix = "/api/me", endpoint = "confirm_second_factor", output = Postcard)]
pub async fn confirm_second_factor(code: String) -> Result<SignedIn, ApiError> {
    use super::server;

    let actor = server::session()?.actor();
    server::directory()
        .confirm_second_factor(&actor, &code)
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::wake_sender();
    Ok(server::gone_on(PAGE))
}

/// Switches it off.
///
/// # Errors
/// [`ApiError::ProofRequired`], [`ApiError::SignInRequired`], [`ApiError::Unavailable`].
#[server(prefix = "/api/me", endpoint = "remove_second_factor", output = Postcard)]
pub async fn remove_second_factor() -> Result<SignedIn, ApiError> {
    use super::server;

    let actor = server::session()?.actor();
    server::directory().remove_second_factor(&actor).await.map_err(|error| server::fail(error.into()))?;
    server::wake_sender();
    Ok(server::gone_on(PAGE))
}

/// Completes a sign-in with a code of the app or a recovery code, and opens a session (a cookie).
///
/// # Errors
/// [`ApiError::Refused`] with one and the same sentence for every reason; [`ApiError::Busy`].
#[server(prefix = "/api/public", endpoint = "sign_in_code", output = Postcard)]
pub async fn sign_in_code(code: String, next: Option<String>) -> Result<SignedIn, ApiError> {
    use super::server;
    use directory::credentials::SignInError;

    let (peer, agent) = (server::peer(), server::agent());
    let whence = directory::sessions::Whence { address: &peer, agent: &agent };
    let answer = match server::pending_token() {
        Some(pending) => server::directory().complete_sign_in(&pending, code.into(), whence).await,
        None => Err(SignInError::Refused),
    };
    match answer {
        Ok(signed_in) => {
            server::set_session_cookie(&signed_in.token);
            server::clear_pending_cookie();
            let go = if signed_in.must_change {
                "/password".to_owned()
            } else {
                server::local_path(next.as_deref()).unwrap_or_else(|| "/people".to_owned())
            };
            Ok(server::gone_on(&go))
        }
        Err(SignInError::Refused | SignInError::CodeWanted(_)) => Err(server::fail(ApiError::Refused(
            "That did not work. Wait for the next code and try again; after five minutes, begin anew with your password."
                .to_owned(),
        ))),
        Err(SignInError::TooMany(wait)) => Err(server::too_many(wait)),
        Err(SignInError::Busy) => Err(server::fail(ApiError::Busy)),
        Err(SignInError::Store(error)) => Err(server::fail(error.into())),
    }
}

/// Takes the second factor of somebody away, ends all sessions of that person, and goes back to the profile. `identified`
/// says how it was made sure that it is this person who asks.
///
/// # Errors
/// [`ApiError::Refused`] when it says nothing; [`ApiError::NotFound`], [`ApiError::ProofRequired`], [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[cfg(feature = "admin")]
#[server(prefix = "/api/admin", endpoint = "take_second_factor", output = Postcard)]
pub async fn take_second_factor(username: String, identified: String) -> Result<SignedIn, ApiError> {
    use super::server;

    let actor = server::administrator()?;
    let directory = server::directory();
    let account =
        directory.account_by_username(&username).await.map_err(|error| server::fail(error.into()))?;
    let account = account.ok_or_else(|| server::fail(ApiError::NotFound))?;
    directory
        .take_second_factor(&actor, account.id, &identified)
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::wake_sender();
    Ok(server::gone_on(&crate::pages::people::profile_address(&account.username)))
}
