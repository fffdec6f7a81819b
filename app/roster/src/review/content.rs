//! A fingerprint of the file's content, taken while it is read: tells the same file from another one.

use super::key::fold;

/// Bytes of one step: four words, so that four chains of multiplications run beside each other.
const STRIDE: usize = 32;

#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    bytes: u64,
    lanes: [u64; 4],
    rest: Vec<u8>,
}

impl Content {
    /// Takes the next bytes. How they are cut makes no difference.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let mut bytes = bytes;
        if !self.rest.is_empty() {
            let missing = (STRIDE - self.rest.len()).min(bytes.len());
            self.rest.extend_from_slice(&bytes[..missing]);
            bytes = &bytes[missing..];
            if self.rest.len() < STRIDE {
                return;
            }
            let rest = std::mem::take(&mut self.rest);
            self.steps(&rest);
        }
        let whole = bytes.len() / STRIDE * STRIDE;
        self.steps(&bytes[..whole]);
        self.rest.extend_from_slice(&bytes[whole..]);
    }

    fn steps(&mut self, bytes: &[u8]) {
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut lanes = self.lanes;
        for block in bytes.chunks_exact(STRIDE) {
            for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
                *lane = (lane.rotate_left(29) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
            }
        }
        self.lanes = lanes;
    }

    /// How many bytes there were.
    pub(super) fn len(&self) -> u64 {
        self.bytes
    }

    /// The fingerprint of everything so far.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        let mut last = self.clone();
        last.rest.resize(STRIDE, 0);
        let rest = std::mem::take(&mut last.rest);
        last.steps(&rest);
        let [a, b, c, d] = last.lanes;
        let one = fold(a ^ self.bytes, b.rotate_left(17) ^ c);
        let other = fold(c ^ self.bytes.rotate_left(31), d.rotate_left(43) ^ a);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&one.to_le_bytes());
        bytes[8..].copy_from_slice(&other.to_le_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_make_no_difference_and_bytes_do(bytes in prop::collection::vec(any::<u8>(), 1..300), piece in 1usize..80, at in any::<prop::sample::Index>()) {
            let of = |bytes: &[u8], piece: usize| {
                let mut content = Content::default();
                bytes.chunks(piece).for_each(|piece| content.push(piece));
                content.fingerprint()
            };
            let whole = of(&bytes, usize::MAX);
            prop_assert_eq!(of(&bytes, piece), whole);
            let mut other = bytes.clone();
            other[at.index(bytes.len())] ^= 0x20;
            prop_assert_ne!(of(&other, piece), whole);
            other.push(0);
            prop_assert_ne!(of(&other, piece), whole);
        }
    }
}
