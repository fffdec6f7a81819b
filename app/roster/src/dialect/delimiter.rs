//! What stands between two cells: usually one byte, at times a few.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most bytes a delimiter has.
pub const MAX_DELIMITER: usize = 4;

/// What stands between two cells; in raw text (see [`crate::encoding`]).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Delimiter {
    bytes: [u8; MAX_DELIMITER],
    length: u8,
}

/// Why something cannot be a delimiter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DelimiterError {
    /// It is too long.
    #[error("a delimiter has at most {MAX_DELIMITER} bytes")]
    TooLong,
    /// It holds what ends a line or quotes a cell.
    #[error("a delimiter holds neither line ends nor double quotation marks")]
    Reserved,
    /// There is nothing.
    #[error("write a delimiter, such as ; or the word tab")]
    Empty,
}

impl Delimiter {
    /// No delimiter: every line is one cell.
    pub const NONE: Delimiter = Delimiter { bytes: [0; MAX_DELIMITER], length: 0 };

    /// A delimiter of one byte.
    pub const fn of(byte: u8) -> Delimiter {
        Delimiter { bytes: [byte, 0, 0, 0], length: 1 }
    }

    /// A delimiter of several bytes.
    ///
    /// # Errors
    /// There are none or too many of them, or one that ends a line or quotes a cell.
    pub fn new(bytes: &[u8]) -> Result<Delimiter, DelimiterError> {
        if bytes.is_empty() {
            return Err(DelimiterError::Empty);
        }
        if bytes.len() > MAX_DELIMITER {
            return Err(DelimiterError::TooLong);
        }
        if bytes.iter().any(|byte| matches!(byte, b'"' | b'\n' | b'\r')) {
            return Err(DelimiterError::Reserved);
        }
        let mut kept = [0; MAX_DELIMITER];
        kept[..bytes.len()].copy_from_slice(bytes);
        Ok(Delimiter { bytes: kept, length: bytes.len() as u8 })
    }

    /// What a person wrote: the delimiter itself, or the word `tab` or `space`.
    ///
    /// # Errors
    /// As for [`Delimiter::new`].
    pub fn parse(text: &str) -> Result<Delimiter, DelimiterError> {
        match text {
            "tab" | "\\t" => Ok(Delimiter::of(b'\t')),
            "space" => Ok(Delimiter::of(b' ')),
            _ => Delimiter::new(text.as_bytes()),
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.length == 0
    }

    /// The byte, where it is only one.
    pub fn single(&self) -> Option<u8> {
        (self.length == 1).then_some(self.bytes[0])
    }

    /// Its first byte.
    pub(crate) fn first(&self) -> Option<u8> {
        self.bytes().first().copied()
    }

    /// Whether it stands at the start of a text.
    #[inline]
    pub(crate) fn begins(&self, text: &[u8]) -> bool {
        self.length != 0 && text.starts_with(self.bytes())
    }

    /// The delimiter for people: `,`, `;`, `tab`, `space`, `||`.
    pub fn label(&self) -> String {
        match self.bytes() {
            b"\t" => "tab".to_owned(),
            b"\t\t" => "two tabs".to_owned(),
            b" " => "space".to_owned(),
            bytes => {
                // In a single-byte encoding a sign beyond ASCII is one byte: Latin-1 shows it nearly always right.
                let text = std::str::from_utf8(bytes)
                    .map_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect(), str::to_owned);
                text.chars()
                    .map(|c| match c {
                        '\t' => "tab".to_owned(),
                        c if c.is_control() => format!("U+{:04X}", u32::from(c)),
                        c => c.to_string(),
                    })
                    .collect()
            }
        }
    }
}

impl From<u8> for Delimiter {
    fn from(byte: u8) -> Delimiter {
        Delimiter::of(byte)
    }
}

impl TryFrom<Vec<u8>> for Delimiter {
    type Error = DelimiterError;

    fn try_from(bytes: Vec<u8>) -> Result<Delimiter, DelimiterError> {
        if bytes.is_empty() { Ok(Delimiter::NONE) } else { Delimiter::new(&bytes) }
    }
}

impl From<Delimiter> for Vec<u8> {
    fn from(delimiter: Delimiter) -> Vec<u8> {
        delimiter.bytes().to_vec()
    }
}

impl fmt::Debug for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_delimiters() {
        for (text, label) in
            [(",", ","), ("tab", "tab"), ("\\t", "tab"), (" ", "space"), ("||", "||"), ("\u{1f}", "U+001F")]
        {
            assert_eq!(Delimiter::parse(text).unwrap().label(), label);
        }
        assert_eq!(Delimiter::parse(""), Err(DelimiterError::Empty));
        assert_eq!(Delimiter::parse("\n"), Err(DelimiterError::Reserved));
        assert_eq!(Delimiter::parse("12345"), Err(DelimiterError::TooLong));
    }

    #[test]
    fn they_survive_a_journey() {
        for delimiter in [Delimiter::NONE, Delimiter::of(b';'), Delimiter::new(b"::").unwrap()] {
            let text = serde_json::to_string(&delimiter).unwrap();
            assert_eq!(serde_json::from_str::<Delimiter>(&text).unwrap(), delimiter);
        }
    }
}
