//! Keys as the index holds them: 64 bits instead of a text.
//!
//! Two different keys with one fingerprint would make a false duplicate. At 64 bits that happens once in some millions
//! of files with a million rows; still, whatever looks like a duplicate is read again and compared by an
//! independent fingerprint before anybody relies on it.

use std::hash::{BuildHasherDefault, Hasher};

use crate::field::{MAX_USERNAME, Username};

/// The fingerprint of a key; 0: no key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, PartialOrd, Ord)]
pub(super) struct Key(u64);

impl Key {
    pub(super) fn of(text: &str) -> Key {
        if text.is_empty() { Key::default() } else { Key::of_lower(text.as_bytes()) }
    }

    /// The key of a text, not empty, whose capitals A to Z count as small letters.
    #[inline]
    pub(super) fn of_lower(text: &[u8]) -> Key {
        let mut state = start(text);
        each_word(text, |word| state = step(state, lower(word)));
        end(state)
    }

    /// The key of a username of ASCII characters, not empty, and that of [what it looks like](Username::look_of); none where
    /// it looks like itself.
    #[inline]
    pub(super) fn of_username(text: &[u8]) -> (Key, Key) {
        Key::of_plain_username(text, surely_looks_like_itself(text))
    }

    /// The same, where it is known whether it surely looks like itself.
    #[inline(always)]
    pub(super) fn of_plain_username(text: &[u8], like_itself: bool) -> (Key, Key) {
        let key = Key::of_lower(text);
        if like_itself {
            return (key, Key::default());
        }
        let like = Key::of_lower(Username::plain_look(text, &mut [0; MAX_USERNAME]));
        (key, if like == key { Key::default() } else { like })
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(super) fn fingerprint(self) -> u64 {
        self.0
    }

    pub(super) fn from_fingerprint(fingerprint: u64) -> Key {
        Key(fingerprint)
    }

    /// Its first bits.
    #[inline]
    pub(super) fn leading(self, bits: u32) -> u64 {
        self.0.checked_shr(64 - bits).unwrap_or(0)
    }

    /// The `bits` bits behind the first `skipped` ones.
    #[inline]
    pub(super) fn after(self, skipped: u32, bits: u32) -> u64 {
        Key(self.0 << skipped).leading(bits)
    }

    /// All of its bits, well mixed.
    #[inline]
    pub(super) fn spread(self) -> u64 {
        self.0.wrapping_mul(SECRETS[0])
    }
}

#[inline]
fn start(text: &[u8]) -> u64 {
    SECRETS[0] ^ (text.len() as u64).wrapping_mul(SECRETS[1])
}

#[inline]
fn step(state: u64, word: u64) -> u64 {
    let state = (state ^ word).wrapping_mul(SECRETS[2]);
    state ^ state >> 29
}

#[inline]
fn end(state: u64) -> Key {
    let state = (state ^ state >> 32).wrapping_mul(SECRETS[3]);
    Key((state ^ state >> 29) | 1)
}

/// Goes through a text by eight bytes. The last eight have part of those before them; a shorter text stands for itself.
#[inline]
fn each_word(text: &[u8], mut with: impl FnMut(u64)) {
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        with(u64::from_le_bytes(word.try_into().expect("a chunk has 8 bytes")));
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        with(match text.last_chunk::<8>() {
            Some(last) => u64::from_le_bytes(*last),
            None => rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
        });
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

/// Turns the capitals A to Z among eight bytes into small letters.
#[inline]
fn lower(word: u64) -> u64 {
    let low = word & (0x7F * ONES);
    let from_a = low + (0x80 - u64::from(b'A')) * ONES;
    let beyond_z = low + (0x80 - u64::from(b'Z') - 1) * ONES;
    // Bit 7 of each byte: an ASCII byte from A to Z. Shifted by two it is the bit by which case differs.
    word | (from_a & !beyond_z & !word & HIGH) >> 2
}

/// Whether a username of ASCII characters surely looks like itself, as most do: a number behind it is a number, and in front
/// of that there is nothing that can be taken for anything else.
#[inline]
pub(super) fn surely_looks_like_itself(text: &[u8]) -> bool {
    let (mut rest, mut is_number) = (text, false);
    while let [front @ .., digit @ b'0'..=b'9'] = rest {
        is_number |= *digit > b'1';
        rest = front;
    }
    is_number |= text.len() - rest.len() >= Username::NUMBER;
    if !is_number || matches!(rest.last(), Some(b'o' | b'O' | b'l' | b'L' | b'I')) {
        rest = text;
    }
    let (mut found, mut before) = (0, 0);
    each_word(rest, |word| {
        let small = lower(word);
        let digit = has_zero((word & (0xF0 * ONES)) ^ (0x30 * ONES));
        let capital_i = has_zero(word ^ (u64::from(b'I') * ONES));
        found |= digit | capital_i | pairs(small, small >> 8) | pairs(before, small | !0xFF);
        before = small >> 56;
    });
    found == 0
}

#[inline]
fn has_zero(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH
}

/// Whether any of eight bytes is an r with an n next to it, or both are v. `next` has, in each place, the byte after.
#[inline]
fn pairs(bytes: u64, next: u64) -> u64 {
    let rn = (bytes ^ (u64::from(b'r') * ONES)) | (next ^ (u64::from(b'n') * ONES));
    let vv = (bytes ^ (u64::from(b'v') * ONES)) | (next ^ (u64::from(b'v') * ONES));
    has_zero(rn) | has_zero(vv)
}

/// The hash by which a value is compared with the directory's, and one key with another of the same fingerprint; 0: empty.
pub(super) fn value_hash(text: &str) -> u64 {
    if text.is_empty() { 0 } else { hash(text.as_bytes())[0] | 1 }
}

const SECRETS: [u64; 4] =
    [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3];

/// Multiplies to 128 bits and folds: every bit of both factors reaches every bit of the result.
pub(super) fn fold(a: u64, b: u64) -> u64 {
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
pub(super) type Set<K> = std::collections::HashSet<K, BuildHasherDefault<Spread>>;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_a_username_looks_like_is_told_from_its_bytes(text in "([a-c.rnvwm01oOlIiRNV@]|[0-9]{3,5}){1,12}") {
            let (key, like) = Key::of_username(text.as_bytes());
            prop_assert_eq!(key, Key::of(&Username::key_of(&text)));
            let expected = Key::of(&Username::look_of(&text));
            prop_assert_eq!(like, if expected == key { Key::default() } else { expected });
        }
    }

    #[test]
    fn keys_differ_and_agree() {
        assert_eq!(Key::of("anna"), Key::of("anna"));
        let mut seen = std::collections::BTreeSet::new();
        for i in 0..100_000 {
            assert!(seen.insert(Key::of(&format!("user{i}"))));
        }
        assert_ne!(Key::of("a"), Key::of("a\0"));
        assert_eq!(Key::of_lower(b"Anna.SMITH@Example.ORG"), Key::of("anna.smith@example.org"));
        assert_eq!(Key::of_lower("@[`{\u{c1}Z".as_bytes()), Key::of("@[`{\u{c1}z"));
        assert!(Key::of("").is_none() && !Key::of("x").is_none());
        assert_eq!(value_hash(""), 0);
    }
}
