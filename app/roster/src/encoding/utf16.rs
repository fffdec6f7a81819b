//! UTF-16 as raw text, in pieces of any size.

/// Stands for the last byte of a file with an odd number of them: a byte that UTF-8 never has.
pub(crate) const ODD_BYTE: u8 = 0xFF;

/// Turns UTF-16 into UTF-8. A lone surrogate becomes the three bytes that UTF-8 forbids for it, so that decoding
/// the row it stands in fails there and its length in the file is still known.
#[derive(Clone, Debug)]
pub(crate) struct Utf16 {
    little_endian: bool,
    half: Option<u8>,
    high: Option<u16>,
}

impl Utf16 {
    pub(crate) fn new(little_endian: bool) -> Utf16 {
        Utf16 { little_endian, half: None, high: None }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], raw: &mut Vec<u8>) {
        let mut bytes = bytes;
        if let (Some(first), Some((&second, rest))) = (self.half, bytes.split_first()) {
            self.half = None;
            self.unit([first, second], raw);
            bytes = rest;
        }
        let mut pairs = bytes.chunks_exact(2);
        for pair in &mut pairs {
            self.unit([pair[0], pair[1]], raw);
        }
        if let [odd] = pairs.remainder() {
            self.half = Some(*odd);
        }
    }

    pub(crate) fn finish(&mut self, raw: &mut Vec<u8>) {
        if let Some(high) = self.high.take() {
            push_surrogate(high, raw);
        }
        if self.half.take().is_some() {
            raw.push(ODD_BYTE);
        }
    }

    fn unit(&mut self, pair: [u8; 2], raw: &mut Vec<u8>) {
        let unit = if self.little_endian { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
        if let Some(high) = self.high.take() {
            match char::decode_utf16([high, unit]).next() {
                Some(Ok(c)) => return push_char(c, raw),
                _ => push_surrogate(high, raw),
            }
        }
        match unit {
            0xD800..=0xDBFF => self.high = Some(unit),
            0xDC00..=0xDFFF => push_surrogate(unit, raw),
            _ => push_char(char::from_u32(u32::from(unit)).expect("no surrogate is left"), raw),
        }
    }
}

fn push_char(c: char, raw: &mut Vec<u8>) {
    raw.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn push_surrogate(unit: u16, raw: &mut Vec<u8>) {
    let [high, low] = unit.to_be_bytes();
    raw.extend([0xE0 | high >> 4, 0x80 | (high & 0x0F) << 2 | low >> 6, 0x80 | low & 0x3F]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Encoding;
    use super::*;

    proptest! {
        #[test]
        fn any_split_gives_the_same_text(units in prop::collection::vec(any::<u16>(), 0..40), odd in any::<bool>(), cut in 0usize..80) {
            let mut bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            if odd { bytes.push(7); }
            let whole = Encoding::Utf16Le.to_raw(&bytes).into_owned();
            let mut raw = Vec::new();
            let mut transcoder = Utf16::new(true);
            let cut = cut.min(bytes.len());
            transcoder.push(&bytes[..cut], &mut raw);
            transcoder.push(&bytes[cut..], &mut raw);
            transcoder.finish(&mut raw);
            prop_assert_eq!(&raw, &whole);
            prop_assert_eq!(Encoding::Utf16Le.original_len(&raw), bytes.len() as u64);
            match (String::from_utf16(&units), odd) {
                (Ok(text), false) => prop_assert_eq!(Encoding::Utf16Le.decode(&raw).unwrap(), text),
                _ => prop_assert!(Encoding::Utf16Le.decode(&raw).is_err()),
            }
        }
    }
}
