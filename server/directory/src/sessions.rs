//! Sessions: who is signed in. The browser holds a random token, the database only its digest.
//!
//! Both limits - time without a request, time in all - are held against the server's clock. A request changes only a
//! session that still exists, so that nothing brings an ended one back.

use crate::Directory;
use crate::account::{Actor, Role};
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::AccountId;
use crate::key::digest;
use crate::store::{NewSession, Transaction};
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub use crate::secret::SessionToken;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Seen again within this time, a session is not written to.
const TOUCH_EVERY: Duration = MINUTE;

/// For so long after the password was given, dangerous actions ask for nothing more (OWASP ASVS 5.0, 7.5.3).
pub const FRESH: Duration = Duration::from_secs(5 * 60);

/// How long a session lasts without a request, and at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Limits {
    idle: Duration,
    absolute: Duration,
}

fn limits(role: Role, must_change: bool) -> Limits {
    match (must_change, role) {
        (true, _) => Limits { idle: 15 * MINUTE, absolute: 15 * MINUTE },
        (false, Role::Administrator) => Limits { idle: 20 * MINUTE, absolute: 8 * HOUR },
        (false, Role::Member) => Limits { idle: 60 * MINUTE, absolute: 24 * HOUR },
    }
}

/// The person behind a session, as far as every request needs it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SessionAccount {
    /// Identifier.
    pub id: AccountId,
    /// Username.
    pub username: String,
    /// Address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Role, as it is now.
    pub role: Role,
}

/// A live session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Session {
    /// Who is signed in.
    pub account: SessionAccount,
    /// An own password must be set before anything else.
    pub must_change: bool,
    /// The password was given within the last [`FRESH`].
    pub proven: bool,
    /// A second factor has to be set up before anything else, once an own password is set.
    pub second_factor_due: bool,
}

/// Where a sign-in comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Whence<'a> {
    /// The address of the network.
    pub address: &'a str,
    /// Browser and system, in words for the person.
    pub agent: &'a str,
}

/// From an address, with nobody knows what.
impl<'a> From<&'a str> for Whence<'a> {
    fn from(address: &'a str) -> Self {
        Self { address, agent: "" }
    }
}

/// One of somebody's live sessions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenSession {
    /// Tells it from the others; of no use to whoever learns it.
    pub id: String,
    /// Where the sign-in came from.
    pub address: String,
    /// Browser and system, in words; empty where they are not known.
    pub agent: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, to a minute.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Which of somebody's sessions to end.
#[derive(Clone, Copy)]
pub enum Which<'a> {
    /// This one.
    One(&'a str),
    /// All but this one.
    AllBut(&'a SessionToken),
    /// All.
    All,
}

/// What an administrator is told of how somebody gets in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Live sessions.
    pub sessions: u32,
    /// Until when every password, or every code, is refused after too many failures.
    pub waiting_until: Option<Timestamp>,
    /// Whether a second factor is in use.
    pub second_factor: bool,
}

impl Session {
    /// The person as somebody who does things.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { account: self.account.id, username: self.account.username.clone(), role: self.account.role }
    }
}

impl Directory {
    /// The session of a token; `None` when it ended, ran out, never was, or its account is closed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn session(&self, token: &SessionToken) -> Result<Option<Session>, StoreError> {
        let now = self.now();
        let token_hash = digest(token.expose().as_bytes());
        let (row, required) = {
            let mut read = self.store().read().await?;
            let Some(row) = read.live_session(&token_hash, now).await? else {
                return Ok(None);
            };
            let required = match row.has_factor {
                true => false,
                false => read.settings().await?.unwrap_or_default().require_second_factor.asks(row.role),
            };
            (row, required)
        };
        if row.last_seen_at <= now.before(TOUCH_EVERY) {
            let mut tx = self.store().begin().await?;
            tx.touch_session(&token_hash, now).await?;
            tx.save().await?;
        }
        let account = SessionAccount {
            id: row.account_id,
            username: row.username,
            email: row.email,
            first_name: row.first_name,
            last_name: row.last_name,
            role: row.role,
        };
        let proven = row.proven_at > now.before(FRESH);
        Ok(Some(Session { account, must_change: row.must_change, proven, second_factor_due: required }))
    }

    /// Somebody's live sessions, the one used last first; `current` is the one that asks.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_sessions(
        &self,
        account: AccountId,
        current: &SessionToken,
    ) -> Result<Vec<OpenSession>, StoreError> {
        let asking = digest(current.expose().as_bytes());
        let rows = self.store().read().await?.sessions_of(account, self.now()).await?;
        Ok(rows
            .into_iter()
            .map(|row| OpenSession {
                id: public_id(&row.token_hash),
                address: row.address,
                agent: row.agent,
                created_at: row.created_at,
                last_seen_at: row.last_seen_at,
                current: row.token_hash == asking,
            })
            .collect())
    }

    /// Ends sessions of `account`; answers with how many. Ending one that is gone is no mistake.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_sessions(
        &self,
        actor: &Actor,
        account: AccountId,
        which: Which<'_>,
    ) -> Result<u32, StoreError> {
        let now = self.now();
        let kept =
            if let Which::AllBut(token) = which { digest(token.expose().as_bytes()) } else { Vec::new() };
        let mut tx = self.store().begin().await?;
        let Some(target) = tx.account_by_id(account).await?.map(|row| row.into_account(now)) else {
            return Ok(0);
        };
        if let Which::All = which {
            tx.delete_pending_of(&[account]).await?;
        }
        let mut ended = 0;
        for row in tx.sessions_of(account, now).await? {
            let meant = match which {
                Which::One(id) => public_id(&row.token_hash) == id,
                Which::AllBut(_) => row.token_hash != kept,
                Which::All => true,
            };
            if meant && tx.delete_session(&row.token_hash).await? {
                ended += 1;
            }
        }
        if ended > 0 {
            let detail = format!("{ended} ended");
            tx.record(&[audit::record(now, actor, Event::SessionsRevoked, &target.username, &detail)])
                .await?;
        }
        tx.save().await?;
        Ok(ended)
    }

    /// How somebody gets in at present: sessions, and whether too many failures keep the person out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn access(&self, account: AccountId) -> Result<Access, StoreError> {
        let now = self.now();
        let mut read = self.store().read().await?;
        let sessions = read.sessions_of(account, now).await?.len();
        let waiting_until =
            read.waiting_until(account, now).await?.max(read.codes_wait_until(account, now).await?);
        let factor = read.factor(account).await?;
        Ok(Access {
            sessions: u32::try_from(sessions).unwrap_or(u32::MAX),
            waiting_until,
            second_factor: factor.is_some_and(|factor| factor.confirmed_at.is_some()),
        })
    }

    /// Forgets that somebody failed to sign in; answers whether there was anything to forget.
    ///
    /// # Errors
    /// The database failed.
    pub async fn lift_lock(&self, actor: &Actor, account: AccountId) -> Result<bool, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(target) = tx.account_by_id(account).await?.map(|row| row.into_account(now)) else {
            return Ok(false);
        };
        let lifted = tx.forget_failures(account).await? | tx.forget_wrong_codes(account).await?;
        if lifted {
            tx.record(&[audit::record(now, actor, Event::SignInUnlocked, &target.username, "")]).await?;
        }
        tx.save().await?;
        Ok(lifted)
    }

    /// Ends a session; ending one that is gone is no mistake.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_session(&self, token: &SessionToken) -> Result<(), StoreError> {
        let now = self.now();
        let token_hash = digest(token.expose().as_bytes());
        let mut tx = self.store().begin().await?;
        let row = tx.live_session(&token_hash, now).await?;
        tx.delete_session(&token_hash).await?;
        if let Some(row) = row {
            let actor = Actor { account: row.account_id, username: row.username, role: row.role };
            tx.record(&[audit::record(now, &actor, Event::SignOut, &actor.username, "")]).await?;
        }
        tx.save().await
    }

    /// Opens a session within `tx`.
    pub(crate) async fn open_session(
        &self,
        tx: &mut dyn Transaction,
        account: AccountId,
        role: Role,
        must_change: bool,
        whence: Whence<'_>,
        now: Timestamp,
    ) -> Result<SessionToken, StoreError> {
        let token = SessionToken::new(self.random());
        let limits = limits(role, must_change);
        tx.delete_ended_sessions(now).await?;
        tx.forget_rates(now).await?;
        tx.insert_session(&NewSession {
            token_hash: digest(token.expose().as_bytes()),
            account,
            must_change,
            address: audit::storable(whence.address),
            agent: audit::storable(whence.agent),
            now,
            idle_limit: i64::try_from(limits.idle.as_millis()).expect("limits are hours, not ages"),
            expires_at: now.after(limits.absolute),
        })
        .await?;
        Ok(token)
    }
}

/// Names a session to its holder: neither the token nor what the database knows it by follows from it.
fn public_id(token_hash: &[u8]) -> String {
    let bits = digest(&[b"rollcall session".as_slice(), token_hash].concat());
    data_encoding::HEXLOWER.encode(&bits[..16])
}
