//! A fix for all rows with one problem: shown before it is done, and undone by one press.

use super::bench;
use crate::components::number::{count, counted};
use crate::workbench::protocol::Command;
use crate::workbench::state::Workbench;
use leptos::html::Dialog;
use leptos::prelude::*;
use roster::problem::Code;
use roster::review::is_pattern;

/// What usernames are made from; another pattern shows at once what it would make.
fn pattern_field(bench: Workbench, code: Code, pattern: String) -> impl IntoView {
    let unusable = RwSignal::new(false);
    let change = move |event| {
        let pattern = event_target_value(&event);
        unusable.set(!is_pattern(&pattern));
        if !unusable.get_untracked() {
            bench.propose_fix(code, Some(pattern));
        }
    };
    view! {
        <div class="field">
            <label class="field-label" for="fix-pattern">"Pattern"</label>
            <input
                class="input"
                id="fix-pattern"
                type="text"
                autocomplete="off"
                spellcheck="false"
                value=pattern
                aria-invalid=move || unusable.get().then_some("true")
                aria-describedby="fix-pattern-note"
                on:change=change
            />
            <p class="field-hint" class:is-bad=unusable id="fix-pattern-note">
                {move || if unusable.get() {
                    "Use at least one of {first} {last} {f} {l} {email}, and else only letters, digits and . _ -"
                } else {
                    "{first} {last}: the names; {f} {l}: their first letters; {email}: the address up to the @"
                }}
            </p>
        </div>
    }
    .into_any()
}

/// The dialog that shows what a fix would do.
#[component]
pub fn FixDialog() -> impl IntoView {
    let bench = bench();
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let open = bench.fix.with(Option::is_some);
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    let apply = move |_| {
        if bench.fix.with_untracked(Option::is_some) {
            bench.tell(&Command::ApplyFix);
            bench.fix.set(None);
            bench.ask_rows(true);
            // The problem may be gone from the list, and with it the button that opened this; what was done is taken back there.
            super::focus::to("undo");
        }
    };
    // Another pattern changes the preview alone: what is typed into, and what has the focus, stays.
    let shown = Memo::new(move |_| {
        bench.fix.with(|fix| fix.as_ref().map(|fix| (fix.code, fix.title.clone(), fix.pattern.is_some())))
    });
    let rows = Memo::new(move |_| bench.fix.with(|fix| fix.as_ref().map_or(0, |fix| fix.rows)));
    let explanation =
        move || bench.fix.with(|fix| fix.as_ref().map(|fix| fix.explanation.clone()).unwrap_or_default());
    let samples =
        move || bench.fix.with(|fix| fix.as_ref().map(|fix| fix.samples.clone()).unwrap_or_default());
    let more = move || {
        let more = u64::from(rows.get()).saturating_sub(samples().len() as u64);
        (more > 0).then(|| view! { <p class="muted">{format!("and {} more", count(more))}</p> })
    };
    let body = move || {
        shown.get().map(|(code, title, has_pattern)| {
            let pattern = bench.fix.with_untracked(|fix| fix.as_ref().and_then(|fix| fix.pattern.clone()));
            view! {
                <div class="dialog-head"><h2 id="fix-title">{title}</h2></div>
                <div class="dialog-body">
                    <p>{explanation}</p>
                    {has_pattern.then(|| pattern_field(bench, code, pattern.unwrap_or_default()))}
                    <div class="preview" tabindex="0" role="region" aria-label="Preview">
                        <table class="table">
                            <thead><tr><th scope="col">"Row"</th><th scope="col">"Now"</th><th scope="col">"Then"</th></tr></thead>
                            <tbody>
                                {move || samples().into_iter().map(|sample| view! {
                                    <tr><td>{count(sample.row.into())}</td><td><del>{sample.before}</del></td><td><ins>{sample.after}</ins></td></tr>
                                }).collect_view()}
                            </tbody>
                        </table>
                    </div>
                    {more}
                </div>
                <div class="dialog-foot">
                    <button class="button" type="button" on:click=move |_| bench.fix.set(None)>"Keep as it is"</button>
                    <button class="button is-primary" type="button" disabled=move || rows.get() == 0 on:click=apply>
                        {move || format!("Change {}", counted(rows.get().into(), "row", "rows"))}
                    </button>
                </div>
            }
        })
    };
    view! {
        <dialog class="dialog is-broad" aria-labelledby="fix-title" node_ref=dialog on:close=move |_| bench.fix.set(None)>
            {body}
        </dialog>
    }
    .into_any()
}
