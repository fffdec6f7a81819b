//! Seats: the right to have one active account. Members take one, administrators none.

use crate::account::Actor;
use crate::audit::Event;
use crate::error::StoreError;
use crate::{Directory, audit};
use serde::{Deserialize, Serialize};

/// How many seats there are and how many are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seats {
    /// The licensed number; `None` = unlimited.
    pub limit: Option<u32>,
    /// Active members.
    pub used: u32,
}

impl Seats {
    /// Seats that can still be taken; `None` = as many as you like. Zero when a lowered limit is exceeded.
    #[must_use]
    pub fn free(self) -> Option<u32> {
        self.limit.map(|limit| limit.saturating_sub(self.used))
    }
}

impl Directory {
    /// The seats as they are now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn seats(&self) -> Result<Seats, StoreError> {
        self.store().read().await?.seats().await
    }

    /// Sets the number of seats; `None` = unlimited. A limit below what is taken closes no account, but nothing more
    /// is granted until enough seats are free.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_seat_limit(&self, actor: &Actor, limit: Option<u32>) -> Result<(), StoreError> {
        let mut tx = self.store().begin().await?;
        tx.set_seat_limit(limit).await?;
        let detail = limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
        tx.record(&[audit::record(self.now(), actor, Event::SeatLimitChanged, "seats", &detail)]).await?;
        tx.save().await
    }
}
