//! `rollcall convert`: writes what was read as clean UTF-8 CSV after RFC 4180: every column in order, title lines left
//! out, several header rows joined by a space, no header invented.

use std::io::Write;

use clap::Args;
use roster::summary::SummaryProblem;

use super::roster_file::RosterArguments;
use super::{Outcome, Output, findings};

/// What to convert.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    roster: RosterArguments,
}

/// Runs the command. Damage to rows is told on standard error, so that standard output is the CSV alone.
///
/// # Errors
/// The file cannot be read or is no roster, or standard output cannot be written.
pub fn run(arguments: &Arguments, output: &mut Output) -> anyhow::Result<Outcome> {
    let file = arguments.roster.read()?;
    let converted = match roster::convert::convert(&file.bytes, &arguments.roster.choice()) {
        Ok(converted) => converted,
        Err(problem) => anyhow::bail!("{}: {}", file.name, problem.problem.message),
    };
    output.write_all(converted.text.as_bytes())?;
    output.flush()?;
    for problem in converted.problems.iter().take(findings::MOST) {
        eprintln!("rollcall: {}", findings::sentence(&SummaryProblem::from(problem)));
    }
    Ok(if converted.problems.is_empty() { Outcome::Fine } else { Outcome::Findings })
}
