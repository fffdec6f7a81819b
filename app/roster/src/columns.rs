//! Which column feeds which field: recipes of known exports, aliases, and a look at the values.
//!
//! A header is matched exactly, after normalising, against one table of aliases; a near match is only ever a
//! suggestion. Columns that grant anything (roles, flags, hashes, identifiers of other systems) are never mapped.

mod aliases;
mod choose;
mod looks;
mod normal;
mod recipes;
mod standing;

use serde::{Deserialize, Serialize};

use crate::field::{CUSTOM_PREFIX, Field};

pub(crate) use aliases::{is_known, recognise};
pub(crate) use choose::map_columns;
pub(crate) use normal::distance;
pub use standing::Standing;

/// What a column becomes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Target {
    /// Nothing; it stays on the person's machine.
    Ignore,
    /// A field.
    Field(Field),
    /// First and last name in one cell, to be split: "Ruiz, Ana", "Ana Ruiz" or "Ana Ruiz (1001)".
    FullName,
    /// A profile field of the organisation's own.
    Custom(String),
}

impl Target {
    /// The name machines read: the key of the field (`x:` and the name for the organisation's own), `full_name`, `ignore`.
    pub fn key(&self) -> String {
        match self {
            Target::Ignore => "ignore".to_owned(),
            Target::Field(field) => field.key().to_owned(),
            Target::FullName => "full_name".to_owned(),
            Target::Custom(name) => format!("{CUSTOM_PREFIX}{name}"),
        }
    }

    /// The target with this key.
    pub fn parse_key(key: &str) -> Option<Target> {
        match key {
            "ignore" => Some(Target::Ignore),
            "full_name" => Some(Target::FullName),
            _ => match key.strip_prefix(CUSTOM_PREFIX) {
                Some(name) => Some(Target::Custom(name.to_owned())),
                None => Field::parse_key(key).map(Target::Field),
            },
        }
    }
}

/// One column of the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MappedColumn {
    /// Its header, or its letter where there is none.
    pub header: String,
    /// What it becomes.
    pub target: Target,
    /// Why, in a few words.
    pub reason: String,
    /// A few of its values; none for passwords.
    pub samples: Vec<String>,
    /// What it was probably meant to be, where that is not certain enough to act on.
    pub suggestion: Option<Target>,
}

/// All columns, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ColumnMapping {
    /// The columns.
    pub columns: Vec<MappedColumn>,
    /// The system whose export this looks like, such as "Google Workspace".
    pub recipe: Option<String>,
    /// The columns that say who is active, and how; they feed nothing. One that says no is enough.
    pub statuses: Vec<(usize, Standing)>,
    /// No column feeds Username: the e-mail address serves as it.
    pub username_from_email: bool,
    /// No column feeds Email: the username, which is an address, serves as it.
    pub email_from_username: bool,
    /// Required fields that nothing feeds.
    pub missing: Vec<Field>,
    /// Headers that occur more than once, so that nobody can say which one is meant.
    pub duplicates: Vec<String>,
}

impl ColumnMapping {
    /// The columns that feed something: their header and the [key](Target::key) of what they feed.
    pub fn feeding(&self) -> impl Iterator<Item = (String, String)> {
        let feeding = self.columns.iter().filter(|column| column.target != Target::Ignore);
        feeding.map(|column| (column.header.clone(), column.target.key()))
    }

    /// The column that feeds a field.
    pub fn column_of(&self, field: Field) -> Option<usize> {
        self.columns.iter().position(|column| column.target == Target::Field(field))
    }

    /// The column that holds both names.
    pub fn full_name_column(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.target == Target::FullName)
    }

    /// How a problem names a column; columns beyond the header have letters.
    pub fn name_of(&self, column: usize) -> String {
        self.columns.get(column).map_or_else(|| letter(column), |column| column.header.clone())
    }

    /// Works out from the targets what serves as what and what is missing.
    fn settle(&mut self, addresses_as_usernames: bool) {
        let feeds = |field| self.column_of(field).is_some();
        let full_name = self.full_name_column().is_some();
        let username_from_email = !feeds(Field::Username) && feeds(Field::Email);
        let email_from_username = !feeds(Field::Email) && feeds(Field::Username) && addresses_as_usernames;
        let missing = Field::REQUIRED
            .iter()
            .copied()
            .filter(|&field| {
                !(feeds(field)
                    || field == Field::Username && username_from_email
                    || field == Field::Email && email_from_username
                    || full_name && matches!(field, Field::FirstName | Field::LastName))
            })
            .collect();
        self.username_from_email = username_from_email;
        self.email_from_username = email_from_username;
        self.missing = missing;
    }
}

/// The name a spreadsheet gives a column, counted from 0: A to Z, AA, AB, …
pub fn letter(column: usize) -> String {
    let mut name = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        name.push(char::from(b'A' + u8::try_from(rest % 26).expect("a remainder of 26 fits")));
        rest /= 26;
    }
    name.iter().rev().collect()
}

/// Small words that belong to the last name behind them, as they are written in the middle of a name.
const PARTICLES: &[&str] = &[
    "af", "al", "av", "aw", "bin", "da", "das", "de", "degli", "dei", "del", "della", "den", "der", "di",
    "do", "dos", "du", "el", "la", "las", "le", "lo", "los", "op", "ten", "ter", "van", "vom", "von", "zu",
    "zum", "zur", "’t", "'t",
];

/// A name in one cell as first and last name: "Ruiz, Ana" by its comma, otherwise the last word is the last name, with the
/// small words before it ("van", "de la"); an identifier in brackets behind it is left out.
pub fn split_full_name(text: &str) -> (String, String) {
    let text = match text.rfind('(') {
        Some(open) if text.trim_end().ends_with(')') => text[..open].trim_end(),
        _ => text.trim(),
    };
    match text.split_once(',') {
        Some((last, first)) => (first.trim().to_owned(), last.trim().to_owned()),
        None => {
            let words: Vec<&str> = text.split_whitespace().collect();
            let mut last = words.len().saturating_sub(1);
            // A first name is left in any case.
            while last > 1 {
                last -= match words[last - 1] {
                    word if PARTICLES.contains(&word) => 1,
                    // Two last names.
                    "y" | "e" if last > 2 => 2,
                    _ => break,
                };
            }
            (words[..last].join(" "), words[last..].join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters() {
        assert_eq!(
            (letter(0), letter(25), letter(26), letter(255)),
            ("A".into(), "Z".into(), "AA".into(), "IV".into())
        );
    }

    #[test]
    fn full_names() {
        let split = |text| {
            let (first, last) = split_full_name(text);
            format!("{first}|{last}")
        };
        assert_eq!(split("Ruiz, Ana"), "Ana|Ruiz");
        assert_eq!(split("Ana María Ruiz"), "Ana María|Ruiz");
        assert_eq!(split("Ana Ruiz (1001)"), "Ana|Ruiz");
        assert_eq!(split("Cher"), "|Cher");
        assert_eq!((split(""), split(" ( ) ")), ("|".into(), "|".into()));
        assert_eq!(split("Ludwig van Beethoven"), "Ludwig|van Beethoven");
        assert_eq!(split("María José de la Cruz (7)"), "María José|de la Cruz");
        assert_eq!(split("José Ortega y Gasset"), "José|Ortega y Gasset");
        assert_eq!(split("van Beethoven, Ludwig"), "Ludwig|van Beethoven");
        // Written large they may be names; nobody is without a first name because of them.
        assert_eq!((split("Van Morrison"), split("de Gaulle")), ("Van|Morrison".into(), "de|Gaulle".into()));
    }
}
