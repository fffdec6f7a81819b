//! Frees what processes hold that stopped in the middle of sending rows to the database: others wait for their locks.

use std::convert::Infallible;
use std::time::Duration;

use directory::Directory;

use super::Step;

/// Who has not sent the rest of a statement after this is frozen, or gone: twice as long as anybody waits for an answer.
const STALLED: Duration = Duration::from_secs(30);
/// Time between two looks.
pub const EVERY: Duration = Duration::from_secs(10);

/// Looks once.
pub async fn step(directory: &Directory) -> Result<Step, Infallible> {
    match directory.end_stalled(STALLED).await {
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
    Ok(Step::Idle)
}
