//! Opens chunks and holds their rows to every rule: all of a batch's work that needs no transaction.

use super::ahead::Prepared;
use super::batch::Batch;
use super::chunk_context;
use super::fresh::Rows;
use crate::Directory;
use crate::account::Role;
use crate::administrators::new_account;
use crate::error::StoreError;
use crate::id::AccountId;
use crate::settings::Settings;
use crate::store::{ClaimedImport, Origin, WaitingChunk};
use roster::review::Action;
use std::collections::HashMap;

/// Chunks carried out in one transaction. More cost less per row, and make everybody else wait longer for their turn.
const CHUNKS: u32 = 8;

/// The chunks of an import that wait from number `from` on, as many as one batch has; `None` if none does.
pub(super) async fn next_chunks(
    directory: &Directory,
    import: ClaimedImport,
    from: u32,
    settings: Settings,
) -> Result<Option<Prepared>, StoreError> {
    chunks(directory, import, (from, CHUNKS), settings, true).await
}

/// A batch once more, for which what was planned did not hold; `None` if it does not wait any more.
pub(super) async fn once_more(
    directory: &Directory,
    batch: &Batch,
) -> Result<Option<Box<Batch>>, StoreError> {
    let (first, last) = batch.chunks;
    let (import, settings) = (batch.import.clone(), batch.settings.clone());
    match chunks(directory, import, (first, last - first + 1), settings, false).await? {
        Some(Prepared::Ready(batch, _)) => Ok(Some(batch)),
        Some(Prepared::Sealed) | None => Ok(None),
    }
}

/// At most `most` chunks from number `from` on. `plan`: also put together what they mean for a directory that knows nobody
/// of them.
async fn chunks(
    directory: &Directory,
    import: ClaimedImport,
    (from, most): (u32, u32),
    settings: Settings,
    plan: bool,
) -> Result<Option<Prepared>, StoreError> {
    let at_hand = directory.fresh().take(import.id, from, most);
    let numbers: Vec<u32> = at_hand.keys().copied().collect();
    let mut waiting = directory.store().read().await?.waiting_chunks(import.id, from, most, &numbers).await?;
    // Rows that were counted before are counted differently; the two are not mixed.
    let again = waiting.first().is_some_and(|chunk| chunk.again);
    let same = waiting.iter().take_while(|chunk| chunk.again == again).count();
    waiting.truncate(same);
    let (Some(first), Some(last)) = (waiting.first(), waiting.last()) else {
        return Ok(None);
    };
    let batch = Batch {
        import,
        settings,
        chunks: (first.number, last.number),
        again,
        rows: Vec::new(),
        actions: Vec::new(),
        candidates: Vec::new(),
        accounts: Vec::new(),
        hashes: HashMap::new(),
    };
    let worker = directory.clone();
    let work = tokio::task::spawn_blocking(move || prepare(&worker, batch, &waiting, at_hand, plan));
    work.await.expect("checking rows does not panic").map(Some)
}

fn prepare(
    directory: &Directory,
    mut batch: Batch,
    chunks: &[WaitingChunk],
    at_hand: HashMap<u32, Rows>,
    plan: bool,
) -> Result<Prepared, StoreError> {
    if open(directory, &mut batch, chunks, at_hand).is_none() {
        return Ok(Prepared::Sealed);
    }
    if !plan || !batch.adds_only() {
        return Ok(Prepared::Ready(Box::new(batch), None));
    }
    // Most files bring people whom nobody knows. What is to be written is put together as if it were so, and then the
    // rows and their verdicts are needed no more. Two batches are held at a time; every row of them counts.
    let effects = directory.effects(&batch, batch.decide(&[]), usize::MAX, directory.now())?;
    (batch.rows, batch.actions, batch.candidates) = (Vec::new(), Vec::new(), Vec::new());
    Ok(Prepared::Ready(Box::new(batch), Some(effects)))
}

/// `None` if a chunk cannot be opened with this server's key.
fn open(
    directory: &Directory,
    batch: &mut Batch,
    chunks: &[WaitingChunk],
    mut at_hand: HashMap<u32, Rows>,
) -> Option<()> {
    let (now, import) = (directory.now(), batch.import.id);
    for chunk in chunks {
        let rows = match at_hand.remove(&chunk.number) {
            Some(rows) => rows,
            None => {
                let (context, sealed) = (chunk_context(import, chunk.number), chunk.sealed.as_ref()?);
                postcard::from_bytes(&directory.key().unseal(&context, sealed).ok()?).ok()?
            }
        };
        for (row, action) in rows {
            batch.rows.push(row);
            batch.actions.push(action);
        }
        batch.chunks.1 = chunk.number;
        // Hashing takes so long that a crash must not cost the work for more than one chunk.
        if batch.rows.iter().any(|row| row.values.password.is_some()) {
            break;
        }
    }
    batch.candidates = Batch::judge(&batch.rows, &batch.actions, &batch.settings.password_policy);
    // Ids in the order of the rows: the database appends what it would else have to put in between.
    let mut ids = AccountId::ascending(now, directory.random(), batch.rows.len()).into_iter();
    for (row, candidate) in batch.rows.iter().zip(&batch.candidates) {
        let added = candidate.checked.as_ref().ok().filter(|_| candidate.action == Action::Add);
        let origin = Origin { import, row: row.row, line: row.line };
        let account = |person| Some(new_account(ids.next()?, person, Role::Member, Some(origin), now));
        batch.accounts.push(added.and_then(account));
    }
    Some(())
}
