//! Mail that is held back, because the database comes from a copy: what waited when the copy was made may have been sent
//! since, which the copy cannot know. Nothing of it goes out before somebody says so.
//!
//! A copy that [`crate::backup`] makes holds its mail back from the start. Whoever restores a copy of another kind does it
//! by hand ([`Directory::hold_mail`]). Accounts that an import makes afterwards are new ones: their mails are not held.

use crate::Directory;
use crate::account::Actor;
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::error::StoreError;

/// Mails that are held back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, sqlx::FromRow)]
pub struct Held {
    /// How many.
    #[sqlx(try_from = "i64")]
    pub mails: u32,
    /// When the first and the last of them became owed; without any, none.
    pub since: Option<Timestamp>,
    /// See [`Held::since`].
    pub until: Option<Timestamp>,
}

/// What was held back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holding {
    /// Mails that waited or were being sent.
    pub mails: u64,
    /// Waves that were planned or under way, and are stopped.
    pub waves: u64,
}

impl Directory {
    /// Holds back all mail that waits, and stops all waves that are planned or under way.
    ///
    /// # Errors
    /// The database failed; nothing was held back.
    pub async fn hold_mail(&self, actor: &Actor) -> Result<Holding, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let (mails, waves) = tx.hold_mail(now).await?;
        let detail = format!("{mails} mails held back and {waves} waves stopped after a restoration");
        tx.record(&[audit::record(now, actor, Event::MessageFailed, "outbox", &detail)]).await?;
        tx.save().await?;
        Ok(Holding { mails, waves })
    }

    /// What is held back at the moment.
    ///
    /// # Errors
    /// The database failed.
    pub async fn held_mail(&self) -> Result<Held, StoreError> {
        self.store().read().await?.held_mail().await
    }

    /// Lets go all mail that is held back, except to people to whom another one is under way. Answers how many.
    ///
    /// # Errors
    /// The database failed; nothing was let go.
    pub async fn release_held_mail(&self, actor: &Actor) -> Result<u64, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let released = tx.release_held_mail(now).await?;
        let detail = format!("{released} mails that were held back");
        tx.record(&[audit::record(now, actor, Event::MessageRetried, "outbox", &detail)]).await?;
        tx.save().await?;
        Ok(released)
    }
}
