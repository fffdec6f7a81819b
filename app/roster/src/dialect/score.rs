//! Which delimiter, quotation mark and escape fit: each that may be meant cuts the same text, and what looks most like
//! a table wins.

use super::header::{Beginning, known_in};
use super::kind::Kind;
use super::{Delimiter, Dialect, DialectChoice, Escape};
use crate::encoding::Encoding;
use crate::reader::Limits;

/// The text that is looked at.
pub(super) struct Evidence<'a> {
    /// Raw text of the beginning.
    pub(super) raw: &'a [u8],
    /// Whether that is all.
    pub(super) whole: bool,
    /// Raw text of other places, each from the start of a line.
    pub(super) samples: &'a [Vec<u8>],
    pub(super) encoding: Encoding,
    pub(super) limits: Limits,
}

/// One way to cut the text, and how much speaks for it.
pub(super) struct Cut {
    pub(super) delimiter: Delimiter,
    pub(super) quote: Option<u8>,
    pub(super) escape: Escape,
    pub(super) score: f64,
    pub(super) beginning: Beginning,
}

impl Cut {
    /// Whether most records have a quoted cell, and each such cell ends where a cell can.
    fn is_balanced(&self) -> bool {
        let records = self.beginning.all_rows().count();
        self.score > 0.0 && self.beginning.strays == 0 && self.beginning.quoted * 4 >= records * 3
    }
}

/// Delimiters with what speaks for them beforehand. Blanks and colons stand in ordinary text.
const DELIMITERS: &[(&[u8], f64)] = &[
    (b",", 1.0),
    (b";", 1.0),
    (b"\t", 1.0),
    (b"|", 0.99),
    (b"^", 0.9),
    (b"\x1F", 1.0),
    (b"\x1E", 1.0),
    (b"\x01", 1.0),
    ("§".as_bytes(), 0.95),
    (b"\xA7", 0.95),
    (b"~", 0.85),
    (b", ", 0.99),
    (b"; ", 0.99),
    (b" | ", 0.99),
    (b"||", 0.99),
    (b";;", 0.99),
    (b"::", 0.9),
    (b"\t\t", 0.99),
    (b"\\t", 0.9),
    (b":", 0.6),
    (b" ", 0.55),
];

/// At most this many cells of a row are looked at.
const CELLS: usize = 64;
/// A cut by blanks or colons has to be better than this, whatever else there is.
const WEAK: &[&[u8]] = &[b" ", b":", b"~"];

/// The best way to cut, of those that a person's choice leaves.
pub(super) fn best_cut(evidence: &Evidence<'_>, choice: &DialectChoice, announced: Option<Delimiter>) -> Cut {
    let fixed = choice.delimiter.or(announced);
    let quotes = |delimiter: Delimiter| -> Vec<Option<u8>> {
        match choice.quote {
            Some(0) => vec![None],
            Some(mark) => vec![Some(mark)],
            None if single_quotes(evidence.raw, delimiter) => vec![Some(b'"'), Some(b'\'')],
            None => vec![Some(b'"')],
        }
    };
    let escape = choice.escape.unwrap_or_default();
    let mut cuts: Vec<Cut> = Vec::new();
    let lines = memchr::memchr2_iter(b'\n', b'\r', evidence.raw).count().max(1);
    for &(bytes, prior) in DELIMITERS {
        let delimiter = Delimiter::new(bytes).expect("the table holds delimiters");
        let occurs = memchr::memmem::find_iter(evidence.raw, bytes).count();
        // What is not in most lines cannot cut them; the comma stands in for there being none.
        let enough = if prior >= 0.99 && bytes.len() == 1 { 1 } else { (lines / 3).max(1) };
        if fixed.is_none() && (occurs >= enough || bytes == b",") {
            for quote in quotes(delimiter) {
                cuts.push(cut(evidence, delimiter, quote, escape, prior));
            }
        }
    }
    if let Some(delimiter) = fixed {
        for quote in quotes(delimiter) {
            cuts.push(cut(evidence, delimiter, quote, escape, 1.0));
        }
    }
    // Quotation marks that fit everywhere are no chance: then lines of prose inside of them are no table.
    if cuts.iter().any(Cut::is_balanced) {
        cuts.retain(|cut| cut.beginning.strays == 0);
    }
    cuts.sort_by(|a, b| b.score.total_cmp(&a.score));
    cuts.truncate(3);
    if choice.escape.is_none() {
        for at in 0..cuts.len() {
            let (delimiter, quote) = (cuts[at].delimiter, cuts[at].quote);
            let escapes = escapes(evidence.raw, delimiter, quote);
            if escapes == 0 {
                continue;
            }
            let cut = cut(evidence, delimiter, quote, Escape::Backslash, prior_of(delimiter));
            // Where more marks stand without a backslash than with one, backslashes are text.
            if cut.beginning.strays <= escapes {
                cuts.push(cut);
            }
        }
    }
    if choice.quote.is_none() {
        for at in 0..cuts.len() {
            let found = &cuts[at].beginning;
            // Where hardly any cell is quoted and marks stand about, they are text. Not where they open cells and nothing
            // closes them: then every row of the file is damaged, and has to say so.
            let about = found.strays - found.unclosed;
            if about > 1 && about > found.unclosed && found.quoted * 4 < found.strays {
                let (delimiter, escape) = (cuts[at].delimiter, cuts[at].escape);
                cuts.push(cut(evidence, delimiter, None, escape, prior_of(delimiter) * 0.95));
            }
        }
    }
    let mut best = 0;
    for at in 1..cuts.len() {
        // Of equals the one that was tried first.
        if cuts[at].score > cuts[best].score + 1e-9 {
            best = at;
        }
    }
    cuts.swap_remove(best)
}

fn prior_of(delimiter: Delimiter) -> f64 {
    DELIMITERS.iter().find(|(bytes, _)| *bytes == delimiter.bytes()).map_or(1.0, |(_, prior)| *prior)
}

fn cut(evidence: &Evidence<'_>, delimiter: Delimiter, quote: Option<u8>, escape: Escape, prior: f64) -> Cut {
    let dialect = Dialect {
        // Raw text of UTF-16 is UTF-8 already.
        encoding: if evidence.encoding.is_utf16() { Encoding::Utf8 } else { evidence.encoding },
        delimiter,
        quote,
        escape,
        ..Dialect::default()
    };
    let beginning = Beginning::read(evidence, &dialect);
    let weak = WEAK.contains(&delimiter.bytes());
    let score =
        if weak && evidence.is_one_column() { 0.0 } else { score(&beginning, delimiter, quote) * prior };
    Cut { delimiter, quote, escape, score, beginning }
}

/// How much a cut looks like a table.
fn score(beginning: &Beginning, delimiter: Delimiter, quote: Option<u8>) -> f64 {
    let width = beginning.width;
    if width < 2 {
        return 0.0;
    }
    let rows: Vec<&[String]> = beginning.all_rows().collect();
    let agreeing: Vec<&[String]> = rows.iter().copied().filter(|cells| cells.len() == width).collect();
    let share = agreeing.len() as f64 / rows.len().max(1) as f64;
    let looked_at = width.min(CELLS);
    let mut total = 0.0;
    let mut typed = 0;
    for column in 0..looked_at {
        let mut kinds = [0_usize; Kind::COUNT];
        let mut weight = 0.0;
        for (row, cells) in agreeing.iter().enumerate() {
            let cell = &cells[column];
            let kind = Kind::of(cell);
            // The header is of another kind than what stands below it.
            if row > 0 || agreeing.len() == 1 {
                kinds[kind as usize] += 1;
            }
            let loose = cell.starts_with(' ') || cell.ends_with(' ');
            weight += kind.weight() * if loose { 0.9 } else { 1.0 };
        }
        let below = kinds.iter().sum::<usize>().max(1);
        let filled = below - kinds[Kind::Empty as usize];
        let most = kinds.iter().skip(1).copied().max().unwrap_or(0);
        let consistency = if filled == 0 { 0.5 } else { most as f64 / filled as f64 };
        let all_empty = filled == 0 && agreeing.first().is_some_and(|cells| cells[column].trim().is_empty());
        typed += usize::from(
            filled * 2 > below
                && [Kind::Number, Kind::Date, Kind::Time, Kind::Email, Kind::Url]
                    .iter()
                    .any(|&kind| kinds[kind as usize] * 5 >= filled * 4),
        );
        let looks = weight / agreeing.len().max(1) as f64;
        total += if all_empty { 0.2 } else { 0.6 * looks + 0.4 * consistency };
    }
    let looks = total / looked_at as f64;
    let known = beginning.most_known().min(8);
    if WEAK.contains(&delimiter.bytes()) {
        // Text is full of blanks and times of colons: only what is plainly a table counts.
        let plain = width >= 3 && share >= 0.8 && (typed >= 1 || beginning.quoted * 2 > rows.len());
        if !(plain || known >= 2 && share >= 0.8) {
            return 0.0;
        }
    }
    let strays = beginning.strays as f64 / rows.len().max(1) as f64;
    let mark = match quote {
        Some(b'\'') if beginning.quoted < 2 => 0.0,
        Some(b'\'') => 0.99,
        _ => 1.0,
    };
    share
        * share
        * (1.0 - 1.0 / width as f64)
        * looks
        * (1.0 - 0.5 * strays.min(1.0))
        * mark
        * (1.0 + 0.3 * known as f64)
}

/// Whether cells seem to be quoted by `'`.
fn single_quotes(raw: &[u8], delimiter: Delimiter) -> bool {
    let (mut opening, mut closing) = (0, 0);
    let is_end = |byte: Option<&u8>| byte.is_none_or(|byte| matches!(byte, b'\n' | b'\r'));
    for at in memchr::memchr_iter(b'\'', raw) {
        opening += usize::from(
            is_end(at.checked_sub(1).map(|at| &raw[at])) || raw[..at].ends_with(delimiter.bytes()),
        );
        closing += usize::from(is_end(raw.get(at + 1)) || delimiter.begins(&raw[at + 1..]));
    }
    opening >= 2 && closing >= 2
}

/// How many backslashes seem to take the meaning from quotation marks or delimiters.
fn escapes(raw: &[u8], delimiter: Delimiter, quote: Option<u8>) -> usize {
    memchr::memchr_iter(b'\\', raw)
        .filter(|at| {
            raw.get(at + 1).is_some_and(|&next| Some(next) == quote || Some(next) == delimiter.first())
        })
        .count()
}

impl Evidence<'_> {
    /// Whether the lines are values as they stand: dates with times, addresses.
    fn is_one_column(&self) -> bool {
        let lines =
            self.raw.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty()).take(100);
        let (mut all, mut values) = (0, 0);
        for line in lines {
            all += 1;
            values += usize::from(std::str::from_utf8(line).is_ok_and(|line| Kind::of(line).is_value()));
        }
        values * 10 >= all * 8 && values > 0
    }
}

impl Beginning {
    /// Known headers in the first records.
    fn most_known(&self) -> usize {
        self.records.iter().take(super::header::SEARCHED).map(|(_, cells)| known_in(cells)).max().unwrap_or(0)
    }
}
