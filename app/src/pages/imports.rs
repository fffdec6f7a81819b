//! History of imports.

use leptos::prelude::*;

/// History of imports.
#[component]
pub fn ImportsPage() -> impl IntoView {
    view! { <h1>"Imports"</h1> }
}
