//! Headers as they are compared: without case, punctuation, and what exports add in brackets.

use crate::unicode::nfc;

/// The names of a header: its own, then what stands in brackets (a property name, such as `givenName`).
pub(super) fn names(header: &str) -> (String, Option<String>) {
    let mut own = String::new();
    let mut bracketed = None;
    let mut rest = header;
    while let Some(open) = rest.find(['[', '(']) {
        own.push_str(&rest[..open]);
        let close = if rest[open..].starts_with('[') { ']' } else { ')' };
        let inside = &rest[open + 1..];
        let (content, behind) = inside.split_once(close).unwrap_or((inside, ""));
        let content = normalise(content);
        let note =
            matches!(content.as_str(), "required" | "uploadonly" | "readonly" | "optional" | "yesno" | "")
                || content.starts_with("mustbe");
        if !note {
            bracketed = Some(content);
        }
        rest = behind;
    }
    own.push_str(rest);
    let own = normalise(&own);
    // "Email required", "Username *": the note is not part of the name, unless it is all there is.
    let own = match own.strip_suffix("required") {
        Some(shorter) if !shorter.is_empty() => shorter.to_owned(),
        _ => own,
    };
    (own, bracketed)
}

/// Lower-case letters and digits only, in Unicode form C.
pub(super) fn normalise(text: &str) -> String {
    let mut normal: String =
        nfc(text).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    // Numbers and signs that carry the meaning: "Employee #".
    if text.contains('#') {
        normal.push_str("number");
    }
    normal
}

/// How many single changes (insert, delete, replace, swap neighbours) lie between two words; gives up beyond `most`.
pub(crate) fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let width = other.len() + 1;
    let mut before_last: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for i in 1..=one.len() {
        let mut row = vec![i; width];
        for j in 1..width {
            let replaced = last[j - 1] + usize::from(one[i - 1] != other[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = last;
        last = row;
    }
    let found = last[other.len()];
    (found <= most).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_normalised() {
        for (header, own, bracketed) in [
            ("First Name [Required]", "firstname", None),
            ("User name [userPrincipalName] Required", "username", Some("userprincipalname")),
            ("Block sign in (Yes/No) [accountEnabled] Required", "blocksignin", Some("accountenabled")),
            ("\u{a0}E-Mail ", "email", None),
            ("Employee #", "employeenumber", None),
            ("last_name", "lastname", None),
            ("Prénom", "prénom", None),
            ("Required", "required", None),
        ] {
            assert_eq!(names(header), (own.to_owned(), bracketed.map(str::to_owned)), "{header}");
        }
    }

    #[test]
    fn distances() {
        assert_eq!(distance("gmial.com", "gmail.com", 2), Some(1));
        assert_eq!(distance("usrname", "username", 2), Some(1));
        assert_eq!(distance("phone", "username", 2), None);
        assert_eq!(distance("same", "same", 1), Some(0));
    }
}
