//! The server key and all that is derived from it: temporary passwords, their verifiers, the seal on waiting chunks.
//!
//! The key lies in a file beside the database, never in it: a copy of the database alone opens nothing.

use crate::audit::AuditKey;
use crate::id::{AccountId, MessageId};
use crate::random::{self, Random, SystemRandom};
use crate::secret::{ResetToken, TemporarySecret};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::Path;
use std::{fmt, fs, io};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

const NONCE_LENGTH: usize = 12;

/// 256 secret bits that everything machine-made hangs on.
#[derive(Clone)]
pub struct ServerKey([u8; 32]);

impl Drop for ServerKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Why a key file could not be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file or its folder cannot be read or written.
    #[error("the key file cannot be read or created")]
    Io(#[from] io::Error),
    /// The file is there but is not 64 hexadecimal digits.
    #[error("the key file does not hold 64 hexadecimal digits; restore it from a backup")]
    Malformed,
}

/// The sealed bytes were changed, or sealed under another key or for another place.
#[derive(Debug, Error)]
#[error("sealed data cannot be opened with this server's key")]
pub struct SealBroken;

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(redacted)")
    }
}

impl ServerKey {
    /// A key from its bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the key file, or creates it (mode 0600) with a fresh key when there is none.
    ///
    /// # Errors
    /// The file cannot be read or created, or holds something else.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match fs::File::open(path) {
            Ok(mut file) => {
                let mut text = Zeroizing::new(String::new());
                file.read_to_string(&mut text)?;
                Self::from_hex(text.trim())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(error.into()),
        }
    }

    fn from_hex(text: &str) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new(
            data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| KeyError::Malformed)?,
        );
        let key = bytes.as_slice().try_into().map(Self).map_err(|_| KeyError::Malformed);
        bytes.zeroize();
        key
    }

    /// Written under another name, then linked: of two servers that start at once, both use the key of the first,
    /// and a crash leaves no half-written key.
    fn create(path: &Path) -> Result<Self, KeyError> {
        let key = Self(random::bytes(&SystemRandom));
        let draft = path.with_extension(format!("new-{}", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        let text = Zeroizing::new(data_encoding::HEXLOWER.encode(&key.0));
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load_or_create(path),
            Err(error) => Err(error.into()),
        }
    }

    /// HMAC-SHA-256 over `parts` under this key; `purpose` keeps the uses apart, lengths keep the parts apart.
    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The temporary password of an account's `issue`; the same every time, so that it need not be kept.
    pub(crate) fn temporary_secret(&self, account: AccountId, issue: u32) -> TemporarySecret {
        let mut mac =
            self.mac("rollcall temporary password 1", &[account.0.as_bytes(), &issue.to_be_bytes()]);
        let secret = TemporarySecret::from_mac(&mac);
        mac.zeroize();
        secret
    }

    /// The token of the link in a message; the same every time, so that it need not be kept.
    pub(crate) fn reset_token(&self, message: MessageId) -> ResetToken {
        let mut mac = self.mac("rollcall password reset 1", &[message.0.as_bytes()]);
        let token = ResetToken::from_bits(&mac);
        mac.zeroize();
        token
    }

    /// What is stored to recognise `secret`: fast, which 130 random bits allow (OWASP ASVS 5.0, 6.5.2).
    pub(crate) fn verifier(&self, account: AccountId, secret: &TemporarySecret) -> [u8; 32] {
        self.mac("rollcall verifier 1", &[account.0.as_bytes(), secret.symbols().as_bytes()])
    }

    /// What the audit trail is sealed with.
    pub(crate) fn audit_key(&self) -> AuditKey {
        AuditKey(Zeroizing::new(self.mac("rollcall audit 1", &[])))
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        let key = Zeroizing::new(self.mac("rollcall seal 1", &[]));
        ChaCha20Poly1305::new_from_slice(&*key).expect("the key has 32 bytes")
    }

    /// Encrypts `plain` for one place, named by `context`; it cannot be opened in another.
    pub(crate) fn seal(&self, context: &[u8], plain: &[u8], random: &dyn Random) -> Vec<u8> {
        let nonce = random::bytes::<NONCE_LENGTH>(random);
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: context })
            .expect("a chunk is far below the cipher's limit of 256 GiB");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Self::seal`] sealed.
    pub(crate) fn unseal(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LENGTH).ok_or(SealBroken)?;
        let nonce: [u8; NONCE_LENGTH] = nonce.try_into().map_err(|_| SealBroken)?;
        let plain = self
            .cipher()
            .decrypt(&Nonce::from(nonce), Payload { msg: body, aad: context })
            .map_err(|_| SealBroken)?;
        Ok(Zeroizing::new(plain))
    }
}

/// SHA-256; for tokens of 256 random bits a plain digest is enough to keep a copy of the database useless.
pub(crate) fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn secrets_depend_on_key_account_and_issue() {
        let key = ServerKey::new([1; 32]);
        let account = AccountId(Uuid::from_u128(7));
        let shown = |key: &ServerKey, account, issue| key.temporary_secret(account, issue).expose();
        assert_eq!(shown(&key, account, 1), shown(&key, account, 1));
        assert_ne!(shown(&key, account, 1), shown(&key, account, 2));
        assert_ne!(shown(&key, account, 1), shown(&key, AccountId(Uuid::from_u128(8)), 1));
        assert_ne!(shown(&key, account, 1), shown(&ServerKey::new([2; 32]), account, 1));
    }

    #[test]
    fn a_seal_opens_only_in_its_place_and_unchanged() {
        let key = ServerKey::new([1; 32]);
        let sealed = key.seal(b"here", b"payload", &SystemRandom);
        assert_eq!(key.unseal(b"here", &sealed).expect("opens").as_slice(), b"payload");
        assert!(key.unseal(b"there", &sealed).is_err());
        assert!(ServerKey::new([2; 32]).unseal(b"here", &sealed).is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().expect("is not empty") ^= 1;
        assert!(key.unseal(b"here", &changed).is_err());
        assert!(key.unseal(b"here", &[]).is_err());
    }

    #[test]
    fn the_key_file_is_created_once_and_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("server.key");
        let first = ServerKey::load_or_create(&path).expect("creates the key");
        let second = ServerKey::load_or_create(&path).expect("reads the key");
        assert_eq!(first.0, second.0);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&path, "not a key").expect("writes");
        assert!(matches!(ServerKey::load_or_create(&path), Err(KeyError::Malformed)));
    }

    #[test]
    fn the_key_does_not_print() {
        assert_eq!(format!("{:?}", ServerKey::new([0xab; 32])), "ServerKey(redacted)");
    }
}
