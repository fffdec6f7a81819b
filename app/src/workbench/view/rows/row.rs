//! One row: what it would do, whether it is to be done, and its cells.

use super::super::bench;
use super::Column;
use super::cell::RowCell;
use crate::components::number::count;
use crate::components::verdict::verdict_class;
use leptos::prelude::*;
use roster::review::{RowView, Verdict};

/// A row of the table. It keeps what it last showed while the rows around it are fetched.
#[component]
pub fn Row(place: u32, row: u32, columns: Memo<Vec<Column>>) -> impl IntoView {
    let bench = bench();
    let data = Memo::new(move |before: Option<&Option<RowView>>| {
        bench
            .window
            .with(|window| window.rows.iter().find(|view| view.row == row).cloned())
            .or_else(|| before.cloned().flatten())
    });
    let verdict =
        Memo::new(move |_| data.with(|data| data.as_ref().map_or(Verdict::Skip, |data| data.verdict)));
    let chosen = Memo::new(move |_| data.with(|data| data.as_ref().is_some_and(|data| data.chosen)));
    let can_choose = Memo::new(move |_| data.with(|data| data.as_ref().is_some_and(|data| data.can_choose)));
    let reason = Memo::new(move |_| data.with(|data| data.as_ref().and_then(|data| data.reason.clone())));
    let cells =
        Memo::new(move |_| data.with(|data| data.as_ref().map(|data| data.cells.len()).unwrap_or_default()));
    let action = Memo::new(move |_| data.with(|data| data.as_ref().is_some_and(|data| data.exists)));
    let label = move || format!("{}, row {row}", if action.get() { "Update" } else { "Add new" });
    let class = move || format!("rows-row {}", verdict_class(verdict.get()));
    let cell_views =
        move || {
            let widths = columns.get();
            (0..cells.get().max(widths.len()))
                .map(|index| {
                    let Column { title, width, splits } = widths.get(index).cloned().unwrap_or_else(|| {
                        Column { title: format!("Cell {}", index + 1), width: "", splits: false }
                    });
                    view! { <RowCell row index=index as u32 title width splits data/> }
                })
                .collect_view()
        };
    view! {
        <div class=class role="row" aria-rowindex=(place + 2).to_string()>
            <div class="rows-cell is-verdict" role="cell" title=move || reason.get().unwrap_or_default()>
                <label class="rows-check">
                    <input
                        type="checkbox"
                        aria-label=label
                        prop:checked=move || chosen.get()
                        prop:disabled=move || !can_choose.get()
                        on:change=move |event| bench.choose(row, event_target_checked(&event))
                    />
                    <span class=move || format!("verdict {}", verdict_class(verdict.get()))><i class="verdict-sign" aria-hidden="true"></i><span>{move || verdict.get().label()}</span></span>
                </label>
            </div>
            <div class="rows-cell is-number" role="cell" title=move || data.with(|data| data.as_ref().map(|data| format!("Line {}", count(data.line.into()))))>{count(row.into())}</div>
            {cell_views}
        </div>
    }
    .into_any()
}
