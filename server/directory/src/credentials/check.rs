//! What compares secrets and counts guesses: nothing else does.
//!
//! An attempt is reserved in the database before anything is compared, so that parallel guesses cannot slip past the
//! count. A refusal costs one argon2id hash, whatever the reason.

use crate::Directory;
use crate::account::Status;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::hashing::HashError;
use crate::id::AccountId;
use crate::rates::Rate;
use crate::secret::TemporarySecret;
use crate::store::{CredentialRow, SecretOnFile};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Where each attempt leaves the same trace, whoever it is for; nothing is limited by it.
const ATTEMPTS: &str = "attempts";
const UNLIMITED: Rate = Rate { burst: 1_000_000, every: Duration::from_millis(1) };

/// What a secret turned out to be.
pub(super) enum Checked {
    /// The right one, and what it was compared with.
    Right { on_file: SecretOnFile, must_change: bool },
    /// Anything else.
    Wrong { locked: bool },
}

/// What can keep a secret from being compared.
pub(super) enum CheckError {
    Busy,
    Store(StoreError),
}

impl From<HashError> for CheckError {
    fn from(_: HashError) -> Self {
        Self::Busy
    }
}

impl From<StoreError> for CheckError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Directory {
    /// Compares a secret with what is on file. Whatever the answer, a refusal has cost one argon2id hash.
    pub(super) async fn check(
        &self,
        account: AccountId,
        password: &SecretString,
        status: Status,
    ) -> Result<Checked, CheckError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let reserved = tx.reserve_attempt(account, now, now.end_of_utc_day()).await?;
        // Who waits, or is nobody, has no row to count in, and a commit that writes nothing is a fast one: this is always
        // written. Some rows, so that those who sign in at once do not wait for each other.
        tx.take_one(ATTEMPTS, &(now.0 % 256).to_string(), UNLIMITED, now).await?;
        tx.save().await?;
        let Some(row) = reserved else {
            self.hasher().verify(password.clone(), None).await?;
            return Ok(Checked::Wrong { locked: true });
        };
        match self.compare(account, password, &row, now).await? {
            Some(on_file) if status == Status::Active => {
                Ok(Checked::Right { on_file, must_change: row.must_change })
            }
            // A temporary password is compared without hashing, which must not tell that it would have been right.
            Some(SecretOnFile::Temporary(_)) => {
                self.hasher().verify(password.clone(), None).await?;
                Ok(Checked::Wrong { locked: false })
            }
            _ => Ok(Checked::Wrong { locked: false }),
        }
    }

    async fn compare(
        &self,
        account: AccountId,
        password: &SecretString,
        row: &CredentialRow,
        now: Timestamp,
    ) -> Result<Option<SecretOnFile>, HashError> {
        let typed = TemporarySecret::typed(password.expose_secret());
        if let (Some(verifier), Some(typed)) = (&row.verifier, &typed) {
            let equal = self.key().verifies(account, typed, verifier);
            if equal && row.expires_at.is_some_and(|end| end > now) {
                return Ok(Some(SecretOnFile::Temporary(verifier.clone())));
            }
        }
        let offered = match typed.filter(|_| row.machine_made) {
            Some(secret) => SecretString::from(secret.symbols().to_owned()),
            None => password.clone(),
        };
        let right = self.hasher().verify(offered, row.password_hash.clone()).await?;
        let machine_made = row.machine_made;
        let hash = row.password_hash.clone().filter(|_| right);
        Ok(hash.map(|hash| SecretOnFile::Lasting { hash, machine_made }))
    }
}
