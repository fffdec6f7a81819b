//! The table of accounts.

use super::selection::Chosen;
use crate::api::people_admin::{AccountFilter, AccountRow, Credential, MailState};
use crate::api::{Listing, Role};
use crate::components::empty::Empty;
use crate::components::number::count;
use crate::components::pagination::{Pagination, address, page_count};
use crate::components::time::Moment;
use crate::components::verdict::{Tone, state};
use crate::pages::people::profile_address;
use leptos::prelude::*;

/// One page of accounts with its checkboxes.
pub fn table(found: Listing<AccountRow>, filter: AccountFilter, chosen: RwSignal<Chosen>) -> AnyView {
    if found.items.is_empty() {
        let narrowed = !filter.text.is_empty() || !filter.show.is_empty() || !filter.import.is_empty();
        let (title, text) = if narrowed {
            ("No account matches", "Try a shorter word or another state.")
        } else {
            ("Nobody is here yet", "Drop a roster and everyone on it gets an account.")
        };
        return view! {
            <Empty glyph="people" title=title text=text>
                {if narrowed {
                    view! { <a class="button" href="/admin/people">"Show everyone"</a> }.into_any()
                } else {
                    view! { <a class="button is-primary" href="/admin/people/import">"Add people from a file"</a> }.into_any()
                }}
            </Empty>
        }
        .into_any();
    }
    let (total, page, page_size) = (found.total, found.page, found.page_size);
    let here: Vec<String> = found.items.iter().map(|account| account.id.clone()).collect();
    let on_page = here.len() as u64;
    let here = StoredValue::new(here);
    let whole_page =
        Memo::new(move |_| here.with_value(|here| here.iter().all(|id| chosen.read().holds(id))));
    let to = |page: u32| {
        let page = page.to_string();
        let query = [
            ("text", filter.text.as_str()),
            ("show", &filter.show),
            ("import", &filter.import),
            ("page", &page),
        ];
        address("/admin/people", &query)
    };
    let offer_all = move || {
        let all = chosen.read().all.is_some();
        (whole_page.get() && total > on_page && !all).then(|| {
            let words = ["Select all ", &count(total), " that match"].concat();
            view! {
                <div class="card-foot">
                    <span class="small">"Everyone on this page is selected."</span>
                    <button
                        class="button is-small"
                        type="button"
                        on:click=move |_| chosen.update(|chosen| chosen.all = Some(total))
                    >
                        {words}
                    </button>
                </div>
            }
        })
    };
    view! {
        {offer_all}
        <div class="table-wrap" role="region" aria-label="Accounts" tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th class="table-check" scope="col">
                            <input
                                type="checkbox"
                                aria-label="Select everyone on this page"
                                prop:checked=move || whole_page.get()
                                on:change=move |event| {
                                    let ids = if event_target_checked(&event) { here.get_value() } else { Vec::new() };
                                    chosen.set(Chosen { ids, all: None });
                                }
                            />
                        </th>
                        <th scope="col">"Person"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="hide-narrow">"Login"</th>
                        <th scope="col" class="hide-narrow">"Last sign-in"</th>
                    </tr>
                </thead>
                <tbody>{found.items.into_iter().map(|account| row(account, chosen)).collect_view()}</tbody>
            </table>
        </div>
        <Pagination page=page pages=page_count(total, page_size) total=total page_size=page_size to=to/>
    }
    .into_any()
}

fn row(account: AccountRow, chosen: RwSignal<Chosen>) -> AnyView {
    let id = StoredValue::new(account.id);
    let checked = move || id.with_value(|id| chosen.read().holds(id));
    let label = ["Select ", &account.name].concat();
    let administrator = account.role == Role::Administrator;
    let under = [account.username.as_str(), " · ", &account.email].concat();
    let last = match account.last_sign_in_at {
        Some(at) => view! { <Moment at=at/> }.into_any(),
        None => "Never".into_any(),
    };
    let standing = match (account.active, administrator) {
        (false, _) => state(Tone::Quiet, "Deactivated"),
        (true, false) => state(Tone::Good, "Active"),
        (true, true) => state(Tone::Good, "Administrator"),
    };
    view! {
        <tr class=if account.active { "" } else { "is-quiet" }>
            <td class="table-check">
                <input
                    type="checkbox"
                    aria-label=label
                    prop:checked=checked
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        id.with_value(|id| chosen.update(|chosen| chosen.set(id, on)));
                    }
                />
            </td>
            <th scope="row">
                <a class="cell-main" href=profile_address(&account.username)>{account.name}</a>
                <span class="cell-sub">{under}</span>
            </th>
            <td>
                {standing}
                <span class="cell-sub only-narrow">{credential(account.credential, account.mail)}</span>
            </td>
            <td class="hide-narrow">{credential(account.credential, account.mail)}</td>
            <td class="hide-narrow muted">{last}</td>
        </tr>
    }
    .into_any()
}

/// How a person gets in, in words.
fn credential(credential: Credential, mail: Option<MailState>) -> AnyView {
    match credential {
        Credential::Own => "Own password".into_any(),
        Credential::NotIssued => view! { <span class="muted">"Nothing sent yet"</span> }.into_any(),
        Credential::Expired => view! { <span class="warn">"Temporary password expired"</span> }.into_any(),
        Credential::Issued(until) => {
            let words = match mail {
                Some(MailState::Sent) => "Login details sent",
                Some(MailState::Queued | MailState::Sending) => "Login details on their way",
                Some(MailState::Failed) => "Mail with login details failed",
                None => "Temporary password issued",
            };
            let class = if mail == Some(MailState::Failed) { "bad" } else { "" };
            view! {
                <span class=class>{words}</span>
                <span class="cell-sub">"valid until "<Moment at=until/></span>
            }
            .into_any()
        }
    }
}
