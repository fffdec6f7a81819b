//! The side navigation; below 900 px a drawer that the menu button opens without any script.

use super::icon::icon;
use super::logo::logo;
use crate::api::Role;
use crate::session::viewer;
use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Which entry an address belongs to.
fn entry_of(path: &str) -> &'static str {
    match path {
        "/me" => "/me",
        "/admin/people" | "/admin/people/import" => "/admin/people",
        path if path.starts_with("/admin/imports") => "/admin/imports",
        path if path.starts_with("/admin/waves") => "/admin/waves",
        "/admin/mail" => "/admin/mail",
        "/admin/audit" => "/admin/audit",
        "/admin/settings" => "/admin/settings",
        path if path.starts_with("/people") => "/people",
        _ => "",
    }
}

fn link(here: Memo<&'static str>, href: &'static str, glyph: &'static str, words: &'static str) -> AnyView {
    view! {
        <li>
            <a class="nav-link" href=href aria-current=move || (here.get() == href).then_some("page")>
                {icon(glyph)}
                {words}
            </a>
        </li>
    }
    .into_any()
}

/// First letters of the first and the last word of a name.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).collect()
}

/// The navigation, with what the person may reach.
#[component]
pub fn SideNav() -> impl IntoView {
    let location = use_location();
    let here = Memo::new(move |_| entry_of(&location.pathname.read()));
    let nav = NodeRef::<html::Nav>::new();
    Effect::new(move |before: Option<String>| {
        let path = location.pathname.get();
        if before.is_some_and(|before| before != path)
            && let Some(nav) = nav.get_untracked()
        {
            // Refused while it is not open, which is what is wanted.
            let _ = nav.hide_popover();
        }
        path
    });

    let viewer = viewer();
    let administrator = viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Administrator);
    let foot = match viewer {
        Some(viewer) => {
            let role = if administrator { "Administrator" } else { "Your profile" };
            view! {
                <div class="nav-foot">
                    <a class="nav-person" href="/me" aria-current=move || (here.get() == "/me").then_some("page")>
                        <span class="avatar" aria-hidden="true">{initials(&viewer.name)}</span>
                        <span><span class="truncate">{viewer.name}</span><small>{role}</small></span>
                    </a>
                    <form method="post" action="/api/session/sign_out">
                        <button class="nav-link" type="submit">{icon("sign-out")}"Sign out"</button>
                    </form>
                </div>
            }
            .into_any()
        }
        None => view! {
            <div class="nav-foot"><a class="nav-link" href="/sign-in" rel="external">{icon("sign-out")}"Sign in"</a></div>
        }
        .into_any(),
    };
    let administration = administrator.then(|| {
        view! {
            <p class="nav-title" id="nav-administration">"Administration"</p>
            <ul class="nav-list" aria-labelledby="nav-administration">
                {link(here, "/admin/people", "list", "People admin")}
                {link(here, "/admin/imports", "import", "Imports")}
                {link(here, "/admin/waves", "send", "Waves")}
                {link(here, "/admin/mail", "mail", "Mail")}
                {link(here, "/admin/audit", "history", "Audit")}
                {link(here, "/admin/settings", "settings", "Settings")}
            </ul>
        }
    });
    view! {
        <nav class="nav" id="nav" popover="auto" aria-label="Main" node_ref=nav>
            <a class="brand" href="/people">{logo()}"Rollcall"</a>
            <div>
                <ul class="nav-list">{link(here, "/people", "people", "People")}</ul>
                {administration}
            </div>
            {foot}
        </nav>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{entry_of, initials};

    #[test]
    fn every_page_has_its_entry() {
        for (path, entry) in [
            ("/people", "/people"),
            ("/people/mmueller", "/people"),
            ("/me", "/me"),
            ("/admin/people/import", "/admin/people"),
            ("/admin/imports/0190", "/admin/imports"),
            ("/admin/waves/0190", "/admin/waves"),
            ("/elsewhere", ""),
        ] {
            assert_eq!(entry_of(path), entry);
        }
    }

    #[test]
    fn initials_are_two_letters_at_most() {
        assert_eq!(initials("Núria García López"), "NL");
        assert_eq!(initials("Zoë"), "Z");
        assert_eq!(initials(""), "");
    }
}
