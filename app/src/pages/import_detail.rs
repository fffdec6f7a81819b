//! Progress and results of one import.

use leptos::prelude::*;

/// Progress and results of one import.
#[component]
pub fn ImportDetailPage() -> impl IntoView {
    view! { <h1>"Import"</h1> }
}
