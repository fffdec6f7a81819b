//! Waves: login details for many, now or at a time, at most so many an hour.
//!
//! A wave is planned once: its people are written down, each once, and who cannot be handed anything is left out and said.
//! From then on any server releases it, batch by batch. A batch is one transaction that holds the wave locked: new secrets,
//! messages in the outbox, audit records, what became of each person, and when the next batch is due, or nothing of it.
//! So there is no lease to lose: whoever is killed in the middle has done nothing, and two servers never do the same batch.
//!
//! The pace is kept by what is released: so many at a time, and a wait after each batch that no pause shortens.

mod plan;
mod release;

use crate::Directory;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::handover::LeftOut;
use crate::id::AccountId;
use crate::outbox::MessageState;
use crate::page::{Page, PageRequest};
use serde::{Deserialize, Serialize};

pub use crate::id::WaveId;
pub use plan::{NewWave, PlanError};
pub use release::WaveStep;

text_enum! {
    /// Where a wave stands.
    pub enum WaveState {
        /// Its time has not come.
        Scheduled = "scheduled",
        /// Its people are released, batch by batch.
        Sending = "sending",
        /// All of its mails are in the outbox or beyond.
        Done = "done",
        /// Stopped.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// Which people of a wave are wanted.
    pub enum WavePeople {
        /// Who has not signed in since.
        NotSignedIn = "not_signed_in",
        /// Whose mail the mail server refused, or that was not sent.
        Failed = "failed",
        /// Who was left out.
        LeftOut = "left_out",
    }
}

/// A wave as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct Wave {
    /// Identifier.
    pub id: WaveId,
    /// Name.
    pub name: String,
    /// Who planned it.
    #[sqlx(rename = "actor_name")]
    pub by: String,
    /// Whom it is for, in words.
    pub chosen: String,
    /// Whether a link is handed over; else a temporary password.
    pub by_link: bool,
    /// How many are released in an hour at most.
    pub per_hour: Option<i64>,
    /// Where it stands.
    pub state: WaveState,
    /// When it begins.
    pub begins_at: Timestamp,
    /// When the next batch is due.
    pub next_at: Timestamp,
    /// All who were chosen.
    #[sqlx(try_from = "i64")]
    pub people: u32,
    /// For whom a mail was queued.
    #[sqlx(try_from = "i64")]
    pub released: u32,
    /// Who was left out.
    #[sqlx(try_from = "i64")]
    pub left_out: u32,
    /// Why it was stopped.
    pub note: Option<String>,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it was done or stopped.
    pub finished_at: Option<Timestamp>,
}

/// How far the people of a wave have come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, sqlx::FromRow)]
pub struct WaveFunnel {
    /// Whose mail waits in the outbox or is being sent.
    #[sqlx(try_from = "i64")]
    pub queued: u32,
    /// Whose mail the mail server took.
    #[sqlx(try_from = "i64")]
    pub sent: u32,
    /// Whose mail was refused for good, or not sent after all.
    #[sqlx(try_from = "i64")]
    pub failed: u32,
    /// Who signed in since.
    #[sqlx(try_from = "i64")]
    pub signed_in: u32,
    /// Of them, who has an own password.
    #[sqlx(try_from = "i64")]
    pub own_password: u32,
    /// Who could be sent it again: released, and never signed in.
    #[sqlx(try_from = "i64")]
    pub never_signed_in: u32,
}

/// One person of a wave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct WavePerson {
    /// The account; may be gone.
    pub account_id: AccountId,
    /// Username, as it was when the wave was planned.
    pub username: String,
    /// First and last name; empty where the account is gone.
    pub name: String,
    /// State of the mail.
    pub mail: Option<MessageState>,
    /// The mail server's latest words.
    pub reply: Option<String>,
    /// Why there is none.
    pub left_out: Option<LeftOut>,
    /// When the person signed in last, if that was since.
    pub signed_in_at: Option<Timestamp>,
}

impl Directory {
    /// A wave as it stands.
    ///
    /// # Errors
    /// The database failed.
    pub async fn wave(&self, id: WaveId) -> Result<Option<(Wave, WaveFunnel)>, StoreError> {
        let mut tx = self.store().read().await?;
        match tx.wave(id).await? {
            Some(wave) => Ok(Some((wave, tx.wave_funnel(id).await?))),
            None => Ok(None),
        }
    }

    /// A page of all waves, newest first; pages count from 1.
    ///
    /// # Errors
    /// The database failed.
    pub async fn waves(&self, page: u32) -> Result<Page<Wave>, StoreError> {
        let page = PageRequest::number(page);
        Ok(Page::of(self.store().read().await?.waves_page(page).await?, page))
    }

    /// A page of the people of a wave, perhaps only some of them; pages count from 1.
    ///
    /// # Errors
    /// The database failed.
    pub async fn wave_people(
        &self,
        id: WaveId,
        which: Option<WavePeople>,
        page: u32,
    ) -> Result<Page<WavePerson>, StoreError> {
        let page = PageRequest::number(page);
        Ok(Page::of(self.store().read().await?.wave_people(id, which, page).await?, page))
    }
}
