//! Rows with the same key. Found by one search when the file was read, not by a table that grows along with it:
//! that takes less than half the time and memory.

use super::column::Column;
use super::key::Key;

/// Keys that are searched together; what bounds the memory that a search needs.
const AT_A_TIME: usize = 1 << 22;
/// Bits of the first table for each key: few share theirs by chance.
const BITS_EACH: usize = 16;
/// Bits of the second table for each key that shared its own in the first: so few more share theirs by chance that all
/// that do are quickly sorted.
const BITS_AGAIN: usize = 64;
/// Twins are sorted in so many parts (two to the power of), which bounds the memory that it needs.
const PART_BITS: u32 = 10;

/// Every row whose key another row has, too: four bytes for each, and sixteen for each key.
#[derive(Clone, Debug, Default)]
pub(super) struct Twins {
    /// Sorted by key.
    groups: Vec<Group>,
    /// The rows of each group in their order, somewhere.
    rows: Vec<u32>,
    /// While rows are looked at again: what the first row of each group has, as other bits; 0 where it was not seen yet.
    checks: Vec<u64>,
}

/// Where the rows of a key are.
#[derive(Clone, Copy, Debug)]
struct Group {
    key: Key,
    start: u32,
    end: u32,
}

impl Twins {
    /// Searches all keys; rows are counted from 1.
    pub(super) fn find(keys: &Column<Key>, rows: u32) -> Twins {
        // Each pass looks for the keys that begin with some bits, in the order of the keys.
        let passes = (rows as usize).div_ceil(AT_A_TIME).next_power_of_two();
        let pass_bits = passes.trailing_zeros();
        let bits = rows as usize / passes * BITS_EACH;
        let mut seen = Seen::new(bits, 0);
        let mut found = Twins::default();
        for pass in 0..passes as u64 {
            let is_mine = |key: Key| !key.is_none() && key.leading(pass_bits) == pass;
            seen.forget();
            let (mut again, mut last) = (Column::default(), Key::default());
            keys.iter().filter(|key| is_mine(*key)).for_each(|key| {
                // Where one key comes many times in a row, once is enough.
                if !seen.see(key) && last != key {
                    again.push(key);
                    last = key;
                }
            });
            // What met another key there is looked for once more, in a table of few keys, which the processor has at hand.
            let mut twice = Seen::new((again.len() as usize * BITS_AGAIN).min(bits), Seen::OTHER_BITS);
            again.iter().for_each(|key| {
                twice.see(key);
            });
            drop(again);
            found.gather(keys, pass_bits, |key| twice.saw(key) && is_mine(key));
        }
        found.groups.shrink_to_fit();
        found.rows.shrink_to_fit();
        found
    }

    /// Adds the groups among those keys that pass a test; all begin with the same `shared` bits. The rows are dealt out to
    /// parts by what their keys go on with, and each part is sorted by itself.
    fn gather(&mut self, keys: &Column<Key>, shared: u32, wanted: impl Fn(Key) -> bool) {
        let part_of = |key: Key| key.after(shared, PART_BITS) as usize;
        let mut ends = vec![0_usize; 1 << PART_BITS];
        keys.iter().filter(|key| wanted(*key)).for_each(|key| ends[part_of(key)] += 1);
        // Where each part begins; when all rows are dealt out, it is where it ends.
        let mut end = self.rows.len();
        for part in &mut ends {
            (*part, end) = (end, end + *part);
        }
        let (mut kept, mut begin) = (self.rows.len(), self.rows.len());
        let count = end - begin;
        self.rows.reserve_exact(count);
        self.rows.resize(end, 0);
        let mut row = 0;
        keys.iter().for_each(|key| {
            row += 1;
            if wanted(key) {
                let place = &mut ends[part_of(key)];
                self.rows[*place] = row;
                *place += 1;
            }
        });
        self.groups.reserve_exact(count / 2);
        let mut sorted: Vec<(Key, u32)> = Vec::new();
        for end in ends {
            sorted.clear();
            sorted.extend(self.rows[begin..end].iter().map(|&row| (keys.get(row - 1), row)));
            sorted.sort_unstable();
            begin = end;
            // What only seemed to have a twin makes room for those that come behind.
            for group in sorted.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
                let start = kept as u32;
                for (_, row) in group {
                    self.rows[kept] = *row;
                    kept += 1;
                }
                self.groups.push(Group { key: group[0].0, start, end: kept as u32 });
            }
        }
        self.rows.truncate(kept);
    }

    /// Of rows that were found already, sorted by key, then by row.
    pub(super) fn of(rows: &[(Key, u32)]) -> Twins {
        let mut twins = Twins::default();
        twins.add(rows);
        twins
    }

    /// Adds the groups among some rows, sorted by key, then by row.
    fn add(&mut self, rows: &[(Key, u32)]) {
        let groups = || rows.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        self.groups.reserve_exact(groups().count());
        self.rows.reserve_exact(groups().map(<[_]>::len).sum());
        for group in groups() {
            let start = self.rows.len() as u32;
            self.rows.extend(group.iter().map(|(_, row)| *row));
            self.groups.push(Group { key: group[0].0, start, end: self.rows.len() as u32 });
        }
    }

    /// The first row with a key; `None` where at most one row has it.
    pub(super) fn first(&self, key: Key) -> Option<u32> {
        self.with(key).first().copied()
    }

    fn place(&self, key: Key) -> Result<usize, usize> {
        self.groups.binary_search_by_key(&key, |group| group.key)
    }

    fn rows_of(&self, group: Group) -> &[u32] {
        &self.rows[group.start as usize..group.end as usize]
    }

    /// The rows with a key, if there are several.
    pub(super) fn with(&self, key: Key) -> &[u32] {
        self.place(key).map_or(&[], |place| self.rows_of(self.groups[place]))
    }

    /// Replaces the rows of a key; `rows` are in order.
    pub(super) fn replace(&mut self, key: Key, rows: &[u32]) {
        let start = self.rows.len() as u32;
        let group = Group { key, start, end: start + rows.len() as u32 };
        let checked = !self.checks.is_empty();
        match self.place(key) {
            Ok(place) if rows.len() < 2 => {
                self.groups.remove(place);
                if checked {
                    self.checks.remove(place);
                }
                return;
            }
            Err(_) if rows.len() < 2 => return,
            Ok(place) => self.groups[place] = group,
            Err(place) => {
                self.groups.insert(place, group);
                if checked {
                    self.checks.insert(place, 0);
                }
            }
        }
        self.rows.extend_from_slice(rows);
    }

    /// Whether a row with a key has the same other bits as the first of its group that was looked at.
    pub(super) fn check(&mut self, key: Key, bits: u64) -> bool {
        let Ok(place) = self.place(key) else { return true };
        self.checks.resize(self.groups.len(), 0);
        if self.checks[place] == 0 {
            self.checks[place] = bits;
        }
        self.checks[place] == bits
    }

    /// All rows have been looked at.
    pub(super) fn checked(&mut self) {
        self.checks = Vec::new();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.groups.iter().flat_map(|group| self.rows_of(*group)).copied()
    }

    /// The rows that are not the first of their key.
    pub(super) fn later(&self) -> impl Iterator<Item = u32> {
        self.groups.iter().flat_map(|group| &self.rows_of(*group)[1..]).copied()
    }
}

/// Where keys fall in a table of bits: on two of one word each. Those that fall on a bit of their own, which are nearly
/// all, are equal to no other.
pub(super) struct Seen {
    words: Vec<u64>,
    turn: u32,
    shift: u32,
}

impl Seen {
    /// By how much a key is turned before a second table looks at it: its own bits decide there, not those by which it
    /// met another one in the first.
    pub(super) const OTHER_BITS: u32 = 32;

    /// A table of about so many bits, whose places follow from a key's bits from `turn` on, counted from the highest.
    pub(super) fn new(bits: usize, turn: u32) -> Seen {
        let words = (bits / 64).next_power_of_two().max(1 << 4);
        Seen { words: vec![0; words], turn, shift: 64 - words.trailing_zeros() }
    }

    fn forget(&mut self) {
        self.words.fill(0);
    }

    #[inline]
    fn place(&self, key: Key) -> (usize, u64) {
        let bits = key.spread().rotate_left(self.turn);
        ((bits >> self.shift) as usize, 1 << (bits >> 2 & 63) | 1 << (bits >> 8 & 63))
    }

    /// Marks a key's place; false where it was marked before.
    #[inline]
    pub(super) fn see(&mut self, key: Key) -> bool {
        let (word, bits) = self.place(key);
        let new = self.words[word] & bits != bits;
        self.words[word] |= bits;
        new
    }

    #[inline]
    pub(super) fn saw(&self, key: Key) -> bool {
        let (word, bits) = self.place(key);
        self.words[word] & bits == bits
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn naive(keys: &[Key]) -> Vec<(Key, u32)> {
        let mut rows: BTreeMap<Key, Vec<u32>> = BTreeMap::new();
        for (row, key) in (1..).zip(keys) {
            rows.entry(*key).or_default().push(row);
        }
        let several = rows.into_iter().filter(|(key, rows)| rows.len() > 1 && !key.is_none());
        several.flat_map(|(key, rows)| rows.into_iter().map(move |row| (key, row))).collect()
    }

    fn all(twins: &Twins) -> Vec<(Key, u32)> {
        twins
            .groups
            .iter()
            .flat_map(|group| twins.rows_of(*group).iter().map(|row| (group.key, *row)))
            .collect()
    }

    proptest! {
        #[test]
        fn the_search_finds_what_counting_finds(names in prop::collection::vec("[ab]{0,5}", 0..300)) {
            let keys: Vec<Key> = names.iter().map(|name| Key::of(name)).collect();
            let mut column = Column::default();
            keys.iter().for_each(|key| column.push(*key));
            let found = Twins::find(&column, keys.len() as u32);
            prop_assert_eq!(all(&found), naive(&keys));
        }

        #[test]
        fn however_many_twins_there_are(rows in 1u32..20_000, different in 1u32..20_000) {
            let keys: Vec<Key> = (0..rows).map(|row| Key::of(&format!("user{}", row * 7 % different))).collect();
            let mut column = Column::default();
            keys.iter().for_each(|key| column.push(*key));
            prop_assert_eq!(all(&Twins::find(&column, rows)), naive(&keys));
        }
    }

    #[test]
    fn many_parts() {
        let mut column = Column::default();
        let mut keys = Vec::new();
        for i in 0..40_000u32 {
            let key = Key::of(&format!("user{}", i % 39_990));
            keys.push(key);
            column.push(key);
        }
        let found = Twins::find(&column, 40_000);
        assert_eq!(all(&found), naive(&keys));
        assert_eq!(found.later().count(), 10);
        assert_eq!(found.first(Key::of("user3")), Some(4));
        assert_eq!(found.first(Key::of("user100")), None);
    }

    #[test]
    fn groups_are_replaced() {
        let mut twins = Twins::default();
        let (a, b) = (Key::of("a"), Key::of("b"));
        twins.replace(a, &[1, 5]);
        twins.replace(b, &[2, 3, 9]);
        assert_eq!((twins.first(a), twins.first(b)), (Some(1), Some(2)));
        twins.replace(a, &[5]);
        assert_eq!((twins.first(a), twins.with(b).len()), (None, 3));
        twins.replace(a, &[5, 6]);
        assert_eq!((twins.iter().count(), twins.later().count()), (5, 3));
    }

    #[test]
    fn what_only_seems_to_be_the_same_is_told() {
        let (a, b, c) = (Key::of("a"), Key::of("b"), Key::of("c"));
        let mut twins = Twins::of(&[(a, 1), (a, 5)]);
        assert!(twins.check(a, 7));
        // Somebody edits meanwhile.
        twins.replace(b, &[2, 3]);
        twins.replace(c, &[4, 6]);
        assert!(twins.check(a, 7) && !twins.check(a, 8));
        assert!(twins.check(b, 9) && !twins.check(b, 7));
        twins.replace(b, &[2]);
        assert!(twins.check(c, 1) && twins.check(a, 7) && twins.check(b, 5), "who is alone is no twin");
        twins.checked();
        assert!(twins.check(a, 8));
    }
}
