//! Copies the write-ahead log back into the database beside the writer, who would have to stand still for it.
//!
//! The writer still does it by itself when the log has grown too long ([`super::CHECKPOINT_PAGES`]): while it never rests,
//! somebody else cannot catch up with it for good.

use sqlx::SqlitePool;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::task::JoinHandle;

/// Time between two looks at the log.
const INTERVAL: Duration = Duration::from_secs(1);

/// The task; ends with this value.
pub(super) struct Checkpoints(JoinHandle<()>);

impl Checkpoints {
    /// Begins to copy the log of the database file back, over a connection of `pool`.
    pub(super) fn begin(pool: SqlitePool, database: &Path) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Self(tokio::spawn(copy_back(pool, PathBuf::from(log))))
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn copy_back(pool: SqlitePool, log: PathBuf) {
    let mut copied = None;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let written = last_written(&log);
        if written == copied {
            continue;
        }
        // Waits for nobody: what others still read or write stays for the next time.
        match sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&pool).await {
            Ok(_) => copied = written,
            Err(error) => {
                tracing::debug!(%error, "the write-ahead log was not copied back; it will be tried again")
            }
        }
    }
}

fn last_written(log: &Path) -> Option<SystemTime> {
    std::fs::metadata(log).and_then(|metadata| metadata.modified()).ok()
}
