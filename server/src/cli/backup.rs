//! `rollcall backup`: a copy of the database, taken while the server runs.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use directory::backup::{BackupError, back_up};
use directory::clock::{Clock, SystemClock};
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
    let held = match back_up(config.database_url.expose_secret(), &arguments.file, SystemClock.now()).await {
        Ok(held) => held,
        Err(BackupError::UsePgDump) => bail!(
            "{}; run: pg_dump --format=custom --file='{file}' --dbname='{}' (it asks for the password). When it was restored, run \
             `rollcall mail hold` before the server starts: mail that waited may have been sent since the dump",
            BackupError::UsePgDump,
            config.database_for_display().replace(":***@", "@"),
        ),
        Err(error) => {
            return Err(error)
                .with_context(|| format!("{} was not backed up", config.database_for_display()));
        }
    };
    output.line(format!("The database is in {file}, complete and checked."))?;
    output.line(format!(
        "Keep a copy of the server key {} in another place: temporary passwords that were mailed work only with it.",
        config.secret_key_file.display()
    ))?;
    if held > 0 {
        output.line(format!(
            "{held} mails wait at the moment. In the copy they are held back and waves are stopped, because they will have been \
             sent when it is restored; `rollcall mail release` sends them all the same."
        ))?;
    }
    output.line("To restore: stop the server, put the file in the place of the database, remove the files ending in -wal and -shm beside it, start the server.")?;
    Ok(Outcome::Fine)
}
