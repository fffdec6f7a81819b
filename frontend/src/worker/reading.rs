//! Reads the file from its start to its end, slice by slice.

use super::{Shared, comparing, drafts, listing, tell};
use app::workbench::protocol::{Phase, Report};
use js_sys::Uint8Array;
use roster::problem::{Code, RowProblem};
use roster::review::Pushed;
use std::collections::VecDeque;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

/// First slice: enough for the first screenful.
const FIRST_SLICE: u64 = 64 * 1024;
/// Later slices.
const SLICE: u64 = 1024 * 1024;
/// Slices that are on their way while one is read: the browser fetches them from another process.
const AHEAD: usize = 4;
/// Rows with a key in common that are read again at a time.
const DOUBTFUL: usize = 5_000;

/// Reads; reports what was understood, running totals, and problems of the file as a whole.
pub async fn read(engine: Shared, generation: u32) {
    let (file, _) = engine.borrow().source();
    let Some(file) = file else { return };
    // A better guess of the encoding, made on the way, begins the file again; it is made at most once.
    while let Some(Pushed::Restart) = read_through(&engine, &file, generation).await {}
}

/// The file's slices, one after the other, some of them asked for in advance.
struct Slices<'a> {
    file: &'a File,
    size: u64,
    asked: u64,
    coming: VecDeque<JsFuture>,
}

impl<'a> Slices<'a> {
    fn of(file: &'a File) -> Self {
        Self { file, size: file.size() as u64, asked: 0, coming: VecDeque::new() }
    }

    /// The next one; `None` at the end of the file, an error where it cannot be read.
    async fn next(&mut self) -> Option<Result<Vec<u8>, wasm_bindgen::JsValue>> {
        while self.coming.len() < AHEAD && self.asked < self.size {
            let end = (self.asked + if self.asked == 0 { FIRST_SLICE } else { SLICE }).min(self.size);
            // Offsets beyond 2^53 do not occur: that would be a file of eight petabytes.
            match self.file.slice_with_f64_and_f64(self.asked as f64, end as f64) {
                Ok(part) => self.coming.push_back(JsFuture::from(part.array_buffer())),
                Err(error) => return Some(Err(error)),
            }
            self.asked = end;
        }
        let buffer = self.coming.pop_front()?.await;
        Some(buffer.map(|buffer| Uint8Array::new(&buffer).to_vec()))
    }
}

/// Reads from the first byte to the last. `None` when reading ended for good, another file was opened, or the file
/// cannot be used.
async fn read_through(engine: &Shared, file: &File, generation: u32) -> Option<Pushed> {
    let (mut slices, mut understood) = (Slices::of(file), false);
    while let Some(bytes) = slices.next().await {
        let mut state = engine.borrow_mut();
        if state.generation != generation {
            return None;
        }
        let Ok(bytes) = bytes else {
            tell(&Report::FileProblem {
                code: Code::FileNotText,
                message: "The file cannot be read any more. It may have been changed, moved or removed; choose it again.".to_owned(),
                fatal: true,
            });
            return None;
        };
        let review = state.review.as_mut()?;
        if usable(review.push(&bytes))? == Pushed::Restart {
            return Some(Pushed::Restart);
        }
        if !understood && review.totals().rows > 0 {
            understood = true;
            tell(&Report::Understood {
                dialect: review.dialect().clone(),
                mapping: review.mapping().clone(),
            });
        }
        state.report(false);
        drop(state);
        comparing::start(engine);
    }
    {
        let mut state = engine.borrow_mut();
        let review = state.review.as_mut()?;
        if usable(review.finish())? == Pushed::Restart {
            return Some(Pushed::Restart);
        }
        tell(&Report::Understood { dialect: review.dialect().clone(), mapping: review.mapping().clone() });
        if let Some(problem) = review.header_problem() {
            tell(&Report::FileProblem {
                code: problem.problem.code,
                message: problem.problem.message,
                fatal: false,
            });
        }
        // The time that reading took ends here.
        state.report(true);
        state.phase = Phase::Comparing;
        state.report(true);
    }
    comparing::start(engine);
    look_again(engine, generation).await;
    let _ = drafts::put_back(engine, generation).await;
    None
}

/// Reads rows again that seem to share a key with another one.
async fn look_again(engine: &Shared, generation: u32) {
    loop {
        let spans = {
            let mut state = engine.borrow_mut();
            let current = state.generation == generation;
            match state.review.as_mut().filter(|_| current) {
                Some(review) => review.doubtful(DOUBTFUL),
                None => return,
            }
        };
        if spans.is_empty() {
            return;
        }
        listing::each(engine, &spans, |state, span, bytes| {
            if let Some(review) = &mut state.review {
                review.confirm(span.row, bytes);
            }
        })
        .await;
    }
}

/// Reports what makes a file unusable.
fn usable(pushed: Result<Pushed, RowProblem>) -> Option<Pushed> {
    pushed
        .map_err(|RowProblem { problem, .. }| {
            tell(&Report::FileProblem { code: problem.code, message: problem.message, fatal: true });
        })
        .ok()
}
