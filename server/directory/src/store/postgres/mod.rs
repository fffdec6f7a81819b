//! PostgreSQL: any number of Rollcall processes over one database. Statements have time limits of their own, because
//! a frozen server otherwise holds its callers for ever.

/// The rows of the JSON array in parameter `$1`, as a SELECT with named, typed columns.
macro_rules! rows {
    (@pick $name:ident bytes) => { concat!("decode(x.", stringify!($name), ", 'hex') AS ", stringify!($name)) };
    (@pick $name:ident $plain:ident) => { concat!("x.", stringify!($name)) };
    (@define $name:ident int) => { concat!(stringify!($name), " bigint") };
    (@define $name:ident bool) => { concat!(stringify!($name), " boolean") };
    (@define $name:ident json) => { concat!(stringify!($name), " jsonb") };
    (@define $name:ident bytes) => { concat!(stringify!($name), " text") };
    (@define $name:ident $same:ident) => { concat!(stringify!($name), " ", stringify!($same)) };
    ($($name:ident $kind:ident),+ $(,)?) => {
        concat!(
            "SELECT ", $(rows!(@pick $name $kind), ", ",)+ "1 AS one FROM jsonb_to_recordset($1) AS x(",
            $(rows!(@define $name $kind), ", ",)+ "one bigint)"
        )
    };
}

/// Inserts rows, all with one statement; how many were inserted. What follows the columns says what a row does whose key
/// is taken: `fail`, `skip` it, or replace columns of the other row. Columns under `same` are columns like others here.
macro_rules! insert_many {
    (
        $unit:expr, $rows:expr, $table:literal, |$row:ident| { $($column:ident $kind:ident = $value:expr),+ $(,)? },
        same { $($shared:ident $shared_kind:ident = $shared_value:expr),+ $(,)? }, $taken:tt
    ) => {
        insert_many!(
            $unit, $rows, $table,
            |$row| { $($column $kind = $value,)+ $($shared $shared_kind = $shared_value,)+ },
            $taken
        )
    };
    // COPY knows nothing but failing.
    ($unit:expr, $rows:expr, $table:literal, |$row:ident| { $($column:ident $kind:ident = $value:expr),+ $(,)? }, fail) => {
        if $rows.len() < super::copy::FEW {
            insert_many!($unit, $rows, $table, |$row| { $($column $kind = $value),+ }, plain)
        } else {
            insert_many!(@copy $unit, $rows, $table, |$row| { $($column $kind = $value),+ })
        }
    };
    (@copy $unit:expr, $rows:expr, $table:literal, |$row:ident| { $($column:ident $kind:ident = $value:expr),+ }) => {{
        const COLUMNS: &[&str] = &[$(stringify!($column)),+];
        let mut rows = super::copy::Rows::new(COLUMNS.len());
        for $row in &$rows[..] {
            rows.row();
            $(rows.field($value)?;)+
        }
        let statement = format!("COPY {} ({}) FROM STDIN (FORMAT BINARY)", $table, COLUMNS.join(", "));
        super::copy::copy_in($unit, statement, rows).await?
    }};
    (@type uuid) => { "uuid[]" };
    (@type text) => { "text[]" };
    (@type int) => { "bigint[]" };
    (@type bool) => { "boolean[]" };
    (@type json) => { "jsonb[]" };
    (@type bytes) => { "bytea[]" };
    (@tail plain) => { "" };
    (@tail skip) => { "ON CONFLICT DO NOTHING" };
    (@tail $replace:literal) => { $replace };
    ($unit:expr, $rows:expr, $table:literal, |$row:ident| { $($column:ident $kind:ident = $value:expr),+ $(,)? }, $taken:tt) => {{
        let rows = &$rows[..];
        let sql = super::insert_statement(
            $table,
            &[$(stringify!($column)),+],
            &[$(insert_many!(@type $kind)),+],
            insert_many!(@tail $taken),
        );
        $(let mut $column = Vec::with_capacity(rows.len());)+
        for $row in rows {
            $($column.push($value);)+
        }
        let query = sqlx::query(sqlx::AssertSqlSafe(sql))$(.bind($column))+;
        within(query.execute($unit.connection())).await?.rows_affected()
    }};
}

/// The texts of the JSON array in a parameter.
macro_rules! texts {
    ($parameter:literal) => {
        concat!("SELECT value FROM jsonb_array_elements_text(", $parameter, ") AS t(value)")
    };
}

/// The ids of the JSON array in a parameter.
macro_rules! ids {
    ($parameter:literal) => {
        concat!("SELECT value::uuid FROM jsonb_array_elements_text(", $parameter, ") AS t(value)")
    };
}

/// The numbers of the JSON array in a parameter.
macro_rules! numbers {
    ($parameter:literal) => {
        concat!("SELECT value::bigint FROM jsonb_array_elements_text(", $parameter, ") AS t(value)")
    };
}

/// Keeps rows that were read as they are until the transaction ends.
macro_rules! for_update {
    () => {
        " FOR UPDATE"
    };
}

/// The same, passing over rows that somebody else holds.
macro_rules! skip_locked {
    () => {
        " FOR UPDATE SKIP LOCKED"
    };
}

mod copy;
super::compile_for_this_engine!();

use super::{Engine, Result, Storage, Store, Transaction, refuse_newer, within};
use crate::audit::AuditKey;
use crate::error::OpenError;
use async_trait::async_trait;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;

/// The engine for the shared statements.
type Db = sqlx::Postgres;

/// `INSERT INTO table (columns) SELECT * FROM UNNEST($1::type[], ...) tail`.
fn insert_statement(table: &str, columns: &[&str], types: &[&str], tail: &str) -> String {
    let arrays: Vec<String> =
        types.iter().zip(1..).map(|(kind, number)| format!("${number}::{kind}")).collect();
    format!("INSERT INTO {table} ({}) SELECT * FROM UNNEST({}) {tail}", columns.join(", "), arrays.join(", "))
}

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Limits that the server itself keeps, in milliseconds.
const SERVER_LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "10000"),
    ("lock_timeout", "5000"),
    ("idle_in_transaction_session_timeout", "30000"),
];
/// When the server asks whether a client that says nothing is still there, in seconds and questions: a machine that
/// lost its power keeps locks no longer than this.
const KEEPALIVES: [(&str, &str); 3] =
    [("tcp_keepalives_idle", "15"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3")];
/// How connections of ours are told from others on the same database.
const APPLICATION: &str = "rollcall";
/// `statement_timeout` does not reach into a COPY that waits for its rows, nor into an answer that nobody takes, and
/// `idle_in_transaction_session_timeout` takes both for busy. A user may end own connections.
const END_STALLED: &str = concat!(
    "SELECT COUNT(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity ",
    "WHERE datname = current_database() AND usename = current_user AND application_name = $1 ",
    "AND pid <> pg_backend_pid() AND state = 'active' AND wait_event IN ('ClientRead', 'ClientWrite') ",
    "AND query_start < now() - make_interval(secs => $2)"
);
/// Waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTIONS: u32 = 16;

/// A PostgreSQL database.
pub(super) struct Postgres {
    pool: PgPool,
    audit_key: AuditKey,
}

impl Postgres {
    pub(super) async fn open(
        url: &str,
        audit_key: AuditKey,
        storage: Storage,
    ) -> std::result::Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(OpenError::Url)?
            .application_name(APPLICATION)
            .options(SERVER_LIMITS)
            .options(KEEPALIVES);
        let pool = PgPoolOptions::new()
            .max_connections(storage.connections_or(CONNECTIONS))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(OpenError::Connect)?;
        MIGRATIONS.run(&pool).await.map_err(|error| refuse_newer(error, &MIGRATIONS))?;
        Ok(Self { pool, audit_key })
    }
}

#[async_trait]
impl Store for Postgres {
    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    async fn schema_version(&self) -> Result<i64> {
        within(sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&self.pool)).await
    }

    async fn read(&self) -> Result<Box<dyn Transaction>> {
        Ok(Box::new(unit::Unit::reading(within(self.pool.acquire()).await?, &self.audit_key)))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>> {
        // Whatever the server's default: the statements count on seeing what was committed before each of them.
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
        Ok(Box::new(unit::Unit::writing(within(self.pool.begin_with(begin)).await?, &self.audit_key)))
    }

    async fn end_stalled(&self, limit: Duration) -> Result<u64> {
        let query = sqlx::query_scalar(END_STALLED).bind(APPLICATION).bind(limit.as_secs_f64());
        let ended: i64 = within(query.fetch_one(&self.pool)).await?;
        Ok(ended.unsigned_abs())
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
