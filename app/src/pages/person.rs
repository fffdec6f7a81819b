//! A profile.

use leptos::prelude::*;

/// Somebody's profile.
#[component]
pub fn PersonPage() -> impl IntoView {
    view! { <h1>"Profile"</h1> }
}

/// The own profile.
#[component]
pub fn OwnPage() -> impl IntoView {
    view! { <h1>"Profile"</h1> }
}
