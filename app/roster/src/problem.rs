//! Everything that can be wrong with a roster, in one table: code, severity, short title.
//!
//! Codes are stable: they are stored with imports, printed by `check --json` and filtered by in the review. A new
//! finding gets a new line in the table below and a sentence where it is found; nothing else lists codes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field::Field;

/// How much a problem matters: an error keeps its row out of the import, a warning asks for a look.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row cannot be imported as it is.
    Error,
    /// The row can be imported; somebody should look at it.
    Warning,
}

impl Severity {
    /// The word of the JSON report: `error` or `warning`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $text:literal $severity:ident $title:literal;)*) => {
        /// A stable name for one kind of finding. The table in this module's source is the only list.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The stable text, such as `email.invalid`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// Whether the finding keeps a row out of the import.
            pub const fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// A few words for a facet, such as "Email not valid".
            pub const fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// Nothing in the file but blanks.
    FileEmpty "file.empty" Error "Empty file";
    /// Magic bytes of a workbook, archive, picture or document.
    FileNotText "file.not_text" Error "Not a text file";
    /// Text in an encoding that is recognised, but not read.
    FileEncoding "file.encoding" Error "Encoding not read";
    /// Bytes that mean nothing in the file's encoding, or text that was damaged before it reached us.
    FileUndecodable "file.undecodable" Error "Unreadable characters";
    /// No column feeds a required field.
    HeaderMissingRequired "header.missing_required" Error "Required column missing";
    /// Two columns ask for the same field.
    HeaderDuplicate "header.duplicate" Warning "Two columns with one name";
    /// Fewer cells than the header has.
    RowTooFewFields "row.too_few_fields" Error "Too few cells";
    /// More cells than the header has, and not blank ones.
    RowTooManyFields "row.too_many_fields" Error "Too many cells";
    /// A quotation mark opened a cell and nothing closed it.
    RowUnclosedQuote "row.unclosed_quote" Error "Quotation mark not closed";
    /// A quotation mark within a cell that RFC 4180 does not allow there; the text is kept as it stands.
    RowStrayQuote "row.stray_quote" Warning "Stray quotation mark";
    /// A cell, a row or the number of columns beyond the limits.
    RowTooLong "row.too_long" Error "Row or cell too long";
    /// No username.
    UsernameMissing "username.missing" Error "Username missing";
    /// Characters or a form that a username cannot have.
    UsernameInvalid "username.invalid" Error "Username not valid";
    /// More than 64 characters.
    UsernameTooLong "username.too_long" Error "Username too long";
    /// An earlier row has the same username.
    UsernameDuplicateInFile "username.duplicate_in_file" Error "Username twice in the file";
    /// Somebody has the username whom this import may not change.
    UsernameTaken "username.taken" Error "Username taken";
    /// Letters of several alphabets, which can imitate another name.
    UsernameConfusable "username.confusable" Error "Username mixes alphabets";
    /// Can be taken for the username of another row, or of somebody in the directory.
    UsernameLookAlike "username.look_alike" Warning "Username looks like another one";
    /// No first name.
    FirstNameMissing "first_name.missing" Error "First name missing";
    /// No last name.
    LastNameMissing "last_name.missing" Error "Last name missing";
    /// More than 100 characters.
    NameTooLong "name.too_long" Error "Name too long";
    /// A control character, line break or direction mark inside a name.
    NameControlCharacter "name.control_character" Error "Control character in a name";
    /// No e-mail address.
    EmailMissing "email.missing" Error "Email missing";
    /// Not an address that mail can be sent to.
    EmailInvalid "email.invalid" Error "Email not valid";
    /// An earlier row has the same address.
    EmailDuplicateInFile "email.duplicate_in_file" Error "Email twice in the file";
    /// Another account has the address.
    EmailTaken "email.taken" Error "Email taken";
    /// Close to a well-known domain, but not it.
    EmailSuspiciousDomain "email.suspicious_domain" Warning "Email domain looks mistyped";
    /// Shorter than the policy asks for.
    PasswordTooShort "password.too_short" Error "Password too short";
    /// Longer than the policy allows.
    PasswordTooLong "password.too_long" Error "Password too long";
    /// One of the first that an attacker tries.
    PasswordCommon "password.common" Error "Password too common";
    /// Holds the person's own username, name or e-mail address, or the organisation's name.
    PasswordContainsIdentity "password.contains_identity" Error "Password contains a name";
    /// Lacks a kind of character that this organisation asks for.
    PasswordComposition "password.composition" Error "Password lacks a kind of character";
    /// A profile text of more than 255 characters.
    ProfileTooLong "profile.too_long" Error "Value too long";
    /// A control character inside a profile text.
    ProfileControlCharacter "profile.control_character" Error "Control character in a value";
    /// A profile field that does not exist.
    ProfileUnknownField "profile.unknown_field" Error "Unknown profile field";
    /// Neither yes nor no.
    FlagNotBoolean "flag.not_boolean" Error "Neither yes nor no";
    /// A column of the file says that the person left or is deactivated; the row is not ticked.
    StatusInactive "status.inactive" Warning "Not active any more";
    /// No seat was free when the row's turn came.
    SeatsExhausted "seats.exhausted" Error "No seat free";
    /// The directory is no longer as the review showed it.
    ConflictChangedSinceReview "conflict.changed_since_review" Error "Changed since the review";
}

impl Code {
    /// The code with this stable text.
    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// What a fix for all rows with this problem is called; `None` where there is none.
    pub const fn fix_label(self) -> Option<&'static str> {
        match self {
            Code::RowTooFewFields | Code::RowTooManyFields => Some("Align rows\u{2026}"),
            Code::EmailSuspiciousDomain => Some("Repair domains\u{2026}"),
            Code::UsernameDuplicateInFile => Some("Number the later ones\u{2026}"),
            Code::UsernameMissing => Some("Make usernames\u{2026}"),
            Code::UsernameInvalid => Some("Write in plain letters\u{2026}"),
            Code::EmailInvalid => Some("Repair addresses\u{2026}"),
            Code::NameControlCharacter | Code::ProfileControlCharacter => {
                Some("Remove control characters\u{2026}")
            }
            Code::FlagNotBoolean => Some("Empty these cells\u{2026}"),
            Code::PasswordTooShort
            | Code::PasswordTooLong
            | Code::PasswordCommon
            | Code::PasswordContainsIdentity
            | Code::PasswordComposition => Some("Take the passwords out\u{2026}"),
            _ => None,
        }
    }

    /// Its place in [`Code::ALL`]: what compact indexes store.
    pub(crate) const fn bit(self) -> u64 {
        1 << (self as u8)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Travels as its stable text, so that adding a code never renumbers what is stored.
impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Code;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a problem code such as email.invalid")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Code, E> {
                Code::parse(text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// One finding: what it is, which field it concerns, and a sentence that says how to mend it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// The stable name of this kind of finding.
    pub code: Code,
    /// The field it concerns; `None` when it is about the row or the file.
    pub field: Option<Field>,
    /// A sentence for people: what is wrong and how to mend it. Never holds a password.
    pub message: String,
}

impl Problem {
    /// A finding about a field.
    pub fn of(code: Code, field: Field, message: impl Into<String>) -> Problem {
        Problem { code, field: Some(field), message: message.into() }
    }

    /// A finding about a row or a file as a whole.
    pub fn whole(code: Code, message: impl Into<String>) -> Problem {
        Problem { code, field: None, message: message.into() }
    }

    /// The severity of its code.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// A [`Problem`] with its place in the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RowProblem {
    /// The row, counted from 1 below the header; 0 means the file as a whole.
    pub row: u32,
    /// The line of the file the row starts on, counted from 1.
    pub line: u32,
    /// The column's header, or its letter where there is no header; `None` when the row as a whole is meant.
    pub column: Option<String>,
    /// What was found.
    pub problem: Problem,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, &self.column) {
            (0, _) => write!(f, "{}", self.problem.message),
            (row, None) => write!(f, "Row {row} (line {}): {}", self.line, self.problem.message),
            (row, Some(column)) => {
                write!(f, "Row {row} (line {}), {column}: {}", self.line, self.problem.message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_parse_back() {
        for (place, &code) in Code::ALL.iter().enumerate() {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert_eq!(code as usize, place);
            assert!(!code.title().is_empty());
        }
        assert!(Code::ALL.len() <= 64, "a problem set is one u64");
        assert_eq!(Code::parse("email.unknown"), None);
    }

    #[test]
    fn a_code_travels_as_its_text() {
        let json = serde_json::to_string(&Code::EmailInvalid).unwrap();
        assert_eq!(json, "\"email.invalid\"");
        assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), Code::EmailInvalid);
        assert!(serde_json::from_str::<Code>("\"nothing.known\"").is_err());
    }
}
