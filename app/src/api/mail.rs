//! The outbox as the administration sees it.

use super::people_admin::MailState;
use super::{ApiError, Listing, Millis};
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageView {
    /// Identifier.
    pub id: String,
    /// Address it goes to.
    pub to: String,
    /// Username of the person.
    pub username: String,
    /// What it is: `Login details`.
    pub kind: String,
    /// How far it is.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: u32,
    /// What the mail server said last.
    pub reply: String,
    /// When it was put into the outbox.
    pub created_at: Millis,
    /// When the mail server took it.
    pub sent_at: Option<Millis>,
    /// When it is tried next, while it is queued.
    pub next_attempt_at: Option<Millis>,
    /// Whether its text can be read here (file transport).
    pub readable: bool,
}

/// How many messages are in each state, and how mail leaves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutboxSummary {
    /// Waiting.
    pub queued: u32,
    /// Being sent.
    pub sending: u32,
    /// Taken by the mail server.
    pub sent: u32,
    /// Refused for good.
    pub failed: u32,
    /// A sentence: `Mails are written as files under …` or `Mails go to smtp.example.org:587`.
    pub transport: String,
}

/// What keeps all mail back, by what has to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TroubleKind {
    /// The mail server cannot be reached.
    Unreachable,
    /// It asks for patience.
    Busy,
    /// It refuses the user name or the password.
    Login,
    /// It refuses the sender's address.
    Sender,
    /// The connection cannot be encrypted as it has to be.
    Encryption,
    /// It refuses this server.
    Refused,
    /// Mails are written as files, and cannot be.
    NotWritten,
}

/// Why no mail leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TroubleView {
    /// What it is.
    pub kind: TroubleKind,
    /// The mail server's words, or the system's.
    pub words: String,
    /// Since when.
    pub since: Millis,
    /// When it is tried again.
    pub next_try_at: Millis,
    /// How many mails wait.
    pub waiting: u32,
}

/// Mails that wait for somebody's word, because the database comes from a copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldView {
    /// How many.
    pub mails: u32,
    /// When the first and the last of them became owed.
    pub owed: (Millis, Millis),
}

/// What administrators should know about mail wherever they are; mostly nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HoldupView {
    /// Why no mail leaves, while some waits.
    pub trouble: Option<TroubleView>,
    /// What is held back.
    pub held: Option<HeldView>,
}

/// What keeps mail from leaving at the moment.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "mail_holdup", input = Postcard, output = Postcard)]
pub async fn mail_holdup() -> Result<HoldupView, ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory().mail_holdup().await.map_err(|error| server::fail(error.into()))?;
    Ok(found.into())
}

/// One page of the outbox, newest first; `state` narrows it down.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "outbox", input = Postcard, output = Postcard)]
pub async fn outbox(state: Option<MailState>, page: u32) -> Result<Listing<MessageView>, ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory()
        .outbox(state.map(Into::into), page.max(1))
        .await
        .map_err(|error| server::fail(error.into()))?;
    let mailroom = server::mailroom();
    Ok(server::listing(found, |item| server::message_view(item, mailroom.as_ref())))
}

/// Counts by state, and how mail leaves.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(name = GetOutboxSummary, prefix = "/api/admin", endpoint = "outbox_summary", input = Postcard, output = Postcard)]
pub async fn outbox_summary() -> Result<OutboxSummary, ApiError> {
    use super::server;

    server::administrator()?;
    let counts = server::directory().outbox_counts().await.map_err(|error| server::fail(error.into()))?;
    Ok(OutboxSummary {
        queued: counts.queued,
        sending: counts.sending,
        sent: counts.sent,
        failed: counts.failed,
        transport: server::mailroom().describe(),
    })
}

/// Puts a failed or waiting message at the head of the queue.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Refused`].
#[server(prefix = "/api/admin", endpoint = "retry_message", input = Postcard, output = Postcard)]
pub async fn retry_message(id: String) -> Result<(), ApiError> {
    use super::server;

    let actor = server::administrator()?;
    server::directory()
        .retry_message(&actor, server::message_id(&id)?)
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::wake_sender();
    Ok(())
}

/// The text of a message that the file transport has written.
///
/// # Errors
/// [`ApiError::NotFound`] with another transport, or when the file is gone.
#[server(prefix = "/api/admin", endpoint = "message_text", input = Postcard, output = Postcard)]
pub async fn message_text(id: String) -> Result<String, ApiError> {
    use super::server;

    server::administrator()?;
    server::message_id(&id)?;
    server::mailroom().read(&id).await.ok_or_else(|| server::fail(ApiError::NotFound))
}

/// Sends a test mail to the administrator's own address, at once, and answers with the mail server's words.
///
/// # Errors
/// [`ApiError::Refused`] with what went wrong.
#[server(prefix = "/api/admin", endpoint = "send_test_mail", input = Postcard, output = Postcard)]
pub async fn send_test_mail() -> Result<String, ApiError> {
    use super::server;

    server::send_test_mail(None).await
}
