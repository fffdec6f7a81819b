//! The batch after the one that is being written, prepared meanwhile.
//!
//! Only a short cut: a batch that was prepared ahead is used if it begins with the chunk that a claim found first, under
//! the same settings, and thrown away otherwise. What may be carried out is decided by the claim alone.

use super::batch::Batch;
use super::effects::Effects;
use super::prepare;
use crate::Directory;
use crate::id::ImportId;
use crate::settings::Settings;
use crate::store::ClaimedImport;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::task::JoinHandle;

/// The next chunks of an import.
pub(super) enum Prepared {
    /// Opened and checked.
    Ready(Box<Batch>, Option<Effects>),
    /// One of them cannot be opened with this server's key.
    Sealed,
}

/// Imports that are prepared ahead at the same time; they take turns. What more of them had ready is thrown away.
const MOST: usize = 4;

/// What is being prepared: one batch of each import.
#[derive(Default)]
pub(crate) struct Ahead(Mutex<HashMap<ImportId, JoinHandle<Option<Prepared>>>>);

impl Ahead {
    /// Begins to prepare the chunks from number `from` on.
    pub(super) fn look(directory: &Directory, import: &ClaimedImport, from: u32, settings: &Settings) {
        let (id, import) = (import.id, import.clone());
        let (worker, settings) = (directory.clone(), settings.clone());
        let work = tokio::spawn(async move {
            // A failure shows again when the batch is prepared in its turn.
            prepare::next_chunks(&worker, import, from, settings).await.ok().flatten()
        });
        let mut ahead = directory.ahead().0.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.len() >= MOST {
            ahead.drain().for_each(|(_, unused)| unused.abort());
        }
        if let Some(unused) = ahead.insert(id, work) {
            unused.abort();
        }
    }

    /// What was prepared for the import, if it is what the claim found, under the same terms.
    pub(super) async fn take(
        directory: &Directory,
        import: &ClaimedImport,
        settings: &Settings,
    ) -> Option<Prepared> {
        let work = directory.ahead().0.lock().unwrap_or_else(PoisonError::into_inner).remove(&import.id)?;
        match work.await.ok().flatten()? {
            Prepared::Ready(mut batch, effects) => {
                let fits = batch.chunks.0 == import.first_chunk
                    && batch.settings == *settings
                    && batch.import.same_terms(import);
                batch.import = import.clone();
                fits.then_some(Prepared::Ready(batch, effects))
            }
            // Told from the chunk that is first now.
            Prepared::Sealed => None,
        }
    }
}
