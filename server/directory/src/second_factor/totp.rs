//! Codes of authenticator apps (RFC 6238): HMAC-SHA-1, six digits, a new one every thirty seconds, because that is what
//! all of them know.

use crate::clock::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Bytes of a secret (RFC 4226, 4: 160 bits are recommended).
pub(super) const SECRET_LENGTH: usize = 20;

const STEP_MS: i64 = 30_000;
/// Steps before and after the present one of which codes are taken, for clocks that differ (RFC 6238, 5.2).
const DRIFT: i64 = 1;

/// The code of one step (RFC 4226, 5.3).
fn code(secret: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("a key of any length will do");
    mac.update(&step.to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let offset = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes([mac[offset], mac[offset + 1], mac[offset + 2], mac[offset + 3]]);
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// The step of which this is the code, if it is later than `after` and of the present one or its neighbours.
pub(super) fn accepted_step(secret: &[u8], typed: &str, now: Timestamp, after: i64) -> Option<i64> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let present = now.0.div_euclid(STEP_MS);
    let mut found = None;
    // All of them, whichever fits.
    for step in present - DRIFT..=present + DRIFT {
        let equal: bool = code(secret, step).as_bytes().ct_eq(digits.as_bytes()).into();
        if equal && step > after {
            found = Some(step);
        }
    }
    found
}

/// The code that an authenticator app shows; for tests.
#[must_use]
pub fn shown(base32: &str, at: Timestamp) -> Option<String> {
    let secret = data_encoding::BASE32_NOPAD.decode(base32.as_bytes()).ok()?;
    Some(code(&secret, at.0.div_euclid(STEP_MS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of its eight digits.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, seconds / 30), expected);
        }
    }

    #[test]
    fn clocks_may_differ_by_a_step_and_no_step_comes_twice() {
        let now = Timestamp(1_111_111_111_000);
        let step = 1_111_111_111 / 30;
        for near in step - 1..=step + 1 {
            assert_eq!(accepted_step(SECRET, &code(SECRET, near), now, 0), Some(near));
        }
        assert_eq!(accepted_step(SECRET, &code(SECRET, step - 2), now, 0), None);
        assert_eq!(accepted_step(SECRET, &code(SECRET, step + 2), now, 0), None);
        assert_eq!(accepted_step(SECRET, &code(SECRET, step), now, step), None);
        assert_eq!(accepted_step(SECRET, "050 471", now, step - 1), Some(step));
        for wrong in ["", "05047", "0504711", "05047a", "050470"] {
            assert_eq!(accepted_step(SECRET, wrong, now, 0), None, "{wrong}");
        }
    }
}
