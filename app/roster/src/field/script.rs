//! Which alphabet a letter belongs to: enough of it to refuse usernames that imitate others (T55, UTS 39).
//!
//! A full script table would cost the Wasm more than the rule is worth. The blocks of the scripts in daily use are
//! listed; any other letter counts as a script of its own block, so that mixtures are still noticed.

/// A writing system, as far as the rule needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Script {
    /// Digits, marks and punctuation: go with every script.
    Common,
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Hebrew,
    Arabic,
    Devanagari,
    Bengali,
    Thai,
    Georgian,
    Ethiopic,
    Han,
    Hiragana,
    Katakana,
    Bopomofo,
    Hangul,
    /// A script that is not listed: the 128-character block it lies in.
    Other(u32),
}

/// First character, last character, script; sorted.
const BLOCKS: &[(u32, u32, Script)] = &[
    (0x00C0, 0x024F, Script::Latin),
    (0x0250, 0x02AF, Script::Latin),
    (0x0370, 0x03FF, Script::Greek),
    (0x0400, 0x052F, Script::Cyrillic),
    (0x0530, 0x058F, Script::Armenian),
    (0x0590, 0x05FF, Script::Hebrew),
    (0x0600, 0x06FF, Script::Arabic),
    (0x0750, 0x077F, Script::Arabic),
    (0x08A0, 0x08FF, Script::Arabic),
    (0x0900, 0x097F, Script::Devanagari),
    (0x0980, 0x09FF, Script::Bengali),
    (0x0E00, 0x0E7F, Script::Thai),
    (0x10A0, 0x10FF, Script::Georgian),
    (0x1100, 0x11FF, Script::Hangul),
    (0x1200, 0x139F, Script::Ethiopic),
    (0x1C80, 0x1C8F, Script::Cyrillic),
    (0x1C90, 0x1CBF, Script::Georgian),
    (0x1D00, 0x1D25, Script::Latin),
    (0x1E00, 0x1EFF, Script::Latin),
    (0x1F00, 0x1FFF, Script::Greek),
    (0x2C60, 0x2C7F, Script::Latin),
    (0x2D00, 0x2D2F, Script::Georgian),
    (0x2D80, 0x2DDF, Script::Ethiopic),
    (0x2DE0, 0x2DFF, Script::Cyrillic),
    (0x3005, 0x3007, Script::Han),
    (0x3041, 0x309F, Script::Hiragana),
    (0x30A0, 0x30FF, Script::Katakana),
    (0x3105, 0x312F, Script::Bopomofo),
    (0x31A0, 0x31BF, Script::Bopomofo),
    (0x31F0, 0x31FF, Script::Katakana),
    (0x3400, 0x4DBF, Script::Han),
    (0x4E00, 0x9FFF, Script::Han),
    (0xA640, 0xA69F, Script::Cyrillic),
    (0xA720, 0xA7FF, Script::Latin),
    (0xA8E0, 0xA8FF, Script::Devanagari),
    (0xAB30, 0xAB6F, Script::Latin),
    (0xAC00, 0xD7FF, Script::Hangul),
    (0xF900, 0xFAFF, Script::Han),
    (0x20000, 0x323AF, Script::Han),
];

/// The script of a character.
pub(crate) fn script_of(c: char) -> Script {
    if c.is_ascii() {
        return if c.is_ascii_alphabetic() { Script::Latin } else { Script::Common };
    }
    if !c.is_alphabetic() {
        return Script::Common;
    }
    let code = u32::from(c);
    match BLOCKS.binary_search_by(|&(first, last, _)| {
        if code < first {
            std::cmp::Ordering::Greater
        } else if code > last {
            std::cmp::Ordering::Less
        } else {
            std::cmp::Ordering::Equal
        }
    }) {
        Ok(found) => BLOCKS[found].2,
        Err(_) => Script::Other(code >> 7),
    }
}

/// Whether a text mixes scripts beyond what UTS 39 calls "highly restrictive": one script, or Latin together with
/// Japanese, with Chinese or with Korean writing.
pub(crate) fn is_mixed(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut seen: Vec<Script> = Vec::new();
    for script in text.chars().map(script_of).filter(|&script| script != Script::Common) {
        if !seen.contains(&script) {
            seen.push(script);
        }
    }
    if seen.len() < 2 {
        return false;
    }
    let within = |allowed: &[Script]| seen.iter().all(|script| allowed.contains(script));
    !(within(&[Script::Latin, Script::Han, Script::Hiragana, Script::Katakana])
        || within(&[Script::Latin, Script::Han, Script::Bopomofo])
        || within(&[Script::Latin, Script::Han, Script::Hangul]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        for pair in BLOCKS.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn mixtures() {
        assert!(is_mixed("\u{430}dmin"), "Cyrillic a in a Latin word");
        assert!(is_mixed("admin\u{3bf}"), "Greek omicron");
        assert!(!is_mixed("администратор"));
        assert!(!is_mixed("müller.łódź"));
        assert!(!is_mixed("tanaka田中たなか"));
        assert!(is_mixed("田中ア한"));
    }
}
