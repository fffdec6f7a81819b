//! `rollcall mail`: what to do about mail that waited when the database was copied, after the copy was restored.

use clap::Subcommand;
use directory::account::Actor;
use directory::clock::Timestamp;
use directory::held::Held;

use super::{Outcome, Output, open};
use crate::config::Config;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what is held back; exit 0: nothing, 1: something
    Held,
    /// Hold back all mail that waits and stop all waves: after pg_restore, before the server starts
    Hold,
    /// Send what is held back
    Release,
}

/// Runs the command.
///
/// # Errors
/// The database failed.
pub async fn run(command: &Command, config: &Config, output: &mut Output) -> anyhow::Result<Outcome> {
    let directory = open::directory(config).await?;
    let outcome = match command {
        Command::Held => match told(&directory.held_mail().await?) {
            Some(sentence) => {
                output.line(sentence)?;
                Outcome::Findings
            }
            None => {
                output.line("No mail is held back.")?;
                Outcome::Fine
            }
        },
        Command::Hold => {
            let done = directory.hold_mail(&Actor::system()).await?;
            output.line(format!("{} mails are held back, {} waves were stopped.", done.mails, done.waves))?;
            Outcome::Fine
        }
        Command::Release => {
            let released = directory.release_held_mail(&Actor::system()).await?;
            output.line(format!("{released} mails go out as soon as the server runs."))?;
            Outcome::Fine
        }
    };
    directory.close().await;
    Ok(outcome)
}

/// What is held back and what to do about it, if anything is.
pub fn told(held: &Held) -> Option<String> {
    let since = held.since?;
    let until = held.until.unwrap_or(since);
    Some(format!(
        "{} mails, owed from {} to {}, are held back: they waited when the copy was made that this database comes from, and \
         may have been sent since. `rollcall mail release` sends them all; /admin/mail sends single ones again.",
        held.mails,
        shown(since),
        shown(until)
    ))
}

fn shown(moment: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(moment.0)
        .map(|moment| moment.strftime("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default()
}
