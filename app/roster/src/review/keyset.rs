//! A set of keys as a table of bits: a key that was put in is always found; now and then (less than one time in fifty)
//! one that was not is found, too.

use super::key::Key;

#[derive(Clone, Debug)]
pub(super) struct KeySet {
    bits: Vec<u64>,
    shift: u32,
}

impl KeySet {
    /// An empty set with room for so many keys.
    pub(super) fn new(keys: usize) -> KeySet {
        let bits = (keys as u64 * 64).next_power_of_two().max(1 << 16);
        KeySet { bits: vec![0; (bits / 64) as usize], shift: 64 - bits.trailing_zeros() }
    }

    fn place(&self, key: Key) -> (usize, u64) {
        let place = key.spread() >> self.shift;
        ((place / 64) as usize, 1 << (place % 64))
    }

    /// Puts a key in; false if it was in before.
    pub(super) fn insert(&mut self, key: Key) -> bool {
        let (word, bit) = self.place(key);
        let new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        new
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        let (word, bit) = self.place(key);
        self.bits[word] & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_and_little_else() {
        let mut set = KeySet::new(10_000);
        for i in 0..10_000 {
            set.insert(Key::of(&format!("user{i}")));
        }
        assert!((0..10_000).all(|i| set.contains(Key::of(&format!("user{i}")))));
        let wrong = (0..10_000).filter(|i| set.contains(Key::of(&format!("other{i}")))).count();
        assert!(wrong < 200, "{wrong} of 10,000");
    }
}
