//! A copy taken while the directory is open.

use crate::world::{World, key};
use directory::Directory;
use directory::backup::{BackupError, back_up};
use directory::clock::Timestamp;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_an_open_sqlite_directory_holds_what_was_committed() {
    let world = World::sqlite().await;
    world.administrator("early").await;
    let path = world.folder.path().join("copy.db");
    back_up(&world.url, &path, world.directory.time()).await.unwrap();
    world.administrator("late").await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let url = format!("sqlite://{}", path.display());
    let copy = Directory::open(&url, key(), Arc::clone(&world.clock) as _).await.unwrap();
    let events = copy.audit(&Default::default(), 1).await.unwrap();
    assert!(events.items.iter().any(|entry| entry.target == "early"), "what was committed");
    assert!(events.items.iter().all(|entry| entry.target != "late"), "nothing later");
}

#[tokio::test]
async fn postgresql_is_left_to_its_own_tool() {
    let path = std::path::Path::new("/nonexistent/copy.db");
    let error = back_up("postgres://localhost/rollcall", path, Timestamp(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::UsePgDump), "{error}");
}
