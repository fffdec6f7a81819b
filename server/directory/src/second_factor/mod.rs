//! A second factor: codes of an authenticator app, and recovery codes for the day when it is gone.
//!
//! The secret is kept sealed under the server key, because codes are computed from it. Recovery codes have 130 random bits
//! and are kept as digests; they are readable only while the factor is being set up. Nothing is asked for before a
//! code has shown that the app has the secret. Changing anything here asks for the password once more, which the door of
//! the server sees to.

mod sign_in;
pub mod totp;

pub use crate::secret::PendingToken;
pub use sign_in::PENDING;

use crate::Directory;
use crate::account::Actor;
use crate::audit::{self, Event, storable};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{AccountId, MessageId};
use crate::key::digest;
use crate::outbox::MessageKind;
use crate::random;
use crate::secret::TemporarySecret;
use crate::store::{NewMessage, Transaction};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use thiserror::Error;
use totp::SECRET_LENGTH;
use zeroize::Zeroizing;

/// Recovery codes that somebody gets.
pub const RECOVERY_CODES: usize = 10;
/// Random bytes that a recovery code is made of; it shows 130 bits of them.
const CODE_LENGTH: usize = 32;
/// Longest words about how somebody was identified, in characters.
const MAX_IDENTIFIED: usize = 200;
/// What is sealed while a factor is set up: the secret, and what the recovery codes are made of.
const SETUP_LENGTH: usize = SECRET_LENGTH + RECOVERY_CODES * CODE_LENGTH;

/// What somebody has.
pub struct SecondFactor {
    /// Since when it is in use; `None`: it is not.
    pub since: Option<Timestamp>,
    /// Recovery codes that were not used.
    pub recovery_codes: u32,
    /// What is needed to set it up, while it is being set up.
    pub setup: Option<Setup>,
}

/// What an authenticator app is given, and what the person keeps. Neither is shown again later.
pub struct Setup {
    /// The secret as it is typed, in base 32.
    pub secret: Zeroizing<String>,
    /// The same with all that goes with it, for a QR code (`otpauth:`).
    pub address: Zeroizing<String>,
    /// Recovery codes in groups.
    pub recovery_codes: Vec<Zeroizing<String>>,
}

/// Why a second factor is not in use.
#[derive(Debug, Error)]
pub enum ConfirmError {
    /// The code is not the one that the app shows.
    #[error("this is not the code that the app shows now")]
    Wrong,
    /// Nothing is being set up: it was begun anew elsewhere, or is in use already.
    #[error("nothing is being set up")]
    NotBegun,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nobody's second factor was taken away.
#[derive(Debug, Error)]
pub enum TakeFactorError {
    /// Nothing is said of how it was made sure who asks.
    #[error("how it was made sure who asks is missing")]
    Unidentified,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a secret is sealed for: it opens for no other account.
pub(crate) fn place(account: AccountId) -> Vec<u8> {
    [b"second factor ".as_slice(), account.0.as_bytes()].concat()
}

/// What a recovery code is known by.
fn recovery_hash(account: AccountId, code: &TemporarySecret) -> Vec<u8> {
    digest(&[b"rollcall recovery code".as_slice(), account.0.as_bytes(), code.symbols().as_bytes()].concat())
}

/// Secret and recovery codes of what was sealed while setting up.
fn opened(plain: &[u8]) -> Option<(&[u8], Vec<TemporarySecret>)> {
    let (secret, codes) = plain.split_at_checked(SECRET_LENGTH).filter(|_| plain.len() == SETUP_LENGTH)?;
    let codes = codes.chunks_exact(CODE_LENGTH).filter_map(|bytes| bytes.first_chunk());
    Some((secret, codes.map(TemporarySecret::from_mac).collect()))
}

impl Directory {
    /// What somebody has, and what is needed to set it up. For that person alone, and after a proof.
    ///
    /// # Errors
    /// The database failed.
    pub async fn second_factor(&self, actor: &Actor) -> Result<SecondFactor, StoreError> {
        let mut read = self.store().read().await?;
        let Some(row) = read.factor(actor.account).await? else {
            return Ok(SecondFactor { since: None, recovery_codes: 0, setup: None });
        };
        if row.confirmed_at.is_some() {
            let left = read.recovery_codes(actor.account).await?;
            let recovery_codes = u32::try_from(left).unwrap_or(0);
            return Ok(SecondFactor { since: row.confirmed_at, recovery_codes, setup: None });
        }
        // Sealed with a key that is gone: it has to be begun anew.
        let plain = self.key().unseal(&place(actor.account), &row.secret).ok();
        let organisation = read.settings().await?.unwrap_or_default().organisation;
        let setup = plain.as_ref().and_then(|plain| opened(plain)).map(|(secret, codes)| {
            let secret = Zeroizing::new(data_encoding::BASE32_NOPAD.encode(secret));
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let (issuer, name) = (encode(&organisation), encode(&actor.username));
            let address = format!(
                "otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
                secret.as_str()
            );
            Setup {
                secret,
                address: Zeroizing::new(address),
                recovery_codes: codes.iter().map(|code| Zeroizing::new(code.expose())).collect(),
            }
        });
        Ok(SecondFactor { since: None, recovery_codes: 0, setup })
    }

    /// Begins to set a second factor up, with a fresh secret and fresh recovery codes. Where one is in use, nothing changes.
    ///
    /// # Errors
    /// The database failed.
    pub async fn begin_second_factor(&self, actor: &Actor) -> Result<(), StoreError> {
        let plain = Zeroizing::new(random::bytes::<SETUP_LENGTH>(self.random()));
        let sealed = self.key().seal(&place(actor.account), plain.as_slice(), self.random());
        let mut tx = self.store().begin().await?;
        tx.begin_factor(actor.account, &sealed).await?;
        tx.save().await
    }

    /// Takes the second factor into use, once a code shows that the app has the secret.
    ///
    /// # Errors
    /// The code is wrong, nothing is being set up, or the database failed.
    pub async fn confirm_second_factor(&self, actor: &Actor, code: &str) -> Result<(), ConfirmError> {
        let (account, now) = (actor.account, self.now());
        let row = self.store().read().await?.factor(account).await?;
        let row = row.filter(|row| row.confirmed_at.is_none()).ok_or(ConfirmError::NotBegun)?;
        let plain = self.key().unseal(&place(account), &row.secret).map_err(|_| ConfirmError::NotBegun)?;
        let (secret, codes) = opened(&plain).ok_or(ConfirmError::NotBegun)?;
        let step = totp::accepted_step(secret, code, now, row.last_step).ok_or(ConfirmError::Wrong)?;
        let sealed = self.key().seal(&place(account), secret, self.random());
        let mut tx = self.store().begin().await?;
        if !tx.confirm_factor(account, &row.secret, &sealed, step, now).await? {
            return Err(ConfirmError::NotBegun);
        }
        for code in &codes {
            tx.insert_recovery_code(account, &recovery_hash(account, code)).await?;
        }
        self.tell(tx.as_mut(), account, MessageKind::SecondFactorOn, now).await?;
        tx.record(&[audit::record(now, actor, Event::FactorAdded, &actor.username, "authenticator app")])
            .await?;
        Ok(tx.save().await?)
    }

    /// Switches the own second factor off; answers whether there was one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn remove_second_factor(&self, actor: &Actor) -> Result<bool, StoreError> {
        self.drop_factor(actor, actor.account, "authenticator app").await
    }

    /// Takes somebody else's second factor away, because it was lost, and ends the person's sessions; answers whether there
    /// was one. `identified` says how it was made sure that it is this person who asks, which is kept in the audit trail: a
    /// lost factor is replaced by no less than what a first one takes (ASVS 6.4.4).
    ///
    /// # Errors
    /// Nothing is said of how, or the database failed.
    pub async fn take_second_factor(
        &self,
        actor: &Actor,
        account: AccountId,
        identified: &str,
    ) -> Result<bool, TakeFactorError> {
        let identified: String = storable(identified.trim()).chars().take(MAX_IDENTIFIED).collect();
        if identified.is_empty() {
            return Err(TakeFactorError::Unidentified);
        }
        let detail = format!("authenticator app; identified by: {identified}");
        Ok(self.drop_factor(actor, account, &detail).await?)
    }

    async fn drop_factor(&self, actor: &Actor, account: AccountId, detail: &str) -> Result<bool, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(target) = tx.account_by_id(account).await?.map(|row| row.into_account(now)) else {
            return Ok(false);
        };
        let in_use = tx.factor(account).await?.is_some_and(|factor| factor.confirmed_at.is_some());
        if !tx.delete_factor(account).await? || !in_use {
            tx.save().await?;
            return Ok(false);
        }
        tx.delete_pending_of(&[account]).await?;
        if actor.account != account {
            tx.delete_sessions_of(&[account]).await?;
        }
        self.tell(tx.as_mut(), account, MessageKind::SecondFactorOff, now).await?;
        tx.record(&[audit::record(now, actor, Event::FactorRemoved, &target.username, detail)]).await?;
        tx.save().await?;
        Ok(true)
    }

    /// Seals with the current key what was sealed with former ones; answers how many there were.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reseal_second_factors(&self) -> Result<u64, StoreError> {
        let current = self.key().current_only();
        let mut tx = self.store().begin().await?;
        let mut done = 0;
        for (account, before) in tx.sealed_factors().await? {
            let place = place(account);
            if current.unseal(&place, &before).is_ok() {
                continue;
            }
            if let Ok(plain) = self.key().unseal(&place, &before) {
                let sealed = self.key().seal(&place, &plain, self.random());
                tx.reseal_factor(account, &before, &sealed).await?;
                done += 1;
            }
        }
        tx.save().await?;
        Ok(done)
    }

    /// Owes a mail that says what has changed.
    async fn tell(
        &self,
        tx: &mut dyn Transaction,
        account: AccountId,
        kind: MessageKind,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let message = NewMessage {
            id: MessageId::new(now, self.random()),
            account_id: account,
            import_id: None,
            kind,
            with_secret: false,
            created_at: now,
        };
        tx.enqueue(&[message]).await?;
        Ok(())
    }
}
