//! Files in East Asian encodings: the browser turns them into UTF-8, and that is read as any file.

use super::Shared;
use roster::encoding::Encoding;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

#[wasm_bindgen(module = "/js/transcoding.js")]
extern "C" {
    fn transcode(file: &File, label: &str) -> js_sys::Promise;
}

/// A file that was turned into UTF-8: it is kept, because the same file is read again when something else is chosen for it.
pub struct Transcoded {
    /// Name, size and time of the file, and its encoding.
    of: (String, f64, f64, Encoding),
    text: File,
}

/// The file as UTF-8; `None` when it cannot be read.
pub async fn transcoded(file: &File, encoding: Encoding) -> Option<File> {
    JsFuture::from(transcode(file, encoding.label())).await.ok()?.dyn_into().ok()
}

/// Puts the file as UTF-8 in the place of the engine's; `None` when it cannot be read or another one was opened.
pub async fn replace(engine: &Shared, generation: u32, encoding: Encoding) -> Option<File> {
    let file = engine.borrow().source().0?;
    let of = (file.name(), file.size(), file.last_modified(), encoding);
    let kept = engine.borrow().transcoded.as_ref().filter(|kept| kept.of == of).map(|kept| kept.text.clone());
    let text = match kept {
        Some(text) => text,
        None => transcoded(&file, encoding).await?,
    };
    let mut state = engine.borrow_mut();
    if state.generation != generation {
        return None;
    }
    state.transcoded = Some(Transcoded { of, text: text.clone() });
    state.file = Some(text.clone());
    state.review.as_mut()?.read_as(encoding);
    Some(text)
}
