//! Keeps a worker going: unit after unit, waiting when there is nothing to do, backing off when a unit fails or
//! panics, and ending between units.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::shutdown::Shutdown;

/// What came of one unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something was done; there may be more.
    Worked,
    /// Nothing to do.
    Idle,
    /// There may be work, but not before so long.
    Held(Duration),
}

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Repeats `unit` until `shutdown`; looks again when woken, and after `poll` in any case.
pub async fn repeat<F, E>(
    name: &'static str,
    shutdown: Shutdown,
    wake: Arc<Notify>,
    poll: Duration,
    mut unit: impl FnMut() -> F,
) where
    F: Future<Output = Result<Step, E>> + Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    let mut pause = FIRST_PAUSE;
    while !shutdown.is_requested() {
        // A task of its own, so that a panic ends the unit and not the worker.
        let wait = match tokio::spawn(unit()).await {
            Ok(Ok(step)) => {
                pause = FIRST_PAUSE;
                match step {
                    Step::Worked => continue,
                    Step::Idle => poll,
                    Step::Held(wait) => wait,
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(worker = name, %error, pause_s = pause.as_secs(), "a unit of work failed; trying again");
                back_off(&mut pause)
            }
            Err(panic) => {
                tracing::error!(worker = name, %panic, "a unit of work ended in a defect; trying again");
                back_off(&mut pause)
            }
        };
        shutdown.or(async { tokio::time::timeout(wait, wake.notified()).await.ok() }).await;
    }
}

fn back_off(pause: &mut Duration) -> Duration {
    let wait = *pause;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
    wait
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_panic_or_an_error_does_not_end_the_worker() {
        let shutdown = Shutdown::new();
        let count = Arc::new(AtomicU32::new(0));
        let (ended, counted) = (shutdown.clone(), count.clone());
        repeat("test", shutdown, Arc::new(Notify::new()), Duration::from_secs(1), move || {
            let (ended, number) = (ended.clone(), counted.fetch_add(1, Ordering::SeqCst));
            async move {
                match number {
                    0 => Err("the database is away"),
                    1 => panic!("a defect (this one is part of the test)"),
                    2 => Ok(Step::Idle),
                    3 => Ok(Step::Held(Duration::from_secs(9))),
                    _ => {
                        ended.request();
                        Ok(Step::Worked)
                    }
                }
            }
        })
        .await;
        assert_eq!(count.load(Ordering::SeqCst), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn waking_ends_the_wait() {
        let shutdown = Shutdown::new();
        let wake = Arc::new(Notify::new());
        wake.notify_one();
        let begun = tokio::time::Instant::now();
        let count = Arc::new(AtomicU32::new(0));
        let (ended, counted) = (shutdown.clone(), count.clone());
        repeat("test", shutdown, wake, Duration::from_secs(3600), move || {
            let (ended, number) = (ended.clone(), counted.fetch_add(1, Ordering::SeqCst));
            async move {
                if number == 1 {
                    ended.request();
                }
                Ok::<_, String>(Step::Idle)
            }
        })
        .await;
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}
