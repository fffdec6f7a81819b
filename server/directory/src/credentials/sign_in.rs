//! Signing in by username or email and password.
//!
//! A network may fail only so often, whoever it tries: each attempt is taken from what the network has, and given back
//! when it succeeds, so that a school behind one address can sign in all at once.

use super::check::{CheckError, Checked};
use super::{MAX_PASSWORD_BYTES, from};
use crate::Directory;
use crate::account::{Account, Actor, Role, Status};
use crate::audit::{self, Event};
use crate::error::StoreError;
use crate::hashing::HashError;
use crate::id::AccountId;
use crate::rates;
use crate::secret::{PendingToken, SessionToken, TemporarySecret};
use crate::sessions::Whence;
use crate::store::SecretOnFile;
use roster::field::{EmailAddress, Username};
use secrecy::{ExposeSecret, SecretString};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use thiserror::Error;

/// Longest username or address that is looked up.
const MAX_LOGIN_BYTES: usize = 1024;

/// What the limit of networks counts.
pub(crate) const SIGN_IN: &str = "sign_in";

/// How sign-ins went since the start, in this process.
#[derive(Debug, Default)]
pub(crate) struct SignIns {
    done: AtomicU64,
    refused: AtomicU64,
    limited: AtomicU64,
}

/// How sign-ins went since the start, in this process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SignInCounts {
    /// Succeeded.
    pub done: u64,
    /// Refused: unknown, wrong, waiting, locked, expired or closed.
    pub refused: u64,
    /// Refused because their network had failed too often.
    pub limited: u64,
}

/// A successful sign-in.
pub struct SignedIn {
    /// For the browser.
    pub token: SessionToken,
    /// An own password must be set first.
    pub must_change: bool,
    /// Who signed in.
    pub account: Account,
}

/// Why a sign-in did not succeed.
#[derive(Debug, Error)]
pub enum SignInError {
    /// One answer for unknown, wrong, waiting, locked, expired and closed.
    #[error("that did not work; check the username and the password, wait a moment and try again")]
    Refused,
    /// The network that the request came from has failed too often, whoever it tried.
    #[error("too many sign-ins from this network failed; try again in {} seconds", .0.as_secs())]
    TooMany(Duration),
    /// The password was right; with this token and a code the sign-in is completed (`Directory::complete_sign_in`).
    #[error("a code is needed as well")]
    CodeWanted(PendingToken),
    /// Too many passwords are being checked.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HashError> for SignInError {
    fn from(_: HashError) -> Self {
        Self::Busy
    }
}

impl From<CheckError> for SignInError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Busy => Self::Busy,
            CheckError::Store(error) => Self::Store(error),
        }
    }
}

impl Directory {
    /// Signs somebody in by username or email. `address` is where the request came from.
    ///
    /// # Errors
    /// Refused, too many from this network, busy, or the database failed.
    pub async fn sign_in(
        &self,
        login: &str,
        password: SecretString,
        address: &str,
    ) -> Result<SignedIn, SignInError> {
        self.sign_in_from(login, password, Whence { address, agent: "" }).await
    }

    /// The same, and remembers for the person with what.
    ///
    /// # Errors
    /// As [`Directory::sign_in`].
    pub async fn sign_in_from(
        &self,
        login: &str,
        password: SecretString,
        whence: Whence<'_>,
    ) -> Result<SignedIn, SignInError> {
        let answer = self.try_sign_in(login, password, whence).await;
        self.count_sign_in(&answer);
        answer
    }

    /// Counts how a sign-in, or its second half, went.
    pub(crate) fn count_sign_in(&self, answer: &Result<SignedIn, SignInError>) {
        let counts = &self.0.sign_ins;
        match answer {
            Ok(_) => counts.done.fetch_add(1, Ordering::Relaxed),
            Err(SignInError::Refused) => counts.refused.fetch_add(1, Ordering::Relaxed),
            Err(SignInError::TooMany(_)) => counts.limited.fetch_add(1, Ordering::Relaxed),
            Err(SignInError::CodeWanted(_) | SignInError::Busy | SignInError::Store(_)) => 0,
        };
    }

    /// How sign-ins went since the start, in this process.
    #[must_use]
    pub fn sign_in_counts(&self) -> SignInCounts {
        let SignIns { done, refused, limited } = &self.0.sign_ins;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SignInCounts { done: read(done), refused: read(refused), limited: read(limited) }
    }

    async fn try_sign_in(
        &self,
        login: &str,
        password: SecretString,
        whence: Whence<'_>,
    ) -> Result<SignedIn, SignInError> {
        let address = whence.address;
        if password.expose_secret().len() > MAX_PASSWORD_BYTES || login.len() > MAX_LOGIN_BYTES {
            return Err(SignInError::Refused);
        }
        let network = self.admit(address).await?;
        let login = &audit::storable(login.trim());
        let (username_key, email_key) = (Username::key_of(login), EmailAddress::key_of(login));
        let found = self.store().read().await?.find_login(Some(&username_key), Some(&email_key)).await?;
        let Some(person) = found else {
            // Nobody has this identifier: the same steps as for somebody who has to wait.
            self.check(AccountId::SYSTEM, &password, Status::Active).await?;
            // What was typed is not recorded: people type passwords into the wrong field.
            self.record_refusal(None, Event::SignInRefused, address, "unknown").await?;
            return Err(SignInError::Refused);
        };
        let actor = Actor { account: person.id, username: person.username.clone(), role: Role::Member };
        let checked = self.check(person.id, &password, person.status).await?;
        let (on_file, must_change) = match checked {
            Checked::Right { on_file, must_change } => (on_file, must_change),
            Checked::Wrong { locked } => {
                let event = if locked { Event::SignInLocked } else { Event::SignInRefused };
                self.record_refusal(Some(&actor), event, address, "").await?;
                return Err(SignInError::Refused);
            }
        };
        let lasting = self.hash_again(&password, &on_file, must_change).await?;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let stands = match &lasting {
            Some((hash, machine_made)) => {
                tx.set_password(person.id, &on_file, hash, *machine_made, now).await?
            }
            None => tx.accept_attempt(person.id, &on_file, now).await?,
        };
        if let (Some(network), Some(rate)) = (&network, self.sign_in_rate()) {
            tx.give_back(SIGN_IN, network, rate).await?;
        }
        let account = tx.account_by_id(person.id).await?.map(|row| row.into_account(now));
        let Some(account) = account.filter(|account| stands && account.status == Status::Active) else {
            // Changed or closed while we compared.
            return Err(SignInError::Refused);
        };
        if let Some(pending) = self.want_code(tx.as_mut(), &actor, must_change, address, now).await? {
            tx.save().await?;
            return Err(SignInError::CodeWanted(pending));
        }
        tx.signed_in(person.id, now).await?;
        let token = self.open_session(tx.as_mut(), person.id, account.role, must_change, whence, now).await?;
        tx.record(&[audit::record(now, &actor, Event::SignIn, &actor.username, &from(address))]).await?;
        tx.save().await?;
        Ok(SignedIn { token, must_change, account })
    }

    /// The hash to put on file, before the transaction, and whether a machine made the password: a temporary one that
    /// need not be changed becomes the lasting one, and a lasting one that is hashed too weakly is hashed again.
    async fn hash_again(
        &self,
        password: &SecretString,
        on_file: &SecretOnFile,
        must_change: bool,
    ) -> Result<Option<(String, bool)>, SignInError> {
        // Setting a password ends the duty to change it; a weak hash that is to go stays as it is until then.
        if must_change {
            return Ok(None);
        }
        let symbols = TemporarySecret::typed(password.expose_secret())
            .map(|secret| SecretString::from(secret.symbols().to_owned()));
        match (on_file, symbols) {
            (SecretOnFile::Temporary(_), Some(symbols)) => {
                Ok(Some((self.hasher().hash(symbols).await?, true)))
            }
            (SecretOnFile::Lasting { hash, machine_made }, symbols) if self.hasher().is_weak(hash) => {
                let plain = symbols.filter(|_| *machine_made).unwrap_or_else(|| password.clone());
                // Busy is no reason to keep somebody out whose password is right; the next sign-in will do.
                Ok(self.hasher().hash(plain).await.ok().map(|hash| (hash, *machine_made)))
            }
            _ => Ok(None),
        }
    }

    /// Takes one attempt from what the network of `address` has, and answers which network that is.
    pub(crate) async fn admit(&self, address: &str) -> Result<Option<String>, SignInError> {
        let (Some(rate), Some(network)) = (self.sign_in_rate(), rates::network(address)) else {
            return Ok(None);
        };
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if !tx.take_one(SIGN_IN, &network, rate, now).await? {
            let free_at = tx.free_at(SIGN_IN, &network).await?.unwrap_or(now);
            return Err(SignInError::TooMany(rate.wait(free_at, now)));
        }
        tx.save().await?;
        Ok(Some(network))
    }
}
