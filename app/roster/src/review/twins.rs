//! Rows with the same key. Found by one search when the file was read, not by a table that grows along with it:
//! that takes less than half the time and memory.

use super::column::Column;
use super::key::Key;

/// Keys that are searched together; what bounds the memory that a search needs.
const AT_A_TIME: usize = 1 << 22;
/// Bits of the first table for each key: few share one by chance.
const BITS_EACH: usize = 16;
/// Bits of the second table for each key that shared one in the first: so few more share one by chance that all that do
/// are quickly sorted.
const BITS_AGAIN: usize = 64;
/// Every row whose key another row has, too; sorted by key, then by row.
#[derive(Clone, Debug, Default)]
pub(super) struct Twins {
    rows: Vec<(Key, u32)>,
}

impl Twins {
    /// Searches all keys; rows are counted from 1.
    pub(super) fn find(keys: &Column<Key>, rows: u32) -> Twins {
        let passes = (rows as usize).div_ceil(AT_A_TIME).next_power_of_two();
        let pass_bits = passes.trailing_zeros();
        let bits = rows as usize / passes * BITS_EACH;
        let mut seen = Seen::new(bits, pass_bits);
        let (mut found, mut again, mut alike) = (Vec::new(), Vec::new(), Vec::new());
        for pass in 0..passes as u64 {
            let is_mine =
                |key: Key| !key.is_none() && (pass_bits == 0 || key.spread() >> (64 - pass_bits) == pass);
            seen.forget();
            again.clear();
            for key in keys.iter().filter(|key| is_mine(*key)) {
                if !seen.see(key) {
                    again.push(key);
                }
            }
            // What met another key there is looked for once more, in a table of few keys, which the processor has at hand.
            let mut twice = Seen::new((again.len() * BITS_AGAIN).min(bits), Seen::OTHER_BITS);
            for key in &again {
                twice.see(*key);
            }
            let mut row = 0;
            keys.iter().for_each(|key| {
                row += 1;
                if twice.saw(key) && is_mine(key) {
                    alike.push((key, row));
                }
            });
            alike.sort_unstable();
            let groups = alike.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
            found.extend(groups.flatten().copied());
            alike.clear();
        }
        found.sort_unstable();
        Twins { rows: found }
    }

    /// Of rows that were found already, sorted by key, then by row.
    pub(super) fn of(rows: Vec<(Key, u32)>) -> Twins {
        Twins { rows }
    }

    /// The first row with a key; `None` where at most one row has it.
    pub(super) fn first(&self, key: Key) -> Option<u32> {
        self.with(key).first().map(|(_, row)| *row)
    }

    /// The rows with a key, if there are several.
    pub(super) fn with(&self, key: Key) -> &[(Key, u32)] {
        let from = self.rows.partition_point(|(other, _)| *other < key);
        let until = from + self.rows[from..].partition_point(|(other, _)| *other == key);
        &self.rows[from..until]
    }

    /// Replaces the rows of a key; `rows` are in order.
    pub(super) fn replace(&mut self, key: Key, rows: &[u32]) {
        let from = self.rows.partition_point(|(other, _)| *other < key);
        let until = from + self.rows[from..].partition_point(|(other, _)| *other == key);
        let several = if rows.len() > 1 { rows } else { &[] };
        self.rows.splice(from..until, several.iter().map(|&row| (key, row)));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, u32)> {
        self.rows.iter().copied()
    }

    /// The rows that are not the first of their key.
    pub(super) fn later(&self) -> impl Iterator<Item = u32> {
        self.rows.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1)
    }
}

/// Where keys fall in a table of bits. Those that fall on a place of their own, which are nearly all, are equal to no
/// other.
pub(super) struct Seen {
    bits: Vec<u64>,
    turn: u32,
    shift: u32,
}

impl Seen {
    /// By how much a key is turned before a second table looks at it: its own bits decide there, not those by which it
    /// met another one in the first.
    pub(super) const OTHER_BITS: u32 = 32;

    /// A table of about so many bits, whose places follow from a key's bits from `turn` on, counted from the highest.
    pub(super) fn new(bits: usize, turn: u32) -> Seen {
        let bits = bits.next_power_of_two().max(1 << 10);
        Seen { bits: vec![0; bits / 64], turn, shift: 64 - bits.trailing_zeros() }
    }

    fn forget(&mut self) {
        self.bits.fill(0);
    }

    #[inline]
    fn place(&self, key: Key) -> (usize, u64) {
        let place = key.spread().rotate_left(self.turn) >> self.shift;
        ((place / 64) as usize, 1 << (place % 64))
    }

    /// Marks a key's place; false where it was marked before.
    #[inline]
    pub(super) fn see(&mut self, key: Key) -> bool {
        let (word, bit) = self.place(key);
        let new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        new
    }

    #[inline]
    pub(super) fn saw(&self, key: Key) -> bool {
        let (word, bit) = self.place(key);
        self.bits[word] & bit != 0
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

    proptest! {
        #[test]
        fn the_search_finds_what_counting_finds(names in prop::collection::vec("[ab]{0,5}", 0..300)) {
            let keys: Vec<Key> = names.iter().map(|name| Key::of(name)).collect();
            let mut column = Column::default();
            keys.iter().for_each(|key| column.push(*key));
            let found = Twins::find(&column, keys.len() as u32);
            prop_assert_eq!(&found.rows, &naive(&keys));
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
        assert_eq!(found.rows, naive(&keys));
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
    }
}
