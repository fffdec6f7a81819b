//! Chunks as they wait to be carried out: written down, and sealed under the server key, because rows may bring passwords.

use super::chunk_context;
use crate::Directory;
use crate::error::StoreError;
use crate::id::ImportId;
use crate::key::digest;
use crate::store::{NewChunk, Transaction};
use roster::PersonRow;
use roster::review::Action;
use zeroize::Zeroizing;

/// A chunk, ready to be kept.
pub(super) struct SealedChunk {
    pub import: ImportId,
    pub number: u32,
    /// SHA-256 of what is sealed.
    pub digest: Vec<u8>,
    /// How many bytes are sealed.
    pub bytes: usize,
    sealed: Vec<u8>,
}

impl SealedChunk {
    /// Fails only for rows that cannot be written down.
    pub(super) fn of(
        directory: &Directory,
        import: ImportId,
        number: u32,
        rows: &[(PersonRow, Action)],
    ) -> Result<Self, postcard::Error> {
        let payload = Zeroizing::new(postcard::to_allocvec(rows)?);
        let sealed = directory.key().seal(&chunk_context(import, number), &payload, directory.random());
        Ok(Self { import, number, digest: digest(&payload), bytes: payload.len(), sealed })
    }

    /// Keeps it. `rows_after`: how many rows have come with it; `again`: its rows had to wait, or failed, before.
    pub(super) async fn keep(
        &self,
        tx: &mut dyn Transaction,
        rows_after: u32,
        again: bool,
    ) -> Result<(), StoreError> {
        let Self { import, number, digest, sealed, .. } = self;
        let (import, number) = (*import, *number);
        tx.insert_chunk(&NewChunk { import, number, digest, rows_after, again, sealed }).await
    }
}
