//! A directory of its own for each test, with people who are owed mail.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use directory::account::Actor;
use directory::clock::{ManualClock, Timestamp};
use directory::imports::{NewImport, RunnerStep};
use directory::{Directory, ServerKey, Storage};
use roster::PersonRow;
use roster::field::Values;
use roster::review::{Action, Options};
use sqlx::{Connection, PgConnection};

/// 2026-11-23 11:36 UTC.
pub const NOW: Timestamp = Timestamp(1_795_433_760_000);

/// A directory with the clock that moves it.
pub struct World {
    /// The directory.
    pub directory: Directory,
    /// Its clock.
    pub clock: Arc<ManualClock>,
}

impl World {
    /// An empty directory over SQLite in `folder`.
    pub async fn new(folder: &Path) -> World {
        let clock = Arc::new(ManualClock::at(NOW));
        let url = format!("sqlite://{}", folder.join("rollcall.db").display());
        let (url, storage) = few_connections().await.unwrap_or_else(|| (url, Storage::default()));
        let directory = Directory::open_with(&url, ServerKey::new([7; 32]), clock.clone(), storage);
        let directory = directory.await.expect("a directory");
        World { directory, clock }
    }

    /// A directory where `usernames`, each with the address `username@example.com`, are owed their login details.
    pub async fn with_mail_owed(folder: &Path, usernames: &[&str]) -> World {
        let world = World::new(folder).await;
        world.import(usernames, true).await;
        world
    }

    /// Imports people and carries the import out.
    pub async fn import(&self, usernames: &[&str], email: bool) {
        let people: Vec<[&str; 3]> = usernames.iter().map(|username| [*username, "Zoë", "Smith"]).collect();
        self.import_people(&people, email).await;
    }

    /// Imports somebody of this name, who is sent nothing.
    #[allow(dead_code, reason = "not every test program needs names")]
    pub async fn import_named(&self, username: &str, first_name: &str, last_name: &str) {
        self.import_people(&[[username, first_name, last_name]], false).await;
    }

    async fn import_people(&self, people: &[[&str; 3]], email: bool) {
        let actor = Actor::system();
        let new = NewImport {
            file_name: "people.csv".to_owned(),
            file_digest: String::new(),
            options: Options { email_login_details: email, ..Options::default() },
            columns: Vec::new(),
            reviewed_at: None,
            rows: u32::try_from(people.len()).expect("few"),
            digest: people.concat().join(",").into_bytes(),
        };
        let (id, _) = self.directory.open_import(&actor, new).await.expect("opened");
        let rows = people.iter().zip(1..).map(|([username, first_name, last_name], row)| {
            let values = Values {
                username: (*username).to_owned(),
                first_name: (*first_name).to_owned(),
                last_name: (*last_name).to_owned(),
                email: format!("{username}@example.com"),
                ..Values::default()
            };
            (PersonRow { row, line: row + 1, values }, Action::Add)
        });
        self.directory.receive_chunk(&actor, id, 0, rows.collect()).await.expect("taken");
        self.directory.seal_import(&actor, id).await.expect("sealed");
        while self.directory.run_next_batch("test").await.expect("carried out") == RunnerStep::Worked {}
        let import = self.directory.import(id).await.expect("read").expect("there");
        assert_eq!(import.created as usize, people.len(), "{import:?}");
    }
}

/// With ROLLCALL_TEST_CONNECTIONS, a PostgreSQL database of its own that is used over so few connections: with a single one,
/// a request that needs two at a time waits in vain.
async fn few_connections() -> Option<(String, Storage)> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let connections = std::env::var("ROLLCALL_TEST_CONNECTIONS").ok()?;
    let connections = Some(connections.parse().expect("a number of connections"));
    let server = std::env::var("ROLLCALL_TEST_POSTGRES_URL").expect("run this with script/with-postgres");
    let name = format!("few_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&server).await.expect("a database server");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(create).execute(&mut connection).await.expect("a database");
    let (base, _) = server.rsplit_once('/').expect("a database address");
    Some((format!("{base}/{name}"), Storage { connections, ..Storage::default() }))
}
