//! The outbox as the store sees it.

use super::Result;
use crate::account::Status;
use crate::clock::Timestamp;
use crate::held::Held;
use crate::id::{AccountId, ImportId, MessageId};
use crate::outbox::{MessageKind, MessageState, OutboxCounts, OutboxItem};
use crate::page::PageRequest;
use crate::trouble::Trouble;
use async_trait::async_trait;
use serde::Serialize;

/// A message that is owed from now on.
#[derive(Serialize)]
pub(crate) struct NewMessage {
    pub id: MessageId,
    pub account_id: AccountId,
    pub import_id: Option<ImportId>,
    pub kind: MessageKind,
    pub with_secret: bool,
    pub created_at: Timestamp,
}

/// A message that a worker holds, with what it needs to be written.
#[derive(sqlx::FromRow)]
pub(crate) struct ClaimedMessage {
    pub id: MessageId,
    pub fence: i64,
    pub account_id: AccountId,
    pub kind: MessageKind,
    pub with_secret: bool,
    #[sqlx(try_from = "i64")]
    pub attempts: u32,
    pub created_at: Timestamp,
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub status: Status,
    #[sqlx(try_from = "i64")]
    pub issue_number: u32,
    /// Of the temporary password, where there is one.
    pub verifier: Option<Vec<u8>>,
    pub expires_at: Option<Timestamp>,
}

/// How an attempt ended.
#[derive(Serialize)]
pub(crate) struct ConcludedMessage {
    pub message_id: MessageId,
    pub fence: i64,
    pub state: MessageState,
    pub reply: String,
    /// When to try again; for `Queued`.
    pub due_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Whether it counts as an attempt.
    pub counts: bool,
}

impl ConcludedMessage {
    /// Ended at `now`.
    pub(crate) fn new(
        message_id: MessageId,
        fence: i64,
        state: MessageState,
        reply: String,
        now: Timestamp,
    ) -> Self {
        let finished_at = matches!(state, MessageState::Sent | MessageState::Failed).then_some(now);
        Self { message_id, fence, state, reply, due_at: now, finished_at, counts: true }
    }
}

/// How the reply of a message begins that is held back, which tells it from one that failed.
macro_rules! held_back {
    () => {
        "held back: "
    };
}

macro_rules! held {
    () => {
        concat!("state = 'failed' AND reply LIKE '", held_back!(), "%'")
    };
}

// The same for both engines, and for a copy that no engine is opened for; `$1` is now.

/// Holds back what waits.
pub(crate) const HOLD_MESSAGES: &str = concat!(
    "UPDATE message SET state = 'failed', worker = NULL, fence = fence + 1, finished_at = $1, reply = '",
    held_back!(),
    "it waited when the database was copied, and may have been sent before the copy was restored' ",
    "WHERE state IN ('queued', 'sending')"
);

/// What is held back, as [`Held`].
pub(crate) const HELD: &str = concat!(
    "SELECT COUNT(*) AS mails, MIN(created_at) AS since, MAX(created_at) AS until FROM message WHERE ",
    held!()
);

/// Lets go what is held back, except to people to whom something is under way.
pub(crate) const RELEASE_HELD: &str = concat!(
    "UPDATE message SET state = 'queued', due_at = $1, finished_at = NULL, reply = NULL WHERE ",
    held!(),
    " AND NOT EXISTS (SELECT 1 FROM message o WHERE o.account_id = message.account_id AND o.state IN ('queued', 'sending'))"
);

/// Stops the waves that are planned or under way.
pub(crate) const STOP_WAVES: &str = "UPDATE wave SET state = 'cancelled', finished_at = $1, \
     note = 'the database was restored from a copy: who was released since the copy was made is not known; plan it again' \
     WHERE state IN ('scheduled', 'sending')";

/// Messages.
#[async_trait]
pub(crate) trait OutboxStore {
    /// Queues messages; a person to whom one is under way gets no second one. Answers for whom one was queued.
    async fn enqueue(&mut self, messages: &[NewMessage]) -> Result<Vec<AccountId>>;
    /// Takes due messages, and those whose worker let the lease run out.
    async fn claim_messages(
        &mut self,
        worker: &str,
        max: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Vec<ClaimedMessage>>;
    /// Records how attempts ended, each if its claim still holds; answers which.
    async fn conclude(&mut self, messages: &[ConcludedMessage]) -> Result<Vec<MessageId>>;
    async fn outbox_page(
        &mut self,
        state: Option<MessageState>,
        page: PageRequest,
    ) -> Result<(Vec<OutboxItem>, u64)>;
    async fn outbox_item(&mut self, id: MessageId) -> Result<Option<OutboxItem>>;
    async fn outbox_counts(&mut self) -> Result<OutboxCounts>;
    /// Names of the workers that hold messages.
    async fn holders(&mut self) -> Result<Vec<String>>;
    /// Ends the leases of these workers, who will not come back.
    async fn release_messages(&mut self, workers: &[String], now: Timestamp) -> Result<u64>;
    /// Makes a queued or failed message due at once.
    async fn requeue(&mut self, id: MessageId, now: Timestamp) -> Result<bool>;
    /// Holds back all messages that wait or are being sent, and stops all waves; answers how many there were of each.
    async fn hold_mail(&mut self, now: Timestamp) -> Result<(u64, u64)>;
    async fn held_mail(&mut self) -> Result<Held>;
    /// Makes what is held back due at once, except to people to whom something is under way.
    async fn release_held_mail(&mut self, now: Timestamp) -> Result<u64>;
    async fn mail_trouble(&mut self) -> Result<Option<Trouble>>;
    /// What keeps mail back; it goes on since it began, unless nobody has met it since `forgotten`.
    async fn put_mail_trouble(&mut self, trouble: &Trouble, forgotten: Timestamp) -> Result<()>;
    async fn drop_mail_trouble(&mut self) -> Result<()>;
    /// Makes due at once what was put off by the trouble there is.
    async fn hasten_messages(&mut self, now: Timestamp) -> Result<()>;
    /// How many messages wait or are being sent.
    async fn messages_under_way(&mut self) -> Result<u32>;
    /// Messages that wait for accounts that were deactivated are no longer owed.
    async fn drop_messages_of(&mut self, accounts: &[AccountId], now: Timestamp) -> Result<()>;
}
