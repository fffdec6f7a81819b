//! A fresh directory for one test, with a clock that is moved by hand, and the questions tests ask the database.

use directory::clock::{ManualClock, Timestamp};
use directory::id::{AccountId, ImportId};
use directory::imports::{Import, NewImport, RunnerStep};
use directory::people::{Actor, NewAdministrator, Role};
use directory::{Directory, ServerKey, Storage};
use roster::review::{Action, Options};
use roster::{PersonRow, Values};
use secrecy::SecretString;
use sqlx::{Connection, PgConnection, PgPool, SqlitePool};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// 2026-11-23, noon UTC.
const START: Timestamp = Timestamp(1_795_435_200_000);
/// Longer than a worker's lease on an import.
pub const LEASE_OVER: Duration = Duration::from_secs(16);
pub const ADMIN_PASSWORD: &str = "violet kettle marches north 41";

/// The database behind a world, asked directly.
enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

pub struct World {
    pub directory: Directory,
    pub clock: Arc<ManualClock>,
    pub url: String,
    pub folder: TempDir,
    raw: Raw,
}

pub fn key() -> ServerKey {
    ServerKey::new([7; 32])
}

impl World {
    pub async fn sqlite() -> Self {
        Self::sqlite_in(tempfile::tempdir().unwrap()).await
    }

    /// Over a copy of this file.
    pub async fn sqlite_of(file: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(file, folder.path().join("rollcall.db")).unwrap();
        Self::sqlite_in(folder).await
    }

    async fn sqlite_in(folder: TempDir) -> Self {
        let path = folder.path().join("rollcall.db");
        let url = format!("sqlite://{}", path.display());
        let (directory, clock) = open(&url).await;
        let raw = Raw::Sqlite(SqlitePool::connect(&url).await.unwrap());
        Self { directory, clock, url, folder, raw }
    }

    pub async fn postgres() -> Self {
        Self::postgres_of("").await
    }

    /// Over what these statements make.
    pub async fn postgres_of(statements: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = postgres_url();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let mut connection = PgConnection::connect(server).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}");
        let mut fresh = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&mut fresh).await.unwrap();
        fresh.close().await.unwrap();
        let (directory, clock) = open(&url).await;
        let raw = Raw::Postgres(PgPool::connect(&url).await.unwrap());
        Self { directory, clock, url, folder: tempfile::tempdir().unwrap(), raw }
    }

    /// The same database seen by another process of Rollcall.
    pub async fn another(&self) -> Directory {
        self.another_with(key()).await
    }

    /// The same with another key.
    pub async fn another_with(&self, key: ServerKey) -> Directory {
        Directory::open_with(&self.url, key, Arc::clone(&self.clock) as _, storage()).await.unwrap()
    }

    /// A number from the database.
    pub async fn number(&self, sql: &'static str) -> i64 {
        match &self.raw {
            Raw::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            Raw::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    /// Runs a statement directly; the number of rows it changed.
    pub async fn execute(&self, sql: &'static str) -> Result<u64, sqlx::Error> {
        match &self.raw {
            Raw::Sqlite(pool) => Ok(sqlx::query(sql).execute(pool).await?.rows_affected()),
            Raw::Postgres(pool) => Ok(sqlx::query(sql).execute(pool).await?.rows_affected()),
        }
    }

    /// Everything the database holds: the bytes of SQLite's files, every row of every table of PostgreSQL.
    pub async fn dump(&self) -> Vec<u8> {
        match &self.raw {
            Raw::Sqlite(_) => {
                let mut bytes = Vec::new();
                for entry in std::fs::read_dir(self.folder.path()).unwrap() {
                    bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
                }
                bytes
            }
            Raw::Postgres(pool) => {
                let tables: Vec<String> =
                    sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
                        .fetch_all(pool)
                        .await
                        .unwrap();
                let mut text = String::new();
                for table in tables {
                    let sql = sqlx::AssertSqlSafe(format!("SELECT t::text FROM \"{table}\" t"));
                    let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(pool).await.unwrap();
                    text.push_str(&rows.join("\n"));
                }
                text.into_bytes()
            }
        }
    }

    /// An administrator with the password [`ADMIN_PASSWORD`].
    pub async fn administrator(&self, username: &str) -> Actor {
        let id = self.directory.create_administrator(administrator(username)).await.unwrap();
        Actor { account: id, username: username.to_owned(), role: Role::Administrator }
    }

    /// Opens an import of `rows`, sends them in chunks of `chunk` and seals it. Nothing is carried out yet.
    pub async fn send(&self, options: &Options, rows: &[(PersonRow, Action)], chunk: usize) -> ImportId {
        self.send_as(&Actor::system(), options, rows, chunk).await
    }

    pub async fn send_as(
        &self,
        actor: &Actor,
        options: &Options,
        rows: &[(PersonRow, Action)],
        chunk: usize,
    ) -> ImportId {
        let import = new_import(options, rows.len());
        let (id, next) = self.directory.open_import(actor, import).await.unwrap();
        assert_eq!(next, 0, "a new import begins with chunk 0");
        for (number, rows) in rows.chunks(chunk).enumerate() {
            let number = u32::try_from(number).unwrap();
            self.directory.receive_chunk(actor, id, number, rows.to_vec()).await.unwrap();
        }
        self.directory.seal_import(actor, id).await.unwrap();
        id
    }

    /// Sends an import and carries it out to the end.
    pub async fn run(&self, options: &Options, rows: &[(PersonRow, Action)]) -> Import {
        let id = self.send(options, rows, 100).await;
        self.drain().await;
        self.directory.import(id).await.unwrap().unwrap()
    }

    /// The same, confirmed by somebody.
    pub async fn run_as(&self, actor: &Actor, options: &Options, rows: &[(PersonRow, Action)]) -> Import {
        let id = self.send_as(actor, options, rows, 100).await;
        self.drain().await;
        self.directory.import(id).await.unwrap().unwrap()
    }

    /// Carries out everything that waits and that nobody holds.
    pub async fn drain(&self) {
        while self.directory.run_next_batch("test").await.unwrap() == RunnerStep::Worked
            || self.something_waits().await
        {
            // Chunks of an import that is still received gather for a moment.
            self.clock.advance(Duration::from_millis(250));
        }
    }

    /// Takes back what was asked for, to the end.
    pub async fn drain_undo(&self) {
        let waiting =
            "SELECT COUNT(*) FROM import WHERE undo_state IN ('removing', 'restoring', 'reopening')";
        while self.directory.run_next_batch("test").await.unwrap() == RunnerStep::Worked
            || self.number(waiting).await > 0
        {}
    }

    /// Whether a chunk waits that nobody holds. A worker may see it a moment later: it passes over an import that is
    /// locked, also by a transaction that is just being taken back.
    pub async fn something_waits(&self) -> bool {
        let waiting = "SELECT (SELECT COUNT(*) FROM import_chunk k JOIN import i ON i.id = k.import_id \
             WHERE k.payload IS NOT NULL AND i.state IN ('receiving', 'running') AND i.lease_until = 0) \
             + (SELECT COUNT(*) FROM import_absent x JOIN import i ON i.id = x.import_id \
             WHERE x.outcome IS NULL AND i.state = 'running')";
        self.number(waiting).await > 0
    }

    pub async fn account_id(&self, username: &str) -> AccountId {
        self.directory.account_by_username(username).await.unwrap().unwrap().id
    }

    /// What must be true after everything that can happen (I1, I2, I5, I6).
    pub async fn check_invariants(&self) {
        for (what, violations) in [
            (
                "counters differ from outcomes",
                "SELECT COUNT(*) FROM import i WHERE created + updated + unchanged + skipped + failed \
                <> (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id)",
            ),
            (
                "created differs from its rows",
                "SELECT COUNT(*) FROM import i WHERE created \
                <> (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id AND r.outcome = 'created')",
            ),
            (
                "completed without all rows",
                "SELECT COUNT(*) FROM import WHERE state = 'completed' \
                AND created + updated + unchanged + skipped + failed <> rows_received",
            ),
            (
                "undo counters differ from rows",
                "SELECT COUNT(*) FROM import i WHERE undo_removed + undo_restored + undo_kept \
                <> (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id AND r.undo IS NOT NULL)",
            ),
            (
                "a key that is no address is left",
                "SELECT COUNT(*) FROM account WHERE email_key NOT LIKE '%@%'",
            ),
            (
                "accounts differ from created rows",
                "SELECT COUNT(*) FROM import i WHERE created \
                <> (SELECT COUNT(*) FROM account a WHERE a.import_id = i.id) \
                + (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id AND r.undo = 'removed')",
            ),
            (
                "seats differ from active members",
                "SELECT COUNT(*) FROM seat WHERE used \
                <> (SELECT COUNT(*) FROM account WHERE role = 'member' AND status = 'active')",
            ),
            (
                "accounts without exactly one record",
                "SELECT COUNT(*) FROM account a WHERE 1 \
                <> (SELECT COUNT(*) FROM audit e WHERE e.event = 'user_created' AND e.target = a.username) \
                - (SELECT COUNT(*) FROM audit e WHERE e.event = 'user_deleted' AND e.target = a.username)",
            ),
            (
                "absent people without an outcome after completion",
                "SELECT COUNT(*) FROM import_absent x JOIN import i ON i.id = x.import_id \
                WHERE i.state IN ('completed', 'cancelled') AND x.outcome IS NULL",
            ),
            (
                "accounts closed without exactly one record",
                "SELECT COUNT(*) FROM import_absent x WHERE x.outcome = 'deactivated' AND NOT EXISTS \
                (SELECT 1 FROM audit e WHERE e.event = 'user_deactivated' AND e.target = x.username \
                AND e.at = x.closed_at)",
            ),
            (
                "payloads left after completion",
                "SELECT COUNT(*) FROM import_chunk k JOIN import i ON i.id = k.import_id \
                WHERE i.state IN ('completed', 'cancelled') AND k.payload IS NOT NULL",
            ),
        ] {
            assert_eq!(self.number(violations).await, 0, "{what}");
        }
        if let Raw::Sqlite(pool) = &self.raw {
            let verdict: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(pool).await.unwrap();
            assert_eq!(verdict, "ok");
        }
    }
}

async fn open(url: &str) -> (Directory, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(START));
    (Directory::open_with(url, key(), Arc::clone(&clock) as _, storage()).await.unwrap(), clock)
}

/// As few connections as ROLLCALL_TEST_CONNECTIONS says: with a single one, whoever needs two at a time waits in vain.
fn storage() -> Storage {
    let connections = std::env::var("ROLLCALL_TEST_CONNECTIONS").ok();
    let connections = connections.map(|number| number.parse().expect("a number of connections"));
    Storage { connections, ..Storage::default() }
}

pub fn administrator(username: &str) -> NewAdministrator {
    NewAdministrator {
        username: username.to_owned(),
        email: format!("{username}@admins.example.org"),
        first_name: "Petra".to_owned(),
        last_name: "Novak".to_owned(),
        password: SecretString::from(ADMIN_PASSWORD),
    }
}

pub fn new_import(options: &Options, rows: usize) -> NewImport {
    NewImport {
        file_name: "people.csv".to_owned(),
        file_digest: String::new(),
        options: options.clone(),
        columns: vec![("User".to_owned(), "username".to_owned()), ("Mail".to_owned(), "email".to_owned())],
        rows: u32::try_from(rows).unwrap(),
        reviewed_at: None,
        digest: Vec::new(),
    }
}

/// A row that adds a person; everything follows from `name`.
pub fn person(row: u32, name: &str) -> (PersonRow, Action) {
    let values = Values {
        username: name.to_owned(),
        first_name: "Anna".to_owned(),
        last_name: format!("Smith-{}", name.to_uppercase().replace(|c: char| !c.is_alphabetic(), "")),
        email: format!("{name}@example.org"),
        password: None,
        change_password: None,
        profile: vec![("department".to_owned(), "Support".to_owned())],
    };
    (PersonRow { row, line: row + 1, values }, Action::Add)
}

/// `count` rows that add people called `prefix`0001 and so on.
pub fn people(prefix: &str, count: u32) -> Vec<(PersonRow, Action)> {
    (1..=count).map(|row| person(row, &format!("{prefix}{row:04}"))).collect()
}

pub fn mailed() -> Options {
    Options { email_login_details: true, ..Options::default() }
}

pub fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

/// The cluster of this run. It ends when the other end of its standard input is closed: when this process ends,
/// however that comes about.
fn postgres_url() -> &'static str {
    static CLUSTER: OnceLock<(String, Option<Child>)> = OnceLock::new();
    let start = || {
        if let Ok(url) = std::env::var("ROLLCALL_TEST_POSTGRES_URL") {
            return (url, None);
        }
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../script/with-postgres");
        let mut child = Command::new(script)
            .args(["sh", "-c", "echo \"$ROLLCALL_TEST_POSTGRES_URL\"; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script/with-postgres can be run");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("postgres://"), "script/with-postgres did not start a cluster");
        (line.trim().to_owned(), Some(child))
    };
    &CLUSTER.get_or_init(start).0
}
