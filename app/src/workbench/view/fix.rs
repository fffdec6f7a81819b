//! A fix for all rows with one problem: shown before it is done, and undone by one press.

use super::bench;
use crate::components::number::count;
use crate::workbench::protocol::Command;
use leptos::html::Dialog;
use leptos::prelude::*;

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
        if let Some(fix) = bench.fix.get_untracked() {
            bench.tell(&Command::ApplyFix(fix.code));
            bench.fix.set(None);
            bench.ask_rows(true);
        }
    };
    let body = move || {
        bench.fix.get().map(|fix| {
            let more = (fix.rows as usize).saturating_sub(fix.samples.len());
            view! {
                <div class="dialog-head"><h2 id="fix-title">{fix.title.clone()}</h2></div>
                <div class="dialog-body">
                    <p>{fix.explanation.clone()}</p>
                    <div class="preview" tabindex="0" role="region" aria-label="Preview">
                        <table class="table">
                            <thead><tr><th scope="col">"Row"</th><th scope="col">"Now"</th><th scope="col">"Then"</th></tr></thead>
                            <tbody>
                                {fix.samples.iter().map(|sample| view! {
                                    <tr><td>{count(sample.row.into())}</td><td><del>{sample.before.clone()}</del></td><td><ins>{sample.after.clone()}</ins></td></tr>
                                }).collect_view()}
                            </tbody>
                        </table>
                    </div>
                    {(more > 0).then(|| view! { <p class="muted">{format!("and {} more", count(more as u64))}</p> })}
                </div>
                <div class="dialog-foot">
                    <button class="button" type="button" on:click=move |_| bench.fix.set(None)>"Keep as it is"</button>
                    <button class="button is-primary" type="button" on:click=apply>{format!("Change {} rows", count(fix.rows.into()))}</button>
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
