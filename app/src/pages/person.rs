//! `/people/{username}` and `/me`: a profile.

#[cfg(feature = "admin-pages")]
mod access;
mod sessions;

use super::people::{dotted, full_name, profile_address};
use crate::api::people::{Profile, own_profile, profile};
use crate::api::{ApiError, Role};
use crate::components::icon::icon;
use crate::components::load::load;
use crate::components::nav::initials;
use crate::components::notice::failure;
use crate::components::page_head::{Breadcrumbs, PageHead};
use crate::components::pagination::address;
use crate::components::skeleton::skeleton_rows;
use crate::components::verdict::{Tone, state};
use crate::session::viewer;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// Somebody's profile.
#[component]
pub fn PersonPage() -> impl IntoView {
    let params = use_params_map();
    let username = Memo::new(move |_| params.read().get("username").unwrap_or_default());
    let found = load(move || username.get(), profile);
    // Beside the profile, not inside of it: neither waits for the other.
    view! {
        {found.show(|| skeleton_rows(4), |found| shown(found, true))}
        {move || signing_in(username.get())}
    }
}

/// The own profile.
#[component]
pub fn OwnPage() -> impl IntoView {
    let found = load(|| (), |()| own_profile());
    view! {
        {found.show(|| skeleton_rows(4), |found| shown(found, false))}
        <sessions::Sessions/>
    }
}

fn shown(found: Result<Profile, ApiError>, from_directory: bool) -> AnyView {
    match found {
        Ok(profile) => sheet(profile, from_directory),
        Err(error) => {
            let title = if error == ApiError::NotFound { "Nobody by that name" } else { "Profile" };
            view! { <Title text=title/><PageHead title=title/>{failure(&error)} }.into_any()
        }
    }
}

fn fact(label: String, value: AnyView) -> AnyView {
    view! { <div class="fact"><dt>{label}</dt><dd>{value}</dd></div> }.into_any()
}

fn sheet(profile: Profile, from_directory: bool) -> AnyView {
    let Profile { card: person, fields, own, active } = profile;
    let name = full_name(&person);
    let line = dotted([&person.job_title, &person.department, &person.location]);
    let mailto = ["mailto:", &person.email].concat();
    let admin = viewer().is_some_and(|viewer| viewer.role == Role::Administrator);
    let actions = if own {
        view! { <a class="button" href="/password" rel="external">{icon("key")}"Change password"</a> }
            .into_any()
    } else {
        let manage = admin.then(|| {
            let href = address("/admin/people", &[("text", &person.username)]);
            view! { <a class="button" href=href>"Manage account"</a> }
        });
        view! { <a class="button" href=mailto.clone()>{icon("mail")}"Write a mail"</a>{manage} }.into_any()
    };
    let department = (!person.department.is_empty()).then(|| {
        let href = address("/people", &[("department", &person.department)]);
        fact("Department".to_owned(), view! { <a href=href>{person.department.clone()}</a> }.into_any())
    });
    let plain = |label: &str, value: &String| {
        (!value.is_empty()).then(|| fact(label.to_owned(), value.clone().into_any()))
    };
    let others = fields.into_iter().map(|(label, value)| fact(label, value.into_any())).collect_view();
    let crumbs =
        from_directory.then(|| view! { <Breadcrumbs parent=("/people", "People") current=name.clone()/> });
    let closed =
        (!active).then(|| view! { <p>{state(Tone::Quiet, "Deactivated: this person cannot sign in")}</p> });
    let link = own.then(|| {
        let href = profile_address(&person.username);
        view! {
            <p class="muted small">"Colleagues find this at "<a href=href.clone()>{href.clone()}</a>"."</p>
        }
    });
    view! {
        <Title text=name.clone()/>
        {crumbs}
        <header class="profile-head">
            <span class="avatar is-large" aria-hidden="true">{initials(&name)}</span>
            <div>
                <h1>{name.clone()}</h1>
                {(!line.is_empty()).then(|| view! { <p class="page-lead">{line}</p> })}
                {closed}
            </div>
            <div class="page-actions">{actions}</div>
        </header>
        <section class="card is-narrow" aria-label="Profile">
            <div class="card-body">
                <dl class="facts">
                    {fact("Email".to_owned(), view! { <a href=mailto>{person.email.clone()}</a> }.into_any())}
                    {fact("Username".to_owned(), person.username.clone().into_any())}
                    {plain("Job title", &person.job_title)}
                    {department}
                    {plain("Location", &person.location)}
                    {others}
                </dl>
            </div>
        </section>
        {link}
    }
    .into_any()
}

/// How the person gets in, for administrators and in the builds that they are given.
#[cfg(feature = "admin-pages")]
fn signing_in(username: String) -> AnyView {
    match viewer() {
        Some(viewer) if viewer.role == Role::Administrator && viewer.username != username => {
            view! { <access::Access username=username/> }.into_any()
        }
        _ => ().into_any(),
    }
}

#[cfg(not(feature = "admin-pages"))]
fn signing_in(_username: String) -> AnyView {
    ().into_any()
}
