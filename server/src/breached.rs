//! A file of breached passwords: lines that begin with the SHA-1 of one in hexadecimal, in ascending order, as Have I Been
//! Pwned publishes them ("ordered by hash"). It may have any size: a look-up is a binary search of some forty short reads,
//! and nothing of a password leaves the machine (ASVS 5.0 6.2.12).

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use roster::policy::breached::Breached;
use sha1::{Digest, Sha1};

/// Digits of a SHA-1.
const DIGITS: usize = 40;
/// Longer than two lines: a hash, a colon, a count, a line break.
const WINDOW: usize = 160;
/// Places that are looked at when the file is opened, so that one in another order is noticed.
const SAMPLES: u64 = 64;

/// The file, opened once.
pub struct BreachedFile {
    path: PathBuf,
    length: u64,
    file: Mutex<File>,
}

impl BreachedFile {
    /// Opens the file and looks at some of its lines.
    ///
    /// # Errors
    /// It cannot be read, or is no such file; the sentence says what is expected.
    pub fn open(path: &Path) -> Result<BreachedFile, String> {
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, file) =
            opened.map_err(|error| format!("{} cannot be read ({error})", path.display()))?;
        let set = BreachedFile { path: path.to_owned(), length, file: Mutex::new(file) };
        let mut before = None;
        for sample in 0..SAMPLES {
            let hash = set
                .line_after(length / SAMPLES * sample)
                .map_err(|error| format!("{} cannot be read ({error})", path.display()))?
                .filter(|(_, hash)| before.is_none_or(|before| before <= *hash));
            let Some((_, hash)) = hash else {
                return Err(format!(
                    "{} has no SHA-1 hashes at the beginning of its lines, in ascending order; name the list of Have I \
                     Been Pwned that is ordered by hash",
                    path.display()
                ));
            };
            before = Some(hash);
        }
        Ok(set)
    }

    /// The first whole line that begins at or after `from`, or the last one of the file: where it begins, and its hash.
    /// `None` where that is no such line.
    fn line_after(&self, from: u64) -> io::Result<Option<(u64, [u8; DIGITS])>> {
        // One byte earlier, so that a line that begins exactly there is found behind the break before it.
        let mut start = from.saturating_sub(1);
        let mut window = self.read(start)?;
        let mut skipped = 0;
        if from > 0 {
            match window.iter().position(|byte| *byte == b'\n') {
                Some(at) if start + at as u64 + 1 < self.length => skipped = at + 1,
                _ => {
                    start = self.length.saturating_sub(WINDOW as u64);
                    window = self.read(start)?;
                    let whole = window.strip_suffix(b"\n").unwrap_or(&window);
                    skipped = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                }
            }
        }
        let digits =
            window.get(skipped..skipped + DIGITS).and_then(|digits| <[u8; DIGITS]>::try_from(digits).ok());
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let ends = window.get(skipped + DIGITS).is_none_or(|byte| matches!(byte, b':' | b'\r' | b'\n'));
        Ok(digits
            .filter(|_| ends)
            .map(|digits| (start + skipped as u64, digits.map(|digit| digit.to_ascii_uppercase()))))
    }

    fn read(&self, from: u64) -> io::Result<Vec<u8>> {
        // Whoever panicked meanwhile left at most another position behind.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::with_capacity(WINDOW);
        Read::by_ref(&mut *file).take(WINDOW as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn search(&self, wanted: &[u8; DIGITS]) -> io::Result<bool> {
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let middle = low + (high - low) / 2;
            let Some((at, hash)) = self.line_after(middle)? else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without a hash"));
            };
            match hash.cmp(wanted) {
                Ordering::Equal => return Ok(true),
                Ordering::Less if at >= middle => low = at + 1,
                // The last line again, for a place behind its beginning.
                Ordering::Less => return Ok(false),
                Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

impl Breached for BreachedFile {
    fn holds(&self, password: &str) -> bool {
        let digest = data_encoding::HEXUPPER.encode(&Sha1::digest(password.as_bytes()));
        let wanted = <[u8; DIGITS]>::try_from(digest.as_bytes()).expect("a SHA-1 has 40 digits");
        self.search(&wanted).unwrap_or_else(|error| {
            // Nobody could choose a password while the disk fails; the table of the program still holds.
            tracing::error!(%error, file = %self.path.display(), "breached passwords cannot be looked up");
            false
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn hash(text: &str) -> String {
        data_encoding::HEXUPPER.encode(&Sha1::digest(text.as_bytes()))
    }

    /// A file of these passwords with counts of all lengths.
    fn list(passwords: &[String], end: &str) -> (tempfile::TempDir, PathBuf) {
        let mut hashes: Vec<String> = passwords.iter().map(|password| hash(password)).collect();
        hashes.sort_unstable();
        let mut text = String::new();
        for (number, hash) in hashes.iter().enumerate() {
            let _ = write!(text, "{hash}:{}{end}", 7_u64.pow(number as u32 % 9));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pwned.txt");
        std::fs::write(&path, text).expect("written");
        (folder, path)
    }

    #[test]
    fn whatever_is_listed_is_found_and_nothing_else() {
        for number in [1, 2, 3, 17, 1_000] {
            for end in ["\r\n", "\n"] {
                let passwords: Vec<String> = (0..number).map(|n| format!("pässword number {n}")).collect();
                let (_folder, path) = list(&passwords, end);
                let set = BreachedFile::open(&path).expect("a list");
                for password in &passwords {
                    assert!(set.holds(password), "{password} of {number}");
                }
                for n in 0..300 {
                    assert!(!set.holds(&format!("another number {n}")), "{n} of {number}");
                }
            }
        }
    }

    #[test]
    fn hashes_alone_in_lower_case_without_a_last_break_will_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list");
        let mut hashes = ["first of them", "second of them"].map(|text| hash(text).to_lowercase());
        hashes.sort_unstable();
        std::fs::write(&path, hashes.join("\n")).expect("written");
        let set = BreachedFile::open(&path).expect("a list");
        assert!(set.holds("first of them") && set.holds("second of them") && !set.holds("third of them"));
    }

    #[test]
    fn other_files_are_refused_with_what_is_expected() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list");
        let refused = |text: &str| {
            std::fs::write(&path, text).expect("written");
            BreachedFile::open(&path).err().expect("refused")
        };
        for text in
            ["", "password\n123456\n", &format!("{}\n{}\n", "B".repeat(40), "A".repeat(40)).repeat(50)]
        {
            assert!(refused(text).contains("ordered by hash"), "{text:.60}");
        }
        let missing = BreachedFile::open(&folder.path().join("missing")).err().expect("refused");
        assert!(missing.contains("missing cannot be read"), "{missing}");
    }
}
