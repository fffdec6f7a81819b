//! What page and roster worker say to each other, as postcard bytes in `postMessage`.
//!
//! The file itself travels beside [`Command::Open`] as a `File`, which the browser passes by reference.

use crate::wire::{AbsentBrief, NewImport};
use roster::columns::{ColumnMapping, Target};
use roster::dialect::{Dialect, DialectChoice};
use roster::policy::PasswordPolicy;
use roster::problem::Code;
use roster::review::{Alike, Filter, Fix, Options, RowView, Totals, Verdict};
use serde::{Deserialize, Serialize};

/// What the worker says, as plain text, to a page that it does not understand.
pub const OTHER_BUILD: &str = "other build";

/// The sources that say how messages look.
const SOURCES: [&[u8]; 11] = [
    include_bytes!("protocol.rs"),
    include_bytes!("../wire/mod.rs"),
    include_bytes!("../../roster/src/columns.rs"),
    include_bytes!("../../roster/src/columns/standing.rs"),
    include_bytes!("../../roster/src/dialect.rs"),
    include_bytes!("../../roster/src/dialect/delimiter.rs"),
    include_bytes!("../../roster/src/encoding.rs"),
    include_bytes!("../../roster/src/field.rs"),
    include_bytes!("../../roster/src/policy.rs"),
    include_bytes!("../../roster/src/problem.rs"),
    include_bytes!("../../roster/src/review/terms.rs"),
];

/// Stands in front of every message. A page that was opened before an update may meet a worker that was loaded after it,
/// and postcard's bytes do not tell what they are.
const MARK: [u8; 4] = {
    let (mut state, mut source) = (0x811C_9DC5_u32, 0);
    while source < SOURCES.len() {
        let mut at = 0;
        while at < SOURCES[source].len() {
            state = (state ^ SOURCES[source][at] as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        source += 1;
    }
    state.to_le_bytes()
};

/// A message with the mark of this build in front.
#[must_use]
pub fn mark(message: &[u8]) -> Vec<u8> {
    [&MARK[..], message].concat()
}

/// The message behind the mark; `None` where it comes from another build.
#[must_use]
pub fn marked(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(&MARK)
}

/// From the page to the worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum Command {
    /// Read the file that comes along, from its start.
    Open {
        /// Of a workbook: which sheet, counted from 0, or [`LIKELIEST_SHEET`].
        sheet: u32,
        /// What the person chose for encoding, delimiter and header; the rest is guessed.
        choice: DialectChoice,
        /// The person's column mapping, once there is one.
        mapping: Option<Vec<Target>>,
        /// Rules for passwords that the file brings.
        policy: PasswordPolicy,
        /// Profile fields beyond the built-in ones.
        custom_fields: Vec<String>,
        /// Options as they are on the page.
        options: Options,
    },
    /// Show these rows of the list that a filter gives.
    Rows {
        /// Comes back with the answer, so that a late one is recognised.
        ticket: u32,
        /// Which rows.
        filter: Filter,
        /// Only rows with this text in a cell, unless empty.
        search: String,
        /// Only rows with this value in a column.
        value: Option<ColumnValue>,
        /// Only rows that have this alike with another one; next to each other.
        alike: Option<Alike>,
        /// Sorted by what rows do instead of in the order of the file.
        by_verdict: bool,
        /// Position of the first row to show in that list.
        first: u32,
        /// How many.
        count: u32,
        /// Whether to keep the list as it was when the filter was set, so that nothing moves while it is worked on.
        keep: bool,
    },
    /// Count the values of a column; ends a count that is under way. `None`: only that.
    CountValues(Option<u32>),
    /// Put another value into a cell.
    Edit {
        /// Number of the row.
        row: u32,
        /// Position of the column.
        column: u32,
        /// What it is to hold.
        value: String,
    },
    /// Take the last change of cells back.
    Undo,
    /// Do the change again that was taken back last.
    Redo,
    /// Throw away what was mended, also what is kept of it.
    Discard,
    /// What could be done to all rows with this problem?
    ProposeFix {
        /// The problem.
        code: Code,
        /// What usernames are made from, where the fix makes any; the usual pattern otherwise.
        pattern: Option<String>,
    },
    /// Do what was proposed last.
    ApplyFix,
    /// Tick or untick one row.
    Choose {
        /// Number of the row.
        row: u32,
        /// Ticked or not.
        chosen: bool,
    },
    /// Tick or untick all rows with this verdict.
    ChooseAll {
        /// Which rows.
        verdict: Verdict,
        /// Ticked or not.
        chosen: bool,
    },
    /// Options have changed.
    Options(Options),
    /// Make a file of the rows with problems.
    ExportProblems,
    /// Show those who are not in the file from this place in their list on.
    Absent {
        /// The place, from 0.
        from: u32,
    },
    /// Open an import for the chosen rows and send them. `rows`, `digest` and `columns` are filled in by the worker.
    Submit(NewImport),
    /// Send the chosen rows into the import in which they failed.
    Mend {
        /// Its identifier.
        import: String,
    },
}

/// From the worker to the page.
#[derive(Debug, Serialize, Deserialize)]
pub enum Report {
    /// What was understood of the file, as soon as its first part was read.
    Understood {
        /// Encoding, delimiter, header.
        dialect: Dialect,
        /// Which column feeds which field.
        mapping: ColumnMapping,
    },
    /// The file is a workbook.
    Sheets {
        /// The names of the sheets that can be read.
        names: Vec<String>,
        /// Which of them is read.
        sheet: u32,
        /// How long the chosen one is as CSV.
        bytes: u64,
    },
    /// The file cannot be used, or its header cannot; the sentence says why and how to mend it.
    FileProblem {
        /// Stable code.
        code: Code,
        /// What happened and what to do.
        message: String,
        /// Whether reading ended there.
        fatal: bool,
    },
    /// Running totals, about twenty times a second while something changes.
    Totals {
        /// The counts.
        totals: Totals,
        /// How far the work is.
        phase: Phase,
        /// How long reading and checking has taken so far, in milliseconds.
        elapsed_ms: u32,
        /// Whether there is a change of cells to take back.
        can_undo: bool,
        /// Whether there is a change to do again.
        can_redo: bool,
        /// Rows that the directory was asked about.
        compared: u32,
        /// Memory of the worker's module, in bytes.
        memory: u64,
    },
    /// The rows that were asked for.
    Rows {
        /// The question's ticket.
        ticket: u32,
        /// How long the whole list is.
        total: u32,
        /// Position of the first row.
        first: u32,
        /// The rows.
        rows: Vec<RowView>,
    },
    /// The values of a column, as far as they have been counted.
    Values(ColumnValues),
    /// Cells of this file that were mended another time have been put back.
    PutBack {
        /// How many.
        cells: u32,
    },
    /// What could be done to all rows with a problem, with some of its results.
    Fix(Option<Fix>),
    /// Who is not in the file.
    Absent(AbsentPreview),
    /// In which import the rows of this file failed, if it is a download of failed rows.
    Mends {
        /// Its identifier.
        import: Option<String>,
    },
    /// A file to download.
    Export(Vec<u8>),
    /// The import was opened.
    Opened {
        /// Its identifier.
        import: String,
    },
    /// Rows sent so far.
    Sent {
        /// Rows.
        rows: u32,
    },
    /// Sending waits for the network or the server and tries again.
    Waiting(String),
    /// All rows are on the server.
    Submitted,
    /// The password has to be given once more before accounts are closed; nothing was sent.
    ProofRequired,
    /// Sending ended before its end, for this reason.
    SubmitFailed(String),
}

/// Stands for the sheet of a workbook that people are on, most likely.
pub const LIKELIEST_SHEET: u32 = u32::MAX;

/// How many of those who are not in the file are shown at a time.
pub const ABSENT_SHOWN: u32 = 50;

/// Who of the directory is not in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentPreview {
    /// Active members.
    pub members: u32,
    /// Of them, those whom no row names.
    pub absent: u32,
    /// The first rows that could mean anybody.
    pub unclear: Vec<u32>,
    /// How many such rows there are.
    pub unclear_rows: u32,
    /// Place in the list of the first one below.
    pub from: u32,
    /// Some of those who are absent.
    pub people: Vec<AbsentBrief>,
}

/// A value of a column, as rows are chosen by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnValue {
    /// Position of the column.
    pub column: u32,
    /// The value, cleaned.
    pub value: String,
}

/// Which values a column has and how many rows have each, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnValues {
    /// Position of the column.
    pub column: u32,
    /// The values with their numbers of rows; those counted before there were too many.
    pub values: Vec<(String, u32)>,
    /// Rows looked at.
    pub rows: u32,
    /// There are more different values than anybody would look through.
    pub too_many: bool,
    /// All rows have been counted.
    pub done: bool,
}

/// How far the worker is with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Reading.
    Reading,
    /// Read; asking the server who exists already.
    Comparing,
    /// Every row has its final verdict.
    Ready,
    /// The server could not be asked; verdicts may change.
    Offline,
    /// The server answers only who is signed in, which nobody is any more.
    SignedOut,
}

impl Phase {
    /// Whether the server does not say who exists already.
    #[must_use]
    pub const fn is_cut_off(self) -> bool {
        matches!(self, Phase::Offline | Phase::SignedOut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_other_builds_are_told_apart() {
        assert_eq!(marked(&mark(b"rows")), Some(&b"rows"[..]));
        let mut other = mark(b"rows");
        other[0] ^= 1;
        assert_eq!(marked(&other), None);
        assert_eq!((marked(b"rows, and no mark"), marked(b"")), (None, None));
    }
}
