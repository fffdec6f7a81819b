//! Secrets in transit. None of these types has `Debug`, `Display` or `Serialize`; each is wiped when dropped.

use crate::id::AccountId;
use uuid::Uuid;
use zeroize::Zeroize;

/// Symbols of a temporary password: 26 times 5 bits, 130 in all.
pub const TEMPORARY_SECRET_SYMBOLS: usize = 26;

/// Characters of a token: 256 bits in base 64 without padding.
const TOKEN_LENGTH: usize = 43;

/// Crockford's base 32: no I, L, O, U.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A machine-made password that gets a person in for the first time.
pub struct TemporarySecret(String);

impl Drop for TemporarySecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl TemporarySecret {
    /// The first 130 bits of `mac`, five at a time.
    pub(crate) fn from_mac(mac: &[u8; 32]) -> Self {
        let symbol = |index: usize| {
            let bit = index * 5;
            let pair = u16::from_be_bytes([mac[bit / 8], mac[bit / 8 + 1]]);
            char::from(CROCKFORD[usize::from((pair >> (11 - bit % 8)) & 31)])
        };
        Self((0..TEMPORARY_SECRET_SYMBOLS).map(symbol).collect())
    }

    /// What a person typed, if it has the shape of a temporary password: dashes and spaces are left out, case does
    /// not matter, O is read as 0, I and L as 1 (Crockford's rules).
    pub(crate) fn typed(text: &str) -> Option<Self> {
        let mut symbols = String::with_capacity(TEMPORARY_SECRET_SYMBOLS + 1);
        for c in text.chars() {
            let symbol = match c.to_ascii_uppercase() {
                '-' | ' ' | '\u{a0}' | '\u{2010}'..='\u{2014}' | '\t' | '\r' | '\n' => continue,
                'O' => '0',
                'I' | 'L' => '1',
                c if c.is_ascii() && CROCKFORD.contains(&(c as u8)) => c,
                _ => return None,
            };
            if symbols.len() == TEMPORARY_SECRET_SYMBOLS {
                return None;
            }
            symbols.push(symbol);
        }
        let complete = symbols.len() == TEMPORARY_SECRET_SYMBOLS;
        let secret = Self(symbols);
        complete.then_some(secret)
    }

    /// The secret in groups of five, as people see and type it: `XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-X`.
    #[must_use]
    pub fn expose(&self) -> String {
        let mut shown = String::with_capacity(TEMPORARY_SECRET_SYMBOLS + 5);
        for (index, symbol) in self.0.chars().enumerate() {
            if index > 0 && index % 5 == 0 {
                shown.push('-');
            }
            shown.push(symbol);
        }
        shown
    }

    /// The bare 26 symbols.
    pub(crate) fn symbols(&self) -> &str {
        &self.0
    }
}

macro_rules! token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(String);

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }

        impl $name {
            /// The token itself, for the one place that hands it over.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }
    };
}

impl ResetToken {
    /// 256 bits that were derived.
    pub(crate) fn from_bits(bits: &[u8; 32]) -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(bits))
    }
}

impl LinkToken {
    /// The account and 256 bits that were derived.
    pub(crate) fn new(account: AccountId, bits: &[u8; 32]) -> Self {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(account.0.as_bytes());
        bytes[16..].copy_from_slice(bits);
        let token = Self(data_encoding::BASE64URL_NOPAD.encode(&bytes));
        bytes.zeroize();
        token
    }

    /// Whose token it says it is; nothing is proven by that.
    pub(crate) fn account(text: &str) -> Option<AccountId> {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let account = bytes.first_chunk::<16>().filter(|_| bytes.len() == 48)?;
        Some(AccountId(Uuid::from_bytes(*account)))
    }
}

macro_rules! token_in_a_cookie {
    ($name:ident) => {
        impl $name {
            /// A token as a cookie holds it; `None` for anything that cannot be one.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let plausible = text.len() == TOKEN_LENGTH
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
                plausible.then(|| Self(text.to_owned()))
            }
        }
    };
}

token_in_a_cookie!(SessionToken);
token_in_a_cookie!(PendingToken);

macro_rules! random_token {
    ($name:ident) => {
        impl $name {
            /// 256 fresh random bits.
            pub(crate) fn new(random: &dyn crate::random::Random) -> Self {
                let mut bits = crate::random::bytes::<32>(random);
                let text = data_encoding::BASE64URL_NOPAD.encode(&bits);
                bits.zeroize();
                Self(text)
            }
        }
    };
}

random_token!(SessionToken);
random_token!(PendingToken);
random_token!(SetupToken);

token! {
    /// What the link in a mail holds to set a new password: 256 derived bits in URL-safe base 64.
    ResetToken
}

token! {
    /// What the link holds with which a person sets the first password: the account and 256 derived bits in URL-safe
    /// base 64.
    LinkToken
}

token! {
    /// What a browser holds to be recognised: 256 random bits in URL-safe base 64.
    SessionToken
}
token! {
    /// What a browser holds between the password and the code: 256 random bits in URL-safe base 64. It opens nothing.
    PendingToken
}
token! {
    /// Opens the first-run page once: 256 random bits in URL-safe base 64.
    SetupToken
}

impl std::fmt::Debug for PendingToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PendingToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_the_ways_people_type_it() {
        let secret = TemporarySecret::from_mac(&[0x42; 32]);
        let shown = secret.expose();
        assert_eq!(shown.len(), TEMPORARY_SECRET_SYMBOLS + 5);
        for typed in [
            shown.clone(),
            shown.to_lowercase(),
            shown.replace('-', " "),
            shown.replace('-', ""),
            format!(" {shown} "),
        ] {
            let read = TemporarySecret::typed(&typed).expect("has the shape of a secret");
            assert_eq!(read.symbols(), secret.symbols(), "{typed}");
        }
    }

    #[test]
    fn mistaken_letters_are_read_as_digits() {
        let read =
            TemporarySecret::typed("oOiIlL-00000-11111-22222-33333").expect("has the shape of a secret");
        assert_eq!(read.symbols(), "00111100000111112222233333");
    }

    #[test]
    fn other_texts_are_not_secrets() {
        assert!(TemporarySecret::typed("correct horse battery staple").is_none());
        assert!(TemporarySecret::typed("").is_none());
        assert!(TemporarySecret::typed(&"0".repeat(27)).is_none());
        assert!(TemporarySecret::typed(&"0".repeat(25)).is_none());
    }

    #[test]
    fn every_bit_of_the_first_130_counts_and_no_other() {
        let base = TemporarySecret::from_mac(&[0; 32]);
        for bit in 0..256 {
            let mut mac = [0; 32];
            mac[bit / 8] |= 0x80 >> (bit % 8);
            let same = TemporarySecret::from_mac(&mac).symbols() == base.symbols();
            assert_eq!(same, bit >= 130, "bit {bit}");
        }
    }
}
