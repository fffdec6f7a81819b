//! The first run: a one-time link creates the first administrator. There is no default account.

use crate::Directory;
use crate::account::Actor;
use crate::administrators::CreateError;
use crate::audit::{self, Event};
use crate::error::StoreError;
use crate::id::AccountId;
use crate::key::digest;
use std::time::Duration;
use thiserror::Error;

pub use crate::administrators::NewAdministrator;
pub use crate::secret::SetupToken;

/// How long the link works; every start of the server issues a new one while setup is needed.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// Why setup was not completed.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The link is wrong, used, replaced or too old, or there is an administrator already.
    #[error("this link is no longer valid")]
    InvalidToken,
    /// The administrator could not be created; the link still works.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Whether there is no administrator yet.
    ///
    /// # Errors
    /// The database failed.
    pub async fn setup_needed(&self) -> Result<bool, StoreError> {
        Ok(!self.store().read().await?.any_administrator().await?)
    }

    /// Issues the one-time token; the one before stops working.
    ///
    /// # Errors
    /// The database failed.
    pub async fn issue_setup_token(&self) -> Result<SetupToken, StoreError> {
        let token = SetupToken::new(self.random());
        let mut tx = self.store().begin().await?;
        tx.put_setup_token(&digest(token.expose().as_bytes()), self.now().after(LIFE)).await?;
        tx.save().await?;
        Ok(token)
    }

    /// Whether this token would be accepted now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn check_setup_token(&self, token: &str) -> Result<bool, StoreError> {
        self.store().read().await?.setup_token_is_good(&digest(token.as_bytes()), self.now()).await
    }

    /// Creates the first administrator and uses the token up. Of several who try at once, one succeeds.
    ///
    /// # Errors
    /// The token is not good, the administrator is not acceptable, or the database failed.
    pub async fn complete_setup(&self, token: &str, new: NewAdministrator) -> Result<AccountId, SetupError> {
        let token_hash = digest(token.as_bytes());
        // A guess must not cost a password hash.
        if !self.check_setup_token(token).await? {
            return Err(SetupError::InvalidToken);
        }
        let prepared = self.prepare_administrator(new).await?;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if !tx.consume_setup_token(&token_hash, now).await? {
            return Err(SetupError::InvalidToken);
        }
        let id = self.insert_administrator(tx.as_mut(), &prepared, &Actor::system()).await?;
        tx.record(&[audit::record(now, &Actor::system(), Event::SetupCompleted, "setup", "")]).await?;
        tx.save().await?;
        Ok(id)
    }
}
