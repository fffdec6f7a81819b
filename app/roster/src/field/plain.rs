//! Names in plain letters a to z, for usernames: accents are left out, letters of other alphabets are written as they
//! usually are in passports.

use crate::unicode::nfd;

/// What has no plain letter in it that decomposition would find. Umlauts are written as in German passports.
const LETTERS: &[(char, &str)] = &[
    ('ä', "ae"),
    ('ö', "oe"),
    ('ü', "ue"),
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('å', "a"),
    ('ł', "l"),
    ('đ', "d"),
    ('ð', "d"),
    ('þ', "th"),
    ('ı', "i"),
    ('ħ', "h"),
    ('ŋ', "n"),
    ('ŧ', "t"),
    ('ĸ', "k"),
    ('ə', "e"),
    ('а', "a"),
    ('б', "b"),
    ('в', "v"),
    ('г', "g"),
    ('д', "d"),
    ('е', "e"),
    ('ё', "e"),
    ('ж', "zh"),
    ('з', "z"),
    ('и', "i"),
    ('й', "i"),
    ('к', "k"),
    ('л', "l"),
    ('м', "m"),
    ('н', "n"),
    ('о', "o"),
    ('п', "p"),
    ('р', "r"),
    ('с', "s"),
    ('т', "t"),
    ('у', "u"),
    ('ф', "f"),
    ('х', "kh"),
    ('ц', "ts"),
    ('ч', "ch"),
    ('ш', "sh"),
    ('щ', "shch"),
    ('ъ', ""),
    ('ы', "y"),
    ('ь', ""),
    ('э', "e"),
    ('ю', "iu"),
    ('я', "ia"),
    ('є', "ie"),
    ('і', "i"),
    ('ї', "i"),
    ('ґ', "g"),
    ('ў', "u"),
    ('ђ', "dj"),
    ('ј', "j"),
    ('љ', "lj"),
    ('њ', "nj"),
    ('ћ', "c"),
    ('џ', "dz"),
    ('α', "a"),
    ('β', "v"),
    ('γ', "g"),
    ('δ', "d"),
    ('ε', "e"),
    ('ζ', "z"),
    ('η', "i"),
    ('θ', "th"),
    ('ι', "i"),
    ('κ', "k"),
    ('λ', "l"),
    ('μ', "m"),
    ('ν', "n"),
    ('ξ', "x"),
    ('ο', "o"),
    ('π', "p"),
    ('ρ', "r"),
    ('σ', "s"),
    ('ς', "s"),
    ('τ', "t"),
    ('υ', "y"),
    ('φ', "f"),
    ('χ', "ch"),
    ('ψ', "ps"),
    ('ω', "o"),
];

/// A text in small plain letters and digits; of other characters only those in `kept` stay.
pub(crate) fn plain_letters(text: &str, kept: &[char]) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        push(c, kept, &mut plain);
    }
    plain
}

fn push(c: char, kept: &[char], plain: &mut String) {
    if c.is_ascii_alphanumeric() || kept.contains(&c) {
        plain.push(c);
    } else if let Some((_, letters)) = LETTERS.iter().find(|(letter, _)| *letter == c) {
        plain.push_str(letters);
    } else if !c.is_ascii() {
        for part in nfd(c.encode_utf8(&mut [0; 4])).chars().filter(|part| *part != c) {
            push(part, kept, plain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_several_languages() {
        for (name, plain) in [
            ("Jürgen Müßig", "juergenmuessig"),
            ("Zoë", "zoe"),
            ("Łukasz Gałązka", "lukaszgalazka"),
            ("Þórður", "thordur"),
            ("Юлия", "iuliia"),
            ("Ελένη", "eleni"),
            ("Nguyễn", "nguyen"),
            ("田中", ""),
            ("İpek", "ipek"),
        ] {
            assert_eq!(plain_letters(name, &[]), plain, "{name}");
        }
    }
}
