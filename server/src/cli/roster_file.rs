//! A roster from a file or standard input, through the same review as in the browser.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use roster::dialect::{Delimiter, DialectChoice, Escape};
use roster::encoding::{self, Encoding};
use roster::review::{Pushed, Review, Span};
use roster::summary::review_bytes;
use roster::workbook::{self, Workbook};
use roster::{PasswordPolicy, RowProblem};

use super::progress::Progress;
use super::transcoding::Transcoding;

/// Which file, and how to read it where the guess is wrong.
#[derive(Debug, Args)]
pub struct RosterArguments {
    /// The roster, a CSV file or an Excel workbook; - reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Encoding, such as windows-1252; found out by default
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    encoding: Option<Encoding>,
    /// Delimiter: up to four characters, or `tab` or `space`; found out by default
    #[arg(long, value_name = "TEXT", value_parser = Delimiter::parse)]
    delimiter: Option<Delimiter>,
    /// Quotation mark around cells: one character, or `none`; found out by default
    #[arg(long, value_name = "CHARACTER", value_parser = quote)]
    quote: Option<u8>,
    /// How a quotation mark stands inside a quoted cell; found out by default
    #[arg(long, value_name = "HOW", value_parser = escape)]
    escape: Option<Escape>,
    /// Line of the header, 0 for none; found out by default
    #[arg(long, value_name = "LINE")]
    header_line: Option<u32>,
    /// Sheet of a workbook: its name, or its number counted from 1; the first that is not hidden by default
    #[arg(long, value_name = "SHEET")]
    sheet: Option<String>,
}

fn encoding(name: &str) -> Result<Encoding, String> {
    Encoding::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Encoding::ALL.iter().map(|encoding| encoding.label()).collect();
        format!("write one of {}", known.join(", "))
    })
}

fn quote(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"none" => Ok(0),
        [byte] if byte.is_ascii_punctuation() => Ok(*byte),
        _ => Err("write one character, such as ', or the word none".to_owned()),
    }
}

fn escape(text: &str) -> Result<Escape, String> {
    match text {
        "doubled" => Ok(Escape::Doubled),
        "backslash" => Ok(Escape::Backslash),
        _ => Err("write doubled or backslash".to_owned()),
    }
}

/// The bytes of a roster and what it is called.
pub struct RosterFile {
    /// Name without folders; `standard input` for `-`.
    pub name: String,
    /// The whole file.
    pub bytes: Vec<u8>,
    /// The encoding from which it was turned into UTF-8.
    transcoded: Option<Encoding>,
}

impl RosterArguments {
    /// Whether the roster comes from standard input, which then cannot answer questions.
    pub fn is_standard_input(&self) -> bool {
        self.file == Path::new("-")
    }

    /// Reads the bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> anyhow::Result<RosterFile> {
        if self.is_standard_input() {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("standard input cannot be read")?;
            return self.unpacked(bytes);
        }
        let bytes =
            std::fs::read(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?;
        self.unpacked(bytes)
    }

    /// What a roster's bytes are to be read as.
    fn unpacked(&self, bytes: Vec<u8>) -> anyhow::Result<RosterFile> {
        let name = self.name();
        if workbook::is_archive(&bytes) {
            return Ok(RosterFile { name, bytes: self.sheet_of(bytes)?, transcoded: None });
        }
        let first = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
        let start = if first < SLICE {
            0
        } else {
            bytes[..first].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
        };
        let transcoded = self.to_transcode(&bytes[start..bytes.len().min(start + SLICE)]);
        let Some(encoding) = transcoded else { return Ok(RosterFile { name, bytes, transcoded }) };
        let mut text = Vec::new();
        Transcoding::new(&bytes[..], encoding).read_to_end(&mut text)?;
        Ok(RosterFile { name, bytes: text, transcoded })
    }

    /// The encoding from which a file has to be turned into UTF-8, by its beginning.
    fn to_transcode(&self, beginning: &[u8]) -> Option<Encoding> {
        match self.encoding {
            Some(chosen) => chosen.is_transcoded().then_some(chosen),
            None => encoding::to_transcode(beginning),
        }
    }

    /// The bytes of a sheet of a workbook as CSV.
    fn sheet_of(&self, bytes: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let Ok(mut book) = Workbook::open(&bytes) else {
            // What it is instead is told where it is read.
            return Ok(bytes);
        };
        let number = match &self.sheet {
            None => book.likeliest(),
            Some(wanted) => {
                let by_name = book.sheets().iter().position(|name| name == wanted);
                let by_number = || wanted.parse::<usize>().ok()?.checked_sub(1);
                by_name.or_else(by_number).filter(|number| *number < book.sheets().len()).with_context(
                    || format!("{} has no sheet {wanted}; it has {}", self.name(), book.sheets().join(", ")),
                )?
            }
        };
        let csv = book
            .csv(number)
            .map_err(|found| anyhow::anyhow!("{}: {}", self.name(), found.problem.message))?;
        Ok(csv.into_bytes())
    }

    /// What the roster is called: its name without folders.
    pub fn name(&self) -> String {
        if self.is_standard_input() {
            return "standard input".to_owned();
        }
        self.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// Opens the file, to be read in slices; `None` for standard input.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(&self) -> anyhow::Result<Option<RosterReader>> {
        if self.is_standard_input() {
            return Ok(None);
        }
        let cannot = || format!("{} cannot be read", self.file.display());
        let mut file = File::open(&self.file).with_context(cannot)?;
        let details = file.metadata().with_context(cannot)?;
        // What is no plain file (a pipe, a device) cannot be read twice.
        if !details.is_file() {
            return Ok(None);
        }
        let mut beginning = Vec::new();
        (&mut file).take(SLICE as u64).read_to_end(&mut beginning).with_context(cannot)?;
        file.rewind().with_context(cannot)?;
        if workbook::is_archive(&beginning) {
            let bytes = self.read()?.bytes;
            let length = bytes.len() as u64;
            return Ok(Some(RosterReader { file: Box::new(Cursor::new(bytes)), length, transcoded: None }));
        }
        let mut reader = RosterReader { file: Box::new(file), length: details.len(), transcoded: None };
        if let Some(encoding) = self.to_transcode(&beginning) {
            reader.transcode(encoding).with_context(cannot)?;
        }
        Ok(Some(reader))
    }

    /// What cannot be read twice: standard input, a pipe. With the encoding from which it is turned into UTF-8.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn stream(&self) -> anyhow::Result<(Box<dyn Read>, Option<Encoding>)> {
        let cannot = || format!("{} cannot be read", self.file.display());
        let mut input: Box<dyn Read> = if self.is_standard_input() {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(&self.file).with_context(cannot)?)
        };
        let mut beginning = Vec::new();
        (&mut input).take(SLICE as u64).read_to_end(&mut beginning).with_context(cannot)?;
        let transcoded = self.to_transcode(&beginning);
        let input = Cursor::new(beginning).chain(input);
        Ok(match transcoded {
            Some(encoding) => (Box::new(Transcoding::new(input, encoding)), transcoded),
            None => (Box::new(input), None),
        })
    }

    /// Reviews the file without having all of it in memory; standard input is taken into memory first.
    ///
    /// # Errors
    /// The file cannot be read; or, inside, it is no roster at all.
    pub fn review_in_slices(
        &self,
        policy: PasswordPolicy,
        custom_fields: Vec<String>,
    ) -> anyhow::Result<Result<Review, RowProblem>> {
        match self.open()? {
            Some(mut reader) => reader
                .review(Review::new(self.choice(reader.transcoded), None, policy, custom_fields))
                .with_context(|| format!("{} cannot be read", self.file.display())),
            None => Ok(self.review(&self.read()?, policy, custom_fields)),
        }
    }

    /// What was given on the command line; `transcoded`: the file was turned from this encoding into UTF-8.
    pub fn choice(&self, transcoded: Option<Encoding>) -> DialectChoice {
        DialectChoice {
            encoding: transcoded.or(self.encoding),
            delimiter: self.delimiter,
            quote: self.quote,
            escape: self.escape,
            header_line: self.header_line,
        }
    }

    /// Reviews the whole file.
    ///
    /// # Errors
    /// The file is no roster at all; the problem says why.
    pub fn review(
        &self,
        file: &RosterFile,
        policy: PasswordPolicy,
        custom_fields: Vec<String>,
    ) -> Result<Review, RowProblem> {
        review_bytes(&file.bytes, self.choice(file.transcoded), policy, custom_fields)
    }
}

impl RosterFile {
    /// The bytes of a row.
    pub fn row(&self, span: Span) -> &[u8] {
        let start = usize::try_from(span.start).unwrap_or(usize::MAX);
        let end = start.saturating_add(span.len as usize);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

/// How much is read at a time; the first of it tells a file's encoding.
pub const SLICE: usize = 256 * 1024;

/// A file, or the CSV of a workbook.
trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// A roster that is read in slices.
pub struct RosterReader {
    file: Box<dyn Source>,
    /// Its length in bytes.
    pub length: u64,
    /// The encoding from which it was turned into UTF-8.
    pub transcoded: Option<Encoding>,
}

impl Read for RosterReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.file.read(into)
    }
}

impl RosterReader {
    /// The bytes at a place; fewer where the file ends. What is read next comes from the file's start.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn at(&mut self, place: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(place))?;
        (&mut self.file).take(length as u64).read_to_end(&mut bytes)?;
        self.file.rewind()?;
        Ok(bytes)
    }

    /// Turns the file into UTF-8, in a nameless one that is gone with this process.
    fn transcode(&mut self, encoding: Encoding) -> io::Result<()> {
        let mut text = tempfile::tempfile()?;
        self.length = io::copy(&mut Transcoding::new(&mut self.file, encoding), &mut text)?;
        self.file = Box::new(text);
        self.transcoded = Some(encoding);
        self.file.rewind()
    }

    fn review(&mut self, mut review: Review) -> io::Result<Result<Review, RowProblem>> {
        let mut slice = vec![0; SLICE];
        let mut progress = Progress::new(self.length);
        // At most one restart and one turning into UTF-8: then the encoding is certain.
        'file: loop {
            self.file.rewind()?;
            progress.restart();
            loop {
                let length = self.file.read(&mut slice)?;
                let pushed = if length == 0 { review.finish() } else { review.push(&slice[..length]) };
                match pushed {
                    Err(problem) => match review.to_transcode() {
                        Some(encoding) if self.transcoded.is_none() => {
                            self.file.rewind()?;
                            self.transcode(encoding)?;
                            progress = Progress::new(self.length);
                            review.read_as(encoding);
                            continue 'file;
                        }
                        _ => return Ok(Err(problem)),
                    },
                    Ok(Pushed::Restart) => continue 'file,
                    Ok(Pushed::More) if length == 0 => break 'file,
                    Ok(Pushed::More) => progress.add(length),
                }
            }
        }
        loop {
            let spans = review.doubtful(1000);
            if spans.is_empty() {
                return Ok(Ok(review));
            }
            for span in spans {
                let bytes = self.at(span.start, span.len as usize)?;
                review.confirm(span.row, &bytes);
            }
        }
    }
}
