//! Usernames: PRECIS UsernameCaseMapped (RFC 8265, 3.3), narrowed to letters, digits and `. _ - @`.

use std::borrow::Cow;

use super::text::{is_forbidden, name_of};
use super::{EmailAddress, Field, clean, script};
use crate::problem::{Code, Problem};
use crate::unicode::{is_mark, nfc, nfkc};

/// Shortest username, in characters.
pub(crate) const MIN: usize = 3;
/// Longest username, in characters.
pub(crate) const MAX: usize = 64;

/// A username as the person writes it. Two usernames are the same account when their [keys](Username::key) agree.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Username(String);

impl Username {
    /// Reads a username: 3 to 64 letters, digits and `. _ - @`, of one alphabet, beginning with a letter, digit or
    /// `_`. Where the username is the person's e-mail address, the address's `+` and `'` are allowed too.
    ///
    /// # Errors
    /// `username.missing`, `username.invalid`, `username.too_long`, `username.confusable`.
    pub fn parse(text: &str) -> Result<Username, Problem> {
        Username::hold(text).map(|text| Username(text.into_owned()))
    }

    /// The rule itself: the username as it is kept. A good one, as almost all are, is not copied.
    pub(crate) fn hold(text: &str) -> Result<Cow<'_, str>, Problem> {
        let text = clean(text);
        let problem = |code, message: String| Err(Problem::of(code, Field::Username, message));
        if text.is_empty() {
            return problem(Code::UsernameMissing, "Username is empty. Fill it in.".to_owned());
        }
        let mapped = match text {
            Cow::Borrowed(text) => map_width(text),
            Cow::Owned(text) => Cow::Owned(map_width(&text).into_owned()),
        };
        let mut length = 0;
        let mut mail_only = None;
        for c in mapped.chars() {
            length += 1;
            match Kind::of(c) {
                Kind::Allowed => {}
                Kind::MailOnly => mail_only = Some(c),
                Kind::Refused => return problem(Code::UsernameInvalid, refused(c)),
            }
        }
        if let Some(c) = mail_only
            && EmailAddress::parse(&mapped).is_err()
        {
            return problem(Code::UsernameInvalid, refused(c));
        }
        if length > MAX {
            let message =
                format!("The username has {length} characters; at most {MAX} are possible. Shorten it.");
            return problem(Code::UsernameTooLong, message);
        }
        if length < MIN {
            let message =
                format!("The username has {length} characters; at least {MIN} are needed. Lengthen it.");
            return problem(Code::UsernameInvalid, message);
        }
        if !mapped.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            let message =
                "A username begins with a letter, a digit or _. Remove what stands before.".to_owned();
            return problem(Code::UsernameInvalid, message);
        }
        if script::is_mixed(&mapped) {
            let message = "The username mixes letters of several alphabets, which can imitate another name. \
                           Type it anew in one alphabet."
                .to_owned();
            return problem(Code::UsernameConfusable, message);
        }
        Ok(mapped)
    }

    /// The username as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is compared by: see [`Username::key_of`].
    pub fn key(&self) -> String {
        Username::key_of(&self.0).into_owned()
    }

    /// What any text is compared by as a username: width-mapped, lower-case, Unicode form C. Applying it again
    /// changes nothing. Sign-in uses the same function once.
    pub fn key_of(text: &str) -> Cow<'_, str> {
        let text = clean(text);
        if text.is_ascii() {
            return if text.bytes().any(|b| b.is_ascii_uppercase()) {
                Cow::Owned(text.to_ascii_lowercase())
            } else {
                text
            };
        }
        let mut key = text.into_owned();
        // Lower-casing can undo a composition and composing can make a new capital; three rounds settle every
        // known case, the bound keeps it linear.
        for _ in 0..4 {
            let lower: String = map_width(&key)
                .chars()
                .flat_map(char::to_lowercase)
                .map(|c| if c == 'ς' { 'σ' } else { c })
                .collect();
            let next: String = clean(&lower).into_owned();
            if next == key {
                break;
            }
            key = next;
        }
        Cow::Owned(key)
    }

    /// What a username looks like: two that can be taken for each other have the same. After UTS 39, for the letters that
    /// usernames can have; whole words of another alphabet count, too, which are no mixture.
    pub fn skeleton_of(text: &str) -> String {
        // A capital I looks like a small l, a small i does not.
        let written: String = clean(text).chars().map(|c| if c == 'I' { 'l' } else { c }).collect();
        let mut skeleton: String = Username::key_of(&written)
            .chars()
            .map(|c| LOOKALIKES.iter().find(|(like, _)| like.contains(c)).map_or(c, |(_, letter)| *letter))
            .collect();
        for (two, one) in [("rn", "m"), ("vv", "w")] {
            if skeleton.contains(two) {
                skeleton = skeleton.replace(two, one);
            }
        }
        skeleton
    }

    /// So many digits together, with nothing but o and l among them, are a number.
    pub(crate) const NUMBER: usize = 4;

    /// One spelling for all usernames with one [skeleton](Username::skeleton_of): as good as always the username itself, so
    /// that few have to be remembered by it. o and l, 0 and 1 that stand together are digits where another digit is with them
    /// or they are many, and letters otherwise.
    pub fn look_of(text: &str) -> String {
        let mut look = Username::skeleton_of(text).into_bytes();
        spell(&mut look);
        String::from_utf8(look).expect("digits in place of letters leave text what it is")
    }

    /// The same for up to [`MAX`] ASCII characters; quicker.
    pub(crate) fn plain_look<'a>(text: &[u8], into: &'a mut [u8; MAX]) -> &'a [u8] {
        let (mut length, mut last) = (0, 0);
        for byte in &text[..text.len().min(MAX)] {
            let letter = match byte {
                b'0' => b'o',
                b'1' | b'I' => b'l',
                other => other.to_ascii_lowercase(),
            };
            let one = match (last, letter) {
                (b'r', b'n') => Some(b'm'),
                (b'v', b'v') => Some(b'w'),
                _ => None,
            };
            if one.is_some() {
                length -= 1;
            }
            last = one.unwrap_or(letter);
            into[length] = last;
            length += 1;
        }
        let look = &mut into[..length];
        spell(look);
        look
    }
}

/// Makes digits of the letters of a skeleton that belong to a number.
fn spell(look: &mut [u8]) {
    let is_digit = |byte: &u8| matches!(byte, b'2'..=b'9');
    for run in look.split_mut(|byte| !(is_digit(byte) || matches!(byte, b'o' | b'l'))) {
        if run.len() >= Username::NUMBER || run.iter().any(is_digit) {
            for byte in run {
                match byte {
                    b'o' => *byte = b'0',
                    b'l' => *byte = b'1',
                    _ => {}
                }
            }
        }
    }
}

/// Small letters and digits that look like a letter.
const LOOKALIKES: &[(&str, char)] = &[
    ("\u{430}\u{3b1}", 'a'),
    ("\u{441}\u{3f2}", 'c'),
    ("\u{501}", 'd'),
    ("\u{435}", 'e'),
    ("\u{4bb}", 'h'),
    ("\u{456}\u{3b9}\u{131}", 'i'),
    ("\u{458}", 'j'),
    ("1\u{4cf}", 'l'),
    ("0\u{43e}\u{3bf}", 'o'),
    ("\u{440}\u{3c1}", 'p'),
    ("\u{51b}", 'q'),
    ("\u{455}", 's'),
    ("\u{3c5}", 'u'),
    ("\u{3bd}\u{475}", 'v'),
    ("\u{51d}", 'w'),
    ("\u{445}\u{3c7}", 'x'),
    ("\u{443}\u{3b3}", 'y'),
];

enum Kind {
    Allowed,
    MailOnly,
    Refused,
}

impl Kind {
    fn of(c: char) -> Kind {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@') {
            Kind::Allowed
        } else if matches!(c, '+' | '\'') {
            Kind::MailOnly
        } else if !c.is_ascii() && is_letter(c) {
            Kind::Allowed
        } else {
            Kind::Refused
        }
    }
}

/// A letter, mark or decimal digit that has no second spelling: compatibility forms (ᴮ, ﬁ, ①) and invisible
/// letters are refused, as RFC 8264's IdentifierClass does.
pub(super) fn is_letter(c: char) -> bool {
    let invisible = matches!(c, '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0100}'..='\u{E01EF}');
    let mut alone = [0; 4];
    let alone = &*c.encode_utf8(&mut alone);
    (c.is_alphabetic() || c.is_numeric() || is_mark(c)) && !invisible && nfkc(alone) == nfc(alone)
}

/// Full-width and half-width forms as their ordinary characters (RFC 8265, 3.3.1).
pub(super) fn map_width(text: &str) -> Cow<'_, str> {
    let is_width_form = |c: char| matches!(c, '\u{3000}' | '\u{FF01}'..='\u{FFEF}');
    if text.is_ascii() || !text.contains(is_width_form) {
        return Cow::Borrowed(text);
    }
    let mut mapped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_width_form(c) { mapped.push_str(&nfkc(c.encode_utf8(&mut [0; 4]))) } else { mapped.push(c) }
    }
    Cow::Owned(nfc(&mapped).into_owned())
}

fn refused(c: char) -> String {
    if c == ' ' {
        "A username cannot hold a space. Remove it or write a dot.".to_owned()
    } else if is_forbidden(c) {
        format!("The username holds {}. Remove it.", name_of(c))
    } else {
        format!("\u{201c}{c}\u{201d} is not possible in a username. Use letters, digits and . _ - @ only.")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> Option<Code> {
        Username::parse(text).err().map(|problem| problem.code)
    }

    #[test]
    fn accepted() {
        for text in [
            "mmueller",
            "GOOD1",
            "anna.smith@example.org",
            "o'brien+x@example.org",
            "_svc",
            "müller",
            "007",
            "田中太郎",
        ] {
            assert_eq!(code(text), None, "{text}");
        }
        assert_eq!(Username::parse("\u{ff21}\u{ff4e}\u{ff4e}\u{ff41}").unwrap().as_str(), "Anna");
    }

    #[test]
    fn refused_with_a_reason() {
        for (text, expected) in [
            ("", Code::UsernameMissing),
            (" \u{a0} ", Code::UsernameMissing),
            ("ab", Code::UsernameInvalid),
            ("anna smith", Code::UsernameInvalid),
            ("anna+smith", Code::UsernameInvalid),
            ("-anna", Code::UsernameInvalid),
            ("=1+1x", Code::UsernameInvalid),
            ("an\u{0}na", Code::UsernameInvalid),
            ("ᴮᴵᴳᴮᴵᴿᴰ", Code::UsernameInvalid),
            ("anna\u{200d}b", Code::UsernameInvalid),
            ("lost\u{fffd}", Code::UsernameInvalid),
            ("\u{430}dmin", Code::UsernameConfusable),
        ] {
            assert_eq!(code(text), Some(expected), "{text:?}");
        }
        assert_eq!(code(&"a".repeat(65)), Some(Code::UsernameTooLong));
        assert_eq!(code(&"a".repeat(64)), None);
    }

    #[test]
    fn keys_meet() {
        for (one, other) in
            [("GOOD1", "good1"), ("ＡＮＮＡ", "anna"), ("Mu\u{308}ller", "MÜLLER"), ("ΣΑΣ", "σας")]
        {
            assert_eq!(Username::key_of(one), Username::key_of(other));
        }
        assert_ne!(Username::key_of("mıke"), Username::key_of("mike"), "the dotless i is another letter");
    }

    #[test]
    fn few_look_like_something_else() {
        for text in ["anna", "user1203", "user0001", "a7", "apollo.fox25", "2024001", "müller12"] {
            assert_eq!(Username::look_of(text), text.replace("ollo", "0110"));
        }
        for (text, look) in [
            ("adm1n", "admln"),
            ("paul25", "pau125"),
            ("user1O3", "user103"),
            ("rnax", "max"),
            ("fox10", "foxlo"),
        ] {
            assert_eq!(Username::look_of(text), look, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_same_skeleton_is_the_same_look(texts in prop::collection::vec("[aol01I2\u{43e}]{1,5}", 30)) {
            for one in &texts {
                for other in &texts {
                    let same = Username::skeleton_of(one) == Username::skeleton_of(other);
                    prop_assert_eq!(same, Username::look_of(one) == Username::look_of(other), "{} {}", one, other);
                }
            }
        }

        #[test]
        fn the_key_is_idempotent(text in "\\PC{0,24}") {
            let once = Username::key_of(&text).into_owned();
            prop_assert_eq!(Username::key_of(&once).into_owned(), once.clone());
        }

        #[test]
        fn the_key_of_a_username_is_one_too(text in "[\\p{L}\\p{M}\\p{Nd}._@-]{3,20}") {
            if let Ok(username) = Username::parse(&text) {
                prop_assert_eq!(Username::key_of(username.as_str()).into_owned(), username.key());
                prop_assert_eq!(Username::key_of(&username.key()).into_owned(), username.key());
            }
        }
    }
}
