//! One record and its cells, as they are handed over.

use std::borrow::Cow;

use super::scan::{RawField, Shape};
use crate::dialect::Escape;
use crate::encoding::{Encoding, Undecodable};

/// What part of the file a record belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Above the header: titles, `sep=` lines.
    Title,
    /// A line of the header.
    Header,
    /// A row.
    Row,
}

/// One record, borrowed from the reader.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What part of the file it belongs to.
    pub part: Part,
    /// The row, counted from 1 below the header; 0 above.
    pub row: u32,
    /// The line it starts on, counted from 1.
    pub line: u32,
    /// Where it starts in the original file, in bytes.
    pub start: u64,
    /// How long it is there, in bytes, without its line end.
    pub len: u32,
    /// What is unusual about its form.
    pub shape: Shape,
    /// Known to be printable ASCII and delimiters throughout; false where nobody looked.
    pub(crate) plain: bool,
    pub(super) encoding: Encoding,
    pub(super) quote: u8,
    pub(super) escape: Escape,
    pub(super) raw: &'a [u8],
    /// The same with what follows it, as far as it is at hand.
    pub(super) ahead: &'a [u8],
    pub(super) fields: &'a [RawField],
}

impl<'a> Record<'a> {
    /// The number of cells; at most one more than [`MAX_COLUMNS`].
    pub fn cells(&self) -> usize {
        self.fields.len()
    }

    /// Where its cells lie in [`Record::raw`].
    pub(crate) fn fields(&self) -> &'a [RawField] {
        self.fields
    }

    /// The text of a cell, untrimmed; empty for a cell that is not there.
    ///
    /// # Errors
    /// When the bytes mean nothing in the file's encoding.
    pub fn text(&self, column: usize) -> Result<Cow<'a, str>, Undecodable> {
        match self.fields.get(column) {
            None => Ok(Cow::Borrowed("")),
            Some(field) => self
                .encoding
                .decode(&self.raw[field.start as usize..field.end as usize])
                .map(|text| if field.doubled { Cow::Owned(self.unescape(&text)) } else { text }),
        }
    }

    /// The text of a cell for people: bytes that cannot be read stand as `\xNN`. Never goes into data.
    pub fn shown(&self, column: usize) -> String {
        match (self.text(column), self.fields.get(column)) {
            (Ok(text), _) => text.into_owned(),
            (Err(_), None) => String::new(),
            (Err(_), Some(field)) => {
                show_bytes(self.encoding, &self.raw[field.start as usize..field.end as usize])
            }
        }
    }

    /// What a cell with escapes in it means.
    fn unescape(&self, text: &str) -> String {
        let mark = char::from(self.quote);
        if self.escape == Escape::Doubled {
            return text.replace(&format!("{mark}{mark}"), &mark.to_string());
        }
        let mut plain = String::with_capacity(text.len());
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            // Only what would mean something else is escaped: `C:\dir` stays.
            if let Some(&next) = rest.peek()
                && (c == '\\'
                    && (next == mark || matches!(next, '\\' | ',' | ';' | '\t' | '|' | '^' | ':' | '~'))
                    || c == mark && next == mark)
            {
                plain.push(next);
                rest.next();
            } else {
                plain.push(c);
            }
        }
        plain
    }

    /// Whether every byte of a cell can be decoded. Cheaper than reading its text.
    pub fn is_decodable(&self, column: usize) -> bool {
        self.text(column).is_ok()
    }

    /// The bytes of the record as raw text, and those that follow, as far as they are at hand: what looks at many bytes at
    /// once need not stop at the record's end.
    pub(crate) fn ahead(&self) -> &'a [u8] {
        self.ahead
    }

    /// The bytes of the record as raw text.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }
}

/// Text with what cannot be decoded as `\xNN`.
pub(crate) fn show_bytes(encoding: Encoding, raw: &[u8]) -> String {
    let mut shown = String::new();
    let mut rest = raw;
    while !rest.is_empty() {
        match encoding.decode(rest) {
            Ok(text) => {
                shown.push_str(&text);
                break;
            }
            Err(Undecodable { at }) => {
                if let Ok(text) = encoding.decode(&rest[..at]) {
                    shown.push_str(&text);
                }
                shown.push_str(&format!("\\x{:02X}", rest[at]));
                rest = &rest[at + 1..];
            }
        }
    }
    shown
}
