//! Giving the password once more, before something dangerous.

use super::check::Checked;
use super::sign_in::{SIGN_IN, SignInError};
use super::{MAX_PASSWORD_BYTES, from};
use crate::Directory;
use crate::account::{Actor, Status};
use crate::audit::{self, Event};
use crate::error::StoreError;
use crate::key::digest;
use crate::secret::SessionToken;
use crate::sessions::Whence;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use thiserror::Error;

/// Why a password that was asked for once more does not do.
#[derive(Debug, Error)]
pub enum ProofError {
    /// The session ended in the meantime.
    #[error("the session has ended; sign in again")]
    SessionEnded,
    /// The password is not right, or too many wrong ones were tried.
    #[error("the password is not right; wait a moment and try again")]
    Wrong,
    /// The network that the request came from has failed too often.
    #[error("too many attempts from this network failed; try again in {} seconds", .0.as_secs())]
    TooMany(Duration),
    /// Too many passwords are being checked.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SignInError> for ProofError {
    fn from(error: SignInError) -> Self {
        match error {
            // Giving the password once more never asks for a code.
            SignInError::Refused | SignInError::CodeWanted(_) => Self::Wrong,
            SignInError::TooMany(wait) => Self::TooMany(wait),
            SignInError::Busy => Self::Busy,
            SignInError::Store(error) => Self::Store(error),
        }
    }
}

impl Directory {
    /// Has the holder of a session give the password once more, before something dangerous. Counts as an attempt to sign
    /// in, with the same limits; and the session goes on under a new token (OWASP ASVS 5.0, 7.2.4).
    ///
    /// # Errors
    /// The session ended, the password is wrong, busy, or the database failed.
    pub async fn prove(
        &self,
        session: &SessionToken,
        password: SecretString,
    ) -> Result<SessionToken, ProofError> {
        let token_hash = digest(session.expose().as_bytes());
        let Some(row) = self.store().read().await?.live_session(&token_hash, self.now()).await? else {
            return Err(ProofError::SessionEnded);
        };
        if password.expose_secret().len() > MAX_PASSWORD_BYTES {
            return Err(ProofError::Wrong);
        }
        let network = self.admit(&row.address).await?;
        let actor = Actor { account: row.account_id, username: row.username.clone(), role: row.role };
        let on_file =
            match self.check(row.account_id, &password, Status::Active).await.map_err(SignInError::from)? {
                Checked::Right { on_file, .. } => on_file,
                Checked::Wrong { .. } => {
                    self.record_refusal(Some(&actor), Event::ProofRefused, &row.address, "").await?;
                    return Err(ProofError::Wrong);
                }
            };
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if !tx.accept_attempt(row.account_id, &on_file, now).await? {
            return Err(ProofError::Wrong);
        }
        if !tx.delete_session(&token_hash).await? {
            return Err(ProofError::SessionEnded);
        }
        let whence = Whence { address: &row.address, agent: &row.agent };
        let token =
            self.open_session(tx.as_mut(), row.account_id, row.role, row.must_change, whence, now).await?;
        if let (Some(network), Some(rate)) = (&network, self.sign_in_rate()) {
            tx.give_back(SIGN_IN, network, rate).await?;
        }
        tx.record(&[audit::record(now, &actor, Event::Proven, &actor.username, &from(&row.address))]).await?;
        tx.save().await?;
        Ok(token)
    }
}
