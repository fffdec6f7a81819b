//! A roster from a file or standard input, through the same review as in the browser.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use roster::dialect::DialectChoice;
use roster::encoding::Encoding;
use roster::review::{Review, Span};
use roster::summary::review_bytes;
use roster::{PasswordPolicy, RowProblem};

/// Which file, and how to read it where the guess is wrong.
#[derive(Debug, Args)]
pub struct RosterArguments {
    /// The roster, a CSV file; - reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Encoding, such as windows-1252; found out by default
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    encoding: Option<Encoding>,
    /// Delimiter: one character, or `tab`; found out by default
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Line of the header, 0 for none; found out by default
    #[arg(long, value_name = "LINE")]
    header_line: Option<u32>,
}

fn encoding(name: &str) -> Result<Encoding, String> {
    Encoding::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Encoding::ALL.iter().map(|encoding| encoding.label()).collect();
        format!("write one of {}", known.join(", "))
    })
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("write one character, such as ; or the word tab".to_owned()),
    }
}

/// The bytes of a roster and what it is called.
pub struct RosterFile {
    /// Name without folders; `standard input` for `-`.
    pub name: String,
    /// The whole file.
    pub bytes: Vec<u8>,
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
            return Ok(RosterFile { name: "standard input".to_owned(), bytes });
        }
        let bytes =
            std::fs::read(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?;
        let name = self.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(RosterFile { name, bytes })
    }

    /// What was given on the command line.
    pub fn choice(&self) -> DialectChoice {
        DialectChoice { encoding: self.encoding, delimiter: self.delimiter, header_line: self.header_line }
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
        review_bytes(&file.bytes, self.choice(), policy, custom_fields)
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
