//! A copy of the database that is whole, taken while others write.

use crate::clock::Timestamp;
use crate::store;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why there is no backup.
#[derive(Debug, Error)]
pub enum BackupError {
    /// PostgreSQL brings its own tool, which knows more than we do: roles, large objects, parallel copies.
    #[error("a PostgreSQL database is backed up with pg_dump")]
    UsePgDump,
    /// The URL names no engine that Rollcall knows, or cannot be read.
    #[error("the database URL must start with sqlite:// or postgres:// and be well-formed")]
    Url,
    /// The file exists: a backup never replaces an older one.
    #[error("{} exists already; name another file, or move that one away", .0.display())]
    Exists(PathBuf),
    /// SQLite takes names of files as text.
    #[error("the name {} is not UTF-8; name another file", .0.display())]
    Name(PathBuf),
    /// The file cannot be written.
    #[error("{} cannot be written", .path.display())]
    Write {
        /// The file of the backup.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The database cannot be opened; it is not created either.
    #[error("the database cannot be opened")]
    Open(#[source] sqlx::Error),
    /// Copying failed, for instance because the disk is full.
    #[error("the database cannot be copied")]
    Copy(#[source] sqlx::Error),
    /// The copy was read again and is not whole.
    #[error("the copy is damaged: {0}; the database itself may be, too")]
    Damaged(String),
}

/// Copies the database of `database_url` into the new file `path`, as it is at one moment, while servers go on writing.
/// The copy is compact, only its owner may read it, and it has been checked and is on disk when this returns. When
/// anything fails, no file is left.
///
/// The database is opened as it is: no migration runs, and none is created. Mail that waits is held back in the copy, as of
/// `now` ([`crate::held`]); answers how much.
///
/// # Errors
/// See [`BackupError`].
pub async fn back_up(database_url: &str, path: &Path, now: Timestamp) -> Result<u64, BackupError> {
    match database_url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => {}
        Some("postgres" | "postgresql") => return Err(BackupError::UsePgDump),
        _ => return Err(BackupError::Url),
    }
    let text = path.to_str().ok_or_else(|| BackupError::Name(path.to_owned()))?;
    let source = store::copy::Source::open(database_url).await?;
    create(path)?;
    let copied = match source.copy_into(text, now).await {
        Ok(held) => sync(path).map(|()| held),
        Err(error) => Err(error),
    };
    if copied.is_err() {
        // What failed is the better message; a file that cannot be removed would not help anybody.
        let _removed = std::fs::remove_file(path);
    }
    copied
}

/// The empty file for its owner alone, before there is anything in it to read.
fn create(path: &Path) -> Result<(), BackupError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(BackupError::Exists(path.to_owned()))
        }
        Err(source) => Err(BackupError::Write { path: path.to_owned(), source }),
    }
}

/// `VACUUM INTO` leaves it to the system when the copy reaches the disk.
fn sync(path: &Path) -> Result<(), BackupError> {
    std::fs::OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.sync_all())
        .map_err(|source| BackupError::Write { path: path.to_owned(), source })
}
