//! Reads the file from its start to its end.

use super::{Shared, comparing, drafts, listing, now, pause, slice, tell};
use app::workbench::protocol::{Phase, Report};
use js_sys::Uint8Array;
use roster::problem::{Code, Problem, RowProblem};
use roster::review::{Pushed, Review};
use roster::{PasswordPolicy, dialect::DialectChoice};
use wasm_bindgen::prelude::*;
use web_sys::File;

/// Milliseconds of reading after which other commands get their turn.
const TURN: f64 = 40.0;
/// Bytes that are reviewed at a time: few enough to stay in a processor's cache from one look at them to the next.
const PIECE: u32 = 1 << 18;
/// Rows with a key in common that are read again at a time.
const DOUBTFUL: usize = 5_000;

/// Reads; reports what was understood, running totals, and problems of the file as a whole.
pub async fn read(engine: Shared, generation: u32) {
    let (file, _) = engine.borrow().source();
    let Some(file) = file else { return };
    // A better guess of the encoding, made on the way, begins the file again; it is made at most once.
    while let Some(Pushed::Restart) = read_through(&engine, &file, generation).await {}
}

#[wasm_bindgen(module = "/js/parts.js")]
extern "C" {
    /// Starts the thread that reads files.
    pub fn prepare();

    type Parts;
    #[wasm_bindgen(constructor)]
    fn of(file: &File) -> Parts;
    #[wasm_bindgen(method, catch)]
    async fn next(this: &Parts) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn taken(this: &Parts);
    #[wasm_bindgen(method)]
    fn close(this: &Parts);
}

/// The parts of a file, in its order. They are fetched by another thread, and from there by another process; what is
/// fetched and copied in this thread would add half of its own time to that of the review.
struct Reading {
    parts: Parts,
    /// The piece at hand: one piece of memory, used again for each.
    bytes: Vec<u8>,
}

impl Reading {
    fn of(file: &File) -> Self {
        Self { parts: Parts::of(file), bytes: Vec::new() }
    }

    /// The next part; `None` at the end of the file, an error where it cannot be read.
    async fn next(&mut self) -> Option<Result<Uint8Array, JsValue>> {
        match self.parts.next().await {
            Ok(part) => Some(Ok(part.dyn_into().ok()?)),
            Err(error) => Some(Err(error)),
        }
    }

    /// Copies a part piece by piece, each just before it is reviewed, so that it is still in the processor's cache then.
    fn review(&mut self, part: &Uint8Array, review: &mut Review) -> Result<Pushed, RowProblem> {
        let (length, mut at) = (part.length(), 0);
        let mut pushed = Pushed::More;
        while at < length && pushed != Pushed::Restart {
            let until = length.min(at + PIECE);
            self.bytes.resize((until - at) as usize, 0);
            part.subarray(at, until).copy_to(&mut self.bytes);
            at = until;
            if at == length {
                self.parts.taken();
            }
            pushed = review.push(&self.bytes)?;
        }
        Ok(pushed)
    }
}

impl Drop for Reading {
    /// Reading may have ended early: the rest need not be fetched.
    fn drop(&mut self) {
        self.parts.close();
    }
}

/// Reviews a file for nobody to see: no reports, no directory, nothing kept.
///
/// # Errors
/// The file cannot be used.
pub async fn review(file: &File) -> Result<Review, RowProblem> {
    let mut review = Review::new(DialectChoice::default(), None, PasswordPolicy::default(), Vec::new());
    while through(file, &mut review).await? == Pushed::Restart {}
    loop {
        let spans = review.doubtful(DOUBTFUL);
        if spans.is_empty() {
            return Ok(review);
        }
        for span in spans {
            let bytes = slice(Some(file), span.start, u64::from(span.len)).await;
            review.confirm(span.row, &bytes.ok_or_else(unreadable)?);
        }
    }
}

/// Reads from the first byte to the last.
async fn through(file: &File, review: &mut Review) -> Result<Pushed, RowProblem> {
    let mut reading = Reading::of(file);
    while let Some(part) = reading.next().await {
        if reading.review(&part.map_err(|_| unreadable())?, review)? == Pushed::Restart {
            return Ok(Pushed::Restart);
        }
    }
    review.finish()
}

fn unreadable() -> RowProblem {
    let message =
        "The file cannot be read any more. It may have been changed, moved or removed; choose it again.";
    let problem = Problem::whole(Code::FileNotText, message);
    RowProblem { row: 0, line: 0, column: None, problem }
}

/// What came of a part of the file.
enum Taken {
    /// It was read.
    More,
    /// It was read, and brought the first rows.
    First,
    /// The file has to be read again from its start.
    Restart,
}

/// Hands a part of the file to the review; `None` when reading has to end.
fn take(
    engine: &Shared,
    generation: u32,
    reading: &mut Reading,
    part: Result<Uint8Array, JsValue>,
    understood: &mut bool,
) -> Option<Taken> {
    let mut state = engine.borrow_mut();
    if state.generation != generation {
        return None;
    }
    let part = usable(part.map_err(|_| unreadable()))?;
    let review = state.review.as_mut()?;
    if usable(reading.review(&part, review))? == Pushed::Restart {
        return Some(Taken::Restart);
    }
    let first = !*understood && review.totals().rows > 0;
    if first {
        *understood = true;
        tell(&Report::Understood { dialect: review.dialect().clone(), mapping: review.mapping().clone() });
    }
    state.report(false);
    Some(if first { Taken::First } else { Taken::More })
}

/// Reads from the first byte to the last. `None` when reading ended for good, another file was opened, or the file
/// cannot be used.
async fn read_through(engine: &Shared, file: &File, generation: u32) -> Option<Pushed> {
    let (mut parts, mut understood, mut turn) = (Reading::of(file), false, now());
    while let Some(part) = parts.next().await {
        match take(engine, generation, &mut parts, part, &mut understood)? {
            Taken::Restart => return Some(Pushed::Restart),
            Taken::First => turn = 0.0,
            Taken::More => {}
        }
        comparing::start(engine);
        // Parts that are there already come without giving way.
        if now() - turn > TURN {
            pause(0).await;
            turn = now();
        }
    }
    {
        let mut state = engine.borrow_mut();
        // Another file may have been opened after the last part came.
        let current = state.generation == generation;
        let review = state.review.as_mut().filter(|_| current)?;
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
    if drafts::put_back(engine, generation).await.is_none() {
        // Nothing was kept of this file; what was mended while it was read is kept from now on.
        drafts::keep(engine);
    }
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
fn usable<T>(pushed: Result<T, RowProblem>) -> Option<T> {
    pushed
        .map_err(|RowProblem { problem, .. }| {
            tell(&Report::FileProblem { code: problem.code, message: problem.message, fatal: true });
        })
        .ok()
}
