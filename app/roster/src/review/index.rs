//! The compact index: one entry per row, rows by key, and counters that are always true.

use super::Facts;
use super::domains::{DomainId, Domains, NO_DOMAIN};
use super::key::{Key, Map};
use super::terms::Verdict;
use crate::problem::{Code, Severity};

/// An earlier row has the username.
pub(super) const SAME_USERNAME: u8 = 1;
/// An earlier row has the address.
pub(super) const SAME_EMAIL: u8 = 2;
/// Another account of the directory has the address.
pub(super) const EMAIL_TAKEN: u8 = 4;
/// Unticked as a person to add.
pub(super) const NOT_ADDED: u8 = 8;
/// Unticked as a person to change.
pub(super) const NOT_UPDATED: u8 = 16;
/// The username was numbered by a fix: it must not hit an account that exists.
pub(super) const NUMBERED: u8 = 32;
/// The directory was asked about it.
pub(super) const ASKED: u8 = 64;

/// What is known of one row.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) start: u64,
    pub(super) len: u32,
    pub(super) line: u32,
    /// Problems that need no other row.
    pub(super) own: u64,
    /// All problems.
    pub(super) all: u64,
    pub(super) username: Key,
    pub(super) email: Key,
    pub(super) domain: DomainId,
    pub(super) flags: u8,
    /// What it would do if it were ticked.
    pub(super) base: Verdict,
    /// What it does.
    pub(super) verdict: Verdict,
    counted: bool,
}

impl Entry {
    pub(super) fn new(start: u64, len: u32, line: u32, facts: &Facts) -> Entry {
        Entry {
            start,
            len,
            line,
            own: facts.own,
            all: 0,
            username: facts.username,
            email: facts.email,
            domain: NO_DOMAIN,
            flags: 0,
            base: Verdict::Invalid,
            verdict: Verdict::Invalid,
            counted: false,
        }
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn set(&mut self, flag: u8, on: bool) {
        if on {
            self.flags |= flag;
        } else {
            self.flags &= !flag;
        }
    }
}

/// The rows of one key, in the order of the file: almost always one.
#[derive(Clone, Debug)]
pub(super) enum Group {
    One(u32),
    #[expect(clippy::box_collection, reason = "the bare Vec would make the map's every entry a third larger")]
    Several(Box<Vec<u32>>),
}

impl Group {
    pub(super) fn first(&self) -> u32 {
        match self {
            Group::One(row) => *row,
            Group::Several(rows) => rows[0],
        }
    }

    fn add(&mut self, row: u32) {
        match self {
            Group::One(one) => {
                let mut rows = vec![*one, row];
                rows.sort_unstable();
                *self = Group::Several(Box::new(rows));
            }
            Group::Several(rows) => {
                // Rows come in order while the file is read; an edit may put one in between.
                let place = rows.partition_point(|&other| other < row);
                rows.insert(place, row);
            }
        }
    }
}

/// Which of the two keys of a row is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Username,
    Email,
}

impl Kind {
    fn flag(self) -> u8 {
        match self {
            Kind::Username => SAME_USERNAME,
            Kind::Email => SAME_EMAIL,
        }
    }
}

/// Mask of the codes that are errors.
pub(super) const ERRORS: u64 = {
    let (mut set, mut at) = (0, 0);
    while at < Code::ALL.len() {
        if matches!(Code::ALL[at].severity(), Severity::Error) {
            set |= Code::ALL[at].bit();
        }
        at += 1;
    }
    set
};

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    entries: Vec<Entry>,
    /// Hashes of the values that are compared with the directory's: `width` per row.
    slots: Vec<u64>,
    width: usize,
    usernames: Map<Key, Group>,
    emails: Map<Key, Group>,
    pub(super) domains: Domains,
    /// Username and address of rows that a fix may have to change.
    pub(super) texts: Map<u32, (Box<str>, Box<str>)>,
    pub(super) verdicts: [u32; 5],
    pub(super) unchosen_add: u32,
    pub(super) unchosen_update: u32,
    pub(super) with_problems: u32,
    pub(super) warnings: u32,
    codes: Vec<u32>,
    /// Grows with every change, so that lists know when they are out of date.
    pub(super) generation: u64,
}

impl Index {
    pub(super) fn set_slots(&mut self, width: usize) {
        self.width = width;
        self.codes = vec![0; Code::ALL.len()];
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn contains(&self, row: u32) -> bool {
        row >= 1 && row <= self.len()
    }

    pub(super) fn push(&mut self, entry: Entry, slots: &[u64]) {
        self.entries.push(entry);
        self.slots.extend_from_slice(slots);
    }

    /// The entry of a row that is known to exist.
    pub(super) fn entry(&self, row: u32) -> &Entry {
        &self.entries[row as usize - 1]
    }

    pub(super) fn entry_mut(&mut self, row: u32) -> &mut Entry {
        &mut self.entries[row as usize - 1]
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, &Entry)> {
        (1..).zip(&self.entries)
    }

    pub(super) fn slots(&self, row: u32) -> &[u64] {
        let start = (row as usize - 1) * self.width;
        &self.slots[start..start + self.width]
    }

    pub(super) fn set_row_slots(&mut self, row: u32, slots: &[u64]) {
        let start = (row as usize - 1) * self.width;
        self.slots[start..start + self.width].copy_from_slice(slots);
    }

    fn groups(&mut self, kind: Kind) -> &mut Map<Key, Group> {
        match kind {
            Kind::Username => &mut self.usernames,
            Kind::Email => &mut self.emails,
        }
    }

    /// The first row with a key.
    pub(super) fn first_with(&self, kind: Kind, key: Key) -> Option<u32> {
        let groups = match kind {
            Kind::Username => &self.usernames,
            Kind::Email => &self.emails,
        };
        groups.get(&key).map(Group::first)
    }

    /// Puts a row among those with its key; gives the rows whose flag changed.
    pub(super) fn join(&mut self, kind: Kind, key: Key, row: u32) -> Vec<u32> {
        if key.is_none() {
            self.entry_mut(row).set(kind.flag(), false);
            return Vec::new();
        }
        match self.groups(kind).entry(key) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(Group::One(row));
                self.entry_mut(row).set(kind.flag(), false);
                Vec::new()
            }
            std::collections::hash_map::Entry::Occupied(mut place) => {
                let first = place.get().first();
                place.get_mut().add(row);
                let later = first.max(row);
                self.entry_mut(first.min(row)).set(kind.flag(), false);
                self.entry_mut(later).set(kind.flag(), true);
                vec![first]
            }
        }
    }

    /// Takes a row out from those with its key; gives the rows whose flag changed.
    pub(super) fn leave(&mut self, kind: Kind, key: Key, row: u32) -> Vec<u32> {
        self.entry_mut(row).set(kind.flag(), false);
        let Some(group) = self.groups(kind).get_mut(&key) else { return Vec::new() };
        let first = match group {
            Group::One(one) if *one == row => {
                self.groups(kind).remove(&key);
                return Vec::new();
            }
            Group::One(one) => *one,
            Group::Several(rows) => {
                if let Ok(place) = rows.binary_search(&row) {
                    rows.remove(place);
                }
                let first = rows[0];
                if rows.len() == 1 {
                    *group = Group::One(first);
                }
                first
            }
        };
        self.entry_mut(first).set(kind.flag(), false);
        vec![first]
    }

    /// Writes a row's problems and verdict and keeps the counters true.
    pub(super) fn set_outcome(&mut self, row: u32, all: u64, base: Verdict, verdict: Verdict) {
        let entry = self.entry(row);
        let (was_all, was_base, was_verdict, counted) = (entry.all, entry.base, entry.verdict, entry.counted);
        if counted && was_all == all && was_base == base && was_verdict == verdict {
            return;
        }
        self.generation += 1;
        if counted {
            self.count(was_all, was_base, was_verdict, false);
        }
        self.count(all, base, verdict, true);
        let entry = self.entry_mut(row);
        entry.all = all;
        entry.base = base;
        entry.verdict = verdict;
        entry.counted = true;
    }

    fn count(&mut self, all: u64, base: Verdict, verdict: Verdict, add: bool) {
        let step = |number: &mut u32| *number = if add { *number + 1 } else { *number - 1 };
        step(&mut self.verdicts[verdict as usize]);
        if verdict != base {
            step(if base == Verdict::AddNew { &mut self.unchosen_add } else { &mut self.unchosen_update });
        }
        if all != 0 {
            step(&mut self.with_problems);
            if all & ERRORS == 0 {
                step(&mut self.warnings);
            }
            let mut rest = all;
            while rest != 0 {
                step(&mut self.codes[rest.trailing_zeros() as usize]);
                rest &= rest - 1;
            }
        }
    }

    pub(super) fn code_count(&self, code: Code) -> u32 {
        self.codes.get(code as usize).copied().unwrap_or(0)
    }
}
