//! `rollcall audit`: who did what, and whether the record of it is as it was written.

use std::io::Write;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use directory::Directory;
use directory::audit::{AuditError, AuditFilter};

use super::{Outcome, Output, open};
use crate::config::Config;
use crate::http::downloads::audit_lines;

/// What to do with the audit trail.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check every seal of the audit trail; exit 0: as it was written, 1: not
    Verify(Verify),
    /// Write the audit trail as CSV to standard output, oldest first
    Export(Export),
}

/// What else is checked.
#[derive(Debug, Args)]
pub struct Verify {
    /// A seal that was noted earlier and must still be there: shows that nothing was cut off at the end since
    #[arg(long, value_name = "SEAL")]
    contains: Option<String>,
}

/// Which records are written.
#[derive(Debug, Args)]
pub struct Export {
    /// Only this event, such as user_created
    #[arg(long, value_name = "NAME", default_value = "")]
    event: String,
    /// Only records with this in actor, target or detail
    #[arg(long, value_name = "TEXT", default_value = "")]
    text: String,
    /// First day (UTC), as 2026-11-26
    #[arg(long, value_name = "DAY", default_value = "")]
    from: String,
    /// Last day
    #[arg(long, value_name = "DAY", default_value = "")]
    until: String,
}

/// Runs the command.
///
/// # Errors
/// The database cannot be opened or failed, or an argument cannot be understood.
pub async fn run(command: &Command, config: &Config, output: &mut Output) -> anyhow::Result<Outcome> {
    let directory = open::directory(config).await?;
    let outcome = match command {
        Command::Verify(arguments) => verify(arguments, &directory, output).await,
        Command::Export(arguments) => export(arguments, &directory, output).await,
    };
    directory.close().await;
    outcome
}

async fn verify(arguments: &Verify, directory: &Directory, output: &mut Output) -> anyhow::Result<Outcome> {
    let wanted = arguments.contains.as_deref().map(str::to_ascii_lowercase);
    if let Some(wanted) = &wanted
        && (wanted.len() != 64 || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        bail!("a seal has 64 hexadecimal digits, as `rollcall audit verify` prints it");
    }
    let check = match directory.check_audit(None, wanted.as_deref()).await {
        Ok(check) => check,
        Err(AuditError::Store(error)) => return Err(error).context("the audit trail cannot be read"),
        Err(broken) => {
            output.line(format!("{broken}."))?;
            output.line("If the server key was replaced, seals of the old one cannot be checked; otherwise compare with a backup.")?;
            return Ok(Outcome::Findings);
        }
    };
    output.line(format!(
        "{} records in {} transactions are as they were written.",
        check.records, check.seals
    ))?;
    if check.unsealed > 0 {
        output.line(format!("{} older records are from before there were seals.", check.unsealed))?;
    }
    output.line(format!("Newest seal: {}", check.newest))?;
    if wanted.is_some() && !check.contains {
        output.line("The seal that was asked for is not among them: records were cut off, or it is of another database.")?;
        return Ok(Outcome::Findings);
    }
    Ok(Outcome::Fine)
}

async fn export(arguments: &Export, directory: &Directory, output: &mut Output) -> anyhow::Result<Outcome> {
    let Export { event, text, from, until } = arguments;
    let filter = AuditFilter { event: event.clone(), text: text.clone(), ..AuditFilter::default() };
    let filter = filter.between(from, until)?;
    let mut after = 0;
    loop {
        let entries = directory.audit_from(&filter, after).await.context("the audit trail cannot be read")?;
        output.write_all(&audit_lines(&entries, after == 0)?)?;
        match entries.last() {
            Some(last) => after = last.number,
            None => return Ok(Outcome::Fine),
        }
    }
}
