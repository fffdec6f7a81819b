//! Ending well: one signal that everything long-lived listens to. The first SIGTERM or Ctrl-C asks everyone to finish
//! what is under way; the second ends the process at once.

use std::sync::Arc;

use tokio::sync::watch;

/// Knows whether the process has been asked to end. Clones share the knowledge.
#[derive(Clone, Debug)]
pub struct Shutdown {
    sender: Arc<watch::Sender<bool>>,
}

impl Default for Shutdown {
    fn default() -> Shutdown {
        Shutdown::new()
    }
}

impl Shutdown {
    /// Nobody has asked yet.
    pub fn new() -> Shutdown {
        Shutdown { sender: Arc::new(watch::Sender::new(false)) }
    }

    /// Asks everyone to end.
    pub fn request(&self) {
        self.sender.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn is_requested(&self) -> bool {
        *self.sender.borrow()
    }

    /// Waits until somebody asks.
    pub async fn requested(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives in `self`, so waiting cannot fail before the answer.
        let _ = receiver.wait_for(|asked| *asked).await;
    }

    /// Waits for `work` unless the end is asked for first.
    pub async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.requested() => None,
            result = work => Some(result),
        }
    }

    /// Asks everyone to end on SIGTERM or Ctrl-C, and ends the process on the second one.
    ///
    /// # Errors
    /// When the operating system does not let us listen to signals.
    pub fn listen_to_signals(&self) -> std::io::Result<()> {
        let mut signals = Signals::new()?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            signals.next().await;
            tracing::info!("ending: finishing what is under way; ask again to end at once");
            shutdown.request();
            signals.next().await;
            // 128 + SIGINT, as shells report it.
            std::process::exit(130);
        });
        Ok(())
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        // Without a console there is nobody to ask us.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everyone_hears_it_also_those_who_listen_late() {
        let shutdown = Shutdown::new();
        let other = shutdown.clone();
        let early = tokio::spawn(async move { other.requested().await });
        assert_eq!(shutdown.or(async { 7 }).await, Some(7));
        shutdown.request();
        early.await.expect("heard");
        assert!(shutdown.is_requested());
        assert_eq!(shutdown.or(std::future::pending::<()>()).await, None);
    }
}
