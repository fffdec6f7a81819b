//! Sixteen bytes at once: what a username, and the part of an address before the @, is made of.
//!
//! Beside the masks of the reader the only place of the crate that speaks to the processor directly. What is asked of the
//! bytes is written once, over a few operations that each processor has; a test holds both to byte by byte.

use crate::field::Username;
use vector::Vector;

/// The longest username that is looked at at once.
pub(super) const NAME: usize = 32;
/// How much of an address is looked at at once.
pub(super) const ADDRESS: usize = 32;

/// Which of the first bytes of a username are what; bit 0 is the first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct NameMarks {
    /// What a username may hold.
    pub(super) good: u32,
    /// 0 to 9.
    pub(super) digit: u32,
    /// 2 to 9, which cannot be taken for letters.
    pub(super) high_digit: u32,
    /// A capital I, which can be taken for an l.
    pub(super) capital_i: u32,
    pub(super) r: u32,
    pub(super) n: u32,
    pub(super) v: u32,
}

impl NameMarks {
    /// What [`surely_looks_like_itself`](super::key::surely_looks_like_itself) says of the username, which is as long as
    /// [`NAME`] at most and not empty.
    #[inline]
    pub(super) fn surely_looks_like_itself(&self, text: &[u8]) -> bool {
        let beyond = (NAME - text.len()) as u32;
        let whole = u32::MAX >> beyond;
        let number = (!(self.digit << beyond)).leading_zeros() as usize;
        let front = text.len() - number.min(text.len());
        let tail = whole & (u32::MAX.checked_shl(front as u32).unwrap_or(0));
        let is_number = (number >= Username::NUMBER || self.high_digit & tail != 0)
            && !(front > 0 && matches!(text[front - 1], b'o' | b'O' | b'l' | b'L' | b'I'));
        let rest = if is_number { whole ^ tail } else { whole };
        let next = rest >> 1;
        let pairs = self.r & (self.n >> 1) | self.v & (self.v >> 1);
        ((self.digit | self.capital_i) & rest | pairs & rest & next) == 0
    }
}

/// Which of the first bytes of an address are what; bit 0 is the first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct AddressMarks {
    /// What most addresses are made of in front of the @: letters, digits, dots and `-_+`.
    pub(super) common: u64,
    pub(super) dot: u64,
    pub(super) at: u64,
}

/// What is where in the beginning of a username and in what follows it.
#[inline]
pub(super) fn name_marks(bytes: &[u8; NAME]) -> NameMarks {
    let mut marks = NameMarks::default();
    for (at, part) in (0..).step_by(16).zip(bytes.as_chunks::<16>().0) {
        let part = Vector::of(part);
        let (small, digit) = (part.or(0x20), part.within(b'0', b'9'));
        let good = common(part, small, digit).either(part.is(b'@'));
        marks.good |= good.mask() << at;
        marks.digit |= digit.mask() << at;
        marks.high_digit |= part.within(b'2', b'9').mask() << at;
        marks.capital_i |= part.is(b'I').mask() << at;
        marks.r |= small.is(b'r').mask() << at;
        marks.n |= small.is(b'n').mask() << at;
        marks.v |= small.is(b'v').mask() << at;
    }
    marks
}

/// What is where in the beginning of an address.
#[inline]
pub(super) fn address_marks(bytes: &[u8; ADDRESS]) -> AddressMarks {
    let mut marks = AddressMarks::default();
    for (at, part) in (0..).step_by(16).zip(bytes.as_chunks::<16>().0) {
        let part = Vector::of(part);
        let good = common(part, part.or(0x20), part.within(b'0', b'9')).either(part.is(b'+'));
        marks.common |= u64::from(good.mask()) << at;
        marks.dot |= u64::from(part.is(b'.').mask()) << at;
        marks.at |= u64::from(part.is(b'@').mask()) << at;
    }
    marks
}

/// Letters, digits, and what stands between them.
#[inline]
fn common(bytes: Vector, small: Vector, digit: Vector) -> Vector {
    small.within(b'a', b'z').either(digit).either(bytes.within(b'-', b'.')).either(bytes.is(b'_'))
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[expect(unsafe_code, reason = "vector loads take pointers")]
mod vector {
    use core::arch::wasm32::{
        u8x16_bitmask, u8x16_eq, u8x16_le, u8x16_splat, u8x16_sub, v128, v128_load, v128_or,
    };

    /// Sixteen bytes, or for each of them all ones or none.
    #[derive(Clone, Copy)]
    pub(super) struct Vector(v128);

    impl Vector {
        #[inline]
        pub(super) fn of(bytes: &[u8; 16]) -> Vector {
            // SAFETY: the array has the 16 bytes that are loaded; Wasm loads need no alignment.
            Vector(unsafe { v128_load(bytes.as_ptr().cast::<v128>()) })
        }

        #[inline]
        pub(super) fn or(self, bits: u8) -> Vector {
            Vector(v128_or(self.0, u8x16_splat(bits)))
        }

        #[inline]
        pub(super) fn is(self, byte: u8) -> Vector {
            Vector(u8x16_eq(self.0, u8x16_splat(byte)))
        }

        #[inline]
        pub(super) fn within(self, first: u8, last: u8) -> Vector {
            Vector(u8x16_le(u8x16_sub(self.0, u8x16_splat(first)), u8x16_splat(last - first)))
        }

        #[inline]
        pub(super) fn either(self, other: Vector) -> Vector {
            Vector(v128_or(self.0, other.0))
        }

        #[inline]
        pub(super) fn mask(self) -> u32 {
            u32::from(u8x16_bitmask(self.0))
        }
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[expect(unsafe_code, reason = "vector loads take pointers, and vectors are a feature of processors")]
mod vector {
    use core::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8, _mm_sub_epi8,
    };

    /// Sixteen bytes, or for each of them all ones or none.
    #[derive(Clone, Copy)]
    pub(super) struct Vector(__m128i);

    impl Vector {
        #[inline]
        pub(super) fn of(bytes: &[u8; 16]) -> Vector {
            // SAFETY: the array has the 16 bytes that are loaded, `loadu` needs no alignment, and every x86-64 processor
            // has SSE2.
            Vector(unsafe { _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>()) })
        }

        #[inline]
        fn splat(byte: u8) -> __m128i {
            // SAFETY: every x86-64 processor has SSE2.
            unsafe { _mm_set1_epi8(byte.cast_signed()) }
        }

        #[inline]
        pub(super) fn or(self, bits: u8) -> Vector {
            self.either(Vector(Vector::splat(bits)))
        }

        #[inline]
        pub(super) fn is(self, byte: u8) -> Vector {
            // SAFETY: every x86-64 processor has SSE2.
            Vector(unsafe { _mm_cmpeq_epi8(self.0, Vector::splat(byte)) })
        }

        #[inline]
        pub(super) fn within(self, first: u8, last: u8) -> Vector {
            // SAFETY: every x86-64 processor has SSE2.
            unsafe {
                let distance = _mm_sub_epi8(self.0, Vector::splat(first));
                Vector(_mm_cmpeq_epi8(_mm_min_epu8(distance, Vector::splat(last - first)), distance))
            }
        }

        #[inline]
        pub(super) fn either(self, other: Vector) -> Vector {
            // SAFETY: every x86-64 processor has SSE2.
            Vector(unsafe { _mm_or_si128(self.0, other.0) })
        }

        #[inline]
        pub(super) fn mask(self) -> u32 {
            // SAFETY: every x86-64 processor has SSE2.
            unsafe { _mm_movemask_epi8(self.0) }.cast_unsigned()
        }
    }
}

#[cfg(not(any(
    all(target_arch = "wasm32", target_feature = "simd128"),
    all(target_arch = "x86_64", not(miri))
)))]
mod vector {
    /// Sixteen bytes, or for each of them all ones or none.
    #[derive(Clone, Copy)]
    pub(super) struct Vector([u8; 16]);

    impl Vector {
        pub(super) fn of(bytes: &[u8; 16]) -> Vector {
            Vector(*bytes)
        }

        fn test(self, test: impl Fn(u8) -> bool) -> Vector {
            Vector(self.0.map(|byte| if test(byte) { u8::MAX } else { 0 }))
        }

        pub(super) fn or(self, bits: u8) -> Vector {
            Vector(self.0.map(|byte| byte | bits))
        }

        pub(super) fn is(self, byte: u8) -> Vector {
            self.test(|other| other == byte)
        }

        pub(super) fn within(self, first: u8, last: u8) -> Vector {
            self.test(|byte| (first..=last).contains(&byte))
        }

        pub(super) fn either(self, other: Vector) -> Vector {
            Vector(std::array::from_fn(|at| self.0[at] | other.0[at]))
        }

        pub(super) fn mask(self) -> u32 {
            (0..).zip(self.0).fold(0, |mask, (at, byte)| mask | u32::from(byte >> 7) << at)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::review::key::surely_looks_like_itself;

    fn marked(bytes: &[u8], test: impl Fn(u8) -> bool) -> u64 {
        (0..).zip(bytes).fold(0, |mask, (at, &byte)| mask | u64::from(test(byte)) << at)
    }

    fn is_common(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn a_username_is_told_as_word_by_word(text in "([a-c.rnvwoOlILV@]{0,3}|[0-9]{1,5}|[01]{1,3}){1,6}", other in "[0-9rnvI]{32}") {
            let text = &text.as_bytes()[..text.len().min(NAME)];
            // Whatever follows the username.
            let bytes: Vec<u8> = text.iter().chain(other.as_bytes()).copied().collect();
            let marks = name_marks(bytes.first_chunk().expect("a name and more"));
            prop_assume!(!text.is_empty());
            prop_assert_eq!(marks.surely_looks_like_itself(text), surely_looks_like_itself(text));
        }

        #[test]
        fn vectors_see_what_byte_by_byte_is_seen(bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x20u8..0x7F], ADDRESS)) {
            let address: [u8; ADDRESS] = bytes.try_into().expect("as many as were asked for");
            let expected = AddressMarks {
                common: marked(&address, |byte| is_common(byte) || byte == b'+'),
                dot: marked(&address, |byte| byte == b'.'),
                at: marked(&address, |byte| byte == b'@'),
            };
            prop_assert_eq!(address_marks(&address), expected);
            let name: &[u8; NAME] = address.first_chunk().expect("a name is shorter");
            let of = |test: &dyn Fn(u8) -> bool| marked(name, test) as u32;
            let expected = NameMarks {
                good: of(&|byte| is_common(byte) || byte == b'@'),
                digit: of(&|byte| byte.is_ascii_digit()),
                high_digit: of(&|byte| byte.is_ascii_digit() && byte > b'1'),
                capital_i: of(&|byte| byte == b'I'),
                r: of(&|byte| byte.eq_ignore_ascii_case(&b'r')),
                n: of(&|byte| byte.eq_ignore_ascii_case(&b'n')),
                v: of(&|byte| byte.eq_ignore_ascii_case(&b'v')),
            };
            prop_assert_eq!(name_marks(name), expected);
        }
    }
}
