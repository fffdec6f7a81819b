//! The compact index: some twenty bytes a row, and counters that are always true.
//!
//! A row's problems and what is known of it make up its [`Class`]; millions of rows share a handful of classes. What a
//! row does follows from its class and the options, so that options apply to any number of rows at once, and totals
//! are sums over classes.

use super::column::Column;
use super::domains::Domains;
use super::key::{Key, Map, Set};
use super::looks::Looks;
use super::places::Places;
use super::sets::{ERRORS, Sets};
use super::terms::{EmptyCell, Existing, MatchBy, Options, Verdict};
use super::twins::Twins;
use crate::problem::Code;

/// What is known of a row beside its own problems.
pub(super) mod flag {
    /// An earlier row has the username.
    pub const SAME_USERNAME: u16 = 1;
    /// An earlier row has the address.
    pub const SAME_EMAIL: u16 = 1 << 1;
    /// Another account of the directory has the address; or the username, where people are known by the address.
    pub const OTHER_TAKEN: u16 = 1 << 2;
    /// Unticked as a person to add.
    pub const NOT_ADDED: u16 = 1 << 3;
    /// Unticked as a person to change.
    pub const NOT_UPDATED: u16 = 1 << 4;
    /// The username was made by a fix: it must not hit an account that exists.
    pub const MADE: u16 = 1 << 5;
    /// The row gives its person another address.
    pub const MOVES: u16 = 1 << 6;
    /// The directory knows the person.
    pub const EXISTS: u16 = 1 << 7;
    /// The person is an administrator, whom an import cannot change.
    pub const PROTECTED: u16 = 1 << 8;
    /// The account is deactivated.
    pub const INACTIVE: u16 = 1 << 9;
    /// A value differs from the directory's; empty cells do not count.
    pub const DIFFERS: u16 = 1 << 10;
    /// An empty cell would clear a value of the directory's.
    pub const CLEARS: u16 = 1 << 11;
    /// A value is there that the directory lacks.
    pub const FILLS: u16 = 1 << 12;
    /// The account that has the address is given another one by this file.
    pub const FREED: u16 = 1 << 13;
    /// The username can be taken for that of another row.
    pub const LOOKS_ALIKE: u16 = 1 << 14;
    /// The username can be taken for that of somebody in the directory.
    pub const LOOKS_KNOWN: u16 = 1 << 15;
    /// Both ticks.
    pub const UNTICKED: u16 = NOT_ADDED | NOT_UPDATED;
    /// What the directory said of the person.
    pub const FROM_DIRECTORY: u16 =
        OTHER_TAKEN | MOVES | EXISTS | PROTECTED | INACTIVE | DIFFERS | CLEARS | FILLS | FREED;
}

/// Which of the two keys of a row is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Kind {
    Username,
    Email,
}

impl Kind {
    pub(super) const BOTH: [Kind; 2] = [Kind::Username, Kind::Email];

    pub(super) fn flag(self) -> u16 {
        match self {
            Kind::Username => flag::SAME_USERNAME,
            Kind::Email => flag::SAME_EMAIL,
        }
    }
}

/// The keys of a row; none where it has no good one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Keys {
    pub(super) username: Key,
    /// What the username looks like; none where it looks like itself.
    pub(super) like: Key,
    pub(super) email: Key,
}

impl Keys {
    fn of(self, kind: Kind) -> Key {
        match kind {
            Kind::Username => self.username,
            Kind::Email => self.email,
        }
    }
}

/// The number of a set of problems, and flags.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(super) struct Class {
    set: u16,
    pub(super) flags: u16,
}

impl Class {
    pub(super) fn has(self, flag: u16) -> bool {
        self.flags & flag != 0
    }
}

/// What a class comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Outcome {
    /// All problems.
    pub(super) all: u64,
    /// What it would do if it were ticked.
    pub(super) base: Verdict,
    /// What it does.
    pub(super) verdict: Verdict,
}

/// What outcomes depend on beside the class.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Rules {
    pub(super) options: Options,
    pub(super) username_from_email: bool,
    pub(super) email_from_username: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    pub(super) places: Places,
    usernames: Column<Key>,
    emails: Column<Key>,
    classes: Column<Class>,
    sets: Sets,
    /// How many rows have each class.
    counts: Map<(u16, u16), u32>,
    /// Rows of the class that came last and are not in `counts` yet.
    run: (Class, u32),
    twins: [Twins; 2],
    looks: Looks,
    pub(super) domains: Domains,
}

impl Index {
    pub(super) fn len(&self) -> u32 {
        self.places.len()
    }

    pub(super) fn contains(&self, row: u32) -> bool {
        row >= 1 && row <= self.len()
    }

    #[inline(always)]
    pub(super) fn push(&mut self, place: (u64, u32, u32), keys: Keys, own: u64, flags: u16) {
        let set = if own == 0 { 0 } else { self.sets.number(own) };
        let class = Class { set, flags };
        self.places.push(place.0, place.1, place.2);
        self.usernames.push(keys.username);
        self.looks.push(self.places.len(), keys.like);
        self.emails.push(keys.email);
        self.classes.push(class);
        if self.run.0 == class {
            self.run.1 += 1;
        } else {
            self.settle_run();
            self.run = (class, 1);
        }
    }

    #[cold]
    fn settle_run(&mut self) {
        let (class, count) = self.run;
        if count > 0 {
            *self.counts.entry((class.set, class.flags)).or_default() += count;
        }
        self.run.1 = 0;
    }

    pub(super) fn class(&self, row: u32) -> Class {
        self.classes.get(row - 1)
    }

    fn set_class(&mut self, row: u32, class: Class) {
        let old = self.class(row);
        if old == class {
            return;
        }
        self.settle_run();
        self.classes.set(row - 1, class);
        if let Some(count) = self.counts.get_mut(&(old.set, old.flags)) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&(old.set, old.flags));
            }
        }
        *self.counts.entry((class.set, class.flags)).or_default() += 1;
    }

    /// Problems that need no other row.
    pub(super) fn own(&self, row: u32) -> u64 {
        self.sets.codes(self.class(row).set)
    }

    pub(super) fn set_own(&mut self, row: u32, own: u64) {
        let class = Class { set: self.sets.number(own), ..self.class(row) };
        self.set_class(row, class);
    }

    pub(super) fn has(&self, row: u32, flag: u16) -> bool {
        self.class(row).has(flag)
    }

    pub(super) fn set_flag(&mut self, row: u32, flag: u16, on: bool) {
        let class = self.class(row);
        let flags = if on { class.flags | flag } else { class.flags & !flag };
        self.set_class(row, Class { flags, ..class });
    }

    pub(super) fn line(&self, row: u32) -> u32 {
        self.places.line(row - 1)
    }

    fn keys(&self, kind: Kind) -> &Column<Key> {
        match kind {
            Kind::Username => &self.usernames,
            Kind::Email => &self.emails,
        }
    }

    pub(super) fn key(&self, kind: Kind, row: u32) -> Key {
        self.keys(kind).get(row - 1)
    }

    pub(super) fn twins(&self, kind: Kind) -> &Twins {
        &self.twins[kind as usize]
    }

    pub(super) fn twins_mut(&mut self, kind: Kind) -> &mut Twins {
        &mut self.twins[kind as usize]
    }

    /// Searches both keys of all rows, and marks those that are not the first of theirs.
    pub(super) fn find_twins(&mut self) {
        Kind::BOTH.into_iter().for_each(|kind| self.search(kind));
    }

    fn search(&mut self, kind: Kind) {
        for row in std::mem::take(&mut self.twins[kind as usize]).later() {
            self.set_flag(row, kind.flag(), false);
        }
        let found = Twins::find(self.keys(kind), self.len());
        for row in found.later() {
            self.set_flag(row, kind.flag(), true);
        }
        self.twins[kind as usize] = found;
    }

    /// Takes a row out of those with its key: it only looked like them.
    pub(super) fn part_twins(&mut self, kind: Kind, row: u32) {
        let key = self.key(kind, row);
        let rest: Vec<u32> =
            self.twins(kind).with(key).iter().copied().filter(|other| *other != row).collect();
        self.twins[kind as usize].replace(key, &rest);
        self.set_flag(row, kind.flag(), false);
    }

    /// Gives rows other keys, and finds out who shares them now.
    pub(super) fn set_keys(&mut self, changes: &[(u32, Keys)]) {
        /// Beyond this many changes one search over everything is quicker.
        const FEW: usize = 8;
        let renamed = changes.iter().any(|&(row, keys)| {
            (keys.username, keys.like) != (self.key(Kind::Username, row), self.looks.get(row))
        });
        for kind in Kind::BOTH {
            let mut touched = Vec::new();
            for &(row, keys) in changes {
                let new = keys.of(kind);
                let old = self.key(kind, row);
                if old == new {
                    continue;
                }
                touched.extend([old, new].into_iter().filter(|key| !key.is_none()));
                self.set_flag(row, kind.flag(), false);
                match kind {
                    Kind::Username => self.usernames.set(row - 1, new),
                    Kind::Email => self.emails.set(row - 1, new),
                }
            }
            if touched.len() > 2 * FEW {
                self.search(kind);
            } else if !touched.is_empty() {
                self.regroup(kind, touched);
            }
        }
        if renamed {
            for (row, keys) in changes {
                self.looks.set(*row, keys.like);
            }
            self.find_alike();
        }
    }

    /// What a row's username looks like, which may be itself; none where it has no good one.
    pub(super) fn look(&self, row: u32) -> Key {
        let (own, like) = (self.key(Kind::Username, row), self.looks.get(row));
        if own.is_none() || like.is_none() { own } else { like }
    }

    /// Another row whose username looks as a row's does.
    pub(super) fn looks_like(&self, row: u32) -> Option<u32> {
        self.looks.other(self.look(row), row)
    }

    /// Searches the usernames of all rows for such as look alike, and marks them. A row that has the username of an earlier
    /// one is left out; that is another finding.
    pub(super) fn find_alike(&mut self) {
        let mut before = Vec::new();
        if self.counts().any(|(class, _)| class.has(flag::LOOKS_ALIKE)) {
            let marked = self.classes_from(1).filter(|(_, class)| class.has(flag::LOOKS_ALIKE));
            before.extend(marked.map(|(row, _)| row));
        }
        if before.is_empty() && self.looks.is_empty() {
            return;
        }
        let classes = &self.classes;
        let is_first = |row: u32| !classes.get(row - 1).has(flag::SAME_USERNAME);
        let found = self.looks.find(&self.usernames, is_first);
        for row in before {
            self.set_flag(row, flag::LOOKS_ALIKE, false);
        }
        for row in found {
            self.set_flag(row, flag::LOOKS_ALIKE, true);
        }
    }

    /// The rows that have one of some usernames, each the first of its own.
    pub(super) fn rows_of(&self, usernames: &Set<Key>) -> Map<Key, u32> {
        let mut rows = Map::default();
        for (row, key) in (1..).zip(self.usernames.iter()) {
            if usernames.contains(&key) {
                rows.entry(key).or_insert(row);
            }
        }
        rows
    }

    /// Looks through all rows for a few keys.
    fn regroup(&mut self, kind: Kind, mut touched: Vec<Key>) {
        touched.sort_unstable();
        touched.dedup();
        let mut groups: Vec<Vec<u32>> = vec![Vec::new(); touched.len()];
        for (row, key) in (1..).zip(self.keys(kind).iter()) {
            if let Some(place) = touched.iter().position(|other| *other == key) {
                groups[place].push(row);
            }
        }
        for (key, rows) in touched.into_iter().zip(groups) {
            self.twins[kind as usize].replace(key, &rows);
            for (at, &row) in rows.iter().enumerate() {
                self.set_flag(row, kind.flag(), at > 0);
            }
        }
    }

    /// Rows from `from` on, with their class.
    pub(super) fn classes_from(&self, from: u32) -> impl Iterator<Item = (u32, Class)> {
        (from..).zip(self.classes.iter_from(from - 1))
    }

    /// Each class that occurs, and how many rows have it.
    pub(super) fn counts(&self) -> impl Iterator<Item = (Class, u32)> {
        let run = Some(self.run).filter(|(_, count)| *count > 0);
        self.counts.iter().map(|(&(set, flags), &count)| (Class { set, flags }, count)).chain(run)
    }

    /// What a class comes to.
    pub(super) fn outcome(&self, class: Class, rules: &Rules) -> Outcome {
        let mut all = self.sets.codes(class.set);
        // Where one serves as the other, one finding is enough.
        if class.has(flag::SAME_USERNAME) && !(rules.username_from_email && class.has(flag::SAME_EMAIL)) {
            all |= Code::UsernameDuplicateInFile.bit();
        }
        if class.has(flag::SAME_EMAIL) && !rules.email_from_username {
            all |= Code::EmailDuplicateInFile.bit();
        }
        if class.has(flag::LOOKS_ALIKE) || class.has(flag::LOOKS_KNOWN) && !class.has(flag::EXISTS) {
            all |= Code::UsernameLookAlike.bit();
        }
        let mut base = Verdict::AddNew;
        let by_email = rules.options.match_by == MatchBy::Email;
        let (same, other) = match by_email {
            false => (Code::UsernameTaken.bit(), Code::EmailTaken.bit()),
            true => (Code::EmailTaken.bit(), Code::UsernameTaken.bit()),
        };
        let taken = class.has(flag::OTHER_TAKEN) && !class.has(flag::FREED);
        if !class.has(flag::EXISTS) {
            if taken {
                all |= other;
            }
        } else if class.has(flag::MADE) && !by_email {
            all |= Code::UsernameTaken.bit();
        } else {
            let clears = class.has(flag::CLEARS) && rules.options.empty_cell == EmptyCell::Clear;
            let differs = class.has(flag::DIFFERS) || clears;
            base = match rules.options.existing {
                _ if !differs => Verdict::Unchanged,
                Existing::Skip => Verdict::Skip,
                Existing::FillBlanks if !class.has(flag::FILLS) => Verdict::Unchanged,
                Existing::FillBlanks | Existing::Overwrite => Verdict::Update,
            };
            if base == Verdict::Update {
                if class.has(flag::PROTECTED) {
                    all |= same;
                }
                // Usernames stay unless the file's values win.
                if taken && (!by_email || rules.options.existing == Existing::Overwrite) {
                    all |= other;
                }
            }
        }
        if all & ERRORS != 0 {
            base = Verdict::Invalid;
        }
        let unticked = match base {
            Verdict::AddNew => class.has(flag::NOT_ADDED),
            Verdict::Update => class.has(flag::NOT_UPDATED),
            _ => false,
        };
        Outcome { all, base, verdict: if unticked { Verdict::Skip } else { base } }
    }
}
