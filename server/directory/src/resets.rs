//! A forgotten password: a link by mail with which a person sets a new one, once and soon.
//!
//! Whoever asks gets the same answer, whether there is such a person or not; the mail is queued, not sent, meanwhile. The
//! link's token is derived from the server key and the message, so that a repeated mail carries the same one; the
//! database knows its digest alone. A lock of the account does not stand in the way: otherwise anybody could shut
//! anybody out.

use crate::Directory;
use crate::account::{Actor, Role, Status};
use crate::audit::{self, Event};
use crate::error::StoreError;
use crate::hashing::HashError;
use crate::id::MessageId;
use crate::key::digest;
use crate::outbox::MessageKind;
use crate::rates::{self, Rate};
use crate::store::NewMessage;
use roster::Problem;
use roster::field::{EmailAddress, Username};
use roster::policy::Identity;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use thiserror::Error;

/// How long a link works, from the moment it was asked for.
pub const LIFE: Duration = Duration::from_secs(30 * 60);

/// What one person is sent at most.
const PER_PERSON: Rate = Rate { burst: 3, every: Duration::from_secs(60 * 60) };
/// What one network may ask for at most.
const PER_NETWORK: Rate = Rate { burst: 3, every: Duration::from_secs(20 * 60) };
const PERSON: &str = "reset_person";
const NETWORK: &str = "reset_network";

/// Longest username or address that is looked up, and longest token.
const MAX_BYTES: usize = 1024;

/// Why a link was not asked for.
#[derive(Debug, Error)]
pub enum ResetRequestError {
    /// The network has asked too often, whomever it asked for.
    #[error("too many links were asked for from this network; try again in {} seconds", .0.as_secs())]
    TooMany(Duration),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a new password was not set.
#[derive(Debug, Error)]
pub enum ResetError {
    /// The link is wrong, used, replaced or too old, or the account has changed since.
    #[error("this link no longer works; ask for a new one")]
    InvalidLink,
    /// The new password breaks the policy; the link still works.
    #[error("{}", .0.message)]
    Policy(Problem),
    /// Too many passwords are being hashed.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HashError> for ResetError {
    fn from(_: HashError) -> Self {
        Self::Busy
    }
}

impl Directory {
    /// Owes a link to whoever has this username or address, if anybody has. `address` is where the request came from.
    ///
    /// # Errors
    /// Too many from this network, or the database failed; never whether there is such a person.
    pub async fn request_password_reset(&self, login: &str, address: &str) -> Result<(), ResetRequestError> {
        let now = self.now();
        let login = audit::storable(login.trim());
        let login = if login.len() > MAX_BYTES { "" } else { &login };
        let mut tx = self.store().begin().await?;
        if let Some(network) = rates::network(address)
            && !tx.take_one(NETWORK, &network, PER_NETWORK, now).await?
        {
            let free_at = tx.free_at(NETWORK, &network).await?.unwrap_or(now);
            return Err(ResetRequestError::TooMany(PER_NETWORK.wait(free_at, now)));
        }
        let (username_key, email_key) = (Username::key_of(login), EmailAddress::key_of(login));
        let found = tx.find_login(Some(&username_key), Some(&email_key)).await?;
        // Strangers are counted too, so that both ways do the same; what was typed is not kept.
        let subject = match &found {
            Some(person) => person.id.to_string(),
            None => data_encoding::HEXLOWER.encode(&digest(email_key.as_bytes())),
        };
        let allowed = tx.take_one(PERSON, &subject, PER_PERSON, now).await?;
        if let Some(person) = found.filter(|person| allowed && person.status == Status::Active) {
            let message = NewMessage {
                id: MessageId::new(now, self.random()),
                account_id: person.id,
                import_id: None,
                kind: MessageKind::PasswordReset,
                with_secret: false,
                created_at: now,
            };
            let token_hash = digest(self.key().reset_token(message.id).expose().as_bytes());
            // A link that is under way already is as good as another one.
            if !tx.enqueue(&[message]).await?.is_empty() {
                tx.put_reset(person.id, &token_hash, now.after(LIFE)).await?;
                let actor = Actor { account: person.id, username: person.username, role: Role::Member };
                let detail = format!("link to set a new password, asked for from {address}");
                tx.record(&[audit::record(now, &actor, Event::CredentialIssued, &actor.username, &detail)])
                    .await?;
            }
        }
        Ok(tx.save().await?)
    }

    /// Sets a new password with the token of a link. All sessions of the person end.
    ///
    /// # Errors
    /// The link does not work, the password is not acceptable, busy, or the database failed.
    pub async fn reset_password(
        &self,
        token: &str,
        new: SecretString,
        address: &str,
    ) -> Result<(), ResetError> {
        let token = token.trim();
        if token.len() > MAX_BYTES {
            return Err(ResetError::InvalidLink);
        }
        let token_hash = digest(token.as_bytes());
        // A guess must not cost a password hash.
        let found = self.store().read().await?.find_reset(&token_hash, self.now()).await?;
        let row = found.ok_or(ResetError::InvalidLink)?;
        let identity = Identity {
            username: &row.username,
            email: &row.email,
            first_name: &row.first_name,
            last_name: &row.last_name,
        };
        let policy = self.settings().await?.password_policy;
        policy.check(new.expose_secret(), &identity).map_err(ResetError::Policy)?;
        let hash = self.hasher().hash(new).await?;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        // The account may have been closed, or its address changed, while we hashed.
        if tx.find_reset(&token_hash, now).await?.is_none() || !tx.consume_reset(&token_hash, now).await? {
            return Err(ResetError::InvalidLink);
        }
        tx.replace_password(row.account_id, &hash).await?;
        tx.delete_sessions_of(&[row.account_id]).await?;
        let actor = Actor { account: row.account_id, username: row.username, role: row.role };
        let detail = format!("with a link from a mail, from {address}");
        tx.record(&[audit::record(now, &actor, Event::PasswordChanged, &actor.username, &detail)]).await?;
        Ok(tx.save().await?)
    }
}
