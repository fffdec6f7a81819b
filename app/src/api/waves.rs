//! Handing login details over: who can get them, waves, and how far they have come.

use super::people_admin::{MailState, Selection};
use super::{ApiError, Listing, Millis};
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use roster::review::HandOver;
use serde::{Deserialize, Serialize};

/// How many of those who were chosen can be handed login details.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipients {
    /// How many can.
    pub able: u32,
    /// How many cannot: closed, administrators, or with an own password.
    pub left_out: u32,
}

/// A wave to be planned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WavePlan {
    /// Name; may be empty.
    pub name: String,
    /// What is handed over.
    pub hand_over: HandOver,
    /// When it begins; `None` is now.
    pub begins_at: Option<Millis>,
    /// How many mails an hour at most; `None` is as fast as mail leaves.
    pub per_hour: Option<u32>,
}

/// Where a wave stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaveState {
    /// Its time has not come.
    Scheduled,
    /// Mails are queued, batch by batch.
    Sending,
    /// All mails are queued.
    Done,
    /// Stopped.
    Cancelled,
}

/// A wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveView {
    /// Identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Who planned it.
    pub by: String,
    /// Whom it is for, in words.
    pub chosen: String,
    /// What is handed over.
    pub hand_over: HandOver,
    /// How many mails an hour at most.
    pub per_hour: Option<u32>,
    /// Where it stands.
    pub state: WaveState,
    /// When it begins.
    pub begins_at: Millis,
    /// When the next mails are due.
    pub next_at: Millis,
    /// All who were chosen.
    pub people: u32,
    /// For whom a mail was queued.
    pub released: u32,
    /// Who was left out.
    pub left_out: u32,
    /// Why it was stopped.
    pub note: String,
    /// When it was planned.
    pub created_at: Millis,
}

/// How far the people of a wave have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveFunnelView {
    /// Whose mail waits or is being sent.
    pub queued: u32,
    /// Whose mail the mail server took.
    pub sent: u32,
    /// Whose mail was refused, or not sent after all.
    pub failed: u32,
    /// Who signed in since.
    pub signed_in: u32,
    /// Of them, who has an own password.
    pub own_password: u32,
    /// Who could be sent it again.
    pub never_signed_in: u32,
}

/// One person of a wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WavePersonView {
    /// Username.
    pub username: String,
    /// Given and family name; empty where the account is gone.
    pub name: String,
    /// State of the mail.
    pub mail: Option<MailState>,
    /// The mail server's words, or why there is no mail.
    pub why: String,
    /// Whether the person was left out.
    pub left_out: bool,
    /// When the person signed in, if that was since.
    pub signed_in_at: Option<Millis>,
}

/// How many of a selection can be handed login details.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(name = GetRecipients, prefix = "/api/admin", endpoint = "recipients", input = Postcard, output = Postcard)]
pub async fn recipients(selection: Selection) -> Result<Recipients, ApiError> {
    use super::server;

    server::administrator()?;
    let accounts = server::selected(&selection).await?;
    let found =
        server::directory().recipients(&accounts).await.map_err(|error| server::fail(error.into()))?;
    Ok(Recipients { able: found.able, left_out: found.left_out })
}

/// Plans a wave; answers which.
///
/// # Errors
/// [`ApiError::Refused`] when nobody would get anything, or the time or pace is impossible.
#[server(name = PlanWave, prefix = "/api/admin", endpoint = "plan_wave", input = Postcard, output = Postcard)]
pub async fn plan_wave(plan: WavePlan, selection: Selection) -> Result<String, ApiError> {
    use super::server;

    let actor = server::administrator()?;
    let accounts = server::selected(&selection).await?;
    let wave = server::new_wave(plan, &selection);
    let id = server::directory()
        .plan_wave(&actor, wave, &accounts)
        .await
        .map_err(|error| server::fail(error.into()))?;
    Ok(id.to_string())
}

/// Plans a wave for those of another one who never signed in; answers which.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Refused`] when nobody is left.
#[server(name = RepeatWave, prefix = "/api/admin", endpoint = "repeat_wave", input = Postcard, output = Postcard)]
pub async fn repeat_wave(id: String) -> Result<String, ApiError> {
    use super::server;

    let actor = server::administrator()?;
    let id = server::directory()
        .repeat_wave(&actor, server::wave_id(&id)?)
        .await
        .map_err(|error| server::fail(error.into()))?;
    Ok(id.to_string())
}

/// Stops a wave; `false` when nothing of it waited any more.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(name = CancelWave, prefix = "/api/admin", endpoint = "cancel_wave", input = Postcard, output = Postcard)]
pub async fn cancel_wave(id: String) -> Result<bool, ApiError> {
    use super::server;

    let actor = server::administrator()?;
    server::directory()
        .cancel_wave(&actor, server::wave_id(&id)?)
        .await
        .map_err(|error| server::fail(error.into()))
}

/// A page of all waves.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(name = GetWaves, prefix = "/api/admin", endpoint = "waves", input = Postcard, output = Postcard)]
pub async fn waves(page: u32) -> Result<Listing<WaveView>, ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory().waves(page).await.map_err(|error| server::fail(error.into()))?;
    Ok(server::listing(found, WaveView::from))
}

/// One wave and its funnel.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(name = GetWave, prefix = "/api/admin", endpoint = "wave", input = Postcard, output = Postcard)]
pub async fn wave(id: String) -> Result<(WaveView, WaveFunnelView), ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory().wave(server::wave_id(&id)?).await;
    let (wave, funnel) =
        found.map_err(|error| server::fail(error.into()))?.ok_or_else(|| server::fail(ApiError::NotFound))?;
    Ok((wave.into(), funnel.into()))
}

/// A page of the people of a wave: `not_signed_in`, `failed`, `left_out`, or all.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(name = GetWavePeople, prefix = "/api/admin", endpoint = "wave_people", input = Postcard, output = Postcard)]
pub async fn wave_people(id: String, show: String, page: u32) -> Result<Listing<WavePersonView>, ApiError> {
    use super::server;
    use directory::waves::WavePeople;

    server::administrator()?;
    let found = server::directory()
        .wave_people(server::wave_id(&id)?, WavePeople::parse(&show), page)
        .await
        .map_err(|error| server::fail(error.into()))?;
    Ok(server::listing(found, WavePersonView::from))
}
