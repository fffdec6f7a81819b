//! `/admin/imports/{id}`: progress and results of one import.

use crate::api::imports::{
    ImportRowView, ImportState, ImportView, Outcome, cancel_import, continue_import, import, import_rows,
};
use crate::components::icon::Icon;
use crate::components::notice::failure;
use crate::components::number::{count, counted};
use crate::components::page_head::Breadcrumbs;
use crate::components::poll::poll;
use crate::components::progress::{Phase, PhaseState, ProgressPhases, Rate};
use crate::components::time::Moment;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use std::time::Duration;

/// Progress while it goes on, results from the first account on.
#[component]
pub fn ImportDetailPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let asked = RwSignal::new(0_u32);
    let again = move || asked.update(|asked| *asked += 1);
    let found = Resource::new(move || (id.get(), asked.get()), |(id, _)| import(id));
    let view = Signal::derive(move || found.get().and_then(Result::ok));
    let name = Signal::derive(move || view.get().map_or_else(|| "Import".to_owned(), |view| view.file_name));
    let failed = move || match found.get() {
        Some(Err(error)) => failure(&error),
        _ => ().into_any(),
    };
    poll(Duration::from_millis(500), Signal::derive(move || view.get().as_ref().is_some_and(going_on)), again);

    view! {
        <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>
            <Breadcrumbs parent=("/admin/imports", "Imports") current=name/>
            <Show when=move || view.get().is_some() fallback=failed>
                <Results view again/>
            </Show>
        </Transition>
    }
    .into_any()
}

/// Whether counts may still change by themselves.
fn going_on(view: &ImportView) -> bool {
    matches!(view.state, ImportState::Receiving | ImportState::Running) || view.mails_sent + view.mails_failed < view.mails
}

#[component]
fn Results(view: Signal<Option<ImportView>>, again: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let of = move |pick: fn(&ImportView) -> u32| view.with(|view| view.as_ref().map_or(0, pick));
    let state = Memo::new(move |_| view.with(|view| view.as_ref().map_or(ImportState::Completed, |view| view.state)));
    let id = Memo::new(move |_| view.with(|view| view.as_ref().map(|view| view.id.clone()).unwrap_or_default()));
    let title = move || match state.get() {
        ImportState::Completed => format!("{} created", counted(of(|view| view.created).into(), "account", "accounts")),
        ImportState::Cancelled => "Import cancelled".to_owned(),
        ImportState::Receiving | ImportState::Running => "Creating accounts".to_owned(),
    };
    let sign = move || match state.get() {
        ImportState::Completed if of(|view| view.failed) == 0 => "results-sign",
        ImportState::Completed | ImportState::Receiving | ImportState::Running => "results-sign is-warn",
        ImportState::Cancelled => "results-sign is-bad",
    };
    let lead = move || {
        view.with(|view| {
            view.as_ref().map(|view| {
                view! { {view.file_name.clone()} ", confirmed by " {view.by.clone()} ", " <Moment at=view.created_at/> }
            })
        })
    };
    let busy = Memo::new(move |_| matches!(state.get(), ImportState::Receiving | ImportState::Running));
    let cancel = Action::new(move |(): &()| async move {
        let _ = cancel_import(id.get_untracked()).await;
        again();
    });
    let proceed = Action::new(move |(): &()| async move {
        let _ = continue_import(id.get_untracked()).await;
        again();
    });
    view! {
        <Title text=title/>
        <div class="results">
            <div class="results-head">
                <span class=sign><Icon name="check"/></span>
                <div><h1>{title}</h1><p class="muted">{lead}</p></div>
                <div class="page-actions">
                    <Show when=move || { of(|view| view.failed) > 0 }>
                        <a class="button" rel="external" download="" href=move || format!("/admin/imports/{}/failed.csv", id.get())>"Download failed rows"</a>
                    </Show>
                    <Show when=move || !busy.get() && { of(|view| view.without_seat) > 0 }>
                        <button class="button is-primary" type="button" on:click=move |_| { proceed.dispatch(()); }>"Try the rows without a seat again"</button>
                    </Show>
                    <Show when=move || busy.get()>
                        <button class="button is-danger" type="button" on:click=move |_| { cancel.dispatch(()); }>"Cancel import"</button>
                    </Show>
                    <a class="button" href=move || format!("/admin/people?import={}", id.get())>"Show these people"</a>
                </div>
            </div>
            <section class="card" aria-label="Progress"><div class="card-body"><Progress view/></div></section>
            <Rows id=id.into() view/>
        </div>
    }
    .into_any()
}

/// Rows sent, accounts created, mails sent.
#[component]
fn Progress(view: Signal<Option<ImportView>>) -> impl IntoView {
    let (rows, accounts, mails) = (Rate::new(), Rate::new(), Rate::new());
    let steps = Signal::derive(move || {
        let Some(view) = view.get() else { return Vec::new() };
        let stopped = view.state == ImportState::Cancelled;
        let step = |name, done, of, rate: Rate, begun: bool| {
            let state = match (done >= of, stopped, begun) {
                (true, _, true) => PhaseState::Done,
                (_, true, _) => PhaseState::Failed,
                (_, _, true) => PhaseState::Active,
                _ => PhaseState::Waiting,
            };
            let note = if state == PhaseState::Active { rate.note(done, of) } else { String::new() };
            Phase { name, done, of, state, note }
        };
        let mut steps = vec![
            step("Rows sent", view.received, view.rows, rows, true),
            step("Rows carried out", view.done, view.rows, accounts, view.received > 0),
        ];
        if view.mails > 0 {
            let mut mail = step("Mails sent", view.mails_sent, view.mails, mails, true);
            if view.mails_failed > 0 {
                mail.note = format!("{} refused by the mail server", count(view.mails_failed.into()));
            }
            steps.push(mail);
        }
        steps
    });
    view! { <ProgressPhases steps/> }
}

/// What the list of rows can be narrowed down to.
const OUTCOMES: [(&str, &str, Outcome, fn(&ImportView) -> u32); 5] = [
    ("created", "Accounts created", Outcome::Created, |view| view.created),
    ("updated", "Updated", Outcome::Updated, |view| view.updated),
    ("unchanged", "Unchanged", Outcome::Unchanged, |view| view.unchanged),
    ("skipped", "Skipped", Outcome::Skipped, |view| view.skipped),
    ("failed", "Failed", Outcome::Failed, |view| view.failed),
];

#[component]
fn Rows(id: Signal<String>, view: Signal<Option<ImportView>>) -> impl IntoView {
    let query = use_query_map();
    let shown = Memo::new(move |_| query.with(|query| query.get("outcome")).unwrap_or_default());
    let page = Memo::new(move |_| query.with(|query| query.get("page")).and_then(|page| page.parse().ok()).unwrap_or(1_u32));
    let done = Memo::new(move |_| view.with(|view| view.as_ref().map_or(0, |view| view.done)));
    let rows = Resource::new(
        move || (id.get(), shown.get(), page.get(), done.get()),
        |(id, shown, page, _)| {
            let outcome = OUTCOMES.iter().find(|(key, ..)| *key == shown).map(|(_, _, outcome, _)| *outcome);
            import_rows(id, outcome, page)
        },
    );
    let stat = move |(key, name, _, of): (&'static str, &'static str, Outcome, fn(&ImportView) -> u32)| {
        let number = move || view.with(|view| view.as_ref().map_or(0, of));
        view! {
            <a class="stat" href=move || format!("/admin/imports/{}?outcome={key}", id.get()) aria-current=move || (shown.get() == key).then_some("true")>
                <span class="stat-value">{move || count(number().into())}</span>
                <span class="stat-label">{name}</span>
            </a>
        }
    };
    let heading = move || {
        OUTCOMES.iter().find(|(key, ..)| *key == shown.get()).map_or("All rows", |(_, name, ..)| *name)
    };
    view! {
        <div class="stats">
            <a class="stat" href=move || format!("/admin/imports/{}", id.get()) aria-current=move || shown.with(String::is_empty).then_some("true")>
                <span class="stat-value">{move || count(view.with(|view| view.as_ref().map_or(0, |view| view.rows)).into())}</span>
                <span class="stat-label">"Rows"</span>
            </a>
            {OUTCOMES.map(stat).collect_view()}
        </div>
        <section class="card" aria-labelledby="rows-title">
            <div class="card-head"><h2 class="card-title" id="rows-title">{heading}</h2></div>
            <Transition fallback=|| view! { <p class="card-body muted">"Loading…"</p> }>
                {move || Suspend::new(async move {
                    match rows.await {
                        Ok(listing) if listing.items.is_empty() => view! { <div class="empty"><p class="empty-title">"No rows here"</p></div> }.into_any(),
                        Ok(listing) => {
                            let pages = listing.total.div_ceil(u64::from(listing.page_size.max(1)));
                            let (page, shown) = (listing.page, shown.get_untracked());
                            let to = move |page: u32| format!("?outcome={shown}&page={page}");
                            view! {
                                <div class="table-wrap" role="region" aria-labelledby="rows-title" tabindex="0">
                                    <table class="table">
                                        <thead><tr><th scope="col">"Row"</th><th scope="col">"Person"</th><th scope="col">"Outcome"</th><th scope="col">"Why"</th></tr></thead>
                                        <tbody>{listing.items.into_iter().map(row).collect_view()}</tbody>
                                    </table>
                                </div>
                                <crate::components::pagination::Pagination page pages=pages as u32 total=listing.total page_size=listing.page_size to/>
                            }.into_any()
                        }
                        Err(error) => view! { <p class="card-body">{error.to_string()}</p> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
    .into_any()
}

fn row(row: ImportRowView) -> impl IntoView {
    let (class, word) = match row.outcome {
        Some(Outcome::Created) => ("state is-ok", "Created"),
        Some(Outcome::Updated) => ("state is-ok", "Updated"),
        Some(Outcome::Unchanged) => ("state is-quiet", "Unchanged"),
        Some(Outcome::Skipped) => ("state is-quiet", "Skipped"),
        Some(Outcome::Failed) => ("state is-bad", "Failed"),
        None => ("state is-busy", "Waiting"),
    };
    let person = if matches!(row.outcome, Some(Outcome::Created | Outcome::Updated | Outcome::Unchanged)) {
        view! { <a href=format!("/people/{}", row.username)>{row.name.clone()}</a> }.into_any()
    } else {
        view! { <span>{row.name.clone()}</span> }.into_any()
    };
    view! {
        <tr>
            <td class="is-number" title=format!("Line {}", count(row.line.into()))>{count(row.row.into())}</td>
            <td>{person} " " <span class="muted">{row.username.clone()}</span></td>
            <td><span class=class>{word}</span></td>
            <td>{row.message} {(!row.code.is_empty()).then(|| view! { " " <code class="muted">{row.code}</code> })}</td>
        </tr>
    }
    .into_any()
}
