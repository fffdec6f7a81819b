//! What both engines must do alike: every test here runs on SQLite and on PostgreSQL.
//!
//! PostgreSQL comes from ROLLCALL_TEST_POSTGRES_URL, or from a temporary cluster (`script/with-postgres`) that is
//! started once for the whole run and ends with it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

/// Runs test functions on both engines; each takes a [`world::World`] of its own.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(
            mod $name {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    super::$name(crate::world::World::sqlite().await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    super::$name(crate::world::World::postgres().await).await;
                }
            }
        )+
    };
}

mod absent;
mod audit;
mod backup;
mod chunks;
mod credentials;
mod faults;
mod held;
mod imports;
mod links;
mod mail_texts;
mod mending;
mod migrations;
mod model;
mod outbox;
mod people;
mod resets;
mod seats;
mod second_factor;
mod secrecy;
mod sessions;
mod setup;
mod sheets;
mod trouble;
mod undo;
mod updates;
mod upgrade;
mod waves;
mod world;
