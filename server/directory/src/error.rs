//! What can go wrong below the rules: the store. The rules' own refusals have an enum per area.

use std::sync::atomic::{AtomicU64, Ordering};
use thiserror::Error;

/// Statements that the database did not carry out as it should, in this process.
static FAILURES: AtomicU64 = AtomicU64::new(0);

/// How often the database failed since the start; a constraint that said no is no failure.
#[must_use]
pub fn database_failures() -> u64 {
    FAILURES.load(Ordering::Relaxed)
}

/// A failure of the database, sorted by what the caller can do about it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A unique constraint said no: somebody else was first.
    #[error("another change was made at the same time ({constraint})")]
    Taken {
        /// Name of the constraint, or the columns as the engine names them.
        constraint: String,
    },
    /// The engine gave up one of two crossing transactions; doing the whole transaction again is right.
    #[error("the transaction crossed another one")]
    Crossed(#[source] sqlx::Error),
    /// No connection, a time-out, a locked or full database: later it may work.
    #[error("the database is not available at the moment")]
    Unavailable(#[source] Option<sqlx::Error>),
    /// Anything else: a defect of ours or a damaged database.
    #[error("the database refused a statement")]
    Unexpected(#[source] sqlx::Error),
    /// What the database holds does not mean what it should: a record of a newer version, or damage.
    #[error("the database holds a record that cannot be read: {0}")]
    Unreadable(String),
}

impl StoreError {
    /// Whether doing the same whole transaction again may simply work.
    #[must_use]
    pub fn is_crossing(&self) -> bool {
        matches!(self, Self::Crossed(_) | Self::Taken { .. })
    }

    /// Whether the database, not the request, is the trouble.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Crossed(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let sorted = Self::sort(error);
        if !matches!(sorted, Self::Taken { .. }) {
            FAILURES.fetch_add(1, Ordering::Relaxed);
        }
        sorted
    }
}

impl StoreError {
    fn sort(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(database) => {
                let code = database.code().unwrap_or_default().into_owned();
                if database.is_unique_violation() {
                    let constraint = database.constraint().unwrap_or_else(|| database.message()).to_owned();
                    return Self::Taken { constraint };
                }
                match code.as_str() {
                    // PostgreSQL: serialization failure, deadlock, lock time-out.
                    "40001" | "40P01" | "55P03" => Self::Crossed(error),
                    // PostgreSQL: cancelled by a time-out, shutting down, starting up, too many clients, no space.
                    "57014" | "57P01" | "57P02" | "57P03" | "53300" | "53100" => {
                        Self::Unavailable(Some(error))
                    }
                    // PostgreSQL: connection exceptions.
                    code if code.starts_with("08") && code.len() == 5 => Self::Unavailable(Some(error)),
                    // SQLite: primary codes BUSY 5, LOCKED 6, IOERR 10, FULL 13, CANTOPEN 14 in the low byte.
                    code if code.len() < 5
                        && code.parse::<u32>().is_ok_and(|c| matches!(c & 0xff, 5 | 6 | 10 | 13 | 14)) =>
                    {
                        Self::Unavailable(Some(error))
                    }
                    _ => Self::Unexpected(error),
                }
            }
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable(Some(error))
            }
            _ => Self::Unexpected(error),
        }
    }
}

/// Why a directory could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The URL names no engine that Rollcall knows.
    #[error("the database URL must start with sqlite:// or postgres://")]
    UnknownEngine,
    /// The URL cannot be read. The URL itself is not repeated: it may hold a password.
    #[error("the database URL cannot be read")]
    Url(#[source] sqlx::Error),
    /// The database cannot be reached or refuses us.
    #[error("the database cannot be opened")]
    Connect(#[source] sqlx::Error),
    /// The database was made by a newer version.
    #[error(
        "the database belongs to a newer version of Rollcall (schema {found}, this version knows {known})"
    )]
    NewerSchema {
        /// Newest migration in the database.
        found: i64,
        /// Newest migration of this binary.
        known: i64,
    },
    /// A migration failed; it was rolled back and runs again at the next start.
    #[error("the database schema cannot be brought up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The database opened, but its first use failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
