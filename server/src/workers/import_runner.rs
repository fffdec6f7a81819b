//! Carries out imports, batch by batch. The rules are in `directory::imports`; here is only the going on.

use std::sync::Arc;
use std::time::Duration;

use directory::imports::RunnerStep;
use directory::{Directory, StoreError};
use tokio::sync::Notify;

use super::Step;

/// Who has not sent the rest of a statement after this is frozen, or gone: twice as long as anybody waits for an answer.
const STALLED: Duration = Duration::from_secs(30);

/// The import runner of this process.
#[derive(Clone)]
pub struct ImportRunner {
    directory: Directory,
    name: Arc<str>,
    sender: Arc<Notify>,
}

impl ImportRunner {
    /// `name` tells this runner from those of other processes; `sender` is told when mails may be owed.
    pub fn new(directory: Directory, name: String, sender: Arc<Notify>) -> ImportRunner {
        ImportRunner { directory, name: name.into(), sender }
    }

    /// One batch of one import.
    ///
    /// # Errors
    /// The database failed; the batch was not carried out and will be.
    pub async fn step(&self) -> Result<Step, StoreError> {
        match self.directory.run_next_batch(&self.name).await? {
            RunnerStep::Worked => {
                self.sender.notify_waiters();
                Ok(Step::Worked)
            }
            RunnerStep::Idle => {
                // Another process of this host may have been killed; its imports need not wait for the lease.
                let released = self.directory.release_imports_of(super::has_ended).await?;
                self.end_stalled().await;
                Ok(if released > 0 { Step::Worked } else { Step::Idle })
            }
        }
    }

    /// Frees an import whose runner was frozen in the middle of a batch.
    async fn end_stalled(&self) {
        match self.directory.end_stalled(STALLED).await {
            Ok(0) => {}
            Ok(connections) => {
                tracing::warn!(
                    connections,
                    "ended connections of a process that stopped in the middle of sending rows"
                );
            }
            // Not every compatible database can; there the locks last until the process goes on or ends.
            Err(error) => tracing::debug!(%error, "connections that stand still could not be looked for"),
        }
    }
}
