//! An upload that may have been cut off: what has come, and how it goes on.

use crate::api::imports::{ImportState, ImportView, finish_upload};
use crate::components::number::{count, counted};
use crate::components::toast::{ToastKind, toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A notice while rows are still expected.
#[component]
pub fn Upload(
    /// The import.
    id: StoredValue<String>,
    /// Its counts.
    view: RwSignal<ImportView>,
    /// Called when something has changed.
    changed: Callback<()>,
) -> impl IntoView {
    let waiting = Memo::new(move |_| view.with(|view| view.state == ImportState::Receiving));
    let told = move || {
        let (received, rows) = view.with(|view| (view.received, view.rows));
        [
            count(received.into()).as_str(),
            " of ",
            &counted(rows.into(), "row has", "rows have"),
            " come. If no tab is sending them any more, choose the same file again, in any browser and on any day: nothing is \
             sent twice.",
        ]
        .concat()
    };
    let finish = move |_| {
        spawn_local(async move {
            if let Err(error) = finish_upload(id.get_value()).await {
                toasts().say(error.to_string(), ToastKind::Problem);
            }
            changed.run(());
        });
    };
    view! {
        <Show when=move || waiting.get()>
            <div class="notice is-info" role="status">
                <p>{told}</p>
                <p>
                    <a class="button is-small" href="/admin/people/import" rel="external">"Choose the file again"</a>
                    " "
                    <button class="button is-small" type="button" on:click=finish>"Finish with the rows that have come"</button>
                </p>
            </div>
        </Show>
    }
    .into_any()
}
