//! What was read, as clean CSV: UTF-8, comma, RFC 4180, every column in order.
//!
//! Title lines and footnotes are left out, several header rows are joined by a space, and no header is invented. Values
//! stay as they are; nothing is trimmed, and nothing is put before formulas: this is the file, not an export of ours.
//! A single row that was cut in another way than the rest is mended where there is no doubt, and said so.
//!
//! The file is read in slices and written as it is read; what stays in memory is one slice and one record.

mod align;
mod doubt;
mod footer;
mod islands;
mod mend;
mod profile;
mod state;

pub(crate) use align::Aligner;
pub(crate) use mend::mend;
pub(crate) use profile::Profile;

use std::io::{self, Write};

use crate::dialect::{self, Dialect, DialectChoice};
use crate::encoding::{self, Encoding, Hindrance};
use crate::problem::{Code, Problem, RowProblem};
use crate::reader::{Limits, Reader};
use state::State;

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
/// `file.empty`, `file.not_text`, `file.encoding`.
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
    // Memory takes everything: what fails is telling the encoding.
    written.map_err(|error| of_file(Code::FileEncoding, error.to_string()))?;
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
        match encoding::hindrance(beginning, choice.encoding.is_some()) {
            Some(Hindrance::NoText(format)) => {
                let message = format!("This is {format}, not a CSV. Save it as CSV first.");
                return Err(of_file(Code::FileNotText, message));
            }
            Some(hindrance) => return Err(of_file(Code::FileEncoding, hindrance.message())),
            None => {}
        }
        // A sample that is not UTF-8 tells of the encoding before the first such row is reached.
        let (dialect, read) = dialect::guess(beginning, whole, choice, None, samples, Limits::WIDE);
        Ok(Converter {
            reader: Reader::with_limits(&dialect, Limits::WIDE),
            waiting: (!dialect.certain).then(Vec::new),
            state: State::new(dialect, &read),
        })
    }

    /// What was understood of the file.
    pub fn dialect(&self) -> &Dialect {
        &self.state.dialect
    }

    /// Reads the next slice and writes the rows that are complete.
    ///
    /// # Errors
    /// Those of writing; the first characters beyond ASCII are of an encoding that has to be chosen.
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
        match &mut self.waiting {
            Some(waiting) => {
                let mut all = std::mem::take(waiting);
                all.extend_from_slice(bytes);
                let read = self.settle_encoding(&all, false)?;
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
            self.settle_encoding(&left, true)?;
            self.read(&left, out)?;
        }
        let state = &mut self.state;
        self.reader.finish(&mut |record| state.take(record));
        // What the footer holds back is left out.
        state.write_header();
        state.settle_doubt();
        state.write(out)
    }

    /// How many records were left out, once all was read: titles above the header, footnotes below the rows.
    pub fn left_out(&self) -> (usize, usize) {
        self.state.left_out()
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
    fn settle_encoding(&mut self, bytes: &[u8], end: bool) -> io::Result<usize> {
        let Some(first) = bytes.iter().position(|byte| !byte.is_ascii()) else { return Ok(bytes.len()) };
        let character = &bytes[first..bytes.len().min(first + 4)];
        match std::str::from_utf8(character) {
            Err(error) if error.valid_up_to() == 0 && (error.error_len().is_some() || end) => {
                let line = memchr::memrchr2(b'\n', b'\r', &bytes[..first]).map_or(0, |at| at + 1);
                let doubt = &bytes[line..bytes.len().min(line + super::review::DOUBT_SAMPLE)];
                if let Some(foreign) = encoding::to_transcode(doubt) {
                    return Err(io::Error::other(format!(
                        "further down it is {}; choose that with --encoding {}",
                        foreign.description(),
                        foreign.label()
                    )));
                }
                let encoding = encoding::guess_single_byte(doubt);
                self.reader.set_encoding(encoding);
                self.state.settle_encoding(encoding, "Further down there are letters that are not UTF-8.");
            }
            Err(error) if error.valid_up_to() == 0 => return Ok(first),
            _ => self
                .state
                .settle_encoding(Encoding::Utf8, "Letters beyond A to Z further down are valid UTF-8."),
        }
        self.waiting = None;
        Ok(bytes.len())
    }
}

fn of_file(code: Code, message: String) -> RowProblem {
    RowProblem { row: 0, line: 1, column: None, problem: Problem::whole(code, message) }
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
        let lines: Vec<u32> = converted.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 3]);
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
