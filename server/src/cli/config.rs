//! `rollcall config`: the configuration file.

use clap::Subcommand;

use super::{Outcome, Output};

/// What to do about the configuration file.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print a complete, commented configuration file
    Example,
}

/// Runs the command.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(command: &Command, output: &mut Output) -> anyhow::Result<Outcome> {
    match command {
        Command::Example => output.line(crate::config::example().trim_end())?,
    }
    Ok(Outcome::Fine)
}
