//! How often something may be asked for, counted in the database, so that a restart or a second process forgets nothing.
//!
//! Whoever asks has `burst` at first and earns one every `every`. Kept is a single time per subject: when everything will
//! have been earned back (a leaky bucket, as ATM networks meter cells by the generic cell rate algorithm).

use crate::clock::Timestamp;
use std::net::IpAddr;
use std::time::Duration;

/// So many at once, and one more after each `every`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// How many at once, at least 1.
    pub burst: u32,
    /// How long it takes to earn one.
    pub every: Duration,
}

impl Rate {
    /// What one network may fail to sign in, unless the operator says otherwise.
    pub const SIGN_IN: Rate = Rate { burst: 10, every: Duration::from_secs(10) };

    /// Milliseconds to earn one.
    pub(crate) fn every_ms(self) -> i64 {
        i64::try_from(self.every.as_millis()).unwrap_or(i64::MAX / 4)
    }

    /// Milliseconds that the end may lie ahead while one can still be taken.
    pub(crate) fn ahead_ms(self) -> i64 {
        self.every_ms().saturating_mul(i64::from(self.burst.max(1)) - 1)
    }

    /// How long until the next one can be taken.
    pub(crate) fn wait(self, free_at: Timestamp, now: Timestamp) -> Duration {
        let wait = free_at.0.saturating_sub(now.0).saturating_sub(self.ahead_ms());
        Duration::from_millis(u64::try_from(wait).unwrap_or(0))
    }
}

/// The network that an address belongs to: itself, or the /64 of an IPv6 address, which is what one customer is given at
/// least. `None` for what is no address.
pub(crate) fn network(address: &str) -> Option<String> {
    match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => Some(address.to_string()),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Some(format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_addresses_or_halves_of_them() {
        assert_eq!(network("192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(network("::ffff:192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(network("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1:2::/64"));
        assert_eq!(network("2001:db8:1:2::9"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!(network(""), None);
    }

    #[test]
    fn the_wait_is_until_the_next_one() {
        let rate = Rate { burst: 3, every: Duration::from_secs(10) };
        assert_eq!(rate.wait(Timestamp(30_000), Timestamp(0)), Duration::from_secs(10));
        assert_eq!(rate.wait(Timestamp(20_000), Timestamp(0)), Duration::ZERO);
    }
}
