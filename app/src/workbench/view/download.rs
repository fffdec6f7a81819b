//! Hands a file that was made in the browser to the person.

/// Saves bytes as a file.
#[cfg(feature = "hydrate")]
pub fn save(name: &str, bytes: &[u8]) {
    use wasm_bindgen::JsCast;

    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes).into());
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("text/csv;charset=utf-8");
    let Ok(blob) = web_sys::Blob::new_with_u8_array_sequence_and_options(&parts, &options) else { return };
    let Ok(address) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
    let link = leptos::prelude::document()
        .create_element("a")
        .ok()
        .and_then(|link| link.dyn_into::<web_sys::HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&address);
        link.set_download(name);
        link.click();
    }
    let _ = web_sys::Url::revoke_object_url(&address);
}

/// Saves bytes as a file: only in the browser.
#[cfg(not(feature = "hydrate"))]
pub fn save(_name: &str, _bytes: &[u8]) {}
