//! The words of a review: what can be chosen, what a row would do, and what is asked of and learnt from a directory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::problem::{Code, Problem};

/// What a row would do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Verdict {
    /// A new person.
    AddNew,
    /// A person who exists gets other values.
    Update,
    /// A person who exists has these values already.
    Unchanged,
    /// Nothing, because the options or somebody said so.
    Skip,
    /// Nothing, because of an error.
    Invalid,
}

impl Verdict {
    /// All five, in the order of the totals.
    pub const ALL: [Verdict; 5] =
        [Verdict::AddNew, Verdict::Update, Verdict::Unchanged, Verdict::Skip, Verdict::Invalid];

    /// The words of the screens, such as "Add new".
    pub const fn label(self) -> &'static str {
        match self {
            Verdict::AddNew => "Add new",
            Verdict::Update => "Update",
            Verdict::Unchanged => "Unchanged",
            Verdict::Skip => "Skip",
            Verdict::Invalid => "Invalid",
        }
    }
}

/// What the review promised for a row that is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Create the account.
    Add,
    /// Change the account.
    Update,
}

/// Who has to choose an own password at the next sign-in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangePassword {
    /// As the file's column says; everyone, where it says nothing.
    #[default]
    FromFile,
    /// Everyone.
    Everyone,
    /// No one.
    NoOne,
}

impl ChangePassword {
    /// What applies to a row whose own cell says `from_file`.
    pub fn applies(self, from_file: Option<bool>) -> bool {
        match self {
            ChangePassword::FromFile => from_file.unwrap_or(true),
            ChangePassword::Everyone => true,
            ChangePassword::NoOne => false,
        }
    }
}

/// What to do with people who exist already.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Existing {
    /// Leave them as they are.
    #[default]
    Skip,
    /// Fill in what is empty.
    FillBlanks,
    /// The file's values win.
    Overwrite,
}

/// By what a row is known to be about a person who exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchBy {
    /// The username; the address may change.
    #[default]
    Username,
    /// The e-mail address; the username may change, where the file's values win.
    Email,
}

/// What an empty cell means for a person who exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyCell {
    /// Leave the value that is there.
    #[default]
    Leave,
    /// Clear the value that is there.
    Clear,
}

/// What to do with people of the directory who are not in the file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// Leave them as they are.
    #[default]
    Leave,
    /// Deactivate their accounts: the file is a full roster.
    Deactivate {
        /// The largest part of all active members that may be closed, in percent.
        at_most: u8,
    },
}

impl Absent {
    /// The part that may be closed unless somebody says otherwise, in percent.
    pub const AT_MOST: u8 = 10;

    /// Whether so many absent people out of so many members may be deactivated.
    pub fn allows(self, absent: u64, members: u64) -> bool {
        match self {
            Absent::Leave => absent == 0,
            Absent::Deactivate { at_most } => absent * 100 <= members * u64::from(at_most),
        }
    }
}

/// How people are handed what they sign in with for the first time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOver {
    /// A temporary password.
    #[default]
    Password,
    /// A link with which the person sets a password: no password travels, and it works once.
    Link,
}

/// What the administrator chose for the whole import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Options {
    /// `Generate random passwords for new users`.
    pub generate_passwords: bool,
    /// `Email login details when the password has changed or was generated`.
    pub email_login_details: bool,
    /// What these mails hand over.
    #[serde(default)]
    pub hand_over: HandOver,
    /// `Change password at next sign-in`.
    pub change_password: ChangePassword,
    /// By what existing people are known.
    #[serde(default)]
    pub match_by: MatchBy,
    /// What to do with existing people.
    pub existing: Existing,
    /// What an empty cell means.
    pub empty_cell: EmptyCell,
    /// What to do with people who are not in the file.
    #[serde(default)]
    pub absent: Absent,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            generate_passwords: true,
            email_login_details: false,
            hand_over: HandOver::Password,
            // Without such a column that means everyone.
            change_password: ChangePassword::FromFile,
            match_by: MatchBy::Username,
            existing: Existing::Skip,
            empty_cell: EmptyCell::Leave,
            absent: Absent::Leave,
        }
    }
}

/// What the directory knows about a key that was asked for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KnownPerson {
    /// [`Username::key`](crate::field::Username::key) of the account.
    pub username_key: String,
    /// [`EmailAddress::key`](crate::field::EmailAddress::key) of the account.
    pub email_key: String,
    /// The username as it is written.
    pub username: String,
    /// An administrator's account, which an import cannot change.
    pub protected: bool,
    /// Whether the account can be used.
    pub active: bool,
    /// The values to compare with, by [`Field::key`](crate::field::Field::key) (`first_name`, `last_name`, `email`,
    /// and every profile key); a key that is absent counts as empty.
    pub values: BTreeMap<String, String>,
}

/// The keys of a row about which the directory has not been asked yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyQuery {
    /// The row.
    pub row: u32,
    /// The canonical username.
    pub username_key: String,
    /// The canonical address.
    pub email_key: String,
    /// Fingerprints of the row's values that are compared with the directory's; they stay on this machine.
    pub(super) values: Vec<u64>,
}

/// Which rows are meant. The default means all.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Filter {
    /// Only rows with this verdict.
    pub verdict: Option<Verdict>,
    /// Only rows with this problem.
    pub code: Option<Code>,
    /// Only rows with any problem, warnings included.
    pub only_problems: bool,
}

/// Where a row lies in the original bytes of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Span {
    /// The row, counted from 1 below the header.
    pub row: u32,
    /// Offset of its first byte.
    pub start: u64,
    /// Its length in bytes, without the line end.
    pub len: u32,
}

/// The figures of a review. `rows` is always the sum of the five verdicts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Rows read so far.
    pub rows: u32,
    /// Rows that would add a person.
    pub add_new: u32,
    /// Rows that would change a person.
    pub update: u32,
    /// Rows whose person has these values already.
    pub unchanged: u32,
    /// Rows that would do nothing by choice.
    pub skip: u32,
    /// Rows with an error.
    pub invalid: u32,
    /// Rows to add that are ticked.
    pub chosen_add: u32,
    /// Rows to update that are ticked.
    pub chosen_update: u32,
    /// Rows that would add a person, but are not ticked; they count as skipped.
    pub unchosen_add: u32,
    /// Rows that would change a person, but are not ticked; they count as skipped.
    pub unchosen_update: u32,
    /// Rows with any problem, warnings included.
    pub with_problems: u32,
    /// Rows with a warning and no error.
    pub warnings: u32,
    /// Bytes of the file read so far.
    pub bytes_read: u64,
    /// How many rows (or, for the file's own, findings) have each problem; only codes that occur.
    pub problem_counts: Vec<(Code, u32)>,
}

/// What became of the bytes that were pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Pushed {
    /// They were read; more may follow.
    More,
    /// The file is in another encoding than was assumed. The review has gone back to its start with the better
    /// guess: feed it the file again, from its first byte.
    Restart,
}

/// A row as it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RowView {
    /// The row, counted from 1 below the header.
    pub row: u32,
    /// The line of the file it starts on.
    pub line: u32,
    /// What it would do.
    pub verdict: Verdict,
    /// Why, where that is not plain from the verdict.
    pub reason: Option<String>,
    /// Whether it is ticked.
    pub chosen: bool,
    /// Whether it can be ticked: it would add or change somebody.
    pub can_choose: bool,
    /// Whether the directory knows the person.
    pub exists: bool,
    /// By what the directory knows the person: the key of the row's username, or of its address, if it is valid.
    pub person_key: Option<String>,
    /// Its cells, in the order of the file; also for columns that the row lacks.
    pub cells: Vec<Cell>,
    /// What is wrong with the row; what fits one cell stands there, too.
    pub problems: Vec<Problem>,
}

/// A cell as it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Cell {
    /// Its value, cleaned; dots in place of a password.
    pub value: String,
    /// What the file says, where that is something else.
    pub original: Option<String>,
    /// What the directory says, where the row would change it.
    pub old: Option<String>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// Whether somebody edited it.
    pub edited: bool,
    /// Whether it holds a password.
    pub secret: bool,
}

/// What could be done to all rows with one problem.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fix {
    /// The problem.
    pub code: Code,
    /// What it is called.
    pub title: String,
    /// What it would do, as a sentence.
    pub explanation: String,
    /// How many rows it would change.
    pub rows: u32,
    /// The first of them.
    pub samples: Vec<FixSample>,
    /// What usernames are made from, where the fix makes any.
    pub pattern: Option<String>,
}

/// One row a fix would change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FixSample {
    /// The row.
    pub row: u32,
    /// What the cell holds.
    pub before: String,
    /// What it would hold.
    pub after: String,
}
