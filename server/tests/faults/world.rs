//! A database, a data folder, and an import in it.

use super::chance::Chance;
use super::cluster::Cluster;
use super::server::Server;
use anyhow::{Context, bail, ensure};
use directory::clock::SystemClock;
use directory::id::ImportId;
use directory::imports::{ImportState, NewImport};
use directory::people::Actor;
use directory::{Directory, ServerKey, Storage};
use roster::review::{Action, Options};
use roster::{PersonRow, Values};
use std::collections::HashMap;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Rows of an import, and of its chunks: small, so that there are many transactions to break.
const ROWS: u32 = 5_000;
const CHUNK: usize = 100;
/// Longest that an import may take on a bad day.
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        }
    }
}

pub struct World {
    pub engine: Engine,
    pub url: String,
    pub folder: TempDir,
    pub directory: Directory,
    pub chance: Chance,
    pub cluster: Option<Cluster>,
    /// Settings of the program beyond the usual ones.
    pub settings: Vec<(&'static str, String)>,
}

impl World {
    pub async fn new(engine: Engine, seed: u64) -> anyhow::Result<World> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("data"))?;
        let (url, cluster) = match engine {
            Engine::Sqlite => (format!("sqlite://{}/data/rollcall.db", folder.path().display()), None),
            Engine::Postgres => {
                let cluster = Cluster::find().await?;
                (cluster.database(&database_name()).await?, Some(cluster))
            }
        };
        let key = ServerKey::load_or_create(&folder.path().join("data/secret.key"))?;
        let directory = Directory::open(&url, key, Arc::new(SystemClock)).await?;
        Ok(World { engine, url, folder, directory, chance: Chance::new(seed), cluster, settings: Vec::new() })
    }

    pub async fn end(self) {
        self.directory.close().await;
    }

    /// The program with the world's settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ROLLCALL_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.folder.path())
            .env("ROLLCALL_DATA_DIR", self.folder.path().join("data"))
            .env("ROLLCALL_SECRET_KEY_FILE", self.folder.path().join("data/secret.key"))
            .env("ROLLCALL_DATABASE_URL", &self.url)
            .envs(self.settings.iter().map(|(name, value)| (*name, value)));
        command
    }

    pub fn server(&self) -> anyhow::Result<Server> {
        Server::start(self, &self.url)
    }

    /// What the servers have logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Sends an import of [`ROWS`] people whose login details are to be mailed.
    pub async fn send(&self) -> anyhow::Result<ImportId> {
        self.send_rows(ROWS, true).await
    }

    /// Sends an import of so many people, with or without mail.
    pub async fn send_rows(&self, rows: u32, mail: bool) -> anyhow::Result<ImportId> {
        self.send_people("person", rows, mail).await
    }

    /// The same with people whose usernames begin with a word.
    pub async fn send_people(&self, word: &str, rows: u32, mail: bool) -> anyhow::Result<ImportId> {
        let actor = Actor::system();
        let new = NewImport {
            file_name: format!("{word}.csv"),
            file_digest: String::new(),
            options: Options { email_login_details: mail, ..Options::default() },
            columns: Vec::new(),
            rows,
            reviewed_at: None,
            digest: Vec::new(),
        };
        let (id, _) = self.directory.open_import(&actor, new).await?;
        let people: Vec<(PersonRow, Action)> =
            (1..=rows).map(|row| (person(word, row), Action::Add)).collect();
        for (chunk, number) in people.chunks(CHUNK).zip(0..) {
            self.directory.receive_chunk(&actor, id, number, chunk.to_vec()).await?;
        }
        self.directory.seal_import(&actor, id).await?;
        Ok(id)
    }

    /// Sends an import as somebody does who tries again when there was no answer.
    pub async fn send_patiently(&self, rows: u32) -> anyhow::Result<ImportId> {
        let begun = Instant::now();
        loop {
            match self.send_rows(rows, true).await {
                Err(error) if begun.elapsed() > PATIENCE => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                done => return done,
            }
        }
    }

    /// Lets a server carry out what interrupted commands have left.
    pub async fn settle(&self) -> anyhow::Result<()> {
        let server = self.server()?;
        let begun = Instant::now();
        while self.number("SELECT COUNT(*) FROM import WHERE state = 'running'").await? > 0 {
            ensure!(begun.elapsed() < Duration::from_secs(60), "an import stands still: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server.terminate()?;
        // Uploads that were cut off before their last chunk stay open; nobody will send the rest.
        for import in self.directory.imports(1).await?.items {
            if import.finished_at.is_none() {
                self.directory.cancel_import(&Actor::system(), import.id).await?;
            }
        }
        Ok(())
    }

    /// Rows that have their outcome; `None` when all have.
    pub async fn done(&self, id: ImportId) -> anyhow::Result<Option<u32>> {
        let import = self.directory.import(id).await?.context("the import is there")?;
        match import.state {
            ImportState::Completed => Ok(None),
            ImportState::Receiving | ImportState::Running => Ok(Some(import.done)),
            state => bail!("the import is {}", state.as_str()),
        }
    }

    /// Waits until every row has its outcome and every mail has gone.
    pub async fn wait(&self, id: ImportId) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            // The database may be away at the moment; that is what this is about.
            let (done, mails) = (self.done(id).await, self.directory.outbox_counts().await);
            if let (Ok(None), Ok(counts)) = (&done, &mails)
                && counts.queued + counts.sending == 0
            {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("it did not end: rows {done:?}, mails {mails:?}; the log:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The secrets that were mailed, in the order of the mails, by address.
    pub fn mails(&self) -> anyhow::Result<HashMap<String, Vec<String>>> {
        let folder = self.folder.path().join("data/mail");
        let mut files: Vec<_> = match std::fs::read_dir(folder) {
            Ok(entries) => entries.collect::<Result<_, _>>()?,
            Err(_) => return Ok(HashMap::new()),
        };
        files.retain(|entry| entry.path().extension().is_some_and(|ending| ending == "eml"));
        files.sort_by_cached_key(|entry| entry.metadata().and_then(|data| data.modified()).ok());
        let mut mails: HashMap<String, Vec<String>> = HashMap::new();
        for file in files {
            let raw = std::fs::read(file.path())?;
            let mail = mail_parser::MessageParser::default().parse(&raw).context("a mail")?;
            let to =
                mail.to().and_then(|to| to.first()).and_then(|to| to.address()).context("a recipient")?;
            mails.entry(to.to_owned()).or_default().push(secret_in(&mail).context("a secret")?);
        }
        Ok(mails)
    }
}

/// People of a [`roster`].
pub const PEOPLE: i64 = 40;

/// A small CSV with people of its own.
pub fn roster(number: i64) -> String {
    let mut csv = String::from("Username,First name,Last name,Email\n");
    for row in 0..PEOPLE {
        csv.push_str(&format!("p{number}x{row},Anna,Smith,p{number}x{row}@example.org\n"));
    }
    csv
}

/// The database of this run in the cluster.
pub fn database_name() -> String {
    format!("faults_{}", std::process::id())
}

/// The secret that a mail carries.
pub fn secret_in(mail: &mail_parser::Message<'_>) -> Option<String> {
    let text = mail.body_text(0)?;
    text.split_whitespace().find(|word| is_secret(word)).map(str::to_owned)
}

/// Six groups of Crockford's base 32.
fn is_secret(word: &str) -> bool {
    word.len() == 31
        && word.matches('-').count() == 5
        && word.chars().all(|c| c == '-' || c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn person(word: &str, row: u32) -> PersonRow {
    let username = format!("{word}{row:06}");
    PersonRow {
        row,
        line: row + 1,
        values: Values {
            email: format!("{username}@example.org"),
            username,
            first_name: "Anna".to_owned(),
            last_name: "Žižková".to_owned(),
            ..Values::default()
        },
    }
}

impl World {
    /// Opens the database again after its file has moved.
    pub async fn open_again(&mut self) -> anyhow::Result<()> {
        self.open_again_with(Storage::default()).await
    }

    /// Opens the database again and uses it in another way.
    pub async fn open_again_with(&mut self, storage: Storage) -> anyhow::Result<()> {
        self.directory.close().await;
        let key = ServerKey::load_or_create(&self.folder.path().join("data/secret.key"))?;
        self.directory = Directory::open_with(&self.url, key, Arc::new(SystemClock), storage).await?;
        Ok(())
    }
}
