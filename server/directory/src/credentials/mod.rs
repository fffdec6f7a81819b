//! The only place that checks secrets, and so the only one that counts guesses.
//!
//! Every refusal - unknown, wrong, waiting, locked, expired, closed - costs one argon2id hash and gets the same
//! answer (OWASP ASVS 5.0, 6.3.8).

mod change;
mod check;
mod proof;
mod sign_in;

pub use change::ChangeError;
pub use proof::ProofError;
pub(crate) use sign_in::{SIGN_IN, SignIns};
pub use sign_in::{SignInCounts, SignInError, SignedIn};

use crate::Directory;
use crate::account::{Actor, Role};
use crate::audit::Event;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::AccountId;
use crate::second_factor;
use crate::secret::TemporarySecret;
use crate::store::NewIssue;

/// Longer ones are refused before anything is computed.
const MAX_PASSWORD_BYTES: usize = 1024;

/// What former keys are still good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FormerKeyUses {
    /// Temporary passwords that work and were not made with the current key.
    pub temporary_passwords: u64,
    /// Parts of imports that wait sealed, with whatever key.
    pub sealed: u64,
    /// Second factors that are not sealed with the current key; [`Directory::reseal_second_factors`] does that.
    pub second_factors: u64,
}

impl Directory {
    /// The temporary password of one issue; derived, never stored.
    #[must_use]
    pub fn temporary_secret(&self, account: AccountId, issue_number: u32) -> TemporarySecret {
        self.key().temporary_secret(account, issue_number)
    }

    /// What would stop to work without the former keys of this directory's key file.
    ///
    /// # Errors
    /// The database failed.
    pub async fn former_key_uses(&self) -> Result<FormerKeyUses, StoreError> {
        let current = self.key().current_only();
        let mut read = self.store().read().await?;
        let issues = read.live_issues(self.now()).await?;
        let of_former = |(account, issue, verifier): &&(AccountId, i64, Vec<u8>)| {
            let issue = u32::try_from(*issue).unwrap_or(u32::MAX);
            current.issued_secret(*account, issue, verifier).is_none()
        };
        let factors = read.sealed_factors().await?;
        let by_former = |(account, sealed): &&(AccountId, Vec<u8>)| {
            current.unseal(&second_factor::place(*account), sealed).is_err()
        };
        Ok(FormerKeyUses {
            second_factors: factors.iter().filter(by_former).count() as u64,
            temporary_passwords: issues.iter().filter(of_former).count() as u64,
            sealed: read.sealed_count().await?.unsigned_abs(),
        })
    }

    /// A temporary password to be put on file.
    pub(crate) fn new_issue(&self, account: AccountId, issue_number: u32, expires_at: Timestamp) -> NewIssue {
        let secret = self.key().temporary_secret(account, issue_number);
        let verifier = Some(self.key().verifier(account, &secret).to_vec());
        NewIssue { account_id: account, issue_number, verifier, expires_at }
    }

    pub(crate) async fn record_refusal(
        &self,
        actor: Option<&Actor>,
        event: Event,
        address: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let nobody = Actor { account: AccountId::SYSTEM, username: String::new(), role: Role::Member };
        let actor = actor.unwrap_or(&nobody);
        let origin = from(address);
        let separator = if detail.is_empty() || origin.is_empty() { "" } else { ", " };
        self.record_event(actor, event, &actor.username, &format!("{detail}{separator}{origin}")).await
    }
}

pub(crate) fn from(address: &str) -> String {
    if address.is_empty() { String::new() } else { format!("from {address}") }
}
