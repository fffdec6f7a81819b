//! Administering people.

use leptos::prelude::*;

/// Administering people.
#[component]
pub fn PeopleAdminPage() -> impl IntoView {
    view! { <h1>"People admin"</h1> }
}
