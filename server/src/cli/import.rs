//! `rollcall import`: the same engine as the workbench, for automation. The import is carried out here, to its end, so
//! that no server has to run; mails that it owes are sent by the next server that does.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use directory::Directory;
use directory::account::Actor;
use directory::clock::Timestamp;
use directory::id::ImportId;
use directory::imports::{Import, ImportState, NewImport, RunnerStep};
use roster::review::{Action, Existing, Options, Review, Totals};
use roster::summary::SummaryProblem;
use roster::{PersonRow, Severity};
use serde::Serialize;

use super::roster_file::{RosterArguments, RosterFile};
use super::{Outcome, Output, findings, open};
use crate::config::Config;
use crate::workers::process_name;

/// Rows per chunk, as the browser sends them.
const CHUNK: u32 = 500;
/// Keys asked for at a time.
const KEYS: usize = 1000;
/// Up to so many people in the directory, strangers are told by the fingerprints of all keys.
const MOST_KEYS: u32 = 1_000_000;
/// How long to wait when another process carries out the import.
const POLL: Duration = Duration::from_millis(100);

/// What to import, and how.
#[derive(Debug, Args)]
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

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    dry_run: bool,
    import: Option<String>,
    plan: Plan,
    created: u32,
    updated: u32,
    unchanged: u32,
    skipped: u32,
    failed: u32,
    mails_queued: u32,
    problems: Vec<SummaryProblem>,
}

#[derive(Debug, Serialize)]
struct Plan {
    rows: u32,
    add_new: u32,
    update: u32,
    unchanged: u32,
    skip: u32,
    invalid: u32,
}

/// Runs the command.
///
/// # Errors
/// The file is no roster, nobody agreed, or the database failed.
pub async fn run(arguments: &Arguments, config: Config, output: &mut Output) -> anyhow::Result<Outcome> {
    let directory = open::directory_with_seats(&config).await?;
    let done = import(arguments, &directory, output).await;
    directory.close().await;
    done
}

async fn import(
    arguments: &Arguments,
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
    let options = arguments.options();
    review.set_options(options.clone());
    let reviewed_at = compare(&mut review, &file, directory).await?;

    let totals = review.totals();
    let mut report = Report {
        dry_run: arguments.dry_run,
        import: None,
        plan: Plan::new(&totals),
        created: 0,
        updated: 0,
        unchanged: totals.unchanged,
        skipped: totals.skip,
        failed: totals.invalid,
        mails_queued: 0,
        problems: findings::of_invalid_rows(&review, &file),
    };
    let chosen = totals.chosen_add + totals.chosen_update;
    if !arguments.json {
        report.print_plan(&file.name, output)?;
    }
    if !arguments.dry_run && chosen > 0 {
        output.flush()?;
        arguments.confirm(&totals)?;
        let id = send(&review, &file, options, reviewed_at, directory).await?;
        let import = carry_out(id, directory).await?;
        report.add(&import, directory).await?;
        if import.state != ImportState::Completed {
            bail!(
                "import {id} was {} before it was complete; see /admin/imports/{id}",
                import.state.as_str()
            );
        }
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
            existing: match self.update {
                Update::Skip => Existing::Skip,
                Update::Fill => Existing::FillBlanks,
                Update::Overwrite => Existing::Overwrite,
            },
            ..Options::default()
        }
    }

    fn confirm(&self, totals: &Totals) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if self.roster.is_standard_input() || !std::io::stdin().is_terminal() {
            bail!("nobody is there to confirm; add --yes, or look first with --dry-run");
        }
        let mails = if self.email { " and mail their login details" } else { "" };
        eprint!("Add {} people{mails}, update {}? [y/N] ", totals.chosen_add, totals.chosen_update);
        std::io::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        if !matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
            bail!("nothing was changed");
        }
        Ok(())
    }
}

/// Tells the review who exists already, and answers as of when.
async fn compare(review: &mut Review, file: &RosterFile, directory: &Directory) -> anyhow::Result<Timestamp> {
    let as_of = directory.time();
    if let Some(keys) = directory.known_keys(MOST_KEYS).await? {
        review.set_directory_keys(&keys);
    }
    while review.has_rows_to_ask() {
        let spans = review.rows_to_ask(KEYS);
        let asked: Vec<_> =
            spans.iter().filter_map(|span| review.question(span.row, file.row(*span))).collect();
        let usernames: Vec<String> = asked.iter().map(|query| query.username_key.clone()).collect();
        let emails: Vec<String> = asked.iter().map(|query| query.email_key.clone()).collect();
        let known = directory.known_people(&usernames, &emails).await?;
        review.learn(&known, &asked);
    }
    Ok(as_of)
}

/// Sends the chosen rows in numbered chunks, as the browser does. An import of the same plan that was cut off goes on.
async fn send(
    review: &Review,
    file: &RosterFile,
    options: Options,
    reviewed_at: Timestamp,
    directory: &Directory,
) -> anyhow::Result<ImportId> {
    let actor = Actor::system();
    let totals = review.totals();
    let new = NewImport {
        file_name: file.name.clone(),
        file_digest: review.content().iter().map(|byte| format!("{byte:02x}")).collect(),
        options,
        columns: review.mapped_columns(),
        rows: totals.chosen_add + totals.chosen_update,
        reviewed_at: Some(reviewed_at),
        digest: review.digest(),
    };
    let (id, next) = directory.open_import(&actor, new).await?;
    let mut from = 0;
    for number in 0.. {
        let rows = review.chosen_rows(from, CHUNK);
        let Some(last) = rows.last() else { break };
        from = last + 1;
        if number < next {
            continue;
        }
        let chunk: Vec<(PersonRow, Action)> =
            rows.iter().filter_map(|row| person(review, file, *row)).collect();
        directory.receive_chunk(&actor, id, number, chunk).await?;
    }
    directory.seal_import(&actor, id).await?;
    Ok(id)
}

fn person(review: &Review, file: &RosterFile, row: u32) -> Option<(PersonRow, Action)> {
    review.person_row(row, file.row(review.span(row)?))
}

/// Carries the import out to its end, together with any server that runs on the same database.
async fn carry_out(id: ImportId, directory: &Directory) -> anyhow::Result<Import> {
    let worker = process_name();
    loop {
        let step = directory.run_next_batch(&worker).await?;
        let import = directory.import(id).await?.context("the import is gone")?;
        if !matches!(import.state, ImportState::Receiving | ImportState::Running) {
            return Ok(import);
        }
        if std::io::stderr().is_terminal() {
            eprint!("\r{} of {} rows", import.done, import.rows);
        }
        if step == RunnerStep::Idle {
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Plan {
    fn new(totals: &Totals) -> Plan {
        Plan {
            rows: totals.rows,
            add_new: totals.add_new,
            update: totals.update,
            unchanged: totals.unchanged,
            skip: totals.skip,
            invalid: totals.invalid,
        }
    }
}

impl Report {
    /// Adds what became of the rows that were sent.
    async fn add(&mut self, import: &Import, directory: &Directory) -> anyhow::Result<()> {
        self.import = Some(import.id.to_string());
        self.created = import.created;
        self.updated = import.updated;
        self.unchanged += import.unchanged;
        self.skipped += import.skipped;
        self.failed += import.failed;
        self.mails_queued = import.mails_owed;
        let failed = directory.import_rows(import.id, Some(directory::imports::Outcome::Failed), 1).await?;
        let room = findings::MOST.saturating_sub(self.problems.len());
        self.problems.extend(failed.items.into_iter().take(room).map(|row| SummaryProblem {
            row: row.row,
            line: row.line,
            column: String::new(),
            code: row.code.map_or_else(String::new, |code| code.as_str().to_owned()),
            severity: Severity::Error,
            message: row.message.unwrap_or_default(),
        }));
        Ok(())
    }

    fn print_plan(&self, name: &str, output: &mut Output) -> std::io::Result<()> {
        let plan = &self.plan;
        output.line(format!(
            "{name}: {} rows = {} add new + {} update + {} unchanged + {} skip + {} invalid",
            plan.rows, plan.add_new, plan.update, plan.unchanged, plan.skip, plan.invalid
        ))
    }

    fn print_outcome(&self, output: &mut Output) -> std::io::Result<()> {
        for problem in &self.problems {
            output.line(findings::sentence(problem))?;
        }
        if self.dry_run {
            return output.line("Nothing was changed (--dry-run).");
        }
        output.line(format!(
            "{} created, {} updated, {} unchanged, {} skipped, {} failed",
            self.created, self.updated, self.unchanged, self.skipped, self.failed
        ))?;
        if self.mails_queued > 0 {
            output.line(format!("{} mails are queued; `rollcall serve` sends them.", self.mails_queued))?;
        }
        Ok(())
    }
}
