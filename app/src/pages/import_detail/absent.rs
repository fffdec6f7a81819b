//! Who was not in a full roster, and what became of their accounts.

use crate::api::absent::{AbsentView, import_absent};
use crate::api::imports::ImportView;
use crate::components::load::{load, nothing};
use crate::components::notice::failure;
use crate::components::pagination::{Pagination, address, page_number};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The list; nothing for an import that closes nobody's account.
#[component]
pub fn AbsentPeople(
    /// The import.
    id: StoredValue<String>,
    /// Its counts.
    view: RwSignal<ImportView>,
) -> impl IntoView {
    let query = use_query_map();
    let page = move || page_number(query.with(|query| query.get("absent")));
    let seen = Memo::new(move |_| {
        view.with(|view| {
            (view.deactivated, view.state, view.undo.as_ref().map(|undo| (undo.done, undo.reopened)))
        })
    });
    let found = load(move || (id.get_value(), page(), seen.get()), |(id, page, _)| import_absent(id, page));
    let list = move |found: Result<crate::api::Listing<AbsentView>, crate::api::ApiError>| match found {
        Ok(found) if found.total == 0 => ().into_any(),
        Ok(found) => {
            let (page, total, page_size) = (found.page, found.total, found.page_size);
            let pages = u32::try_from(total.div_ceil(u64::from(page_size.max(1)))).unwrap_or(u32::MAX);
            let to = |page: u32| address("", &[("absent", &page.to_string())]);
            view! {
                <section class="card" aria-labelledby="absent-title">
                <div class="card-head"><h2 class="card-title" id="absent-title">"Not in the file"</h2></div>
                <div class="table-wrap" role="region" aria-label="People who were not in the file" tabindex="0">
                    <table class="table">
                        <thead><tr><th scope="col">"Person"</th><th scope="col">"Outcome"</th><th scope="col">"Why"</th></tr></thead>
                        <tbody>{found.items.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
                <Pagination page pages total page_size to label="Pages of people who were not in the file"/>
                </section>
            }
            .into_any()
        }
        Err(error) => failure(&error),
    };
    found.show(nothing, list)
}

fn row(person: AbsentView) -> AnyView {
    let (class, word) = match (person.reopened, person.deactivated) {
        (Some(true), _) => ("state is-quiet", "Active again"),
        (Some(false), _) | (None, Some(true)) => ("state is-warn", "Deactivated"),
        (None, Some(false)) => ("state is-ok", "Kept"),
        (None, None) => ("state is-busy", "Waiting"),
    };
    view! {
        <tr>
            <td><a href=["/people/", &person.username].concat()>{person.name}</a>" "<span class="muted">{person.username}</span></td>
            <td><span class=class>{word}</span></td>
            <td>{person.reason}</td>
        </tr>
    }
    .into_any()
}
