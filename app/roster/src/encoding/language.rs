//! Which letters beyond ASCII a language uses and how often: the same byte is ø in one encoding and ř in another, and only
//! the company it keeps tells which was meant.

mod latin;
mod scripts;

pub(super) use latin::{BALTIC, CENTRAL, TURKISH, VIETNAMESE, WESTERN};
pub(super) use scripts::{ARABIC, CYRILLIC, GREEK, HEBREW, THAI};

/// A language as it is written in rosters.
pub(super) struct Language {
    /// Of a thousand of its letters beyond ASCII, how many are each of these.
    letters: &'static [(u16, &'static str)],
    /// How much speaks against it beforehand: files in it are rare.
    rare: f64,
    /// The country domains that suggest it.
    domains: &'static [&'static str],
}

pub(super) const fn language(
    rare: f64,
    domains: &'static [&'static str],
    letters: &'static [(u16, &'static str)],
) -> Language {
    Language { letters, rare, domains }
}

/// The share of a letter that the language does not have: there are names from everywhere.
const FOREIGN: f64 = 0.0005;
/// What being a letter at all speaks for a reading: a letter of a twentieth counts nothing.
pub(super) const LETTER: f64 = 3.0;
/// What speaks against a file whose letters are of several languages.
const MIXED: f64 = 2.0;
/// The most that country domains count.
const HINTED: i64 = 12;

impl Language {
    fn share(&self, letter: char) -> f64 {
        let group = self.letters.iter().find(|(_, letters)| letters.contains(letter));
        group.map_or(FOREIGN, |&(share, _)| f64::from(share) / 1000.0)
    }

    /// What the country domains of a file's addresses say for it.
    fn hinted(&self, domains: &[(String, i64)]) -> f64 {
        let ours = domains.iter().filter(|(domain, _)| self.domains.contains(&domain.as_str()));
        ours.map(|(_, count)| count).sum::<i64>().min(HINTED) as f64
    }
}

/// The logarithm of how likely lower-case letters, with how often each occurs, are in the likeliest of some languages or
/// in a mixture of them.
pub(super) fn likelihood(languages: &[Language], letters: &[(char, u32)], domains: &[(String, i64)]) -> f64 {
    let of = |share: &dyn Fn(char) -> f64| -> f64 {
        letters.iter().map(|&(letter, count)| (share(letter).ln() + LETTER) * f64::from(count)).sum()
    };
    let mixed = |letter| {
        languages.iter().map(|language| language.share(letter)).sum::<f64>() / languages.len().max(1) as f64
    };
    languages
        .iter()
        .map(|language| of(&|letter| language.share(letter)) + language.hinted(domains) - language.rare)
        .fold(of(&mixed) - MIXED, f64::max)
}

const VOWELS: &str = "aeiouy";
const CONSONANTS: &str = "bcdfghjklmnpqrstvwxz";
/// Consonants of Windows-1250 where Windows-1252 has vowels, or one that Polish never writes before a vowel.
const CENTRAL_CONSONANTS: &str = "řčćňďĺŕ";

/// How natural a letter is beside plain letters: consonants stand beside vowels.
pub(super) fn beside(before: char, c: char, after: char) -> i64 {
    let is = |set: &str, c: char| set.contains(c.to_ascii_lowercase());
    let lower = c.to_lowercase().next().unwrap_or(c);
    match lower {
        _ if CENTRAL_CONSONANTS.contains(lower) => {
            let alone = !before.is_alphabetic() || is(CONSONANTS, before);
            if alone && is(CONSONANTS, after) { -2 } else { 0 }
        }
        // Polish writes ni before a vowel, Romanian has no ă before one but u and i.
        'ń' if is(VOWELS, after) => -3,
        'ă' if is("aeo", after) => -3,
        // Where £ is in Windows-1252: no word is it alone or goes on with a consonant.
        'ł' if !before.is_alphabetic() && !is(VOWELS, after) => -4,
        'æ' | 'ø' | 'å' => -i64::from(is(VOWELS, before)) - i64::from(is(VOWELS, after)),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(languages: &[Language], letters: &str) -> f64 {
        let letters: Vec<(char, u32)> = letters.chars().map(|letter| (letter, 1)).collect();
        likelihood(languages, &letters, &[])
    }

    #[test]
    fn shares_are_of_a_thousand() {
        let all = [WESTERN, CENTRAL, TURKISH, BALTIC, VIETNAMESE, CYRILLIC, GREEK, HEBREW, ARABIC, THAI];
        for language in all.into_iter().flatten() {
            let sum: usize = language
                .letters
                .iter()
                .map(|(share, letters)| usize::from(*share) * letters.chars().count())
                .sum();
            assert!((900..=1100).contains(&sum), "{:?}: {sum}", language.domains);
        }
    }

    #[test]
    fn letters_tell_by_their_company() {
        // The same bytes each.
        assert!(most(WESTERN, "øåæ") > most(CENTRAL, "řĺć"));
        assert!(most(CENTRAL, "řěí") > most(WESTERN, "øìí"));
        assert!(most(WESTERN, "àèòù") > most(CENTRAL, "ŕčňů"));
        assert!(most(WESTERN, "ñéá") > most(CENTRAL, "ńéá"));
        // Names from everywhere.
        assert!(most(WESTERN, "üíçøé") > most(CENTRAL, "üíçřé"));
    }

    #[test]
    fn consonants_stand_beside_vowels() {
        assert!(beside('j', 'ø', 'r') > beside('j', 'ř', 'r'));
        assert_eq!(beside('i', 'ř', 'í'), 0);
        assert!(beside('u', 'ñ', 'o') > beside('u', 'ń', 'o'));
        assert!(beside('o', 'ã', 'o') > beside('o', 'ă', 'o'));
        assert!(beside('(', 'Ł', 'k') < 0 && beside(' ', 'Ł', 'u') == 0 && beside('e', 'ł', ' ') == 0);
    }
}
