//! First run.

use leptos::prelude::*;

/// First run.
#[component]
pub fn SetupPage() -> impl IntoView {
    view! { <h1>"Set up"</h1> }
}
