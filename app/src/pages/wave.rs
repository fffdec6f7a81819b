//! `/admin/waves/{id}`: one wave, its funnel and its people.

use super::waves::{standing, under_way, what};
use crate::api::people_admin::MailState;
use crate::api::waves::{
    WaveFunnelView, WavePersonView, WaveState, WaveView, cancel_wave, repeat_wave, wave, wave_people,
};
use crate::api::{ApiError, Listing};
use crate::components::dialog::Dialog;
use crate::components::funnel::funnel;
use crate::components::icon::icon;
use crate::components::load::{load, nothing};
use crate::components::notice::{NoticeKind, failure, notice};
use crate::components::number::{count, counted};
use crate::components::page_head::Breadcrumbs;
use crate::components::pagination::{Pagination, address, page_count, page_number};
use crate::components::poll::poll;
use crate::components::time::Moment;
use crate::components::toast::{ToastKind, toasts};
use crate::components::verdict::{Tone, state};
use crate::pages::people::profile_address;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use std::time::Duration;

/// What is known of the wave that is shown.
type Known = (WaveView, WaveFunnelView);

/// One wave.
#[component]
pub fn WavePage() -> impl IntoView {
    let params = use_params_map();
    let id = move || params.with(|params| params.get("id").unwrap_or_default());
    load(id, wave).show(nothing, |found| match found {
        Ok(found) => view! { <Detail found/> }.into_any(),
        Err(error) => failure(&error),
    })
}

/// Whether there is something that could still be stopped.
fn stoppable((wave, funnel): &Known) -> bool {
    under_way(wave.state) || wave.state == WaveState::Done && funnel.queued > 0
}

#[component]
fn Detail(found: Known) -> impl IntoView {
    let id = StoredValue::new(found.0.id.clone());
    let name = StoredValue::new(found.0.name.clone());
    let lead = [found.0.chosen.as_str(), " · planned by ", &found.0.by, ", "].concat();
    let planned_at = found.0.created_at;
    let known = RwSignal::new(found);
    let again = move || {
        spawn_local(async move {
            if let Ok(latest) = wave(id.get_value()).await {
                known.set(latest);
            }
        });
    };
    poll(Duration::from_secs(1), Signal::derive(move || known.with(stoppable)), again);
    let (stopping, repeating) = (RwSignal::new(false), RwSignal::new(false));
    let stop = move |_| {
        stopping.set(false);
        spawn_local(async move {
            match cancel_wave(id.get_value()).await {
                Ok(true) => {}
                Ok(false) => toasts().say("There was nothing left to stop.", ToastKind::Info),
                Err(error) => toasts().say(error.to_string(), ToastKind::Problem),
            }
            again();
        });
    };
    let next = RwSignal::new(None::<String>);
    // Only in the browser: on the server, what navigates would be dropped by another thread than the one that made it.
    #[cfg(feature = "hydrate")]
    {
        let navigate = leptos_router::hooks::use_navigate();
        Effect::new(move |_| {
            if let Some(next) = next.get() {
                navigate(&["/admin/waves/", &next].concat(), leptos_router::NavigateOptions::default());
            }
        });
    }
    let repeat = move |_| {
        repeating.set(false);
        spawn_local(async move {
            match repeat_wave(id.get_value()).await {
                Ok(planned) => next.set(Some(planned)),
                Err(error) => toasts().say(error.to_string(), ToastKind::Problem),
            }
        });
    };
    let never = move || known.with(|(_, funnel)| funnel.never_signed_in);
    let can_repeat = move || known.with(|known| !stoppable(known)) && never() > 0;
    let whom = move || counted(never().into(), "person", "people");
    view! {
        <Title text=name.get_value()/>
        <Breadcrumbs parent=("/admin/waves", "Waves") current=Signal::derive(move || name.get_value())/>
        <div class="results">
            <div class="results-head">
                <span class=move || known.with(sign)>{icon("send")}</span>
                <div>
                    <h1>{name.get_value()}</h1>
                    <p class="muted">{lead}<Moment at=planned_at/></p>
                </div>
                <div class="page-actions">
                    <Show when=move || known.with(stoppable)>
                        <button class="button is-danger" type="button" on:click=move |_| stopping.set(true)>"Cancel wave"</button>
                    </Show>
                    <Show when=can_repeat>
                        <button class="button is-primary" type="button" on:click=move |_| repeating.set(true)>"Send again to those who never signed in"</button>
                    </Show>
                </div>
            </div>
            {move || known.with(|(wave, _)| facts(wave))}
            {move || known.with(steps)}
            <People id known/>
        </div>
        <Dialog open=stopping name="stop" title="Cancel this wave?">
            <div class="dialog-body">
                <p>"Nobody else is sent anything, and mails that still wait in the outbox are not sent. Who has a mail already keeps it, and it works."</p>
            </div>
            <div class="dialog-foot">
                <button class="button" type="button" on:click=move |_| stopping.set(false)>"Go on with it"</button>
                <button class="button is-danger is-primary" type="button" on:click=stop>"Cancel wave"</button>
            </div>
        </Dialog>
        <Dialog open=repeating name="repeat" title=Signal::derive(move || ["Send again to ", &whom(), "?"].concat())>
            <div class="dialog-body">
                <p>"Everyone of this wave who never signed in gets new login details, in the same way and at the same pace. The earlier ones stop working."</p>
            </div>
            <div class="dialog-foot">
                <button class="button" type="button" on:click=move |_| repeating.set(false)>"Cancel"</button>
                <button class="button is-primary" type="button" on:click=repeat>"Send again"</button>
            </div>
        </Dialog>
    }
    .into_any()
}

fn sign((wave, funnel): &Known) -> &'static str {
    match wave.state {
        WaveState::Done if funnel.queued == 0 && funnel.failed == 0 => "results-sign",
        WaveState::Cancelled => "results-sign is-bad",
        _ => "results-sign is-warn",
    }
}

/// What was planned, and where it stands.
fn facts(wave: &WaveView) -> AnyView {
    let pace = match wave.per_hour {
        Some(number) => ["at most ", &count(number.into()), " an hour"].concat(),
        None => "as fast as mail leaves".to_owned(),
    };
    let next = (wave.state == WaveState::Sending && wave.per_hour.is_some()).then(|| {
        view! { <div class="fact"><dt>"Next mails"</dt><dd><Moment at=wave.next_at/></dd></div> }.into_any()
    });
    let note = (!wave.note.is_empty()).then(|| notice(NoticeKind::Warning, "", wave.note.clone()));
    view! {
        {note}
        <section class="card" aria-label="Plan">
            <dl class="facts is-row card-body">
                <div class="fact"><dt>"State"</dt><dd>{standing(wave)}</dd></div>
                <div class="fact"><dt>"Begins"</dt><dd><Moment at=wave.begins_at/></dd></div>
                <div class="fact"><dt>"What"</dt><dd>{what(wave.hand_over)}</dd></div>
                <div class="fact"><dt>"Pace"</dt><dd>{pace}</dd></div>
                {next}
            </dl>
        </section>
    }
    .into_any()
}

fn steps((wave, now): &Known) -> AnyView {
    let all = wave.people - wave.left_out.min(wave.people);
    funnel(
        "How far these people are",
        all,
        &[
            ("Mail queued", wave.released),
            ("Mail sent", now.sent),
            ("Signed in", now.signed_in),
            ("Own password set", now.own_password),
        ],
    )
}

/// What the list of people can be narrowed down to: key in the address, name, how many.
type Narrowed = (&'static str, &'static str, fn(&Known) -> u32);

const SHOW: [Narrowed; 4] = [
    ("", "People", |(wave, _)| wave.people),
    ("not_signed_in", "Sent, not signed in", |(wave, now)| wave.released.saturating_sub(now.signed_in)),
    ("failed", "Mail failed", |(_, now)| now.failed),
    ("left_out", "Left out", |(wave, _)| wave.left_out),
];

#[component]
fn People(id: StoredValue<String>, known: RwSignal<Known>) -> impl IntoView {
    let query = use_query_map();
    let shown = move || query.with(|query| query.get("show")).unwrap_or_default();
    let page = move || page_number(query.with(|query| query.get("page")));
    // Looked at again when a figure changes, not with every poll.
    let changes = Memo::new(move |_| {
        known.with(|(wave, now)| {
            (wave.state, wave.released, wave.left_out, now.queued, now.failed, now.signed_in)
        })
    });
    let people = load(
        move || (id.get_value(), shown(), page(), changes.get()),
        |(id, shown, page, _)| wave_people(id, shown, page),
    );
    let stat = move |(key, name, of): Narrowed| {
        let narrowed = if key.is_empty() { String::new() } else { ["?show=", key].concat() };
        view! {
            <a class="stat" href=["/admin/waves/", &id.get_value(), &narrowed].concat() aria-current=move || (shown() == key).then_some("true")>
                <span class="stat-value">{move || count(known.with(of).into())}</span>
                <span class="stat-label">{name}</span>
            </a>
        }
        .into_any()
    };
    let heading =
        move || SHOW.iter().find(|(key, ..)| *key == shown()).map_or("People", |(_, name, _)| *name);
    let cancelled = move || known.with(|(wave, _)| wave.state == WaveState::Cancelled);
    let list = move |people: Result<Listing<WavePersonView>, ApiError>| match people {
        Ok(listing) if listing.items.is_empty() => {
            view! { <div class="empty"><p class="empty-title">"Nobody here"</p></div> }.into_any()
        }
        Ok(listing) => table(listing, &untrack(shown), untrack(cancelled)),
        Err(error) => failure(&error),
    };
    view! {
        <div class="stats">{SHOW.map(stat).collect_view()}</div>
        <section class="card" aria-labelledby="people-title">
            <div class="card-head"><h2 class="card-title" id="people-title">{heading}</h2></div>
            {people.show(nothing, list)}
        </section>
    }
    .into_any()
}

fn table(listing: Listing<WavePersonView>, shown: &str, cancelled: bool) -> AnyView {
    let (page, total, page_size) = (listing.page, listing.total, listing.page_size);
    let to = |page: u32| address("", &[("show", shown), ("page", &page.to_string())]);
    view! {
        <div class="table-wrap" role="region" aria-label="People of this wave" tabindex="0">
            <table class="table">
                <thead><tr><th scope="col">"Person"</th><th scope="col">"Mail"</th><th scope="col">"Signed in"</th><th scope="col" class="hide-narrow">"Note"</th></tr></thead>
                <tbody>{listing.items.into_iter().map(|person| row(person, cancelled)).collect_view()}</tbody>
            </table>
        </div>
        <Pagination page pages=page_count(total, page_size) total page_size to/>
    }
    .into_any()
}

fn row(person: WavePersonView, cancelled: bool) -> AnyView {
    let mail = match person.mail {
        Some(MailState::Queued) => state(Tone::Quiet, "Queued"),
        Some(MailState::Sending) => state(Tone::Busy, "Sending"),
        Some(MailState::Sent) => state(Tone::Good, "Sent"),
        Some(MailState::Failed) => state(Tone::Bad, "Failed"),
        None if person.left_out => state(Tone::Quiet, "Left out"),
        None if cancelled => state(Tone::Quiet, "Not sent"),
        None => state(Tone::Quiet, "Waiting"),
    };
    let who = if person.name.is_empty() {
        view! { <span class="cell-main">{person.username.clone()}</span> }.into_any()
    } else {
        view! {
            <a class="cell-main" href=profile_address(&person.username)>{person.name}</a>
            <span class="cell-sub">{person.username.clone()}</span>
        }
        .into_any()
    };
    // What the mail server said matters while the mail has not arrived.
    let note = if person.mail == Some(MailState::Sent) { String::new() } else { person.why };
    let signed_in = match person.signed_in_at {
        Some(at) => view! { <Moment at=at/> }.into_any(),
        None => view! { <span class="muted">"–"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{who}</th>
            <td>{mail}</td>
            <td>{signed_in}</td>
            <td class="hide-narrow muted">{note}</td>
        </tr>
    }
    .into_any()
}
