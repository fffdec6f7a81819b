//! How people are found and sorted: text without case and accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a search looks through; `profile`: the texts of the profile.
pub(crate) fn search_text<'a>(
    username: &str,
    email: &str,
    first_name: &str,
    last_name: &str,
    profile: impl Iterator<Item = &'a str>,
) -> String {
    let mut text = format!("{first_name} {last_name} {first_name}\n{username}\n{email}");
    for value in profile {
        text.push('\n');
        text.push_str(value);
    }
    folded(text)
}

/// What lists are sorted by.
pub(crate) fn sort_name(username: &str, first_name: &str, last_name: &str) -> String {
    folded(format!("{last_name}\u{1}{first_name}\u{1}{username}"))
}

/// Text without case and accents, so that "muller" finds "Müller".
pub(crate) fn folded(mut text: String) -> String {
    if text.is_ascii() {
        text.make_ascii_lowercase();
        return text;
    }
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// A LIKE pattern (escape character `\`) that finds `text` anywhere; `None` for blank text.
pub(crate) fn like_pattern(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars().filter(|c| *c != '\0') {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_forgets_case_and_accents() {
        assert_eq!(folded("Müller".to_owned()), "muller");
        assert_eq!(folded("ŽIŽKA".to_owned()), "zizka");
        assert_eq!(folded("Łukasz Ωmega".to_owned()), "łukasz ωmega");
    }

    #[test]
    fn patterns_take_wildcards_literally() {
        assert_eq!(like_pattern("50%_a\\"), Some("%50\\%\\_a\\\\%".to_owned()));
        assert_eq!(like_pattern("  "), None);
    }
}
