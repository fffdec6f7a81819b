//! Encodings: what bytes mean as text, without ever inventing a character.
//!
//! Every supported encoding is UTF-8, UTF-16 or single-byte. The reader therefore works on *raw text*: the file's own
//! bytes, or, for UTF-16, the same characters as UTF-8. Delimiters, quotes and line ends are ASCII there, a record
//! can be cut before it is decoded, and its length in the original file follows from its raw text alone
//! ([`Encoding::original_len`]). Tables of our own instead of encoding_rs: it would be a third of the Wasm.

mod guess;
mod language;
mod tables;
mod utf16;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use guess::{EncodingGuess, binary_format, guess, guess_single_byte, raw_sample};
pub(crate) use utf16::{ODD_BYTE, Utf16};

/// How a roster's bytes are read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16, low byte first: Excel's "Unicode text".
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Central European Windows.
    Windows1250,
    /// Cyrillic Windows.
    Windows1251,
    /// Western Windows.
    Windows1252,
    /// Latin-1 to the letter: 0x80 to 0x9F are control characters.
    Iso8859_1,
    /// Latin-9: Latin-1 with the euro sign.
    Iso8859_15,
    /// Classic Mac OS, western.
    MacRoman,
}

/// Bytes that mean nothing in the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("bytes that mean nothing in this encoding, from byte {at}")]
pub struct Undecodable {
    /// Where they begin within the text that was to be decoded, in raw bytes.
    pub at: usize,
}

impl Encoding {
    /// Every encoding, in the order in which a screen offers them.
    pub const ALL: &[Encoding] = &[
        Encoding::Utf8,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
        Encoding::Windows1252,
        Encoding::Windows1250,
        Encoding::Windows1251,
        Encoding::Iso8859_15,
        Encoding::Iso8859_1,
        Encoding::MacRoman,
    ];

    /// Its usual name, such as `Windows-1252`.
    pub const fn label(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Windows1250 => "Windows-1250",
            Encoding::Windows1251 => "Windows-1251",
            Encoding::Windows1252 => "Windows-1252",
            Encoding::Iso8859_1 => "ISO-8859-1",
            Encoding::Iso8859_15 => "ISO-8859-15",
            Encoding::MacRoman => "Mac Roman",
        }
    }

    /// What people call it, such as "Windows-1252 (Western European)".
    pub const fn description(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8 (all languages)",
            Encoding::Utf16Le => "UTF-16LE (Excel's Unicode text)",
            Encoding::Utf16Be => "UTF-16BE (Unicode, high byte first)",
            Encoding::Windows1250 => "Windows-1250 (Central European)",
            Encoding::Windows1251 => "Windows-1251 (Cyrillic)",
            Encoding::Windows1252 => "Windows-1252 (Western European)",
            Encoding::Iso8859_1 => "ISO-8859-1 (Latin-1)",
            Encoding::Iso8859_15 => "ISO-8859-15 (Latin-9)",
            Encoding::MacRoman => "Mac Roman (older Macs)",
        }
    }

    /// The encoding of this name, without regard to case, spaces, `-` and `_`.
    pub fn parse(name: &str) -> Option<Encoding> {
        let plain = |text: &str| {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_lowercase())
                .collect::<String>()
        };
        let wanted = plain(name);
        let other = match wanted.as_str() {
            "utf16" => Some(Encoding::Utf16Le),
            "latin1" => Some(Encoding::Iso8859_1),
            "latin9" => Some(Encoding::Iso8859_15),
            "cp1250" => Some(Encoding::Windows1250),
            "cp1251" => Some(Encoding::Windows1251),
            "cp1252" | "ansi" => Some(Encoding::Windows1252),
            "macintosh" => Some(Encoding::MacRoman),
            _ => None,
        };
        other.or_else(|| Encoding::ALL.iter().copied().find(|encoding| plain(encoding.label()) == wanted))
    }

    /// Whether it is UTF-16 in either byte order.
    pub const fn is_utf16(self) -> bool {
        matches!(self, Encoding::Utf16Le | Encoding::Utf16Be)
    }

    /// The meaning of 0x80 to 0xFF; `None` unless single-byte. True Latin-1 needs no table.
    const fn table(self) -> Option<&'static [u16; 128]> {
        match self {
            Encoding::Windows1250 => Some(&tables::WINDOWS_1250),
            Encoding::Windows1251 => Some(&tables::WINDOWS_1251),
            Encoding::Windows1252 => Some(&tables::WINDOWS_1252),
            Encoding::Iso8859_15 => Some(&tables::ISO_8859_15),
            Encoding::MacRoman => Some(&tables::MAC_ROMAN),
            Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be | Encoding::Iso8859_1 => None,
        }
    }

    /// The character of a byte in a single-byte encoding.
    pub(crate) fn char_of(self, byte: u8) -> char {
        if byte < 0x80 {
            return char::from(byte);
        }
        match self.table() {
            Some(table) => char::from_u32(u32::from(table[usize::from(byte - 0x80)]))
                .expect("the tables hold no surrogates"),
            None => char::from(byte),
        }
    }

    /// Decodes raw text (for UTF-16: what the transcoder made of it). Never yields U+FFFD for what cannot be read.
    ///
    /// # Errors
    /// [`Undecodable`] with the place of the first bad byte.
    pub fn decode(self, raw: &[u8]) -> Result<Cow<'_, str>, Undecodable> {
        match self {
            Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be => std::str::from_utf8(raw)
                .map(Cow::Borrowed)
                .map_err(|error| Undecodable { at: error.valid_up_to() }),
            single_byte => Ok(match std::str::from_utf8(raw) {
                Ok(text) if raw.is_ascii() => Cow::Borrowed(text),
                _ => Cow::Owned(raw.iter().map(|&byte| single_byte.char_of(byte)).collect()),
            }),
        }
    }

    /// How many bytes of the original file a piece of raw text came from.
    pub fn original_len(self, raw: &[u8]) -> u64 {
        if !self.is_utf16() {
            return raw.len() as u64;
        }
        raw.iter()
            .map(|&byte| match byte {
                ODD_BYTE => 1,
                0xF0..=0xF7 => 4,
                0x80..=0xBF => 0,
                _ => 2,
            })
            .sum()
    }

    /// Raw text of a piece of the original file that begins and ends at character boundaries.
    pub fn to_raw(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        if !self.is_utf16() {
            return Cow::Borrowed(bytes);
        }
        let mut raw = Vec::with_capacity(bytes.len());
        let mut transcoder = Utf16::new(self == Encoding::Utf16Le);
        transcoder.push(bytes, &mut raw);
        transcoder.finish(&mut raw);
        Cow::Owned(raw)
    }

    /// Its byte order mark, if it has one.
    pub(crate) const fn bom(self) -> &'static [u8] {
        match self {
            Encoding::Utf8 => b"\xEF\xBB\xBF",
            Encoding::Utf16Le => b"\xFF\xFE",
            Encoding::Utf16Be => b"\xFE\xFF",
            _ => b"",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_agrees_with_encoding_rs() {
        let pairs = [
            (Encoding::Windows1250, encoding_rs::WINDOWS_1250),
            (Encoding::Windows1251, encoding_rs::WINDOWS_1251),
            (Encoding::Windows1252, encoding_rs::WINDOWS_1252),
            (Encoding::Iso8859_15, encoding_rs::ISO_8859_15),
            (Encoding::MacRoman, encoding_rs::MACINTOSH),
        ];
        for byte in 0..=255u8 {
            for (ours, theirs) in pairs {
                let bytes = [byte];
                let (text, _) = theirs.decode_without_bom_handling(&bytes);
                assert_eq!(ours.decode(&bytes).unwrap(), text, "{ours} {byte:#x}");
            }
            assert_eq!(
                Encoding::Iso8859_1.decode(&[byte]).unwrap(),
                encoding_rs::mem::decode_latin1(&[byte])
            );
        }
    }

    #[test]
    fn names_are_found_again() {
        for &encoding in Encoding::ALL {
            assert_eq!(Encoding::parse(encoding.label()), Some(encoding));
            assert!(encoding.description().starts_with(encoding.label()));
        }
        assert_eq!(Encoding::parse("utf 8"), Some(Encoding::Utf8));
        assert_eq!(Encoding::parse("EBCDIC"), None);
    }

    #[test]
    fn bad_utf8_is_an_error_with_its_place() {
        assert_eq!(Encoding::Utf8.decode(b"M\xFCller"), Err(Undecodable { at: 1 }));
    }
}
