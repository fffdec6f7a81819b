//! What is text but in no encoding that rosters are read in: recognised, so that it can be said how to mend it.

/// The encoding's name, if a file is in one of these.
pub(super) fn name(sample: &[u8]) -> Option<&'static str> {
    if is_utf32(sample) {
        return Some("UTF-32");
    }
    if is_ebcdic(sample) {
        return Some("EBCDIC");
    }
    is_utf7(sample).then_some("UTF-7")
}

/// Two or three bytes of four are zero, always the same ones.
fn is_utf32(sample: &[u8]) -> bool {
    let (quads, _) = sample.as_chunks::<4>();
    let many = |is: fn(&[u8; 4]) -> bool| quads.len() >= 4 && quads.iter().all(is);
    many(|quad| quad[3] == 0 && quad[2] <= 0x10 && quad[..3] != [0; 3])
        || many(|quad| quad[0] == 0 && quad[1] <= 0x10 && quad[1..] != [0; 3])
}

/// Letters, digits and separators of mainframes, with a line end of theirs, make up almost everything.
fn is_ebcdic(sample: &[u8]) -> bool {
    let usual = |byte: &&u8| {
        matches!(**byte, 0x81..=0x89 | 0x91..=0x99 | 0xA2..=0xA9 | 0xC1..=0xC9 | 0xD1..=0xD9 | 0xE2..=0xE9
            | 0xF0..=0xF9 | 0x05 | 0x0D | 0x15 | 0x25 | 0x40 | 0x4B | 0x5E | 0x60 | 0x6B | 0x7C | 0x7F)
    };
    let has = |byte: u8| memchr::memchr(byte, sample).is_some();
    sample.len() >= 16
        && (has(0x15) || has(0x25))
        && sample.iter().filter(usual).count() * 100 >= sample.len() * 90
        && sample.iter().filter(|byte| !byte.is_ascii()).count() * 2 >= sample.len()
}

/// Plain text with letters beyond ASCII of Europe and the Near East between `+` and `-`, as base64 of UTF-16.
fn is_utf7(sample: &[u8]) -> bool {
    if !sample.is_ascii() {
        return false;
    }
    let (mut found, mut other) = (0, 0);
    for plus in memchr::memchr_iter(b'+', sample) {
        let rest = &sample[plus + 1..];
        let Some(length) = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'/'))
        else {
            continue;
        };
        if rest[length] == b'-' && length >= 3 {
            if is_base64_of_letters(&rest[..length]) { found += 1 } else { other += 1 }
        }
    }
    found >= 2 && other == 0
}

fn is_base64_of_letters(text: &[u8]) -> bool {
    let (mut bits, mut held, mut units) = (0u32, 0, 0);
    for &byte in text {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 16 {
            held -= 16;
            let unit = bits >> held;
            bits &= (1 << held) - 1;
            if !(0xC0..0x700).contains(&unit) {
                return false;
            }
            units += 1;
        }
    }
    units > 0 && bits == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_told_from_all_else() {
        let wide = |text: &str| text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>();
        assert_eq!(name(&wide("a,b\nJürgen,Müßig\n")), Some("UTF-32"));
        let big: Vec<u8> = "a,b\nü,ß\n".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        assert_eq!(name(&big), Some("UTF-32"));
        assert_eq!(name(b"u,f,l\nj,J+APw-rgen,M+APwA3w-ig\n"), Some("UTF-7"));
        // Tags of addresses, telephone numbers.
        assert_eq!(
            name(b"u,e\na,a+tag-1@example.org\nb,b+ABC-2@example.org\nc,+4930-123\nd,+4989-1\n"),
            None
        );
        // "user,name", "anna,smith" with the line ends of mainframes.
        let mainframe =
            b"\xA4\xA2\x85\x99\x6B\x95\x81\x94\x85\x15\x81\x95\x95\x81\x6B\xA2\x94\x89\xA3\x88\x15";
        assert_eq!(name(mainframe), Some("EBCDIC"));
        assert_eq!(name("a,b\nü,ß\n".as_bytes()), None);
        let utf16: Vec<u8> = "a,b\nJürgen,x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(name(&utf16), None);
    }
}
