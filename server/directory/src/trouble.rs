//! Why no mail leaves at the moment: what whoever tried last was told, for all processes and for the pages. Kept in the
//! database, because it is one mail server for all of them, and because since when it lasts must outlive a restart.

use crate::Directory;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::held::Held;
use crate::outbox::kept;
use std::time::Duration;

/// A trouble that nobody has met again for so long after the next try was due is over, or its witness is.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);

text_enum! {
    /// What keeps all mail back, by what has to be done about it.
    pub enum TroubleKind {
        /// The mail server cannot be reached.
        Unreachable = "unreachable",
        /// The mail server asks for patience.
        Busy = "busy",
        /// The mail server refuses the user name or the password.
        Login = "login",
        /// The mail server refuses the sender's address.
        Sender = "sender",
        /// The connection cannot be encrypted as it has to be.
        Encryption = "encryption",
        /// The mail server refuses this server.
        Refused = "refused",
        /// Mails are written as files, and cannot be.
        NotWritten = "not_written",
    }
}

/// What keeps all mail back.
#[derive(Clone, PartialEq, Eq, Debug, sqlx::FromRow)]
pub struct Trouble {
    /// What it is.
    pub kind: TroubleKind,
    /// The mail server's words, or the system's.
    pub words: String,
    /// Since when.
    pub since: Timestamp,
    /// When it is tried again.
    pub next_try_at: Timestamp,
}

/// What keeps mail from leaving, and how much of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holdup {
    /// What keeps all mail back.
    pub trouble: Option<Trouble>,
    /// Mails that wait to be sent, for that reason or for their turn.
    pub waiting: u32,
    /// Mails that wait for somebody's word, because the database comes from a copy.
    pub held: Held,
}

impl Directory {
    /// No mail can leave, and nobody tries for `pause`. The same trouble again keeps its beginning.
    ///
    /// # Errors
    /// The database failed.
    pub async fn mail_waits(
        &self,
        kind: TroubleKind,
        words: &str,
        pause: Duration,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let trouble = Trouble { kind, words: kept(words), since: now, next_try_at: now.after(pause) };
        let mut tx = self.store().begin().await?;
        tx.put_mail_trouble(&trouble, now.before(FORGOTTEN_AFTER)).await?;
        tx.save().await
    }

    /// Mail leaves again: what was put off by the trouble is due at once.
    ///
    /// # Errors
    /// The database failed.
    pub async fn mail_leaves(&self) -> Result<(), StoreError> {
        let mut tx = self.store().begin().await?;
        tx.hasten_messages(self.now()).await?;
        tx.drop_mail_trouble().await?;
        tx.save().await
    }

    /// What was put off by a trouble is tried at once: at a start, when it may have been mended.
    ///
    /// # Errors
    /// The database failed.
    pub async fn try_mail_again(&self) -> Result<(), StoreError> {
        let mut tx = self.store().begin().await?;
        tx.hasten_messages(self.now()).await?;
        tx.save().await
    }

    /// What keeps mail from leaving at the moment.
    ///
    /// # Errors
    /// The database failed.
    pub async fn mail_holdup(&self) -> Result<Holdup, StoreError> {
        let long_ago = self.now().before(FORGOTTEN_AFTER);
        let mut store = self.store().read().await?;
        let trouble = store.mail_trouble().await?.filter(|trouble| trouble.next_try_at > long_ago);
        let waiting = store.messages_under_way().await?;
        Ok(Holdup { trouble, waiting, held: store.held_mail().await? })
    }
}
