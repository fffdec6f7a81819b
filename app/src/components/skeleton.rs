//! The shape of what comes, while it comes.

use leptos::prelude::*;

/// A card with so many rows to come.
#[must_use]
pub fn skeleton_rows(rows: usize) -> AnyView {
    view! {
        <div class="card" aria-busy="true">
            <span class="visually-hidden">"Loading…"</span>
            {(0..rows)
                .map(|row| {
                    let bar = if row % 3 == 1 { "skeleton is-half" } else { "skeleton is-long" };
                    view! {
                        <div class="skeleton-row">
                            <span class="skeleton is-circle"></span>
                            <span class=bar></span>
                            <span class="skeleton is-short"></span>
                        </div>
                    }
                })
                .collect_view()}
        </div>
    }
    .into_any()
}
