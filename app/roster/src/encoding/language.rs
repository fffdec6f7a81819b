//! Which letters beyond ASCII a language uses and how often: the same byte is ø in one encoding and ř in another, and only
//! the company it keeps tells which was meant.

/// A language as it is written in rosters.
pub(super) struct Language {
    /// Of a thousand of its letters beyond ASCII, how many are each of these.
    letters: &'static [(u16, &'static str)],
    /// How much speaks against it beforehand: files in it are rare.
    rare: f64,
    /// The country domains that suggest it.
    domains: &'static [&'static str],
}

const fn language(
    rare: f64,
    domains: &'static [&'static str],
    letters: &'static [(u16, &'static str)],
) -> Language {
    Language { letters, rare, domains }
}

/// The share of a letter that the language does not have: there are names from everywhere.
const FOREIGN: f64 = 0.0005;
/// What being a letter at all speaks for a reading: a letter of a twentieth counts nothing.
const LETTER: f64 = 3.0;
/// What speaks against a file whose letters are of several languages.
const MIXED: f64 = 2.0;
/// The most that country domains count.
const HINTED: i64 = 12;

/// Written in Windows-1252 and its kin.
pub(super) const WESTERN: &[Language] = &[
    language(0.0, &["de", "at", "ch", "li"], &[(430, "ü"), (250, "ä"), (190, "ö"), (120, "ß"), (8, "é")]),
    language(
        0.0,
        &["fr", "be", "lu", "ca", "qc", "ch"],
        &[
            (550, "é"),
            (130, "è"),
            (70, "ç"),
            (50, "ëà"),
            (40, "êô"),
            (30, "îï"),
            (15, "âû"),
            (8, "œù"),
            (1, "ÿæü"),
        ],
    ),
    language(
        0.0,
        &["es", "mx", "ar", "co", "cl", "pe"],
        &[(250, "áí"), (200, "ó"), (160, "é"), (100, "ñ"), (50, "ú"), (5, "ü"), (2, "ºª")],
    ),
    language(1.0, &["cat", "es"], &[(250, "à"), (150, "èíé"), (100, "òó"), (50, "úç"), (15, "ïü")]),
    language(
        0.0,
        &["pt", "br"],
        &[
            (220, "ã"),
            (140, "çé"),
            (120, "áí"),
            (90, "ó"),
            (60, "ê"),
            (45, "â"),
            (30, "úôõ"),
            (8, "à"),
            (2, "ü"),
        ],
    ),
    language(
        0.0,
        &["it", "ch"],
        &[(280, "à"), (230, "è"), (160, "ò"), (140, "ù"), (120, "ì"), (50, "é"), (3, "îó")],
    ),
    language(0.0, &["dk", "no"], &[(440, "ø"), (360, "å"), (160, "æ"), (20, "éö"), (5, "äüóô")]),
    language(0.0, &["se", "fi"], &[(430, "ä"), (330, "ö"), (210, "å"), (25, "é"), (4, "ü")]),
    language(
        1.0,
        &["is", "fo", "ie"],
        &[(190, "ð"), (160, "áí"), (100, "óö"), (80, "þæ"), (60, "ú"), (50, "é"), (40, "ý"), (10, "ø")],
    ),
    language(0.5, &["nl", "be"], &[(420, "ë"), (250, "é"), (150, "ï"), (50, "öüè"), (20, "ç"), (10, "êáó")]),
    language(2.5, &["ee"], &[(400, "ä"), (270, "õ"), (220, "ü"), (100, "ö"), (5, "šž")]),
    language(1.5, &["al"], &[(800, "ë"), (200, "ç")]),
];

/// Written in Windows-1250.
pub(super) const CENTRAL: &[Language] = &[
    language(
        1.0,
        &["pl"],
        &[(300, "ł"), (130, "ą"), (100, "ęóżń"), (90, "ś"), (40, "ć"), (20, "ź"), (2, "éöü")],
    ),
    language(
        1.0,
        &["cz"],
        &[
            (220, "í"),
            (200, "á"),
            (110, "ě"),
            (90, "éřč"),
            (70, "ýšž"),
            (30, "ů"),
            (10, "úň"),
            (5, "ťďóöü"),
            (2, "ľ"),
        ],
    ),
    language(
        1.5,
        &["sk"],
        &[
            (220, "á"),
            (120, "í"),
            (110, "č"),
            (90, "šýž"),
            (80, "éú"),
            (50, "ľť"),
            (20, "ňôď"),
            (10, "óä"),
            (3, "ŕĺ"),
        ],
    ),
    language(
        1.0,
        &["hu"],
        &[(330, "á"), (280, "é"), (90, "öóő"), (60, "í"), (40, "ü"), (30, "ú"), (20, "ű"), (2, "ä")],
    ),
    language(1.5, &["ro", "md"], &[(400, "ă"), (200, "ş"), (180, "ţ"), (140, "î"), (80, "â"), (5, "áéöü")]),
    language(1.0, &["hr", "rs", "ba"], &[(300, "ć"), (220, "čš"), (180, "ž"), (80, "đ")]),
    language(1.0, &["si"], &[(450, "č"), (280, "š"), (250, "ž"), (10, "ć"), (2, "đáéöü")]),
];

/// Written in Windows-1251.
pub(super) const CYRILLIC: &[Language] = &[
    language(1.0, &["ru", "by", "kz", "bg"], &[(31, "абвгдежзийклмнопрстуфхцчшщыьэюя"), (4, "ёъ")]),
    language(1.0, &["ua"], &[(31, "абвгдежзийклмнопрстуфхцчшщьюяіїє"), (1, "ґ")]),
    language(1.0, &["rs", "mk"], &[(32, "абвгдђежзијклљмнњопрстћуфхцчџш"), (1, "ѓќ")]),
];

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
        for language in WESTERN.iter().chain(CENTRAL).chain(CYRILLIC) {
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
