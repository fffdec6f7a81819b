//! What becomes of each row, given what the directory holds now. Pure: no store, no clock.
//!
//! The review promised something when it was confirmed; the directory may have changed since. A row never does more
//! than it promised: one that was to add a person does not change an existing one.

use crate::account::Role;
use crate::id::AccountId;
use crate::store::KnownRow;
use roster::field::{EmailAddress, PersonName};
use roster::review::{Action, EmptyCell, Existing, Options};
use roster::{Code, Field, Person, Problem};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A row with the verdict of the rules that need no directory.
pub(super) struct Candidate {
    pub action: Action,
    pub checked: Result<Person, Problem>,
}

/// The fields of an account as an update leaves them.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Fields {
    pub email: String,
    pub email_key: String,
    pub first_name: String,
    pub last_name: String,
    pub profile: BTreeMap<String, String>,
}

/// What becomes of a row.
#[derive(PartialEq, Debug)]
pub(super) enum Decision {
    /// A new account, if a seat is free.
    Create,
    /// The account gets these fields.
    Update { account: AccountId, username: String, fields: Box<Fields> },
    /// The account has these values.
    Unchanged(AccountId),
    /// The account is left alone, with the reason.
    Skip(AccountId, Option<Code>, String),
    /// Not possible.
    Fail(Problem),
}

/// Decides about the rows of a batch, in their order. `known` holds every account that has a username or an address
/// of the batch.
pub(super) fn decide(candidates: &[Candidate], known: &[KnownRow], options: &Options) -> Vec<Decision> {
    let mut batch = Batch {
        by_username: known.iter().map(|row| (row.username_key.as_str(), row)).collect(),
        by_email: known.iter().map(|row| (row.email_key.as_str(), row)).collect(),
        usernames: HashSet::new(),
        emails: HashSet::new(),
        options,
    };
    candidates.iter().map(|candidate| batch.row(candidate)).collect()
}

struct Batch<'a> {
    by_username: HashMap<&'a str, &'a KnownRow>,
    by_email: HashMap<&'a str, &'a KnownRow>,
    /// Keys that earlier rows of the batch use.
    usernames: HashSet<String>,
    emails: HashSet<String>,
    options: &'a Options,
}

impl Batch<'_> {
    fn row(&mut self, candidate: &Candidate) -> Decision {
        let person = match &candidate.checked {
            Ok(person) => person,
            Err(problem) => return Decision::Fail(problem.clone()),
        };
        let username_key = person.username.key();
        let existing = self.by_username.get(username_key.as_str()).copied();
        if !self.usernames.insert(username_key) || existing.is_some_and(|account| account.in_import) {
            return fail(
                Code::UsernameDuplicateInFile,
                Field::Username,
                "An earlier row of this import has the same username. Keep one of them.",
            );
        }
        match existing {
            None => self.new_person(candidate.action, person),
            Some(account) => self.existing_person(candidate.action, person, account),
        }
    }

    fn new_person(&mut self, action: Action, person: &Person) -> Decision {
        if action == Action::Update {
            let message = "This account is no longer there. Review the file again.";
            return Decision::Fail(Problem::whole(Code::ConflictChangedSinceReview, message));
        }
        match self.claim_email(&person.email, None) {
            Some(problem) => Decision::Fail(problem),
            None => Decision::Create,
        }
    }

    fn existing_person(&mut self, action: Action, person: &Person, account: &KnownRow) -> Decision {
        let overwrite = Options { existing: Existing::Overwrite, ..self.options.clone() };
        if merged(account, person, &overwrite) == fields_of(account) {
            return Decision::Unchanged(account.id);
        }
        if account.role == Role::Administrator {
            return fail(
                Code::UsernameTaken,
                Field::Username,
                "This username belongs to an administrator, whose account an import cannot change.",
            );
        }
        if action == Action::Add {
            let message = "An account with this username was created since the review; it was left as it is. \
                           Review the file again to update it.";
            return Decision::Skip(account.id, Some(Code::ConflictChangedSinceReview), message.to_owned());
        }
        if self.options.existing == Existing::Skip {
            let message = "Existing people are left as they are.";
            return Decision::Skip(account.id, None, message.to_owned());
        }
        let fields = merged(account, person, self.options);
        if fields == fields_of(account) {
            return Decision::Unchanged(account.id);
        }
        if fields.email_key != account.email_key
            && let Some(problem) = self.claim_email(&person.email, Some(account.id))
        {
            return Decision::Fail(problem);
        }
        Decision::Update { account: account.id, username: account.username.clone(), fields: Box::new(fields) }
    }

    /// Makes the address this row's own, unless somebody else has it.
    fn claim_email(&mut self, email: &EmailAddress, own: Option<AccountId>) -> Option<Problem> {
        let key = email.key();
        let holder = self.by_email.get(key.as_str()).filter(|account| Some(account.id) != own);
        let duplicate = holder.is_some_and(|account| account.in_import) || self.emails.contains(&key);
        if duplicate {
            let message =
                "An earlier row of this import has the same email address. Each person needs an own one.";
            return Some(Problem::of(Code::EmailDuplicateInFile, Field::Email, message));
        }
        if holder.is_some() {
            let message = "This email address belongs to another account. Each person needs an own one.";
            return Some(Problem::of(Code::EmailTaken, Field::Email, message));
        }
        self.emails.insert(key);
        None
    }
}

fn fail(code: Code, field: Field, message: &str) -> Decision {
    Decision::Fail(Problem::of(code, field, message))
}

fn fields_of(account: &KnownRow) -> Fields {
    Fields {
        email: account.email.clone(),
        email_key: account.email_key.clone(),
        first_name: account.first_name.clone(),
        last_name: account.last_name.clone(),
        profile: account.profile.clone(),
    }
}

/// The account's fields with the row's values put in, as the options say.
fn merged(account: &KnownRow, person: &Person, options: &Options) -> Fields {
    let mut fields = fields_of(account);
    let overwrite = options.existing == Existing::Overwrite;
    // Accounts always have a name and an address, so filling blanks never touches them.
    if overwrite {
        fields.first_name = PersonName::as_str(&person.first_name).to_owned();
        fields.last_name = PersonName::as_str(&person.last_name).to_owned();
        // Another spelling of the same address is no change.
        if person.email.key() != account.email_key {
            fields.email = person.email.as_str().to_owned();
            fields.email_key = person.email.key();
        }
    }
    for (key, text) in &person.profile {
        let blank = fields.profile.get(key).is_none_or(String::is_empty);
        if text.is_empty() {
            if overwrite && options.empty_cell == EmptyCell::Clear {
                fields.profile.remove(key);
            }
        } else if overwrite || blank {
            fields.profile.insert(key.clone(), text.clone());
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Status;
    use roster::{PasswordPolicy, Values};
    use uuid::Uuid;

    fn values(username: &str, email: &str) -> Values {
        Values {
            username: username.into(),
            first_name: "Anna".into(),
            last_name: "Smith".into(),
            email: email.into(),
            profile: vec![("department".into(), "Support".into()), ("phone".into(), String::new())],
            ..Values::default()
        }
    }

    fn candidate(action: Action, values: &Values) -> Candidate {
        let checked = values.check(&PasswordPolicy::default()).map_err(|mut problems| problems.remove(0));
        Candidate { action, checked }
    }

    fn account(number: u128, values: &Values) -> KnownRow {
        let person = values.check(&PasswordPolicy::default()).expect("the values are good");
        KnownRow {
            id: AccountId(Uuid::from_u128(number)),
            username: values.username.clone(),
            username_key: person.username.key(),
            email: values.email.clone(),
            email_key: person.email.key(),
            first_name: values.first_name.clone(),
            last_name: values.last_name.clone(),
            role: Role::Member,
            status: Status::Active,
            profile: person.profile.into_iter().filter(|(_, text)| !text.is_empty()).collect(),
            in_import: false,
        }
    }

    fn overwrite() -> Options {
        Options { existing: Existing::Overwrite, ..Options::default() }
    }

    fn code(decision: &Decision) -> Option<Code> {
        match decision {
            Decision::Fail(problem) => Some(problem.code),
            Decision::Skip(_, code, _) => *code,
            _ => None,
        }
    }

    fn one(action: Action, values: &Values, known: &[KnownRow], options: &Options) -> Decision {
        decide(&[candidate(action, values)], known, options).remove(0)
    }

    #[test]
    fn an_unknown_person_is_created_only_if_that_was_promised() {
        let anna = values("asmith", "anna@example.org");
        assert_eq!(one(Action::Add, &anna, &[], &overwrite()), Decision::Create);
        let update = one(Action::Update, &anna, &[], &overwrite());
        assert_eq!(code(&update), Some(Code::ConflictChangedSinceReview));
    }

    #[test]
    fn the_same_values_change_nothing_whatever_was_promised() {
        let anna = values("asmith", "anna@example.org");
        let known = [account(1, &anna)];
        let shouting = values("ASmith", "ANNA@Example.org");
        for action in [Action::Add, Action::Update] {
            assert_eq!(one(action, &anna, &known, &overwrite()), Decision::Unchanged(known[0].id));
            assert_eq!(one(action, &shouting, &known, &overwrite()), Decision::Unchanged(known[0].id));
        }
    }

    #[test]
    fn adding_never_changes_somebody_who_exists() {
        let anna = values("asmith", "anna@example.org");
        let other = Values { last_name: "Jones".into(), ..anna.clone() };
        let decision = one(Action::Add, &other, &[account(1, &anna)], &overwrite());
        assert_eq!(code(&decision), Some(Code::ConflictChangedSinceReview));
    }

    #[test]
    fn an_administrator_is_never_changed() {
        let anna = values("asmith", "anna@example.org");
        let known = [KnownRow { role: Role::Administrator, ..account(1, &anna) }];
        let other = Values { last_name: "Jones".into(), ..anna.clone() };
        for action in [Action::Add, Action::Update] {
            assert_eq!(code(&one(action, &other, &known, &overwrite())), Some(Code::UsernameTaken));
        }
    }

    #[test]
    fn options_say_how_far_an_update_goes() {
        let anna = values("asmith", "anna@example.org");
        let mut known = account(1, &anna);
        known.profile.insert("phone".into(), "123".into());
        let row = Values {
            last_name: "Jones".into(),
            profile: vec![
                ("department".into(), "Sales".into()),
                ("phone".into(), String::new()),
                ("location".into(), "Brno".into()),
            ],
            ..anna
        };
        let fields =
            |options: &Options| match one(Action::Update, &row, std::slice::from_ref(&known), options) {
                Decision::Update { fields, .. } => Some(*fields),
                _ => None,
            };
        assert_eq!(fields(&Options { existing: Existing::Skip, ..overwrite() }), None);

        let filled =
            fields(&Options { existing: Existing::FillBlanks, ..overwrite() }).expect("is an update");
        assert_eq!((filled.last_name.as_str(), filled.profile["department"].as_str()), ("Smith", "Support"));
        assert_eq!(filled.profile["location"], "Brno");

        let left = fields(&overwrite()).expect("is an update");
        assert_eq!((left.last_name.as_str(), left.profile["department"].as_str()), ("Jones", "Sales"));
        assert_eq!(left.profile["phone"], "123");

        let cleared = fields(&Options { empty_cell: EmptyCell::Clear, ..overwrite() }).expect("is an update");
        assert!(!cleared.profile.contains_key("phone"));
    }

    #[test]
    fn keys_are_used_once() {
        let rows: Vec<Candidate> = [
            ("asmith", "anna@example.org"),
            ("ASMITH", "other@example.org"),
            ("bsmith", "Anna@Example.org"),
            ("csmith", "c@example.org"),
        ]
        .iter()
        .map(|(username, email)| candidate(Action::Add, &values(username, email)))
        .collect();
        let known = [account(1, &values("someone", "c@example.org"))];
        let codes: Vec<_> = decide(&rows, &known, &overwrite()).iter().map(code).collect();
        assert_eq!(
            codes,
            [
                None,
                Some(Code::UsernameDuplicateInFile),
                Some(Code::EmailDuplicateInFile),
                Some(Code::EmailTaken)
            ]
        );
    }

    #[test]
    fn an_account_of_an_earlier_batch_is_a_duplicate_not_a_conflict() {
        let anna = values("asmith", "anna@example.org");
        let known = [KnownRow { in_import: true, ..account(1, &anna) }];
        assert_eq!(code(&one(Action::Add, &anna, &known, &overwrite())), Some(Code::UsernameDuplicateInFile));
    }
}
