//! Which single-byte encoding a file is in: the one in which it looks most like names.

use super::language::{
    self, ARABIC, BALTIC, CENTRAL, CYRILLIC, GREEK, HEBREW, Language, THAI, TURKISH, VIETNAMESE, WESTERN,
};
use super::{Encoding, tables};

/// An encoding with what is written in it and how much speaks against it beforehand.
struct Candidate(Encoding, &'static [Language], f64);

/// In the order that decides between equals: the likelier encoding of a file first.
const CANDIDATES: &[Candidate] = &[
    Candidate(Encoding::Windows1252, WESTERN, 0.0),
    Candidate(Encoding::Windows1250, CENTRAL, 0.0),
    Candidate(Encoding::Windows1251, CYRILLIC, 0.0),
    Candidate(Encoding::Windows1253, GREEK, 0.0),
    Candidate(Encoding::Windows1254, TURKISH, 0.0),
    Candidate(Encoding::Windows1255, HEBREW, 0.0),
    Candidate(Encoding::Windows1256, ARABIC, 0.0),
    Candidate(Encoding::Windows1257, BALTIC, 0.0),
    Candidate(Encoding::Windows874, THAI, 0.0),
    Candidate(Encoding::Windows1258, VIETNAMESE, 0.0),
    Candidate(Encoding::MacRoman, WESTERN, 0.0),
    Candidate(Encoding::Iso8859_15, WESTERN, 0.0),
    Candidate(Encoding::Iso8859_1, WESTERN, 0.0),
    Candidate(Encoding::Iso8859_2, CENTRAL, 1.0),
    Candidate(Encoding::Iso8859_7, GREEK, 1.0),
    Candidate(Encoding::Iso8859_5, CYRILLIC, 1.0),
    Candidate(Encoding::Iso8859_6, ARABIC, 1.0),
    Candidate(Encoding::Koi8R, CYRILLIC, 1.0),
    Candidate(Encoding::Koi8U, CYRILLIC, 1.0),
    Candidate(Encoding::Ibm850, WESTERN, 3.0),
    Candidate(Encoding::Ibm852, CENTRAL, 3.0),
    Candidate(Encoding::Ibm866, CYRILLIC, 3.0),
];

/// The single-byte encoding in which the sample looks most like names.
pub(crate) fn guess_single_byte(sample: &[u8]) -> Encoding {
    let domains = country_domains(sample);
    let mut best = (Encoding::Windows1252, f64::NEG_INFINITY);
    for candidate in CANDIDATES {
        let score = Score::of(sample, candidate, &domains).total();
        if score > best.1 {
            best = (candidate.0, score);
        }
    }
    // Of those that read the same the likelier one.
    let mut bytes: Vec<u8> = sample.iter().copied().filter(|byte| !byte.is_ascii()).collect();
    bytes.sort_unstable();
    bytes.dedup();
    let same = |encoding: &Encoding| bytes.iter().all(|&byte| encoding.char_of(byte) == best.0.char_of(byte));
    CANDIDATES.iter().map(|candidate| candidate.0).find(same).unwrap_or(best.0)
}

/// How much more likely than at random its bytes are in the single-byte encoding that suits a sample best: a logarithm, to
/// be compared with that of a multi-byte one.
pub(super) fn single_byte_evidence(sample: &[u8]) -> f64 {
    let domains = country_domains(sample);
    CANDIDATES
        .iter()
        .map(|candidate| Score::of(sample, candidate, &domains).evidence())
        .fold(f64::NEG_INFINITY, f64::max)
}

/// How well an encoding suits a sample.
struct Score {
    /// What characters say about their neighbours, and what of that speaks against the encoding.
    context: i64,
    unnatural: i64,
    /// Of the letters, by their languages.
    likelihood: f64,
    letters: u32,
}

impl Score {
    fn of(sample: &[u8], candidate: &Candidate, domains: &[(String, i64)]) -> Score {
        let Candidate(encoding, languages, against) = candidate;
        let letters: Vec<Letter> = (0..=255u8).map(|byte| Letter::of(encoding.char_of(byte))).collect();
        let letter_at = |place: Option<usize>| {
            place.and_then(|i| sample.get(i)).map_or(&letters[0], |&byte| &letters[usize::from(byte)])
        };
        let (mut context, mut unnatural) = (0, 0);
        let mut counts = [0u32; 256];
        for (i, &byte) in sample.iter().enumerate().filter(|(_, byte)| !byte.is_ascii()) {
            let letter = &letters[usize::from(byte)];
            let worth = in_context(letter_at(i.checked_sub(1)), letter, letter_at(Some(i + 1)));
            context += worth;
            unnatural += worth.min(0);
            counts[usize::from(byte)] += 1;
        }
        let mut lower: Vec<(char, u32)> = Vec::new();
        for (letter, &count) in letters.iter().zip(&counts).filter(|(letter, _)| letter.is_letter()) {
            match lower.iter_mut().find(|(other, _)| *other == letter.lower) {
                _ if count == 0 => {}
                Some((_, sum)) => *sum += count,
                None => lower.push((letter.lower, count)),
            }
        }
        let likelihood = language::likelihood(languages, &lower, domains) - against;
        Score { context, unnatural, likelihood, letters: lower.iter().map(|(_, count)| count).sum() }
    }

    fn total(&self) -> f64 {
        self.context as f64 + self.likelihood
    }

    fn evidence(&self) -> f64 {
        self.unnatural as f64 + self.likelihood + f64::from(self.letters) * (RANDOM - language::LETTER)
    }
}

/// The logarithm of how many bytes there are beyond ASCII.
const RANDOM: f64 = 4.84;

/// What letters are written together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    /// No letter.
    None,
    Latin,
    Cyrillic,
    Greek,
    Hebrew,
    Arabic,
    Thai,
}

/// A character and what is to be known of it.
struct Letter {
    c: char,
    lower: char,
    script: Script,
    is_upper: bool,
    is_lower: bool,
    /// It stands on the letter before it.
    is_mark: bool,
}

impl Letter {
    fn of(c: char) -> Letter {
        let script = match c {
            // Thai vowels and tones, Hebrew and Arabic points, Vietnamese tones.
            '\u{E01}'..='\u{E3A}' | '\u{E40}'..='\u{E4E}' => Script::Thai,
            '\u{5B0}'..='\u{5F2}' => Script::Hebrew,
            '\u{621}'..='\u{652}' | '\u{67E}'..='\u{6D2}' => Script::Arabic,
            '\u{300}'..='\u{323}' => Script::Latin,
            _ if !c.is_alphabetic() => Script::None,
            '\u{370}'..='\u{3FF}' => Script::Greek,
            '\u{400}'..='\u{4FF}' => Script::Cyrillic,
            _ => Script::Latin,
        };
        Letter {
            c,
            lower: c.to_lowercase().next().unwrap_or(c),
            script,
            is_upper: c.is_uppercase(),
            is_lower: c.is_lowercase(),
            is_mark: matches!(c, '\u{300}'..='\u{323}' | '\u{5B0}'..='\u{5C2}' | '\u{64B}'..='\u{652}'
                | '\u{E31}' | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}'),
        }
    }

    fn is_letter(&self) -> bool {
        self.script != Script::None
    }
}

/// How natural a character beyond ASCII is between its neighbours.
fn in_context(before: &Letter, letter: &Letter, after: &Letter) -> i64 {
    let c = letter.c;
    if c.is_control() || c == tables::NONE {
        return -20;
    }
    if !letter.is_letter() {
        let inside = before.is_letter() && after.is_letter();
        return match c {
            '\u{A0}' => 0,
            '£' if !before.is_letter() => 1,
            '\u{2019}' if inside && matches!(before.c, 'O' | 'o') => 4,
            '\u{2018}' | '\u{2019}' | '\u{B4}' | '\u{2013}' | '\u{2014}' if inside => 2,
            '\u{2018}'..='\u{201E}' | '\u{2013}' | '\u{2014}' | '\u{2026}' | '€' => 1,
            _ if inside => -8,
            _ if before.is_letter() || after.is_letter() => -5,
            _ => -2,
        };
    }
    let mut worth = 1;
    for neighbour in [before, after].into_iter().filter(|neighbour| neighbour.is_letter()) {
        worth += match letter.script {
            // Country domains alone must not make up for it.
            script if script != neighbour.script => -14,
            Script::Latin if neighbour.c.is_ascii() => 1,
            Script::Latin if neighbour.is_mark || letter.is_mark => 1,
            // Two accented letters in a row are rare in most Latin alphabets.
            Script::Latin => -2,
            _ => 2,
        };
    }
    // Also what is a typographic apostrophe elsewhere: no name is OíBrien.
    if before.is_lower && letter.is_upper || letter.is_lower && after.is_upper {
        worth -= 6;
    }
    // What is a dash or a euro sign elsewhere; some languages have words of one letter.
    let is_apart = |other: &Letter| other.c == ' ' || other.c.is_ascii_digit();
    if letter.script == Script::Latin
        && !(before.is_letter() || after.is_letter())
        && (is_apart(before) || is_apart(after))
        && !"àéèóò".contains(letter.lower)
    {
        worth -= 3;
    }
    if letter.is_mark && !before.is_letter() {
        worth -= 8;
    }
    // Names begin with a capital where a script has them.
    if letter.is_lower && letter.script != Script::Latin && !before.is_letter() {
        worth -= 2;
    }
    worth + ending(letter, after) + language::beside(before.c, c, after.c)
}

/// Letters that stand at the end of a word, and those that never do.
fn ending(letter: &Letter, after: &Letter) -> i64 {
    let goes_on = after.script == letter.script;
    match letter.c {
        'ς' | 'ך' | 'ם' | 'ן' | 'ף' | 'ץ' | 'ة' | 'ى' if goes_on => -4,
        'σ' | '\u{E40}'..='\u{E44}' if !goes_on => -4,
        _ => 0,
    }
}

/// The two-letter domains at the end of e-mail addresses, with how often each occurs.
pub(super) fn country_domains(sample: &[u8]) -> Vec<(String, i64)> {
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

#[cfg(test)]
mod tests {
    use super::super::guess;
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
            (Encoding::Windows1252, "u,f,l\no,Liam,O’Brien\nn,Aoife,O’Neill\n"),
            (Encoding::Windows1252, "u,f,l\no,Liam,O’brien\nd,Anna,D’Angelo\n"),
            (Encoding::Windows1252, "u,f,l\ne,Anna É.,Smith\n"),
            (Encoding::MacRoman, "u,f,l\no,Ana,Díaz\nd,Anna,García\n"),
            (Encoding::Windows1252, "u,f,n\na,Anna,on leave – back in May\n"),
            (Encoding::Windows1252, "u,f,n\na,Anna,€ 12\nb,Bob,12€\n"),
            (Encoding::Windows1252, "u,f,n\na,José,x@example.gr\nb,Bob,y@example.gr\n"),
            (Encoding::Iso8859_15, "u,f,l\nc,Cœuret,Lœtitia\ns,Œdipe,Bœuf\n"),
        ] {
            assert_eq!(guess(&encode(encoding, text)).encoding, encoding, "{text}");
        }
    }
}
