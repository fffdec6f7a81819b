//! The workbench is put up once where nobody sees it, piece by piece, while a person is still choosing a file. A browser
//! compiles a function of Wasm when it runs for the first time; hundreds of them would do so between the choice of the first
//! file and its first rows, and keep the page from answering meanwhile.

use crate::workbench::protocol::{Phase, Report};
use crate::workbench::state::{FileInfo, Workbench};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use roster::columns::{ColumnMapping, MappedColumn, Target};
use roster::dialect::Dialect;
use roster::field::Field;
use roster::review::{Cell, RowView, Totals, Verdict};
use std::time::Duration;

/// Between two pieces the page answers to the person.
const PAUSE: Duration = Duration::from_millis(20);

/// What is put up, in this order.
const PIECES: [fn(Workbench) -> AnyView; 8] = [
    decode,
    |bench| {
        bench.file.set(Some(FileInfo { name: String::new(), size: 1, to_read: 1 }));
        bench.phase.set(Some(Phase::Reading));
        view! { <super::file_card::FileCard/> }.into_any()
    },
    |_| view! { <super::toolbar::Toolbar/> }.into_any(),
    |_| view! { <super::rows::Rows/> }.into_any(),
    |bench| {
        bench.hear(Report::Understood { dialect: Dialect::default(), mapping: mapping() });
        bench.hear(totals());
        ().into_any()
    },
    |bench| {
        bench.hear(Report::Rows { ticket: u32::MAX, total: 2, first: 0, rows: vec![row(1), row(2)] });
        ().into_any()
    },
    |_| view! { <super::aside::Problems/> <super::values::Values/> <super::aside::SeatsNeeded/> }.into_any(),
    |_| view! { <super::aside::ImportOptions/> }.into_any(),
];

/// A workbench of its own, and what is put up of it.
struct Rehearsal {
    owner: Owner,
    bench: Workbench,
    stage: web_sys::Element,
    pieces: Vec<AnyViewState>,
}

/// Begins; ends when all was put up, or a file is chosen.
pub fn begin(bench: Workbench) {
    let Ok(stage) = document().create_element("div") else { return };
    let owner = Owner::new();
    let copy = owner.with(|| {
        let copy = Workbench::new(bench.context.get_value());
        provide_context(copy);
        copy
    });
    go_on(bench, Rehearsal { owner, bench: copy, stage, pieces: Vec::new() }, 0);
}

fn go_on(bench: Workbench, mut rehearsal: Rehearsal, next: usize) {
    let piece = move || {
        let chosen = bench.file.try_with_untracked(Option::is_some).unwrap_or(true);
        match PIECES.get(next).filter(|_| !chosen) {
            Some(piece) => {
                rehearsal.put_up(*piece);
                go_on(bench, rehearsal, next + 1);
            }
            None => rehearsal.end(),
        }
    };
    set_timeout(piece, PAUSE);
}

impl Rehearsal {
    fn put_up(&mut self, piece: fn(Workbench) -> AnyView) {
        let state = self.owner.with(|| {
            let mut state = piece(self.bench).build();
            state.mount(&self.stage, None);
            state
        });
        self.pieces.push(state);
    }

    fn end(mut self) {
        for piece in &mut self.pieces {
            piece.unmount();
        }
        self.owner.cleanup();
    }
}

/// Understands a message that is none.
fn decode(_: Workbench) -> AnyView {
    let _ = postcard::from_bytes::<Report>(&[u8::MAX]);
    ().into_any()
}

fn mapping() -> ColumnMapping {
    let columns = vec![MappedColumn {
        header: String::new(),
        target: Target::Field(Field::Username),
        reason: String::new(),
        samples: Vec::new(),
        suggestion: None,
    }];
    ColumnMapping { columns, ..ColumnMapping::default() }
}

fn totals() -> Report {
    Report::Totals {
        totals: Totals { rows: 2, add_new: 2, ..Totals::default() },
        phase: Phase::Reading,
        elapsed_ms: 0,
        can_undo: false,
        can_redo: false,
        compared: 0,
        memory: 0,
    }
}

fn row(row: u32) -> RowView {
    RowView {
        row,
        line: row + 1,
        verdict: Verdict::AddNew,
        reason: None,
        chosen: true,
        can_choose: true,
        exists: false,
        person_key: None,
        cells: vec![Cell::default()],
        problems: Vec::new(),
    }
}
