//! SQLite: one writer, some readers, write-ahead log, every commit on disk before it is acknowledged.

/// The rows of the JSON array in parameter `$1`, as a SELECT with named, typed columns.
macro_rules! rows {
    (@column $name:ident uuid) => { concat!("unhex(value->>'", stringify!($name), "', '-') AS ", stringify!($name)) };
    (@column $name:ident bytes) => { concat!("unhex(value->>'", stringify!($name), "') AS ", stringify!($name)) };
    (@column $name:ident json) => { concat!("value->'", stringify!($name), "' AS ", stringify!($name)) };
    (@column $name:ident $plain:ident) => { concat!("value->>'", stringify!($name), "' AS ", stringify!($name)) };
    ($($name:ident $kind:ident),+ $(,)?) => {
        concat!("SELECT ", $(rows!(@column $name $kind), ", ",)+ "1 AS one FROM json_each($1)")
    };
}

/// Inserts rows, many with one statement; how many were inserted. What follows the columns says what a row does whose
/// key is taken: `fail`, `skip` it, or replace columns of the other row. Columns under `same` are bound once for all
/// neighbours that have the same in all of them; what may alternate from row to row does not belong there.
///
/// `OR FAIL` and `OR IGNORE` spare SQLite the copies of pages with which it could take a half-done statement back; that is
/// never wanted, because a batch is taken back as a whole.
macro_rules! insert_many {
    (@verb fail) => { "INSERT OR FAIL" };
    (@verb skip) => { "INSERT OR IGNORE" };
    (@verb $replace:literal) => { "INSERT" };
    (@tail $replace:literal) => { $replace };
    (@tail $word:ident) => { "" };
    (@of $one:expr, $row:ident, $value:expr) => {{
        #[allow(unused_variables, reason = "a constant is the same of every row")]
        let $row = $one;
        $value
    }};
    (
        @insert $unit:expr, $rows:expr, $table:literal, |$row:ident| { $($column:ident = $value:expr,)+ },
        { $($shared:ident = $shared_value:expr,)* }, $taken:tt
    ) => {{
        const COLUMNS: &[&str] = &[$(stringify!($column)),+];
        const SAME: &[&str] = &[$(stringify!($shared)),*];
        let rows = &$rows;
        let runs = rows[..].chunk_by(|_one, _other| {
            true $(&& insert_many!(@of _one, $row, $shared_value) == insert_many!(@of _other, $row, $shared_value))*
        });
        let mut groups = runs.flat_map(super::groups);
        let mut statement = || {
            let group = groups.next()?;
            let (verb, tail) = (insert_many!(@verb $taken), insert_many!(@tail $taken));
            let sql = super::insert_statement(verb, $table, (COLUMNS, SAME), group.len(), tail);
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
            for $row in group {
                query = query$(.bind($value))+;
            }
            $(query = query.bind(insert_many!(@of &group[0], $row, $shared_value));)*
            Some(query)
        };
        let (mut inserted, mut next) = (0, statement());
        while let Some(query) = next {
            // The engine works in a thread of its own: the parameters of the next statement are copied meanwhile.
            let (done, after) =
                futures::join!(within(query.execute($unit.connection())), async { statement() });
            inserted += done?.rows_affected();
            next = after;
        }
        inserted
    }};
    (
        $unit:expr, $rows:expr, $table:literal, |$row:ident| { $($column:ident $kind:ident = $value:expr),+ $(,)? },
        same { $($shared:ident $shared_kind:ident = $shared_value:expr),+ $(,)? }, $taken:tt
    ) => {
        insert_many!(
            @insert $unit, $rows, $table, |$row| { $($column = $value,)+ }, { $($shared = $shared_value,)+ }, $taken
        )
    };
    ($unit:expr, $rows:expr, $table:literal, |$row:ident| { $($column:ident $kind:ident = $value:expr),+ $(,)? }, $taken:tt) => {
        insert_many!(@insert $unit, $rows, $table, |$row| { $($column = $value,)+ }, {}, $taken)
    };
}

/// The texts of the JSON array in a parameter.
macro_rules! texts {
    ($parameter:literal) => {
        concat!("SELECT value FROM json_each(", $parameter, ")")
    };
}

/// The ids of the JSON array in a parameter.
macro_rules! ids {
    ($parameter:literal) => {
        concat!("SELECT unhex(value, '-') FROM json_each(", $parameter, ")")
    };
}

/// The numbers of the JSON array in a parameter.
macro_rules! numbers {
    ($parameter:literal) => {
        concat!("SELECT value FROM json_each(", $parameter, ")")
    };
}

/// Keeps rows that were read as they are until the transaction ends: the only writer needs nothing for that.
macro_rules! for_update {
    () => {
        ""
    };
}

/// The same, passing over rows that somebody else holds: nobody else can.
macro_rules! skip_locked {
    () => {
        ""
    };
}

mod checkpoint;
super::compile_for_this_engine!();

use super::{Engine, Result, Storage, Store, Transaction, refuse_newer, within};
use crate::audit::AuditKey;
use crate::error::OpenError;
use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlitePool};
use std::str::FromStr;
use std::time::Duration;

/// The engine for the shared statements.
type Db = sqlx::Sqlite;

/// Rows in the order they are in, as many at a time as one statement inserts. A few sizes only, so that every statement
/// is prepared once.
fn groups<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = [GROUP, 16].into_iter().find(|size| *size <= rows.len()).unwrap_or(1);
        let (group, rest) = rows.split_at_checked(size)?;
        rows = rest;
        Some(group)
    })
}

/// `VERB INTO table (columns) VALUES (?,?), (?,?) tail`, for so many rows; with columns that all rows share, whose
/// parameters come last, `VERB INTO table (columns, shared) WITH r (columns) AS (VALUES (?,?), (?,?)) SELECT r.*, ? FROM r`.
fn insert_statement(
    verb: &str,
    table: &str,
    (columns, shared): (&[&str], &[&str]),
    rows: usize,
    tail: &str,
) -> String {
    let row = format!("({})", vec!["?"; columns.len()].join(","));
    let (columns, rows) = (columns.join(","), vec![row.as_str(); rows].join(","));
    if shared.is_empty() {
        return format!("{verb} INTO {table} ({columns}) VALUES {rows} {tail}");
    }
    let (names, same) = (shared.join(","), vec!["?"; shared.len()].join(","));
    format!(
        "{verb} INTO {table} ({columns},{names}) WITH r ({columns}) AS (VALUES {rows}) SELECT r.*,{same} FROM r WHERE true {tail}"
    )
}

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Waits for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
const READERS: u32 = 8;
/// Rows that one statement inserts: fewer parameters than SQLite allows, for any table here.
const GROUP: usize = 256;
/// What the writer keeps in memory, in KiB (negative, as SQLite wants it): the pages that a batch of an import changes.
/// With less of it they are written to the log several times.
const WRITER_CACHE: &str = "-65536";
/// Bytes of a page of a new database. Larger than usual: a batch of an import changes most pages of an index, however
/// many rows they hold, and each is written to the log.
const PAGE_SIZE: u32 = 8192;
/// How many times longer than what it is cut back to the log grows until the writer itself copies its pages to their
/// places. Others have copied most of them before ([`checkpoint`]).
const LOG_GROWTH: u64 = 2;

/// A SQLite file.
pub(super) struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
    copier: SqlitePool,
    audit_key: AuditKey,
    _checkpoints: checkpoint::Checkpoints,
}

impl Sqlite {
    pub(super) async fn open(
        url: &str,
        audit_key: AuditKey,
        storage: Storage,
    ) -> std::result::Result<Self, OpenError> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(OpenError::Url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .page_size(PAGE_SIZE)
            .pragma("temp_store", "MEMORY");
        keep_private(options.get_filename());
        let longest_log = storage.log_bytes.saturating_mul(LOG_GROWTH);
        let checkpoint_pages = (longest_log / u64::from(PAGE_SIZE)).max(1);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // When the disk is full or fails, SQLite takes the transaction back by itself; the driver's own attempt then
            // fails, and it would take the connection to be in that transaction for ever. Such a one is replaced.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(
                options
                    .clone()
                    .pragma("cache_size", WRITER_CACHE)
                    .pragma("wal_autocheckpoint", checkpoint_pages.to_string())
                    .pragma("journal_size_limit", storage.log_bytes.to_string()),
            )
            .await
            .map_err(OpenError::Connect)?;
        MIGRATIONS.run(&writer).await.map_err(|error| refuse_newer(error, &MIGRATIONS))?;
        let copier = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        let checkpoints = checkpoint::Checkpoints::begin(copier.clone(), options.get_filename(), longest_log);
        let readers = SqlitePoolOptions::new()
            .max_connections(storage.connections_or(READERS))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(OpenError::Connect)?;
        Ok(Self { writer, readers, copier, audit_key, _checkpoints: checkpoints })
    }
}

/// A new database file is for its owner alone; SQLite gives the log beside it the same rights. Should this fail, the
/// connection fails with a better message.
fn keep_private(path: &std::path::Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _created = options.open(path);
}

#[async_trait]
impl Store for Sqlite {
    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    async fn schema_version(&self) -> Result<i64> {
        within(sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&self.readers)).await
    }

    async fn read(&self) -> Result<Box<dyn Transaction>> {
        Ok(Box::new(unit::Unit::reading(within(self.readers.acquire()).await?, &self.audit_key)))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>> {
        // A transaction that began as a reader could not become the writer while another one is.
        let mut transaction = within(self.writer.begin_with("BEGIN IMMEDIATE")).await?;
        // References are counted and must be whole at the commit; checked row by row, they would need statements that
        // can be taken back.
        within(sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *transaction)).await?;
        Ok(Box::new(unit::Unit::writing(transaction, &self.audit_key)))
    }

    async fn end_stalled(&self, _limit: Duration) -> Result<u64> {
        // There is no server between the processes that could end one's transaction.
        Ok(0)
    }

    async fn close(&self) {
        self.readers.close().await;
        self.copier.close().await;
        self.writer.close().await;
    }
}
