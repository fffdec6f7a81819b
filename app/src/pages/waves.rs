//! `/admin/waves`: login details that were sent to many, or will be.

use super::hand_over::SendDialog;
use crate::api::Listing;
use crate::api::people_admin::{AccountFilter, Selection};
use crate::api::waves::{WaveState, WaveView, waves};
use crate::components::empty::Empty;
use crate::components::icon::icon;
use crate::components::load::load;
use crate::components::notice::failure;
use crate::components::number::count;
use crate::components::page_head::PageHead;
use crate::components::pagination::{Pagination, address, page_count, page_number};
use crate::components::poll::poll;
use crate::components::skeleton::skeleton_rows;
use crate::components::time::Moment;
use crate::components::verdict::{Tone, state};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use roster::review::HandOver;
use std::time::Duration;

/// All waves.
#[component]
pub fn WavesPage() -> impl IntoView {
    let query = use_query_map();
    let page = Memo::new(move |_| page_number(query.read().get("page")));
    let found = load(move || page.get(), waves);
    let going_on = RwSignal::new(false);
    poll(Duration::from_secs(2), going_on.into(), move || found.refetch());
    let open = RwSignal::new(false);
    let never = || {
        Selection::Matching(AccountFilter { show: "never_signed_in".to_owned(), ..AccountFilter::default() })
    };
    view! {
        <Title text="Waves"/>
        <PageHead title="Waves" lead="Login details sent to many: to whom, when, how fast, and how far they are.">
            <a class="button" href="/admin/people">"Choose people"</a>
            <button class="button is-primary" type="button" on:click=move |_| open.set(true)>
                {icon("send")}
                "Send to those who never signed in"
            </button>
        </PageHead>
        {found.show(
            || skeleton_rows(5),
            move |found| match found {
                Ok(found) => {
                    going_on.set(found.items.iter().any(|wave| under_way(wave.state)));
                    list(found)
                }
                Err(error) => failure(&error),
            },
        )}
        <SendDialog open=open selection=Signal::derive(never) people="everyone who never signed in"/>
    }
}

/// Whether a wave goes on by itself.
pub(super) const fn under_way(state: WaveState) -> bool {
    matches!(state, WaveState::Scheduled | WaveState::Sending)
}

/// Where a wave stands, with its sign.
pub(super) fn standing(wave: &WaveView) -> AnyView {
    match wave.state {
        WaveState::Scheduled => state(Tone::Quiet, "Scheduled"),
        WaveState::Sending => state(Tone::Busy, "Sending"),
        WaveState::Done => state(Tone::Good, "Done"),
        WaveState::Cancelled => state(Tone::Warning, "Cancelled"),
    }
}

/// What a wave hands over.
pub(super) const fn what(hand_over: HandOver) -> &'static str {
    match hand_over {
        HandOver::Link => "Link",
        HandOver::Password => "Temporary password",
    }
}

fn list(found: Listing<WaveView>) -> AnyView {
    if found.items.is_empty() {
        return view! {
            <section class="card">
                <Empty
                    glyph="send"
                    title="No waves yet"
                    text="When you send login details they are listed here, with a funnel: who was sent a mail, who signed in, who set an own password. You can choose a time and a pace, and send again to those who never came."
                >
                    <a class="button is-primary" href="/admin/people?show=not_issued">"Who was sent nothing yet"</a>
                </Empty>
            </section>
        }
        .into_any();
    }
    let (total, page, page_size) = (found.total, found.page, found.page_size);
    let to = |page: u32| address("/admin/waves", &[("page", &page.to_string())]);
    view! {
        <section class="card" aria-label="Waves">
            <div class="table-wrap" role="region" aria-label="All waves" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Wave"</th>
                            <th scope="col">"State"</th>
                            <th scope="col" class="hide-narrow">"Begins"</th>
                            <th scope="col" class="hide-narrow">"What"</th>
                            <th scope="col" class="num">"People"</th>
                            <th scope="col" class="num hide-narrow">"Mails queued"</th>
                            <th scope="col" class="num hide-narrow">"Left out"</th>
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

fn row(wave: WaveView) -> AnyView {
    let href = ["/admin/waves/", &wave.id].concat();
    let standing = standing(&wave);
    view! {
        <tr>
            <th scope="row">
                <a class="cell-main" href=href>{wave.name}</a>
                <span class="cell-sub">{wave.chosen}" · "{wave.by}</span>
            </th>
            <td>{standing}</td>
            <td class="hide-narrow"><Moment at=wave.begins_at/></td>
            <td class="hide-narrow">{what(wave.hand_over)}</td>
            <td class="num">{count(wave.people.into())}</td>
            <td class="num hide-narrow">{count(wave.released.into())}</td>
            <td class="num hide-narrow muted">{count(wave.left_out.into())}</td>
        </tr>
    }
    .into_any()
}
