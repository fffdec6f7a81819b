//! `rollcall import`: the same engine as the workbench, for automation. The import is carried out here, to its end, so
//! that no server has to run; mails that it owes are sent by the next server that does.
//!
//! It may be interrupted at any moment, and started again: what was begun is brought to its end first, then what is left
//! of the file is planned.

mod carrying;
mod report;

use std::io::{BufRead, IsTerminal, Write};

use anyhow::bail;
use clap::{Args, ValueEnum};
use directory::Directory;
use directory::account::Actor;
use roster::Field;
use roster::review::{Absent, Existing, MatchBy, Options, Totals};

use super::roster_file::RosterArguments;
use super::{Outcome, Output, findings, open};
use crate::config::Config;
use report::{Plan, Report};

/// What is told below the options.
const AFTERWARDS: &str = "Exit codes:
  0  every row was done, or needed nothing
  1  done, but some rows were not imported; they are listed
  2  not imported: the file cannot be used, nobody confirmed, too many people are not in the file, or the database failed

An import that was interrupted goes on when the same command is started again; nothing is done twice.";

/// What to import, and how.
#[derive(Debug, Args)]
#[command(after_help = AFTERWARDS)]
pub struct Arguments {
    #[command(flatten)]
    roster: RosterArguments,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// E-mail login details to the people added
    #[arg(long)]
    email: bool,
    /// What to do with people who exist already
    #[arg(long, value_enum, default_value_t = Update::Skip)]
    update: Update,
    /// By what people who exist are known; by e-mail, --update overwrite also gives them the file's username
    #[arg(long = "match", value_name = "BY", value_enum, default_value_t = Match::Username)]
    match_by: Match,
    /// The file is a full roster: deactivate people who are not in it; never administrators
    #[arg(long)]
    deactivate_absent: bool,
    /// With --deactivate-absent: refuse if more than this part of all active people would be deactivated
    #[arg(long, value_name = "PERCENT", default_value_t = Absent::AT_MOST, value_parser = clap::value_parser!(u8).range(0..=100))]
    absent_limit: u8,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What to do with people who exist already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Update {
    /// Leave them as they are
    Skip,
    /// Fill in what is blank
    Fill,
    /// Replace their values
    Overwrite,
}

/// By what people who exist are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Match {
    /// The username
    Username,
    /// The e-mail address
    Email,
}

/// Runs the command.
///
/// # Errors
/// The file is no roster, nobody agreed, or the database failed.
pub async fn run(arguments: &Arguments, config: Config, output: &mut Output) -> anyhow::Result<Outcome> {
    let directory = open::directory_as_configured(&config).await?;
    let done = import(arguments, &config, &directory, output).await;
    directory.close().await;
    done
}

async fn import(
    arguments: &Arguments,
    config: &Config,
    directory: &Directory,
    output: &mut Output,
) -> anyhow::Result<Outcome> {
    let file = arguments.roster.read()?;
    let settings = directory.settings().await?;
    let mut review = match arguments.roster.review(
        &file,
        settings.password_policy.clone(),
        settings.custom_fields.clone(),
    ) {
        Ok(review) => review,
        Err(problem) => bail!("{}: {}", file.name, problem.problem.message),
    };
    if let Some(problem) = review.header_problem() {
        bail!("{}: {}", file.name, problem.problem.message);
    }
    let mends = carrying::mends(&review, &file, directory).await?;
    // Rows that come back mended are treated as was decided when they came first.
    review.set_options(match &mends {
        Some(import) => Options { absent: Absent::Leave, ..import.options.clone() },
        None => arguments.options(),
    });
    let brings_passwords = review.mapped_columns().iter().any(|(_, key)| key == Field::Password.key());
    if brings_passwords && !arguments.dry_run {
        // As hard as a server would hash them, on every processor: nobody else waits for this process.
        open::calibrate(directory, config, 0).await;
    }
    let mut resumed = Vec::new();
    if !arguments.dry_run && mends.is_none() {
        let begun = directory.take_up_imports(&Actor::system(), &carrying::file_digest(&review)).await?;
        for import in begun {
            resumed.push(carrying::to_its_end(import, directory).await?);
        }
    }
    let reviewed_at = carrying::compare(&mut review, &file, directory).await?;
    let absent = carrying::absent(&review, directory).await?;

    let totals = review.totals();
    let plan = Plan::new(&totals, absent.len());
    let mut report = Report::new(arguments.dry_run, plan, findings::of_invalid_rows(&review, &file));
    let chosen = totals.chosen_add + totals.chosen_update;
    if !arguments.json {
        report.print_plan(&file.name, output)?;
    }
    for import in &resumed {
        report.add_resumed(import);
    }
    if !arguments.dry_run && (chosen > 0 || !absent.is_empty()) {
        output.flush()?;
        arguments.confirm(&totals, absent.len())?;
        let id = match &mends {
            Some(import) => {
                report.mended = carrying::mend(&review, &file, reviewed_at, import.id, directory).await?;
                import.id
            }
            None => carrying::send(&review, &file, reviewed_at, &absent, directory).await?,
        };
        let import = carrying::to_its_end(id, directory).await?;
        report.import = Some(import.id.to_string());
        report.add(&import, mends.as_ref(), directory).await?;
    }
    if arguments.json {
        serde_json::to_writer(&mut *output, &report).map_err(std::io::Error::from)?;
        output.line("")?;
    } else {
        report.print_outcome(output)?;
    }
    Ok(if report.failed == 0 { Outcome::Fine } else { Outcome::Findings })
}

impl Arguments {
    fn options(&self) -> Options {
        Options {
            email_login_details: self.email,
            match_by: match self.match_by {
                Match::Username => MatchBy::Username,
                Match::Email => MatchBy::Email,
            },
            existing: match self.update {
                Update::Skip => Existing::Skip,
                Update::Fill => Existing::FillBlanks,
                Update::Overwrite => Existing::Overwrite,
            },
            absent: match self.deactivate_absent {
                true => Absent::Deactivate { at_most: self.absent_limit },
                false => Absent::Leave,
            },
            ..Options::default()
        }
    }

    fn confirm(&self, totals: &Totals, absent: usize) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if self.roster.is_standard_input() || !std::io::stdin().is_terminal() {
            bail!("nobody is there to confirm; add --yes, or look first with --dry-run");
        }
        let mails = if self.email { " and mail their login details" } else { "" };
        let leaving = if absent > 0 { format!(", deactivate {absent}") } else { String::new() };
        eprint!("Add {} people{mails}, update {}{leaving}? [y/N] ", totals.chosen_add, totals.chosen_update);
        std::io::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        if !matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
            bail!("nothing was changed");
        }
        Ok(())
    }
}
