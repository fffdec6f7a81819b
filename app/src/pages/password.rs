//! Changing the own password.

use leptos::prelude::*;

/// Changing the own password.
#[component]
pub fn PasswordPage() -> impl IntoView {
    view! { <h1>"Password"</h1> }
}
