//! Encodings: what bytes mean as text, without ever inventing a character.
//!
//! Every encoding that is read is UTF-8, UTF-16 or single-byte. The reader therefore works on *raw text*: the file's own
//! bytes, or, for UTF-16, the same characters as UTF-8. Those of East Asia are recognised here and turned into UTF-8 before
//! ([`Encoding::is_transcoded`]). Delimiters, quotes and line ends are ASCII there, a record
//! can be cut before it is decoded, and its length in the original file follows from its raw text alone
//! ([`Encoding::original_len`]). Tables of our own instead of encoding_rs: it would be a third of the Wasm.

mod guess;
mod known;
mod language;
mod multi_byte;
mod plausible;
mod tables;
mod unreadable;
mod utf16;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use guess::to_transcode;
pub(crate) use guess::{EncodingGuess, Hindrance, guess, hindrance, raw_sample};
pub(crate) use plausible::guess_single_byte;
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
    /// Greek Windows.
    Windows1253,
    /// Turkish Windows; ISO-8859-9 is the same but for quotation marks and dashes.
    Windows1254,
    /// Hebrew Windows; ISO-8859-8 has the same letters.
    Windows1255,
    /// Arabic Windows.
    Windows1256,
    /// Baltic Windows; ISO-8859-13 has the same letters.
    Windows1257,
    /// Vietnamese Windows.
    Windows1258,
    /// Thai Windows; TIS-620 is the same but for quotation marks and dashes.
    Windows874,
    /// Latin-2.
    Iso8859_2,
    /// Cyrillic ISO 8859.
    Iso8859_5,
    /// Arabic ISO 8859.
    Iso8859_6,
    /// Greek ISO 8859.
    Iso8859_7,
    /// Russian of Unix.
    Koi8R,
    /// Ukrainian of Unix.
    Koi8U,
    /// Western DOS; the letters of code page 437 are at the same places.
    Ibm850,
    /// Central European DOS.
    Ibm852,
    /// Cyrillic DOS.
    Ibm866,
    /// Japanese Windows (code page 932): what Excel writes there.
    ShiftJis,
    /// Chinese in simplified characters; GBK and GB 2312 are parts of it.
    Gb18030,
    /// Chinese in traditional characters.
    Big5,
    /// Korean Windows (code page 949).
    EucKr,
    /// Japanese of Unix.
    EucJp,
    /// Japanese of old mail, in seven bits.
    Iso2022Jp,
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
        Encoding::Windows1253,
        Encoding::Windows1254,
        Encoding::Windows1255,
        Encoding::Windows1256,
        Encoding::Windows1257,
        Encoding::Windows1258,
        Encoding::Windows874,
        Encoding::Iso8859_15,
        Encoding::Iso8859_1,
        Encoding::Iso8859_2,
        Encoding::Iso8859_5,
        Encoding::Iso8859_6,
        Encoding::Iso8859_7,
        Encoding::Koi8R,
        Encoding::Koi8U,
        Encoding::MacRoman,
        Encoding::Ibm850,
        Encoding::Ibm852,
        Encoding::Ibm866,
        Encoding::ShiftJis,
        Encoding::Gb18030,
        Encoding::Big5,
        Encoding::EucKr,
        Encoding::EucJp,
        Encoding::Iso2022Jp,
    ];

    /// Its usual name, such as `Windows-1252`.
    pub const fn label(self) -> &'static str {
        self.known().label
    }

    /// What people call it, such as "Windows-1252 (Western European)".
    pub const fn description(self) -> &'static str {
        self.known().description
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
        let named = |encoding: &Encoding| {
            plain(encoding.label()) == wanted || encoding.known().others.contains(&wanted.as_str())
        };
        Encoding::ALL.iter().copied().find(named)
    }

    /// Whether it is UTF-16 in either byte order.
    pub const fn is_utf16(self) -> bool {
        matches!(self, Encoding::Utf16Le | Encoding::Utf16Be)
    }

    /// Whether the reader cannot cut its bytes: whoever has the file turns it into UTF-8, and the reader, which is told
    /// the encoding, gets that. The WHATWG Encoding Standard knows it by its label.
    pub const fn is_transcoded(self) -> bool {
        matches!(
            self,
            Encoding::ShiftJis
                | Encoding::Gb18030
                | Encoding::Big5
                | Encoding::EucKr
                | Encoding::EucJp
                | Encoding::Iso2022Jp
        )
    }

    /// Whether its raw text is UTF-8.
    pub(crate) const fn is_unicode(self) -> bool {
        matches!(self, Encoding::Utf8) || self.is_utf16() || self.is_transcoded()
    }

    /// The character of a byte in a single-byte encoding; U+FFFD if it has none.
    pub(crate) fn char_of(self, byte: u8) -> char {
        if byte < 0x80 {
            return char::from(byte);
        }
        match self.known().table {
            Some(table) => char::from_u32(u32::from(table[usize::from(byte - 0x80)]))
                .expect("the tables hold no surrogates"),
            None => char::from(byte),
        }
    }

    /// Whether a byte means nothing in a single-byte encoding.
    pub(crate) fn lacks(self, byte: u8) -> bool {
        self.char_of(byte) == tables::NONE
    }

    /// Decodes raw text (for UTF-16: what the transcoder made of it). Never yields U+FFFD for what cannot be read.
    ///
    /// # Errors
    /// [`Undecodable`] with the place of the first bad byte.
    pub fn decode(self, raw: &[u8]) -> Result<Cow<'_, str>, Undecodable> {
        match self {
            unicode if unicode.is_unicode() => std::str::from_utf8(raw)
                .map(Cow::Borrowed)
                .map_err(|error| Undecodable { at: error.valid_up_to() }),
            single_byte => match std::str::from_utf8(raw) {
                Ok(text) if raw.is_ascii() => Ok(Cow::Borrowed(text)),
                _ => match raw.iter().position(|&byte| single_byte.lacks(byte)) {
                    Some(at) => Err(Undecodable { at }),
                    None => Ok(Cow::Owned(raw.iter().map(|&byte| single_byte.char_of(byte)).collect())),
                },
            },
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
            (Encoding::Windows1253, encoding_rs::WINDOWS_1253),
            (Encoding::Windows1254, encoding_rs::WINDOWS_1254),
            (Encoding::Windows1255, encoding_rs::WINDOWS_1255),
            (Encoding::Windows1256, encoding_rs::WINDOWS_1256),
            (Encoding::Windows1257, encoding_rs::WINDOWS_1257),
            (Encoding::Windows1258, encoding_rs::WINDOWS_1258),
            (Encoding::Windows874, encoding_rs::WINDOWS_874),
            (Encoding::Iso8859_2, encoding_rs::ISO_8859_2),
            (Encoding::Iso8859_5, encoding_rs::ISO_8859_5),
            (Encoding::Iso8859_6, encoding_rs::ISO_8859_6),
            (Encoding::Iso8859_7, encoding_rs::ISO_8859_7),
            (Encoding::Iso8859_15, encoding_rs::ISO_8859_15),
            (Encoding::Koi8R, encoding_rs::KOI8_R),
            (Encoding::Koi8U, encoding_rs::KOI8_U),
            (Encoding::Ibm866, encoding_rs::IBM866),
            (Encoding::MacRoman, encoding_rs::MACINTOSH),
        ];
        for byte in 0..=255u8 {
            for (ours, theirs) in pairs {
                let bytes = [byte];
                let text = theirs.decode_without_bom_handling_and_without_replacement(&bytes);
                assert_eq!(ours.decode(&bytes).ok(), text, "{ours} {byte:#x}");
            }
            assert_eq!(
                Encoding::Iso8859_1.decode(&[byte]).unwrap(),
                encoding_rs::mem::decode_latin1(&[byte])
            );
        }
        // encoding_rs has no other DOS code pages: FNV-1a of what Python's codecs make of 0x80 to 0xFF, as UTF-16BE.
        for (ours, wanted) in
            [(Encoding::Ibm850, 0xc944_784e_9732_3bd9), (Encoding::Ibm852, 0xa386_e002_65e8_e544)]
        {
            let text: String = (0x80..=0xFF).map(|byte| ours.char_of(byte)).collect();
            let sum = text
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
                    (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
                });
            assert_eq!(sum, wanted, "{ours}");
        }
    }

    #[test]
    fn names_are_found_again() {
        for &encoding in Encoding::ALL {
            assert_eq!(Encoding::parse(encoding.label()), Some(encoding));
            assert!(encoding.description().starts_with(encoding.label()));
        }
        assert_eq!(Encoding::parse("utf 8"), Some(Encoding::Utf8));
        for (name, encoding) in [
            ("cp1253", Encoding::Windows1253),
            ("ISO-8859-9", Encoding::Windows1254),
            ("latin2", Encoding::Iso8859_2),
            ("koi8-r", Encoding::Koi8R),
            ("CP 850", Encoding::Ibm850),
            ("TIS-620", Encoding::Windows874),
        ] {
            assert_eq!(Encoding::parse(name), Some(encoding), "{name}");
        }
        assert_eq!(Encoding::parse("EBCDIC"), None);
    }

    #[test]
    fn bad_bytes_are_an_error_with_their_place() {
        assert_eq!(Encoding::Utf8.decode(b"M\xFCller"), Err(Undecodable { at: 1 }));
        // Greek Windows has no letter here.
        assert_eq!(Encoding::Windows1253.decode(b"a\xE1\xD2"), Err(Undecodable { at: 2 }));
    }
}
