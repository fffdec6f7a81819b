//! The bar at the foot: the sum that always closes, the button that says what it will do, and progress in its place.

use super::{absent, bench};
use crate::components::number::{count, counted};
use crate::components::progress::{Phase as Step, PhaseState, ProgressPhases, Rate};
use crate::components::proof::Proof;
use crate::workbench::protocol::Phase;
use crate::workbench::state::Sending;
use leptos::prelude::*;
use roster::review::Absent;

/// Sum and button, then progress.
#[component]
pub fn Confirm() -> impl IntoView {
    let bench = bench();
    let sending = Memo::new(move |_| bench.is_sending());
    // The button has gone when progress takes its place, and progress when sending failed.
    Effect::new(move |before: Option<bool>| {
        let now = sending.get();
        match before {
            Some(false) if now => super::focus::to("sending"),
            Some(true) if !now => super::focus::to("confirm-submit"),
            _ => {}
        }
        now
    });
    // Once every row is on the server the import's own page takes over, which a reload does not lose.
    #[cfg(feature = "hydrate")]
    {
        let navigate = leptos_router::hooks::use_navigate();
        Effect::new(move |_| {
            // Files that wait would be lost by that.
            let alone = bench.waiting.names.with_untracked(Vec::is_empty);
            if let (Sending::Done, Some(import), true) = (bench.sending.get(), bench.import.get(), alone) {
                crate::builds::go(&format!("/admin/imports/{import}"), &navigate);
            }
        });
    }
    view! {
        <div class="confirm-bar">
            {move || if sending.get() { view! { <SendingRows/> }.into_any() } else { view! { <SumAndButton/> }.into_any() }}
        </div>
        <Proof open=bench.proof done=Callback::new(move |()| bench.submit())/>
    }
    .into_any()
}

#[component]
fn SumAndButton() -> impl IntoView {
    let bench = bench();
    let part = move |name: &'static str, of: fn(&roster::review::Totals) -> u32| {
        let number = Memo::new(move |_| bench.totals.with(of));
        view! {
            <span class="sum-part" class:is-zero=move || number.get() == 0><b>{move || count(number.get().into())}</b>" "{name}</span>
        }
    };
    let rows = Memo::new(move |_| bench.totals.with(|totals| totals.rows));
    let chosen = Memo::new(move |_| bench.chosen());
    let leaving = Memo::new(move |_| {
        let chosen = bench.options.with(|options| options.absent != Absent::Leave);
        bench.absent.with(|found| found.as_ref().filter(|_| chosen).map_or(0, |found| found.absent))
    });
    let why = Memo::new(move |_| {
        if let Sending::Failed(why) = bench.sending.get() {
            return Some(why);
        }
        if let Some((_, message, _)) = bench.problem.get() {
            return Some(message);
        }
        match bench.phase.get() {
            Some(Phase::Reading) => return Some("The file is still being read.".to_owned()),
            Some(Phase::Comparing) => {
                return Some("Rows are still being compared with the directory.".to_owned());
            }
            Some(Phase::Offline) => {
                return Some(
                    "The server could not be asked who exists already. It is asked again in a moment; check the connection."
                        .to_owned(),
                );
            }
            Some(Phase::SignedOut) => {
                return Some(
                    "You were signed out. Sign in again in another tab; the comparison goes on by itself."
                        .to_owned(),
                );
            }
            _ => {}
        }
        let totals = bench.totals.get();
        if let Some(import) = bench.context.with_value(|context| context.mends.clone())
            && bench.mends.with(|found| found.as_ref() != Some(&import.id))
        {
            let where_from =
                ", which says so in its column Problem. Choose that one, or begin again under Add/Update.";
            return Some(
                ["This is not the file of failed rows of ", import.file_name.as_str(), where_from].concat(),
            );
        }
        if totals.rows == 0 {
            return Some("The file holds no people.".to_owned());
        }
        let hindrance =
            bench.absent.with(|found| absent::hindrance(found, bench.options.with(|options| options.absent)));
        if hindrance.is_some() {
            return hindrance;
        }
        if totals.add_new + totals.update == 0 && leaving.get() == 0 {
            return Some(if totals.invalid == totals.rows {
                "No row can be used as it is. Mend the problems first.".to_owned()
            } else if totals.unchanged + totals.skip == totals.rows
                && totals.unchosen_add + totals.unchosen_update == 0
            {
                "Nothing to do: everyone in this file is in the directory already.".to_owned()
            } else {
                "No row is chosen.".to_owned()
            });
        }
        None
    });
    let failed = move || matches!(bench.sending.get(), Sending::Failed(_));
    let blocked = Memo::new(move |_| !failed() && why.with(Option::is_some));
    let hint = move || {
        why.get().unwrap_or_else(|| {
            if bench.mends.with(Option::is_some) {
                return "These rows failed before; they go on in the import in which they did, as was decided there.".to_owned();
            }
            if leaving.get() > 0 {
                let accounts = counted(leaving.get().into(), "person", "people");
                return [&accounts, " who are not in this file will be deactivated."].concat();
            }
            let mails = bench.options.with(|options| options.email_login_details);
            match bench.totals.with(|totals| (totals.add_new, totals.update)) {
                (0, _) => "People are updated; nobody is mailed.",
                (_, 0) if mails => "Accounts are created and login details mailed.",
                (_, 0) => "Accounts are created; nobody is mailed.",
                _ if mails => "Accounts are created and login details mailed; people who exist are updated.",
                _ => "Accounts are created, people who exist are updated; nobody is mailed.",
            }
            .to_owned()
        })
    };
    let label = move || {
        let mut label = "Confirm submit".to_owned();
        if chosen.get() > 0 {
            label.push_str(" · ");
            label.push_str(&counted(chosen.get().into(), "person", "people"));
        }
        if leaving.get() > 0 {
            label.push_str(" · deactivate ");
            label.push_str(&count(leaving.get().into()));
        }
        label
    };
    view! {
        <p class="sum" aria-live="off">
            <span class="sum-total"><b>{move || count(rows.get().into())}</b>" rows"</span>
            {part("add new", |totals| totals.add_new)}
            {part("update", |totals| totals.update)}
            {part("unchanged", |totals| totals.unchanged)}
            {part("skip", |totals| totals.skip)}
            {part("invalid", |totals| totals.invalid)}
        </p>
        <p class="confirm-why" class:is-bad=failed id="confirm-why" role="status">{hint}</p>
        <div class="confirm-actions">
            <button class="button is-primary" id="confirm-submit" type="button" aria-describedby="confirm-why" prop:disabled=move || blocked.get() on:click=move |_| bench.submit()>
                {label}
            </button>
        </div>
    }
    .into_any()
}

/// All rows of this file are sent, and others wait.
#[component]
fn NextFile() -> impl IntoView {
    let bench = bench();
    let next = move || bench.waiting.names.with(|names| names.first().cloned());
    let import = move || bench.import.get().map(|import| ["/admin/imports/", &import].concat());
    view! {
        <p class="confirm-note" role="status">"All rows are sent; the import goes on by itself."</p>
        <div class="confirm-actions">
            <a class="button" href=import target="_blank">"See this import in a new tab"</a>
            {move || next().map(|name| view! {
                <button class="button is-primary" type="button" on:click=move |_| bench.review_next()>{["Review ", &name].concat()}</button>
            })}
        </div>
    }
    .into_any()
}

#[component]
fn SendingRows() -> impl IntoView {
    let bench = bench();
    let rate = Rate::new();
    let steps = Signal::derive(move || {
        let (sent, of, waiting) = match bench.sending.get() {
            Sending::Rows { sent, of, waiting } => (sent, of, waiting),
            _ => (bench.chosen(), bench.chosen(), None),
        };
        let mails = bench.options.with(|options| options.email_login_details);
        let note = waiting.clone().unwrap_or_else(|| rate.note(sent, of));
        let state = if sent == of {
            PhaseState::Done
        } else if waiting.is_some() {
            PhaseState::Failed
        } else {
            PhaseState::Active
        };
        let mut steps = vec![
            Step { name: "Rows sent", done: sent, of, state, note },
            Step { name: "Accounts created", done: 0, of, state: PhaseState::Waiting, note: String::new() },
        ];
        if mails {
            steps.push(Step {
                name: "Mails sent",
                done: 0,
                of,
                state: PhaseState::Waiting,
                note: String::new(),
            });
        }
        steps
    });
    view! {
        <div class="confirm-progress" id="sending" role="group" aria-label="Sending" tabindex="-1">
            <ProgressPhases steps/>
            <Show
                when=move || bench.sending.get() == Sending::Done
                fallback=|| view! { <p class="confirm-note">"Keep this tab open until all rows are sent; from then on the import goes on by itself."</p> }
            >
                <NextFile/>
            </Show>
        </div>
    }
    .into_any()
}
