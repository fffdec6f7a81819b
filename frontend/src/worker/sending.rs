//! Sends the chosen rows to the server in numbered chunks. A chunk that got no answer is sent again under its number,
//! and the server answers it once.

use super::{Shared, listing, pause, server, tell};
use app::wire::{ApiError, CHUNK_ROWS, NewImport, OpenImport, SealImport, SendChunk};
use app::workbench::protocol::Report;
use roster::field::PersonRow;
use roster::review::{Action, Span};

/// Most bytes of one chunk, below the server's limit for a request of 1 MiB.
const CHUNK_BYTES: usize = 900 * 1024;
/// Pauses before a request is sent again, in milliseconds; the last one stays.
const PAUSES: [u32; 5] = [500, 1_000, 2_000, 5_000, 10_000];

/// Opens the import, sends every chosen row, and says that all were sent.
pub async fn send(engine: Shared, mut import: NewImport) {
    let rows = {
        let mut state = engine.borrow_mut();
        if state.sending {
            return;
        }
        import.reviewed_at = state.people.as_of;
        let Some(review) = state.review.as_mut() else { return };
        import.columns = review.mapped_columns();
        import.digest = review.digest();
        import.file_digest = review.content().iter().map(|byte| format!("{byte:02x}")).collect();
        let rows = review.chosen_rows(1, u32::MAX);
        import.rows = rows.len() as u32;
        state.sending = true;
        rows
    };
    let result = carry_out(&engine, import, &rows).await;
    engine.borrow_mut().sending = false;
    match result {
        Ok(()) => tell(&Report::Submitted),
        Err(error) => tell(&Report::SubmitFailed(error.to_string())),
    }
}

async fn carry_out(engine: &Shared, import: NewImport, rows: &[u32]) -> Result<(), ApiError> {
    let opened = persist(async || server::call::<OpenImport>(&(import.clone(),)).await).await?;
    tell(&Report::Opened { import: opened.id.clone() });
    let (mut number, mut from) = (0_u32, 0_usize);
    let mut ready = chunk(engine, rows).await?;
    loop {
        let (chunk_rows, taken) = ready;
        from += taken;
        // What an earlier, interrupted run has sent is there already: its numbers are passed over.
        let send = async {
            if number >= opened.next_chunk {
                let arguments = (opened.id.clone(), number, chunk_rows);
                persist(async || server::call::<SendChunk>(&arguments).await).await?;
            }
            Ok::<(), ApiError>(())
        };
        // The next chunk is read from the file while this one is under way.
        let prepare = async {
            match rows.get(from..) {
                Some(rest) if !rest.is_empty() => chunk(engine, rest).await.map(Some),
                _ => Ok(None),
            }
        };
        let (sent, prepared) = futures::join!(send, prepare);
        sent?;
        number += 1;
        tell(&Report::Sent { rows: from as u32 });
        match prepared? {
            Some(next) => ready = next,
            None => break,
        }
    }
    persist(async || server::call::<SealImport>(&(opened.id.clone(),)).await).await
}

/// The next rows, as many as one chunk may carry, and how many that are. Depends on the plan alone, so that the same
/// plan is always cut in the same places.
async fn chunk(engine: &Shared, rows: &[u32]) -> Result<(Vec<(PersonRow, Action)>, usize), ApiError> {
    let spans: Vec<Span> = {
        let state = engine.borrow();
        let review = state.review.as_ref();
        rows.iter()
            .take(CHUNK_ROWS as usize)
            .filter_map(|row| review.and_then(|review| review.span(*row)))
            .collect()
    };
    let (mut chunk, mut bytes, mut full) = (Vec::with_capacity(spans.len()), 0_usize, false);
    listing::each(engine, &spans, |state, span, raw| {
        // A byte of a single-byte encoding becomes up to three of UTF-8; the names of the fields come on top.
        let weight = 3 * raw.len() + 256;
        full = full || (!chunk.is_empty() && bytes + weight > CHUNK_BYTES);
        if full {
            return;
        }
        if let Some(row) = state.review.as_ref().and_then(|review| review.person_row(span.row, raw)) {
            bytes += weight;
            chunk.push(row);
        }
    })
    .await;
    if chunk.is_empty() {
        return Err(ApiError::Refused(
            "The file cannot be read any more. Choose it again; nothing is sent twice.".to_owned(),
        ));
    }
    let taken = chunk.len();
    Ok((chunk, taken))
}

/// Repeats a request until it got through; gives up only on an answer that would stay the same.
async fn persist<T>(request: impl AsyncFn() -> Result<T, ApiError>) -> Result<T, ApiError> {
    let mut failures = 0;
    loop {
        match request().await {
            Ok(answer) => return Ok(answer),
            Err(
                error @ (ApiError::Transport(_)
                | ApiError::Unavailable
                | ApiError::Busy
                | ApiError::SignInRequired),
            ) => {
                let why = match &error {
                    ApiError::SignInRequired => {
                        "You were signed out. Sign in again in another tab; sending goes on by itself."
                            .to_owned()
                    }
                    other => other.to_string(),
                };
                tell(&Report::Waiting(why));
                pause(PAUSES[failures.min(PAUSES.len() - 1)]).await;
                failures += 1;
            }
            Err(error) => return Err(error),
        }
    }
}
