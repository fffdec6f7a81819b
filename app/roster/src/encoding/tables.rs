//! What the bytes 0x80 to 0xFF mean in each single-byte encoding, as the WHATWG Encoding Standard has them: below 0xA0, bytes
//! without a meaning are the C1 control of the same number; above, they are [`NONE`]. DOS code pages that the standard does
//! not have are as the Unicode Consortium maps them. A test holds every entry against encoding_rs, or against a checksum.

mod other;
mod windows;

pub(super) use other::*;
pub(super) use windows::*;

/// Stands for a byte that means nothing.
pub(super) const NONE: char = '\u{FFFD}';
