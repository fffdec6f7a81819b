//! Changing the own password.

use super::check::{CheckError, Checked};
use super::{MAX_PASSWORD_BYTES, from};
use crate::Directory;
use crate::account::{Actor, Status};
use crate::audit::{self, Event};
use crate::error::StoreError;
use crate::hashing::HashError;
use crate::key::digest;
use crate::secret::{SessionToken, TemporarySecret};
use crate::sessions::Whence;
use roster::Problem;
use roster::policy::{Identity, normalise_password};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// Why a password was not changed.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// The session ended in the meantime.
    #[error("the session has ended; sign in again")]
    SessionEnded,
    /// The current password is not right, or too many wrong ones were tried.
    #[error("the current password is not right; wait a moment and try again")]
    WrongCurrent,
    /// The new password breaks the policy.
    #[error("{}", .0.message)]
    Policy(Problem),
    /// The new password is the temporary one.
    #[error("the new password must not be the temporary one")]
    SameAsTemporary,
    /// The new password is the current one.
    #[error("the new password must not be the current one")]
    SameAsOld,
    /// Too many passwords are being checked.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HashError> for ChangeError {
    fn from(_: HashError) -> Self {
        Self::Busy
    }
}

impl From<CheckError> for ChangeError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Busy => Self::Busy,
            CheckError::Store(error) => Self::Store(error),
        }
    }
}

impl Directory {
    /// Sets an own password. All sessions of the person end; the answer is a new one.
    ///
    /// # Errors
    /// The current password is not right, the new one not acceptable, busy, or the database failed.
    pub async fn change_password(
        &self,
        session: &SessionToken,
        current: SecretString,
        new: SecretString,
    ) -> Result<SessionToken, ChangeError> {
        let token_hash = digest(session.expose().as_bytes());
        let Some(row) = self.store().read().await?.live_session(&token_hash, self.now()).await? else {
            return Err(ChangeError::SessionEnded);
        };
        if current.expose_secret().len() > MAX_PASSWORD_BYTES {
            return Err(ChangeError::WrongCurrent);
        }
        // The cheap rules first: a slip in the new password must not count as a guess.
        let identity = Identity {
            username: &row.username,
            email: &row.email,
            first_name: &row.first_name,
            last_name: &row.last_name,
        };
        let same = normalise_password(new.expose_secret()) == normalise_password(current.expose_secret());
        let typed = |secret: &SecretString| TemporarySecret::typed(secret.expose_secret());
        let same_temporary = matches!((typed(&new), typed(&current)), (Some(new), Some(current)) if new.symbols() == current.symbols());
        if same_temporary {
            return Err(ChangeError::SameAsTemporary);
        }
        if same {
            return Err(ChangeError::SameAsOld);
        }
        let policy = self.settings().await?.password_policy;
        policy.check(new.expose_secret(), &identity).map_err(ChangeError::Policy)?;

        let actor = Actor { account: row.account_id, username: row.username.clone(), role: row.role };
        let on_file = match self.check(row.account_id, &current, Status::Active).await? {
            Checked::Right { on_file, .. } => on_file,
            Checked::Wrong { .. } => {
                self.record_refusal(Some(&actor), Event::PasswordChangeRefused, &row.address, "").await?;
                return Err(ChangeError::WrongCurrent);
            }
        };
        let hash = self.hasher().hash(new).await?;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if !tx.set_password(row.account_id, &on_file, &hash, false, now).await? {
            return Err(ChangeError::WrongCurrent);
        }
        // The session may have ended while we hashed; then nothing is changed.
        if !tx.delete_session(&token_hash).await? {
            return Err(ChangeError::SessionEnded);
        }
        tx.delete_sessions_of(&[row.account_id]).await?;
        tx.drop_resets_of(&[row.account_id]).await?;
        let whence = Whence { address: &row.address, agent: &row.agent };
        let token = self.open_session(tx.as_mut(), row.account_id, row.role, false, whence, now).await?;
        let detail = from(&row.address);
        tx.record(&[audit::record(now, &actor, Event::PasswordChanged, &actor.username, &detail)]).await?;
        tx.save().await?;
        Ok(token)
    }
}
