//! Which encoding a file is in: its mark, its zeros, whether it is UTF-8. What is none of that has to be found plausible.

use super::{Encoding, ODD_BYTE, Utf16, guess_single_byte, multi_byte, unreadable};

/// What a sample says about the encoding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct EncodingGuess {
    pub(crate) encoding: Encoding,
    /// Whether the file begins with the encoding's byte order mark.
    pub(crate) bom: bool,
    /// False while UTF-8 is only assumed, because every byte so far is ASCII.
    pub(crate) certain: bool,
    /// Why, as a sentence.
    pub(crate) evidence: String,
}

/// Guesses from the beginning of a file.
pub(crate) fn guess(sample: &[u8]) -> EncodingGuess {
    let answer = |encoding, bom, certain, evidence: &str| EncodingGuess {
        encoding,
        bom,
        certain,
        evidence: evidence.to_owned(),
    };
    for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be] {
        if sample.starts_with(encoding.bom()) {
            return answer(encoding, true, true, "The file begins with its byte order mark.");
        }
    }
    if let Some(little_endian) = utf16_by_zeros(sample) {
        let encoding = if little_endian { Encoding::Utf16Le } else { Encoding::Utf16Be };
        return answer(encoding, false, true, "Every other byte is zero.");
    }
    if sample.is_ascii() {
        return answer(
            Encoding::Utf8,
            false,
            false,
            "Only plain letters so far, which are the same in UTF-8.",
        );
    }
    let (sequences, faults) = utf8_census(sample);
    if faults == 0 {
        return answer(Encoding::Utf8, false, true, "All letters beyond A to Z are valid UTF-8.");
    }
    if sequences > faults {
        return answer(
            Encoding::Utf8,
            false,
            true,
            "Most letters beyond A to Z are valid UTF-8; some are damaged.",
        );
    }
    let encoding = guess_single_byte(sample);
    answer(encoding, false, true, "Not UTF-8; in this encoding the letters make the most plausible names.")
}

/// Low byte first? `None` if it is no UTF-16.
fn utf16_by_zeros(sample: &[u8]) -> Option<bool> {
    let pairs = sample.len() / 2;
    if pairs < 2 {
        return None;
    }
    let zeros = |offset: usize| sample[offset..].iter().step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // Names of other scripts have few zeros, but delimiters, line ends and e-mail addresses always do.
    if odd * 5 >= pairs * 2 && even * 20 <= pairs {
        Some(true)
    } else if even * 5 >= pairs * 2 && odd * 20 <= pairs {
        Some(false)
    } else {
        None
    }
}

/// How many multi-byte sequences are valid UTF-8, and how many places are not. A sequence cut off by the end of
/// the sample is neither.
fn utf8_census(sample: &[u8]) -> (usize, usize) {
    let (mut sequences, mut faults) = (0, 0);
    let mut rest = sample;
    loop {
        let (valid, error) = match std::str::from_utf8(rest) {
            Ok(text) => (text, None),
            Err(error) => {
                let text = std::str::from_utf8(&rest[..error.valid_up_to()]).expect("valid up to there");
                (text, Some(error))
            }
        };
        sequences += valid.chars().filter(|c| !c.is_ascii()).count();
        let Some(error) = error else { break };
        let Some(length) = error.error_len() else { break };
        faults += 1;
        rest = &rest[error.valid_up_to() + length..];
    }
    (sequences, faults)
}

/// Why a file cannot be read as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hindrance {
    /// It is no text, but this.
    NoText(&'static str),
    /// It is text in an encoding of this name that nothing here reads.
    Unreadable(&'static str),
    /// It has to be turned into UTF-8 first.
    Transcode(Encoding),
}

impl Hindrance {
    /// What it is and how to mend it.
    pub(crate) fn message(self) -> String {
        let encoding = match self {
            Hindrance::NoText(format) => {
                return format!(
                    "This is {format}, not a CSV. Open it in the program it comes from and save it as CSV (UTF-8), then choose that file."
                );
            }
            Hindrance::Unreadable(name) => name,
            Hindrance::Transcode(encoding) => encoding.description(),
        };
        format!(
            "This is text in {encoding}, an encoding that is not read here. In Excel, save it as \u{201c}CSV UTF-8\u{201d}; in another program, choose UTF-8 when you save it. Then choose that file."
        )
    }
}

/// What hinders reading a file that begins like this; if its encoding was chosen, only what it is when it is no text.
pub(crate) fn hindrance(sample: &[u8], chosen: bool) -> Option<Hindrance> {
    if chosen {
        return binary_format(sample).map(Hindrance::NoText);
    }
    let unreadable = || unreadable::name(sample).map(Hindrance::Unreadable);
    let no_text = || binary_format(sample).map(Hindrance::NoText);
    unreadable().or_else(no_text).or_else(|| to_transcode(sample).map(Hindrance::Transcode))
}

/// The encoding of a file that has to be turned into UTF-8 before it is read, by its beginning or by what comes from its
/// first characters beyond ASCII on.
pub fn to_transcode(sample: &[u8]) -> Option<Encoding> {
    if sample.is_ascii() {
        let escaped = |set: &[u8]| memchr::memmem::find(sample, set).is_some();
        return (escaped(b"\x1b$B") || escaped(b"\x1b$@")).then_some(Encoding::Iso2022Jp);
    }
    let marked = [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be]
        .iter()
        .any(|encoding| sample.starts_with(encoding.bom()));
    if marked || utf16_by_zeros(sample).is_some() || binary_format(sample).is_some() {
        return None;
    }
    let (sequences, faults) = match std::str::from_utf8(sample) {
        Ok(_) => return None,
        Err(_) => utf8_census(sample),
    };
    if faults == 0 || sequences > faults { None } else { multi_byte::recognise(sample) }
}

/// What a file is when it is no text: known by its first bytes, or by the control characters it is full of.
fn binary_format(sample: &[u8]) -> Option<&'static str> {
    const WORKBOOK: &str = "an Excel workbook or another zip archive";
    const MAGIC: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", WORKBOOK),
        (b"PK\x05\x06", WORKBOOK),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old Excel or Word file"),
        (b"%PDF-", "a PDF document"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"BZh", "a bzip2 archive"),
        (b"\xFD7zXZ\0", "an xz archive"),
        (b"\x28\xB5\x2F\xFD", "a Zstandard archive"),
        (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
        (b"Rar!\x1A\x07", "a RAR archive"),
        (b"\x89PNG\r\n\x1A\n", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
        (b"GIF87a", "a picture"),
        (b"GIF89a", "a picture"),
        (b"II*\0", "a picture"),
        (b"MM\0*", "a picture"),
        (b"RIFF", "a picture or a recording"),
        (b"SQLite format 3\0", "a database"),
        (b"PAR1", "a Parquet file"),
        (b"{\\rtf", "a Rich Text document"),
        (b"\x7FELF", "a program"),
        (b"MZ\x90\0", "a program"),
    ];
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| sample.starts_with(magic)) {
        return Some(name);
    }
    let start = sample.trim_ascii_start();
    let head: Vec<u8> = start.iter().take(14).map(u8::to_ascii_lowercase).collect();
    if head.starts_with(b"<!doctype html") || head.starts_with(b"<html") {
        return Some("a web page");
    }
    if head.starts_with(b"<?xml") {
        return Some("an XML document");
    }
    if utf16_by_zeros(sample).is_none()
        && !sample.starts_with(b"\xFF\xFE")
        && !sample.starts_with(b"\xFE\xFF")
    {
        // Tabs and line feeds of every kind, and the separators that ASCII has for tables, belong to a text.
        let controls =
            sample.iter().filter(|&&b| b < 0x20 && !matches!(b, b'\t'..=b'\r' | 0x1c..=0x1f)).count();
        if controls * 10 > sample.len() && controls > 4 {
            return Some("binary data");
        }
    }
    None
}

/// The beginning of a file as raw text, without its mark.
pub(crate) fn raw_sample(sample: &[u8], guess: &EncodingGuess) -> Vec<u8> {
    let body = if guess.bom { &sample[guess.encoding.bom().len()..] } else { sample };
    if !guess.encoding.is_utf16() {
        return body.to_vec();
    }
    // Whatever is cut off at the end of a sample is left out, not marked as damaged.
    let mut raw = Vec::with_capacity(body.len());
    Utf16::new(guess.encoding == Encoding::Utf16Le).push(body, &mut raw);
    debug_assert!(!raw.contains(&ODD_BYTE));
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_zeros_and_utf8() {
        let utf16: Vec<u8> = "a,b\nü,ß\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(guess(&utf16).encoding, Encoding::Utf16Be);
        assert!(guess(b"\xFF\xFEa\0").bom);
        assert!(!guess(b"a,b\n").certain);
        assert!(guess("ü".as_bytes()).certain);
        let mixed = ["Müller, Łódź, Núria\n".as_bytes(), b"M\xFCller\n"].concat();
        assert_eq!(
            guess(&mixed).encoding,
            Encoding::Utf8,
            "one damaged row does not change the file's encoding"
        );
    }

    #[test]
    fn what_is_no_text() {
        assert_eq!(binary_format(b"PK\x03\x04rest"), Some("an Excel workbook or another zip archive"));
        assert_eq!(binary_format(b"%PDF-1.7"), Some("a PDF document"));
        assert_eq!(binary_format(b"a,b\0c\nd,e\n"), None, "one zero does not make a file binary");
        assert_eq!(binary_format(b"\"\t\n\x0b\x0c start \t\n\x0b\x0c end \t\n\x0b\x0c\",b,c\nd,e,f\n"), None);
        assert_eq!(binary_format(b"a\x1fb\x1fc\n1\x1f2\x1f3\n4\x1f5\x1f6\n"), None);
        assert!(binary_format(&[1; 64]).is_some());
    }
}
