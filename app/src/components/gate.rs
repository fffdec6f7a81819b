//! The frame of the pages outside the layout: signing in, first run, the own password.

use super::logo::logo;
use crate::session::page_context;
use leptos::prelude::*;
use leptos_meta::Title;

/// A page with one purpose, large and calm.
#[component]
pub fn Gate(
    /// The document's title.
    title: &'static str,
    /// The heading.
    #[prop(into)]
    heading: String,
    /// A sentence below it.
    #[prop(into)]
    lead: String,
    /// Room for a longer form.
    #[prop(optional)]
    broad: bool,
    /// The card.
    children: Children,
) -> impl IntoView {
    let context = page_context();
    let organisation =
        if context.organisation.is_empty() { "Rollcall".to_owned() } else { context.organisation };
    let class = if broad { "gate-box is-broad" } else { "gate-box" };
    view! {
        <Title text=title/>
        <main class="gate" id="main">
            <div class=class>
                <span class="brand">{logo()}{organisation}</span>
                <div class="gate-head">
                    <h1>{heading}</h1>
                    <p>{lead}</p>
                </div>
                {children()}
            </div>
            <div class="gate-foot">
                {context.viewer.map(|viewer| {
                    let who = ["Signed in as ", viewer.username.as_str(), " · "].concat();
                    view! {
                        {who}
                        <form method="post" action="/api/session/sign_out">
                            <button class="button is-link is-small" type="submit">"Sign out"</button>
                        </form>
                    }
                })}
            </div>
        </main>
    }
    .into_any()
}
