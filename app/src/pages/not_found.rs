//! What is shown where there is nothing.

use crate::components::gate::Gate;
use leptos::prelude::*;

/// What is shown where there is nothing.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Gate title="Not found" heading="There is nothing here" lead="The address may have a typing error, or the page has moved.">
            <a class="button is-large is-wide" href="/people" rel="external">"Go to People"</a>
        </Gate>
    }
}
