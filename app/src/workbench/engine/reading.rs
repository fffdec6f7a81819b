//! Reads the file from its start to its end, slice by slice.

use super::{Shared, comparing, slice, tell};
use crate::workbench::protocol::{Phase, Report};
use roster::problem::Code;
use roster::review::Pushed;

/// First slice: enough for the first screenful.
const FIRST_SLICE: u64 = 64 * 1024;
/// Later slices.
const SLICE: u64 = 1024 * 1024;

/// Reads; reports what was understood, running totals, and problems of the file as a whole.
pub async fn read(engine: Shared, generation: u32) {
    let (file, _) = engine.borrow().source();
    let Some(file) = file else { return };
    let size = file.size() as u64;
    let mut offset = 0;
    let mut understood = false;
    while offset < size {
        let len = if offset == 0 { FIRST_SLICE } else { SLICE }.min(size - offset);
        let bytes = slice(Some(&file), offset, len).await;
        if engine.borrow().generation != generation {
            return;
        }
        let Some(bytes) = bytes else {
            return tell(&Report::FileProblem {
                code: Code::FileNotText,
                message: "The file cannot be read any more. It may have been changed, moved or removed; choose it again.".to_owned(),
                fatal: true,
            });
        };
        let mut state = engine.borrow_mut();
        let Some(review) = state.review.as_mut() else { return };
        match review.push(&bytes) {
            Ok(Pushed::More) => offset += len,
            Ok(Pushed::Restart) => {
                offset = 0;
                understood = false;
                continue;
            }
            Err(problem) => {
                return tell(&Report::FileProblem {
                    code: problem.problem.code,
                    message: problem.problem.message,
                    fatal: true,
                });
            }
        }
        if !understood && review.totals().rows > 0 {
            understood = true;
            tell(&Report::Understood { dialect: review.dialect().clone(), mapping: review.mapping().clone() });
        }
        state.report(false);
        drop(state);
        comparing::start(&engine);
    }
    {
        let mut state = engine.borrow_mut();
        let Some(review) = state.review.as_mut() else { return };
        if let Err(problem) = review.finish() {
            return tell(&Report::FileProblem {
                code: problem.problem.code,
                message: problem.problem.message,
                fatal: true,
            });
        }
        tell(&Report::Understood { dialect: review.dialect().clone(), mapping: review.mapping().clone() });
        if let Some(problem) = review.header_problem() {
            tell(&Report::FileProblem { code: problem.problem.code, message: problem.problem.message, fatal: false });
        }
        state.phase = Phase::Comparing;
        state.report(true);
    }
    comparing::start(&engine);
}
