//! Carrying out an import: opening it, sending rows in numbered chunks, watching it, its results.

use super::people_admin::Seats;
use super::{ApiError, Listing, Millis};
pub use crate::wire::{CHUNK_ROWS, ChunkAnswer, NewImport, OpenedImport};
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use roster::field::PersonRow;
use roster::policy::PasswordPolicy;
use roster::review::{Action, Options};
use serde::{Deserialize, Serialize};

/// What the workbench needs to know before a file is chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkbenchContext {
    /// Rules for passwords that a roster brings.
    pub policy: PasswordPolicy,
    /// Profile fields the administrator has added.
    pub custom_fields: Vec<String>,
    /// Seats used and allowed.
    pub seats: Seats,
    /// The import whose failed rows are to come mended, where only those are wanted.
    pub mends: Option<MendedImport>,
}

/// An import whose failed rows come again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MendedImport {
    /// Identifier.
    pub id: String,
    /// Name of its file.
    pub file_name: String,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportState {
    /// Rows are still being sent.
    Receiving,
    /// All rows are here; accounts are being created.
    Running,
    /// Every row has its outcome.
    Completed,
    /// Stands still: who confirmed it may no longer import. Another administrator can go on with it.
    Paused,
    /// Stopped by an administrator.
    Cancelled,
}

/// One import with its counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportView {
    /// Identifier.
    pub id: String,
    /// Name of the file.
    pub file_name: String,
    /// Username of who confirmed it.
    pub by: String,
    /// How far it is.
    pub state: ImportState,
    /// Rows that were announced.
    pub rows: u32,
    /// Rows that have arrived.
    pub received: u32,
    /// Rows with an outcome.
    pub done: u32,
    /// Of the others, rows whose password is hashed already.
    pub hashed: u32,
    /// Accounts created.
    pub created: u32,
    /// Accounts updated.
    pub updated: u32,
    /// Rows that changed nothing.
    pub unchanged: u32,
    /// Rows that were skipped.
    pub skipped: u32,
    /// Rows that failed.
    pub failed: u32,
    /// Rows that failed for want of a seat.
    pub without_seat: u32,
    /// Mails this import owes in all.
    pub mails: u32,
    /// Mails the mail server took.
    pub mails_sent: u32,
    /// Mails refused for good.
    pub mails_failed: u32,
    /// People who were not in the roster and whose accounts were to be closed.
    pub absent: u32,
    /// Of them, whose accounts were closed.
    pub deactivated: u32,
    /// When it was confirmed.
    pub created_at: Millis,
    /// When the last row had its outcome.
    pub finished_at: Option<Millis>,
    /// What was taken back of it, if that was asked for.
    pub undo: Option<UndoView>,
}

/// How far an import was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoView {
    /// Whether all that could be taken back was.
    pub done: bool,
    /// Username of who asked for it.
    pub by: String,
    /// When.
    pub at: Millis,
    /// Accounts that were removed.
    pub removed: u32,
    /// Accounts that got their former fields back.
    pub restored: u32,
    /// Accounts that were kept.
    pub kept: u32,
    /// Accounts that were opened again.
    pub reopened: u32,
}

/// How far the people whom an import created have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FunnelView {
    /// Accounts that are there.
    pub created: u32,
    /// Whose login details the mail server took.
    pub notified: u32,
    /// Who signed in.
    pub signed_in: u32,
    /// Who set an own password.
    pub own_password: u32,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// A new account.
    Created,
    /// An existing account was changed.
    Updated,
    /// Nothing to do.
    Unchanged,
    /// Left alone.
    Skipped,
    /// Not possible; see the problem.
    Failed,
}

/// One row of an import's results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportRowView {
    /// Number of the row in the file, from 1.
    pub row: u32,
    /// Line of the file it starts on.
    pub line: u32,
    /// What became of it; `None` while it waits.
    pub outcome: Option<Outcome>,
    /// Problem code, such as `email.taken`.
    pub code: String,
    /// The sentence that goes with it.
    pub message: String,
    /// Username of the row.
    pub username: String,
    /// Name of the person.
    pub name: String,
    /// What became of it when the import was taken back: `removed`, `restored` or `kept`.
    pub undo: Option<String>,
}

/// What the workbench needs before a file is chosen. `mends`: the import whose failed rows are wanted; blank for any file.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(name = GetWorkbenchContext, prefix = "/api/admin", endpoint = "workbench", input = Postcard, output = Postcard)]
pub async fn workbench_context(mends: String) -> Result<WorkbenchContext, ApiError> {
    use super::server;

    server::administrator()?;
    let mends = match mends.as_str() {
        "" => None,
        id => {
            let ImportView { id, file_name, .. } = import(id.to_owned()).await?;
            Some(MendedImport { id, file_name })
        }
    };
    let directory = server::directory();
    let settings = directory.settings().await.map_err(|error| server::fail(error.into()))?;
    let seats = directory.seats().await.map_err(|error| server::fail(error.into()))?;
    Ok(WorkbenchContext {
        policy: settings.password_policy,
        custom_fields: settings.custom_fields,
        seats: Seats { limit: seats.limit, used: seats.used },
        mends,
    })
}

/// Opens an import, or finds the one again that was opened for the same plan and not sent to its end.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Refused`].
#[server(prefix = "/api/admin", endpoint = "open_import", input = Postcard, output = Postcard)]
pub async fn open_import(import: NewImport) -> Result<OpenedImport, ApiError> {
    use super::server;

    let actor = server::administrator()?;
    let (id, next_chunk) = server::directory()
        .open_import(&actor, import.into())
        .await
        .map_err(|error| server::fail(error.into()))?;
    Ok(OpenedImport { id: id.to_string(), next_chunk })
}

/// Takes numbered chunks that follow on each other, all or none. The same chunks sent again get the same answer.
///
/// # Errors
/// [`ApiError::ChunkExpected`] for a gap, [`ApiError::Refused`] for another payload under a used number.
#[server(prefix = "/api/admin", endpoint = "send_chunks", input = Postcard, output = Postcard)]
pub async fn send_chunks(
    import: String,
    number: u32,
    chunks: Vec<Vec<(PersonRow, Action)>>,
) -> Result<ChunkAnswer, ApiError> {
    use super::server;

    let actor = server::administrator()?;
    let answer = server::directory()
        .receive_chunks(&actor, server::import_id(&import)?, number, chunks)
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::wake_runner();
    Ok(ChunkAnswer { received: answer.received_rows, next_chunk: answer.next_chunk })
}

/// Takes rows that failed and were mended, under the numbers they had in the file of their import, in order; the options
/// hold for them. Answers how many are tried again; the others did not fail, or wait for their turn already.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Refused`] when the import takes none.
#[server(prefix = "/api/admin", endpoint = "mend_rows", input = Postcard, output = Postcard)]
pub async fn mend_rows(
    import: String,
    reviewed_at: Option<Millis>,
    options: Options,
    rows: Vec<(PersonRow, Action)>,
) -> Result<u32, ApiError> {
    use super::server;
    use directory::clock::Timestamp;

    let actor = server::administrator()?;
    let mended = server::directory()
        .mend_rows(&actor, server::import_id(&import)?, reviewed_at.map(Timestamp), &options, rows)
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::wake_runner();
    Ok(mended.taken)
}

/// Says that all rows were sent.
///
/// # Errors
/// [`ApiError::Refused`] when rows are missing.
#[server(prefix = "/api/admin", endpoint = "seal_import", input = Postcard, output = Postcard)]
pub async fn seal_import(import: String) -> Result<(), ApiError> {
    use super::server;

    let actor = server::administrator()?;
    server::directory()
        .seal_import(&actor, server::import_id(&import)?)
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::wake_runner();
    Ok(())
}

/// Has an upload that was cut off end with the rows that have come.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Refused`] when it was cancelled.
#[server(prefix = "/api/admin", endpoint = "finish_upload", input = Postcard, output = Postcard)]
pub async fn finish_upload(import: String) -> Result<(), ApiError> {
    use super::server;

    let actor = server::administrator()?;
    server::directory()
        .finish_upload(&actor, server::import_id(&import)?)
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::wake_runner();
    Ok(())
}

/// Stops an import after the batch it is in.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Refused`] when it has ended already.
#[server(prefix = "/api/admin", endpoint = "cancel_import", input = Postcard, output = Postcard)]
pub async fn cancel_import(import: String) -> Result<(), ApiError> {
    use super::server;

    let actor = server::administrator()?;
    server::directory()
        .cancel_import(&actor, server::import_id(&import)?)
        .await
        .map_err(|error| server::fail(error.into()))
}

/// Takes an ended import back, in the background: accounts that were never used go, replaced fields come back.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Refused`] while it goes on.
#[server(prefix = "/api/admin", endpoint = "undo_import", input = Postcard, output = Postcard)]
pub async fn undo_import(import: String) -> Result<(), ApiError> {
    use super::server;

    let actor = server::administrator()?;
    server::directory()
        .undo_import(&actor, server::import_id(&import)?)
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::wake_runner();
    Ok(())
}

/// How far the people whom an import created have come.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "import_funnel", input = Postcard, output = Postcard)]
pub async fn import_funnel(id: String) -> Result<FunnelView, ApiError> {
    use super::server;

    server::administrator()?;
    let funnel = server::directory()
        .import_funnel(server::import_id(&id)?)
        .await
        .map_err(|error| server::fail(error.into()))?;
    Ok(FunnelView {
        created: funnel.created,
        notified: funnel.notified,
        signed_in: funnel.signed_in,
        own_password: funnel.own_password,
    })
}

/// Tries the rows again that found no seat; answers with how many.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::Refused`].
#[server(prefix = "/api/admin", endpoint = "continue_import", input = Postcard, output = Postcard)]
pub async fn continue_import(import: String) -> Result<u32, ApiError> {
    use super::server;

    let actor = server::administrator()?;
    let rows = server::directory()
        .continue_import(&actor, server::import_id(&import)?)
        .await
        .map_err(|error| server::fail(error.into()))?;
    server::wake_runner();
    Ok(rows)
}

/// One import with its counts.
///
/// # Errors
/// [`ApiError::NotFound`].
#[server(prefix = "/api/admin", endpoint = "import", input = Postcard, output = Postcard)]
pub async fn import(id: String) -> Result<ImportView, ApiError> {
    use super::server;

    server::administrator()?;
    let import = server::directory()
        .import(server::import_id(&id)?)
        .await
        .map_err(|error| server::fail(error.into()))?
        .ok_or_else(|| server::fail(ApiError::NotFound))?;
    Ok(import.into())
}

/// The history, newest first.
///
/// # Errors
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "imports", input = Postcard, output = Postcard)]
pub async fn imports(page: u32) -> Result<Listing<ImportView>, ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory().imports(page.max(1)).await.map_err(|error| server::fail(error.into()))?;
    Ok(server::listing(found, ImportView::from))
}

/// Rows of an import, one page; `outcome` narrows it down.
///
/// # Errors
/// [`ApiError::NotFound`].
#[server(prefix = "/api/admin", endpoint = "import_rows", input = Postcard, output = Postcard)]
pub async fn import_rows(
    id: String,
    outcome: Option<Outcome>,
    page: u32,
) -> Result<Listing<ImportRowView>, ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory()
        .import_rows(server::import_id(&id)?, outcome.map(Into::into), page.max(1))
        .await
        .map_err(|error| server::fail(error.into()))?;
    Ok(server::listing(found, ImportRowView::from))
}
