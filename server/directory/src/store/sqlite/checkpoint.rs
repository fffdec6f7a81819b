//! Copies the write-ahead log back into the database beside the writer, who would have to stand still for it.
//!
//! The writer still does it by itself when the log has grown too long ([`super::LOG_GROWTH`]): while it never rests,
//! somebody else cannot catch up with it for good.
//!
//! As long as somebody reads in one long transaction, the log can be copied but not begun anew, and grows. Nobody here
//! reads like that, except for the time that a backup takes; another program might. Refusing to write would be worse than
//! a long log, so that it is only told.

use sqlx::SqlitePool;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::task::JoinHandle;

/// Time between two looks at the log.
const INTERVAL: Duration = Duration::from_secs(1);

/// The task; ends with this value.
pub(super) struct Checkpoints(JoinHandle<()>);

impl Checkpoints {
    /// Begins to copy the log of the database file back, over a connection of `pool`; a log that is longer than `longest`
    /// bytes is told.
    pub(super) fn begin(pool: SqlitePool, database: &Path, longest: u64) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Self(tokio::spawn(copy_back(pool, PathBuf::from(log), longest)))
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn copy_back(pool: SqlitePool, log: PathBuf, longest: u64) {
    let mut copied = None;
    let mut length = Length { longest, told: 0 };
    loop {
        tokio::time::sleep(INTERVAL).await;
        length.look(size(&log));
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

fn size(log: &Path) -> u64 {
    std::fs::metadata(log).map_or(0, |metadata| metadata.len())
}

/// Tells when the log is longer than it may be for want of an end of somebody's reading, each time it has doubled.
struct Length {
    longest: u64,
    /// The length that was told last; 0 while all is well.
    told: u64,
}

impl Length {
    fn look(&mut self, bytes: u64) {
        // A batch may be written beyond the limit before the log is begun anew.
        if bytes > self.longest.saturating_mul(2).max(self.told.saturating_mul(2)) {
            self.told = bytes;
            tracing::warn!(
                mebibytes = bytes >> 20,
                "the write-ahead log beside the database grows, because a program has been reading in one transaction \
                 for long: a backup, or a database browser; end it, and the log is cut by itself"
            );
        } else if self.told > 0 && bytes <= self.longest {
            self.told = 0;
            tracing::info!(mebibytes = bytes >> 20, "the write-ahead log beside the database was cut");
        }
    }
}
