//! Opens chunks and holds their rows to every rule: all of a batch's work that needs no transaction.

use super::ahead::{Opened, Prepared};
use super::chunk_context;
use super::decide::Candidate;
use crate::Directory;
use crate::account::Role;
use crate::administrators::new_account;
use crate::error::StoreError;
use crate::id::{AccountId, ImportId};
use crate::settings::Settings;
use crate::store::{Origin, WaitingChunk};
use roster::review::Action;
use roster::{Code, PersonRow, Problem};

/// Chunks carried out in one transaction. More cost less per row, and make everybody else wait longer for their turn.
const CHUNKS: u32 = 4;

/// The chunks of an import that wait from number `from` on, as many as one batch has; `None` if none does.
pub(super) async fn next_chunks(
    directory: &Directory,
    import: ImportId,
    from: u32,
    settings: &Settings,
) -> Result<Option<Prepared>, StoreError> {
    let mut waiting = directory.store().read().await?.waiting_chunks(import, from, CHUNKS).await?;
    // Rows that were counted before are counted differently; the two are not mixed.
    let again = waiting.first().is_some_and(|chunk| chunk.again);
    let same = waiting.iter().take_while(|chunk| chunk.again == again).count();
    waiting.truncate(same);
    let (Some(first), Some(last)) = (waiting.first(), waiting.last()) else {
        return Ok(None);
    };
    let chunks = (first.number, last.number);
    let (worker, settings) = (directory.clone(), settings.clone());
    let work = tokio::task::spawn_blocking(move || {
        let opened = open(&worker, import, &waiting, &settings);
        Prepared { chunks, again, opened, settings }
    });
    Ok(Some(work.await.expect("checking rows does not panic")))
}

/// `None` if a chunk cannot be opened with this server's key.
fn open(
    directory: &Directory,
    import: ImportId,
    chunks: &[WaitingChunk],
    settings: &Settings,
) -> Option<Opened> {
    let now = directory.now();
    let mut opened = Opened::default();
    for chunk in chunks {
        let payload = directory.key().unseal(&chunk_context(import, chunk.number), &chunk.sealed).ok()?;
        let rows: Vec<(PersonRow, Action)> = postcard::from_bytes(&payload).ok()?;
        for (row, action) in rows {
            let checked = row.values.check(&settings.password_policy).map_err(|problems| in_one(&problems));
            let account = checked.as_ref().ok().filter(|_| action == Action::Add).map(|person| {
                let id = AccountId::new(now, directory.random());
                let origin = Origin { import, row: row.row, line: row.line };
                new_account(id, person, Role::Member, Some(origin), now)
            });
            opened.accounts.push(account);
            opened.candidates.push(Candidate { action, checked });
            opened.rows.push(row);
        }
    }
    Some(opened)
}

/// The first problem's code with the sentences of all.
fn in_one(problems: &[Problem]) -> Problem {
    let message = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join(" ");
    match problems.first() {
        Some(first) => Problem { code: first.code, field: first.field, message },
        None => Problem::whole(Code::ConflictChangedSinceReview, "The row was refused without a reason."),
    }
}
