//! Where the header is: titles above it, several rows of it, or none at all.

use super::score::Evidence;
use super::{Dialect, Kind};
use crate::columns::{is_known, recognise};
use crate::field::clean;
use crate::reader::{Reader, Record};

/// Titles stand above the header in the first lines only.
pub(super) const SEARCHED: usize = 20;
/// What old systems end files with; alone on its line it is no row.
pub(crate) const END_MARK: &[u8] = b"\x1A";
/// Most records a header is made of.
const MOST_ROWS: usize = 3;
/// How many records of the beginning are looked at.
const LOOKED_AT: usize = 200;
/// How many of each other sample.
const LOOKED_AT_ELSEWHERE: usize = 50;

/// The first records of a file, cut in one dialect.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beginning {
    /// Line and cells of each record that is not blank.
    pub(crate) records: Vec<(u32, Vec<String>)>,
    /// The same of other places, without lines.
    elsewhere: Vec<Vec<String>>,
    /// The number of cells most records have.
    pub(crate) width: usize,
    /// The first record is a `sep=` line.
    pub(super) announced: bool,
    /// Records with a quotation mark where none can be.
    pub(super) strays: usize,
    /// Those of them where it opens a cell that nothing closes: damage, where others may be text (`5' 11"`).
    pub(super) unclosed: usize,
    /// Records with a quoted cell that holds something.
    pub(super) quoted: usize,
}

/// Where the header is.
pub(super) struct Header {
    pub(super) line: u32,
    pub(super) rows: u32,
    pub(super) evidence: String,
}

impl Beginning {
    /// Reads the first records; decodes for looking only, bytes that mean nothing are shown as numbers.
    pub(super) fn read(evidence: &Evidence<'_>, dialect: &Dialect) -> Beginning {
        let mut found = Beginning::default();
        let mut records = Vec::new();
        let (mut strays, mut unclosed, mut quoted) = (0, 0, 0);
        let mut look = |record: &Record<'_>| {
            strays +=
                usize::from(record.shape.stray_quote.is_some() || record.shape.unclosed_quote.is_some());
            unclosed += usize::from(record.shape.unclosed_quote.is_some());
            let before = |start: u32| start.checked_sub(1).map(|at| record.raw()[at as usize]);
            quoted += usize::from(
                dialect.quote.is_some()
                    && record
                        .fields()
                        .iter()
                        .any(|field| field.end > field.start && before(field.start) == dialect.quote),
            );
            (record.line, (0..record.cells()).map(|column| record.shown(column)).collect::<Vec<_>>())
        };
        let mut read = |raw: &[u8], whole: bool, most: usize, records: &mut Vec<(u32, Vec<String>)>| {
            let mut reader = Reader::with_limits(dialect, evidence.limits);
            let mut sink = |record: &Record<'_>| {
                if record.raw() != END_MARK {
                    records.push(look(record));
                }
                records.len() < most
            };
            if reader.push(raw, &mut sink) && whole {
                reader.finish(&mut sink);
            }
        };
        read(evidence.raw, evidence.whole, LOOKED_AT, &mut records);
        if records.is_empty() && !evidence.whole {
            // A first line that goes on beyond the sample tells something, too.
            read(evidence.raw, true, LOOKED_AT, &mut records);
        }
        found.records = std::mem::take(&mut records);
        for raw in evidence.samples {
            read(raw, true, LOOKED_AT_ELSEWHERE, &mut records);
            found.elsewhere.extend(records.drain(..).map(|(_, cells)| cells));
        }
        found.strays = strays;
        found.unclosed = unclosed;
        found.quoted = quoted;
        let mut widths: Vec<usize> = found.all_rows().map(<[String]>::len).collect();
        widths.sort_unstable();
        let mut best = (0, 0);
        for chunk in widths.chunk_by(|a, b| a == b) {
            // Wider wins a tie: titles above the header are narrow.
            if chunk.len() >= best.0 {
                best = (chunk.len(), chunk[0]);
            }
        }
        found.width = best.1;
        found
    }

    /// The cells of every record that was read.
    pub(super) fn all_rows(&self) -> impl Iterator<Item = &[String]> {
        self.records.iter().map(|(_, cells)| cells.as_slice()).chain(self.elsewhere.iter().map(Vec::as_slice))
    }

    /// The rows that were read, of all places.
    pub(crate) fn rows<'a>(&'a self, dialect: &Dialect) -> impl Iterator<Item = &'a [String]> {
        let first = self.records.iter().position(|(line, _)| *line >= dialect.header_line.max(1));
        let header = if dialect.header_line == 0 { 0 } else { dialect.header_rows.max(1) };
        let records = self.records.iter().skip(first.unwrap_or(self.records.len()) + header as usize);
        records.map(|(_, cells)| cells.as_slice()).chain(self.elsewhere.iter().map(Vec::as_slice))
    }

    pub(super) fn find_header(&self) -> Header {
        let first = usize::from(self.announced);
        let candidates = self.records.iter().enumerate().take(SEARCHED).skip(first);
        // The record with the most known headers, the earlier of equals; a row of data is none.
        let mut best: Option<(usize, usize)> = None;
        for (at, (_, cells)) in candidates.clone() {
            let known = known_in(cells);
            if self.is_below_table(at) {
                break;
            }
            // One known word alone may be a value: "ID" among the states of a table of two columns.
            let by_chance = known == 1 && cells.len() == 2 && at > first && !self.differs_from_rows(at);
            if known > 0 && !by_chance && !is_data(cells) && best.is_none_or(|(most, _)| known > most) {
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
        // A single row differs from those below it, but also from what stands above.
        let alone = |at: usize| at + 1 == self.records.len() && at > first && self.is_ragged_header(at - 1);
        match full {
            Some((at, (_, cells))) if !is_data(cells) && self.differs_from_rows(at) && !alone(at) => {
                let top = self.top_of_header(at, first);
                Header {
                    line: self.records[top].0,
                    rows: (at - top) as u32 + self.rows_of_header(at),
                    evidence: "The first full row, unlike the ones below it.".to_owned(),
                }
            }
            Some((at, _)) if at > first && self.is_ragged_header(at - 1) => Header {
                line: self.records[at - 1].0,
                rows: 1,
                evidence: "It is unlike the rows below it, though it has another number of cells.".to_owned(),
            },
            _ => Header {
                line: 0,
                rows: 0,
                evidence: "The first rows look like people, not like headers.".to_owned(),
            },
        }
    }

    /// Whether two rows of another table stand above a record: what is below them is no header of theirs, and titles have
    /// few cells.
    fn is_below_table(&self, at: usize) -> bool {
        let [.., (first, above), (second, below)] = &self.records[..at] else { return false };
        let filled = |cells: &[String]| cells.iter().filter(|cell| !clean(cell).is_empty()).count();
        above.len() == below.len()
            && first + 1 == *second
            && filled(above) >= 3
            && filled(below) >= 3
            && below.iter().any(|cell| has_mark_of_data(cell))
    }

    /// Where the header that ends with the record `at` begins: rows of as many cells, mostly empty, complete it. A title
    /// stands in the first cell alone.
    fn top_of_header(&self, at: usize, first: usize) -> usize {
        let mut top = at;
        while top > first && at - top + 1 < MOST_ROWS {
            let (line, cells) = &self.records[top - 1];
            let filled = cells.iter().filter(|cell| !clean(cell).is_empty()).count();
            let title = cells.first().is_some_and(|cell| !clean(cell).is_empty()) && filled == 1;
            let adjacent = line + 1 == self.records[top].0;
            if title
                || !adjacent
                || cells.len() != self.width
                || cells.iter().any(|cell| has_mark_of_data(cell))
            {
                break;
            }
            top -= 1;
        }
        top
    }

    /// Whether a record above the rows is a header with too few or too many cells, or one that is cut by another
    /// delimiter.
    fn is_ragged_header(&self, at: usize) -> bool {
        let (line, cells) = &self.records[at];
        let adjacent = self.records.get(at + 1).is_some_and(|(next, _)| line + 1 == *next);
        if !adjacent || self.width < 3 || cells.iter().any(|cell| has_mark_of_data(cell)) {
            return false;
        }
        let filled = cells.iter().filter(|cell| !clean(cell).is_empty()).count();
        let cut_otherwise = cells.len() == 1
            && [',', ';', '\t', '|', ' '].iter().any(|&other| cells[0].split(other).count() == self.width);
        (cells.len() > 1 && filled * 2 >= self.width || cut_otherwise) && self.differs_from_rows(at)
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
            if !(repeated || all_known || completes || self.lacks_values(at, at + rows)) {
                break;
            }
            rows += 1;
        }
        rows as u32
    }

    /// Whether a record below an unknown header has words in every column, of two at least, where all others have
    /// values: it names units, or goes on with the header.
    fn lacks_values(&self, at: usize, next: usize) -> bool {
        let below = &self.records[next + 1..];
        if below.len() < 3 || known_in(&self.records[at].1) >= 2 {
            return false;
        }
        let cells = &self.records[next].1;
        let mut columns = 0;
        for (column, cell) in cells.iter().enumerate() {
            let values = below
                .iter()
                .filter(|(_, row)| row.get(column).is_some_and(|cell| Kind::of(cell).is_value()))
                .count();
            if values * 10 >= below.len() * 9 {
                columns += 1;
                // "n/a" and its kin stand in rows.
                let word = clean(cell);
                if word.is_empty()
                    || Kind::of(&word).is_value()
                    || ["n/a", "na", "-", "null", "none", "nan", "?", "unknown", "tbd", "tba"]
                        .contains(&word.to_lowercase().as_str())
                {
                    return false;
                }
            }
        }
        columns >= 2
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
pub(super) fn known_in(cells: &[String]) -> usize {
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
    // `column1000` is a name.
    let numbered =
        letters >= 3 && cell.starts_with(char::is_alphabetic) && !cell.contains(char::is_whitespace);
    cell.contains('@') || digits > 0 && digits >= letters && !numbered
}
