//! Releases the waves that are due, batch by batch. The rules are in `directory::waves`; here is only the going on.

use std::sync::Arc;

use directory::waves::WaveStep;
use directory::{Directory, StoreError};
use tokio::sync::Notify;

use super::Step;

/// The wave runner of this process.
#[derive(Clone)]
pub struct WaveRunner {
    directory: Directory,
    sender: Arc<Notify>,
}

impl WaveRunner {
    /// `sender` is told when mails are owed.
    pub fn new(directory: Directory, sender: Arc<Notify>) -> WaveRunner {
        WaveRunner { directory, sender }
    }

    /// One batch of one wave.
    ///
    /// # Errors
    /// The database failed; nothing of the batch was done, and it will be.
    pub async fn step(&self) -> Result<Step, StoreError> {
        match self.directory.release_next_wave().await? {
            WaveStep::Released(_) => {
                self.sender.notify_waiters();
                Ok(Step::Worked)
            }
            WaveStep::Idle => Ok(Step::Idle),
        }
    }
}
