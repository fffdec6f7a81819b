//! Not faster than the mail provider allows: one mail every so long, for this process.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Spaces mails evenly, without bursts: providers count in windows that we cannot see.
pub struct Pace {
    every: Option<Duration>,
    next: Mutex<Instant>,
}

impl Pace {
    /// So many per minute; `None` is no limit.
    pub fn new(per_minute: Option<u32>) -> Pace {
        let every = per_minute.map(|number| Duration::from_secs(60) / number.max(1));
        Pace { every, next: Mutex::new(Instant::now()) }
    }

    /// Whether there is a limit, so that mails are taken one by one.
    pub fn is_limited(&self) -> bool {
        self.every.is_some()
    }

    /// Reserves the right to send one mail now.
    ///
    /// # Errors
    /// How long until the next mail may be sent.
    pub fn reserve(&self) -> Result<(), Duration> {
        let Some(every) = self.every else { return Ok(()) };
        let now = Instant::now();
        let mut next = self.next.lock().expect("nothing in here panics while it holds the lock");
        if *next > now {
            return Err(*next - now);
        }
        *next = now + every;
        Ok(())
    }

    /// Gives a reservation back: there was nothing to send.
    pub fn give_back(&self) {
        *self.next.lock().expect("nothing in here panics while it holds the lock") = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn mails_are_spaced_evenly() {
        let pace = Pace::new(Some(25));
        assert_eq!(pace.reserve(), Ok(()));
        let wait = pace.reserve().expect_err("too early");
        assert_eq!(wait, Duration::from_millis(2400));
        tokio::time::advance(wait).await;
        assert_eq!(pace.reserve(), Ok(()));
        pace.give_back();
        assert_eq!(pace.reserve(), Ok(()));
        assert!(!Pace::new(None).is_limited());
        assert_eq!(Pace::new(None).reserve(), Ok(()));
    }
}
