//! What mends a problem, cell by cell: the rules of the fixes, without their book-keeping.

use super::domains::Domains;
use super::judge::Judged;
use crate::field::{EmailAddress, Username, is_forbidden, plain_letters};
use crate::problem::Code;

/// The pattern that usernames are made from, unless another one is wanted.
pub const USERNAME_PATTERN: &str = "{first}.{last}";

/// What stands for what in a pattern.
fn parts(judged: &Judged) -> [(&'static str, String); 5] {
    let values = &judged.values;
    let plain = |text: &str| plain_letters(text, &['.', '-', '_']);
    let initial = |text: &str| plain(text).chars().take(1).collect();
    let local = values.email.rsplit_once('@').map_or("", |(local, _)| local);
    [
        ("{first}", plain(&values.first_name)),
        ("{last}", plain(&values.last_name)),
        ("{f}", initial(&values.first_name)),
        ("{l}", initial(&values.last_name)),
        ("{email}", plain(local)),
    ]
}

/// A username made from a pattern such as `{first}.{last}`, in plain small letters; `None` where the row has not got
/// what the pattern asks for.
pub(super) fn username(pattern: &str, judged: &Judged) -> Option<String> {
    let mut name = pattern.to_owned();
    for (part, text) in parts(judged) {
        if name.contains(part) {
            if text.is_empty() {
                return None;
            }
            name = name.replace(part, &text);
        }
    }
    let name: String = name.chars().take(60).collect();
    Username::parse(&name).ok().map(|name| name.as_str().to_owned())
}

/// Whether a pattern can make different usernames: it names a part, and is none itself.
pub fn is_pattern(pattern: &str) -> bool {
    let filled = ["{first}", "{last}", "{f}", "{l}", "{email}"]
        .iter()
        .fold(pattern.to_owned(), |name, part| name.replace(part, "abc"));
    filled != pattern && Username::parse(&filled).is_ok()
}

/// A username with a number behind it (in front of the @, where it is an address).
pub(super) fn numbered(name: &str, number: u32) -> String {
    match name.split_once('@') {
        Some((stem, domain)) => format!("{stem}{number}@{domain}"),
        None => format!("{name}{number}"),
    }
}

/// A text without characters that cannot be kept; line breaks and tabs become spaces.
pub(super) fn without_controls(text: &str) -> String {
    let spaced = text.replace(['\n', '\r', '\t', '\u{2028}', '\u{2029}'], " ");
    let kept: String = spaced.chars().filter(|&c| !is_forbidden(c)).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An address with the domain that was probably meant.
pub(super) fn domain(email: &str, domains: &Domains) -> Option<String> {
    let (local, domain) = email.rsplit_once('@')?;
    let meant = domains.meant(domains.find(&domain.to_lowercase()))?;
    Some(format!("{local}@{meant}"))
}

/// What an address was meant to be where the slip is plain: `Anna <anna@example.org>`, `mailto:`, spaces, a comma for a
/// dot, a stop at the end.
pub(super) fn address(email: &str) -> Option<String> {
    let inner =
        email.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(email, |(inner, _)| inner);
    let inner = inner.trim().trim_start_matches("mailto:").trim_start_matches("MAILTO:");
    let joined: String = inner.chars().filter(|c| !c.is_whitespace() && !is_forbidden(*c)).collect();
    let trimmed = joined.trim_matches(['.', ',', ';', ':', '"', '\'', '<', '>', '(', ')']);
    let (local, domain) = trimmed.rsplit_once('@')?;
    let local = local.trim_matches('.').trim_end_matches('@');
    let domain = domain.replace([',', ';'], ".");
    let mut domain = domain.trim_matches(['.', '-']).to_owned();
    while domain.contains("..") {
        domain = domain.replace("..", ".");
    }
    EmailAddress::parse(&format!("{local}@{domain}")).ok().map(|address| address.as_str().to_owned())
}

/// A username in plain letters, without what cannot be part of one.
pub(super) fn plain_username(text: &str) -> Option<String> {
    let dotted = text.split_whitespace().collect::<Vec<_>>().join(".");
    let name = plain_letters(&dotted, &['.', '-', '_', '@']);
    let name = name.trim_start_matches(['.', '-', '@']);
    Username::parse(name).ok().map(|name| name.as_str().to_owned())
}

/// What a fix for a problem does, as a sentence; `None` where there is none.
pub(super) const fn explanation(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::RowTooFewFields | Code::RowTooManyFields => {
            "Where the other rows leave no doubt which delimiter is missing or too many, the row is cut as they are. \
             Other rows stay as they are."
        }
        Code::EmailSuspiciousDomain => "The part behind the @ becomes the domain that was probably meant.",
        Code::EmailInvalid => {
            "Where it is plain what was meant, the address is put right: names around it, spaces, commas for dots. Other rows stay as they are."
        }
        Code::UsernameDuplicateInFile => {
            "The later rows with a username get a number behind it, the first that is free in the file. \
             A number that somebody in the directory has already is shown as taken."
        }
        Code::UsernameMissing => {
            "Usernames are made from the pattern, in plain letters; where one is in use in the file, a number is added. \
             One that somebody in the directory has already is shown as taken."
        }
        Code::UsernameInvalid => {
            "Accents and other alphabets are written in plain letters, spaces become dots, other characters are left out."
        }
        Code::NameControlCharacter | Code::ProfileControlCharacter => {
            "Control characters are removed; line breaks and tabs become spaces."
        }
        Code::FlagNotBoolean => {
            "The cells are emptied: whether these people have to change their password is then decided by the option below."
        }
        Code::PasswordTooShort
        | Code::PasswordTooLong
        | Code::PasswordCommon
        | Code::PasswordContainsIdentity
        | Code::PasswordComposition => "The passwords are taken out; these people get a generated one.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_put_right_only_where_it_is_plain() {
        for (wrong, right) in [
            ("Anna Smith <anna@example.org>", Some("anna@example.org")),
            ("mailto:anna@example.org", Some("anna@example.org")),
            (" anna @ example.org ", Some("anna@example.org")),
            ("anna@example,org", Some("anna@example.org")),
            ("anna@example..org.", Some("anna@example.org")),
            ("anna@@example.org", Some("anna@example.org")),
            ("anna", None),
            ("anna@example", None),
            ("a@example.org;b@example.org", None),
        ] {
            assert_eq!(address(wrong).as_deref(), right, "{wrong}");
        }
    }

    #[test]
    fn patterns() {
        assert!(is_pattern(USERNAME_PATTERN) && is_pattern("{f}{last}") && is_pattern("{email}"));
        assert!(!is_pattern("anna") && !is_pattern("{first} {last}") && !is_pattern("{nothing}"));
        let mut judged = Judged::default();
        judged.values.first_name = "Jürgen Änne".into();
        judged.values.last_name = "Müßig-Œuvre".into();
        assert_eq!(username(USERNAME_PATTERN, &judged).as_deref(), Some("juergenaenne.muessig-oeuvre"));
        assert_eq!(username("{f}{last}", &judged).as_deref(), Some("jmuessig-oeuvre"));
        assert_eq!(username("{email}", &judged), None);
    }

    #[test]
    fn plain_usernames_and_texts() {
        assert_eq!(plain_username("Łukasz Żak").as_deref(), Some("lukasz.zak"));
        assert_eq!(plain_username("иванов!").as_deref(), Some("ivanov"));
        assert_eq!(plain_username("..x"), None);
        assert_eq!(without_controls("Two\r\nLines\u{7}"), "Two Lines");
    }
}
