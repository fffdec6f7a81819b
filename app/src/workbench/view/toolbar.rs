//! Which rows are shown, and in which order: by verdict, only those with problems, by text.

use super::bench;
use crate::components::icon::Icon;
use crate::components::number::count;
use crate::workbench::protocol::Command;
use leptos::prelude::*;
use roster::review::{Filter, Totals, Verdict};

/// The counts above the table; pressing one shows its rows.
#[component]
pub fn Toolbar() -> impl IntoView {
    let bench = bench();
    let search = move |event| {
        bench.search.set(event_target_value(&event));
        bench.ask_rows(false);
    };
    let only_problems = move |event| {
        let only_problems = event_target_checked(&event);
        bench.show(Filter { only_problems, ..bench.filter.get_untracked() });
    };
    view! {
        <div class="toolbar">
            <div class="toolbar-line">
                <div class="segments" role="group" aria-label="Show">
                    {segment("All", None, |totals| totals.rows)}
                    {segment("Add new", Some(Verdict::AddNew), |totals| totals.add_new)}
                    {segment("Update", Some(Verdict::Update), |totals| totals.update)}
                    {segment("Unchanged", Some(Verdict::Unchanged), |totals| totals.unchanged)}
                    {segment("Skip", Some(Verdict::Skip), |totals| totals.skip)}
                    {segment("Invalid", Some(Verdict::Invalid), |totals| totals.invalid)}
                </div>
                <div class="toolbar-end">
                    {again("undo", "Undo", bench.can_undo, || Command::Undo)}
                    {again("redo", "Redo", bench.can_redo, || Command::Redo)}
                </div>
            </div>
            <div class="search">
                <Icon name="search"/>
                <input class="input" type="search" aria-label="Search rows" placeholder="Search rows" prop:value=move || bench.search.get() on:input=search/>
            </div>
            <label class="check">
                <input type="checkbox" prop:checked=move || bench.filter.with(|filter| filter.only_problems) on:change=only_problems/>
                <span>"Only rows with problems"</span>
            </label>
            <label class="check">
                <input type="checkbox" prop:checked=move || bench.by_verdict.get() on:change=move |event| bench.sort_by_verdict(event_target_checked(&event))/>
                <span>"Sort by what rows do"</span>
            </label>
        </div>
    }
    .into_any()
}

/// A button that takes a change back, or does it again. It is always there, so that nothing moves when the first change is
/// made, and keeps the focus when the last one was taken back.
fn again(
    id: &'static str,
    name: &'static str,
    possible: RwSignal<bool>,
    command: fn() -> Command,
) -> impl IntoView {
    let bench = bench();
    let disabled = move || !possible.get() || bench.is_sending();
    let press = move |_| {
        if !untrack(disabled) {
            bench.tell(&command());
            bench.ask_rows(true);
        }
    };
    view! {
        <button
            class="button is-small is-quiet"
            id=id
            type="button"
            aria-disabled=move || if disabled() { "true" } else { "false" }
            on:click=press
        >
            {name}
        </button>
    }
    .into_any()
}

fn segment(name: &'static str, verdict: Option<Verdict>, of: fn(&Totals) -> u32) -> impl IntoView {
    let bench = bench();
    let number = Memo::new(move |_| bench.totals.with(of));
    let pressed = move || bench.filter.with(|filter| filter.verdict == verdict && filter.code.is_none());
    let press = move |_| {
        let only_problems = bench.filter.with_untracked(|filter| filter.only_problems);
        bench.show(Filter { verdict, code: None, only_problems });
    };
    view! {
        <button
            class="segment"
            class:is-empty=move || number.get() == 0
            type="button"
            aria-pressed=move || if pressed() { "true" } else { "false" }
            on:click=press
        >
            {name} " " <span class="segment-count">{move || count(number.get().into())}</span>
        </button>
    }
    .into_any()
}
