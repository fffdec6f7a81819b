//! What is shown where there is nothing.

use leptos::prelude::*;

/// What is shown where there is nothing.
#[component]
pub fn NotFound() -> impl IntoView {
    view! { <h1>"There is nothing here"</h1> }
}
