//! The pages come in several builds, so that nobody loads what is not needed: one for everybody, one for
//! administrators, one for the import workbench. A link to a page of another build is followed by loading that page.

/// Whether this build has the page at an address.
#[must_use]
pub fn has(path: &str) -> bool {
    if path.starts_with("/admin/people/import") {
        cfg!(feature = "import-page")
    } else if path.starts_with("/admin") {
        cfg!(feature = "admin-pages")
    } else {
        // The build for everybody and those with it; the workbench carries nothing beside itself.
        cfg!(any(feature = "admin-pages", not(feature = "import-page")))
    }
}

/// Goes to another page.
#[cfg(feature = "hydrate")]
pub fn go(path: &str, navigate: impl Fn(&str, leptos_router::NavigateOptions)) {
    if has(path) {
        navigate(path, leptos_router::NavigateOptions::default());
    } else if let Some(window) = web_sys::window() {
        let _ = window.location().set_href(path);
    }
}

/// Has links to pages of other builds load them. The router leaves links alone that call themselves external; they are
/// marked at the moment somebody follows them, before the router hears of it.
#[cfg(feature = "hydrate")]
pub fn watch_links() {
    use wasm_bindgen::prelude::*;

    let follow = Closure::<dyn FnMut(web_sys::Event)>::new(|event: web_sys::Event| {
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("a[href]").ok().flatten())
            .and_then(|element| element.dyn_into::<web_sys::HtmlAnchorElement>().ok());
        if let Some(link) = link
            && !has(&link.pathname())
        {
            link.set_rel("external");
        }
    });
    let document = leptos::prelude::document();
    let _ =
        document.add_event_listener_with_callback_and_bool("click", follow.as_ref().unchecked_ref(), true);
    // Links are watched for as long as the page lives.
    follow.forget();
}
