//! A row on its way into the directory: cleaned texts that travel ([`Values`]) and the checked result ([`Person`]).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{EmailAddress, Field, PersonName, ProfileText, Username, clean};
use crate::policy::{Identity, PasswordPolicy};
use crate::problem::{Code, Problem};

/// What a profile key begins with when the field is the organisation's own, such as `x:Cost centre`.
pub const CUSTOM_PREFIX: &str = "x:";

/// Longest name of an organisation's own profile field, in characters.
const MAX_CUSTOM_NAME: usize = 64;

/// A row that goes to the server, with its place in the file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PersonRow {
    /// The row, counted from 1 below the header.
    pub row: u32,
    /// The line of the file it starts on, counted from 1.
    pub line: u32,
    /// What it says.
    pub values: Values,
}

/// The cleaned texts of a row. Nothing is promised about them until [`Values::check`] has been called.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Values {
    /// The name to sign in with.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// E-mail address.
    pub email: String,
    /// A password that the roster brings; `None` where there is no column, the cell is empty or says `****`.
    pub password: Option<String>,
    /// `Change password next time`; `None` where it is not set.
    pub change_password: Option<bool>,
    /// Optional texts by key: [`Field::key`], or `x:` and the name of the organisation's own field. A key that is
    /// absent means that the file has no such column (leave what is there); an empty text means an empty cell.
    pub profile: Vec<(String, String)>,
}

/// Prints everything but the password.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values")
            .field("username", &self.username)
            .field("first_name", &self.first_name)
            .field("last_name", &self.last_name)
            .field("email", &self.email)
            .field("password", &self.password.as_ref().map(|_| Redacted))
            .field("change_password", &self.change_password)
            .field("profile", &self.profile)
            .finish()
    }
}

struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Values {
    /// Holds the texts to every rule: the one rule set of browser, server and command line.
    ///
    /// # Errors
    /// Every problem of the row, in the order of [`Field::ALL`]; never an empty list.
    pub fn check(&self, policy: &PasswordPolicy) -> Result<Person, Vec<Problem>> {
        let mut problems = Vec::new();
        let username = kept(Username::parse(&self.username), &mut problems);
        let first_name = kept(PersonName::parse(Field::FirstName, &self.first_name), &mut problems);
        let last_name = kept(PersonName::parse(Field::LastName, &self.last_name), &mut problems);
        let email = kept(EmailAddress::parse(&self.email), &mut problems);
        problems.extend(self.password_problem(policy));
        let profile = self.profile.iter().filter_map(|(key, text)| {
            let text = kept(hold_profile(key, text), &mut problems)?;
            Some((key.clone(), text.into_owned()))
        });
        let profile: BTreeMap<String, String> = profile.collect();
        match (username, first_name, last_name, email) {
            (Some(username), Some(first_name), Some(last_name), Some(email)) if problems.is_empty() => {
                let password = self.password.clone().map(Secret);
                let change_password = self.change_password;
                Ok(Person { username, first_name, last_name, email, password, change_password, profile })
            }
            _ => Err(problems),
        }
    }

    /// What [`Values::check`] would refuse, in its order, without making a [`Person`].
    pub fn problems(&self, policy: &PasswordPolicy) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(Username::hold(&self.username).err());
        problems.extend(PersonName::hold(Field::FirstName, &self.first_name).err());
        problems.extend(PersonName::hold(Field::LastName, &self.last_name).err());
        problems.extend(EmailAddress::hold(&self.email).err());
        problems.extend(self.password_problem(policy));
        problems.extend(self.profile.iter().filter_map(|(key, text)| hold_profile(key, text).err()));
        problems
    }

    fn password_problem(&self, policy: &PasswordPolicy) -> Option<Problem> {
        let identity = Identity {
            username: &self.username,
            email: &self.email,
            first_name: &self.first_name,
            last_name: &self.last_name,
        };
        policy.check(self.password.as_ref()?, &identity).err()
    }

    /// The text of a profile key, if the file has such a column.
    pub fn profile(&self, key: &str) -> Option<&str> {
        self.profile.iter().find(|(name, _)| name == key).map(|(_, text)| text.as_str())
    }
}

/// What was accepted; what was not goes to the `problems`.
fn kept<T>(held: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    held.map_err(|problem| problems.push(problem)).ok()
}

/// Holds one profile text to its rules; only known keys are accepted (T34).
pub(crate) fn hold_profile<'a>(key: &str, text: &'a str) -> Result<Cow<'a, str>, Problem> {
    if let Some(name) = key.strip_prefix(CUSTOM_PREFIX) {
        if clean(name) != name || name.is_empty() || name.chars().count() > MAX_CUSTOM_NAME {
            return Err(Problem::whole(Code::ProfileUnknownField, "A profile field without a usable name."));
        }
        return ProfileText::hold(None, name, text);
    }
    match Field::parse_key(key).filter(|field| field.is_profile()) {
        Some(field) => ProfileText::hold(Some(field), field.label(), text),
        None => {
            let shown: String = key.chars().take(40).collect();
            let message = format!("There is no profile field \u{201c}{shown}\u{201d}.");
            Err(Problem::whole(Code::ProfileUnknownField, message))
        }
    }
}

/// A password in memory: does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The password.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The password itself, for whoever hashes it.
    pub fn into_exposed(self) -> String {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A person as a roster describes them, every value valid. Only [`Values::check`] makes one.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Person {
    /// The name to sign in with.
    pub username: Username,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// E-mail address.
    pub email: EmailAddress,
    /// A password that the roster brings.
    pub password: Option<Secret>,
    /// Whether an own password has to be chosen at the next sign-in; `None`: not set.
    pub change_password: Option<bool>,
    /// Optional texts by key; see [`Values::profile`].
    pub profile: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anna() -> Values {
        Values {
            username: "asmith".into(),
            first_name: "Anna".into(),
            last_name: "Smith".into(),
            email: "anna.smith@example.org".into(),
            ..Values::default()
        }
    }

    #[test]
    fn a_good_row() {
        let mut values = anna();
        values.profile =
            vec![("department".into(), "Support".into()), ("x:Cost centre".into(), "0042".into())];
        let person = values.check(&PasswordPolicy::default()).unwrap();
        assert_eq!(person.username.as_str(), "asmith");
        assert_eq!(person.profile["x:Cost centre"], "0042");
    }

    #[test]
    fn every_problem_is_reported() {
        let values = Values {
            profile: vec![("role".into(), "admin".into()), ("phone".into(), "1\u{0}2".into())],
            password: Some("short".into()),
            ..Values::default()
        };
        let codes: Vec<Code> =
            values.check(&PasswordPolicy::default()).unwrap_err().into_iter().map(|p| p.code).collect();
        assert_eq!(
            codes,
            [
                Code::UsernameMissing,
                Code::FirstNameMissing,
                Code::LastNameMissing,
                Code::EmailMissing,
                Code::PasswordTooShort,
                Code::ProfileUnknownField,
                Code::ProfileControlCharacter
            ]
        );
    }

    #[test]
    fn no_password_is_printed() {
        let mut values = anna();
        values.password = Some("copper orchard under snow 9".into());
        let person = values.check(&PasswordPolicy::default()).unwrap();
        for text in [
            format!("{values:?}"),
            format!("{person:?}"),
            format!("{:?}", PersonRow { row: 1, line: 2, values }),
        ] {
            assert!(!text.contains("orchard"), "{text}");
        }
        assert_eq!(person.password.unwrap().expose(), "copper orchard under snow 9");
    }
}
