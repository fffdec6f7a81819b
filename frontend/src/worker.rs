//! The roster worker: holds the review of one file and answers the page's commands.
//!
//! Everything runs on the worker's one thread. Reading, comparing and sending are tasks that give way at each await, so
//! that commands are answered in between; each carries the generation of the file it began with and ends when another
//! file has been opened since.

mod absent;
mod checking;
mod comparing;
mod counting;
mod drafts;
mod fixing;
mod listing;
mod mending;
mod people;
mod reading;
mod sending;
mod server;
mod transcoding;
mod warming;
mod workbook;

use app::workbench::drafts::Draft;
use app::workbench::protocol::{Command, OTHER_BUILD, Phase, Report, mark, marked};
pub use checking::check;
use js_sys::{Array, Promise, Uint8Array};
use listing::Listing;
use people::People;
use roster::problem::Code;
use roster::review::{FixPlan, Review};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

/// Milliseconds between two reports of running totals.
const REPORT_EVERY: f64 = 80.0;

/// The worker's state.
struct Engine {
    /// Counts the files (and re-reads) that were opened.
    generation: u32,
    file: Option<File>,
    /// The sheet of a workbook that was read last.
    sheet: Option<workbook::Sheet>,
    /// The file that was turned into UTF-8 last.
    transcoded: Option<transcoding::Transcoded>,
    review: Option<Review>,
    listing: Listing,
    people: People,
    absence: absent::Absence,
    /// The fix that was proposed last.
    fix: Option<FixPlan>,
    phase: Phase,
    began: f64,
    took: f64,
    reported: f64,
    comparing: bool,
    sending: bool,
    /// Counts the counts of values that were asked for.
    counts: u32,
    /// Changes are about to be kept.
    keeping: bool,
    /// What of this file was kept last.
    kept: Draft,
}

type Shared = Rc<RefCell<Engine>>;

/// Answers the page's commands from now on.
pub fn listen() {
    let engine: Shared = Rc::new(RefCell::new(Engine {
        generation: 0,
        file: None,
        sheet: None,
        transcoded: None,
        review: None,
        listing: Listing::default(),
        people: People::default(),
        absence: absent::Absence::default(),
        fix: None,
        phase: Phase::Reading,
        began: 0.0,
        took: 0.0,
        reported: 0.0,
        comparing: false,
        sending: false,
        counts: 0,
        keeping: false,
        kept: Draft::new(),
    }));
    let warm = engine.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Ok(message) = event.data().dyn_into::<Array>() else { return };
        let Ok(bytes) = message.get(0).dyn_into::<Uint8Array>() else { return };
        let file = message.get(1).dyn_into::<File>().ok();
        match marked(&bytes.to_vec()).map(postcard::from_bytes) {
            Some(Ok(command)) => obey(&engine, command, file),
            _ => drop(scope().post_message(&OTHER_BUILD.into())),
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The worker answers for as long as it lives.
    on_message.forget();
    spawn_local(warming::up(warm));
}

fn obey(engine: &Shared, command: Command, file: Option<File>) {
    // What was confirmed is what is sent.
    if engine.borrow().sending && changes_plan(&command) {
        return;
    }
    match command {
        Command::Open { sheet, choice, mapping, policy, custom_fields, options } => {
            let Some(file) = file else { return };
            let mut review = Review::new(choice, mapping, policy, custom_fields);
            review.set_options(options);
            let generation = {
                let mut state = engine.borrow_mut();
                state.generation += 1;
                state.file = Some(file);
                state.review = Some(review);
                state.listing = Listing::default();
                state.people = People::default();
                state.absence = absent::Absence::default();
                state.fix = None;
                state.phase = Phase::Reading;
                state.began = now();
                state.reported = 0.0;
                state.comparing = false;
                state.sending = false;
                state.keeping = false;
                state.kept = Draft::new();
                state.generation
            };
            spawn_local(workbook::read(engine.clone(), generation, sheet));
        }
        Command::Rows { ticket, filter, search, value, alike, by_verdict, first, count, keep } => {
            spawn_local(listing::answer(
                engine.clone(),
                listing::Question { ticket, filter, search, value, alike, by_verdict, first, count, keep },
            ));
        }
        Command::CountValues(column) => spawn_local(counting::count(engine.clone(), column)),
        Command::Edit { row, column, value } => {
            spawn_local(edit(engine.clone(), row, column, value));
        }
        Command::Undo => change(engine, |review| {
            review.undo();
        }),
        Command::Redo => change(engine, |review| {
            review.redo();
        }),
        Command::Discard => spawn_local(drafts::discard(engine.clone())),
        Command::ProposeFix { code, pattern } => spawn_local(fixing::propose(engine.clone(), code, pattern)),
        Command::ApplyFix => {
            let plan = engine.borrow_mut().fix.take();
            if let Some(plan) = plan {
                change(engine, |review| {
                    review.apply_fix(plan);
                });
            }
        }
        Command::Choose { row, chosen } => change(engine, |review| review.set_chosen(row, chosen)),
        Command::ChooseAll { verdict, chosen } => {
            change(engine, |review| review.set_all_chosen(verdict, chosen))
        }
        Command::Options(options) => {
            {
                let mut state = engine.borrow_mut();
                let Some(review) = state.review.as_mut() else { return };
                review.set_options(options);
                // Rows may be about other people now; until that is known nothing can be confirmed.
                if review.has_rows_to_ask() && state.phase == Phase::Ready {
                    state.phase = Phase::Comparing;
                }
            }
            settle(engine);
        }
        Command::Absent { from } => spawn_local(absent::turn(engine.clone(), from)),
        Command::ExportProblems => spawn_local(listing::export(engine.clone())),
        Command::Mend { import } => spawn_local(mending::send(engine.clone(), import)),
        Command::Submit(import) => spawn_local(sending::send(engine.clone(), import)),
    }
}

/// Whether a command changes which rows are sent, or what they say.
const fn changes_plan(command: &Command) -> bool {
    matches!(
        command,
        Command::Open { .. }
            | Command::Edit { .. }
            | Command::Undo
            | Command::Redo
            | Command::Discard
            | Command::ApplyFix
            | Command::Choose { .. }
            | Command::ChooseAll { .. }
            | Command::Options(_)
    )
}

/// Changes the review, compares new keys with the directory, and reports.
fn change(engine: &Shared, change: impl FnOnce(&mut Review)) {
    {
        let mut state = engine.borrow_mut();
        let Some(review) = state.review.as_mut() else { return };
        change(review);
    }
    settle(engine);
}

/// After a change: looks up keys that are new, and reports.
fn settle(engine: &Shared) {
    drafts::keep(engine);
    comparing::start(engine);
    engine.borrow_mut().report(true);
}

async fn edit(engine: Shared, row: u32, column: u32, value: String) {
    let span = engine.borrow().review.as_ref().and_then(|review| review.span(row));
    let Some(span) = span else { return };
    let (file, generation) = engine.borrow().source();
    let Some(bytes) = slice(file.as_ref(), span.start, u64::from(span.len)).await else {
        return engine.borrow_mut().lose_file(generation);
    };
    {
        let mut state = engine.borrow_mut();
        if state.generation != generation {
            return;
        }
        if let Some(review) = state.review.as_mut() {
            review.edit(row, column as usize, &value, &bytes);
        }
    }
    settle(&engine);
}

impl Engine {
    /// Posts the running totals; unless `now_please`, at most every [`REPORT_EVERY`] milliseconds.
    fn report(&mut self, now_please: bool) {
        let time = now();
        if !now_please && time - self.reported < REPORT_EVERY {
            return;
        }
        self.reported = time;
        if self.phase == Phase::Reading {
            self.took = time - self.began;
        }
        if let Some(review) = &self.review {
            tell(&Report::Totals {
                totals: review.totals(),
                phase: self.phase,
                elapsed_ms: self.took as u32,
                can_undo: review.can_undo(),
                can_redo: review.can_redo(),
                compared: review.asked_to(),
                memory: core::arch::wasm32::memory_size::<0>() as u64 * 64 * 1024,
            });
        }
    }

    /// Says that the file cannot be read any more, and ends all work on it. What is being sent says so itself.
    fn lose_file(&mut self, generation: u32) {
        if self.generation != generation || self.sending {
            return;
        }
        self.generation += 1;
        self.review = None;
        tell(&Report::FileProblem {
            code: Code::FileNotText,
            message: "The file was changed, moved or removed after it was read. Choose it again.".to_owned(),
            fatal: true,
        });
    }

    fn source(&self) -> (Option<File>, u32) {
        (self.file.clone(), self.generation)
    }
}

/// Reads a part of the file; `None` when the file cannot be read any more (it was changed or removed).
async fn slice(file: Option<&File>, start: u64, len: u64) -> Option<Vec<u8>> {
    // Offsets beyond 2^53 do not occur: that would be a file of eight petabytes.
    let part = file?.slice_with_f64_and_f64(start as f64, (start + len) as f64).ok()?;
    let buffer = JsFuture::from(part.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn tell(report: &Report) {
    let bytes = postcard::to_stdvec(report).expect("reports are plain data");
    let message = Uint8Array::from(mark(&bytes).as_slice());
    let transfer = Array::of1(&message.buffer());
    let _ = scope().post_message_with_transfer(&message, &transfer);
}

fn now() -> f64 {
    js_sys::Date::now()
}

#[wasm_bindgen(module = "/js/turns.js")]
extern "C" {
    /// Lets other tasks have their turn.
    #[wasm_bindgen(js_name = giveWay)]
    fn give_way() -> Promise;
}

/// Waits; not at all means until other tasks have had their turn.
async fn pause(milliseconds: u32) {
    let promise = match milliseconds {
        0 => give_way(),
        _ => Promise::new(&mut |resolve, _| {
            let _ =
                scope().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds as i32);
        }),
    };
    let _ = JsFuture::from(promise).await;
}
