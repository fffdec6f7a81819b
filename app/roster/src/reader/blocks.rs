//! Sixty-four bytes at a time: where the separators, line ends and quotation marks are, as bit masks.
//!
//! With `review::sixteen` the only place of the crate that speaks to the processor directly. Each vector version is held to
//! the plain one, which is also what runs where there are no vectors (and under Miri).

/// How many bytes one look covers.
pub(super) const BLOCK: usize = 64;

/// Which of 64 bytes are what; bit 0 is the first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Masks {
    pub(super) delimiter: u64,
    /// LF and CR.
    pub(super) line_end: u64,
    pub(super) quote: u64,
    /// Whether there are control characters other than the above, or anything that is not ASCII.
    pub(super) odd: bool,
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
            let is_separator = byte == delimiter || byte == b'\n' || byte == b'\r';
            found.odd |= !(0x20..0x7F).contains(&byte) && !is_separator;
        }
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
        i8x16_lt, i8x16_splat, u8x16_bitmask, u8x16_eq, u8x16_splat, v128, v128_andnot, v128_any_true,
        v128_load, v128_or,
    };

    use super::{BLOCK, Masks};

    #[inline]
    pub(super) fn masks(block: &[u8; BLOCK], delimiter: u8) -> Masks {
        let (delimiter, quote) = (u8x16_splat(delimiter), u8x16_splat(b'"'));
        let (lf, cr, delete) = (u8x16_splat(b'\n'), u8x16_splat(b'\r'), u8x16_splat(0x7F));
        let blank = i8x16_splat(0x20);
        let load = |at: usize| {
            // SAFETY: `at` is at most 48, so that the 16 bytes from there on lie inside the block; Wasm loads need no
            // alignment.
            unsafe { v128_load(block.as_ptr().add(at).cast::<v128>()) }
        };
        let parts = [load(0), load(16), load(32), load(48)];
        let delimiters = parts.map(|bytes| u8x16_eq(bytes, delimiter));
        let line_ends = parts.map(|bytes| v128_or(u8x16_eq(bytes, lf), u8x16_eq(bytes, cr)));
        let quotes = parts.map(|bytes| u8x16_eq(bytes, quote));
        let mut odd = [blank; 4];
        for (at, odd) in odd.iter_mut().enumerate() {
            // As signed numbers, bytes beyond ASCII lie below the blank, too.
            let strange = v128_or(i8x16_lt(parts[at], blank), u8x16_eq(parts[at], delete));
            *odd = v128_andnot(strange, v128_or(delimiters[at], line_ends[at]));
        }
        Masks {
            delimiter: mask(&delimiters),
            line_end: mask(&line_ends),
            // Most blocks have none, which is quicker to see than where they are.
            quote: if any(&quotes) { mask(&quotes) } else { 0 },
            odd: any(&odd),
        }
    }

    #[inline]
    fn any(hits: &[v128; 4]) -> bool {
        v128_any_true(v128_or(v128_or(hits[0], hits[1]), v128_or(hits[2], hits[3])))
    }

    #[inline]
    fn mask(hits: &[v128; 4]) -> u64 {
        let [a, b, c, d] = hits.map(|hits| u64::from(u8x16_bitmask(hits)));
        (a | b << 16) | (c | d << 16) << 32
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[expect(unsafe_code, reason = "vector loads take pointers")]
mod vector {
    use core::arch::x86_64::{
        __m128i, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_movemask_epi8,
        _mm_or_si128, _mm_set1_epi8, _mm_setzero_si128,
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
        let (mut found, mut odd) = (Masks::default(), _mm_setzero_si128());
        let mut at = 0;
        while at < BLOCK {
            // SAFETY: `at` is at most 48, so that the 16 bytes from there on lie inside the block; `loadu` needs no
            // alignment.
            let bytes = unsafe { _mm_loadu_si128(block.as_ptr().add(at).cast::<__m128i>()) };
            let mask = |hits| u64::from(_mm_movemask_epi8(hits).cast_unsigned()) << at;
            let delimiters = _mm_cmpeq_epi8(bytes, delimiter);
            let line_ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, lf), _mm_cmpeq_epi8(bytes, cr));
            found.delimiter |= mask(delimiters);
            found.line_end |= mask(line_ends);
            found.quote |= mask(_mm_cmpeq_epi8(bytes, quote));
            // As signed numbers, bytes beyond ASCII lie below the blank, too.
            let strange = _mm_or_si128(_mm_cmplt_epi8(bytes, blank), _mm_cmpeq_epi8(bytes, delete));
            odd = _mm_or_si128(odd, _mm_andnot_si128(_mm_or_si128(delimiters, line_ends), strange));
            at += 16;
        }
        found.odd = _mm_movemask_epi8(odd) != 0;
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
