//! The outbox as the store sees it.

use super::Result;
use crate::account::Status;
use crate::clock::Timestamp;
use crate::id::{AccountId, ImportId, MessageId};
use crate::outbox::{MessageKind, MessageState, OutboxCounts, OutboxItem};
use crate::page::PageRequest;
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
    /// Messages that wait for accounts that were deactivated are no longer owed.
    async fn drop_messages_of(&mut self, accounts: &[AccountId], now: Timestamp) -> Result<()>;
}
