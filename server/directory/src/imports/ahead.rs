//! The batch after the one that is being written, prepared meanwhile.
//!
//! Only a short cut: a batch that was prepared ahead is used if it begins with the chunk that a claim found first, under
//! the same settings, and thrown away otherwise. What may be carried out is decided by the claim alone.

use super::decide::Candidate;
use super::prepare;
use crate::Directory;
use crate::id::ImportId;
use crate::settings::Settings;
use crate::store::NewAccount;
use roster::PersonRow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::task::JoinHandle;

/// Chunks with all done that needs no transaction.
pub(super) struct Prepared {
    /// Numbers of the first and the last chunk.
    pub chunks: (u32, u32),
    /// The rows had to wait before and are tried once more.
    pub again: bool,
    /// `None` if a chunk cannot be opened.
    pub opened: Option<Opened>,
    pub settings: Settings,
}

/// The rows of opened chunks; three lists of the same length.
#[derive(Default)]
pub(super) struct Opened {
    pub rows: Vec<PersonRow>,
    pub candidates: Vec<Candidate>,
    /// The account that a row becomes if it creates one.
    pub accounts: Vec<Option<NewAccount>>,
}

/// Imports that are prepared ahead at the same time; they take turns. What more of them had ready is thrown away.
const MOST: usize = 4;

/// What is being prepared: one batch of each import.
#[derive(Default)]
pub(crate) struct Ahead(Mutex<HashMap<ImportId, JoinHandle<Option<Prepared>>>>);

impl Ahead {
    /// Begins to prepare the chunks from number `from` on.
    pub(super) fn look(directory: &Directory, import: ImportId, from: u32, settings: &Settings) {
        let (worker, settings) = (directory.clone(), settings.clone());
        let work = tokio::spawn(async move {
            // A failure shows again when the batch is prepared in its turn.
            prepare::next_chunks(&worker, import, from, &settings).await.ok().flatten()
        });
        let mut ahead = directory.ahead().0.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.len() >= MOST {
            ahead.drain().for_each(|(_, unused)| unused.abort());
        }
        if let Some(unused) = ahead.insert(import, work) {
            unused.abort();
        }
    }

    /// The batch that begins with chunk `first`, if it is what was prepared.
    pub(super) async fn take(
        directory: &Directory,
        import: ImportId,
        first: u32,
        settings: &Settings,
    ) -> Option<Prepared> {
        let work = directory.ahead().0.lock().unwrap_or_else(PoisonError::into_inner).remove(&import)?;
        let prepared = work.await.ok().flatten()?;
        let fits = prepared.chunks.0 == first && prepared.settings == *settings;
        fits.then_some(prepared)
    }
}
