//! `/admin/imports/{id}`: progress and results of one import.

mod absent;
mod upload;

use super::hand_over::{SendDialog, SheetDialog};
use crate::api::imports::{
    FunnelView, ImportRowView, ImportState, ImportView, Outcome, UndoView, cancel_import, continue_import,
    import, import_funnel, import_rows, undo_import,
};
use crate::api::people_admin::{AccountFilter, Selection};
use crate::api::{ApiError, Listing};
use crate::components::dialog::Dialog;
use crate::components::funnel::funnel;
use crate::components::icon::icon;
use crate::components::load::{load, nothing};
use crate::components::notice::failure;
use crate::components::number::{count, counted};
use crate::components::page_head::Breadcrumbs;
use crate::components::pagination::{Pagination, address, page_number};
use crate::components::poll::poll;
use crate::components::progress::{Phase, PhaseState, ProgressPhases, Rate};
use crate::components::proof::Proof;
use crate::components::time::Moment;
use crate::components::toast::{ToastKind, toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::text_prop::TextProp;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use std::time::Duration;

/// Progress while it goes on, results from the first account on.
#[component]
pub fn ImportDetailPage() -> impl IntoView {
    let params = use_params_map();
    let id = move || params.with(|params| params.get("id").unwrap_or_default());
    load(id, import).show(nothing, |found| match found {
        Ok(found) => view! { <Results found/> }.into_any(),
        Err(error) => failure(&error),
    })
}

/// Whether counts may still change by themselves.
fn going_on(view: &ImportView) -> bool {
    under_way(view)
        || view.undo.as_ref().is_some_and(|undo| !undo.done)
        || view.mails_sent + view.mails_failed < view.mails
}

fn under_way(view: &ImportView) -> bool {
    matches!(view.state, ImportState::Receiving | ImportState::Running)
}

/// Whether failed rows may come again.
fn takes_mended(view: &ImportView) -> bool {
    matches!(view.state, ImportState::Running | ImportState::Completed) && view.undo.is_none()
}

#[component]
fn Results(found: ImportView) -> impl IntoView {
    let id = StoredValue::new(found.id.clone());
    let name = found.file_name.clone();
    let lead = [&found.file_name, ", confirmed by ", &found.by, ", "].concat();
    let confirmed_at = found.created_at;
    let view = RwSignal::new(found);
    let again = move || {
        spawn_local(async move {
            if let Ok(latest) = import(id.get_value()).await {
                view.set(latest);
            }
        });
    };
    poll(Duration::from_millis(500), Signal::derive(move || view.with(going_on)), again);
    // What the page came with is as old as it took to come alive: of a short import, the last rows are done meanwhile.
    Effect::new(move |_| {
        if view.with_untracked(going_on) {
            again();
        }
    });
    let of = move |pick: fn(&ImportView) -> u32| view.with(pick);
    let ended = move || match view.with(|view| view.state) {
        ImportState::Completed if of(|view| view.created) == 0 && of(|view| view.deactivated) > 0 => {
            [&counted(of(|view| view.deactivated).into(), "account", "accounts"), " deactivated"].concat()
        }
        ImportState::Completed => {
            [&counted(of(|view| view.created).into(), "account", "accounts"), " created"].concat()
        }
        ImportState::Cancelled => "Import cancelled".to_owned(),
        ImportState::Paused => "Import paused".to_owned(),
        ImportState::Receiving | ImportState::Running => "Creating accounts".to_owned(),
    };
    let title = move || match view.with(|view| view.undo.as_ref().map(|undo| undo.done)) {
        Some(true) => "Import undone".to_owned(),
        Some(false) => "Undoing the import".to_owned(),
        None => ended(),
    };
    let sign = move || match view.with(|view| (view.state, view.failed)) {
        (ImportState::Completed, 0) => "results-sign",
        (ImportState::Cancelled, _) => "results-sign is-bad",
        _ => "results-sign is-warn",
    };
    let cancel = move |_| {
        spawn_local(async move {
            if let Err(error) = cancel_import(id.get_value()).await {
                toasts().say(error.to_string(), ToastKind::Problem);
            }
            again();
        });
    };
    let proceed = move |_| {
        spawn_local(async move {
            match continue_import(id.get_value()).await {
                Ok(_) => again(),
                Err(error) => toasts().say(error.to_string(), ToastKind::Problem),
            }
        });
    };
    let (asking, sending, making) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let proof = RwSignal::new(false);
    let created_left = move || {
        view.with(|view| view.created - view.undo.as_ref().map_or(0, |undo| undo.removed.min(view.created)))
    };
    let can_hand_over = move || !view.with(under_way) && created_left() > 0;
    let whom = Signal::derive(move || counted(created_left().into(), "new person", "new people"));
    let everyone = Signal::derive(move || {
        Selection::Matching(AccountFilter { import: id.get_value(), ..AccountFilter::default() })
    });
    let undo = Callback::new(move |()| {
        asking.set(false);
        spawn_local(async move {
            match undo_import(id.get_value()).await {
                Ok(()) => {}
                Err(ApiError::ProofRequired) => proof.set(true),
                Err(error) => toasts().say(error.to_string(), ToastKind::Problem),
            }
            again();
        });
    });
    let can_undo = move || {
        view.with(|view| {
            !under_way(view) && view.undo.is_none() && view.created + view.updated + view.deactivated > 0
        })
    };
    // The server writes the title last, when what the page is made of may be gone: as it is now, then.
    let page_title =
        if cfg!(feature = "ssr") { TextProp::from(untrack(title)) } else { TextProp::from(title) };
    view! {
        <Title text=page_title/>
        <Breadcrumbs parent=("/admin/imports", "Imports") current=Signal::stored(name)/>
        <div class="results">
            <div class="results-head">
                <span class=sign>{icon("check")}</span>
                <div><h1>{title}</h1><p class="muted">{lead}<Moment at=confirmed_at/></p></div>
                <div class="page-actions">
                    <Show when=move || { of(|view| view.failed) > 0 }>
                        <a class="button" rel="external" download="" title="Mend them and import the file again: they go on in this import" href=["/admin/imports/", &id.get_value(), "/failed.csv"].concat()>"Download failed rows"</a>
                        <Show when=move || view.with(takes_mended)>
                            <a class="button" href=["/admin/people/import?mends=", &id.get_value()].concat()>"Choose the mended file"</a>
                        </Show>
                    </Show>
                    <Show when=move || { !view.with(under_way) && of(|view| view.without_seat) > 0 }>
                        <button class="button is-primary" type="button" on:click=proceed>"Try the rows without a seat again"</button>
                    </Show>
                    <Show when=move || view.with(|view| view.state == ImportState::Paused)>
                        <button class="button is-primary" type="button" on:click=proceed>"Go on with this import"</button>
                    </Show>
                    <Show when=move || view.with(under_way)>
                        <button class="button is-danger" type="button" on:click=cancel>"Cancel import"</button>
                    </Show>
                    <Show when=can_undo>
                        <button class="button" type="button" on:click=move |_| asking.set(true)>"Undo import"</button>
                    </Show>
                    <Show when=can_hand_over>
                        <button class="button" type="button" on:click=move |_| making.set(true)>"Download sheet"</button>
                        <button class="button" type="button" on:click=move |_| sending.set(true)>"Send login details"</button>
                    </Show>
                    <a class="button" href=["/admin/people?import=", &id.get_value()].concat()>"Show these people"</a>
                </div>
            </div>
            {move || view.with(|view| view.undo.as_ref().map(taken_back))}
            <upload::Upload id view changed=Callback::new(move |()| again())/>
            <section class="card" aria-label="Progress"><div class="card-body"><Progress view/></div></section>
            <People id view/>
            <Rows id view/>
            <absent::AbsentPeople id view/>
        </div>
        <SendDialog open=sending selection=everyone people=whom/>
        <SheetDialog open=making selection=everyone people=whom/>
        <Dialog open=asking name="undo" title="Undo this import?">
            <div class="dialog-body">
                <p>"Accounts it created and nobody has used are removed, and fields it changed get their former values back. Whoever has signed in is kept; the list says who and why. This cannot be taken back itself."</p>
            </div>
            <div class="dialog-foot">
                <button class="button" type="button" on:click=move |_| asking.set(false)>"Keep it"</button>
                <button class="button is-danger is-primary" type="button" on:click=move |_| undo.run(())>"Undo import"</button>
            </div>
        </Dialog>
        <Proof open=proof done=undo/>
    }
    .into_any()
}

/// What was taken back, in a sentence.
fn taken_back(undo: &UndoView) -> AnyView {
    let mut parts = vec![[&counted(undo.removed.into(), "account", "accounts"), " removed"].concat()];
    if undo.restored > 0 {
        parts.push([&counted(undo.restored.into(), "account", "accounts"), " put back as before"].concat());
    }
    if undo.reopened > 0 {
        parts.push([&counted(undo.reopened.into(), "account", "accounts"), " active again"].concat());
    }
    if undo.kept > 0 {
        parts.push([&count(undo.kept.into()), " kept; the rows say why"].concat());
    }
    let begin = if undo.done { "Undone by " } else { "Being undone by " };
    view! {
        <div class="notice is-info" role="status">
            <p>{begin}{undo.by.clone()}", "<Moment at=undo.at/>": "{parts.join(", ")}"."</p>
        </div>
    }
    .into_any()
}

/// How far the people have come whom the import created: a bar for each step.
#[component]
fn People(id: StoredValue<String>, view: RwSignal<ImportView>) -> impl IntoView {
    // Counted when something has ended, not with every poll and not while the import needs the time: it looks at every
    // account.
    let changes = Memo::new(move |_| {
        view.with(|view| {
            (under_way(view), view.mails_sent == view.mails, view.undo.as_ref().map(|undo| undo.done))
        })
    });
    let reached = load(
        move || (id.get_value(), changes.get()),
        |(id, (under_way, ..))| async move {
            if under_way { Ok(FunnelView::default()) } else { import_funnel(id).await }
        },
    );
    reached.show(nothing, |reached| match reached {
        Ok(reached) if reached.created > 0 => bars(reached),
        _ => ().into_any(),
    })
}

fn bars(now: FunnelView) -> AnyView {
    funnel(
        "How far these people are",
        now.created,
        &[
            ("Account created", now.created),
            ("Login details sent", now.notified),
            ("Signed in", now.signed_in),
            ("Own password set", now.own_password),
        ],
    )
}

/// Rows sent, rows carried out, mails sent.
#[component]
fn Progress(view: RwSignal<ImportView>) -> impl IntoView {
    let (rows, accounts, mails) = (Rate::new(), Rate::new(), Rate::new());
    let steps = Signal::derive(move || {
        let view = view.get();
        let stopped = view.state == ImportState::Cancelled;
        let step = |name, done, of, rate: Rate, begun: bool| {
            let state = match (done >= of && view.hashed == 0, stopped, begun) {
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
            // Hashing the passwords that rows bring is most of the work with them.
            step(
                "Rows carried out",
                (view.done + view.hashed).min(view.rows),
                view.rows,
                accounts,
                view.received > 0,
            ),
        ];
        if view.mails > 0 {
            let mut mail = step("Mails sent", view.mails_sent, view.mails, mails, true);
            if view.mails_failed > 0 {
                mail.note = [&count(view.mails_failed.into()), " refused by the mail server"].concat();
            }
            steps.push(mail);
        }
        steps
    });
    view! { <ProgressPhases steps/> }.into_any()
}

/// One kind of outcome: its key in the address, its name, and its count.
type OutcomeChoice = (&'static str, &'static str, Outcome, fn(&ImportView) -> u32);

/// What the list of rows can be narrowed down to.
const OUTCOMES: [OutcomeChoice; 5] = [
    ("created", "Accounts created", Outcome::Created, |view| view.created),
    ("updated", "Updated", Outcome::Updated, |view| view.updated),
    ("unchanged", "Unchanged", Outcome::Unchanged, |view| view.unchanged),
    ("skipped", "Skipped", Outcome::Skipped, |view| view.skipped),
    ("failed", "Failed", Outcome::Failed, |view| view.failed),
];

/// Rows of the first page, at most.
const FULL: u32 = 100;

fn outcome_of(key: &str) -> Option<Outcome> {
    OUTCOMES.iter().find(|(known, ..)| *known == key).map(|(_, _, outcome, _)| *outcome)
}

#[component]
fn Rows(id: StoredValue<String>, view: RwSignal<ImportView>) -> impl IntoView {
    let query = use_query_map();
    let shown = move || query.with(|query| query.get("outcome")).unwrap_or_default();
    let page = move || page_number(query.with(|query| query.get("page")));
    // Looked up again when it may have changed: the first page is full long before the last row is done, and rows that
    // came back mended count as done all the while.
    let changes = Memo::new(move |_| {
        view.with(|view| {
            let (under_way, undo) = (under_way(view), view.undo.as_ref());
            let seen = if under_way { view.done.min(FULL) } else { view.done };
            (under_way, seen, undo.map_or(0, |undo| undo.removed + undo.restored + undo.kept))
        })
    });
    let rows = load(
        move || (id.get_value(), shown(), page(), changes.get()),
        |(id, shown, page, _)| import_rows(id, outcome_of(&shown), page),
    );
    let stat = move |key: &'static str, name: &'static str, of: fn(&ImportView) -> u32| {
        let narrowed = if key.is_empty() { String::new() } else { ["?outcome=", key].concat() };
        view! {
            <a class="stat" href=["/admin/imports/", &id.get_value(), &narrowed].concat() aria-current=move || (shown() == key).then_some("true")>
                <span class="stat-value">{move || count(view.with(of).into())}</span>
                <span class="stat-label">{name}</span>
            </a>
        }
        .into_any()
    };
    let heading = move || {
        let shown = shown();
        OUTCOMES.iter().find(|(key, ..)| *key == shown).map_or("All rows", |(_, name, ..)| *name)
    };
    let list = move |rows: Result<Listing<ImportRowView>, ApiError>| match rows {
        Ok(listing) if listing.items.is_empty() => {
            view! { <div class="empty"><p class="empty-title">"No rows here"</p></div> }.into_any()
        }
        Ok(listing) => table(listing, &untrack(shown)),
        Err(error) => failure(&error),
    };
    view! {
        <div class="stats">
            {stat("", "Rows", |view| view.rows)}
            {OUTCOMES.map(|(key, name, _, of)| stat(key, name, of)).collect_view()}
        </div>
        <section class="card" aria-labelledby="rows-title">
            <div class="card-head"><h2 class="card-title" id="rows-title">{heading}</h2></div>
            {rows.show(nothing, list)}
        </section>
    }
    .into_any()
}

fn table(listing: Listing<ImportRowView>, shown: &str) -> AnyView {
    let (page, total, page_size) = (listing.page, listing.total, listing.page_size);
    let pages = u32::try_from(total.div_ceil(u64::from(page_size.max(1)))).unwrap_or(u32::MAX);
    let to = |page: u32| address("", &[("outcome", shown), ("page", &page.to_string())]);
    view! {
        <div class="table-wrap" role="region" aria-label="Results by row" tabindex="0">
            <table class="table">
                <thead><tr><th scope="col">"Row"</th><th scope="col">"Person"</th><th scope="col">"Outcome"</th><th scope="col">"Why"</th></tr></thead>
                <tbody>{listing.items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
        <Pagination page pages total page_size to/>
    }
    .into_any()
}

fn row(row: ImportRowView) -> AnyView {
    let (class, word) = match (row.undo.as_deref(), row.outcome) {
        (Some("removed"), _) => ("state is-quiet", "Removed again"),
        (Some("restored"), _) => ("state is-quiet", "Put back"),
        (Some(_), _) => ("state is-ok", "Kept"),
        (None, outcome) => words(outcome),
    };
    let known = row.undo.as_deref() != Some("removed")
        && matches!(row.outcome, Some(Outcome::Created | Outcome::Updated | Outcome::Unchanged));
    let person = if known {
        view! { <a href=["/people/", &row.username].concat()>{row.name}</a> }.into_any()
    } else {
        view! { <span>{row.name}</span> }.into_any()
    };
    let code = (!row.code.is_empty()).then(|| view! { " " <code class="muted">{row.code}</code> }.into_any());
    view! {
        <tr>
            <td class="is-number" title=["Line ", &count(row.line.into())].concat()>{count(row.row.into())}</td>
            <td>{person} " " <span class="muted">{row.username}</span></td>
            <td><span class=class>{word}</span></td>
            <td>{row.message} {code}</td>
        </tr>
    }
    .into_any()
}

fn words(outcome: Option<Outcome>) -> (&'static str, &'static str) {
    match outcome {
        Some(Outcome::Created) => ("state is-ok", "Created"),
        Some(Outcome::Updated) => ("state is-ok", "Updated"),
        Some(Outcome::Unchanged) => ("state is-quiet", "Unchanged"),
        Some(Outcome::Skipped) => ("state is-quiet", "Skipped"),
        Some(Outcome::Failed) => ("state is-bad", "Failed"),
        None => ("state is-busy", "Waiting"),
    }
}
