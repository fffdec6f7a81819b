//! What the directory says about the people of the roster, and what follows from it for each row.

use std::collections::HashMap;

use super::Review;
use super::index::{Kind, flag};
use super::key::{Key, value_hash};
use super::keyset::KeySet;
use super::sets::ERRORS;
use super::terms::{KeyQuery, KnownPerson, MatchBy, Options, Span, Totals, Verdict};
use crate::field::{Field, Username, Values};
use crate::problem::Code;

/// Rows that one call looks at.
const LOOKED_AT: u32 = 500_000;

/// What [`Review::set_directory_keys`] expects of each username key and address key of the directory.
pub fn key_fingerprint(key: &str) -> u64 {
    Key::of(key).fingerprint()
}

/// What [`Review::set_directory_keys`] expects of each username key of the directory that looks like something else than
/// itself.
pub fn look_fingerprint(username_key: &str) -> Option<u64> {
    let look = Username::look_of(username_key);
    (look != username_key).then(|| key_fingerprint(&look))
}

/// The keys of the directory.
#[derive(Clone, Debug)]
pub(super) struct DirectoryKeys {
    /// Usernames and addresses.
    any: KeySet,
    /// Usernames, sorted.
    usernames: Vec<u64>,
    /// What usernames look like that look like something else than themselves; sorted, and as a set that says quickly
    /// what is surely not among them.
    looks: (KeySet, Vec<u64>),
}

impl DirectoryKeys {
    fn new(keys: &[[u64; 2]], looks: &[u64]) -> DirectoryKeys {
        let sorted = |mut keys: Vec<u64>| {
            keys.sort_unstable();
            keys
        };
        let set = |keys: &[u64]| {
            let mut set = KeySet::new(keys.len());
            for key in keys {
                set.insert(Key::from_fingerprint(*key));
            }
            set
        };
        DirectoryKeys {
            any: set(keys.as_flattened()),
            usernames: sorted(keys.iter().map(|[username, _]| *username).collect()),
            looks: (set(looks), sorted(looks.to_vec())),
        }
    }

    fn has_username(&self, key: Key) -> bool {
        self.any.contains(key) && self.usernames.binary_search(&key.fingerprint()).is_ok()
    }

    /// Whether a username that nobody has can be taken for one that somebody has.
    fn looks_known(&self, username: Key, look: Key) -> bool {
        let known = look != username && self.has_username(look)
            || self.looks.0.contains(look) && self.looks.1.binary_search(&look.fingerprint()).is_ok();
        known && !self.has_username(username)
    }
}

impl Review {
    /// Tells which keys the directory has, as [`key_fingerprint`] makes them of each person's username and address, so that
    /// nobody need be asked about rows of strangers; and what the usernames look like, as [`look_fingerprint`] makes it.
    pub fn set_directory_keys(&mut self, keys: &[[u64; 2]], looks: &[u64]) {
        self.directory_keys = Some(DirectoryKeys::new(keys, looks));
    }

    /// Marks a row whose username can be taken for that of somebody in the directory.
    fn compare_look(&mut self, row: u32) {
        let Some(keys) = &self.directory_keys else { return };
        let username = self.index.key(Kind::Username, row);
        let known = !username.is_none() && keys.looks_known(username, self.index.look(row));
        self.index.set_flag(row, flag::LOOKS_KNOWN, known);
    }

    /// Where rows lie, up to `max` of them, about which the directory is to be asked. Each comes once; again only after it
    /// was edited. May be empty while [`Review::has_rows_to_ask`], so that no call takes long.
    pub fn rows_to_ask(&mut self, max: usize) -> Vec<Span> {
        self.rows_to_ask_until(max, u32::MAX)
    }

    /// The same, of the rows up to the one with this number alone, and of those that were edited.
    pub fn rows_to_ask_until(&mut self, max: usize, last: u32) -> Vec<Span> {
        let stranger = |review: &Review, row| {
            let name = review.index.key(Kind::Username, row);
            let email = review.index.key(Kind::Email, row);
            name.is_none()
                || review
                    .directory_keys
                    .as_ref()
                    .is_some_and(|keys| !keys.any.contains(name) && !keys.any.contains(email))
        };
        let mut rows = Vec::new();
        while rows.len() < max
            && let Some(row) = self.ask_again.pop_first()
        {
            self.compare_look(row);
            if stranger(self, row) {
                self.index.set_flag(row, flag::FROM_DIRECTORY, false);
            } else {
                rows.push(row);
            }
        }
        let until = self.index.len().min(self.asked_to.saturating_add(LOOKED_AT)).min(last);
        while rows.len() < max && self.asked_to < until {
            self.asked_to += 1;
            self.compare_look(self.asked_to);
            if !stranger(self, self.asked_to) {
                rows.push(self.asked_to);
            }
        }
        if rows.is_empty() && !self.has_rows_to_ask() {
            // Everything that was asked has been answered.
            self.settle_moves();
        }
        rows.into_iter().filter_map(|row| self.span(row)).collect()
    }

    /// How many rows, from the first on, have been asked about (or need no question).
    pub fn asked_to(&self) -> u32 {
        self.asked_to
    }

    /// Whether there are rows to ask about.
    pub fn has_rows_to_ask(&self) -> bool {
        self.asked_to < self.index.len() || !self.ask_again.is_empty()
    }

    /// What to ask about a row; `bytes` are its own. `None` where its keys are no longer those of the review.
    pub fn question(&self, row: u32, bytes: &[u8]) -> Option<KeyQuery> {
        let judged = self.judged(row, bytes)?;
        let facts = self.facts(&judged);
        let current = facts.keys.username == self.index.key(Kind::Username, row)
            && facts.keys.email == self.index.key(Kind::Email, row)
            && !facts.keys.username.is_none();
        current.then(|| KeyQuery {
            row,
            username_key: facts.username_key,
            email_key: facts.email_key,
            values: self.compared(&judged.values).map(|(_, text)| value_hash(text)).collect(),
        })
    }

    /// The values that are compared with the directory's, beside the address: their key and text.
    fn compared<'a>(&'a self, values: &'a Values) -> impl Iterator<Item = (&'a str, &'a str)> {
        let names = [
            (Field::FirstName.key(), values.first_name.as_str()),
            (Field::LastName.key(), values.last_name.as_str()),
        ];
        let profile = self
            .plan
            .profile
            .iter()
            .map(|(_, key, _)| (key.as_str(), values.profile(key).unwrap_or_default()));
        names.into_iter().chain(profile)
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
            let row = query.row;
            // The row was edited while the question was under way: another question is waiting.
            if !self.index.contains(row)
                || self.ask_again.contains(&row)
                || self.index.key(Kind::Username, row) != Key::of(&query.username_key)
                || self.index.key(Kind::Email, row) != Key::of(&query.email_key)
            {
                continue;
            }
            let by_match = (
                by_username.get(query.username_key.as_str()).copied(),
                by_email.get(query.email_key.as_str()).copied(),
            );
            // The person whom the row is about, and who has the other key.
            let match_by = self.rules.options.match_by;
            let (person, holder) = match match_by {
                MatchBy::Username => by_match,
                MatchBy::Email => (by_match.1, by_match.0),
            };
            let holder = holder
                .filter(|holder| person.is_none_or(|person| person.username_key != holder.username_key));
            let mut flags = 0;
            if let Some(holder) = holder {
                flags |= flag::OTHER_TAKEN;
                // Usernames do not change hands.
                if match_by == MatchBy::Username {
                    self.contested.insert(row, Key::of(&holder.username_key));
                }
            }
            if let Some(person) = person {
                flags |= self.compare(query, person);
            }
            self.index.set_flag(row, flag::FROM_DIRECTORY, false);
            self.index.set_flag(row, flags, true);
        }
        if !self.has_rows_to_ask() {
            self.settle_moves();
        }
    }

    /// How a row compares with the person whom it is about.
    fn compare(&self, query: &KeyQuery, person: &KnownPerson) -> u16 {
        let mut flags = flag::EXISTS;
        if person.protected {
            flags |= flag::PROTECTED;
        }
        if !person.active {
            flags |= flag::INACTIVE;
        }
        for ((key, _), &new) in self.compared(&Values::default()).zip(&query.values) {
            let old = value_hash(person.values.get(key).map_or("", String::as_str));
            let is_name = key == Field::FirstName.key() || key == Field::LastName.key();
            flags |= match (old, new) {
                _ if old == new => 0,
                (0, _) => flag::DIFFERS | flag::FILLS,
                // Names are required: an empty cell of theirs is an error of its own and clears nothing.
                (_, 0) => {
                    if is_name {
                        0
                    } else {
                        flag::CLEARS
                    }
                }
                _ => flag::DIFFERS,
            };
        }
        if self.rules.options.match_by == MatchBy::Email {
            // Another username: for this person the file's values have to win.
            if query.username_key != person.username_key {
                flags |= flag::DIFFERS;
            }
        } else if !query.email_key.is_empty() && query.email_key != person.email_key {
            flags |= flag::DIFFERS | flag::MOVES;
            if person.email_key.is_empty() {
                flags |= flag::FILLS;
            }
        }
        flags
    }

    /// Applies other options to every row.
    pub fn set_options(&mut self, options: Options) {
        let other_people = options.match_by != self.rules.options.match_by;
        self.rules.options = options;
        if other_people {
            // Rows are about other people now: everything the directory said has to be asked again.
            for row in 1..=self.index.len() {
                self.index.set_flag(row, flag::FROM_DIRECTORY, false);
            }
            self.asked_to = 0;
            self.ask_again.clear();
        }
        self.settle_moves();
    }

    /// The figures as they are now.
    pub fn totals(&self) -> Totals {
        let mut totals =
            Totals { rows: self.index.len(), bytes_read: self.content.len(), ..Totals::default() };
        let mut counts = vec![0; Code::ALL.len()];
        for (class, count) in self.index.counts() {
            let outcome = self.index.outcome(class, &self.rules);
            *match outcome.verdict {
                Verdict::AddNew => &mut totals.add_new,
                Verdict::Update => &mut totals.update,
                Verdict::Unchanged => &mut totals.unchanged,
                Verdict::Skip => &mut totals.skip,
                Verdict::Invalid => &mut totals.invalid,
            } += count;
            if outcome.base != outcome.verdict {
                *match outcome.base {
                    Verdict::AddNew => &mut totals.unchosen_add,
                    _ => &mut totals.unchosen_update,
                } += count;
            }
            if outcome.all != 0 {
                totals.with_problems += count;
                if outcome.all & ERRORS == 0 {
                    totals.warnings += count;
                }
            }
            let mut rest = outcome.all;
            while rest != 0 {
                counts[rest.trailing_zeros() as usize] += count;
                rest &= rest - 1;
            }
        }
        totals.chosen_add = totals.add_new;
        totals.chosen_update = totals.update;
        let of_file = |code| self.file_problems.iter().filter(|problem| problem.problem.code == code).count();
        totals.problem_counts = Code::ALL
            .iter()
            .zip(counts)
            .map(|(&code, count)| (code, count.max(u32::try_from(of_file(code)).unwrap_or(u32::MAX))))
            .filter(|(_, count)| *count > 0)
            .collect();
        totals
    }
}
