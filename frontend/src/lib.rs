//! The Wasm entry points: hydrating the page, and the roster worker's loop. One module serves both.
#![recursion_limit = "512"]

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's own script: takes over the HTML that the server sent.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::app::App);
    // From here on the page answers; whoever drives a browser can wait for it.
    if let Some(root) = leptos::prelude::document().document_element() {
        let _ = root.set_attribute("data-hydrated", "true");
    }
}

/// Called by `roster-worker.js`: answers the page's commands from then on.
#[cfg(feature = "admin")]
#[wasm_bindgen]
pub fn roster_worker() {
    console_error_panic_hook::set_once();
    app::workbench::engine::listen();
}

#[cfg(feature = "admin")]
/// What `rollcall check --json` would print for these bytes: holds the two builds of the reader together.
#[wasm_bindgen]
#[must_use]
pub fn check_roster(bytes: &[u8]) -> String {
    app::workbench::check(bytes)
}
