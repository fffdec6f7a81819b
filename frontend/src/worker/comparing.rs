//! Asks the server which people exist already, so that verdicts are true before anything is confirmed.

use super::{Shared, absent, listing, mending, pause, server};
use app::wire::{ApiError, KnownKeys, KnownPeople};
use app::workbench::protocol::Phase;
use roster::review::{KeyQuery, Review};
use wasm_bindgen_futures::spawn_local;

/// Keys per question.
const KEYS: usize = 2_000;
/// Rows that are asked about while the file is still being read: enough for the first screens. The others have time
/// until it was read, which is sooner that way.
const EARLY: u32 = 4_000;
/// Pauses before a question is put again, in milliseconds.
const PAUSES: [u32; 4] = [300, 1_000, 3_000, 5_000];

/// Starts asking, unless that is going on already.
pub fn start(engine: &Shared) {
    let generation = {
        let mut state = engine.borrow_mut();
        let reading = state.phase == Phase::Reading;
        let asks = |review: &Review| review.has_rows_to_ask() && review.asked_to() < EARLY;
        if state.comparing || reading && !state.review.as_ref().is_some_and(asks) {
            return;
        }
        state.comparing = true;
        state.generation
    };
    let engine = engine.clone();
    spawn_local(async move {
        // Another file was opened meanwhile: it has begun to ask by itself.
        if compare(&engine, generation).await.is_some() {
            engine.borrow_mut().comparing = false;
        }
    });
}

/// Asks about every row; `None` when another file was opened.
async fn compare(engine: &Shared, generation: u32) -> Option<()> {
    learn_keys(engine, generation).await?;
    // Known before anything can be confirmed.
    if engine.borrow().phase != Phase::Reading {
        mending::look(engine).await;
    }
    loop {
        let spans = {
            let mut state = engine.borrow_mut();
            if state.generation != generation {
                return None;
            }
            let reading = state.phase == Phase::Reading;
            let review = state.review.as_mut()?;
            if reading && review.asked_to() >= EARLY {
                return Some(());
            }
            let spans = review.rows_to_ask_until(KEYS, if reading { EARLY } else { u32::MAX });
            if spans.is_empty() && !review.has_rows_to_ask() {
                if state.phase == Phase::Comparing || state.phase.is_cut_off() {
                    state.phase = Phase::Ready;
                }
                state.report(true);
                drop(state);
                absent::look(engine);
                return Some(());
            }
            spans
        };
        if spans.is_empty() {
            // So many strangers in a row: other commands get their turn.
            pause(0).await;
            continue;
        }
        let mut questions = Vec::with_capacity(spans.len());
        listing::each(engine, &spans, |state, span, bytes| {
            questions.extend(state.review.as_ref().and_then(|review| review.question(span.row, bytes)));
        })
        .await;
        ask(engine, generation, &questions).await?;
    }
}

/// Puts questions until they are answered.
async fn ask(engine: &Shared, generation: u32, questions: &[KeyQuery]) -> Option<()> {
    if questions.is_empty() {
        return Some(());
    }
    let keys = |of: fn(&KeyQuery) -> &String| -> Vec<String> {
        questions.iter().map(of).filter(|key| !key.is_empty()).cloned().collect()
    };
    let keys = (keys(|question| &question.username_key), keys(|question| &question.email_key));
    let known = persist(engine, generation, async || server::call::<KnownPeople>(&keys).await).await?;
    let mut state = engine.borrow_mut();
    state.people.keep(&known);
    state.review.as_mut()?.learn(&known, questions);
    if state.phase.is_cut_off() {
        state.phase = Phase::Comparing;
    }
    state.report(false);
    Some(())
}

/// Learns once for each file which keys the directory has, where it is small enough to tell.
async fn learn_keys(engine: &Shared, generation: u32) -> Option<()> {
    if engine.borrow().people.as_of.is_some() {
        return Some(());
    }
    let answer = persist(engine, generation, async || server::call::<KnownKeys>(&()).await).await?;
    let mut state = engine.borrow_mut();
    state.people.as_of = Some(answer.as_of);
    if let Some(keys) = answer.keys {
        state.review.as_mut()?.set_directory_keys(&keys, &answer.looks);
    }
    Some(())
}

/// Repeats a question until it is answered; `None` when another file was opened.
pub(super) async fn persist<T>(
    engine: &Shared,
    generation: u32,
    question: impl AsyncFn() -> Result<T, ApiError>,
) -> Option<T> {
    let mut failures = 0;
    loop {
        let answer = question().await;
        let wait = {
            let mut state = engine.borrow_mut();
            if state.generation != generation {
                return None;
            }
            let error = match answer {
                Ok(answer) => return Some(answer),
                Err(error) => error,
            };
            if state.phase != Phase::Reading {
                state.phase = match error {
                    ApiError::SignInRequired => Phase::SignedOut,
                    _ => Phase::Offline,
                };
                state.report(true);
            }
            PAUSES[failures.min(PAUSES.len() - 1)]
        };
        failures += 1;
        pause(wait).await;
    }
}
