//! `rollcall check`: reads and validates a roster, exactly as the browser would, and says what it found.

use std::collections::BTreeMap;

use clap::Args;
use roster::PasswordPolicy;
use roster::summary::{Summary, SummaryProblem};

use super::roster_file::RosterArguments;
use super::{Outcome, Output, findings};

/// What to check.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    roster: RosterArguments,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// The file cannot be read, or standard output cannot be written.
pub fn run(arguments: &Arguments, output: &mut Output) -> anyhow::Result<Outcome> {
    let name = arguments.roster.name();
    let (summary, recipe, outcome) =
        match arguments.roster.review_in_slices(PasswordPolicy::default(), Vec::new())? {
            Ok(review) => {
                let summary = Summary::of(&review);
                let outcome = match () {
                    () if review.header_problem().is_some() => Outcome::Unusable,
                    () if summary.problem_counts.is_empty() => Outcome::Fine,
                    () => Outcome::Findings,
                };
                (summary, review.mapping().recipe.clone(), outcome)
            }
            Err(problem) => (unusable(SummaryProblem::from(&problem)), None, Outcome::Unusable),
        };
    if arguments.json {
        serde_json::to_writer(&mut *output, &summary).map_err(std::io::Error::from)?;
        output.line("")?;
    } else {
        print(&summary, &name, recipe.as_deref(), output)?;
    }
    Ok(outcome)
}

/// What is said of a file that is no roster at all.
fn unusable(problem: SummaryProblem) -> Summary {
    Summary {
        rows: 0,
        valid: 0,
        invalid: 0,
        encoding: String::new(),
        delimiter: String::new(),
        header_line: 0,
        mapping: BTreeMap::new(),
        problem_counts: BTreeMap::from([(problem.code.clone(), 1)]),
        problems: vec![problem],
    }
}

fn print(summary: &Summary, name: &str, recipe: Option<&str>, output: &mut Output) -> std::io::Result<()> {
    output.line(format!(
        "{name}: {} rows, {} valid, {} invalid",
        summary.rows, summary.valid, summary.invalid
    ))?;
    if !summary.encoding.is_empty() {
        let header = match summary.header_line {
            0 => "no header".to_owned(),
            line => format!("header in line {line}"),
        };
        output.line(format!("  {}, delimiter “{}”, {header}", summary.encoding, summary.delimiter))?;
    }
    if let Some(recipe) = recipe {
        output.line(format!("  Looks like a {recipe} export"))?;
    }
    for (column, field) in &summary.mapping {
        output.line(format!("  {} → {field}", crate::mail::values::one_line(column)))?;
    }
    for problem in &summary.problems {
        output.line(findings::sentence(problem))?;
    }
    if summary.problems.len() >= findings::MOST {
        output.line("… only the first problems are listed; these are all:")?;
        for (code, rows) in &summary.problem_counts {
            output.line(format!("  {code}: {rows} rows"))?;
        }
    }
    Ok(())
}
