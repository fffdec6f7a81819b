//! Between the password and the session: a sign-in that waits for a code.
//!
//! It opens nothing by itself, lasts for some minutes, and is used up by the code. Wrong codes are counted before anything
//! is compared, per account - apart from wrong passwords, so that a right one does not forget them - and per network,
//! together with wrong passwords. Every refusal has the same answer.

use super::{PendingToken, place, recovery_hash, totp};
use crate::Directory;
use crate::account::{Actor, Status};
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::credentials::{SIGN_IN, SignInError, SignedIn, from};
use crate::error::StoreError;
use crate::id::AccountId;
use crate::key::digest;
use crate::secret::TemporarySecret;
use crate::sessions::Whence;
use crate::store::{FactorRow, Transaction};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How long the code is waited for.
pub const PENDING: Duration = Duration::from_secs(5 * 60);

/// Longest text that is looked at.
const MAX_CODE_BYTES: usize = 128;

/// What a code turned out to be; whether it was used before is decided when it is used up.
enum Code {
    /// Of the app: its step, and the secret sealed anew.
    App { step: i64, sealed: Vec<u8> },
    /// What has the shape of a recovery code, by its digest.
    Recovery(Vec<u8>),
}

impl Directory {
    /// Where somebody has a second factor: the token with which the sign-in is completed.
    pub(crate) async fn want_code(
        &self,
        tx: &mut dyn Transaction,
        actor: &Actor,
        must_change: bool,
        address: &str,
        now: Timestamp,
    ) -> Result<Option<PendingToken>, StoreError> {
        let factor = tx.factor(actor.account).await?;
        if factor.is_none_or(|factor| factor.confirmed_at.is_none()) {
            return Ok(None);
        }
        let token = PendingToken::new(self.random());
        let token_hash = digest(token.expose().as_bytes());
        tx.insert_pending(&token_hash, actor.account, must_change, now, now.after(PENDING)).await?;
        tx.record(&[audit::record(now, actor, Event::CodeWanted, &actor.username, &from(address))]).await?;
        Ok(Some(token))
    }

    /// Whether a sign-in still waits for its code.
    ///
    /// # Errors
    /// The database failed.
    pub async fn waits_for_code(&self, pending: &PendingToken) -> Result<bool, StoreError> {
        let token_hash = digest(pending.expose().as_bytes());
        Ok(self.store().read().await?.pending(&token_hash, self.now()).await?.is_some())
    }

    /// Completes a sign-in with a code of the app or a recovery code.
    ///
    /// # Errors
    /// Refused - wrong, used, waiting, locked, run out -, too many from this network, or the database failed.
    pub async fn complete_sign_in(
        &self,
        pending: &PendingToken,
        code: SecretString,
        whence: Whence<'_>,
    ) -> Result<SignedIn, SignInError> {
        let answer = self.try_code(pending, &code, whence).await;
        self.count_sign_in(&answer);
        answer
    }

    async fn try_code(
        &self,
        pending: &PendingToken,
        code: &SecretString,
        whence: Whence<'_>,
    ) -> Result<SignedIn, SignInError> {
        let address = whence.address;
        let network = self.admit(address).await?;
        let token_hash = digest(pending.expose().as_bytes());
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(row) = tx.pending(&token_hash, now).await? else {
            return Err(SignInError::Refused);
        };
        let actor = Actor { account: row.account_id, username: row.username, role: row.role };
        let reserved = tx.reserve_code(actor.account, now, now.end_of_utc_day()).await?;
        tx.save().await?;
        let refused =
            async |why: &str| match self.record_refusal(Some(&actor), Event::CodeRefused, address, why).await
            {
                Ok(()) => SignInError::Refused,
                Err(error) => error.into(),
            };
        let Some(factor) = reserved else {
            return Err(refused("waiting").await);
        };
        let Some(code) = self.read_code(actor.account, &factor, code.expose_secret(), now) else {
            return Err(refused("").await);
        };
        let mut tx = self.store().begin().await?;
        let (stands, with) = match &code {
            Code::App { step, sealed } => (tx.accept_step(actor.account, *step, sealed).await?, "a code"),
            Code::Recovery(hash) => (tx.accept_recovery_code(actor.account, hash).await?, "a recovery code"),
        };
        if !stands {
            drop(tx);
            return Err(refused("").await);
        }
        // Of several who use one sign-in up, one is let in.
        if !tx.consume_pending(&token_hash).await? {
            return Err(SignInError::Refused);
        }
        tx.forget_wrong_codes(actor.account).await?;
        if let (Some(network), Some(rate)) = (&network, self.sign_in_rate()) {
            tx.give_back(SIGN_IN, network, rate).await?;
        }
        tx.signed_in(actor.account, now).await?;
        let account = tx.account_by_id(actor.account).await?.map(|row| row.into_account(now));
        let Some(account) = account.filter(|account| account.status == Status::Active) else {
            return Err(SignInError::Refused);
        };
        let must_change = row.must_change;
        let token =
            self.open_session(tx.as_mut(), account.id, account.role, must_change, whence, now).await?;
        let detail = format!("with {with} {}", from(address));
        tx.record(&[audit::record(now, &actor, Event::SignIn, &actor.username, detail.trim())]).await?;
        tx.save().await?;
        Ok(SignedIn { token, must_change, account })
    }

    fn read_code(&self, account: AccountId, factor: &FactorRow, typed: &str, now: Timestamp) -> Option<Code> {
        let typed = Some(typed).filter(|typed| typed.len() <= MAX_CODE_BYTES)?;
        if let Some(code) = TemporarySecret::typed(typed) {
            return Some(Code::Recovery(recovery_hash(account, &code)));
        }
        // Without the key that sealed it, recovery codes alone get the person in.
        let secret = self.key().unseal(&place(account), &factor.secret).ok()?;
        let step = totp::accepted_step(&secret, typed, now, factor.last_step)?;
        Some(Code::App { step, sealed: self.key().seal(&place(account), &secret, self.random()) })
    }
}
