//! Handing over what a person signs in with for the first time: a temporary password, or a link to set an own one.
//!
//! Both are faces of one issue, derived from the server key, the account and the issue number. Issuing anew ends
//! whatever was handed over before, whichever face it had.

use crate::Directory;
use crate::account::{Actor, Role, Status};
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{AccountId, MessageId};
use crate::outbox::{self, MessageKind};
use crate::store::{IssuableRow, NewIssue, NewMessage, Transaction};
use std::collections::{HashMap, HashSet};

pub use roster::review::HandOver;

/// Accounts that one statement issues secrets for.
pub(crate) const ISSUE_BATCH: usize = 1000;

text_enum! {
    /// Why a person is handed nothing.
    pub enum LeftOut {
        /// The account is gone.
        Gone = "gone",
        /// The account is closed.
        Closed = "closed",
        /// Administrators set up their accounts themselves.
        Administrator = "administrator",
        /// The person has an own password.
        OwnPassword = "own_password",
        /// A mail with login details is under way already.
        UnderWay = "under_way",
        /// The person was sent several within hours (see [`outbox::SEND_AGAIN_RATE`]).
        TooOften = "too_often",
    }
}

impl LeftOut {
    /// Why an account as it is on file is handed nothing; `None`: it can be.
    fn of(account: &IssuableRow) -> Option<Self> {
        if account.status != Status::Active {
            Some(Self::Closed)
        } else if account.role != Role::Member {
            Some(Self::Administrator)
        } else if account.has_password && !account.must_change {
            // A roster's password that must be changed is not the person's own yet.
            Some(Self::OwnPassword)
        } else {
            None
        }
    }
}

/// What became of one person.
pub(crate) struct Handed {
    pub account: AccountId,
    /// The message that was queued.
    pub message: Result<MessageId, LeftOut>,
}

/// Who of some people can be handed login details.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Recipients {
    /// How many can.
    pub able: u32,
    /// How many cannot.
    pub left_out: u32,
}

/// The kind of the message that hands something over.
pub(crate) fn message_kind(way: HandOver) -> MessageKind {
    match way {
        HandOver::Password => MessageKind::LoginDetails,
        HandOver::Link => MessageKind::SetPasswordLink,
    }
}

impl Directory {
    /// Issues new temporary passwords and owes each person one mail with it. Left out are closed accounts,
    /// administrators, people with an own password, those to whom a mail is under way, and those who were sent several
    /// within hours (see [`outbox::SEND_AGAIN_RATE`]). Answers how many mails are owed now that were not before.
    ///
    /// # Errors
    /// The database failed; nothing was changed.
    pub async fn send_login_details(&self, actor: &Actor, accounts: &[AccountId]) -> Result<u32, StoreError> {
        let mut tx = self.store().begin().await?;
        let mut queued = 0;
        for batch in accounts.chunks(ISSUE_BATCH) {
            let handed = self.hand_over(tx.as_mut(), actor, HandOver::Password, batch, "").await?;
            let messages: HashSet<_> = handed.iter().filter_map(|handed| handed.message.ok()).collect();
            queued += number(messages.len());
        }
        tx.save().await?;
        Ok(queued)
    }

    /// How many of these people could be handed login details now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn recipients(&self, accounts: &[AccountId]) -> Result<Recipients, StoreError> {
        let mut tx = self.store().read().await?;
        let mut able = 0;
        for batch in accounts.chunks(ISSUE_BATCH) {
            able += tx.issuable(batch).await?.iter().filter(|row| LeftOut::of(row).is_none()).count();
        }
        Ok(Recipients { able: number(able), left_out: number(accounts.len().saturating_sub(able)) })
    }

    /// Issues anew and owes a mail to each of at most [`ISSUE_BATCH`] accounts, or says why not; in the order asked.
    pub(crate) async fn hand_over(
        &self,
        tx: &mut dyn Transaction,
        actor: &Actor,
        way: HandOver,
        accounts: &[AccountId],
        why: &str,
    ) -> Result<Vec<Handed>, StoreError> {
        let now = self.now();
        let (mut able, mut left_out) = self.sorted_out(tx, accounts).await?;
        let messages: Vec<NewMessage> = able
            .iter()
            .map(|account| NewMessage {
                id: MessageId::new(now, self.random()),
                account_id: account.id,
                import_id: None,
                kind: message_kind(way),
                with_secret: true,
                created_at: now,
            })
            .collect();
        // Queued first: whoever has a mail under way keeps the secret that is in it.
        let ids: HashMap<AccountId, MessageId> =
            messages.iter().map(|message| (message.account_id, message.id)).collect();
        let (queued, too_often) = outbox::enqueue_again(tx, messages, now).await?;
        for account in able.iter().filter(|account| !queued.contains(&account.id)) {
            let why = if too_often.contains(&account.id) { LeftOut::TooOften } else { LeftOut::UnderWay };
            left_out.insert(account.id, (account.username.clone(), why));
        }
        able.retain(|account| queued.contains(&account.id));
        let by = if way == HandOver::Link { ", by link" } else { "" };
        let why = [by, why].concat();
        self.issue_anew(tx, actor, &able, &why).await?;
        let message = |account: &AccountId| match (left_out.get(account), ids.get(account)) {
            (Some((_, why)), _) => Err(*why),
            (None, Some(message)) => Ok(*message),
            (None, None) => Err(LeftOut::Gone),
        };
        Ok(accounts.iter().map(|account| Handed { account: *account, message: message(account) }).collect())
    }

    /// Who of these can be handed something, and why the others cannot; those who are gone are in neither.
    pub(crate) async fn sorted_out(
        &self,
        tx: &mut dyn Transaction,
        accounts: &[AccountId],
    ) -> Result<(Vec<IssuableRow>, HashMap<AccountId, (String, LeftOut)>), StoreError> {
        let (mut able, mut left_out) = (Vec::new(), HashMap::new());
        for account in tx.issuable(accounts).await? {
            match LeftOut::of(&account) {
                None => able.push(account),
                Some(why) => {
                    left_out.insert(account.id, (account.username, why));
                }
            }
        }
        Ok((able, left_out))
    }

    /// Issues the next number to each of at most [`ISSUE_BATCH`] accounts, with a record in the audit trail; answers until
    /// when what was issued works.
    pub(crate) async fn issue_anew(
        &self,
        tx: &mut dyn Transaction,
        actor: &Actor,
        accounts: &[IssuableRow],
        why: &str,
    ) -> Result<Timestamp, StoreError> {
        let now = self.now();
        let expires_at = now.after(tx.settings().await?.unwrap_or_default().temporary_password_life());
        let issues: Vec<NewIssue> = accounts
            .iter()
            .map(|account| self.new_issue(account.id, account.issue_number + 1, expires_at))
            .collect();
        if tx.issue(&issues).await?.len() != issues.len() {
            // Somebody issued in between; the whole is taken back and can be asked for again.
            return Err(StoreError::Unavailable(None));
        }
        let records: Vec<_> = accounts
            .iter()
            .map(|account| {
                let detail = format!("issue {}{why}", account.issue_number + 1);
                audit::record(now, actor, Event::CredentialIssued, &account.username, &detail)
            })
            .collect();
        tx.record(&records).await?;
        Ok(expires_at)
    }
}

pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).expect("fewer accounts than 4 billion are handled at once")
}
