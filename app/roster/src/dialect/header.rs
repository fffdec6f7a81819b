//! Where the header is: titles above it, several rows of it, or none at all.

use super::first_records;
use crate::columns::{is_known, recognise};
use crate::encoding::Encoding;
use crate::field::clean;

/// Titles stand above the header in the first lines only.
const SEARCHED: usize = 20;
/// Most records a header is made of.
const MOST_ROWS: usize = 3;

/// The first records of a file, cut with one delimiter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beginning {
    /// Line and cells of each record that is not blank.
    pub(crate) records: Vec<(u32, Vec<String>)>,
    /// The number of cells most records have.
    width: usize,
    /// The first record is a `sep=` line.
    announced: bool,
}

/// Where the header is.
pub(super) struct Header {
    pub(super) line: u32,
    pub(super) rows: u32,
    pub(super) evidence: String,
}

impl Beginning {
    pub(super) fn read(
        raw: &[u8],
        whole: bool,
        delimiter: u8,
        encoding: Encoding,
        announced: bool,
    ) -> Beginning {
        let records = first_records(raw, whole, delimiter, encoding);
        let mut widths: Vec<usize> = records.iter().map(|(_, cells)| cells.len()).collect();
        widths.sort_unstable();
        let mut best = (0, 0);
        for chunk in widths.chunk_by(|a, b| a == b) {
            // Wider wins a tie: titles above the header are narrow.
            if chunk.len() >= best.0 {
                best = (chunk.len(), chunk[0]);
            }
        }
        Beginning { records, width: best.1, announced }
    }

    /// How well the delimiter fits: known headers count most, then that records agree on their number of cells.
    pub(super) fn score(&self) -> f64 {
        if self.width < 2 {
            return 0.0;
        }
        let agreeing = self.records.iter().filter(|(_, cells)| cells.len() == self.width).count();
        let share = agreeing as f64 / self.records.len().max(1) as f64;
        let known = self.records.iter().take(SEARCHED).map(|(_, cells)| known_in(cells)).max().unwrap_or(0);
        share * (1.0 + (self.width as f64).ln()) + known as f64
    }

    pub(super) fn find_header(&self) -> Header {
        let first = usize::from(self.announced);
        let candidates = self.records.iter().enumerate().take(SEARCHED).skip(first);
        // The record with the most known headers, the earlier of equals; a row of data is none.
        let mut best: Option<(usize, usize)> = None;
        for (at, (_, cells)) in candidates.clone() {
            let known = known_in(cells);
            if known > 0 && !is_data(cells) && best.is_none_or(|(most, _)| known > most) {
                best = Some((known, at));
            }
        }
        if let Some((known, at)) = best.filter(|&(known, at)| known >= 2 || self.records[at].1.len() <= 2) {
            let rows = self.rows_of_header(at);
            let at = at as u32;
            return Header {
                line: self.records[at as usize].0,
                rows,
                evidence: format!("It holds {known} headers that are known."),
            };
        }
        // Nothing known: the first full row, unless it already looks like a person.
        let full = candidates.clone().find(|(_, (_, cells))| {
            cells.len() == self.width
                && cells.iter().filter(|cell| !clean(cell).is_empty()).count() * 2 > self.width
        });
        match full {
            Some((at, (line, cells))) if !is_data(cells) && self.differs_from_rows(at) => Header {
                line: *line,
                rows: self.rows_of_header(at),
                evidence: "The first full row, unlike the ones below it.".to_owned(),
            },
            _ => Header {
                line: 0,
                rows: 0,
                evidence: "The first rows look like people, not like headers.".to_owned(),
            },
        }
    }

    /// Whether a record differs in kind from those below: no numbers or addresses where they have some.
    fn differs_from_rows(&self, at: usize) -> bool {
        let cells = &self.records[at].1;
        // A header of several rows may repeat itself.
        let below: Vec<&Vec<String>> =
            self.records[at + 1..].iter().map(|(_, row)| row).filter(|row| *row != cells).collect();
        if below.is_empty() {
            return true;
        }
        if cells.iter().any(|cell| has_mark_of_data(cell)) {
            return false;
        }
        // A name list has no numbers at all: then the first row counts as a header only if no value recurs in kind.
        (0..self.width).any(|column| {
            let marked =
                below.iter().filter(|row| row.get(column).is_some_and(|cell| has_mark_of_data(cell))).count();
            marked * 2 > below.len()
        })
    }

    /// How many records the header at this place is made of: one, unless the next ones repeat it, or complete its
    /// words to known headers, or are plainly no data while the rows below are.
    fn rows_of_header(&self, at: usize) -> u32 {
        let mut rows = 1;
        while rows < MOST_ROWS && at + rows + 1 < self.records.len() {
            let next = &self.records[at + rows].1;
            if next.len() != self.records[at].1.len()
                || is_data(next)
                || next.iter().any(|cell| has_mark_of_data(cell))
            {
                break;
            }
            let repeated = next.iter().zip(&self.records[at].1).all(|(a, b)| clean(a) == clean(b));
            let words = next.iter().filter(|cell| !clean(cell).is_empty());
            let all_known = words.clone().count() >= 2 && words.clone().all(|cell| is_known(cell));
            let completes = known_in(&self.joined(at, rows + 1)) > known_in(&self.joined(at, rows));
            if !(repeated || all_known || completes) {
                break;
            }
            rows += 1;
        }
        rows as u32
    }

    fn joined(&self, at: usize, rows: usize) -> Vec<String> {
        join_rows(self.records[at..at + rows].iter().map(|(_, cells)| cells.as_slice()))
    }

    /// The header and the first rows, as far as the sample reaches.
    pub(crate) fn parts(
        &self,
        header_line: u32,
        header_rows: u32,
        skip_lines: u32,
    ) -> (Option<Vec<String>>, Vec<Vec<String>>) {
        if header_line == 0 {
            let rows = self.records.iter().filter(|(line, _)| *line > skip_lines);
            return (None, rows.map(|(_, cells)| cells.clone()).collect());
        }
        let from = self.records.iter().position(|(line, _)| *line >= header_line);
        let Some(from) = from else { return (Some(Vec::new()), Vec::new()) };
        let until = (from + header_rows.max(1) as usize).min(self.records.len());
        let header = join_rows(self.records[from..until].iter().map(|(_, cells)| cells.as_slice()));
        (Some(header), self.records[until..].iter().map(|(_, cells)| cells.clone()).collect())
    }
}

/// Several header rows as one: their words joined by a space, column by column.
pub(crate) fn join_rows<'a>(rows: impl Iterator<Item = &'a [String]>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for cells in rows {
        for (column, cell) in cells.iter().enumerate() {
            let text = clean(cell);
            if column == joined.len() {
                joined.push(text.into_owned());
            } else if !text.is_empty() {
                if !joined[column].is_empty() {
                    joined[column].push(' ');
                }
                joined[column].push_str(&text);
            }
        }
    }
    joined
}

/// How many different headers of a record are known.
fn known_in(cells: &[String]) -> usize {
    let mut seen: Vec<String> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.len() < 100 && is_known(cell)) {
        // Two columns that mean the same are worth one.
        let meaning = format!("{:?}", recognise(cell).map(|found| found.meaning));
        if !seen.contains(&meaning) {
            seen.push(meaning);
        }
    }
    seen.len()
}

/// Whether a record is plainly a row of data: it holds an address.
fn is_data(cells: &[String]) -> bool {
    cells.iter().any(|cell| {
        let cell = cell.trim();
        cell.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
    })
}

/// Whether a cell holds what values have and headers do not: an address, or mostly digits.
fn has_mark_of_data(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    cell.contains('@') || digits > 0 && digits >= letters
}
