//! `/admin/people`: everyone with an account, how they get in, and what can be done to many of them at once.

mod list;
mod selection;

use crate::api::people_admin::{AccountFilter, Seats, accounts, seats};
use crate::components::icon::icon;
use crate::components::load::load;
use crate::components::notice::failure;
use crate::components::number::count;
use crate::components::page_head::{PageHead, PeopleAdminTabs};
use crate::components::pagination::page_number;
use crate::components::skeleton::skeleton_rows;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use selection::{BulkBar, Chosen};

/// What the list can be narrowed down to: value in the address, words.
const SHOW: [(&str, &str); 9] = [
    ("", "Everyone"),
    ("active", "Active"),
    ("deactivated", "Deactivated"),
    ("not_issued", "Nothing sent yet"),
    ("issued", "Login details sent"),
    ("expired", "Login details expired"),
    ("never_signed_in", "Never signed in"),
    ("own", "Own password"),
    ("administrators", "Administrators"),
];

/// Administering people.
#[component]
pub fn PeopleAdminPage() -> impl IntoView {
    let query = use_query_map();
    let filter = Memo::new(move |_| {
        let query = query.read();
        AccountFilter {
            text: query.get("text").unwrap_or_default(),
            show: query.get("show").unwrap_or_default(),
            import: query.get("import").unwrap_or_default(),
            page: page_number(query.get("page")),
        }
    });
    let found = load(move || filter.get(), accounts);
    let taken = load(|| (), |()| seats());
    let chosen = RwSignal::new(Chosen::default());
    // Another list, another selection: nothing is done to people who are out of sight.
    Effect::new(move |before: Option<AccountFilter>| {
        let now = filter.get();
        if before.is_some_and(|before| before != now) {
            chosen.set(Chosen::default());
        }
        now
    });
    let again = Callback::new(move |()| {
        found.refetch();
        taken.refetch();
    });

    view! {
        <Title text="People admin"/>
        <PageHead title="People admin" lead="Everyone with an account, and how they get in.">
            <a class="button is-primary" href="/admin/people/import">{icon("import")}"Add people from a file"</a>
        </PageHead>
        <PeopleAdminTabs current="list"/>
        <section class="card seats-card" aria-label="Seats and login details">
            {taken.show(
                || view! { <span class="skeleton is-half"></span> }.into_any(),
                |taken| match taken {
                    Ok(seats) => seats_meter(seats),
                    Err(error) => failure(&error),
                },
            )}
            <ul>
                <li><a href="/admin/people?show=not_issued">"Who was sent nothing yet"</a></li>
                <li><a href="/admin/people?show=expired">"Whose login details expired"</a></li>
                <li><a href="/admin/people?show=never_signed_in">"Who never signed in"</a></li>
            </ul>
        </section>
        {move || {
            (!filter.read().import.is_empty())
                .then(|| {
                    view! {
                        <p class="muted small">
                            "Only people whose account one import has created. "
                            <a href="/admin/people">"Show everyone"</a>
                        </p>
                    }
                })
        }}
        <div class="card">
            <BulkBar chosen=chosen filter=filter done=again/>
            <div class="toolbar">
                <form method="get" action="/admin/people" role="search">
                    <div class="search">
                        {icon("search")}
                        <input
                            class="input"
                            type="search"
                            name="text"
                            aria-label="Search accounts"
                            placeholder="Name, username, email"
                            value=move || filter.read().text.clone()
                        />
                    </div>
                    <select class="select" name="show" aria-label="Show">
                        {SHOW
                            .map(|(value, words)| {
                                view! {
                                    <option value=value selected=move || filter.read().show == value>{words}</option>
                                }
                            })
                            .collect_view()}
                    </select>
                    {move || {
                        let import = filter.read().import.clone();
                        (!import.is_empty())
                            .then(|| view! { <input type="hidden" name="import" value=import/> })
                    }}
                    <button class="button" type="submit">"Filter"</button>
                </form>
            </div>
            {found.show(
                || skeleton_rows(8),
                move |found| match found {
                    Ok(found) => list::table(found, filter.get_untracked(), chosen),
                    Err(error) => view! { <div class="card-body">{failure(&error)}</div> }.into_any(),
                },
            )}
        </div>
    }
}

/// Seats used and allowed, as words and as a bar.
#[must_use]
pub fn seats_meter(seats: Seats) -> AnyView {
    let used = count(seats.used.into());
    let Some(limit) = seats.limit else {
        return view! {
            <div class="seats">
                <div class="seats-line"><span><b>"Seats: "</b>{used}" used"</span><span class="muted">"no limit"</span></div>
            </div>
        }
        .into_any();
    };
    let free = limit.saturating_sub(seats.used);
    let class = match free {
        0 => "progress is-bad",
        // Less than a twentieth is left.
        free if u64::from(free) * 20 < u64::from(limit) => "progress is-warn",
        _ => "progress",
    };
    let words = [used.as_str(), " of ", &count(limit.into()), " used"].concat();
    let left = [count(free.into()).as_str(), " free"].concat();
    view! {
        <div class="seats">
            <div class="seats-line"><span><b>"Seats: "</b>{words}</span><span class="muted">{left}</span></div>
            <progress class=class max=limit.max(1).to_string() value=seats.used.to_string() aria-label="Seats used"></progress>
        </div>
    }
    .into_any()
}
