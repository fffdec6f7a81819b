//! Excel workbooks: one sheet becomes a CSV file, which is read as any other.

use super::{Shared, reading, tell};
use app::workbench::protocol::Report;
use js_sys::Array;
use roster::problem::Code;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

#[wasm_bindgen(module = "/js/workbook.js")]
extern "C" {
    #[wasm_bindgen(js_name = sheet)]
    fn read_sheet(file: &File, number: u32) -> js_sys::Promise;
}

/// A sheet that was read: it is kept, because the same file is read again when something else is chosen for it.
pub struct Sheet {
    /// Name, size and time of the workbook, and the number of the sheet.
    of: (String, f64, f64, u32),
    csv: File,
    names: Vec<String>,
}

/// Reads the file of the engine; of a workbook this sheet, counted from 0, or the likeliest.
pub async fn read(engine: Shared, generation: u32, sheet: u32) {
    let (file, _) = engine.borrow().source();
    let Some(file) = file else { return };
    let name = file.name().to_lowercase();
    if name.ends_with(".xlsx") || name.ends_with(".xlsm") {
        let of = (name, file.size(), file.last_modified(), sheet);
        if engine.borrow().sheet.as_ref().is_none_or(|kept| kept.of != of) {
            match csv_of(&file, sheet).await {
                Ok((csv, number, names)) => {
                    let of = (of.0, of.1, of.2, number);
                    let mut state = engine.borrow_mut();
                    if state.generation != generation {
                        return;
                    }
                    state.sheet = Some(Sheet { of, csv, names });
                }
                Err(error) => {
                    if engine.borrow().generation == generation {
                        let message = error.as_string().unwrap_or_else(|| {
                            "The workbook cannot be read. Save the sheet with the people as CSV and choose that file."
                                .to_owned()
                        });
                        tell(&Report::FileProblem { code: Code::FileNotText, message, fatal: true });
                    }
                    return;
                }
            }
        }
        let mut state = engine.borrow_mut();
        if state.generation != generation {
            return;
        }
        let kept = state.sheet.as_ref().map(|kept| (kept.csv.clone(), kept.of.3, kept.names.clone()));
        if let Some((csv, sheet, names)) = kept {
            tell(&Report::Sheets { bytes: csv.size() as u64, sheet, names });
            state.file = Some(csv);
        }
    }
    reading::read(engine, generation).await;
}

async fn csv_of(file: &File, sheet: u32) -> Result<(File, u32, Vec<String>), JsValue> {
    let answer: Array = JsFuture::from(read_sheet(file, sheet)).await?.dyn_into()?;
    let csv = File::new_with_buffer_source_sequence(&Array::of1(&answer.get(0)), "sheet.csv")?;
    let number = answer.get(1).as_f64().unwrap_or_default() as u32;
    Ok((csv, number, answer.iter().skip(2).filter_map(|name| name.as_string()).collect()))
}
