//! Where one record ends and where its cells lie: the part of the reader that knows RFC 4180
//! and what else is in use: other delimiters, other quotation marks or none, and backslashes.

use super::Limits;
use crate::dialect::{Delimiter, Dialect, Escape};

/// Where a cell's text lies in the raw text of its record, without the quotation marks around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawField {
    /// First byte.
    pub start: u32,
    /// First byte behind it.
    pub end: u32,
    /// Whether doubled quotation marks, or backslashes before something, stand for one character.
    pub doubled: bool,
}

/// What is unusual about a record's form; columns are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shape {
    /// The cell whose quotation mark nothing closes.
    pub unclosed_quote: Option<u16>,
    /// The first cell with a quotation mark where RFC 4180 allows none.
    pub stray_quote: Option<u16>,
    /// The first cell that is longer than the limit (by default [`MAX_FIELD`](super::MAX_FIELD)), or the one at which the row or its columns became too many.
    pub too_long: Option<u16>,
}

/// A record found at the start of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// Its length in raw text, without the line end.
    pub content: usize,
    /// Line breaks inside it.
    pub breaks_inside: u32,
    /// Whether it holds nothing: no text and no quotation mark in any cell.
    pub blank: bool,
    /// Whether it reached the limit ([`MAX_ROW`](super::MAX_ROW) by default) before its end; the rest of its line follows.
    pub too_long: bool,
    /// What is unusual about it.
    pub shape: Shape,
}

pub(super) enum Scan {
    /// More text is needed to tell.
    Incomplete,
    Record(Cut),
}

const TEXT: u8 = 0;
/// Where a cell may end.
const STOP: u8 = 1;
const QUOTE: u8 = 2;
const INK: u8 = 4;

/// Finds records of one dialect.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    delimiter: Delimiter,
    quote: Option<u8>,
    /// Whether a backslash takes the meaning from what follows it.
    backslash: bool,
    /// Whether a quotation mark inside a quoted cell is text unless the cell can end there.
    lenient: bool,
    limits: Limits,
    /// What each byte is outside quotation marks.
    class: [u8; 256],
}

/// How a quoted cell ends.
enum Quoted {
    /// Properly: the closing mark and the delimiter, line end or file end behind it.
    Closed { close: usize, next: usize, doubled: bool },
    /// The opening mark was none; `at` is how far one had to look to see it.
    Stray { at: usize },
    /// More text is needed to tell.
    Unknown,
}

impl Scanner {
    pub(super) fn new(dialect: &Dialect, limits: Limits) -> Scanner {
        let mut class = [INK; 256];
        class[usize::from(b' ')] = TEXT;
        class[usize::from(b'\t')] = TEXT;
        let quote = dialect.quote.filter(|&mark| dialect.delimiter.first() != Some(mark));
        if let Some(mark) = quote {
            class[usize::from(mark)] = QUOTE | INK;
        }
        let backslash = dialect.escape == Escape::Backslash && dialect.delimiter.first() != Some(b'\\');
        for stop in dialect.delimiter.first().into_iter().chain(backslash.then_some(b'\\')) {
            class[usize::from(stop)] |= STOP;
        }
        for end in [b'\n', b'\r'] {
            class[usize::from(end)] = STOP;
        }
        Scanner { delimiter: dialect.delimiter, quote, backslash, lenient: false, limits, class }
    }

    /// The same, but a quotation mark inside a quoted cell is text unless the cell can end there. For rows that are
    /// known to be broken.
    pub(super) fn lenient(self) -> Scanner {
        Scanner { lenient: true, ..self }
    }

    /// Finds the record at the start of `text`. `end` says that nothing follows the text.
    pub(super) fn scan(&self, text: &[u8], end: bool, fields: &mut Vec<RawField>) -> Scan {
        fields.clear();
        let full = text.len() >= self.limits.row;
        let text = &text[..text.len().min(self.limits.row)];
        // Beyond here a quoted cell cannot reach: the end of the line, once a mark on it proved never closed.
        let mut reach = text.len();
        let mut shape = Shape::default();
        let mut breaks_inside = 0;
        let mut ink = false;
        // A lenient mark that nothing closes tells that nothing closes those behind it either.
        let mut hopeless = false;
        let mut at = 0;
        loop {
            let column = u16::try_from(fields.len()).unwrap_or(u16::MAX);
            let start = at;
            let next = 'cell: {
                let open = start + self.blanks(&text[start..]);
                if self.quote.is_some() && text.get(open) == self.quote.as_ref() && !hopeless {
                    ink = true;
                    let whole = full || end || reach < text.len();
                    match self.quoted(&text[..reach], open, whole, end && !full || reach < text.len()) {
                        Quoted::Unknown => return Scan::Incomplete,
                        Quoted::Closed { close, next, doubled } => {
                            breaks_inside += line_breaks(&text[open..close]);
                            self.keep(
                                fields,
                                &mut shape,
                                RawField { start: at32(open + 1), end: at32(close), doubled },
                            );
                            break 'cell next;
                        }
                        Quoted::Stray { at: seen } => {
                            hopeless = self.lenient;
                            let line_end =
                                memchr::memchr2(b'\n', b'\r', &text[start..seen]).map(|i| start + i);
                            if line_end.is_some() || seen == reach {
                                shape.unclosed_quote = shape.unclosed_quote.or(Some(column));
                                reach = line_end.unwrap_or(reach).min(reach);
                            } else {
                                shape.stray_quote = shape.stray_quote.or(Some(column));
                            }
                        }
                    }
                } else if open >= text.len() && !end && !full {
                    return Scan::Incomplete;
                }
                let mut seen = TEXT;
                let mut next = start;
                let mut escaped = false;
                while let Some(&byte) = text.get(next) {
                    let class = self.class[usize::from(byte)];
                    if class & STOP != 0 {
                        if matches!(byte, b'\n' | b'\r') || self.delimiter.begins(&text[next..]) {
                            break;
                        }
                        if self.is_escape(&text[next..]) {
                            escaped = true;
                            seen |= INK;
                            next += 2;
                            continue;
                        }
                    }
                    seen |= class;
                    next += 1;
                }
                if next == text.len() && !end && !full {
                    return Scan::Incomplete;
                }
                ink |= seen & INK != 0;
                if seen & QUOTE != 0 && shape.unclosed_quote != Some(column) {
                    shape.stray_quote = shape.stray_quote.or(Some(column));
                }
                self.keep(
                    fields,
                    &mut shape,
                    RawField { start: at32(start), end: at32(next), doubled: escaped },
                );
                next
            };
            match text.get(next) {
                Some(_) if self.delimiter.begins(&text[next..]) => at = next + self.delimiter.bytes().len(),
                Some(_) => {
                    return Scan::Record(Cut {
                        content: next,
                        breaks_inside,
                        blank: !ink,
                        too_long: false,
                        shape,
                    });
                }
                None => {
                    let too_long = full;
                    if too_long {
                        shape.too_long = shape.too_long.or(Some(column));
                    }
                    return Scan::Record(Cut {
                        content: next,
                        breaks_inside,
                        blank: !ink && !full,
                        too_long,
                        shape,
                    });
                }
            }
        }
    }

    /// The blanks a cell may have before its quotation mark.
    fn blanks(&self, text: &[u8]) -> usize {
        text.iter().position(|&byte| !self.is_blank(byte)).unwrap_or(text.len())
    }

    fn is_blank(&self, byte: u8) -> bool {
        (byte == b' ' || byte == b'\t') && self.delimiter.first() != Some(byte)
    }

    /// Whether a backslash stands at the start of a text and takes the meaning from what follows.
    fn is_escape(&self, text: &[u8]) -> bool {
        self.backslash
            && text[0] == b'\\'
            && text.get(1).is_some_and(|&next| {
                next == b'\\' || Some(next) == self.quote || Some(next) == self.delimiter.first()
            })
    }

    /// Follows the cell that the mark at `open` begins. `whole` says that what lies beyond the text cannot help;
    /// `closes` that the text's end ends a cell too.
    fn quoted(&self, text: &[u8], open: usize, whole: bool, closes: bool) -> Quoted {
        let Some(mark) = self.quote else { return Quoted::Stray { at: open } };
        let mut doubled = false;
        let mut at = open + 1;
        loop {
            let rest = &text[at.min(text.len())..];
            let found =
                if self.backslash { memchr::memchr2(mark, b'\\', rest) } else { memchr::memchr(mark, rest) };
            let Some(found) = found else {
                return if whole { Quoted::Stray { at: text.len() } } else { Quoted::Unknown };
            };
            let close = at + found;
            if text[close] != mark {
                // A backslash; what it may escape ends no cell.
                doubled = true;
                at = close + 2;
                continue;
            }
            if text.get(close + 1) == Some(&mark) && !self.lenient {
                doubled = true;
                at = close + 2;
                continue;
            }
            let next = close + 1 + self.blanks(&text[close + 1..]);
            let ends = match text.get(next) {
                Some(b'\n' | b'\r') => true,
                Some(_) if self.delimiter.begins(&text[next..]) => true,
                // The first half of a delimiter may be all that is here yet.
                Some(_) if !whole && self.delimiter.bytes().starts_with(&text[next..]) => {
                    return Quoted::Unknown;
                }
                Some(_) if self.lenient => {
                    doubled |= text.get(close + 1) == Some(&mark);
                    at = close + 1;
                    continue;
                }
                Some(_) => return Quoted::Stray { at: close + 1 },
                None => closes,
            };
            return match ends {
                true => Quoted::Closed { close, next, doubled },
                false if whole => Quoted::Stray { at: text.len() },
                false => Quoted::Unknown,
            };
        }
    }

    fn keep(&self, fields: &mut Vec<RawField>, shape: &mut Shape, field: RawField) {
        let column = u16::try_from(fields.len()).unwrap_or(u16::MAX);
        if (field.end - field.start) as usize > self.limits.field || fields.len() >= self.limits.columns {
            shape.too_long = shape.too_long.or(Some(column));
        }
        if fields.len() <= self.limits.columns {
            fields.push(field);
        }
    }
}

fn at32(place: usize) -> u32 {
    u32::try_from(place).expect("a record is shorter than 4 GiB")
}

pub(super) fn line_breaks(text: &[u8]) -> u32 {
    let mut count = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'\n', b'\r', &text[at..]) {
        at += found + 1;
        if text[at - 1] == b'\r' && text.get(at) == Some(&b'\n') {
            at += 1;
        }
        count += 1;
    }
    count
}
