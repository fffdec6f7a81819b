//! The server key and all that is derived from it: temporary passwords, their verifiers, the seal on waiting chunks.
//!
//! The key lies in a file beside the database, never in it: a copy of the database alone opens nothing. The file may hold
//! former keys below the current one: new secrets come from the current one alone, what was made before is still
//! recognised and opened ([`rotate`], [`forget`]).

use crate::audit::AuditKey;
use crate::id::{AccountId, MessageId};
use crate::random::{self, Random, SystemRandom};
use crate::secret::{LinkToken, ResetToken, TemporarySecret};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

const NONCE_LENGTH: usize = 12;
/// Begins a line of the key file with what a forgotten key sealed the audit trail with.
const SEAL: &str = "seal ";

/// 256 secret bits that everything machine-made hangs on, and those that did before.
#[derive(Clone)]
pub struct ServerKey {
    current: [u8; 32],
    former: Vec<[u8; 32]>,
    /// What keys that were forgotten sealed the audit trail with; nothing else comes from it.
    seals: Vec<[u8; 32]>,
}

impl Drop for ServerKey {
    fn drop(&mut self) {
        self.current.zeroize();
        self.former.zeroize();
        self.seals.zeroize();
    }
}

/// Why a key file could not be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file or its folder cannot be read or written.
    #[error("the key file cannot be read or created")]
    Io(#[from] io::Error),
    /// The file is there but has a line that is not 64 hexadecimal digits, or none.
    #[error("the key file does not hold 64 hexadecimal digits a line; restore it from a backup")]
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
        Self { current: bytes, former: Vec::new(), seals: Vec::new() }
    }

    /// How many former keys are kept.
    #[must_use]
    pub fn former(&self) -> usize {
        self.former.len()
    }

    /// The same without its former keys.
    #[must_use]
    pub fn current_only(&self) -> Self {
        Self::new(self.current)
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
                Self::from_text(&text)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(error.into()),
        }
    }

    /// The first line is the current key, others are former ones, or what a forgotten one sealed the audit trail with; `#`
    /// begins a note.
    fn from_text(text: &str) -> Result<Self, KeyError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (seals, keys): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with(SEAL));
        let mut keys = keys.into_iter().map(Self::from_hex).collect::<Result<Vec<_>, _>>()?;
        let seals =
            seals.into_iter().map(|line| Self::from_hex(&line[SEAL.len()..])).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(KeyError::Malformed);
        }
        Ok(Self { current: keys.remove(0), former: keys, seals })
    }

    fn from_hex(text: &str) -> Result<[u8; 32], KeyError> {
        let bytes = Zeroizing::new(
            data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| KeyError::Malformed)?,
        );
        bytes.as_slice().try_into().map_err(|_| KeyError::Malformed)
    }

    /// Written under another name, then linked: of two servers that start at once, both use the key of the first,
    /// and a crash leaves no half-written key.
    fn create(path: &Path) -> Result<Self, KeyError> {
        let key = Self::new(random::bytes(&SystemRandom));
        let draft = write_draft(path, &Zeroizing::new(hex_line(&key.current)))?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load_or_create(path),
            Err(error) => Err(error.into()),
        }
    }

    /// The current key and the former ones, each by itself.
    fn each(&self) -> impl Iterator<Item = Self> + '_ {
        std::iter::once(self.current).chain(self.former.iter().copied()).map(Self::new)
    }

    /// HMAC-SHA-256 over `parts` under this key; `purpose` keeps the uses apart, lengths keep the parts apart.
    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.current)
            .expect("HMAC takes keys of any length");
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

    /// The temporary password of an `issue` that is on file by its `verifier`, whichever key it was made with; `None` when
    /// that key is gone.
    pub(crate) fn issued_secret(
        &self,
        account: AccountId,
        issue: u32,
        verifier: &[u8],
    ) -> Option<TemporarySecret> {
        self.each().find_map(|key| {
            let secret = key.temporary_secret(account, issue);
            (key.verifier(account, &secret).as_slice() == verifier).then_some(secret)
        })
    }

    /// Whether `secret` is the one on file by its `verifier`, whichever key that was made with. Takes the same time
    /// whatever the answer.
    pub(crate) fn verifies(&self, account: AccountId, secret: &TemporarySecret, verifier: &[u8]) -> bool {
        let equal = |key: Self| -> bool {
            let offered = Zeroizing::new(key.verifier(account, secret));
            offered.as_slice().ct_eq(verifier).into()
        };
        self.each().map(equal).fold(false, |any, equal| any | equal)
    }

    /// The token of the link in a message; the same every time, so that it need not be kept.
    pub(crate) fn reset_token(&self, message: MessageId) -> ResetToken {
        let mut mac = self.mac("rollcall password reset 1", &[message.0.as_bytes()]);
        let token = ResetToken::from_bits(&mac);
        mac.zeroize();
        token
    }

    /// What the link of an account's `issue` holds: the account and 256 bits; the same every time, so that it need not be
    /// kept.
    pub(crate) fn link_token(&self, account: AccountId, issue: u32) -> LinkToken {
        let mut mac = self.mac("rollcall set password link 1", &[account.0.as_bytes(), &issue.to_be_bytes()]);
        let token = LinkToken::new(account, &mac);
        mac.zeroize();
        token
    }

    /// The link of an `issue` that is on file by its `verifier`, whichever key it was made with; `None` when that key is
    /// gone.
    pub(crate) fn issued_link(&self, account: AccountId, issue: u32, verifier: &[u8]) -> Option<LinkToken> {
        self.each().find_map(|key| {
            let secret = key.temporary_secret(account, issue);
            (key.verifier(account, &secret).as_slice() == verifier).then(|| key.link_token(account, issue))
        })
    }

    /// What is stored to recognise `secret`: fast, which 130 random bits allow (OWASP ASVS 5.0, 6.5.2).
    pub(crate) fn verifier(&self, account: AccountId, secret: &TemporarySecret) -> [u8; 32] {
        self.mac("rollcall verifier 1", &[account.0.as_bytes(), secret.symbols().as_bytes()])
    }

    /// What the audit trail is sealed with.
    pub(crate) fn audit_key(&self) -> AuditKey {
        AuditKey(Zeroizing::new(self.mac("rollcall audit 1", &[])))
    }

    /// What the audit trail is and was sealed with.
    pub(crate) fn audit_keys(&self) -> Vec<AuditKey> {
        let kept = self.seals.iter().map(|seal| AuditKey(Zeroizing::new(*seal)));
        self.each().map(|key| key.audit_key()).chain(kept).collect()
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
        let open =
            |key: Self| key.cipher().decrypt(&Nonce::from(nonce), Payload { msg: body, aad: context }).ok();
        let plain = self.each().find_map(open).ok_or(SealBroken)?;
        Ok(Zeroizing::new(plain))
    }
}

fn hex_line(key: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(key) + "\n"
}

/// Writes `text` beside `path`, for its owner alone, down to the disk.
fn write_draft(path: &Path, text: &str) -> Result<PathBuf, KeyError> {
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}

/// Puts a fresh key before the one in the file, which is kept as a former one under `note`. Counts for processes that
/// are started afterwards. Whatever happens meanwhile, the file is the old or the new one.
///
/// # Errors
/// There is no key file that can be read, or it cannot be replaced.
pub fn rotate(path: &Path, note: &str) -> Result<ServerKey, KeyError> {
    let text = Zeroizing::new(fs::read_to_string(path)?);
    let before = ServerKey::from_text(&text)?;
    let fresh = Zeroizing::new(random::bytes::<32>(&SystemRandom));
    let note = note.replace(['\r', '\n'], " ");
    let text = Zeroizing::new(format!("{}# {note}\n{}", hex_line(&fresh), *text));
    fs::rename(write_draft(path, &text)?, path)?;
    let former = std::iter::once(before.current).chain(before.former.iter().copied()).collect();
    Ok(ServerKey { current: *fresh, former, seals: before.seals.clone() })
}

/// Takes the former keys out of the file; answers with how many there were. What the audit trail was sealed with stays.
///
/// # Errors
/// There is no key file that can be read, or it cannot be replaced.
pub fn forget(path: &Path) -> Result<usize, KeyError> {
    let key = ServerKey::from_text(&Zeroizing::new(fs::read_to_string(path)?))?;
    let mut text = Zeroizing::new(hex_line(&key.current));
    for seal in key.audit_keys().iter().skip(1) {
        text.push_str(SEAL);
        text.push_str(&hex_line(&seal.0));
    }
    fs::rename(write_draft(path, &text)?, path)?;
    Ok(key.former.len())
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
        assert_eq!(first.current, second.current);
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
    fn a_former_key_still_opens_what_it_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("server.key");
        let first = ServerKey::load_or_create(&path).expect("creates the key");
        let account = AccountId(Uuid::from_u128(7));
        let secret = first.temporary_secret(account, 3);
        let verifier = first.verifier(account, &secret);
        let sealed = first.seal(b"here", b"payload", &SystemRandom);

        let second = rotate(&path, "replaced\ntoday").expect("a second key");
        let third = rotate(&path, "replaced again").expect("a third key");
        let read = ServerKey::load_or_create(&path).expect("reads the file");
        for key in [&second, &third, &read] {
            assert_ne!(
                key.temporary_secret(account, 3).symbols(),
                secret.symbols(),
                "new ones are of the new key"
            );
            assert!(key.verifies(account, &secret, &verifier));
            assert!(!key.verifies(account, &key.temporary_secret(account, 3), &verifier));
            let again = key.issued_secret(account, 3, &verifier).expect("is derived again");
            assert_eq!(again.symbols(), secret.symbols());
            assert!(key.issued_secret(account, 4, &verifier).is_none());
            assert_eq!(key.unseal(b"here", &sealed).expect("opens").as_slice(), b"payload");
        }
        assert_eq!((read.former(), read.current), (2, third.current));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }

        assert_eq!(forget(&path).expect("forgets"), 2);
        let last = ServerKey::load_or_create(&path).expect("reads the file");
        assert_eq!((last.former(), last.current), (0, third.current));
        assert!(!last.verifies(account, &secret, &verifier));
        assert!(last.unseal(b"here", &sealed).is_err());
        fs::remove_file(&path).expect("removed");
        assert!(rotate(&path, "").is_err() && forget(&path).is_err(), "nothing is made up");
    }

    #[test]
    fn the_key_does_not_print() {
        assert_eq!(format!("{:?}", ServerKey::new([0xab; 32])), "ServerKey(redacted)");
    }
}
