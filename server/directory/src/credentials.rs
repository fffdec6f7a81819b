//! The only place that checks secrets, and so the only one that counts guesses.
//!
//! An attempt is reserved in the database before anything is compared, so that parallel guesses cannot slip past the
//! count. Every refusal - unknown, wrong, waiting, locked, expired, closed - costs one argon2id hash and gets the same
//! answer (OWASP ASVS 5.0, 6.3.8).
//!
//! A network may fail only so often, whoever it tries: each attempt is taken from what the network has, and given back
//! when it succeeds, so that a school behind one address can sign in all at once.

use crate::Directory;
use crate::account::{Account, Actor, Role, Status};
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::hashing::HashError;
use crate::id::AccountId;
use crate::key::digest;
use crate::rates::{self, Rate};
use crate::second_factor;
use crate::secret::{PendingToken, SessionToken, TemporarySecret};
use crate::sessions::Whence;
use crate::store::{CredentialRow, NewIssue, SecretOnFile};
use roster::Problem;
use roster::field::{EmailAddress, Username};
use roster::policy::{Identity, normalise_password};
use secrecy::{ExposeSecret, SecretString};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use thiserror::Error;

/// Longer ones are refused before anything is computed.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Longest username or address that is looked up.
const MAX_LOGIN_BYTES: usize = 1024;

/// What the limit of networks counts.
pub(crate) const SIGN_IN: &str = "sign_in";

/// Where each attempt leaves the same trace, whoever it is for; nothing is limited by it.
const ATTEMPTS: &str = "attempts";
const UNLIMITED: Rate = Rate { burst: 1_000_000, every: Duration::from_millis(1) };

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

/// What a secret turned out to be.
enum Checked {
    /// The right one, and what it was compared with.
    Right { on_file: SecretOnFile, must_change: bool },
    /// Anything else.
    Wrong { locked: bool },
}

impl From<HashError> for SignInError {
    fn from(_: HashError) -> Self {
        Self::Busy
    }
}

impl From<HashError> for ChangeError {
    fn from(_: HashError) -> Self {
        Self::Busy
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

    /// Compares a secret with what is on file. Whatever the answer, a refusal has cost one argon2id hash.
    async fn check(
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

/// What can keep a secret from being compared.
enum CheckError {
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

impl From<CheckError> for SignInError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Busy => Self::Busy,
            CheckError::Store(error) => Self::Store(error),
        }
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
