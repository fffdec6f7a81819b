//! Who did what, when.

use leptos::prelude::*;

/// Who did what, when.
#[component]
pub fn AuditPage() -> impl IntoView {
    view! { <h1>"Audit"</h1> }
}
