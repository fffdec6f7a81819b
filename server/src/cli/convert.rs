//! `rollcall convert`: writes what was read as clean UTF-8 CSV after RFC 4180: every column in order, title lines left
//! out, several header rows joined by a space, no header invented, short rows filled up.

use clap::Args;
use roster::PasswordPolicy;
use roster::reader::{Part, Reader, Record};

use super::roster_file::RosterArguments;
use super::{Outcome, Output};

/// What to convert.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    roster: RosterArguments,
}

/// Runs the command.
///
/// # Errors
/// The file cannot be read or is no roster, or standard output cannot be written.
pub fn run(arguments: &Arguments, output: &mut Output) -> anyhow::Result<Outcome> {
    let file = arguments.roster.read()?;
    let review = match arguments.roster.review(&file, PasswordPolicy::default(), Vec::new()) {
        Ok(review) => review,
        Err(problem) => anyhow::bail!("{}: {}", file.name, problem.problem.message),
    };
    let mut writer = Writer {
        csv: csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(&mut *output),
        header: Vec::new(),
        header_written: false,
        undecodable: 0,
        failed: None,
    };
    let mut reader = Reader::new(review.dialect());
    let mut sink = |record: &Record<'_>| writer.take(record);
    if reader.push(&file.bytes, &mut sink) {
        reader.finish(&mut sink);
    }
    let undecodable = writer.finish()?;
    if undecodable > 0 {
        eprintln!(
            "rollcall: {undecodable} cells hold bytes that mean nothing in {}; they stand as \\xNN",
            review.dialect().encoding.label()
        );
        return Ok(Outcome::Findings);
    }
    Ok(Outcome::Fine)
}

struct Writer<W: std::io::Write> {
    csv: csv::Writer<W>,
    /// The cells of the header so far, each with its lines.
    header: Vec<String>,
    header_written: bool,
    undecodable: u64,
    failed: Option<csv::Error>,
}

impl<W: std::io::Write> Writer<W> {
    /// Whether to go on.
    fn take(&mut self, record: &Record<'_>) -> bool {
        match record.part {
            Part::Title => true,
            Part::Header => {
                for column in 0..record.cells() {
                    let text = self.cell(record, column);
                    match self.header.get_mut(column) {
                        Some(title) if title.is_empty() => *title = text,
                        Some(title) if !text.is_empty() => {
                            title.push(' ');
                            title.push_str(&text);
                        }
                        Some(_) => {}
                        None => self.header.push(text),
                    }
                }
                true
            }
            Part::Row => {
                let mut cells: Vec<String> =
                    (0..record.cells()).map(|column| self.cell(record, column)).collect();
                if cells.len() < self.header.len() {
                    cells.resize(self.header.len(), String::new());
                }
                self.write_header() && self.write(&cells)
            }
        }
    }

    fn cell(&mut self, record: &Record<'_>, column: usize) -> String {
        match record.text(column) {
            Ok(text) => text.into_owned(),
            Err(_) => {
                self.undecodable += 1;
                record.shown(column)
            }
        }
    }

    fn write_header(&mut self) -> bool {
        if self.header_written || self.header.is_empty() {
            return true;
        }
        self.header_written = true;
        let header = self.header.clone();
        self.write(&header)
    }

    fn write(&mut self, cells: &[String]) -> bool {
        self.failed = self.csv.write_record(cells).err();
        self.failed.is_none()
    }

    /// How many cells could not be decoded.
    fn finish(mut self) -> anyhow::Result<u64> {
        self.write_header();
        if let Some(error) = self.failed {
            // Unwrapped, so that a closed pipe is recognised as one.
            return Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => error.into(),
                other => anyhow::anyhow!("the output cannot be written: {other:?}"),
            });
        }
        self.csv.flush()?;
        Ok(self.undecodable)
    }
}
