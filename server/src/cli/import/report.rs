//! What an import is told as: sentences for people, one JSON object for programs.

use directory::Directory;
use directory::imports::{self, Import};
use roster::Severity;
use roster::review::Totals;
use roster::summary::SummaryProblem;
use serde::Serialize;

use crate::cli::{Output, findings};

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
pub struct Report {
    pub dry_run: bool,
    /// The import, if one was carried out.
    pub import: Option<String>,
    /// Imports of this file that had been interrupted and were brought to their end first.
    pub resumed: Vec<String>,
    pub plan: Plan,
    pub created: u32,
    pub updated: u32,
    pub unchanged: u32,
    pub skipped: u32,
    pub failed: u32,
    pub deactivated: u32,
    /// Rows that failed before and went on in their import.
    pub mended: u32,
    pub mails_queued: u32,
    pub problems: Vec<SummaryProblem>,
}

/// What would be done.
#[derive(Debug, Serialize)]
pub struct Plan {
    pub rows: u32,
    pub add_new: u32,
    pub update: u32,
    pub unchanged: u32,
    pub skip: u32,
    pub invalid: u32,
    /// Accounts to be closed, because their people are not in the roster; only where that was asked for.
    pub deactivate: u32,
}

impl Plan {
    /// The plan with these figures.
    pub fn new(totals: &Totals, absent: usize) -> Plan {
        Plan {
            rows: totals.rows,
            add_new: totals.add_new,
            update: totals.update,
            unchanged: totals.unchanged,
            skip: totals.skip,
            invalid: totals.invalid,
            deactivate: u32::try_from(absent).unwrap_or(u32::MAX),
        }
    }
}

impl Report {
    /// Of a plan of which nothing was done yet.
    pub fn new(dry_run: bool, plan: Plan, problems: Vec<SummaryProblem>) -> Report {
        Report {
            dry_run,
            import: None,
            resumed: Vec::new(),
            created: 0,
            updated: 0,
            unchanged: plan.unchanged,
            skipped: plan.skip,
            failed: plan.invalid,
            deactivated: 0,
            mended: 0,
            mails_queued: 0,
            plan,
            problems,
        }
    }

    /// Adds what became of the rows of an import; of one that went on, beyond what it had done `before`.
    pub async fn add(
        &mut self,
        import: &Import,
        before: Option<&Import>,
        directory: &Directory,
    ) -> anyhow::Result<()> {
        let more = |of: fn(&Import) -> u32| of(import).saturating_sub(before.map_or(0, of));
        self.created += more(|import| import.created);
        self.updated += more(|import| import.updated);
        self.unchanged += more(|import| import.unchanged);
        self.skipped += more(|import| import.skipped);
        self.deactivated += more(|import| import.deactivated);
        self.mails_queued += more(|import| import.mails_owed);
        // What failed before and was not mended fails still.
        self.failed = match before {
            Some(_) => import.failed,
            None => self.failed + import.failed,
        };
        let failed = directory.import_rows(import.id, Some(imports::Outcome::Failed), 1).await?;
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

    /// Adds what an interrupted import had done already: the same rows are unchanged (or skipped) now.
    pub fn add_resumed(&mut self, import: &Import) {
        let done = import.created + import.updated;
        self.resumed.push(import.id.to_string());
        self.created += import.created;
        self.updated += import.updated;
        let skipped = self.skipped.min(done.saturating_sub(self.unchanged));
        self.unchanged = self.unchanged.saturating_sub(done);
        self.skipped -= skipped;
        self.deactivated += import.deactivated;
        self.mails_queued += import.mails_owed;
    }

    /// What would be done.
    pub fn print_plan(&self, name: &str, output: &mut Output) -> std::io::Result<()> {
        let plan = &self.plan;
        output.line(format!(
            "{name}: {} rows = {} add new + {} update + {} unchanged + {} skip + {} invalid",
            plan.rows, plan.add_new, plan.update, plan.unchanged, plan.skip, plan.invalid
        ))?;
        if plan.deactivate > 0 {
            output.line(format!("{} people are not in the file and will be deactivated", plan.deactivate))?;
        }
        Ok(())
    }

    /// What was done.
    pub fn print_outcome(&self, output: &mut Output) -> std::io::Result<()> {
        for problem in &self.problems {
            output.line(findings::sentence(problem))?;
        }
        if self.dry_run {
            return output.line("Nothing was changed (--dry-run).");
        }
        if !self.resumed.is_empty() {
            output.line(
                "An earlier import of this file had been interrupted; it was brought to its end first.",
            )?;
        }
        output.line(format!(
            "{} created, {} updated, {} unchanged, {} skipped, {} failed",
            self.created, self.updated, self.unchanged, self.skipped, self.failed
        ))?;
        if self.mended > 0 {
            output.line(format!("{} rows that had failed went on in their import", self.mended))?;
        }
        if self.deactivated > 0 {
            output.line(format!("{} deactivated", self.deactivated))?;
        }
        if self.mails_queued > 0 {
            output.line(format!("{} mails are queued; `rollcall serve` sends them.", self.mails_queued))?;
        }
        Ok(())
    }
}
