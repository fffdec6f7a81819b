//! The problems of a roster, in the order of the file, for `check` and `import`.

use std::collections::BTreeMap;

use roster::review::{Filter, Review};
use roster::{Code, RowProblem, Severity};
use serde::Serialize;

use super::roster_file::RosterFile;

/// How many problems are listed one by one; all are counted.
pub const MOST: usize = 1000;

/// One problem, as `check --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Row, from 1; 0 for the file as a whole.
    pub row: u32,
    /// Line of the file on which the row starts.
    pub line: u32,
    /// Header of the column, or its letter; null for a problem of the row as a whole.
    pub column: Option<String>,
    /// Stable code.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// A sentence that says how to mend it.
    pub message: String,
}

impl Finding {
    /// From the problem of a row or of the file.
    pub fn new(problem: &RowProblem) -> Finding {
        Finding {
            row: problem.row,
            line: problem.line,
            column: problem.column.clone(),
            code: problem.problem.code.as_str(),
            severity: match problem.problem.code.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            message: problem.problem.message.clone(),
        }
    }

    /// One line for people.
    pub fn sentence(&self) -> String {
        let place = match (self.row, &self.column) {
            (0, _) => "file".to_owned(),
            (row, None) => format!("row {row} (line {})", self.line),
            (row, Some(column)) => format!("row {row} (line {}), {}", self.line, one_line(column)),
        };
        let mark = if self.severity == "warning" { "warning: " } else { "" };
        format!("{place}: {mark}{} [{}]", one_line(&self.message), self.code)
    }
}

/// Values of a file are shown to people at a terminal: no control characters (T71).
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The first [`MOST`] problems.
pub fn findings(review: &Review, file: &RosterFile) -> Vec<Finding> {
    let mut found: Vec<Finding> = review.file_problems().iter().map(Finding::new).collect();
    let filter = Filter { only_problems: true, ..Filter::default() };
    let mut first = 0;
    while found.len() < MOST {
        let spans = review.locate(&filter, first, 256);
        if spans.is_empty() {
            break;
        }
        first += u32::try_from(spans.len()).unwrap_or(u32::MAX);
        for span in spans {
            found.extend(review.row_problems(span.row, file.row(span)).iter().map(Finding::new));
        }
    }
    found.truncate(MOST);
    found
}

/// How often each problem occurs, by code.
pub fn counts(review: &Review) -> BTreeMap<&'static str, u32> {
    let of = |(code, count): &(Code, u32)| (code.as_str(), *count);
    review.totals().problem_counts.iter().map(of).collect()
}
