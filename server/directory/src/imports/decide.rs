//! What becomes of each row, given what the directory holds now. Pure: no store, no clock.
//!
//! The review promised something when it was confirmed; the directory may have changed since. A row never does more
//! than it promised: one that was to add a person does not change an existing one.

use crate::account::Role;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::store::{Fields, KnownRow};
use roster::field::{EmailAddress, PersonName, Username};
use roster::review::{Action, EmptyCell, Existing, MatchBy, Options};
use roster::{Code, Field, Person, Problem};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A row with the verdict of the rules that need no directory.
pub(super) struct Candidate {
    pub action: Action,
    pub checked: Result<Person, Problem>,
}

/// What an import was confirmed with.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub options: &'a Options,
    /// When the review looked at the directory.
    pub reviewed_at: Option<Timestamp>,
}

/// What becomes of a row.
#[derive(PartialEq, Debug)]
pub(super) enum Decision {
    /// A new account, if a seat is free.
    Create,
    /// The account gets these fields in place of the others.
    Update { account: AccountId, username: String, fields: Box<Fields>, replaced: Box<Fields> },
    /// The account has these values.
    Unchanged(AccountId),
    /// The account is left alone, with the reason.
    Skip(AccountId, Option<Code>, String),
    /// Not possible.
    Fail(Problem),
    /// Not possible as long as somebody else has the address, who may be given another one by a later row.
    Wait(Problem),
}

/// Decides about the rows of a batch, in their order. `known` holds every account that has a username or an address
/// of the batch.
///
/// Addresses may change hands within a batch. Whose address will be free is found by assuming it of everybody who is to
/// get another one, and deciding again without those who did not, until the assumption holds.
pub(super) fn decide(candidates: &[Candidate], known: &[KnownRow], terms: Terms<'_>) -> Vec<Decision> {
    let by_username: HashMap<&str, &KnownRow> =
        known.iter().map(|row| (row.username_key.as_str(), row)).collect();
    let by_email: HashMap<&str, &KnownRow> = known.iter().map(|row| (row.email_key.as_str(), row)).collect();
    let mut moving = HashSet::new();
    let addresses_change = terms.options.match_by == MatchBy::Username;
    if addresses_change && terms.options.existing == Existing::Overwrite && !known.is_empty() {
        moving.extend(candidates.iter().filter_map(|candidate| mover(candidate, &by_username)));
    }
    loop {
        let mut batch = Batch {
            by_username: &by_username,
            by_email: &by_email,
            usernames: HashSet::with_capacity(candidates.len()),
            emails: HashSet::with_capacity(candidates.len()),
            moving: &moving,
            terms,
        };
        let decisions: Vec<Decision> = candidates.iter().map(|candidate| batch.row(candidate)).collect();
        let moved: HashSet<AccountId> = decisions.iter().filter_map(moved).collect();
        if moving.is_subset(&moved) {
            return decisions;
        }
        moving.retain(|account| moved.contains(account));
    }
}

/// The account that a row would give another address.
fn mover(candidate: &Candidate, by_username: &HashMap<&str, &KnownRow>) -> Option<AccountId> {
    let person = candidate.checked.as_ref().ok().filter(|_| candidate.action == Action::Update)?;
    let account = by_username.get(person.username.key().as_str())?;
    (account.email_key != person.email.key()).then_some(account.id)
}

/// The account that a decision gives another address.
fn moved(decision: &Decision) -> Option<AccountId> {
    match decision {
        Decision::Update { account, fields, replaced, .. } if fields.email_key != replaced.email_key => {
            Some(*account)
        }
        _ => None,
    }
}

struct Batch<'a> {
    by_username: &'a HashMap<&'a str, &'a KnownRow>,
    by_email: &'a HashMap<&'a str, &'a KnownRow>,
    /// Keys that earlier rows of the batch use.
    usernames: HashSet<Cow<'a, str>>,
    emails: HashSet<Cow<'a, str>>,
    /// Accounts whose address becomes free in this batch.
    moving: &'a HashSet<AccountId>,
    terms: Terms<'a>,
}

impl<'a> Batch<'a> {
    fn row(&mut self, candidate: &'a Candidate) -> Decision {
        let person = match &candidate.checked {
            Ok(person) => person,
            Err(problem) => return Decision::Fail(problem.clone()),
        };
        let existing = match self.terms.options.match_by {
            MatchBy::Username => {
                let username_key = Username::key_of(person.username.as_str());
                let existing = self.by_username.get(&*username_key).copied();
                if !self.usernames.insert(username_key) || existing.is_some_and(|account| account.in_import) {
                    return same_username();
                }
                existing
            }
            MatchBy::Email => {
                let email_key = EmailAddress::key_of(person.email.as_str());
                let existing = self.by_email.get(&*email_key).copied();
                if !self.emails.insert(email_key) || existing.is_some_and(|account| account.in_import) {
                    return same_email();
                }
                existing
            }
        };
        match existing {
            None => self.new_person(candidate.action, person),
            Some(account) => self.existing_person(candidate.action, person, account),
        }
    }

    fn new_person(&mut self, action: Action, person: &'a Person) -> Decision {
        if action == Action::Update {
            let message = "This account is no longer there. Review the file again.";
            return Decision::Fail(Problem::whole(Code::ConflictChangedSinceReview, message));
        }
        let claimed = match self.terms.options.match_by {
            MatchBy::Username => self.claim_email(&person.email, None),
            MatchBy::Email => self.claim_username(&person.username, None),
        };
        claimed.err().unwrap_or(Decision::Create)
    }

    fn existing_person(&mut self, action: Action, person: &'a Person, account: &KnownRow) -> Decision {
        let current = fields_of(account);
        let overwrite = Options { existing: Existing::Overwrite, ..self.terms.options.clone() };
        if merged(account, person, &overwrite) == current {
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
        if self.terms.options.existing == Existing::Skip {
            let message = "Existing people are left as they are.";
            return Decision::Skip(account.id, None, message.to_owned());
        }
        let fields = merged(account, person, self.terms.options);
        if fields == current {
            return Decision::Unchanged(account.id);
        }
        if self.terms.reviewed_at.is_some_and(|reviewed_at| account.updated_at > reviewed_at) {
            let message = "This account was changed since the review; it was left as it is. \
                           Review the file again to see what is there now.";
            return Decision::Skip(account.id, Some(Code::ConflictChangedSinceReview), message.to_owned());
        }
        if fields.email_key != current.email_key
            && let Err(refusal) = self.claim_email(&person.email, Some(account.id))
        {
            return refusal;
        }
        if fields.username_key != current.username_key
            && let Err(refusal) = self.claim_username(&person.username, Some(account.id))
        {
            return refusal;
        }
        Decision::Update {
            account: account.id,
            username: account.username.clone(),
            fields: Box::new(fields),
            replaced: Box::new(current),
        }
    }

    /// Makes the address this row's own, unless somebody else has it and keeps it.
    fn claim_email(&mut self, email: &'a EmailAddress, own: Option<AccountId>) -> Result<(), Decision> {
        let key = EmailAddress::key_of(email.as_str());
        let holder = self.by_email.get(&*key).filter(|account| Some(account.id) != own);
        let holder = holder.filter(|account| !self.moving.contains(&account.id));
        let duplicate = holder.is_some_and(|account| account.in_import) || self.emails.contains(&key);
        if duplicate {
            return Err(same_email());
        }
        if let Some(holder) = holder {
            let message = "This email address belongs to another account. Each person needs an own one.";
            let problem = Problem::of(Code::EmailTaken, Field::Email, message);
            let may_move = self.terms.options.existing == Existing::Overwrite && holder.role == Role::Member;
            return Err(if may_move { Decision::Wait(problem) } else { Decision::Fail(problem) });
        }
        self.emails.insert(key);
        Ok(())
    }

    /// Makes the username this row's own, unless somebody else has it; usernames do not change hands.
    fn claim_username(&mut self, username: &'a Username, own: Option<AccountId>) -> Result<(), Decision> {
        let key = Username::key_of(username.as_str());
        let holder = self.by_username.get(&*key).filter(|account| Some(account.id) != own);
        if holder.is_some_and(|account| account.in_import) || !self.usernames.insert(key) {
            return Err(same_username());
        }
        match holder {
            None => Ok(()),
            Some(_) => {
                let message = "This username belongs to another account. Each person needs an own one.";
                Err(fail(Code::UsernameTaken, Field::Username, message))
            }
        }
    }
}

fn same_username() -> Decision {
    let message = "An earlier row of this import has the same username. Keep one of them.";
    fail(Code::UsernameDuplicateInFile, Field::Username, message)
}

fn same_email() -> Decision {
    let message = "An earlier row of this import has the same email address. Each person needs an own one.";
    fail(Code::EmailDuplicateInFile, Field::Email, message)
}

fn fail(code: Code, field: Field, message: &str) -> Decision {
    Decision::Fail(Problem::of(code, field, message))
}

fn fields_of(account: &KnownRow) -> Fields {
    Fields {
        username: account.username.clone(),
        username_key: account.username_key.clone(),
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
        if options.match_by == MatchBy::Email && person.username.key() != account.username_key {
            fields.username = person.username.as_str().to_owned();
            fields.username_key = person.username.key();
        }
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
            updated_at: Timestamp(1_000),
            in_import: false,
        }
    }

    fn overwrite() -> Options {
        Options { existing: Existing::Overwrite, ..Options::default() }
    }

    fn code(decision: &Decision) -> Option<Code> {
        match decision {
            Decision::Fail(problem) | Decision::Wait(problem) => Some(problem.code),
            Decision::Skip(_, code, _) => *code,
            _ => None,
        }
    }

    fn one(action: Action, values: &Values, known: &[KnownRow], options: &Options) -> Decision {
        decide(&[candidate(action, values)], known, Terms { options, reviewed_at: None }).remove(0)
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
        let codes: Vec<_> = decide(&rows, &known, Terms { options: &overwrite(), reviewed_at: None })
            .iter()
            .map(code)
            .collect();
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

    #[test]
    fn addresses_change_hands_within_a_batch() {
        let accounts: Vec<KnownRow> = (1..)
            .zip(["a", "b", "c"])
            .map(|(number, name)| {
                account(number, &values(&format!("{name}smith"), &format!("{name}@example.org")))
            })
            .collect();
        let moves = |pairs: &[(&str, &str)]| {
            let rows: Vec<Candidate> = pairs
                .iter()
                .map(|(name, address)| {
                    candidate(
                        Action::Update,
                        &values(&format!("{name}smith"), &format!("{address}@example.org")),
                    )
                })
                .collect();
            let decisions = decide(&rows, &accounts, Terms { options: &overwrite(), reviewed_at: None });
            decisions.iter().map(code).collect::<Vec<_>>()
        };
        assert_eq!(moves(&[("a", "b"), ("b", "a")]), [None, None], "two swap");
        assert_eq!(moves(&[("a", "b"), ("b", "c"), ("c", "a")]), [None, None, None], "three in a circle");
        let taken = Some(Code::EmailTaken);
        assert_eq!(moves(&[("a", "b"), ("b", "c")]), [taken, taken], "c stays, so b stays, so a cannot move");
        assert_eq!(moves(&[("a", "b"), ("b", "new")]), [None, None]);
    }

    #[test]
    fn somebody_changed_since_the_review_is_left_alone() {
        let anna = values("asmith", "anna@example.org");
        let known = [account(1, &anna)];
        let row = [candidate(Action::Update, &Values { last_name: "Jones".into(), ..anna })];
        let decided = |reviewed_at| {
            let terms = Terms { options: &overwrite(), reviewed_at: Some(Timestamp(reviewed_at)) };
            code(&decide(&row, &known, terms)[0])
        };
        assert_eq!(decided(1_000), None, "looked at as it is");
        assert_eq!(decided(999), Some(Code::ConflictChangedSinceReview));
    }
}
