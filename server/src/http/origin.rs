//! Where a request came from. What a header says of it counts only when a proxy of our own wrote it.

use crate::config::Networks;
use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The address behind `peer`. A proxy adds whom it heard from at the right end of `X-Forwarded-For`, and what stands
/// further left may be made up; so the list is read from the right, as far as the proxies can be trusted.
pub fn origin(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let mut origin = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    for entry in lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',')) {
        if !trusted.contain(origin) {
            break;
        }
        let Some(address) = address(entry.trim()) else { break };
        origin = address.to_canonical();
    }
    origin
}

/// Whether a proxy of our own says that the request came to it without TLS. Of several proxies one that saw TLS is enough:
/// those behind it talk among themselves.
pub fn came_in_the_clear(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> bool {
    let lines = headers.get_all("x-forwarded-proto").iter();
    let mut schemes =
        lines.flat_map(|line| line.to_str().unwrap_or_default().split(',')).map(str::trim).peekable();
    trusted.contain(peer)
        && schemes.peek().is_some()
        && schemes.all(|scheme| scheme.eq_ignore_ascii_case("http"))
}

/// An address as proxies write it: some add the port.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, lines: &[&'static str]) -> String {
        let trusted = Networks::parse("10.0.0.0/8, ::1").expect("networks");
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().expect("a header"));
        }
        origin(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_proxy_of_our_own_says_that_there_was_no_encryption() {
        let clear = |peer: &str, lines: &[&'static str]| {
            let trusted = Networks::parse("10.0.0.0/8").expect("networks");
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-proto", line.parse().expect("a header"));
            }
            came_in_the_clear(peer.parse().expect("an address"), &headers, &trusted)
        };
        assert!(clear("10.0.0.1", &["http"]) && clear("10.0.0.1", &["HTTP , http"]));
        for (peer, lines) in [
            ("203.0.113.9", &["http"][..]),
            ("10.0.0.1", &[]),
            ("10.0.0.1", &["https"]),
            ("10.0.0.1", &["https, http"]),
            ("10.0.0.1", &["https", "http"]),
            ("10.0.0.1", &[""]),
            ("10.0.0.1", &["ws"]),
        ] {
            assert!(!clear(peer, lines), "{peer} {lines:?}");
        }
    }

    #[test]
    fn strangers_cannot_say_where_they_come_from() {
        assert_eq!(seen("203.0.113.9", &["192.0.2.1"]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &[]), "203.0.113.9");
    }

    #[test]
    fn a_proxy_of_our_own_is_believed_as_far_as_it_heard() {
        assert_eq!(seen("10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(seen("::ffff:10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, 192.0.2.1"]), "192.0.2.1", "further left is made up");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1", "192.0.2.1, 10.0.0.2"]), "192.0.2.1", "two proxies");
        assert_eq!(seen("10.0.0.1", &["192.0.2.1:4711"]), "192.0.2.1");
        assert_eq!(seen("::1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(seen("::1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
