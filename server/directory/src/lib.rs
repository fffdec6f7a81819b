//! People, imports, credentials, outbox, sessions and audit over SQLite or PostgreSQL.
//!
//! One [`Directory`] is opened at the start and shared by everything that serves requests or works in the background.
//! It holds the rules about people; it knows nothing of HTTP, pages or mail servers. Each module is one thing people
//! talk about; [`Directory`]'s methods stand in the module they belong to. Below them, `store` keeps the data.
//!
//! Nothing here prints, logs or serialises a secret; see [`secret`].

#![expect(
    clippy::duplicate_mod,
    reason = "the store's statements are written once and compiled once per engine"
)]

#[macro_use]
mod text_enum;

pub mod account;
mod administrators;
pub mod audit;
pub mod backup;
pub mod clock;
pub mod credentials;
mod error;
pub mod handover;
pub mod hashing;
pub mod held;
pub mod id;
pub mod imports;
pub mod key;
pub mod links;
pub mod mail_texts;
pub mod outbox;
pub mod page;
pub mod people;
pub mod random;
pub mod rates;
pub mod resets;
mod search;
pub mod seats;
pub mod second_factor;
pub mod secret;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod sheets;
mod store;
pub mod trouble;
pub mod waves;

pub use error::{OpenError, StoreError, database_failures};
pub use hashing::HashError;
pub use key::ServerKey;
pub use store::{Engine, Storage};

use clock::{Clock, Timestamp};
use credentials::SignIns;
use hashing::{HashLoad, Hasher, Hashing};
use imports::{Ahead, Fresh};
use random::{Random, SystemRandom};
use rates::Rate;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use store::Store;

/// The directory of people and all that belongs to it. Cloning it is cheap; all clones are the same directory.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    key: ServerKey,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    hasher: Hasher,
    ahead: Ahead,
    fresh: Fresh,
    sign_in_rate: OnceLock<Option<Rate>>,
    sign_ins: SignIns,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Directory({})", self.engine().name())
    }
}

impl Directory {
    /// Opens the database of `database_url` (`sqlite://path` or `postgres://...`), creates it where it is a missing
    /// file, and brings its schema up to date.
    ///
    /// # Errors
    /// The URL is not usable, the database cannot be reached, or it belongs to a newer version.
    pub async fn open(database_url: &str, key: ServerKey, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_with(database_url, key, clock, Storage::default()).await
    }

    /// [`Directory::open`] with another use of the database.
    ///
    /// # Errors
    /// As [`Directory::open`].
    pub async fn open_with(
        database_url: &str,
        key: ServerKey,
        clock: Arc<dyn Clock>,
        storage: Storage,
    ) -> Result<Self, OpenError> {
        let store = store::open(database_url, key.audit_key(), storage).await?;
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let hasher = Hasher::new(Arc::clone(&random));
        let (ahead, fresh, sign_in_rate) = (Ahead::default(), Fresh::default(), OnceLock::new());
        let sign_ins = SignIns::default();
        Ok(Self(Arc::new(Inner { store, key, clock, random, hasher, ahead, fresh, sign_in_rate, sign_ins })))
    }

    /// How often one network may fail to sign in; `None` is no limit. Counts once, before the first sign-in; without it
    /// the default holds.
    pub fn limit_sign_in(&self, rate: Option<Rate>) {
        let _ = self.0.sign_in_rate.set(rate);
    }

    /// How passwords are hashed. Counts once, before the first one; without it the default holds.
    pub fn set_hashing(&self, hashing: Hashing) {
        self.hasher().set(hashing);
    }

    /// How passwords are hashed.
    #[must_use]
    pub fn hashing(&self) -> Hashing {
        self.hasher().hashing()
    }

    /// What hashing passwords has cost so far, and what waits for it.
    #[must_use]
    pub fn hash_load(&self) -> HashLoad {
        self.hasher().load()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store().schema_version().await.map(|_| ())
    }

    /// Frees what processes of Rollcall hold in the database that stopped in the middle of a statement more than `limit`
    /// ago. Answers how many connections were ended. The database server does this itself between two statements, but a
    /// process that is frozen while it sends rows would keep its locks, and its import, for as long as it is frozen.
    ///
    /// # Errors
    /// The database failed, or does not let its users end their own connections.
    pub async fn end_stalled(&self, limit: Duration) -> Result<u64, StoreError> {
        self.store().end_stalled(limit).await
    }

    /// Which engine keeps the data.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.store().engine()
    }

    /// Number of the newest migration that the database has seen.
    ///
    /// # Errors
    /// The database failed.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        self.store().schema_version().await
    }

    /// Waits for statements that run and closes all connections; afterwards everything fails.
    pub async fn close(&self) {
        self.store().close().await;
    }

    /// The time by this server's clock.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.now()
    }

    fn store(&self) -> &dyn Store {
        self.0.store.as_ref()
    }

    fn key(&self) -> &ServerKey {
        &self.0.key
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn random(&self) -> &dyn Random {
        self.0.random.as_ref()
    }

    fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    fn sign_in_rate(&self) -> Option<Rate> {
        *self.0.sign_in_rate.get_or_init(|| Some(Rate::SIGN_IN))
    }

    fn ahead(&self) -> &Ahead {
        &self.0.ahead
    }

    fn fresh(&self) -> &Fresh {
        &self.0.fresh
    }
}
