//! What is written of each record, and what is held back until it is known what it is.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::io::{self, Write};

use super::align::Aligner;
use super::doubt::Doubt;
use super::footer::Footer;
use super::mend::{self, Mended};
use super::profile::Profile;
use crate::dialect::{self, Beginning, Dialect, join_rows};
use crate::encoding::Encoding;
use crate::export::write_record;
use crate::problem::{Code, Problem, RowProblem};
use crate::reader::{Part, Record};

/// How many problems are kept with their sentences.
const KEPT_PROBLEMS: usize = 1000;

#[derive(Debug)]
pub(super) struct State {
    pub(super) dialect: Dialect,
    /// The number of cells most rows have.
    width: usize,
    header: Vec<Vec<String>>,
    aligner: Aligner,
    doubt: Doubt,
    footer: Footer,
    /// The number of cells of the last row, where most rows have another.
    uneven: Option<usize>,
    titles: usize,
    pub(super) problems: Vec<RowProblem>,
    out: String,
    pub(super) empty: bool,
}

impl State {
    /// Before the first row of a file that begins like this.
    pub(super) fn new(dialect: Dialect, read: &Beginning) -> State {
        State {
            width: read.width,
            aligner: Aligner::new(Profile::of(read.rows(&dialect), read.width), &dialect, read.width),
            doubt: Doubt::default(),
            dialect,
            header: Vec::new(),
            footer: Footer::default(),
            uneven: None,
            titles: 0,
            problems: Vec::new(),
            out: String::new(),
            empty: true,
        }
    }

    pub(super) fn settle_encoding(&mut self, encoding: Encoding, evidence: &str) {
        self.aligner.set_encoding(encoding);
        self.dialect.encoding = encoding;
        self.dialect.certain = true;
        evidence.clone_into(&mut self.dialect.encoding_evidence);
    }

    /// How many records above the header and below the rows are left out.
    pub(super) fn left_out(&self) -> (usize, usize) {
        // A `sep=` line is no title.
        (self.titles.saturating_sub(self.dialect.skip_lines as usize), self.footer.lines())
    }

    pub(super) fn take(&mut self, record: &Record<'_>) -> bool {
        match record.part {
            Part::Title => self.titles += 1,
            Part::Row if record.raw() == dialect::END_MARK => {}
            Part::Header => {
                let mended =
                    mend::mend(record, &self.dialect, self.width).or_else(|| self.aligner.header(record));
                let cells = match mended {
                    Some(mended) => {
                        self.note(record, mended.problem);
                        mended.cells
                    }
                    None => {
                        let damage = damage(record, self.dialect.quote);
                        if let Some(problem) = damage.or_else(|| uneven(record, self.width, "The header")) {
                            self.note(record, problem);
                        }
                        (0..record.cells()).map(|column| record.shown(column)).collect()
                    }
                };
                self.header.push(cells);
            }
            Part::Row => {
                self.write_header();
                self.take_row(record);
            }
        }
        true
    }

    fn take_row(&mut self, record: &Record<'_>) {
        self.empty = false;
        let cells = record.cells();
        // Below a row of as many cells, it may be a row of another table.
        if self.uneven != Some(cells)
            && let Some(mended) = mend::mend(record, &self.dialect, self.width)
        {
            self.write_mended(record, mended);
            return;
        }
        let start = self.out.len();
        write_record(&mut self.out, ',', (0..cells).map(|column| shown(record, column)));
        if !self.doubt.is_other_table(cells)
            && let Some(mended) = self.aligner.row(record)
        {
            let as_is = self.out.split_off(start);
            if cells == self.width {
                self.write_mended(record, mended);
            } else {
                self.hold(record, as_is, mended);
            }
            return;
        }
        let settled = self.settle(Some(cells));
        self.out.insert_str(start, &settled);
        let start = start + settled.len();
        let footnote = self.footer.look(record, self.width, false);
        let uneven = uneven(record, self.width, "The row");
        // Of rows of another table the first.
        let first = uneven.clone().filter(|_| self.uneven != Some(cells));
        if footnote {
            let problem = first.clone().map(|problem| row_problem(record, problem));
            self.footer.hold(self.out.split_off(start), problem);
        } else {
            let held = self.release_footer();
            if !held.is_empty() {
                self.out.insert_str(start, &held);
            }
        }
        if let Some(problem) = damage(record, self.dialect.quote).or(first.filter(|_| !footnote)) {
            self.note(record, problem);
        }
        self.uneven = uneven.map(|_| cells);
    }

    fn write_mended(&mut self, record: &Record<'_>, mended: Mended) {
        self.uneven = None;
        self.settle_doubt();
        self.footer.look(record, self.width, true);
        let held = self.release_footer();
        self.out.push_str(&held);
        write_record(&mut self.out, ',', mended.cells.into_iter().map(Cow::Owned));
        self.note(record, mended.problem);
    }

    /// Holds a row back that was cut anew, until it is known that it is a single one.
    fn hold(&mut self, record: &Record<'_>, as_is: String, mended: Mended) {
        self.uneven = None;
        if !self.doubt.is_of(record.cells()) {
            self.settle_doubt();
        }
        self.footer.look(record, self.width, true);
        let held = self.release_footer();
        self.out.push_str(&held);
        let mut aligned = String::new();
        write_record(&mut aligned, ',', mended.cells.into_iter().map(Cow::Owned));
        if self.doubt.hold(record.cells(), &as_is, &aligned, row_problem(record, mended.problem)) {
            self.settle_doubt();
        }
    }

    pub(super) fn settle_doubt(&mut self) {
        let settled = self.settle(None);
        self.out.push_str(&settled);
    }

    /// The text of the rows that were held back; see [`Doubt::settle`].
    fn settle(&mut self, cells: Option<usize>) -> String {
        let settled = self.doubt.settle(cells);
        let room = KEPT_PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(settled.problems.into_iter().take(room));
        settled.text
    }

    /// The text of what was taken for footnotes, now that rows follow.
    fn release_footer(&mut self) -> String {
        let (held, problem) = self.footer.release();
        if self.problems.len() < KEPT_PROBLEMS {
            self.problems.extend(problem);
        }
        held
    }

    fn note(&mut self, record: &Record<'_>, problem: Problem) {
        if self.problems.len() < KEPT_PROBLEMS {
            self.problems.push(row_problem(record, problem));
        }
    }

    pub(super) fn write_header(&mut self) {
        if !self.header.is_empty() {
            let mut header = std::mem::take(&mut self.header);
            let joined = if header.len() == 1 {
                header.remove(0)
            } else {
                join_rows(header.iter().map(Vec::as_slice))
            };
            write_record(&mut self.out, ',', joined.into_iter().map(Cow::Owned));
            self.empty = false;
        }
    }

    pub(super) fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.out.as_bytes())?;
        self.out.clear();
        Ok(())
    }
}

fn shown<'a>(record: &Record<'a>, column: usize) -> Cow<'a, str> {
    record.text(column).unwrap_or_else(|_| Cow::Owned(record.shown(column)))
}

/// That a row has another number of cells than most.
fn uneven(record: &Record<'_>, width: usize, what: &str) -> Option<Problem> {
    let cells = record.cells();
    let code = match cells.cmp(&width) {
        Ordering::Less => Code::RowTooFewFields,
        Ordering::Greater => Code::RowTooManyFields,
        Ordering::Equal => return None,
    };
    let count = if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") };
    Some(Problem::whole(code, format!("{what} has {count} where most rows have {width}; it stays as it is.")))
}

fn row_problem(record: &Record<'_>, problem: Problem) -> RowProblem {
    RowProblem { row: record.row, line: record.line, column: None, problem }
}

/// Whether the first quotation mark that stands where none can stands in a cell that begins with one.
fn opens_a_cell(record: &Record<'_>, quote: Option<u8>) -> bool {
    let Some(column) = record.shape.stray_quote else { return false };
    record
        .fields()
        .get(usize::from(column))
        .is_some_and(|field| quote.is_some() && record.raw().get(field.start as usize).copied() == quote)
}

fn damage(record: &Record<'_>, quote: Option<u8>) -> Option<Problem> {
    let (code, message) = if record.shape.unclosed_quote.is_some() {
        (Code::RowUnclosedQuote, "A quotation mark opens a cell and nothing closes it.")
    } else if opens_a_cell(record, quote) {
        (
            Code::RowUnclosedQuote,
            "A quotation mark opens a cell, but text follows its end; it was taken as text.",
        )
    } else if record.shape.too_long.is_some() {
        (Code::RowTooLong, "The row or a cell of it is too long.")
    } else if !record.plain && (0..record.cells()).any(|column| !record.is_decodable(column)) {
        (Code::FileUndecodable, "Bytes mean nothing in the file's encoding.")
    } else {
        return None;
    };
    Some(Problem::whole(code, message))
}
