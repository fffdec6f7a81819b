//! Pages of a list, as links: works without a script, and every page has an address.

use super::number::count;
use leptos::prelude::*;

/// Percent-encodes a value for the query of an address (RFC 3986, unreserved characters stay).
#[must_use]
pub fn encoded(value: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    text
}

/// An address with the given query; empty values are left out.
#[must_use]
pub fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut text = path.to_owned();
    let mut sign = '?';
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        text.push(sign);
        text.push_str(name);
        text.push('=');
        text.push_str(&encoded(value));
        sign = '&';
    }
    text
}

/// The page that a query asks for, from 1.
#[must_use]
pub fn page_number(text: Option<String>) -> u32 {
    text.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

/// `1–24 of 4,012`, and the ways to the neighbours.
#[component]
pub fn Pagination(
    /// This page, from 1.
    page: u32,
    /// How many pages there are.
    pages: u32,
    /// How many items there are on all of them.
    total: u64,
    /// Most items a page holds.
    page_size: u32,
    /// Address of a page.
    to: impl Fn(u32) -> String,
    /// Tells these pages from those of another list on the same page.
    #[prop(default = "Pages")]
    label: &'static str,
) -> impl IntoView {
    let size = u64::from(page_size.max(1));
    let pages = pages.max(1);
    let page = page.clamp(1, pages);
    let first = (u64::from(page) - 1) * size + 1;
    let last = (u64::from(page) * size).min(total);
    let info = if total == 0 {
        "None".to_owned()
    } else {
        [&count(first), "–", &count(last), " of ", &count(total)].concat()
    };
    let before =
        (page > 1).then(|| view! { <a class="button is-small" rel="prev" href=to(page - 1)>"Previous"</a> });
    let after =
        (page < pages).then(|| view! { <a class="button is-small" rel="next" href=to(page + 1)>"Next"</a> });
    let place = (pages > 1).then(|| {
        let words = ["Page ", &count(page.into()), " of ", &count(pages.into())].concat();
        view! { <span>{words}</span> }
    });
    view! {
        <nav class="pagination" aria-label=label>
            <span class="pagination-info">{info}</span>
            <span class="pagination-links">{before}{place}{after}</span>
        </nav>
    }
    .into_any()
}

/// How many pages a list has.
#[must_use]
pub fn page_count(total: u64, page_size: u32) -> u32 {
    u32::try_from(total.div_ceil(u64::from(page_size.max(1)))).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{address, encoded, page_number};

    #[test]
    fn values_survive_an_address() {
        assert_eq!(encoded("Zoë & Co+"), "Zo%C3%AB%20%26%20Co%2B");
        assert_eq!(
            address("/people", &[("q", "a b"), ("department", ""), ("page", "2")]),
            "/people?q=a%20b&page=2"
        );
        assert_eq!(address("/people", &[("q", "")]), "/people");
    }

    #[test]
    fn nonsense_is_the_first_page() {
        for text in [None, Some("0".to_owned()), Some("-3".to_owned()), Some("x".to_owned())] {
            assert_eq!(page_number(text), 1);
        }
        assert_eq!(page_number(Some("7".to_owned())), 7);
    }
}
