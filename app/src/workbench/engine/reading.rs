//! Reads the file from its start to its end, slice by slice.

use super::{Shared, comparing, slice, tell};
use crate::workbench::protocol::{Phase, Report};
use roster::problem::{Code, RowProblem};
use roster::review::Pushed;
use web_sys::File;

/// First slice: enough for the first screenful.
const FIRST_SLICE: u64 = 64 * 1024;
/// Later slices.
const SLICE: u64 = 1024 * 1024;

/// Reads; reports what was understood, running totals, and problems of the file as a whole.
pub async fn read(engine: Shared, generation: u32) {
    let (file, _) = engine.borrow().source();
    let Some(file) = file else { return };
    // A better guess of the encoding, made on the way, begins the file again; it is made at most once.
    while let Some(Pushed::Restart) = read_through(&engine, &file, generation).await {}
}

/// Reads from the first byte to the last. `None` when reading ended for good, another file was opened, or the file
/// cannot be used.
async fn read_through(engine: &Shared, file: &File, generation: u32) -> Option<Pushed> {
    let size = file.size() as u64;
    let (mut offset, mut understood) = (0, false);
    while offset < size {
        let len = if offset == 0 { FIRST_SLICE } else { SLICE }.min(size - offset);
        let bytes = slice(Some(file), offset, len).await;
        let mut state = engine.borrow_mut();
        if state.generation != generation {
            return None;
        }
        let Some(bytes) = bytes else {
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
        offset += len;
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
        state.phase = Phase::Comparing;
        state.report(true);
    }
    comparing::start(engine);
    None
}

/// Reports what makes a file unusable.
fn usable(pushed: Result<Pushed, RowProblem>) -> Option<Pushed> {
    pushed
        .map_err(|RowProblem { problem, .. }| {
            tell(&Report::FileProblem { code: problem.code, message: problem.message, fatal: true });
        })
        .ok()
}
