//! Sends the chosen rows to the server in numbered chunks. A chunk that got no answer is sent again under its number,
//! and the server answers it once.

use super::listing::{Ahead, each_ahead};
use super::{Shared, absent, pause, server, tell};
use app::wire::{
    ApiError, CHUNK_ROWS, NewImport, OpenImport, OpenedImport, SealImport, SendChunks, chunks_arguments,
};
use app::workbench::protocol::Report;
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use roster::field::PersonRow;
use roster::review::{Action, Span};

/// Most bytes of one chunk, below the server's limit for a request of 1 MiB.
const CHUNK_BYTES: usize = 900 * 1024;
/// Most bytes of the chunks in one request, below the same limit.
const REQUEST_BYTES: usize = 1000 * 1024;
/// Chunks that wait to be sent, as many as one request carries of rows as they usually are.
const READY: usize = 5;
/// Pauses before a request is sent again, in milliseconds; the last one stays.
const PAUSES: [u32; 5] = [500, 1_000, 2_000, 5_000, 10_000];

/// Opens the import, sends every chosen row, and says that all were sent.
pub async fn send(engine: Shared, mut import: NewImport) {
    let absent = absent::chosen(&engine);
    let rows = {
        let mut state = engine.borrow_mut();
        if state.sending {
            return;
        }
        import.reviewed_at = state.people.as_of;
        let Some(review) = state.review.as_mut() else { return };
        import.columns = review.mapped_columns();
        import.digest = review.digest_with(absent.iter().map(|account| &account[..]));
        import.file_digest = review.content().iter().map(|byte| format!("{byte:02x}")).collect();
        let rows = review.chosen_rows(1, u32::MAX);
        import.rows = rows.len() as u32;
        state.sending = true;
        rows
    };
    let result = carry_out(&engine, import, &rows, &absent).await;
    engine.borrow_mut().sending = false;
    match result {
        Ok(()) => tell(&Report::Submitted),
        Err(ApiError::ProofRequired) => tell(&Report::ProofRequired),
        Err(error) => tell(&Report::SubmitFailed(error.to_string())),
    }
}

async fn carry_out(
    engine: &Shared,
    import: NewImport,
    rows: &[u32],
    absent: &[[u8; 16]],
) -> Result<(), ApiError> {
    let (ready, waiting) = mpsc::channel(READY);
    let send = async {
        let opened = persist(async || server::call::<OpenImport>(&(import.clone(),)).await).await?;
        tell(&Report::Opened { import: opened.id.clone() });
        absent::name(&opened.id, absent).await?;
        deliver(&opened, waiting).await?;
        persist(async || server::call::<SealImport>(&(opened.id.clone(),)).await).await
    };
    // Chunks are read from the file while earlier ones are under way, the first ones while the import is opened.
    futures::try_join!(prepare(engine, rows, ready), send).map(|((), ())| ())
}

/// Cuts the plan into chunks and writes each down.
async fn prepare(engine: &Shared, rows: &[u32], mut ready: mpsc::Sender<Chunk>) -> Result<(), ApiError> {
    let (mut rest, mut ahead) = (rows, Ahead::default());
    while !rest.is_empty() {
        let chunk = chunk(engine, rest, &mut ahead).await?;
        rest = &rest[chunk.rows..];
        // Nobody takes it any more when sending has failed, which is told there.
        if ready.send(chunk).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Sends chunks as they become ready, all that wait in one request: the slower the answers, the more there are in each.
async fn deliver(opened: &OpenedImport, mut waiting: mpsc::Receiver<Chunk>) -> Result<(), ApiError> {
    let (mut number, mut sent) = (0_u32, 0_usize);
    let mut next = waiting.next().await;
    while let Some(first) = next.take() {
        let from = number;
        let (mut chunks, mut bytes) = (Vec::new(), 0);
        let mut candidate = Some(first);
        while let Some(chunk) = candidate.take() {
            if bytes + chunk.bytes.len() > REQUEST_BYTES && bytes > 0 {
                next = Some(chunk);
                break;
            }
            number += 1;
            sent += chunk.rows;
            // What an earlier, interrupted run has sent is there already: its numbers are passed over.
            if number > opened.next_chunk {
                bytes += chunk.bytes.len();
                chunks.push(chunk.bytes);
            }
            candidate = waiting.try_recv().ok();
        }
        if !chunks.is_empty() {
            let arguments = chunks_arguments(&opened.id, from.max(opened.next_chunk), &chunks)
                .map_err(|error| ApiError::Transport(error.to_string()))?;
            persist(async || server::call_with::<SendChunks>(&arguments).await).await?;
        }
        tell(&Report::Sent { rows: sent as u32 });
        if next.is_none() {
            next = waiting.next().await;
        }
    }
    Ok(())
}

/// Rows on their way: written down as the server reads them, and how many they are.
struct Chunk {
    bytes: Vec<u8>,
    rows: usize,
}

/// The next rows, as many as one chunk may carry. Depends on the plan alone, so that the same plan is always cut in the same
/// places.
async fn chunk(engine: &Shared, rows: &[u32], ahead: &mut Ahead) -> Result<Chunk, ApiError> {
    let spans: Vec<Span> = {
        let state = engine.borrow();
        let review = state.review.as_ref();
        rows.iter()
            .take(CHUNK_ROWS as usize)
            .filter_map(|row| review.and_then(|review| review.span(*row)))
            .collect()
    };
    let mut chunk: Vec<(PersonRow, Action)> = Vec::with_capacity(spans.len());
    let (mut bytes, mut full) = (0_usize, false);
    each_ahead(engine, &spans, ahead, |state, span, raw| {
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
    let written = postcard::to_stdvec(&chunk).map_err(|error| ApiError::Transport(error.to_string()))?;
    Ok(Chunk { bytes: written, rows: chunk.len() })
}

/// Repeats a request until it got through; gives up only on an answer that would stay the same.
pub(super) async fn persist<T>(request: impl AsyncFn() -> Result<T, ApiError>) -> Result<T, ApiError> {
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
