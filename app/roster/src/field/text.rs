//! Texts: how a cell is cleaned, and what names and profile texts may hold.

use std::borrow::Cow;

use crate::unicode::nfc;

use super::Field;
use crate::problem::{Code, Problem};

/// Longest first or last name, in characters.
pub(crate) const MAX_NAME: usize = 100;
/// Longest profile text, in characters.
pub(crate) const MAX_PROFILE: usize = 255;

/// Blank at the ends of a cell: white space, no-break spaces and characters without width.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' | '\u{180E}')
}

/// A cell as it is meant: without blanks at its ends (no-break and zero-width ones too), in Unicode form C.
///
/// ```
/// assert_eq!(roster::field::clean("\u{a0} Mu\u{308}ller \u{200b}"), "Müller");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    let trimmed = if text.is_ascii() {
        text.trim_matches(|c: char| c.is_whitespace())
    } else {
        text.trim_matches(is_blank)
    };
    match nfc(trimmed) {
        Cow::Owned(composed) if composed != trimmed => Cow::Owned(composed),
        _ => Cow::Borrowed(trimmed),
    }
}

/// Characters beyond ASCII that are good anywhere in a name, and that composing never changes whatever stands beside
/// them: the letters of most names. Others may be as good, but have to be looked at.
pub(crate) fn is_settled(c: char) -> bool {
    matches!(c,
        '\u{C0}'..='\u{2FF}' | '\u{388}'..='\u{3CE}' | '\u{400}'..='\u{482}' | '\u{48A}'..='\u{52F}'
        | '\u{5D0}'..='\u{5EA}' | '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}')
}

/// [`clean`] for a postal address: line breaks, which exports put between its parts, become commas.
pub fn clean_address(text: &str) -> Cow<'_, str> {
    let cleaned = clean(text);
    if !cleaned.contains(['\n', '\r']) {
        return cleaned;
    }
    let parts: Vec<&str> =
        cleaned.split(['\n', '\r']).map(|part| part.trim_matches(|c| is_blank(c) || c == ',')).collect();
    Cow::Owned(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "))
}

/// Characters that no stored text may hold (T47): C0 and C1 controls, line and paragraph separators, and the
/// marks that turn the direction of what follows.
pub(crate) fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}')
}

/// How a sentence names a character that cannot be shown.
pub(crate) fn name_of(c: char) -> String {
    match c {
        '\n' | '\r' => "a line break".to_owned(),
        '\t' => "a tab".to_owned(),
        '\0' => "a NUL character".to_owned(),
        '\u{2028}' | '\u{2029}' => "a line separator".to_owned(),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            "a mark that changes the writing direction".to_owned()
        }
        other => format!("a control character (U+{:04X})", u32::from(other)),
    }
}

/// U+FFFD stands for text that was lost before the file reached us; it must not become somebody's name.
pub(crate) fn damaged(field: Option<Field>, label: &str) -> Problem {
    Problem {
        code: Code::FileUndecodable,
        field,
        message: format!(
            "{label} holds the replacement character U+FFFD, which stands for text that was lost. \
             Export the file again as UTF-8, or type the value anew."
        ),
    }
}

/// A first or last name: 1 to 100 characters of any script, without control characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PersonName(String);

impl PersonName {
    /// Reads a name. `field` says which one, for the sentence: [`Field::FirstName`] or [`Field::LastName`].
    ///
    /// # Errors
    /// `first_name.missing`, `last_name.missing`, `name.too_long`, `name.control_character`, `file.undecodable`.
    pub fn parse(field: Field, text: &str) -> Result<PersonName, Problem> {
        PersonName::hold(field, text).map(|text| PersonName(text.into_owned()))
    }

    /// The rule itself: the name as it is kept. A good one, as almost all are, is not copied.
    pub(crate) fn hold(field: Field, text: &str) -> Result<Cow<'_, str>, Problem> {
        let text = clean(text);
        let label = field.label();
        if text.is_empty() {
            let code = if field == Field::FirstName { Code::FirstNameMissing } else { Code::LastNameMissing };
            return Err(Problem::of(code, field, format!("{label} is empty. Fill it in.")));
        }
        if let Some(c) = text.chars().find(|&c| is_forbidden(c)) {
            let message = format!("{label} holds {}. Remove it.", name_of(c));
            return Err(Problem::of(Code::NameControlCharacter, field, message));
        }
        if text.contains('\u{FFFD}') {
            return Err(damaged(Some(field), label));
        }
        if text.len() > MAX_NAME && text.chars().count() > MAX_NAME {
            let length = text.chars().count();
            let message =
                format!("{label} has {length} characters; at most {MAX_NAME} are possible. Shorten it.");
            return Err(Problem::of(Code::NameTooLong, field, message));
        }
        Ok(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text of a profile: up to 255 characters, without control characters. It may be empty.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ProfileText(String);

impl ProfileText {
    /// Reads a profile text. `field` is `None` for a field of the organisation's own; `label` names it for people.
    ///
    /// # Errors
    /// `profile.too_long`, `profile.control_character`, `file.undecodable`.
    pub fn parse(field: Option<Field>, label: &str, text: &str) -> Result<ProfileText, Problem> {
        ProfileText::hold(field, label, text).map(|text| ProfileText(text.into_owned()))
    }

    /// The rule itself: the text as it is kept. A good one, as almost all are, is not copied.
    pub(crate) fn hold<'a>(
        field: Option<Field>,
        label: &str,
        text: &'a str,
    ) -> Result<Cow<'a, str>, Problem> {
        let text = clean(text);
        let problem = |code, message| Problem { code, field, message };
        if let Some(c) = text.chars().find(|&c| is_forbidden(c)) {
            let message = format!("{label} holds {}. Remove it.", name_of(c));
            return Err(problem(Code::ProfileControlCharacter, message));
        }
        if text.contains('\u{FFFD}') {
            return Err(damaged(field, label));
        }
        if text.len() > MAX_PROFILE {
            let length = text.chars().count();
            if length > MAX_PROFILE {
                let message = format!(
                    "{label} has {length} characters; at most {MAX_PROFILE} are possible. Shorten it."
                );
                return Err(problem(Code::ProfileTooLong, message));
            }
        }
        Ok(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const YES: &[&str] =
    &["1", "yes", "true", "y", "t", "on", "ja", "wahr", "oui", "vrai", "sí", "si", "verdadero"];
const NO: &[&str] = &["0", "no", "false", "n", "f", "off", "nein", "falsch", "non", "faux", "falso"];

/// Reads a yes-or-no cell: 1/0, yes/no, true/false in any case, also what German, French and Spanish spreadsheets
/// write. An empty cell is `None`: not set.
///
/// # Errors
/// `flag.not_boolean`.
pub fn parse_flag(text: &str) -> Result<Option<bool>, Problem> {
    let text = clean(text);
    if text.is_empty() {
        return Ok(None);
    }
    let lower = text.to_lowercase();
    let is = |words: &[&str]| words.contains(&lower.as_str());
    if is(YES) {
        return Ok(Some(true));
    }
    if is(NO) {
        return Ok(Some(false));
    }
    let field = Field::ChangePasswordNextTime;
    let shown: String = text.chars().take(40).filter(|&c| !is_forbidden(c)).collect();
    let message = format!(
        "\u{201c}{shown}\u{201d} is neither yes nor no. Write 1 or 0, yes or no, or leave the cell empty."
    );
    Err(Problem::of(Code::FlagNotBoolean, field, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_trims_and_composes() {
        assert_eq!(clean("  trimmed  "), "trimmed");
        assert_eq!(clean("\u{a0}Nbsp\u{a0}"), "Nbsp");
        assert_eq!(clean("\u{feff}\u{200b}x\u{2060}"), "x");
        assert_eq!(clean("e\u{301}"), "é");
        assert_eq!(clean(" Spa ces "), "Spa ces");
        assert!(matches!(clean("plain"), Cow::Borrowed(_)));
        assert!(matches!(clean("Müller"), Cow::Borrowed(_)));
    }

    #[test]
    fn settled_letters_stay_as_they_are() {
        let letters: Vec<char> = ('\u{C0}'..'\u{D7FF}').filter(|&c| is_settled(c)).collect();
        assert!(letters.len() > 20_000);
        for pair in letters.windows(2) {
            let text: String = pair.iter().rev().chain(pair).collect();
            assert!(matches!(clean(&text), Cow::Borrowed(same) if same == text), "{text}");
            assert!(!text.contains(is_forbidden));
        }
    }

    #[test]
    fn addresses_lose_their_line_breaks() {
        assert_eq!(clean_address("1 High St,\r\nLeeds\n\nUK"), "1 High St, Leeds, UK");
        assert_eq!(clean_address(" 1 High St "), "1 High St");
    }

    #[test]
    fn names_refuse_controls_and_length() {
        let code = |text: &str| PersonName::parse(Field::FirstName, text).map_err(|p| p.code);
        assert_eq!(code(" \u{a0}"), Err(Code::FirstNameMissing));
        assert_eq!(code("Con\u{7}trol"), Err(Code::NameControlCharacter));
        assert_eq!(code("Two\nLines"), Err(Code::NameControlCharacter));
        assert_eq!(code("Evil\u{202e}eman"), Err(Code::NameControlCharacter));
        assert_eq!(code("Lost\u{fffd}"), Err(Code::FileUndecodable));
        assert_eq!(code(&"ü".repeat(101)), Err(Code::NameTooLong));
        assert!(code(&"ü".repeat(100)).is_ok());
        assert_eq!(code("=1+1").unwrap().as_str(), "=1+1");
        let last = PersonName::parse(Field::LastName, "").unwrap_err();
        assert_eq!(last.code, Code::LastNameMissing);
    }

    #[test]
    fn flags_in_several_languages() {
        for yes in ["1", "yes", "TRUE", " ja ", "Vrai", "SÍ", "WAHR"] {
            assert_eq!(parse_flag(yes).unwrap(), Some(true), "{yes}");
        }
        for no in ["0", "No", "FALSE", "nein", "FAUX"] {
            assert_eq!(parse_flag(no).unwrap(), Some(false), "{no}");
        }
        assert_eq!(parse_flag(" ").unwrap(), None);
        assert_eq!(parse_flag("maybe").unwrap_err().code, Code::FlagNotBoolean);
    }
}
