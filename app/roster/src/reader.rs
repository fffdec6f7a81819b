//! Bytes of a CSV in, records out, in pieces of any size.
//!
//! A state machine of our own: csv-core and its kin follow a quotation mark wherever it leads, so one stray mark
//! swallows the rest of the file without a word. Here a quoted cell counts only if a delimiter or a line end follows
//! its closing mark. If not, the opening mark was stray: it is read as an ordinary character, the row says so, and a
//! row that would have run over several lines ends with its own line. What a row means depends on at most
//! [`MAX_ROW`] bytes from its start, never on how the bytes were cut into pieces.
//!
//! The reader works on raw text (see [`crate::encoding`]); offsets and lengths are in bytes of the original file.

mod blocks;
mod record;
mod scan;
mod swift;

use crate::dialect::{Dialect, Escape};
use crate::encoding::{Encoding, Utf16};

pub(crate) use record::show_bytes;
pub use record::{Part, Record};
pub use scan::{Cut, RawField, Shape};
use scan::{Scan, Scanner};
use swift::Pace;

/// Longest row, in bytes of raw text; also how far a quoted cell may reach.
pub const MAX_ROW: usize = 64 * 1024;
/// The most bytes of a file that a row can take: in UTF-16 a byte of raw text may come from two.
pub(crate) const MAX_ROW_BYTES: u32 = 2 * MAX_ROW as u32;
/// Longest cell, in bytes of raw text.
pub const MAX_FIELD: usize = 4 * 1024;
/// Most columns.
pub const MAX_COLUMNS: usize = 256;

/// How much of the next text at least is put behind a record that was begun before.
const COMPLETED: usize = 1024;

/// How long rows and cells may be; what is longer is cut, and the row says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Longest row, in bytes of raw text; also how far a quoted cell may reach.
    pub row: usize,
    /// Longest cell, in bytes of raw text.
    pub field: usize,
    /// Most columns.
    pub columns: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { row: MAX_ROW, field: MAX_FIELD, columns: MAX_COLUMNS }
    }
}

impl Limits {
    /// For files that are taken over whatever is in them: only what would fill the memory is cut.
    pub const WIDE: Limits = Limits { row: 64 * 1024 * 1024, field: 64 * 1024 * 1024, columns: 1024 * 1024 };
}

/// Reads a CSV in pieces.
#[derive(Clone, Debug)]
pub struct Reader {
    encoding: Encoding,
    quote: u8,
    escape: Escape,
    limits: Limits,
    scanner: Scanner,
    /// The delimiter, where the fast path can be taken.
    simple: Option<u8>,
    utf16: Option<Utf16>,
    /// Bytes of the mark at the file's start that are still to be dropped.
    mark_left: usize,
    /// Raw text that is not yet part of a record.
    buffer: Vec<u8>,
    /// Where the unread part of the text at hand begins.
    at: usize,
    /// An attempt failed at this much text; the next one waits for half as much again.
    wait_for: usize,
    /// Where `at` lies in the original file.
    offset: u64,
    line: u32,
    row: u32,
    header_line: u32,
    header_left: u32,
    skip_lines: u32,
    /// The last line ended in CR: an LF that follows belongs to it.
    after_cr: bool,
    /// The rest of a row that was too long is passed over.
    passing: bool,
    /// The cells that the scanner found.
    fields: Vec<RawField>,
    /// Room for the cells that the fast path finds: as many as a row may have, and one that is too many.
    quick_fields: Vec<RawField>,
}

/// Which cells a record has.
#[derive(Clone, Copy)]
enum Cells {
    /// All that the scanner found.
    Scanned,
    /// So many of those that the fast path found.
    Quick(usize),
}

impl Reader {
    /// A reader at the start of a file of this dialect.
    pub fn new(dialect: &Dialect) -> Reader {
        Reader::with_limits(dialect, Limits::default())
    }

    /// A reader that cuts rows and cells at other lengths; none shorter than the usual ones.
    pub fn with_limits(dialect: &Dialect, limits: Limits) -> Reader {
        let usual = Limits::default();
        // What the fast path takes for granted.
        let limits = Limits {
            row: limits.row.max(usual.row),
            field: limits.field.max(usual.field),
            columns: limits.columns.max(usual.columns),
        };
        let encoding = dialect.encoding;
        Reader {
            encoding,
            quote: dialect.quote.unwrap_or(b'"'),
            escape: dialect.escape,
            limits,
            scanner: Scanner::new(dialect, limits),
            simple: dialect.is_simple(),
            utf16: encoding.is_utf16().then(|| Utf16::new(encoding == Encoding::Utf16Le)),
            mark_left: if dialect.bom { encoding.bom().len() } else { 0 },
            buffer: Vec::new(),
            at: 0,
            wait_for: 0,
            offset: if dialect.bom { encoding.bom().len() as u64 } else { 0 },
            line: 1,
            row: 0,
            header_line: dialect.header_line,
            header_left: if dialect.header_line == 0 { 0 } else { dialect.header_rows.max(1) },
            skip_lines: dialect.skip_lines,
            after_cr: false,
            passing: false,
            fields: Vec::new(),
            quick_fields: Vec::new(),
        }
    }

    /// Takes the next bytes and hands over every record that is complete. `sink` answers whether to go on; after a
    /// `false` the reader is of no more use.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&Record<'_>) -> bool) -> bool {
        let mut bytes = bytes;
        let dropped = self.mark_left.min(bytes.len());
        self.mark_left -= dropped;
        bytes = &bytes[dropped..];
        match &mut self.utf16 {
            Some(transcoder) => {
                transcoder.push(bytes, &mut self.buffer);
                self.drain_buffer(false, sink)
            }
            None => self.read(bytes, sink),
        }
    }

    /// Ends the file and hands over what was left.
    pub fn finish(&mut self, sink: &mut dyn FnMut(&Record<'_>) -> bool) -> bool {
        if let Some(transcoder) = &mut self.utf16 {
            transcoder.finish(&mut self.buffer);
        }
        self.wait_for = 0;
        self.drain_buffer(true, sink)
    }

    /// Reads text where it stands; what is left of a record that is not complete is kept.
    fn read(&mut self, text: &[u8], sink: &mut dyn FnMut(&Record<'_>) -> bool) -> bool {
        let mut text = text;
        // A record that was begun before is completed first, with as much again of the text at a time.
        while !self.buffer.is_empty() && !text.is_empty() {
            let more = text.len().min(self.buffer.len().max(COMPLETED));
            self.buffer.extend_from_slice(&text[..more]);
            let go_on = self.drain_buffer(false, sink);
            // Where that has come to the text itself, it is read on there.
            let within = more.checked_sub(self.buffer.len());
            if !go_on {
                self.buffer.extend_from_slice(&text[more..]);
                return false;
            }
            match within {
                Some(read) => {
                    self.buffer.clear();
                    text = &text[read..];
                }
                None => text = &text[more..],
            }
        }
        if text.is_empty() {
            return true;
        }
        self.at = 0;
        let go_on = self.drain(text, false, sink);
        self.buffer.extend_from_slice(&text[self.at..]);
        go_on
    }

    /// Reads the text that was kept.
    fn drain_buffer(&mut self, end: bool, sink: &mut dyn FnMut(&Record<'_>) -> bool) -> bool {
        let mut buffer = std::mem::take(&mut self.buffer);
        self.at = 0;
        let go_on = self.drain(&buffer, end, sink);
        buffer.drain(..self.at);
        self.buffer = buffer;
        go_on
    }

    /// Reads what follows in another encoding: all so far meant the same in both.
    pub(crate) fn set_encoding(&mut self, encoding: Encoding) {
        debug_assert!(!self.encoding.is_utf16() && !encoding.is_utf16());
        self.encoding = encoding;
    }

    /// Raw text that was taken but is not part of a record yet, from the start of the last record handed over where
    /// the sink stopped the reader.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.buffer
    }

    fn drain(&mut self, text: &[u8], end: bool, sink: &mut dyn FnMut(&Record<'_>) -> bool) -> bool {
        loop {
            if self.after_cr {
                match text.get(self.at) {
                    Some(b'\n') => self.consume(text, 1),
                    Some(_) => {}
                    None => return true,
                }
                self.after_cr = false;
            }
            if self.passing && !self.pass_over(text) {
                return true;
            }
            let rest = &text[self.at..];
            if rest.is_empty() || (!end && rest.len() < self.wait_for) {
                return true;
            }
            if let Some(delimiter) = self.simple {
                match self.swift(text, delimiter, end, sink) {
                    Pace::Careful => {}
                    Pace::Stopped => return false,
                    Pace::Exhausted => {
                        let left = text.len() - self.at;
                        self.wait_for = (left + left / 2).min(self.limits.row);
                        return true;
                    }
                }
                if self.after_cr {
                    continue;
                }
            }
            let rest = &text[self.at..];
            let mut fields = std::mem::take(&mut self.fields);
            let scan = self.scanner.scan(rest, end, &mut fields);
            self.fields = fields;
            match scan {
                Scan::Incomplete => {
                    self.wait_for = (rest.len() + rest.len() / 2).min(self.limits.row);
                    return true;
                }
                Scan::Record(cut) => {
                    self.wait_for = 0;
                    if !self.hand_over(text, &cut, Cells::Scanned, false, sink) {
                        return false;
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn hand_over(
        &mut self,
        text: &[u8],
        cut: &Cut,
        cells: Cells,
        plain: bool,
        sink: &mut dyn FnMut(&Record<'_>) -> bool,
    ) -> bool {
        let ahead = &text[self.at..];
        let raw = &ahead[..cut.content];
        let fields = match cells {
            Cells::Scanned => &self.fields[..],
            Cells::Quick(cells) => &self.quick_fields[..cells],
        };
        let blank = fields.len() <= self.limits.columns && cut.blank;
        let length = self.encoding.original_len(raw);
        let mut go_on = true;
        if !blank {
            let part = if self.header_line == 0 {
                if self.line <= self.skip_lines { Part::Title } else { Part::Row }
            } else if self.line < self.header_line {
                Part::Title
            } else if self.header_left > 0 {
                self.header_left -= 1;
                Part::Header
            } else {
                Part::Row
            };
            if part == Part::Row {
                self.row = self.row.saturating_add(1);
            }
            go_on = sink(&Record {
                part,
                row: if part == Part::Row { self.row } else { 0 },
                line: self.line,
                start: self.offset,
                len: u32::try_from(length).expect("a row is shorter than 4 GiB"),
                shape: cut.shape,
                plain,
                encoding: self.encoding,
                quote: self.quote,
                escape: self.escape,
                raw,
                ahead,
                fields,
            });
            if !go_on {
                return false;
            }
        }
        self.line = self.line.saturating_add(cut.breaks_inside);
        self.offset += length;
        self.at += cut.content;
        if cut.too_long {
            self.passing = true;
        } else {
            self.end_line(text);
        }
        go_on
    }

    /// Steps over a line end, if one is there.
    fn end_line(&mut self, text: &[u8]) {
        match text.get(self.at) {
            Some(b'\n') => self.consume(text, 1),
            Some(b'\r') => {
                self.consume(text, 1);
                self.after_cr = true;
            }
            _ => return,
        }
        self.line = self.line.saturating_add(1);
    }

    /// Passes over the rest of a line; false when its end is still to come.
    fn pass_over(&mut self, text: &[u8]) -> bool {
        let rest = &text[self.at..];
        match memchr::memchr2(b'\n', b'\r', rest) {
            Some(length) => {
                self.consume(text, length);
                self.end_line(text);
                self.passing = false;
                if self.after_cr {
                    match text.get(self.at) {
                        Some(b'\n') => self.consume(text, 1),
                        Some(_) => {}
                        None => return false,
                    }
                    self.after_cr = false;
                }
                true
            }
            None => {
                self.consume(text, rest.len());
                false
            }
        }
    }

    fn consume(&mut self, text: &[u8], length: usize) {
        self.offset += self.encoding.original_len(&text[self.at..self.at + length]);
        self.at += length;
    }
}

/// Reads one record again from its bytes in the original file, as [`Record::start`] and [`Record::len`] gave them.
pub(crate) fn reread<T>(dialect: &Dialect, bytes: &[u8], with: impl FnOnce(&Record<'_>) -> T) -> T {
    let raw = dialect.encoding.to_raw(bytes);
    let scanner = Scanner::new(dialect, Limits::default());
    scanned(&scanner, dialect, &raw, bytes.len(), with)
}

/// Reads a line that makes no sense as its neighbours do: in another dialect, and with quotation marks inside quoted
/// cells taken as text.
pub(crate) fn read_leniently<T>(dialect: &Dialect, raw: &[u8], with: impl FnOnce(&Record<'_>) -> T) -> T {
    let scanner = Scanner::new(dialect, Limits::WIDE).lenient();
    scanned(&scanner, dialect, raw, raw.len(), with)
}

fn scanned<T>(
    scanner: &Scanner,
    dialect: &Dialect,
    raw: &[u8],
    length: usize,
    with: impl FnOnce(&Record<'_>) -> T,
) -> T {
    let mut fields = Vec::new();
    let scan = scanner.scan(raw, true, &mut fields);
    let (content, shape) = match &scan {
        Scan::Record(cut) => (cut.content, cut.shape),
        Scan::Incomplete => (raw.len(), Shape::default()),
    };
    with(&Record {
        part: Part::Row,
        row: 0,
        line: 0,
        start: 0,
        len: length.try_into().unwrap_or(u32::MAX),
        shape,
        plain: false,
        encoding: dialect.encoding,
        quote: dialect.quote.unwrap_or(b'"'),
        escape: dialect.escape,
        raw: &raw[..content],
        ahead: raw,
        fields: &fields,
    })
}
