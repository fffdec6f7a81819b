//! Rows with the same key. Found by one search when the file was read, not by a table that grows along with it:
//! that takes less than half the time and memory.

use super::column::Column;
use super::key::Key;

/// Keys that are searched together: as many as fit a processor's cache.
const TOGETHER: usize = 1 << 13;
/// Keys that are sorted into parts at a time; what bounds the memory that a search needs.
const AT_A_TIME: usize = 1 << 22;
/// Stands for a free place of the table.
const FREE: u32 = u32::MAX;

/// Every row whose key another row has, too; sorted by key, then by row.
#[derive(Clone, Debug, Default)]
pub(super) struct Twins {
    rows: Vec<(Key, u32)>,
}

impl Twins {
    /// Searches all keys; rows are counted from 1.
    pub(super) fn find(keys: &Column<Key>, rows: u32) -> Twins {
        let passes = (rows as usize).div_ceil(AT_A_TIME).next_power_of_two();
        let mut found = Vec::new();
        let mut parts = Parts::default();
        for pass in 0..passes {
            parts.sort(keys, rows as usize / passes, passes.trailing_zeros(), pass as u64);
            parts.search(&mut found);
        }
        found.sort_unstable();
        found.dedup();
        Twins { rows: found }
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

/// Keys sorted into parts by their highest bits.
#[derive(Default)]
struct Parts {
    keys: Vec<Key>,
    rows: Vec<u32>,
    /// Where each part ends.
    ends: Vec<usize>,
    table: Vec<u32>,
}

impl Parts {
    /// Takes the keys whose highest `pass_bits` are `pass`, about `expected` of them.
    fn sort(&mut self, keys: &Column<Key>, expected: usize, pass_bits: u32, pass: u64) {
        let bits = expected.div_ceil(TOGETHER).next_power_of_two().trailing_zeros();
        let highest = |key: Key, bits: u32| if bits == 0 { 0 } else { key.spread() >> (64 - bits) };
        let part_of = |key: Key| {
            let mine = !key.is_none() && highest(key, pass_bits) == pass;
            mine.then(|| (highest(key, pass_bits + bits) & ((1 << bits) - 1)) as usize)
        };
        let mut places = vec![0; 1 << bits];
        for part in keys.iter().filter_map(part_of) {
            places[part] += 1;
        }
        let mut total = 0;
        for place in &mut places {
            total += std::mem::replace(place, total);
        }
        self.keys.resize(total, Key::default());
        self.rows.resize(total, 0);
        for (row, key) in (1..).zip(keys.iter()) {
            if let Some(part) = part_of(key) {
                self.keys[places[part]] = key;
                self.rows[places[part]] = row;
                places[part] += 1;
            }
        }
        self.ends = places;
    }

    /// Finds equal keys, part by part.
    fn search(&mut self, found: &mut Vec<(Key, u32)>) {
        let mut from = 0;
        for &until in &self.ends {
            let size = ((until - from) * 2).next_power_of_two();
            self.table.clear();
            self.table.resize(size, FREE);
            for at in from..until {
                let key = self.keys[at];
                // The highest bits are the same in the whole part; the lowest tell them apart.
                let mut place = key.spread() as usize & (size - 1);
                loop {
                    match self.table[place] {
                        FREE => {
                            self.table[place] = at as u32;
                            break;
                        }
                        other if self.keys[other as usize] == key => {
                            found.push((key, self.rows[other as usize]));
                            found.push((key, self.rows[at]));
                            break;
                        }
                        _ => place = (place + 1) & (size - 1),
                    }
                }
            }
            from = until;
        }
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
