//! Copying a SQLite database while others write to it.

use crate::backup::BackupError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::str::FromStr;

/// The database that is copied.
pub(crate) struct Source(SqliteConnection);

impl Source {
    /// Opens a database that exists.
    pub(crate) async fn open(url: &str) -> Result<Self, BackupError> {
        let options = SqliteConnectOptions::from_str(url).map_err(|_| BackupError::Url)?;
        options.create_if_missing(false).connect().await.map(Self).map_err(BackupError::Open)
    }

    /// Writes what is committed at this moment into the file, which is empty, and reads the copy again.
    pub(crate) async fn copy_into(mut self, path: &str) -> Result<(), BackupError> {
        // No time limit: a large database takes as long as it takes, and keeps nobody from writing meanwhile.
        sqlx::query("VACUUM INTO $1").bind(path).execute(&mut self.0).await.map_err(BackupError::Copy)?;
        self.0.close().await.map_err(BackupError::Copy)?;
        let copy = SqliteConnectOptions::new().filename(path).read_only(true);
        let mut copy = copy.connect().await.map_err(BackupError::Copy)?;
        let verdict: String = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(&mut copy)
            .await
            .map_err(BackupError::Copy)?;
        copy.close().await.map_err(BackupError::Copy)?;
        if verdict == "ok" { Ok(()) } else { Err(BackupError::Damaged(verdict)) }
    }
}
