//! Sixty-four bytes at a time: where the separators, line ends and quotation marks are, as bit masks.
//!
//! The only place of the crate that speaks to the processor directly. Each vector version is held to the plain one,
//! which is also what runs where there are no vectors (and under Miri).

/// How many bytes one look covers.
pub(super) const BLOCK: usize = 64;

/// Which of 64 bytes are what; bit 0 is the first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Masks {
    pub(super) delimiter: u64,
    /// LF and CR.
    pub(super) line_end: u64,
    pub(super) quote: u64,
    /// Control characters other than the above, and what is not ASCII.
    pub(super) odd: u64,
}

/// Looks at one block.
#[inline]
pub(super) fn masks(block: &[u8; BLOCK], delimiter: u8) -> Masks {
    vector::masks(block, delimiter)
}

/// Bit n of the result is the parity of the bits 0 to n: turns quotation marks into the stretches that they enclose.
#[inline]
pub(super) fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ bits << 32
}

#[cfg(any(
    test,
    not(any(
        all(target_arch = "wasm32", target_feature = "simd128"),
        all(target_arch = "x86_64", not(miri))
    ))
))]
mod plain {
    use super::{BLOCK, Masks};

    /// The same, byte by byte.
    pub(super) fn masks(block: &[u8; BLOCK], delimiter: u8) -> Masks {
        let mut found = Masks::default();
        for (at, &byte) in block.iter().enumerate() {
            found.delimiter |= u64::from(byte == delimiter) << at;
            found.line_end |= u64::from(byte == b'\n' || byte == b'\r') << at;
            found.quote |= u64::from(byte == b'"') << at;
            found.odd |= u64::from(!(0x20..0x7F).contains(&byte)) << at;
        }
        found.odd &= !(found.delimiter | found.line_end);
        found
    }
}

#[cfg(not(any(
    all(target_arch = "wasm32", target_feature = "simd128"),
    all(target_arch = "x86_64", not(miri))
)))]
use plain as vector;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[expect(unsafe_code, reason = "vector loads take pointers")]
mod vector {
    use core::arch::wasm32::{
        i8x16_lt, i8x16_splat, u8x16_bitmask, u8x16_eq, u8x16_splat, v128, v128_load, v128_or,
    };

    use super::{BLOCK, Masks};

    #[inline]
    pub(super) fn masks(block: &[u8; BLOCK], delimiter: u8) -> Masks {
        let (delimiter, quote) = (u8x16_splat(delimiter), u8x16_splat(b'"'));
        let (lf, cr, delete) = (u8x16_splat(b'\n'), u8x16_splat(b'\r'), u8x16_splat(0x7F));
        let blank = i8x16_splat(0x20);
        let mut found = Masks::default();
        let mut at = 0;
        while at < BLOCK {
            // SAFETY: `at` is at most 48, so that the 16 bytes from there on lie inside the block; Wasm loads need no
            // alignment.
            let bytes = unsafe { v128_load(block.as_ptr().add(at).cast::<v128>()) };
            let mask = |hits| u64::from(u8x16_bitmask(hits)) << at;
            found.delimiter |= mask(u8x16_eq(bytes, delimiter));
            found.line_end |= mask(v128_or(u8x16_eq(bytes, lf), u8x16_eq(bytes, cr)));
            found.quote |= mask(u8x16_eq(bytes, quote));
            // As signed numbers, bytes beyond ASCII lie below the blank, too.
            found.odd |= mask(v128_or(i8x16_lt(bytes, blank), u8x16_eq(bytes, delete)));
            at += 16;
        }
        found.odd &= !(found.delimiter | found.line_end);
        found
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[expect(unsafe_code, reason = "vector loads take pointers")]
mod vector {
    use core::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8,
    };

    use super::{BLOCK, Masks};

    #[inline]
    pub(super) fn masks(block: &[u8; BLOCK], delimiter: u8) -> Masks {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { sse2(block, delimiter) }
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn sse2(block: &[u8; BLOCK], delimiter: u8) -> Masks {
        let splat = |byte: u8| _mm_set1_epi8(byte.cast_signed());
        let (delimiter, quote, lf, cr) = (splat(delimiter), splat(b'"'), splat(b'\n'), splat(b'\r'));
        let (blank, delete) = (splat(0x20), splat(0x7F));
        let mut found = Masks::default();
        let mut at = 0;
        while at < BLOCK {
            // SAFETY: `at` is at most 48, so that the 16 bytes from there on lie inside the block; `loadu` needs no
            // alignment.
            let bytes = unsafe { _mm_loadu_si128(block.as_ptr().add(at).cast::<__m128i>()) };
            let mask = |hits| u64::from(_mm_movemask_epi8(hits).cast_unsigned()) << at;
            found.delimiter |= mask(_mm_cmpeq_epi8(bytes, delimiter));
            found.line_end |= mask(_mm_or_si128(_mm_cmpeq_epi8(bytes, lf), _mm_cmpeq_epi8(bytes, cr)));
            found.quote |= mask(_mm_cmpeq_epi8(bytes, quote));
            // As signed numbers, bytes beyond ASCII lie below the blank, too.
            found.odd |= mask(_mm_or_si128(_mm_cmplt_epi8(bytes, blank), _mm_cmpeq_epi8(bytes, delete)));
            at += 16;
        }
        found.odd &= !(found.delimiter | found.line_end);
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn vectors_see_what_the_plain_version_sees(
            block in proptest::array::uniform32(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>()]),
            other in proptest::array::uniform32(any::<u8>()),
            delimiter in prop_oneof![Just(b','), Just(b'\t'), Just(b';')],
        ) {
            let mut bytes = [0; BLOCK];
            bytes[..32].copy_from_slice(&block);
            bytes[32..].copy_from_slice(&other);
            prop_assert_eq!(masks(&bytes, delimiter), plain::masks(&bytes, delimiter));
        }

        #[test]
        fn prefix_xor_is_the_running_parity(bits in any::<u64>()) {
            let found = prefix_xor(bits);
            for at in 0..64 {
                let parity = (bits & (u64::MAX >> (63 - at))).count_ones() % 2;
                prop_assert_eq!(found >> at & 1, u64::from(parity));
            }
        }
    }
}
