//! argon2id, on threads of its own and never more than two at a time: a flood of sign-ins must cost neither the
//! memory nor the processors that everything else needs (OWASP ASVS 5.0, 15.2.2).

use crate::random::{self, Random};
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use roster::policy::normalise_password;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Hashes that run at the same time.
const PERMITS: usize = 2;
/// Requests that may wait for one of them.
const QUEUE: usize = 64;
/// Memory in KiB, passes, lanes: the minimum of the OWASP Password Storage Cheat Sheet.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_LENGTH: usize = 16;

/// Why a password was neither hashed nor compared.
#[derive(Debug, Error)]
pub enum HashError {
    /// The queue is full; trying again in a moment is right.
    #[error("too many passwords are being checked at the moment")]
    Busy,
}

/// Hashes and compares passwords.
pub(crate) struct Hasher {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    random: Arc<dyn Random>,
    /// Compared against where there is no hash, so that a refusal always costs the same.
    decoy: String,
}

fn argon2() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &SecretString, salt: [u8; SALT_LENGTH]) -> String {
    let password = Zeroizing::new(normalise_password(password.expose_secret()));
    argon2()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("a password below 4 GiB with a salt of 16 bytes can be hashed")
        .to_string()
}

impl Hasher {
    pub(crate) fn new(random: Arc<dyn Random>) -> Self {
        let decoy = hash_now(&SecretString::from("decoy"), random::bytes(random.as_ref()));
        Self {
            running: Arc::new(Semaphore::new(PERMITS)),
            admitted: Arc::new(Semaphore::new(PERMITS + QUEUE)),
            random,
            decoy,
        }
    }

    /// Hashes on behalf of somebody who waits: refused when the queue is full.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        let _admitted = self.admitted.try_acquire().map_err(|_| HashError::Busy)?;
        Ok(self.hash_patiently(password).await)
    }

    /// Hashes in the background: waits for its turn, one place in the queue of those who wait.
    pub(crate) async fn hash_patiently(&self, password: SecretString) -> String {
        let salt = random::bytes(self.random.as_ref());
        self.run(move || hash_now(&password, salt)).await
    }

    /// Whether `password` is the one behind `hash`; without a hash the work is the same and the answer is no.
    pub(crate) async fn verify(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, HashError> {
        let _admitted = self.admitted.try_acquire().map_err(|_| HashError::Busy)?;
        let real = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let equal = self
            .run(move || {
                let password = Zeroizing::new(normalise_password(password.expose_secret()));
                let parsed = PasswordHash::new(&hash).ok();
                parsed.is_some_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await;
        Ok(real && equal)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        // The permit travels with the work: a caller that goes away does not let a third hash start.
        let permit = Arc::clone(&self.running).acquire_owned().await.expect("the semaphore is never closed");
        tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(permit);
            answer
        })
        .await
        .expect("hashing neither panics nor is cancelled")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn the_right_password_and_no_other() {
        let hasher = Hasher::new(Arc::new(SystemRandom));
        let hash = hasher.hash(secret("correct horse")).await.expect("is hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify(secret("correct horse"), Some(hash.clone())).await.expect("is compared"));
        assert!(!hasher.verify(secret("correct horsf"), Some(hash)).await.expect("is compared"));
        assert!(!hasher.verify(secret("decoy"), None).await.expect("is compared"));
    }

    #[tokio::test]
    async fn composed_and_decomposed_letters_are_the_same_password() {
        let hasher = Hasher::new(Arc::new(SystemRandom));
        let hash = hasher.hash(secret("M\u{fc}nchen \u{1f511}")).await.expect("is hashed");
        assert!(hasher.verify(secret("Mu\u{308}nchen \u{1f511}"), Some(hash)).await.expect("is compared"));
    }

    #[tokio::test]
    async fn a_full_queue_refuses() {
        let hasher = Hasher::new(Arc::new(SystemRandom));
        let _all = hasher.admitted.try_acquire_many(66).expect("all places");
        assert!(matches!(hasher.verify(secret("x"), None).await, Err(HashError::Busy)));
    }
}
