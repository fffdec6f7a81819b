//! Who did what, when. Written in the same transaction as the effect, never changed afterwards.
//!
//! Events are named after the OWASP Logging Vocabulary where it has a name. Usernames and addresses may appear,
//! secrets and verifiers never do.

mod chain;

pub use chain::{AuditCheck, AuditError};
pub(crate) use chain::{AuditKey, Head, Seal};

use crate::Directory;
use crate::account::Actor;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::AccountId;
use crate::page::{Page, PageRequest};
use crate::store::AuditRecord;
use serde::{Deserialize, Serialize};

text_enum! {
    /// What happened.
    pub enum Event {
        /// A sign-in succeeded.
        SignIn = "authn_login_success",
        /// A sign-in was refused.
        SignInRefused = "authn_login_fail",
        /// A sign-in was refused because of too many failures.
        SignInLocked = "authn_login_lock",
        /// A session was ended by its holder.
        SignOut = "session_ended",
        /// Somebody's sessions were ended by that person from elsewhere, or by an administrator.
        SessionsRevoked = "session_revoked",
        /// The password was right; a code is asked for as well.
        CodeWanted = "authn_factor_challenge",
        /// The code was wrong, or too many were.
        CodeRefused = "authn_factor_fail",
        /// A second factor was switched on.
        FactorAdded = "authn_factor_added",
        /// A second factor was switched off.
        FactorRemoved = "authn_factor_removed",
        /// A person gave the password once more, before something dangerous.
        Proven = "authn_reauthentication",
        /// The password that was given once more was wrong.
        ProofRefused = "authn_reauthentication_fail",
        /// An administrator lifted the lock of too many failures.
        SignInUnlocked = "authn_login_unlock",
        /// A person set an own password.
        PasswordChanged = "authn_password_change",
        /// A change of password was refused because the current one was wrong.
        PasswordChangeRefused = "authn_password_change_fail",
        /// A temporary password was issued.
        CredentialIssued = "authn_token_created",
        /// An account was created.
        UserCreated = "user_created",
        /// An account's fields were changed.
        UserUpdated = "user_updated",
        /// An account was removed because its import was taken back.
        UserDeleted = "user_deleted",
        /// An account was closed.
        UserDeactivated = "user_deactivated",
        /// An account was opened again.
        UserReactivated = "user_reactivated",
        /// An import was opened.
        ImportOpened = "import_opened",
        /// An import received all of its rows.
        ImportSealed = "import_sealed",
        /// An import was carried out.
        ImportCompleted = "import_completed",
        /// An import was stopped by somebody.
        ImportCancelled = "import_cancelled",
        /// An import goes on.
        ImportContinued = "import_continued",
        /// An import is taken back.
        ImportUndone = "import_undone",
        /// An import stands still because the importer may no longer import.
        ImportPaused = "authz_fail",
        /// Login details are to be sent to many.
        WavePlanned = "wave_planned",
        /// A wave has queued what it owes.
        WaveCompleted = "wave_completed",
        /// A wave was stopped.
        WaveCancelled = "wave_cancelled",
        /// A sheet with login details was made.
        SheetMade = "sheet_made",
        /// A message was taken up again by hand.
        MessageRetried = "message_retried",
        /// A test mail was asked for; it goes past the outbox.
        TestMailRequested = "test_mail_requested",
        /// A message failed for good.
        MessageFailed = "message_failed",
        /// The first administrator was created.
        SetupCompleted = "sys_setup_completed",
        /// The settings were changed.
        SettingsChanged = "sys_settings_changed",
        /// The number of seats was changed.
        SeatLimitChanged = "sys_seat_limit_changed",
    }
}

/// Records of an export that are read at a time.
const EXPORTED: u32 = 5_000;

/// Which records of the audit trail are wanted; blank fields keep all.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AuditFilter {
    /// Name of the event.
    pub event: String,
    /// Part of the name of who did it or what it was done to, or of the detail; without regard to the case of ASCII.
    pub text: String,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// A day of an [`AuditFilter`] that is none.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not a day; write it as 2026-11-26")]
pub struct NoDay(String);

impl AuditFilter {
    /// Keeps what happened from the beginning of the day `from` to the end of the day `until` (UTC, `2026-11-26`, or blank).
    ///
    /// # Errors
    /// One of them is not a day.
    pub fn between(self, from: &str, until: &str) -> Result<Self, NoDay> {
        let day = |text: &str| match text.trim() {
            "" => Ok(None),
            text => Timestamp::start_of_day(text).map(Some).ok_or_else(|| NoDay(text.to_owned())),
        };
        Ok(Self { from: day(from)?, until: day(until)?.map(Timestamp::end_of_utc_day), ..self })
    }
}

/// One record of the audit trail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct AuditEntry {
    /// Its number; later records have higher ones.
    pub number: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor_id: AccountId,
    /// The username of who did it, as it was then.
    #[sqlx(rename = "actor_name")]
    pub actor: String,
    /// What happened.
    pub event: String,
    /// To whom or what: a username, a file name, a setting.
    pub target: String,
    /// More, in words.
    pub detail: String,
}

impl Directory {
    /// A page of the records that `filter` keeps, newest first; pages count from 1.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit(&self, filter: &AuditFilter, page: u32) -> Result<Page<AuditEntry>, StoreError> {
        let page = PageRequest::number(page);
        Ok(Page::of(self.store().read().await?.audit_page(filter, page).await?, page))
    }

    /// The next records that `filter` keeps after a number, oldest first, some thousand at a time; none when there are no
    /// more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit_from(&self, filter: &AuditFilter, after: i64) -> Result<Vec<AuditEntry>, StoreError> {
        self.store().read().await?.audit_matching(filter, after, EXPORTED).await
    }

    /// Writes one record on its own: for events whose effect is not in the database, such as a refused request.
    ///
    /// # Errors
    /// The database failed.
    pub async fn record_event(
        &self,
        actor: &Actor,
        event: Event,
        target: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.store().begin().await?;
        tx.record(&[record(self.now(), actor, event, target, detail)]).await?;
        tx.save().await
    }
}

/// A record of what `actor` did to `target`.
pub(crate) fn record(at: Timestamp, actor: &Actor, event: Event, target: &str, detail: &str) -> AuditRecord {
    AuditRecord {
        at,
        actor_id: actor.account,
        actor_name: actor.username.clone(),
        event: event.as_str(),
        target: storable(target),
        detail: storable(detail),
    }
}

/// Text from outside without NUL, which PostgreSQL cannot keep.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
