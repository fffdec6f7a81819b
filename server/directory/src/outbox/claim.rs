//! Taking messages that are due, and giving back those whose holders are gone.
//!
//! The secret of a message is not in it: it is derived when the message is claimed, the same one for every attempt. A
//! temporary password begins to run when its message is first claimed; one that ran out while the mail server was away is
//! issued anew by the claim, so that what arrives works.

use super::{MessageKind, MessageState, OutgoingMessage};
use crate::Directory;
use crate::account::{Actor, Status};
use crate::audit::{self, Event};
use crate::error::StoreError;
use crate::resets;
use crate::store::{ClaimedMessage, ConcludedMessage, NewIssue};
use std::time::Duration;

/// How often leases are tried to be ended when that crosses the last transaction of who held them.
const RELEASE_TRIES: u32 = 5;

impl Directory {
    /// Ends the leases of workers that are gone for good, so that what they held is sent now and not when their leases
    /// end. Their fences stay, so even a worker that was wrongly taken for gone records nothing twice. Answers how
    /// many messages are free again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release_messages_of(&self, is_gone: impl Fn(&str) -> bool) -> Result<u64, StoreError> {
        // What the process had under way may still be carried out in the database, with locks on the same messages.
        for _ in 1..RELEASE_TRIES {
            match self.try_to_release(&is_gone).await {
                Err(error) if error.is_crossing() => {}
                done => return done,
            }
        }
        self.try_to_release(&is_gone).await
    }

    async fn try_to_release(&self, is_gone: impl Fn(&str) -> bool) -> Result<u64, StoreError> {
        let mut tx = self.store().begin().await?;
        let gone: Vec<String> = tx.holders().await?.into_iter().filter(|worker| is_gone(worker)).collect();
        let released = tx.release_messages(&gone, self.now()).await?;
        tx.save().await?;
        Ok(released)
    }

    /// Takes up to `max` due messages for `worker`, who has `lease` to record how they ended.
    ///
    /// # Errors
    /// The database failed.
    pub async fn claim_messages(
        &self,
        worker: &str,
        max: u32,
        lease: Duration,
    ) -> Result<Vec<OutgoingMessage>, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let mut claimed = tx.claim_messages(worker, max, now, now.after(lease)).await?;
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        let life = tx.settings().await?.unwrap_or_default().temporary_password_life();
        let carries =
            |m: &&mut ClaimedMessage| m.with_secret && m.verifier.is_some() && m.status == Status::Active;
        let expires_at = now.after(life);
        let (mut fresh, mut renewed) = (Vec::new(), Vec::new());
        for message in claimed.iter_mut().filter(carries) {
            // A secret whose key is gone cannot be derived again.
            let known = message.verifier.as_deref().is_some_and(|verifier| {
                self.key().issued_secret(message.account_id, message.issue_number, verifier).is_some()
            });
            if message.expires_at.is_none_or(|end| end <= now) || !known {
                message.issue_number += 1;
                let secret = self.key().temporary_secret(message.account_id, message.issue_number);
                message.verifier = Some(self.key().verifier(message.account_id, &secret).to_vec());
                renewed.push(NewIssue {
                    account_id: message.account_id,
                    issue_number: message.issue_number,
                    verifier: message.verifier.clone(),
                    expires_at,
                });
            } else if message.attempts == 1 {
                fresh.push(message.account_id);
            } else {
                continue;
            }
            message.expires_at = Some(expires_at);
        }
        if !fresh.is_empty() {
            tx.extend_issues(&fresh, expires_at).await?;
        }
        if !renewed.is_empty() {
            tx.issue(&renewed).await?;
            let records: Vec<_> = claimed
                .iter()
                .filter(|message| renewed.iter().any(|issue| issue.account_id == message.account_id))
                .map(|message| {
                    let detail = format!("issue {}, because the one before ran out", message.issue_number);
                    audit::record(now, &Actor::system(), Event::CredentialIssued, &message.username, &detail)
                })
                .collect();
            tx.record(&records).await?;
        }
        let works = |m: &ClaimedMessage| {
            m.kind != MessageKind::PasswordReset || m.created_at.after(resets::LIFE) > now
        };
        // Links that ran out are not sent. People who were deactivated or have set a password since are owed nothing any more.
        let (owed, settled): (Vec<_>, Vec<_>) = claimed.into_iter().partition(|m| {
            m.status == Status::Active && (m.verifier.is_some() || !m.with_secret) && works(m)
        });
        let settled: Vec<ConcludedMessage> = settled
            .iter()
            .map(|message| {
                let reply = if works(message) {
                    "not sent: the account no longer needs it"
                } else {
                    "not sent: the link in it has run out"
                };
                let (state, reply) = (MessageState::Failed, reply.to_owned());
                ConcludedMessage::new(message.id, message.fence, state, reply, now)
            })
            .collect();
        if !settled.is_empty() {
            tx.conclude(&settled).await?;
        }
        tx.save().await?;
        Ok(owed.into_iter().map(|message| self.outgoing(message)).collect())
    }

    fn outgoing(&self, message: ClaimedMessage) -> OutgoingMessage {
        let by_link = message.kind == MessageKind::SetPasswordLink;
        let issued = message.verifier.as_deref().filter(|_| message.with_secret);
        let (account, issue) = (message.account_id, message.issue_number);
        let secret = issued
            .filter(|_| !by_link)
            .and_then(|verifier| self.key().issued_secret(account, issue, verifier));
        let link_token =
            issued.filter(|_| by_link).and_then(|verifier| self.key().issued_link(account, issue, verifier));
        let expires_at = message.expires_at.filter(|_| issued.is_some());
        let reset = message.kind == MessageKind::PasswordReset;
        OutgoingMessage {
            reset_token: reset.then(|| self.key().reset_token(message.id)),
            id: message.id,
            fence: message.fence,
            account: message.account_id,
            to: message.email,
            kind: message.kind,
            secret_expires_at: expires_at,
            secret,
            link_token,
            attempts: message.attempts,
            username: message.username,
            first_name: message.first_name,
            last_name: message.last_name,
            created_at: message.created_at,
        }
    }
}
