//! The schema: fresh, opened again, and of a newer version.

use crate::world::{World, key};
use directory::{Directory, OpenError};
use std::sync::Arc;

on_both!(a_fresh_database_is_ready, a_newer_schema_is_refused, the_audit_trail_cannot_be_changed);

async fn a_fresh_database_is_ready(world: World) {
    world.directory.ping().await.unwrap();
    assert_eq!(world.directory.schema_version().await.unwrap(), 18);
    assert!(world.directory.setup_needed().await.unwrap());
    assert_eq!(world.directory.seats().await.unwrap().used, 0);
    assert_eq!(world.directory.settings().await.unwrap(), directory::settings::Settings::default());
    let again = world.another().await;
    assert_eq!(again.schema_version().await.unwrap(), 18);
    assert_eq!(world.url.starts_with("sqlite"), again.engine() == directory::Engine::Sqlite);
}

async fn a_newer_schema_is_refused(world: World) {
    world
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
             SELECT 999, 'of tomorrow', installed_on, success, checksum, 0 FROM _sqlx_migrations LIMIT 1",
        )
        .await
        .unwrap();
    let clock = Arc::clone(&world.clock);
    let refused = Directory::open(&world.url, key(), clock as _).await;
    assert!(matches!(refused, Err(OpenError::NewerSchema { found: 999, known: 18 })), "{refused:?}");
}

async fn the_audit_trail_cannot_be_changed(world: World) {
    world.administrator("petra").await;
    assert!(world.execute("UPDATE audit SET actor_name = 'somebody else'").await.is_err());
    assert!(world.execute("DELETE FROM audit").await.is_err());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'user_created'").await, 1);
}

#[tokio::test]
async fn an_unknown_engine_is_refused() {
    let clock = Arc::new(directory::clock::SystemClock);
    for url in ["mysql://localhost/x", "rollcall.db", ""] {
        let refused = Directory::open(url, key(), Arc::clone(&clock) as _).await;
        assert!(matches!(refused, Err(OpenError::UnknownEngine)), "{url}");
    }
}
