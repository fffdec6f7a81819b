//! Cells that were mended are kept in this browser with the file's fingerprint, so that a reload or a crash costs none of
//! them. Passwords are not kept.

use super::{Shared, listing, pause, settle, tell};
use app::workbench::drafts::{Draft, merge};
use app::workbench::protocol::Report;
use js_sys::Uint8Array;
use roster::review::Review;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Milliseconds after a change until it is kept; changes in between are kept with it.
const PAUSE: u32 = 400;

#[wasm_bindgen(module = "/js/drafts.js")]
extern "C" {
    fn read(key: &str) -> js_sys::Promise;
    fn write(key: &str, bytes: &Uint8Array) -> js_sys::Promise;
    fn remove(key: &str) -> js_sys::Promise;
}

/// The key of a file's draft: what was understood matters as well, because columns and rows are counted by it.
fn key(review: &Review) -> String {
    let content: String = review.content().iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{content} {:?} {:?} {}",
        review.dialect().encoding,
        review.dialect().delimiter,
        review.dialect().header_line
    )
}

/// Keeps what was mended so far, a little later.
pub fn keep(engine: &Shared) {
    let (engine, generation) = {
        let mut state = engine.borrow_mut();
        // Until all was read, the file has no fingerprint; a draft that is there must not be lost.
        if state.keeping || !state.review.as_ref().is_some_and(Review::is_finished) {
            return;
        }
        state.keeping = true;
        (engine.clone(), state.generation)
    };
    spawn_local(async move {
        pause(PAUSE).await;
        let Some(key) = engine.borrow().review.as_ref().map(key) else { return };
        let theirs = kept(&key).await.unwrap_or_default();
        let cells = {
            let mut state = engine.borrow_mut();
            if state.generation != generation {
                return;
            }
            state.keeping = false;
            let Some(mine) = state.review.as_ref().map(Review::draft) else { return };
            let cells = merge(&state.kept, theirs, &mine);
            state.kept = mine;
            cells
        };
        // A browser may refuse to keep anything; mending goes on without.
        if cells.is_empty() {
            let _ = JsFuture::from(remove(&key)).await;
        } else {
            let bytes = postcard::to_stdvec(&cells).expect("cells are plain data");
            let _ = JsFuture::from(write(&key, &Uint8Array::from(bytes.as_slice()))).await;
        }
    });
}

/// What is kept of a file.
async fn kept(key: &str) -> Option<Draft> {
    let bytes = JsFuture::from(read(key)).await.ok()?.dyn_into::<Uint8Array>().ok()?;
    postcard::from_bytes(&bytes.to_vec()).ok()
}

/// Puts cells back that were mended in the same file another time.
pub async fn put_back(engine: &Shared, generation: u32) -> Option<()> {
    let key = engine.borrow().review.as_ref().map(key)?;
    let draft = kept(&key).await?;
    if engine.borrow().generation == generation {
        engine.borrow_mut().kept.clone_from(&draft);
    }
    let cells: usize = draft.iter().map(|(_, cells)| cells.len()).sum();
    change(engine, generation, draft).await?;
    tell(&Report::PutBack { cells: u32::try_from(cells).unwrap_or(u32::MAX) });
    Some(())
}

/// Takes back every change of cells.
pub async fn discard(engine: Shared) {
    let (rows, generation) = {
        let state = engine.borrow();
        let Some(review) = &state.review else { return };
        let rows = review.edited_rows().into_iter().map(|row| (row, Vec::new())).collect();
        (rows, state.generation)
    };
    change(&engine, generation, rows).await;
}

/// Gives rows these edits in place of those they have, as one change.
async fn change(engine: &Shared, generation: u32, rows: Draft) -> Option<()> {
    let spans: Vec<_> = {
        let state = engine.borrow();
        let review = state.review.as_ref().filter(|_| state.generation == generation)?;
        rows.iter().filter_map(|(row, _)| review.span(*row)).collect()
    };
    let mut cells = rows.into_iter();
    let mut changes = Vec::with_capacity(spans.len());
    listing::each(engine, &spans, |_, span, bytes| {
        if let Some((row, cells)) = cells.by_ref().find(|(row, _)| *row == span.row) {
            changes.push((row, cells, bytes.to_vec()));
        }
    })
    .await;
    if let Some(review) = engine.borrow_mut().review.as_mut() {
        review.replace_edits(changes);
    }
    settle(engine);
    Some(())
}
