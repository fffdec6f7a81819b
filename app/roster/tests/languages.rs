//! Rosters of every language in every encoding that it comes in: what is read is what was written.

#[path = "languages/names.rs"]
mod names;

use std::collections::HashMap;

use names::{EAST_ASIA, LANGUAGES, Language};
use roster::convert::convert;
use roster::dialect::DialectChoice;
use roster::encoding::{Encoding, to_transcode};
use unicode_normalization::UnicodeNormalization;

/// The text in the encoding; `None` if that has not all its characters.
fn encoded(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
    let bytes: HashMap<char, u8> =
        (0..=255u8).filter_map(|byte| Some((encoding.decode(&[byte]).ok()?.chars().next()?, byte))).collect();
    let mut found = Vec::new();
    for c in text.chars() {
        match bytes.get(&c) {
            Some(&byte) => found.push(byte),
            // Windows-1258 writes a tone behind its vowel, which has its own circumflex, breve or horn.
            None => {
                let (tone, vowel): (String, String) = c.nfd().partition(|part| {
                    matches!(part, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
                });
                for part in vowel.nfc().chain(tone.chars()) {
                    found.push(*bytes.get(&part)?);
                }
            }
        }
    }
    Some(found)
}

/// Rosters of a language: what is special about it, and the text.
fn rosters(language: &Language) -> Vec<(&'static str, String)> {
    let first: Vec<&str> = language.first.split(' ').collect();
    let last: Vec<&str> = language.last.split(' ').collect();
    let line = |at: usize, first: &str, last: &str, domain: &str| {
        format!("user{at};{first};{last};user{at}@example.{domain}\r\n")
    };
    let all = |header: &str, domain: &str| {
        let rows: String =
            (0..20).map(|at| line(at, first[at % first.len()], last[at * 7 % last.len()], domain)).collect();
        format!("{header};E-Mail\r\n{rows}")
    };
    let english = "username;first name;last name";
    let mut found = vec![
        ("many, own header", all(language.header, language.domain)),
        ("many", all(english, "com")),
        ("many in small letters", all(english, "com").to_lowercase()),
        ("many in capitals", all(english, "com").to_uppercase().replace("USER", "user")),
    ];
    // One person among English names.
    for at in 0..first.len().min(last.len()) {
        for (domain, what) in [(language.domain, "one, own domain"), ("com", "one")] {
            let rows = [
                line(0, "Anna", "Smith", domain),
                line(1, first[at], last[at], domain),
                line(2, "Peter", "Brown", domain),
                line(3, "Mary", "Jones", domain),
            ];
            found.push((what, format!("{english};E-Mail\r\n{}", rows.concat())));
        }
    }
    found
}

/// Whether a file of these bytes is read as this text; else what it is taken for.
fn read(bytes: &[u8], text: &str) -> Result<(), String> {
    let found = convert(bytes, &DialectChoice::default()).map_err(|problem| problem.problem.message)?;
    let plain = |text: &str| text.nfc().filter(|c| c.is_alphanumeric()).collect::<String>();
    if plain(&found.text) == plain(text) { Ok(()) } else { Err(found.dialect.encoding.label().to_owned()) }
}

#[test]
fn what_is_read_is_what_was_written() {
    let mut wrong = String::new();
    for language in LANGUAGES {
        for &encoding in language.encodings {
            // How many of each kind there were and were misread, and as what.
            let mut kinds: Vec<(&str, usize, Vec<String>)> = Vec::new();
            for (kind, text) in rosters(language) {
                let Some(bytes) = encoded(encoding, &text) else { continue };
                if kinds.last().is_none_or(|last| last.0 != kind)
                    && !kinds.iter().any(|found| found.0 == kind)
                {
                    kinds.push((kind, 0, Vec::new()));
                }
                let found = kinds.iter_mut().find(|found| found.0 == kind).expect("just pushed");
                found.1 += 1;
                if let Err(taken) = read(&bytes, &text) {
                    found.2.push(taken);
                }
            }
            for (kind, all, mut taken) in kinds {
                let misread = taken.len();
                taken.sort();
                taken.dedup();
                let line = format!("{} {encoding} {kind}: {misread} of {all} {taken:?}", language.name);
                if misread > 0 {
                    println!("{line}");
                }
                // A single letter may be several; its file's country tells in most cases.
                let (usual, baltic) =
                    (!encoding.label().starts_with("IBM"), encoding == Encoding::Windows1257);
                let allowed = match kind {
                    "one" if usual && !baltic => all / 4,
                    "one" => all * 3 / 4,
                    "one, own domain" if usual => all * 3 / 20,
                    "one, own domain" => all / 4,
                    _ => 0,
                };
                if misread > allowed {
                    wrong.push_str(&line);
                    wrong.push('\n');
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn east_asian_encodings_are_recognised() {
    let mut wrong = String::new();
    for language in EAST_ASIA {
        for &encoding in language.encodings {
            let label = encoding_rs::Encoding::for_label(encoding.label().as_bytes())
                .expect("a label of the standard");
            for (kind, text) in rosters(language) {
                let (bytes, _, lost) = label.encode(&text);
                assert!(!lost, "{text}");
                let found = to_transcode(&bytes);
                if found != Some(encoding) {
                    wrong.push_str(&format!(
                        "{} {encoding} {kind}: {found:?} {:?}\n",
                        language.name,
                        text.lines().nth(2)
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
