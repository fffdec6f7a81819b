//! Encodings of East Asia, in which a character is a pair of bytes: told by whether the pairs are characters, and how usual
//! those are in names. The reader cannot cut such bytes, since a second byte may look like a plain letter: whoever has
//! the file turns it into UTF-8 first.

mod frequent;

use super::{Encoding, plausible};
use frequent::{JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL};

const CANDIDATES: &[(Encoding, &[&str])] = &[
    (Encoding::ShiftJis, &["jp"]),
    (Encoding::Gb18030, &["cn", "sg"]),
    (Encoding::Big5, &["tw", "hk", "mo"]),
    (Encoding::EucKr, &["kr"]),
    (Encoding::EucJp, &["jp"]),
];

/// What bytes that are no character speak against an encoding.
const INVALID: f64 = -8.0;
/// What speaks against it where a character stands beside a plain letter: words are written in one script.
const MIXED: f64 = -4.0;
/// What the country domain of an address in the file speaks for it.
const HINTED: f64 = 6.0;
/// The logarithm of how many pairs of bytes there are: what a character counts is measured against a pair at random.
const PAIRS: f64 = 9.7;

/// A character, by how usual it is in names: the logarithm of its probability against that of a pair at random.
#[derive(Clone, Copy)]
enum Usage {
    /// One of some hundred.
    Frequent,
    /// Of the first level of the standard: a few thousand.
    Usual,
    /// Hiragana and katakana.
    Kana,
    /// Katakana in one byte, of old programs.
    HalfKana,
    /// Punctuation, digits and Latin letters in the width of the others.
    Sign,
    /// All else.
    Rare,
}

impl Usage {
    fn worth(self, encoding: Encoding) -> f64 {
        let usual: f64 = match encoding {
            Encoding::EucKr => 25.0 * 94.0,
            Encoding::Big5 => 34.0 * 157.0,
            Encoding::Gb18030 => 40.0 * 94.0,
            _ => 32.0 * 94.0,
        };
        match self {
            Usage::Frequent => (0.45_f64 / 70.0).ln() + PAIRS,
            Usage::Usual => (0.4 / usual).ln() + PAIRS,
            Usage::Kana => (0.25_f64 / 169.0).ln() + PAIRS,
            Usage::HalfKana => (0.25_f64 / 63.0).ln() + PAIRS / 2.0,
            Usage::Sign => (0.03_f64 / 200.0).ln() + PAIRS,
            Usage::Rare => (0.02_f64 / 8000.0).ln() + PAIRS,
        }
    }
}

/// The multi-byte encoding that a sample beyond ASCII, which is not UTF-8, is in.
pub(super) fn recognise(sample: &[u8]) -> Option<Encoding> {
    let domains = plausible::country_domains(sample);
    let mut best = (Encoding::ShiftJis, 0.0);
    for &(encoding, countries) in CANDIDATES {
        let hinted = domains.iter().any(|(domain, _)| countries.contains(&domain.as_str()));
        if let Some(worth) = worth(sample, encoding) {
            let worth = worth + if hinted { HINTED } else { 0.0 };
            if worth > best.1 {
                best = (encoding, worth);
            }
        }
    }
    (best.1 > 0.0 && best.1 > plausible::single_byte_evidence(sample)).then_some(best.0)
}

/// How plausible a sample is in an encoding; `None` if too much of it is no text there.
fn worth(sample: &[u8], encoding: Encoding) -> Option<f64> {
    let is_letter = |at: Option<usize>| at.and_then(|at| sample.get(at)).is_some_and(u8::is_ascii_alphabetic);
    let (mut worth, mut characters, mut invalid) = (0.0, 0, 0);
    let mut at = 0;
    let mut after_ascii = true;
    while at < sample.len() {
        if sample[at].is_ascii() {
            after_ascii = true;
            at += 1;
            continue;
        }
        match character(&sample[at..], encoding) {
            Ok((length, usage)) => {
                characters += 1;
                worth += usage.worth(encoding);
                let beside = after_ascii && is_letter(at.checked_sub(1)) || is_letter(Some(at + length));
                if beside {
                    worth += MIXED;
                }
                at += length;
            }
            Err(Broken::Cut) => break,
            Err(Broken::Invalid) => {
                invalid += 1;
                worth += INVALID;
                at += 1;
            }
        }
        after_ascii = false;
    }
    (invalid <= 1 + characters / 20).then_some(worth)
}

/// Bytes that are no character.
enum Broken {
    /// The sample ends within one.
    Cut,
    Invalid,
}

/// The first character of bytes that begin beyond ASCII, and its length.
fn character(bytes: &[u8], encoding: Encoding) -> Result<(usize, Usage), Broken> {
    let lead = bytes[0];
    if encoding == Encoding::ShiftJis && (0xA1..=0xDF).contains(&lead) {
        return Ok((1, Usage::HalfKana));
    }
    let Some(&trail) = bytes.get(1) else { return Err(Broken::Cut) };
    let both_high = (0xA1..=0xFE).contains(&lead) && (0xA1..=0xFE).contains(&trail);
    let pair = u16::from_be_bytes([lead, trail]);
    let of = |list: &[u16], usage: Usage| {
        if list.binary_search(&pair).is_ok() { Usage::Frequent } else { usage }
    };
    let usage = match encoding {
        Encoding::ShiftJis => {
            let (row, cell) = jis(lead, trail).ok_or(Broken::Invalid)?;
            japanese(row, cell)
        }
        Encoding::EucJp => match (lead, trail) {
            (0x8E, 0xA1..=0xDF) => Usage::HalfKana,
            (0x8F, 0xA1..=0xFE) => {
                let third = *bytes.get(2).ok_or(Broken::Cut)?;
                return if third >= 0xA1 { Ok((3, Usage::Rare)) } else { Err(Broken::Invalid) };
            }
            _ if both_high => japanese(lead, trail),
            _ => return Err(Broken::Invalid),
        },
        Encoding::EucKr => match (lead, trail) {
            (0xB0..=0xC8, 0xA1..=0xFE) => of(&KOREAN, Usage::Usual),
            (0xA1..=0xA3, 0xA1..=0xFE) => Usage::Sign,
            (0xA1..=0xFD, 0xA1..=0xFE) | (0x81..=0xC6, 0x41..=0x5A | 0x61..=0x7A | 0x81..=0xFE) => {
                Usage::Rare
            }
            _ => return Err(Broken::Invalid),
        },
        Encoding::Gb18030 => match (lead, trail) {
            (0xB0..=0xD7, 0xA1..=0xFE) => of(&SIMPLIFIED, Usage::Usual),
            (0xA1 | 0xA3, 0xA1..=0xFE) => Usage::Sign,
            (0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE) => of(&SIMPLIFIED, Usage::Rare),
            (0x81..=0xFE, b'0'..=b'9') => match bytes.get(2..4) {
                Some([0x81..=0xFE, b'0'..=b'9']) => return Ok((4, Usage::Rare)),
                Some(_) => return Err(Broken::Invalid),
                None => return Err(Broken::Cut),
            },
            _ => return Err(Broken::Invalid),
        },
        _ => match (lead, trail) {
            (0xA4..=0xC6, 0x40..=0x7E | 0xA1..=0xFE) => of(&TRADITIONAL, Usage::Usual),
            (0xA1..=0xA3, 0x40..=0x7E | 0xA1..=0xFE) => Usage::Sign,
            (0x81..=0xFE, 0x40..=0x7E | 0xA1..=0xFE) => of(&TRADITIONAL, Usage::Rare),
            _ => return Err(Broken::Invalid),
        },
    };
    Ok((2, usage))
}

/// A character of JIS X 0208 by its row and cell, as EUC-JP writes them.
fn japanese(row: u8, cell: u8) -> Usage {
    let pair = u16::from_be_bytes([row, cell]);
    match row {
        0xA4 | 0xA5 => Usage::Kana,
        0xA1 | 0xA3 => Usage::Sign,
        _ if JAPANESE.binary_search(&pair).is_ok() => Usage::Frequent,
        0xB0..=0xCF => Usage::Usual,
        _ => Usage::Rare,
    }
}

/// Row and cell of a pair of Shift_JIS, as EUC-JP writes them; rows beyond its own for what only Windows has.
fn jis(lead: u8, trail: u8) -> Option<(u8, u8)> {
    let block = match lead {
        0x81..=0x9F => lead - 0x81,
        0xE0..=0xFC => lead - 0xC1,
        _ => return None,
    };
    let cell = match trail {
        0x40..=0x7E => trail - 0x40,
        0x80..=0xFC => trail - 0x41,
        _ => return None,
    };
    let row = u16::from(block) * 2 + u16::from(cell / 94);
    Some((u8::try_from(0xA1 + row).unwrap_or(0xFF), 0xA1 + cell % 94))
}
