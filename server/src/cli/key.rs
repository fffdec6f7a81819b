//! `rollcall key`: a new server key for what is made from now on, while what was made before still works.

use anyhow::{Context, bail};
use clap::Subcommand;
use directory::key;

use super::{Outcome, Output, open};
use crate::config::Config;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put a fresh key before the current one, which is kept for what was made with it
    Rotate,
    /// Take former keys out of the key file, when nothing needs them any more
    Forget {
        /// Also when temporary passwords or waiting rows stop working
        #[arg(long)]
        force: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// A sentence that says why the key file is as it was.
pub async fn run(command: &Command, config: &Config, output: &mut Output) -> anyhow::Result<Outcome> {
    let path = &config.secret_key_file;
    let file = path.display();
    match command {
        Command::Rotate => {
            let today = jiff::Timestamp::now().strftime("%Y-%m-%d");
            let key = key::rotate(path, &format!("replaced {today}"))
                .with_context(|| format!("the server key in {file} was not replaced"))?;
            output.line(format!("{file} begins with a fresh key; former keys in it: {}.", key.former()))?;
            output.line("Restart every server process with this file: only then is the fresh key used.")?;
            output.line("When former keys are needed no longer, `rollcall key forget` takes them out; it looks first.")?;
            Ok(Outcome::Fine)
        }
        Command::Forget { force } => {
            let directory = open::directory(config).await?;
            let resealed = directory.reseal_second_factors().await;
            let uses = directory.former_key_uses().await;
            directory.close().await;
            let resealed = resealed.context("second factors cannot be sealed with the current key")?;
            if resealed > 0 {
                output.line(format!("Second factors sealed with the current key: {resealed}."))?;
            }
            let uses = uses.context("what needs the former keys cannot be told")?;
            let (passwords, sealed, factors) = (uses.temporary_passwords, uses.sealed, uses.second_factors);
            if passwords + sealed + factors > 0 && !force {
                bail!(
                    "former keys may still be needed: {passwords} temporary passwords made with them work, {sealed} parts of \
                     imports wait sealed, and {factors} second factors cannot be sealed anew; come back when they have run out or are done, or add --force"
                );
            }
            let gone = key::forget(path).with_context(|| format!("{file} was not changed"))?;
            output.line(format!("{file} holds the current key alone; former keys taken out: {gone}."))?;
            Ok(Outcome::Fine)
        }
    }
}
