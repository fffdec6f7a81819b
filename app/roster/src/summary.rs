//! A review as one object: what `check --json` prints, and what two builds of this crate are compared by.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::dialect::DialectChoice;
use crate::policy::PasswordPolicy;
use crate::problem::{RowProblem, Severity};
use crate::review::{Pushed, Review, Span};

/// What was found in a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Summary {
    /// Rows read.
    pub rows: u32,
    /// Rows without an error.
    pub valid: u32,
    /// Rows with an error.
    pub invalid: u32,
    /// The encoding's name, such as `UTF-8`.
    pub encoding: String,
    /// The delimiter: the character itself, or `tab`.
    pub delimiter: String,
    /// The line of the header, counted from 1; 0: there is none.
    pub header_line: u32,
    /// The header of each column that feeds something, and the key of its field.
    pub mapping: BTreeMap<String, String>,
    /// The first 1,000 findings.
    pub problems: Vec<SummaryProblem>,
    /// How many rows have each problem.
    pub problem_counts: BTreeMap<String, u32>,
}

/// One finding with its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SummaryProblem {
    /// The row, counted from 1 below the header; 0: the file.
    pub row: u32,
    /// The line it starts on.
    pub line: u32,
    /// The column's header or letter; empty when the row as a whole is meant.
    pub column: String,
    /// The stable code.
    pub code: String,
    /// `error` or `warning`.
    pub severity: Severity,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl From<&RowProblem> for SummaryProblem {
    fn from(found: &RowProblem) -> Self {
        SummaryProblem {
            row: found.row,
            line: found.line,
            column: found.column.clone().unwrap_or_default(),
            code: found.problem.code.as_str().to_owned(),
            severity: found.problem.severity(),
            message: found.problem.message.clone(),
        }
    }
}

impl Summary {
    /// Sums a review up.
    pub fn of(review: &Review) -> Summary {
        let totals = review.totals();
        let mapping = review.mapping().feeding().collect();
        Summary {
            rows: totals.rows,
            valid: totals.rows - totals.invalid,
            invalid: totals.invalid,
            encoding: review.dialect().encoding.label().to_owned(),
            delimiter: review.dialect().delimiter_label(),
            header_line: review.dialect().header_line,
            mapping,
            problems: review.findings().map(SummaryProblem::from).collect(),
            problem_counts: totals
                .problem_counts
                .iter()
                .map(|(code, count)| (code.to_string(), *count))
                .collect(),
        }
    }
}

/// Reviews a whole file that is in memory. A restart with a better encoding is followed.
///
/// # Errors
/// `file.empty`, `file.not_text`.
pub fn review_bytes(
    bytes: &[u8],
    choice: DialectChoice,
    policy: PasswordPolicy,
    custom_fields: Vec<String>,
) -> Result<Review, RowProblem> {
    let mut review = Review::new(choice, None, policy, custom_fields);
    // At most one restart: then the encoding is certain.
    loop {
        if review.push(bytes)? == Pushed::More && review.finish()? == Pushed::More {
            break;
        }
    }
    loop {
        let spans = review.doubtful(usize::MAX);
        if spans.is_empty() {
            return Ok(review);
        }
        for span in spans {
            review.confirm(span.row, row_of(bytes, span));
        }
    }
}

/// The bytes of a row in those of its file.
pub fn row_of(bytes: &[u8], span: Span) -> &[u8] {
    let start = usize::try_from(span.start).unwrap_or(usize::MAX).min(bytes.len());
    &bytes[start..start.saturating_add(span.len as usize).min(bytes.len())]
}

/// Everything the engine makes of a file, as text: the native and the Wasm build must print the same (T45).
pub fn fingerprint(bytes: &[u8]) -> String {
    let review = match review_bytes(bytes, DialectChoice::default(), PasswordPolicy::default(), Vec::new()) {
        Ok(review) => review,
        Err(problem) => return format!("unusable: {} {problem}\n", problem.problem.code),
    };
    let mut text = format!("{:#?}\n{:#?}\n{:#?}\n", review.dialect(), review.mapping(), review.totals());
    for row in 1..=review.totals().rows {
        let Some(span) = review.span(row) else { continue };
        let view = review.view(row, row_of(bytes, span), None);
        text.push_str(&format!("{span:?} {view:?}\n"));
    }
    for problem in review.findings() {
        text.push_str(&format!("{problem}\n"));
    }
    text
}
