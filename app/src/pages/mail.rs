//! `/admin/mail`: the outbox. Every mail that is owed, what the mail server said, and, with the file transport, its text.

use crate::api::mail::{
    MessageView, OutboxSummary, message_text, outbox, outbox_summary, retry_message, send_test_mail,
};
use crate::api::people_admin::MailState;
use crate::api::{ApiError, Listing};
use crate::components::empty::Empty;
use crate::components::load::{load, nothing};
use crate::components::notice::failure;
use crate::components::number::{count, counted};
use crate::components::page_head::PageHead;
use crate::components::pagination::{Pagination, address, page_count, page_number};
use crate::components::poll::poll;
use crate::components::skeleton::skeleton_rows;
use crate::components::time::Moment;
use crate::components::toast::{ToastKind, toasts};
use crate::components::verdict::{Tone, state};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use std::time::Duration;

/// Value in the address, and the state it means.
const STATES: [(&str, MailState); 4] = [
    ("queued", MailState::Queued),
    ("sending", MailState::Sending),
    ("sent", MailState::Sent),
    ("failed", MailState::Failed),
];

const fn tone(state: MailState) -> (Tone, &'static str) {
    match state {
        MailState::Queued => (Tone::Quiet, "Queued"),
        MailState::Sending => (Tone::Busy, "Sending"),
        MailState::Sent => (Tone::Good, "Sent"),
        MailState::Failed => (Tone::Bad, "Failed"),
    }
}

/// What the page does with a message when its button is pressed.
#[derive(Clone, Copy)]
struct Buttons {
    retry: Callback<String>,
    retrying: Signal<bool>,
}

/// The outbox.
#[component]
pub fn MailPage() -> impl IntoView {
    let query = use_query_map();
    let shown = Memo::new(move |_| query.read().get("state").unwrap_or_default());
    let page = Memo::new(move |_| page_number(query.read().get("page")));
    let reading = Memo::new(move |_| query.read().get("read").unwrap_or_default());
    let wanted =
        move || STATES.iter().find(|(name, _)| *name == shown.read().as_str()).map(|(_, state)| *state);
    let found = load(move || (wanted(), page.get()), |(state, page)| outbox(state, page));
    // Looked up again with every filter, so that the figures fit the list.
    let summary = load(move || shown.get(), |_| outbox_summary());
    let text = load(
        move || reading.get(),
        |id| async move { if id.is_empty() { Ok(String::new()) } else { message_text(id).await } },
    );
    let refresh = move || {
        found.refetch();
        summary.refetch();
    };
    let going_on = RwSignal::new(false);
    poll(Duration::from_secs(3), going_on.into(), refresh);

    let toasts = toasts();
    let retry = Action::new(|id: &String| retry_message(id.clone()));
    let test = Action::new(|(): &()| send_test_mail());
    let (retried, tested) = (retry.value(), test.value());
    Effect::new(move |_| match retried.get() {
        Some(Ok(())) => {
            toasts.say("The mail is tried again now.", ToastKind::Done);
            refresh();
        }
        Some(Err(error)) => toasts.say(error.to_string(), ToastKind::Problem),
        None => {}
    });
    Effect::new(move |_| match tested.get() {
        Some(Ok(reply)) => toasts.say(["The test mail was taken: ", &reply].concat(), ToastKind::Done),
        Some(Err(error)) => toasts.say(error.to_string(), ToastKind::Problem),
        None => {}
    });
    let buttons = Buttons {
        retry: Callback::new(move |id| {
            retry.dispatch(id);
        }),
        retrying: retry.pending().into(),
    };
    let testing = test.pending();

    view! {
        <Title text="Mail"/>
        <PageHead title="Mail" lead="Every mail that is owed, kept until the mail server took it.">
            <button
                class="button"
                type="button"
                aria-busy=move || testing.get().then_some("true")
                on:click=move |_| {
                    test.dispatch(());
                }
            >
                "Send a test mail"
            </button>
        </PageHead>
        {summary.show(
            || view! { <span class="skeleton is-title"></span> }.into_any(),
            move |summary| match summary {
                Ok(summary) => {
                    going_on.set(summary.queued + summary.sending > 0);
                    counts(summary, &shown.read_untracked())
                }
                Err(error) => failure(&error),
            },
        )}
        {text.show(
            nothing,
            move |text| {
                if reading.read_untracked().is_empty() {
                    nothing()
                } else {
                    letter(text, &shown.read_untracked(), page.get_untracked())
                }
            },
        )}
        {found.show(
            || skeleton_rows(6),
            move |found| match found {
                Ok(found) => messages(found, &shown.read_untracked(), buttons),
                Err(error) => failure(&error),
            },
        )}
    }
}

fn counts(summary: OutboxSummary, shown: &str) -> AnyView {
    let figure = |name: &'static str, number: u32| {
        let here = shown == name;
        // Pressed again, the filter is taken off.
        let href = address("/admin/mail", &[("state", if here { "" } else { name })]);
        let (tone, words) = STATES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or((Tone::Quiet, ""), |(_, state)| tone(*state));
        view! {
            <a class="stat" href=href aria-current=here.then_some("true")>
                <span class="stat-value">{count(number.into())}</span>
                <span class="stat-label">{state(tone, words)}</span>
            </a>
        }
    };
    view! {
        <div class="stats">
            {figure("queued", summary.queued)}
            {figure("sending", summary.sending)}
            {figure("sent", summary.sent)}
            {figure("failed", summary.failed)}
        </div>
        <p class="muted small">{summary.transport}</p>
    }
    .into_any()
}

fn letter(text: Result<String, ApiError>, shown: &str, page: u32) -> AnyView {
    let close = address("/admin/mail", &[("state", shown), ("page", &page.to_string())]);
    let body = match text {
        Ok(text) => view! { <pre class="mail-body" tabindex="0">{text}</pre> }.into_any(),
        Err(error) => view! { <div class="card-body">{failure(&error)}</div> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="letter-title">
            <div class="card-head">
                <h2 class="card-title" id="letter-title">"The mail as it was written"</h2>
                <a class="button is-small" href=close>"Close"</a>
            </div>
            {body}
        </section>
    }
    .into_any()
}

fn messages(found: Listing<MessageView>, shown: &str, buttons: Buttons) -> AnyView {
    if found.items.is_empty() {
        let (title, text) = if shown.is_empty() {
            (
                "No mail yet",
                "Mails appear here when login details are sent: with an import, or later from People admin.",
            )
        } else {
            ("None in this state", "Choose another figure above, or the same one again to see all.")
        };
        return view! { <section class="card"><Empty glyph="mail" title=title text=text/></section> }
            .into_any();
    }
    let (total, page, page_size) = (found.total, found.page, found.page_size);
    let to = |page: u32| address("/admin/mail", &[("state", shown), ("page", &page.to_string())]);
    let rows = found.items.into_iter().map(|message| row(message, shown, page, buttons)).collect_view();
    view! {
        <section class="card" aria-label="Messages">
            <div class="table-wrap" role="region" aria-label="Outbox" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"To"</th>
                            <th scope="col">"State"</th>
                            <th scope="col" class="hide-narrow">"Mail server"</th>
                            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <Pagination page=page pages=page_count(total, page_size) total=total page_size=page_size to=to/>
        </section>
    }
    .into_any()
}

fn row(message: MessageView, shown: &str, page: u32, buttons: Buttons) -> AnyView {
    let (tone, words) = tone(message.state);
    let tries =
        (message.attempts > 1).then(|| [" · ", &counted(message.attempts.into(), "try", "tries")].concat());
    let next = match (message.state, message.next_attempt_at) {
        (MailState::Queued, Some(at)) if message.attempts > 0 => {
            view! { <span class="cell-sub">"again "<Moment at=at/></span> }.into_any()
        }
        _ => ().into_any(),
    };
    let waits = matches!(message.state, MailState::Failed | MailState::Queued);
    let again = waits.then(|| {
        let id = message.id.clone();
        let label = ["Retry the mail to ", &message.to].concat();
        view! {
            <button
                class="button is-small"
                type="button"
                aria-label=label
                disabled=move || buttons.retrying.get()
                on:click=move |_| buttons.retry.run(id.clone())
            >
                "Retry"
            </button>
        }
    });
    let read = message.readable.then(|| {
        let href =
            address("/admin/mail", &[("state", shown), ("page", &page.to_string()), ("read", &message.id)]);
        let label = ["Read the mail to ", &message.to].concat();
        view! { <a class="button is-small" href=href aria-label=label>"Read"</a> }
    });
    let at = message.sent_at.unwrap_or(message.created_at);
    let reply = (!message.reply.is_empty())
        .then(|| view! { <span class="cell-sub only-narrow">{message.reply.clone()}</span> });
    view! {
        <tr>
            <th scope="row">
                <span class="cell-main">{message.to}</span>
                <span class="cell-sub">{message.kind}" · "<Moment at=at/>{tries}</span>
                {reply}
            </th>
            <td>{state(tone, words)}{next}</td>
            <td class="hide-narrow muted">{message.reply}</td>
            <td class="table-actions">{again}" "{read}</td>
        </tr>
    }
    .into_any()
}
