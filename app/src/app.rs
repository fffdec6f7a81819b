//! The document, and which page answers which address.

use crate::components::layout::Layout;
use crate::pages;
use crate::session::provide_page_context;
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::SsrMode;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;

/// The HTML document that the server sends.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href="/pkg/rollcall.css"/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// All pages of a build, under one router; see [`crate::builds`].
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_page_context();
    let titled = |title: String| {
        if title.is_empty() { "Rollcall".to_owned() } else { as_title(title) + " · Rollcall" }
    };
    view! {
        <Title formatter=titled/>
        <Router>
            <Pages/>
        </Router>
    }
    .into_any()
}

/// A title as it is written: on the server into the page's source, as it is and without escaping, where a name could end
/// the element; in the browser into a property.
fn as_title(title: String) -> String {
    if cfg!(feature = "ssr") { title.replace('&', "&amp;").replace('<', "&lt;") } else { title }
}

/// Pages are rendered whole: complete without a script, and with the right status.
const SSR: SsrMode = SsrMode::Async;

/// All routes of a build: those that every build has, with `more` beside them.
#[cfg(any(feature = "admin-pages", not(feature = "import-page")))]
macro_rules! routes {
    ($($more:tt)*) => {
        view! {
            <Routes fallback=pages::not_found::NotFound>
                <Route path=path!("/setup") view=pages::setup::SetupPage ssr=SSR/>
                <Route path=path!("/sign-in") view=pages::sign_in::SignInPage ssr=SSR/>
                <Route path=path!("/sign-in/code") view=pages::sign_in::CodePage ssr=SSR/>
                <Route path=path!("/second-factor") view=pages::second_factor::SecondFactorPage ssr=SSR/>
                <Route path=path!("/password/forgot") view=pages::forgotten::ForgotPage ssr=SSR/>
                <Route path=path!("/password/reset") view=pages::forgotten::ResetPage ssr=SSR/>
                <Route path=path!("/password/set") view=pages::set_password::SetPasswordPage ssr=SSR/>
                <Route path=path!("/password") view=pages::password::PasswordPage ssr=SSR/>
                <ParentRoute path=path!("") view=Layout ssr=SSR>
                    <Route path=path!("/people") view=pages::people::PeoplePage ssr=SSR/>
                    <Route path=path!("/people/:username") view=pages::person::PersonPage ssr=SSR/>
                    <Route path=path!("/me") view=pages::person::OwnPage ssr=SSR/>
                    $($more)*
                </ParentRoute>
            </Routes>
        }
        .into_any()
    };
}

/// With the pages of administrators, where the build has them.
#[cfg(any(feature = "admin-pages", not(feature = "import-page")))]
macro_rules! routes_with_admin {
    ($($more:tt)*) => {{
        #[cfg(feature = "admin-pages")]
        let view = routes! {
            <Route path=path!("/admin/people") view=pages::people_admin::PeopleAdminPage ssr=SSR/>
            <Route path=path!("/admin/imports") view=pages::imports::ImportsPage ssr=SSR/>
            <Route path=path!("/admin/imports/:id") view=pages::import_detail::ImportDetailPage ssr=SSR/>
            <Route path=path!("/admin/waves") view=pages::waves::WavesPage ssr=SSR/>
            <Route path=path!("/admin/waves/:id") view=pages::wave::WavePage ssr=SSR/>
            <Route path=path!("/admin/mail") view=pages::mail::MailPage ssr=SSR/>
            <Route path=path!("/admin/settings") view=pages::settings::SettingsPage ssr=SSR/>
            <Route path=path!("/admin/audit") view=pages::audit::AuditPage ssr=SSR/>
            $($more)*
        };
        #[cfg(not(feature = "admin-pages"))]
        let view = routes! { $($more)* };
        view
    }};
}

#[cfg(all(feature = "import-page", feature = "admin-pages"))]
#[component]
fn Pages() -> impl IntoView {
    routes_with_admin! { <Route path=path!("/admin/people/import") view=pages::import::ImportPage ssr=SSR/> }
}

#[cfg(not(feature = "import-page"))]
#[component]
fn Pages() -> impl IntoView {
    routes_with_admin! {}
}

/// The workbench alone: every other page is in another build.
#[cfg(all(feature = "import-page", not(feature = "admin-pages")))]
#[component]
fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=pages::not_found::NotFound>
            <ParentRoute path=path!("") view=Layout ssr=SSR>
                <Route path=path!("/admin/people/import") view=pages::import::ImportPage ssr=SSR/>
            </ParentRoute>
        </Routes>
    }
    .into_any()
}
