//! Mail that is owed. A message is queued in the transaction that makes it owed and stays until the mail server took
//! it or refused it for good: at-least-once delivery.
//!
//! Workers hold messages by a lease and a fencing number; a worker that was paused longer than its lease can record
//! nothing.

mod claim;

use crate::Directory;
use crate::account::Actor;
use crate::audit::{self, Event, storable};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{AccountId, ImportId, MessageId};
use crate::page::{Page, PageRequest};
use crate::rates::Rate;
use crate::secret::{LinkToken, ResetToken, TemporarySecret};
use crate::store::{ConcludedMessage, NewMessage, Transaction};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::Duration;
use thiserror::Error;

/// Waits between attempts, in multiples of the first one; the last one repeats.
const WAITS: [u32; 7] = [1, 2, 4, 8, 15, 30, 60];

/// Longest reply of a mail server that is kept, in characters.
const MAX_REPLY: usize = 500;

/// What the limit of mails that are asked for counts.
const SEND_AGAIN: &str = "send_again";

/// How often somebody can be sent login details again, so that no mailbox is flooded by one who presses a button.
pub const SEND_AGAIN_RATE: Rate = Rate { burst: 3, every: Duration::from_secs(60 * 60) };

text_enum! {
    /// What a message is for.
    pub enum MessageKind {
        /// Username and, if it is a temporary one, the password.
        LoginDetails = "login_details",
        /// A link with which a newcomer sets a password.
        SetPasswordLink = "set_password_link",
        /// A link to set a new password, which the person asked for.
        PasswordReset = "password_reset",
        /// The second factor was switched on.
        SecondFactorOn = "second_factor_on",
        /// The second factor was switched off.
        SecondFactorOff = "second_factor_off",
    }
}

text_enum! {
    /// Where a message stands.
    pub enum MessageState {
        /// Waits for its turn.
        Queued = "queued",
        /// A worker holds it.
        Sending = "sending",
        /// The mail server took it.
        Sent = "sent",
        /// Refused for good; see the reply.
        Failed = "failed",
    }
}

/// A message to be sent now, with its secret.
pub struct OutgoingMessage {
    /// Identifier; the same for every attempt.
    pub id: MessageId,
    /// Proves that the claim still holds; goes back with the result.
    pub fence: i64,
    /// To whom.
    pub account: AccountId,
    /// Address.
    pub to: String,
    /// What it is for.
    pub kind: MessageKind,
    /// The temporary password; `None` where the roster brought a password, or where a link is handed over.
    pub secret: Option<TemporarySecret>,
    /// The token of the link with which a newcomer sets a password, in messages that carry one.
    pub link_token: Option<LinkToken>,
    /// The token of the link to set a new password, in messages that carry one.
    pub reset_token: Option<ResetToken>,
    /// When the temporary password or the newcomer's link runs out.
    pub secret_expires_at: Option<Timestamp>,
    /// This attempt, from 1.
    pub attempts: u32,
    /// Username.
    pub username: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// When the message became owed.
    pub created_at: Timestamp,
}

impl OutgoingMessage {
    /// The Message-ID header (RFC 5322 3.6.4), the same for every attempt. `domain` is that of the sender.
    #[must_use]
    pub fn message_id(&self, domain: &str) -> String {
        format!("<{}@{domain}>", self.id)
    }
}

/// A message as the administration shows it; without any secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct OutboxItem {
    /// Identifier.
    pub id: MessageId,
    /// To whom.
    pub account_id: AccountId,
    /// Username.
    pub username: String,
    /// Address.
    pub email: String,
    /// The import that owes it.
    pub import_id: Option<ImportId>,
    /// What it is for.
    pub kind: MessageKind,
    /// Where it stands.
    pub state: MessageState,
    /// Attempts begun so far.
    #[sqlx(try_from = "i64")]
    pub attempts: u32,
    /// When it is tried next, while it is queued.
    pub due_at: Timestamp,
    /// The mail server's latest words.
    pub reply: Option<String>,
    /// When it became owed.
    pub created_at: Timestamp,
    /// When it was sent or failed for good.
    pub finished_at: Option<Timestamp>,
}

/// Messages by state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct OutboxCounts {
    /// Waiting.
    pub queued: u32,
    /// Held by a worker.
    pub sending: u32,
    /// Taken by the mail server.
    pub sent: u32,
    /// Refused for good.
    pub failed: u32,
}

/// How an attempt to send a message ended, with the claim that proves whose word it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The message.
    pub id: MessageId,
    /// The claim's fencing number.
    pub fence: i64,
    /// What came of it.
    pub end: AttemptEnd,
    /// The mail server's words.
    pub reply: String,
}

/// What came of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttemptEnd {
    /// The mail server took the message.
    Sent,
    /// It failed for now; due again after so long (see [`retry_after`]).
    Later(Duration),
    /// It could not go for a reason that is not its own; due again after so long, and no attempt is counted.
    Postponed(Duration),
    /// The mail server refused this recipient for good.
    Failed,
}

/// The claim no longer holds: its lease ran out and somebody else has the message now.
#[derive(Debug, Error)]
pub enum ClaimError {
    /// Another worker took over.
    #[error("another worker has taken this message over")]
    Lost,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Queues messages that somebody asked for, to each person within [`SEND_AGAIN_RATE`]. A person to whom one is under way
/// gets no second one, and loses nothing by that. Answers for whom one was queued, and who was sent enough lately.
pub(crate) async fn enqueue_again(
    tx: &mut dyn Transaction,
    messages: Vec<NewMessage>,
    now: Timestamp,
) -> Result<(HashSet<AccountId>, HashSet<AccountId>), StoreError> {
    let people: Vec<String> = messages.iter().map(|message| message.account_id.to_string()).collect();
    let allowed: HashSet<String> =
        tx.take_one_each(SEND_AGAIN, &people, SEND_AGAIN_RATE, now).await?.into_iter().collect();
    let (within, beyond): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|message| allowed.contains(&message.account_id.to_string()));
    let queued: HashSet<AccountId> = tx.enqueue(&within).await?.into_iter().collect();
    for message in within.iter().filter(|message| !queued.contains(&message.account_id)) {
        tx.give_back(SEND_AGAIN, &message.account_id.to_string(), SEND_AGAIN_RATE).await?;
    }
    Ok((queued, beyond.iter().map(|message| message.account_id).collect()))
}

/// A mail server's words as they are kept.
pub(crate) fn kept(reply: &str) -> String {
    storable(reply).chars().take(MAX_REPLY).collect()
}

/// The wait before the next attempt, after `attempts` attempts. With a `first` one of a minute: 1, 2, 4, 8, 15, 30, 60
/// minutes, then hourly.
#[must_use]
pub fn retry_after(attempts: u32, first: Duration) -> Duration {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    first * WAITS[index]
}

impl Directory {
    /// The mail server took the message; `reply` are its words.
    ///
    /// # Errors
    /// The claim no longer holds, or the database failed.
    pub async fn record_sent(&self, id: MessageId, fence: i64, reply: &str) -> Result<(), ClaimError> {
        self.record_attempt(id, fence, reply, AttemptEnd::Sent).await
    }

    /// The attempt failed for now; the message is due again after `after` (see [`retry_after`]).
    ///
    /// # Errors
    /// The claim no longer holds, or the database failed.
    pub async fn record_retry(
        &self,
        id: MessageId,
        fence: i64,
        reply: &str,
        after: Duration,
    ) -> Result<(), ClaimError> {
        self.record_attempt(id, fence, reply, AttemptEnd::Later(after)).await
    }

    /// The mail server refused this recipient for good.
    ///
    /// # Errors
    /// The claim no longer holds, or the database failed.
    pub async fn record_failed(&self, id: MessageId, fence: i64, reply: &str) -> Result<(), ClaimError> {
        self.record_attempt(id, fence, reply, AttemptEnd::Failed).await
    }

    async fn record_attempt(
        &self,
        id: MessageId,
        fence: i64,
        reply: &str,
        end: AttemptEnd,
    ) -> Result<(), ClaimError> {
        let attempt = Attempt { id, fence, end, reply: reply.to_owned() };
        if self.record_attempts(&[attempt]).await?.is_empty() { Ok(()) } else { Err(ClaimError::Lost) }
    }

    /// Records how attempts ended, all in one transaction. Answers for which of them the claim no longer holds; those are
    /// left as they are.
    ///
    /// # Errors
    /// The database failed, and nothing was recorded.
    pub async fn record_attempts(&self, attempts: &[Attempt]) -> Result<Vec<MessageId>, StoreError> {
        let now = self.now();
        let concluded: Vec<ConcludedMessage> = attempts
            .iter()
            .map(|attempt| {
                let (state, after, counts) = match attempt.end {
                    AttemptEnd::Sent => (MessageState::Sent, Duration::ZERO, true),
                    AttemptEnd::Later(after) => (MessageState::Queued, after, true),
                    AttemptEnd::Postponed(after) => (MessageState::Queued, after, false),
                    AttemptEnd::Failed => (MessageState::Failed, Duration::ZERO, true),
                };
                let reply = kept(&attempt.reply);
                ConcludedMessage {
                    due_at: now.after(after),
                    counts,
                    ..ConcludedMessage::new(attempt.id, attempt.fence, state, reply, now)
                }
            })
            .collect();
        let mut tx = self.store().begin().await?;
        let recorded: HashSet<MessageId> = tx.conclude(&concluded).await?.into_iter().collect();
        let mut records = Vec::new();
        for message in concluded.iter().filter(|message| message.state == MessageState::Failed) {
            if recorded.contains(&message.message_id) {
                let item = tx.outbox_item(message.message_id).await?;
                let target = item.map(|item| item.username).unwrap_or_default();
                let event = Event::MessageFailed;
                records.push(audit::record(now, &Actor::system(), event, &target, &message.reply));
            }
        }
        if !records.is_empty() {
            tx.record(&records).await?;
        }
        tx.save().await?;
        Ok(attempts.iter().map(|attempt| attempt.id).filter(|id| !recorded.contains(id)).collect())
    }

    /// A page of the outbox, newest first, perhaps only the messages in one state; pages count from 1.
    ///
    /// # Errors
    /// The database failed.
    pub async fn outbox(
        &self,
        state: Option<MessageState>,
        page: u32,
    ) -> Result<Page<OutboxItem>, StoreError> {
        let page = PageRequest::number(page);
        Ok(Page::of(self.store().read().await?.outbox_page(state, page).await?, page))
    }

    /// One message.
    ///
    /// # Errors
    /// The database failed.
    pub async fn message(&self, id: MessageId) -> Result<Option<OutboxItem>, StoreError> {
        self.store().read().await?.outbox_item(id).await
    }

    /// How many messages are in each state.
    ///
    /// # Errors
    /// The database failed.
    pub async fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        self.store().read().await?.outbox_counts().await
    }

    /// Makes a queued or failed message due at once. `false`: it is being sent, was sent, is unknown, or the person
    /// has another message under way.
    ///
    /// # Errors
    /// The database failed.
    pub async fn retry_message(&self, actor: &Actor, id: MessageId) -> Result<bool, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(item) = tx.outbox_item(id).await? else {
            return Ok(false);
        };
        match tx.requeue(id, now).await {
            Ok(true) => {}
            Ok(false) | Err(StoreError::Taken { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        tx.record(&[audit::record(now, actor, Event::MessageRetried, &item.username, "")]).await?;
        tx.save().await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour_and_stay_there() {
        let minute = Duration::from_secs(60);
        let minutes: Vec<u64> =
            (1..=9).map(|attempts| retry_after(attempts, minute).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 15, 30, 60, 60, 60]);
    }
}
