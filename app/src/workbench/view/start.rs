//! Before a file is chosen: what a roster is, and three ways to bring one.

use super::bench;
use crate::api::imports::MendedImport;
use crate::components::logo::DropArt;
use leptos::html::Input;
use leptos::prelude::*;

/// The empty workbench.
#[component]
pub fn Start() -> impl IntoView {
    let bench = bench();
    let input = NodeRef::<Input>::new();
    let over = RwSignal::new(false);
    // Whoever closed a file finds the focus where the next one is chosen.
    if bench.turn.get_untracked() > 0 {
        super::focus::to("choose-file");
    }
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let chosen = move |_| {
        #[cfg(feature = "hydrate")]
        if let Some(files) = input.get_untracked().and_then(|input| input.files()) {
            bench.open_all(&files);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = bench;
    };
    view! {
        {mended_wanted(bench.context.with_value(|context| context.mends.clone()))}
        <div class="start">
            <section
                class="dropzone"
                class:is-over=move || over.get()
                aria-labelledby="drop-title"
                on:dragenter=move |_| over.set(true)
                on:dragleave=move |_| over.set(false)
                on:drop=move |_| over.set(false)
            >
                <DropArt/>
                <h2 id="drop-title">"Drop a roster here"</h2>
                <p>"A CSV file of any size, or an Excel workbook, as your school, HR or directory system exports it. It is read in this browser; nothing is sent before you confirm."</p>
                <div class="dropzone-actions">
                    <button class="button is-primary is-large" id="choose-file" type="button" on:click=choose>"Choose file"</button>
                    <a class="button is-large" href="/rollcall-template.csv" download="rollcall-template.csv" rel="external">"Download the template"</a>
                </div>
                <input
                    node_ref=input
                    class="visually-hidden"
                    type="file"
                    multiple
                    tabindex="-1"
                    aria-label="Roster file"
                    accept=".csv,.tsv,.txt,.xlsx,.xlsm,text/csv,text/plain,text/tab-separated-values"
                    on:change=chosen
                />
                <p class="dropzone-or">"or paste rows from a spreadsheet (Ctrl+V)"</p>
            </section>
            <section class="card" aria-labelledby="example-title">
                <div class="card-head">
                    <h2 class="card-title" id="example-title">"What a roster looks like"</h2>
                    <p class="card-note">"Column titles may be named differently, stand in any order, or be in another language."</p>
                </div>
                <div class="table-wrap" role="region" aria-label="Example" tabindex="0">
                    <table class="table">
                        <thead><tr><th scope="col">"Username"</th><th scope="col">"First name"</th><th scope="col">"Last name"</th><th scope="col">"Email"</th><th scope="col">"Change password next time"</th></tr></thead>
                        <tbody>
                            <tr><td>"mmueller"</td><td>"Márta"</td><td>"Müller"</td><td>"marta.mueller@example.org"</td><td>"1"</td></tr>
                            <tr><td>"jobrien"</td><td>"John"</td><td>"O’Brien"</td><td>"john.obrien@example.org"</td><td>"1"</td></tr>
                        </tbody>
                    </table>
                </div>
            </section>
            <div class="start-notes">
                <div><h3>"Every row, before anything happens"</h3><p>"See what each row would do: add, update, leave alone, or why it cannot be used. Mend it right here."</p></div>
                <div><h3>"Create now, tell people later"</h3><p>"Accounts can wait silently. Send the login details when the day has come, in waves if you like."</p></div>
                <div><h3>"One bad row stops nobody"</h3><p>"Good rows go ahead; the others come back as a file with the reason beside each."</p></div>
            </div>
        </div>
    }
    .into_any()
}

/// Says which import's failed rows are wanted, where it is one.
fn mended_wanted(import: Option<MendedImport>) -> AnyView {
    let Some(MendedImport { file_name, .. }) = import else { return ().into_any() };
    view! {
        <div class="notice is-info">
            <div>
                <p class="notice-title">"Failed rows of "{file_name}</p>
                <p>"Choose the file of failed rows as it was downloaded and mended. Its rows go on in that import."</p>
            </div>
            <div class="notice-actions"><a class="button is-small" href="/admin/people/import">"Import another file"</a></div>
        </div>
    }
    .into_any()
}

/// Takes what is dropped anywhere on the page, or pasted as text; while a file is under review, it waits.
#[cfg(feature = "hydrate")]
pub fn take_pasted_and_dropped(bench: crate::workbench::state::Workbench) {
    use leptos::ev;
    use wasm_bindgen::JsCast;

    let hold = window_event_listener(ev::dragover, |event| event.prevent_default());
    let drop = window_event_listener(ev::drop, move |event| {
        event.prevent_default();
        let Some(data) = event.data_transfer() else { return };
        let Some(files) = data.files().filter(|files| files.length() > 0) else { return };
        if let (Some(name), true) = (folder(&data), untrack(|| bench.is_free())) {
            return bench.refuse(name, "This is a folder. Drop the files that are in it.");
        }
        bench.take(&files);
    });
    let paste = window_event_listener(ev::paste, move |event| {
        let typing = document().active_element().is_some_and(|element| {
            element.dyn_ref::<web_sys::HtmlInputElement>().is_some_and(|input| input.type_() != "file")
        });
        let asked = document().query_selector("dialog[open]").is_ok_and(|dialog| dialog.is_some());
        if typing || asked {
            return;
        }
        let Some(data) = event.clipboard_data() else { return };
        if let Some(files) = data.files().filter(|files| files.length() > 0) {
            bench.take(&files);
        } else if let Ok(text) = data.get_data("text/plain")
            && !text.trim().is_empty()
        {
            let parts = js_sys::Array::of1(&text.into());
            if let Ok(file) = web_sys::File::new_with_str_sequence(&parts, "pasted rows") {
                if untrack(|| bench.is_free()) {
                    bench.open(file);
                } else {
                    bench.wait(vec![file]);
                }
            }
        }
    });
    on_cleanup(move || {
        hold.remove();
        drop.remove();
        paste.remove();
    });
}

/// The name of a folder among what was dropped.
#[cfg(feature = "hydrate")]
fn folder(data: &web_sys::DataTransfer) -> Option<String> {
    let items = data.items();
    (0..items.length()).find_map(|at| {
        let entry = items.get(at)?.webkit_get_as_entry().ok()??;
        entry.is_directory().then(|| entry.name())
    })
}

/// Starts the worker at the first sign of a person, so that the page itself loads first and a chosen file still finds
/// the worker, and the page, ready.
#[cfg(feature = "hydrate")]
pub fn begin_with_the_person(bench: crate::workbench::state::Workbench) {
    use leptos::ev;

    let rehearsed = StoredValue::new(false);
    let begin = move || {
        bench.start();
        if rehearsed.try_update_value(|rehearsed| std::mem::replace(rehearsed, true)) == Some(false) {
            super::rehearsal::begin(bench);
        }
    };
    let pointer = window_event_listener(ev::pointermove, move |_| begin());
    let key = window_event_listener(ev::keydown, move |_| begin());
    let drag = window_event_listener(ev::dragenter, move |_| begin());
    on_cleanup(move || {
        pointer.remove();
        key.remove();
        drag.remove();
    });
}
