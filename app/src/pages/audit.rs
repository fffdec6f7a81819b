//! `/admin/audit`: who did what, when.

use crate::api::Listing;
use crate::api::audit::{AuditView, audit};
use crate::components::empty::Empty;
use crate::components::notice::failure;
use crate::components::page_head::PageHead;
use crate::components::pagination::{Pagination, address, page_count, page_number};
use crate::components::skeleton::skeleton_rows;
use crate::components::time::Moment;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// Who did what, when.
#[component]
pub fn AuditPage() -> impl IntoView {
    let query = use_query_map();
    let page = Memo::new(move |_| page_number(query.read().get("page")));
    let found = Resource::new(move || page.get(), audit);
    view! {
        <Title text="Audit"/>
        <PageHead title="Audit" lead="Who did what, and when. Entries are only ever added."/>
        <Transition fallback=|| skeleton_rows(8)>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(found) => trail(found),
                    Err(error) => failure(&error),
                }
            })}
        </Transition>
    }
}

/// The name of an event as words: `user_created:password` becomes `User created: password`.
fn words(event: &str) -> String {
    let mut text = String::with_capacity(event.len() + 2);
    for (place, letter) in event.chars().enumerate() {
        match letter {
            '_' => text.push(' '),
            ':' => text.push_str(": "),
            letter if place == 0 => text.extend(letter.to_uppercase()),
            letter => text.push(letter),
        }
    }
    text
}

fn trail(found: Listing<AuditView>) -> AnyView {
    if found.items.is_empty() {
        return view! {
            <section class="card">
                <Empty glyph="history" title="Nothing yet" text="Sign-ins, imports and changes are recorded here."/>
            </section>
        }
        .into_any();
    }
    let (total, page, page_size) = (found.total, found.page, found.page_size);
    let to = |page: u32| address("/admin/audit", &[("page", &page.to_string())]);
    view! {
        <section class="card" aria-label="Audit">
            <div class="table-wrap" role="region" aria-label="Audit trail" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col">"Who"</th>
                            <th scope="col">"What"</th>
                            <th scope="col" class="hide-narrow">"To"</th>
                            <th scope="col" class="hide-narrow">"Detail"</th>
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

fn row(entry: AuditView) -> AnyView {
    let narrow = [entry.target.as_str(), " ", &entry.detail].concat();
    view! {
        <tr>
            <td class="muted nowrap"><Moment at=entry.at/></td>
            <td>{entry.actor}</td>
            <td><span class="cell-main">{words(&entry.event)}</span><span class="cell-sub only-narrow">{narrow}</span></td>
            <td class="hide-narrow">{entry.target}</td>
            <td class="hide-narrow muted">{entry.detail}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn events_read_as_words() {
        assert_eq!(words("user_created"), "User created");
        assert_eq!(words("authn_login_fail:max"), "Authn login fail: max");
        assert_eq!(words(""), "");
    }
}
