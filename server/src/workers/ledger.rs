//! Writes down what mail servers said, for all lanes together: the results of many messages in one transaction. A commit
//! of its own for each mail would wait for the disk each time, and the disk would decide how fast mail leaves.
//!
//! What is not written down yet when the process is killed is sent once more. So results are kept back for moments
//! only, few at a time, and lanes wait when the database does not keep up.

use std::time::Duration;

use directory::Directory;
use directory::outbox::Attempt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout_at};

use crate::shutdown::Shutdown;

/// How long a result waits for others.
const GATHER: Duration = Duration::from_millis(10);
/// Results in one transaction, at most.
const MOST: usize = 64;
/// Results that wait while a transaction is under way; whoever has more to tell waits too, instead of sending more.
const WAITING: usize = 32;
/// The first pause after the database failed; doubled with each further failure.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Failures of the database after which results are given up, when the server is being stopped.
const LAST_ATTEMPTS: u32 = 5;

/// Where lanes tell how their attempts ended.
pub struct Ledger {
    entries: mpsc::Sender<Entry>,
}

enum Entry {
    Attempt(Attempt),
    /// Asks to be told when everything before it is written down.
    Settled(oneshot::Sender<()>),
}

impl Ledger {
    /// Opens it; its writer ends with the last lane. `patience` is how long results are kept while the database fails:
    /// beyond it the lease has ended, and the message belongs to somebody else.
    pub fn open(directory: Directory, shutdown: Shutdown, patience: Duration) -> Ledger {
        let (entries, told) = mpsc::channel(WAITING);
        tokio::spawn(keep(Writer { directory, shutdown, patience }, told));
        Ledger { entries }
    }

    /// Tells how an attempt ended. Waits while too much is waiting to be written.
    pub async fn note(&self, attempt: Attempt) {
        let id = attempt.id;
        if self.entries.send(Entry::Attempt(attempt)).await.is_err() {
            tracing::error!(message = %id, "nobody writes results down any more; the mail may be sent again");
        }
    }

    /// Waits until everything that was told is written down, or given up.
    pub async fn settled(&self) {
        let (told, settled) = oneshot::channel();
        if self.entries.send(Entry::Settled(told)).await.is_ok() {
            // Fails only when the writer has ended, and then there is nothing to wait for.
            let _ = settled.await;
        }
    }
}

#[derive(Clone)]
struct Writer {
    directory: Directory,
    shutdown: Shutdown,
    patience: Duration,
}

async fn keep(writer: Writer, mut told: mpsc::Receiver<Entry>) {
    while let Some(first) = told.recv().await {
        let (mut attempts, mut asking) = (Vec::new(), Vec::new());
        let until = Instant::now() + GATHER;
        let mut next = Some(first);
        while let Some(entry) = next {
            match entry {
                Entry::Attempt(attempt) => attempts.push(attempt),
                Entry::Settled(told) => asking.push(told),
            }
            // Whoever asks waits; what has been told so far goes with it.
            next = match asking.is_empty() {
                _ if attempts.len() >= MOST => None,
                true => timeout_at(until, told.recv()).await.ok().flatten(),
                false => told.try_recv().ok(),
            };
        }
        if !attempts.is_empty() {
            let writer = writer.clone();
            // A task of its own, so that a panic loses these results and not the writer.
            if let Err(panic) = tokio::spawn(async move { writer.write(&attempts).await }).await {
                tracing::error!(%panic, "results of mails were lost by a defect; the mails may be sent again");
            }
        }
        for told in asking {
            // Whoever asked may have been stopped meanwhile.
            let _ = told.send(());
        }
    }
}

impl Writer {
    /// Writes results down, patiently: a message that was sent and not marked would be sent again.
    async fn write(&self, attempts: &[Attempt]) {
        let begun = Instant::now();
        let (mut pause, mut failures) = (FIRST_PAUSE, 0);
        loop {
            let error = match self.directory.record_attempts(attempts).await {
                Ok(lost) => {
                    for message in lost {
                        tracing::warn!(%message, "another worker has taken the message over");
                    }
                    return;
                }
                Err(error) => error,
            };
            failures += 1;
            let ending = self.shutdown.is_requested() && failures >= LAST_ATTEMPTS;
            if ending || begun.elapsed() + pause > self.patience {
                tracing::error!(results = attempts.len(), %error, "results could not be written down; the mails may be sent again");
                return;
            }
            tracing::warn!(results = attempts.len(), %error, "results could not be written down; trying again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
