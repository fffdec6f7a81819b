//! What server functions need on the server: who is asking, the services, cookies, and how `directory`'s types and
//! errors look from outside. Nothing here decides a rule about people.

mod absent;
mod convert;
mod errors;
mod factor;
mod holdup;
mod mail_texts;
mod mending;
mod settings;
mod waves;

pub use absent::account_of_bytes;
pub use convert::{import_id, listing, message_id, message_view, people_query, profile};
pub use factor::{qr_code, second_factor_view};
pub use mail_texts::{mail_texts, save_mail_text, send_test_mail};
pub use settings::{save_settings, settings_form};
pub use waves::{new_wave, wave_id};

use super::ApiError;
use super::mail_texts::MailPreview;
use super::people_admin::{BulkAction, BulkResult, Selection};
use super::session::SignedIn;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use directory::Directory;
use directory::mail_texts::MailText;
use directory::outbox::MessageKind;
use directory::people::{AccountId, Actor, Role};
use directory::second_factor::PendingToken;
use directory::sessions::{Session, SessionToken};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Sends a mail that is ready, and answers with the mail server's words, or with what went wrong in words for the administrator.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>>;

/// How mail leaves this server, and what can be seen of it here.
pub trait Mailroom: Send + Sync {
    /// A sentence about the transport, without secrets.
    fn describe(&self) -> String;
    /// Whether sent messages can be read here (file transport).
    fn readable(&self) -> bool;
    /// The text of a message that was written as a file.
    fn read<'a>(&'a self, id: &'a str) -> Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>>;
    /// The built-in text of a kind.
    fn built_in(&self, kind: MessageKind) -> MailText;
    /// What texts of a kind can hold between double braces, each with what it stands for.
    fn placeholders(&self, kind: MessageKind) -> Vec<(&'static str, &'static str)>;
    /// Which of them becomes the button.
    fn button(&self, kind: MessageKind) -> &'static str;
    /// The mail for an invented person; the error is a sentence.
    ///
    /// # Errors
    /// Names the field and the placeholder that is wrong.
    fn preview(&self, text: &MailText, organisation: &str) -> Result<MailPreview, String>;
    /// A test mail that goes past the outbox; `text` stands in the place of the general one. What is answered sends it.
    ///
    /// # Errors
    /// What is wrong with the text, in words for the administrator.
    fn test_mail<'a>(
        &'a self,
        text: Option<&MailText>,
        to: &'a str,
        name: &'a str,
        organisation: &'a str,
    ) -> Result<Sending<'a>, String>;
}

/// What server functions work with; the server provides it to every request.
#[derive(Clone)]
pub struct Services {
    /// People, imports, credentials, outbox.
    pub directory: Directory,
    /// Mail.
    pub mailroom: Arc<dyn Mailroom>,
    /// Tells the import runner that there is work.
    pub runner: Arc<Notify>,
    /// Tells the mail sender that there is work.
    pub sender: Arc<Notify>,
    /// Whether the site is served over https, so that cookies may be `Secure`.
    pub secure: bool,
    /// Whether the number of seats comes from the configuration.
    pub seats_fixed: bool,
    /// Whether who has to have a second factor comes from the configuration.
    pub second_factor_fixed: bool,
}

/// What one request brought along.
#[derive(Clone)]
pub struct Caller {
    /// The session its cookie names, if that is alive.
    pub session: Option<Session>,
    /// The token of that cookie.
    pub token: Option<SessionToken>,
    /// The token of a sign-in that waits for a code.
    pub pending: Option<PendingToken>,
    /// Address of the peer.
    pub peer: String,
    /// Browser and system, in words; empty where they are not known.
    pub agent: String,
}

fn services() -> Services {
    expect_context::<Services>()
}

fn caller() -> Caller {
    expect_context::<Caller>()
}

/// The directory.
#[must_use]
pub fn directory() -> Directory {
    services().directory
}

/// How mail leaves.
#[must_use]
pub fn mailroom() -> Arc<dyn Mailroom> {
    services().mailroom
}

/// Tells the import runner that there is work.
pub fn wake_runner() {
    services().runner.notify_one();
}

/// Tells the mail sender that there is work.
pub fn wake_sender() {
    services().sender.notify_one();
}

/// Address of the peer that sent the request.
#[must_use]
pub fn peer() -> String {
    caller().peer
}

/// With what the request was sent, in words.
#[must_use]
pub fn agent() -> String {
    caller().agent
}

/// Nothing, if whoever asks gave the password a moment ago: for what is dangerous by its arguments. What always is
/// dangerous is named where the door decides (`access::wants_proof` of the server).
///
/// # Errors
/// [`ApiError::ProofRequired`].
pub fn proven() -> Result<(), ApiError> {
    if session()?.proven { Ok(()) } else { Err(fail(ApiError::ProofRequired)) }
}

/// The session of whoever asks.
///
/// # Errors
/// [`ApiError::SignInRequired`].
pub fn session() -> Result<Session, ApiError> {
    caller().session.ok_or_else(|| fail(ApiError::SignInRequired))
}

/// The token of whoever asks.
#[must_use]
pub fn session_token() -> Option<SessionToken> {
    caller().token
}

/// The token of a sign-in that waits for a code.
#[must_use]
pub fn pending_token() -> Option<PendingToken> {
    caller().pending
}

/// The administrator who asks. The door has checked the path already; this holds for calls made while a page renders.
///
/// # Errors
/// [`ApiError::SignInRequired`], [`ApiError::PasswordChangeRequired`], [`ApiError::SecondFactorRequired`],
/// [`ApiError::Forbidden`].
pub fn administrator() -> Result<Actor, ApiError> {
    let session = session()?;
    if session.must_change {
        return Err(fail(ApiError::PasswordChangeRequired));
    }
    if session.second_factor_due {
        return Err(fail(ApiError::SecondFactorRequired));
    }
    if session.account.role != Role::Administrator {
        return Err(fail(ApiError::Forbidden));
    }
    Ok(Actor { account: session.account.id, username: session.account.username, role: session.account.role })
}

/// Gives the response the status that goes with an error, and hands the error on. A form that was sent without the
/// page's script is led back to its page instead, which shows the error.
pub fn fail(error: ApiError) -> ApiError {
    if let Some(response) = use_context::<ResponseOptions>()
        && !(accepts_html() && posted())
    {
        response.set_status(error.status());
    }
    error
}

/// Refuses for now: too many came from where this request came from. Says when to try again.
pub fn too_many(wait: Duration) -> ApiError {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    tracing::warn!(peer = peer(), "too much was asked for from one network");
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
        if !(accepts_html() && posted()) {
            response.set_status(StatusCode::TOO_MANY_REQUESTS);
        }
    }
    ApiError::Refused(format!(
        "Too many attempts came from your network. Wait {seconds} seconds and try again."
    ))
}

/// Whether a person's browser asked, rather than the page's script.
fn accepts_html() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    })
}

fn posted() -> bool {
    use_context::<Parts>().is_some_and(|parts| parts.method == Method::POST)
}

impl ApiError {
    /// Status of the response that carries this error.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            ApiError::SignInRequired => StatusCode::UNAUTHORIZED,
            ApiError::PasswordChangeRequired
            | ApiError::ProofRequired
            | ApiError::SecondFactorRequired
            | ApiError::Forbidden => StatusCode::FORBIDDEN,
            ApiError::NotFound => StatusCode::NOT_FOUND,
            ApiError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            ApiError::ChunkExpected(_) => StatusCode::CONFLICT,
            ApiError::Busy => StatusCode::TOO_MANY_REQUESTS,
            ApiError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ApiError::Transport(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Name of the session cookie: the `__Host-` prefix binds it to this host, and is only possible over https.
#[must_use]
pub fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-sid" } else { "sid" }
}

/// Name of the cookie between the password and the code.
#[must_use]
pub fn pending_cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-code" } else { "code" }
}

fn set_cookie(name: fn(bool) -> &'static str, value: &str, max_age: Option<u64>) {
    let secure = services().secure;
    let mut cookie = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax", name(secure));
    if secure {
        cookie.push_str("; Secure");
    }
    if let Some(seconds) = max_age {
        cookie.push_str(&format!("; Max-Age={seconds}"));
    }
    let value = HeaderValue::from_str(&cookie).expect("a token is made of plain letters and digits");
    expect_context::<ResponseOptions>().append_header(header::SET_COOKIE, value);
}

/// Gives the browser its session; it ends with the browser, and on the server by its own limits.
pub fn set_session_cookie(token: &SessionToken) {
    set_cookie(cookie_name, token.expose(), None);
}

/// Gives the browser what it completes its sign-in with; it ends by itself.
pub fn set_pending_cookie(token: &PendingToken) {
    set_cookie(pending_cookie_name, token.expose(), Some(directory::second_factor::PENDING.as_secs()));
}

/// Takes away what a sign-in was completed with.
pub fn clear_pending_cookie() {
    set_cookie(pending_cookie_name, "", Some(0));
}

/// Takes the session's cookie away, and what the pages have kept in the browser: mended cells of a roster.
pub fn clear_session_cookie() {
    set_cookie(cookie_name, "", Some(0));
    let response = expect_context::<ResponseOptions>();
    response
        .insert_header(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"storage\""));
}

/// Redirects a form that was sent without the page's script; a call by the script reads the answer instead.
pub fn redirect_form(path: &str) {
    if accepts_html() {
        leptos_axum::redirect(path);
    }
}

/// The page that asks for the code, and afterwards goes on to `next`.
#[must_use]
pub fn code_page(next: Option<&str>) -> String {
    match local_path(next) {
        Some(next) => crate::components::pagination::address("/sign-in/code", &[("next", &next)]),
        None => "/sign-in/code".to_owned(),
    }
}

/// Leads on to a path, with or without the page's script.
#[must_use]
pub fn gone_on(path: &str) -> SignedIn {
    redirect_form(path);
    SignedIn { go: path.to_owned() }
}

/// A path on this site to go on to, if it is one: absolute, without scheme, host or backslash.
#[must_use]
pub fn local_path(next: Option<&str>) -> Option<String> {
    let next = next?;
    let plain = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && next.bytes().all(|byte| (0x21..0x7f).contains(&byte))
        && !next.starts_with("/sign-")
        && !next.starts_with("/api/");
    plain.then(|| next.to_owned())
}

/// The accounts of a selection.
///
/// # Errors
/// [`ApiError::Refused`] for identifiers that are none.
pub async fn selected(selection: &Selection) -> Result<Vec<AccountId>, ApiError> {
    match selection {
        Selection::Accounts(ids) => ids
            .iter()
            .map(|id| id.parse().map_err(|_| fail(ApiError::Refused("This is not an account.".to_owned()))))
            .collect(),
        Selection::Matching(filter) => {
            let query = people_query(filter)?;
            directory().matching_accounts(&query).await.map_err(|error| fail(error.into()))
        }
    }
}

/// Does something to these accounts.
///
/// # Errors
/// [`ApiError::Refused`] when it would close the last administrator's account.
pub async fn bulk(actor: &Actor, action: BulkAction, accounts: &[AccountId]) -> Result<BulkResult, ApiError> {
    let directory = directory();
    let asked = u32::try_from(accounts.len()).unwrap_or(u32::MAX);
    let (done, without_seat) = match action {
        BulkAction::Deactivate => {
            (directory.deactivate(actor, accounts).await.map_err(|error| fail(error.into()))?, 0)
        }
        BulkAction::Reactivate => {
            let result = directory.reactivate(actor, accounts).await.map_err(|error| fail(error.into()))?;
            (result.reactivated, result.without_seat)
        }
    };
    Ok(BulkResult { done, left: asked.saturating_sub(done + without_seat), without_seat })
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_site_are_gone_on_to() {
        assert_eq!(local_path(Some("/people?page=2")).as_deref(), Some("/people?page=2"));
        for foreign in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "",
            "/sign-out",
        ] {
            assert_eq!(local_path(Some(foreign)), None, "{foreign}");
        }
    }
}
