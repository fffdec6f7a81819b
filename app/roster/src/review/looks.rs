//! Usernames that can be taken for another one's. Found by one search when the file was read: those that look like
//! something else than themselves (`pau1` like `paul`) are remembered by what they look like, and met by each other and by
//! those that are that.

use std::collections::BTreeMap;

use super::column::Column;
use super::key::Key;
use super::twins::{Seen, Twins};

/// Bits of the tables for each key in them: few share one by chance.
const BITS_EACH: usize = 64;
/// What bounds the memory that a search needs.
const MOST_BITS: usize = 1 << 26;
/// So many rows are remembered with those they look like; beyond that it is only known that they do.
const MOST: usize = 1 << 20;

/// What usernames look like.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks {
    /// The rows whose username looks like something else than itself, in their order,
    rows: Column<u32>,
    /// and what it looks like.
    keys: Column<Key>,
    /// Of rows that were edited; none where the username looks like itself.
    changed: BTreeMap<u32, Key>,
    /// Rows that look alike, by what they look like; of each username its first row.
    found: Twins,
}

impl Looks {
    /// Notes what a row's username looks like; rows come in their order.
    #[inline]
    pub(super) fn push(&mut self, row: u32, like: Key) {
        if !like.is_none() {
            self.rows.push(row);
            self.keys.push(like);
        }
    }

    pub(super) fn set(&mut self, row: u32, like: Key) {
        if self.get(row) != like {
            self.changed.insert(row, like);
        }
    }

    /// What a row's username looks like; none where it looks like itself.
    pub(super) fn get(&self, row: u32) -> Key {
        if let Some(changed) = self.changed.get(&row) {
            return *changed;
        }
        let (mut from, mut until) = (0, self.rows.len());
        while from < until {
            let middle = from.midpoint(until);
            if self.rows.get(middle) < row {
                from = middle + 1;
            } else {
                until = middle;
            }
        }
        let found = from < self.rows.len() && self.rows.get(from) == row;
        if found { self.keys.get(from) } else { Key::default() }
    }

    /// Whether every username looks like itself: then no two look alike.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.len() == 0 && self.changed.is_empty()
    }

    /// What usernames look like that look like something else than themselves.
    fn odd(&self) -> impl Iterator<Item = (Key, u32)> {
        let read = self.keys.iter().zip(self.rows.iter());
        let read = read.filter(|(_, row)| self.changed.is_empty() || !self.changed.contains_key(row));
        let changed = self.changed.iter().map(|(row, like)| (*like, *row));
        read.chain(changed.filter(|(like, _)| !like.is_none()))
    }

    /// Another row, the first one, that looks as a row does.
    pub(super) fn other(&self, look: Key, row: u32) -> Option<u32> {
        self.found.with(look).iter().copied().find(|other| *other != row)
    }

    /// Searches all rows; those that look alike. `usernames` has the keys of all rows, and `counts` tells of a row whether it
    /// is the first with its username.
    pub(super) fn find(&mut self, usernames: &Column<Key>, counts: impl Fn(u32) -> bool) -> Vec<u32> {
        let odd = || self.odd().filter(|(_, row)| counts(*row));
        let mut seen = Seen::new((odd().count() * BITS_EACH).min(MOST_BITS), 0);
        let met: Vec<Key> = odd().map(|(like, _)| like).filter(|like| !seen.see(*like)).collect();
        let mut found = Vec::new();
        let mut row = 0;
        usernames.iter().for_each(|own| {
            row += 1;
            if seen.saw(own) && !own.is_none() && self.get(row).is_none() && counts(row) {
                found.push((own, row));
            }
        });
        let mut twice = Seen::new(((met.len() + found.len()) * BITS_EACH).min(MOST_BITS), Seen::OTHER_BITS);
        for key in found.iter().map(|(own, _)| *own).chain(met) {
            twice.see(key);
        }
        found.extend(odd().filter(|(like, _)| twice.saw(*like)));
        found.sort_unstable();
        let alike = found.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        let mut found: Vec<(Key, u32)> = alike.flatten().copied().collect();
        let rows = found.iter().map(|(_, row)| *row).collect();
        found.truncate(MOST);
        self.found = Twins::of(&found);
        rows
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::field::Username;

    proptest! {
        #[test]
        fn the_search_finds_what_comparing_all_finds(names in prop::collection::vec("[ol012mv]{0,3}(rn)?", 0..200)) {
            let (mut looks, mut usernames, mut all) = (Looks::default(), Column::default(), BTreeMap::new());
            let (mut first, mut seen) = (Vec::new(), BTreeSet::new());
            for (row, name) in (1..).zip(&names) {
                let (key, like) = if name.is_empty() { Default::default() } else { Key::of_username(name.as_bytes()) };
                usernames.push(key);
                looks.push(row, like);
                first.push(seen.insert(name));
                if first[row as usize - 1] && !name.is_empty() {
                    all.entry(Username::skeleton_of(name)).or_insert_with(Vec::new).push(row);
                }
            }
            let mut found = looks.find(&usernames, |row| first[row as usize - 1]);
            found.sort_unstable();
            let mut expected: Vec<u32> = all.values().filter(|rows| rows.len() > 1).flatten().copied().collect();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_row_knows_whom_it_looks_like() {
        let (mut looks, mut usernames) = (Looks::default(), Column::default());
        let keys = ["anna", "paull", "bob", "pau11", "bob"].map(|name| Key::of_username(name.as_bytes()));
        for (row, (key, like)) in (1..).zip(keys) {
            usernames.push(key);
            looks.push(row, like);
        }
        assert!(!looks.is_empty());
        assert_eq!(looks.find(&usernames, |row| row < 5), [2, 4]);
        assert_eq!((looks.other(keys[1].0, 2), looks.other(looks.get(4), 4)), (Some(4), Some(2)));
        assert_eq!(looks.other(keys[0].0, 1), None);
        looks.set(4, Key::default());
        assert_eq!(looks.find(&usernames, |_| true), [0; 0]);
    }
}
