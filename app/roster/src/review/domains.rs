//! Mail domains that are probably mistyped: close to a well-known one, or to the one nearly everybody in the file has.

use super::key::Map;
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

/// Every domain of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Domains {
    ids: Map<Box<str>, DomainId>,
    counts: Vec<u32>,
    /// What each was probably meant to be.
    meant: Vec<Option<Box<str>>>,
    /// The file's own domain, once the whole file was read.
    own: Option<Box<str>>,
}

impl Domains {
    /// Counts an address's domain (in lower case) and gives its number.
    pub(super) fn add(&mut self, domain: &str) -> DomainId {
        if let Some(&id) = self.ids.get(domain) {
            self.counts[id as usize] += 1;
            return id;
        }
        let id = DomainId::try_from(self.counts.len()).unwrap_or(NO_DOMAIN - 1);
        self.ids.insert(domain.into(), id);
        self.counts.push(1);
        let own = self.own.as_deref();
        self.meant.push(mistyped(domain).or_else(|| own.filter(|own| near(domain, own))).map(Into::into));
        id
    }

    pub(super) fn remove(&mut self, id: DomainId) {
        if let Some(count) = self.counts.get_mut(id as usize) {
            *count = count.saturating_sub(1);
        }
    }

    pub(super) fn count(&self, id: DomainId) -> u32 {
        self.counts.get(id as usize).copied().unwrap_or(0)
    }

    /// What a domain was probably meant to be.
    pub(super) fn meant(&self, id: DomainId) -> Option<&str> {
        self.meant.get(id as usize)?.as_deref()
    }

    /// Once the file was read: finds its own domain and what was probably meant to be it. True if anything was.
    /// `most` is how many addresses a mistyped domain can have at most.
    pub(super) fn settle(&mut self, most: u32) -> bool {
        let total: u32 = self.counts.iter().sum();
        let Some((place, &count)) = self.counts.iter().enumerate().max_by_key(|(_, count)| **count) else {
            return false;
        };
        if total < OWN_LEAST || f64::from(count) < f64::from(total) * OWN_SHARE {
            return false;
        }
        let Some(own) = self.ids.iter().find(|(_, id)| **id as usize == place).map(|(name, _)| name.clone())
        else {
            return false;
        };
        let mut found = false;
        for (name, &id) in &self.ids {
            let few = self.counts[id as usize] <= most.min((count / 20).max(1));
            let meant = &mut self.meant[id as usize];
            if few && meant.is_none() && near(name, &own) {
                *meant = Some(own.clone());
                found = true;
            }
        }
        self.own = Some(own);
        found
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
    fn the_files_own_domain() {
        let mut domains = Domains::default();
        for _ in 0..95 {
            domains.add("example.org");
        }
        let slip = domains.add("exmaple.org");
        let other = domains.add("partner.net");
        assert!(domains.settle(200));
        assert_eq!(domains.meant(slip), Some("example.org"));
        assert_eq!(domains.meant(other), None);
        let late = domains.add("exampel.org");
        assert_eq!(domains.meant(late), Some("example.org"), "also for cells edited later");
    }
}
