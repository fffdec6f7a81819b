//! The problems of a roster as sentences, for `check` and `import`.

use roster::Severity;
use roster::review::{Filter, Review, Verdict};
use roster::summary::SummaryProblem;

use super::roster_file::RosterFile;

/// How many problems are listed one by one; all are counted.
pub const MOST: usize = 1000;

/// One line for people. Values of a file reach a terminal here: no control characters (T71).
pub fn sentence(problem: &SummaryProblem) -> String {
    let place = match (problem.row, problem.column.as_str()) {
        (0, _) => "file".to_owned(),
        (row, "") => format!("row {row} (line {})", problem.line),
        (row, column) => format!("row {row} (line {}), {column}", problem.line),
    };
    let mark = if problem.severity == Severity::Warning { "warning: " } else { "" };
    let line = format!("{place}: {mark}{} [{}]", problem.message, problem.code);
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Why the first [`MOST`] invalid rows are invalid, with what the directory knows taken into account.
pub fn of_invalid_rows(review: &Review, file: &RosterFile) -> Vec<SummaryProblem> {
    let filter = Filter { verdict: Some(Verdict::Invalid), ..Filter::default() };
    let most = u32::try_from(MOST).unwrap_or(u32::MAX);
    let mut found = Vec::new();
    for span in review.locate(&filter, 0, most) {
        let view = review.view(span.row, file.row(span), None);
        let cells = view.cells.iter().enumerate().flat_map(|(column, cell)| {
            let name = review.mapping().name_of(column);
            cell.problems.iter().map(move |problem| (name.clone(), problem))
        });
        let placed: Vec<_> = cells.collect();
        let whole = view.problems.iter().filter(|problem| !placed.iter().any(|(_, other)| other == problem));
        let all = placed.iter().cloned().chain(whole.map(|problem| (String::new(), problem)));
        found.extend(all.map(|(column, problem)| SummaryProblem {
            row: view.row,
            line: view.line,
            column,
            code: problem.code.as_str().to_owned(),
            severity: problem.severity(),
            message: problem.message.clone(),
        }));
    }
    found.truncate(MOST);
    found
}
