//! Single rows with a delimiter too many or too few. Where the columns of the other rows leave no doubt what was meant,
//! the row is cut that way; otherwise it stays as it is. Nothing is ever left out but a delimiter.

use super::islands::{self, Piece};
use super::mend::Mended;
use super::profile::{Profile, class_of};
use crate::dialect::{Dialect, Escape};
use crate::encoding::Encoding;
use crate::problem::{Code, Problem};
use crate::reader::{MAX_ROW, Record};

/// How much better than the next the best reading has to fit.
const MARGIN: f64 = 3.0;
/// A best reading that is so much better than the next leaves no doubt, though the row is unusual.
const DECISIVE: f64 = 4.0 * MARGIN;
/// How much speaks against a cut inside a quoted cell where no quotation mark stands: what was two cells had its own marks.
const INSIDE_QUOTES: f64 = 3.0 * MARGIN;
/// At most this many delimiters are too many.
const SURPLUS: usize = 3;
/// Cells up to this length may be cut anywhere, longer ones where letters, digits and signs meet.
const CUT_ANYWHERE: usize = 64;
/// Longer ones are cut at their ends only, or between quotation marks.
const CUT_INSIDE: usize = 600;
/// At most this many words of a row that is cut by blanks.
const WORDS: usize = 96;
/// After this many rows that made no sense either way, the file is taken as it is.
const TRIES: u32 = 1000;

/// Finds the cells of rows that have too many or too few.
#[derive(Clone, Debug)]
pub(crate) struct Aligner {
    profile: Option<Profile>,
    dialect: Dialect,
    width: usize,
    tries: u32,
}

/// Ways to read a row, each with how well it fits; the best two are kept.
struct Readings<'a> {
    profile: &'a Profile,
    kept: Vec<(f64, Vec<String>)>,
}

impl Aligner {
    /// `profile`: of the rows of this width.
    pub(crate) fn new(profile: Option<Profile>, dialect: &Dialect, width: usize) -> Aligner {
        Aligner {
            profile,
            dialect: Dialect {
                // Raw text of UTF-16 is UTF-8 already.
                encoding: if dialect.encoding.is_utf16() { Encoding::Utf8 } else { dialect.encoding },
                ..dialect.clone()
            },
            width,
            tries: TRIES,
        }
    }

    /// Further rows are read in another encoding.
    pub(super) fn set_encoding(&mut self, encoding: Encoding) {
        self.dialect.encoding = encoding;
    }

    /// The cells of a row that was not cut as the others are, if there is no doubt.
    pub(crate) fn row(&mut self, record: &Record<'_>) -> Option<Mended> {
        let odd = record.shape.stray_quote.is_some() || record.shape.unclosed_quote.is_some();
        let raw = record.raw();
        if record.cells() == self.width && !odd || raw.len() > MAX_ROW || self.tries == 0 {
            return None;
        }
        let found = self.best(record, odd);
        self.tries = if found.is_some() { (self.tries + 1).min(TRIES) } else { self.tries - 1 };
        found.map(|cells| self.mended(record, cells))
    }

    fn mended(&self, record: &Record<'_>, cells: Vec<String>) -> Mended {
        let (code, message) = if record.cells() > self.width {
            (Code::RowTooManyFields, "This row had a delimiter too many; it was cut as the other rows are.")
        } else {
            (Code::RowTooFewFields, "This row lacked a delimiter; it was cut as the other rows are.")
        };
        Mended { cells, problem: Problem::whole(code, message) }
    }

    fn best(&self, record: &Record<'_>, odd: bool) -> Option<Vec<String>> {
        let mut readings = Readings { profile: self.profile.as_ref()?, kept: Vec::new() };
        let (cells, width) = (record.cells(), self.width);
        if cells == width {
            readings.add((0..cells).map(|column| record.shown(column)).collect());
        } else if cells > width && cells <= width + SURPLUS {
            let tokens: Vec<Token> = (0..cells).map(|column| Token::of(record.shown(column))).collect();
            let delimiter = self.text(self.dialect.delimiter.bytes());
            readings.merge(&tokens, width, &delimiter, true);
        } else if cells + 1 == width && !odd {
            readings.split(&(0..cells).map(|column| self.cell(record, column)).collect::<Vec<_>>());
        }
        if let Some(cells) = self.islands(record.raw()) {
            readings.add(cells);
        }
        if cells != width
            && let Some(tokens) = self.words(record.raw())
        {
            readings.merge(&tokens, width, " ", false);
        }
        let (fit, best) = readings.kept.first()?;
        let next = readings.kept.get(1).map_or(f64::NEG_INFINITY, |(fit, _)| *fit);
        let as_is = cells == width && (0..cells).all(|column| record.shown(column) == best[column]);
        let clear = fit - next >= MARGIN;
        let decisive = readings.kept.len() > 1 && fit - next >= DECISIVE;
        (!as_is && clear && readings.profile.admits(*fit, decisive)).then(|| best.clone())
    }

    fn cell(&self, record: &Record<'_>, column: usize) -> Cell {
        let field = record.fields().get(column);
        let opens = |start: u32| start > 0 && Some(record.raw()[start as usize - 1]) == self.dialect.quote;
        Cell {
            text: record.shown(column),
            quoted: field.is_some_and(|field| opens(field.start)),
            doubled: field.is_some_and(|field| field.doubled),
        }
    }

    /// The cells of a header that has another number of them than the rows: there are no other headers to learn from.
    pub(super) fn header(&self, record: &Record<'_>) -> Option<Mended> {
        self.header_cells(record).map(|cells| self.mended(record, cells))
    }

    fn header_cells(&self, record: &Record<'_>) -> Option<Vec<String>> {
        let (cells, width) = (record.cells(), self.width);
        if width < 2 || cells == width || record.raw().len() > MAX_ROW {
            return None;
        }
        let shown: Vec<String> = (0..cells).map(|column| record.shown(column)).collect();
        if cells > width {
            let named: Vec<String> = shown.into_iter().filter(|cell| !cell.trim().is_empty()).collect();
            return (named.len() == width).then_some(named);
        }
        if let Some(cells) = self.islands(record.raw()) {
            return Some(cells);
        }
        let words = self.words(record.raw()).filter(|words| words.len() == width);
        if let Some(words) = words {
            return Some(words.into_iter().map(|word| word.text).collect());
        }
        if cells + 1 < width {
            return None;
        }
        // A cell made of two headers that are known, or of two that were quoted.
        let mut found = None;
        for (at, cell) in shown.iter().enumerate() {
            let doubled = record.fields().get(at).is_some_and(|field| field.doubled);
            for (left, right) in cuts(cell, doubled) {
                let quoted = left.len() + right.len() < cell.len();
                let known = [left, right].iter().all(|name| crate::columns::is_known(name));
                if (quoted && !left.is_empty() && !right.is_empty())
                    || known && !crate::columns::is_known(cell)
                {
                    if found.is_some() {
                        return None;
                    }
                    let mut cells = shown.clone();
                    cells.splice(at..=at, [left.to_owned(), right.to_owned()]);
                    found = Some(cells);
                }
            }
        }
        found
    }

    /// The row as its quotation marks show it, if that gives the right number of cells.
    fn islands(&self, raw: &[u8]) -> Option<Vec<String>> {
        let mark = self.dialect.quote.filter(|_| self.dialect.escape == Escape::Doubled)?;
        let pieces = islands::reading(raw, self.dialect.delimiter, mark)?;
        (pieces.len() == self.width).then(|| pieces.iter().map(|piece| self.piece(raw, piece)).collect())
    }

    /// The words of a row that is cut by blanks and not by its delimiter.
    fn words(&self, raw: &[u8]) -> Option<Vec<Token>> {
        let delimiter = self.dialect.delimiter.bytes();
        if delimiter.contains(&b' ') || memchr::memchr(b' ', raw).is_none() {
            return None;
        }
        let mark = self.dialect.quote.filter(|_| self.dialect.escape == Escape::Doubled);
        let pieces = islands::words(raw, mark)?;
        if pieces.len() < self.width || pieces.len() > WORDS {
            return None;
        }
        pieces
            .iter()
            .map(|piece| {
                let outside = !piece.quoted;
                let cut = outside && memchr::memmem::find(&raw[piece.start..piece.end], delimiter).is_some();
                (!cut).then(|| Token { text: self.piece(raw, piece), whole: piece.quoted })
            })
            .collect()
    }

    fn piece(&self, raw: &[u8], piece: &Piece) -> String {
        let text = self.text(&raw[piece.start..piece.end]);
        match self.dialect.quote.filter(|_| piece.quoted) {
            Some(mark) => {
                let mark = char::from(mark);
                text.replace(&format!("{mark}{mark}"), &mark.to_string())
            }
            None => text,
        }
    }

    fn text(&self, raw: &[u8]) -> String {
        match self.dialect.encoding.decode(raw) {
            Ok(text) => text.into_owned(),
            Err(_) => crate::reader::show_bytes(self.dialect.encoding, raw),
        }
    }
}

/// A cell that may be two.
struct Cell {
    text: String,
    quoted: bool,
    /// It has quotation marks in it.
    doubled: bool,
}

/// A part of a row that may be joined to its neighbours.
struct Token {
    text: String,
    /// It was quoted: it is a cell of its own.
    whole: bool,
}

impl Token {
    fn of(text: String) -> Token {
        Token { text, whole: false }
    }
}

impl Readings<'_> {
    fn add(&mut self, cells: Vec<String>) {
        let fit = cells.iter().enumerate().map(|(column, cell)| self.profile.fit(column, cell)).sum();
        self.keep(fit, cells);
    }

    fn keep(&mut self, fit: f64, cells: Vec<String>) {
        if self.kept.iter().any(|(_, kept)| *kept == cells) {
            return;
        }
        self.kept.push((fit, cells));
        self.kept.sort_by(|a, b| b.0.total_cmp(&a.0));
        self.kept.truncate(2);
    }

    /// Reads a row with one cell too few: one is cut in two, at its ends perhaps.
    fn split(&mut self, cells: &[Cell]) {
        let here: Vec<f64> =
            cells.iter().enumerate().map(|(at, cell)| self.profile.fit(at, &cell.text)).collect();
        let shifted: Vec<f64> =
            cells.iter().enumerate().map(|(at, cell)| self.profile.fit(at + 1, &cell.text)).collect();
        let mut before = 0.0;
        for (at, cell) in cells.iter().enumerate() {
            let after: f64 = shifted[at + 1..].iter().sum();
            for (left, right) in cuts(&cell.text, cell.doubled) {
                let mut fit = before + self.profile.fit(at, left) + self.profile.fit(at + 1, right) + after;
                let at_mark = left.len() + right.len() < cell.text.len();
                if cell.quoted && !at_mark && !left.is_empty() && !right.is_empty() {
                    fit -= INSIDE_QUOTES;
                }
                if self.kept.len() < 2 || fit > self.kept[1].0 {
                    let mut whole: Vec<String> = cells.iter().map(|cell| cell.text.clone()).collect();
                    whole.splice(at..=at, [left.to_owned(), right.to_owned()]);
                    self.keep(fit, whole);
                }
            }
            before += here[at];
        }
    }

    /// Reads a row of too many parts: neighbours are joined until there are `width`. `drops`: what is empty may be left
    /// out with its delimiter. For each number of parts and of cells the best two ways are followed.
    fn merge(&mut self, tokens: &[Token], width: usize, join: &str, drops: bool) {
        #[derive(Clone, Copy)]
        struct Way {
            fit: f64,
            /// How many parts the last cell has, and which way led there.
            parts: usize,
            rank: usize,
        }
        let Some(spare) = tokens.len().checked_sub(width) else { return };
        let mut ways: Vec<Vec<Vec<Way>>> = vec![vec![Vec::new(); spare + 1]; width + 1];
        ways[0][0].push(Way { fit: 0.0, parts: 0, rank: 0 });
        for column in 0..width {
            for used in 0..=spare {
                if ways[column][used].is_empty() {
                    continue;
                }
                let start = column + used;
                for more in 0..=spare - used {
                    let Some(cell) = joined(tokens, start, more + 1, join, drops) else { continue };
                    let fit = self.profile.fit(column, &cell);
                    for rank in 0..ways[column][used].len() {
                        let way = Way { fit: ways[column][used][rank].fit + fit, parts: more + 1, rank };
                        let next = &mut ways[column + 1][used + more];
                        next.push(way);
                        next.sort_by(|a, b| b.fit.total_cmp(&a.fit));
                        next.truncate(2);
                    }
                }
            }
        }
        for rank in 0..ways[width][spare].len() {
            let fit = ways[width][spare][rank].fit;
            let (mut used, mut rank) = (spare, rank);
            let mut cells = Vec::new();
            for column in (0..width).rev() {
                let way = ways[column + 1][used][rank];
                used -= way.parts - 1;
                rank = way.rank;
                cells.push(joined(tokens, column + used, way.parts, join, drops).unwrap_or_default());
            }
            cells.reverse();
            self.keep(fit, cells);
        }
    }
}

/// Parts as one cell, if they can be one. Of several ways to leave out one of several empty parts there is only one.
fn joined(tokens: &[Token], start: usize, parts: usize, join: &str, drops: bool) -> Option<String> {
    let range = &tokens[start..start + parts];
    if parts == 1 {
        return Some(range[0].text.clone());
    }
    if range.iter().any(|token| token.whole) {
        return None;
    }
    let is_empty = |token: &Token| token.text.trim().is_empty();
    let text = |range: &[Token]| range.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(join);
    if !drops {
        return Some(text(range));
    }
    match range.iter().position(|token| !is_empty(token)) {
        Some(0) => {
            let last = range.iter().rposition(|token| !is_empty(token)).unwrap_or(0);
            Some(text(&range[..=last]))
        }
        // What is empty before the first cell that is not.
        Some(first) if tokens[..start].iter().all(is_empty) && first + 1 == parts => {
            Some(range[first].text.clone())
        }
        // All is empty.
        None if start == 0 && start + parts == tokens.len() => Some(String::new()),
        _ => None,
    }
}

/// The ways to cut a cell in two. `doubled`: it was quoted and has quotation marks in it, so that two quoted cells may
/// have met.
fn cuts(cell: &str, doubled: bool) -> impl Iterator<Item = (&str, &str)> {
    let short = cell.len() <= CUT_ANYWHERE;
    let inside = cell.len() <= CUT_INSIDE;
    let mut before = None;
    let places = cell.char_indices().filter_map(move |(at, c)| {
        let class = class_of(c);
        let meets = before.replace(class).is_none_or(|before| before != class || short);
        (at == 0 || inside && meets).then_some(at)
    });
    let marks = cell.match_indices(['"', '\'']).filter(move |_| doubled);
    places
        .chain(std::iter::once(cell.len()))
        .map(|at| cell.split_at(at))
        .chain(marks.map(|(at, mark)| (&cell[..at], &cell[at + mark.len()..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_cut_where_something_changes() {
        let found: Vec<_> = cuts("ab1", false).collect();
        assert_eq!(found, [("", "ab1"), ("a", "b1"), ("ab", "1"), ("ab1", "")]);
        let long = format!("{}X{}", "a".repeat(70), "b".repeat(70));
        let lengths: Vec<_> = cuts(&long, false).map(|(left, _)| left.len()).collect();
        assert_eq!(lengths, [0, 70, 71, 141]);
        assert!(cuts("one\"two", true).any(|cut| cut == ("one", "two")));
    }

    #[test]
    fn empty_parts_are_left_out_in_one_way_only() {
        let tokens: Vec<Token> =
            ["", "a", "", "", "b"].iter().map(|text| Token::of((*text).to_owned())).collect();
        let ways: Vec<_> = (0..4)
            .filter_map(|start| joined(&tokens, start, 2, ",", true).map(|text| (start, text)))
            .collect();
        assert_eq!(ways, [(0, "a".to_owned()), (1, "a".to_owned())]);
        assert_eq!(joined(&tokens, 1, 4, ",", true).as_deref(), Some("a,,,b"));
    }
}
