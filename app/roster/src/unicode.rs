//! Unicode normalisation (UAX #15). A browser has it built in; there, tables of our own would only be loaded twice.

use std::borrow::Cow;

/// Canonical composition (NFC).
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

/// Canonical composition (NFC).
#[cfg(target_arch = "wasm32")]
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    normalize(text, "NFC")
}

/// Compatibility composition (NFKC).
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn nfkc(text: &str) -> Cow<'_, str> {
    use unicode_normalization::UnicodeNormalization;

    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) }
}

/// Compatibility composition (NFKC).
#[cfg(target_arch = "wasm32")]
pub(crate) fn nfkc(text: &str) -> Cow<'_, str> {
    normalize(text, "NFKC")
}

/// Canonical decomposition (NFD).
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn nfd(text: &str) -> Cow<'_, str> {
    use unicode_normalization::UnicodeNormalization;

    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfd().collect()) }
}

/// Canonical decomposition (NFD).
#[cfg(target_arch = "wasm32")]
pub(crate) fn nfd(text: &str) -> Cow<'_, str> {
    normalize(text, "NFD")
}

#[cfg(target_arch = "wasm32")]
fn normalize<'a>(text: &'a str, form: &str) -> Cow<'a, str> {
    // Latin-1 letters, the bulk of what is not ASCII, are composed already; only NFKC has something to do there.
    let composed = form == "NFC" && text.chars().all(|c| u32::from(c) < 0x300);
    if composed || text.is_ascii() {
        return Cow::Borrowed(text);
    }
    match js_sys::JsString::from(text).normalize(form).as_string() {
        Some(normal) => Cow::Owned(normal),
        None => Cow::Borrowed(text),
    }
}

/// A combining mark (general category M).
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// A combining mark (general category M).
#[cfg(target_arch = "wasm32")]
pub(crate) fn is_mark(c: char) -> bool {
    u32::from(c) >= 0x300 && js_sys::RegExp::new(r"\p{M}", "u").test(c.encode_utf8(&mut [0; 4]))
}
