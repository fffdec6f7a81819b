//! What a column is by its values alone.

pub(super) fn looks_like_address(value: &str) -> bool {
    value.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !value.contains(char::is_whitespace)
            && !domain.contains('@')
    })
}

pub(super) fn looks_like_username(value: &str) -> bool {
    (3..=64).contains(&value.len())
        && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
        && value.chars().any(|c| c.is_ascii_lowercase())
}

pub(super) fn is_capitalised(value: &str) -> bool {
    value.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
}

/// Whether a value has the form of a password's hash: `$2y$10$…`, `{SSHA}…`, `pbkdf2_sha256$600000$…`, hexadecimal digits.
pub(super) fn looks_like_hash(value: &str) -> bool {
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let long = value.len() >= 20 && !value.contains(char::is_whitespace);
    let marked = |rest: &str, end: char| rest.split_once(end).is_some_and(|(scheme, _)| word(scheme));
    match value.as_bytes().first() {
        Some(b'$') => long && marked(&value[1..], '$'),
        Some(b'{') => long && marked(&value[1..], '}'),
        _ => {
            let hexadecimal = value.bytes().all(|byte| byte.is_ascii_hexdigit());
            hexadecimal && matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128)
                || long && marked(value, '$') && value.matches('$').count() >= 2
        }
    }
}
