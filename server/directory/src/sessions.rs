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
        let Some(row) = self.store().read().await?.live_session(&token_hash, now).await? else {
            return Ok(None);
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
        Ok(Some(Session { account, must_change: row.must_change }))
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
        address: &str,
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
            address: audit::storable(address),
            now,
            idle_limit: i64::try_from(limits.idle.as_millis()).expect("limits are hours, not ages"),
            expires_at: now.after(limits.absolute),
        })
        .await?;
        Ok(token)
    }
}
