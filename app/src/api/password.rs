//! Changing the own password: all that a person reaches while a change is due.

use super::ApiError;
use super::session::SignedIn;
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use roster::policy::PasswordPolicy;
use serde::{Deserialize, Serialize};

/// What the page needs to judge a new password while it is being typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PasswordPage {
    /// The rules.
    pub policy: PasswordPolicy,
    /// Words that the password must not contain come from these.
    pub username: String,
    /// The person's address.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Whether the change is due before anything else.
    pub must_change: bool,
    /// The organisation's name.
    pub organisation: String,
}

/// The rules and whose password it is.
///
/// # Errors
/// [`ApiError::SignInRequired`].
#[server(name = GetPasswordPage, prefix = "/api/password", endpoint = "page", input = Postcard, output = Postcard)]
pub async fn password_page() -> Result<PasswordPage, ApiError> {
    use super::server;

    let session = server::session()?;
    let settings = server::directory().settings().await.map_err(|error| server::fail(error.into()))?;
    Ok(PasswordPage {
        policy: settings.password_policy,
        username: session.account.username,
        email: session.account.email,
        first_name: session.account.first_name,
        last_name: session.account.last_name,
        must_change: session.must_change,
        organisation: settings.organisation,
    })
}

/// Sets a new password, ends every other session of the person, and goes on with a fresh one.
///
/// # Errors
/// [`ApiError::Refused`] with what to mend.
#[server(prefix = "/api/password", endpoint = "change", output = Postcard)]
pub async fn change_password(current: String, new: String, repeat: String) -> Result<SignedIn, ApiError> {
    use super::server;

    if new != repeat {
        return Err(server::fail(ApiError::Refused("The two new passwords are not the same.".to_owned())));
    }
    let token = server::session_token().ok_or_else(|| server::fail(ApiError::SignInRequired))?;
    let fresh = server::directory()
        .change_password(&token, current.into(), new.into())
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::set_session_cookie(&fresh);
    server::redirect_form("/me");
    Ok(SignedIn { go: "/me".to_owned() })
}

/// Owes a link to set a new password to whoever has this username or address. The answer never says whether anybody has.
///
/// # Errors
/// [`ApiError::Refused`] when too many were asked for from one network.
#[server(prefix = "/api/public", endpoint = "forgot_password", output = Postcard)]
pub async fn forgot_password(login: String) -> Result<SignedIn, ApiError> {
    use super::server;
    use directory::resets::ResetRequestError;

    match server::directory().request_password_reset(&login, &server::peer()).await {
        Ok(()) => {
            server::wake_sender();
            let go = "/password/forgot?asked=1".to_owned();
            server::redirect_form(&go);
            Ok(SignedIn { go })
        }
        Err(ResetRequestError::TooMany(wait)) => Err(server::too_many(wait)),
        Err(ResetRequestError::Store(error)) => Err(server::fail(error.into())),
    }
}

/// Sets a new password with the token of a link.
///
/// # Errors
/// [`ApiError::Refused`] with what to mend.
#[server(prefix = "/api/public", endpoint = "reset_password", output = Postcard)]
pub async fn reset_password(token: String, new: String, repeat: String) -> Result<SignedIn, ApiError> {
    use super::server;

    if new != repeat {
        return Err(server::fail(ApiError::Refused("The two new passwords are not the same.".to_owned())));
    }
    server::directory()
        .reset_password(&token, new.into(), &server::peer())
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::redirect_form("/sign-in");
    Ok(SignedIn { go: "/sign-in".to_owned() })
}

/// For whom a newcomer's link is, and the rules for the password that it sets.
///
/// # Errors
/// [`ApiError::NotFound`] when it does not work (any more), [`ApiError::Unavailable`].
#[server(name = GetLinkPage, prefix = "/api/public", endpoint = "link_page", input = Postcard, output = Postcard)]
pub async fn link_page(token: String) -> Result<PasswordPage, ApiError> {
    use super::server;

    let directory = server::directory();
    let owner = directory.link_owner(&token).await.map_err(|error| server::fail(error.into()))?;
    let owner = owner.ok_or_else(|| server::fail(ApiError::NotFound))?;
    let settings = directory.settings().await.map_err(|error| server::fail(error.into()))?;
    Ok(PasswordPage {
        policy: settings.password_policy,
        username: owner.username,
        email: owner.email,
        first_name: owner.first_name,
        last_name: owner.last_name,
        must_change: true,
        organisation: settings.organisation,
    })
}

/// Sets the first password with the token of a newcomer's link, and signs in.
///
/// # Errors
/// [`ApiError::Refused`] with what to mend.
#[server(prefix = "/api/public", endpoint = "set_first_password", output = Postcard)]
pub async fn set_first_password(token: String, new: String, repeat: String) -> Result<SignedIn, ApiError> {
    use super::server;
    use directory::links::LinkError;
    use directory::sessions::Whence;

    if new != repeat {
        return Err(server::fail(ApiError::Refused("The two new passwords are not the same.".to_owned())));
    }
    let (peer, agent) = (server::peer(), server::agent());
    let whence = Whence { address: &peer, agent: &agent };
    let signed_in = match server::directory().set_first_password(&token, new.into(), whence).await {
        Ok(signed_in) => signed_in,
        Err(LinkError::CodeWanted(pending)) => {
            server::set_pending_cookie(&pending);
            return Ok(server::gone_on(&server::code_page(None)));
        }
        Err(error) => return Err(server::fail(error.into())),
    };
    server::set_session_cookie(&signed_in.token);
    server::redirect_form("/me");
    Ok(SignedIn { go: "/me".to_owned() })
}
