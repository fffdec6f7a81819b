//! Which sheet of a workbook is read.

use super::bench;
use leptos::prelude::*;

/// The sheets of a workbook, where there are several.
#[component]
pub fn SheetChip() -> impl IntoView {
    let bench = bench();
    let several = Memo::new(move |_| bench.sheets.with(|sheets| sheets.len() > 1));
    let name = move || bench.sheets.with(|sheets| sheets.get(bench.sheet.get() as usize).cloned());
    let choice = move |(number, name): (usize, String)| {
        let number = number as u32;
        let pick = move |_| {
            bench.sheet.set(number);
            bench.targets.set(None);
            bench.choice.set(Default::default());
            bench.read();
        };
        view! {
            <label class="choice">
                <input type="radio" name="sheet" prop:checked=move || bench.sheet.get() == number on:change=pick/>
                <span class="choice-name">{name}</span>
            </label>
        }
    };
    let choices = move || bench.sheets.get().into_iter().enumerate().map(choice).collect_view();
    view! {
        <Show when=move || several.get()>
            <button class="chip" type="button" popovertarget="pick-sheet">"Sheet " <b>{name}</b></button>
            <div class="popover" id="pick-sheet" popover="auto">
                <h3 class="popover-title">"Sheet"</h3>
                <p class="popover-note">"Choose the one with the people. Hidden sheets are left out."</p>
                <div class="choices">{choices}</div>
            </div>
        </Show>
    }
    .into_any()
}
