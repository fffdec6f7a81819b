//! Usernames that can be taken for another one's. Found by one search when the file was read, among those that look like
//! something else than themselves (`paul.smith1` like `paul.smithl`) and whatever they look like.

use super::column::Column;
use super::key::Key;
use super::twins::{Seen, Twins};

/// Bits of the first table for each username that looks like something else.
const BITS_EACH: usize = 16;
/// Bits of the second table for each one that met another in the first.
const BITS_AGAIN: usize = 64;
/// What bounds the memory that a search needs.
const MOST_BITS: usize = 1 << 26;
/// So many rows are remembered with those they look like; beyond that it is only known that they do.
const MOST: usize = 1 << 20;

/// What usernames look like.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks {
    /// Of each row, none where its username looks like itself. Ends with the last row where it does not.
    keys: Column<Key>,
    /// Rows that look alike, by what they look like; of each username its first row.
    found: Twins,
}

impl Looks {
    /// Notes what a row's username looks like; rows come in their order.
    #[inline]
    pub(super) fn push(&mut self, row: u32, like: Key) {
        if !like.is_none() {
            while self.keys.len() + 1 < row {
                self.keys.push(Key::default());
            }
            self.keys.push(like);
        }
    }

    pub(super) fn set(&mut self, row: u32, like: Key) {
        if row <= self.keys.len() {
            self.keys.set(row - 1, like);
        } else {
            self.push(row, like);
        }
    }

    /// What a row's username looks like; none where it looks like itself.
    pub(super) fn get(&self, row: u32) -> Key {
        if row <= self.keys.len() { self.keys.get(row - 1) } else { Key::default() }
    }

    /// Whether any username looks like something else: only then can two look alike.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.len() == 0
    }

    /// Another row, the first one, that looks as a row does.
    pub(super) fn other(&self, look: Key, row: u32) -> Option<u32> {
        self.found.with(look).iter().copied().find(|other| *other != row)
    }

    /// Searches all rows; those that look alike. `usernames` has the keys of all rows, and `counts` tells of each whether it
    /// is the first with its username.
    pub(super) fn find<F: Iterator<Item = bool>>(
        &mut self,
        usernames: &Column<Key>,
        counts: impl Fn() -> F,
    ) -> Vec<u32> {
        if self.is_empty() {
            self.found = Twins::default();
            return Vec::new();
        }
        let rows = || {
            let looks = self.keys.iter().chain(std::iter::repeat(Key::default()));
            let counted = usernames.iter().zip(looks).zip(counts());
            counted.filter(|((own, _), counts)| *counts && !own.is_none()).map(|(keys, _)| keys)
        };
        let odd = self.keys.iter().filter(|like| !like.is_none()).count();
        let mut seen = Seen::new((odd * BITS_EACH).min(MOST_BITS), 0);
        let mut met = Vec::new();
        for (_, like) in rows().filter(|(_, like)| !like.is_none()) {
            if !seen.see(like) {
                met.push(like);
            }
        }
        met.extend(rows().filter(|(own, like)| like.is_none() && seen.saw(*own)).map(|(own, _)| own));
        drop(seen);
        let mut twice = Seen::new((met.len() * BITS_AGAIN).min(MOST_BITS), Seen::OTHER_BITS);
        for key in met {
            twice.see(key);
        }
        let looks = usernames.iter().zip(self.keys.iter().chain(std::iter::repeat(Key::default())));
        let looks = looks.zip(counts()).zip(1..).filter(|((keys, counts), _)| *counts && !keys.0.is_none());
        let looks = looks.map(|(((own, like), _), row)| (if like.is_none() { own } else { like }, row));
        let mut found: Vec<(Key, u32)> = looks.filter(|(look, _)| twice.saw(*look)).collect();
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
        fn the_search_finds_what_comparing_all_finds(names in prop::collection::vec("[ol01mv]{0,3}(rn)?", 0..200)) {
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
            let mut found = looks.find(&usernames, || first.iter().copied());
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
        assert_eq!(looks.find(&usernames, || [true, true, true, true, false].into_iter()), [2, 4]);
        assert_eq!((looks.other(keys[1].0, 2), looks.other(looks.get(4), 4)), (Some(4), Some(2)));
        assert_eq!(looks.other(keys[0].0, 1), None);
        looks.set(4, Key::default());
        assert_eq!(looks.find(&usernames, || std::iter::repeat_n(true, 5)), [0; 0]);
    }
}
