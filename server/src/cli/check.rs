//! `rollcall check`: reads and validates a roster, exactly as the browser would, and says what it found.

use std::collections::BTreeMap;

use clap::Args;
use roster::columns::Target;
use roster::review::Review;
use roster::{PasswordPolicy, RowProblem};
use serde::Serialize;

use super::findings::{self, Finding};
use super::roster_file::{RosterArguments, RosterFile};
use super::{Outcome, Output};

/// What to check.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    roster: RosterArguments,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    rows: u32,
    valid: u32,
    invalid: u32,
    encoding: String,
    delimiter: String,
    header_line: u32,
    mapping: BTreeMap<String, String>,
    problems: Vec<Finding>,
    problem_counts: BTreeMap<&'static str, u32>,
}

/// Runs the command.
///
/// # Errors
/// The file cannot be read, or standard output cannot be written.
pub fn run(arguments: &Arguments, output: &mut Output) -> anyhow::Result<Outcome> {
    let file = arguments.roster.read()?;
    let (report, recipe, outcome) = match arguments.roster.review(&file, PasswordPolicy::default(), Vec::new()) {
        Ok(review) => {
            let report = Report::new(&review, &file);
            let outcome = match () {
                () if review.header_problem().is_some() => Outcome::Unusable,
                () if report.problem_counts.is_empty() => Outcome::Fine,
                () => Outcome::Findings,
            };
            (report, review.mapping().recipe.clone(), outcome)
        }
        Err(problem) => (Report::unusable(&problem), None, Outcome::Unusable),
    };
    if arguments.json {
        serde_json::to_writer(&mut *output, &report)?;
        output.line("")?;
    } else {
        report.print(&file.name, recipe.as_deref(), output)?;
    }
    Ok(outcome)
}

impl Report {
    fn new(review: &Review, file: &RosterFile) -> Report {
        let totals = review.totals();
        let dialect = review.dialect();
        Report {
            rows: totals.rows,
            valid: totals.rows - totals.invalid,
            invalid: totals.invalid,
            encoding: dialect.encoding.label().to_owned(),
            delimiter: char::from(dialect.delimiter).to_string(),
            header_line: dialect.header_line,
            mapping: mapping(review),
            problems: findings::findings(review, file),
            problem_counts: findings::counts(review),
        }
    }

    fn unusable(problem: &RowProblem) -> Report {
        let finding = Finding::new(problem);
        Report {
            rows: 0,
            valid: 0,
            invalid: 0,
            encoding: String::new(),
            delimiter: String::new(),
            header_line: 0,
            mapping: BTreeMap::new(),
            problem_counts: BTreeMap::from([(finding.code, 1)]),
            problems: vec![finding],
        }
    }

    fn print(&self, name: &str, recipe: Option<&str>, output: &mut Output) -> std::io::Result<()> {
        output.line(format!("{name}: {} rows, {} valid, {} invalid", self.rows, self.valid, self.invalid))?;
        if !self.encoding.is_empty() {
            let delimiter = if self.delimiter == "\t" { "tab" } else { &self.delimiter };
            let header = match self.header_line {
                0 => "no header".to_owned(),
                line => format!("header in line {line}"),
            };
            output.line(format!("  {}, delimiter {delimiter}, {header}", self.encoding))?;
        }
        if let Some(recipe) = recipe {
            output.line(format!("  Looks like a {recipe} export"))?;
        }
        for (column, field) in &self.mapping {
            output.line(format!("  {column} → {field}"))?;
        }
        for problem in &self.problems {
            output.line(problem.sentence())?;
        }
        let all: u32 = self.problem_counts.values().sum();
        let shown = u32::try_from(self.problems.len()).unwrap_or(u32::MAX);
        if all > shown {
            output.line(format!("… and {} more; --json counts them all", all - shown))?;
        }
        Ok(())
    }
}

/// Header of each column that feeds a field, with the field's key.
fn mapping(review: &Review) -> BTreeMap<String, String> {
    let mapping = review.mapping();
    let columns = mapping.columns.iter().enumerate();
    columns
        .filter_map(|(index, column)| {
            let field = match &column.target {
                Target::Ignore => return None,
                Target::Field(field) => field.key().to_owned(),
                Target::Custom(name) => name.clone(),
                _ => format!("{:?}", column.target),
            };
            Some((mapping.name_of(index), field))
        })
        .collect()
}
