//! A list of networks, such as the proxies whose word is taken for where a request came from.

use std::net::IpAddr;

/// Addresses and networks in CIDR notation (RFC 4632).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<(IpAddr, u32)>);

impl Networks {
    /// Reads `10.0.0.0/8, ::1`.
    ///
    /// # Errors
    /// A sentence that names the entry that is none.
    pub fn parse(text: &str) -> Result<Networks, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries
            .map(|entry| {
                one(entry).ok_or_else(|| {
                    format!("`{entry}` is no network: write addresses such as 10.0.0.7 or 10.0.0.0/8, with commas between them")
                })
            })
            .collect::<Result<_, _>>()
            .map(Networks)
    }

    /// Whether an address belongs to one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(network, bits)| {
            network.is_ipv4() == address.is_ipv4() && head(*network, *bits) == head(address, *bits)
        })
    }
}

fn one(entry: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match entry.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
        None => (entry, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    Some((address, bits.unwrap_or(all))).filter(|(_, bits)| *bits <= all)
}

/// The first `bits` of an address.
fn head(address: IpAddr, bits: u32) -> u128 {
    let (value, all) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    value.checked_shr(all - bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_their_networks() {
        let networks = Networks::parse("10.0.0.0/8, 192.0.2.7,2001:db8::/32, ").expect("networks");
        for inside in ["10.255.0.1", "192.0.2.7", "2001:db8:1::1", "::ffff:10.0.0.1"] {
            assert!(networks.contain(inside.parse().expect("an address")), "{inside}");
        }
        for outside in ["11.0.0.1", "192.0.2.8", "2001:db9::1", "::1"] {
            assert!(!networks.contain(outside.parse().expect("an address")), "{outside}");
        }
        assert!(Networks::parse("0.0.0.0/0").expect("all").contain(IpAddr::from([203, 0, 113, 9])));
        assert!(!Networks::default().contain(IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for wrong in ["10.0.0.0/33", "::1/129", "proxy.example.org", "10.0.0.0/", "10.0.0.1/x"] {
            assert!(Networks::parse(wrong).expect_err("no network").contains(wrong), "{wrong}");
        }
    }
}
