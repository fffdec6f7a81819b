//! Single rows that are written in another way than the rest of their file: with quotation marks that were not doubled,
//! another quotation mark, another delimiter. Such a reading counts only if it gives exactly the cells that all rows have.

use crate::dialect::{Delimiter, Dialect, Escape};
use crate::encoding::Encoding;
use crate::problem::{Code, Problem};
use crate::reader::{MAX_ROW, Record, read_leniently};

/// A row in its other reading.
pub(crate) struct Mended {
    pub(crate) cells: Vec<String>,
    pub(crate) problem: Problem,
}

/// Another reading of a record, if it has the wrong number of cells or stray quotation marks and one makes sense.
pub(crate) fn mend(record: &Record<'_>, dialect: &Dialect, width: usize) -> Option<Mended> {
    let odd = record.shape.stray_quote.is_some() || record.shape.unclosed_quote.is_some();
    let other_mark = match dialect.quote {
        Some(b'\'') => b'"',
        _ => b'\'',
    };
    let raw = record.raw();
    let wrapped = raw.len() > 2 && raw.first() == Some(&other_mark) && raw.last() == Some(&other_mark);
    if width < 3 || record.cells() == width && !odd && !wrapped || raw.len() > MAX_ROW {
        return None;
    }
    let as_is = Dialect {
        // Raw text of UTF-16 is UTF-8 already.
        encoding: if dialect.encoding.is_utf16() { Encoding::Utf8 } else { dialect.encoding },
        ..dialect.clone()
    };
    let read = |dialect: &Dialect, code: Code, message: &str| {
        read_leniently(dialect, raw, |other| {
            let cells: Vec<String> = (0..other.cells()).map(|column| other.shown(column)).collect();
            // Marks inside cells that are not quoted are text in both readings.
            let gains = || cells.iter().enumerate().any(|(column, cell)| *cell != record.shown(column));
            let clean = other.shape.unclosed_quote.is_none()
                && (other.shape.stray_quote.is_none() || record.cells() != width || gains());
            let all = other.raw().len() == raw.len();
            // Where the number of cells was right, only a row that is quoted throughout shows another mark.
            let mark = dialect.quote.filter(|_| !odd && record.cells() == width);
            let throughout = mark.is_none_or(|mark| {
                other.fields().iter().all(|field| field.start > 0 && raw[field.start as usize - 1] == mark)
            });
            // Another mark is one only if a cell stands in it.
            let marks = dialect.quote == as_is.quote
                || other
                    .fields()
                    .iter()
                    .any(|field| field.start > 0 && Some(raw[field.start as usize - 1]) == dialect.quote);
            let fits = clean && all && throughout && marks && cells.len() == width;
            fits.then(|| Mended { cells, problem: Problem::whole(code, message) })
        })
    };
    let escaped = |mark: u8| memchr::memchr_iter(b'\\', raw).any(|at| raw.get(at + 1) == Some(&mark));
    if odd && dialect.escape == Escape::Doubled && dialect.quote.is_some_and(escaped) {
        let other = Dialect { escape: Escape::Backslash, ..as_is.clone() };
        let message =
            "Quotation marks stand behind backslashes in this row, unlike the rest; it was read that way.";
        if let Some(mended) = read(&other, Code::RowUnclosedQuote, message) {
            return Some(mended);
        }
    }
    if odd
        && let Some(mended) = read(
            &as_is,
            Code::RowUnclosedQuote,
            "Quotation marks inside a cell are not doubled; they were taken as text.",
        )
    {
        return Some(mended);
    }
    if (wrapped || record.cells() != width)
        && raw.contains(&other_mark)
        && let Some(mended) = read(
            &Dialect { quote: Some(other_mark), ..as_is.clone() },
            Code::RowUnclosedQuote,
            "The cells of this row stand in other quotation marks than the rest; it was read by them.",
        )
    {
        return Some(mended);
    }
    if record.cells() == width {
        return None;
    }
    if record.cells() > 1 && record.cells() * 2 > width {
        return None;
    }
    [b',', b';', b'\t', b'|']
        .into_iter()
        .map(Delimiter::of)
        .filter(|other| *other != dialect.delimiter)
        .find_map(|delimiter| {
            read(
                &Dialect { delimiter, ..as_is.clone() },
                Code::RowTooFewFields,
                "This row is cut by another delimiter than the rest; it was read by that one.",
            )
        })
}
