//! The product's mark, and the drawing of the empty workbench.

use leptos::prelude::*;

/// The mark: rows of a list, one of them ticked.
pub fn logo() -> AnyView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <rect class="logo-plate" width="32" height="32" rx="8"></rect>
            <path class="logo-mark logo-line" d="M8 10h16M8 16h6M8 22h4"></path>
            <path class="logo-mark" d="m15 20.5 3.5 3.5 6.5-7.5"></path>
        </svg>
    }
    .into_any()
}

/// A sheet with an arrow: what the drop zone waits for.
#[component]
pub fn DropArt() -> impl IntoView {
    view! {
        <svg class="dropzone-art" viewBox="0 0 72 72" aria-hidden="true">
            <path class="art-sheet" d="M18 8h25l12 12v42a2 2 0 0 1-2 2H18a2 2 0 0 1-2-2V10a2 2 0 0 1 2-2Z"></path>
            <path class="art-line" d="M24 24h14M24 33h24M24 42h16M24 51h10"></path>
            <circle class="art-plate" cx="52" cy="52" r="13"></circle>
            <path class="art-arrow" d="M52 46v12M46.5 52.5 52 58l5.5-5.5"></path>
        </svg>
    }
    .into_any()
}
