//! The Wasm entry points: hydrating the page, and the roster worker's loop. One module serves both.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's own script: takes over the HTML that the server sent.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::app::App);
}

/// Called by `roster-worker.js`: answers the page's commands from then on.
#[wasm_bindgen]
pub fn roster_worker() {
    console_error_panic_hook::set_once();
    app::workbench::engine::listen();
}
