//! Common passwords from lists of leaked ones, as a table of fingerprints.
//!
//! The rules in [`super::guess`] refuse what guessers put together; this table holds what those rules cannot know: phrases
//! that many people chose. It has 32 bits of a hash per entry, of which the first twelve are a bucket's number and need
//! no room, and no passwords. A password that nobody has chosen is refused by mistake once in some hundred thousand.
//!
//! The bytes are made by `script/common-passwords`, which names the lists and their licences. The server carries them in the
//! program; the browser loads them as a file of the site where a password is chosen or a roster is read.

#[cfg(target_arch = "wasm32")]
use std::sync::OnceLock;

/// Buckets; each has a count of four bits at the beginning of the table.
const BUCKETS: usize = 4096;
/// Bytes of all counts.
const COUNTS: usize = BUCKETS / 2;
/// Bits that are kept of each fingerprint: what is left of 32 when the bucket is known.
const REST_BITS: usize = 20;
/// Letters that a phrase has at least, to be looked up without what stands around and between its words.
pub(super) const PHRASE_LETTERS: usize = 12;
/// Characters other than letters that a phrase may be dressed up with; more of them make a password of their own.
const DRESS: usize = 6;

#[cfg(not(target_arch = "wasm32"))]
static TABLE: &[u8] = include_bytes!("common-passwords.bin");

#[cfg(target_arch = "wasm32")]
static TABLE: OnceLock<Vec<u8>> = OnceLock::new();

/// Gives the table to a browser's module, which is built without it. Bytes that are no table are left alone: then the
/// rules judge alone, and the server has the last word.
#[cfg(target_arch = "wasm32")]
pub fn provide(bytes: Vec<u8>) {
    if entries(&bytes).is_some() {
        let _ = TABLE.set(bytes);
    }
}

fn table() -> &'static [u8] {
    #[cfg(target_arch = "wasm32")]
    return TABLE.get().map_or(&[], Vec::as_slice);
    #[cfg(not(target_arch = "wasm32"))]
    TABLE
}

/// How many entries a table has; `None` for bytes that are none.
#[must_use]
pub fn entries(table: &[u8]) -> Option<usize> {
    let number: usize =
        table.get(..COUNTS)?.iter().map(|pair| usize::from(pair >> 4) + usize::from(pair & 15)).sum();
    (table.len() == COUNTS + (number * REST_BITS).div_ceil(8)).then_some(number)
}

/// Whether a password, lower case, is in the table: as it is, or without what dresses up a phrase.
pub(super) fn contains(password: &str) -> bool {
    let table = table();
    holds(table, password) || phrase(password).is_some_and(|phrase| holds(table, &phrase))
}

/// The letters of a password that is a phrase and little else.
pub(super) fn phrase(password: &str) -> Option<String> {
    let letters: String = password.chars().filter(|c| c.is_alphabetic()).collect();
    let (all, kept) = (password.chars().count(), letters.chars().count());
    // A password of letters alone was looked up already.
    (kept >= PHRASE_LETTERS && kept < all && all - kept <= DRESS).then_some(letters)
}

fn holds(table: &[u8], text: &str) -> bool {
    if table.len() < COUNTS {
        return false;
    }
    let (bucket, rest) = fingerprint(text);
    let count = |bucket: usize| usize::from(table[bucket / 2] >> (4 * (bucket % 2)) & 15);
    let before: usize =
        table[..bucket / 2].iter().map(|pair| usize::from(pair >> 4) + usize::from(pair & 15)).sum();
    let first = before + if bucket % 2 == 1 { count(bucket - 1) } else { 0 };
    (first..first + count(bucket)).any(|entry| rest_at(&table[COUNTS..], entry) == Some(rest))
}

/// Twenty bits; two entries share the byte in the middle of five.
fn rest_at(rests: &[u8], entry: usize) -> Option<u32> {
    let at = entry * REST_BITS / 8;
    let [a, b, c] = *rests.get(at..at + 3)? else { return None };
    let bits = u32::from_be_bytes([0, a, b, c]);
    Some(if entry.is_multiple_of(2) { bits >> 4 } else { bits & 0xF_FFFF })
}

/// Bucket and rest: FNV-1a of 64 bits, mixed once more (the finaliser of MurmurHash 3), its upper half.
fn fingerprint(text: &str) -> (usize, u32) {
    let mut hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    let upper = (hash ^ (hash >> 33)) >> 32;
    ((upper >> REST_BITS) as usize, (upper & 0xF_FFFF) as u32)
}

/// Makes a table of these texts, for `script/common-passwords`.
///
/// # Errors
/// A sentence, when a bucket gets more than its count can say: too many entries.
#[cfg(not(target_arch = "wasm32"))]
pub fn build<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<u8>, String> {
    let entries: std::collections::BTreeSet<(usize, u32)> = texts.into_iter().map(fingerprint).collect();
    let mut counts = vec![0u8; BUCKETS];
    for (bucket, _) in &entries {
        counts[*bucket] += 1;
        if counts[*bucket] > 15 {
            return Err(format!("{} entries are too many for {BUCKETS} buckets of 15", entries.len()));
        }
    }
    let mut table: Vec<u8> = counts.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
    let mut rests = vec![0u8; (entries.len() * REST_BITS).div_ceil(8)];
    for (entry, (_, rest)) in entries.iter().enumerate() {
        for bit in 0..REST_BITS {
            let at = entry * REST_BITS + bit;
            let value = (rest >> (REST_BITS - 1 - bit)) & 1;
            rests[at / 8] |= (value as u8) << (7 - at % 8);
        }
    }
    table.append(&mut rests);
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_holds_its_texts_and_no_others() {
        let texts: Vec<String> = (0..15_001).map(|number| format!("text number {number}")).collect();
        let table = build(texts.iter().map(String::as_str)).expect("a table");
        assert!(entries(&table).is_some_and(|number| number > 14_990), "{:?}", entries(&table));
        for text in &texts {
            assert!(holds(&table, text), "{text}");
        }
        let mistakes = (0..300_000).filter(|number| holds(&table, &format!("other {number}"))).count();
        assert!(mistakes < 12, "{mistakes} of 300,000");
        assert!(build((0..99_999).map(|_| "same")).is_ok_and(|table| entries(&table) == Some(1)));
    }

    #[test]
    fn what_is_no_table_holds_nothing() {
        for bytes in [&[][..], &[1; 100], &[0; COUNTS - 1]] {
            assert_eq!(entries(bytes), None);
            assert!(!holds(bytes, "text"));
        }
        assert!(!holds(&[0x11; COUNTS], "text"), "counts without entries");
        assert_eq!(entries(&[0; COUNTS]), Some(0));
    }

    #[test]
    fn the_table_of_the_program_has_what_is_promised() {
        let number = entries(TABLE).expect("a table");
        assert!(number >= 10_000, "{number} entries");
        assert!(TABLE.len() <= 40 * 1024, "{} bytes", TABLE.len());
    }

    #[test]
    fn few_good_passwords_are_refused_by_mistake() {
        let mistakes = (0..300_000).filter(|number| contains(&format!("nobody's {number}th choice"))).count();
        assert!(mistakes < 12, "{mistakes} of 300,000");
    }

    #[test]
    fn a_phrase_is_found_however_it_is_dressed_up() {
        assert_eq!(phrase("i love you forever 99!").as_deref(), None, "more than six other characters");
        assert_eq!(phrase("sonnenschein2010").as_deref(), Some("sonnenschein"));
        assert_eq!(phrase("sonnen-schein!!").as_deref(), Some("sonnenschein"));
        assert_eq!(phrase("short 1234"), None);
    }
}
