//! Passwords that people choose or that a roster brings: length, no common ones, nothing of the own identity.
//!
//! The browser's meter and the server run this same code. No rotation and, by default, no composition rules
//! (ASVS 5.0 6.2.5, 6.2.10). Common passwords are known in two ways: what guessers put together of stems, keyboard walks
//! and repetitions, by rule ([`guess`](self)); what many people chose besides, by a table ([`blocklist`]).

pub mod blocklist;
#[cfg(not(target_arch = "wasm32"))]
pub mod breached;
mod common;
mod guess;

use crate::unicode::nfc;
use serde::{Deserialize, Serialize};

use crate::field::Field;
use crate::problem::{Code, Problem};

/// No organisation may ask for less than this many characters (ASVS 5.0 6.2.1).
pub const FLOOR: u16 = 8;

/// What an organisation asks of a password.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// Fewest characters; values below [`FLOOR`] count as it. 15 by default.
    pub min_length: u16,
    /// Most characters; 128 by default.
    pub max_length: u16,
    /// Whether upper case, lower case, a digit and another character are all needed; off by default.
    pub composition: bool,
    /// The organisation's and the product's names, which a password must not hold.
    pub org_words: Vec<String>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        PasswordPolicy {
            min_length: 15,
            max_length: 128,
            composition: false,
            org_words: vec!["rollcall".to_owned()],
        }
    }
}

/// Whose password it is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Identity<'a> {
    /// The name to sign in with.
    pub username: &'a str,
    /// E-mail address; only the part before the @ counts.
    pub email: &'a str,
    /// Given name.
    pub first_name: &'a str,
    /// Family name.
    pub last_name: &'a str,
}

/// One line of the checklist beside a password field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Check {
    /// What is asked for.
    pub label: String,
    /// Whether the password has it.
    pub met: bool,
}

/// Whether the rules know a common password without the table, which then need not hold it.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn is_guessed_by_rule(password: &str) -> bool {
    guess::is_common(&normalise_password(password))
}

/// How hard a password is to guess: advice for the meter, never a reason to refuse.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Strength {
    /// 0 (guessed at once) to 4 (very strong).
    pub score: u8,
    /// The score as a word.
    pub word: &'static str,
}

/// The password as it is hashed and compared: Unicode form C, every kind of space as an ordinary one (PRECIS
/// OpaqueString, RFC 8265 4.2). Nothing is trimmed, lowered or cut.
pub fn normalise_password(password: &str) -> String {
    if password.is_ascii() {
        return password.to_owned();
    }
    nfc(password).chars().map(|c| if c != ' ' && is_space_separator(c) { ' ' } else { c }).collect()
}

fn is_space_separator(c: char) -> bool {
    matches!(c, '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

impl PasswordPolicy {
    /// Fewest characters, never below [`FLOOR`].
    pub fn min(&self) -> usize {
        usize::from(self.min_length.max(FLOOR))
    }

    /// Most characters, never below 64 nor below [`PasswordPolicy::min`].
    pub fn max(&self) -> usize {
        usize::from(self.max_length).max(64).max(self.min())
    }

    /// Every rule as a line, met or not, in the order in which [`PasswordPolicy::check`] reports them.
    pub fn checklist(&self, password: &str, identity: &Identity<'_>) -> Vec<Check> {
        let password = normalise_password(password);
        let length = password.chars().count();
        let given = length > 0;
        let mut list = vec![
            Check { label: format!("At least {} characters", self.min()), met: length >= self.min() },
            Check { label: format!("At most {} characters", self.max()), met: given && length <= self.max() },
            Check { label: "Not a common password".to_owned(), met: given && !is_common(&password) },
            Check {
                label: "Without your name, username, email or the organisation's name".to_owned(),
                met: given && self.contained_word(&password, identity).is_none(),
            },
        ];
        if self.composition {
            list.push(Check {
                label: "Upper case, lower case, a digit and another character".to_owned(),
                met: has_all_kinds(&password),
            });
        }
        list
    }

    /// Holds a password to the policy.
    ///
    /// # Errors
    /// The first rule it breaks: `password.too_short`, `password.too_long`, `password.common`,
    /// `password.contains_identity`, `password.composition`. The sentence never holds the password.
    pub fn check(&self, password: &str, identity: &Identity<'_>) -> Result<(), Problem> {
        let password = normalise_password(password);
        let length = password.chars().count();
        let refuse = |code, message: String| Err(Problem::of(code, Field::Password, message));
        if length < self.min() {
            let message =
                format!("The password has {length} characters; at least {} are needed.", self.min());
            return refuse(Code::PasswordTooShort, message);
        }
        if length > self.max() {
            let message =
                format!("The password has {length} characters; at most {} are possible.", self.max());
            return refuse(Code::PasswordTooLong, message);
        }
        if is_common(&password) {
            let message =
                "The password is among the first that an attacker tries. Choose several unrelated words.";
            return refuse(Code::PasswordCommon, message.to_owned());
        }
        if is_breached(&password) {
            let message = "The password came out when another site was broken into. Choose one that you use nowhere else.";
            return refuse(Code::PasswordCommon, message.to_owned());
        }
        if let Some(what) = self.contained_word(&password, identity) {
            return refuse(
                Code::PasswordContainsIdentity,
                format!("The password holds {what}. Choose another."),
            );
        }
        if self.composition && !has_all_kinds(&password) {
            let message = "The password needs upper case, lower case, a digit and another character.";
            return refuse(Code::PasswordComposition, message.to_owned());
        }
        Ok(())
    }

    /// Which word of the person's identity a password holds, as words for a sentence.
    fn contained_word(&self, password: &str, identity: &Identity<'_>) -> Option<&'static str> {
        let password = password.to_lowercase();
        let holds = |word: &str| {
            let word = word.trim().to_lowercase();
            match word.chars().count() {
                0..3 => false,
                // A short name is part of many harmless words: it counts only where it stands alone.
                3 => password.split(|c: char| !c.is_alphanumeric()).any(|part| part == word),
                _ => password.contains(&word),
            }
        };
        let local = identity.email.split('@').next().unwrap_or_default();
        if holds(identity.username) || identity.username.split('@').next().is_some_and(holds) {
            Some("the username")
        } else if holds(local) {
            Some("the email address")
        } else if holds(identity.first_name) || holds(identity.last_name) {
            Some("the person's name")
        } else if self.org_words.iter().any(|word| holds(word)) {
            Some("the organisation's name")
        } else {
            None
        }
    }

    /// How hard a password is to guess.
    pub fn strength(password: &str) -> Strength {
        let score = match guess::bits(&normalise_password(password)) {
            0..25 => 0,
            25..40 => 1,
            40..55 => 2,
            55..75 => 3,
            _ => 4,
        };
        let word = ["Very weak", "Weak", "Fair", "Strong", "Very strong"][usize::from(score)];
        Strength { score, word }
    }
}

/// Whether a password is among the first that an attacker tries.
fn is_common(password: &str) -> bool {
    guess::is_common(password) || blocklist::contains(&password.to_lowercase())
}

/// Whether a password is in the operator's set of those that came out; browsers have none.
fn is_breached(password: &str) -> bool {
    #[cfg(not(target_arch = "wasm32"))]
    return breached::contains(password);
    #[cfg(target_arch = "wasm32")]
    {
        let _ = password;
        false
    }
}

fn has_all_kinds(password: &str) -> bool {
    password.chars().any(char::is_uppercase)
        && password.chars().any(char::is_lowercase)
        && password.chars().any(char::is_numeric)
        && password.chars().any(|c| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: Identity<'_> = Identity { username: "", email: "", first_name: "", last_name: "" };

    fn code(password: &str) -> Option<Code> {
        let anna = Identity {
            username: "asmith",
            email: "anna.smith@example.org",
            first_name: "Anna",
            last_name: "Li",
        };
        PasswordPolicy::default().check(password, &anna).err().map(|problem| problem.code)
    }

    #[test]
    fn passphrases_pass() {
        for password in [
            "violet kettle marches north 41",
            "seven paper lanterns drift",
            "copper orchard under snow 9",
            "a slow tram past the mill",
            "eleven quiet herons waiting",
            "marble stairs and green ink",
            "K7#vPq!2mZx@9LwT",
            "житомир лампа сова ветер",
            "\u{1f600}\u{1f680}\u{1f332}\u{1f40c}\u{1f9ca}\u{1f511}\u{1f9ff}\u{1f300}\u{1f355}\u{1f3b2}\u{1f9f5}\u{1f4a7}\u{1f525}\u{1f31a}\u{1f308}",
        ] {
            assert_eq!(code(password), None, "{password}");
        }
    }

    #[test]
    fn refusals() {
        for (password, expected) in [
            ("password", Code::PasswordTooShort),
            ("fourteen chars", Code::PasswordTooShort),
            ("password1234567", Code::PasswordCommon),
            ("passwordpassword", Code::PasswordCommon),
            ("P@ssw0rdP@ssw0rd", Code::PasswordCommon),
            ("qwertyuiopasdfgh", Code::PasswordCommon),
            ("123456789012345", Code::PasswordCommon),
            ("aaaaaaaaaaaaaaaa", Code::PasswordCommon),
            ("abcdefghijklmnop", Code::PasswordCommon),
            ("1qaz2wsx3edc4rfv", Code::PasswordCommon),
            ("correcthorsebatterystaple", Code::PasswordCommon),
            ("correct horse battery staple", Code::PasswordCommon),
            ("Welcome2026Welcome2026!", Code::PasswordCommon),
            ("blue kettle asmith north", Code::PasswordContainsIdentity),
            ("blue kettle Anna north wind", Code::PasswordContainsIdentity),
            ("blue kettle anna.smith wind", Code::PasswordContainsIdentity),
            ("my rollcall kettle sings", Code::PasswordContainsIdentity),
        ] {
            assert_eq!(code(password), Some(expected), "{password}");
        }
        assert_eq!(code(&"kq zv".repeat(26)), Some(Code::PasswordTooLong));
    }

    #[test]
    fn what_came_out_elsewhere_is_refused() {
        const OUT: &str = "twelve amber lighthouses hum";
        struct One;
        impl breached::Breached for One {
            fn holds(&self, password: &str) -> bool {
                password == OUT
            }
        }
        breached::provide(Box::new(One));
        assert_eq!(code(OUT), Some(Code::PasswordCommon));
        assert_eq!(code(&OUT.replace(' ', "\u{a0}")), Some(Code::PasswordCommon), "in one spelling");
        assert_eq!(code("twelve amber lighthouses sing"), None);
        let said = PasswordPolicy::default().check(OUT, &NOBODY).expect_err("refused");
        assert!(said.message.contains("nowhere else") && !said.message.contains("amber"), "{}", said.message);
    }

    /// ASVS 5.0 6.2.8: nothing of a password is changed but in which code points one and the same text is written.
    #[test]
    fn every_character_counts_as_it_was_given() {
        use unicode_normalization::UnicodeNormalization;
        for c in '\0'..=char::MAX {
            let text = format!("{c}a{c}");
            let as_given: String = text.nfc().collect();
            let prepared = normalise_password(&text);
            if is_space_separator(c) {
                assert_eq!(prepared, " a ", "{c:?}: a kind of space");
            } else {
                assert_eq!(
                    prepared, as_given,
                    "{c:?}: no letter lowered, nothing trimmed, widened or left out"
                );
            }
        }
        let long = "x".repeat(1_024);
        assert_eq!(normalise_password(&long), long);
        assert_ne!(normalise_password("Straße"), normalise_password("strasse"));
        assert_ne!(normalise_password("ﬁne"), normalise_password("fine"), "form C, not KC");
    }

    #[test]
    fn length_counts_code_points_and_nothing_is_cut() {
        let policy = PasswordPolicy { min_length: 1, ..PasswordPolicy::default() };
        assert_eq!(policy.min(), 8, "never below the floor");
        assert!(policy.check("zürnt\u{0}läß", &NOBODY).is_ok());
        assert_eq!(normalise_password("u\u{308}"), normalise_password("ü"));
        assert_eq!(normalise_password("a\u{a0}b "), "a b ");
    }

    #[test]
    fn the_checklist_agrees_with_the_check() {
        let policy = PasswordPolicy { composition: true, ..PasswordPolicy::default() };
        for password in ["", "short", "passwordpassword", "violet kettle marches", "Violet kettle marches 4!"]
        {
            let all_met = policy.checklist(password, &NOBODY).iter().all(|check| check.met);
            assert_eq!(all_met, policy.check(password, &NOBODY).is_ok(), "{password}");
        }
    }

    #[test]
    fn strength_grows() {
        let score = |password| PasswordPolicy::strength(password).score;
        assert_eq!(score(""), 0);
        assert_eq!(score("password1"), 0);
        assert!(score("violet kettle marches north 41") >= 3);
        assert_eq!(score("K7#vPq!2mZx@9LwT"), 4);
        assert_eq!(PasswordPolicy::strength("").word, "Very weak");
    }
}
