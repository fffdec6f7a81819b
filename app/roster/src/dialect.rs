//! What a file is written in: encoding, delimiter, where its header is. Guessed from its beginning, with reasons; a
//! person's choice wins.

mod delimiter;
mod header;
mod kind;
mod score;

use serde::{Deserialize, Serialize};

use crate::encoding::{self, Encoding, EncodingGuess};
use crate::reader::Limits;

use score::{Evidence, best_cut};

pub use delimiter::{Delimiter, DelimiterError, MAX_DELIMITER};
pub(crate) use header::{Beginning, END_MARK, join_rows};
pub(crate) use kind::Kind;

/// How a quotation mark stands inside a quoted cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Escape {
    /// Twice, as RFC 4180 says.
    #[default]
    Doubled,
    /// Behind a backslash, which also takes the meaning from delimiters; twice is understood, too.
    Backslash,
}

/// What a file is written in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dialect {
    /// How its bytes are read.
    pub encoding: Encoding,
    /// Whether it begins with a byte order mark.
    pub bom: bool,
    /// What stands between two cells.
    pub delimiter: Delimiter,
    /// What stands around a cell that holds a delimiter or a line end; an ASCII character. `None`: nothing does.
    pub quote: Option<u8>,
    /// How a quotation mark stands inside a quoted cell.
    pub escape: Escape,
    /// The line of the header, counted from 1; 0: there is none.
    pub header_line: u32,
    /// How many records make up the header.
    pub header_rows: u32,
    /// Without a header: lines at the start that are no rows (an Excel `sep=` line).
    pub skip_lines: u32,
    /// Why this encoding, as a sentence.
    pub encoding_evidence: String,
    /// Why this delimiter, as a sentence.
    pub delimiter_evidence: String,
    /// Why this header line, as a sentence.
    pub header_evidence: String,
    /// For each encoding, words of the file beyond ASCII as it would read them; empty when there are none.
    pub samples: Vec<(Encoding, String)>,
    /// False while UTF-8 is only assumed, because every byte so far is ASCII.
    pub certain: bool,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect {
            encoding: Encoding::default(),
            bom: false,
            delimiter: Delimiter::NONE,
            quote: Some(b'"'),
            escape: Escape::Doubled,
            header_line: 0,
            header_rows: 0,
            skip_lines: 0,
            encoding_evidence: String::new(),
            delimiter_evidence: String::new(),
            header_evidence: String::new(),
            samples: Vec::new(),
            certain: false,
        }
    }
}

impl Dialect {
    /// The delimiter for people: `,`, `;`, `tab`, `|`.
    pub fn delimiter_label(&self) -> String {
        self.delimiter.label()
    }

    /// The delimiter's byte, if the file keeps to RFC 4180 but for it: only such files can be read the fast way.
    pub fn is_simple(&self) -> Option<u8> {
        let plain = self.quote == Some(b'"') && self.escape == Escape::Doubled;
        self.delimiter.single().filter(|&byte| plain && byte != 0)
    }
}

/// What a person chose; `None` means guess.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DialectChoice {
    /// How the bytes are read.
    pub encoding: Option<Encoding>,
    /// What stands between two cells.
    pub delimiter: Option<Delimiter>,
    /// What stands around cells, an ASCII character; 0: nothing does.
    pub quote: Option<u8>,
    /// How a quotation mark stands inside a quoted cell.
    pub escape: Option<Escape>,
    /// The line of the header, counted from 1; 0: there is none.
    pub header_line: Option<u32>,
}

/// Guesses from the beginning of a file; `whole` says that it is all of it. `samples` are from elsewhere in the file,
/// each beginning at an even offset; `limits` are those that the file will be read with.
pub(crate) fn guess(
    sample: &[u8],
    whole: bool,
    choice: &DialectChoice,
    better: Option<EncodingGuess>,
    samples: &[&[u8]],
    limits: Limits,
) -> (Dialect, Beginning) {
    let mut found = better.unwrap_or_else(|| encoding::guess(sample));
    if let Some(chosen) = choice.encoding.filter(|&chosen| chosen != found.encoding) {
        found = EncodingGuess {
            encoding: chosen,
            bom: !chosen.bom().is_empty() && sample.starts_with(chosen.bom()),
            certain: true,
            evidence: "Chosen by you.".to_owned(),
        };
    }
    let raw = encoding::raw_sample(sample, &found);
    let mut dialect = Dialect {
        encoding: found.encoding,
        bom: found.bom,
        certain: found.certain || choice.encoding.is_some(),
        encoding_evidence: found.evidence,
        samples: words_as_read(sample, found.encoding),
        header_rows: 1,
        ..Dialect::default()
    };
    let announced = announced_delimiter(&raw);
    let elsewhere: Vec<Vec<u8>> =
        samples.iter().map(|bytes| whole_lines(&found.encoding.to_raw(bytes))).collect();
    let evidence = Evidence { raw: &raw, whole, samples: &elsewhere, encoding: found.encoding, limits };
    let usable = DialectChoice {
        quote: choice.quote.filter(|mark| mark.is_ascii() && !matches!(mark, b'\n' | b'\r')),
        delimiter: choice.delimiter.filter(|delimiter| !delimiter.is_none()),
        ..choice.clone()
    };
    let cut = best_cut(&evidence, &usable, announced);
    dialect.delimiter = cut.delimiter;
    dialect.quote = cut.quote;
    dialect.escape = cut.escape;
    dialect.delimiter_evidence = match () {
        () if usable.delimiter.is_some() => "Chosen by you.",
        () if announced.is_some() => "The first line says so (sep=).",
        () if cut.score > 0.0 => "It cuts the first lines into the same number of cells.",
        () => "No delimiter occurs; the file has one column.",
    }
    .to_owned();
    let mut beginning = cut.beginning;
    beginning.announced = announced.is_some();
    dialect.skip_lines = u32::from(announced.is_some());
    match choice.header_line {
        Some(line) => {
            dialect.header_line = line;
            dialect.header_evidence = "Chosen by you.".to_owned();
        }
        None => {
            let header = beginning.find_header();
            dialect.header_line = header.line;
            dialect.header_rows = header.rows;
            dialect.header_evidence = header.evidence;
        }
    }
    (dialect, beginning)
}

/// The delimiter of Excel's `sep=` line, if the file begins with one.
fn announced_delimiter(raw: &[u8]) -> Option<Delimiter> {
    let end = memchr::memchr2(b'\n', b'\r', raw).unwrap_or(raw.len());
    let line = raw[..end].trim_ascii_start();
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    if line.len() < 5 || !line[..4].eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    // `sep=;` may be followed by a quotation mark or by empty cells, but by nothing else.
    let delimiter = line[4];
    let rest = &line[5..];
    rest.iter()
        .all(|&byte| byte == delimiter || matches!(byte, b'"' | b' ' | b',' | b';'))
        .then(|| Delimiter::new(&[delimiter]).ok())
        .flatten()
        .filter(|_| delimiter.is_ascii() && delimiter != 0)
}

/// The whole lines of a piece of text from the middle of a file.
fn whole_lines(raw: &[u8]) -> Vec<u8> {
    let start = memchr::memchr2(b'\n', b'\r', raw).map_or(raw.len(), |at| at + 1);
    let end = memchr::memrchr2(b'\n', b'\r', raw).map_or(start, |at| at + 1);
    raw[start..end.max(start)].to_vec()
}

/// Words beyond ASCII as each encoding would read them, so that a wrong guess is seen.
fn words_as_read(sample: &[u8], guessed: Encoding) -> Vec<(Encoding, String)> {
    if guessed.is_utf16() {
        let raw = encoding::raw_sample(
            sample,
            &EncodingGuess {
                encoding: guessed,
                bom: sample.starts_with(guessed.bom()),
                certain: true,
                evidence: String::new(),
            },
        );
        let text = guessed.decode(&raw).map(|text| text.into_owned()).unwrap_or_default();
        let words =
            text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_ascii() && !word.is_empty());
        let shown = distinct(words.map(str::to_owned));
        return if shown.is_empty() { Vec::new() } else { vec![(guessed, shown)] };
    }
    let is_word = |byte: &u8| !byte.is_ascii() || byte.is_ascii_alphabetic() || *byte == b'\'';
    let words: Vec<&[u8]> =
        sample.split(|byte| !is_word(byte)).filter(|word| !word.is_ascii()).take(400).collect();
    if words.is_empty() {
        return Vec::new();
    }
    Encoding::ALL
        .iter()
        .filter(|encoding| !encoding.is_utf16())
        .filter_map(|&encoding| {
            let shown = distinct(words.iter().filter_map(|word| {
                let text = encoding.decode(word).ok()?;
                let text = text.trim_matches('\u{feff}');
                (!text.is_empty() && !text.is_ascii()).then(|| text.to_owned())
            }));
            (!shown.is_empty()).then_some((encoding, shown))
        })
        .collect()
}

fn distinct(words: impl Iterator<Item = String>) -> String {
    let mut shown: Vec<String> = Vec::new();
    for word in words {
        if !shown.contains(&word) {
            shown.push(word.chars().filter(|c| !c.is_control()).collect());
        }
        if shown.len() == 4 {
            break;
        }
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(text: &str) -> Dialect {
        guess(text.as_bytes(), true, &DialectChoice::default(), None, &[], Limits::default()).0
    }

    #[test]
    fn delimiters() {
        for (text, delimiter) in [
            ("a,b,c\n1,2,3\n", b','),
            ("Username;First name;Last name;Email\nx;\"A, B\";C;d@example.org\n", b';'),
            ("u\tf\tl\nx\ty\tz, q\n", b'\t'),
            ("u|f|l\nx|y|z\n", b'|'),
            ("single\nvalue\n", b','),
            ("sep=;\na;b\n1,5;2,5\n", b';'),
            ("\"sep=|\"\na|b\n", b'|'),
        ] {
            assert_eq!(dialect(text).delimiter, delimiter.into(), "{text}");
        }
    }

    #[test]
    fn header_lines() {
        for (text, line) in [
            ("Username,First name,Last name,Email\na,b,c,d@example.org\n", 1),
            ("version:v1.0\nUsername,First name,Last name,Email\na,b,c,d@example.org\n", 2),
            ("version:v1.0,,,\nUsername,First name,Last name,Email\na,b,c,d@example.org\n", 2),
            ("Staff of 2026\n\nprepared by HR\nLogin,Vorname,Nachname,E-Mail\na,b,c,d@example.org\n", 4),
            ("sep=;\nUsername;First name;Last name;Email\n", 2),
            // "ID" is a header, and a state.
            ("state|count\nVT|14\nME|16\nNJ|18\nID|36\nWV|45\n", 1),
            ("state|capital\nVermont|Montpelier\nID|Boise\nWA|Olympia\n", 0),
            ("Company;ACME\nEmail;Initials\na@example.org;a\nb@example.org;b\n", 2),
            ("asmith,Anna,Smith,anna@example.org\njdoe,John,Doe,john@example.org\n", 0),
            ("PREAMBLE,,,\n,,,\nDATE,TIME,Qty,Price\n28/01/2018,00:00,2,$7\n29/01/2018,00:15,0,$8\n", 3),
        ] {
            assert_eq!(dialect(text).header_line, line, "{text}");
        }
    }

    #[test]
    fn headers_of_several_rows() {
        let split = "First,Last,Sign-in,Contact\nname,name,name,email\nAnna,Smith,asmith,a@example.org\nJohn,Doe,jdoe,j@example.org\n";
        assert_eq!((dialect(split).header_line, dialect(split).header_rows), (1, 2));
        let repeated = "DATE,Qty,Price\nDATE,Qty,Price\nDATE,Qty,Price\n28/01/2018,2,$7\n29/01/2018,0,$8\n";
        assert_eq!((dialect(repeated).header_line, dialect(repeated).header_rows), (1, 3));
        let plain = "Username,First name,Last name,Email\nnomail,No,Mail,\nb,c,d,e@example.org\n";
        assert_eq!(dialect(plain).header_rows, 1);
    }

    #[test]
    fn words_show_what_each_encoding_makes_of_them() {
        let found = guess(b"n\nM\xFCller\n", true, &DialectChoice::default(), None, &[], Limits::default()).0;
        assert_eq!(found.encoding, Encoding::Windows1252);
        let read =
            |encoding| found.samples.iter().find(|(e, _)| *e == encoding).map(|(_, text)| text.as_str());
        assert_eq!(read(Encoding::Windows1252), Some("Müller"));
        assert_eq!(read(Encoding::Utf8), None);
        assert!(dialect("a,b\n").samples.is_empty());
    }
}
