//! argon2id, on threads of its own and never more than a few at a time: a flood of sign-ins must cost neither the
//! memory nor the processors that everything else needs (OWASP ASVS 5.0, 15.2.2).
//!
//! How hard a hash is follows from the machine: [`Hashing::calibrated`] takes what fits the memory and the time that it is
//! given. Hashes of another cost stay valid; a weaker one is replaced when its password is right the next time. What a
//! refusal costs does not depend on whom it refuses: a weaker hash that does not fit is followed by the work it lacks.

use crate::random::{self, Random};
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use roster::policy::normalise_password;
use secrecy::{ExposeSecret, SecretString};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::sync::{Semaphore, oneshot};
use zeroize::Zeroizing;

/// Requests that may wait for one of the hashes that run.
const QUEUE: usize = 64;
/// Between two attempts in the background to get a thread.
const PATIENCE: Duration = Duration::from_secs(1);
const SALT_LENGTH: usize = 16;

/// Why a password was neither hashed nor compared.
#[derive(Debug, Error)]
pub enum HashError {
    /// The queue is full; trying again in a moment is right.
    #[error("too many passwords are being checked at the moment")]
    Busy,
}

/// What one hash costs; always one lane, because several would take processors from others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// The least that the OWASP Password Storage Cheat Sheet allows.
    pub const MINIMUM: Cost = Cost { memory_kib: 19_456, passes: 2 };

    /// From the minimum upwards, past the second recommendation of RFC 9106 (64 MiB, three passes).
    const STEPS: [Cost; 8] = [
        Cost::MINIMUM,
        Cost { memory_kib: 32_768, passes: 2 },
        Cost { memory_kib: 47_104, passes: 2 },
        Cost { memory_kib: 65_536, passes: 2 },
        Cost { memory_kib: 65_536, passes: 3 },
        Cost { memory_kib: 98_304, passes: 3 },
        Cost { memory_kib: 131_072, passes: 3 },
        Cost { memory_kib: 262_144, passes: 3 },
    ];

    /// Memory times passes, to which the time is proportional.
    fn work(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.passes)
    }

    fn argon2(self) -> Argon2<'static> {
        let params = Params::new(self.memory_kib, self.passes, 1, None)
            .expect("memory and passes are within argon2's limits");
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }

    /// The cost of a hash that is on file.
    fn of(hash: &PasswordHash) -> Option<Cost> {
        let params = Params::try_from(hash).ok()?;
        Some(Cost { memory_kib: params.m_cost(), passes: params.t_cost() })
    }
}

/// How passwords are hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hashing {
    /// What a new hash costs.
    pub cost: Cost,
    /// Hashes that run at the same time.
    pub at_once: usize,
}

impl Default for Hashing {
    /// The minimum, two at a time.
    fn default() -> Self {
        Self { cost: Cost::MINIMUM, at_once: 2 }
    }
}

impl Hashing {
    /// The hardest hash that takes no longer than `aim`, so that all that run at once fit into `memory_kib`; never below
    /// [`Cost::MINIMUM`], for which fewer run at once where memory is short. Tries hashes on this machine: some tenths of
    /// a second.
    #[must_use]
    pub fn calibrated(memory_kib: u32, at_once: usize, aim: Duration) -> Self {
        Self::choose(memory_kib, at_once, aim, |cost| {
            let start = Instant::now();
            hash_now(&SecretString::from("how long does it take?"), [0; SALT_LENGTH], cost);
            start.elapsed()
        })
    }

    /// The same hashes, up to `most` of them at once, as far as the memory goes.
    #[must_use]
    pub fn on_more(self, most: usize, memory_kib: u32) -> Self {
        let fitting = (memory_kib / self.cost.memory_kib) as usize;
        Self { at_once: most.min(fitting).max(self.at_once), ..self }
    }

    fn choose(
        memory_kib: u32,
        at_once: usize,
        aim: Duration,
        mut takes: impl FnMut(Cost) -> Duration,
    ) -> Self {
        let fitting = (memory_kib / Cost::MINIMUM.memory_kib).max(1) as usize;
        let at_once = at_once.clamp(1, fitting);
        let fits = |cost: &Cost| u64::from(cost.memory_kib) * at_once as u64 <= u64::from(memory_kib);
        let least = takes(Cost::MINIMUM);
        let guessed = |cost: &Cost| least.mul_f64(cost.work() as f64 / Cost::MINIMUM.work() as f64);
        let mut cost = Cost::MINIMUM;
        for candidate in Cost::STEPS[1..].iter().rev().filter(|cost| fits(cost) && guessed(cost) <= aim) {
            // Time grows a little faster than work, where caches end: the guess is held to the machine.
            if takes(*candidate) <= aim {
                cost = *candidate;
                break;
            }
        }
        Self { cost, at_once }
    }
}

/// What the hasher has done and is doing, for whoever watches the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HashLoad {
    /// Hashes that run.
    pub running: u64,
    /// Requests that wait for one.
    pub waiting: u64,
    /// Hashes since the start.
    pub done: u64,
    /// Requests refused because the queue was full, since the start.
    pub refused: u64,
    /// Memory times passes of all hashes since the start.
    pub work: u64,
}

/// Hashes and compares passwords.
pub(crate) struct Hasher {
    setting: OnceLock<Setting>,
    random: Arc<dyn Random>,
    done: AtomicU64,
    refused: AtomicU64,
    work: AtomicU64,
}

/// What follows from [`Hashing`].
struct Setting {
    hashing: Hashing,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    /// Compared against where there is no hash, so that a refusal always costs the same.
    decoy: String,
}

fn hash_now(password: &SecretString, salt: [u8; SALT_LENGTH], cost: Cost) -> String {
    let password = Zeroizing::new(normalise_password(password.expose_secret()));
    cost.argon2()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("a password below 4 GiB with a salt of 16 bytes can be hashed")
        .to_string()
}

impl Hasher {
    pub(crate) fn new(random: Arc<dyn Random>) -> Self {
        let zero = || AtomicU64::new(0);
        Self { setting: OnceLock::new(), random, done: zero(), refused: zero(), work: zero() }
    }

    /// Counts once, before anything is hashed.
    pub(crate) fn set(&self, hashing: Hashing) {
        self.setting.get_or_init(|| self.setting_for(hashing));
    }

    fn setting_for(&self, hashing: Hashing) -> Setting {
        let decoy = hash_now(&SecretString::from("decoy"), random::bytes(self.random.as_ref()), hashing.cost);
        Setting {
            hashing,
            running: Arc::new(Semaphore::new(hashing.at_once)),
            admitted: Arc::new(Semaphore::new(hashing.at_once + QUEUE)),
            decoy,
        }
    }

    fn setting(&self) -> &Setting {
        self.setting.get_or_init(|| self.setting_for(Hashing::default()))
    }

    pub(crate) fn hashing(&self) -> Hashing {
        self.setting().hashing
    }

    pub(crate) fn load(&self) -> HashLoad {
        let setting = self.setting();
        let at_once = setting.hashing.at_once;
        let running = at_once - setting.running.available_permits();
        let admitted = at_once + QUEUE - setting.admitted.available_permits();
        HashLoad {
            running: running as u64,
            waiting: admitted.saturating_sub(running) as u64,
            done: self.done.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            work: self.work.load(Ordering::Relaxed),
        }
    }

    /// Hashes on behalf of somebody who waits: refused when the queue is full.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        let _admitted = self.admit()?;
        self.hash_at(password, self.setting().hashing.cost).await
    }

    /// Hashes in the background, at the minimum cost: a roster may bring a hundred thousand passwords. Waits for its turn,
    /// one place in the queue of those who wait. The first sign-in hashes it again, as hard as all others.
    pub(crate) async fn hash_patiently(&self, password: SecretString) -> String {
        let cost = self.setting().hashing.cost;
        let cost = if cost.work() < Cost::MINIMUM.work() { cost } else { Cost::MINIMUM };
        loop {
            match self.hash_at(password.clone(), cost).await {
                Ok(hash) => return hash,
                Err(HashError::Busy) => tokio::time::sleep(PATIENCE).await,
            }
        }
    }

    async fn hash_at(&self, password: SecretString, cost: Cost) -> Result<String, HashError> {
        let salt = random::bytes(self.random.as_ref());
        self.run(cost, move || hash_now(&password, salt, cost)).await
    }

    /// Whether `password` is the one behind `hash`; without a hash the work is the same and the answer is no.
    pub(crate) async fn verify(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, HashError> {
        let _admitted = self.admit()?;
        let real = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.setting().decoy.clone());
        let current = self.setting().hashing.cost;
        let Some(cost) = PasswordHash::new(&hash).ok().as_ref().and_then(Cost::of) else {
            // Nobody's hash looks like that; the refusal costs what every refusal costs.
            self.hash_at(password, current).await?;
            return Ok(false);
        };
        let offered = password.clone();
        let equal = self
            .run(cost, move || {
                let password = Zeroizing::new(normalise_password(offered.expose_secret()));
                let parsed = PasswordHash::new(&hash).ok();
                parsed.is_some_and(|hash| cost.argon2().verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        if !(real && equal)
            && let Some(missing) = missing_work(cost, current)
        {
            self.hash_at(password, missing).await?;
        }
        Ok(real && equal)
    }

    /// Whether a hash on file is weaker than what a new one would be.
    pub(crate) fn is_weak(&self, hash: &str) -> bool {
        let cost = PasswordHash::new(hash).ok().as_ref().and_then(Cost::of);
        cost.is_none_or(|cost| cost.work() < self.setting().hashing.cost.work())
    }

    fn admit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, HashError> {
        self.setting().admitted.try_acquire().map_err(|_| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            HashError::Busy
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        cost: Cost,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        // The permit travels with the work: a caller that goes away does not let one hash too many start.
        let running = Arc::clone(&self.setting().running);
        let permit = running.acquire_owned().await.expect("the semaphore is never closed");
        let (tell, told) = oneshot::channel();
        let hash = move || {
            let done = work();
            // Before the answer: whoever has it may look at what runs.
            drop(permit);
            let _ = tell.send(done);
        };
        // Not on the runtime's blocking threads: each that ever hashed would keep the memory of a hash in its part of the
        // heap, several times what runs at once. The system reuses the part of a thread that has ended.
        // Where the system has no thread left, nobody tells an answer.
        let _ = std::thread::Builder::new().name("password hash".to_owned()).spawn(hash);
        let answer = told.await.map_err(|_| HashError::Busy)?;
        self.done.fetch_add(1, Ordering::Relaxed);
        self.work.fetch_add(cost.work(), Ordering::Relaxed);
        Ok(answer)
    }
}

/// The hash that is as much work as a weaker one lacks; `None` where it lacks nothing that matters.
fn missing_work(cost: Cost, current: Cost) -> Option<Cost> {
    let missing = current.work().saturating_sub(cost.work()) / u64::from(current.passes);
    let memory_kib = u32::try_from(missing).ok().filter(|&memory| memory >= Params::MIN_M_COST)?;
    Some(Cost { memory_kib, passes: current.passes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    fn hasher(cost: Cost) -> Hasher {
        let hasher = Hasher::new(Arc::new(SystemRandom));
        hasher.set(Hashing { cost, at_once: 2 });
        hasher
    }

    const SMALL: Cost = Cost { memory_kib: 64, passes: 1 };
    const LARGER: Cost = Cost { memory_kib: 256, passes: 3 };

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
    async fn every_character_counts() {
        let hasher = hasher(SMALL);
        // Longer than the 72 bytes of which others read no more, and with a NUL, at which others stop.
        let long = |end: char| secret(&format!("{}\u{0}{}{end}", "\u{fc}".repeat(60), "x".repeat(66)));
        let hash = hasher.hash(long('a')).await.expect("is hashed");
        assert!(hasher.verify(long('a'), Some(hash.clone())).await.expect("is compared"));
        assert!(!hasher.verify(long('b'), Some(hash)).await.expect("is compared"));
    }

    #[tokio::test]
    async fn composed_and_decomposed_letters_are_the_same_password() {
        let hasher = hasher(SMALL);
        let hash = hasher.hash(secret("M\u{fc}nchen \u{1f511}")).await.expect("is hashed");
        assert!(hasher.verify(secret("Mu\u{308}nchen \u{1f511}"), Some(hash)).await.expect("is compared"));
    }

    #[tokio::test]
    async fn a_full_queue_refuses() {
        let hasher = hasher(SMALL);
        let _all = hasher.setting().admitted.try_acquire_many(66).expect("all places");
        assert!(matches!(hasher.verify(secret("x"), None).await, Err(HashError::Busy)));
        assert_eq!(hasher.load().refused, 1);
    }

    #[tokio::test]
    async fn hashes_of_another_cost_stay_valid_and_weaker_ones_are_told() {
        let (before, now) = (hasher(SMALL), hasher(LARGER));
        let (weak, strong) =
            (before.hash(secret("x")).await.expect("hash"), now.hash(secret("x")).await.expect("hash"));
        for hasher in [&before, &now] {
            for hash in [&weak, &strong] {
                assert!(hasher.verify(secret("x"), Some(hash.clone())).await.expect("is compared"));
            }
        }
        assert!(
            now.is_weak(&weak) && !now.is_weak(&strong) && !before.is_weak(&strong) && !before.is_weak(&weak)
        );
        assert!(now.is_weak("no hash"));
    }

    #[tokio::test]
    async fn every_refusal_is_the_same_work() {
        let weak = hasher(SMALL).hash(secret("right")).await.expect("hash");
        let hasher = hasher(LARGER);
        let strong = hasher.hash(secret("right")).await.expect("hash");
        for hash in [None, Some(weak), Some(strong), Some("no hash".to_owned())] {
            let before = hasher.load().work;
            assert!(!hasher.verify(secret("wrong"), hash.clone()).await.expect("is compared"), "{hash:?}");
            let work = hasher.load().work - before;
            // What is missing is made up for to a KiB.
            assert!(work.abs_diff(LARGER.work()) <= u64::from(LARGER.passes), "{hash:?}: {work}");
        }
    }

    /// A machine that needs `millis` for the minimum.
    fn chosen(memory_mib: u32, at_once: usize, millis: u64) -> Hashing {
        let takes = |cost: Cost| Duration::from_millis(millis * cost.work() / Cost::MINIMUM.work());
        Hashing::choose(memory_mib * 1024, at_once, Duration::from_millis(250), takes)
    }

    #[test]
    fn more_run_at_once_as_far_as_the_memory_goes() {
        let cost = Cost { memory_kib: 65_536, passes: 2 };
        let two = Hashing { cost, at_once: 2 };
        assert_eq!(two.on_more(8, 8 * 65_536).at_once, 8);
        assert_eq!(two.on_more(8, 5 * 65_536).at_once, 5);
        assert_eq!(two.on_more(8, 65_536), two, "never fewer, never weaker ones");
        assert_eq!(two.on_more(1, 8 * 65_536), two);
    }

    #[test]
    fn the_cost_follows_memory_and_time() {
        let rfc = Cost { memory_kib: 65_536, passes: 3 };
        assert_eq!(chosen(128, 2, 25), Hashing { cost: rfc, at_once: 2 }, "memory is the limit");
        assert_eq!(chosen(4096, 2, 40).cost, rfc, "time is the limit");
        assert_eq!(chosen(4096, 2, 300), Hashing::default(), "a slow machine: never below the minimum");
        assert_eq!(chosen(38, 2, 1), Hashing { cost: Cost::MINIMUM, at_once: 2 });
        assert_eq!(chosen(37, 2, 1).at_once, 1, "memory for one");
        assert_eq!(chosen(4096, 2, 1).cost, Cost { memory_kib: 262_144, passes: 3 });
        for memory in (19..600).step_by(7) {
            let found = chosen(memory, 4, 5);
            assert!(
                u64::from(found.cost.memory_kib) * found.at_once as u64 <= u64::from(memory) * 1024,
                "{memory}"
            );
        }
    }

    #[test]
    fn a_machine_slower_than_guessed_is_believed() {
        let takes = |cost: Cost| Duration::from_millis(if cost == Cost::MINIMUM { 1 } else { 900 });
        let found = Hashing::choose(1 << 20, 2, Duration::from_millis(250), takes);
        assert_eq!(found.cost, Cost::MINIMUM);
    }
}
