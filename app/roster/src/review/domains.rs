//! Mail domains that are probably mistyped: close to a well-known one, or to the one nearly everybody in the file has.

use super::key::{Key, Map};
use crate::columns::distance;

/// Domains that many people have.
const WELL_KNOWN: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.fr",
    "hotmail.de",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "yahoo.com",
    "yahoo.co.uk",
    "yahoo.de",
    "yahoo.fr",
    "yahoo.es",
    "icloud.com",
    "protonmail.com",
    "t-online.de",
    "freenet.de",
    "laposte.net",
    "orange.fr",
    "wanadoo.fr",
    "libero.it",
    "virgilio.it",
    "comcast.net",
    "verizon.net",
    "btinternet.com",
    "seznam.cz",
    "yandex.ru",
    "rambler.ru",
];

/// Real domains that are close to well-known ones.
const REAL: &[&str] = &[
    "mail.com",
    "email.com",
    "ymail.com",
    "gmail.de",
    "hotmail.it",
    "hotmail.es",
    "hotmail.be",
    "hotmail.nl",
    "hotmail.ca",
    "outlook.es",
    "outlook.it",
    "outlook.be",
    "outlook.at",
    "yahoo.it",
    "yahoo.ca",
    "yahoo.in",
    "yahoo.gr",
    "yahoo.ie",
    "yahoo.se",
    "yahoo.no",
    "yahoo.dk",
    "yahoo.at",
    "yahoo.be",
    "yandex.ua",
    "yandex.by",
    "yandex.kz",
    "orange.es",
    "t-online.hu",
    "icloud.de",
    "fmail.com",
    "rmail.com",
];

/// A domain that this much of the file's addresses have is the file's own.
const OWN_SHARE: f64 = 0.5;
/// Fewer addresses than this say nothing about a file.
const OWN_LEAST: u32 = 10;

/// The number of an address's domain in [`Domains`].
pub(super) type DomainId = u32;
/// No domain: the address is not valid.
pub(super) const NO_DOMAIN: DomainId = u32::MAX;

/// More domains than this say nothing about a file: further ones are not counted.
const MOST: usize = 50_000;
/// How many rows of a domain are remembered: a mistyped one has few.
const MOST_ROWS: usize = 200;

/// How many domains are looked for before the whole table is.
const RECENT: usize = 32;

/// A domain of 8 to 16 bytes as it is written, of which the first and the last eight are all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Short {
    first: u64,
    last: u64,
    length: usize,
}

impl Short {
    #[inline]
    fn of(domain: &[u8]) -> Option<Short> {
        let (first, last) = (domain.first_chunk()?, domain.last_chunk()?);
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        (domain.len() <= 16).then_some(Short { first, last, length: domain.len() })
    }

    /// Its place among those that came lately.
    #[inline]
    fn place(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(23)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) as usize % RECENT
    }
}

/// Every domain of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Domains {
    numbers: Map<Key, DomainId>,
    /// Short domains that came lately, each at a place that follows from its letters: most rows have one of them.
    recent: [(Short, DomainId); RECENT],
    all: Vec<Domain>,
    /// The file's own domain, once the whole file was read.
    own: Option<Box<str>>,
}

#[derive(Clone, Debug)]
struct Domain {
    name: Box<str>,
    count: u32,
    /// What it was probably meant to be.
    meant: Option<Box<str>>,
    /// The first rows that have it.
    rows: Vec<u32>,
}

impl Domains {
    /// Counts the domain of a row's address and gives its number; its capitals A to Z count as small letters.
    #[inline]
    pub(super) fn add(&mut self, domain: &[u8], row: u32) -> DomainId {
        let id = self.number(domain);
        self.count(id, row);
        id
    }

    /// Counts the domain of a row's address, as [`Domains::add`] does; a domain that is not known yet has to pass a test
    /// first. Those that are known have passed it.
    #[inline]
    pub(super) fn add_if(
        &mut self,
        domain: &[u8],
        row: u32,
        good: impl Fn(&[u8]) -> bool,
    ) -> Option<DomainId> {
        let short = Short::of(domain);
        let recent = short.map(|short| self.recent[short.place()]);
        let id = match recent {
            Some((recent, id)) if Some(recent) == short => id,
            _ => self.look_up(domain, short, good)?,
        };
        self.count(id, row);
        Some(id)
    }

    /// The number of a domain that did not come lately, if it is good.
    #[inline(never)]
    fn look_up(
        &mut self,
        domain: &[u8],
        short: Option<Short>,
        good: impl Fn(&[u8]) -> bool,
    ) -> Option<DomainId> {
        let key = Key::of_lower(domain);
        let id = match self.numbers.get(&key) {
            Some(&id) => id,
            None => good(domain).then(|| self.enter(key, domain))?,
        };
        if let Some(short) = short {
            self.recent[short.place()] = (short, id);
        }
        Some(id)
    }

    /// Counts a row's domain.
    #[inline]
    pub(super) fn count(&mut self, id: DomainId, row: u32) {
        if let Some(domain) = self.all.get_mut(id as usize) {
            domain.count += 1;
            if domain.rows.len() < MOST_ROWS {
                domain.rows.push(row);
            }
        }
    }

    /// The number of a domain, without counting it.
    #[inline]
    pub(super) fn number(&mut self, domain: &[u8]) -> DomainId {
        let key = Key::of_lower(domain);
        match self.numbers.get(&key) {
            Some(&id) => id,
            None => self.enter(key, domain),
        }
    }

    #[cold]
    fn enter(&mut self, key: Key, domain: &[u8]) -> DomainId {
        if self.all.len() >= MOST {
            return NO_DOMAIN;
        }
        let id = self.all.len() as DomainId;
        let name = String::from_utf8_lossy(domain).to_ascii_lowercase();
        let own = self.own.as_deref();
        let meant = mistyped(&name).or_else(|| own.filter(|own| near(&name, own))).map(Into::into);
        self.numbers.insert(key, id);
        self.all.push(Domain { name: name.into(), count: 0, meant, rows: Vec::new() });
        id
    }

    /// A row has another address now.
    pub(super) fn remove(&mut self, id: DomainId, row: u32) {
        if let Some(domain) = self.all.get_mut(id as usize) {
            domain.count = domain.count.saturating_sub(1);
            domain.rows.retain(|other| *other != row);
        }
    }

    /// The number of a domain that was counted.
    pub(super) fn find(&self, domain: &str) -> DomainId {
        self.numbers.get(&Key::of(domain)).copied().unwrap_or(NO_DOMAIN)
    }

    /// What a domain was probably meant to be.
    pub(super) fn meant(&self, id: DomainId) -> Option<&str> {
        self.all.get(id as usize)?.meant.as_deref()
    }

    /// Rows with a domain that was probably meant to be another one, as far as they are remembered.
    pub(super) fn suspicious_rows(&self) -> Vec<(u32, DomainId)> {
        let mut rows: Vec<(u32, DomainId)> = (0..)
            .zip(&self.all)
            .filter(|(_, domain)| domain.meant.is_some())
            .flat_map(|(id, domain)| domain.rows.iter().map(move |row| (*row, id)))
            .collect();
        rows.sort_unstable();
        rows
    }

    /// Once the file was read: finds its own domain and what was probably meant to be it; the rows that have such a
    /// domain.
    pub(super) fn settle(&mut self) -> Vec<u32> {
        let total: u32 = self.all.iter().map(|domain| domain.count).sum();
        let Some(most) = self.all.iter().max_by_key(|domain| domain.count) else { return Vec::new() };
        if total < OWN_LEAST || f64::from(most.count) < f64::from(total) * OWN_SHARE {
            return Vec::new();
        }
        let (own, few) = (most.name.clone(), (most.count / 20).max(1).min(MOST_ROWS as u32));
        let mut rows = Vec::new();
        for domain in &mut self.all {
            if domain.count <= few && domain.meant.is_none() && near(&domain.name, &own) {
                domain.meant = Some(own.clone());
                rows.extend_from_slice(&domain.rows);
            }
        }
        self.own = Some(own);
        rows.sort_unstable();
        rows
    }
}

fn mistyped(domain: &str) -> Option<&'static str> {
    if WELL_KNOWN.contains(&domain) || REAL.contains(&domain) {
        return None;
    }
    WELL_KNOWN.iter().copied().find(|known| near(domain, known))
}

/// One slip away; two, where the domain is long. Short names are real too often.
fn near(domain: &str, known: &str) -> bool {
    let length = known.chars().count();
    domain != known && length >= 8 && distance(domain, known, if length >= 14 { 2 } else { 1 }).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_domains() {
        for (domain, meant) in [
            ("gmial.com", Some("gmail.com")),
            ("hotnail.com", Some("hotmail.com")),
            ("gmail.con", Some("gmail.com")),
            ("gmail.com", None),
            ("mail.com", None),
            ("example.org", None),
            ("hotmail.it", None),
        ] {
            assert_eq!(mistyped(domain), meant, "{domain}");
        }
    }

    #[test]
    fn a_domain_has_one_number_however_it_is_written() {
        let mut domains = Domains::default();
        for length in 4..40 {
            let name = format!("{}.org", "x".repeat(length - 4));
            let id = domains.add_if(name.as_bytes(), 1, |_| true);
            for written in [name.clone(), name.to_uppercase(), name.clone()] {
                assert_eq!(domains.add_if(written.as_bytes(), 2, |_| false), id, "{written}");
            }
            assert_eq!(domains.find(&name), id.expect("a good one"));
        }
        assert_eq!(domains.all.len(), 36);
        assert_eq!(domains.add_if(b"other.example", 3, |_| false), None);
    }

    #[test]
    fn the_files_own_domain() {
        let mut domains = Domains::default();
        for row in 1..=95 {
            domains.add(b"example.org", row);
        }
        let slip = domains.add(b"Exmaple.org", 96);
        let other = domains.add(b"partner.net", 97);
        assert_eq!(domains.settle(), [96]);
        assert_eq!(domains.meant(slip), Some("example.org"));
        assert_eq!(domains.meant(other), None);
        let late = domains.add(b"exampel.org", 98);
        assert_eq!(domains.meant(late), Some("example.org"), "also for cells edited later");
        assert_eq!(domains.number(b"exampel.org"), late);
    }
}
