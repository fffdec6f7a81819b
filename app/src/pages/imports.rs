//! `/admin/imports`: every file that became accounts.

use crate::api::Listing;
use crate::api::imports::{ImportState, ImportView, imports};
use crate::components::empty::Empty;
use crate::components::icon::icon;
use crate::components::load::load;
use crate::components::notice::failure;
use crate::components::number::count;
use crate::components::page_head::{PageHead, PeopleAdminTabs};
use crate::components::pagination::{Pagination, address, page_count, page_number};
use crate::components::poll::poll;
use crate::components::skeleton::skeleton_rows;
use crate::components::time::Moment;
use crate::components::verdict::{Tone, state};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use std::time::Duration;

/// History of imports.
#[component]
pub fn ImportsPage() -> impl IntoView {
    let query = use_query_map();
    let page = Memo::new(move |_| page_number(query.read().get("page")));
    let found = load(move || page.get(), imports);
    let going_on = RwSignal::new(false);
    poll(Duration::from_secs(2), going_on.into(), move || found.refetch());
    view! {
        <Title text="Imports"/>
        <PageHead title="Imports" lead="Every file that became accounts, with a result for each row.">
            <a class="button is-primary" href="/admin/people/import">{icon("import")}"Add people from a file"</a>
        </PageHead>
        <PeopleAdminTabs current="history"/>
        {found.show(
            || skeleton_rows(5),
            move |found| match found {
                Ok(found) => {
                    going_on.set(found.items.iter().any(|import| under_way(import.state)));
                    history(found)
                }
                Err(error) => failure(&error),
            },
        )}
    }
}

const fn under_way(state: ImportState) -> bool {
    matches!(state, ImportState::Receiving | ImportState::Running)
}

fn history(found: Listing<ImportView>) -> AnyView {
    if found.items.is_empty() {
        return view! {
            <section class="card">
                <Empty
                    glyph="import"
                    title="No imports yet"
                    text="When you confirm a roster it is listed here, and stays here: who did it, when, and what became of every row."
                >
                    <a class="button is-primary" href="/admin/people/import">"Add people from a file"</a>
                </Empty>
            </section>
        }
        .into_any();
    }
    let (total, page, page_size) = (found.total, found.page, found.page_size);
    let to = |page: u32| address("/admin/imports", &[("page", &page.to_string())]);
    view! {
        <section class="card" aria-label="Imports">
            <div class="table-wrap" role="region" aria-label="History of imports" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"File"</th>
                            <th scope="col">"State"</th>
                            <th scope="col" class="num hide-narrow">"Rows"</th>
                            <th scope="col" class="num">"Created"</th>
                            <th scope="col" class="num hide-narrow">"Updated"</th>
                            <th scope="col" class="num hide-narrow">"Failed"</th>
                        </tr>
                    </thead>
                    <tbody>{found.items.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            <Pagination page=page pages=page_count(total, page_size) total=total page_size=page_size to=to/>
        </section>
    }
    .into_any()
}

fn percent(done: u32, of: u32) -> String {
    let share = u64::from(done) * 100 / u64::from(of.max(1));
    [share.to_string().as_str(), "%"].concat()
}

fn row(import: ImportView) -> AnyView {
    let href = ["/admin/imports/", &import.id].concat();
    let standing = match import.state {
        _ if import.undo.is_some() => state(Tone::Quiet, "Undone"),
        ImportState::Receiving => {
            state(Tone::Busy, ["Receiving rows, ", &percent(import.received, import.rows)].concat())
        }
        ImportState::Running => state(Tone::Busy, ["Running, ", &percent(import.done, import.rows)].concat()),
        ImportState::Completed if import.failed > 0 => state(Tone::Warning, "Completed, with problems"),
        ImportState::Completed => state(Tone::Good, "Completed"),
        ImportState::Cancelled => state(Tone::Quiet, "Cancelled"),
        ImportState::Paused => state(Tone::Warning, "Paused"),
    };
    let failed = if import.failed > 0 { "num hide-narrow bad" } else { "num hide-narrow muted" };
    view! {
        <tr>
            <th scope="row">
                <a class="cell-main" href=href>{import.file_name}</a>
                <span class="cell-sub"><Moment at=import.created_at/>" · "{import.by}</span>
            </th>
            <td>{standing}</td>
            <td class="num hide-narrow">{count(import.rows.into())}</td>
            <td class="num">{count(import.created.into())}</td>
            <td class="num hide-narrow">{count(import.updated.into())}</td>
            <td class=failed>{count(import.failed.into())}</td>
        </tr>
    }
    .into_any()
}
