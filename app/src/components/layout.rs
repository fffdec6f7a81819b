//! The frame around every page but the gates: navigation at the side, the page, and where toasts appear.

use super::icon::icon;
use super::logo::logo;
use super::nav::SideNav;
use super::time::page_is_alive;
use super::toast::{ToastRegion, Toasts};
use leptos::html;
use leptos::prelude::*;
use leptos_router::components::Outlet;
use leptos_router::hooks::use_location;

/// What administrators should know wherever they are.
#[cfg(feature = "admin")]
fn banner() -> Option<AnyView> {
    use crate::api::Role;
    let administrator = crate::session::viewer().is_some_and(|viewer| viewer.role == Role::Administrator);
    administrator.then(|| view! { <super::mail_banner::MailBanner/> }.into_any())
}

/// A build that no administrator gets.
#[cfg(not(feature = "admin"))]
const fn banner() -> Option<AnyView> {
    None
}

/// The frame; the page goes into its `<main>`.
#[component]
pub fn Layout() -> impl IntoView {
    let toasts = Toasts::new();
    provide_context(toasts);
    Effect::new(|_| page_is_alive());

    // After a step inside the page, reading starts at the new content, as it does after loading a document.
    let main = NodeRef::<html::Main>::new();
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now)
            && let Some(main) = main.get_untracked()
        {
            let _ = main.focus();
        }
        now
    });

    view! {
        <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
        <div class="shell">
            <header class="topbar">
                <button class="icon-button" type="button" popovertarget="nav" aria-label="Menu">{icon("menu")}</button>
                <a class="brand" href="/people">{logo()}"Rollcall"</a>
            </header>
            <SideNav/>
            <main class="main" id="main" tabindex="-1" node_ref=main>
                {banner()}
                <Outlet/>
            </main>
        </div>
        <ToastRegion toasts=toasts/>
    }
}
