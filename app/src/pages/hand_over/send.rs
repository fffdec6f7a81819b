//! `Send login details`: how they are handed over, when, and how fast.

use super::{who_gets_it, zone};
use crate::api::people_admin::Selection;
use crate::api::waves::{WavePlan, plan_wave};
use crate::components::dialog::Dialog;
use crate::components::notice::form_error;
use crate::components::time::utc;
use leptos::prelude::*;
use roster::review::HandOver;

/// Asks, then plans the wave and goes to its page.
#[component]
pub fn SendDialog(
    /// Whether it is shown.
    open: RwSignal<bool>,
    /// To whom.
    #[prop(into)]
    selection: Signal<Selection>,
    /// Whom that is, in words.
    #[prop(into)]
    people: Signal<String>,
    /// Called when it was planned.
    #[prop(optional)]
    done: Option<Callback<()>>,
) -> impl IntoView {
    let error = RwSignal::new(None);
    let plan = Action::new(move |plan: &WavePlan| {
        let (plan, selection) = (plan.clone(), selection.get_untracked());
        async move { plan_wave(plan, selection).await }
    });
    let answer = plan.value();
    // Only in the browser: on the server, what navigates would be dropped by another thread than the one that made it.
    #[cfg(feature = "hydrate")]
    {
        let navigate = leptos_router::hooks::use_navigate();
        Effect::new(move |_| match answer.get() {
            Some(Ok(id)) => {
                open.set(false);
                if let Some(done) = done {
                    done.run(());
                }
                navigate(&["/admin/waves/", &id].concat(), leptos_router::NavigateOptions::default());
            }
            Some(Err(why)) => error.set(Some(why)),
            None => {}
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (done, answer);
    // What was refused the last time says nothing of the next one.
    Effect::new(move |_| {
        if open.get() {
            error.set(None);
        }
    });
    let title = Signal::derive(move || ["Send login details to ", &people.get(), "?"].concat());
    view! {
        <Dialog open=open name="send" title=title>
            <Choices selection=selection error=error busy=plan.pending() cancel=Callback::new(move |()| open.set(false)) send=Callback::new(move |wanted| {
                plan.dispatch(wanted);
            })/>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Choices(
    selection: Signal<Selection>,
    error: RwSignal<Option<crate::api::ApiError>>,
    busy: Memo<bool>,
    cancel: Callback<()>,
    send: Callback<WavePlan>,
) -> impl IntoView {
    let by_link = RwSignal::new(true);
    let later = RwSignal::new(false);
    let paced = RwSignal::new(false);
    let at = RwSignal::new(zone::tomorrow_morning());
    let pace = RwSignal::new("500".to_owned());
    let name = RwSignal::new(String::new());
    let able = RwSignal::new(None);
    let begins_at = Signal::derive(move || zone::moment(&at.read()));
    let zone = zone::watch(begins_at);
    let per_hour = move || pace.read().trim().parse::<u32>().ok().filter(|number| *number > 0);
    let missing = move || {
        if able.get() == Some(0) {
            Some("Nobody here needs login details.")
        } else if later.get() && begins_at.get().is_none() {
            Some("Give a date and a time.")
        } else if paced.get() && per_hour().is_none() {
            Some("Give a number of mails an hour.")
        } else {
            None
        }
    };
    let start = move |_| {
        if busy.get_untracked() || untrack(missing).is_some() {
            return;
        }
        error.set(None);
        send.run(WavePlan {
            name: name.get_untracked(),
            hand_over: if by_link.get_untracked() { HandOver::Link } else { HandOver::Password },
            begins_at: later.get_untracked().then(|| begins_at.get_untracked()).flatten(),
            per_hour: paced.get_untracked().then(|| untrack(per_hour)).flatten(),
        });
    };
    view! {
        <div class="dialog-body">
            {move || form_error(error.get())}
            {who_gets_it(selection, able)}
            <fieldset class="fieldset">
                <legend>"What they get"</legend>
                {choice("hand-over", by_link, true, "A link to set a password (recommended)", "No password travels, and it works once. People choose their own at once and are signed in.")}
                {choice("hand-over", by_link, false, "A temporary password", "For people who read mail on one device and sign in on another.")}
            </fieldset>
            <fieldset class="fieldset">
                <legend>"When"</legend>
                {choice("when", later, false, "Now", "")}
                {choice("when", later, true, "At a time", "")}
                <Show when=move || later.get()>
                    <div class="field is-nested">
                        <label class="field-label" for="send-at">"Date and time"</label>
                        <input class="input" id="send-at" type="datetime-local" aria-describedby="send-zone" prop:value=move || at.get() on:input=move |event| at.set(event_target_value(&event))/>
                        <span class="field-hint" id="send-zone">
                            "Your time: "{move || zone.get()}"."
                            {move || begins_at.get().filter(|_| !zone.read().ends_with(", UTC")).map(|at| [" That is ", &utc(at), "."].concat())}
                        </span>
                    </div>
                </Show>
            </fieldset>
            <fieldset class="fieldset">
                <legend>"How fast"</legend>
                {choice("pace", paced, false, "As fast as mail leaves", "")}
                {choice("pace", paced, true, "At most so many an hour", "So that your help desk keeps up, and mail providers do not mind.")}
                <Show when=move || paced.get()>
                    <div class="field is-nested">
                        <label class="field-label" for="send-pace">"Mails an hour"</label>
                        <input class="input is-short" id="send-pace" type="number" min="1" inputmode="numeric" prop:value=move || pace.get() on:input=move |event| pace.set(event_target_value(&event))/>
                    </div>
                </Show>
            </fieldset>
            <div class="field">
                <label class="field-label" for="send-name">"Name of this wave"</label>
                <input class="input" id="send-name" type="text" maxlength="100" aria-describedby="send-name-hint" prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/>
                <span class="field-hint" id="send-name-hint">"For you, to find it again. May stay empty."</span>
            </div>
            <p class="small muted">"Login details that these people got earlier stop working when the new ones are sent."</p>
        </div>
        <div class="dialog-foot">
            <span class="dialog-why" role="status">{missing}</span>
            <button class="button" type="button" on:click=move |_| cancel.run(())>"Cancel"</button>
            <button class="button is-primary" type="button" disabled=move || missing().is_some() aria-busy=move || busy.get().then_some("true") on:click=start>
                {move || if later.get() { "Schedule" } else { "Send login details" }}
            </button>
        </div>
    }
    .into_any()
}

/// One of two radio buttons that set `bind` to `value`.
fn choice(
    group: &'static str,
    bind: RwSignal<bool>,
    value: bool,
    label: &'static str,
    note: &'static str,
) -> AnyView {
    view! {
        <label class="check">
            <input type="radio" name=group prop:checked=move || bind.get() == value on:change=move |_| bind.set(value)/>
            <span>{label}{(!note.is_empty()).then(|| view! { <small>{note}</small> })}</span>
        </label>
    }
    .into_any()
}
