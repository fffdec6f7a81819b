//! One cell: its value, what is wrong with it or was changed, and an input while it is mended.

use super::super::bench;
use leptos::prelude::*;
use roster::problem::Severity;
use roster::review::{Cell, RowView};

/// A cell of a row; a button, which becomes an input in its place.
#[component]
pub fn RowCell(
    row: u32,
    index: u32,
    title: String,
    width: &'static str,
    data: Memo<Option<RowView>>,
) -> impl IntoView {
    let bench = bench();
    let cell = Memo::new(move |_| {
        data.with(|data| data.as_ref().and_then(|data| data.cells.get(index as usize).cloned()))
    });
    let editing = RwSignal::new(false);
    let name = StoredValue::new(format!("{title}, row {row}"));
    let class = move || {
        let state = cell.with(|cell| cell.as_ref().map(state).unwrap_or_default());
        format!("rows-cell {width} {state}")
    };
    let finish = move |value: String| {
        // Leaving the field calls this again: only the first call counts.
        if editing.get_untracked() {
            editing.set(false);
            let before =
                cell.with_untracked(|cell| cell.as_ref().map(|cell| cell.value.clone()).unwrap_or_default());
            if value != before {
                bench.edit(row, index, value);
            }
        }
    };
    let content = move || {
        let Some(current) = cell.get() else { return ().into_any() };
        if editing.get() {
            let value = current.value.clone();
            let input = NodeRef::<leptos::html::Input>::new();
            Effect::new(move |_| {
                if let Some(input) = input.get() {
                    let _ = input.focus();
                    input.select();
                }
            });
            let keys = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
                "Enter" => finish(event_target_value(&event)),
                "Escape" => editing.set(false),
                _ => {}
            };
            return view! {
                <input
                    node_ref=input
                    class="rows-input"
                    aria-label=name.get_value()
                    prop:value=value
                    on:keydown=keys
                    on:blur=move |event| finish(event_target_value(&event))
                />
            }
            .into_any();
        }
        if current.secret {
            return view! { <span class="rows-value">{current.value.clone()}</span>{note(&current)} }
                .into_any();
        }
        view! {
            <button class="rows-value" type="button" aria-label=format!("{}: {}", name.get_value(), current.value) on:click=move |_| editing.set(true)>
                {current.value.clone()}
            </button>
            {note(&current)}
        }
        .into_any()
    };
    view! { <div class=class role="cell">{content}</div> }.into_any()
}

fn note(cell: &Cell) -> Option<AnyView> {
    if let Some(problem) = cell.problems.iter().min_by_key(|problem| problem.code.severity()) {
        let class =
            if problem.code.severity() == Severity::Error { "rows-note is-bad" } else { "rows-note is-warn" };
        return Some(
            view! { <span class=class title=problem.message.clone()>{problem.message.clone()}</span> }
                .into_any(),
        );
    }
    if let Some(old) = cell.old.clone() {
        return Some(view! { <span class="rows-note is-old"><del>{old}</del></span> }.into_any());
    }
    let original = cell.original.clone()?;
    let title = format!("In the file: “{original}”");
    let words = if cell.edited { "edited" } else { "tidied" };
    Some(view! { <span class="rows-note is-old" title=title>{words}</span> }.into_any())
}

fn state(cell: &Cell) -> &'static str {
    match cell.problems.iter().map(|problem| problem.code.severity()).min() {
        Some(Severity::Error) => "has-problem",
        Some(Severity::Warning) => "has-warning",
        None if cell.edited => "is-edited",
        None if cell.old.is_some() => "has-change",
        None => "",
    }
}
