//! Empty states: say what will be here and how it gets here.

use super::icon::icon;
use leptos::prelude::*;

/// In place of a list that has nothing in it.
#[component]
pub fn Empty(
    /// A drawing.
    glyph: &'static str,
    /// What there is not.
    #[prop(into)]
    title: String,
    /// How it gets here.
    #[prop(into)]
    text: String,
    /// Links and buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            {icon(glyph)}
            <p class="empty-title">{title}</p>
            <p>{text}</p>
            {children.map(|children| view! { <div class="empty-actions">{children()}</div> })}
        </div>
    }
    .into_any()
}
