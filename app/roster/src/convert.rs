//! What was read, as clean CSV: UTF-8, comma, RFC 4180, every column in order.
//!
//! Title lines are left out, several header rows are joined by a space, and no header is invented. Values stay as they
//! are; nothing is trimmed, and nothing is put before formulas: this is the file, not an export of ours.

use std::borrow::Cow;

use crate::dialect::{self, Dialect, DialectChoice, join_rows};
use crate::encoding;
use crate::export::write_record;
use crate::problem::{Code, Problem, RowProblem};
use crate::reader::{Limits, Part, Reader, Record};

/// A file as clean CSV, and what could not be taken over as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Converted {
    /// The CSV.
    pub text: String,
    /// What was understood of the file.
    pub dialect: Dialect,
    /// Rows that were damaged: quotation marks, lengths, bytes that mean nothing (which stand as `\xNN`).
    pub problems: Vec<RowProblem>,
}

/// Converts a whole file.
///
/// # Errors
/// `file.empty`, `file.not_text`.
pub fn convert(bytes: &[u8], choice: &DialectChoice) -> Result<Converted, RowProblem> {
    let of_file = |code, message: String| RowProblem {
        row: 0,
        line: 1,
        column: None,
        problem: Problem::whole(code, message),
    };
    let sample = &bytes[..bytes.len().min(super::review::SAMPLE)];
    if let Some(format) = encoding::binary_format(sample) {
        return Err(of_file(
            Code::FileNotText,
            format!("This is {format}, not a CSV. Save it as CSV first."),
        ));
    }
    let whole = sample.len() == bytes.len();
    let (mut dialect, _) = dialect::guess(sample, whole, choice, None, &[], Limits::WIDE);
    if !dialect.certain && std::str::from_utf8(bytes).is_err() {
        // Only ASCII in the sample: the first place that is not UTF-8 decides, as in a review.
        let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        if bytes[..valid].is_ascii() {
            let line = memchr::memrchr2(b'\n', b'\r', &bytes[..valid]).map_or(0, |at| at + 1);
            let doubt = &bytes[line..bytes.len().min(line + super::review::DOUBT_SAMPLE)];
            let better = encoding::EncodingGuess {
                encoding: encoding::guess_single_byte(doubt),
                bom: false,
                certain: true,
                evidence: String::new(),
            };
            dialect = dialect::guess(sample, whole, choice, Some(better), &[], Limits::WIDE).0;
        }
    }
    let mut converted = Converted { text: String::new(), dialect: dialect.clone(), problems: Vec::new() };
    let mut header: Vec<Vec<String>> = Vec::new();
    let mut sink = |record: &Record<'_>| {
        let cells = || (0..record.cells()).map(|column| record.shown(column));
        match record.part {
            Part::Title => {}
            Part::Header => header.push(cells().collect()),
            Part::Row => {
                write_header(&mut converted.text, &mut header);
                write_record(&mut converted.text, ',', cells().map(Cow::Owned));
                converted.problems.extend(damage(record));
            }
        }
        true
    };
    let mut reader = Reader::with_limits(&dialect, Limits::WIDE);
    reader.push(bytes, &mut sink);
    reader.finish(&mut sink);
    write_header(&mut converted.text, &mut header);
    if converted.text.is_empty() {
        return Err(of_file(Code::FileEmpty, "There is nothing in the file but blanks.".to_owned()));
    }
    Ok(converted)
}

fn write_header(text: &mut String, header: &mut Vec<Vec<String>>) {
    if !header.is_empty() {
        let joined =
            if header.len() == 1 { header.remove(0) } else { join_rows(header.iter().map(Vec::as_slice)) };
        write_record(text, ',', joined.into_iter().map(Cow::Owned));
        header.clear();
    }
}

fn damage(record: &Record<'_>) -> Option<RowProblem> {
    let (code, message) = if record.shape.unclosed_quote.is_some() {
        (Code::RowUnclosedQuote, "A quotation mark opens a cell and nothing closes it.")
    } else if record.shape.too_long.is_some() {
        (Code::RowTooLong, "The row or a cell of it is too long.")
    } else if (0..record.cells()).any(|column| !record.is_decodable(column)) {
        (Code::FileUndecodable, "Bytes mean nothing in the file's encoding.")
    } else {
        return None;
    };
    Some(RowProblem {
        row: record.row,
        line: record.line,
        column: None,
        problem: Problem::whole(code, message),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        convert(bytes, &DialectChoice::default()).unwrap().text
    }

    #[test]
    fn clean_csv_of_everything() {
        assert_eq!(
            text(b"version:v1.0\nBenutzername;Nachname\nm;M\xFC\xDFig\nx;\"A;B\"\n"),
            "Benutzername,Nachname\r\nm,Müßig\r\nx,A;B\r\n"
        );
        assert_eq!(
            text(b"asmith,anna@example.org\nb,b@example.org\n"),
            "asmith,anna@example.org\r\nb,b@example.org\r\n"
        );
        assert_eq!(
            text(b"First,Last,Contact\nname,name,email\nA,B,c@example.org\nD,E,f@example.org\n"),
            "First name,Last name,Contact email\r\nA,B,c@example.org\r\nD,E,f@example.org\r\n"
        );
    }

    #[test]
    fn a_stray_quote_costs_nothing_but_itself() {
        let converted = convert(
            b"Qty,Price,Type\n2,\"$7,\"Table, 48\"\"\"\n3,\"open,x\n4,5,6\n",
            &DialectChoice::default(),
        )
        .unwrap();
        assert_eq!(
            converted.text,
            "Qty,Price,Type\r\n2,\"\"\"$7\",\"Table, 48\"\"\"\r\n3,\"\"\"open\",x\r\n4,5,6\r\n"
        );
        assert_eq!(converted.problems.len(), 1);
        assert_eq!(converted.problems[0].line, 3);
    }

    #[test]
    fn what_is_converted_reads_the_same_again() {
        let once = text("u\tv\n a \t\"x\ny\"\n\"q\"\"r\"\t=1\n".as_bytes());
        assert_eq!(text(once.as_bytes()), once);
    }
}
