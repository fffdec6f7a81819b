//! The directory.

use leptos::prelude::*;

/// The directory.
#[component]
pub fn PeoplePage() -> impl IntoView {
    view! { <h1>"People"</h1> }
}
