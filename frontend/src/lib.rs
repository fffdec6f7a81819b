//! The Wasm entry points: hydrating the page, and the roster worker's loop. Each is a module of its own, made by the
//! features of this crate: the worker needs no pages and is built for speed, the pages for size, and workbooks are read by
//! a module that most people never load.
#![recursion_limit = "512"]

#[cfg(feature = "worker")]
mod worker;

#[cfg(any(feature = "people", feature = "worker", feature = "workbook"))]
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's own script: takes over the HTML that the server sent.
#[cfg(feature = "people")]
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::builds::watch_links();
    leptos::mount::hydrate_body(app::app::App);
    // From here on the page answers; whoever drives a browser can wait for it.
    if let Some(root) = leptos::prelude::document().document_element() {
        let _ = root.set_attribute("data-hydrated", "true");
    }
}

/// Called by `roster-worker.js`: answers the page's commands from then on.
#[cfg(feature = "worker")]
#[wasm_bindgen]
pub fn roster_worker() {
    console_error_panic_hook::set_once();
    worker::listen();
}

/// Gives the worker the table of common passwords, which it is built without; called before it answers anything.
#[cfg(feature = "worker")]
#[wasm_bindgen]
pub fn common_passwords(table: Vec<u8>) {
    roster::policy::blocklist::provide(table);
}

/// What `rollcall check --json` would print for this file, read as the workbench reads it; a file that cannot be used
/// gives its problem's code. Holds the two builds of the reader together, and is what measurements compare with others.
#[cfg(feature = "worker")]
#[wasm_bindgen]
pub async fn check_file(file: web_sys::File) -> String {
    match worker::check(file).await {
        Ok(review) => {
            serde_json::to_string(&roster::summary::Summary::of(&review)).expect("a summary is plain data")
        }
        Err(found) => found.problem.code.as_str().to_owned(),
    }
}

/// A sheet of an Excel workbook as CSV, its number, and the names of all sheets: an array of bytes, a number, then texts. A
/// number that no sheet has stands for the one that people are on, most likely. Throws a sentence.
///
/// # Errors
/// It is no workbook that can be read.
#[cfg(feature = "workbook")]
#[wasm_bindgen]
pub fn read_workbook(bytes: &[u8], sheet: u32) -> Result<js_sys::Array, wasm_bindgen::JsValue> {
    use roster::workbook::Workbook;

    console_error_panic_hook::set_once();
    let told = |found: roster::RowProblem| wasm_bindgen::JsValue::from(found.problem.message);
    let mut book = Workbook::open(bytes).map_err(told)?;
    let sheet = match sheet as usize {
        chosen if chosen < book.sheets().len() => chosen,
        _ => book.likeliest(),
    };
    let csv = book.csv(sheet).map_err(told)?;
    let csv = js_sys::Uint8Array::from(csv.as_bytes());
    let answer = js_sys::Array::of2(&csv.into(), &(sheet as u32).into());
    for name in book.sheets() {
        answer.push(&name.as_str().into());
    }
    Ok(answer)
}
