//! The command line: one file per command. Exit codes are 0 for done, 1 for "done, and there is something to look at",
//! 2 for "could not be done".

mod admin;
mod audit;
mod backup;
mod check;
mod config;
mod convert;
mod doctor;
mod findings;
mod flags;
mod import;
mod key;
mod logging;
mod mail;
mod open;
mod output;
mod progress;
mod roster_file;
mod serve;
mod transcoding;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::{Config, ConfigError};
use flags::SettingFlags;
pub use output::Output;

/// Turns a CSV roster into working user accounts.
#[derive(Parser)]
#[command(name = "rollcall", version, about, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    settings: SettingFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server (the default)
    Serve,
    /// Read and validate a roster; exit 0: clean, 1: problems found, 2: unusable
    Check(check::Arguments),
    /// Write what was read as clean UTF-8 CSV to standard output
    Convert(convert::Arguments),
    /// Import a roster; exit 0: every row done, 1: some rows were not, 2: not imported
    Import(import::Arguments),
    /// Accounts of administrators
    #[command(subcommand)]
    Admin(admin::Command),
    /// Who did what: check that the record is as it was written, or export it
    #[command(subcommand)]
    Audit(audit::Command),
    /// Copy the database into a new file while the server runs (SQLite)
    Backup(backup::Arguments),
    /// Mail that is held back after a copy of the database was restored
    #[command(subcommand)]
    Mail(mail::Command),
    /// The server key, from which temporary passwords are derived
    #[command(subcommand)]
    Key(key::Command),
    /// Check configuration, database, mail and disk; say what to mend; exit 0: fine, 1: warnings, 2: failures
    Doctor,
    /// The configuration file
    #[command(subcommand)]
    Config(config::Command),
}

/// What a command found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Fine,
    /// Done, and there is something to look at.
    Findings,
    /// Could not be done; a sentence was printed.
    Unusable,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Findings => 1,
            Outcome::Unusable => 2,
        })
    }
}

/// Runs the program: reads the command line and does what it says.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let mut output = Output::standard();
    let result = dispatch(cli, &mut output).and_then(|outcome| {
        output.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(outcome) => outcome.into(),
        // Whoever read our output (`| head`) has seen enough.
        Err(error) if output::is_closed_pipe(&error) => Outcome::Fine.into(),
        Err(error) => {
            eprintln!("rollcall: {}", output::for_terminals(&format!("{error:#}")));
            Outcome::Unusable.into()
        }
    }
}

fn dispatch(cli: Cli, output: &mut Output) -> anyhow::Result<Outcome> {
    let settings = || -> Result<Config, ConfigError> { Config::load(cli.settings.clone().into_layer()) };
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let config = settings()?;
            logging::start(&config, "info");
            runtime()?.block_on(serve::run(config, output))
        }
        // Reading a roster needs no configuration, and so cannot fail because of one.
        Command::Check(arguments) => check::run(&arguments, output),
        Command::Convert(arguments) => convert::run(&arguments, output),
        Command::Import(arguments) => {
            let config = settings()?;
            logging::start(&config, "warn");
            runtime()?.block_on(import::run(&arguments, config, output))
        }
        Command::Admin(command) => {
            let config = settings()?;
            logging::start(&config, "warn");
            runtime()?.block_on(admin::run(&command, &config, output))
        }
        Command::Audit(command) => {
            let config = settings()?;
            logging::start(&config, "warn");
            runtime()?.block_on(audit::run(&command, &config, output))
        }
        Command::Backup(arguments) => {
            let config = settings()?;
            logging::start(&config, "warn");
            runtime()?.block_on(backup::run(&arguments, &config, output))
        }
        Command::Mail(command) => {
            let config = settings()?;
            logging::start(&config, "warn");
            runtime()?.block_on(mail::run(&command, &config, output))
        }
        Command::Key(command) => {
            let config = settings()?;
            logging::start(&config, "warn");
            runtime()?.block_on(key::run(&command, &config, output))
        }
        // The doctor looks at the configuration itself.
        Command::Doctor => runtime()?.block_on(doctor::run(settings(), output)),
        Command::Config(command) => config::run(&command, output),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The complete command line, for documentation and tests.
pub fn command() -> clap::Command {
    Cli::command()
}
