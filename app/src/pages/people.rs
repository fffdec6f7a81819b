//! `/people`: the directory. Searching and paging are addresses, so both work without a script.

use crate::api::Listing;
use crate::api::people::{PersonCard, search_people};
use crate::components::empty::Empty;
use crate::components::icon::icon;
use crate::components::load::load;
use crate::components::nav::initials;
use crate::components::notice::failure;
use crate::components::number::counted;
use crate::components::page_head::PageHead;
use crate::components::pagination::{Pagination, address, page_count, page_number};
use crate::components::skeleton::skeleton_rows;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The directory.
#[component]
pub fn PeoplePage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let text = |name| query.get(name).unwrap_or_default();
        (text("text"), text("department"), page_number(query.get("page")))
    });
    let found = load(move || asked.get(), |(text, department, page)| search_people(text, department, page));
    view! {
        <Title text="People"/>
        <PageHead title="People"/>
        <form class="people-search" role="search" method="get" action="/people">
            <div class="search">
                {icon("search")}
                <input
                    class="input"
                    type="search"
                    name="text"
                    aria-label="Search people"
                    placeholder="Name, username, department, place"
                    value=move || asked.read().0.clone()
                />
            </div>
            {move || {
                let department = asked.read().1.clone();
                (!department.is_empty()).then(|| view! { <input type="hidden" name="department" value=department/> })
            }}
            <button class="button" type="submit">"Search"</button>
        </form>
        {found.show(
            || skeleton_rows(6),
            move |found| match found {
                Ok(found) => {
                    let (text, department, _) = asked.get_untracked();
                    results(found, &text, &department)
                }
                Err(error) => failure(&error),
            },
        )}
    }
}

fn results(found: Listing<PersonCard>, text: &str, department: &str) -> AnyView {
    let narrowed = !text.is_empty() || !department.is_empty();
    let mut words = counted(found.total, "person", "people");
    if !department.is_empty() {
        words = [&words, " in ", department].concat();
    }
    if !text.is_empty() {
        words = [&words, " for “", text, "”"].concat();
    }
    let all = narrowed.then(|| view! { " · "<a href="/people">"Show everyone"</a> });
    if found.items.is_empty() {
        let (title, hint) = if narrowed {
            ("Nobody found", "Try a shorter word, or part of a name.")
        } else {
            ("Nobody is here yet", "People appear as soon as an administrator has imported them.")
        };
        return view! {
            <section class="card">
                <Empty glyph="people" title=title text=hint>
                    {narrowed.then(|| view! { <a class="button" href="/people">"Show everyone"</a> })}
                </Empty>
            </section>
        }
        .into_any();
    }
    let (page, total, page_size) = (found.page, found.total, found.page_size);
    let to = |page: u32| {
        address("/people", &[("text", text), ("department", department), ("page", &page.to_string())])
    };
    view! {
        <p class="muted small" role="status">{words}{all}</p>
        <ul class="person-list">{found.items.into_iter().map(card).collect_view()}</ul>
        <Pagination page=page pages=page_count(total, page_size) total=total page_size=page_size to=to/>
    }
    .into_any()
}

fn card(person: PersonCard) -> AnyView {
    let name = full_name(&person);
    let note = dotted([&person.job_title, &person.department, &person.location]);
    let note = if note.is_empty() { person.email } else { note };
    view! {
        <li>
            <a class="person-card" href=profile_address(&person.username)>
                <span class="avatar" aria-hidden="true">{initials(&name)}</span>
                <span><b>{name}</b><small>{note}</small></span>
            </a>
        </li>
    }
    .into_any()
}

/// Given and family name.
#[must_use]
pub fn full_name(person: &PersonCard) -> String {
    [person.first_name.as_str(), person.last_name.as_str()].join(" ").trim().to_owned()
}

/// Address of a person's profile.
#[must_use]
pub fn profile_address(username: &str) -> String {
    ["/people/", &crate::components::pagination::encoded(username)].concat()
}

/// What is filled, with a dot between.
#[must_use]
pub fn dotted<const N: usize>(parts: [&String; N]) -> String {
    let filled: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    filled.join(" · ")
}
