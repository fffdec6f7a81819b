//! The outbox.

use leptos::prelude::*;

/// The outbox.
#[component]
pub fn MailPage() -> impl IntoView {
    view! { <h1>"Mail"</h1> }
}
