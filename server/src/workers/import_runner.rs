//! Carries out imports, batch by batch. The rules are in `directory::imports`; here is only the going on.

use std::sync::Arc;

use directory::imports::RunnerStep;
use directory::{Directory, StoreError};
use tokio::sync::Notify;

use super::Step;

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
                Ok(if released > 0 { Step::Worked } else { Step::Idle })
            }
        }
    }
}
