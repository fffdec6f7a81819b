//! `rollcall backup`: a copy of the database, taken while the server runs.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use directory::backup::{BackupError, back_up};
use secrecy::ExposeSecret;

use super::{Outcome, Output};
use crate::config::Config;

/// Where the copy goes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A file that does not exist yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// A sentence that says why there is no backup.
pub async fn run(arguments: &Arguments, config: &Config, output: &mut Output) -> anyhow::Result<Outcome> {
    let file = arguments.file.display();
    match back_up(config.database_url.expose_secret(), &arguments.file).await {
        Ok(()) => {}
        Err(BackupError::UsePgDump) => bail!(
            "{}; run: pg_dump --format=custom --file='{file}' --dbname='{}' (it asks for the password)",
            BackupError::UsePgDump,
            config.database_for_display().replace(":***@", "@"),
        ),
        Err(error) => {
            return Err(error)
                .with_context(|| format!("{} was not backed up", config.database_for_display()));
        }
    }
    output.line(format!("The database is in {file}, complete and checked."))?;
    output.line(format!(
        "Keep a copy of the server key {} in another place: temporary passwords that were mailed work only with it.",
        config.secret_key_file.display()
    ))?;
    output.line("To restore: stop the server, put the file in the place of the database, remove the files ending in -wal and -shm beside it, start the server.")?;
    Ok(Outcome::Fine)
}
