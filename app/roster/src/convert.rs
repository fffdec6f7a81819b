//! What was read, as clean CSV: UTF-8, comma, RFC 4180, every column in order.
//!
//! Title lines and footnotes are left out, several header rows are joined by a space, and no header is invented. Values
//! stay as they are; nothing is trimmed, and nothing is put before formulas: this is the file, not an export of ours.
//!
//! The file is read in slices and written as it is read; what stays in memory is one slice and one record.

mod align;
mod doubt;
mod footer;
mod islands;
mod mend;
mod profile;

use std::borrow::Cow;
use std::io::{self, Write};

use crate::dialect::{self, Dialect, DialectChoice, join_rows};
use crate::encoding::{self, Encoding};
use crate::export::write_record;
use crate::problem::{Code, Problem, RowProblem};
use crate::reader::{Limits, Part, Reader, Record};
use align::Aligner;
use doubt::Doubt;
use footer::Footer;
use mend::Mended;
use profile::Profile;

/// How many problems are kept with their sentences.
const KEPT_PROBLEMS: usize = 1000;
/// How much of the beginning should be looked at, where there is that much.
const BEGINNING: usize = 64 * 1024;
/// How much is looked at where the lines are very long.
const LONGEST_BEGINNING: usize = 4 * 1024 * 1024;
/// How many lines should be looked at.
const LINES: usize = 40;

/// A file as clean CSV, and what could not be taken over as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Converted {
    /// The CSV.
    pub text: String,
    /// What was understood of the file.
    pub dialect: Dialect,
    /// Rows that were damaged: quotation marks, lengths, bytes that mean nothing (which stand as `\xNN`), and rows that
    /// were read in another way than the rest. The first thousand.
    pub problems: Vec<RowProblem>,
}

/// Converts a whole file.
///
/// # Errors
/// `file.empty`, `file.not_text`.
pub fn convert(bytes: &[u8], choice: &DialectChoice) -> Result<Converted, RowProblem> {
    let mut length = 0;
    while wants_more(&bytes[..length]) && length < bytes.len() {
        length = bytes.len().min((length * 4).max(BEGINNING));
    }
    let samples: Vec<&[u8]> = places(bytes.len() as u64)
        .filter_map(|(at, length)| bytes.get(at as usize..at as usize + length))
        .collect();
    let mut converter = Converter::new(&bytes[..length], length == bytes.len(), choice, &samples)?;
    let mut text = Vec::new();
    let written = converter.push(bytes, &mut text).and_then(|()| converter.finish(&mut text));
    written.expect("memory takes everything");
    let found = converter.found()?;
    Ok(Converted {
        text: String::from_utf8(text).expect("only text was written"),
        dialect: found.0,
        problems: found.1,
    })
}

/// Whether more of a file's beginning should be collected before [`Converter::new`].
pub fn wants_more(beginning: &[u8]) -> bool {
    beginning.len() < BEGINNING
        || beginning.len() < LONGEST_BEGINNING
            && memchr::memchr2_iter(b'\n', b'\r', beginning).take(LINES).count() < LINES
}

/// Where samples of a file of this length lie, and how long they are; none in a short file.
pub fn places(length: u64) -> impl Iterator<Item = (u64, usize)> {
    const SAMPLES: u64 = 4;
    const SAMPLE: usize = 16 * 1024;
    let many = length >= 4 * BEGINNING as u64;
    // At even offsets, as UTF-16 needs it.
    (1..=SAMPLES).filter(move |_| many).map(move |part| (length / (SAMPLES + 1) * part / 2 * 2, SAMPLE))
}

/// Converts a file that comes in slices.
#[derive(Debug)]
pub struct Converter {
    reader: Reader,
    /// While UTF-8 is only assumed: the last bytes, if they may be the start of a character.
    waiting: Option<Vec<u8>>,
    state: State,
}

#[derive(Debug)]
struct State {
    dialect: Dialect,
    /// The number of cells most rows have.
    width: usize,
    header: Vec<Vec<String>>,
    aligner: Aligner,
    doubt: Doubt,
    footer: Footer,
    problems: Vec<RowProblem>,
    out: String,
    empty: bool,
}

impl Converter {
    /// Understands a file by its beginning (`whole`: that is all of it) and by samples from [`places`]; all of it is to
    /// be pushed afterwards.
    ///
    /// # Errors
    /// `file.not_text`.
    pub fn new(
        beginning: &[u8],
        whole: bool,
        choice: &DialectChoice,
        samples: &[&[u8]],
    ) -> Result<Converter, RowProblem> {
        if let Some(format) = encoding::binary_format(beginning) {
            return Err(of_file(
                Code::FileNotText,
                format!("This is {format}, not a CSV. Save it as CSV first."),
            ));
        }
        // A sample that is not UTF-8 tells of the encoding before the first such row is reached.
        let (dialect, read) = dialect::guess(beginning, whole, choice, None, samples, Limits::WIDE);
        Ok(Converter {
            reader: Reader::with_limits(&dialect, Limits::WIDE),
            waiting: (!dialect.certain).then(Vec::new),
            state: State {
                width: read.width,
                aligner: Aligner::new(Profile::of(read.rows(&dialect), read.width), &dialect, read.width),
                doubt: Doubt::default(),
                dialect,
                header: Vec::new(),
                footer: Footer::default(),
                problems: Vec::new(),
                out: String::new(),
                empty: true,
            },
        })
    }

    /// What was understood of the file.
    pub fn dialect(&self) -> &Dialect {
        &self.state.dialect
    }

    /// Reads the next slice and writes the rows that are complete.
    ///
    /// # Errors
    /// Those of writing.
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
        match &mut self.waiting {
            Some(waiting) => {
                let mut all = std::mem::take(waiting);
                all.extend_from_slice(bytes);
                let read = self.settle_encoding(&all, false);
                self.read(&all[..read], out)?;
                if let Some(waiting) = &mut self.waiting {
                    waiting.extend_from_slice(&all[read..]);
                }
                Ok(())
            }
            None => self.read(bytes, out),
        }
    }

    fn read(&mut self, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
        let state = &mut self.state;
        self.reader.push(bytes, &mut |record| state.take(record));
        state.write(out)
    }

    /// Ends the file and writes what was left.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(left) = self.waiting.take().filter(|left| !left.is_empty()) {
            self.settle_encoding(&left, true);
            self.read(&left, out)?;
        }
        let state = &mut self.state;
        self.reader.finish(&mut |record| state.take(record));
        // What the footer holds back is left out.
        state.write_header();
        state.settle_doubt();
        state.write(out)
    }

    /// What was understood and which rows were damaged, once all was read.
    ///
    /// # Errors
    /// `file.empty`.
    pub fn found(self) -> Result<(Dialect, Vec<RowProblem>), RowProblem> {
        if self.state.empty {
            return Err(of_file(Code::FileEmpty, "There is nothing in the file but blanks.".to_owned()));
        }
        Ok((self.state.dialect, self.state.problems))
    }

    /// Looks at the first character beyond ASCII: up to it any encoding reads the same. How many of the bytes may be
    /// read now.
    fn settle_encoding(&mut self, bytes: &[u8], end: bool) -> usize {
        let Some(first) = bytes.iter().position(|byte| !byte.is_ascii()) else { return bytes.len() };
        let character = &bytes[first..bytes.len().min(first + 4)];
        match std::str::from_utf8(character) {
            Err(error) if error.valid_up_to() == 0 && (error.error_len().is_some() || end) => {
                let line = memchr::memrchr2(b'\n', b'\r', &bytes[..first]).map_or(0, |at| at + 1);
                let doubt = &bytes[line..bytes.len().min(line + super::review::DOUBT_SAMPLE)];
                let encoding = encoding::guess_single_byte(doubt);
                self.reader.set_encoding(encoding);
                self.state.settle(encoding, "Further down there are letters that are not UTF-8.");
            }
            Err(error) if error.valid_up_to() == 0 => return first,
            _ => self.state.settle(Encoding::Utf8, "Letters beyond A to Z further down are valid UTF-8."),
        }
        self.waiting = None;
        bytes.len()
    }
}

impl State {
    fn settle(&mut self, encoding: Encoding, evidence: &str) {
        self.aligner.set_encoding(encoding);
        self.dialect.encoding = encoding;
        self.dialect.certain = true;
        evidence.clone_into(&mut self.dialect.encoding_evidence);
    }

    fn take(&mut self, record: &Record<'_>) -> bool {
        match record.part {
            Part::Title => {}
            Part::Header => {
                let mended =
                    mend::mend(record, &self.dialect, self.width).or_else(|| self.aligner.header(record));
                let cells = match mended {
                    Some(mended) => {
                        self.note(record, mended.problem);
                        mended.cells
                    }
                    None => (0..record.cells()).map(|column| record.shown(column)).collect(),
                };
                self.header.push(cells);
            }
            Part::Row => {
                self.write_header();
                self.take_row(record);
            }
        }
        true
    }

    fn take_row(&mut self, record: &Record<'_>) {
        self.empty = false;
        let cells = record.cells();
        if let Some(mended) = mend::mend(record, &self.dialect, self.width) {
            self.write_mended(record, mended);
            return;
        }
        let start = self.out.len();
        write_record(&mut self.out, ',', (0..cells).map(|column| shown(record, column)));
        if !self.doubt.is_other_table(cells)
            && let Some(mended) = self.aligner.row(record)
        {
            let as_is = self.out.split_off(start);
            if cells == self.width {
                self.write_mended(record, mended);
            } else {
                self.hold(record, as_is, mended);
            }
            return;
        }
        let doubt = self.doubt.settle(Some(cells));
        self.problems.extend(doubt.problems);
        self.out.insert_str(start, &doubt.text);
        let start = start + doubt.text.len();
        if self.footer.look(record, self.width, false) {
            self.footer.hold(self.out.split_off(start));
        } else {
            let held = self.footer.release();
            if !held.is_empty() {
                self.out.insert_str(start, &held);
            }
        }
        if let Some(problem) = damage(record) {
            self.note(record, problem);
        }
    }

    fn write_mended(&mut self, record: &Record<'_>, mended: Mended) {
        self.settle_doubt();
        self.footer.look(record, self.width, true);
        self.out.push_str(&self.footer.release());
        write_record(&mut self.out, ',', mended.cells.into_iter().map(Cow::Owned));
        self.note(record, mended.problem);
    }

    /// Holds a row back that was cut anew, until it is known that it is a single one.
    fn hold(&mut self, record: &Record<'_>, as_is: String, mended: Mended) {
        if !self.doubt.is_of(record.cells()) {
            self.settle_doubt();
        }
        self.footer.look(record, self.width, true);
        self.out.push_str(&self.footer.release());
        let mut aligned = String::new();
        write_record(&mut aligned, ',', mended.cells.into_iter().map(Cow::Owned));
        if self.doubt.hold(record.cells(), &as_is, &aligned, row_problem(record, mended.problem)) {
            self.settle_doubt();
        }
    }

    fn settle_doubt(&mut self) {
        let doubt = self.doubt.settle(None);
        self.out.push_str(&doubt.text);
        self.problems.extend(doubt.problems);
        self.problems.truncate(KEPT_PROBLEMS);
    }

    fn note(&mut self, record: &Record<'_>, problem: Problem) {
        if self.problems.len() < KEPT_PROBLEMS {
            self.problems.push(row_problem(record, problem));
        }
    }

    fn write_header(&mut self) {
        if !self.header.is_empty() {
            let mut header = std::mem::take(&mut self.header);
            let joined = if header.len() == 1 {
                header.remove(0)
            } else {
                join_rows(header.iter().map(Vec::as_slice))
            };
            write_record(&mut self.out, ',', joined.into_iter().map(Cow::Owned));
            self.empty = false;
        }
    }

    fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.out.as_bytes())?;
        self.out.clear();
        Ok(())
    }
}

fn shown<'a>(record: &Record<'a>, column: usize) -> Cow<'a, str> {
    record.text(column).unwrap_or_else(|_| Cow::Owned(record.shown(column)))
}

fn row_problem(record: &Record<'_>, problem: Problem) -> RowProblem {
    RowProblem { row: record.row, line: record.line, column: None, problem }
}

fn of_file(code: Code, message: String) -> RowProblem {
    RowProblem { row: 0, line: 1, column: None, problem: Problem::whole(code, message) }
}

fn damage(record: &Record<'_>) -> Option<Problem> {
    let (code, message) = if record.shape.unclosed_quote.is_some() {
        (Code::RowUnclosedQuote, "A quotation mark opens a cell and nothing closes it.")
    } else if record.shape.too_long.is_some() {
        (Code::RowTooLong, "The row or a cell of it is too long.")
    } else if !record.plain && (0..record.cells()).any(|column| !record.is_decodable(column)) {
        (Code::FileUndecodable, "Bytes mean nothing in the file's encoding.")
    } else {
        return None;
    };
    Some(Problem::whole(code, message))
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

    #[test]
    fn slices_of_any_size_give_the_same() {
        let mut bytes = b"Username;Last name\n".to_vec();
        for row in 0..30_000 {
            bytes.extend_from_slice(format!("user{row};Lee\n").as_bytes());
        }
        bytes.extend_from_slice(b"last;M\xFCller\nlonger;\"M\xFC\n\xDFig\"\n");
        let whole = text(&bytes);
        assert!(whole.ends_with("last,Müller\r\nlonger,\"Mü\nßig\"\r\n"));
        for size in [999, 70_000] {
            let mut converter =
                Converter::new(&bytes[..BEGINNING], false, &DialectChoice::default(), &[]).unwrap();
            let mut out = Vec::new();
            for slice in bytes.chunks(size) {
                converter.push(slice, &mut out).unwrap();
            }
            converter.finish(&mut out).unwrap();
            assert!(out == whole.as_bytes(), "{size}");
        }
    }

    #[test]
    fn nothing_is_cut() {
        let long = "HEADER".repeat(100_000);
        let wide: Vec<String> = (0..3000).map(|column| format!("col{column}")).collect();
        for text_in in
            [format!("a,{long},c\r\n1,2,3\r\n"), format!("{}\r\n{}\r\n", wide.join(","), wide.join(","))]
        {
            assert!(text(text_in.as_bytes()) == text_in);
        }
    }
}
