//! The own sessions, and giving the password once more.

use super::session::SignedIn;
use super::{ApiError, Millis};
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

/// One of the own sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Tells it from the others.
    pub id: String,
    /// Browser and system, in words; empty where they are not known.
    pub agent: String,
    /// The address it was opened from.
    pub address: String,
    /// When it was opened.
    pub created_at: Millis,
    /// When it was used last.
    pub last_seen_at: Millis,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Where the person is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSessions {
    /// Each, the one used last first.
    pub sessions: Vec<SessionView>,
    /// Whether the password was given a moment ago, so that others can be ended.
    pub proven: bool,
    /// Whether signing in asks for a code as well.
    pub second_factor: bool,
}

/// Where the person is signed in.
///
/// # Errors
/// [`ApiError::SignInRequired`], [`ApiError::Unavailable`].
#[server(name = GetOwnSessions, prefix = "/api/me", endpoint = "sessions", input = Postcard, output = Postcard)]
pub async fn own_sessions() -> Result<OwnSessions, ApiError> {
    use super::server;

    let session = server::session()?;
    let token = server::session_token().ok_or_else(|| server::fail(ApiError::SignInRequired))?;
    let found = server::directory()
        .open_sessions(session.account.id, &token)
        .await
        .map_err(|error| server::fail(error.into()))?;
    let sessions = found
        .into_iter()
        .map(|session| SessionView {
            id: session.id,
            agent: session.agent,
            address: session.address,
            created_at: session.created_at.0,
            last_seen_at: session.last_seen_at.0,
            current: session.current,
        })
        .collect();
    let factor = server::directory().second_factor(&session.actor()).await;
    let factor = factor.map_err(|error| server::fail(error.into()))?;
    Ok(OwnSessions { sessions, proven: session.proven, second_factor: factor.since.is_some() })
}

/// Ends one of the own sessions, and goes back to the profile.
///
/// # Errors
/// [`ApiError::ProofRequired`], [`ApiError::SignInRequired`], [`ApiError::Unavailable`].
#[server(prefix = "/api/me", endpoint = "end_session", output = Postcard)]
pub async fn end_own_session(id: String) -> Result<SignedIn, ApiError> {
    use super::server;
    use directory::sessions::Which;

    let session = server::session()?;
    server::directory()
        .end_sessions(&session.actor(), session.account.id, Which::One(&id))
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::redirect_form("/me");
    Ok(SignedIn { go: "/me".to_owned() })
}

/// Ends all own sessions but the one that asks, and goes back to the profile.
///
/// # Errors
/// [`ApiError::ProofRequired`], [`ApiError::SignInRequired`], [`ApiError::Unavailable`].
#[server(prefix = "/api/me", endpoint = "end_other_sessions", output = Postcard)]
pub async fn end_other_sessions() -> Result<SignedIn, ApiError> {
    use super::server;
    use directory::sessions::Which;

    let session = server::session()?;
    let token = server::session_token().ok_or_else(|| server::fail(ApiError::SignInRequired))?;
    server::directory()
        .end_sessions(&session.actor(), session.account.id, Which::AllBut(&token))
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::redirect_form("/me");
    Ok(SignedIn { go: "/me".to_owned() })
}

/// Whether the password was given a moment ago: asked by pages before they send what is no call of a script.
///
/// # Errors
/// [`ApiError::SignInRequired`].
#[server(prefix = "/api/me", endpoint = "proven", input = Postcard, output = Postcard)]
pub async fn proven() -> Result<bool, ApiError> {
    Ok(super::server::session()?.proven)
}

/// Gives the password once more, so that what is dangerous can be done for some minutes, and goes back to `next`.
///
/// # Errors
/// [`ApiError::Refused`] for a wrong one, [`ApiError::SignInRequired`], [`ApiError::Busy`].
#[server(prefix = "/api/me", endpoint = "prove", output = Postcard)]
pub async fn prove(password: String, next: Option<String>) -> Result<SignedIn, ApiError> {
    use super::server;

    let token = server::session_token().ok_or_else(|| server::fail(ApiError::SignInRequired))?;
    let fresh = server::directory()
        .prove(&token, password.into())
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::set_session_cookie(&fresh);
    Ok(server::gone_on(&server::local_path(next.as_deref()).unwrap_or_else(|| "/me".to_owned())))
}
