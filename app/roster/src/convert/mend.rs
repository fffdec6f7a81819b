//! Single rows that are written in another way than the rest of their file: with quotation marks that were not doubled,
//! another quotation mark, another delimiter. Such a reading counts only if it gives exactly the cells that all rows have.

use crate::dialect::{Delimiter, Dialect};
use crate::encoding::Encoding;
use crate::problem::{Code, Problem};
use crate::reader::{MAX_ROW, Record, read_leniently};

/// A row in its other reading.
pub(super) struct Mended {
    pub(super) cells: Vec<String>,
    pub(super) problem: Problem,
}

/// Another reading of a record, if it has the wrong number of cells or stray quotation marks and exactly one makes sense.
pub(super) fn mend(record: &Record<'_>, dialect: &Dialect, width: usize) -> Option<Mended> {
    let odd = record.shape.stray_quote.is_some() || record.shape.unclosed_quote.is_some();
    if width < 3 || record.cells() == width && !odd || record.raw().len() > MAX_ROW {
        return None;
    }
    let as_is = Dialect {
        // Raw text of UTF-16 is UTF-8 already.
        encoding: if dialect.encoding.is_utf16() { Encoding::Utf8 } else { dialect.encoding },
        ..dialect.clone()
    };
    let read = |dialect: &Dialect, code: Code, message: &str| {
        read_leniently(dialect, record.raw(), |other| {
            let clean = other.shape.unclosed_quote.is_none()
                && (other.shape.stray_quote.is_none() || record.cells() != width);
            let all = other.raw().len() == record.raw().len();
            (clean && all && other.cells() == width).then(|| Mended {
                cells: (0..width).map(|column| other.shown(column)).collect(),
                problem: Problem::whole(code, message),
            })
        })
    };
    if odd
        && let Some(mended) = read(
            &as_is,
            Code::RowUnclosedQuote,
            "Quotation marks inside a cell are not doubled; they were taken as text.",
        )
    {
        return Some(mended);
    }
    if record.cells() == width {
        return None;
    }
    let other_mark = match dialect.quote {
        Some(b'\'') => b'"',
        _ => b'\'',
    };
    if record.raw().contains(&other_mark)
        && let Some(mended) = read(
            &Dialect { quote: Some(other_mark), ..as_is.clone() },
            Code::RowUnclosedQuote,
            "The cells of this row stand in other quotation marks than the rest; it was read by them.",
        )
    {
        return Some(mended);
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
