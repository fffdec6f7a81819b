//! Where the focus goes when what had it is not there any more: whoever works by keyboard or by ear must not be sent back
//! to the top of the page.

/// Focuses the element with this id, once what has just changed is drawn.
#[cfg(feature = "hydrate")]
pub fn to(id: &'static str) {
    use leptos::prelude::{document, request_animation_frame};
    use wasm_bindgen::JsCast;

    request_animation_frame(move || {
        if let Some(element) = document().get_element_by_id(id)
            && let Some(element) = element.dyn_ref::<web_sys::HtmlElement>()
        {
            let _ = element.focus();
        }
    });
}

/// Focuses an element: only in the browser.
#[cfg(not(feature = "hydrate"))]
pub fn to(_id: &'static str) {}
