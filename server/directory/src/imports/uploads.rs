//! Uploads that were cut off: how they end with the rows that have come.

use super::{ImportError, ImportState};
use crate::Directory;
use crate::account::Actor;
use crate::audit::{self, Event, storable};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::ImportId;
use crate::store::{ImportHead, Transaction};

impl Directory {
    /// The same person has the same file reviewed again and confirms what is left of it: an upload of it that was cut off
    /// is complete with the rows that have come.
    pub(super) async fn end_uploads_of(
        &self,
        tx: &mut dyn Transaction,
        actor: &Actor,
        file_digest: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for import in tx.unfinished_of_file(actor.account, file_digest).await? {
            let Some(head) = tx.lock_import(import).await? else { continue };
            self.end_upload(tx, actor, import, &head, now).await?;
        }
        Ok(())
    }

    /// Lets an upload be complete with the rows that have come. The import must be locked by `tx`.
    async fn end_upload(
        &self,
        tx: &mut dyn Transaction,
        actor: &Actor,
        import: ImportId,
        head: &ImportHead,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.announce_received(import).await?;
        // Who is not in the file is told anew.
        tx.forget_absent(import).await?;
        tx.set_import_state(import, ImportState::Running, now).await?;
        let told = format!("{} of {} rows came, import {import}", head.rows_received, head.rows_announced);
        tx.record(&[audit::record(now, actor, Event::ImportSealed, &head.file_name, &told)]).await?;
        self.complete_if_done(tx, import, &head.file_name, now).await
    }

    /// Has an upload that was cut off end with the rows that have come; whoever began it. The others can be sent later as
    /// an import of their own: whoever is in the directory by then is not added twice. Saying it again is no mistake.
    ///
    /// # Errors
    /// The import was cancelled or is unknown, or the database failed.
    pub async fn finish_upload(&self, actor: &Actor, import: ImportId) -> Result<(), ImportError> {
        let mut tx = self.store().begin().await?;
        let head = tx.lock_import(import).await?.ok_or(ImportError::NotFound)?;
        match head.state {
            ImportState::Receiving => {}
            ImportState::Running | ImportState::Completed => return Ok(()),
            ImportState::Cancelled | ImportState::Paused => return Err(ImportError::Ended),
        }
        tx.set_import_actor(import, actor.account, &actor.username).await?;
        self.end_upload(tx.as_mut(), actor, import, &head, self.now()).await?;
        Ok(tx.save().await?)
    }

    /// Imports of the same file that `actor` began and that have not ended. An upload that was cut off is complete with the
    /// rows that have come.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_up_imports(
        &self,
        actor: &Actor,
        file_digest: &str,
    ) -> Result<Vec<ImportId>, StoreError> {
        let mut tx = self.store().begin().await?;
        let file_digest = storable(file_digest);
        let mut found = tx.unfinished_of_file(actor.account, &file_digest).await?;
        self.end_uploads_of(tx.as_mut(), actor, &file_digest, self.now()).await?;
        let running = tx.running_of_file(actor.account, &file_digest).await?;
        tx.save().await?;
        found.extend(running);
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}
