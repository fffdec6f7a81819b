//! What the directory says about the people of the roster, and what follows from it for each row.

use std::collections::{HashMap, VecDeque};

use super::Review;
use super::index::{ASKED, EMAIL_TAKEN, ERRORS, NOT_ADDED, NOT_UPDATED, NUMBERED, SAME_EMAIL, SAME_USERNAME};
use super::key::{Key, value_hash};
use super::terms::{EmptyCell, Existing, KeyQuery, KnownPerson, Options, Totals, Verdict};
use crate::field::Field;
use crate::problem::Code;

/// Rows about which the directory has not been asked: their keys, one text behind the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    texts: String,
    read: usize,
    rows: VecDeque<(u32, u16, u16)>,
}

impl Waiting {
    pub(super) fn add(&mut self, row: u32, username_key: &str, email_key: &str) {
        let length = |text: &str| u16::try_from(text.len()).expect("keys are shorter than 64 KiB");
        self.rows.push_back((row, length(username_key), length(email_key)));
        self.texts.push_str(username_key);
        self.texts.push_str(email_key);
    }

    fn next(&mut self) -> Option<KeyQuery> {
        let (row, username, email) = self.rows.pop_front()?;
        let middle = self.read + usize::from(username);
        let end = middle + usize::from(email);
        let query = KeyQuery {
            row,
            username_key: self.texts[self.read..middle].to_owned(),
            email_key: self.texts[middle..end].to_owned(),
        };
        self.read = end;
        if self.rows.is_empty() {
            self.texts = String::new();
            self.read = 0;
        } else if self.read > 1 << 20 && self.read * 2 > self.texts.len() {
            self.texts.drain(..self.read);
            self.read = 0;
        }
        Some(query)
    }
}

/// What the directory says about the person of a row.
#[derive(Clone, Debug)]
pub(super) struct KnownRow {
    protected: bool,
    pub(super) active: bool,
    email: Key,
    /// Hashes of the directory's values, in the order of the row's slots.
    old: Box<[u64]>,
    /// The directory's values that differed when it was asked: the slot and the text; [`EMAIL_SLOT`]: the address.
    texts: Box<[(u8, Box<str>)]>,
}

/// Stands for the address among the slots.
pub(super) const EMAIL_SLOT: u8 = u8::MAX;

impl KnownRow {
    pub(super) fn text(&self, slot: u8) -> Option<&str> {
        self.texts.iter().find(|(other, _)| *other == slot).map(|(_, text)| text.as_ref())
    }

    pub(super) fn is_blank(&self, slot: u8) -> bool {
        if slot == EMAIL_SLOT { self.email.is_none() } else { self.old.get(usize::from(slot)) == Some(&0) }
    }

    /// Whether a row with these values would change the slot.
    pub(super) fn changes(&self, slot: u8, new: u64, options: &Options) -> bool {
        let Some(&old) = self.old.get(usize::from(slot)) else { return false };
        if new == old || new == 0 && options.empty_cell == EmptyCell::Leave {
            return false;
        }
        // Names are required: an empty cell of theirs is an error of its own and clears nothing.
        if new == 0 && slot < 2 {
            return false;
        }
        options.existing != Existing::FillBlanks || old == 0
    }
}

impl Review {
    /// The keys of up to `max` rows about which the directory is to be asked. Each row comes once; again only after
    /// its keys were edited.
    pub fn take_unknown_keys(&mut self, max: usize) -> Vec<KeyQuery> {
        let mut taken = Vec::new();
        while taken.len() < max {
            let Some(query) = self.waiting.next() else { break };
            let entry = self.index.entry(query.row);
            let current =
                entry.username == Key::of(&query.username_key) && entry.email == Key::of(&query.email_key);
            if current && !entry.has(ASKED) {
                taken.push(query);
            }
        }
        taken
    }

    /// How many rows the directory has still to be asked about, at most.
    pub fn unknown_keys(&self) -> usize {
        self.waiting.rows.len()
    }

    /// Takes the directory's answer: `known` are the people who have any of the keys that were `asked` about.
    pub fn learn(&mut self, known: &[KnownPerson], asked: &[KeyQuery]) {
        let by_username: HashMap<&str, &KnownPerson> =
            known.iter().map(|person| (person.username_key.as_str(), person)).collect();
        let by_email: HashMap<&str, &KnownPerson> = known
            .iter()
            .filter(|person| !person.email_key.is_empty())
            .map(|person| (person.email_key.as_str(), person))
            .collect();
        for query in asked {
            if !self.index.contains(query.row) {
                continue;
            }
            let entry = self.index.entry(query.row);
            // The row was edited while the question was under way: another question is waiting.
            if entry.username != Key::of(&query.username_key) || entry.email != Key::of(&query.email_key) {
                continue;
            }
            let taken = by_email
                .get(query.email_key.as_str())
                .is_some_and(|owner| owner.username_key != query.username_key);
            let entry = self.index.entry_mut(query.row);
            entry.set(ASKED, true);
            entry.set(EMAIL_TAKEN, taken);
            match by_username.get(query.username_key.as_str()) {
                Some(person) => {
                    let known = self.compare(query.row, person);
                    self.known.insert(query.row, known);
                }
                None => {
                    self.known.remove(&query.row);
                }
            }
            self.refresh(query.row);
        }
    }

    fn compare(&self, row: u32, person: &KnownPerson) -> KnownRow {
        let value = |key: &str| person.values.get(key).map_or("", String::as_str);
        let keys = [Field::FirstName.key(), Field::LastName.key()]
            .into_iter()
            .chain(self.plan.profile.iter().map(|(_, key, _)| key.as_str()));
        let old: Box<[u64]> = keys.clone().map(|key| value_hash(value(key))).collect();
        let slots = self.index.slots(row);
        let mut texts: Vec<(u8, Box<str>)> = keys
            .enumerate()
            .filter(|(slot, _)| old[*slot] != slots[*slot])
            .filter_map(|(slot, key)| Some((u8::try_from(slot).ok()?, value(key).into())))
            .collect();
        let email = Key::of(&person.email_key);
        if email != self.index.entry(row).email {
            let shown = person.values.get(Field::Email.key()).unwrap_or(&person.email_key);
            texts.push((EMAIL_SLOT, shown.as_str().into()));
        }
        KnownRow { protected: person.protected, active: person.active, email, old, texts: texts.into() }
    }

    /// Applies other options to every row.
    pub fn set_options(&mut self, options: Options) {
        if self.options == options {
            return;
        }
        self.options = options;
        for row in 1..=self.index.len() {
            self.refresh(row);
        }
    }

    /// Works out again what a row would do, from everything that is known about it.
    pub(super) fn refresh(&mut self, row: u32) {
        let entry = self.index.entry(row);
        let mut all = entry.own;
        // Where one serves as the other, one finding is enough.
        if entry.has(SAME_USERNAME) && !(self.plan.username_from_email && entry.has(SAME_EMAIL)) {
            all |= Code::UsernameDuplicateInFile.bit();
        }
        if entry.has(SAME_EMAIL) && !self.plan.email_from_username {
            all |= Code::EmailDuplicateInFile.bit();
        }
        let known = self.known.get(&row);
        let mut base = Verdict::AddNew;
        match known {
            None => {
                if entry.has(EMAIL_TAKEN) {
                    all |= Code::EmailTaken.bit();
                }
            }
            Some(_) if entry.has(NUMBERED) => all |= Code::UsernameTaken.bit(),
            Some(known) => {
                let (equal, changes) = self.against(row, known);
                base = match (self.options.existing, equal, changes) {
                    (_, true, _) => Verdict::Unchanged,
                    (Existing::Skip, false, _) => Verdict::Skip,
                    (_, false, true) => Verdict::Update,
                    (_, false, false) => Verdict::Unchanged,
                };
                if base == Verdict::Update {
                    if known.protected {
                        all |= Code::UsernameTaken.bit();
                    }
                    if entry.has(EMAIL_TAKEN) {
                        all |= Code::EmailTaken.bit();
                    }
                }
            }
        }
        if all & ERRORS != 0 {
            base = Verdict::Invalid;
        }
        let unticked = match base {
            Verdict::AddNew => entry.has(NOT_ADDED),
            Verdict::Update => entry.has(NOT_UPDATED),
            _ => false,
        };
        let verdict = if unticked { Verdict::Skip } else { base };
        self.index.set_outcome(row, all, base, verdict);
    }

    /// Whether the directory has all the row's values already, and whether the options would change any.
    fn against(&self, row: u32, known: &KnownRow) -> (bool, bool) {
        let overwrite = Options { existing: Existing::Overwrite, ..self.options.clone() };
        let slots = self.index.slots(row);
        let email = self.index.entry(row).email;
        let other_email = !email.is_none() && email != known.email;
        let any =
            |options: &Options| (0u8..).zip(slots).any(|(slot, &new)| known.changes(slot, new, options));
        let equal = !any(&overwrite) && !other_email;
        let changes = match self.options.existing {
            Existing::FillBlanks => any(&self.options) || other_email && known.email.is_none(),
            Existing::Skip | Existing::Overwrite => !equal,
        };
        (equal, changes)
    }

    /// The figures as they are now.
    pub fn totals(&self) -> Totals {
        let [add_new, update, unchanged, skip, invalid] = self.index.verdicts;
        let problem_counts = Code::ALL
            .iter()
            .filter_map(|&code| {
                let of_file =
                    self.file_problems.iter().filter(|problem| problem.problem.code == code).count();
                let count = self.index.code_count(code).max(u32::try_from(of_file).unwrap_or(u32::MAX));
                (count > 0).then_some((code, count))
            })
            .collect();
        Totals {
            rows: add_new + update + unchanged + skip + invalid,
            add_new,
            update,
            unchanged,
            skip,
            invalid,
            chosen_add: add_new,
            chosen_update: update,
            unchosen_add: self.index.unchosen_add,
            unchosen_update: self.index.unchosen_update,
            with_problems: self.index.with_problems,
            warnings: self.index.warnings,
            bytes_read: self.bytes_read,
            problem_counts,
        }
    }
}
