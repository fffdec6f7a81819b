//! Where things are kept: a trait per aggregate and an explicit transaction; SQLite and PostgreSQL stand behind them.
//!
//! The rules of the other modules know only the traits. The statements are written once, in `shared/`, and compiled
//! once per engine; what truly differs (unpacking a JSON parameter, claiming work) is a macro in the engine's module.
//! The engine is picked by the URL, once, in [`open`].

/// Compiles the shared statements for the engine in whose module this stands.
macro_rules! compile_for_this_engine {
    () => {
        #[path = "../shared/absent.rs"]
        mod absent;
        #[path = "../shared/audit.rs"]
        mod audit;
        #[path = "../shared/credentials.rs"]
        mod credentials;
        #[path = "../shared/factors.rs"]
        mod factors;
        #[path = "../shared/imports.rs"]
        mod imports;
        #[path = "../shared/links.rs"]
        mod links;
        #[path = "../shared/outbox.rs"]
        mod outbox;
        #[path = "../shared/people.rs"]
        mod people;
        #[path = "../shared/rates.rs"]
        mod rates;
        #[path = "../shared/resets.rs"]
        mod resets;
        #[path = "../shared/seats.rs"]
        mod seats;
        #[path = "../shared/sessions.rs"]
        mod sessions;
        #[path = "../shared/settings.rs"]
        mod settings;
        #[path = "../shared/undo.rs"]
        mod undo;
        #[path = "../shared/unit.rs"]
        mod unit;
        #[path = "../shared/waves.rs"]
        mod waves;
    };
}
use compile_for_this_engine;

mod absent;
mod audit;
pub(crate) mod copy;
mod credentials;
mod factors;
mod imports;
mod links;
mod outbox;
mod people;
mod postgres;
mod rates;
mod resets;
mod seats;
mod sessions;
mod settings;
mod sqlite;
mod undo;
mod waves;

pub(crate) use absent::{AbsentRow, AbsentStore, ClosedRow, ClosingImport, ReopenedRow};
pub(crate) use audit::{AuditRecord, AuditStore};
pub(crate) use credentials::{
    CredentialRow, CredentialStore, IssuableRow, LoginRow, NewCredential, NewIssue, SecretOnFile,
};
pub(crate) use factors::{FactorRow, FactorStore, PendingRow};
pub(crate) use imports::{
    ChunkRow, ClaimedImport, Counters, FailedRecord, Fields, ImportHead, ImportStore, NewChunk,
    NewImportRecord, OutcomeRecord, Replaced, RowRecord, WaitingChunk, WaitingRow,
};
pub(crate) use links::{LinkRow, LinkStore};
pub(crate) use outbox::{
    ClaimedMessage, ConcludedMessage, HELD, HOLD_MESSAGES, NewMessage, OutboxStore, RELEASE_HELD, STOP_WAVES,
};
pub(crate) use people::{
    AccountBrief, AccountRow, ChangedAccount, KnownRow, NewAccount, Origin, PeopleFilter, PeopleStore,
};
pub(crate) use rates::RateStore;
pub(crate) use resets::{ResetRow, ResetStore};
pub(crate) use seats::SeatStore;
pub(crate) use sessions::{NewSession, OwnSessionRow, SessionRow, SessionStore};
pub(crate) use settings::SettingsStore;
pub(crate) use undo::{RowToUndo, RunningUndo, UndoCounters, UndoStore, UndoableAccount, UndoneRow};
pub(crate) use waves::{DueWave, HandedRow, NewWaveRecord, WavePersonRow, WaveProgress, WaveStore};

use crate::audit::AuditKey;
use crate::error::{OpenError, StoreError};
use async_trait::async_trait;
use serde::Serializer;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for one statement; beyond it the caller is told that the database is not available.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// What a store's methods answer.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// Which engine keeps the data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// A file beside the server.
    Sqlite,
    /// A server, shared by any number of Rollcall processes.
    Postgres,
}

impl Engine {
    /// The engine's name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// How a database is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Storage {
    /// Connections to PostgreSQL, or readers of a SQLite file beside its one writer; without a number what suits the
    /// engine. Whoever finds none free waits for some seconds.
    pub connections: Option<NonZeroU32>,
    /// Bytes that SQLite's write-ahead log is cut back to.
    pub log_bytes: u64,
}

impl Default for Storage {
    fn default() -> Self {
        Self { connections: None, log_bytes: 128 * 1024 * 1024 }
    }
}

impl Storage {
    /// The number of connections, or what suits the engine.
    fn connections_or(self, usual: u32) -> u32 {
        self.connections.map_or(usual, NonZeroU32::get)
    }
}

/// A database.
#[async_trait]
pub(crate) trait Store: Send + Sync {
    /// Which engine it is.
    fn engine(&self) -> Engine;
    /// Version of the newest migration that was run.
    async fn schema_version(&self) -> Result<i64>;
    /// A connection for reading; every statement sees what is committed at that moment.
    async fn read(&self) -> Result<Box<dyn Transaction>>;
    /// A transaction for writing. Dropping it takes everything back.
    async fn begin(&self) -> Result<Box<dyn Transaction>>;
    /// Ends connections of other processes whose statement waits for them since longer than `limit`; how many.
    async fn end_stalled(&self, limit: Duration) -> Result<u64>;
    /// Waits for running statements and closes all connections.
    async fn close(&self);
}

/// A unit of work: either all of it is saved, or nothing.
#[async_trait]
pub(crate) trait Transaction:
    PeopleStore
    + CredentialStore
    + FactorStore
    + SessionStore
    + RateStore
    + ResetStore
    + LinkStore
    + WaveStore
    + SeatStore
    + SettingsStore
    + ImportStore
    + AbsentStore
    + UndoStore
    + OutboxStore
    + AuditStore
    + Send
{
    /// Makes everything lasting.
    async fn save(self: Box<Self>) -> Result<()>;
}

/// Opens the database that the URL names and brings its schema up to date.
pub(crate) async fn open(
    url: &str,
    audit_key: AuditKey,
    storage: Storage,
) -> std::result::Result<Arc<dyn Store>, OpenError> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok(Arc::new(sqlite::Sqlite::open(url, audit_key, storage).await?)),
        Some("postgres" | "postgresql") => {
            Ok(Arc::new(postgres::Postgres::open(url, audit_key, storage).await?))
        }
        _ => Err(OpenError::UnknownEngine),
    }
}

/// Runs one database call within [`CALL_TIMEOUT`].
async fn within<T>(call: impl Future<Output = std::result::Result<T, sqlx::Error>>) -> Result<T> {
    match tokio::time::timeout(CALL_TIMEOUT, call).await {
        Ok(answer) => answer.map_err(StoreError::from),
        Err(_) => Err(StoreError::Unavailable(None)),
    }
}

/// Refuses a database that a newer version has migrated; migrations only ever grow in number.
fn refuse_newer(error: sqlx::migrate::MigrateError, migrator: &sqlx::migrate::Migrator) -> OpenError {
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    match error {
        sqlx::migrate::MigrateError::VersionMissing(found) if found > known => {
            OpenError::NewerSchema { found, known }
        }
        error => OpenError::Migrate(error),
    }
}

/// Bytes inside a JSON parameter travel as hexadecimal digits.
fn hex<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => serializer.serialize_some(&data_encoding::HEXLOWER.encode(bytes)),
        None => serializer.serialize_none(),
    }
}
