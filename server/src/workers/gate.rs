//! The circuit breaker before the mail server: closed while the server cannot be reached, asks for patience or refuses
//! our configuration. Mails stay queued meanwhile; now and then one of them tries.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::mail::outcome::{Fault, Verdict};

/// Whether mail goes out, for the administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It does, as far as is known.
    Open,
    /// The server cannot be reached or asks for patience; its words.
    Waiting(String),
    /// Somebody has to mend the configuration; the server's words.
    ToMend(String),
}

/// The pauses that a [`Gate`] makes.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// After the first failure; doubled with each further one.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// The first pause when the configuration is at fault.
    pub mending: Duration,
}

impl Pauses {
    /// In proportion to the first wait of a mail that failed for now: with a minute 5 seconds at first, 10 minutes at
    /// the most, and a minute while the configuration is at fault.
    pub fn in_proportion_to(retry: Duration) -> Pauses {
        Pauses { first: retry / 12, longest: retry * 10, mending: retry }
    }
}

impl Default for Pauses {
    fn default() -> Pauses {
        Pauses::in_proportion_to(Duration::from_secs(60))
    }
}

struct Inner {
    state: State,
    failures: u32,
    /// Nobody may try before.
    next: Instant,
    /// That it works has not been told since it was last in doubt; after a start it is.
    untold: bool,
}

/// Shared by all lanes of a process.
pub struct Gate {
    pauses: Pauses,
    inner: Mutex<Inner>,
    waiting: Arc<Notify>,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate::new(Pauses::default())
    }
}

/// How somebody may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Freely.
    Free,
    /// With one mail, to see whether it works again; everyone else waits for the result.
    Trial,
}

impl Gate {
    /// An open gate.
    pub fn new(pauses: Pauses) -> Gate {
        let inner = Mutex::new(Inner { state: State::Open, failures: 0, next: Instant::now(), untold: true });
        Gate { pauses, inner, waiting: Arc::default() }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing in here panics while it holds the lock")
    }

    /// Wakes those who wait until they may pass.
    pub fn waiting(&self) -> Arc<Notify> {
        self.waiting.clone()
    }

    /// Asks to pass.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub fn pass(&self) -> Result<Pass, Duration> {
        let mut inner = self.inner();
        if inner.failures == 0 {
            return Ok(Pass::Free);
        }
        let now = Instant::now();
        if inner.next > now {
            return Err(inner.next - now);
        }
        // Whoever comes during the trial waits as long as after another failure.
        inner.next = now + self.pause(&inner);
        Ok(Pass::Trial)
    }

    fn pause(&self, inner: &Inner) -> Duration {
        let first =
            if matches!(inner.state, State::ToMend(_)) { self.pauses.mending } else { self.pauses.first };
        let doublings = inner.failures.saturating_sub(1).min(16);
        first.saturating_mul(1 << doublings).min(self.pauses.longest.max(first))
    }

    /// The trial had nothing to send: the next one may try at once.
    pub fn not_tried(&self) {
        self.inner().next = Instant::now();
    }

    /// The server took a mail, or refused one recipient: it works. Answers whether others still have to be told so; see
    /// [`Gate::told`].
    pub fn works(&self) -> bool {
        let mut inner = self.inner();
        if inner.failures == 0 {
            return inner.untold;
        }
        tracing::info!("the mail server works again");
        // Nobody waits out a pause that has ended.
        self.waiting.notify_waiters();
        *inner = Inner { state: State::Open, failures: 0, next: Instant::now(), untold: true };
        true
    }

    /// Others have been told that it works.
    pub fn told(&self) {
        let mut inner = self.inner();
        inner.untold &= inner.failures > 0;
    }

    /// Nobody's mail can go now. Answers for how long the gate is closed.
    pub fn close(&self, fault: &Fault) -> Duration {
        let mut inner = self.inner();
        let now = Instant::now();
        let words = fault.to_string();
        inner.state = match fault.verdict() {
            Verdict::Mend => State::ToMend(words),
            _ => State::Waiting(words),
        };
        inner.failures = inner.failures.saturating_add(1);
        inner.untold = true;
        let pause = self.pause(&inner);
        inner.next = now + pause;
        match &inner.state {
            State::ToMend(words) => tracing::error!(
                words,
                pause_s = pause.as_secs(),
                "mail is paused: the mail server refuses the configuration; mend smtp_url or mail_from, then restart"
            ),
            State::Waiting(words) => {
                tracing::warn!(words, pause_s = pause.as_secs(), "mail waits for the mail server");
            }
            State::Open => {}
        }
        pause
    }

    /// Whether mail goes out.
    pub fn state(&self) -> State {
        self.inner().state.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::outcome::Phase;

    #[tokio::test(start_paused = true)]
    async fn one_tries_while_the_others_wait() {
        let gate = Gate::default();
        assert_eq!(gate.pass(), Ok(Pass::Free));
        let refused = Fault::broken(Phase::Connect, "connection refused");
        assert_eq!(gate.close(&refused), Duration::from_secs(5));
        assert_eq!(gate.pass(), Err(Duration::from_secs(5)));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(gate.pass(), Ok(Pass::Trial));
        assert!(gate.pass().is_err(), "only one trial at a time");
        assert_eq!(gate.close(&refused), Duration::from_secs(10));
        assert!(matches!(gate.state(), State::Waiting(words) if words.contains("refused")));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(gate.pass(), Ok(Pass::Trial));
        assert!(gate.works());
        assert_eq!((gate.pass(), gate.state()), (Ok(Pass::Free), State::Open));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_woken_when_it_works_again() {
        let gate = Gate::default();
        gate.close(&Fault::broken(Phase::Connect, "connection refused"));
        let waiting = gate.waiting();
        let woken = waiting.notified();
        tokio::pin!(woken);
        assert!(!woken.as_mut().enable(), "not yet");
        gate.works();
        assert!(woken.as_mut().enable());
    }

    #[tokio::test(start_paused = true)]
    async fn that_it_works_is_told_after_a_start_and_after_each_trouble() {
        let gate = Gate::default();
        assert!(gate.works(), "what another process met before may be over");
        assert!(gate.works(), "until it was told");
        gate.told();
        assert!(!gate.works());
        gate.close(&Fault::broken(Phase::Connect, "connection refused"));
        gate.told();
        assert!(gate.works(), "what was told late is about the time before");
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_but_not_for_ever() {
        let gate = Gate::default();
        let refused = Fault::broken(Phase::Connect, "connection refused");
        let longest = (0..40).map(|_| gate.close(&refused)).last();
        assert_eq!(longest, Some(Duration::from_secs(600)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_configuration_pauses_longer_and_says_so() {
        let gate = Gate::default();
        let refused = Fault::answered(Phase::Authentication, 535, "5.7.8 wrong password");
        assert_eq!(gate.close(&refused), Duration::from_secs(60));
        assert!(matches!(gate.state(), State::ToMend(words) if words.contains("535")));
    }
}
