//! The quick look: most rows are good, and a good row can be told from its bytes, without a text of its own.
//!
//! A row passes only if [`Plan::judge`] would find nothing wrong with it and see the same keys; a property test holds
//! the two together. Everything else, also what would merely take longer to tell, is left to the judge.

use super::index::Keys;
use super::judge::Plan;
use super::key::Key;
use super::sixteen::{ADDRESS, NAME, address_marks, name_marks};
use crate::columns::Standing;
use crate::encoding::Encoding;
use crate::field::{hold_profile, is_settled};
use crate::reader::{RawField, Record, Shape};

/// What the columns ask for, as far as bytes can tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Quick {
    /// One for each cell that a row should have; empty where rows of this file always need the judge.
    checks: Vec<Check>,
    /// Of a single-byte encoding: which bytes stand for characters that are good anywhere in a name.
    settled: Option<Box<[bool; 256]>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Check {
    Ignored,
    Username,
    Email,
    /// One cell for both keys.
    UsernameAndEmail,
    Name,
    Flag,
    Password,
    Profile,
    Status(Standing),
}

/// The keys of a row that is good if its [domain](is_domain) is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed<'a> {
    pub(super) keys: Keys,
    /// What stands behind the @, as it is written.
    pub(super) domain: &'a [u8],
}

const USERNAME: u8 = 1;
const LOCAL: u8 = 2;
const DOMAIN: u8 = 4;
const START: u8 = 8;

/// What each byte may be part of.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        if byte.is_ascii_alphanumeric() {
            class[at] = USERNAME | LOCAL | DOMAIN | START;
        }
        at += 1;
    }
    class[b'.' as usize] = USERNAME;
    class[b'@' as usize] = USERNAME;
    class[b'-' as usize] = USERNAME | LOCAL;
    class[b'_' as usize] = USERNAME | LOCAL | START;
    let signs = b"!#$%&'*+/=?^`{|}~";
    let mut at = 0;
    while at < signs.len() {
        class[signs[at] as usize] = LOCAL;
        at += 1;
    }
    class
};

impl Quick {
    pub(super) fn new(plan: &Plan, encoding: Encoding) -> Quick {
        let mut quick = Quick::default();
        if plan.full_name.is_some() || plan.defused || !plan.missing.is_empty() || !plan.has_header {
            return quick;
        }
        let mut checks = vec![Check::Ignored; plan.width];
        let mut set = |column: Option<usize>, check| {
            if let Some(place) = column.and_then(|at| checks.get_mut(at)) {
                *place = check;
            }
        };
        for (at, key, _) in &plan.profile {
            if hold_profile(key, "").is_err() {
                return quick;
            }
            set(Some(*at), Check::Profile);
        }
        set(plan.first_name, Check::Name);
        set(plan.last_name, Check::Name);
        set(plan.password, Check::Password);
        set(plan.change_password, Check::Flag);
        set(plan.username, if plan.email_from_username { Check::UsernameAndEmail } else { Check::Username });
        set(plan.email, if plan.username_from_email { Check::UsernameAndEmail } else { Check::Email });
        for &(at, standing) in &plan.statuses {
            set(Some(at), Check::Status(standing));
        }
        quick.checks = checks;
        if encoding != Encoding::Utf8 && !encoding.is_utf16() {
            let mut settled = Box::new([false; 256]);
            for (byte, place) in (0..=255u8).zip(settled.iter_mut()) {
                let c = encoding.char_of(byte);
                *place = (' '..='~').contains(&c) || is_settled(c);
            }
            quick.settled = Some(settled);
        }
        quick
    }

    /// Looks at a row; `None`: the judge has to look.
    #[inline]
    pub(super) fn look<'a>(&self, record: &Record<'a>) -> Option<Passed<'a>> {
        let fields = record.fields();
        // What is plain throughout has no odd form either.
        if fields.len() != self.checks.len() || !record.plain && record.shape != Shape::default() {
            return None;
        }
        let raw = record.raw();
        if !record.plain && self.settled.is_none() && !raw.is_ascii() {
            // Also cells that feed nothing are looked at: bytes that mean nothing are reported wherever they are.
            std::str::from_utf8(raw).ok()?;
        }
        let mut passed = Passed::default();
        for (check, field) in self.checks.iter().zip(fields) {
            let (at, text) = cell(raw, field);
            match check {
                Check::Ignored => {
                    if self.settled.is_some() && !record.plain && !self.is_settled(text) {
                        return None;
                    }
                }
                Check::Name => {
                    // A character takes up to four bytes; longer ones are counted by the judge.
                    if text.is_empty() || text.len() > 100 || !(record.plain || self.is_settled(text)) {
                        return None;
                    }
                }
                Check::Profile => {
                    if text.len() > 255 || !(record.plain || self.is_settled(text)) {
                        return None;
                    }
                }
                Check::Username => {
                    (passed.keys.username, passed.keys.like) = username(record.ahead(), at, text)?;
                }
                Check::Email => {
                    passed.domain = domain(record.ahead(), at, text)?;
                    passed.keys.email = Key::of_lower(text);
                }
                Check::UsernameAndEmail => {
                    if text.len() > 64 || !has_start(text) || !could_be_username(text) {
                        return None;
                    }
                    passed.domain = domain(record.ahead(), at, text)?;
                    (passed.keys.username, passed.keys.like) = Key::of_username(text);
                    passed.keys.email = passed.keys.username;
                }
                Check::Flag => {
                    if !is_flag(text) {
                        return None;
                    }
                }
                Check::Status(standing) => {
                    if !standing.is_plainly_active(text) {
                        return None;
                    }
                }
                Check::Password => {
                    if !text.iter().all(|&byte| byte == b'*') {
                        return None;
                    }
                }
            }
        }
        Some(passed)
    }

    /// Whether a text, not known to be plain, holds only what is good in any name and never changed by cleaning it.
    fn is_settled(&self, text: &[u8]) -> bool {
        match &self.settled {
            Some(settled) => text.iter().all(|&byte| settled[usize::from(byte)]),
            None => {
                let Ok(text) = std::str::from_utf8(text) else { return false };
                text.chars().all(|c| (' '..='~').contains(&c) || is_settled(c))
            }
        }
    }

    /// Whether this look can pass anything.
    #[cfg(test)]
    pub(super) fn is_usable(&self) -> bool {
        !self.checks.is_empty()
    }
}

/// A cell without the ASCII blanks around it, and where it begins. Doubled quotation marks stay: they only make it longer.
#[inline]
fn cell<'a>(raw: &'a [u8], field: &RawField) -> (usize, &'a [u8]) {
    let at = field.start as usize;
    let text = &raw[at..field.end as usize];
    match text {
        [] => (at, text),
        [first, .., last] if *first > b' ' && *last > b' ' => (at, text),
        [only] if *only > b' ' => (at, text),
        _ => trimmed(at, text),
    }
}

#[inline(never)]
fn trimmed(mut at: usize, mut text: &[u8]) -> (usize, &[u8]) {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    while let [first, rest @ ..] = text
        && is_blank(first)
    {
        (at, text) = (at + 1, rest);
    }
    while let [rest @ .., last] = text
        && is_blank(last)
    {
        text = rest;
    }
    (at, text)
}

#[inline]
fn has_start(text: &[u8]) -> bool {
    text.first().is_some_and(|&byte| CLASS[usize::from(byte)] & START != 0)
}

/// The keys of a username that is good. `ahead` goes on behind it, which begins there at `at`.
#[inline]
fn username(ahead: &[u8], at: usize, text: &[u8]) -> Option<(Key, Key)> {
    if !(3..=64).contains(&text.len()) || !has_start(text) {
        return None;
    }
    match ahead[at..].first_chunk::<NAME>() {
        Some(bytes) if text.len() <= NAME => {
            let (marks, whole) = (name_marks(bytes), u32::MAX >> (NAME - text.len()));
            (marks.good & whole == whole)
                .then(|| Key::of_plain_username(text, marks.surely_looks_like_itself(text)))
        }
        _ => (leading(text, USERNAME) == text.len()).then(|| Key::of_username(text)),
    }
}

/// What an address may hold to serve as the username.
fn could_be_username(text: &[u8]) -> bool {
    text.iter().all(|&byte| CLASS[usize::from(byte)] & USERNAME != 0 || matches!(byte, b'+' | b'\''))
}

/// How many bytes at the start of a text are of a class.
#[inline]
fn leading(text: &[u8], class: u8) -> usize {
    let mut length = 0;
    // Eight at once, for as long as all of them are.
    while let Some(eight) = text[length..].first_chunk::<8>()
        && eight.iter().fold(class, |class, &byte| class & CLASS[usize::from(byte)]) != 0
    {
        length += 8;
    }
    length + text[length..].iter().take_while(|&&byte| CLASS[usize::from(byte)] & class != 0).count()
}

/// What stands behind the @ of an address whose part before it is good. `ahead` goes on behind the address, which begins
/// there at `at`.
#[inline(always)]
fn domain<'a>(ahead: &[u8], at: usize, text: &'a [u8]) -> Option<&'a [u8]> {
    if text.len() > 254 {
        return None;
    }
    if let Some(bytes) = ahead[at..].first_chunk::<ADDRESS>() {
        let marks = address_marks(bytes);
        let at = marks.at.trailing_zeros() as usize;
        if (1..text.len().min(ADDRESS)).contains(&at) {
            let local = (1 << at) - 1;
            let (dots, last) = (marks.dot & local, 1 << (at - 1));
            // No dot in front, behind or beside another one.
            if marks.common & local == local && dots & (dots << 1 | 1 | last) == 0 {
                return Some(&text[at + 1..]);
            }
        }
    }
    uncommon_domain(text)
}

/// The same, of an address that is longer than most or has signs that few have.
fn uncommon_domain(text: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        // The part up to the next dot.
        let part = leading(&text[at..], LOCAL);
        if part == 0 {
            return None;
        }
        at += part;
        match text.get(at)? {
            b'.' => at += 1,
            b'@' => break,
            _ => return None,
        }
    }
    (at <= 64).then(|| &text[at + 1..])
}

/// Whether a domain is one of plain letters without fault. Asked once for each domain of a file.
pub(super) fn is_domain(domain: &[u8]) -> bool {
    let (mut part, mut parts, mut letters) = (0, 1, false);
    for (at, &byte) in domain.iter().enumerate() {
        if CLASS[usize::from(byte)] & DOMAIN != 0 {
            letters |= byte.is_ascii_alphabetic();
            continue;
        }
        match byte {
            b'.' if at > part && at - part <= 63 && domain[at - 1] != b'-' => {
                part = at + 1;
                parts += 1;
                letters = false;
            }
            b'-' if at > part => letters = true,
            _ => return false,
        }
    }
    let last = domain.len() - part;
    parts >= 2 && (2..=63).contains(&last) && letters && domain[domain.len() - 1] != b'-'
}

#[inline]
fn is_flag(text: &[u8]) -> bool {
    match text {
        [] | [b'0' | b'1'] => true,
        _ if text.len() > 5 => false,
        _ => [&b"yes"[..], b"no", b"true", b"false"].iter().any(|word| text.eq_ignore_ascii_case(word)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::columns::map_columns;
    use crate::dialect::Dialect;
    use crate::field::{EmailAddress, Username};
    use crate::policy::PasswordPolicy;
    use crate::reader::Reader;
    use crate::review::read::row_text;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[a-zA-Z0-9._@-]{0,12}",
            4 => "[a-z]{1,5}[.+_'-]?[a-z0-9]{0,3}@[a-z0-9]{1,4}[.-][a-z0-9]{0,3}[.-]?[a-z0-9]{0,2}",
            2 => "[A-Za-zäöüßéèłžİışЖжא田ねe\u{301}\u{a0}\u{200b} \t'*#-]{0,8}",
            1 => prop::sample::select(vec!["0", "1", "yes", "NO", "ja", "vielleicht", "****", " 1 ", "", "TRUE"]).prop_map(str::to_owned),
            1 => "\\PC{0,6}",
            1 => "[\u{1}\u{7f}\u{80}\u{202e}x]{0,2}",
        ]
    }

    fn check(header: &str, cells: &[String], encoding: Encoding) -> Result<bool, TestCaseError> {
        let headers: Vec<String> = header.split(';').map(str::to_owned).collect();
        let mapping = map_columns(Some(&headers), &[], &["Cost centre".to_owned()], None);
        let plan = Plan::new(&mapping, true);
        let quick = Quick::new(&plan, encoding);
        prop_assert!(quick.is_usable());
        let line = cells.join(";");
        let bytes: Vec<u8> = if encoding == Encoding::Utf8 {
            line.into_bytes()
        } else {
            line.chars()
                .map(|c| (0..=255).find(|&byte| encoding.char_of(byte) == c).unwrap_or(b'?'))
                .collect()
        };
        let mut reader = Reader::new(&Dialect { delimiter: b';'.into(), encoding, ..Dialect::default() });
        let mut result = Ok(false);
        let mut sink = |record: &Record<'_>| {
            let Some(passed) = quick.look(record).filter(|passed| is_domain(passed.domain)) else {
                return true;
            };
            let judged = plan.judge(&row_text(record, false), &PasswordPolicy::default());
            let values = &judged.values;
            let same = judged.findings.is_empty()
                && passed.keys.username == Key::of(&Username::key_of(&values.username))
                && passed.keys.email == Key::of(&EmailAddress::key_of(&values.email))
                && values.email.as_bytes().ends_with(passed.domain)
                && values.password.is_none();
            result = if same { Ok(true) } else { Err(TestCaseError::fail(format!("{judged:?}"))) };
            true
        };
        reader.push(&bytes, &mut sink);
        reader.finish(&mut sink);
        result
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn what_passes_the_judge_finds_good(cells in prop::collection::vec(text(), 8), windows in any::<bool>()) {
            let encoding = if windows { Encoding::Windows1252 } else { Encoding::Utf8 };
            check("Username;First name;Last name;Email;Password;Change password next time;Phone;Nothing", &cells, encoding)?;
            check("First name;Last name;Email;Phone;Cost centre;Nothing;Department;Mobile", &cells, encoding)?;
        }

        #[test]
        fn good_rows_pass(username in "[a-z][a-z0-9._-]{2,20}", first in "[A-Za-zäöüéèßñçł' -]{0,20}[a-zäö]", email in "[a-z0-9]{1,9}([.+-][a-z]{1,9})?@[a-z]{2,9}\\.(example\\.)?[a-z]{2,5}") {
            let cells = [username, first.clone(), first, email, String::new(), "1".into(), "+49 30 1".into(), "x".into()];
            let header = "Username;First name;Last name;Email;Password;Change password next time;Phone;Nothing";
            prop_assert!(cells[1].trim().is_empty() || check(header, &cells, Encoding::Utf8)?);
        }
    }
}
