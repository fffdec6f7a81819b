//! E-mail addresses: the part of RFC 5321 that real people have (T56, T57).

use std::borrow::Cow;

use super::text::{is_forbidden, name_of};
use super::username::{is_letter, map_width};
use super::{Field, clean, punycode};
use crate::problem::{Code, Problem};

/// An address mail can be sent to: `local@domain`, without quoted local part, comment or address literal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address: local part of at most 64 octets, 254 octets in all, a domain with at least one dot. The
    /// domain may have letters beyond ASCII; the part before the @ may not.
    ///
    /// # Errors
    /// `email.missing`, `email.invalid`.
    pub fn parse(text: &str) -> Result<EmailAddress, Problem> {
        EmailAddress::hold(text).map(|text| EmailAddress(text.into_owned()))
    }

    /// The rule itself: the address as it is kept. A good one, as almost all are, is not copied.
    pub(crate) fn hold(text: &str) -> Result<Cow<'_, str>, Problem> {
        let text = match clean(text) {
            Cow::Borrowed(text) => map_width(text),
            Cow::Owned(text) => Cow::Owned(map_width(&text).into_owned()),
        };
        if text.is_empty() {
            return Err(Problem::of(Code::EmailMissing, Field::Email, "Email is empty. Fill it in."));
        }
        match fault(&text) {
            None => Ok(text),
            Some(message) => Err(Problem::of(Code::EmailInvalid, Field::Email, message)),
        }
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the @, as written.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address as it goes to the mail server: the domain in its DNS spelling (`xn--…`).
    pub fn to_ascii(&self) -> String {
        match self.0.rsplit_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain_to_ascii(domain)),
            None => self.0.clone(),
        }
    }

    /// What it is compared by: see [`EmailAddress::key_of`].
    pub fn key(&self) -> String {
        EmailAddress::key_of(&self.0).into_owned()
    }

    /// What any text is compared by as an address. Before the @ only A-Z are lowered (a Unicode fold would let
    /// `mıke@` receive what belongs to `mike@`, CVE-2019-19844); the domain is lowered and written as in DNS.
    pub fn key_of(text: &str) -> Cow<'_, str> {
        let text = clean(text);
        if text.is_ascii() {
            return if text.bytes().any(|b| b.is_ascii_uppercase()) {
                Cow::Owned(text.to_ascii_lowercase())
            } else {
                text
            };
        }
        let text = map_width(&text).into_owned();
        match text.rsplit_once('@') {
            Some((local, domain)) => {
                Cow::Owned(format!("{}@{}", local.to_ascii_lowercase(), domain_to_ascii(domain)))
            }
            None => Cow::Owned(text.to_ascii_lowercase()),
        }
    }
}

fn domain_to_ascii(domain: &str) -> String {
    if domain.is_ascii() {
        return domain.to_ascii_lowercase();
    }
    let lower: String = clean(&domain.to_lowercase()).replace('\u{3002}', ".");
    let labels: Option<Vec<String>> = lower.split('.').map(punycode::label_to_ascii).collect();
    labels.map_or(lower, |labels| labels.join("."))
}

/// What is wrong with an address, as a sentence that says how to mend it.
fn fault(text: &str) -> Option<String> {
    if let Some(c) = text.chars().find(|&c| is_forbidden(c)) {
        return Some(format!("The address holds {}. Remove it.", name_of(c)));
    }
    if text.contains('\u{FFFD}') {
        return Some("The address holds a damaged character. Type it anew.".to_owned());
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return Some(format!("{} has no @. Write it as name@example.org.", shown(text)));
    };
    if local.contains('@') {
        return Some(if text.contains([',', ';', ' ']) {
            "The cell holds several addresses. Keep one.".to_owned()
        } else {
            format!("{} has two @. Keep one.", shown(text))
        });
    }
    if local.is_empty() {
        return Some("Nothing stands before the @. Write it as name@example.org.".to_owned());
    }
    if domain.is_empty() {
        return Some("Nothing stands after the @. Complete the domain, such as example.org.".to_owned());
    }
    if text.contains(char::is_whitespace) {
        return Some("The address holds a space. Remove it.".to_owned());
    }
    local_fault(local).or_else(|| domain_fault(domain)).or_else(|| {
        let in_dns = if domain.is_ascii() { domain.len() } else { domain_to_ascii(domain).len() };
        (text.len() > 254 || local.len() + 1 + in_dns > 254)
            .then(|| "The address is longer than 254 characters. Shorten it.".to_owned())
    })
}

fn local_fault(local: &str) -> Option<String> {
    if local.len() > 64 {
        return Some("The part before the @ is longer than 64 characters. Shorten it.".to_owned());
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Some(
            "A dot stands at the start or end of the part before the @, or twice. Remove it.".to_owned(),
        );
    }
    let bad = local.chars().find(|c| !(c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-.".contains(*c)))?;
    Some(format!(
        "\u{201c}{bad}\u{201d} is not possible before the @. Remove it or spell it in plain letters."
    ))
}

fn domain_fault(domain: &str) -> Option<String> {
    if domain.starts_with('[') {
        return Some("A number in brackets is not accepted as a domain. Write its name.".to_owned());
    }
    let mut labels = 0;
    let mut last = "";
    for label in domain.split(['.', '\u{3002}']) {
        labels += 1;
        last = label;
        if label.is_empty() {
            return Some(format!("The domain {} has a dot too many. Remove it.", shown(domain)));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Some(format!("A part of the domain {} begins or ends with a hyphen.", shown(domain)));
        }
        if let Some(bad) = label
            .chars()
            .find(|&c| !(c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && is_letter(c))))
        {
            return Some(format!("\u{201c}{bad}\u{201d} is not possible in a domain. Remove it."));
        }
        let length = if label.is_ascii() {
            label.len()
        } else {
            punycode::label_to_ascii(&label.to_lowercase()).map_or(usize::MAX, |ascii| ascii.len())
        };
        if length > 63 {
            return Some("A part of the domain is longer than 63 characters. Shorten it.".to_owned());
        }
    }
    if labels < 2 {
        return Some(format!("The domain {} has no dot. Complete it, such as example.org.", shown(domain)));
    }
    if last.chars().count() < 2 || last.bytes().all(|b| b.is_ascii_digit()) {
        return Some(format!("The domain {} does not end as domains do. Complete it.", shown(domain)));
    }
    None
}

fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('\u{2026}');
    }
    format!("\u{201c}{short}\u{201d}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepted() {
        let long = format!("{}@example.org", "a".repeat(64));
        for text in [
            "marta.mueller@example.org",
            " trimmed@example.org ",
            "GOOD1@example.org",
            "o'brien+tag@sub.example.co.uk",
            "info@müller.de",
            "user@例え.jp",
            "a@b.co",
            "x_y-z@1.example.org",
            &long,
        ] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refused() {
        let local = format!("{}@example.org", "a".repeat(65));
        let whole = format!("a@{}.org", "abcdefghi.".repeat(26));
        for text in [
            "bad.mail@",
            "x@localhost",
            "plain",
            "@example.org",
            "a@@example.org",
            "a b@example.org",
            ".a@example.org",
            "a..b@example.org",
            "a.@example.org",
            "\"quoted\"@example.org",
            "a(comment)@example.org",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example..org",
            "a@-example.org",
            "a@example.org.",
            "a@exa_mple.org",
            "mäx@example.org",
            "a@example.org,b@example.org",
            "a\n@example.org",
            "a@exam\u{fffd}ple.org",
            &local,
            &whole,
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap_err().code, Code::EmailInvalid, "{text:?}");
        }
        assert_eq!(EmailAddress::parse("\u{a0}").unwrap_err().code, Code::EmailMissing);
    }

    #[test]
    fn keys() {
        assert_eq!(EmailAddress::key_of("GOOD1@Example.ORG"), "good1@example.org");
        assert_eq!(EmailAddress::key_of("info@MÜLLER.de"), "info@xn--mller-kva.de");
        assert_eq!(EmailAddress::key_of("info@xn--mller-kva.de"), EmailAddress::key_of("info@müller.de"));
        assert_ne!(EmailAddress::key_of("mıke@example.org"), EmailAddress::key_of("mike@example.org"));
        assert_eq!(EmailAddress::parse("info@müller.de").unwrap().to_ascii(), "info@xn--mller-kva.de");
    }

    proptest! {
        #[test]
        fn the_key_is_idempotent(local in "[a-zA-Z0-9.]{1,10}", domain in "\\PC{1,12}") {
            let text = format!("{local}@{domain}");
            let once = EmailAddress::key_of(&text).into_owned();
            if EmailAddress::parse(&text).is_ok() {
                prop_assert_eq!(EmailAddress::key_of(&once).into_owned(), once);
            }
        }
    }
}
