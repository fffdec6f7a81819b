//! How cheaply a password can be guessed: the least number of "ideas" it is made of.
//!
//! A long blocklist would be most of the Wasm. Long common passwords are short ideas put together: a stem from a
//! small list, a keyboard walk, a repetition, a year. The cheapest way to write the password as such ideas is found
//! in time linear in its length (pieces are bounded); a password of three ideas or fewer is common.

use super::common::{PHRASES, STEMS};

/// Passwords of at most this many ideas are refused.
const COMMON_IDEAS: u32 = 3;

/// Longest piece that is looked at as one idea.
const LONGEST_PIECE: usize = 16;

const WALKS: &[&str] = &[
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1234567890",
    "0123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "qazwsxedcrfvtgbyhnujm",
    "zaqxswcdevfrbgtnhymju",
    "!@#$%^&*()",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
];

/// Whether a password is among the first that an attacker tries.
pub(super) fn is_common(password: &str) -> bool {
    let plain = fold(password);
    let letters: String = plain.iter().filter(|c| c.is_alphanumeric()).collect();
    if PHRASES.iter().any(|phrase| letters == *phrase)
        || PHRASES.iter().any(|phrase| undo_leet(&letters) == *phrase)
    {
        return true;
    }
    let unit = shortest_unit(bare(&plain));
    let kinds = {
        let mut seen: Vec<char> = unit.to_vec();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    kinds <= 3 || ideas(unit).min(ideas(&unleet(unit))) <= COMMON_IDEAS
}

/// Rough bits of work to guess a password.
pub(super) fn bits(password: &str) -> u32 {
    if password.is_empty() {
        return 0;
    }
    let plain = fold(password);
    let unit = shortest_unit(bare(&plain));
    let mixed = password.chars().any(char::is_uppercase) && password.chars().any(char::is_lowercase);
    let other = password.chars().any(|c| !c.is_alphabetic() && c != ' ');
    // Letters in running words carry little each; drawn at random they carry more, which mixed kinds suggest.
    let per_idea = 3 + u32::from(mixed) + u32::from(other);
    ideas(unit).min(ideas(&unleet(unit))) * per_idea + u32::from(plain.len() > unit.len()) * 2
}

fn fold(password: &str) -> Vec<char> {
    password.chars().flat_map(char::to_lowercase).collect()
}

fn undo_leet(text: &str) -> String {
    text.chars().map(plain_letter).collect()
}

fn unleet(text: &[char]) -> Vec<char> {
    text.iter().map(|&c| plain_letter(c)).collect()
}

fn plain_letter(c: char) -> char {
    match c {
        '@' | '4' => 'a',
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// The piece of which the whole is a repetition (a last one may be cut short); the whole itself if there is none.
fn shortest_unit(text: &[char]) -> &[char] {
    // The failure function of Knuth, Morris and Pratt gives the shortest period in linear time.
    let mut fail = vec![0usize; text.len()];
    for i in 1..text.len() {
        let mut k = fail[i - 1];
        while k > 0 && text[i] != text[k] {
            k = fail[k - 1];
        }
        fail[i] = if text[i] == text[k] { k + 1 } else { 0 };
    }
    let period = text.len() - fail.last().copied().unwrap_or(0);
    if period * 2 <= text.len() { &text[..period] } else { text }
}

/// The least number of ideas the text is made of.
fn ideas(text: &[char]) -> u32 {
    let mut least = vec![u32::MAX; text.len() + 1];
    least[0] = 0;
    for start in 0..text.len() {
        let so_far = least[start];
        let mut reach = |end: usize, cost: u32| least[end] = least[end].min(so_far + cost);
        reach(start + 1, u32::from(!is_separator(text[start])));
        for end in start + 2..=text.len().min(start + LONGEST_PIECE) {
            if is_idea(&text[start..end]) {
                reach(end, 1);
            }
        }
        // Long runs and walks are one idea whatever their length.
        let run = run_end(text, start);
        if run > start + LONGEST_PIECE {
            reach(run, 1);
        }
    }
    least[text.len()]
}

/// Between words; says nothing by itself.
fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '_' | '.' | ',')
}

/// Without the punctuation that is put before or behind a password to please a rule.
fn bare(text: &[char]) -> &[char] {
    let start = text.iter().position(|c| !c.is_ascii_punctuation()).unwrap_or(text.len());
    let end = text.iter().rposition(|c| !c.is_ascii_punctuation()).map_or(start, |last| last + 1);
    &text[start..end]
}

fn run_end(text: &[char], start: usize) -> usize {
    text[start..].iter().position(|&c| c != text[start]).map_or(text.len(), |length| start + length)
}

fn is_idea(piece: &[char]) -> bool {
    if piece.len() >= 3 && piece.iter().all(|&c| c == piece[0]) {
        return true;
    }
    // A year or a two-digit number.
    if piece.iter().all(char::is_ascii_digit)
        && (piece.len() == 2
            || piece.len() == 4 && (piece.starts_with(&['1', '9']) || piece.starts_with(&['2', '0'])))
    {
        return true;
    }
    if piece.len() >= 3 && is_walk(piece) {
        return true;
    }
    let word: String = piece.iter().collect();
    STEMS.binary_search(&word.as_str()).is_ok()
}

fn is_walk(piece: &[char]) -> bool {
    let forth: String = piece.iter().collect();
    let back: String = piece.iter().rev().collect();
    WALKS.iter().any(|walk| walk.contains(&forth) || walk.contains(&back))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_sorted_for_the_search() {
        for pair in STEMS.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
        assert!(STEMS.iter().all(|stem| stem.len() >= 3 && stem.chars().all(|c| c.is_ascii_lowercase())));
    }

    #[test]
    fn ideas_are_counted() {
        let count = |text: &str| ideas(&fold(text));
        assert_eq!(count("password"), 1);
        assert_eq!(count("password1234"), 2);
        assert_eq!(count("qwertyasdfgh"), 2);
        assert_eq!(count("kettle"), 6, "an unlisted word costs its letters");
        assert_eq!(count("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"), 1);
    }

    #[test]
    fn long_input_takes_linear_time() {
        // 40,000 characters: a quadratic search would not end.
        let long: String = "kettle-north ".repeat(3_000);
        assert!(!is_common(&long[..20_011]) || bits(&long) > 0);
    }
}
