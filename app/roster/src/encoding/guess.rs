//! Which encoding a file is in: its mark, its zeros, whether it is UTF-8, and else which reading looks like names.

use super::language::{self, CENTRAL, CYRILLIC, Language, WESTERN};
use super::{Encoding, ODD_BYTE, Utf16};

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

/// In the order that decides between equals: the likelier encoding of a file first.
const CANDIDATES: &[(Encoding, &[Language])] = &[
    (Encoding::Windows1252, WESTERN),
    (Encoding::Windows1250, CENTRAL),
    (Encoding::Windows1251, CYRILLIC),
    (Encoding::MacRoman, WESTERN),
    (Encoding::Iso8859_15, WESTERN),
    (Encoding::Iso8859_1, WESTERN),
];

/// The single-byte encoding in which the sample looks most like names.
pub(crate) fn guess_single_byte(sample: &[u8]) -> Encoding {
    let domains = country_domains(sample);
    let mut best = (Encoding::Windows1252, f64::NEG_INFINITY);
    for &(encoding, languages) in CANDIDATES {
        let score = score(sample, encoding, languages, &domains);
        if score > best.1 {
            best = (encoding, score);
        }
    }
    best.0
}

fn score(sample: &[u8], encoding: Encoding, languages: &[Language], domains: &[(String, i64)]) -> f64 {
    let mut context = 0;
    // How often each lower-cased letter beyond ASCII occurs: at most 128 kinds.
    let mut letters: Vec<(char, u32)> = Vec::new();
    let char_at =
        |place: Option<usize>| place.and_then(|i| sample.get(i)).map_or(' ', |&byte| encoding.char_of(byte));
    for (i, &byte) in sample.iter().enumerate().filter(|(_, byte)| !byte.is_ascii()) {
        let c = encoding.char_of(byte);
        let (before, after) = (char_at(i.checked_sub(1)), char_at(Some(i + 1)));
        context += in_context(before, c, after);
        if c.is_alphabetic() {
            let lower = c.to_lowercase().next().unwrap_or(c);
            match letters.iter_mut().find(|(letter, _)| *letter == lower) {
                Some((_, count)) => *count += 1,
                None => letters.push((lower, 1)),
            }
        }
    }
    context as f64 + language::likelihood(languages, &letters, domains)
}

/// How natural a character beyond ASCII is between its neighbours.
fn in_context(before: char, c: char, after: char) -> i64 {
    if c.is_control() {
        return -20;
    }
    if !c.is_alphabetic() {
        let inside = before.is_alphabetic() && after.is_alphabetic();
        return match c {
            '\u{A0}' => 0,
            '£' if !before.is_alphabetic() => 1,
            '\u{2018}' | '\u{2019}' | '\u{B4}' | '\u{2013}' | '\u{2014}' if inside => 2,
            '\u{2018}'..='\u{201E}' | '\u{2013}' | '\u{2014}' | '\u{2026}' | '€' => 1,
            _ if inside => -8,
            _ if before.is_alphabetic() || after.is_alphabetic() => -5,
            _ => -2,
        };
    }
    let cyrillic = |c: char| matches!(c, '\u{400}'..='\u{4FF}');
    let mut worth = 1;
    for neighbour in [before, after] {
        if neighbour.is_alphabetic() {
            if cyrillic(neighbour) != cyrillic(c) {
                worth -= 8;
            } else if cyrillic(c) {
                worth += 2;
            } else if !neighbour.is_ascii() {
                // Two accented letters in a row are rare in every Latin alphabet.
                worth -= 2;
            } else {
                worth += 1;
            }
        }
    }
    if before.is_lowercase() && c.is_uppercase() {
        worth -= 6;
    }
    worth + language::beside(before, c, after)
}

/// The two-letter domains at the end of e-mail addresses, with how often each occurs.
fn country_domains(sample: &[u8]) -> Vec<(String, i64)> {
    let mut found: Vec<(String, i64)> = Vec::new();
    for at in memchr::memchr_iter(b'@', sample) {
        let rest = &sample[at + 1..];
        let end = rest
            .iter()
            .position(|&b| !(b.is_ascii_alphanumeric() || b == b'.' || b == b'-'))
            .unwrap_or(rest.len());
        if let Some(dot) = rest[..end].iter().rposition(|&b| b == b'.') {
            let domain = String::from_utf8_lossy(&rest[dot + 1..end]).to_ascii_lowercase();
            match found.iter().position(|(known, _)| *known == domain) {
                Some(place) => found[place].1 += 1,
                None if found.len() < 50 => found.push((domain, 1)),
                None => {}
            }
        }
    }
    found
}

/// What a file is when it is no text: known by its first bytes, or by the control characters it is full of.
pub(crate) fn binary_format(sample: &[u8]) -> Option<&'static str> {
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

    fn encode(encoding: Encoding, text: &str) -> Vec<u8> {
        text.chars()
            .map(|c| {
                (0..=255u8)
                    .find(|&byte| encoding.char_of(byte) == c)
                    .unwrap_or_else(|| panic!("{c} in {encoding}"))
            })
            .collect()
    }

    #[test]
    fn names_tell_the_encoding() {
        for (encoding, text) in [
            (Encoding::Windows1252, "Benutzername;Vorname;Nachname\r\nmm;Jürgen;Müßig\r\na;Änne;Schäfer\r\n"),
            (Encoding::Windows1252, "login,prenom,nom\nr,Hélène,Lefèvre\ng,François,Bézier\n"),
            (Encoding::Windows1252, "u,f,l\nn,Núria,García López\nj,José,Muñoz\n"),
            (
                Encoding::Windows1250,
                "u,f,l,e\ns,Stanisław,Wójcik,s@example.pl\nz,Żaneta,Gałązka,z@example.pl\n",
            ),
            (Encoding::Windows1250, "u,f,l\nj,Jiří,Dvořák\np,Přemysl,Němec\nz,Zdeněk,Šimůnek\n"),
            (Encoding::Windows1250, "u,f,l\nl,László,Erdős\nj,Jenő,Szűcs\n"),
            (Encoding::Windows1250, "u,f,l\na,Ana,Babič\nj,Jan,Jurčič\ne,Eva,Kovač\n"),
            (Encoding::Windows1250, "u,f,l\na,Ana,Babić\nj,Ivo,Perić\n"),
            (Encoding::Windows1252, "u,f,l\nb,Bjørn,Hansen\nj,Jørgen,Lie\n"),
            (Encoding::Windows1252, "u,f,l\nh,Håkon,Berg\np,Pål,Ås\n"),
            (Encoding::Windows1252, "u,f,l\na,Åke,Ågren\nh,Håkan,Nilsson\n"),
            (Encoding::Windows1252, "u,f,l\nn,Nicolò,Bianchi\na,Anna,Dal Prà\nu,Ugo,Calabrò\n"),
            (Encoding::Windows1252, "u,t\na,Agliè\nc,Ciriè\nf,Forlì\nu,Università\n"),
            (Encoding::Windows1252, "u,f,l\ns,Solène,Piètre\ng,Geneviève,Lefèvre\n"),
            (Encoding::Windows1252, "u,f,l\nj,João,Fernão\ns,Simão,Alves\n"),
            (Encoding::Windows1252, "u,f,l\nm,Ana,Muñoz Peña\ni,José,Ibáñez\n"),
            (Encoding::Windows1252, "u,f,l\no,Õie,Käär\nj,Mart,Jõgi\nm,Mari,Mõttus\n"),
            (Encoding::Windows1252, "u,f,l\nm,Jürgen,García\nb,Bjørn,Lefèvre\nj,João,Åberg\n"),
            (Encoding::Windows1252, "Total consumption,Total expenditure (£k)\n44,68\n"),
            (Encoding::Windows1252, "Post,Payscale Minimum (£)\nClerk,£20000\n"),
            (Encoding::Windows1250, "u,f,l\nl,Łukasz,Nowak\np,Paweł,Kowal\n"),
            (Encoding::Windows1251, "логин;имя;фамилия\nivanov;Иван;Иванов\npetrova;Мария;Петрова\n"),
            (Encoding::MacRoman, "u,f,l\nj,Jürgen,Müßig\na,Änne,Schäfer\nf,Françoise,Hébert\n"),
            (Encoding::Iso8859_15, "u,f,l\nc,Cœuret,Lœtitia\ns,Œdipe,Bœuf\n"),
        ] {
            assert_eq!(guess(&encode(encoding, text)).encoding, encoding, "{text}");
        }
    }

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
