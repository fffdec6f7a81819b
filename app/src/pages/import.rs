//! The import workbench.

use leptos::prelude::*;

/// The import workbench.
#[component]
pub fn ImportPage() -> impl IntoView {
    view! { <h1>"Import"</h1> }
}
