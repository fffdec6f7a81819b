//! Keys as the index holds them: 128 bits instead of a text.
//!
//! Two different keys with one hash would make a false duplicate; at 128 bits that does not happen by chance (10^-26
//! for a million rows). By intent it would need the file's author to work against the own file, and the server
//! compares the texts themselves again.

use std::hash::{BuildHasherDefault, Hasher};

/// The hash of a key; all zero: no key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, PartialOrd, Ord)]
pub(super) struct Key(u64, u64);

impl Key {
    pub(super) fn of(text: &str) -> Key {
        if text.is_empty() {
            return Key::default();
        }
        let [one, other] = hash(text.as_bytes());
        Key(one | 1, other)
    }

    pub(super) fn is_none(self) -> bool {
        self == Key::default()
    }

    pub(super) fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.0.to_le_bytes());
        bytes[8..].copy_from_slice(&self.1.to_le_bytes());
        bytes
    }
}

/// The hash of a value that is compared with the directory's; 0: empty.
pub(super) fn value_hash(text: &str) -> u64 {
    if text.is_empty() { 0 } else { hash(text.as_bytes())[0] | 1 }
}

const SECRETS: [u64; 4] =
    [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3];

/// Multiplies to 128 bits and folds: every bit of both factors reaches every bit of the result.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

/// Two independent 64-bit hashes in one pass.
pub(super) fn hash(bytes: &[u8]) -> [u64; 2] {
    let mut one = SECRETS[0] ^ bytes.len() as u64;
    let mut other = SECRETS[1].wrapping_add(bytes.len() as u64);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes(chunk.try_into().expect("a chunk has 8 bytes"));
        one = fold(one ^ word, SECRETS[2]);
        other = fold(other ^ word, SECRETS[3]);
    }
    let mut last = [0; 8];
    last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    let word = u64::from_le_bytes(last);
    one = fold(one ^ word, SECRETS[3]);
    other = fold(other ^ word, SECRETS[2]);
    [fold(one, SECRETS[1]), fold(other, SECRETS[0])]
}

/// For maps whose keys are hashes already, and for small whole numbers.
#[derive(Clone, Copy, Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = fold(self.0 ^ hash(bytes)[0], SECRETS[0]);
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = fold(self.0.rotate_left(26) ^ value, SECRETS[2]);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(super) type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Spread>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_agree() {
        assert_eq!(Key::of("anna"), Key::of("anna"));
        let mut seen = std::collections::BTreeSet::new();
        for i in 0..100_000 {
            assert!(seen.insert(Key::of(&format!("user{i}"))));
        }
        assert_ne!(Key::of("a"), Key::of("a\0"));
        assert!(Key::of("").is_none() && !Key::of("x").is_none());
        assert_eq!(value_hash(""), 0);
    }
}
