//! Copying a SQLite database while others write to it.

use super::{HOLD_MESSAGES, STOP_WAVES};
use crate::backup::BackupError;
use crate::clock::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
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

    /// Writes what is committed at this moment into the file, which is empty, holds the mail in it back, and reads the copy
    /// again. Answers how many mails that are.
    pub(crate) async fn copy_into(mut self, path: &str, now: Timestamp) -> Result<u64, BackupError> {
        // No time limit: a large database takes as long as it takes, and keeps nobody from writing meanwhile.
        sqlx::query("VACUUM INTO $1").bind(path).execute(&mut self.0).await.map_err(BackupError::Copy)?;
        self.0.close().await.map_err(BackupError::Copy)?;
        let copy = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Delete);
        let mut copy = copy.connect().await.map_err(BackupError::Copy)?;
        let held = hold_mail(&mut copy, now).await.map_err(BackupError::Copy)?;
        let verdict: String = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(&mut copy)
            .await
            .map_err(BackupError::Copy)?;
        copy.close().await.map_err(BackupError::Copy)?;
        if verdict == "ok" { Ok(held) } else { Err(BackupError::Damaged(verdict)) }
    }
}

/// What waits in the copy may have been sent before anybody restores it.
async fn hold_mail(copy: &mut SqliteConnection, now: Timestamp) -> Result<u64, sqlx::Error> {
    // The copy of an older version may know no waves.
    let tables = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'wave'";
    if sqlx::query_scalar::<_, i64>(tables).fetch_one(&mut *copy).await? > 0 {
        sqlx::query(STOP_WAVES).bind(now).execute(&mut *copy).await?;
    }
    Ok(sqlx::query(HOLD_MESSAGES).bind(now).execute(&mut *copy).await?.rows_affected())
}
