//! The link with which a newcomer sets the first password: no password travels, and it works once.
//!
//! Its token is derived from the server key, the account and the number of the issue; nothing of it is stored. It works
//! while the verifier of that very issue is on file and has not run out, which is asked again in the statement that uses
//! it up. So it ends with whatever ends the temporary password of the same issue: its use, a new issue, time.

use crate::Directory;
use crate::account::{Actor, Status};
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::credentials::SignedIn;
use crate::error::StoreError;
use crate::hashing::HashError;
use crate::secret::{LinkToken, PendingToken, TemporarySecret};
use crate::sessions::Whence;
use crate::store::{LinkRow, SecretOnFile};
use roster::Problem;
use roster::policy::Identity;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// Longest token that is looked at.
const MAX_BYTES: usize = 1024;

/// For whom a link is, for the page that it opens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkOwner {
    /// Username.
    pub username: String,
    /// Address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// First moment at which it no longer works.
    pub expires_at: Timestamp,
}

/// Why a first password was not set.
#[derive(Debug, Error)]
pub enum LinkError {
    /// The link is wrong, used, replaced or too old, or the account is closed.
    #[error("this link no longer works")]
    InvalidLink,
    /// The new password breaks the policy; the link still works.
    #[error("{}", .0.message)]
    Policy(Problem),
    /// The new password is the temporary one of the same issue.
    #[error("the new password must not be the temporary one")]
    SameAsTemporary,
    /// The password was set; somebody who has a second factor is asked for a code before being signed in.
    #[error("the password was set; a code is needed as well")]
    CodeWanted(PendingToken),
    /// Too many passwords are being hashed.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HashError> for LinkError {
    fn from(_: HashError) -> Self {
        Self::Busy
    }
}

impl Directory {
    /// For whom a link is, while it works. Looking uses nothing up: mail scanners follow links, too.
    ///
    /// # Errors
    /// The database failed.
    pub async fn link_owner(&self, token: &str) -> Result<Option<LinkOwner>, StoreError> {
        Ok(self.live_link(token).await?.map(|link| LinkOwner {
            username: link.username,
            email: link.email,
            first_name: link.first_name,
            last_name: link.last_name,
            expires_at: link.expires_at,
        }))
    }

    /// Sets the first password with the token of a link, uses the link and the temporary password up, ends all sessions of
    /// the person and signs in. `whence` is where the request came from.
    ///
    /// # Errors
    /// The link does not work, the password is not acceptable, busy, or the database failed.
    pub async fn set_first_password<'a>(
        &self,
        token: &str,
        new: SecretString,
        whence: impl Into<Whence<'a>>,
    ) -> Result<SignedIn, LinkError> {
        let whence = whence.into();
        // A guess must not cost a password hash.
        let link = self.live_link(token).await?.ok_or(LinkError::InvalidLink)?;
        let identity = Identity {
            username: &link.username,
            email: &link.email,
            first_name: &link.first_name,
            last_name: &link.last_name,
        };
        let temporary = self.key().temporary_secret(link.account_id, link.issue_number);
        let typed = TemporarySecret::typed(new.expose_secret());
        if typed.is_some_and(|typed| typed.symbols() == temporary.symbols()) {
            return Err(LinkError::SameAsTemporary);
        }
        let policy = self.settings().await?.password_policy;
        policy.check(new.expose_secret(), &identity).map_err(LinkError::Policy)?;
        let hash = self.hasher().hash(new).await?;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        // Used, issued anew or run out while we hashed: then nothing is changed.
        let on_file = SecretOnFile::Temporary(link.verifier);
        if !tx.set_password(link.account_id, &on_file, &hash, false, now).await? {
            return Err(LinkError::InvalidLink);
        }
        tx.delete_sessions_of(&[link.account_id]).await?;
        tx.drop_resets_of(&[link.account_id]).await?;
        let account = tx.account_by_id(link.account_id).await?.map(|row| row.into_account(now));
        let Some(account) = account.filter(|account| account.status == Status::Active) else {
            return Err(LinkError::InvalidLink);
        };
        let actor = Actor { account: account.id, username: account.username.clone(), role: account.role };
        let address = whence.address;
        let detail = format!("with a link for newcomers, from {address}");
        tx.record(&[audit::record(now, &actor, Event::PasswordChanged, &actor.username, &detail)]).await?;
        if let Some(pending) = self.want_code(tx.as_mut(), &actor, false, address, now).await? {
            tx.save().await?;
            return Err(LinkError::CodeWanted(pending));
        }
        tx.signed_in(link.account_id, now).await?;
        let token = self.open_session(tx.as_mut(), account.id, account.role, false, whence, now).await?;
        tx.record(&[audit::record(now, &actor, Event::SignIn, &actor.username, &format!("from {address}"))])
            .await?;
        tx.save().await?;
        Ok(SignedIn { token, must_change: false, account })
    }

    /// What a token opens at present.
    async fn live_link(&self, token: &str) -> Result<Option<LinkRow>, StoreError> {
        let token = token.trim();
        let Some(account) = Some(token).filter(|token| token.len() <= MAX_BYTES).and_then(LinkToken::account)
        else {
            return Ok(None);
        };
        let found = self.store().read().await?.find_link(account, self.now()).await?;
        Ok(found.filter(|link| {
            let expected = self.key().issued_link(link.account_id, link.issue_number, &link.verifier);
            expected.is_some_and(|expected| expected.expose().as_bytes().ct_eq(token.as_bytes()).into())
        }))
    }
}
